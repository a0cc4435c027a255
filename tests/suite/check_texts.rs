//! `kepu check` on attachments and words, and `--fix`.
//!
//! Numbers were drawn by a generator; see `tests/privacy`.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::SiteTest;

const ID: &str = "360102196602279932";
const MOBILE: &str = "18923321468";
const CARD: &str = "6210819736993563278";

fn site() -> SiteTest {
    let page = "<html lang=\"zh-Hans\"><head><title>{{ page.title }}</title></head><body>{{ page.content | safe }}</body></html>";
    SiteTest::minimal()
        .file("content/_index.md", "+++\ntitle = \"首页\"\n+++\n")
        .file("templates/page.html", page)
        .file("templates/index.html", page.replace("page.", "section."))
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
        names
            .extend(told["pages"].as_array().into_iter().flatten().filter_map(|page| page.as_str()).map(str::to_owned));
    }
    found
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
    let files = |rule: &str| {
        found.get(rule).into_iter().flatten().filter(|name| name.starts_with("static/")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(files("privacy/identity-number"), ["static/list.docx"]);
    assert_eq!(
        files("privacy/mobile-number"),
        [format!("static/{MOBILE}.txt"), "static/data.json".into(), "static/list.docx".into()]
    );
    assert_eq!(files("privacy/people-list"), ["static/list.docx"]);
    assert_eq!(files("privacy/unread"), ["static/locked.xlsx", "static/old.doc", "static/scan.pdf"]);
}

#[test]
fn no_message_shows_a_number_whole() {
    let site = site()
        .file("content/a.md", format!("+++\ntitle = \"页\"\n+++\n秸杆，手机 {MOBILE}，身份证 {ID}，卡号 {CARD}\n"));
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
    assert!(
        said.contains("content/a.md:2: `秸杆` is now `秸秆`") && said.contains("content/a.md:4: `,` is now `，`"),
        "{said}"
    );
    assert_eq!(
        std::fs::read_to_string(site.path("content/a.md")).expect("a.md"),
        "+++\ntitle = \"秸秆\"\n+++\n秸秆，好。`秸杆` “秸杆”\n\n> 秸杆\n\n使用Rust语言\n"
    );
    assert!(std::fs::read_to_string(site.path("content/b.md")).expect("b.md").contains("座落"));
}
