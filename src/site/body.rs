//! The bodies of documents: templating, then Markdown.
//!
//! A body needs the addresses of all documents, but no other document's body; so bodies are rendered in any order.

use tera::{Context as TeraContext, Value};

use crate::config::{Config, InsertAnchor};
use crate::content::{Page, Section};
use crate::diagnostic::{Diagnostic, Text};
use crate::markdown::{self, Heading, Highlighter, InternalLink};
use crate::template::Engine;

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
        }
    }
}

/// What all bodies of a site are rendered with.
pub struct BodyRenderer<'a> {
    pub config: &'a Config,
    pub engine: &'a Engine,
    pub highlighter: &'a Highlighter,
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

    /// Whether the body is a template.
    pub fn is_template(&self, config: &Config) -> bool {
        let body = self.text.get(self.start..).unwrap_or_default();
        (body.contains("{{") || body.contains("{%")) && !config.skip_content_templating.is_match(self.relative)
    }
}

impl BodyRenderer<'_> {
    /// Renders one body. `context` is asked for only if the body is a template.
    pub fn render(
        &self,
        source: &Source,
        context: impl FnOnce() -> TeraContext,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Body {
        let file = format!("content/{}", source.relative);
        let templated = if source.is_template(self.config) {
            match self.engine.render_content(&file, source.text, source.start, &context()) {
                Ok(text) => Some(text),
                Err(errors) => {
                    diagnostics.extend(errors);
                    return Body::empty();
                }
            }
        } else {
            None
        };
        let text = templated.as_deref().unwrap_or_else(|| source.text.get(source.start..).unwrap_or_default());
        let lang = source.lang;
        let context = markdown::Context {
            config: self.config,
            highlighter: self.highlighter,
            file: &file,
            content_path: source.relative,
            source: templated.is_none().then_some((source.text, source.start)),
            permalink: source.permalink,
            insert_anchor: source.insert_anchor,
            resolve: self.resolve,
            unpublished: self.unpublished,
            anchor_link: &|id, level| anchor_link(self.engine, id, level, lang),
            summary_cutoff: &|summary| summary_cutoff(self.engine, summary, lang),
        };
        let rendered = markdown::render(text, &context, diagnostics);
        let mut heading_ids = Vec::new();
        collect_ids(&rendered.toc, &mut heading_ids);
        Body {
            content: Value::from(rendered.body),
            summary: Value::from(rendered.summary),
            toc: values::toc(&rendered.toc),
            heading_ids,
            internal_links: rendered.internal_links,
        }
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
