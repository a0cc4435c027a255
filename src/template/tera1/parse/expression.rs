//! Expressions. Each function is a rule of the crate's grammar and gives the place after it.

use super::super::ast::{Call, Expr, Key, LogicOp, MacroCall, MathOp, Name, Path, Step, Test, Value};
use super::cursor::{Expected, Parsed, Parser};
use super::operators;
use super::{ParseError, Reason};

impl Parser<'_> {
    /// `a.b.c`, `a[0]`, `a["b"]`, `a[b.c]`; no whitespace inside.
    pub fn path(&mut self, at: usize) -> Parsed<Path> {
        let (head, mut end) = self.ident(at)?;
        let mut steps = Vec::new();
        loop {
            if let Some(word) = self.literal(end, ".") {
                let after = self.word(word);
                if after > word {
                    let key = Key::Text(self.slice(&(word..after)).to_owned());
                    steps.push(Step { key, span: word..after });
                    end = after;
                    continue;
                }
            }
            match self.brackets(end) {
                Some((step, after)) => {
                    steps.push(step);
                    end = after;
                }
                None => break,
            }
        }
        Some((Path { head: head.text, steps, span: at..end }, end))
    }

    fn brackets(&mut self, at: usize) -> Parsed<Step> {
        let inner = self.literal(at, "[")?;
        let (key, end) = if let Some(end) = self.int(inner) {
            (Key::Index(self.integer(inner..end)), end)
        } else if let Some((string, end)) = self.string(inner) {
            (Key::Text(string.text), end)
        } else {
            let (path, end) = self.deeper(inner, |p| p.path(inner))?;
            (Key::Path(path), end)
        };
        let after = self.sign(end, "]")?;
        Some((Step { key, span: inner..end }, after))
    }

    fn integer(&mut self, span: std::ops::Range<usize>) -> i64 {
        match self.slice(&span).parse() {
            Ok(value) => value,
            Err(_) => {
                let reason = Reason::IntegerTooLarge(self.slice(&span).to_owned());
                self.fatal.get_or_insert(ParseError { span, reason });
                0
            }
        }
    }

    fn number(&mut self, at: usize) -> Parsed<Expr> {
        if let Some(end) = self.float(at) {
            let value = self.slice(&(at..end)).parse().unwrap_or_default();
            return Some((Expr::plain(Value::Float(value), at..end), end));
        }
        let end = self.int(at)?;
        Some((Expr::plain(Value::Int(self.integer(at..end)), at..end), end))
    }

    pub fn boolean(&mut self, at: usize) -> Parsed<Expr> {
        for (word, value) in [("true", true), ("false", false), ("True", true), ("False", false)] {
            if let Some(end) = self.literal(at, word) {
                return Some((Expr::plain(Value::Bool(value), at..end), end));
            }
        }
        None
    }

    /// A literal default of a macro's parameter.
    pub fn default_literal(&mut self, at: usize) -> Parsed<Expr> {
        if let Some(found) = self.boolean(at) {
            return Some(found);
        }
        if let Some((string, end)) = self.string(at) {
            return Some((Expr::plain(Value::String(string.text), at..end), end));
        }
        self.number(at)
    }

    /// `"a" ~ b`: at least two parts.
    fn concat(&mut self, at: usize) -> Parsed<Expr> {
        let (first, mut end) = self.concat_part(at)?;
        let mut parts = vec![first];
        while let Some(tilde) = self.literal(self.skip(end), "~") {
            let Some((part, after)) = self.concat_part(self.skip(tilde)) else { break };
            parts.push(part);
            end = after;
        }
        if parts.len() < 2 {
            return None;
        }
        // Literals alone are one literal to the crate, and treated as one: escaped, and true or false without filters.
        let literals: Option<String> = parts
            .iter()
            .map(|part| match &part.value {
                Value::String(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let value = literals.map_or(Value::Concat(parts), Value::String);
        Some((Expr::plain(value, at..end), end))
    }

    fn concat_part(&mut self, at: usize) -> Parsed<Expr> {
        if let Some((call, end)) = self.call(at) {
            let span = call.span.clone();
            return Some((Expr::plain(Value::Function(call), span), end));
        }
        if let Some(found) = self.number(at) {
            return Some(found);
        }
        if let Some((string, end)) = self.string(at) {
            return Some((Expr::plain(Value::String(string.text), at..end), end));
        }
        let (path, end) = self.path(at)?;
        Some((Expr::plain(Value::Path(path), at..end), end))
    }

    /// What arithmetic works on, tried in the grammar's order: `true` comes before every name that begins so.
    fn operand(&mut self, at: usize) -> Parsed<Expr> {
        if let Some(found) = self.boolean(at) {
            return Some(found);
        }
        if let Some(found) = self.test(at) {
            return Some(found);
        }
        if let Some(found) = self.macro_call(at) {
            return Some(found);
        }
        if let Some((call, end)) = self.call(at) {
            let span = call.span.clone();
            return Some((Expr::plain(Value::Function(call), span), end));
        }
        if let Some((path, end)) = self.path(at) {
            return Some((Expr::plain(Value::Path(path), at..end), end));
        }
        if let Some(found) = self.number(at) {
            return Some(found);
        }
        self.fail(at, Expected::Expression)
    }

    fn operand_or_group(&mut self, at: usize) -> Parsed<Expr> {
        if let Some(open) = self.literal(at, "(") {
            let inner = self.skip(open);
            let group = self.deeper(at, |p| {
                let (inner, end) = p.arithmetic(inner)?;
                let after = p.literal(p.skip(end), ")")?;
                Some((inner, after))
            });
            if let Some((mut inner, after)) = group {
                inner.span = at..after;
                return Some((inner, after));
            }
        }
        if let Some(known) = self.operands.get(&at) {
            return known.clone();
        }
        let result = self.deeper(at, |p| p.operand(at));
        if self.fatal.is_none() {
            self.operands.insert(at, result.clone());
        }
        result
    }

    fn math_op(&self, at: usize) -> Parsed<MathOp> {
        let op = match self.bytes.get(at)? {
            b'+' => MathOp::Add,
            b'-' => MathOp::Sub,
            b'*' => MathOp::Mul,
            b'/' => MathOp::Div,
            b'%' => MathOp::Modulo,
            _ => return None,
        };
        Some((op, at + 1))
    }

    /// `a + b * (c - d)`
    fn arithmetic(&mut self, at: usize) -> Parsed<Expr> {
        let (first, mut end) = self.operand_or_group(at)?;
        let mut rest = Vec::new();
        while let Some((op, after_op)) = self.math_op(self.skip(end)) {
            let Some((operand, after)) = self.operand_or_group(self.skip(after_op)) else { break };
            rest.push((op, operand));
            end = after;
        }
        Some((operators::math(first, rest), end))
    }

    /// Any number of filters.
    fn filters(&mut self, mut end: usize) -> (Vec<Call>, usize) {
        let mut filters = Vec::new();
        while let Some(bar) = self.literal(self.skip(end), "|") {
            let Some((call, after)) = self.call_or_name(self.skip(bar)) else { break };
            filters.push(call);
            end = after;
        }
        (filters, end)
    }

    /// A function call, or a name alone: a filter.
    pub fn call_or_name(&mut self, at: usize) -> Parsed<Call> {
        if let Some(found) = self.call(at) {
            return Some(found);
        }
        let (name, end) = self.ident(at)?;
        Some((Call { span: name.span.clone(), name, args: Vec::new() }, end))
    }

    fn with_filters(&mut self, (mut value, end): (Expr, usize)) -> (Expr, usize) {
        let (filters, end) = self.filters(end);
        value.filters = filters;
        value.span.end = end;
        (value, end)
    }

    /// Arithmetic, to all of which the filters after it apply.
    pub fn filtered_arithmetic(&mut self, at: usize) -> Parsed<Expr> {
        let found = self.arithmetic(at)?;
        Some(self.with_filters(found))
    }

    fn filtered_string(&mut self, at: usize) -> Parsed<Expr> {
        if let Some(found) = self.concat(at) {
            return Some(self.with_filters(found));
        }
        let (string, end) = self.string(at)?;
        let value = Expr::plain(Value::String(string.text), at..end);
        Some(self.with_filters((value, end)))
    }

    /// One side of a comparison: `a | f + b * c | g` adds what the two pairs give.
    fn side(&mut self, at: usize) -> Parsed<Expr> {
        if let Some(found) = self.filtered_string(at) {
            return Some(found);
        }
        let (first, mut end) = self.filtered_arithmetic(at)?;
        let mut rest = Vec::new();
        while let Some((op, after_op)) = self.math_op(self.skip(end)) {
            let Some((operand, after)) = self.filtered_arithmetic(self.skip(after_op)) else { break };
            rest.push((op, operand));
            end = after;
        }
        Some((operators::math(first, rest), end))
    }

    fn comparison(&mut self, at: usize) -> Parsed<Expr> {
        let (left, end) = self.side(at)?;
        let after = self.skip(end);
        for (sign, op) in [
            ("<=", LogicOp::Lte),
            (">=", LogicOp::Gte),
            (">", LogicOp::Gt),
            ("<", LogicOp::Lt),
            ("==", LogicOp::Eq),
            ("!=", LogicOp::NotEq),
        ] {
            if let Some(after_op) = self.literal(after, sign) {
                let Some((right, end)) = self.side(self.skip(after_op)) else { break };
                let value = Value::Logic(Box::new(left), op, Box::new(right));
                return Some((Expr::plain(value, at..end), end));
            }
        }
        Some((left, end))
    }

    /// `a in b`, `a not in b`
    fn membership(&mut self, at: usize) -> Parsed<Expr> {
        let (needle, end) = match self.filtered_string(at) {
            Some(found) => found,
            None => self.filtered_arithmetic(at)?,
        };
        let after = self.skip(end);
        let (negated, after) = match self.not(after) {
            Some(end) => (true, self.skip(end)),
            None => (false, after),
        };
        let after = self.skip(self.literal(after, "in")?);
        let (haystack, end) = if let Some(found) = self.filtered_string(after) {
            found
        } else if let Some(found) = self.array(after) {
            found
        } else {
            let (path, end) = self.path(after)?;
            (Expr::plain(Value::Path(path), after..end), end)
        };
        let value = Value::In { needle: Box::new(needle), haystack: Box::new(haystack), negated };
        Some((Expr::plain(value, at..end), end))
    }

    fn not(&self, at: usize) -> Option<usize> {
        let end = self.literal(at, "not")?;
        (self.skip(end) > end).then_some(end + 1)
    }

    fn logic_operand(&mut self, at: usize) -> Parsed<Expr> {
        let (negated, inner) = match self.not(at) {
            Some(end) => (true, self.skip(end)),
            None => (false, at),
        };
        let found = match self.membership(inner) {
            Some(found) => Some(found),
            None => self.comparison(inner),
        };
        if let Some((mut value, end)) = found {
            value.negated = negated;
            value.span.start = at;
            return Some((value, end));
        }
        let open = self.literal(at, "(")?;
        let (mut value, end) = self.deeper(at, |p| p.logic(p.skip(open)))?;
        let after = self.sign(self.skip(end), ")")?;
        // As the crate does: a `not` right inside the parentheses is lost.
        value.negated = false;
        value.span = at..after;
        Some((value, after))
    }

    /// The whole of most expressions.
    pub fn logic(&mut self, at: usize) -> Parsed<Expr> {
        let (first, mut end) = self.logic_operand(at)?;
        let mut rest = Vec::new();
        loop {
            let after = self.skip(end);
            let (op, after_op) = if let Some(end) = self.literal(after, "or") {
                (LogicOp::Or, end)
            } else if let Some(end) = self.literal(after, "and") {
                (LogicOp::And, end)
            } else {
                break;
            };
            let Some(next) = self.space(after_op) else { break };
            let Some((operand, after)) = self.logic_operand(next) else { break };
            rest.push((op, operand));
            end = after;
        }
        Some((operators::logic(first, rest), end))
    }

    /// `[a, b | f]` and filters.
    pub fn array(&mut self, at: usize) -> Parsed<Expr> {
        let open = self.literal(at, "[")?;
        let mut items = Vec::new();
        let mut end = self.skip(open);
        while let Some((item, after)) = self.deeper(end, |p| p.logic_operand(end)) {
            items.push(item);
            end = self.skip(after);
            match self.literal(end, ",") {
                Some(after) => end = self.skip(after),
                None => break,
            }
        }
        let end = self.sign(end, "]")?;
        let value = Expr::plain(Value::Array(items), at..end);
        Some(self.with_filters((value, end)))
    }

    /// What may be assigned or passed.
    pub fn logic_or_array(&mut self, at: usize) -> Parsed<Expr> {
        match self.logic(at) {
            Some(found) => Some(found),
            None => self.array(at),
        }
    }

    /// Keyword arguments between parentheses.
    fn arguments(&mut self, at: usize) -> Parsed<Vec<(Name, Expr)>> {
        let open = self.literal(at, "(")?;
        let mut args = Vec::new();
        let mut end = self.skip(open);
        loop {
            if self.literal(end, ")").is_some() {
                break;
            }
            let Some((arg, after)) = self.deeper(end, |p| p.argument(end)) else { break };
            args.push(arg);
            end = self.skip(after);
            match self.literal(end, ",") {
                Some(after) => end = self.skip(after),
                None => break,
            }
        }
        let after = self.sign(end, ")")?;
        Some((args, after))
    }

    fn argument(&mut self, at: usize) -> Parsed<(Name, Expr)> {
        let (name, end) = self.ident(at)?;
        let equals = self.sign(self.skip(end), "=")?;
        let (value, end) = self.logic_or_array(self.skip(equals))?;
        Some(((name, value), end))
    }

    /// `name(a=1)`
    pub fn call(&mut self, at: usize) -> Parsed<Call> {
        if let Some(known) = self.calls.get(&at) {
            return known.clone();
        }
        let result = self.ident(at).and_then(|(name, end)| {
            let (args, end) = self.arguments(self.skip(end))?;
            Some((Call { name, args, span: at..end }, end))
        });
        if self.fatal.is_none() {
            self.calls.insert(at, result.clone());
        }
        result
    }

    fn macro_call(&mut self, at: usize) -> Parsed<Expr> {
        let (namespace, end) = self.ident(at)?;
        let colons = self.literal(self.skip(end), "::")?;
        let (name, end) = self.ident(self.skip(colons))?;
        let (args, end) = self.arguments(self.skip(end))?;
        let call = MacroCall { namespace, name, args, span: at..end };
        Some((Expr::plain(Value::Macro(Box::new(call)), at..end), end))
    }

    /// `a.b is not divisibleby(2)`
    fn test(&mut self, at: usize) -> Parsed<Expr> {
        let (path, end) = self.path(at)?;
        let is = self.skip(self.literal(self.skip(end), "is")?);
        if let Some(not) = self.literal(is, "not")
            && let Some((test, end)) = self.test_call(path.clone(), true, self.skip(not))
        {
            return Some((Expr::plain(Value::Test(Box::new(test)), at..end), end));
        }
        let (test, end) = self.test_call(path, false, is)?;
        Some((Expr::plain(Value::Test(Box::new(test)), at..end), end))
    }

    fn test_call(&mut self, path: Path, negated: bool, at: usize) -> Parsed<Test> {
        let (name, mut end) = self.ident(at)?;
        let mut args = Vec::new();
        if let Some((found, after)) = self.test_arguments(end) {
            args = found;
            end = after;
        }
        Some((Test { path, negated, name, args }, end))
    }

    fn test_arguments(&mut self, at: usize) -> Parsed<Vec<Expr>> {
        let open = self.literal(self.skip(at), "(")?;
        let mut args = Vec::new();
        let mut end = self.skip(open);
        loop {
            let (value, after) = self.deeper(end, |p| p.logic_or_array(end))?;
            args.push(value);
            end = self.skip(after);
            match self.literal(end, ",") {
                Some(after) => end = self.skip(after),
                None => break,
            }
        }
        let after = self.sign(end, ")")?;
        Some((args, after))
    }
}
