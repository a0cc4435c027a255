//! Walks over trees: which variables, macros and files they name.

use super::super::ast::{Call, Expr, Key, MacroCall, Name, Node, Path, Span, Value};
use super::Kind;

/// Called for what is found. `bound` variables are those that the same text has set before.
pub trait Visitor {
    fn path(&mut self, _path: &Path, _bound: &[String]) {}
    fn macro_call(&mut self, _call: &MacroCall) {}
    /// A variable that is set or looped over.
    fn bind(&mut self, _name: &Name) {}
    fn call(&mut self, _kind: Kind, _name: &Name) {}
    fn include(&mut self, _files: &[Name], _span: &Span) {}
}

/// Walks everything in `nodes`; macros with `macros` only.
pub fn walk(nodes: &[Node], bound: &mut Vec<String>, macros: bool, visitor: &mut impl Visitor) {
    let outer = bound.len();
    for node in nodes {
        match node {
            Node::Print { value, .. } => expression(value, bound, visitor),
            Node::Set { name, value, .. } => {
                expression(value, bound, visitor);
                visitor.bind(name);
                bound.push(name.text.clone());
            }
            Node::Include { files, tag, .. } => visitor.include(files, &tag.span),
            Node::If { branches, otherwise, .. } => {
                for branch in branches {
                    expression(&branch.condition, bound, visitor);
                    walk(&branch.body, bound, macros, visitor);
                }
                if let Some((_, body)) = otherwise {
                    walk(body, bound, macros, visitor);
                }
            }
            Node::For(each) => {
                expression(&each.container, bound, visitor);
                let before = bound.len();
                each.key.iter().for_each(|key| visitor.bind(key));
                visitor.bind(&each.value);
                bound.extend(each.key.iter().map(|k| k.text.clone()));
                bound.push(each.value.text.clone());
                walk(&each.body, bound, macros, visitor);
                bound.truncate(before);
                for (_, body) in &each.otherwise {
                    walk(body, bound, macros, visitor);
                }
            }
            Node::Filter { call, body, .. } => {
                visitor.call(Kind::Filter, &call.name);
                arguments(call, bound, visitor);
                walk(body, bound, macros, visitor);
            }
            Node::Block { body, .. } => walk(body, bound, macros, visitor),
            Node::Macro(definition) if macros => {
                let mut own = definition.params.iter().map(|(name, _)| name.text.clone()).collect();
                walk(&definition.body, &mut own, macros, visitor);
            }
            _ => {}
        }
    }
    bound.truncate(outer);
}

fn arguments(call: &Call, bound: &[String], visitor: &mut impl Visitor) {
    for (_, value) in &call.args {
        expression(value, bound, visitor);
    }
}

fn path(path: &Path, bound: &[String], visitor: &mut impl Visitor) {
    visitor.path(path, bound);
    for step in &path.steps {
        if let Key::Path(inner) = &step.key {
            self::path(inner, bound, visitor);
        }
    }
}

pub fn expression(e: &Expr, bound: &[String], visitor: &mut impl Visitor) {
    match &e.value {
        Value::Path(p) => path(p, bound, visitor),
        Value::Math(left, _, right) | Value::Logic(left, _, right) => {
            expression(left, bound, visitor);
            expression(right, bound, visitor);
        }
        Value::Test(test) => {
            path(&test.path, bound, visitor);
            visitor.call(Kind::Test, &test.name);
            for arg in &test.args {
                expression(arg, bound, visitor);
            }
        }
        Value::Macro(call) => {
            visitor.macro_call(call);
            for (_, value) in &call.args {
                expression(value, bound, visitor);
            }
        }
        Value::Function(call) => {
            visitor.call(Kind::Function, &call.name);
            arguments(call, bound, visitor);
        }
        Value::Array(items) | Value::Concat(items) => {
            for item in items {
                expression(item, bound, visitor);
            }
        }
        Value::In { needle, haystack, .. } => {
            expression(needle, bound, visitor);
            expression(haystack, bound, visitor);
        }
        Value::String(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => {}
    }
    for filter in &e.filters {
        visitor.call(Kind::Filter, &filter.name);
        arguments(filter, bound, visitor);
    }
}

/// Calls `see` for every filter, test and function that a template names.
pub fn visit_calls(nodes: &[Node], see: &mut impl FnMut(Kind, &Name)) {
    struct Calls<'a, F>(&'a mut F);
    impl<F: FnMut(Kind, &Name)> Visitor for Calls<'_, F> {
        fn call(&mut self, kind: Kind, name: &Name) {
            (self.0)(kind, name);
        }
    }
    walk(nodes, &mut Vec::new(), true, &mut Calls(see));
}
