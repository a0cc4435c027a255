//! Shortcodes, with which bodies called templates up to Zola 0.22: the text of a body in → its calls out, with the
//! place of each.
//!
//! Not its business: which shortcodes exist, what they print, Markdown.

mod parse;
mod scan;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use parse::parse;

/// What counts as a call.
#[derive(Clone, Copy)]
pub enum Syntax<'a> {
    /// Everything that has the form of one, as in Zola 0.22. `{{/* name() */}}` shows a call.
    All,
    /// Only the names that the function knows, and none in `{% raw %}` and comments: in bodies that are Tera 2 templates,
    /// where other calls are the template's own.
    Known(&'a dyn Fn(&str) -> bool),
}

/// A stretch of a body.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    /// Bytes of the file that stay.
    Text(Range<usize>),
    Call(Call<'a>),
}

/// `{{ name(key="value") }}`, or `{% name(key="value") %}` with what follows up to `{% end %}`.
#[derive(Debug, PartialEq)]
pub struct Call<'a> {
    pub name: &'a str,
    pub arguments: Vec<(&'a str, Literal<'a>)>,
    /// How many calls of this name there were in the file, this one included.
    pub nth: usize,
    /// What stands between the tags, without white space around it.
    pub body: Option<Vec<Piece<'a>>>,
    /// The bytes of the file that it takes in.
    pub span: Range<usize>,
    /// The bytes of its first tag.
    pub tag: Range<usize>,
}

/// The value of an argument.
#[derive(Debug, PartialEq)]
pub enum Literal<'a> {
    Bool(bool),
    Integer(i64),
    Float(f64),
    /// What stands between the quotes; nothing is escaped in it.
    String(&'a str),
    Array(Vec<Literal<'a>>),
}

/// Something that has the form of a call and makes no sense.
#[derive(Debug, PartialEq)]
pub struct Problem<'a> {
    pub kind: ProblemKind<'a>,
    pub span: Range<usize>,
}

#[derive(Debug, PartialEq)]
pub enum ProblemKind<'a> {
    /// `{% name() %}` without `{% end %}`.
    NotClosed(&'a str),
    /// `{%/* name() */%}` without `{%/* end */%}`.
    EscapeNotClosed(&'a str),
    /// `{% end %}` or `{%/* end */%}` that nothing opened.
    NothingToClose,
    TooDeep,
    IntegerTooLarge,
}

/// The calls of one body.
#[derive(Debug, Default, PartialEq)]
pub struct Parsed<'a> {
    pub pieces: Vec<Piece<'a>>,
    pub problems: Vec<Problem<'a>>,
}

impl<'a> Parsed<'a> {
    /// Every call, those in bodies of others included.
    pub fn calls(&self) -> impl Iterator<Item = &Call<'a>> {
        let mut stack: Vec<std::slice::Iter<'_, Piece<'a>>> = vec![self.pieces.iter()];
        std::iter::from_fn(move || {
            loop {
                match stack.last_mut()?.next() {
                    None => {
                        stack.pop();
                    }
                    Some(Piece::Text(_)) => {}
                    Some(Piece::Call(call)) => {
                        stack.extend(call.body.as_ref().map(|body| body.iter()));
                        return Some(call);
                    }
                }
            }
        })
    }
}
