//! Filters on values of several kinds.

use tera::value::Key;
use tera::{Kwargs, State, TeraResult, Value};

use super::arguments::{self, is_null, missing, required};
use super::text::{json, rendered};
use crate::template;
use crate::text;

/// How many items, keys or characters (code points).
pub fn length(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    Ok(Value::from(if let Some(items) = value.as_array() {
        items.len()
    } else if let Some(map) = value.as_map() {
        map.len()
    } else {
        arguments::value::<&str>("length", value)?.chars().count()
    }))
}

/// The items, or the characters (code points), in reverse.
pub fn reverse(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    if let Some(items) = value.as_array() {
        return Ok(Value::from(items.iter().rev().cloned().collect::<Vec<_>>()));
    }
    let text: &str = arguments::value("reverse", value)?;
    Ok(Value::from(text.chars().rev().collect::<String>()))
}

/// The value as JSON, over several lines with `pretty`.
pub fn json_encode(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    defined("json_encode", value)?;
    let pretty = arguments::any(&args, "pretty")?.and_then(Value::as_bool).unwrap_or(false);
    Ok(Value::from(json(value, pretty)?))
}

/// The value as it is printed.
pub fn as_str(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    defined("as_str", value)?;
    Ok(Value::from(rendered(value)))
}

/// What a map has at `key`, or `default`.
pub fn get(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let key: &str = required("get", &args, "key")?;
    let Some(map) = value.as_map() else {
        let found = arguments::kind(value);
        return Err(template::error(crate::diagnostic::Text {
            en: format!("`get` was used on {}; it must be a map", found.en),
            zh: format!("`get` 用在了{}上；应为映射", found.zh),
        }));
    };
    let found = map.get(&Key::Str(key)).or(arguments::any(&args, "default")?);
    found.cloned().ok_or_else(|| {
        template::error(text!(
            "`get`: there is no `{key}`; `get(key=\"{key}\", default=\"\")` allows for that",
            "`get`：没有 `{key}`；可能缺少时请写 `get(key=\"{key}\", default=\"\")`"
        ))
    })
}

/// `value` in place of what is undefined or null.
pub fn default(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    if !value.is_undefined() && !is_null(value) {
        return Ok(value.clone());
    }
    match arguments::any(&args, "value")? {
        Some(default) if !default.is_undefined() => Ok(default.clone()),
        Some(_) => Err(template::error(text!(
            "`default`: the argument `value` is not defined either",
            "`default`：参数 `value` 也没有定义"
        ))),
        None => Err(missing("default", "value")),
    }
}

fn defined(name: &str, value: &Value) -> TeraResult<()> {
    if value.is_undefined() {
        return Err(template::error(text!("`{name}` was used on something undefined", "`{name}` 用在了未定义的值上")));
    }
    Ok(())
}
