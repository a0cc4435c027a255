//! Times of front matter: moments in China time unless they say otherwise, and days that are known to a year, a month,
//! a day or a minute.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

/// China has one time and no summer time (since 1991).
pub const CHINA: TimeZone = TimeZone::fixed(Offset::constant(8));

/// The years that dates of an association's work may have.
const YEARS: std::ops::RangeInclusive<i16> = 1949..=2100;

/// Why a date was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not a date, or one that does not exist.
    NoDate,
    /// Before 1949 or after 2100.
    OutOfRange,
}

/// A moment as it was typed: a day, or a minute of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// In China time.
    pub civil: DateTime,
    pub has_time: bool,
}

impl Moment {
    /// `2026-09-19`, `2026-09-19T09:00:00`, `2026-09-19 09:00`, or one with an offset.
    pub fn parse(typed: &str) -> Result<Self, Refusal> {
        let typed = typed.trim();
        let moment = match typed.parse::<Timestamp>() {
            Ok(instant) => Self { civil: instant.to_zoned(CHINA).datetime(), has_time: true },
            Err(_) if typed.len() <= 10 => {
                let date: Date = typed.parse().map_err(|_| Refusal::NoDate)?;
                Self { civil: date.at(0, 0, 0, 0), has_time: false }
            }
            Err(_) => Self { civil: typed.parse().map_err(|_| Refusal::NoDate)?, has_time: true },
        };
        if YEARS.contains(&moment.civil.year()) { Ok(moment) } else { Err(Refusal::OutOfRange) }
    }

    /// The instant at which it begins.
    pub fn start(self) -> Timestamp {
        instant(self.civil)
    }

    /// The instant at which it is over: a day lasts to its midnight.
    pub fn end(self) -> Timestamp {
        match self.has_time {
            true => self.start(),
            false => instant(next_day(self.civil.date()).at(0, 0, 0, 0)),
        }
    }
}

/// The instant of a China time.
pub fn instant(civil: DateTime) -> Timestamp {
    CHINA.to_timestamp(civil).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The China time of an instant.
pub fn china(instant: Timestamp) -> DateTime {
    instant.to_zoned(CHINA).datetime()
}

/// The day after.
pub fn next_day(date: Date) -> Date {
    date.checked_add(1.day()).unwrap_or(date)
}

/// How exactly it is known when something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Year(i16),
    Month(i16, i8),
    Day(Date),
    Minute(DateTime),
}

impl When {
    /// `2021`, `2021-08`, `2021-08-15` or `2021-08-15T09:00:00`.
    pub fn parse(typed: &str) -> Result<Self, Refusal> {
        let typed = typed.trim();
        let parts: Vec<&str> = typed.split('-').collect();
        let number = |text: &str, digits: usize| -> Option<i16> {
            (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
        };
        let year = |text: &str| {
            let year = number(text, 4).ok_or(Refusal::NoDate)?;
            if YEARS.contains(&year) { Ok(year) } else { Err(Refusal::OutOfRange) }
        };
        match parts.as_slice() {
            [y] => Ok(When::Year(year(y)?)),
            [y, m] => {
                let month = number(m, 2).and_then(|m| i8::try_from(m).ok()).filter(|m| (1..=12).contains(m));
                Ok(When::Month(year(y)?, month.ok_or(Refusal::NoDate)?))
            }
            _ => {
                let moment = Moment::parse(typed)?;
                Ok(if moment.has_time { When::Minute(moment.civil) } else { When::Day(moment.civil.date()) })
            }
        }
    }

    pub fn year(self) -> i16 {
        match self {
            When::Year(year) | When::Month(year, _) => year,
            When::Day(date) => date.year(),
            When::Minute(time) => time.year(),
        }
    }

    pub fn month(self) -> Option<i8> {
        match self {
            When::Year(_) => None,
            When::Month(_, month) => Some(month),
            When::Day(date) => Some(date.month()),
            When::Minute(time) => Some(time.month()),
        }
    }

    /// The first day that it may mean.
    pub fn first_day(self) -> Date {
        let day = |year, month| Date::new(year, month, 1).unwrap_or(Date::MIN);
        match self {
            When::Year(year) => day(year, 1),
            When::Month(year, month) => day(year, month),
            When::Day(date) => date,
            When::Minute(time) => time.date(),
        }
    }

    /// The last day that it may mean.
    pub fn last_day(self) -> Date {
        match self {
            When::Year(year) => Date::new(year, 12, 31).unwrap_or(Date::MAX),
            When::Month(..) => self.first_day().last_of_month(),
            When::Day(date) => date,
            When::Minute(time) => time.date(),
        }
    }

    /// The moment, where the day is known.
    pub fn moment(self) -> Option<Moment> {
        match self {
            When::Year(_) | When::Month(..) => None,
            When::Day(date) => Some(Moment { civil: date.at(0, 0, 0, 0), has_time: false }),
            When::Minute(civil) => Some(Moment { civil, has_time: true }),
        }
    }

    /// `2021年8月15日 09:00`, as far as it is known.
    pub fn text(self) -> String {
        match self {
            When::Year(year) => format!("{year}年"),
            When::Month(year, month) => format!("{year}年{month}月"),
            When::Day(date) => day_text(date),
            When::Minute(time) => format!("{} {}", day_text(time.date()), clock(time.time())),
        }
    }
}

/// `2021年8月15日`.
pub fn day_text(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

/// `2026年9月1日—9月30日`: the year of the end is said only where it is another.
pub fn range_text(begin: &str, end: &str) -> String {
    let same = begin.split_once('年').zip(end.split_once('年')).filter(|(begin, end)| begin.0 == end.0);
    format!("{begin}—{}", same.map_or(end, |(_, end)| end.1))
}

/// `09:00`.
pub fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// RFC 3339 in China time.
pub fn rfc3339(civil: DateTime) -> String {
    format!("{}+08:00", civil.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The days of an ISO week such as `2026-W48`, Monday and Sunday.
pub fn week(typed: &str) -> Result<(Date, Date), Refusal> {
    let (year, week) = typed.trim().split_once("-W").ok_or(Refusal::NoDate)?;
    let (year, week) = (year.parse::<i16>(), week.parse::<i8>());
    let (Ok(year), Ok(week), true) = (year, week, typed.trim().len() == 8) else { return Err(Refusal::NoDate) };
    if !YEARS.contains(&year) {
        return Err(Refusal::OutOfRange);
    }
    let day = |weekday| jiff::civil::ISOWeekDate::new(year, week, weekday).map(|d| d.date());
    match (day(jiff::civil::Weekday::Monday), day(jiff::civil::Weekday::Sunday)) {
        (Ok(monday), Ok(sunday)) => Ok((monday, sunday)),
        _ => Err(Refusal::NoDate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_china_time_unless_they_say_otherwise() {
        let start = |typed| Moment::parse(typed).map(|m| m.start().to_string());
        assert_eq!(start("2026-12-01T08:00:00").as_deref(), Ok("2026-12-01T00:00:00Z"));
        assert_eq!(start("2026-12-01 08:00").as_deref(), Ok("2026-12-01T00:00:00Z"));
        assert_eq!(start("2026-12-01").as_deref(), Ok("2026-11-30T16:00:00Z"));
        assert_eq!(start("2026-12-01T08:00:00Z").as_deref(), Ok("2026-12-01T08:00:00Z"));
        assert_eq!(Moment::parse("2026-12-01").map(|m| m.end().to_string()).as_deref(), Ok("2026-12-01T16:00:00Z"));
        assert_eq!(Moment::parse("2026-02-30"), Err(Refusal::NoDate));
        assert_eq!(Moment::parse("1812-02-03"), Err(Refusal::OutOfRange));
    }

    #[test]
    fn a_day_may_be_known_to_the_year_only() {
        assert_eq!(When::parse("2021"), Ok(When::Year(2021)));
        assert_eq!(When::parse("2021-08"), Ok(When::Month(2021, 8)));
        assert_eq!(When::parse("2021-08-15").map(When::text).as_deref(), Ok("2021年8月15日"));
        assert_eq!(When::parse("2021-13"), Err(Refusal::NoDate));
        assert_eq!(When::parse("21-08"), Err(Refusal::NoDate));
        assert_eq!(When::parse("3021"), Err(Refusal::OutOfRange));
        assert_eq!(When::Month(2024, 2).last_day().to_string(), "2024-02-29");
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let monday = |typed| week(typed).map(|(monday, _)| monday.to_string());
        assert_eq!(monday("2026-W48").as_deref(), Ok("2026-11-23"));
        assert_eq!(monday("2026-W53").as_deref(), Ok("2026-12-28"));
        assert_eq!(monday("2025-W53"), Err(Refusal::NoDate));
        assert_eq!(monday("2026-48"), Err(Refusal::NoDate));
    }
}
