use super::Site;
use crate::config::InsertAnchor;
use crate::content::SortBy;

const PAGE: &str = r#"
title: "Title"
description: D
date: 2026-03-01 9:00:00 +8
updated: 2026-03-02
weight: 3
draft: false
slug: s
render: false
aliases: [a]
authors: [A, B]
in_search_index: false
template: t.html
taxonomies:
  tags: [x, y]
extra:
  b: 1
  a: {c: [true, null]}
  1: one
  when: 2026-03-01
"#;

#[test]
fn every_key_of_a_page_is_read_from_both_notations() {
    let toml = r#"
title = "Title"
description = "D"
date = 2026-03-01T09:00:00+08:00
updated = "2026-03-02"
weight = 3
draft = false
slug = "s"
render = false
aliases = ["a"]
authors = ["A", "B"]
in_search_index = false
template = "t.html"
[taxonomies]
tags = ["x", "y"]
[extra]
b = 1
a.c = [true]
1 = "one"
when = 2026-03-01
"#;
    let site =
        Site::new("taxonomies = [{ name = \"tags\" }]").page("a.md", toml).file("b.md", format!("---{PAGE}---\n"));
    let loaded = site.load();
    assert_eq!(loaded.told(), [""; 0]);
    let (a, b) = (&loaded.page("a.md").meta, &loaded.page("b.md").meta);
    assert_eq!(a.extra.to_string(), r#"{"b": 1, "a": {"c": [true]}, "1": "one", "when": "2026-03-01"}"#);
    assert_eq!(b.extra.to_string(), r#"{"b": 1, "a": {"c": [true, ]}, "1": "one", "when": "2026-03-01"}"#);
    assert_eq!(a.date.as_ref().map(|date| date.text.as_str()), Some("2026-03-01T09:00:00+08:00"));
    let mut b = b.clone();
    b.extra = a.extra.clone();
    assert_eq!(*a, b);
    assert_eq!((a.weight, a.taxonomies.get("tags").map(Vec::len), a.authors.len()), (Some(3), Some(2), 2));
}

#[test]
fn every_key_of_a_section_is_read() {
    let toml = r#"
title = "T"
sort_by = "update_date"
weight = 2
template = "t.html"
page_template = "p.html"
paginate_by = 5
paginate_path = ""
paginate_reversed = true
insert_anchor_links = "heading"
in_search_index = false
render = false
redirect_to = "https://example.org/../x"
transparent = true
aliases = ["a"]
generate_feeds = true
extra.x = 1.5
"#;
    let loaded = Site::new("").page("a/_index.md", toml).page("b/_index.md", "paginate_by = 0").load();
    assert_eq!(loaded.told(), [""; 0]);
    let meta = &loaded.section("a/_index.md").meta;
    assert_eq!((meta.sort_by, meta.paginate_by, meta.weight), (SortBy::UpdateDate, Some(5), 2));
    assert_eq!((meta.insert_anchor_links, meta.paginate_path.as_str()), (Some(InsertAnchor::Heading), ""));
    assert_eq!(loaded.section("b/_index.md").meta.paginate_by, None);
}

#[test]
fn empty_front_matter_has_the_defaults() {
    let loaded = Site::new("").file("a.md", "+++\n+++\n").file("b.md", "---\n# nothing\n---\n").load();
    assert_eq!(loaded.page("a.md").meta, loaded.page("b.md").meta);
    let meta = &loaded.page("a.md").meta;
    assert!(meta.render && meta.in_search_index && !meta.draft && meta.extra.as_map().is_some());
}

#[test]
fn unknown_keys_are_warnings_that_know_the_nearest_key() {
    let site = Site::new("").page("a.md", "titel = \"a\"").page("b/_index.md", "[extra]\na = 1\n[sort]\nby = 1");
    let loaded = site.file("c.md", "---\ntitle: c\nauthor: x\n---\n").load();
    assert_eq!(
        loaded.told(),
        ["unknown-key content/b/_index.md:4:2", "unknown-key content/a.md:2:1", "unknown-key content/c.md:3:1",]
    );
    let help: Vec<_> = loaded.diagnostics.iter().filter_map(|d| d.help.as_ref()).map(|help| help.en.as_str()).collect();
    assert_eq!(help.get(1..), Some(&["did you mean `title`?", "did you mean `authors`?"][..]));
}

#[test]
fn errors_point_at_what_is_wrong_in_both_notations() {
    let bodies = [
        ("a.md", "+++\ntitle = \"a\"\nweight = -1\n+++\n", "toml content/a.md:3:10"),
        ("b.md", "+++\ntitle = \"a\ndraft = true\n+++\n", "toml content/b.md:2:11"),
        ("c.md", "---\ntitle: a\nweight: -1\n---\n", "yaml content/c.md:3:9"),
        ("d.md", "---\ntitle: [a\n---\n", "yaml content/d.md:2:8"),
        ("e.md", "---\ntitle: a\ntitle: b\n---\n", "yaml content/e.md:3:1"),
        ("f.md", "---\ntitle: a\ndate: yesterday\n---\n", "front-matter/date content/f.md:3:1"),
        ("g.md", "+++\ndate = 07:32:00\n+++\n", "front-matter/date content/g.md:2:1"),
        ("h.md", "+++\nslug = \"\"\npath = \"\"\n+++\n", "front-matter/empty content/h.md:2:1"),
        ("i.md", "---\ntaxonomies:\n  tags:\n    - a\n    - ' '\n---\n", "front-matter/empty-term content/i.md:5:7"),
        ("j.md", "+++\nextra = 1\n+++\n", "front-matter/extra content/j.md:2:1"),
        ("k.md", "---\n- a\n---\n", "yaml content/k.md:2:1"),
        ("l.md", "---\ntags: *a\n---\n", "yaml content/l.md:2:7"),
        ("m.md", "+++\ndate = 2026\n+++\n", "toml content/m.md:2:8"),
    ];
    for (name, body, told) in bodies {
        let loaded = Site::new("taxonomies = [{ name = \"tags\" }]").file(name, body).load();
        assert_eq!(loaded.told().first().map(String::as_str), Some(told), "{name}");
        assert_eq!(loaded.pages(), [""; 0], "{name}");
    }
}

#[test]
fn every_error_says_what_to_do() {
    for (body, help) in [
        ("+++\ntitle = “月相”\n+++\n", "Chinese input method"),
        ("+++\ntitle = 5\n+++\n", "quotation marks"),
        ("---\ndraft: yes\n---\n", "`true` or `false`"),
        ("---\ntitle: a: b\n---\n", "YAML"),
        ("+++\ntitle\n+++\n", "TOML"),
    ] {
        let loaded = Site::new("").file("a.md", body).load();
        let said = loaded.diagnostics.first().and_then(|d| d.help.as_ref()).map_or("", |help| help.en.as_str());
        assert!(said.contains(help), "{body}: {:?}", loaded.diagnostics);
    }
}

#[test]
fn lists_with_nothing_in_them_are_empty() {
    let body = "---\nauthors:\naliases: ~\ntaxonomies:\n  tags:\n---\n";
    let loaded = Site::new("taxonomies = [{ name = \"tags\" }]")
        .file("a.md", body)
        .file("b.md", "---\ntaxonomies:\n---\n")
        .load();
    assert_eq!(loaded.told(), [""; 0]);
    assert_eq!(loaded.page("a.md").meta.taxonomies.get("tags"), Some(&vec![]));
    let loaded =
        Site::new("taxonomies = [{ name = \"tags\" }]").file("a.md", "---\ntaxonomies:\n  tags:\n    -\n---\n").load();
    assert_eq!(loaded.told(), ["front-matter/empty-term content/a.md:4:6"]);
}

#[test]
fn a_taxonomy_that_the_language_does_not_have_is_an_error_at_its_key() {
    let config = "taxonomies = [{ name = \"tags\" }]\n[languages.zh]";
    let site =
        Site::new(config).page("a.md", "[taxonomies]\ntag = [\"x\"]").page("b.zh.md", "[taxonomies]\ntags = [\"x\"]");
    let loaded = site.page("c.md", "draft = true\n[taxonomies]\nother = [\"x\"]").load();
    assert_eq!(loaded.told(), ["content/taxonomy content/a.md:3:1", "content/taxonomy content/b.zh.md:3:1"]);
    let help: Vec<_> = loaded.diagnostics.iter().filter_map(|d| d.help.as_ref()).map(|help| help.en.as_str()).collect();
    assert_eq!(help.first(), Some(&"did you mean `tags`?"));
}

#[test]
fn hostile_yaml_is_an_error_and_nothing_worse() {
    let deep = "[".repeat(100_000);
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let alias = format!("*a{}", level - 1);
        laughs += &format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(", "));
    }
    for yaml in [deep, format!("extra:\n  {}", laughs.replace('\n', "\n  "))] {
        let loaded = Site::new("").file("a.md", format!("---\n{yaml}\n---\n")).load();
        assert!(loaded.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error));
    }
}
