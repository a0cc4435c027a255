//! Filters on numbers.

use tera::{Kwargs, State, TeraResult, Value};

use super::arguments::{self, Number, float, optional};
use crate::template;
use crate::text;

pub fn abs(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    Ok(match Number::of(value) {
        // The least of all has no opposite and stays as it is.
        Some(Number::Signed(number)) => Value::from(number.wrapping_abs()),
        Some(Number::Unsigned(number)) => Value::from(number),
        Some(Number::Float(number)) => Value::from(number.abs()),
        None => return Err(arguments::wrong::<f64>("abs", value)),
    })
}

/// `singular` (nothing) for 1 and -1, else `plural` (`s`).
pub fn pluralize(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let number: f64 = arguments::value("pluralize", value)?;
    let plural = optional("pluralize", &args, "plural")?.unwrap_or("s");
    let singular = optional("pluralize", &args, "singular")?.unwrap_or("");
    Ok(Value::from(if (number.abs() - 1.0).abs() > f64::EPSILON { plural } else { singular }))
}

/// A float, rounded to `precision` (0) digits by `method`: `common`, `ceil` or `floor`.
pub fn round(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let number: f64 = arguments::value("round", value)?;
    let method = optional("round", &args, "method")?.unwrap_or("common");
    let precision = optional("round", &args, "precision")?.unwrap_or(0_i32);
    let factor = if precision == 0 { 1.0 } else { 10.0_f64.powi(precision) };
    let rounded = match method {
        "common" => (factor * number).round(),
        "ceil" => (factor * number).ceil(),
        "floor" => (factor * number).floor(),
        _ => {
            return Err(template::error(text!(
                "`round`: `method` is `{method}`; it must be common, ceil or floor",
                "`round`：`method` 是 `{method}`；应为 common、ceil 或 floor"
            )));
        }
    };
    Ok(float(rounded / factor))
}

/// A size in bytes for readers: `117.74 MB`, or `117.74 MiB` with `binary`.
pub fn filesizeformat(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let size: usize = arguments::value("filesizeformat", value)?;
    let binary = optional("filesizeformat", &args, "binary")?.unwrap_or(false);
    let format = if binary { humansize::BINARY } else { humansize::WINDOWS };
    Ok(Value::from(humansize::format_size(size, format)))
}
