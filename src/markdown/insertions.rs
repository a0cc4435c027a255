//! What shortcodes put into a body: HTML that the Markdown around it must not touch.
//!
//! While the body is parsed, a mark stands for each of them. It is plain text to the parser: at signs outside, as in
//! Zola, so that emphasis beside a call opens and closes as it does there.

use std::borrow::Cow;
use std::ops::Range;

use comrak::nodes::{Node, NodeValue};

/// The HTML of the calls in one body, and where the body's text was in its file.
#[derive(Debug)]
pub struct Insertions {
    /// What all marks begin with; nothing else in the body does.
    prefix: String,
    html: Vec<String>,
    /// In the order of the body. Empty if the body was not in a file.
    pub runs: Vec<Run>,
}

/// A stretch of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub body: Range<usize>,
    /// The same in the file: byte by byte, unless it is a call or what one printed.
    pub file: Range<usize>,
    pub is_call: bool,
}

const END: &str = "@@";

/// A part of a text with marks.
enum Part<'a> {
    Text(&'a str),
    Html(&'a str),
}

impl Insertions {
    /// `html` is what the marks of [`Insertions::mark`] stand for, by number; `taken` are texts that will be in the body.
    pub fn new<'t>(html: Vec<String>, taken: impl Iterator<Item = &'t str> + Clone) -> Self {
        let mut prefix = "@@KEPU_SHORTCODE_".to_owned();
        while taken.clone().any(|text| text.contains(&prefix)) {
            prefix.push_str("X_");
        }
        Self { prefix, html, runs: Vec::new() }
    }

    /// The mark of a number.
    pub fn mark(&self, number: usize) -> String {
        format!("{}{number}{END}", self.prefix)
    }

    /// The first mark in a text: its place and its number.
    fn find(&self, text: &str) -> Option<(Range<usize>, usize)> {
        let mut from = 0;
        while let Some(start) = text.get(from..)?.find(&self.prefix).map(|found| from + found) {
            let digits = start + self.prefix.len();
            let end = digits + text[digits..].bytes().take_while(u8::is_ascii_digit).count();
            if let Some(number) = text[digits..end].parse().ok().filter(|number| *number < self.html.len())
                && text[end..].starts_with(END)
            {
                return Some((start..end + END.len(), number));
            }
            from = digits;
        }
        None
    }

    /// The first mark in a text: its place and its HTML.
    fn first(&self, text: &str) -> Option<(Range<usize>, &str)> {
        let (place, number) = self.find(text)?;
        Some((place, self.html.get(number)?))
    }

    /// A text with other texts for the marks of some numbers.
    pub fn replace<'r>(&self, text: &str, other: impl Fn(usize) -> Option<&'r str>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((mark, number)) = self.find(rest) {
            out.push_str(&rest[..mark.start]);
            out.push_str(other(number).unwrap_or(&rest[mark.clone()]));
            rest = &rest[mark.end..];
        }
        out.push_str(rest);
        out
    }

    fn parts<'s>(&'s self, text: &'s str) -> impl Iterator<Item = Part<'s>> {
        let mut rest = text;
        let mut pending = None;
        std::iter::from_fn(move || {
            if let Some(html) = pending.take() {
                return Some(Part::Html(html));
            }
            match self.first(rest) {
                Some((mark, html)) => {
                    let before = &rest[..mark.start];
                    rest = &rest[mark.end..];
                    if before.is_empty() {
                        return Some(Part::Html(html));
                    }
                    pending = Some(html);
                    Some(Part::Text(before))
                }
                None => Some(Part::Text(std::mem::take(&mut rest))).filter(|part| !matches!(part, Part::Text(""))),
            }
        })
    }

    /// Writes a text with what its marks stand for; `write` writes what is text.
    pub fn write(&self, text: &str, out: &mut String, mut write: impl FnMut(&mut String, &str)) {
        let mut text = text;
        // An escaped at sign, `\{{ name() }}`, is a node of its own.
        if let Some(rest) = text.strip_prefix(&self.prefix[1..])
            && out.ends_with('@')
            && let Some((mark, html)) = self.first(&format!("@{text}"))
            && mark.start == 0
        {
            out.pop();
            out.push_str(html);
            text = &rest[mark.end - self.prefix.len()..];
        }
        for part in self.parts(text) {
            match part {
                Part::Text(text) => write(out, text),
                Part::Html(html) => out.push_str(html),
            }
        }
    }

    /// A text with what its marks stand for.
    pub fn expand<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(&self.prefix) {
            return Cow::Borrowed(text);
        }
        let mut expanded = String::with_capacity(text.len());
        self.write(text, &mut expanded, |out, text| out.push_str(text));
        Cow::Owned(expanded)
    }

    /// A text without its marks.
    pub fn without<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(&self.prefix) {
            return Cow::Borrowed(text);
        }
        let text_of = |part| match part {
            Part::Text(text) => Some(text.to_owned()),
            Part::Html(_) => None,
        };
        Cow::Owned(self.parts(text).filter_map(text_of).collect())
    }

    /// Whether a paragraph is nothing but one mark. It is then no paragraph.
    pub fn is_alone(&self, paragraph: Node<'_>) -> bool {
        let Some(only) = paragraph.first_child().filter(|child| child.next_sibling().is_none()) else { return false };
        match &only.data().value {
            NodeValue::Text(text) => {
                let text = text.trim();
                self.first(text).is_some_and(|(mark, _)| mark == (0..text.len()))
            }
            _ => false,
        }
    }

    /// The bytes of the file for bytes of the body; all of a call if they come out of one.
    pub fn locate(&self, span: Range<usize>) -> Option<Range<usize>> {
        let at = self.runs.partition_point(|run| run.body.end <= span.start);
        let run = self.runs.get(at).or(self.runs.last())?;
        if run.is_call {
            return Some(run.file.clone());
        }
        let inside = |byte: usize| (run.file.start + byte.saturating_sub(run.body.start)).min(run.file.end);
        Some(inside(span.start)..inside(span.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_replaced_and_nothing_else() {
        let insertions = Insertions::new(vec!["<a>".to_owned(), "<b>".to_owned()], ["text"].into_iter());
        let text = format!("x{}{}y {}7@@", insertions.mark(1), insertions.mark(0), insertions.prefix);
        let prefix = &insertions.prefix;
        assert_eq!(insertions.expand(&text), format!("x<b><a>y {prefix}7@@"));
        assert_eq!(insertions.without(&text), format!("xy {prefix}7@@"));
        let mut out = "\\@".to_owned();
        insertions.write(&format!("{}!", &insertions.mark(0)[1..]), &mut out, |out, text| out.push_str(text));
        assert_eq!(out, "\\<a>!");
    }

    #[test]
    fn marks_differ_from_what_is_there() {
        let taken = "@@KEPU_SHORTCODE_0@@ and @@KEPU_SHORTCODE_X_";
        assert_eq!(Insertions::new(Vec::new(), [taken].into_iter()).mark(0), "@@KEPU_SHORTCODE_X_X_0@@");
    }
}
