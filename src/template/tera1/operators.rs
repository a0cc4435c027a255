//! What lowered text needs where Tera 2's own printing, operators and scopes give something else than Tera 1's.
//!
//! The names are those that `lower` writes. Tera 1's filters, tests and functions are not here.

use std::collections::BTreeMap;

use tera::value::Key;
use tera::{Error, Kwargs, Number, State, Tera, TeraResult, Value};
use unicode_segmentation::UnicodeSegmentation;

use super::runtime::text::{escaped, rendered};
use super::{runtime, scope};
use crate::template::error;
use crate::text;

/// Adds everything here to an engine.
pub fn register(tera: &mut Tera) {
    tera.register_filter("t1_print", |value: &Value, _: Kwargs, state: &State| print(value, true, state));
    tera.register_filter("t1_result", |value: &Value, _: Kwargs, state: &State| print(value, !marked(value), state));
    tera.register_filter("t1_safe", |value: &Value, _: Kwargs, state: &State| print(value, false, state));
    tera.register_filter("t1_escape_operand", |value: &Value, _: Kwargs, state: &State| escape(value, true, state));
    tera.register_filter("t1_escape_operand_result", |value: &Value, _: Kwargs, state: &State| {
        escape(value, !marked(value), state)
    });
    tera.register_filter("t1_known", |value: &Value, _: Kwargs, _: &State| known(value));
    tera.register_filter("t1_try", attempt);
    tera.register_filter("t1_at", at);
    tera.register_filter("t1_outer", outer);
    tera.register_filter("t1_items", items);
    tera.register_filter("t1_text", concatenable);
    tera.register_filter("t1_bool", truth);
    tera.register_filter("t1_number", number);
    tera.register_filter("t1_nan", not_a_number);
    tera.register_filter("t1_finite", finite);
    tera.register_filter("t1_divide", divide);
    tera.register_filter("t1_modulo", modulo);
    tera.register_filter("t1_missing", |_: &Value, kwargs: Kwargs, _: &State| missing::<Value>(&kwargs));
    tera.register_test("t1_missing", |_: &Value, kwargs: Kwargs, _: &State| missing::<bool>(&kwargs));
    tera.register_test("t1_given", |value: &Value, _: Kwargs, _: &State| !value.is_undefined() && !value.is_none());
    tera.register_test("t1_unequal", unequal);
    tera.register_test("t1_in", contained);
    tera.register_function("t1_concat", concat);
    tera.register_function("t1_dump", dump);
    tera.register_function("t1_context", |kwargs: Kwargs, _: &State| {
        Ok::<_, Error>(scope::variable(kwargs.must_get::<&str>("name")?))
    });
    tera.register_function("t1_macro", |kwargs: Kwargs, state: &State| scope::render_macro(&kwargs, state));
    tera.register_function("t1_include", |kwargs: Kwargs, state: &State| scope::render_include(&kwargs, state));
}

/// Tera 1's text of a value; what is no number has become text long before in Tera 1.
fn text_of(value: &Value) -> String {
    match value.as_number() {
        Some(Number::Float(float)) if !float.is_finite() => "NaN".to_owned(),
        _ => rendered(value),
    }
}

/// A string that its function or filter said to be safe.
fn marked(value: &Value) -> bool {
    value.is_string() && value.is_safe()
}

fn undefined() -> Error {
    error(text!("this variable is not defined", "这个变量没有定义"))
}

fn known(value: &Value) -> TeraResult<Value> {
    if value.is_undefined() { Err(undefined()) } else { Ok(value.clone()) }
}

/// The printed text. Only strings are escaped, not those inside lists.
fn print(value: &Value, escape: bool, state: &State) -> TeraResult<Value> {
    if value.is_undefined() {
        return Err(undefined());
    }
    check_size(value)?;
    match value.as_str() {
        Some(text) if escape && state.autoescaping_enabled() => Ok(Value::safe_string(&escaped(text))),
        Some(text) => Ok(Value::safe_string(text)),
        None => Ok(Value::safe_string(&text_of(value))),
    }
}

/// Tera 2 calculates with 128 bits; Tera 1 stops at 64.
fn check_size(value: &Value) -> TeraResult<()> {
    // Results of calculations are of this kind, whatever their size.
    if value.is_i128() && value.as_i64().is_none() {
        return Err(error(text!("the result {value} is out of bounds", "结果 {value} 超出整数范围")));
    }
    Ok(())
}

fn escape(value: &Value, escape: bool, state: &State) -> TeraResult<Value> {
    match value.as_str() {
        Some(text) if escape && state.autoescaping_enabled() => Ok(Value::from(escaped(text))),
        _ => Ok(value.clone()),
    }
}

/// A filter whose error is as good as a missing value.
fn attempt(value: &Value, kwargs: Kwargs, state: &State) -> TeraResult<Value> {
    let name = kwargs.must_get::<&str>("filter")?;
    let failed = if kwargs.get::<bool>("failed")?.unwrap_or(false) { Value::from(true) } else { Value::undefined() };
    if value.is_undefined() {
        return Ok(Value::undefined());
    }
    if kwargs.iter().any(|(_, value)| value.is_undefined()) {
        return Ok(failed);
    }
    let arguments = kwargs.iter().filter(|(key, _)| !matches!(key.as_str(), Some("filter" | "failed")));
    let arguments: tera::Map = arguments.map(|(key, value)| (key.clone(), value.clone())).collect();
    Ok(state.call_filter(name, value, Kwargs::new(arguments.into())).unwrap_or(failed))
}

/// A step of a path by a key that is not a plain name. `maybe` where a missing key is no error.
fn at(value: &Value, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    let maybe = kwargs.get::<bool>("maybe")?.unwrap_or(false);
    let key = kwargs.must_get::<&Value>("key")?;
    let found = step(value, key);
    if found.is_undefined() && !maybe {
        return Err(undefined());
    }
    Ok(found)
}

fn step(value: &Value, key: &Value) -> Value {
    let name = match (key.as_str(), key.as_i128()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(index)) => index.to_string(),
        _ => return Value::undefined(),
    };
    if let Some(map) = value.as_map() {
        return map.get(&Key::from(name)).cloned().unwrap_or_else(Value::undefined);
    }
    let index = (name == "0" || !name.starts_with(['0', '+'])).then(|| name.parse::<usize>().ok()).flatten();
    match (value.as_array(), index) {
        (Some(items), Some(index)) => items.get(index).cloned().unwrap_or_else(Value::undefined),
        _ => Value::undefined(),
    }
}

/// The value, or what the context has at this path: an inner variable does not hide fields that it has not.
fn outer(value: &Value, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    if !value.is_undefined() {
        return Ok(value.clone());
    }
    let mut names = kwargs.must_get::<&str>("path")?.split('.');
    let root = names.next().map_or_else(Value::undefined, scope::variable);
    Ok(names.fold(root, |value, name| step(&value, &Value::from(name))))
}

fn items(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    if value.is_map() {
        return Err(error(text!(
            "this is a map: a loop over it needs two variables, `for key, value in …`",
            "这是映射：循环需要两个变量，例如 `for key, value in …`"
        )));
    }
    // Tera 1 goes through the characters as readers count them, but as often as there are code points; where the last
    // rounds use the variable, it panics.
    if let Some(text) = value.as_str()
        && !text.is_ascii()
    {
        let rounds = text.chars().count();
        return Ok(Value::from(text.graphemes(true).chain(std::iter::repeat("")).take(rounds).collect::<Vec<_>>()));
    }
    known(value)
}

/// What may stand beside `~`: strings and numbers.
fn concatenable(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    let of = value.name();
    if value.is_undefined() {
        Err(undefined())
    } else if value.is_f64() {
        // As JSON has it: the form of very great and very small numbers is another one than that of printing.
        Ok(Value::from(runtime::text::json(value, false)?))
    } else if value.is_string() || value.is_number() {
        Ok(value.clone())
    } else {
        Err(error(text!("`~` joins strings and numbers only; this is {of}", "`~` 只能连接字符串和数字；这里是 {of}")))
    }
}

fn concat(kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    let last = kwargs.must_get::<usize>("last")?;
    let mut out = String::new();
    let mut safe = false;
    for i in 0.. {
        let name = format!("arg{i}");
        let Some(part) = kwargs.get::<&Value>(&name)? else { break };
        safe |= i == last && marked(part);
        out.push_str(&part.to_string());
    }
    Ok(if safe { Value::safe_string(&out) } else { Value::from(out) })
}

fn truth(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    let of = value.name();
    match value.as_bool() {
        Some(_) => Ok(value.clone()),
        None => Err(error(text!(
            "a function in a condition must give a boolean; this gave {of}",
            "条件中的函数必须得到布尔值；这里得到 {of}"
        ))),
    }
}

fn number(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    let of = value.name();
    match value.as_number() {
        Some(Number::Float(float)) if !float.is_finite() => {
            Err(error(text!("comparison with what is not a number", "与非数字比较")))
        }
        Some(_) => Ok(value.clone()),
        None if value.is_undefined() => Err(undefined()),
        None => Err(error(text!("this must be a number; it is {of}", "这里必须是数字，却是 {of}"))),
    }
}

/// Tera 1 turns a result that is no number into text.
fn not_a_number(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    match value.as_number() {
        Some(Number::Float(float)) if !float.is_finite() => Ok(Value::from("NaN")),
        _ => Ok(value.clone()),
    }
}

/// In a condition, what is no number is false.
fn finite(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    match value.as_number() {
        Some(Number::Float(float)) if !float.is_finite() => Ok(Value::from(0)),
        _ => Ok(value.clone()),
    }
}

fn operands(value: &Value, kwargs: &Kwargs) -> TeraResult<(Number, Number)> {
    let by = kwargs.must_get::<&Value>("by")?;
    let wrong = |value: &Value| {
        let of = value.name();
        match value.is_undefined() {
            true => undefined(),
            false => error(text!("math needs numbers; this is {of}", "算术运算需要数字；这里是 {of}")),
        }
    };
    Ok((value.as_number().ok_or_else(|| wrong(value))?, by.as_number().ok_or_else(|| wrong(by))?))
}

/// Whole results are integers; a division by zero is no number.
fn divide(value: &Value, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    let (left, right) = operands(value, &kwargs)?;
    let result = left.as_float() / right.as_float();
    Ok(if !result.is_finite() {
        Value::from(f64::NAN)
    } else if result.round() == result {
        #[expect(clippy::cast_possible_truncation, reason = "Tera 1 saturates here as well")]
        Value::from(result as i64)
    } else {
        Value::from(result)
    })
}

/// The remainder has the sign of the dividend.
fn modulo(value: &Value, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    match operands(value, &kwargs)? {
        (Number::Integer(_), Number::Integer(0)) => Err(error(text!("modulo by zero", "除数为零，无法取余"))),
        (Number::Integer(left), Number::Integer(right)) => Ok(Value::from(left.wrapping_rem(right))),
        (left, right) => Ok(Value::from(left.as_float() % right.as_float())),
    }
}

fn missing<T>(kwargs: &Kwargs) -> TeraResult<T> {
    Err(Error::message(kwargs.must_get::<&str>("message")?))
}

/// `!=`, which Tera 1 says is false when one side only is a number.
fn unequal(value: &Value, kwargs: Kwargs, _: &State) -> TeraResult<bool> {
    let other = kwargs.must_get::<&Value>("arg0")?;
    if value.is_undefined() || other.is_undefined() {
        return Err(undefined());
    }
    Ok(value.is_number() == other.is_number() && value != other)
}

/// Equality inside lists and maps, where `1` and `1.0` differ.
fn same(left: &Value, right: &Value) -> bool {
    if let (Some(left), Some(right)) = (left.as_array(), right.as_array()) {
        return left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right));
    }
    if let (Some(left), Some(right)) = (left.as_map(), right.as_map()) {
        let equal = |(key, value)| right.get(key).is_some_and(|other| same(value, other));
        return left.len() == right.len() && left.iter().all(equal);
    }
    left == right && (!left.is_number() || left.is_f64() == right.is_f64())
}

fn contained(needle: &Value, kwargs: Kwargs, _: &State) -> TeraResult<bool> {
    let haystack = kwargs.must_get::<&Value>("arg0")?;
    if needle.is_undefined() || haystack.is_undefined() {
        return Err(undefined());
    }
    if let Some(items) = haystack.as_array() {
        return Ok(items.iter().any(|item| same(item, needle)));
    }
    let is_text = |of: &Value| of.as_str().is_some() || of.is_map();
    let Some(name) = needle.as_str().filter(|_| is_text(haystack)) else {
        return Err(match is_text(haystack) {
            true => error(text!("only a string can be in a string or a map", "只有字符串才能包含在字符串或映射里")),
            false => error(text!("`in` looks into strings, lists and maps only", "`in` 只能用于字符串、列表和映射")),
        });
    };
    Ok(match haystack.as_map() {
        Some(map) => map.contains_key(&Key::from(name.to_owned())),
        None => haystack.as_str().is_some_and(|text| text.contains(name)),
    })
}

/// The variables as Tera 1 dumps them: pretty JSON, by name.
fn dump(kwargs: Kwargs, _: &State) -> TeraResult<Value> {
    let context = kwargs.must_get::<&Value>("context")?;
    let map = context.as_map().into_iter().flatten();
    let named = map.filter_map(|(key, value)| Some((key.as_str()?.to_owned(), value)));
    let sorted: BTreeMap<String, &Value> = named.filter(|(name, _)| !name.starts_with("__tera")).collect();
    let json = serde_json::to_string_pretty(&sorted);
    json.map(|text| Value::safe_string(&text)).map_err(|e| Error::message(e.to_string()))
}
