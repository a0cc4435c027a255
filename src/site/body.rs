//! The bodies of documents: templating, then Markdown.
//!
//! A body needs the addresses of all documents, but no other document's body; so bodies are rendered in any order.

use std::sync::atomic::{AtomicBool, Ordering};

use tera::{Context as TeraContext, Value};

use crate::cache::{Digest, Digester};
use crate::config::{Config, InsertAnchor};
use crate::content::{Page, Section};
use crate::diagnostic::{Diagnostic, Place};
use crate::markdown::{self, Heading, Highlighter, InternalLink};
use crate::shortcode::Syntax;
use crate::template::{Dialect, Engine};

use super::functions::{Asked, Early, asked};
use super::generation::Treatment;
use super::memo::{Memo, Recipe};
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
    /// Of everything that it was made of, where that is known.
    made_of: Option<Digest>,
    pub reads: Reads,
    /// What was said while it was rendered.
    pub told: Vec<Diagnostic>,
}

/// What a body was made of besides its document and the configuration.
#[derive(Debug)]
pub struct Reads {
    pub insert_anchor: InsertAnchor,
    /// Whether templates wrote the links of its headings or the end of its summary.
    helpers: bool,
    /// Where the body may call templates: what it saw of other documents in its own.
    around: Option<Around>,
    asked: Asked,
}

/// What the value of a document says of others: its ancestors, translations and subsections.
pub type Around = [Value; 3];

/// What became of the templates since a body was rendered.
#[derive(Clone, Copy, Debug)]
pub struct TemplatesSince {
    /// All are as they were.
    pub same: bool,
    /// Those that bodies use by themselves are, and ask for nothing.
    pub same_helpers: bool,
}

impl Reads {
    /// Whether all of it but the templates is as it was.
    pub fn are_same(&self, insert_anchor: InsertAnchor, around: impl FnOnce() -> Around, early: &Early) -> bool {
        self.insert_anchor == insert_anchor
            && self.around.as_ref().is_none_or(|then| *then == around())
            && self.asked.is_same(early)
    }

    /// Whether that is certain already by all documents being in the same places, and all sections as they were.
    pub fn are_same_by_outline(&self) -> bool {
        self.around.is_none() && self.asked.is_same_by_outline()
    }

    /// Whether the templates that were used are as they were.
    pub fn are_same_templates(&self, templates: TemplatesSince) -> bool {
        templates.same || (self.around.is_none() && (!self.helpers || templates.same_helpers))
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
            made_of: None,
            reads: Reads { insert_anchor: InsertAnchor::None, helpers: false, around: None, asked: Asked::unknown() },
            told: Vec::new(),
        }
    }

    /// What tells it from bodies that came out otherwise.
    pub fn digest(&self) -> Digest {
        self.made_of.unwrap_or_else(|| {
            let mut digester = Digester::new();
            for part in [&self.content, &self.summary, &self.toc] {
                digester.value(part, &|_| None);
            }
            digester.finish()
        })
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
    pub early: &'a Early,
    pub memo: Option<&'a Memo>,
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
    /// The page that it is, which may know its digest.
    page: Option<&'a Page>,
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
            page: Some(page),
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
            page: None,
        }
    }

    fn body(&self) -> &'a str {
        self.text.get(self.start..).unwrap_or_default()
    }
}

impl BodyRenderer<'_> {
    /// Renders one body. `context` is asked for only if the body is a template or calls shortcodes.
    pub fn render(
        &self,
        source: &Source,
        context: impl Fn(Dialect) -> TeraContext,
        around: impl FnOnce() -> Around,
    ) -> Body {
        let mut told = Vec::new();
        let (rendered, asked) = asked::during(|| self.render_sound(source, context, &mut told));
        let mut body = rendered.unwrap_or_else(Body::empty);
        // A body with an error is always rendered again, whatever the reason was.
        if !told.iter().any(Diagnostic::is_error) {
            body.reads.asked = asked;
        }
        body.reads.around = may_call(source.body()).then(around);
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
        let helpers = AtomicBool::new(false);
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
            resolve: &|path| self.early.permalink(path),
            unpublished: &|path| self.early.unpublished(path),
            anchor_link: &|id, level| {
                helpers.store(true, Ordering::Relaxed);
                anchor_link(self.engine, id, level, lang)
            },
            summary_cutoff: &|summary| {
                helpers.store(true, Ordering::Relaxed);
                summary_cutoff(self.engine, summary, lang)
            },
        };
        let (rendered, made_of) = match self.memo {
            Some(memo) => {
                let is_plain = templated.is_none() && expanded.is_none();
                let recipe = Recipe {
                    text: match source.page.filter(|_| is_plain) {
                        Some(page) => page.markdown_digest(),
                        None => Digest::of(text.as_bytes()),
                    },
                    lang,
                    content_path: source.relative,
                    permalink: source.permalink,
                    start: context.source.map(|(_, start)| start),
                    before_0_23: context.before_0_23,
                    insert_anchor: source.insert_anchor,
                };
                memo.render(text, &recipe, &context, diagnostics)
            }
            None => (markdown::render(text, &context, diagnostics), None),
        };
        let mut heading_ids = Vec::new();
        collect_ids(&rendered.toc, &mut heading_ids);
        Some(Body {
            content: Value::from(rendered.body),
            summary: Value::from(rendered.summary),
            toc: values::toc(&rendered.toc),
            heading_ids,
            internal_links: rendered.internal_links,
            made_of,
            told: Vec::new(),
            reads: Reads {
                insert_anchor: source.insert_anchor,
                helpers: helpers.into_inner(),
                around: None,
                asked: Asked::unknown(),
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

/// Whether a body may be a template or call shortcodes.
fn may_call(body: &str) -> bool {
    body.contains("{{") || body.contains("{%")
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
