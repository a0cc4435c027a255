//! Footnotes: where they stand, or collected at the end of the page (`bottom_footnotes`).

use std::collections::HashMap;
use std::fmt::Write;
use std::ops::Range;

use super::escape;
use super::writer::Writer;

/// The footnotes of one page.
#[derive(Default)]
pub struct Footnotes {
    /// Number and count of references, by name.
    numbers: HashMap<String, (usize, usize)>,
    /// Where the references are in the page, until its summary ends.
    pub references: Vec<Range<usize>>,
    /// The definitions being written, innermost last.
    open: Vec<Open>,
    written: Vec<Definition>,
}

struct Open {
    name: String,
    /// What was written before, to come back to.
    outer: String,
    /// The end of the last paragraph in it.
    paragraph_end: Option<usize>,
}

struct Definition {
    name: String,
    html: String,
    paragraph_end: Option<usize>,
}

impl Footnotes {
    /// A paragraph is about to be closed at a byte of the output.
    pub fn paragraph_ends(&mut self, at: usize) {
        if let Some(open) = self.open.last_mut() {
            open.paragraph_end = Some(at);
        }
    }

    /// How much of the page itself is written while definitions are.
    pub fn page_length(&self) -> Option<usize> {
        self.open.first().map(|open| open.outer.len())
    }

    fn number(&mut self, name: &str) -> &mut (usize, usize) {
        let next = self.numbers.len() + 1;
        self.numbers.entry(name.to_owned()).or_insert((next, 0))
    }
}

impl Writer<'_, '_> {
    pub(super) fn footnote_reference(&mut self, name: &str) {
        let start = self.out.len();
        let (number, count) = self.footnotes.number(name);
        *count += 1;
        let (number, count) = (*number, *count);
        let mut escaped = String::new();
        escape::attribute(&mut escaped, name);
        let (open, close) = if self.context.before_0_23 { ("", "") } else { ("[", "]") };
        let _ = match self.context.config.markdown.bottom_footnotes {
            true => write!(
                self.out,
                "<sup class=\"footnote-reference\" id=\"fr-{escaped}-{count}\"><a href=\"#fn-{escaped}\">{open}{number}{close}</a></sup>"
            ),
            false => write!(self.out, "<sup class=\"footnote-reference\"><a href=\"#{escaped}\">{number}</a></sup>"),
        };
        if self.marker.is_none() && self.footnotes.open.is_empty() {
            self.footnotes.references.push(start..self.out.len());
        }
    }

    pub(super) fn open_footnote(&mut self, name: &str) {
        if self.context.config.markdown.bottom_footnotes {
            let outer = std::mem::take(&mut self.out);
            self.footnotes.open.push(Open { name: name.to_owned(), outer, paragraph_end: None });
            return;
        }
        let (number, _) = *self.footnotes.number(name);
        self.newline();
        self.out.push_str("<div class=\"footnote-definition\" id=\"");
        escape::attribute(&mut self.out, name);
        let _ = write!(self.out, "\"><sup class=\"footnote-definition-label\">{number}</sup>");
    }

    pub(super) fn close_footnote(&mut self) {
        match self.footnotes.open.pop() {
            Some(Open { name, outer, paragraph_end }) => {
                let html = std::mem::replace(&mut self.out, outer);
                self.footnotes.written.push(Definition { name, html, paragraph_end });
            }
            None => self.out.push_str("</div>\n"),
        }
    }

    /// Writes the collected footnotes that something refers to, in the order of first reference.
    pub(super) fn collected_footnotes(&mut self) {
        let mut definitions = std::mem::take(&mut self.footnotes.written);
        let numbers = &self.footnotes.numbers;
        definitions.retain(|definition| numbers.contains_key(&definition.name));
        if definitions.is_empty() {
            return;
        }
        definitions.sort_by_key(|definition| numbers[&definition.name].0);
        self.out.push_str("<section class=\"footnotes\">\n<ol class=\"footnotes-list\">\n");
        for Definition { name, html, paragraph_end } in definitions {
            let mut escaped = String::new();
            escape::attribute(&mut escaped, &name);
            let _ = write!(self.out, "<li id=\"fn-{escaped}\">");
            // The way back stands at the end of the last paragraph, before 0.23 only if nothing follows that.
            let paragraph_end =
                paragraph_end.filter(|end| !self.context.before_0_23 || html.get(*end..) == Some("</p>\n"));
            let (before, after) = html.split_at(paragraph_end.unwrap_or(html.len()));
            if before.starts_with("<p>") {
                self.out.push('\n');
            }
            self.out.push_str(before);
            let count = self.footnotes.numbers.get(&name).map_or(0, |(_, count)| *count);
            for reference in 1..=count {
                let _ = write!(self.out, " <a href=\"#fr-{escaped}-{reference}\">↩");
                let _ = if reference > 1 { write!(self.out, "{reference}</a>") } else { write!(self.out, "</a>") };
            }
            self.out.push_str(after);
            self.out.push_str("</li>\n");
        }
        self.out.push_str("</ol>\n</section>\n");
    }
}
