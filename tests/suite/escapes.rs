//! Nothing escapes the site: what authors write in addresses, names and arguments.

use crate::support::{Run, SiteTest, assert_same, snapshot};

/// A site in `site/`, and beside it a folder that nobody may read or touch.
pub fn fenced() -> SiteTest {
    SiteTest::empty()
        .file("neighbour/secret.txt", "SECRET")
        .file("neighbour/secret.md", "+++\ntitle = \"SECRET\"\n+++\nSECRET\n")
        .file("neighbour/_secret.scss", "$secret: SECRET;")
        .file("neighbour/secret.html", "SECRET")
        .file("neighbour/secret.png", crate::support::png(4, 4))
        .file("neighbour/secret.json", "{\"secret\": \"SECRET\"}")
        .file("site/config.toml", config(""))
        .file("site/templates/index.html", "index")
        .file("site/templates/page.html", "page {{ page.content | safe }}")
        .file("site/templates/section.html", "section")
        .file("site/templates/taxonomy_list.html", "list")
        .file("site/templates/taxonomy_single.html", "term")
        .file("site/content/_index.md", "+++\n+++\n")
        .file("site/static/a.txt", "a")
}

pub fn config(rest: &str) -> String {
    format!("base_url = \"https://example.com\"\n{rest}")
}

/// Builds, and expects an error, no change anywhere, and nothing of the neighbour's in the message.
#[track_caller]
pub fn refused(fenced: &SiteTest, arguments: &[&str], what: &str, says: &str) -> Run {
    let before = snapshot(fenced.root());
    let run = fenced.run(&[&["--root", "site", "build"], arguments].concat());
    let mut after = snapshot(fenced.root());
    // Unpacked themes; nothing else may be there before a build has succeeded.
    after.retain(|name, _| !name.starts_with("site/.kepu/cache") || before.contains_key(name));
    assert_same(&before, &after, what);
    assert_eq!(run.code, Some(1), "{what}: {}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(says), "{what}: no `{says}` in:\n{}", run.stderr);
    assert!(!run.stderr.contains("SECRET"), "{what}: {}", run.stderr);
    run
}

const OUT: &str = "leads out of the output folder";

/// Ways to climb, as authors and attackers write them.
const CLIMBS: [&str; 9] = [
    "..",
    "../x",
    "../../neighbour",
    "/a/../../../x",
    "%2e%2e/x",
    "a/%2E%2E/%2e./x",
    "..%2fneighbour%2fsecret.txt",
    "%252e%252e/x",
    "..\\\\x",
];

fn page(front_matter: &str) -> String {
    format!("+++\n{front_matter}\n+++\n")
}

#[test]
fn a_path_cannot_climb() {
    for climb in CLIMBS {
        let site = fenced().file("site/content/a.md", page(&format!("path = \"{climb}\"")));
        refused(&site, &[], climb, OUT).says("content/a.md:2:");
    }
}

#[test]
fn a_slug_cannot_climb() {
    for climb in CLIMBS {
        for strategy in ["on", "safe", "off"] {
            let site = fenced()
                .file("site/config.toml", config(&format!("slugify = {{ paths = \"{strategy}\" }}\n")))
                .file("site/content/a.md", page(&format!("slug = \"{climb}\"")));
            refused(&site, &[], climb, OUT);
        }
    }
}

#[test]
fn aliases_cannot_climb() {
    for climb in CLIMBS {
        let page = page(&format!("aliases = [\"fine\", \"{climb}\"]"));
        refused(&fenced().file("site/content/a.md", &page), &[], climb, OUT);
        refused(&fenced().file("site/content/s/_index.md", &page), &[], climb, OUT);
    }
}

#[test]
fn backslashes_drives_and_nul_are_refused_everywhere() {
    let cases = [
        ("a\\\\b", "backslash"),
        ("\\\\\\\\host\\\\share", "backslash"),
        ("C:/Windows", "Windows drive"),
        ("a\\u0000b", "NUL"),
        ("a%00b", "NUL"),
    ];
    for (address, says) in cases {
        let path = page(&format!("path = \"{address}\""));
        refused(&fenced().file("site/content/a.md", path), &[], address, says);
        let alias = page(&format!("aliases = [\"{address}\"]"));
        refused(&fenced().file("site/content/a.md", alias), &[], address, says);
    }
}

#[test]
fn an_absolute_path_is_below_the_output() {
    let site = fenced();
    let path = format!("{}/neighbour/x", site.root().display());
    site.write("site/content/a.md", page(&format!("path = \"{path}\"\naliases = [\"/etc/kepu-test\"]")));
    let before = snapshot(&site.path("neighbour"));
    site.run(&["--root", "site", "build"]).succeeds();
    assert_same(&before, &snapshot(&site.path("neighbour")), "an absolute path");
    assert!(site.path("site/public").join(path.trim_start_matches('/')).join("index.html").is_file());
    assert!(site.path("site/public/etc/kepu-test/index.html").is_file());
}

#[test]
fn a_pager_cannot_climb() {
    for climb in CLIMBS {
        let section = page(&format!("paginate_by = 1\npaginate_path = \"{climb}\""));
        refused(&fenced().file("site/content/s/_index.md", section), &[], climb, OUT);
        let taxonomy = format!("taxonomies = [{{ name = \"tags\", paginate_by = 1, paginate_path = \"{climb}\" }}]\n");
        let site = fenced()
            .file("site/config.toml", config(&taxonomy))
            .file("site/content/a.md", page("taxonomies = { tags = [\"x\"] }"));
        refused(&site, &[], climb, OUT).says("config.toml:");
    }
}

#[test]
fn a_term_cannot_climb() {
    for climb in CLIMBS {
        let site = fenced()
            .file(
                "site/config.toml",
                config("taxonomies = [{ name = \"tags\" }]\nslugify = { taxonomies = \"off\" }\n"),
            )
            .file("site/content/a.md", page(&format!("taxonomies = {{ tags = [\"{climb}\"] }}")));
        refused(&site, &[], climb, OUT).says("content/a.md:2:");
    }
}

#[test]
fn a_taxonomy_name_cannot_climb() {
    for climb in CLIMBS {
        for strategy in ["on", "off"] {
            let keys =
                format!("taxonomies = [{{ name = \"{climb}\" }}]\nslugify = {{ taxonomies = \"{strategy}\" }}\n");
            let site = fenced()
                .file("site/config.toml", config(&keys))
                .file("site/content/a.md", page(&format!("taxonomies = {{ \"{climb}\" = [\"x\"] }}")));
            refused(&site, &[], climb, OUT).says("config.toml:");
        }
    }
}

#[test]
fn a_taxonomy_root_cannot_climb() {
    for climb in CLIMBS {
        let keys = format!("taxonomy_root = \"{climb}\"\ntaxonomies = [{{ name = \"tags\" }}]\n");
        let site = fenced()
            .file("site/config.toml", config(&keys))
            .file("site/content/a.md", page("taxonomies = { tags = [\"x\"] }"));
        refused(&site, &[], climb, OUT).says("config.toml:");
    }
}

#[test]
fn a_feed_cannot_climb() {
    for climb in CLIMBS {
        let keys = format!("generate_feeds = true\nfeed_filenames = [\"{climb}\"]\n");
        refused(&fenced().file("site/config.toml", config(&keys)), &[], climb, OUT).says("config.toml:");
        let keys = format!("[languages.fr]\ngenerate_feeds = true\nfeed_filenames = [\"{climb}\"]\n");
        refused(&fenced().file("site/config.toml", config(&keys)), &[], climb, OUT).says("config.toml:");
    }
}

#[test]
fn a_theme_is_a_name_and_no_path() {
    for theme in ["..", "../neighbour", "/etc", "a/../../../neighbour", "..\\\\x"] {
        let site = fenced().file("site/config.toml", config(&format!("theme = \"{theme}\"\n")));
        refused(&site, &[], theme, "is not the name of a theme").says("config.toml:2:");
    }
}

#[test]
fn grammars_and_themes_for_code_are_files_of_the_site() {
    for key in ["extra_grammars", "extra_themes"] {
        for path in ["../neighbour/secret.json", "a/../../neighbour/secret.json"] {
            let keys = format!("[markdown.highlighting]\ntheme = \"github-light\"\n{key} = [\"{path}\"]\n");
            refused(&fenced().file("site/config.toml", config(&keys)), &[], path, "outside");
        }
    }
}

#[test]
fn a_file_name_of_dots_or_percent_signs_stays_inside() {
    for name in ["%2e%2e", "..%2f..%2fx", "a..", "... ", "%00"] {
        for strategy in ["on", "safe", "off"] {
            let site = fenced()
                .file("site/config.toml", config(&format!("slugify = {{ paths = \"{strategy}\" }}\n")))
                .file(&format!("site/content/{name}.md"), page(""))
                .file(&format!("site/content/{name}x/_index.md"), page(""));
            let before = snapshot(site.root());
            let run = site.run(&["--root", "site", "build"]);
            let mut after = snapshot(site.root());
            after.retain(|path, _| !path.starts_with("site/public") && !path.starts_with("site/.kepu"));
            assert_same(&before, &after, name);
            assert!(matches!(run.code, Some(0 | 1)), "{name}: {}", run.stderr);
            let climbs = |path: &String| path.to_lowercase().replace("%2e", ".").split('/').any(|part| part == "..");
            assert!(!snapshot(&site.path("site")).keys().any(climbs), "{name} with {strategy} is published");
        }
    }
}
