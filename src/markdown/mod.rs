//! One Markdown body in → HTML, summary, headings and links out, with colours for code.
//!
//! The dialect and the markup are Zola's, except where `config.differences` says otherwise. What a link to
//! another page leads to, and what the site's templates make of anchors and cut-offs, is asked of the caller.
//! Not its business: front matter, templates inside the body, counting words, whether anchors exist.

mod attributes;
mod breaks;
mod code;
mod containers;
mod emoji;
mod escape;
mod flanking;
mod footnotes;
mod headings;
mod highlight;
mod ids;
mod insertions;
mod links;
mod nested_footnotes;
mod parse;
mod reports;
mod smart;
mod source;
mod strike;
mod summary;
mod table_rows;
#[cfg(test)]
mod tests;
mod toc;
mod writer;

use std::ops::Range;

use comrak::Arena;

use crate::config::{Config, InsertAnchor};
use crate::diagnostic::{Diagnostic, Place, Result, Text};

pub use highlight::Highlighter;
pub use insertions::{Insertions, Run};
pub use toc::Heading;

/// What rendering a body needs to know of its page and site.
pub struct Context<'a> {
    pub config: &'a Config,
    pub highlighter: &'a Highlighter,
    /// The source file relative to the site's root, for messages.
    pub file: &'a str,
    /// The source file relative to `content/`, to which links like `#id` lead; empty when there is none.
    pub content_path: &'a str,
    /// The whole text of the file, and the byte at which the body starts in it. None when the body came out
    /// of a template: messages then name the file only.
    pub source: Option<(&'a str, usize)>,
    /// What marks in the body stand for, and where the body's text was before they were put in.
    pub insertions: Option<&'a Insertions>,
    /// Whether the markup is that of Zola up to 0.22 where later versions changed it.
    pub before_0_23: bool,
    pub permalink: &'a str,
    pub insert_anchor: InsertAnchor,
    /// From the path of a file below `content/` to its page's address.
    pub resolve: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// Why a file below `content/` is not in the site now, though it exists.
    pub unpublished: &'a (dyn Fn(&str) -> Option<Text> + Sync),
    /// The HTML of a link to the heading with an id and level.
    pub anchor_link: &'a (dyn Fn(&str, u8) -> Result<String> + Sync),
    /// What to put at the end of a summary that was cut inside a paragraph.
    pub summary_cutoff: &'a (dyn Fn(&str) -> Result<String> + Sync),
}

/// What became of a body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    pub body: String,
    /// The part above `<!-- more -->`.
    pub summary: Option<String>,
    pub toc: Vec<Heading>,
    /// Links to pages of the site that exist.
    pub internal_links: Vec<InternalLink>,
    /// Links to `http:` and `https:` addresses.
    pub external_links: Vec<Link>,
}

/// A link to a page of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalLink {
    /// The page's file below `content/`.
    pub path: String,
    pub anchor: Option<String>,
    /// Where the address is in the file, in bytes.
    pub span: Option<Range<usize>>,
}

/// A link to the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub url: String,
    /// Where the address is in the file, in bytes.
    pub span: Option<Range<usize>>,
}

/// The place of a link by its span; `source` is the text of the whole file, if it is at hand.
pub fn link_place(span: &Option<Range<usize>>, file: &str, source: Option<&str>) -> Place {
    match (span, source) {
        (Some(span), Some(source)) => Place::span(file, source, span.clone()),
        _ => Place::file(file),
    }
}

/// Renders a body. Every error and warning goes to `diagnostics`; there is always a result.
pub fn render(text: &str, context: &Context, diagnostics: &mut Vec<Diagnostic>) -> Rendered {
    let source = source::Source::new(text, context.file, context.source, context.insertions);
    let arena = Arena::new();
    let root = match parse::parse(&arena, text, context.config) {
        Ok(root) => root,
        Err(error) => {
            diagnostics.push(source.locate(*error, None));
            return Rendered::default();
        }
    };
    if text.contains("[^") {
        nested_footnotes::lift(&arena, root);
    }
    let attributes = attributes::take_all(root, &source);
    if text.contains('~') {
        strike::apply(&arena, root, context.config.differences.cjk_emphasis);
    }
    if context.config.markdown.smart_punctuation {
        smart::apply(root);
    }
    let mut writer = writer::Writer::new(context, &source, diagnostics);
    for id in attributes.iter().filter_map(|attributes| attributes.id.as_deref()) {
        writer.ids.reserve(id);
    }
    writer.attributes = attributes.into_iter();
    writer.document(root);
    writer.collected_footnotes();
    let summary = writer.summary();
    writer.reports.finish();
    Rendered {
        summary,
        toc: toc::nest(writer.headings),
        internal_links: writer.internal_links,
        external_links: writer.external_links,
        body: writer.out,
    }
}

/// As [`render`], but without the `<p>` around the body: the filter `markdown(inline=true)`.
pub fn render_inline(text: &str, context: &Context, diagnostics: &mut Vec<Diagnostic>) -> String {
    let body = render(text, context, diagnostics).body;
    body.trim_start_matches("<p>").trim_end_matches("</p>\n").to_owned()
}
