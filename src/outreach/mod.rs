//! What an association that explains science to the public needs: kinds of pages with checked fields, figures that add
//! up, a calendar, pages that come and go on their dates, and data tables.
//!
//! Documents and the settings come in; one [`Outreach`] goes out, which answers what templates and routes ask.
//! Templates, Markdown and the output are not its business. A site without `[outreach]` never gets here.

mod annual;
mod calendar;
mod chart;
mod check;
mod document;
#[cfg(test)]
mod documentation;
mod events;
mod fields;
mod figure;
mod gather;
mod glossary;
mod html;
mod json_ld;
mod kinds;
mod parts;
mod phone;
mod pinyin;
mod profile;
mod records;
mod schedule;
mod site_meta;
mod tables;
mod time;
mod totals;

use std::collections::{BTreeMap, HashMap};
use std::sync::RwLock;

use indexmap::IndexMap;
use jiff::Timestamp;
use tera::Value;

use crate::config;
use crate::data::map;
use crate::diagnostic::{Diagnostic, Text, did_you_mean};
use crate::text;

use kinds::Kind;

pub use chart::{Chart, Item as ChartItem, Shape as ChartShape};
pub use events::{Event, State};
pub use fields::content_path;
pub use gather::load;
pub use glossary::Glossary;
pub use json_ld::{Described, json_ld};
pub use parts::Part;
pub use pinyin::Pinyin;
pub use records::Record;
pub use schedule::{BuildTime, Change};
pub use site_meta::site_meta;
pub use tables::DataTable;
pub use time::{CHINA, china, clock, day_text};
pub use totals::{Filter, Totals};

/// Everything that kepu knows of an outreach site besides its documents.
#[derive(Debug)]
pub struct Outreach {
    pub settings: config::Outreach,
    pub now: Timestamp,
    records: Vec<Record>,
    record_of: HashMap<String, usize>,
    /// What was asked for, by what was asked.
    figures: RwLock<HashMap<Filter, Value>>,
    events: Vec<Event>,
    /// The events of each page.
    events_of: HashMap<String, Vec<usize>>,
    /// Pages by kind: content path, category, and the order of lists.
    kinds: HashMap<&'static str, Vec<Listed>>,
    /// Picks whose week has begun, newest first: week, its days, content paths.
    pub picks: IndexMap<String, Pick>,
    urgent: Vec<schedule::Urgent>,
    /// Articles at several levels, by language and name of the series.
    series: HashMap<(String, String), Vec<Level>>,
    series_of: HashMap<String, (String, String)>,
    pub tables: IndexMap<String, DataTable>,
    /// Directories that stand on several pages, by content path.
    parts: HashMap<String, Vec<Part>>,
    pub glossary: Glossary,
    pub pinyin: Pinyin,
    /// Pages that are not in the site now, and why.
    pub unpublished: HashMap<String, schedule::Unpublished>,
    /// What changes by itself, soonest first.
    pub changes: Vec<Change>,
    /// What the site lacks by the rules for public sites. They stop a build, but not a look at the rest.
    pub findings: Vec<Diagnostic>,
    host: String,
    base_url: String,
    title: String,
}

/// A page in the list of its kind.
#[derive(Clone, Debug)]
struct Listed {
    path: String,
    lang: String,
    category: Option<String>,
    /// Year, and what lists are sorted by.
    year: i16,
    order: i64,
}

/// The picks of one week.
#[derive(Clone, Debug)]
pub struct Pick {
    pub monday: jiff::civil::Date,
    pub sunday: jiff::civil::Date,
    pub paths: Vec<String>,
}

/// One article of a series.
#[derive(Clone, Debug)]
struct Level {
    level: &'static str,
    path: String,
    title: String,
    permalink: String,
}

const LEVELS: [(&str, &str); 3] = [("easy", "浅显"), ("standard", "标准"), ("deep", "深入")];

impl Outreach {
    /// The pages that are published later, and when, as it was typed.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, String)> {
        self.unpublished.iter().filter_map(|(path, why)| match why {
            schedule::Unpublished::Until(at) => Some((path.as_str(), schedule::as_typed(*at))),
            schedule::Unpublished::Since(_) => None,
        })
    }

    pub fn totals(&self) -> Totals<'_> {
        Totals { records: &self.records, settings: &self.settings }
    }

    /// `activity_figures(…)`, worked out once for each question.
    pub fn activity_figures(&self, filter: Filter) -> Value {
        if let Some(known) = self.figures.read().ok().and_then(|figures| figures.get(&filter).cloned()) {
            return known;
        }
        let value = self.totals().value(&filter);
        if let Ok(mut figures) = self.figures.write() {
            figures.insert(filter, value.clone());
        }
        value
    }

    /// `record(…)` of a page; nothing where it is none.
    pub fn record(&self, path: &str) -> Value {
        self.record_of.get(path).map_or_else(Value::none, |id| self.totals().record(*id))
    }

    /// The years that have records, newest first.
    pub fn years(&self) -> Vec<i16> {
        let years: std::collections::BTreeSet<i16> = self.records.iter().map(|r| r.when.year()).collect();
        years.into_iter().rev().collect()
    }

    /// Events that fit, soonest first; past ones latest first. Those of one page, or all.
    pub fn events<'a>(
        &'a self,
        state: Option<State>,
        page: Option<&str>,
        fits: &dyn Fn(&Event) -> bool,
    ) -> Vec<&'a Event> {
        let asked = |event: &&Event| match (state, event.state(self.now)) {
            (None, _) => true,
            (Some(State::Past), own) => own == State::Past,
            (Some(_), own) => own != State::Past,
        };
        let among: Vec<&Event> = match page {
            Some(page) => self.events_of.get(page).into_iter().flatten().map(|id| &self.events[*id]).collect(),
            None => self.events.iter().collect(),
        };
        let mut events: Vec<&Event> = among.into_iter().filter(asked).filter(|event| fits(event)).collect();
        if state == Some(State::Past) {
            events.reverse();
        }
        events
    }

    /// An event as templates see it.
    pub fn event_value(&self, event: &Event) -> Value {
        let ics = format!("{}{}", self.base_url, event_file(&event.url_path));
        event.value(&self.settings, self.now, &ics)
    }

    /// The address paths of pages that have events, each with the content path.
    pub fn pages_with_events(&self) -> Vec<(String, String)> {
        let mut pages: Vec<(String, String)> =
            self.events.iter().map(|event| (event_file(&event.url_path), event.path.clone())).collect();
        pages.sort();
        pages.dedup();
        pages
    }

    /// The calendar of one page, or of the whole site.
    pub fn calendar(&self, page: Option<&str>) -> String {
        let events = self.events(None, page, &|_| true);
        let name = match (page, events.first()) {
            (Some(_), Some(event)) => &event.title,
            _ => &self.title,
        };
        calendar::calendar(name, &self.host, &events, &self.settings)
    }

    pub fn calendar_address(&self) -> String {
        format!("{}{CALENDAR}", self.base_url)
    }

    /// The content paths of the pages of a kind, in the order of lists.
    pub fn pages_of_kind<'a>(
        &'a self,
        kind: &str,
        lang: &'a str,
        year: Option<i16>,
        category: Option<&'a str>,
    ) -> impl Iterator<Item = &'a str> {
        let list = self.kinds.get(kind).map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .filter(move |page| page.lang == lang)
            .filter(move |page| year.is_none_or(|year| page.year == year))
            .filter(move |page| category.is_none_or(|category| page.category.as_deref() == Some(category)))
            .map(|page| page.path.as_str())
    }

    /// `levels(…)` of a page.
    pub fn levels(&self, path: &str) -> Value {
        let own = self.series_of.get(path).and_then(|key| self.series.get(key));
        let levels = own.filter(|levels| levels.len() > 1).map(Vec::as_slice).unwrap_or_default();
        let value = |level: &Level| {
            let label = LEVELS.iter().find(|(key, _)| *key == level.level).map_or("", |(_, label)| label);
            Value::from(map! {
                "level": level.level,
                "label": label,
                "title": level.title.as_str(),
                "permalink": level.permalink.as_str(),
                "path": level.path.as_str(),
                "current": level.path == path,
            })
        };
        levels.iter().map(value).collect::<Vec<_>>().into()
    }

    /// The pages of a directory that is too long for one; none of other pages.
    pub fn parts(&self, path: &str) -> &[Part] {
        self.parts.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The addresses of all parts of each directory.
    pub fn part_paths(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut paths = BTreeMap::new();
        for (page, parts) in &self.parts {
            paths.insert(page.as_str(), parts.iter().map(|part| part.path.as_str()).collect());
        }
        paths
    }

    /// `table_parts(…)`.
    pub fn part_list(&self, path: &str) -> Value {
        parts::list(self.parts(path))
    }

    /// One of them, as `part` of its template.
    pub fn part_value(&self, path: &str, index: usize) -> Value {
        parts::value(self.parts(path), index)
    }

    /// `urgent_notices()`.
    pub fn urgent(&self, lang: &str) -> Value {
        let own = self.urgent.iter().filter(|urgent| urgent.lang == lang);
        own.map(schedule::Urgent::value).collect::<Vec<_>>().into()
    }
}

/// The calendar of the whole site.
pub const CALENDAR: &str = "/calendar.ics";

/// `/news/a/` → `/news/a/event.ics`.
fn event_file(url_path: &str) -> String {
    format!("{}/event.ics", url_path.trim_end_matches('/'))
}

/// The kinds that a page may be of.
pub fn page_kinds() -> impl Iterator<Item = &'static str> {
    kinds::KINDS.iter().filter(|kind| kind.on != kinds::On::Section).map(|kind| kind.name)
}

/// Whether there is a kind of this name, else what to say.
pub fn known_kind(name: &str) -> Result<(), Text> {
    if Kind::find(name).is_some() {
        return Ok(());
    }
    let names = || kinds::KINDS.iter().map(|kind| kind.name);
    Err(match did_you_mean(name, names()) {
        Some(near) => {
            text!("there is no kind `{name}`; did you mean `{near}`?", "没有 `{name}` 这种类型，是 `{near}` 吗？")
        }
        None => {
            let all = names().collect::<Vec<_>>().join(", ");
            text!("there is no kind `{name}`, only: {all}", "没有 `{name}` 这种类型，可用的有：{all}")
        }
    })
}

/// A date of front matter as a China time.
pub fn china_time(date: &str) -> Option<jiff::civil::DateTime> {
    time::Moment::parse(date).ok().map(|moment| moment.civil)
}
