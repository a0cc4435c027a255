//! `kepu init`: a new site from three answers, never at the cost of what is there.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Run, SiteTest, assert_same, snapshot};

/// Runs `kepu` with these answers on its standard input.
fn answer(site: &SiteTest, arguments: &[&str], answers: &str) -> Run {
    let mut child = site
        .kepu(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kepu runs");
    // Refused before a question: then nobody reads.
    let _ = child.stdin.take().expect("standard input").write_all(answers.as_bytes());
    Run::new(child.wait_with_output().expect("kepu ends"), site.root())
}

#[track_caller]
fn config(site: &SiteTest, folder: &str) -> toml::Table {
    let text = std::fs::read_to_string(site.path(folder).join("zola.toml")).expect("zola.toml");
    text.parse().expect("TOML")
}

#[test]
fn an_empty_folder_becomes_a_site_that_builds() {
    let site = SiteTest::empty();
    answer(&site, &["init"], "").succeeds().says("What is the address of your site?").says("Done: `[ROOT]`");
    for folder in ["content", "templates", "static", "themes", "sass"] {
        assert!(site.path(folder).is_dir(), "{folder}");
    }
    let config = config(&site, ".");
    assert_eq!(config["base_url"].as_str(), Some("https://example.com"));
    assert_eq!((config["compile_sass"].as_bool(), config["build_search_index"].as_bool()), (Some(true), Some(false)));
    site.build().succeeds();
    assert!(site.output("index.html").contains("Welcome."));
    site.write(
        "content/first.md",
        "+++\ntitle = \"Why the moon has phases\"\ndate = 2026-08-05\n+++\n\nNo light of its own.\n",
    );
    site.build().succeeds().says("1 page");
    assert!(site.output("first/index.html").contains("No light of its own."));
}

#[test]
fn a_new_site_passes_its_own_checks() {
    let site = SiteTest::empty();
    answer(&site, &["init", "my-site"], "https://kx.example\ny\ny\n").succeeds();
    let run = site.run(&["--root", "my-site", "build", "--strict"]).succeeds();
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn a_named_folder_is_made() {
    let site = SiteTest::empty().file("mine.txt", "mine");
    answer(&site, &["init", "a/my site"], "").succeeds();
    site.run(&["--root", "a/my site", "build"]).succeeds();
    assert!(site.path("a/my site/public/index.html").is_file());
    assert!(!site.path("zola.toml").exists());
}

#[test]
fn answers_are_taken_from_standard_input() {
    let site = SiteTest::empty();
    answer(&site, &["init"], "https://kx.example/sub\nn\nyes\n").succeeds();
    let config = config(&site, ".");
    assert_eq!(config["base_url"].as_str(), Some("https://kx.example/sub"));
    assert_eq!((config["compile_sass"].as_bool(), config["build_search_index"].as_bool()), (Some(false), Some(true)));
    assert!(!site.path("sass").exists());
    site.build().succeeds();
}

#[test]
fn wrong_answers_are_asked_again() {
    let site = SiteTest::empty();
    answer(&site, &["init"], "kx.example\nftp://x\nhttps://kx.example\nmaybe\nn\n\n")
        .succeeds()
        .says("`kx.example` is not an address")
        .says("`ftp://x` is not an address")
        .says("please answer y or n, not `maybe`");
    let config = config(&site, ".");
    assert_eq!(config["base_url"].as_str(), Some("https://kx.example"));
    assert_eq!((config["compile_sass"].as_bool(), config["build_search_index"].as_bool()), (Some(false), Some(false)));
}

#[test]
fn quotes_in_an_address_do_not_break_the_configuration() {
    let site = SiteTest::empty();
    answer(&site, &["init"], "https://example.com/?a=\"b\\c'\n\n\n").succeeds();
    assert_eq!(config(&site, ".")["base_url"].as_str(), Some("https://example.com/?a=\"b\\c'"));
}

#[test]
fn chinese_is_spoken_and_becomes_the_language_of_the_site() {
    let site = SiteTest::empty();
    answer(&site, &["--lang", "zh", "init"], "https://kx.example\n是\n是\n").succeeds().says("网站的网址是什么？");
    let config = config(&site, ".");
    assert_eq!(config["default_language"].as_str(), Some("zh"));
    assert_eq!(config["build_search_index"].as_bool(), Some(true));
    site.build().succeeds();
}

#[test]
fn a_site_may_begin_with_the_pages_of_an_association() {
    let site = SiteTest::empty();
    answer(&site, &["--lang", "zh", "init"], "https://kx.example/a\nn\nn\n是\n")
        .succeeds()
        .says("从科协网站的样板页面开始吗？");
    let config = config(&site, ".");
    assert_eq!(config["base_url"].as_str(), Some("https://kx.example/a"));
    assert_eq!(config["theme"].as_str(), Some("outreach"));
    for file in ["kepu.toml", "content/_index.md", "data/glossary.toml", ".gitignore"] {
        assert!(site.path(file).is_file(), "{file}");
    }
    assert!(!site.path("themes/outreach").exists(), "the theme comes from the binary");
    // What the footer still lacks is told, and nothing else.
    let run = site.run(&["build"]).succeeds();
    let told: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("warning")).collect();
    assert!(told.iter().all(|line| line.starts_with("warning[outreach/footer]")), "{}", run.stderr);
    assert!(site.path("public/calendar.ics").is_file());
    // Its pages are of these days.
    let inspected = site.run(&["check", "--inspect", "--skip-external-links"]);
    assert!(!inspected.stderr.contains("column-") && !inspected.stderr.contains("future"), "{}", inspected.stderr);
    // Without them the site is as bare as before.
    let bare = SiteTest::empty();
    answer(&bare, &["--lang", "zh", "init"], "https://kx.example\nn\nn\n否\n").succeeds();
    bare.build().succeeds();
    assert!(bare.output("index.html").contains("欢迎。"));
    assert!(!bare.path("kepu.toml").exists());
}

#[test]
fn a_starter_overwrites_nothing() {
    let site =
        SiteTest::empty().file("zola.toml", "base_url = \"https://mine.example\"\n").file("kepu.toml", "# mine\n");
    answer(&site, &["--lang", "zh", "init", "--force"], "").succeeds();
    assert_eq!(std::fs::read_to_string(site.path("kepu.toml")).expect("a file"), "# mine\n");
    assert!(site.path("content/_index.md").is_file());
}

#[test]
fn a_folder_with_files_is_refused() {
    for folder in [".", "sub"] {
        let site = SiteTest::empty().file("mine.txt", "mine").file("sub/mine.txt", "mine");
        let before = snapshot(site.root());
        answer(&site, &["init", folder], "").fails().says("is not an empty folder").says("--force");
        assert_same(&before, &snapshot(site.root()), folder);
    }
    let site = SiteTest::empty().file("mine.txt", "mine");
    answer(&site, &["init", "mine.txt"], "").fails();
    assert_eq!(std::fs::read(site.path("mine.txt")).expect("a file"), b"mine");
}

#[test]
fn hidden_files_do_not_count() {
    let site = SiteTest::empty().file(".git/HEAD", "ref").file(".gitignore", "mine\n");
    answer(&site, &["init"], "").succeeds();
    assert_eq!(std::fs::read(site.path(".gitignore")).expect("a file"), b"mine\n");
    site.build().succeeds();
}

#[test]
fn force_overwrites_nothing() {
    let site = SiteTest::empty()
        .file("zola.toml", "base_url = \"https://mine.example\"\n")
        .file("content/_index.md", "+++\ntitle = \"mine\"\n+++\n")
        .file("templates/index.html", "mine")
        .file("static/mine.txt", "mine");
    let before = snapshot(site.root());
    answer(&site, &["init", "--force"], "https://other.example\n\n\n").succeeds();
    let mut after = snapshot(site.root());
    after.retain(|name, _| before.contains_key(name));
    assert_same(&before, &after, "init --force");
    for folder in ["sass", "themes"] {
        assert!(site.path(folder).is_dir(), "{folder}");
    }
    site.build().succeeds();
    assert_eq!(site.output("index.html"), "mine");
}

#[test]
fn a_site_with_config_toml_does_not_get_a_second_configuration() {
    let site = SiteTest::empty().file("config.toml", "base_url = \"https://mine.example\"\n");
    answer(&site, &["init", "--force"], "");
    assert!(!site.path("zola.toml").exists(), "`zola.toml` now takes the place of the author's `config.toml`");
}

#[test]
fn force_writes_through_no_link() {
    let site = SiteTest::empty().file("neighbour/keep.txt", "keep").file("site/mine.txt", "mine");
    std::os::unix::fs::symlink(site.path("neighbour/made.toml"), site.path("site/zola.toml")).expect("a link");
    answer(&site, &["init", "--force", "site"], "");
    assert!(!site.path("neighbour/made.toml").exists());
}
