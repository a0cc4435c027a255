//! What a Tera 1 template says, with the place of everything in the author's text.

use std::ops::Range;

/// Bytes of the author's text.
pub type Span = Range<usize>;

/// A tag's place and its whitespace control: `{%-` is `left`, `-%}` is `right`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    pub span: Span,
    pub left: bool,
    pub right: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// A piece of the text between tags. `kept` is what Tera 1 prints of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub span: Span,
    pub kept: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub tag: Tag,
    pub condition: Expr,
    pub body: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ForLoop {
    pub tag: Tag,
    pub key: Option<Name>,
    pub value: Name,
    pub container: Expr,
    pub body: Vec<Node>,
    /// Every `else` with its body. The grammar takes several; the last one counts.
    pub otherwise: Vec<(Tag, Vec<Node>)>,
    pub end: Tag,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Macro {
    pub tag: Tag,
    pub name: Name,
    /// Parameters in the order they are written, with the literal default.
    pub params: Vec<(Name, Option<Expr>)>,
    pub body: Vec<Node>,
    pub end: Tag,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Text(Text),
    /// `leading` comments stand before everything else and have no whitespace control.
    Comment {
        tag: Tag,
        leading: bool,
    },
    Raw {
        open: Tag,
        body: Text,
        close: Tag,
    },
    Print {
        tag: Tag,
        value: Expr,
    },
    Super(Tag),
    Set {
        tag: Tag,
        name: Name,
        value: Expr,
        global: bool,
    },
    Include {
        tag: Tag,
        files: Vec<Name>,
        ignore_missing: bool,
    },
    If {
        branches: Vec<Branch>,
        otherwise: Option<(Tag, Vec<Node>)>,
        end: Tag,
    },
    For(Box<ForLoop>),
    Filter {
        tag: Tag,
        call: Call,
        body: Vec<Node>,
        end: Tag,
    },
    Block {
        tag: Tag,
        name: Name,
        body: Vec<Node>,
        end: Tag,
    },
    Macro(Box<Macro>),
    Break(Tag),
    Continue(Tag),
    /// `around` is the tag with the whitespace on both sides, which Tera 1 drops.
    Extends {
        tag: Tag,
        around: Span,
        file: Name,
    },
    Import {
        tag: Tag,
        around: Span,
        file: Name,
        namespace: Name,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MathOp {
    Add,
    Sub,
    Mul,
    Div,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LogicOp {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    NotEq,
    And,
    Or,
}

/// A value, `not`, and filters. Tera 1 keeps them apart: filters apply before `not`, whatever is written first.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub value: Value,
    pub negated: bool,
    pub filters: Vec<Call>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    String(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Path(Path),
    Math(Box<Expr>, MathOp, Box<Expr>),
    Logic(Box<Expr>, LogicOp, Box<Expr>),
    Test(Box<Test>),
    Macro(Box<MacroCall>),
    Function(Call),
    Array(Vec<Expr>),
    /// Strings, numbers, paths and function calls between `~`.
    Concat(Vec<Expr>),
    In {
        needle: Box<Expr>,
        haystack: Box<Expr>,
        negated: bool,
    },
}

/// A filter or function with its keyword arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub name: Name,
    pub args: Vec<(Name, Expr)>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MacroCall {
    pub namespace: Name,
    pub name: Name,
    pub args: Vec<(Name, Expr)>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    pub path: Path,
    pub negated: bool,
    pub name: Name,
    pub args: Vec<Expr>,
}

/// `a.b[0]["c"][d.e]`
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub head: String,
    pub steps: Vec<Step>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub key: Key,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// `.name`, `.0` or `["name"]`
    Text(String),
    /// `[0]`
    Index(i64),
    /// `[name]`
    Path(Path),
}

impl Expr {
    pub fn plain(value: Value, span: Span) -> Self {
        Self { value, negated: false, filters: Vec::new(), span }
    }
}
