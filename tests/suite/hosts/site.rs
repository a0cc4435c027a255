//! The site that the tests put on hosts, in any number of editions.

use std::collections::BTreeMap;

use crate::support::{SiteTest, png};

/// The files of a site as a reader gets them, by path without the leading `/`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The address that the pages give.
pub const BASE: &str = "https://www.example.cn";

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }} 第 EDITION 版</title>
<meta name="viewport" content="width=device-width"><meta name="description" content="{{ title }}">
<link rel="stylesheet" href="{{ get_url(path="style.css", cachebust=true) | safe }}">
<link rel="stylesheet" href="/only-EDITION.css"><script defer src="/app.js"></script></head>
<body><main><h1>{{ title }}</h1><p>EDITION</p>
{% set picture = resize_image(path="picture.png", width=EDITION_WIDTH, height=30, op="scale") %}
<img src="{{ picture.url | safe }}" alt="一张图" width="40" height="30">
CONTENT</main></body></html>
"#;

/// A site of 18 pages. From edition to edition every page changes, so do its style sheet, script and pictures; one style
/// sheet, one processed picture and one page have a name of their own in every edition.
pub fn site() -> SiteTest {
    let mut site = SiteTest::empty().file("static/robots-extra.txt", "the same in all editions\n");
    for number in 1..=11 {
        let text = format!("+++\ntitle = \"第 {number} 篇\"\n+++\n\n看看天空，颜色由光的散射而来。\n");
        site = site.file(&format!("content/articles/p{number}.md"), text);
    }
    let text = "+++\ntitle = \"参观\"\naliases = [\"/old/visit\"]\n+++\n\n![仪器](仪器.png)\n\n[首页](@/_index.md)\n";
    let site = site
        .file("content/_index.md", "+++\ntitle = \"首页\"\n+++\n")
        .file("content/articles/_index.md", "+++\ntitle = \"文章\"\n+++\n")
        .file("content/articles/科普周.md", "+++\ntitle = \"科普周\"\npath = \"科普周\"\n+++\n\n活动。\n")
        .file("content/articles/visit/index.md", text);
    edition(&site, 1);
    site
}

/// Makes another edition of the site.
pub fn edition(site: &SiteTest, number: usize) {
    let config = format!(
        "base_url = \"{BASE}\"\ntitle = \"科普\"\ndefault_language = \"zh\"\ngenerate_feeds = true\n[slugify]\npaths = \"safe\"\n\
         [extra]\nedition = {number}\n"
    );
    site.write("config.toml", config);
    let list = "<ul>{% for p in section.pages %}<li><a href=\"{{ p.permalink | safe }}\">{{ p.title }}</a></li>{% endfor %}
        {% for s in section.subsections %}{% set s = get_section(path=s) %}<li><a href=\"{{ s.permalink | safe }}\">{{ s.title }}</a></li>{% endfor %}</ul>";
    for (name, title, content) in [
        ("index", "section.title", list),
        ("section", "section.title", list),
        ("page", "page.title", "{{ page.content | safe }}"),
    ] {
        let width = (30 + number % 50).to_string();
        let text = PAGE.replace("EDITION_WIDTH", &width).replace("EDITION", &number.to_string());
        let text = text.replace("{{ title }}", &format!("{{{{ {title} }}}}")).replace("CONTENT", content);
        site.write(&format!("templates/{name}.html"), text);
    }
    for old in ["static", "content/articles"] {
        for entry in std::fs::read_dir(site.path(old)).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with("only-") {
                std::fs::remove_file(entry.path()).expect("a file");
            }
        }
    }
    site.write("static/style.css", format!("main::before {{ content: \"{number}\" }}\n"));
    site.write("static/app.js", format!("document.title += \" {number}\";\n"));
    site.write(&format!("static/only-{number}.css"), format!("h1::after {{ content: \"{number}\" }}\n"));
    let text = format!("+++\ntitle = \"只在第 {number} 版\"\n+++\n\n{number}\n");
    site.write(&format!("content/articles/only-{number}.md"), text);
    site.write("content/picture.png", png(60 + number as u32 % 40, 60));
    site.write("content/articles/visit/仪器.png", png(70 + number as u32 % 40, 80));
}

/// What a build of the site makes.
#[track_caller]
pub fn build(site: &SiteTest) -> Files {
    site.run(&["build", "-o", "built", "--force"]).succeeds();
    let files = site.tree("built");
    std::fs::remove_dir_all(site.path("built")).expect("a folder");
    files
}

/// The paths of what a page needs to be shown: style sheets, scripts, pictures.
pub fn assets(page_path: &str, html: &str) -> Vec<String> {
    let page = url::Url::parse(BASE).and_then(|base| base.join(page_path)).expect("an address");
    let mut found = Vec::new();
    for tag in html.split('<') {
        let Some((name, rest)) = tag.split_once(|c: char| !c.is_ascii_alphanumeric()) else { continue };
        let attribute = match name.to_ascii_lowercase().as_str() {
            "link" if rest.contains("stylesheet") => "href",
            "script" | "img" | "source" => "src",
            _ => continue,
        };
        let Some(value) = rest.split_once(&format!("{attribute}=")).map(|(_, value)| value) else { continue };
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => value.split([' ', '>']).next(),
        };
        let address = page.join(value.unwrap_or_default()).expect("an address");
        assert_eq!(address.host_str(), Some("www.example.cn"), "{page_path} asks for {address}");
        let path = percent_encoding::percent_decode_str(address.path()).decode_utf8_lossy().into_owned();
        found.push(path.trim_start_matches('/').to_owned());
    }
    found
}
