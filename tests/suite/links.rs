//! Nothing escapes the site: symlinks that lead out of it, and folders that can be no output.

use std::os::unix::fs::symlink;

use crate::escapes::{config, fenced, refused};
use crate::support::{SiteTest, assert_same, snapshot};

/// A link from `site/<from>` to what is beside the site.
fn linked(from: &str, to: &str) -> SiteTest {
    let site =
        fenced().file("site/config.toml", config("compile_sass = true\n")).file("site/sass/a.scss", "b { c: d }");
    let from = site.path(&format!("site/{from}"));
    std::fs::create_dir_all(from.parent().expect("a parent")).expect("a folder");
    symlink(site.path(to), from).expect("a link");
    site
}

#[test]
fn links_out_of_the_content_are_errors() {
    refused(&linked("content/a.md", "neighbour/secret.md"), &[], "a page", "leads out of the site");
    refused(&linked("content/s", "neighbour"), &[], "a folder", "leads out of the site");
    refused(&linked("content/s/_index.md", "neighbour/secret.md"), &[], "a section", "leads out of the site");
    let site = linked("content/p/picture.png", "neighbour/secret.png").file("site/content/p/index.md", "+++\n+++\n");
    refused(&site, &[], "a colocated file", "leads out of the site");
}

#[test]
fn links_out_of_static_are_errors() {
    refused(&linked("static/secret.txt", "neighbour/secret.txt"), &[], "a file", "leads out of the site");
    refused(&linked("static/s", "neighbour"), &[], "a folder", "leads out of the site");
}

#[test]
fn links_out_of_templates_are_errors() {
    refused(&linked("templates/secret.html", "neighbour/secret.html"), &[], "a template", "leads out of the site");
    refused(&linked("templates/s", "neighbour"), &[], "a folder", "leads out of the site");
}

#[test]
fn links_out_of_sass_are_errors() {
    let site = linked("sass/_secret.scss", "neighbour/_secret.scss").file("site/sass/a.scss", "@import \"secret\";");
    refused(&site, &[], "an import", "leads out of the site");
    refused(&linked("sass/b.scss", "neighbour/_secret.scss"), &[], "a style sheet", "leads out of the site");
}

#[test]
fn whole_folders_that_are_links_out_are_errors() {
    for folder in ["content", "static", "templates", "sass"] {
        let site = fenced().file("site/config.toml", config("compile_sass = true\n"));
        let path = site.path(&format!("site/{folder}"));
        let _ = std::fs::remove_dir_all(&path);
        symlink(site.path("neighbour"), &path).expect("a link");
        refused(&site, &[], folder, "leads out of the site");
    }
}

#[test]
fn functions_do_not_follow_links_out_of_the_site() {
    let calls = [
        "load_data(path=\"data/x.json\")",
        "get_hash(path=\"data/x.json\")",
        "get_url(path=\"data/x.json\", cachebust=true)",
        "get_image_metadata(path=\"data/x.png\")",
        "resize_image(path=\"data/x.png\", width=2, height=2)",
    ];
    for call in calls {
        let site = linked("data/x.json", "neighbour/secret.json");
        symlink(site.path("neighbour/secret.png"), site.path("site/data/x.png")).expect("a link");
        site.write("site/templates/index.html", format!("{{{{ {call} }}}}"));
        refused(&site, &[], call, "is not inside the site");
    }
}

#[test]
fn links_inside_the_site_are_followed() {
    let site = fenced().file("site/media/m.txt", "m").file("site/media/p.md", "+++\n+++\np\n");
    symlink("../media/m.txt", site.path("site/static/m.txt")).expect("a link");
    symlink("../media/p.md", site.path("site/content/p.md")).expect("a link");
    site.run(&["--root", "site", "build"]).succeeds();
    assert_eq!(std::fs::read(site.path("site/public/m.txt")).expect("a file"), b"m");
    assert!(site.path("site/public/p/index.html").is_file());
    let copied = std::fs::symlink_metadata(site.path("site/public/m.txt")).expect("a file");
    assert!(copied.is_file(), "links are not published as links");
}

#[test]
fn kepus_own_folder_is_not_written_through_a_link() {
    for link in [".kepu", ".kepu/cache", ".kepu/outputs", ".kepu/cache/images", ".kepu/cache/themes"] {
        let site = fenced()
            .file("site/static/p.png", crate::support::png(8, 8))
            .file("site/templates/index.html", "{{ resize_image(path=\"p.png\", width=2, height=2).url }}")
            .file("site/config.toml", config("theme = \"outreach\"\n"))
            .file("elsewhere/keep.txt", "keep");
        let at = site.path("site").join(link);
        std::fs::create_dir_all(at.parent().expect("a parent")).expect("a folder");
        symlink(site.path("elsewhere"), &at).expect("a link");
        let before = snapshot(&site.path("elsewhere"));
        site.run(&["--root", "site", "build"]);
        assert_same(&before, &snapshot(&site.path("elsewhere")), &format!("`{link}` is a link"));
    }
}

const NOT_THE_OUTPUT: &str = "cannot be the output folder";

#[test]
fn sources_are_no_output() {
    for output in ["content", "content/sub", "static", "templates", "sass", "themes", "themes/x", ".kepu", ".git"] {
        let site = fenced().file("site/config.toml", config(&format!("output_dir = \"{output}\"\n")));
        refused(&site, &[], output, NOT_THE_OUTPUT);
        refused(&site, &["--force"], output, NOT_THE_OUTPUT);
        let site = fenced();
        refused(&site, &["--force", "-o", &format!("site/{output}")], output, NOT_THE_OUTPUT);
    }
}

#[test]
fn the_root_and_what_is_above_it_are_no_output() {
    for output in [".", "./", "..", "../..", "/", "public/..", "public/../..", "content/..", "../site", "/tmp", "/etc"]
    {
        let site = fenced().file("site/config.toml", config(&format!("output_dir = \"{output}\"\n")));
        refused(&site, &[], output, NOT_THE_OUTPUT);
        refused(&site, &["--force"], output, NOT_THE_OUTPUT);
    }
}

#[test]
fn an_output_typed_as_source_or_root_is_refused() {
    for output in [".", "site", "site/.", "site/content", "site/public/../content", "/", "/root", "/usr/local"] {
        refused(&fenced(), &["--force", "-o", output], output, NOT_THE_OUTPUT);
    }
}

#[test]
fn the_home_folder_is_no_output() {
    let site = fenced();
    let before = snapshot(site.root());
    let mut command = site.kepu(&["--root", "site", "build", "--force", "-o", "neighbour"]);
    command.env("HOME", site.path("neighbour"));
    let output = command.output().expect("kepu runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("your home folder"));
    assert_same(&before, &snapshot(site.root()), "the home folder");
}

#[test]
fn an_output_that_is_a_link_to_sources_is_refused() {
    for target in ["content", "static", ".", ".."] {
        let site = fenced();
        symlink(target, site.path("site/public")).expect("a link");
        refused(&site, &["--force"], target, NOT_THE_OUTPUT);
    }
    let site = fenced();
    symlink("nowhere", site.path("site/public")).expect("a link");
    refused(&site, &["--force"], "a broken link", "cannot be an output folder");
}

#[test]
fn an_output_of_somebody_else_is_refused() {
    let site = fenced().file("site/config.toml", config("output_dir = \"../neighbour\"\n"));
    refused(&site, &[], "the neighbour's folder", "holds files that kepu did not write");
    let site = fenced();
    symlink(site.path("neighbour"), site.path("site/public")).expect("a link");
    refused(&site, &[], "a link to the neighbour's folder", "holds files that kepu did not write");
}

#[test]
fn a_planted_staging_folder_is_not_used() {
    let site = fenced();
    symlink(site.path("neighbour"), site.path("site/.public.kepu-staging")).expect("a link");
    refused(&site, &[], "a link", "is not kepu's");
    let site = fenced().file("site/.public.kepu-staging/mine.txt", "mine");
    refused(&site, &[], "a folder", "is not kepu's");
}
