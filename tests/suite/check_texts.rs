//! `kepu check` on people, language and access: for each rule a page (or file) that it speaks of, and one that it leaves alone.
//!
//! Numbers were drawn by a generator; see `tests/privacy`.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::SiteTest;

const ID: &str = "360102196602279932";
const MOBILE: &str = "18923321468";
const CARD: &str = "6210819736993563278";

/// A rule, what it speaks of, and what is much like it and right. Bodies of Markdown, or `path\ncontent`.
const RULES: &[(&str, &str, &str)] = &[
    ("privacy/identity-number", "身份证号ID。", "统一社会信用代码 91150522MA0QF2RT4X。"),
    ("privacy/mobile-number", "请致电 MOBILE。", "请致电 0475-8212345，或 138****1234，公开号码 13900001111。"),
    ("privacy/bank-card", "卡号 CARD。", "卡号 6210****3278，金额 6210819736993563.27 元。"),
    (
        "privacy/people-list",
        "| 姓名 | 电话 | 住址 |\n|---|---|---|\n| 白某 | 0475-8212345 | 甘旗卡镇西村3组 |",
        "| 单位 | 电话 | 地址 |\n|---|---|---|\n| 科技馆 | 0475-8212345 | 甘旗卡镇建国路3号 |",
    ),
    ("accessibility/alternative", "<img src=\"/a.png\">", "<img src=\"/b.png\" alt=\"\">\n\n![蒙古百灵](/c.png)"),
    ("accessibility/heading-order", "## 二\n\n#### 四", "## 二\n\n### 三\n\n## 二又"),
    ("accessibility/heading-one", "# 一\n\n# 又一", "# 一\n\n## 二"),
    ("accessibility/mongolian", "ᠮᠣᠩᠭᠣᠯ", "<span lang=\"mn-Mong\">ᠮᠣᠩᠭᠣᠯ</span>"),
    ("accessibility/label", "<input name=\"q\">", "<label>词 <input name=\"q\"></label>"),
    ("accessibility/link-text", "[点击这里](/x.html)", "[报名办法](/x.html)"),
    ("accessibility/same-link-text", "[办法](/x.html) [办法](/y.html)", "[甲办法](/x.html) [乙办法](/y.html)"),
    ("accessibility/button-text", "<button></button>", "<button aria-label=\"关闭\"></button>"),
    (
        "accessibility/table-head",
        "<table><tr><td>甲</td><td>乙</td></tr><tr><td>1</td><td>2</td></tr></table>",
        "<table><tr><th>甲</th><th>乙</th></tr><tr><td>1</td><td>2</td></tr></table>",
    ),
    ("accessibility/duplicate-id", "<p id=\"a\"></p><p id=\"a\"></p>", "<p id=\"a\"></p><p id=\"b\"></p>"),
    ("accessibility/autoplay", "<audio src=\"/a.mp3\" autoplay></audio>", "<audio src=\"/a.mp3\" controls></audio>"),
    (
        "accessibility/captions",
        "<video src=\"/a.mp4\" controls></video>",
        "<video src=\"/a.mp4\" controls><track kind=\"captions\" src=\"/a.vtt\"></video>",
    ),
    ("language/wrong-word", "秸杆还田。", "秸秆还田，`秸杆`。"),
    ("language/doubtful-word", "展馆座落于镇东。", "一座落地窗。"),
    ("language/punctuation", "科普活动,欢迎参加。", "比例 3:1，科普活动，欢迎参加。"),
    ("language/spacing", "使用Rust语言。", "使用 Rust 语言。"),
    ("language/mongolian-code", "\u{e234}\u{e235}", "ᠮᠣᠩᠭᠣᠯ"),
    ("language/mongolian-connector", "ᠮᠣᠩᠭᠣᠯ\u{202f}ᠤᠨ", "ᠮᠣᠩᠭᠣᠯ\u{180e}ᠤᠨ，10\u{202f}000"),
    ("language/mongolian-selector", "文\u{180b}字", "ᠮᠣᠩᠭᠣ\u{180b}ᠯ"),
];

/// Off unless a site asks for them.
const SETTINGS: &str = "[check.rules]\n\"accessibility/same-link-text\" = \"warning\"\n\"language/spacing\" = \"warning\"\n\n[check.privacy]\nnumbers = [\"139 0000 1111\"]\n";

fn site() -> SiteTest {
    let page = "<html lang=\"zh-Hans\"><head><title>{{ page.title }}</title></head><body>{{ page.content | safe }}</body></html>";
    SiteTest::minimal()
        .file("kepu.toml", SETTINGS)
        .file("content/_index.md", "+++\ntitle = \"首页\"\n+++\n")
        .file("templates/page.html", page)
        .file("templates/index.html", page.replace("page.", "section."))
}

fn filled(text: &str) -> String {
    text.replace("ID", ID).replace("MOBILE", MOBILE).replace("CARD", CARD)
}

/// The files and pages that each rule speaks of.
fn findings(site: &SiteTest, arguments: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let all = [&["check", "--skip-external-links", "--message-format", "json"], arguments].concat();
    let run = site.run(&all);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in run.stdout.lines().chain(run.stderr.lines()).filter(|line| line.starts_with('{')) {
        let told: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let names = found.entry(told["code"].as_str().expect("a code").to_owned()).or_default();
        names.extend(told["file"].as_str().map(str::to_owned));
        names.extend(told["pages"].as_array().into_iter().flatten().filter_map(|page| page.as_str()).map(str::to_owned));
    }
    found
}

#[test]
fn each_rule_speaks_of_what_is_wrong_and_of_nothing_else() {
    let mut site = site();
    for (index, (_, wrong, right)) in RULES.iter().enumerate() {
        let document = |body: &str| format!("+++\ntitle = \"页\"\n+++\n{}\n", filled(body));
        site = site.file(&format!("content/wrong-{index}.md"), document(wrong)).file(&format!("content/right-{index}.md"), document(right));
    }
    let found = findings(&site, &[]);
    let nothing = BTreeSet::new();
    let mut failures = Vec::new();
    for (index, (rule, _, _)) in RULES.iter().enumerate() {
        let names = found.get(*rule).unwrap_or(&nothing);
        let speaks_of = |kind: &str| names.contains(&format!("content/{kind}-{index}.md")) || names.contains(&format!("/{kind}-{index}/"));
        if !speaks_of("wrong") {
            failures.push(format!("{rule} is silent about {index}: {names:?}"));
        }
        if speaks_of("right") {
            failures.push(format!("{rule} speaks of {index} that is right"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

/// The templates of a page.
#[test]
fn pages_say_their_language_and_can_be_zoomed() {
    let page = |head: &str| format!("<html{head}</head><body>{{{{ page.content | safe }}}}</body></html>");
    let wrong = page("><head><meta name=\"viewport\" content=\"width=device-width, user-scalable=no\">");
    let right = page(" lang=\"zh-Hans\"><head><meta name=\"viewport\" content=\"width=device-width\">");
    for (template, count) in [(wrong, 2), (right, 0)] {
        let site = site().file("templates/page.html", template).file("content/a.md", "+++\ntitle = \"页\"\n+++\n文\n");
        let found = findings(&site, &[]);
        let rules = ["accessibility/language", "accessibility/zoom"];
        assert_eq!(rules.iter().filter(|rule| found.contains_key(**rule)).count(), count, "{found:?}");
    }
}

#[test]
fn contrast_of_style_sheets_is_calculated() {
    let css = |ink: &str| format!("body {{ color: {ink}; background: #fff }}");
    let site = site().file("static/a.css", css("#aaa")).file("static/b.css", css("#333"));
    let found = findings(&site, &[]);
    assert_eq!(found["accessibility/contrast"], BTreeSet::from(["/a.css".to_owned(), "static/a.css".to_owned()]), "{found:?}");
}

#[test]
fn attachments_and_names_are_looked_into() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privacy/files");
    let bytes = |name: &str| std::fs::read(folder.join(name)).expect(name);
    let site = site()
        .file("static/list.docx", bytes("python-docx.docx"))
        .file("static/plan.docx", bytes("python-docx-clean.docx"))
        .file("static/old.doc", bytes("old.doc"))
        .file("static/locked.xlsx", bytes("msoffcrypto-encrypted.xlsx"))
        .file("static/scan.pdf", bytes("pillow-scan.pdf"))
        .file(&format!("static/{MOBILE}.txt"), "好")
        .file("static/data.json", format!("{{\"tel\": \"{MOBILE}\"}}"));
    let found = findings(&site, &[]);
    let files = |rule: &str| found.get(rule).into_iter().flatten().filter(|name| name.starts_with("static/")).cloned().collect::<Vec<_>>();
    assert_eq!(files("privacy/identity-number"), ["static/list.docx"]);
    assert_eq!(files("privacy/mobile-number"), [format!("static/{MOBILE}.txt"), "static/data.json".into(), "static/list.docx".into()]);
    assert_eq!(files("privacy/people-list"), ["static/list.docx"]);
    assert_eq!(files("privacy/unread"), ["static/locked.xlsx", "static/old.doc", "static/scan.pdf"]);
}

#[test]
fn minors_need_stated_consent() {
    let document = |consent: &str| format!("+++\ntitle = \"页\"\n[extra]\nminors = true\n{consent}\n+++\n");
    let site = site()
        .file("content/a.md", document(""))
        .file("content/b.md", document("consent = \"监护人书面同意，存科协办公室\""))
        .file("content/c.md", document("consent = \" \""));
    let found = findings(&site, &[]);
    assert_eq!(found["privacy/minors"], BTreeSet::from(["content/a.md".to_owned(), "content/c.md".to_owned()]));
}

#[test]
fn no_message_shows_a_number_whole() {
    let site = site().file("content/a.md", format!("+++\ntitle = \"页\"\n+++\n手机 {MOBILE}，身份证 {ID}，卡号 {CARD}\n"));
    for format in ["human", "json"] {
        let run = site.run(&["check", "--skip-external-links", "--message-format", format]);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(said.contains("189****1468"), "{said}");
        assert!(![MOBILE, ID, CARD].iter().any(|number| said.contains(number)), "{said}");
    }
}

#[test]
fn a_site_has_words_of_its_own() {
    let site = site()
        .file("wordlist.toml", "[words]\n\"甘其卡\" = { right = \"甘旗卡\" }\n\"秸杆\" = { level = \"off\" }\n")
        .file("content/a.md", "+++\ntitle = \"甘其卡\"\n+++\n秸杆\n");
    let found = findings(&site, &[]);
    assert_eq!(found["language/wrong-word"], BTreeSet::from(["content/a.md".to_owned(), "/a/".to_owned()]));
}

#[test]
fn fix_corrects_what_is_safe_and_says_so() {
    let before = "+++\ntitle = \"秸杆\"\n+++\n秸杆,好。`秸杆` “秸杆”\n\n> 秸杆\n\n使用Rust语言\n";
    let site = site().file("content/a.md", before).file("content/b.md", "+++\ntitle = \"乙\"\n+++\n座落\n");
    findings(&site, &[]);
    assert_eq!(std::fs::read_to_string(site.path("content/a.md")).expect("a.md"), before);
    let run = site.run(&["check", "--skip-external-links", "--fix"]);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("content/a.md:2: `秸杆` is now `秸秆`") && said.contains("content/a.md:4: `,` is now `，`"), "{said}");
    assert_eq!(
        std::fs::read_to_string(site.path("content/a.md")).expect("a.md"),
        "+++\ntitle = \"秸秆\"\n+++\n秸秆，好。`秸杆` “秸杆”\n\n> 秸杆\n\n使用Rust语言\n"
    );
    assert!(std::fs::read_to_string(site.path("content/b.md")).expect("b.md").contains("座落"));
}
