//! A snapshot that shares what did not change with the one before gives, byte for byte, what a cold load gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use kepu::config::{Mode, find};
use kepu::diagnostic::Diagnostic;
use kepu::outreach::BuildTime;
use kepu::site::{Artifact, Changes, Request, Site, plan, render};

use crate::support::{SiteTest, png};

/// A small generator of numbers that are the same in every run (xorshift).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

const CONFIG: &str = r#"base_url = "https://example.com"
title = "Title"
default_language = "en"
compile_sass = true
build_search_index = true
generate_feeds = true
taxonomies = [{ name = "tags", feed = true, paginate_by = 2 }]
[languages.zh]
title = "标题"
taxonomies = [{ name = "tags" }]
[markdown]
insert_anchor_links = "left"
[link_checker]
internal_level = "warn"
"#;

const PAGE: &str = r#"{% extends "base.html" %}{% block main %}{{ page.title }} {{ page.date or "" }} {{ page.content | safe }}
{{ page.summary or "" }} {{ page.toc | length }} {{ page.ancestors | json_encode }} {{ page.translations | json_encode }} {{ page.backlinks | json_encode }}
{% if page.lower %}< {{ page.lower.title }} {{ page.lower.content | striptags }}{% endif %}{% if page.higher %}> {{ page.higher.title }}{% endif %}
{% for asset in page.assets %}{{ asset }}{% endfor %}{% endblock %}"#;

const SECTION: &str = r#"{% extends "base.html" %}{% block main %}{{ section.title }} {{ section.content | safe }}{{ section.translations | json_encode }}
{% for page in section.pages %}{{ page.permalink }} {{ page.title }} {{ page.summary or "" }}
{% endfor %}{{ section.subsections | json_encode }}{{ section.backlinks | json_encode }}{% endblock %}"#;

/// A site of both languages with some of everything.
pub fn site() -> SiteTest {
    let mut site = SiteTest::empty()
        .file("config.toml", CONFIG)
        .file("templates/base.html", "<title>{{ config.title }}</title>{% block main %}{% endblock %}{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}{{ get_url(path=\"site.css\", cachebust=true) | safe }}")
        .file("templates/page.html", PAGE)
        .file("templates/section.html", SECTION)
        .file("templates/index.html", "{% set s = get_section(path=\"a/_index.md\", lang=\"en\", allow_missing=true) %}{% if s %}{{ s.pages | length }}{{ s.title }}{% endif %}{% set i = resize_image(path=\"photo.png\", width=8, op=\"fit_width\") %}{{ i.url }}")
        .file("templates/taxonomy_list.html", "{% for term in terms %}{{ term.name }} {{ term.page_count }} {% endfor %}")
        .file("templates/taxonomy_single.html", "{{ term.name }}{% for page in paginator?.pages or term.pages %}{{ page.title }}{{ page.content | safe }}{% endfor %}")
        .file("templates/shortcodes/note.html", "<b>{{ text }}</b>{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }}")
        .file("data/d.toml", "n = 0")
        .file("sass/site.scss", "a { color: red }")
        .file("static/photo.png", png(20, 20))
        .file("content/_index.md", "+++\n+++\n")
        .file("content/_index.zh.md", "+++\n+++\n");
    for folder in FOLDERS {
        site = site.file(&format!("content/{folder}/_index.md"), "+++\nsort_by = \"date\"\ntitle = \"Section\"\n+++\n");
    }
    let mut numbers = Numbers(88_172_645_463_325_252);
    for n in 0..24 {
        site.write(&place(n), document(&mut numbers, n));
    }
    site
}

const FOLDERS: [&str; 3] = ["a", "b", "a/deep"];

fn place(n: usize) -> String {
    let language = if n.is_multiple_of(5) { ".zh" } else { "" };
    match n % 4 {
        0 => format!("content/{}/p{}{language}.md", FOLDERS[n / 4 % 3], n / 8),
        1 => format!("content/b/q{n}/index.md"),
        2 => format!("content/r{n}{language}.md"),
        _ => format!("content/a/deep/s{n}.md"),
    }
}

/// A page with some of everything.
fn document(numbers: &mut Numbers, n: usize) -> String {
    let mut text = format!("+++\ntitle = \"Title {n} {}\"\n", numbers.below(50));
    if numbers.below(6) > 0 {
        text += &format!("date = 2026-0{}-1{}\n", 1 + numbers.below(9), numbers.below(9));
    }
    if numbers.below(4) == 0 {
        text += &format!("weight = {}\n", numbers.below(9));
    }
    if numbers.below(8) == 0 {
        text += "draft = true\n";
    }
    if numbers.below(8) == 0 {
        text += &format!("aliases = [\"old-{n}\"]\n");
    }
    if numbers.below(2) == 0 {
        text += &format!("[taxonomies]\ntags = [\"t{}\", \"词{}\"]\n", numbers.below(4), numbers.below(3));
    }
    text += &format!("+++\ntext {}\n\n## Heading {}\n\n", numbers.below(1000), numbers.below(5));
    match numbers.below(6) {
        0 => text += "{{ note(text=\"x\") }}\n",
        5 => text += &format!("[link](@/r{}.md)\n", 6 + 4 * numbers.below(4)),
        1 => {
            text += "{% set d = load_data(path=\"data/d.toml\") %}{{ d.n }} {{ page.title }}\n\n<!-- more -->\n\nrest\n"
        }
        2 => text += "```rust\nfn main() {}\n```\n",
        3 => text += "first\n\n<!-- more -->\n\n[link](@/a/_index.md#none)\n",
        _ => {}
    }
    text
}

/// Changes something, and says which paths a watcher would tell of.
pub fn edit(site: &SiteTest, numbers: &mut Numbers, step: usize) -> Vec<String> {
    let n = numbers.below(24);
    let path = place(n);
    match numbers.below(20) {
        0 => {
            let _ = std::fs::remove_file(site.path(&path));
            vec![path]
        }
        1 => {
            let to = format!("content/b/moved{}.md", numbers.below(3));
            let _ = std::fs::rename(site.path(&path), site.path(&to));
            vec![path, to]
        }
        2 => {
            // A whole folder, and back.
            let (from, to) = ("content/a/deep", "content/a/other");
            let (from, to) = if site.path(from).exists() { (from, to) } else { (to, from) };
            if !site.path(to).exists() {
                let _ = std::fs::rename(site.path(from), site.path(to));
            }
            vec![from.to_owned(), to.to_owned()]
        }
        3 => {
            site.write("data/d.toml", format!("n = {step}"));
            vec!["data/d.toml".to_owned()]
        }
        4 => {
            site.write(
                "templates/page.html",
                format!("{PAGE}<!-- {step} -->").replace("{% endblock %}<!--", "<!--") + "{% endblock %}",
            );
            vec!["templates/page.html".to_owned()]
        }
        5 => {
            site.write("templates/anchor-link.html", format!("<a href=\"#{{{{ id }}}}\">{}</a>", numbers.below(3)));
            vec!["templates/anchor-link.html".to_owned()]
        }
        6 => {
            site.write("sass/site.scss", format!("a {{ width: {step}px }}"));
            vec!["sass/site.scss".to_owned()]
        }
        7 => {
            site.write("static/photo.png", png(20 + step as u32 % 7, 20));
            vec!["static/photo.png".to_owned()]
        }
        8 => {
            site.write("config.toml", CONFIG.replace("\"Title\"", &format!("\"Title {}\"", numbers.below(3))));
            vec!["config.toml".to_owned()]
        }
        9 => {
            let asset = format!("content/b/q{}/file{}.txt", 1 + 4 * numbers.below(6), numbers.below(2));
            if numbers.below(2) == 0 {
                site.write(&asset, "asset")
            } else {
                let _ = std::fs::remove_file(site.path(&asset));
            }
            vec![asset]
        }
        10 => {
            let folder = FOLDERS[numbers.below(2)];
            let order = ["date", "weight", "title", "none"][numbers.below(4)];
            let section = format!("content/{folder}/_index.md");
            site.write(
                &section,
                format!(
                    "+++\nsort_by = \"{order}\"\ntitle = \"S{step}\"\ntransparent = {}\n+++\n",
                    numbers.below(2) == 0
                ),
            );
            vec![section]
        }
        11 => {
            // A broken page, which the next edits may mend.
            site.write(&path, "+++\ntitle = \n+++\n");
            vec![path]
        }
        _ => {
            site.write(&path, document(numbers, n));
            vec![path]
        }
    }
}

/// Every output with its bytes, and every message.
type Output = (BTreeMap<String, Vec<u8>>, Vec<String>);

fn output(site: &Site, mut diagnostics: Vec<Diagnostic>) -> Output {
    let routes = plan(site, &mut diagnostics);
    let mut files = BTreeMap::new();
    for (path, route) in &routes {
        match render(site, path, route) {
            Ok(Artifact::Text(text)) => files.insert(path.clone(), text.into_bytes()),
            Ok(Artifact::Shared(text)) => files.insert(path.clone(), text.as_bytes().to_vec()),
            Ok(Artifact::Static(text)) => files.insert(path.clone(), text.as_bytes().to_vec()),
            Ok(Artifact::File { source, .. }) => files.insert(path.clone(), std::fs::read(source).expect("a file")),
            Err(errors) => {
                diagnostics.extend(errors);
                None
            }
        };
    }
    (files, messages(diagnostics))
}

fn messages(mut diagnostics: Vec<Diagnostic>) -> Vec<String> {
    Diagnostic::sort(&mut diagnostics);
    diagnostics
        .into_iter()
        .map(|d| format!("{} {}", d.message.en, d.place.map(|p| p.file).unwrap_or_default()))
        .collect()
}

#[test]
fn after_any_edit_warm_is_cold() {
    let good = follow(&site(), 500, edit);
    assert!(good > 300, "only {good} states of the site could be built");
}

/// A site whose generation is that of its only shortcode.
#[test]
fn a_site_of_either_generation_warm_is_cold() {
    let test = SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntitle = \"T\"\n")
        .file("templates/page.html", "{{ page.title }} {{ page.content | safe }}")
        .file("templates/section.html", LIST)
        .file("templates/index.html", LIST)
        .file(NOTE, "<b>{{ text }}</b>")
        .file("content/_index.md", "+++\n+++\n")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\ntext\n")
        .file("content/b.md", "+++\ntitle = \"B\"\n+++\n[link](@/a.md)\n");
    let good = follow(&test, 120, |site, numbers, step| {
        let page = format!("content/{}.md", ["a", "b", "c"][numbers.below(3)]);
        match numbers.below(8) {
            0 => {
                let _ = std::fs::remove_file(site.path(NOTE));
                vec![NOTE.to_owned()]
            }
            1 | 2 => {
                site.write(NOTE, format!("<b>{{{{ text }}}}{step}</b>"));
                vec![NOTE.to_owned()]
            }
            3 => {
                let dialect = ["0.22", "0.23"][numbers.below(2)];
                site.write("kepu.toml", format!("[content]\ndialect = \"{dialect}\"\n"));
                vec!["kepu.toml".to_owned()]
            }
            4 => {
                let _ = std::fs::remove_file(site.path("kepu.toml"));
                vec!["kepu.toml".to_owned()]
            }
            n => {
                let body = ["{{ note(text=\"x\") }}", "{{ page.title }}", "## heading\n[a](@/a.md)"][n - 5];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n+++\n{body}\n"));
                vec![page]
            }
        }
    });
    assert!(good > 40, "only {good} states of the site could be built");
}

const NOTE: &str = "templates/shortcodes/note.html";
const LIST: &str = "{% for page in section.pages %}{{ page.title }}{{ page.content | safe }}{% endfor %}";

/// A site with pages that come and go.
#[test]
fn an_outreach_site_warm_is_cold() {
    let test = SiteTest::empty()
        .file("config.toml", "base_url = \"https://example.com\"\ntitle = \"T\"\n")
        .file("kepu.toml", OUTREACH)
        .file("templates/page.html", "{{ page.title }} {{ page.content | safe }}")
        .file("templates/section.html", LIST)
        .file("templates/index.html", LIST)
        .file("content/_index.md", "+++\n+++\n")
        .file("content/a.md", "+++\ntitle = \"A\"\n+++\n[link](@/b.md)\n")
        .file("content/b.md", "+++\ntitle = \"B\"\n+++\n")
        .file("content/c.md", "+++\ntitle = \"C\"\n+++\n");
    let good = follow(&test, 100, |site, numbers, step| {
        let page = format!("content/{}.md", ["a", "b", "c"][numbers.below(3)]);
        match numbers.below(6) {
            0 => {
                site.write("kepu.toml", ["", OUTREACH][numbers.below(2)]);
                vec!["kepu.toml".to_owned()]
            }
            n @ (1 | 2) => {
                let when = ["2026-08-04", "2026-08-06"][n - 1];
                let key = ["publish_at", "expires"][numbers.below(2)];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n[extra]\n{key} = {when}\n+++\ntext\n"));
                vec![page]
            }
            _ => {
                let to = ["a", "b", "c"][numbers.below(3)];
                site.write(&page, format!("+++\ntitle = \"{step}\"\n+++\n[link](@/{to}.md)\n"));
                vec![page]
            }
        }
    });
    assert!(good > 40, "only {good} states of the site could be built");
}

const OUTREACH: &str = "[outreach.categories]\nvolunteer = \"Volunteers\"\n";

/// Makes edits and compares after each; tells how many states of the site could be built.
fn follow(test: &SiteTest, steps: usize, mut edit: impl FnMut(&SiteTest, &mut Numbers, usize) -> Vec<String>) -> usize {
    let found = find::find(test.root(), None).expect("a site");
    let root = found.root.clone();
    let request = Request {
        found,
        mode: Mode::Build,
        base_url: None,
        drafts: false,
        minify: false,
        zola_exact: false,
        now: BuildTime::parse("2026-08-05T10:00:00Z").expect("a time"),
        remember: true,
    };
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut warm = Site::load(&request, &mut Vec::new()).expect("a site");
    let mut since: BTreeSet<PathBuf> = BTreeSet::new();
    let mut good = 0;
    for step in 0..steps {
        // What changes within a tick of the clock must be told by the watcher, or by size or number.
        since.extend(edit(test, &mut numbers, step).into_iter().map(|path| root.join(path)));
        let (mut warm_said, mut cold_said) = (Vec::new(), Vec::new());
        let next = Site::load_after(&request, Some((&warm, &Changes::Paths(since.clone()))), &mut warm_said);
        let cold = Site::load(&request, &mut cold_said);
        match (next, cold) {
            (Some(next), Some(cold)) => {
                let (warm_out, cold_out) = (output(&next, warm_said), output(&cold, cold_said));
                crate::support::assert_same(&cold_out.0, &warm_out.0, &format!("step {step}: {since:?}"));
                assert_eq!(warm_out.1, cold_out.1, "step {step}: {since:?}");
                (warm, good) = (next, good + 1);
                since.clear();
            }
            (None, None) => {
                let said = messages(warm_said);
                assert_eq!(said, messages(cold_said), "step {step}: {since:?}");
                // Mended by its author, sooner or later.
                if numbers.below(2) == 0 {
                    for path in said.iter().filter_map(|message| message.rsplit_once(' ')).map(|(_, path)| path) {
                        if path.starts_with("content/") && std::fs::remove_file(test.path(path)).is_ok() {
                            since.insert(root.join(path));
                        }
                    }
                }
            }
            (warm, cold) => panic!("step {step}: warm {} cold {}", warm.is_some(), cold.is_some()),
        }
    }
    good
}
