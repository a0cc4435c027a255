//! The parser beside the crate's: the same texts accepted, and the same tree.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tera1::ast as real;

use super::super::ast::*;
use super::{ParseError, Reason, parse};

/// Our tree in the crate's types. Positions are dropped, whitespace is what is kept.
fn nodes(nodes: &[Node], text: &str) -> Vec<real::Node> {
    nodes.iter().filter_map(|n| node(n, text)).collect()
}

fn ws(tag: &Tag) -> real::WS {
    real::WS { left: tag.left, right: tag.right }
}

fn node(node: &Node, text: &str) -> Option<real::Node> {
    let inner = |b: &[Node]| nodes(b, text);
    Some(match node {
        Node::Text(t) if t.kept.is_empty() => return None,
        Node::Text(t) => real::Node::Text(text[t.kept.clone()].to_owned()),
        Node::Comment { leading: true, .. } => return None,
        Node::Comment { tag, .. } => {
            let (start, end) = (tag.span.start + 2 + usize::from(tag.left), tag.span.end - 2 - usize::from(tag.right));
            real::Node::Comment(ws(tag), text[start..end].to_owned())
        }
        Node::Raw { open, body, close } => real::Node::Raw(ws(open), text[body.kept.clone()].to_owned(), ws(close)),
        Node::Print { tag, value } => real::Node::VariableBlock(ws(tag), expr(value, text)),
        Node::Super(_) => real::Node::Super,
        Node::Set { tag, name, value, global } => {
            real::Node::Set(ws(tag), real::Set { key: name.text.clone(), value: expr(value, text), global: *global })
        }
        Node::Include { tag, files, ignore_missing } => {
            real::Node::Include(ws(tag), files.iter().map(|f| f.text.clone()).collect(), *ignore_missing)
        }
        Node::If { branches, otherwise, end } => real::Node::If(
            real::If {
                conditions: branches.iter().map(|b| (ws(&b.tag), expr(&b.condition, text), inner(&b.body))).collect(),
                otherwise: otherwise.as_ref().map(|(tag, body)| (ws(tag), inner(body))),
            },
            ws(end),
        ),
        Node::For(each) => real::Node::Forloop(
            ws(&each.tag),
            real::Forloop {
                key: each.key.as_ref().map(|k| k.text.clone()),
                value: each.value.text.clone(),
                container: expr(&each.container, text),
                body: inner(&each.body),
                empty_body: each.otherwise.last().map(|(_, body)| inner(body)),
            },
            ws(&each.end),
        ),
        Node::Filter { tag, call, body, end } => real::Node::FilterSection(
            ws(tag),
            real::FilterSection { filter: self::call(call, text), body: inner(body) },
            ws(end),
        ),
        Node::Block { tag, name, body, end } => {
            real::Node::Block(ws(tag), real::Block { name: name.text.clone(), body: inner(body) }, ws(end))
        }
        Node::Macro(m) => real::Node::MacroDefinition(
            ws(&m.tag),
            real::MacroDefinition {
                name: m.name.text.clone(),
                args: m
                    .params
                    .iter()
                    .map(|(name, default)| (name.text.clone(), default.as_ref().map(|d| expr(d, text))))
                    .collect(),
                body: inner(&m.body),
            },
            ws(&m.end),
        ),
        Node::Break(tag) => real::Node::Break(ws(tag)),
        Node::Continue(tag) => real::Node::Continue(ws(tag)),
        Node::Extends { tag, file, .. } => real::Node::Extends(ws(tag), file.text.clone()),
        Node::Import { tag, file, namespace, .. } => {
            real::Node::ImportMacro(ws(tag), file.text.clone(), namespace.text.clone())
        }
    })
}

fn call(call: &Call, text: &str) -> real::FunctionCall {
    real::FunctionCall { name: call.name.text.clone(), args: args(&call.args, text) }
}

fn args(args: &[(Name, Expr)], text: &str) -> std::collections::HashMap<String, real::Expr> {
    args.iter().map(|(name, value)| (name.text.clone(), expr(value, text))).collect()
}

fn expr(e: &Expr, text: &str) -> real::Expr {
    real::Expr {
        val: value(&e.value, text),
        negated: e.negated,
        filters: e.filters.iter().map(|f| call(f, text)).collect(),
    }
}

fn value(value: &Value, text: &str) -> real::ExprVal {
    let boxed = |e: &Expr| Box::new(expr(e, text));
    match value {
        Value::String(s) => real::ExprVal::String(s.clone()),
        Value::Int(i) => real::ExprVal::Int(*i),
        Value::Float(f) => real::ExprVal::Float(*f),
        Value::Bool(b) => real::ExprVal::Bool(*b),
        Value::Path(p) => real::ExprVal::Ident(text[p.span.clone()].to_owned()),
        Value::Math(l, op, r) => real::ExprVal::Math(real::MathExpr {
            lhs: boxed(l),
            rhs: boxed(r),
            operator: match op {
                MathOp::Add => real::MathOperator::Add,
                MathOp::Sub => real::MathOperator::Sub,
                MathOp::Mul => real::MathOperator::Mul,
                MathOp::Div => real::MathOperator::Div,
                MathOp::Modulo => real::MathOperator::Modulo,
            },
        }),
        Value::Logic(l, op, r) => real::ExprVal::Logic(real::LogicExpr {
            lhs: boxed(l),
            rhs: boxed(r),
            operator: match op {
                LogicOp::Gt => real::LogicOperator::Gt,
                LogicOp::Gte => real::LogicOperator::Gte,
                LogicOp::Lt => real::LogicOperator::Lt,
                LogicOp::Lte => real::LogicOperator::Lte,
                LogicOp::Eq => real::LogicOperator::Eq,
                LogicOp::NotEq => real::LogicOperator::NotEq,
                LogicOp::And => real::LogicOperator::And,
                LogicOp::Or => real::LogicOperator::Or,
            },
        }),
        Value::Test(t) => real::ExprVal::Test(real::Test {
            ident: text[t.path.span.clone()].to_owned(),
            negated: t.negated,
            name: t.name.text.clone(),
            args: t.args.iter().map(|a| expr(a, text)).collect(),
        }),
        Value::Macro(m) => real::ExprVal::MacroCall(real::MacroCall {
            namespace: m.namespace.text.clone(),
            name: m.name.text.clone(),
            args: args(&m.args, text),
        }),
        Value::Function(c) => real::ExprVal::FunctionCall(call(c, text)),
        Value::Array(items) => real::ExprVal::Array(items.iter().map(|i| expr(i, text)).collect()),
        Value::Concat(parts) => concat(parts, text),
        Value::In { needle, haystack, negated } => {
            real::ExprVal::In(real::In { lhs: boxed(needle), rhs: boxed(haystack), negated: *negated })
        }
    }
}

/// The crate joins neighbouring string literals.
fn concat(parts: &[Expr], text: &str) -> real::ExprVal {
    let mut values: Vec<real::ExprVal> = Vec::new();
    let mut open = String::new();
    for part in parts {
        match &part.value {
            Value::String(s) => open.push_str(s),
            other => {
                if !open.is_empty() {
                    values.push(real::ExprVal::String(std::mem::take(&mut open)));
                }
                values.push(value(other, text));
            }
        }
    }
    if values.is_empty() {
        return real::ExprVal::String(open);
    }
    if !open.is_empty() {
        values.push(real::ExprVal::String(open));
    }
    real::ExprVal::StringConcat(real::StringConcat { values })
}

/// What is wrong when both parsers read `text`, if anything.
fn compare(text: &str) -> Result<(), String> {
    let theirs = catch_unwind(AssertUnwindSafe(|| tera1::Template::new("a", None, text)));
    let ours = parse(text);
    match (theirs, ours) {
        // The crate itself gives up on an array as argument of a test.
        (Err(_), _) => Ok(()),
        (Ok(_), Err(ParseError { reason: Reason::TooDeep, .. })) => Ok(()),
        (Ok(Err(_)), Err(_)) => Ok(()),
        (Ok(Ok(theirs)), Ok(ours)) => {
            let ours = nodes(&ours, text);
            match ours == theirs.ast {
                true => Ok(()),
                false => Err(format!("{text:?}\nours:   {ours:?}\ntheirs: {:?}", theirs.ast)),
            }
        }
        (Ok(Ok(theirs)), Err(error)) => Err(format!("{text:?}\nours:   {error:?}\ntheirs: {:?}", theirs.ast)),
        (Ok(Err(error)), Ok(ours)) => Err(format!("{text:?}\nours:   {ours:?}\ntheirs: {error:?}")),
    }
}

/// Texts with every part of the language, and with what nearly is a part of it.
const SEEDS: &str = include_str!("seeds.txt");

fn seeds() -> Vec<&'static str> {
    SEEDS.split("\n----\n").collect()
}

#[test]
fn reads_what_the_crate_reads() {
    let wrong: Vec<String> = seeds().into_iter().filter_map(|text| compare(text).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A small generator with a seed, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

#[test]
fn reads_mutilated_texts_as_the_crate_does() {
    let seeds = seeds();
    let pieces = [
        " ", "-", "\n", "\r\n", "{{", "}}", "{%", "%}", "{#", "#}", "(", ")", "[", "]", "|", "~", ".", ",", "=", "==",
        "\"", "'", "`", "not ", "in ", "is ", "and ", "or ", "true", "a", "0", "1.5", "-1", "::", "else", "endif",
        "raw", "é",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut wrong = Vec::new();
    std::panic::set_hook(Box::new(|_| {}));
    for _ in 0..20_000 {
        let mut text = seeds[random.below(seeds.len())].to_owned();
        for _ in 0..=random.below(3) {
            let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
            let at = random.below(ends.len());
            match random.below(3) {
                0 if at + 1 < ends.len() => text.replace_range(ends[at]..ends[at + 1], ""),
                1 => {
                    let other = seeds[random.below(seeds.len())];
                    let cut = random.below(other.len() + 1);
                    if let Some(tail) = other.get(cut..) {
                        text.insert_str(ends[at], tail);
                    }
                }
                _ => text.insert_str(ends[at], pieces[random.below(pieces.len())]),
            }
        }
        if text.len() < 600
            && let Err(difference) = compare(&text)
        {
            wrong.push(difference);
        }
    }
    let _ = std::panic::take_hook();
    wrong.sort_by_key(String::len);
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong.iter().take(8).cloned().collect::<Vec<_>>().join("\n\n")
    );
}

/// For trying real sites: `KEPU_TEMPLATES=folder cargo test --release --lib reads_a_folder -- --ignored`
#[test]
#[ignore = "needs a folder of templates"]
fn reads_a_folder() {
    let folder = std::env::var("KEPU_TEMPLATES").expect("KEPU_TEMPLATES names a folder");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let path = entry.path();
        let known = path.extension().is_some_and(|e| ["html", "xml", "txt", "md", "json"].iter().any(|k| e == *k));
        if known && let Ok(text) = std::fs::read_to_string(path) {
            count += 1;
            if let Err(difference) = compare(&text) {
                wrong.push(format!("{}\n{}", path.display(), difference.chars().take(3000).collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n\n"));
    println!("{count} texts read as the crate reads them");
}

#[test]
fn deep_nesting_is_an_error() {
    for text in [
        format!("{{{{ {}a{} }}}}", "(".repeat(5000), ")".repeat(5000)),
        format!("{{{{ {}a{} }}}}", "f(a=".repeat(5000), ")".repeat(5000)),
        format!("{{{{ a{} }}}}", "[a".repeat(5000)),
        format!("{}{}", "{% if a %}".repeat(5000), "{% endif %}".repeat(5000)),
    ] {
        assert!(matches!(parse(&text), Err(ParseError { reason: Reason::TooDeep, .. })), "{:?}", parse(&text));
    }
}
