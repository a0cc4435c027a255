//! What Tera 1 takes for a string, a number, a list, and what is said when something else comes.
//!
//! Tera 1's values were those of JSON: no integers beyond 64 bits, no infinite floats (they were null), nothing undefined.

use tera::{Error, Kwargs, TeraResult, Value};

use crate::diagnostic::Text;
use crate::template;
use crate::text;

/// A number in the three kinds that JSON has; an integer is `Signed` where it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
}

impl Number {
    /// None for what is no number, and for floats that JSON cannot hold.
    pub fn of(value: &Value) -> Option<Number> {
        if !value.is_number() {
            return None;
        }
        if let Some(number) = value.as_i64() {
            return Some(Number::Signed(number));
        }
        if let Some(number) = value.as_u64() {
            return Some(Number::Unsigned(number));
        }
        let float = match (value.as_i128(), value.as_u128(), value.as_f64()) {
            (Some(number), _, _) => number as f64,
            (None, Some(number), _) => number as f64,
            (None, None, float) => float?,
        };
        float.is_finite().then_some(Number::Float(float))
    }

    pub fn as_f64(self) -> f64 {
        match self {
            Number::Signed(number) => number as f64,
            Number::Unsigned(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

/// Null as JSON has it: none, and floats that are not finite.
pub fn is_null(value: &Value) -> bool {
    value.is_none() || (value.is_number() && Number::of(value).is_none())
}

/// A float, or null where JSON cannot hold it.
pub fn float(number: f64) -> Value {
    if number.is_finite() { Value::from(number) } else { Value::none() }
}

/// Equal as JSON has it: `1` and `1.0` are not.
pub fn equal(a: &Value, b: &Value) -> bool {
    if is_null(a) || is_null(b) {
        return is_null(a) && is_null(b);
    }
    if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
        return a == b;
    }
    if let (Some(a), Some(b)) = (a.as_array(), b.as_array()) {
        return a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b));
    }
    if let (Some(a), Some(b)) = (a.as_map(), b.as_map()) {
        return a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)));
    }
    a == b
}

/// What a filter, test or function wants of its value or of an argument.
pub trait Wanted<'v>: Sized {
    fn take(value: &'v Value) -> Option<Self>;

    /// Its name in a message: «`x` must be …».
    fn name() -> Text;
}

macro_rules! wanted {
    ($($type:ty, $value:ident => $take:expr, $en:literal, $zh:literal;)*) => {
        $(impl<'v> Wanted<'v> for $type {
            fn take($value: &'v Value) -> Option<Self> {
                $take
            }

            fn name() -> Text {
                text!($en, $zh)
            }
        })*
    };
}

wanted! {
    &'v str, value => value.as_str(), "a string", "字符串";
    bool, value => value.as_bool(), "true or false", "true 或 false";
    &'v [Value], value => value.as_array(), "a list", "列表";
    f64, value => Number::of(value).map(Number::as_f64), "a number", "数字";
    i64, value => integer(value).and_then(|n| i64::try_from(n).ok()), "a whole number", "整数";
    i32, value => integer(value).and_then(|n| i32::try_from(n).ok()), "a whole number", "整数";
    u32, value => integer(value).and_then(|n| u32::try_from(n).ok()), "a whole number from 0", "不小于 0 的整数";
    usize, value => integer(value).and_then(|n| usize::try_from(n).ok()), "a whole number from 0", "不小于 0 的整数";
}

fn integer(value: &Value) -> Option<i128> {
    match Number::of(value)? {
        Number::Signed(number) => Some(number.into()),
        Number::Unsigned(number) => Some(number.into()),
        Number::Float(_) => None,
    }
}

/// The value that a filter or test was used on. `name` is that of the filter.
pub fn value<'v, T: Wanted<'v>>(name: &str, value: &'v Value) -> TeraResult<T> {
    T::take(value).ok_or_else(|| wrong::<T>(name, value))
}

/// The value that a filter or test was used on is of a wrong kind.
pub fn wrong<'v, T: Wanted<'v>>(name: &str, value: &Value) -> Error {
    let (wanted, found) = (T::name(), kind(value));
    template::error(Text {
        en: format!("`{name}` was used on {}; it must be {}", found.en, wanted.en),
        zh: format!("`{name}` 用在了{}上；应为{}", found.zh, wanted.zh),
    })
}

/// An argument that may be left out.
pub fn optional<'v, T: Wanted<'v>>(name: &str, arguments: &'v Kwargs, argument: &'static str) -> TeraResult<Option<T>> {
    let Some(given) = any(arguments, argument)? else { return Ok(None) };
    match T::take(given) {
        Some(taken) => Ok(Some(taken)),
        None => {
            let (wanted, found) = (T::name(), kind(given));
            Err(template::error(Text {
                en: format!("`{name}`: the argument `{argument}` is {}; it must be {}", found.en, wanted.en),
                zh: format!("`{name}`：参数 `{argument}` 是{}；应为{}", found.zh, wanted.zh),
            }))
        }
    }
}

/// An argument that must be there.
pub fn required<'v, T: Wanted<'v>>(name: &str, arguments: &'v Kwargs, argument: &'static str) -> TeraResult<T> {
    optional(name, arguments, argument)?.ok_or_else(|| missing(name, argument))
}

/// An argument of any kind that may be left out.
pub fn any<'v>(arguments: &'v Kwargs, argument: &'static str) -> TeraResult<Option<&'v Value>> {
    arguments.get::<&Value>(argument)
}

/// Undefined is an error in an argument, as it is everywhere in Tera 1, whether the argument is used or not.
pub fn all_defined(name: &str, arguments: &Kwargs) -> TeraResult<()> {
    match arguments.iter().find(|(_, given)| given.is_undefined()) {
        None => Ok(()),
        Some((argument, _)) => {
            let argument = argument.as_str().unwrap_or_default();
            Err(template::error(text!(
                "`{name}`: the argument `{argument}` is not defined",
                "`{name}`：参数 `{argument}` 没有定义"
            )))
        }
    }
}

pub fn missing(name: &str, argument: &str) -> Error {
    template::error(text!("`{name}` needs the argument `{argument}`", "`{name}` 缺少参数 `{argument}`"))
}

/// What kind of value it is, for messages.
pub fn kind(value: &Value) -> Text {
    if value.is_undefined() {
        text!("something undefined", "未定义的值")
    } else if is_null(value) {
        text!("null", "空值")
    } else if value.is_bool() {
        text!("true or false", "真假值")
    } else if value.is_number() {
        text!("the number {value}", "数字 {value}")
    } else if value.is_array() {
        text!("a list", "列表")
    } else if value.is_map() {
        text!("a map", "映射")
    } else if value.is_string() {
        text!("a string", "字符串")
    } else {
        text!("bytes", "字节")
    }
}
