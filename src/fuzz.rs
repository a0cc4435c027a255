//! What the fuzz targets and the test of their corpora run: no input may panic.
//!
//! Each function takes any bytes and throws the result away.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use tera::{Context, Value};

use crate::config::{self, Config, Differences, InsertAnchor, kepu};
use crate::content;
use crate::diagnostic::{Diagnostic, Language, json, render};
use crate::markdown::{self, Highlighter};
use crate::outreach;
use crate::shortcode::{self, Syntax};
use crate::template::{self, Engine};

/// A configuration file, and the same text as `kepu.toml`.
pub fn config(data: &[u8]) {
    let Some(text) = decode(data) else { return };
    let mut diagnostics = Vec::new();
    if let Some(config) = Config::parse("config.toml", &text, Differences::all(), &mut diagnostics) {
        config.permalink("/a/");
        config.taxonomy_path("zh", "tags");
    }
    kepu::parse("kepu.toml", &text, &mut diagnostics);
    show(&diagnostics);
}

/// A page and a section whose whole text is given.
pub fn front_matter(data: &[u8]) {
    let Some(text) = decode(data) else { return };
    let mut diagnostics = Vec::new();
    let page = content::parse_page("blog/2026-01-02-name.md", text.clone(), &SITE.config, &mut diagnostics);
    let section = content::parse_section("blog/_index.md", text, &SITE.config, &mut diagnostics);
    // The same as pages of an outreach site.
    let categories = [("volunteer".to_owned(), "志愿服务".to_owned())].into_iter().collect();
    let raw = config::RawOutreach { categories, ..config::RawOutreach::default() };
    if let Some(settings) = config::Outreach::merge(Some(raw), None) {
        let mut content = content::Content {
            pages: page.into_iter().map(Arc::new).collect(),
            sections: section.into_iter().map(Arc::new).collect(),
        };
        let (nowhere, shown) = (Path::new("/nowhere"), |path: &Path| path.display().to_string());
        let now = jiff::Timestamp::UNIX_EPOCH;
        let outreach = outreach::load(&mut content, &SITE.config, &settings, nowhere, &shown, now, &mut diagnostics);
        outreach.activity_figures(outreach::Filter::default());
        outreach.calendar(None);
    }
    show(&diagnostics);
}

/// A body: shortcodes, a template, then Markdown with every option.
pub fn body(data: &[u8]) {
    let Some(text) = decode(data) else { return };
    for syntax in [Syntax::All, Syntax::Known(&|name| name.len() % 2 == 1)] {
        shortcode::parse(&text, 0, syntax).calls().count();
    }
    let mut diagnostics = Vec::new();
    let mut context = Context::new();
    context.insert_value("lang", Value::from("zh"));
    // An endless template is no panic, and the fuzzer would only find the loop again and again.
    let endless = ["range", "for", "component"].iter().any(|word| text.contains(word));
    let templated = match text.contains("{{") || text.contains("{%") {
        true if !endless => match SITE.engine.render_content("content/a.md", &text, 0, &context) {
            Ok(text) => Some(text),
            Err(errors) => {
                diagnostics.extend(errors);
                None
            }
        },
        _ => None,
    };
    for (text, source) in [(templated.as_deref(), None), (Some(text.as_str()), Some((text.as_str(), 0)))] {
        let Some(text) = text else { continue };
        let context = markdown::Context {
            config: &SITE.config,
            highlighter: &SITE.highlighter,
            file: "content/a.md",
            content_path: "a.md",
            source,
            insertions: None,
            before_0_23: text.len() % 2 == 1,
            permalink: "https://example.com/a/",
            insert_anchor: InsertAnchor::Heading,
            unpublished: &|_| None,
            resolve: &|path| (path.len() % 2 == 0).then(|| "https://example.com/b/".to_owned()),
            anchor_link: &|id, _| Ok(format!("<a href=\"#{id}\">¶</a>")),
            summary_cutoff: &|_| Ok("…".to_owned()),
        };
        markdown::render(text, &context, &mut diagnostics);
    }
    show(&diagnostics);
}

/// A template of Tera 1: what parses must lower to something that Tera 2 reads.
pub fn tera1(data: &[u8]) {
    let Some(text) = decode(data) else { return };
    // Several files apart by a line, so that parents, includes and macros are tried too.
    let files: Vec<(String, &str)> =
        text.split("\n----\n").enumerate().map(|(i, text)| (format!("{i}.html"), text)).collect();
    let sources: Vec<_> = files.iter().map(|(name, text)| template::tera1::Source { name, text }).collect();
    template::signs(&text);
    // With every name known, and with none.
    let lowered = [true, false].map(|known| template::tera1::lower(&sources, &[], &[], &move |_, _| known));
    for template in lowered.into_iter().flatten().flatten() {
        let mut tera = tera::Tera::default();
        if let Err(error) = tera.add_raw_template(&template.name, &template.text)
            && let tera::ErrorKind::SyntaxError(report) = error.kind()
        {
            // Tera 2 has limits that Tera 1 has not.
            let limits = ["too complex", "too deep", "maximum of", "nested brackets"];
            assert!(limits.iter().any(|l| report.message().contains(l)), "{}\n{}", report.message(), template.text);
        }
    }
}

struct Site {
    config: Arc<Config>,
    engine: Engine,
    highlighter: Highlighter,
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    let source = "base_url = \"https://example.com\"\ndefault_language = \"zh\"\ntaxonomies = [{ name = \"tags\" }]\n\
                  [languages.en]\n[markdown]\nrender_emoji = true\nsmart_punctuation = true\ndefinition_list = true\n\
                  bottom_footnotes = true\ngithub_alerts = true\nlazy_async_image = true\n\
                  [markdown.highlighting]\ntheme = \"github-light\"\n";
    let mut diagnostics = Vec::new();
    let config = Config::parse("config.toml", source, Differences::all(), &mut diagnostics);
    let now = jiff::Timestamp::UNIX_EPOCH;
    let register = |tera: &mut tera::Tera| {
        template::filters::register(tera, "zh", now);
        crate::site::register_names(tera);
    };
    let engine = Engine::new(Vec::new(), None, register, &mut diagnostics);
    match (config, engine) {
        (Some(config), Some(engine)) => {
            let highlighter = Highlighter::new(&config, &PathBuf::new());
            Site { config: Arc::new(config), engine, highlighter }
        }
        _ => panic!("the fuzz targets' own site is broken: {diagnostics:?}"),
    }
});

/// As files are read, encodings included.
fn decode(data: &[u8]) -> Option<String> {
    content::decode(data.to_vec(), "content/a.md", &mut Vec::new()).ok()
}

/// Showing a diagnostic must not panic either.
fn show(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        render::report(diagnostic, Language::Zh, true);
        json::line(diagnostic, Language::En);
    }
}
