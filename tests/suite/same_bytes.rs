//! Same input, same bytes: whatever the machine, the folder, the threads, the locale and the clock are.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::support::{Run, SiteTest, assert_same, png, snapshot};

const CONFIG: &str = r#"base_url = "https://example.com"
title = "科普"
default_language = "zh"
theme = "plain"
compile_sass = true
build_search_index = true
generate_feeds = true
feed_filenames = ["atom.xml", "rss.xml"]
taxonomies = [{ name = "tags", feed = true, paginate_by = 2 }, { name = "authors" }]

[languages.en]
title = "Science"
generate_feeds = true
build_search_index = true
taxonomies = [{ name = "tags", feed = true }]
[languages.en.translations]
hello = "Hello"
[languages.mn.translations]
hello = "Сайн уу"
[translations]
hello = "你好"
[markdown]
render_emoji = true
bottom_footnotes = true
[markdown.highlighting]
theme = "github-light"
[extra]
zebra = 1
ant = { z = 1, a = [3, 2, 1], m = "x" }
"#;

const INDEX: &str = r##"{{ config.extra | json_encode }}
{{ load_data(path="data/d.toml") | json_encode }}
{{ load_data(path="data/d.json") | json_encode }}
{{ load_data(path="data/d.yaml") | json_encode }}
{{ load_data(path="data/d.csv") | json_encode }}
{% for k, v in load_data(path="data/d.json") %}{{ k }}={{ v | str }},{% endfor %}
{{ range(end=20) | shuffle | join(sep=",") }} {{ get_random(start=0, end=1000000) }}
{{ range(end=9) | shuffle(seed="x") | join(sep=",") }}
{% for i in range(end=4) %}{{ get_random(start=0, end=1000) }} {% endfor %}
{% set i = resize_image(path="photo.png", width=10, height=8) %}{{ i | json_encode }}
{% set i = resize_image(path="photo.png", width=6, height=6, format="webp", op="fit") %}{{ i | json_encode }}
{% set i = resize_image(path="photo.png", width=5, height=5, format="jpg") %}{{ i | json_encode }}
{{ get_image_metadata(path="photo.png") | json_encode }}
{{ get_hash(path="photo.png") }} {{ get_url(path="style.css", cachebust=true) }} {{ get_url(path="@/a/p0.md", lang="zh") }}
{{ now() | date(format="%Y-%m-%d %H:%M:%S") }} {{ trans(key="hello", lang=lang) }}
{% for p in section.pages %}{{ p.path }} {{ p.word_count }} {% endfor %}
{% for s in section.subsections %}{{ s }} {% endfor %}
{% for t in section.translations %}{{ t.lang }}{{ t.path }} {% endfor %}
{{ get_taxonomy(kind="tags", lang="zh") | json_encode }}
"##;

const PAGE: &str = r##"<title>{{ page.title }}</title>{{ page.content | safe }}{{ page.summary | default(value="") | safe }}
{{ page.extra | json_encode }} {{ page.taxonomies | json_encode }} {{ page.toc | json_encode }} {{ page.assets | json_encode }}
{% for t in page.translations %}{{ t.lang }}{{ t.path }} {% endfor %}
{% for b in page.backlinks %}{{ b.permalink }} {% endfor %}
{{ page.lower.path | default(value="") }} {{ page.higher.path | default(value="") }}
{{ ["a", "b", "c", "d", "e"] | shuffle | join(sep="") }} {{ get_random(start=0, end=100000) }}
"##;

/// A site with something of everything.
fn rich() -> SiteTest {
    let mut site = SiteTest::empty()
        .file("config.toml", CONFIG)
        .file("templates/index.html", INDEX)
        .file("templates/section.html", "{% if paginator %}{% for p in paginator.pages %}{{ p.path }}{% endfor %}{% endif %}{{ section.content | safe }}")
        .file("templates/page.html", PAGE)
        .file("templates/taxonomy_list.html", "{{ terms | json_encode }}")
        .file("templates/taxonomy_single.html", "{% for p in paginator?.pages | default(value=term.pages) %}{{ p.path }} {% endfor %}")
        .file("themes/plain/theme.toml", "name = \"plain\"\n[extra]\nb = 1\na = 2\n")
        .file("themes/plain/templates/extra.html", "extra")
        .file("themes/plain/static/theme.txt", "theme")
        .file("themes/plain/sass/theme.scss", "$c: red; a { b { color: $c } }")
        .file("sass/style.scss", "@use \"sass:math\"; @use \"part\"; a { width: math.div(10px, 3); color: part.$c }")
        .file("sass/_part.scss", "$c: #123456;")
        .file("static/photo.png", png(40, 30))
        .file("static/深/a b.txt", "x")
        .file("data/d.toml", "z = 1\na = 2\n[m]\ny = 2026-08-05\nb = [1, 2]\n")
        .file("data/d.json", "{\"z\": 1, \"a\": {\"y\": 1, \"b\": 2}, \"m\": [1]}")
        .file("data/d.yaml", "z: 1\na: {y: 1, b: 2}\nm: [1]\n")
        .file("data/d.csv", "h,i\n1,2\n3,4\n")
        .file("content/_index.md", "+++\ntitle = \"首页\"\n+++\n你好。{{ get_random(start=0, end=1000) }}\n")
        .file("content/_index.en.md", "+++\ntitle = \"Home\"\n+++\nHello.\n")
        .file("content/a/_index.md", "+++\ntitle = \"A\"\nsort_by = \"date\"\npaginate_by = 3\n+++\n")
        .file("content/b/_index.md", "+++\ntitle = \"B\"\ngenerate_feeds = true\n+++\n")
        .file("content/a/bundle/index.md", "+++\ntitle = \"资料\"\ndate = 2026-01-01\n+++\n![x](pic.png)\n")
        .file("content/a/bundle/pic.png", png(5, 5));
    for page in 0..24 {
        let (folder, next) = (["a", "b"][page % 2], (page + 2) % 24);
        let text = format!(
            "+++\ntitle = \"第{page}页\"\ndate = 2026-01-{:02}\n[taxonomies]\ntags = [\"标签{}\", \"t{}\"]\nauthors = [\"李{}\"]\n\
             [extra]\nzeta = {page}\nalpha = {{ y = 1, b = 2 }}\n+++\n# 月相 {page}\n\n月亮围绕地球运行。:smile: [下一页](@/{folder}/p{next}.md)[^1]\n\n\
             [^1]: 注 {{{{ get_random(start=0, end=99) }}}}\n\n<!-- more -->\n\n```rust\nfn main() {{}}\n```\n",
            page % 5 + 1,
            page % 3,
            page % 4,
            page % 2
        );
        site = site.file(&format!("content/{folder}/p{page}.md"), text);
        if page % 3 == 0 {
            let text = format!(
                "+++\ntitle = \"Page {page}\"\ndate = 2026-02-01\n[taxonomies]\ntags = [\"moon\"]\n+++\nText.\n"
            );
            site = site.file(&format!("content/{folder}/p{page}.en.md"), text);
        }
    }
    site
}

const BUILD: [&str; 3] = ["build", "--at", "2026-08-05T10:00:00Z"];

/// Builds and gives the output, whose processed images are there too.
#[track_caller]
fn built(site: &SiteTest, variables: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    let mut command = site.kepu(&BUILD);
    command.envs(variables.iter().copied());
    Run::new(command.output().expect("kepu runs"), site.root()).succeeds();
    let output = snapshot(&site.path("public"));
    assert!(output.len() > 100, "{:?}", output.keys());
    assert!(output.keys().filter(|name| name.starts_with("processed_images/")).count() > 3);
    output
}

#[test]
fn threads_change_nothing() {
    let site = rich();
    let one = built(&site, &[("RAYON_NUM_THREADS", "1")]);
    for threads in ["2", "2", "3", "8"] {
        assert_same(&one, &built(&site, &[("RAYON_NUM_THREADS", threads)]), &format!("{threads} threads"));
    }
}

#[test]
fn the_folder_of_the_site_changes_nothing() {
    let one = built(&rich(), &[]);
    let elsewhere = SiteTest::empty().file("另一个 folder/网站 2/x", "");
    let other = elsewhere.path("另一个 folder/网站 2");
    let site = rich();
    std::fs::remove_dir_all(&other).expect("a folder");
    std::fs::rename(site.root(), &other).expect("a folder of the same disk");
    std::fs::create_dir(site.root()).expect("a folder");
    elsewhere.run(&[&["--root", other.to_str().expect("Unicode")], &BUILD[..]].concat()).succeeds();
    assert_same(&one, &snapshot(&other.join("public")), "another folder");
    for name in ["另一个 folder", elsewhere.root().to_str().expect("Unicode")] {
        let names: Vec<_> = one.iter().filter(|(_, bytes)| String::from_utf8_lossy(bytes).contains(name)).collect();
        assert!(names.is_empty(), "the output holds the folder's name: {names:?}");
    }
}

#[test]
fn locale_and_time_zone_change_nothing() {
    let site = rich();
    let one = built(&site, &[("LANG", "C"), ("TZ", "UTC")]);
    let places =
        [("zh_CN.UTF-8", "Asia/Shanghai"), ("tr_TR.UTF-8", "America/St_Johns"), ("mn_MN", "Pacific/Kiritimati")];
    for (locale, zone) in places {
        let variables = [("LANG", locale), ("LC_ALL", locale), ("TZ", zone)];
        assert_same(&one, &built(&site, &variables), &format!("{locale} in {zone}"));
    }
}

#[test]
fn the_ages_of_files_change_nothing() {
    let site = rich();
    let one = built(&site, &[]);
    for (index, entry) in walkdir::WalkDir::new(site.root()).into_iter().flatten().enumerate() {
        if entry.file_type().is_file() {
            let age = Duration::from_secs(86_400 * (index as u64 * 37 % 9_000));
            let file = std::fs::File::options().write(true).open(entry.path()).expect("a file");
            file.set_modified(SystemTime::now() - age).expect("a time");
        }
    }
    assert_same(&one, &built(&site, &[]), "older files");
}

#[test]
fn a_cache_changes_nothing() {
    let site = rich();
    let one = built(&site, &[]);
    assert_same(&one, &built(&site, &[]), "with the cache of the last build");
    std::fs::remove_dir_all(site.path(".kepu/cache")).expect("a cache");
    assert_same(&one, &built(&site, &[]), "without a cache");
    for entry in walkdir::WalkDir::new(site.path(".kepu/cache")).into_iter().flatten() {
        if entry.file_type().is_file() {
            std::fs::write(entry.path(), "damaged").expect("a file");
        }
    }
    assert_same(&one, &built(&site, &[]), "with a damaged cache");
}

#[test]
fn a_damaged_theme_in_the_cache_changes_nothing() {
    let site = SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntheme = \"outreach\"\n")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\nText.\n");
    site.run(&BUILD).succeeds();
    let one = snapshot(&site.path("public"));
    let unpacked = walkdir::WalkDir::new(site.path(".kepu/cache/themes")).into_iter().flatten();
    let mut count = 0;
    for file in unpacked.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "html" || kind == "css")) {
        std::fs::write(file.path(), "damaged").expect("a file");
        count += 1;
    }
    assert!(count > 3);
    site.run(&BUILD).succeeds();
    assert_same(&one, &snapshot(&site.path("public")), "with a damaged theme in the cache");
}

#[test]
fn the_order_in_which_files_were_made_changes_nothing() {
    let one = built(&rich(), &[]);
    let (site, other) = (rich(), SiteTest::empty());
    let mut names: Vec<_> = snapshot(site.root()).into_iter().filter(|(name, _)| !name.ends_with('/')).collect();
    names.reverse();
    for (name, bytes) in names {
        other.write(&name, bytes);
    }
    assert_same(&one, &built(&other, &[]), "files made in another order");
}

#[test]
fn the_date_of_the_build_is_all_that_is_read_from_the_clock() {
    let site = rich();
    let (index, feed) = ("index.html", "atom.xml");
    let mut one = built(&site, &[]);
    site.run(&["build", "--at", "2031-01-02T03:04:05Z"]).succeeds();
    let mut other = snapshot(&site.path("public"));
    let home = |output: &BTreeMap<String, Vec<u8>>| String::from_utf8_lossy(&output[index]).into_owned();
    assert!(home(&one).contains("2026-08-05 10:00:00"), "{}", home(&one));
    assert!(home(&other).contains("2031-01-02 03:04:05"), "{}", home(&other));
    assert!(one.contains_key(feed));
    for name in ["index.html", "en/index.html", "mn/index.html"] {
        one.remove(name);
        other.remove(name);
    }
    assert_same(&one, &other, "another date");
}
