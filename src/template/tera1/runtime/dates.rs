//! The filter `date`, by chrono as in Tera 1: its formats, its names of months in other languages.

use std::fmt::Write;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset, Locale, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use tera::{Kwargs, State, TeraResult, Value};

use super::arguments::{self, Number, optional};
use crate::template;
use crate::text;

/// Formats a date, `%Y-%m-%d` without `format`.
///
/// The value is a day, a time with an offset, a time without one (which is UTC), or the seconds since 1970. `timezone`
/// moves seconds and times with an offset only, `locale` has no effect on seconds without `timezone`.
pub fn date(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let format = optional("date", &args, "format")?.unwrap_or("%Y-%m-%d");
    if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
        return Err(invalid_format(format));
    }
    let timezone = optional("date", &args, "timezone")?
        .map(|name: &str| {
            name.parse::<Tz>().map_err(|_| {
                template::error(text!("`date`: there is no time zone `{name}`", "`date`：没有时区 `{name}`"))
            })
        })
        .transpose()?;
    let locale = optional("date", &args, "locale")?.map_or(Ok(Locale::POSIX), |name: &str| {
        Locale::try_from(name).map_err(|_| {
            template::error(text!(
                "`date`: there is no locale `{name}`; one is written `fr_FR`",
                "`date`：没有区域设置 `{name}`；写法如 `zh_CN`"
            ))
        })
    })?;

    let mut out = String::new();
    let written = if let Some(text) = value.as_str() {
        match (Date::parse(text), timezone) {
            (None, _) => {
                return Err(template::error(text!(
                    "`date`: `{text}` is no date; one is written 2026-08-05 or 2026-08-05T10:00:00+08:00",
                    "`date`：`{text}` 不是日期；写法如 2026-08-05 或 2026-08-05T10:00:00+08:00"
                )));
            }
            (Some(Date::Fixed(date)), Some(timezone)) => {
                write!(out, "{}", date.with_timezone(&timezone).format_localized(format, locale))
            }
            (Some(Date::Fixed(date)), None) => write!(out, "{}", date.format_localized(format, locale)),
            (Some(Date::Utc(date)), _) => write!(out, "{}", date.format_localized(format, locale)),
        }
    } else {
        let seconds = match Number::of(value) {
            Some(Number::Signed(seconds)) => seconds,
            _ => return Err(arguments::wrong::<Date>("date", value)),
        };
        let Some(date) = DateTime::from_timestamp(seconds, 0) else {
            return Err(template::error(text!(
                "`date`: {seconds} seconds are beyond all dates",
                "`date`：{seconds} 秒超出日期范围"
            )));
        };
        match timezone {
            Some(timezone) => write!(out, "{}", date.with_timezone(&timezone).format_localized(format, locale)),
            None => write!(out, "{}", date.naive_utc().format(format)),
        }
    };
    // Seconds alone have no zone, so that `%z` cannot be written.
    written.map_err(|_| invalid_format(format))?;
    Ok(Value::from(out))
}

enum Date {
    Fixed(DateTime<FixedOffset>),
    Utc(DateTime<Utc>),
}

impl Date {
    fn parse(text: &str) -> Option<Date> {
        if !text.contains('T') {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            return Some(Date::Utc(day.and_time(NaiveTime::MIN).and_utc()));
        }
        let fixed = text.parse().ok().map(Date::Fixed);
        fixed.or_else(|| text.parse().ok().map(|time: NaiveDateTime| Date::Utc(time.and_utc())))
    }
}

impl arguments::Wanted<'_> for Date {
    fn take(value: &Value) -> Option<Self> {
        Date::parse(value.as_str()?)
    }

    fn name() -> crate::diagnostic::Text {
        text!("a date or a whole number of seconds", "日期或整数秒")
    }
}

fn invalid_format(format: &str) -> tera::Error {
    template::error(text!(
        "`date`: the format `{format}` cannot be used; they are those of strftime, such as `%Y-%m-%d`",
        "`date`：格式 `{format}` 不能用；写法同 strftime，如 `%Y-%m-%d`"
    ))
}
