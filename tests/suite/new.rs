//! `kepu new`: a page from an archetype, at an address of its own, never in the place of a file.

use crate::support::{SiteTest, assert_same, snapshot};

const AT: [&str; 2] = ["--at", "2026-11-24T09:30"];

/// A site that `kepu init` made with the pages of an association.
fn started() -> SiteTest {
    let site = SiteTest::empty();
    site.run(&["--lang", "zh", "init"]).succeeds();
    site
}

/// Makes a page and returns its file.
#[track_caller]
fn new(site: &SiteTest, arguments: &[&str]) -> String {
    let run = site.run(&[&["new"], &AT[..], arguments].concat()).succeeds();
    run.stdout.trim().to_owned()
}

#[track_caller]
fn text(site: &SiteTest, file: &str) -> String {
    std::fs::read_to_string(site.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn every_archetype_of_the_theme_makes_a_page_that_passes_every_check() {
    for (lang, site) in [("zh", started()), ("en", SiteTest::empty())] {
        if lang == "en" {
            site.run(&["init"]).succeeds();
        }
        for kind in kepu::outreach::page_kinds() {
            let file = new(&site, &[kind, &format!("样板 {kind}")]);
            let made = text(&site, &file);
            assert!(made.contains(&format!("kind = \"{kind}\"")) && made.contains(&format!("title = \"样板 {kind}\"")));
            assert!(!made.contains("{{") && !made.contains("#:"), "{made}");
            let built = site.run(&["build", "--at", "2026-11-24T10:00"]).succeeds();
            let about = |line: &&str| line.starts_with("warning") && !line.contains("outreach/footer");
            let found: Vec<&str> = built.stderr.lines().filter(about).collect();
            assert!(found.is_empty(), "{kind} in {lang}: {}", built.stderr);
            let address = file.trim_start_matches("content/").trim_end_matches(".md").trim_end_matches("/index");
            assert!(site.output(&format!("{address}/index.html")).contains(&format!("样板 {kind}")), "{kind}");
        }
    }
}

#[test]
fn a_section_means_the_archetype_of_its_pages() {
    let site = started();
    assert_eq!(
        new(&site, &["news", "科普大篷车走进\"沙日浩来\"小学"]),
        "content/news/kepu-dapengche-zoujin-sharihaolai-xiaoxue/index.md"
    );
    let made = text(&site, "content/news/kepu-dapengche-zoujin-sharihaolai-xiaoxue/index.md");
    assert!(made.contains("title = \"科普大篷车走进\\\"沙日浩来\\\"小学\"\n"), "{made}");
    assert!(made.contains("date = 2026-11-24T09:30:00+08:00\n") && made.contains("when = 2026-11-24\n"), "{made}");
    assert_eq!(new(&site, &["活动预告", "科技月"]), "content/calendar/keji-yue.md");
    assert_eq!(new(&site, &["activity", "到处走", "--to", "about"]), "content/about/daochu-zou/index.md");
}

#[test]
fn a_section_of_several_kinds_asks_which() {
    let site = started();
    site.run(&["new", "places", "站点"]).fails().says("`expert`, `museum`, `stations`");
}

#[test]
fn a_site_without_archetypes_gets_the_simplest_page() {
    let site = SiteTest::minimal().file("content/blog/_index.md", "+++\n+++\n");
    assert_eq!(new(&site, &["blog", "My", "first", "post"]), "content/blog/my-first-post.md");
    assert_eq!(
        text(&site, "content/blog/my-first-post.md"),
        "+++\ntitle = \"My first post\"\ndate = 2026-11-24\n+++\n\n"
    );
    assert_eq!(new(&site, &["blog/", "My first post", "--folder"]), "content/blog/my-first-post-2/index.md");
    assert_eq!(new(&site, &["/", "About"]), "content/about.md");
    site.build().succeeds().says("3 pages");
}

#[test]
fn archetypes_of_the_site_come_before_those_of_its_theme() {
    let site = SiteTest::minimal()
        .file("config.toml", "base_url = \"https://example.com\"\ntheme = \"t\"\n")
        .file("themes/t/theme.toml", "name = \"t\"\n")
        .file("themes/t/templates/x.html", "")
        .file("themes/t/archetypes/talk.md", "+++\ntitle = \"{{ title }}\"\n+++\nof the theme\n")
        .file("themes/t/archetypes/walk.md", "---\ntitle: \"{{ title }}\"\n---\na walk\n")
        .file("archetypes/talk.md", "+++\n#: sections = [\"talks\"]\ntitle = \"{{ title }}\"\n+++\n{{ slug }}\n")
        .file("archetypes/default.md", "+++\ntitle = \"{{ title }}\"\n+++\nby default\n")
        .file("content/talks/_index.md", "+++\n+++\n")
        .file("content/blog/_index.md", "+++\n+++\n");
    assert_eq!(new(&site, &["talk", "A"]), "content/talks/a.md");
    assert_eq!(text(&site, "content/talks/a.md"), "+++\ntitle = \"A\"\n+++\na\n");
    assert_eq!(new(&site, &["walk", "A \"walk\": \\o/", "--to", "blog"]), "content/blog/a-walk-o.md");
    assert_eq!(new(&site, &["blog", "B"]), "content/blog/b.md");
    assert!(text(&site, "content/blog/b.md").ends_with("by default\n"));
    site.build().succeeds();
    assert!(site.output("blog/a-walk-o/index.html").starts_with("page A &quot;walk&quot;: \\o/|"));
}

#[test]
fn alone_it_lists_what_there_is() {
    let run = started().run(&["--lang", "zh", "new"]).succeeds();
    insta::assert_snapshot!(run.stdout);
    let none = SiteTest::minimal().run(&["new"]).succeeds();
    assert!(none.stdout.contains("kepu new SECTION \"The title\""), "{}", none.stdout);
}

#[test]
fn what_to_do_next_is_said() {
    let run = started().run(&["--lang", "zh", "new", "activity", "月相", "--at", "2026-11-24"]).succeeds();
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn a_slip_of_the_keyboard_is_guessed() {
    let site = started();
    site.run(&["new", "artcle", "x"]).fails().says("did you mean `article`?");
    site.run(&["new", "sciense", "x"]).fails().says("did you mean `science`?");
    site.run(&["new", "article", "x", "--to", "scince"]).fails().says("did you mean `science`?");
    site.run(&["new", "nothing-near", "x"]).fails().says("`kepu new` alone lists what there is");
    site.run(&["new", "article"]).fails().says("kepu new article \"The title\"");
    site.run(&["new", "article", "x", "--at", "soon"]).fails_as_wrong_usage().says("`--at soon` is no date");
}

#[test]
fn nothing_is_overwritten_and_no_address_is_taken_twice() {
    let site = SiteTest::minimal()
        .file("content/blog/_index.md", "+++\n+++\n")
        .file("content/blog/Yueliang.md", "+++\nslug = \"other\"\n+++\n")
        .file("content/blog/elsewhere.md", "+++\npath = \"blog/yueliang-2\"\n+++\n")
        .file("content/blog/alias.md", "+++\naliases = [\"/blog/yueliang-3/\"]\n+++\n")
        .file("content/blog/yueliang-4/_index.md", "+++\n+++\n")
        .file("content/blog/yueliang-5/note.txt", "a folder without a page");
    let before = snapshot(&site.path("content"));
    assert_eq!(new(&site, &["blog", "月亮"]), "content/blog/yueliang-6.md");
    assert_eq!(new(&site, &["blog", "月亮"]), "content/blog/yueliang-7.md");
    assert_eq!(new(&site, &["blog", "月亮", "--folder"]), "content/blog/yueliang-8/index.md");
    // A date in front of a name is no part of the address.
    assert_eq!(new(&site, &["blog", "2026-11-24 other"]), "content/blog/2026-11-24-other-2.md");
    site.run(&["new", "blog", "x", "--slug", "yueliang-2"]).fails().says("content/blog/elsewhere.md");
    site.run(&["new", "blog", "x", "--slug", "yueliang"]).fails().says("is taken by");
    site.run(&["new", "blog", "x", "--slug", "../x"]).fails().says("cannot be the address of a page");
    let mut after = snapshot(&site.path("content"));
    after.retain(|name, _| before.contains_key(name));
    assert_same(&before, &after, "what was there");
    site.build().succeeds();
}

#[test]
fn a_page_has_what_its_section_sorts_by() {
    let site = SiteTest::minimal()
        .file("content/a/_index.md", "+++\nsort_by = \"weight\"\n+++\n")
        .file("content/a/old.md", "+++\ntitle = \"Old\"\nweight = 7\n+++\n")
        .file("content/b/_index.md", "+++\nsort_by = \"date\"\n+++\n")
        .file("archetypes/bare.md", "---\n#: sections = [\"b\"]\ntitle: \"{{ title }}\"\n---\n");
    assert!(text(&site, &new(&site, &["a", "One"])).contains("title = \"One\"\nweight = 17\n"));
    assert!(text(&site, &new(&site, &["a", "Two"])).contains("weight = 27\n"));
    assert!(text(&site, &new(&site, &["bare", "Three"])).contains("title: \"Three\"\ndate: 2026-11-24\n"));
    site.run(&["build", "--strict"]).succeeds().says("4 pages");
}

#[test]
fn odd_titles_make_pages() {
    let site = SiteTest::minimal().file("content/blog/_index.md", "+++\n+++\n");
    for (title, file) in [
        ("！？", "20261124-1"),
        ("……", "20261124-2"),
        ("CON", "con-2"),
        ("index", "index-2"),
        ("a \"b\" \\ 'c' +++\n\tnew\u{7f} line", "a-b-c-new-line"),
        ("{{ x }} {% raw %}", "x-raw"),
        ("ᠮᠣᠩᠭᠣᠯ", "monggol"),
        (&"很长的标题".repeat(60), "henchang-de-biaoti"),
    ] {
        let made = new(&site, &["blog", title]);
        assert!(made.starts_with(&format!("content/blog/{file}")), "{title}: {made}");
        assert!(made.len() < 90 && made.is_ascii(), "{made}");
    }
    site.build().succeeds().says("8 pages");
    let page = site.output("blog/a-b-c-new-line/index.html");
    assert!(page.contains("a &quot;b&quot; \\ &#39;c&#39; +++ new line|"), "{page}");
}

#[test]
fn nothing_is_made_outside_the_site() {
    let site = SiteTest::minimal().file("content/blog/_index.md", "+++\n+++\n");
    for to in ["..", "../..", "/etc", "blog/../../x", "%2e%2e"] {
        site.run(&["new", "blog", "x", "--to", to]).fails();
    }
    let outside = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path(), site.path("content/link")).expect("a link");
    site.run(&["new", "link", "x"]).fails().says("leads out of the site");
    assert_eq!(std::fs::read_dir(outside.path()).expect("a folder").count(), 0);
}

#[test]
fn a_bad_archetype_says_where() {
    let site = SiteTest::minimal()
        .file("content/blog/_index.md", "+++\n+++\n")
        .file("archetypes/hugo.md", "---\n#: sections = [\"blog\"]\ntitle: \"{{ replace .Name \"-\" \" \" }}\"\n---\n")
        .file("archetypes/bare.md", "+++\n#: sections = [\"blog\"]\ntitle = {{ title }}\n+++\n")
        .file("archetypes/typo.md", "+++\n#: sections = [\"blog\"]\ntitle = \"{{ titel }}\"\n+++\n");
    site.run(&["new", "hugo", "x"]).fails().says("archetypes/hugo.md:3");
    site.run(&["new", "typo", "x"]).fails().says("archetypes/typo.md:3").says("did you mean `title`?");
    site.run(&["new", "bare", "two words"]).fails().says("archetypes/bare.md:3");
    assert!(!site.path("content/blog/two-words.md").exists() && !site.path("content/blog/x.md").exists());
    site.write("archetypes/none.md", "no front matter");
    site.run(&["new", "blog", "x"]).fails().says("archetypes/none.md:1");
}

#[test]
fn a_table_that_a_page_shows_is_made_once() {
    let site = SiteTest::minimal()
        .file("archetypes/list.md", "+++\n#: data = { stations = \"name,address\" }\ntitle = \"{{ title }}\"\n+++\n");
    site.run(&["new", "list", "a"]).succeeds().says("Its table is `data/stations.csv`");
    assert_eq!(text(&site, "data/stations.csv"), "\u{feff}name,address\n");
    site.write("data/stations.csv", "mine");
    site.run(&["new", "list", "b"]).succeeds().does_not_say("table");
    assert_eq!(text(&site, "data/stations.csv"), "mine");
    site.write("archetypes/list.md", "+++\n#: data = { \"../x\" = \"\" }\ntitle = \"{{ title }}\"\n+++\n");
    site.run(&["new", "list", "c"]).fails().says("archetypes/list.md:2");
}

#[test]
fn a_section_that_is_not_there_yet_is_told() {
    let site = SiteTest::minimal()
        .file("archetypes/talk.md", "+++\n#: sections = [\"talks\"]\ntitle = \"{{ title }}\"\n+++\n");
    site.run(&["new", "talk", "x"]).succeeds().says("`content/talks/` has no `_index.md` yet");
    site.build().succeeds();
}
