//! Filters on strings.

use std::sync::LazyLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use regex::{Captures, Regex};
use tera::{Kwargs, State, TeraResult, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{self, Number, float, optional, required};
use super::text::{escaped, unescaped};
use crate::template;
use crate::text;

/// A filter that takes a string and no argument.
macro_rules! simple {
    ($($(#[$doc:meta])* $function:ident, $name:literal, $text:ident => $result:expr;)*) => {
        $($(#[$doc])* pub fn $function(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
            let $text: &str = arguments::value($name, value)?;
            Ok(Value::from($result))
        })*
    };
}

simple! {
    upper, "upper", text => text.to_uppercase();
    lower, "lower", text => text.to_lowercase();
    trim, "trim", text => text.trim();
    trim_start, "trim_start", text => text.trim_start();
    trim_end, "trim_end", text => text.trim_end();
    wordcount, "wordcount", text => text.split_whitespace().count();
    /// Everything but letters, digits, `_`, `-`, `.`, `~` and `/`.
    urlencode, "urlencode", text => percent_encode(text.as_bytes(), UNQUOTED).to_string();
    urlencode_strict, "urlencode_strict", text => percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
    addslashes, "addslashes", text => text.replace('\\', "\\\\").replace('"', "\\\"").replace('\'', "\\'");
    slugify, "slugify", text => slug::slugify(text);
    linebreaksbr, "linebreaksbr", text => text.replace("\r\n", "<br>").replace('\n', "<br>");
    striptags, "striptags", text => TAGS.as_ref().map_or_else(|| text.into(), |tags| tags.replace_all(text, ""));
    spaceless, "spaceless", text => GAPS.as_ref().map_or_else(|| text.into(), |gaps| gaps.replace_all(text, "><"));
    escape, "escape", text => escaped(text);
    escape_xml, "escape_xml", text => escaped(text).replace("&#x2F;", "/").replace("&#x27;", "&apos;");
    /// The first letter of each word as a capital, the others small.
    title, "title", text => WORDS.as_ref().map_or_else(|| text.into(), |words| {
        words.replace_all(text, |word: &Captures| word[1].to_uppercase() + &word[2].to_lowercase())
    });
    /// The first letter of all as a capital, the others small.
    capitalize, "capitalize", text => {
        let mut signs = text.chars();
        let first: String = signs.next().into_iter().flat_map(char::to_uppercase).collect();
        first + &signs.as_str().to_lowercase()
    };
}

/// What Python's `quote` encodes.
const UNQUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'-')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/')
    // Tera 1's own list has these two as they are.
    .remove(b'%');

static TAGS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(<!--.*?-->|<[^>]*>)").ok());
static GAPS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r">\s+<").ok());
static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b([\w'])([\w']*)\b").ok());

pub fn trim_start_matches(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let text: &str = arguments::value("trim_start_matches", value)?;
    let pattern = unescaped(required("trim_start_matches", &args, "pat")?);
    Ok(Value::from(text.trim_start_matches(&pattern)))
}

pub fn trim_end_matches(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let text: &str = arguments::value("trim_end_matches", value)?;
    let pattern = unescaped(required("trim_end_matches", &args, "pat")?);
    Ok(Value::from(text.trim_end_matches(&pattern)))
}

/// The first `length` (255) characters as readers count them, and `end` (`…`) if there were more.
pub fn truncate(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let text: &str = arguments::value("truncate", value)?;
    let length = optional("truncate", &args, "length")?.unwrap_or(255);
    let end = optional("truncate", &args, "end")?.unwrap_or("…");
    Ok(match text.grapheme_indices(true).nth(length) {
        Some((at, _)) => Value::from(format!("{}{end}", &text[..at])),
        None => Value::from(text),
    })
}

pub fn replace(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let text: &str = arguments::value("replace", value)?;
    let from: &str = required("replace", &args, "from")?;
    let to: &str = required("replace", &args, "to")?;
    Ok(Value::from(text.replace(from, to)))
}

/// `prefix` (four spaces) before each line but the `first` and `blank` ones. A line break at the end is lost.
pub fn indent(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let text: &str = arguments::value("indent", value)?;
    let prefix = optional("indent", &args, "prefix")?.unwrap_or("    ");
    let first = optional("indent", &args, "first")?.unwrap_or(false);
    let blank = optional("indent", &args, "blank")?.unwrap_or(false);
    let lines = text.lines().enumerate().map(|(number, line)| {
        let indented = if number == 0 { first } else { blank || !line.trim_start().is_empty() };
        if indented { format!("{prefix}{line}") } else { line.to_owned() }
    });
    Ok(Value::from(lines.collect::<Vec<_>>().join("\n")))
}

pub fn split(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let text: &str = arguments::value("split", value)?;
    let pattern = unescaped(required("split", &args, "pat")?);
    Ok(Value::from(text.split(&pattern).collect::<Vec<_>>()))
}

/// A whole number; `default` (0) where the string holds none. Floats lose their fraction.
pub fn int(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let default = optional("int", &args, "default")?.unwrap_or(0_i64);
    let base = optional("int", &args, "base")?.unwrap_or(10_u32);
    if let Some(number) = Number::of(value) {
        // By way of a float, as Tera 1 does: beyond 2^53 this is not the same number.
        return Ok(Value::from(number.as_f64() as i64));
    }
    let text: &str = arguments::value("int", value)?;
    if !(2..=36).contains(&base) {
        return Err(template::error(text!("`int`: `base` must be from 2 to 36", "`int`：`base` 应为 2 到 36")));
    }
    let text = text.trim();
    let digits = match base {
        2 => text.trim_start_matches("0b"),
        8 => text.trim_start_matches("0o"),
        16 => text.trim_start_matches("0x"),
        _ => text,
    };
    let number = i64::from_str_radix(digits, base).ok();
    let fraction = || digits.contains('.').then(|| digits.parse::<f64>().ok()).flatten();
    Ok(Value::from(number.or_else(|| fraction().map(|number| number as i64)).unwrap_or(default)))
}

/// A number with a fraction; `default` (0) where the string holds none.
pub fn to_float(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let default = optional("float", &args, "default")?.unwrap_or(0.0);
    if let Some(number) = Number::of(value) {
        return Ok(float(number.as_f64()));
    }
    let text: &str = arguments::value("float", value)?;
    Ok(float(text.trim().parse().unwrap_or(default)))
}
