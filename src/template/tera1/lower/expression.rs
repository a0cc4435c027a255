//! Expressions in Tera 2, with Tera 1's results.
//!
//! Tera 1 evaluates an expression in one of three ways (as a value, as a condition, as a number), and each forgives
//! and refuses other things. The three are [`Lowering::value`], [`Lowering::condition`] and [`Lowering::number`].
//! A helper (`t1_…`) stands only where Tera 2 would give something else and the types are not known.

use super::super::ast::{Call, Expr, LogicOp, MathOp, Name, Span, Test, Value};
use super::condition::is_default;
use super::lowered::{Escape, Lowered, Type, is_bland, power, quoted};
use super::write::Written;
use super::{Kind, Lowering};

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
    pub fn plain(&mut self, e: &Expr, escaping: bool) -> Lowered {
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
    pub fn escaped(&self, value: Lowered) -> Lowered {
        if value.bland || !matches!(value.of, Type::String | Type::Unknown) {
            return value;
        }
        match value.escape {
            Escape::Always => value.piped("t1_escape_operand"),
            Escape::Unsafe => value.piped("t1_escape_operand_result"),
            Escape::Never => value,
        }
    }

    pub fn not(&self, value: Lowered, span: &Span) -> Lowered {
        let mut out = Written::new("not ", span);
        // Two in a row are refused.
        let inner =
            if value.out.text.starts_with("not ") { value.within(power::ATOM) } else { value.within(power::NOT) };
        out.append(inner);
        Lowered { power: power::NOT, ..Lowered::atom(out, span).typed(Type::Bool) }
    }

    /// `path | default(value=…)`: null and missing paths give the value, which is evaluated only then.
    pub fn with_default(&mut self, e: &Expr, escaping: bool) -> Option<Lowered> {
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

    pub fn given_or(&self, subject: Lowered, other: Lowered, span: &Span) -> Lowered {
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

    pub fn filtered(&mut self, mut value: Lowered, filters: &[Call]) -> Lowered {
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

    pub fn function(&mut self, call: &Call) -> Lowered {
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

    pub fn concat(&mut self, parts: &[Expr], span: &Span) -> Lowered {
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

    pub fn math(&mut self, left: &Expr, op: MathOp, right: &Expr, span: &Span) -> Lowered {
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
