//! What comes and goes by itself: pages with `publish_at` and `expires`, urgent notices, and when the site has to be
//! built again because of it.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use tera::Value;

use super::document::{Document, Table};
use super::events::Event;
use super::time::{self, Moment, When};
use crate::data::map;
use crate::diagnostic::{Diagnostic, Text};
use crate::text;

/// The time of a build: an instant, or a time of day somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildTime {
    Instant(Timestamp),
    /// `--at 2026-12-01`: China time on an outreach site, UTC on others.
    Civil(DateTime),
}

impl BuildTime {
    /// Reads `--at`.
    pub fn parse(typed: &str) -> Option<Self> {
        if let Ok(instant) = typed.parse() {
            return Some(Self::Instant(instant));
        }
        let date = typed.parse::<jiff::civil::Date>().ok().filter(|_| typed.len() <= 10);
        date.map(|date| date.at(0, 0, 0, 0)).or_else(|| typed.parse().ok()).map(Self::Civil)
    }

    pub fn instant(self, is_outreach: bool) -> Timestamp {
        match self {
            Self::Instant(instant) => instant,
            Self::Civil(civil) if is_outreach => time::instant(civil),
            Self::Civil(civil) => jiff::tz::TimeZone::UTC.to_timestamp(civil).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }
}

/// Why a page is not in the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpublished {
    /// It comes later.
    Until(Moment),
    /// It has expired.
    Since(Moment),
}

impl Unpublished {
    /// For messages.
    pub fn text(self) -> Text {
        match self {
            Unpublished::Until(at) => {
                let at = as_typed(at);
                text!("it is published on {at}", "它将于 {at} 发布")
            }
            Unpublished::Since(at) => {
                let at = as_typed(at);
                text!("it was valid until {at}", "它的有效期到 {at} 为止")
            }
        }
    }
}

/// A page that every page points to until a date.
#[derive(Clone, Debug)]
pub struct Urgent {
    pub until: Moment,
    pub path: String,
    pub lang: String,
    title: String,
    permalink: String,
    description: Option<String>,
}

impl Urgent {
    pub fn value(&self) -> Value {
        Value::from(map! {
            "title": self.title.as_str(),
            "path": self.path.as_str(),
            "permalink": self.permalink.as_str(),
            "description": self.description.clone(),
            "until": as_typed(self.until),
        })
    }
}

/// Something that makes the site of today another one than that of tomorrow.
#[derive(Clone, Debug)]
pub struct Change {
    pub at: Timestamp,
    /// The document that it is about.
    pub path: String,
    pub what: Text,
}

impl Change {
    fn new(at: Timestamp, path: &str, what: Text) -> Self {
        Self { at, path: path.to_owned(), what }
    }

    pub fn pick(at: Timestamp, path: &str, week: &str) -> Self {
        Self::new(at, path, text!("the picks of {week} begin", "{week} 周的推荐开始"))
    }

    /// `2026-12-01 08:00`, China time.
    pub fn time(&self) -> String {
        shown(self.at)
    }
}

fn shown(instant: Timestamp) -> String {
    time::china(instant).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A day where a day was typed, which then lasts to its end.
pub(super) fn as_typed(moment: Moment) -> String {
    match moment.has_time {
        true => shown(moment.start()),
        false => moment.civil.date().to_string(),
    }
}

/// Notes what the dates of one document mean now and when that changes.
pub fn read(
    document: &Document,
    now: Timestamp,
    unpublished: &mut HashMap<String, Unpublished>,
    changes: &mut Vec<Change>,
    urgent: &mut Vec<Urgent>,
) {
    let path = document.path;
    let (publish, expires) = (document.moment("publish_at"), document.moment("expires"));
    if !document.is_section {
        if let Some(publish) = publish.filter(|at| at.start() > now) {
            changes.push(Change::new(publish.start(), path, text!("is published", "发布")));
            unpublished.insert(path.to_owned(), Unpublished::Until(publish));
            return;
        }
        match expires {
            Some(at) if at.end() <= now => {
                unpublished.insert(path.to_owned(), Unpublished::Since(at));
                return;
            }
            Some(at) => changes.push(Change::new(at.end(), path, text!("expires", "到期"))),
            None => {}
        }
    }
    if let (Some(until), Some(permalink)) =
        (document.moment("urgent_until").filter(|u| u.end() > now), document.permalink)
    {
        changes.push(Change::new(until.end(), path, text!("the urgent notice ends", "紧急提示结束")));
        urgent.push(Urgent {
            until,
            path: path.to_owned(),
            lang: document.lang.to_owned(),
            title: document.title.to_owned(),
            permalink: permalink.to_owned(),
            description: document.description.map(str::to_owned),
        });
    }
}

/// Notes when an event begins and ends.
pub fn event(event: &Event, now: Timestamp, changes: &mut Vec<Change>) {
    let (begin, over) = (event.begin.start(), event.over());
    if begin > now {
        changes.push(Change::new(begin, &event.path, text!("the event begins", "活动开始")));
    } else if over > now {
        changes.push(Change::new(over, &event.path, text!("the event is over", "活动结束")));
    }
}

/// Checks that what ends does not end before it begins.
pub fn check_order(document: &Document, told: &mut Vec<Diagnostic>) {
    let whens = |table: &tera::Map, key: &str| {
        let value = table.at(key)?;
        let year = value.as_u64().map(|year| year.to_string());
        When::parse(year.as_deref().or(value.as_str())?).ok()
    };
    for (begin, end) in [("begin", "end"), ("publish_at", "expires"), ("publish_at", "urgent_until")] {
        let (from, to) = (document.moment(begin), document.moment(end));
        if let (Some(from), Some(to)) = (from, to)
            && to.end() <= from.start()
        {
            told.push(backwards(document, &[end], begin, end));
        }
    }
    if let (Some(from), Some(to)) = (whens(document.extra, "when"), whens(document.extra, "until"))
        && to.last_day() < from.first_day()
    {
        told.push(backwards(document, &["until"], "when", "until"));
    }
    for (list, begin, end) in [("stops", "when", "until"), ("closed", "from", "to")] {
        let items = document.extra.at(list).and_then(Value::as_array).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let Some(table) = item.as_map() else { continue };
            if let (Some(from), Some(to)) = (whens(table, begin), whens(table, end))
                && to.last_day() < from.first_day()
            {
                told.push(backwards(document, &[list, &index.to_string(), end], begin, end));
            }
        }
    }
    if document.is_section {
        for key in ["publish_at", "expires", "pick"].into_iter().filter(|key| document.extra.has(key)) {
            told.push(
                Diagnostic::error(
                    "outreach/section",
                    text!("`{key}` is for pages, not for sections", "`{key}` 只能用于页面，不能用于栏目"),
                )
                .at(document.place(&[key]))
                .help(text!("put it on each page of the section", "请写在栏目的各个页面里")),
            );
        }
    }
}

fn backwards(document: &Document, path: &[&str], begin: &str, end: &str) -> Diagnostic {
    Diagnostic::error("outreach/order", text!("`{end}` is before `{begin}`", "`{end}` 早于 `{begin}`"))
        .at(document.place(path))
        .help(text!("correct one of the two", "请改正其中一个"))
}
