//! Functions.

use jiff::Timestamp;
use tera::{Function, Kwargs, State, TeraResult, Value};

use super::arguments::{any, optional, required};
use crate::template::{self, filters, reads};
use crate::text;

/// No template counts that far; a list of more would only fill the memory.
const MAX_RANGE: usize = 10_000_000;

/// The whole numbers from `start` (0) to before `end`, every `step_by`-th (1).
pub fn range(args: Kwargs, _: &State) -> TeraResult<Value> {
    let start: usize = optional("range", &args, "start")?.unwrap_or(0);
    let step: usize = optional("range", &args, "step_by")?.unwrap_or(1);
    let end: usize = required("range", &args, "end")?;
    if start > end {
        return Err(template::error(text!(
            "`range`: `start` ({start}) is greater than `end` ({end})",
            "`range`：`start`（{start}）大于 `end`（{end}）"
        )));
    }
    if start < end && step == 0 {
        return Err(template::error(text!("`range`: `step_by` is 0", "`range`：`step_by` 是 0")));
    }
    if (end - start) / step.max(1) > MAX_RANGE {
        return Err(template::error(text!(
            "`range` makes a list of at most {MAX_RANGE} numbers",
            "`range` 最多列出 {MAX_RANGE} 个数"
        )));
    }
    Ok(Value::from((start..end).step_by(step.max(1)).collect::<Vec<_>>()))
}

/// An error with the author's own message.
pub fn throw(args: Kwargs, _: &State) -> TeraResult<Value> {
    Err(tera::Error::message(required::<&str>("throw", &args, "message")?))
}

/// A variable of the environment, or `default`.
pub fn get_env(args: Kwargs, _: &State) -> TeraResult<Value> {
    let name: &str = required("get_env", &args, "name")?;
    reads::outside();
    // A name with `=` or a zero byte is none, and asking for it would panic on some systems.
    let found = if name.is_empty() || name.contains(['=', '\0']) { None } else { std::env::var(name).ok() };
    match (found, any(&args, "default")?) {
        (Some(found), _) => Ok(Value::from(found)),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(template::error(text!(
            "`get_env`: there is no environment variable `{name}`; `default` allows for that",
            "`get_env`：没有环境变量 `{name}`；可能缺少时请写 `default`"
        ))),
    }
}

/// A number from `start` (0) to before `end`, by chance, but the same in every build.
pub fn get_random(args: Kwargs, state: &State) -> TeraResult<Value> {
    let start: i64 = optional("get_random", &args, "start")?.unwrap_or(0);
    let end: i64 = required("get_random", &args, "end")?;
    let args = Kwargs::from([("start", Value::from(start)), ("end", Value::from(end))]);
    Ok(Value::from(filters::get_random(args, state)?))
}

/// When the build is, of UTC: `2026-08-05T10:00:00+00:00`, or in seconds with `timestamp=true`.
///
/// Zola up to 0.22 writes the time of the machine's zone unless `utc=true`; here output depends on no machine.
pub struct Now(pub Timestamp);

impl Function<TeraResult<Value>> for Now {
    fn call(&self, args: Kwargs, _: &State) -> TeraResult<Value> {
        let _utc: Option<bool> = optional("now", &args, "utc")?;
        reads::clock();
        if optional("now", &args, "timestamp")?.unwrap_or(false) {
            return Ok(Value::from(self.0.as_second()));
        }
        let digits = match self.0.subsec_nanosecond() {
            0 => "",
            n if n % 1_000_000 == 0 => "%.3f",
            n if n % 1000 == 0 => "%.6f",
            _ => "%.9f",
        };
        Ok(Value::from(self.0.strftime(&format!("%Y-%m-%dT%H:%M:%S{digits}+00:00")).to_string()))
    }
}
