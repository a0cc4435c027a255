//! Expressions in Tera 2, with Tera 1's results.
//!
//! Tera 1 evaluates an expression in one of three ways (as a value, as a condition, as a number), and each forgives
//! and refuses other things. The three are [`Lowering::value`], [`Lowering::condition`] and [`Lowering::number`].
//! A helper (`t1_…`) stands only where Tera 2 would give something else and the types are not known.

use super::super::ast::{Call, Expr, LogicOp, MathOp, Name, Span, Test, Value};
use super::write::Written;
use super::{Kind, Lowering};

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

fn is_bland(text: &str) -> bool {
    !text.contains(['&', '<', '>', '"', '\'', '/'])
}

impl Lowering<'_> {
    /// As Tera 1 evaluates values: printed, assigned, passed. `escaping` where strings are escaped on the way.
    pub fn value(&mut self, e: &Expr, escaping: bool) -> Lowered {
        let mut result = match &e.value {
            Value::Path(path) if e.filters.first().is_some_and(|f| f.name.text == "default") => {
                self.with_default(e, escaping).unwrap_or_else(|| self.path(path, false))
            }
            Value::Path(path) if e.negated => {
                if e.filters.is_empty() {
                    return self.not(self.path(path, true), &e.span);
                }
                // Missing is true, before any filter sees it.
                let test = self.path(path, true);
                let filtered = self.filtered(self.path(path, false), &e.filters);
                let mut out = Written::new("not (", &e.span);
                out.append(test.within(power::NOT)).put(" is defined and ", &e.span);
                out.append(filtered.within(power::NOT)).put(")", &e.span);
                return Lowered { power: power::NOT, ..Lowered::atom(out, &e.span).typed(Type::Bool) };
            }
            Value::Logic(left, op @ (LogicOp::And | LogicOp::Or), right) => {
                // What `not` does in front of it, the crate undoes.
                let both = self.and_or(left, *op, right, &e.span);
                if both.of == Type::Bool {
                    return both;
                }
                let mut out = Written::new("true if ", &e.span);
                out.append(both.within(power::OR)).put(" else false", &e.span);
                return Lowered { power: power::TERNARY, ..Lowered::atom(out, &e.span).typed(Type::Bool) };
            }
            Value::Logic(left, LogicOp::Eq, right) if e.negated => {
                // The crate negates twice, except where one side only is a number.
                let unequal = self.equality(left, false, right, &e.span, escaping);
                return self.not(unequal, &e.span);
            }
            Value::Logic(left, LogicOp::NotEq, right) if e.negated => {
                let equal = self.equality(left, true, right, &e.span, escaping);
                return self.not(equal, &e.span);
            }
            Value::Logic(left, op, right) => return self.comparison(left, *op, right, false, &e.span, escaping),
            _ => self.plain(e, escaping),
        };
        if matches!(e.value, Value::Math(..)) && result.fragile {
            result = Lowered { of: Type::Unknown, fragile: false, ..result.piped("t1_nan") };
        }
        let rest = match &e.value {
            Value::Path(_) => e.filters.get(usize::from(is_default(e))..).unwrap_or_default(),
            _ => &e.filters,
        };
        result = self.filtered(result, rest);
        if e.negated {
            return self.not(result.known(), &e.span);
        }
        if e.filters.last().is_some_and(|f| f.name.text == "safe") {
            result.escape = Escape::Never;
        }
        result
    }

    /// The value alone, without filters and `not`.
    fn plain(&mut self, e: &Expr, escaping: bool) -> Lowered {
        let span = &e.span;
        match &e.value {
            Value::String(text) => {
                let literal = Lowered::atom(Written::new(self.literal(text, e), span), span);
                Lowered { bland: is_bland(text), ..literal.typed(Type::String).escaping(Escape::Always) }
            }
            Value::Int(value) => Lowered::atom(Written::new(value.to_string(), span), span).typed(Type::Number),
            Value::Float(value) => Lowered::atom(Written::new(format!("{value:?}"), span), span).typed(Type::Number),
            Value::Bool(value) => Lowered::atom(Written::new(value.to_string(), span), span).typed(Type::Bool),
            Value::Path(path) => self.path(path, false),
            Value::Math(left, op, right) => self.math(left, *op, right, span),
            Value::Logic(..) => self.condition(&Expr { negated: false, filters: Vec::new(), ..e.clone() }),
            Value::Test(test) => self.test(test, span),
            Value::Macro(call) => self.macro_call(call, escaping),
            Value::Function(call) => self.function(call),
            Value::Array(items) => {
                let mut out = Written::new("[", span);
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.put(", ", &item.span);
                    }
                    let value = self.value(item, escaping).known();
                    let value = if escaping { self.escaped(value) } else { value };
                    out.append(value.within(power::TERNARY));
                }
                out.put("]", span);
                Lowered::atom(out, span).typed(Type::Array)
            }
            Value::Concat(parts) => self.concat(parts, span),
            Value::In { needle, haystack, negated } => self.membership(needle, haystack, *negated, span),
        }
    }

    /// A string literal: the author's own unless it holds what Tera 2 reads as an escape.
    fn literal(&self, text: &str, e: &Expr) -> String {
        let source = self.slice(&e.span).trim_end();
        let own = source.get(..text.len() + 2).filter(|own| own.get(1..own.len() - 1) == Some(text));
        // The place of a string in parentheses begins with them.
        let own = own.filter(|own| own.starts_with(['"', '\'', '`']));
        match own {
            Some(own) if !text.contains('\\') => own.to_owned(),
            _ => quoted(text),
        }
    }

    /// Escapes a string now, as Tera 1 does before comparing.
    fn escaped(&self, value: Lowered) -> Lowered {
        if value.bland || !matches!(value.of, Type::String | Type::Unknown) {
            return value;
        }
        match value.escape {
            Escape::Always => value.piped("t1_escape_operand"),
            Escape::Unsafe => value.piped("t1_escape_operand_result"),
            Escape::Never => value,
        }
    }

    fn not(&self, value: Lowered, span: &Span) -> Lowered {
        let mut out = Written::new("not ", span);
        // Two in a row are refused.
        let inner =
            if value.out.text.starts_with("not ") { value.within(power::ATOM) } else { value.within(power::NOT) };
        out.append(inner);
        Lowered { power: power::NOT, ..Lowered::atom(out, span).typed(Type::Bool) }
    }

    /// `path | default(value=…)`: null and missing paths give the value, which is evaluated only then.
    fn with_default(&mut self, e: &Expr, escaping: bool) -> Option<Lowered> {
        let Value::Path(path) = &e.value else { return None };
        let filter = e.filters.first()?;
        let subject = self.path(path, true);
        let Some((_, value)) = filter.args.iter().rev().find(|(name, _)| name.text == "value") else {
            let message = "The `default` filter requires a `value` argument.";
            let thrown = self.throw(message, &filter.span);
            let result = self.given_or(subject, thrown, &filter.span);
            return Some(Lowered { escape: Escape::Always, of: Type::Unknown, ..result });
        };
        let result = match &value.value {
            Value::Path(default) if value.filters.is_empty() && !value.negated => {
                let mut default = self.path(default, true);
                if escaping {
                    default = default.piped("t1_escape_operand");
                }
                self.piped_with(subject, "t1_default", "value", default, &filter.span)
            }
            Value::String(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_)
                if value.filters.is_empty() && !value.negated =>
            {
                let mut default = self.value(value, escaping);
                if escaping {
                    default = self.escaped(default);
                }
                self.piped_with(subject, "t1_default", "value", default, &filter.span)
            }
            Value::Array(items) if items.is_empty() && value.filters.is_empty() => {
                let default = self.value(value, escaping);
                self.piped_with(subject, "t1_default", "value", default, &filter.span)
            }
            _ => {
                let mut default = self.value(value, escaping).known();
                if escaping {
                    default = self.escaped(default);
                }
                self.given_or(subject, default, &filter.span)
            }
        };
        Some(Lowered { escape: Escape::Always, of: Type::Unknown, defined: true, ..result })
    }

    fn given_or(&self, subject: Lowered, other: Lowered, span: &Span) -> Lowered {
        let mut out = subject.clone().within(power::OR);
        out.put(" if ", span).append(subject.within(power::NOT)).put(" is t1_given else ", span);
        out.append(other.within(power::TERNARY));
        Lowered { power: power::TERNARY, ..Lowered::atom(out, span) }
    }

    fn piped_with(&self, subject: Lowered, filter: &str, name: &str, value: Lowered, span: &Span) -> Lowered {
        let mut out = subject.within(power::FILTER);
        out.put(&format!(" | {filter}({name}="), span);
        out.append(value.within(power::TERNARY)).put(")", span);
        Lowered { power: power::FILTER, ..Lowered::atom(out, span) }
    }

    fn filtered(&mut self, mut value: Lowered, filters: &[Call]) -> Lowered {
        for filter in filters {
            // Neither is a filter for Tera 1; both are read off the expression before.
            if filter.name.text == "safe" || filter.name.text == "default" {
                continue;
            }
            let span = value.span.start..filter.span.end;
            let registered = self.callee(Kind::Filter, &filter.name.text);
            let own = registered.as_ref().is_some_and(|n| n.starts_with("t1_"));
            if !own || value.fragile {
                value = value.known();
            }
            let mut out = value.within(power::FILTER);
            out.put(" | ", &filter.name.span);
            match registered {
                Some(name) => {
                    out.put(&name, &filter.name.span);
                    out.append(self.arguments(&filter.args, &filter.span));
                }
                None => {
                    let message = format!("Filter '{}' not found", filter.name.text);
                    out.put(&format!("t1_missing(message={})", quoted(&message)), &filter.name.span);
                }
            }
            value = Lowered {
                power: power::FILTER,
                of: type_of_filter(&filter.name.text),
                escape: Escape::Unsafe,
                ..Lowered::atom(out, &span)
            };
        }
        value
    }

    /// `(a=1, b=c)`, or nothing. Of arguments of one name the last counts.
    pub fn arguments(&mut self, args: &[(Name, Expr)], span: &Span) -> Written {
        let mut out = Written::default();
        let mut separator = "(";
        for (i, (name, value)) in args.iter().enumerate() {
            if args.iter().skip(i + 1).any(|(later, _)| later.text == name.text) {
                continue;
            }
            out.put(&format!("{separator}{}=", name.text), &name.span);
            out.append(self.value(value, false).known().within(power::TERNARY));
            separator = ", ";
        }
        if separator != "(" {
            out.put(")", span);
        }
        out
    }

    fn function(&mut self, call: &Call) -> Lowered {
        let Some(name) = self.callee(Kind::Function, &call.name.text) else {
            return self.throw(&format!("Function '{}' not found", call.name.text), &call.span);
        };
        let mut out = Written::new(name, &call.name.span);
        let arguments = self.arguments(&call.args, &call.span);
        if arguments.text.is_empty() {
            out.put("()", &call.span);
        } else {
            out.append(arguments);
        }
        let of = if call.name.text == "range" { Type::Array } else { Type::Unknown };
        Lowered::atom(out, &call.span).typed(of).escaping(Escape::Unsafe)
    }

    /// An error when it is reached, with Tera 1's message.
    pub fn throw(&self, message: &str, span: &Span) -> Lowered {
        Lowered::atom(Written::new(format!("throw(message={})", quoted(message)), span), span)
    }

    fn test(&mut self, test: &Test, span: &Span) -> Lowered {
        let subject = self.path(&test.path, true);
        let mut out = subject.within(power::NOT);
        out.put(if test.negated { " is not " } else { " is " }, &test.name.span);
        let callee = match test.name.text.as_str() {
            // Given arguments, both are an error.
            name @ ("defined" | "undefined") if !test.args.is_empty() => Some(format!("t1_{name}")),
            name => self.callee(Kind::Test, name),
        };
        match callee {
            Some(name) => {
                out.put(&name, &test.name.span);
                let mut separator = "(";
                for (i, arg) in test.args.iter().enumerate() {
                    out.put(&format!("{separator}arg{i}="), &arg.span);
                    out.append(self.value(arg, false).known().within(power::TERNARY));
                    separator = ", ";
                }
                if separator != "(" {
                    out.put(")", span);
                }
            }
            None => {
                let message = format!("Test '{}' not found", test.name.text);
                out.put(&format!("t1_missing(message={})", quoted(&message)), &test.name.span);
            }
        }
        Lowered { power: power::NOT, ..Lowered::atom(out, span).typed(Type::Bool) }
    }

    fn membership(&mut self, needle: &Expr, haystack: &Expr, negated: bool, span: &Span) -> Lowered {
        let needle = self.value(needle, false).known();
        let haystack = self.value(haystack, false);
        if needle.of == Type::String {
            // Only what is no string is looked for differently.
            let mut out = needle.within(power::COMPARISON);
            out.put(if negated { " not in " } else { " in " }, span);
            out.append(haystack.within(power::COMPARISON));
            return Lowered { power: power::NOT, ..Lowered::atom(out, span).typed(Type::Bool) };
        }
        let mut out = needle.within(power::COMPARISON);
        out.put(if negated { " is not t1_in(arg0=" } else { " is t1_in(arg0=" }, span);
        out.append(haystack.within(power::TERNARY)).put(")", span);
        Lowered { power: power::NOT, ..Lowered::atom(out, span).typed(Type::Bool) }
    }

    fn concat(&mut self, parts: &[Expr], span: &Span) -> Lowered {
        let functions = parts.iter().any(|p| matches!(p.value, Value::Function(_)));
        let mut lowered = Vec::new();
        for part in parts {
            let value = match &part.value {
                Value::Float(value) => {
                    Lowered::atom(Written::new(quoted(&value.to_string()), &part.span), &part.span).typed(Type::String)
                }
                _ => self.plain(part, false),
            };
            let checked = matches!(part.value, Value::Path(_) | Value::Function(_))
                && !matches!(value.of, Type::String | Type::Number);
            lowered.push(if checked { value.piped("t1_text") } else { value });
        }
        if functions {
            // Whether the last function is safe decides, and is known when it has run.
            let last = parts.iter().rposition(|p| matches!(p.value, Value::Function(_))).unwrap_or_default();
            let mut out = Written::new("t1_concat(", span);
            for (i, part) in lowered.into_iter().enumerate() {
                out.put(&format!("arg{i}="), &part.span.clone());
                out.append(part.within(power::TERNARY)).put(", ", span);
            }
            out.put(&format!("last={last})"), span);
            return Lowered::atom(out, span).typed(Type::String).escaping(Escape::Unsafe);
        }
        let mut out = Written::default();
        for (i, part) in lowered.into_iter().enumerate() {
            if i > 0 {
                out.put(" ~ ", &part.span.clone());
            }
            out.append(part.within(power::PRODUCT + 1));
        }
        Lowered { power: power::PRODUCT, ..Lowered::atom(out, span).typed(Type::String) }
    }

    /// As Tera 1 evaluates conditions. Filters count after a path only, and there no error counts.
    pub fn condition(&mut self, e: &Expr) -> Lowered {
        let plain = match &e.value {
            Value::Logic(left, op @ (LogicOp::And | LogicOp::Or), right) => self.and_or(left, *op, right, &e.span),
            Value::Logic(left, op, right) => {
                return self.comparison(left, *op, right, e.negated, &e.span, true);
            }
            Value::Path(path) => {
                let mut value = match is_default(e) {
                    true => self.quiet_default(e),
                    false => self.path(path, true),
                };
                for filter in e.filters.iter().filter(|f| f.name.text != "safe" && f.name.text != "default") {
                    value = self.tried(value, filter, e.negated);
                }
                value
            }
            Value::Function(call) => self.function(call).piped("t1_bool"),
            Value::Concat(parts) => {
                let value = self.concat(parts, &e.span);
                self.filtered(value, &e.filters)
            }
            Value::Math(left, op, right) => {
                let result = self.math(left, *op, right, &e.span);
                if result.fragile { result.piped("t1_finite") } else { result }
            }
            _ => self.plain(&Expr { negated: false, filters: Vec::new(), ..e.clone() }, true),
        };
        if e.negated { self.not(plain, &e.span) } else { plain }
    }

    /// A filter whose error makes the whole condition false. With `not` before it, that takes a value that is true;
    /// only a missing path is as good as false there.
    fn tried(&mut self, value: Lowered, filter: &Call, negated: bool) -> Lowered {
        let span = value.span.start..filter.span.end;
        let Some(name) = self.callee(Kind::Filter, &filter.name.text) else {
            if negated && !value.defined {
                let mut out = value.within(power::NOT);
                out.put(" is defined", &filter.name.span);
                return Lowered { power: power::NOT, ..Lowered::atom(out, &span).typed(Type::Bool) };
            }
            return Lowered::atom(Written::new(negated.to_string(), &span), &span).typed(Type::Bool);
        };
        let mut out = value.within(power::FILTER);
        out.put(&format!(" | t1_try(filter={}", quoted(&name)), &filter.name.span);
        if negated {
            out.put(", failed=true", &filter.name.span);
        }
        for (name, value) in &filter.args {
            out.put(&format!(", {}=", name.text), &name.span);
            let value = match &value.value {
                Value::Path(path) if value.filters.is_empty() && !value.negated => self.path(path, true),
                _ => self.value(value, false),
            };
            out.append(value.within(power::TERNARY));
        }
        out.put(")", &filter.span);
        Lowered { power: power::FILTER, defined: false, ..Lowered::atom(out, &span) }
    }

    /// `default` in a condition: an error of its value would count as false.
    fn quiet_default(&mut self, e: &Expr) -> Lowered {
        let (Value::Path(path), Some(filter)) = (&e.value, e.filters.first()) else { return self.plain(e, false) };
        let subject = self.path(path, true);
        // What makes the condition false, before or after `not`.
        let failed = Lowered::atom(Written::new(e.negated.to_string(), &filter.span), &filter.span);
        let Some((_, value)) = filter.args.iter().rev().find(|(name, _)| name.text == "value") else {
            return self.given_or(subject, failed, &filter.span);
        };
        if let Value::Path(default) = &value.value
            && value.filters.is_empty()
            && !value.negated
        {
            let mut default = self.path(default, true);
            if e.negated && !default.defined {
                let span = default.span.clone();
                let mut out = default.clone().within(power::OR);
                out.put(" if ", &span).append(default.within(power::NOT)).put(" is defined else true", &span);
                default = Lowered { power: power::TERNARY, ..Lowered::atom(out, &span) };
            }
            return self.given_or(subject, default, &filter.span);
        }
        self.with_default(e, false).unwrap_or(failed)
    }

    fn and_or(&mut self, left: &Expr, op: LogicOp, right: &Expr, span: &Span) -> Lowered {
        let (word, binds) = match op {
            LogicOp::And => (" and ", power::AND),
            _ => (" or ", power::OR),
        };
        let left = self.condition(left);
        let right = self.condition(right);
        let of = if left.of == Type::Bool && right.of == Type::Bool { Type::Bool } else { Type::Unknown };
        let mut out = left.within(binds);
        out.put(word, span);
        out.append(right.within(binds + 1));
        Lowered { power: binds, ..Lowered::atom(out, span).typed(of) }
    }

    fn comparison(
        &mut self,
        left: &Expr,
        op: LogicOp,
        right: &Expr,
        negated: bool,
        span: &Span,
        escaping: bool,
    ) -> Lowered {
        let sign = match op {
            LogicOp::Eq | LogicOp::NotEq => {
                // When one side is a number and the other is not, the crate says false to both signs, and `not` does
                // not change it: so `not a == b` is `a != b`.
                return self.equality(left, (op == LogicOp::Eq) != negated, right, span, escaping);
            }
            LogicOp::Gt => " > ",
            LogicOp::Gte => " >= ",
            LogicOp::Lt => " < ",
            _ => " <= ",
        };
        let mut left = self.number(left);
        let mut right = self.number(right);
        if left.fragile || (left.of != Type::Number && right.of != Type::Number) {
            left = left.piped("t1_number");
        }
        if right.fragile {
            right = right.piped("t1_number");
        }
        let mut out = if negated { Written::new("not ", span) } else { Written::default() };
        out.append(left.within(power::COMPARISON + 1)).put(sign, span);
        out.append(right.within(power::COMPARISON + 1));
        let binds = if negated { power::NOT } else { power::COMPARISON };
        Lowered { power: binds, ..Lowered::atom(out, span).typed(Type::Bool) }
    }

    /// Tera 1 escapes both sides before it compares them, each by its own rule.
    fn equality(&mut self, left: &Expr, equal: bool, right: &Expr, span: &Span, escaping: bool) -> Lowered {
        let mut left = self.value(left, escaping);
        let mut right = self.value(right, escaping);
        let text = |v: &Lowered| matches!(v.of, Type::String | Type::Unknown) && !v.bland;
        if escaping && text(&left) && text(&right) && (left.escape != right.escape || left.escape == Escape::Unsafe) {
            left = self.escaped(left.known());
            right = self.escaped(right.known());
        }
        let alike = left.of == right.of && left.of != Type::Unknown;
        if equal || alike {
            let mut out = left.known().within(power::COMPARISON + 1);
            out.put(if equal { " == " } else { " != " }, span);
            out.append(right.known().within(power::COMPARISON + 1));
            return Lowered { power: power::COMPARISON, ..Lowered::atom(out, span).typed(Type::Bool) };
        }
        let mut out = left.within(power::COMPARISON);
        out.put(" is t1_unequal(arg0=", span);
        out.append(right.within(power::TERNARY)).put(")", span);
        Lowered { power: power::NOT, ..Lowered::atom(out, span).typed(Type::Bool) }
    }

    /// As Tera 1 evaluates what it calculates with and compares by size.
    pub fn number(&mut self, e: &Expr) -> Lowered {
        if !e.filters.is_empty() {
            return self.value(e, true);
        }
        match &e.value {
            Value::Path(path) => self.path(path, false),
            Value::Int(_) | Value::Float(_) => self.plain(e, false),
            Value::Math(left, op, right) => self.math(left, *op, right, &e.span),
            Value::Function(call) => self.function(call),
            Value::String(text) => self.throw(&format!("Tried to do math with a string: `{text}`"), &e.span),
            Value::Bool(value) => self.throw(&format!("Tried to do math with a boolean: `{value}`"), &e.span),
            Value::Concat(_) => self.throw("Tried to do math with a string concatenation", &e.span),
            Value::Test(test) => self.throw(&format!("Tried to do math with a test: {}", test.name.text), &e.span),
            _ => self.throw("Tried to do math with something that is not a number", &e.span),
        }
    }

    fn math(&mut self, left: &Expr, op: MathOp, right: &Expr, span: &Span) -> Lowered {
        let left = self.number(left);
        let right = self.number(right);
        let fragile = left.fragile || right.fragile;
        let (sign, binds) = match op {
            MathOp::Add => (" + ", power::SUM),
            MathOp::Sub => (" - ", power::SUM),
            MathOp::Mul => (" * ", power::PRODUCT),
            MathOp::Div | MathOp::Modulo => {
                let filter = if op == MathOp::Div { "t1_divide" } else { "t1_modulo" };
                let result = self.piped_with(left, filter, "by", right, span);
                return Lowered { fragile: true, ..result.typed(Type::Number) };
            }
        };
        let mut out = left.within(binds);
        out.put(sign, span);
        out.append(right.within(binds + 1));
        Lowered { power: binds, fragile, ..Lowered::atom(out, span).typed(Type::Number) }
    }

    /// What stands between `{{` and `}}`.
    pub fn printed(&mut self, e: &Expr) -> Lowered {
        let safe = e.filters.last().is_some_and(|f| f.name.text == "safe");
        let value = match &e.value {
            // Printing says "NaN" by itself.
            Value::Math(left, op, right) if e.filters.is_empty() && !e.negated => self.math(left, *op, right, &e.span),
            _ => self.value(e, true),
        };
        let exact = matches!(e.value, Value::Float(_) | Value::Math(..));
        match (value.escape, value.of) {
            (_, Type::Bool) => value,
            (_, Type::Number) if !exact => value,
            (Escape::Never, Type::String) if matches!(e.value, Value::Macro(_)) && e.filters.is_empty() => value,
            (Escape::Never, Type::String) => value.piped("safe"),
            (Escape::Always, Type::String) if value.bland => value,
            (Escape::Never, _) if safe => value.piped("t1_safe"),
            (Escape::Never, Type::Array) => value.piped("t1_safe"),
            (Escape::Unsafe, _) => value.piped("t1_result"),
            _ => value.piped("t1_print"),
        }
    }
}

fn is_default(e: &Expr) -> bool {
    e.filters.first().is_some_and(|f| f.name.text == "default")
}

/// What Tera 1's own filters give, where that does not depend on the value.
fn type_of_filter(name: &str) -> Type {
    match name {
        "upper" | "lower" | "trim" | "trim_start" | "trim_end" | "replace" | "capitalize" | "title" | "striptags"
        | "truncate" | "join" | "json_encode" | "linebreaksbr" | "urlencode" | "urlencode_strict" | "escape"
        | "escape_xml" | "addslashes" | "spaceless" | "indent" => Type::String,
        "length" | "wordcount" => Type::Number,
        "slice" | "sort" | "unique" | "filter" | "map" | "concat" | "split" => Type::Array,
        _ => Type::Unknown,
    }
}
