//! A snapshot that shares what did not change with the one before gives, byte for byte, what a cold load gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use kepu::config::{Mode, find};
use kepu::diagnostic::Diagnostic;
use kepu::outreach::BuildTime;
use kepu::site::{Artifact, Changes, Request, Site, plan, render};

use crate::support::{SiteTest, png};

/// A small generator of numbers that are the same in every run (xorshift).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

const CONFIG: &str = r#"base_url = "https://example.com"
title = "Title"
default_language = "en"
compile_sass = true
build_search_index = true
generate_feeds = true
taxonomies = [{ name = "tags", feed = true, paginate_by = 2 }]
[languages.zh]
title = "标题"
taxonomies = [{ name = "tags" }]
[markdown]
insert_anchor_links = "left"
[link_checker]
internal_level = "warn"
[translations]
hello = "Hello"
[languages.zh.translations]
hello = "你好"
"#;

const PAGE: &str = r#"{% extends "base.html" %}{% block main %}{{ page.title }} {{ page.date or "" }} {{ page.content | safe }}
{{ page.summary or "" }} {{ page.toc | length }} {{ page.ancestors | json_encode }} {{ page.translations | json_encode }} {{ page.backlinks | json_encode }}
{% if page.lower %}< {{ page.lower.title }} {{ page.lower.content | striptags }}{% endif %}{% if page.higher %}> {{ page.higher.title }}{% endif %}
{% for asset in page.assets %}{{ asset }}{% endfor %}{% endblock %}"#;

const SECTION: &str = r#"{% extends "base.html" %}{% block main %}{{ section.title }} {{ section.content | safe }}{{ section.translations | json_encode }}
{% for page in section.pages %}{{ page.permalink }} {{ page.title }} {{ page.summary or "" }}
{% endfor %}{{ section.subsections | json_encode }}{{ section.backlinks | json_encode }}{% endblock %}"#;

/// A site of both languages with some of everything.
pub fn site() -> SiteTest {
    let mut site = SiteTest::empty()
        .file("config.toml", CONFIG)
        .file("templates/base.html", "<title>{{ config.title }}</title>{% block main %}{% endblock %}{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}{{ get_url(path=\"site.css\", cachebust=true) | safe }}")
        .file("templates/page.html", PAGE)
        .file("templates/section.html", SECTION)
        .file("templates/index.html", "{% set s = get_section(path=\"a/_index.md\", lang=\"en\", allow_missing=true) %}{% if s %}{{ s.pages | length }}{{ s.title }}{% endif %}{% set i = resize_image(path=\"photo.png\", width=8, op=\"fit_width\") %}{{ i.url }}")
        .file("templates/taxonomy_list.html", "{% for term in terms %}{{ term.name }} {{ term.page_count }} {% endfor %}")
        .file("templates/taxonomy_single.html", "{{ term.name }}{% for page in paginator?.pages or term.pages %}{{ page.title }}{{ page.content | safe }}{% endfor %}")
        .file("templates/shortcodes/note.html", "<b>{{ text }}</b>{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}")
        .file("templates/components.html", BADGE)
        .file("data/d.toml", "n = 0")
        .file("sass/site.scss", "a { color: red }")
        .file("static/photo.png", png(20, 20))
        .file("content/_index.md", "+++\n+++\n")
        .file("content/_index.zh.md", "+++\n+++\n");
    for folder in FOLDERS {
        site = site.file(&format!("content/{folder}/_index.md"), "+++\nsort_by = \"date\"\ntitle = \"Section\"\n+++\n");
    }
    let mut numbers = Numbers(88_172_645_463_325_252);
    for n in 0..24 {
        site.write(&place(n), document(&mut numbers, n));
    }
    site
}

const BADGE: &str = "{% component badge(text) %}<i>{{ text }}</i>{% endcomponent badge %}";
const FOLDERS: [&str; 3] = ["a", "b", "a/deep"];

fn place(n: usize) -> String {
    let language = if n.is_multiple_of(5) { ".zh" } else { "" };
    match n % 4 {
        0 => format!("content/{}/p{}{language}.md", FOLDERS[n / 4 % 3], n / 8),
        1 => format!("content/b/q{n}/index.md"),
        2 => format!("content/r{n}{language}.md"),
        _ => format!("content/a/deep/s{n}.md"),
    }
}

/// A page with some of everything.
fn document(numbers: &mut Numbers, n: usize) -> String {
    let mut text = format!("+++\ntitle = \"Title {n} {}\"\n", numbers.below(50));
    if numbers.below(6) > 0 {
        text += &format!("date = 2026-0{}-1{}\n", 1 + numbers.below(9), numbers.below(9));
    }
    if numbers.below(4) == 0 {
        text += &format!("weight = {}\n", numbers.below(9));
    }
    if numbers.below(8) == 0 {
        text += "draft = true\n";
    }
    if numbers.below(8) == 0 {
        text += &format!("aliases = [\"old-{n}\"]\n");
    }
    if numbers.below(2) == 0 {
        text += &format!("[taxonomies]\ntags = [\"t{}\", \"词{}\"]\n", numbers.below(4), numbers.below(3));
    }
    text += &format!("+++\ntext {}\n\n## Heading {}\n\n", numbers.below(1000), numbers.below(5));
    match numbers.below(12) {
        0 => text += "{{ note(text=\"x\") }}\n",
        5 => text += &format!("[link](@/r{}.md)\n", 6 + 4 * numbers.below(4)),
        1 => {
            text += "{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }} {{ page.title }}\n\n<!-- more -->\n\nrest\n"
        }
        2 => text += "```rust\nfn main() {}\n```\n",
        6 => {
            text += "{% set i = resize_image(path=\"photo.png\", width=8, op=\"fit_width\") %}![]({{ i.url }}) {{ i.orig_width }}\n"
        }
        7 => {
            text += "{{ get_url(path=\"site.css\", cachebust=true) }} {{ get_hash(path=\"photo.png\") }} {{ trans(key=\"hello\") }} \
                {% set m = get_image_metadata(path=\"photo.png\") %}{{ m.width }} {{ page.translations | length }} {{ page.ancestors | length }}\n";
        }
        8 => {
            let section = ["a", "b"][numbers.below(2)];
            text += &format!(
                "{{{{ get_url(path=\"@/{section}/_index.md\") }}}} {{{{ \"[x](@/a/_index.md)\" | markdown }}}}\n"
            );
        }
        9 => text += "{{<badge text=\"b\" />}} [self](#none)\n",
        3 => text += "first\n\n<!-- more -->\n\n[link](@/a/_index.md#none)\n",
        _ => {}
    }
    text
}

/// Changes something, and says which paths a watcher would tell of.
pub fn edit(site: &SiteTest, numbers: &mut Numbers, step: usize) -> Vec<String> {
    let n = numbers.below(24);
    let path = place(n);
    match numbers.below(30) {
        0 => {
            let _ = std::fs::remove_file(site.path(&path));
            vec![path]
        }
        1 => {
            let to = format!("content/b/moved{}.md", numbers.below(3));
            let _ = std::fs::rename(site.path(&path), site.path(&to));
            vec![path, to]
        }
        2 => {
            // A whole folder, and back.
            let (from, to) = ("content/a/deep", "content/a/other");
            let (from, to) = if site.path(from).exists() { (from, to) } else { (to, from) };
            if !site.path(to).exists() {
                let _ = std::fs::rename(site.path(from), site.path(to));
            }
            vec![from.to_owned(), to.to_owned()]
        }
        3 => {
            site.write("data/d.toml", format!("n = {step}"));
            vec!["data/d.toml".to_owned()]
        }
        4 => {
            site.write(
                "templates/page.html",
                format!("{PAGE}<!-- {step} -->").replace("{% endblock %}<!--", "<!--") + "{% endblock %}",
            );
            vec!["templates/page.html".to_owned()]
        }
        5 => {
            site.write("templates/anchor-link.html", format!("<a href=\"#{{{{ id }}}}\">{}</a>", numbers.below(3)));
            vec!["templates/anchor-link.html".to_owned()]
        }
        6 => {
            site.write("sass/site.scss", format!("a {{ width: {step}px }}"));
            vec!["sass/site.scss".to_owned()]
        }
        7 => {
            site.write("static/photo.png", png(20 + step as u32 % 7, 20));
            vec!["static/photo.png".to_owned()]
        }
        8 => {
            site.write("config.toml", CONFIG.replace("\"Title\"", &format!("\"Title {}\"", numbers.below(3))));
            vec!["config.toml".to_owned()]
        }
        9 => {
            let asset = format!("content/b/q{}/file{}.txt", 1 + 4 * numbers.below(6), numbers.below(2));
            if numbers.below(2) == 0 {
                site.write(&asset, "asset")
            } else {
                let _ = std::fs::remove_file(site.path(&asset));
            }
            vec![asset]
        }
        10 => {
            let folder = FOLDERS[numbers.below(2)];
            let order = ["date", "weight", "title", "none"][numbers.below(4)];
            let section = format!("content/{folder}/_index.md");
            site.write(
                &section,
                format!(
                    "+++\nsort_by = \"{order}\"\ntitle = \"S{step}\"\ntransparent = {}\n+++\n",
                    numbers.below(2) == 0
                ),
            );
            vec![section]
        }
        11 => {
            // A broken page, which the next edits may mend: its front matter, its template, or a link.
            let broken = ["title = \n+++\n", "+++\n{{ nothing }}\n", "+++\n[a](@/nothing.md)\n"][numbers.below(3)];
            site.write(&path, format!("+++\n{broken}"));
            vec![path]
        }
        12 => {
            site.write(
                "templates/components.html",
                BADGE.replace("<i>", &format!("<i class=\"c{}\">", numbers.below(3))),
            );
            vec!["templates/components.html".to_owned()]
        }
        13 => {
            let note = "<b>{{ text }}</b>{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}";
            site.write("templates/shortcodes/note.html", format!("{note}{}", numbers.below(3)));
            vec!["templates/shortcodes/note.html".to_owned()]
        }
        // One thing alone, as an author would.
        14 => change_line(site, &path, "title = ", &format!("title = \"Only {step}\"")),
        15 => change_line(site, &path, "date = ", &format!("date = 2026-0{}-20", 1 + numbers.below(9))),
        16 => change_line(site, &path, "tags = ", &format!("tags = [\"t{}\"]", numbers.below(6))),
        17 => change_line(site, &path, "text ", &format!("text {step}")),
        18 => {
            let section = format!("content/{}/_index.md", FOLDERS[numbers.below(3)]);
            change_line(site, &section, "title = ", &format!("title = \"Section {step}\""))
        }
        19 => {
            let section = format!("content/{}/_index.md", FOLDERS[numbers.below(3)]);
            if let Ok(text) = std::fs::read_to_string(site.path(&section)) {
                let (front, _) = text.rsplit_once("+++").expect("front matter");
                site.write(&section, format!("{front}+++\nsection {step} [link](@/b/_index.md)\n"));
            }
            vec![section]
        }
        20 => {
            let path = format!("content/{}/new{}.md", FOLDERS[numbers.below(2)], numbers.below(4));
            site.write(&path, document(numbers, n));
            vec![path]
        }
        21 => change_line(site, &path, "draft = ", "draft = false"),
        _ => {
            site.write(&path, document(numbers, n));
            vec![path]
        }
    }
}

/// Puts another line in the place of the first that begins so, if there is one.
fn change_line(site: &SiteTest, path: &str, start: &str, line: &str) -> Vec<String> {
    if let Ok(text) = std::fs::read_to_string(site.path(path)) {
        let mut lines: Vec<&str> = text.lines().collect();
        if let Some(old) = lines.iter_mut().find(|old| old.starts_with(start)) {
            *old = line;
        }
        site.write(path, lines.join("\n") + "\n");
    }
    vec![path.to_owned()]
}

/// Every output with its bytes, and every message.
pub type Output = (BTreeMap<String, Vec<u8>>, Vec<String>);

pub fn output(site: &Site, mut diagnostics: Vec<Diagnostic>) -> Output {
    let routes = plan(site, &mut diagnostics);
    let mut files = BTreeMap::new();
    for (path, route) in &routes {
        match render(site, path, route) {
            Ok(Artifact::Text(text)) => files.insert(path.clone(), text.into_bytes()),
            Ok(Artifact::Shared(text)) => files.insert(path.clone(), text.as_bytes().to_vec()),
            Ok(Artifact::Static(text)) => files.insert(path.clone(), text.as_bytes().to_vec()),
            Ok(Artifact::File { source, .. }) => files.insert(path.clone(), std::fs::read(source).expect("a file")),
            Err(errors) => {
                diagnostics.extend(errors);
                None
            }
        };
    }
    (files, messages(diagnostics))
}

fn messages(mut diagnostics: Vec<Diagnostic>) -> Vec<String> {
    Diagnostic::sort(&mut diagnostics);
    diagnostics
        .into_iter()
        .map(|d| format!("{} {}", d.message.en, d.place.map(|p| p.file).unwrap_or_default()))
        .collect()
}

#[test]
fn after_any_edit_warm_is_cold() {
    let good = follow(&site(), 500, edit);
    assert!(good > 300, "only {good} states of the site could be built");
}

/// A site whose generation is that of its only shortcode.
#[test]
fn a_site_of_either_generation_warm_is_cold() {
    let test = SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntitle = \"T\"\ntaxonomies = [{ name = \"tags\" }]\n")
        .file("templates/page.html", "{{ page.title }} {{ page.content | safe }}")
        .file("templates/section.html", LIST)
        .file("templates/index.html", LIST)
        .file("templates/taxonomy_list.html", "{{ terms | length }}")
        .file(
            "templates/taxonomy_single.html",
            "{{ term.name }}{% for page in term.pages %}{{ page.content | safe }}{% endfor %}",
        )
        .file(NOTE, "<b>{{ text }}</b>")
        .file("content/_index.md", "+++\n+++\n")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\ntext\n")
        .file(DATA, SHOW_DATA)
        .file("data/d.toml", "n = 0")
        .file("static/photo.png", png(20, 20))
        .file("content/b.md", "+++\ntitle = \"B\"\n+++\n[link](@/a.md)\n");
    let good = follow(&test, 200, |site, numbers, step| {
        let page = format!("content/{}.md", ["a", "b", "c"][numbers.below(3)]);
        match numbers.below(14) {
            8 => {
                site.write("data/d.toml", format!("n = {step}"));
                vec!["data/d.toml".to_owned()]
            }
            9 => {
                site.write("static/photo.png", png(20 + step as u32 % 7, 20));
                vec!["static/photo.png".to_owned()]
            }
            10.. => {
                let body =
                    ["{{ data() }} {{ page.title }}", "{% note(text=\"y\") %}\nbody\n{% end %}\n[a](@/a.md#none)"];
                let body = body[numbers.below(2)];
                site.write(
                    &page,
                    format!("+++\ntitle = \"{}\"\n[taxonomies]\ntags = [\"x\"]\n+++\n{body}\n", step % 3),
                );
                vec![page]
            }
            0 => {
                let _ = std::fs::remove_file(site.path(NOTE));
                vec![NOTE.to_owned()]
            }
            1 | 2 => {
                site.write(NOTE, format!("<b>{{{{ text }}}}{step}</b>"));
                vec![NOTE.to_owned()]
            }
            3 => {
                let dialect = ["tera1", "tera2"][numbers.below(2)];
                site.write("kepu.toml", format!("[content]\ndialect = \"{dialect}\"\n"));
                vec!["kepu.toml".to_owned()]
            }
            4 => {
                let _ = std::fs::remove_file(site.path("kepu.toml"));
                vec!["kepu.toml".to_owned()]
            }
            n => {
                let body = ["{{ note(text=\"x\") }}", "{{ page.title }}", "## heading\n[a](@/a.md)"][n - 5];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n+++\n{body}\n"));
                vec![page]
            }
        }
    });
    assert!(good > 40, "only {good} states of the site could be built");
}

const DATA: &str = "templates/shortcodes/data.html";
const SHOW_DATA: &str = "{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}{% set i = resize_image(path=\"photo.png\", width=8, op=\"fit_width\") %}{{ i.url | safe }}{{ get_taxonomy_url(kind=\"tags\", name=\"x\") }}";
const NOTE: &str = "templates/shortcodes/note.html";
const LIST: &str = "{% for page in section.pages %}{{ page.title }}{{ page.content | safe }}{% endfor %}";

/// A site with pages that come and go.
#[test]
fn an_outreach_site_warm_is_cold() {
    let test = SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntitle = \"T\"\n")
        .file("kepu.toml", OUTREACH)
        .file("templates/page.html", "{{ page.title }} {{ page.content | safe }}")
        .file("templates/section.html", LIST)
        .file("templates/index.html", LIST)
        .file("data/t.csv", "a,b\n1,2\n")
        .file("content/_index.md", "+++\n+++\n")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\n[link](@/b.md)\n")
        .file("content/b.md", "+++\ntitle = \"B\"\n+++\n")
        .file("content/c.md", "+++\ntitle = \"C\"\n+++\n");
    let good = follow(&test, 200, |site, numbers, step| {
        let page = format!("content/{}.md", ["a", "b", "c"][numbers.below(3)]);
        match numbers.below(10) {
            0 => {
                site.write("kepu.toml", ["", OUTREACH][numbers.below(2)]);
                vec!["kepu.toml".to_owned()]
            }
            n @ (1 | 2) => {
                let when = ["2026-08-04", "2026-08-06"][n - 1];
                let key = ["publish_at", "expires"][numbers.below(2)];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n[extra]\n{key} = {when}\n+++\ntext\n"));
                vec![page]
            }
            3 => {
                site.write("data/t.csv", format!("a,b\n{step},2\n"));
                vec!["data/t.csv".to_owned()]
            }
            4 | 5 => {
                // An activity, which counts in the figures of others.
                let people = numbers.below(9);
                site.write(
                    &page,
                    format!(
                        "+++\ntitle = \"{}\"\ndescription = \"about\"\n[extra]\nkind = \"activity\"\ncategory = \"volunteer\"\nwhen = 2026-03-01\nfigures = {{ people = {people} }}\n+++\ntext\n",
                        step % 3
                    ),
                );
                vec![page]
            }
            6 | 7 => {
                let asks = [
                    "{% set f = activity_figures() %}{{ f | json_encode }}",
                    "{{ table(name=\"t\") | json_encode }}",
                    "{{ record(page=\"a.md\") | json_encode }} {{ china_now() }}",
                ];
                let asks = asks[numbers.below(3)];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n+++\n{asks}\n"));
                vec![page]
            }
            _ => {
                let to = ["a", "b", "c"][numbers.below(3)];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n+++\n[link](@/{to}.md)\n"));
                vec![page]
            }
        }
    });
    assert!(good > 40, "only {good} states of the site could be built");
}

const OUTREACH: &str = "[outreach.categories]\nvolunteer = \"Volunteers\"\n";

/// A site of which one file after the other changes.
struct Counted {
    test: SiteTest,
    request: Request,
    site: Site,
}

impl Counted {
    fn new(test: SiteTest) -> Self {
        let found = find::find(test.root(), None).expect("a site");
        let request = request(found);
        let mut said = Vec::new();
        let site = Site::load(&request, &mut said).unwrap_or_else(|| panic!("{said:?}"));
        Self { test, request, site }
    }

    /// Writes a file; how many documents are rendered again for it.
    #[track_caller]
    fn after(&mut self, path: &str, text: impl AsRef<[u8]>) -> usize {
        self.test.write(path, text);
        let changes = Changes::Paths([self.request.found.root.join(path)].into());
        let mut said = Vec::new();
        let next = Site::load_after(&self.request, Some((&self.site, &changes)), &mut said);
        let next = next.unwrap_or_else(|| panic!("{said:?}"));
        let again = next.documents().count() - next.bodies_in_common(&self.site);
        self.site = next;
        again
    }
}

#[test]
fn only_what_reads_a_change_is_rendered_again() {
    let mut counted = Counted::new(
        SiteTest::minimal()
            .file("templates/components.html", BADGE)
            .file("data/d.toml", "n = 0")
            .file("static/photo.png", png(20, 20))
            .file("content/plain.md", "+++\n+++\ntext\n\n## heading\n")
            .file("content/link.md", "+++\n+++\n[a](@/plain.md)")
            .file("content/data.md", "+++\n+++\n{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}")
            .file("content/image.md", "+++\n+++\n{% set m = get_image_metadata(path=\"photo.png\") %}{{ m.width }}")
            .file("content/badge.md", "+++\n+++\n{{<badge text=\"b\" />}}"),
    );
    assert_eq!(counted.after("content/plain.md", "+++\n+++\nother text\n\n## heading\n"), 1);
    assert_eq!(counted.after("content/plain.md", "+++\ntitle = \"A title\"\n+++\ntext\n"), 1);
    assert_eq!(counted.after("content/new.md", "+++\n+++\nnew"), 1);
    assert_eq!(counted.after("data/d.toml", "n = 1"), 1);
    assert_eq!(counted.after("data/other.toml", "n = 1"), 0);
    assert_eq!(counted.after("data/d.toml", "# a comment\nn = 1"), 0);
    assert_eq!(counted.after("static/photo.png", png(30, 20)), 1);
    // Every body that is a template may call any other; those that are none call only the link of headings.
    assert_eq!(counted.after("templates/components.html", BADGE.replace("<i>", "<b>")), 3);
    assert_eq!(counted.after("templates/page.html", "{{ page.title }}"), 3);
    assert_eq!(counted.after("templates/anchor-link.html", "<a>{{ id }}</a>"), 3);
    // The page that links to it moves along.
    assert_eq!(counted.after("content/plain.md", "+++\nslug = \"moved\"\n+++\ntext\n"), 2);
}

#[test]
fn bodies_with_shortcodes_are_rendered_again_only_for_what_they_read() {
    let mut counted = Counted::new(
        SiteTest::minimal()
            .file("kepu.toml", "[content]\ndialect = \"tera1\"\n")
            .file(NOTE, "<b>{{ text }}</b>")
            .file("templates/shortcodes/data.html", "{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}")
            .file("data/d.toml", "n = 0")
            .file("content/plain.md", "+++\n+++\ntext")
            .file("content/note.md", "+++\n+++\n{{ note(text=\"x\") }}")
            .file("content/data.md", "+++\n+++\n{{ data() }}"),
    );
    assert_eq!(counted.after("content/plain.md", "+++\n+++\nother text"), 1);
    assert_eq!(counted.after("data/d.toml", "n = 1"), 1);
    assert_eq!(counted.after("content/note.md", "+++\n+++\n{{ note(text=\"y\") }}"), 1);
    assert_eq!(counted.after(NOTE, "<i>{{ text }}</i>"), 2);
}

#[test]
fn an_outreach_site_renders_again_only_what_asks_for_a_change() {
    let activity = |people: u32| {
        format!(
            "+++\ntitle = \"A\"\ndescription = \"about\"\n[extra]\nkind = \"activity\"\ncategory = \"volunteer\"\n\
             when = 2026-03-01\nfigures = {{ people = {people} }}\n+++\ntext\n"
        )
    };
    let mut counted = Counted::new(
        SiteTest::minimal()
            .file("kepu.toml", OUTREACH)
            .file("data/t.csv", "a,b\n1,2\n")
            .file("content/activity.md", activity(1))
            .file("content/figures.md", "+++\n+++\n{% set f = activity_figures() %}{{ f.totals.people.text }}")
            .file("content/table.md", "+++\n+++\n{{ table(name=\"t\") | length }}")
            .file("content/plain.md", "+++\n+++\ntext"),
    );
    assert_eq!(counted.after("content/plain.md", "+++\n+++\nother text"), 1);
    assert_eq!(counted.after("content/activity.md", activity(2)), 2);
    assert_eq!(counted.after("data/t.csv", "a,b\n1,3\n"), 1);
}

#[test]
fn nothing_of_older_snapshots_stays() {
    let mut test = SiteTest::minimal();
    for n in 0..20 {
        test = test.file(&format!("content/p{n}.md"), format!("+++\n+++\n[link](@/p{}.md)", (n + 1) % 20));
    }
    let request = request(find::find(test.root(), None).expect("a site"));
    let mut site = Site::load(&request, &mut Vec::new()).expect("a site");
    let (mut contents, mut images, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    for step in 0..300 {
        let path = format!("content/p{}.md", step % 20);
        let title = if step % 3 == 0 { format!("title = \"{step}\"") } else { String::new() };
        test.write(&path, format!("+++\n{title}\n+++\ntext {step} [link](@/p{}.md)", step % 7));
        let changes = Changes::Paths([request.found.root.join(&path)].into());
        let next = Site::open_after(&request, Some((&site, &changes)), &mut Vec::new()).expect("a site");
        // In a server not everything is rendered between two edits.
        if step % 2 == 0 {
            output(&next, Vec::new());
        }
        contents.push(std::sync::Arc::downgrade(&site.content));
        images.push(std::sync::Arc::downgrade(&site.images));
        pages.extend(site.content.pages.iter().map(std::sync::Arc::downgrade));
        site = next;
    }
    let alive = pages.iter().filter(|page| page.strong_count() > 0);
    let different: BTreeSet<usize> = alive.map(|page| page.as_ptr() as usize).collect();
    assert!(
        different.len() <= site.content.pages.len(),
        "{} states of {} pages",
        different.len(),
        site.content.pages.len()
    );
    assert_eq!(contents.iter().filter(|content| content.strong_count() > 0).count(), 0);
    assert_eq!(images.iter().filter(|images| images.strong_count() > 0).count(), 0);
}

fn request(found: find::Found) -> Request {
    Request {
        found,
        mode: Mode::Build,
        base_url: None,
        drafts: false,
        minify: false,
        zola_exact: false,
        now: BuildTime::parse("2026-08-05T10:00:00Z").expect("a time"),
        remember: true,
        no_cache: false,
    }
}

/// Makes edits and compares after each; tells how many states of the site could be built.
///
/// Two snapshots follow the edits: one of which everything is rendered, and one, as in a server, of which only a few routes
/// are before the next edit, and which goes on when bodies have errors.
fn follow(test: &SiteTest, steps: usize, mut edit: impl FnMut(&SiteTest, &mut Numbers, usize) -> Vec<String>) -> usize {
    let found = find::find(test.root(), None).expect("a site");
    let root = found.root.clone();
    let request = request(found);
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut warm = Site::load(&request, &mut Vec::new()).expect("a site");
    let mut hasty = Site::open_after(&request, None, &mut Vec::new()).expect("a site");
    let mut since: BTreeSet<PathBuf> = BTreeSet::new();
    let mut hasty_since: BTreeSet<PathBuf> = BTreeSet::new();
    let mut good = 0;
    for step in 0..steps {
        // What changes within a tick of the clock must be told by the watcher, or by size or number.
        let changed: Vec<PathBuf> = edit(test, &mut numbers, step).into_iter().map(|path| root.join(path)).collect();
        since.extend(changed.iter().cloned());
        hasty_since.extend(changed);
        let (mut warm_said, mut cold_said) = (Vec::new(), Vec::new());
        let next = Site::load_after(&request, Some((&warm, &Changes::Paths(since.clone()))), &mut warm_said);
        let changes = Changes::Paths(hasty_since.clone());
        if let Some(next) = Site::open_after(&request, Some((&hasty, &changes)), &mut Vec::new()) {
            hasty = next;
            hasty_since.clear();
        }
        let cold = Site::load(&request, &mut cold_said);
        match (next, cold) {
            (Some(next), Some(cold)) => {
                let (warm_out, cold_out) = (output(&next, warm_said), output(&cold, cold_said));
                crate::support::assert_same(&cold_out.0, &warm_out.0, &format!("step {step}: {since:?}"));
                assert_eq!(warm_out.1, cold_out.1, "step {step}: {since:?}");
                (warm, good) = (next, good + 1);
                since.clear();
                let routes = plan(&hasty, &mut Vec::new());
                for _ in 0..3 {
                    let (path, route) = routes.iter().nth(numbers.below(routes.len())).expect("a route");
                    if let Ok(Artifact::Text(text)) = render(&hasty, path, route) {
                        assert_eq!(
                            Some(text.as_bytes()),
                            cold_out.0.get(path).map(Vec::as_slice),
                            "step {step}: {path}"
                        );
                    }
                }
                if step % 20 == 0 {
                    let said = hasty.report();
                    let out = output(&hasty, said);
                    crate::support::assert_same(&cold_out.0, &out.0, &format!("step {step}, in haste"));
                }
            }
            (None, None) => {
                let said = messages(warm_said);
                assert_eq!(said, messages(cold_said), "step {step}: {since:?}");
                // Mended by its author, sooner or later.
                if numbers.below(2) == 0 {
                    for path in said.iter().filter_map(|message| message.rsplit_once(' ')).map(|(_, path)| path) {
                        if path.starts_with("content/") && std::fs::remove_file(test.path(path)).is_ok() {
                            since.insert(root.join(path));
                            hasty_since.insert(root.join(path));
                        }
                    }
                }
            }
            (warm, cold) => panic!("step {step}: warm {} cold {}", warm.is_some(), cold.is_some()),
        }
    }
    good
}
