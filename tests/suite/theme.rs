//! The theme `outreach`: what its pages weigh, and what checkers of other projects find in them.
//!
//! `tests/run` has npm install the checkers; `KEPU_TEST_WITHOUT_BROWSER=1` leaves out what needs them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{SiteTest, pages, tree};

/// All HTML, style sheets and scripts that a page loads together, in bytes, not compressed.
const BUDGET: usize = 60_000;

const ADDRESS: &str = "https://kx.example/dir";

/// The three sites, built, by name.
fn sites() -> [(&'static str, SiteTest); 3] {
    [
        ("association", SiteTest::association().built_for(ADDRESS)),
        ("full", SiteTest::full().built_for(ADDRESS)),
        ("starter", SiteTest::starter().built_for(ADDRESS)),
    ]
}

#[test]
fn no_page_loads_more_than_its_budget() {
    let mut heavy = Vec::new();
    for (name, site) in sites() {
        let files = site.tree("public");
        let size = |file: &str| files.get(file).unwrap_or_else(|| panic!("{name} has no {file}")).len();
        // 长者模式 fetches these.
        let elder = size("outreach-elder.css") + size("outreach-elder.js");
        let mut loads = 0;
        for page in pages(&site.path("public")) {
            let file = format!("{}{}", &page[1..], if page.ends_with('/') { "index.html" } else { "" });
            let html = String::from_utf8_lossy(&files[&file]);
            let mut total = html.len() + elder;
            for asset in assets(&html) {
                total += size(&asset);
                loads += 1;
            }
            if total > BUDGET {
                heavy.push(format!("{name}: {page} loads {total} bytes, {} of them HTML", html.len()));
            }
        }
        assert!(loads > 20, "{name}: style sheets and scripts were found");
    }
    assert!(heavy.is_empty(), "{}", heavy.join("\n"));
}

/// The style sheets and scripts that a page asks for, by their paths on the site.
fn assets(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Not what the script in the head writes for 长者模式.
    let (head, _) = html.split_once("</head>").expect("a head");
    let is_asset = |tag: &&str| {
        (tag.starts_with("link rel=\"stylesheet\"") && !tag.contains("elderCss")) || tag.starts_with("script src")
    };
    for tag in head.split('<').filter(is_asset) {
        let address = tag.split_once(ADDRESS).unwrap_or_else(|| panic!("on this site: <{tag}")).1;
        let path = address.split(['"', '?']).next().unwrap_or_default();
        found.push(path.trim_start_matches('/').to_owned());
    }
    assert!(found.len() >= 3, "every page has style sheets and a script");
    found
}

#[test]
fn a_long_directory_has_a_page_for_each_township() {
    let site = SiteTest::full().built_for(ADDRESS);
    let first = site.output("places/stations/index.html");
    // All 415 are counted on the way to their pages, and each stands on one.
    let counts: usize = numbers(&first, "data-part>").iter().sum();
    assert_eq!(counts, 415);
    let mut stations = 0;
    for (path, bytes) in site.tree("public/places/stations") {
        if path.ends_with("/index.html") {
            stations += String::from_utf8_lossy(&bytes).matches("<li><h3>").count();
        }
    }
    assert_eq!(stations, 415);
    let second = site.output("places/stations/da-qin-ta-la-zhen-2/index.html");
    assert!(second.contains("<h1>科普e站名录：大沁他拉镇（2）</h1>"), "{second}");
    assert!(
        second
            .contains("<link rel=\"canonical\" href=\"https://kx.example/dir/places/stations/da-qin-ta-la-zhen-2/\">")
    );
    assert!(site.output("sitemap.xml").contains("/places/stations/ming-ren-su-mu/</loc>"));
    // A short one stays on one page.
    let few = site.output("places/few/index.html");
    assert!(few.contains("<h3>一站</h3>") && few.contains("<h3>二站</h3>"), "{few}");
}

/// The numbers of `<span>12</span>` behind a mark.
fn numbers(html: &str, mark: &str) -> Vec<usize> {
    let after = html.split(mark).skip(1);
    after.filter_map(|rest| rest.split_once("<span>")?.1.split('<').next()?.parse().ok()).collect()
}

/// Where npm puts what tests use, or nothing where it is left out by choice.
fn npm() -> Option<PathBuf> {
    let left_out = std::env::var_os("KEPU_TEST_WITHOUT_BROWSER").is_some();
    (!left_out).then(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("../browser/node_modules"))
}

/// Runs a checker; what it wrote, both streams.
fn run(mut command: Command) -> (bool, String) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}. `tests/run` installs it"));
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_checker_of_the_w3c_finds_nothing() {
    let Some(npm) = npm() else { return };
    let sites = sites();
    let mut command = Command::new("java");
    command.arg("-Xss4m").arg("-jar").arg(npm.join("vnu-jar/build/dist/vnu.jar"));
    command.args(["--also-check-css", "--also-check-svg", "--skip-non-html", "--format", "gnu"]);
    for (_, site) in &sites {
        command.arg(site.path("public"));
    }
    let (_, told) = run(command);
    let faults: Vec<&str> = told
        .lines()
        .filter(|line| {
            // Pinyin has Latin letters with accents, which is taken for Vietnamese.
            !line.contains("This document appears to be written in")
                // What Markdown makes of a picture, as Zola does.
                && !line.contains("Trailing slash on void elements")
                // Footnotes, as Zola makes them.
                && !line.contains("Section lacks heading")
                // Redirects, as Zola makes them.
                && !line.contains("Consider adding a “lang” attribute")
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn json_ld_keeps_to_the_vocabulary_of_schema_org() {
    let Some(npm) = npm() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut source = String::from(
        "import type { Thing, MergeLeafTypes } from \"schema-dts\";\nimport type * as all from \"schema-dts\";\n",
    );
    let mut types = BTreeMap::new();
    let mut incomplete = Vec::new();
    for (name, site) in sites() {
        for page in pages(&site.path("public")) {
            let file = format!("{}{}", &page[1..], if page.ends_with('/') { "index.html" } else { "" });
            for node in graph(&site.output(&file)) {
                let of: Vec<&str> = match &node["@type"] {
                    Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
                    one => one.as_str().into_iter().collect(),
                };
                for kind in &of {
                    *types.entry((*kind).to_owned()).or_insert(0) += 1;
                    for key in required(kind).iter().filter(|key| is_empty(&node[**key])) {
                        incomplete.push(format!("{name}: {page}: {kind} without {key}"));
                    }
                }
                let leaves: Vec<String> = of.iter().map(|kind| format!("all.{kind}Leaf")).collect();
                let kind = match leaves.len() {
                    1 => "Thing".to_owned(),
                    _ => format!("MergeLeafTypes<[{}]>", leaves.join(", ")),
                };
                let number = source.lines().count();
                source += &format!("export const n{number}: {kind} = {node}; // {name} {page}\n");
            }
        }
    }
    assert!(incomplete.is_empty(), "{}", incomplete.join("\n"));
    let expected = [
        "Article",
        "BreadcrumbList",
        "ClaimReview",
        "CollectionPage",
        "DefinedTermSet",
        "EducationEvent",
        "HowTo",
        "LearningResource",
        "Museum",
        "NewsArticle",
        "Organization",
        "Person",
        "Quiz",
        "Report",
        "WebPage",
        "WebSite",
    ];
    let found: Vec<&str> = types.keys().map(String::as_str).collect();
    assert_eq!(found, expected);
    std::fs::write(folder.path().join("pages.ts"), &source).expect("a file");
    std::os::unix::fs::symlink(&npm, folder.path().join("node_modules")).expect("a link");
    let mut command = Command::new("node");
    command.current_dir(folder.path()).arg(npm.join("typescript/bin/tsc"));
    command.args(["--noEmit", "--strict", "--skipLibCheck", "--target", "es2020", "--module", "commonjs"]);
    command.args(["--moduleResolution", "node", "pages.ts"]);
    let (fine, told) = run(command);
    let line_of = |told: &str| told.split(['(', ',']).nth(1).and_then(|n| n.parse::<usize>().ok());
    let shown: Vec<String> = told
        .lines()
        .map(|line| {
            let place = line_of(line).and_then(|n| source.lines().nth(n - 1)).and_then(|l| l.rsplit_once("; // "));
            format!("{}: {line}", place.map_or("", |(_, place)| place))
        })
        .collect();
    assert!(fine, "{}", shown.join("\n"));
}

/// The nodes of the JSON-LD of a page.
fn graph(html: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    for script in html.split("<script type=\"application/ld+json\">").skip(1) {
        let json: Value = serde_json::from_str(script.split("</script>").next().unwrap_or_default()).expect("JSON");
        assert_eq!(json["@context"], "https://schema.org");
        nodes.extend(json["@graph"].as_array().expect("a graph").clone());
    }
    nodes
}

/// What a node of this type says at least: what search engines ask for, and what is its point.
fn required(kind: &str) -> &'static [&'static str] {
    match kind {
        "Article" | "NewsArticle" | "Report" => &["headline", "name", "url", "datePublished", "author", "publisher"],
        "LearningResource" => &["name", "learningResourceType"],
        "HowTo" => &["name", "step", "supply"],
        "EducationEvent" => &["name", "startDate", "location", "eventStatus", "organizer"],
        "Museum" => &["name", "address", "url"],
        "Person" => &["name", "knowsAbout"],
        "Organization" => &["name", "url"],
        "DefinedTermSet" => &["name", "hasDefinedTerm"],
        "CollectionPage" | "WebPage" | "WebSite" => &["name", "url", "inLanguage"],
        "BreadcrumbList" => &["itemListElement"],
        "ClaimReview" => &["claimReviewed", "reviewRating", "url", "author"],
        "Quiz" => &["hasPart"],
        other => panic!("a type that nobody expected: {other}"),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value == "" || value.as_array().is_some_and(Vec::is_empty)
}

#[test]
fn sitemaps_are_read_by_another_implementation() {
    let Some(npm) = npm() else { return };
    let script = "
        import { createReadStream } from 'node:fs';
        const { XMLToSitemapItemStream, ErrorLevel } = await import(process.argv[1]);
        createReadStream(process.argv[2])
            .pipe(new XMLToSitemapItemStream({ level: ErrorLevel.THROW }))
            .on('data', item => console.log(item.url))
            .on('error', error => { console.error(error); process.exit(1); });";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("read.mjs"), script.replace("argv[1]", "argv[3]")).expect("a file");
    for (name, site) in sites() {
        let mut command = Command::new("node");
        command.arg(folder.path().join("read.mjs")).arg(site.path("public/sitemap.xml"));
        command.arg(npm.join("sitemap/dist/esm/index.js"));
        let (fine, told) = run(command);
        assert!(fine, "{name}: {told}");
        let listed: Vec<&str> = told.lines().collect();
        for page in pages(&site.path("public")).iter().filter(|page| *page != "/404.html") {
            let address = format!("{ADDRESS}{page}");
            // Pagers after the first are listed as well.
            assert!(listed.contains(&address.as_str()), "{name}: {address} is not in the sitemap");
        }
    }
}

#[test]
fn feeds_and_calendars_are_read_by_other_implementations() {
    for (name, site) in sites() {
        let mut seen = BTreeMap::new();
        for (path, bytes) in tree(&site.path("public")) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let file = path.rsplit('/').next().unwrap_or_default();
            let count = match file {
                "rss.xml" => rss::Channel::read_from(text.as_bytes()).expect(&path).items().len(),
                "atom.xml" => text.parse::<atom_syndication::Feed>().expect(&path).entries().len(),
                "feed.json" => {
                    let feed: Value = serde_json::from_str(&text).expect(&path);
                    feed["items"].as_array().expect(&path).len()
                }
                _ if file.ends_with(".ics") => {
                    let unfolded = icalendar::parser::unfold(&text);
                    icalendar::parser::read_calendar(&unfolded).expect(&path).components.len()
                }
                _ => continue,
            };
            let extension = file.rsplit('.').next().unwrap_or_default().to_owned();
            *seen.entry(extension).or_insert(0) += count;
        }
        let seen: Vec<String> = seen.into_iter().filter(|(_, count)| *count > 0).map(|(name, _)| name).collect();
        assert_eq!(seen, ["ics", "json", "xml"], "{name}");
    }
}

#[test]
fn pages_come_and_go_on_their_dates() {
    let page = |title: &str, extra: &str| {
        format!(
            "+++\ntitle = \"{title}\"\ndate = 2026-11-20T09:00:00+08:00\n[extra]\nkind = \"notice\"\n{extra}\n+++\n\n正文。\n"
        )
    };
    let site = SiteTest::full()
        .file("content/notices/later.md", page("下周开课", "publish_at = 2026-12-05T09:00:00"))
        .file("content/notices/short.md", page("限时通知", "expires = 2026-12-03"));
    let at = |time: &str| site.run(&["build", "--at", time]).succeeds();
    // Lists, feeds and the sitemap, each with what stands in it.
    let listed = |title: &str, slug: &str| {
        [
            site.output("index.html").contains(title),
            site.output("notices/index.html").contains(title),
            site.output("atom.xml").contains(title),
            site.output("about/site-map/index.html").contains(title),
            site.output("sitemap.xml").contains(&format!("/notices/{slug}/")),
            site.path(&format!("public/notices/{slug}/index.html")).exists(),
        ]
    };
    let urgent = "<aside class=\"urgent\"";
    at("2026-12-01T07:59");
    for path in pages(&site.path("public")) {
        let file = format!("{}{}", &path[1..], if path.ends_with('/') { "index.html" } else { "" });
        assert!(site.output(&file).contains(urgent), "the urgent notice is on {path}");
    }
    assert!(site.output("science/index.html").contains("有效至 2026-12-01 08:00"));
    at("2026-12-01T08:00");
    for (path, bytes) in site.tree("public") {
        assert!(!String::from_utf8_lossy(&bytes).contains(urgent), "the urgent notice has left {path}");
    }
    at("2026-12-03T23:59");
    assert_eq!((listed("限时通知", "short"), listed("下周开课", "later")), ([true; 6], [false; 6]));
    at("2026-12-04").says("Next change due: 2026-12-05 09:00");
    assert_eq!(listed("限时通知", "short"), [false; 6]);
    at("2026-12-05T08:59");
    assert_eq!(listed("下周开课", "later"), [false; 6]);
    at("2026-12-05T09:00");
    assert_eq!(listed("下周开课", "later"), [true; 6]);
}

#[test]
fn the_calendar_is_right_on_the_day_of_the_build() {
    let site = SiteTest::full();
    let at = |time: &str| {
        site.run(&["build", "--at", time]).succeeds();
        let calendar = site.output("calendar/index.html");
        let (coming, past) = calendar.split_once("id=\"past\"").expect("past events");
        (coming.to_owned(), past.to_owned(), site.output("calendar/event/index.html"))
    };
    let (title, running) = ("科技馆开放日", "科技馆开放日</a> <span class=\"chip\">进行中</span>");
    let (coming, past, own) = at("2026-12-18");
    assert!(coming.contains(title) && !coming.contains(running) && !past.contains(title), "{coming}");
    assert!(own.contains("event.ics") && !own.contains("已经结束"), "{own}");
    let (coming, ..) = at("2026-12-19T10:00");
    assert!(coming.contains(running), "{coming}");
    let (coming, past, own) = at("2026-12-19T11:00");
    assert!(!coming.contains(title) && past.contains(title), "{coming}");
    assert!(own.contains("已经结束"), "{own}");
    // What was called off says so.
    assert!(coming.contains("已取消"), "{coming}");
    let (coming, ..) = at("2027-02-01");
    assert!(coming.contains("暂时没有安排好的活动"), "{coming}");
    assert!(!site.output("index.html").contains("id=\"home-coming\""));
}
