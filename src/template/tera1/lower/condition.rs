//! Conditions and comparisons in Tera 2, with Tera 1's results.

use super::super::ast::{Call, Expr, LogicOp, Span, Value};
use super::lowered::{Escape, Lowered, Type, power, quoted};
use super::write::Written;
use super::{Kind, Lowering};

impl Lowering<'_> {
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

    pub fn and_or(&mut self, left: &Expr, op: LogicOp, right: &Expr, span: &Span) -> Lowered {
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

    pub fn comparison(
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
    pub fn equality(&mut self, left: &Expr, equal: bool, right: &Expr, span: &Span, escaping: bool) -> Lowered {
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
}

pub fn is_default(e: &Expr) -> bool {
    e.filters.first().is_some_and(|f| f.name.text == "default")
}
