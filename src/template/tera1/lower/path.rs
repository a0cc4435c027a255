//! Paths: `a.b[0]["c"][d]`.

use super::super::ast::{Key, Path, Step};
use super::Lowering;
use super::lowered::{Escape, Lowered, Type, power, quoted};
use super::write::Written;

/// Names that mean something to Tera 2 and are names like any other to Tera 1.
const RESERVED: &[&str] =
    &["true", "false", "True", "False", "loop", "self", "and", "or", "not", "is", "in", "none", "None", "null", "body"];

impl Lowering<'_> {
    /// What a variable is called in Tera 2.
    pub fn variable(&self, name: &str) -> String {
        match RESERVED.contains(&name) && name != "body" {
            true => format!("t1_{name}"),
            false => name.to_owned(),
        }
    }

    /// A path. A `forgiving` one is undefined as soon as anything on it is missing; another one is an error unless
    /// only its last step is missing, which is for the caller to mind.
    pub fn path(&self, path: &Path, forgiving: bool) -> Lowered {
        let span = &path.span;
        if path.head == "loop"
            && let Some(known) = self.loop_field(path)
        {
            return known;
        }
        if path.head == "__tera_context" && path.steps.is_empty() {
            return Lowered::atom(Written::new("t1_dump(context=__tera_context)", span), span).typed(Type::String);
        }
        let bound = self.is_bound(&path.head);
        let hidden = self.hidden_path(path, forgiving, bound);
        let forgiving = forgiving || hidden.is_some();
        let mut result = Lowered {
            defined: bound && path.steps.is_empty(),
            escape: Escape::Always,
            ..Lowered::atom(Written::default(), span)
        };
        let head_end =
            path.steps.first().map_or(span.end, |s| span.start + path.head.len().min(s.span.start - span.start));
        result.out.put(&self.variable(&path.head), &(span.start..head_end));
        for (i, step) in path.steps.iter().enumerate() {
            // A variable that is certainly there needs no question mark.
            let ask = forgiving && !(i == 0 && bound);
            result = self.step(result, step, ask, forgiving);
        }
        if let Some(outer) = hidden {
            result = result.piped(&format!("t1_outer(path={})", quoted(&outer)));
            result.defined = false;
        }
        result
    }

    /// The path as text, where a variable of the context may have what an inner one of its name has not: the crate
    /// looks further out then.
    fn hidden_path(&self, path: &Path, forgiving: bool, bound: bool) -> Option<String> {
        let long = path.steps.len() > 1;
        let hides =
            if bound { long || forgiving } else { long && forgiving && self.site.may_be_hidden(self.name, &path.head) };
        if path.steps.is_empty() || !hides || !self.site.is_context(&path.head) {
            return None;
        }
        let mut names = path.head.clone();
        for step in &path.steps {
            let Key::Text(name) = &step.key else { return None };
            if name.contains('.') {
                return None;
            }
            names.push('.');
            names.push_str(name);
        }
        Some(names)
    }

    fn step(&self, mut base: Lowered, step: &Step, ask: bool, forgiving: bool) -> Lowered {
        let mark = if ask { "?" } else { "" };
        // After a helper only helpers can follow.
        let plain = base.power == power::ATOM;
        match &step.key {
            Key::Text(name) if plain && is_attribute(name) => {
                base.out.put(&format!("{mark}.{name}"), &step.span);
            }
            Key::Text(name) if plain && !forgiving && is_index(name) => {
                base.out.put(&format!("[{name}]"), &step.span);
            }
            Key::Index(index) if plain && !forgiving && (0..1000).contains(index) => {
                base.out.put(&format!("[{index}]"), &step.span);
            }
            Key::Text(name) if plain && !forgiving && !name.bytes().all(|b| b.is_ascii_digit()) => {
                base.out.put(&format!("[{}]", quoted(name)), &step.span);
            }
            key => {
                let mut out = base.clone().within(power::FILTER);
                out.put(if forgiving { " | t1_at(maybe=true, key=" } else { " | t1_at(key=" }, &step.span);
                match key {
                    Key::Text(name) => out.put(&quoted(name), &step.span),
                    // The crate takes a negative index for a variable's name.
                    Key::Index(index) if *index < 0 => out.put("t1_negative", &step.span),
                    Key::Index(index) => out.put(&quoted(&index.to_string()), &step.span),
                    Key::Path(inner) => out.append(self.path(inner, forgiving).within(power::TERNARY)),
                };
                out.put(")", &step.span);
                base = Lowered { out, power: power::FILTER, ..base };
            }
        }
        Lowered { defined: false, ..base }
    }

    /// `loop.index` and its like. None when there is no such field, so that it is an unknown variable.
    fn loop_field(&self, path: &Path) -> Option<Lowered> {
        let [Step { key: Key::Text(field), .. }] = path.steps.as_slice() else { return None };
        let of = match field.as_str() {
            "index" | "index0" => Type::Number,
            "first" | "last" => Type::Bool,
            _ => return None,
        };
        if self.loops > 0 {
            return Some(Lowered::atom(Written::new(format!("loop.{field}"), &path.span), &path.span).typed(of));
        }
        // In an included file the loop is the one that includes it; Tera 2 has a name for that.
        let out = Written::new(format!("__tera_loop_{field}"), &path.span);
        Some(Lowered { defined: false, ..Lowered::atom(out, &path.span) })
    }
}

fn is_attribute(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !matches!(name, "true" | "false" | "True" | "False")
}

/// A small number, which is an index of a list and not a year that a map is keyed by.
fn is_index(name: &str) -> bool {
    name.len() <= 3 && name.bytes().all(|b| b.is_ascii_digit()) && (name == "0" || !name.starts_with('0'))
}
