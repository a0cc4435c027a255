//! Outreach sites: what changes with the time of the build, and what other programs make of calendars, feeds and JSON-LD.

use std::collections::BTreeMap;

use icalendar::parser::{Component, read_calendar, unfold};
use serde_json::Value;

use crate::support::SiteTest;

const SETTINGS: &str = "[outreach.categories]\nvolunteer = \"科技志愿服务\"\n";

/// An outreach site whose home page is made by this template.
fn site(index: &str) -> SiteTest {
    SiteTest::empty()
        .file(
            "config.toml",
            "base_url = \"https://kx.example\"\ntitle = \"某旗科协, 网站\"\ndefault_language = \"zh\"\n\
             feed_filenames = [\"atom.xml\", \"rss.xml\", \"feed.json\"]\n[extra.footer]\nhost = \"某旗科协\"\nsite_code = \"1505250001\"\n",
        )
        .file("kepu.toml", SETTINGS)
        .file("templates/index.html", index)
        .file("templates/section.html", "{{ section.title }}")
        .file("templates/page.html", "{{ page.title }}")
}

fn page(title: &str, date: &str, extra: &str) -> String {
    format!("+++\ntitle = \"{title}\"\ndescription = \"说明，{title}\"\n{date}\n[extra]\n{extra}\n+++\n\n正文。\n")
}

fn announcement(extra: &str) -> String {
    format!("kind = \"announcement\"\ncategory = \"volunteer\"\nplace = \"旗科技馆; 一楼\"\n{extra}")
}

fn at(site: &SiteTest, time: &str) -> String {
    site.run(&["build", "--at", time]).succeeds();
    site.output("index.html")
}

#[test]
fn events_pass_from_coming_to_now_to_past() {
    let site = site(
        "{% for e in events(which=\"coming\") %}{{ e.state }} {{ e.title }} {{ e.date_text }};{% endfor %}|\
         {% for e in events(which=\"past\") %}{{ e.title }}{% if e.report %} ({{ e.report.title }}){% endif %};{% endfor %}",
    )
    .file("content/a.md", page("讲座", "", &announcement("begin = 2026-09-19T09:00:00\nend = 2026-09-19T11:00:00")))
    .file("content/b.md", page("开放日", "", &announcement("begin = 2026-09-20")))
    .file(
        "content/report.md",
        page(
            "讲座办完了",
            "",
            "kind = \"activity\"\ncategory = \"volunteer\"\nwhen = 2026-09-19\nannouncement = \"a.md\"",
        ),
    );
    let coming = "coming 讲座 2026年9月19日 09:00—11:00;coming 开放日 2026年9月20日;|";
    assert_eq!(at(&site, "2026-09-19T08:59"), coming);
    // The same instant, named in another zone.
    assert_eq!(at(&site, "2026-09-19T00:59:00Z"), coming);
    assert!(at(&site, "2026-09-19T10:00").starts_with("now 讲座"));
    assert_eq!(at(&site, "2026-09-19T11:00"), "coming 开放日 2026年9月20日;|讲座 (讲座办完了);");
    assert_eq!(at(&site, "2026-09-20T23:59"), "now 开放日 2026年9月20日;|讲座 (讲座办完了);");
    assert_eq!(at(&site, "2026-09-21"), "|开放日;讲座 (讲座办完了);");
}

#[test]
fn the_next_change_is_told() {
    let site = site("").file("content/a.md", page("讲座", "", &announcement("begin = 2026-09-19T09:00:00")));
    site.run(&["build", "--at", "2026-09-01"]).succeeds().says("Next change due: 2026-09-19 09:00 (China time)");
    let run = site.run(&["--lang", "zh", "build", "--at", "2026-09-19T12:00"]).succeeds();
    assert!(run.stderr.contains("下次变化：2026-09-20 00:00（北京时间），`content/a.md`：活动结束"), "{}", run.stderr);
    let run = site.run(&["build", "--at", "2026-10-01"]).succeeds();
    assert!(!run.stderr.contains("Next change"), "{}", run.stderr);
}

#[test]
fn an_urgent_notice_is_on_every_page_until_its_date() {
    let site = site("{% for u in urgent_notices() %}{{ u.title }} {{ u.until }}{% endfor %}")
        .file("templates/page.html", "{% for u in urgent_notices() %}{{ u.title }}{% endfor %}")
        .file("content/cold.md", page("寒潮来了", "", "kind = \"notice\"\nurgent_until = 2026-12-01T08:00:00"))
        .file("content/other.md", page("别的", "", ""));
    assert_eq!(at(&site, "2026-12-01T07:59"), "寒潮来了 2026-12-01 08:00");
    assert_eq!(site.output("other/index.html"), "寒潮来了");
    assert_eq!(at(&site, "2026-12-01T08:00"), "");
    assert_eq!(site.output("other/index.html"), "");
}

#[test]
fn links_of_a_list_do_not_break_when_their_page_ends() {
    let site = site("{% set to = get_url(path='@/cold.md') %}{% if to %}{{ to }}{% else %}none{% endif %}")
        .file("content/cold.md", page("寒潮来了", "", "kind = \"notice\"\nexpires = 2026-12-01"));
    assert_eq!(at(&site, "2026-12-01T23:59"), "https://kx.example/cold/");
    assert_eq!(at(&site, "2026-12-02"), "none");
    // A page that never was is a mistake still.
    site.write("templates/index.html", "{{ get_url(path='@/colt.md') }}");
    site.run(&["build", "--at", "2026-12-02"]).fails().says("`@/colt.md` not found");
}

#[test]
fn an_expired_activity_still_counts() {
    let site = site(
        "{% set f = activity_figures(year=2025) %}{{ f.totals.people.text }}{% for r in f.rows %} {{ r.title }}{% if r.permalink %} linked{% endif %}{% endfor %}",
    )
    .file(
        "content/a.md",
        page(
            "讲座",
            "",
            "kind = \"activity\"\ncategory = \"volunteer\"\nwhen = 2025-03-01\nfigures = { people = 80 }\nexpires = 2026-03-01",
        ),
    );
    assert_eq!(at(&site, "2026-03-01T23:59"), "80 讲座 linked");
    assert_eq!(at(&site, "2026-03-02"), "80 讲座");
    assert!(!site.path("public/a/index.html").exists());
}

/// The properties of the events of a calendar, read by another implementation.
fn events(text: &str) -> Vec<BTreeMap<String, String>> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "line ends");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "a line of more than 75 octets");
    let unfolded = unfold(text);
    let calendar = read_calendar(&unfolded).expect("a calendar");
    let is_event = |component: &&Component| component.name == "VEVENT";
    let properties = |event: &Component| {
        let pair = |p: &icalendar::parser::Property| (p.name.to_string(), p.val.to_string());
        event.properties.iter().map(pair).collect()
    };
    calendar.components.iter().filter(is_event).map(properties).collect()
}

#[test]
fn calendars_are_read_by_another_implementation() {
    let title = "科普大篷车进校园：带着展品去每一所学校，让孩子们自己动手做一做、想一想、问一问";
    let site = site("")
        .file(
            "content/news/a.md",
            page(
                title,
                "date = 2026-09-01",
                &announcement("begin = 2026-09-19T09:00:00\nend = 2026-09-19T11:00:00\naddress = \"主楼\""),
            ),
        )
        .file(
            "content/news/b.md",
            page("开放日", "", &announcement("begin = 2026-09-20\nend = 2026-09-21\ncancelled = true")),
        )
        .file(
            "content/news/tour.md",
            page(
                "巡展",
                "",
                "kind = \"tour\"\nvehicle = \"大篷车\"\ncategory = \"volunteer\"\nwhen = \"2026\"\n\
                 stops = [{ place = \"一小\", when = 2026-10-08 }, { place = \"二小\", when = \"2026-11\" }]",
            ),
        )
        .file("content/news/_index.md", "+++\n+++\n");
    site.run(&["build", "--at", "2026-09-01"]).succeeds();
    let all = site.output("calendar.ics");
    let found = events(&all);
    let get = |at: usize, name: &str| found[at].get(name).map(String::as_str);
    assert_eq!(found.len(), 3);
    assert_eq!(get(0, "SUMMARY"), Some(title));
    assert_eq!(get(0, "DTSTART"), Some("20260919T090000"));
    assert_eq!(get(0, "DTEND"), Some("20260919T110000"));
    assert_eq!(get(0, "DTSTAMP"), Some("20260831T160000Z"));
    assert_eq!(get(0, "URL"), Some("https://kx.example/news/a/"));
    assert!(all.replace("\r\n ", "").contains("LOCATION:旗科技馆\\; 一楼，主楼\r\n"), "{all}");
    assert_eq!((get(1, "DTSTART"), get(1, "DTEND")), (Some("20260920"), Some("20260922")));
    assert_eq!(get(1, "STATUS"), Some("CANCELLED"));
    assert_eq!(get(2, "LOCATION"), Some("一小"));
    // One file of each page, with the same event in it.
    let own = events(&site.output("news/a/event.ics"));
    assert_eq!(own.len(), 1);
    assert_eq!(own[0], found[0]);
    assert!(!site.path("public/news/event.ics").exists());
    // A UID does not change with the title, nor anything with the time of the build.
    site.write("content/news/b.md", page("开放日改名", "", &announcement("begin = 2026-09-20\nend = 2026-09-21")));
    site.run(&["build", "--at", "2027-01-01"]).succeeds();
    let later = events(&site.output("calendar.ics"));
    assert_eq!(later[1]["UID"], found[1]["UID"]);
    assert_eq!(later[0], found[0]);
}

#[test]
fn a_calendar_without_events_is_a_calendar() {
    let site = site("");
    site.run(&["build", "--at", "2026-09-01"]).succeeds();
    assert!(events(&site.output("calendar.ics")).is_empty());
}

#[test]
fn feeds_of_a_column_and_of_the_picks_are_read_by_other_implementations() {
    let pick = |week: &str| format!("kind = \"article\"\npick = \"{week}\"");
    let site = site("{% for w in picks() %}{{ w.week }} {{ w.begin }}:{% for p in w.pages %} {{ p.title }}{% endfor %};{% endfor %}")
        .file("content/science/_index.md", "+++\ntitle = \"科普知识 & 方法\"\ngenerate_feeds = true\nsort_by = \"date\"\n+++\n")
        .file("content/science/a.md", page("甲", "date = 2026-11-01T08:00:00+08:00", &pick("2026-W47")))
        .file("content/science/b.md", page("乙 <b>", "date = 2026-11-20T08:00:00+08:00", &pick("2026-W47")))
        .file("content/science/c.md", page("丙", "date = 2026-10-01T08:00:00+08:00", &pick("2026-W48")))
        .file("content/science/d.md", page("丁", "date = 2026-11-02T08:00:00+08:00", &pick("2026-W49")))
        .file("content/picks/_index.md", "+++\ntitle = \"《科普栏目》\"\ngenerate_feeds = true\n[extra]\nkind = \"picks\"\n+++\n");
    let home = at(&site, "2026-11-24");
    assert_eq!(home, "2026-W48 2026-11-23: 丙;2026-W47 2026-11-16: 甲 乙 &lt;b&gt;;");
    let expected = [("picks", vec!["丙", "甲", "乙 <b>"]), ("science", vec!["乙 <b>", "丁", "甲", "丙"])];
    for (folder, titles) in expected {
        let rss = rss::Channel::read_from(site.output(&format!("{folder}/rss.xml")).as_bytes()).expect("RSS");
        let found: Vec<&str> = rss.items().iter().filter_map(|item| item.title()).collect();
        assert_eq!(found, titles, "{folder}/rss.xml");
        let atom: atom_syndication::Feed = site.output(&format!("{folder}/atom.xml")).parse().expect("Atom");
        let found: Vec<&str> = atom.entries().iter().map(|entry| entry.title().as_str()).collect();
        assert_eq!(found, titles, "{folder}/atom.xml");
        let json: Value = serde_json::from_str(&site.output(&format!("{folder}/feed.json"))).expect("JSON");
        assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
        assert_eq!(json["feed_url"], format!("https://kx.example/{folder}/feed.json"));
        assert_eq!(json["home_page_url"], format!("https://kx.example/{folder}/"));
        let items = json["items"].as_array().expect("items");
        assert_eq!(items.iter().filter_map(|item| item["title"].as_str()).collect::<Vec<_>>(), titles);
        for item in items {
            assert_eq!(item["id"], item["url"]);
            assert_eq!(item["content_html"], "<p>正文。</p>\n");
            let date = item["date_published"].as_str().expect("a date");
            assert!(date.parse::<jiff::Timestamp>().is_ok(), "{date}");
        }
    }
}

#[test]
fn more_picks_than_a_week_takes_are_warned_of() {
    let mut site = site("");
    for name in ["a", "b", "c"] {
        site = site.file(&format!("content/{name}.md"), page(name, "", "kind = \"article\"\npick = \"2026-W40\""));
    }
    site.run(&["build", "--at", "2026-11-24"])
        .succeeds()
        .says("the week 2026-W40 has more than 2 picks")
        .says("this pick has no `date`, so feeds leave it out");
}

/// The graph of the JSON-LD of a page.
fn graph(html: &str) -> Vec<Value> {
    let start = html.find("<script>").expect("a script") + "<script>".len();
    let end = html[start..].find("</script>").expect("its end") + start;
    let json: Value = serde_json::from_str(&html[start..end]).expect("JSON");
    assert_eq!(json["@context"], "https://schema.org");
    json["@graph"].as_array().expect("a graph").clone()
}

#[test]
fn json_ld_is_json_of_the_right_type_and_cannot_end_its_script() {
    let script = "<script>{{ json_ld(page=page) }}</script>";
    let mut site = site("<script>{{ json_ld(section=section) }}</script>")
        .file("templates/page.html", script)
        .file("data/glossary.toml", "[[term]]\nterm = \"布病\"\ntext = \"x\"\n")
        .file("data/stations.csv", "name,township,sample\n一站,东镇,\n样例,西镇,是\n");
    let kinds = [
        ("activity", "category = \"volunteer\"\nwhen = \"2021\"", "NewsArticle"),
        ("tour", "vehicle = \"车\"\ncategory = \"volunteer\"\nwhen = \"2021\"", "NewsArticle"),
        (
            "announcement",
            "begin = 2026-09-19T09:00:00\nplace = \"馆\"\ncategory = \"volunteer\"\nfree = true",
            "EducationEvent",
        ),
        ("article", "level = \"easy\"\nverdict = \"false\"\nclaim = \"</script><b>\"", "Article"),
        ("sheet", "materials = [\"纸\"]\nsteps = [\"折\"]\nminutes = 20", "HowTo"),
        ("notice", "number = \"1号\"", "Article"),
        ("annual-report", "year = 2021", "Report"),
        ("expert", "fields = [\"畜牧\"]", "Person"),
        ("museum", "address = \"主楼\"\nhours = [{ days = [\"sat\"], open = \"09:00\", close = \"17:00\" }]", "Museum"),
        ("stations", "", "CollectionPage"),
        ("glossary", "", "DefinedTermSet"),
        ("collection", "parts = [{ title = \"一\", pages = [\"article.md\"] }]", "CollectionPage"),
    ];
    for (kind, extra, _) in kinds {
        let text = page(
            "</script> & \\\"引号\\\"",
            "date = 2026-01-02T09:00:00+08:00",
            &format!("kind = \"{kind}\"\n{extra}"),
        );
        site = site.file(&format!("content/{kind}.md"), text);
    }
    site.run(&["build", "--at", "2026-11-24"]).succeeds();
    for (kind, _, schema) in kinds {
        let graph = graph(&site.output(&format!("{kind}/index.html")));
        let own = &graph[0];
        let is_it =
            |value: &Value| value == schema || value.as_array().is_some_and(|list| list.contains(&schema.into()));
        assert!(is_it(&own["@type"]), "{kind}: {own}");
        assert_eq!(own["name"], "</script> & \"引号\"");
        assert_eq!(graph[1]["@type"], "BreadcrumbList", "{kind}");
    }
    let one = |kind: &str| graph(&site.output(&format!("{kind}/index.html")));
    assert_eq!(one("announcement")[0]["startDate"], "2026-09-19T09:00:00+08:00");
    assert_eq!(one("article")[2]["@type"], "ClaimReview");
    assert_eq!(one("article")[2]["claimReviewed"], "</script><b>");
    assert_eq!(one("sheet")[0]["totalTime"], "PT20M");
    assert_eq!(one("museum")[0]["openingHoursSpecification"][0]["dayOfWeek"][0], "https://schema.org/Saturday");
    // A sample is no place of the world.
    assert_eq!(one("stations")[0]["mainEntity"]["itemListElement"].as_array().map(Vec::len), Some(1));
    let home = graph(&site.output("index.html"));
    assert_eq!((&home[0]["@type"], &home[1]["@type"]), (&"WebSite".into(), &"Organization".into()));
}

#[test]
fn meta_tags_are_those_of_the_guide() {
    let template = "{% for tag in site_meta(page=page) %}{{ tag.name }}={{ tag.content }}\n{% endfor %}";
    let site = site("")
        .file("templates/page.html", template)
        .file("content/news/_index.md", "+++\ntitle = \"工作动态\"\n[extra]\nkind = \"column\"\ncolumn_type = \"工作动态\"\nkeywords = [\"活动\"]\n+++\n")
        .file("content/news/a.md", page("讲座", "date = 2026-01-01T20:05:00Z", "kind = \"article\"\nsource = \"本站\"\nkeywords = [\"一\", \"二\"]"));
    site.run(&["build", "--at", "2026-11-24"]).succeeds();
    assert_eq!(
        site.output("news/a/index.html").trim(),
        "SiteName=某旗科协, 网站\nSiteDomain=kx.example\nSiteIDCode=1505250001\nColumnName=工作动态\n\
         ColumnDescription=工作动态\nColumnKeywords=活动\nColumnType=工作动态\nArticleTitle=讲座\n\
         PubDate=2026-01-02 04:05\nContentSource=本站\nKeywords=一,二\nDescription=说明，讲座\n\
         Url=https:&#x2F;&#x2F;kx.example&#x2F;news&#x2F;a&#x2F;"
            .replace("&#x2F;", "/")
    );
}

#[test]
fn the_profile_decides_whether_missing_items_are_errors() {
    let site = site("").file("content/a.md", page("甲", "", "kind = \"article\""));
    site.run(&["build", "--at", "2026-11-24", "--strict"]).succeeds();
    site.write("kepu.toml", format!("[outreach]\nprofile = \"association\"\n{SETTINGS}"));
    let run = site.run(&["build", "--at", "2026-11-24"]).succeeds();
    assert!(
        run.stderr.contains("warning[outreach/footer]") && run.stderr.contains("warning[outreach/undated]"),
        "{}",
        run.stderr
    );
    site.write("kepu.toml", format!("[outreach]\nprofile = \"gov\"\n{SETTINGS}"));
    site.run(&["build", "--at", "2026-11-24"]).fails().says("the CONAC mark (`conac_url`)");
}

#[test]
fn articles_of_one_series_know_each_other() {
    let series = |level: &str| format!("kind = \"article\"\nseries = \"moon\"\nlevel = \"{level}\"");
    let site = site("")
        .file("templates/page.html", "{% for l in levels(page=page) %}{{ l.level }} {{ l.label }} {{ l.permalink }}{% if l.current %} *{% endif %};{% endfor %}")
        .file("content/moon.md", page("月亮", "", &series("standard")))
        .file("content/moon-easy.md", page("月亮（浅）", "", &series("easy")))
        .file("content/alone.md", page("独一篇", "", "kind = \"article\"\nseries = \"sun\""));
    site.run(&["build", "--at", "2026-11-24"]).succeeds();
    assert_eq!(
        site.output("moon/index.html"),
        "easy 浅显 https://kx.example/moon-easy/;standard 标准 https://kx.example/moon/ *;"
    );
    assert_eq!(site.output("alone/index.html"), "");
    site.write("content/again.md", page("又一篇", "", &series("easy")));
    site.run(&["build", "--at", "2026-11-24"]).fails().says("is the `easy` text of the series `moon` too");
}

#[test]
fn tables_terms_and_pinyin_reach_the_templates() {
    let site = site(
        "{% set t = table(name=\"stations\") %}{{ t.total_rows }} {{ t.sample }} {{ t.rows[1].name }} {{ t.rows[0].sample }}\n\
         {{ \"<h2>布病</h2><p>布病</p>\" | glossary(url=\"/g/\") }}\n{{ \"月\" | pinyin }}\n\
         {{ \"2026-01-01T20:00:00Z\" | china_time }} {{ \"2026-01-05\" | china_time(format=\"%-m月%-d日\") }}\n\
         {{ chart(kind=\"bar\", title=\"场次\", items=[{\"label\": \"甲\", \"value\": 3}]) }}",
    )
    .file("data/stations.csv", "name,township,sample\n样例,东镇,是\n\n\"二,站\",西镇,否\n")
    .file("data/glossary.toml", "[[term]]\nterm = \"布病\"\ntext = \"布鲁氏菌病\"\n");
    let home = at(&site, "2026-11-24");
    let lines: Vec<&str> = home.lines().collect();
    assert_eq!(lines[0], "2 true 二,站 true");
    assert_eq!(lines[1], "<h2>布病</h2><p><a class=\"term\" href=\"/g/#布病\" data-term=\"布鲁氏菌病\">布病</a></p>");
    assert_eq!(lines[2], "<ruby>月<rp>(</rp><rt>yuè</rt><rp>)</rp></ruby>");
    assert_eq!(lines[3], "2026-01-02 04:00 1月5日");
    assert!(lines[4].starts_with("<svg") && roxmltree::Document::parse(lines[4]).is_ok(), "{}", lines[4]);
}

#[test]
fn wrong_arguments_are_answered() {
    for (call, answer) in [
        ("activity_figures(year=\"x\")", "`year` must be a whole number from 1949 to 2100"),
        ("activity_figures(category=\"voluntee\")", "did you mean `volunteer`?"),
        ("events(which=\"comming\")", "did you mean `coming`?"),
        ("kind_pages(kind=\"artcle\")", "did you mean `article`?"),
        ("table(name=\"station\")", "there is no table `station`"),
        ("chart(kind=\"pie\", title=\"x\", items=[])", "there is no chart `pie`"),
        ("chart(kind=\"bar\", title=\"x\", items=[{\"label\": \"a\", \"value\": -1}])", "is not a number of 0 or more"),
        ("record(page=3)", "`page` is neither a page nor a path"),
        ("\"soon\" | china_time", "`soon` is not a date"),
    ] {
        let site = site(&format!("{{{{ {call} }}}}"));
        site.run(&["build", "--at", "2026-11-24"]).fails().says(answer);
    }
}

#[test]
fn the_records_of_2021_come_to_what_the_report_says() {
    use kepu::config::{Mode, find};
    use kepu::outreach::{BuildTime, Filter};
    use kepu::site::{Request, Site};

    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let request = Request {
        found: find::find(root, Some(std::path::Path::new("site/config.toml"))).expect("the association's site"),
        mode: Mode::Build,
        base_url: None,
        drafts: false,
        minify: false,
        zola_exact: false,
        now: BuildTime::parse("2026-11-24").expect("a date"),
        remember: false,
        no_cache: false,
    };
    let mut told = Vec::new();
    let site = Site::load(&request, &mut told).unwrap_or_else(|| panic!("{told:?}"));
    // The annual report agrees with the records.
    assert!(!told.iter().any(|d| d.code == "outreach/annual" || d.code == "outreach/parts"), "{told:?}");
    let outreach = site.outreach.expect("an outreach site");
    let year = outreach.activity_figures(Filter { year: Some(2021), ..Filter::default() });
    let text = |value: &tera::Value, name: &str| {
        value.get_from_path(&format!("{name}.text")).and_then(tera::Value::as_str).unwrap_or_default().to_owned()
    };
    let totals = year.get_from_path("totals").expect("totals");
    for (name, stated) in [
        ("sessions", "24"),
        ("volunteers", "210"),
        ("people", "7,800+"),
        ("pupils", "约24,580"),
        ("visitors", "约11,500"),
        ("exhibits", "258"),
        ("stations", "415"),
        ("officers", "12,073"),
        ("shares", "804,449"),
        ("new_experts", "30"),
        ("expert_services", "12"),
        ("team_volunteers", "124"),
        ("platform_volunteers", "3,356"),
        ("notices", "1"),
    ] {
        assert_eq!(text(totals, name), stated, "{name}");
    }
    // Those for villages of a minority are inside the 24, not beside them.
    let inside = outreach.record("news/gacha-services.md");
    for (name, stated) in [("sessions", "10"), ("volunteers", "100+"), ("people", "2,000+")] {
        assert_eq!(text(inside.get_from_path("figures").expect("figures"), name), stated, "{name}");
    }
    assert_eq!(
        inside.get_from_path("part_of.path").and_then(tera::Value::as_str),
        Some("news/a-year-of-volunteering.md")
    );
}
