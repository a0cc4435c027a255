//! Events: everything that has a day, past and coming.

use jiff::Timestamp;
use tera::Value;

use super::document::{Document, Table};
use super::kinds::Kind;
use super::records::{Record, text};
use super::time::{self, Moment};
use super::totals::category;
use crate::config;
use crate::data::map;

/// One date of a calendar.
#[derive(Clone, Debug)]
pub struct Event {
    pub path: String,
    /// Among the events of its page, from 0.
    pub number: usize,
    pub title: String,
    pub description: Option<String>,
    pub lang: String,
    pub permalink: String,
    /// `/news/a/`.
    pub url_path: String,
    pub kind: &'static str,
    pub category: Option<String>,
    pub begin: Moment,
    pub end: Option<Moment>,
    pub place: Option<String>,
    pub address: Option<String>,
    pub signup_until: Option<Moment>,
    pub cancelled: bool,
    /// When its page last changed.
    pub changed: Timestamp,
    /// The report of an announced activity.
    pub report: Option<(String, Option<String>)>,
}

/// Where an event is from the time of the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Past,
    Now,
    Coming,
}

impl Event {
    /// The events of one document; a report whose announcement is an event has none of its own.
    pub fn read(document: &Document, kind: &Kind, record: Option<&Record>) -> Vec<Event> {
        let Some(permalink) = document.permalink else { return Vec::new() };
        let extra = document.extra;
        let event = |number: usize, begin: Moment, end: Option<Moment>, place: Option<String>| Event {
            path: document.path.to_owned(),
            number,
            title: document.title.to_owned(),
            description: document.description.map(str::to_owned),
            lang: document.lang.to_owned(),
            permalink: permalink.to_owned(),
            url_path: document.url_path.to_owned(),
            kind: kind.name,
            category: text(extra, "category"),
            begin,
            end,
            place,
            address: text(extra, "address"),
            signup_until: document.moment("signup_until"),
            cancelled: extra.at("cancelled").and_then(Value::as_bool).unwrap_or(false),
            changed: document.changed().unwrap_or_else(|| begin.start()),
            report: None,
        };
        match (kind.name, record) {
            ("announcement", _) => {
                let begin = document.moment("begin");
                begin.map(|begin| event(0, begin, document.moment("end"), text(extra, "place"))).into_iter().collect()
            }
            (_, Some(record)) if !record.stops.is_empty() => {
                let stops = record.stops.iter().filter_map(|stop| {
                    Some((stop.when.moment()?, stop.until.and_then(time::When::moment), stop.place.clone()))
                });
                let numbered = stops.enumerate();
                numbered.map(|(number, (begin, end, place))| event(number, begin, end, Some(place))).collect()
            }
            (_, Some(record)) if record.announcement.is_none() => {
                let begin = record.when.moment();
                let end = record.until.and_then(time::When::moment);
                begin.map(|begin| event(0, begin, end, record.place.clone())).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// When it is over. Without an end it lasts as long as its day.
    pub fn over(&self) -> Timestamp {
        let last = self.end.unwrap_or(Moment { has_time: false, ..self.begin });
        Moment { civil: last.civil.date().at(0, 0, 0, 0), has_time: false }.end().min(if last.has_time {
            last.end()
        } else {
            Timestamp::MAX
        })
    }

    pub fn state(&self, now: Timestamp) -> State {
        if self.over() <= now {
            State::Past
        } else if self.begin.start() <= now {
            State::Now
        } else {
            State::Coming
        }
    }

    /// `2026年9月19日 09:00—11:00`, `2026年9月1日—9月30日`.
    pub fn date_text(&self) -> String {
        let day = |moment: Moment| time::day_text(moment.civil.date());
        let clock = |moment: Moment| time::clock(moment.civil.time());
        let begin = match self.begin.has_time {
            true => format!("{} {}", day(self.begin), clock(self.begin)),
            false => day(self.begin),
        };
        match self.end {
            Some(end) if end.civil.date() == self.begin.civil.date() => match end.has_time && self.begin.has_time {
                true => format!("{begin}—{}", clock(end)),
                false => begin,
            },
            Some(end) if end.has_time => time::range_text(&begin, &format!("{} {}", day(end), clock(end))),
            Some(end) => time::range_text(&begin, &day(end)),
            None => begin,
        }
    }

    /// As templates see it. `ics` is the address of its file.
    pub fn value(&self, settings: &config::Outreach, now: Timestamp, ics: &str) -> Value {
        let rfc3339 = |moment: Moment| match moment.has_time {
            true => time::rfc3339(moment.civil),
            false => moment.civil.date().to_string(),
        };
        let report = self.report.clone().map(|(title, permalink)| map! { "title": title, "permalink": permalink });
        Value::from(map! {
            "title": self.title.as_str(),
            "path": self.path.as_str(),
            "permalink": self.permalink.as_str(),
            "kind": self.kind,
            "category": self.category.as_ref().map(|key| category(key, settings)),
            "begin": rfc3339(self.begin),
            "end": self.end.map(rfc3339),
            "all_day": !self.begin.has_time,
            "year": self.begin.civil.year(),
            "month": self.begin.civil.month(),
            "date_text": self.date_text(),
            "place": self.place.clone(),
            "address": self.address.clone(),
            "state": match self.state(now) {
                State::Past => "past",
                State::Now => "now",
                State::Coming => "coming",
            },
            "cancelled": self.cancelled,
            "signup_until": self.signup_until.map(rfc3339),
            "description": self.description.clone(),
            "ics": ics,
            "report": report.map(Value::from),
        })
    }
}
