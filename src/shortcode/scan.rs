//! One tag: what has the form of a call and what has not.
//!
//! The grammar is that of Zola 0.22. Strings have no escapes, a comma may follow the last element of an array but not the
//! last argument, and commas between arguments may be left out.

use std::ops::Range;

use super::Literal;

/// Arrays in arrays beyond this are no arguments.
const DEEPEST_ARRAY: usize = 32;

/// A tag of a shortcode.
pub enum Tag<'a> {
    /// `{{ name() }}`
    Inline(Head<'a>),
    /// `{% name() %}`
    Start(Head<'a>),
    /// `{% end %}`
    End,
    /// `{{/* name() */}}`
    EscapedInline,
    /// `{%/* name() */%}`
    EscapedStart(&'a str),
    /// `{%/* end */%}`
    EscapedEnd,
}

/// `name(key="value")`
pub struct Head<'a> {
    pub name: &'a str,
    pub arguments: Vec<(&'a str, Literal<'a>)>,
    /// An integer that does not fit 64 bits; it counts as 0.
    pub too_large: Option<Range<usize>>,
}

/// The tag that begins at a byte of `text`, and the byte after it.
pub fn tag(text: &str, at: usize) -> Option<(Tag<'_>, usize)> {
    let mut cursor = Cursor { text, at, too_large: None };
    let tag = if cursor.eat("{{/*") {
        cursor.head()?;
        cursor.close("*/}}")?;
        Tag::EscapedInline
    } else if cursor.eat("{{") {
        let head = cursor.head()?;
        cursor.close("}}")?;
        Tag::Inline(head)
    } else if cursor.eat("{%/*") {
        match cursor.end("*/%}") {
            Some(()) => Tag::EscapedEnd,
            None => {
                let head = cursor.head()?;
                cursor.close("*/%}")?;
                Tag::EscapedStart(head.name)
            }
        }
    } else if cursor.eat("{%") {
        match cursor.end("%}") {
            Some(()) => Tag::End,
            None => {
                let head = cursor.head()?;
                cursor.close("%}")?;
                Tag::Start(head)
            }
        }
    } else {
        return None;
    };
    Some((tag, cursor.at))
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
    too_large: Option<Range<usize>>,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, token: &str) -> bool {
        let eaten = self.rest().starts_with(token);
        self.at += if eaten { token.len() } else { 0 };
        eaten
    }

    fn spaces(&mut self) {
        let spaces = self.rest().bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.at += spaces;
    }

    fn close(&mut self, token: &str) -> Option<()> {
        self.spaces();
        self.eat(token).then_some(())
    }

    /// `end` and what closes the tag; nothing is taken if that does not stand here.
    fn end(&mut self, token: &str) -> Option<()> {
        let from = self.at;
        self.spaces();
        let closed = if self.eat("end") { self.close(token) } else { None };
        if closed.is_none() {
            self.at = from;
        }
        closed
    }

    fn identifier(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if rest.bytes().next().is_none_or(|first| first.is_ascii_digit()) {
            return None;
        }
        let length = rest.as_bytes().iter().take_while(|byte| is_part(byte)).count();
        self.at += length;
        (length > 0).then(|| &rest[..length])
    }

    fn head(&mut self) -> Option<Head<'a>> {
        self.spaces();
        let name = self.identifier()?;
        self.close("(")?;
        let mut arguments = Vec::new();
        self.spaces();
        while !self.eat(")") {
            let key = self.identifier()?;
            self.close("=")?;
            arguments.push((key, self.literal(0)?));
            self.spaces();
            if self.eat(",") {
                self.spaces();
                // What follows a comma must be an argument.
                if self.rest().starts_with(')') {
                    return None;
                }
            }
        }
        Some(Head { name, arguments, too_large: self.too_large.take() })
    }

    fn literal(&mut self, depth: usize) -> Option<Literal<'a>> {
        self.spaces();
        let rest = self.rest();
        // Even where more letters follow: the rest is then no argument, and the tag no call.
        if self.eat("true") {
            return Some(Literal::Bool(true));
        }
        if self.eat("false") {
            return Some(Literal::Bool(false));
        }
        match rest.chars().next()? {
            quote @ ('"' | '\'' | '`') => {
                let inside = &rest[1..];
                let length = inside.find(quote)?;
                self.at += length + 2;
                Some(Literal::String(&inside[..length]))
            }
            '[' => self.array(depth),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Literal<'a>> {
        if depth >= DEEPEST_ARRAY || !self.eat("[") {
            return None;
        }
        let mut elements = Vec::new();
        loop {
            if self.close("]").is_some() {
                return Some(Literal::Array(elements));
            }
            elements.push(self.literal(depth + 1)?);
            if self.close(",").is_none() {
                self.close("]")?;
                return Some(Literal::Array(elements));
            }
        }
    }

    fn number(&mut self) -> Option<Literal<'a>> {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let sign = usize::from(rest.starts_with('-'));
        let whole = match rest.as_bytes().get(sign)? {
            // No number begins with 0 and goes on.
            b'0' => 1,
            b'1'..=b'9' => digits(&rest[sign..]),
            _ => return None,
        };
        let integer = sign + whole;
        if let Some(fraction) = rest[integer..].strip_prefix('.').map(digits).filter(|length| *length > 0) {
            let float = &rest[..integer + 1 + fraction];
            self.at += float.len();
            return float.parse().ok().map(Literal::Float);
        }
        let value = rest[..integer].parse().unwrap_or_else(|_| {
            self.too_large = Some(self.at..self.at + integer);
            0
        });
        self.at += integer;
        Some(Literal::Integer(value))
    }
}
