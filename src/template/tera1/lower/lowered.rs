//! What an expression becomes: text of Tera 2, and what is known of its value.

use super::super::ast::Span;
use super::write::Written;

/// How tightly the outermost operator of lowered text binds: Tera 2's own binding powers.
pub mod power {
    pub const TERNARY: u8 = 0;
    pub const OR: u8 = 1;
    pub const AND: u8 = 3;
    /// `not`, `in` and `is`
    pub const NOT: u8 = 5;
    pub const COMPARISON: u8 = 7;
    pub const SUM: u8 = 11;
    pub const PRODUCT: u8 = 13;
    pub const FILTER: u8 = 17;
    pub const ATOM: u8 = 30;
}

/// What is known of a value's type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    Unknown,
    String,
    Number,
    Bool,
    Array,
}

/// Whether Tera 1 escapes a string that comes from this expression, where the template escapes at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Escape {
    Always,
    Never,
    /// Unless the function or filter that made it says that it is safe.
    Unsafe,
}

/// A lowered expression.
#[derive(Clone, Debug)]
pub struct Lowered {
    pub out: Written,
    pub power: u8,
    pub of: Type,
    /// It cannot be undefined.
    pub defined: bool,
    pub escape: Escape,
    /// A number that may turn out to be none: Tera 1 gives "NaN" for a division by zero.
    pub fragile: bool,
    /// A string literal without anything to escape.
    pub bland: bool,
    pub span: Span,
}

impl Lowered {
    pub fn atom(out: Written, span: &Span) -> Self {
        Self {
            out,
            power: power::ATOM,
            of: Type::Unknown,
            defined: true,
            escape: Escape::Never,
            fragile: false,
            bland: false,
            span: span.clone(),
        }
    }

    pub fn typed(self, of: Type) -> Self {
        Self { of, ..self }
    }

    pub fn escaping(self, escape: Escape) -> Self {
        Self { escape, ..self }
    }

    /// In parentheses when its operator binds less tightly than `power`.
    pub fn within(mut self, power: u8) -> Written {
        if self.power >= power {
            return self.out;
        }
        let mut out = Written::new("(", &self.span);
        out.append(std::mem::take(&mut self.out)).put(")", &self.span);
        out
    }

    /// With a filter that has no arguments.
    pub fn piped(self, filter: &str) -> Self {
        let span = self.span.clone();
        let mut result = self.clone();
        result.out = self.within(power::FILTER);
        result.out.put(&format!(" | {filter}"), &span);
        result.power = power::FILTER;
        result.bland = false;
        result
    }

    /// With an error in place of a missing value.
    pub fn known(self) -> Self {
        if self.defined {
            return self;
        }
        Self { defined: true, ..self.piped("t1_known") }
    }
}

/// A string in Tera 2's syntax, which has escapes.
pub fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\");
    if !text.contains('"') {
        format!("\"{escaped}\"")
    } else if !text.contains('\'') {
        format!("'{escaped}'")
    } else {
        format!("\"{}\"", escaped.replace('"', "\\\""))
    }
}

/// Whether there is nothing to escape in it.
pub fn is_bland(text: &str) -> bool {
    !text.contains(['&', '<', '>', '"', '\'', '/'])
}
