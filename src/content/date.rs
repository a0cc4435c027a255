//! Dates of front matter and file names: TOML dates, the same as strings, and YAML 1.1 timestamps.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use toml::value::{Datetime, Offset};

/// A date that a page has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Date {
    /// As templates see it: what was typed, in the form of TOML (`2026-03-01T09:00:00+08:00`).
    pub text: String,
    /// Nanoseconds from 1970-01-01T00:00:00Z. A date without a time is midnight; one without an offset is UTC.
    pub order: i128,
    /// Year, month and day as they are written, in the date's own offset.
    pub year: i32,
    pub month: u8,
    pub day: u8,
}

/// <https://yaml.org/type/timestamp.html>, as loosely as Zola reads it.
static YAML_TIMESTAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})";
    let time = r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{0,9}))?";
    let offset = r"(?:(Z)|([-+])([0-9]{1,2})(?::([0-9]{2}))?)?";
    Regex::new(&format!(r#"^"?{date}(?:(?:[Tt]|[ \t]+){time}[ \t]*{offset})?"?$"#)).ok()
});

/// The civil time that a date names, before anything is known to be in range.
#[derive(Clone, Copy, Default)]
struct Civil {
    year: i16,
    month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    offset_minutes: i16,
}

impl Date {
    /// A date as typed in front matter; none where it is no date or does not exist.
    pub fn parse(typed: &str) -> Option<Self> {
        match Datetime::from_str(typed) {
            Ok(datetime) => Self::from_toml(&datetime),
            Err(_) => Self::from_yaml(typed),
        }
    }

    /// `2026-03-01` or `2026-03-01T09:00:00.5+08:00` at the start of a file's name. The text stays as it is there.
    pub fn from_file_name(typed: &str) -> Option<Self> {
        Self::from_toml(&Datetime::from_str(typed).ok()?).map(|date| Self { text: typed.to_owned(), ..date })
    }

    /// RFC 3339, as search indexes hold it: midnight where no time is given, UTC where no offset is.
    pub fn rfc3339(&self) -> String {
        let (date, time) = self.text.split_once(['T', 't', ' ']).unwrap_or((&self.text, "00:00:00Z"));
        let has_offset = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
        format!("{date}T{time}{}", if has_offset { "" } else { "Z" })
    }

    fn from_toml(datetime: &Datetime) -> Option<Self> {
        let date = datetime.date?;
        let mut civil = Civil {
            year: i16::try_from(date.year).ok()?,
            month: i8::try_from(date.month).ok()?,
            day: i8::try_from(date.day).ok()?,
            ..Civil::default()
        };
        let mut text = date.to_string();
        if let Some(time) = datetime.time {
            civil.hour = i8::try_from(time.hour).ok()?;
            civil.minute = i8::try_from(time.minute).ok()?;
            civil.second = i8::try_from(time.second.unwrap_or(0)).ok()?;
            civil.nanosecond = i32::try_from(time.nanosecond.unwrap_or(0)).ok()?;
            text += &civil.time();
        }
        if let Some(offset) = datetime.offset {
            if let Offset::Custom { minutes } = offset {
                civil.offset_minutes = minutes;
            }
            text += &offset.to_string();
        }
        civil.date(text)
    }

    fn from_yaml(typed: &str) -> Option<Self> {
        let captures = YAML_TIMESTAMP.as_ref()?.captures(typed)?;
        let part = |at: usize| captures.get(at).map_or("0", |part| part.as_str());
        let mut civil = Civil {
            year: part(1).parse().ok()?,
            month: part(2).parse().ok()?,
            day: part(3).parse().ok()?,
            hour: part(4).parse().ok()?,
            minute: part(5).parse().ok()?,
            second: part(6).parse().ok()?,
            nanosecond: format!("{:0<9}", part(7)).parse().ok()?,
            offset_minutes: 0,
        };
        let (hours, minutes): (i16, i16) = (part(10).parse().ok()?, part(11).parse().ok()?);
        if civil.second > 59 || hours > 23 || minutes > 59 {
            return None;
        }
        civil.offset_minutes = (hours * 60 + minutes) * if part(9) == "-" { -1 } else { 1 };
        let offset = match civil.offset_minutes {
            0 => "Z".to_owned(),
            _ => format!("{}{hours:02}:{minutes:02}", part(9)),
        };
        let text = format!("{:04}-{:02}-{:02}{}{offset}", civil.year, civil.month, civil.day, civil.time());
        civil.date(text)
    }
}

impl Civil {
    /// `T09:00:00.5`.
    fn time(&self) -> String {
        let mut text = format!("T{:02}:{:02}:{:02}", self.hour, self.minute, self.second);
        if self.nanosecond != 0 {
            text += format!(".{:09}", self.nanosecond).trim_end_matches('0');
        }
        text
    }

    /// None where the calendar has no such day or the clock no such time. A leap second is only where one can be:
    /// at the end of a month in UTC.
    fn date(&self, text: String) -> Option<Date> {
        const NANOSECONDS: i128 = 1_000_000_000;
        let leap = self.second == 60;
        let second = if leap { 59 } else { self.second };
        let nanosecond = if leap { 999_999_999 } else { self.nanosecond };
        let date = jiff::civil::Date::new(self.year, self.month, self.day).ok()?;
        let time = jiff::civil::Time::new(self.hour, self.minute, second, nanosecond).ok()?;
        let since = date.to_datetime(time).duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
        let order = since.as_nanos() - i128::from(self.offset_minutes) * 60 * NANOSECONDS;
        if leap {
            let minutes = jiff::SignedDuration::from_mins(i64::from(self.offset_minutes));
            let utc = date.to_datetime(time).checked_sub(minutes).ok()?;
            let next = utc.checked_add(jiff::SignedDuration::from_nanos(1)).ok()?;
            if next.day() != 1 || next.time() != jiff::civil::Time::midnight() {
                return None;
            }
        }
        let (month, day) = (self.month.unsigned_abs(), self.day.unsigned_abs());
        Some(Date { text, order, year: i32::from(self.year), month, day })
    }
}

/// A date as it stands in front matter, not yet known to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDate(pub String);

impl<'de> Deserialize<'de> for RawDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DateVisitor;

        impl<'de> Visitor<'de> for DateVisitor {
            type Value = RawDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date like 2026-03-01 or 2026-03-01T09:00:00+08:00")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawDate, E> {
                Ok(RawDate(text.to_owned()))
            }

            /// The `toml` crate gives a date as a map with one field.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawDate, A::Error> {
                let datetime = Datetime::deserialize(de::value::MapAccessDeserializer::new(map));
                datetime.map(|datetime| RawDate(datetime.to_string()))
            }
        }

        deserializer.deserialize_any(DateVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(typed: &str) -> Option<String> {
        Date::parse(typed).map(|date| date.text)
    }

    #[test]
    fn dates_of_toml_are_read_in_each_of_its_forms() {
        for (typed, shown) in [
            ("2016-10-10", "2016-10-10"),
            ("2002-10-02T15:00:00Z", "2002-10-02T15:00:00Z"),
            ("2002-10-02 15:00:00+02:00", "2002-10-02T15:00:00+02:00"),
            ("2002-10-02t15:00:00", "2002-10-02T15:00:00"),
            ("2002-10-02T15:00:00.123400", "2002-10-02T15:00:00.1234"),
            ("2002-10-02T15:00:00.000Z", "2002-10-02T15:00:00Z"),
        ] {
            assert_eq!(text(typed).as_deref(), Some(shown), "{typed}");
        }
    }

    #[test]
    fn timestamps_of_yaml_1_1_are_read() {
        for (typed, shown) in [
            ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-14 21:59:43.10 -5", "2001-12-14T21:59:43.1-05:00"),
            ("2001-12-15 2:59:43.10", "2001-12-15T02:59:43.1Z"),
            ("2001-1-5", "2001-01-05T00:00:00Z"),
        ] {
            assert_eq!(text(typed).as_deref(), Some(shown), "{typed}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for typed in [
            "",
            "2002/10/12",
            "2002-14-01",
            "2026-02-29",
            "2100-02-29T15:15:15Z",
            "07:32:00",
            "1月5日",
            "2006-01-01T24:00:00-00:00",
            "2006-01-01 0:00:61",
            "10000-01-01",
            "2001-12-15 2:59:43 +26:00",
            "2016-12-30T23:59:60Z",
        ] {
            assert_eq!(text(typed), None, "{typed}");
        }
    }

    #[test]
    fn the_order_is_that_of_the_instants() {
        let typed = ["0001-01-01", "2026-03-01T08:00:00+08:01", "2026-03-01", "2026-03-01T00:00:00.5", "9999-12-31"];
        let orders: Vec<_> = typed.iter().filter_map(|typed| Date::parse(typed)).map(|date| date.order).collect();
        assert_eq!(orders.len(), typed.len());
        assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
    }

    #[test]
    fn a_leap_second_is_the_end_of_its_month() {
        let date = Date::parse("2016-12-31T23:59:60Z").map(|date| date.order);
        assert_eq!(date, Date::parse("2016-12-31T23:59:59.999999999Z").map(|date| date.order));
        assert!(Date::parse("2017-01-01T07:59:60+08:00").is_some());
    }

    #[test]
    fn year_month_and_day_are_those_written() {
        let date = Date::parse("2026-03-01T02:00:00+08:00").map(|date| (date.year, date.month, date.day));
        assert_eq!(date, Some((2026, 3, 1)));
    }
}
