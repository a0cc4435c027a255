//! `kepu deploy` on top of the one before: what is not made or checked again, and what must be.

use std::path::Path;
use std::time::Duration;

use crate::support::{Run, SiteTest, png, tree};

const PAGE: &str = "<!DOCTYPE html><html lang=\"zh\"><head><title>{{ page.title }}</title>\
    <link rel=\"stylesheet\" href=\"/style.css\"></head><body><h1>{{ page.title }}</h1>\
    {% set small = resize_image(path=\"photo.png\", width=20, height=20, op=\"scale\") %}\
    <img src=\"{{ small.url }}\" alt=\"照片\">{{ page.content | safe }}</body></html>";

const LIST: &str = "<!DOCTYPE html><html lang=\"zh\"><head><title>首页</title></head><body><h1>首页</h1>\
    {% for page in section.pages %}<p><a href=\"{{ page.permalink }}\">{{ page.title }}</a></p>{% endfor %}</body></html>";

fn site() -> SiteTest {
    let site = SiteTest::empty()
        .file("config.toml", "base_url = \"https://www.example.cn\"\ndefault_language = \"zh\"\n")
        .file("kepu.toml", "[deploy.web]\nkind = \"folder\"\npath = \"out/www\"\n")
        .file("templates/page.html", PAGE)
        .file("templates/index.html", LIST)
        .file("static/style.css", "h1 { color: black }")
        .file("static/photo.png", png(40, 40))
        .file("content/_index.md", "+++\n+++\n")
        .file("content/a.md", "+++\ntitle = \"甲\"\n+++\n\n<a href=\"/b/#place\">那里</a>\n")
        .file("content/b.md", "+++\ntitle = \"乙\"\n+++\n\n## 地方 {#place}\n\n文字。\n")
        .file("content/c.md", "+++\ntitle = \"丙\"\n+++\n\n文字。\n");
    settle();
    site
}

/// What changed a moment ago is not trusted to be the same.
fn settle() {
    std::thread::sleep(Duration::from_millis(50));
}

fn deploy(site: &SiteTest, arguments: &[&str]) -> Run {
    settle();
    site.run(&[&["deploy", "--message-format", "json"], arguments].concat())
}

/// A figure of the summary of a deploy.
#[track_caller]
fn figure(run: &Run, name: &str) -> u64 {
    let line = run.stdout.lines().find(|line| line.starts_with("{\"deploy\""));
    let summary: serde_json::Value = serde_json::from_str(line.expect("a summary")).expect("JSON");
    summary["deploy"][name].as_u64().expect("a figure")
}

#[track_caller]
fn assert_deployed(site: &SiteTest, out: &str, what: &str) {
    let fresh = tempfile::tempdir().expect("a folder");
    let folder = fresh.path().join("public");
    site.run(&["build", "--no-cache", "-o", folder.to_str().expect("a name")]).succeeds();
    let mut there = tree(&site.path(out));
    there.retain(|path, _| !path.starts_with(".kepu-deploy/"));
    assert_eq!(there.keys().collect::<Vec<_>>(), tree(&folder).keys().collect::<Vec<_>>(), "{what}");
    assert_eq!(there, tree(&folder), "{what}");
}

/// What somebody does to a site.
type Change = Box<dyn Fn(&SiteTest)>;

#[test]
fn after_any_change_the_host_has_what_a_fresh_build_makes() {
    let site = site();
    assert_eq!(figure(&deploy(&site, &[]).succeeds(), "sent"), 10);
    let write = |path: &'static str, text: &'static str| -> (&'static str, Change) {
        (path, Box::new(move |site: &SiteTest| site.write(path, text)))
    };
    let page = "+++\ntitle = \"丙\"\n+++\n\n别的文字。\n";
    let changes: [(&str, Change); 8] = [
        ("nothing", Box::new(|_| ())),
        write("content/c.md", page),
        write("static/style.css", "h1 { color: #111 }"),
        write("content/d.md", "+++\ntitle = \"丁\"\naliases = [\"old\"]\n+++\n"),
        ("photo.png", Box::new(|site| site.write("static/photo.png", png(41, 41)))),
        ("a page less", Box::new(|site| std::fs::remove_file(site.path("content/d.md")).expect("a file"))),
        ("the template", Box::new(|site| site.write("templates/page.html", PAGE.replace("照片", "图片")))),
        ("width", Box::new(|site| site.write("templates/page.html", PAGE.replace("width=20", "width=30")))),
    ];
    for (what, change) in changes {
        change(&site);
        deploy(&site, &[]).succeeds();
        assert_deployed(&site, "out/www", what);
    }
}

#[test]
fn one_change_renders_one_page() {
    let site = site();
    deploy(&site, &[]).succeeds();
    site.write("content/c.md", "+++\ntitle = \"丙\"\n+++\n\n别的文字。\n");
    let run = deploy(&site, &[]).succeeds();
    // The page, and the home page, which lists it.
    assert_eq!((figure(&run, "sent"), figure(&run, "rendered")), (1, 2));
    assert_eq!(figure(&deploy(&site, &[]).succeeds(), "rendered"), 0);
}

#[test]
fn a_host_that_lost_everything_gets_what_is_not_made_again() {
    let site = site();
    deploy(&site, &[]).succeeds();
    std::fs::remove_dir_all(site.path("out")).expect("a folder");
    let run = deploy(&site, &[]).succeeds();
    assert_eq!((figure(&run, "sent"), figure(&run, "rendered")), (10, 0));
    assert_deployed(&site, "out/www", "everything");
}

#[test]
fn a_damaged_memory_is_none() {
    let site = site();
    deploy(&site, &[]).succeeds();
    for file in [".kepu/deploy/web/made", ".kepu/cache/checked"] {
        let path: &Path = &site.path(file);
        let mut bytes = std::fs::read(path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(path, bytes).expect("a file");
        deploy(&site, &[]).succeeds();
        assert_deployed(&site, "out/www", file);
    }
}

/// What a change does to pages that have not changed themselves stops a deploy like what stands in them.
#[test]
fn errors_in_pages_that_did_not_change_stop_a_deploy() {
    type Change = fn(&SiteTest);
    let changes: [(&str, Change); 4] = [
        ("link/anchor", |site| site.write("content/b.md", "+++\ntitle = \"乙\"\n+++\n\n没有了。\n")),
        ("link/missing-page", |site| std::fs::remove_file(site.path("content/b.md")).expect("a file")),
        ("privacy/identity-number", |site| {
            site.write("content/c.md", "+++\ntitle = \"丙\"\n+++\n\n身份证号 11010519491231002X\n");
        }),
        ("link/missing-file", |site| std::fs::remove_file(site.path("static/style.css")).expect("a file")),
    ];
    for (code, change) in changes {
        let site = site();
        site.write("kepu.toml", "[deploy.web]\nkind = \"folder\"\npath = \"out/www\"\n[check.rules]\n\"privacy/identity-number\" = \"error\"\n");
        deploy(&site, &[]).succeeds();
        deploy(&site, &[]).succeeds();
        let before = tree(&site.path("out/www"));
        change(&site);
        for _ in 0..2 {
            let run = deploy(&site, &[]).fails();
            assert!(run.stdout.contains(&format!("\"code\":\"{code}\"")), "{code}: {}", run.stdout);
        }
        assert_eq!(tree(&site.path("out/www")), before, "{code}");
        deploy(&site, &["--skip-check"]).succeeds();
        // What went out unchecked is still wrong.
        deploy(&site, &[]).fails();
    }
}

#[test]
fn a_rule_that_becomes_stricter_is_asked_again_of_all_pages() {
    let site = site();
    site.write("content/c.md", "+++\ntitle = \"丙\"\n+++\n\n身份证号 11010519491231002X\n");
    let table = "[deploy.web]\nkind = \"folder\"\npath = \"out/www\"\n[check.rules]\n\"privacy/identity-number\" = ";
    site.write("kepu.toml", format!("{table}\"warning\"\n"));
    deploy(&site, &[]).succeeds();
    site.write("kepu.toml", format!("{table}\"error\"\n"));
    assert!(deploy(&site, &[]).fails().stdout.contains("privacy/identity-number"));
}

#[test]
fn an_address_that_nobody_can_open_is_told() {
    for (address, is_told) in [
        ("https://example.com", true),
        ("http://localhost:1111", true),
        ("http://127.0.0.1/site", true),
        ("https://www.example.cn", false),
        ("/", false),
    ] {
        let site = site();
        site.write("config.toml", format!("base_url = \"{address}\"\ndefault_language = \"zh\"\n"));
        let run = deploy(&site, &["--dry-run", "--skip-check"]).succeeds();
        assert_eq!(run.stdout.contains("deploy/base-url"), is_told, "{address}: {}", run.stdout);
    }
}
