//! The text under the parser, and the words of the grammar.

use std::collections::HashMap;

use super::super::ast::{Call, Expr, Name, Span};
use super::{ParseError, Reason};

/// Nested expressions, and nested tags, beyond which a text is refused rather than the stack used up. The crate has
/// no limit of its own; Tera 2 stops at 40.
pub const DEPTH: usize = 40;

/// What may stand at a place, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Expression,
    Name,
    String,
    TagEnd,
    PrintEnd,
    CommentEnd,
    Tag,
    Closing(&'static str),
    Sign(&'static str),
    /// A tag that cannot stand here, such as a block inside a loop.
    Elsewhere,
}

pub type Parsed<T> = Option<(T, usize)>;

pub struct Parser<'a> {
    pub text: &'a str,
    pub bytes: &'a [u8],
    pub depth: usize,
    /// The furthest place at which something did not fit, and what was expected there.
    pub furthest: usize,
    pub expected: Vec<Expected>,
    /// Ends the parse: nothing else is tried.
    pub fatal: Option<ParseError>,
    /// Ordered choices try the same thing at the same place many times; without memory that is exponential.
    pub operands: HashMap<usize, Parsed<Expr>>,
    pub calls: HashMap<usize, Parsed<Call>>,
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            depth: 0,
            furthest: 0,
            expected: Vec::new(),
            fatal: None,
            operands: HashMap::new(),
            calls: HashMap::new(),
        }
    }

    /// Notes that something else was expected at `at`.
    pub fn fail<T>(&mut self, at: usize, expected: Expected) -> Option<T> {
        if at > self.furthest {
            self.furthest = at;
            self.expected.clear();
        }
        if at == self.furthest && !self.expected.contains(&expected) {
            self.expected.push(expected);
        }
        None
    }

    pub fn error(&mut self) -> ParseError {
        if let Some(fatal) = self.fatal.take() {
            return fatal;
        }
        let start = self.furthest.min(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = if word > 0 { word } else { rest.chars().next().map_or(0, char::len_utf8) };
        ParseError { span: start..start + length, reason: Reason::Expected(std::mem::take(&mut self.expected)) }
    }

    /// Runs a rule that may hold itself, one level deeper.
    pub fn deeper<T>(&mut self, at: usize, rule: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth >= DEPTH {
            self.fatal.get_or_insert(ParseError { span: at..at, reason: Reason::TooDeep });
        }
        if self.fatal.is_some() {
            return None;
        }
        self.depth += 1;
        let result = rule(self);
        self.depth -= 1;
        result
    }

    /// The place after whitespace, which is only these four characters.
    pub fn skip(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count()
    }

    /// At least one whitespace character.
    pub fn space(&self, at: usize) -> Option<usize> {
        let after = self.skip(at);
        (after > at).then_some(after)
    }

    pub fn literal(&self, at: usize, literal: &str) -> Option<usize> {
        self.bytes.get(at..)?.starts_with(literal.as_bytes()).then_some(at + literal.len())
    }

    /// A literal whose absence is worth a message.
    pub fn sign(&mut self, at: usize, literal: &'static str) -> Option<usize> {
        match self.literal(at, literal) {
            Some(end) => Some(end),
            None => self.fail(at, Expected::Sign(literal)),
        }
    }

    pub fn ident(&mut self, at: usize) -> Parsed<Name> {
        match self.bytes.get(at) {
            Some(b) if b.is_ascii_alphabetic() || *b == b'_' => {
                let end = self.word(at);
                Some((self.name(at..end), end))
            }
            _ => self.fail(at, Expected::Name),
        }
    }

    /// The end of the letters, digits and underscores that begin at `at`.
    pub fn word(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        at + rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
    }

    pub fn name(&self, span: Span) -> Name {
        Name { text: self.slice(&span).to_owned(), span }
    }

    pub fn slice(&self, span: &Span) -> &'a str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// A string in any of three quotes; there are no escapes.
    pub fn string(&mut self, at: usize) -> Parsed<Name> {
        let quote = match self.bytes.get(at) {
            Some(quote @ (b'"' | b'\'' | b'`')) => *quote,
            _ => return self.fail(at, Expected::String),
        };
        let inner = self.bytes.get(at + 1..)?;
        match memchr::memchr(quote, inner) {
            Some(length) => {
                let text = self.slice(&(at + 1..at + 1 + length)).to_owned();
                let end = at + length + 2;
                Some((Name { text, span: at..end }, end))
            }
            None => self.fail(self.text.len(), Expected::Sign("\"")),
        }
    }

    /// The end of an integer.
    pub fn int(&self, at: usize) -> Option<usize> {
        let start = self.literal(at, "-").unwrap_or(at);
        match self.bytes.get(start)? {
            b'0' => Some(start + 1),
            b'1'..=b'9' => {
                let rest = self.bytes.get(start..)?;
                Some(start + rest.iter().take_while(|b| b.is_ascii_digit()).count())
            }
            _ => None,
        }
    }

    /// The end of a number with a decimal point.
    pub fn float(&self, at: usize) -> Option<usize> {
        let point = self.int(at)?;
        let digits = self.literal(point, ".")?;
        let rest = self.bytes.get(digits..)?;
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        (count > 0).then_some(digits + count)
    }
}
