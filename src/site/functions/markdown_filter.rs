//! The filter `markdown`.

use std::cell::Cell;
use std::sync::{Arc, Weak};

use tera::{Context, Filter, Kwargs, State, TeraResult, Value};

use super::Early;
use crate::config::InsertAnchor;
use crate::diagnostic::{Diagnostic, Text};
use crate::markdown::{self, Highlighter, Insertions};
use crate::shortcode::Syntax;
use crate::site::body;
use crate::site::shortcodes::{self, Definitions};
use crate::template::{self, Engine};
use crate::text;

/// The question for the address of a document by its content path.
pub const PERMALINK: &str = "permalink of";

pub const NAME: &str = "markdown";
/// The filter for templates of Zola up to 0.22, where it evaluated shortcodes and knew no page.
pub const TERA1_NAME: &str = "t1_markdown";

/// Shortcodes may use the filter, which may call shortcodes, …
const DEEPEST: usize = 16;

thread_local! {
    /// How many of these filters are at work, one inside the other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// One filter at work, until it is dropped.
struct Depth;

impl Depth {
    fn enter() -> Option<Self> {
        let depth = DEPTH.get();
        (depth < DEEPEST).then(|| {
            DEPTH.set(depth + 1);
            Self
        })
    }
}

impl Drop for Depth {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}

/// What renders strings of Markdown that stand in templates.
pub struct Snippets {
    pub early: Early,
    pub highlighter: Arc<Highlighter>,
    pub shortcodes: Arc<Definitions>,
}

impl Snippets {
    /// Registers both filters in an engine that has all its other functions.
    pub fn register(self, engine: &mut Engine) {
        let snippets = Arc::new(self);
        // Anchors and shortcodes are rendered by an engine of their own, in which the filters must be, too.
        let inner = Arc::new_cyclic(|inner: &Weak<Engine>| {
            let mut inside = engine.clone();
            for tera1 in [false, true] {
                register(&mut inside, &snippets, tera1, EngineRef::Inner(inner.clone()));
            }
            inside
        });
        for tera1 in [false, true] {
            register(engine, &snippets, tera1, EngineRef::Outer(inner.clone()));
        }
    }
}

fn register(engine: &mut Engine, snippets: &Arc<Snippets>, tera1: bool, inner: EngineRef) {
    let filter = MarkdownFilter { snippets: snippets.clone(), engine: inner, tera1 };
    engine.tera_mut().register_filter(if tera1 { TERA1_NAME } else { NAME }, filter);
}

/// The engine inside must not keep itself alive.
enum EngineRef {
    Outer(Arc<Engine>),
    Inner(Weak<Engine>),
}

/// Renders a string as Markdown; since Zola 0.23 with the links of the page or section that is being rendered.
struct MarkdownFilter {
    snippets: Arc<Snippets>,
    engine: EngineRef,
    tera1: bool,
}

impl Filter<&str, TeraResult<String>> for MarkdownFilter {
    fn call(&self, value: &str, kwargs: Kwargs, state: &State) -> TeraResult<String> {
        let inline = kwargs.get::<bool>("inline")?.unwrap_or(false);
        let engine = match &self.engine {
            EngineRef::Outer(engine) => engine.clone(),
            EngineRef::Inner(engine) => match engine.upgrade() {
                Some(engine) => engine,
                None => return Ok(value.to_owned()),
            },
        };
        let Some(_depth) = Depth::enter() else {
            return Err(template::error(text!(
                "`markdown` and shortcodes call each other without end",
                "`markdown` 与短代码互相调用，没有尽头"
            )));
        };
        let mut diagnostics = Vec::new();
        let html = match self.tera1 {
            true => self.with_shortcodes(value, inline, &engine, &mut diagnostics),
            false => self.of_document(value, inline, &engine, state, &mut diagnostics),
        };
        match diagnostics.into_iter().find(Diagnostic::is_error) {
            None => Ok(html),
            Some(error) => {
                let place = error.place.as_ref().filter(|place| !place.file.is_empty());
                let locus = place.map_or(String::new(), |place| match place.line_column() {
                    Some((line, column)) => format!(" ({}:{line}:{column})", place.file),
                    None => String::new(),
                });
                let Text { en, zh } = error.message;
                // What a filter inside this one says is enough.
                if en.starts_with("`markdown`: ") {
                    return Err(template::error(Text { en, zh }));
                }
                Err(template::error(Text {
                    en: format!("`markdown`: {en}{locus}"),
                    zh: format!("`markdown`：{zh}{locus}"),
                }))
            }
        }
    }
}

impl MarkdownFilter {
    fn of_document(
        &self,
        value: &str,
        inline: bool,
        engine: &Engine,
        state: &State,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> String {
        let document = ["page", "section"].iter().find_map(|name| state.get::<Value>(name).ok().flatten());
        let field = |name: &'static str| {
            document.as_ref().and_then(|d| d.get_from_path(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let lang = match &document {
            Some(_) => state.get::<String>("lang").ok().flatten(),
            None => None,
        }
        .unwrap_or_else(|| self.snippets.early.config.default_language.clone());
        let (path, permalink) = (field("relative_path"), field("permalink"));
        let at = At { path: &path, permalink: &permalink, lang: &lang };
        self.render(value, inline, engine, at, None, diagnostics)
    }

    fn with_shortcodes(&self, value: &str, inline: bool, engine: &Engine, diagnostics: &mut Vec<Diagnostic>) -> String {
        let lang = &self.snippets.early.config.default_language;
        let at = At { path: "", permalink: "", lang };
        if !value.contains("{{") && !value.contains("{%") {
            return self.render(value, inline, engine, at, None, diagnostics);
        }
        let body = shortcodes::Body { file: "", text: value, start: 0 };
        let expanded =
            shortcodes::expand(body, Syntax::All, &self.snippets.shortcodes, engine, Context::new, diagnostics);
        match &expanded {
            Some(expanded) => self.render(&expanded.text, inline, engine, at, Some(&expanded.insertions), diagnostics),
            None => self.render(value, inline, engine, at, None, diagnostics),
        }
    }

    fn render(
        &self,
        value: &str,
        inline: bool,
        engine: &Engine,
        at: At,
        insertions: Option<&Insertions>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> String {
        let early = &self.snippets.early;
        let file = format!("content/{}", at.path);
        let context = markdown::Context {
            config: &early.config,
            highlighter: &self.snippets.highlighter,
            file: &file,
            content_path: at.path,
            source: None,
            insertions,
            before_0_23: self.tera1,
            permalink: at.permalink,
            insert_anchor: InsertAnchor::None,
            unpublished: &|path| early.unpublished(path),
            resolve: &|path| early.permalink(path),
            anchor_link: &|id, level| body::anchor_link(engine, id, level, at.lang),
            summary_cutoff: &|summary| body::summary_cutoff(engine, summary, at.lang),
        };
        match inline {
            true => markdown::render_inline(value, &context, diagnostics),
            false => markdown::render(value, &context, diagnostics).body,
        }
    }
}

/// The document that a string belongs to.
struct At<'a> {
    path: &'a str,
    permalink: &'a str,
    lang: &'a str,
}
