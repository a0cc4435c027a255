//! Lowered text and where each piece of it comes from.

use std::ops::Range;

use super::super::ast::Span;

/// A piece of lowered text and the author's bytes that it stands for.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    start: usize,
    source: Span,
    /// The same text on both sides, so that positions inside carry over.
    verbatim: bool,
}

/// Text under construction. An expression is one too, put together from its parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    pub text: String,
    pieces: Vec<Piece>,
}

impl Written {
    pub fn new(text: impl Into<String>, source: &Span) -> Self {
        let mut written = Self::default();
        written.put(&text.into(), source);
        written
    }

    /// Adds text that stands for `source`.
    pub fn put(&mut self, text: &str, source: &Span) -> &mut Self {
        self.pieces.push(Piece { start: self.text.len(), source: source.clone(), verbatim: false });
        self.text.push_str(text);
        self
    }

    /// Adds the author's own text.
    pub fn copy(&mut self, text: &str, source: &Span) -> &mut Self {
        self.pieces.push(Piece { start: self.text.len(), source: source.clone(), verbatim: true });
        self.text.push_str(text.get(source.clone()).unwrap_or_default());
        self
    }

    pub fn append(&mut self, other: Written) -> &mut Self {
        let offset = self.text.len();
        self.pieces.extend(other.pieces.into_iter().map(|p| Piece { start: p.start + offset, ..p }));
        self.text.push_str(&other.text);
        self
    }

    pub fn finish(self) -> (String, PositionMap) {
        (self.text, PositionMap { pieces: self.pieces })
    }
}

/// From bytes of the lowered text to bytes of the author's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PositionMap {
    pieces: Vec<Piece>,
}

impl PositionMap {
    /// The author's bytes that a range of lowered text stands for.
    pub fn source(&self, lowered: Range<usize>) -> Span {
        let start = self.at(lowered.start);
        let last = self.at(lowered.end.saturating_sub(1).max(lowered.start));
        match (start, last) {
            (Some(start), Some(last)) => start.start..last.end.max(start.end),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => 0..0,
        }
    }

    fn at(&self, offset: usize) -> Option<Span> {
        let index = self.pieces.partition_point(|p| p.start <= offset).checked_sub(1)?;
        let piece = self.pieces.get(index)?;
        if !piece.verbatim {
            return Some(piece.source.clone());
        }
        let at = (piece.source.start + offset - piece.start).min(piece.source.end);
        Some(at..(at + 1).min(piece.source.end.max(at)))
    }
}
