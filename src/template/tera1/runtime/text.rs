//! The texts of values.

use std::fmt::Write;

use tera::{TeraResult, Value};

use super::arguments::{Number, is_null};
use crate::template;
use crate::text;

/// The text of a value as Tera 1 prints it: `1.0` is `1`, a map is `[object]`, null is nothing.
pub fn rendered(value: &Value) -> String {
    let mut out = String::new();
    render(value, 0, &mut out);
    out
}

/// How deep lists are shown in lists: a loop may put a list into a list without end.
const DEEPEST: usize = 200;

fn render(value: &Value, depth: usize, out: &mut String) {
    if is_null(value) {
        return;
    }
    if let Some(number) = Number::of(value) {
        // Writing to a string does not fail.
        let _ = match number {
            Number::Signed(number) => write!(out, "{number}"),
            Number::Unsigned(number) => write!(out, "{number}"),
            Number::Float(number) => write!(out, "{number}"),
        };
    } else if depth > DEEPEST {
        out.push('…');
    } else if let Some(items) = value.as_array() {
        out.push('[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            render(item, depth + 1, out);
        }
        out.push(']');
    } else if value.is_map() {
        out.push_str("[object]");
    } else if let Some(text) = value.as_str() {
        out.push_str(text);
    } else {
        let _ = write!(out, "{value}");
    }
}

/// The JSON of a value.
pub fn json(value: &Value, pretty: bool) -> TeraResult<String> {
    let written = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    written.map_err(|error| {
        template::error(text!("this value cannot be written as JSON: {error}", "这个值不能写成 JSON：{error}"))
    })
}

/// With `&`, `<`, `>`, `"`, `'` and `/` as entities of HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for sign in text.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            '/' => out.push_str("&#x2F;"),
            _ => out.push(sign),
        }
    }
    out
}

/// A separator or pattern with `\n` and `\t` as the signs that they mean: Tera 1 has no escapes in its strings.
pub fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}
