//! Tests: what stands after `is`. Arguments have no names in Tera 1; here the first is `arg0`.

use tera::value::Key;
use tera::{Kwargs, State, TeraResult, Test, Value};
use tera_contrib::regex::Matching;

use super::arguments::{self, Number, equal, missing};
use crate::template;
use crate::text;

pub fn defined(value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
    at_most("defined", 0, &args)?;
    Ok(!value.is_undefined())
}

pub fn undefined(value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
    at_most("undefined", 0, &args)?;
    Ok(value.is_undefined())
}

/// A test that takes no argument and whose value must be defined.
macro_rules! simple {
    ($($function:ident, $name:literal, $value:ident => $result:expr;)*) => {
        $(pub fn $function($value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
            at_most($name, 0, &args)?;
            must_be_defined($name, $value)?;
            Ok($result)
        })*
    };
}

simple! {
    string, "string", value => value.is_string();
    number, "number", value => Number::of(value).is_some();
    iterable, "iterable", value => value.is_array() || value.is_map();
    object, "object", value => value.is_map();
    // `1.5` is odd.
    odd, "odd", value => arguments::value::<f64>("odd", value)? % 2.0 != 0.0;
    even, "even", value => arguments::value::<f64>("even", value)? % 2.0 == 0.0;
}

pub fn divisibleby(value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
    at_most("divisibleby", 1, &args)?;
    let number: f64 = arguments::value("divisibleby", value)?;
    let divisor: f64 = parameter("divisibleby", &args)?;
    Ok(number % divisor == 0.0)
}

pub fn starting_with(value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
    at_most("starting_with", 1, &args)?;
    let text: &str = arguments::value("starting_with", value)?;
    Ok(text.starts_with(parameter::<&str>("starting_with", &args)?))
}

pub fn ending_with(value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
    at_most("ending_with", 1, &args)?;
    let text: &str = arguments::value("ending_with", value)?;
    Ok(text.ends_with(parameter::<&str>("ending_with", &args)?))
}

/// Whether a string has a part, a list an item, a map a key.
pub fn containing(value: &Value, args: Kwargs, _: &State) -> TeraResult<bool> {
    at_most("containing", 1, &args)?;
    must_be_defined("containing", value)?;
    if let Some(items) = value.as_array() {
        let item = arguments::any(&args, FIRST)?.ok_or_else(|| missing("containing", FIRST))?;
        return Ok(items.iter().any(|other| equal(other, item)));
    }
    if let Some(map) = value.as_map() {
        return Ok(map.contains_key(&Key::Str(parameter("containing", &args)?)));
    }
    let text: &str = arguments::value("containing", value)?;
    Ok(text.contains(parameter::<&str>("containing", &args)?))
}

/// Whether a regular expression is found in a string. Each expression is compiled once.
#[derive(Default)]
pub struct Regex(Matching);

impl Test<&Value, TeraResult<bool>> for Regex {
    fn call(&self, value: &Value, args: Kwargs, state: &State) -> TeraResult<bool> {
        at_most("matching", 1, &args)?;
        let text: &str = arguments::value("matching", value)?;
        let expression: &str = parameter("matching", &args)?;
        self.0.call(text, Kwargs::from([("pat", Value::from(expression))]), state)
    }
}

const FIRST: &str = "arg0";

fn parameter<'v, T: arguments::Wanted<'v>>(name: &str, args: &'v Kwargs) -> TeraResult<T> {
    arguments::required(name, args, FIRST)
}

fn at_most(name: &str, limit: usize, args: &Kwargs) -> TeraResult<()> {
    let count = args.iter().count();
    if count > limit {
        return Err(template::error(text!(
            "the test `{name}` takes at most {limit} arguments, not {count}",
            "测试 `{name}` 最多接受 {limit} 个参数，这里有 {count} 个"
        )));
    }
    arguments::all_defined(name, args)
}

fn must_be_defined(name: &str, value: &Value) -> TeraResult<()> {
    if value.is_undefined() {
        return Err(template::error(text!(
            "the test `{name}` was used on something undefined",
            "测试 `{name}` 用在了未定义的值上"
        )));
    }
    Ok(())
}
