//! `date`, with a conversion that chrono, and so Zola up to 0.22, has and jiff has not.

use std::sync::Arc;

use tera::value::Key;
use tera::{Kwargs, Map, State, TeraResult, Value};

/// Formats a date: `{{ page.date | date(format="%d %B %Y") }}`.
///
/// The value is a date, a date with time (with or without an offset) or seconds since 1970. Arguments:
/// - `format`: as of strftime, `%Y-%m-%d` if there is none. `%+` is the date of ISO 8601, as in chrono. With `locale`,
///   a pattern of UTS 35 instead: `date(locale="zh", format="y年M月d日 EEEE")`.
/// - `timezone`: the name of the zone to show the date in. What has no offset is a time of that zone.
/// - `locale`: the language of names; needs a format.
pub fn date(value: &Value, kwargs: Kwargs, state: &State) -> TeraResult<String> {
    let format = kwargs.get::<&str>("format")?.unwrap_or_default();
    if !format.contains("%+") || kwargs.get::<&Value>("locale")?.is_some() {
        return tera_contrib::dates::date(value, kwargs, state);
    }
    let nanoseconds = tera_contrib::dates::date(value, with(&kwargs, "format", "%N"), state)?;
    let format = expand(format, &nanoseconds);
    tera_contrib::dates::date(value, with(&kwargs, "format", &format), state)
}

/// The same arguments, one of them another.
pub(super) fn with(kwargs: &Kwargs, name: &'static str, value: &str) -> Kwargs {
    let mut map: Map = kwargs.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    map.insert(Key::Str(name), Value::from(value));
    Kwargs::new(Arc::new(map))
}

/// Replaces `%+`. As many digits of the second as there are, in groups of three.
fn expand(format: &str, nanoseconds: &str) -> String {
    let fraction = match nanoseconds.trim_end_matches('0').len() {
        0 => "",
        1..=3 => "%.3f",
        4..=6 => "%.6f",
        _ => "%.9f",
    };
    let mut expanded = String::new();
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('%', Some('+')) => {
                expanded += &format!("%Y-%m-%dT%H:%M:%S{fraction}%:z");
                rest.next();
            }
            ('%', Some(next)) => {
                expanded.extend([c, next]);
                rest.next();
            }
            _ => expanded.push(c),
        }
    }
    expanded
}
