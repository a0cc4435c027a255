use super::Site;

#[test]
fn pages_and_sections_are_sorted_and_other_files_are_neither() {
    let site = Site::new("").page("b/_index.md", "").page("b/z.md", "").page("b/a/c.md", "").page("a.md", "");
    let site = site.page(".hidden.md", "").file("notes.txt", "x").page("_index.old.md", "");
    let loaded = site.load();
    assert_eq!(loaded.pages(), ["a.md", "b/a/c.md", "b/z.md"]);
    assert_eq!(loaded.sections(), ["_index.md", "b/_index.md"]);
    assert_eq!(loaded.told(), ["content/index-language content/_index.old.md"]);
}

#[test]
fn a_site_without_content_has_its_index_section() {
    let site = Site::new("");
    std::fs::remove_dir(site.path("content")).unwrap_or_else(|error| panic!("{error}"));
    let loaded = site.load();
    assert_eq!((loaded.pages().len(), loaded.sections(), loaded.told().len()), (0, vec!["_index.md"], 0));
}

#[test]
fn drafts_are_left_out_unless_asked_for() {
    let site = Site::new("").page("a.md", "draft = true").page("b.md", "");
    assert_eq!(site.load().pages(), ["b.md"]);
    assert_eq!(site.load_with(true).pages(), ["a.md", "b.md"]);
}

#[test]
fn a_draft_section_takes_its_folder_along() {
    let site = Site::new("").page("a/_index.md", "draft = true").page("a/b.md", "").page("a/c/_index.md", "bad");
    let site = site.page("a/c/d.md", "bad").page("e/_index.md", "");
    let loaded = site.load();
    assert_eq!((loaded.pages().len(), loaded.told().len()), (0, 0));
    assert_eq!(loaded.sections(), ["_index.md", "e/_index.md"]);
    assert_eq!(site.load_with(true).sections(), ["_index.md", "a/_index.md", "e/_index.md"]);
}

#[test]
fn a_page_takes_the_files_of_all_folders_below_it() {
    let site =
        Site::new("").page("a/index.md", "").file("a/GRAPH.txt", "").file("a/fail.png", "").file("a/FFF.txt", "");
    let site = site.file("a/extensionless", "").file("a/x.swp", "").file("a/.DS_Store", "").file("a/#x.txt", "");
    let loaded = site.file("a/sub/b.js", "").page("a/sub/c.md", "").file("ab/d.txt", "").load();
    let page = loaded.page("a/index.md");
    let names: Vec<_> = page.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["fail.png", "FFF.txt", "GRAPH.txt", "sub/b.js"]);
    assert_eq!(page.asset_urls().first().map(String::as_str), Some("/a/fail.png"));
}

#[test]
fn a_section_takes_the_files_of_its_own_folder() {
    let site = Site::new("[languages.zh]").page("a/_index.md", "").page("a/_index.zh.md", "").file("a/x.png", "");
    let loaded = site.file("a/b/y.png", "").load();
    assert_eq!(loaded.section("a/_index.md").asset_urls(), ["/a/x.png"]);
    assert_eq!(loaded.section("a/_index.zh.md").asset_urls(), ["/zh/a/x.png"]);
}

#[test]
fn ignored_content_is_matched_against_whole_paths() {
    let site = Site::new("ignored_content = [\"**/content/a/*.md\", \"*.{tmp,xlsx}\"]").page("a/b.md", "bad");
    let site = site.page("c/index.md", "").file("c/d.xlsx", "").file("c/e.png", "").page("a/_index.md", "");
    let loaded = site.load();
    assert_eq!(loaded.pages(), ["c/index.md"]);
    assert_eq!(loaded.page("c/index.md").asset_urls(), ["/c/e.png"]);
    assert_eq!(loaded.sections(), ["_index.md", "a/_index.md"]);
}

#[test]
fn an_index_page_beside_an_index_section_is_an_error() {
    let site = Site::new("[languages.zh]").page("a/_index.md", "").page("a/index.md", "").page("a/index.zh.md", "");
    let loaded = site.page("index.md", "").load();
    assert_eq!(loaded.told(), ["content/index content/a/index.md", "content/index content/index.md"]);
}

#[test]
fn an_unknown_language_is_an_error_for_a_page_and_a_warning_for_a_section() {
    let site = Site::new("[languages.zh]").page("a.zn.md", "").page("b/_index.zn.md", "").page("_index.en.md", "");
    let loaded = site.load();
    let mut told = loaded.told();
    told.sort();
    assert_eq!(
        told,
        [
            "content/index-language content/_index.en.md",
            "content/index-language content/b/_index.zn.md",
            "content/language content/a.zn.md",
        ]
    );
}

#[test]
fn errors_of_all_files_are_told_in_the_order_of_the_files() {
    let mut site = Site::new("");
    for name in ["c", "a", "d", "b"] {
        site = site.page(&format!("{name}.md"), "title = 1");
    }
    let told = site.load().told();
    assert_eq!(told, ["a", "b", "c", "d"].map(|name| format!("toml content/{name}.md:2:9")));
}

#[test]
fn text_that_is_not_utf8_is_told() {
    let bytes = encoding_rs::GB18030.encode("+++\ntitle = \"月相是什么\"\n+++\n月亮有圆有缺。\n").0.into_owned();
    let loaded = Site::new("").file("a.md", bytes).file("b.md", b"+++\n\xff\n+++\n").load();
    assert_eq!(loaded.page("a.md").meta.title.as_deref(), Some("月相是什么"));
    assert_eq!(loaded.told(), ["encoding/converted content/a.md", "encoding/unknown content/b.md:2:1"]);
}

#[test]
fn the_index_section_belongs_into_the_search_index() {
    let loaded = Site::new("build_search_index = true").page("_index.md", "in_search_index = false").load();
    assert_eq!(loaded.told(), ["content/search content/_index.md:2:1"]);
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::Site;

    fn link(site: &Site, target: &std::path::Path, name: &str) {
        symlink(target, site.path("content").join(name)).unwrap_or_else(|error| panic!("{error}"));
    }

    #[test]
    fn links_inside_the_site_are_followed() {
        let site = Site::new("").folder("shared").page("../shared/a.md", "").page("x.md", "");
        link(&site, &site.path("shared"), "b");
        link(&site, &site.path("content/x.md"), "y.md");
        let loaded = site.load();
        assert_eq!(loaded.pages(), ["b/a.md", "x.md", "y.md"]);
    }

    #[test]
    fn links_out_of_the_site_are_errors() {
        let outside = Site::new("").page("secret.md", "");
        let site = Site::new("").page("a.md", "");
        link(&site, &outside.path("content"), "b");
        link(&site, &outside.path("content/secret.md"), "c.md");
        let loaded = site.load();
        let mut told = loaded.told();
        told.sort();
        assert_eq!(told, ["content/symlink content/b", "content/symlink content/c.md"]);
        assert_eq!(loaded.pages(), ["a.md"]);
    }

    #[test]
    fn content_that_is_a_link_out_of_the_site_is_an_error() {
        let outside = Site::new("").page("secret.md", "");
        let site = Site::new("");
        std::fs::remove_dir(site.path("content")).unwrap_or_else(|error| panic!("{error}"));
        symlink(outside.path("content"), site.path("content")).unwrap_or_else(|error| panic!("{error}"));
        let loaded = site.load();
        assert_eq!((loaded.told(), loaded.pages().len()), (vec!["content/symlink content".to_owned()], 0));
    }

    #[test]
    fn loops_and_broken_links_are_warnings() {
        let site = Site::new("").page("a/b.md", "");
        link(&site, &site.path("content/a"), "a/again");
        link(&site, &site.path("nowhere"), "c.md");
        link(&site, &site.path("nowhere"), ".#d.md");
        let loaded = site.load();
        let mut told = loaded.told();
        told.sort();
        assert_eq!(told, ["content/symlink-broken content/c.md", "content/symlink-loop content/a/again"]);
        assert!(!loaded.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error));
    }

    #[test]
    fn names_that_are_not_unicode_are_errors() {
        let site = Site::new("");
        let name = OsStr::from_bytes(b"\xd4\xc2.md");
        if std::fs::write(site.path("content").join(name), "+++\n+++\n").is_ok() {
            assert_eq!(site.load().told(), ["content/file-name content/��.md"]);
        }
    }
}
