//! Every rule of `kepu check` on a site of its own, `tests/checks/GROUP-NAME.txtar`: the site as it stands has the finding,
//! and with the files below `quiet/` in the place of the same without it has none.
//!
//! What it says is kept in English, with its place, and in Chinese.
//!
//! A fixture begins with `# why`, perhaps `$ arguments` for others than `check --skip-external-links`, and `! png PATH WIDTH
//! HEIGHT` or `! bytes PATH COUNT` for files that are no text; `! quiet …` for those that only the quiet site has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kepu::check::{Rule, rules};
use serde_json::Value;

use crate::support::{SiteTest, png};

const PAGE: &str = "<!doctype html><html lang=\"en\"><head><title>t</title></head><body><main>";
const END: &str = "</main></body></html>";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}

/// A site whose lists lead to everything, and nothing is wrong with it.
fn base() -> SiteTest {
    let list = "{% for p in section.pages %}<p><a href=\"{{ p.permalink }}\">{{ p.title }}</a></p>{% endfor %}\
                {% for path in section.subsections %}{% set s = get_section(path=path) %}\
                <p><a href=\"{{ s.permalink }}\">{{ s.title }}</a></p>{% endfor %}";
    SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntitle = \"Site\"\n")
        .file("templates/index.html", format!("{PAGE}<h1>Site</h1>{{{{ section.content | safe }}}}{list}{END}"))
        .file(
            "templates/section.html",
            format!("{PAGE}<h1>{{{{ section.title }}}}</h1>{{{{ section.content | safe }}}}{list}{END}"),
        )
        .file("templates/page.html", format!("{PAGE}<h1>{{{{ page.title }}}}</h1>{{{{ page.content | safe }}}}{END}"))
}

/// A site of `tests/checks`.
pub struct Fixture {
    pub arguments: Vec<String>,
    archive: String,
}

impl Fixture {
    /// All of them, in order.
    pub fn all() -> Vec<Self> {
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(folder()).expect("tests/checks").flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "txtar"));
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let archive = std::fs::read_to_string(path).expect("a fixture");
        let head = archive.lines().take_while(|line| !line.starts_with("-- "));
        let given = head.filter_map(|line| line.strip_prefix("$ ")).next();
        let arguments = given.unwrap_or("check --skip-external-links").split_whitespace().map(str::to_owned).collect();
        Self { arguments, archive }
    }

    pub fn site(&self, quiet: bool) -> SiteTest {
        let site = base();
        let mut path: Option<String> = None;
        let mut text = String::new();
        let put = |path: Option<String>, text: &str| {
            let Some(path) = path else { return };
            match path.strip_prefix("quiet/") {
                Some(path) if quiet => site.write(path, text),
                Some(_) => {}
                None => site.write(&path, text),
            }
        };
        for line in self.archive.split_inclusive('\n') {
            if let Some(next) = line.trim_end().strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
                put(path.replace(next.to_owned()), &text);
                text.clear();
            } else if let Some(made) = line.strip_prefix("! ").filter(|_| path.is_none()) {
                let words: Vec<&str> = made.split_whitespace().collect();
                match words.as_slice() {
                    ["quiet", words @ ..] if quiet => make(&site, words),
                    ["quiet", ..] => {}
                    words => make(&site, words),
                }
            } else {
                text.push_str(line);
            }
        }
        put(path, &text);
        site
    }
}

fn make(site: &SiteTest, words: &[&str]) {
    let number = |word: &str| word.parse::<usize>().expect("a number");
    match words {
        ["png", path, width, height] => site.write(path, png(number(width) as u32, number(height) as u32)),
        ["bytes", path, count] => site.write(path, vec![b'x'; number(count)]),
        other => panic!("{other:?}"),
    }
}

/// What a check finds, in Chinese.
fn findings(site: &SiteTest, arguments: &[String]) -> Vec<Value> {
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--message-format", "json", "--lang", "zh"]);
    site.run(&arguments).stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}

/// The codes that a check finds, each with its level.
fn codes(site: &SiteTest, arguments: &[String]) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    findings(site, arguments).iter().map(|finding| (text(&finding["code"]), text(&finding["severity"]))).collect()
}

/// The words of a finding, each part on a line of its own.
fn words(finding: &Value) -> Vec<String> {
    let notes = finding["notes"].as_array().into_iter().flatten();
    let parts = [&finding["message"]].into_iter().chain(notes).chain([&finding["help"]]);
    parts.filter_map(|part| part.as_str()).map(str::to_owned).collect()
}

/// The site with one rule at another level than the fixture or the table says.
fn with_level(site: SiteTest, code: &str, level: &str) -> SiteTest {
    let written = std::fs::read_to_string(site.path("kepu.toml")).unwrap_or_default();
    let kept: String = written
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("[check.rules]") && !line.starts_with(&format!("\"{code}\"")))
        .collect();
    site.file("kepu.toml", format!("{kept}\n[check.rules]\n\"{code}\" = \"{level}\"\n"))
}

#[test]
fn every_rule_has_a_site_that_it_finds_and_one_that_it_leaves_alone() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut wrong = Vec::new();
    for rule in rules() {
        let name = rule.code.replace('/', "-");
        let path = folder().join(format!("{name}.txtar"));
        if crate::external::RULES.contains(&rule.code) {
            continue;
        }
        if !path.is_file() {
            wrong.push(format!("{}: no {}", rule.code, path.display()));
            continue;
        }
        let fixture = Fixture::read(&path);
        let site = fixture.site(false);
        let found = findings(&site, &fixture.arguments);
        let own: Vec<&Value> = found.iter().filter(|finding| finding["code"] == rule.code).collect();
        if own.is_empty() {
            wrong.push(format!("{} is not found, only {found:?}", rule.code));
        }
        let chinese: Vec<String> = own.iter().flat_map(|finding| words(finding)).collect();
        for part in &chinese {
            if !part.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
                wrong.push(format!("{}: `{part}` is not Chinese", rule.code));
            }
        }
        let arguments: Vec<&str> = fixture.arguments.iter().map(String::as_str).collect();
        let run = site.run(&arguments);
        let report = format!("{}→ {}\n\n{}\n", run.stderr, run.code.unwrap_or(-1), chinese.join("\n"));
        let check = std::panic::AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name.as_str(), report)));
        if std::panic::catch_unwind(check).is_err() {
            wrong.push(format!("{}: other words", rule.code));
        }
        if codes(&fixture.site(true), &fixture.arguments).contains_key(rule.code) {
            wrong.push(format!("{} is found on the quiet site", rule.code));
        }
        for (level, expected) in [("off", None), ("warning", Some("warning")), ("error", Some("error"))] {
            let found = codes(&with_level(fixture.site(false), rule.code, level), &fixture.arguments);
            if found.get(rule.code).map(String::as_str) != expected {
                wrong.push(format!("{} is {:?} at the level `{level}`", rule.code, found.get(rule.code)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The headings below `###` of a page of the documentation, each with its text.
fn sections(page: &str) -> Vec<(String, String)> {
    let docs = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("a page");
    let section = |section: &str| {
        let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
        let text = rest.split("\n## ").next().unwrap_or_default();
        (heading.to_owned(), text.trim().to_owned())
    };
    docs.split("\n### ").skip(1).map(section).collect()
}

/// In the Chinese edition each heading says what reports call the rule, too.
#[test]
fn every_rule_has_its_section_in_the_documentation() {
    for (page, heading, least) in [
        ("docs/checks.md", (|rule| format!("`{}`", rule.code)) as fn(&Rule) -> String, 40),
        ("docs/checks.zh-CN.md", |rule| format!("`{}` {}", rule.code, rule.title.1), 12),
    ] {
        let sections = sections(page);
        for rule in rules() {
            let wanted = heading(rule);
            let text = sections.iter().find(|(found, _)| *found == wanted).map(|(_, text)| text);
            let long = text.is_some_and(|text| text.chars().count() >= least);
            assert!(long, "{page} says nothing of {wanted}");
        }
        for (found, _) in sections {
            assert!(rules().any(|rule| heading(rule) == found), "{page} describes {found}, which is no rule");
        }
    }
}

#[test]
fn no_two_rules_have_one_code() {
    let mut codes: Vec<&str> = rules().map(|rule| rule.code).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

fn broken() -> SiteTest {
    base().file("content/a.md", "+++\ntitle = \"A\"\n+++\n\nsee [b](/b/)\n")
}

#[test]
fn errors_and_nothing_else_make_a_check_fail() {
    broken().run(&["check", "--skip-external-links"]).fails().says("there is no page `/b/`");
    broken()
        .file("kepu.toml", "[check.rules]\n\"link/missing-page\" = \"warning\"\n")
        .run(&["check", "--skip-external-links"])
        .succeeds()
        .says("warning[link/missing-page]");
    broken()
        .file("kepu.toml", "[check.rules]\n\"link/missing-page\" = \"off\"\n")
        .run(&["check", "--skip-external-links"])
        .succeeds()
        .does_not_say("link/missing-page");
    broken().run(&["check", "--no-such-flag"]).fails_as_wrong_usage();
    let level = "base_url = \"https://example.com\"\n[link_checker]\ninternal_level = \"warn\"\n";
    broken().file("config.toml", level).run(&["check", "--skip-external-links"]).succeeds().says("link/missing-page");
    broken().file("config.toml", level).run(&["check", "--skip-external-links", "--strict"]).fails();
}

#[test]
fn a_check_writes_nothing() {
    let site = broken();
    let before = crate::support::snapshot(site.root());
    site.run(&["check", "--skip-external-links"]).fails();
    crate::support::assert_same(&before, &crate::support::snapshot(site.root()), "a check");
}

#[test]
fn what_is_allowed_with_a_reason_is_not_found() {
    let allow = |rest: &str| format!("[[check.allow]]\nrule = \"link/missing-page\"\n{rest}");
    let check = ["check", "--skip-external-links"];
    broken().file("kepu.toml", allow("reason = \"comes next week\"\n")).run(&check).succeeds();
    broken()
        .file("kepu.toml", allow("text = \"/b/\"\npath = \"content/*.md\"\nreason = \"x\"\n"))
        .run(&check)
        .succeeds();
    broken().file("kepu.toml", allow("")).run(&check).fails().says("without a reason");
    broken()
        .file("kepu.toml", allow("text = \"/c/\"\nreason = \"x\"\n"))
        .run(&check)
        .fails()
        .says("nothing of `link/missing-page` is found here any more");
    broken()
        .file("kepu.toml", "[[check.allow]]\nrule = \"link/missing-pages\"\nreason = \"x\"\n")
        .run(&check)
        .fails()
        .says("there is no rule `link/missing-pages`")
        .says("did you mean `link/missing-page`?");
    broken().file("kepu.toml", allow("path = \"[\"\nreason = \"x\"\n")).run(&check).fails().says("not a valid pattern");
}

#[test]
fn front_matter_allows_in_its_own_file_only() {
    let page = |allow: &str| format!("+++\ntitle = \"A\"\n{allow}+++\n\nsee [b](/b/)\n");
    let allow = "[[extra.check.allow]]\nrule = \"link/missing-page\"\nreason = \"comes next week\"\n";
    let check = ["check", "--skip-external-links"];
    base().file("content/a.md", page(allow)).run(&check).succeeds();
    base().file("content/a.md", page(allow)).file("content/c.md", page("")).run(&check).fails().says("content/c.md:5");
    let wrong = "[extra.check]\nallow = \"link/missing-page\"\n";
    base().file("content/a.md", page(wrong)).run(&check).fails().says("`allow` is no list of tables");
}

#[test]
fn what_a_template_repeats_is_told_once() {
    let site = base().file("templates/page.html", format!("{PAGE}<h1>x</h1><a href=\"/gone/\">gone</a>{END}"));
    for name in 0..12 {
        site.write(&format!("content/p{name}.md"), "+++\ntitle = \"A\"\n+++\n");
    }
    let run = site.run(&["check", "--skip-external-links"]).fails().says("templates/page.html:1").says("and 11 more");
    assert_eq!(run.stderr.matches("link/missing-page").count(), 1, "{}", run.stderr);
}

#[test]
fn findings_are_written_as_sarif_and_as_a_report() {
    let site = broken();
    let run = site.run(&[
        "check",
        "--skip-external-links",
        "--message-format",
        "sarif",
        "--sarif",
        "out.sarif",
        "--report",
        "out.html",
    ]);
    let run = run.fails();
    let printed: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let written: Value = serde_json::from_slice(&site.tree("")["out.sarif"]).expect("JSON");
    assert_eq!(printed, written);
    assert_eq!(printed["runs"][0]["results"][0]["ruleId"], "link/missing-page");
    let report = String::from_utf8(site.tree("")["out.html"].clone()).expect("UTF-8");
    for text in ["<html lang=\"zh-Hans\">", "必须改正", "链接指向不存在的页面", "第 5 行", "<mark>/b/</mark>"]
    {
        assert!(report.contains(text), "no `{text}` in\n{report}");
    }
    assert!(!report.contains("src=") && !report.contains("href="), "the report stands alone");
    site.run(&["check", "--skip-external-links", "--report", "no/such/folder/x.html"])
        .fails()
        .says("no/such/folder/x.html");
}

#[test]
fn drafts_are_looked_at_when_asked_for() {
    let site = base().file("content/a.md", "+++\ntitle = \"A\"\ndraft = true\n+++\n\nsee [b](/b/)\n");
    site.run(&["check", "--skip-external-links"]).succeeds();
    site.run(&["check", "--skip-external-links", "--drafts"]).fails().says("there is no page `/b/`");
}

#[test]
fn a_site_that_cannot_be_loaded_is_told_as_in_a_build() {
    let site = base().file("content/a.md", "title\n");
    site.run(&["check"]).fails().says("front-matter/missing").says("before these are mended");
    let site =
        base().file("templates/page.html", "{{ page.no.such }}").file("content/a.md", "+++\ntitle = \"A\"\n+++\n");
    site.run(&["check", "--skip-external-links"]).fails().says("while rendering");
}

#[test]
fn broken_html_and_style_sheets_do_not_stop_a_check() {
    let deep = format!("{}x", "<div>".repeat(20_000));
    let site = base()
        .file("static/deep.html", deep)
        .file(
            "static/odd.html",
            "<a href='&#xD800;'><p <a href=\"%zz%\">\0<svg><a href=//></svg><table><a href='\u{202e}'>",
        )
        .file("static/odd.css", "@import; a { b: url(; } @media { {{{{ url(']]]")
        .file("static/empty.html", "");
    let run = site.run(&["check", "--skip-external-links"]);
    assert!(matches!(run.code, Some(0 | 1)), "{run:?}");
}

#[test]
fn processed_pictures_are_weighed_as_they_go_out() {
    let page = |arguments: &str| {
        format!(
            "{PAGE}<h1>x</h1>{{% set i = resize_image(path=\"a.png\", {arguments}) %}}<img src=\"{{{{ i.url }}}}\" alt=\"\">{END}"
        )
    };
    let site = base()
        .file("static/a.png", png(140, 140))
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\n")
        .file("kepu.toml", "[check.weight]\npicture_kb = 1\npictures_kb = 1\n");
    let check = ["check", "--skip-external-links"];
    let small = site.file("templates/page.html", page("width=5, height=5, format=\"png\""));
    small.run(&check).succeeds().does_not_say("weight/");
    let large = small.file("templates/page.html", page("width=139, height=139, format=\"png\""));
    let run = large.run(&check).succeeds().says("weight/picture]").says("weight/pictures]").says("static/a.png");
    assert!(run.stderr.contains("/processed_images/"), "{}", run.stderr);
    let mut cut = png(140, 140);
    cut.truncate(3000);
    large.file("static/a.png", cut).run(&check).fails().says("image/damaged");
}
