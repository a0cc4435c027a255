//! Positions: from lines and columns of the parser to bytes of the file.

use std::cell::OnceCell;
use std::ops::Range;

use comrak::nodes::Sourcepos;

use super::Insertions;
use crate::diagnostic::{Diagnostic, Place};

/// The Markdown of one body, and where in its file it stands.
pub struct Source<'a> {
    text: &'a str,
    file: &'a str,
    /// The whole file and the byte at which `text` starts in it.
    whole: Option<(&'a str, usize)>,
    /// If the text is not literally in the file: what of it is.
    insertions: Option<&'a Insertions>,
    line_starts: OnceCell<Vec<usize>>,
}

impl<'a> Source<'a> {
    pub fn new(
        text: &'a str,
        file: &'a str,
        whole: Option<(&'a str, usize)>,
        insertions: Option<&'a Insertions>,
    ) -> Self {
        let insertions = insertions.filter(|insertions| !insertions.runs.is_empty());
        // A body that is not literally in the file cannot be pointed at.
        let whole =
            whole.filter(|(all, at)| insertions.is_some() || all.get(*at..).is_some_and(|rest| rest.starts_with(text)));
        Self { text, file, whole, insertions, line_starts: OnceCell::new() }
    }

    pub fn text(&self) -> &'a str {
        self.text
    }

    pub fn file(&self) -> &'a str {
        self.file
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            });
            std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
        })
    }

    /// A line by its number, counted from 1, with its line end.
    pub fn line(&self, number: usize) -> Option<&'a str> {
        self.text.get(self.line_range(number)?)
    }

    fn line_range(&self, number: usize) -> Option<Range<usize>> {
        let starts = self.line_starts();
        let start = *starts.get(number.checked_sub(1)?)?;
        Some(start..starts.get(number).copied().unwrap_or(self.text.len()))
    }

    /// What follows a line and column, both counted from 1, the column in bytes.
    pub fn rest(&self, line: usize, column: usize) -> Option<&'a str> {
        self.line(line)?.get(column.checked_sub(1)?..)
    }

    /// The bytes of the file that `needle` takes in or after the node at `position`, else those of the node's
    /// first line. None when the body is not in the file.
    pub fn find(&self, position: Sourcepos, needle: &str) -> Option<Range<usize>> {
        let (_, offset) = self.whole?;
        let line = self.line_range(position.start.line)?;
        let end = self.line_range(position.end.line).map_or(line.end, |last| last.end.max(line.end));
        let from = (line.start + position.start.column.saturating_sub(1)).min(line.end);
        let found = [from, line.start].into_iter().find_map(|from| {
            let at = from + self.text.get(from..end)?.find(needle).filter(|_| !needle.is_empty())?;
            Some(at..at + needle.len())
        });
        let span = found.unwrap_or_else(|| {
            let content = self.text.get(from..line.end).unwrap_or_default();
            from..from + content.trim_end().len()
        });
        match self.insertions {
            Some(insertions) => insertions.locate(span),
            None => Some(offset + span.start..offset + span.end),
        }
    }

    /// Puts a diagnostic at a span of [`Source::find`].
    pub fn locate(&self, diagnostic: Diagnostic, span: Option<Range<usize>>) -> Diagnostic {
        match (self.whole, span) {
            (Some((all, _)), Some(span)) => diagnostic.at(Place::span(self.file, all, span)),
            _ if self.file.is_empty() => diagnostic,
            _ => diagnostic.at(Place::file(self.file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_file() {
        let file = "+++\r\n+++\r\n月相\r\n[a](@/no.md) b";
        let source = Source::new(&file[10..], "x.md", Some((file, 10)), None);
        let span = source.find((2, 1, 2, 13).into(), "@/no.md").unwrap();
        assert_eq!(&file[span], "@/no.md");
        let whole = source.find((2, 1, 2, 13).into(), "missing").unwrap();
        assert_eq!(&file[whole], "[a](@/no.md) b");
    }

    #[test]
    fn a_body_from_elsewhere_has_no_positions() {
        assert_eq!(Source::new("b", "x.md", Some(("a", 0)), None).find((1, 1, 1, 1).into(), "b"), None);
    }
}
