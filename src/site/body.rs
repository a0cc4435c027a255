//! The bodies of documents: templating, then Markdown.
//!
//! A body needs the addresses of all documents, but no other document's body; so bodies are rendered in any order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tera::{Context as TeraContext, Value};

use crate::config::{Config, InsertAnchor};
use crate::content::{Page, Section};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::markdown::{self, Heading, Highlighter, InternalLink};
use crate::shortcode::Syntax;
use crate::template::{Dialect, Engine};

use super::generation::Treatment;
use super::shortcodes::{self, Definitions, Expanded};
use super::values;

/// A rendered body, in the form in which templates see it.
#[derive(Debug)]
pub struct Body {
    pub content: Value,
    pub summary: Value,
    pub toc: Value,
    /// The ids of all headings.
    pub heading_ids: Vec<String>,
    pub internal_links: Vec<InternalLink>,
    pub reads: Reads,
    /// What was said while it was rendered.
    pub told: Vec<Diagnostic>,
}

/// What a body was made of besides its document and the configuration.
#[derive(Debug)]
pub struct Reads {
    pub insert_anchor: InsertAnchor,
    /// Content paths that were looked up, and the permalinks found.
    pub permalinks: Vec<(String, Option<String>)>,
    /// Whether templates wrote the links of its headings or the end of its summary.
    pub helpers: bool,
    /// Whether the body calls templates or shortcodes, which may ask for anything, or links to what is not published now.
    pub anything: bool,
}

impl Reads {
    /// Whether all of it is as it was. `helpers`: whether the templates that bodies use by themselves are.
    pub fn are_same(
        &self,
        insert_anchor: InsertAnchor,
        helpers: bool,
        resolve: &dyn Fn(&str) -> Option<String>,
    ) -> bool {
        self.are_same_by_outline(helpers)
            && self.insert_anchor == insert_anchor
            && self.permalinks.iter().all(|(path, found)| resolve(path) == *found)
    }

    /// The same where all documents are in the same places, and all sections are as they were.
    pub fn are_same_by_outline(&self, helpers: bool) -> bool {
        !self.anything && (!self.helpers || helpers)
    }
}

impl Body {
    /// The body of a document whose body is not rendered yet.
    pub fn empty() -> Self {
        Self {
            content: Value::from(""),
            summary: Value::none(),
            toc: Value::from(Vec::<Value>::new()),
            heading_ids: Vec::new(),
            internal_links: Vec::new(),
            reads: Reads { insert_anchor: InsertAnchor::None, permalinks: Vec::new(), helpers: false, anything: true },
            told: Vec::new(),
        }
    }

    /// Whether there was an error.
    pub fn has_failed(&self) -> bool {
        self.told.iter().any(Diagnostic::is_error)
    }
}

/// What all bodies of a site are rendered with.
pub struct BodyRenderer<'a> {
    pub config: &'a Config,
    pub engine: &'a Engine,
    pub highlighter: &'a Highlighter,
    pub shortcodes: &'a Definitions,
    /// The generation of bodies without signs of their own.
    pub dialect: Dialect,
    /// Content path to permalink.
    pub resolve: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// Why a document is not in the site now.
    pub unpublished: &'a (dyn Fn(&str) -> Option<Text> + Sync),
}

/// The parts of a page or section that its body is rendered from.
pub struct Source<'a> {
    /// Relative to `content/`.
    pub relative: &'a str,
    pub text: &'a str,
    /// Where the body begins in `text`.
    pub start: usize,
    pub lang: &'a str,
    pub permalink: &'a str,
    pub insert_anchor: InsertAnchor,
}

impl<'a> Source<'a> {
    pub fn page(page: &'a Page, insert_anchor: InsertAnchor) -> Self {
        Self {
            relative: &page.file.relative,
            text: &page.text,
            start: page.body.start,
            lang: &page.lang,
            permalink: &page.permalink,
            insert_anchor,
        }
    }

    pub fn section(section: &'a Section, insert_anchor: InsertAnchor) -> Self {
        Self {
            relative: &section.file.relative,
            text: &section.text,
            start: section.body.start,
            lang: &section.lang,
            permalink: &section.permalink,
            insert_anchor,
        }
    }

    fn body(&self) -> &'a str {
        self.text.get(self.start..).unwrap_or_default()
    }
}

impl BodyRenderer<'_> {
    /// Renders one body. `context` is asked for only if the body is a template or calls shortcodes.
    pub fn render(&self, source: &Source, context: impl Fn(Dialect) -> TeraContext) -> Body {
        let mut told = Vec::new();
        let rendered = self.render_sound(source, context, &mut told);
        let mut body = rendered.unwrap_or_else(Body::empty);
        // A body with an error is always rendered again, whatever the reason was.
        body.reads.anything |= told.iter().any(Diagnostic::is_error);
        body.told = told;
        body
    }

    /// None where an error stands in the way.
    fn render_sound(
        &self,
        source: &Source,
        context: impl Fn(Dialect) -> TeraContext,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Body> {
        let file = format!("content/{}", source.relative);
        let treatment = Treatment::of(self.dialect, source.relative, source.body(), self.config, self.engine);
        let is_known = |name: &str| self.shortcodes.contains(name);
        let syntax = match treatment {
            Treatment::Shortcodes => Some(Syntax::All),
            Treatment::Template if !self.shortcodes.is_empty() => Some(Syntax::Known(&is_known)),
            Treatment::Template | Treatment::Text => None,
        };
        // What a template or a shortcode asks for is not known, so such a body is never taken from another snapshot.
        let anything = AtomicBool::new(self.dialect == Dialect::Tera1 || treatment != Treatment::Text);
        let expanded = syntax.and_then(|syntax| {
            let body = shortcodes::Body { file: &file, text: source.text, start: source.start };
            let context = || context(Dialect::Tera1);
            shortcodes::expand(body, syntax, self.shortcodes, self.engine, context, diagnostics)
        });
        if diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let templated = if treatment == Treatment::Template {
            let rendered = match &expanded {
                Some(expanded) => self.render_expanded(&file, source, expanded, &context(Dialect::Tera2)),
                None => self.engine.render_content(&file, source.text, source.start, &context(Dialect::Tera2)),
            };
            match rendered {
                Ok(text) => Some(text),
                Err(mut errors) => {
                    let body = shortcodes::Body { file: &file, text: source.text, start: source.start };
                    for error in &mut errors {
                        if let Some(advice) = shortcodes::advice_at(error, &body, self.shortcodes, self.engine) {
                            error.help = Some(advice);
                        }
                    }
                    diagnostics.extend(errors);
                    return None;
                }
            }
        } else {
            None
        };
        let text = match (&templated, &expanded) {
            (Some(text), _) => text,
            (None, Some(expanded)) => expanded.text.as_str(),
            (None, None) => source.body(),
        };
        let lang = source.lang;
        let permalinks = Mutex::new(Vec::new());
        let helpers = AtomicBool::new(false);
        let resolve = |path: &str| {
            let found = (self.resolve)(path);
            let mut permalinks = permalinks.lock().unwrap_or_else(PoisonError::into_inner);
            permalinks.push((path.to_owned(), found.clone()));
            found
        };
        let context = markdown::Context {
            config: self.config,
            highlighter: self.highlighter,
            file: &file,
            content_path: source.relative,
            source: templated.is_none().then_some((source.text, source.start)),
            insertions: expanded.as_ref().map(|expanded| &expanded.insertions),
            before_0_23: self.dialect == Dialect::Tera1,
            permalink: source.permalink,
            insert_anchor: source.insert_anchor,
            resolve: &resolve,
            unpublished: &|path| {
                let why = (self.unpublished)(path);
                anything.fetch_or(why.is_some(), Ordering::Relaxed);
                why
            },
            anchor_link: &|id, level| {
                helpers.store(true, Ordering::Relaxed);
                anchor_link(self.engine, id, level, lang)
            },
            summary_cutoff: &|summary| {
                helpers.store(true, Ordering::Relaxed);
                summary_cutoff(self.engine, summary, lang)
            },
        };
        let rendered = markdown::render(text, &context, diagnostics);
        let mut heading_ids = Vec::new();
        collect_ids(&rendered.toc, &mut heading_ids);
        Some(Body {
            content: Value::from(rendered.body),
            summary: Value::from(rendered.summary),
            toc: values::toc(&rendered.toc),
            heading_ids,
            internal_links: rendered.internal_links,
            told: Vec::new(),
            reads: Reads {
                insert_anchor: source.insert_anchor,
                permalinks: permalinks.into_inner().unwrap_or_else(PoisonError::into_inner),
                helpers: helpers.into_inner(),
                anything: anything.into_inner(),
            },
        })
    }

    /// Renders a body as a template in which marks stand for its shortcodes. Errors point at the file.
    fn render_expanded(
        &self,
        file: &str,
        source: &Source,
        expanded: &Expanded,
        context: &TeraContext,
    ) -> Result<String, Vec<Diagnostic>> {
        let rendered = self.engine.render_content(file, &expanded.text, 0, context);
        rendered.map(|text| expanded.put_markdown(&text)).map_err(|mut errors| {
            for place in errors.iter_mut().filter_map(|error| error.place.as_mut()) {
                if place.file == file
                    && let Some((_, span)) = place.excerpt.take()
                {
                    *place = match expanded.insertions.locate(span) {
                        Some(span) => Place::span(file, source.text, span),
                        None => Place::file(file),
                    };
                }
            }
            errors
        })
    }
}

/// The link that headings get, by the template `anchor-link.html`.
pub fn anchor_link(engine: &Engine, id: &str, level: u8, lang: &str) -> crate::diagnostic::Result<String> {
    let mut context = TeraContext::new();
    context.insert_value("id", Value::from(id));
    context.insert_value("level", Value::from(level));
    context.insert_value("lang", Value::from(lang));
    engine.render("anchor-link.html", &context).map_err(first)
}

/// What ends a summary that was cut inside a block, by the template `summary-cutoff.html`.
pub fn summary_cutoff(engine: &Engine, summary: &str, lang: &str) -> crate::diagnostic::Result<String> {
    let mut context = TeraContext::new();
    context.insert_value("summary", Value::from(summary));
    context.insert_value("lang", Value::from(lang));
    engine.render("summary-cutoff.html", &context).map_err(first)
}

fn first(errors: Vec<Diagnostic>) -> Box<Diagnostic> {
    Box::new(
        errors.into_iter().next().unwrap_or_else(|| Diagnostic::io("templates", &std::io::Error::other("template"))),
    )
}

fn collect_ids(headings: &[Heading], ids: &mut Vec<String>) {
    for heading in headings {
        ids.push(heading.id.clone());
        collect_ids(&heading.children, ids);
    }
}
