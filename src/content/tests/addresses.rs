use super::Site;

#[test]
fn a_page_is_below_its_folders_as_they_are_named() {
    let loaded = Site::new("").page("My Blog/月相 图.md", "").load();
    let page = loaded.page("My Blog/月相 图.md");
    assert_eq!((page.path.as_str(), page.slug.as_str()), ("/My Blog/yue-xiang-tu/", "yue-xiang-tu"));
    assert_eq!(page.components, ["My Blog", "yue-xiang-tu"]);
    assert_eq!(page.permalink, "https://example.com/My Blog/yue-xiang-tu/");
}

#[test]
fn an_index_page_is_named_after_its_folder() {
    let loaded = Site::new("").page("a/Moon Phases/index.md", "").load();
    assert_eq!(loaded.page("a/Moon Phases/index.md").path, "/a/moon-phases/");
}

#[test]
fn a_language_comes_first() {
    let site = Site::new("[languages.zh]").page("a/b.zh.md", "").page("a/c/index.zh.md", "").page("a/_index.zh.md", "");
    let loaded = site.page("a/d.en.md", "").page("e.zh.md", "path = \"f\"").load();
    assert_eq!(loaded.page("a/b.zh.md").path, "/zh/a/b/");
    assert_eq!(loaded.page("a/c/index.zh.md").path, "/zh/a/c/");
    assert_eq!(loaded.section("a/_index.zh.md").path, "/zh/a/");
    assert_eq!(loaded.page("a/d.en.md").path, "/a/d-en/");
    assert_eq!(loaded.page("e.zh.md").path, "/f/");
}

#[test]
fn slug_and_path_of_the_front_matter_win() {
    let site = Site::new("").page("a/b.md", "slug = \"Über uns\"").page("a/c.md", "slug = \"x\"\npath = \" /Y/Z \"");
    let loaded = site.load();
    assert_eq!(loaded.page("a/b.md").path, "/a/uber-uns/");
    assert_eq!(loaded.page("a/c.md").path, "/Y/Z/");
}

#[test]
fn dates_of_names_become_dates_and_leave_the_slug() {
    let site = Site::new("").page("2026-03-01-moon.md", "").page("2026-03-02 _ a.md", "").page("2026-03-03.md", "");
    let site = site.page("2026-03-04-b.md", "date = 2020-01-01").page("2026-03-05T09:00:00+08:00_c.md", "");
    let loaded = site.page("2026-03-06d.md", "").page("2026-03-07-e/index.md", "").load();
    let seen = |relative| {
        let page = loaded.page(relative);
        (page.slug.clone(), page.meta.date.as_ref().map(|date| date.text.clone()).unwrap_or_default())
    };
    for (relative, slug, date) in [
        ("2026-03-01-moon.md", "moon", "2026-03-01"),
        ("2026-03-02 _ a.md", "a", "2026-03-02"),
        ("2026-03-03.md", "2026-03-03", "2026-03-03"),
        ("2026-03-04-b.md", "b", "2020-01-01"),
        ("2026-03-05T09:00:00+08:00_c.md", "c", "2026-03-05T09:00:00+08:00"),
        ("2026-03-06d.md", "2026-03-06d", "2026-03-06"),
        ("2026-03-07-e/index.md", "e", "2026-03-07"),
    ] {
        assert_eq!(seen(relative), (slug.to_owned(), date.to_owned()), "{relative}");
    }
}

#[test]
fn slugs_keep_dates_on_request() {
    let loaded = Site::new("[slugify]\npaths_keep_dates = true").page("2026-03-01-moon.md", "").load();
    let page = loaded.page("2026-03-01-moon.md");
    assert_eq!((page.slug.as_str(), page.meta.date.is_some()), ("2026-03-01-moon", true));
}

#[test]
fn a_name_with_a_date_that_does_not_exist_is_a_warning() {
    let loaded = Site::new("").page("2026-02-30-moon.md", "").load();
    assert_eq!(loaded.told(), ["content/file-date content/2026-02-30-moon.md"]);
    assert_eq!(loaded.page("2026-02-30-moon.md").slug, "moon");
}

#[test]
fn a_name_that_leaves_no_slug_is_a_warning() {
    let loaded = Site::new("").page("a/？！.md", "").page("a/！.md", "slug = \"x\"").load();
    assert_eq!(loaded.told(), ["content/slug content/a/？！.md"]);
    assert_eq!(loaded.page("a/？！.md").path, "/a/");
}

#[test]
fn addresses_that_leave_the_output_folder_are_errors_at_their_key() {
    let site = Site::new("").page("a.md", "title = \"a\"\npath = \"../../x\"").page("b.md", "slug = \"../x\"");
    let site = site.page("c.md", "aliases = [\"ok\", \"/a/%2e%2e/%2e%2e/x\"]").page("d.md", "path = \"C:\\\\x\"");
    let site =
        site.page("e/_index.md", "paginate_path = \"../p\"").file("f.md", "---\ntitle: f\naliases:\n  - a\\b\n---\n");
    let loaded = site.load();
    assert_eq!(
        loaded.told(),
        [
            "content/address content/e/_index.md:2:1",
            "content/address content/a.md:3:1",
            "content/address content/b.md:2:1",
            "content/address content/c.md:2:18",
            "content/address content/d.md:2:1",
            "content/address content/f.md:4:5",
        ]
    );
    assert_eq!(loaded.pages(), [""; 0]);
}

#[test]
fn terms_and_slugs_that_nothing_makes_harmless_are_checked() {
    let config = "taxonomies = [{ name = \"tags\" }]\n[slugify]\npaths = \"off\"\ntaxonomies = \"off\"";
    let site =
        Site::new(config).page("a.md", "taxonomies.tags = [\"x\", \"../../y\"]").page("b.md", "slug = \"a\\\\b\"");
    assert_eq!(site.load().told(), ["content/address content/a.md:2:25", "content/address content/b.md:2:1"]);
}

#[test]
fn index_sections_are_made_for_every_language() {
    let loaded = Site::new("[languages.zh]\n[languages.mn]").page("_index.zh.md", "title = \"z\"").load();
    assert_eq!(loaded.sections(), ["_index.md", "_index.mn.md", "_index.zh.md"]);
    let section = loaded.section("_index.mn.md");
    assert_eq!((section.path.as_str(), section.lang.as_str(), section.file.name.as_str()), ("/mn/", "mn", "_index"));
    assert_eq!(section.file.canonical, loaded.section("_index.zh.md").file.canonical);
    assert_eq!(loaded.section("_index.md").permalink, "https://example.com/");
}
