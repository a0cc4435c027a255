//! What an association that explains science to the public needs: kinds of pages with checked fields, figures that add
//! up, a calendar, pages that come and go on their dates, and data tables.
//!
//! Documents and the settings come in; one [`Outreach`] goes out, which answers what templates and routes ask.
//! Templates, Markdown and the output are not its business. A site without `[outreach]` never gets here.

mod annual;
mod calendar;
mod chart;
mod document;
mod events;
mod fields;
mod figure;
mod glossary;
mod html;
mod json_ld;
mod kinds;
mod pinyin;
mod profile;
mod records;
mod schedule;
mod site_meta;
mod tables;
mod time;
mod totals;

use std::collections::HashMap;
use std::path::Path;
use std::sync::RwLock;

use indexmap::IndexMap;
use jiff::Timestamp;
use rayon::prelude::*;
use tera::Value;

use crate::config::{self, Config};
use crate::content::Content;
use crate::data::map;
use crate::diagnostic::{Diagnostic, Text, did_you_mean};
use crate::text;

use document::{Document, Table};
use fields::Checker;
use kinds::Kind;

pub use chart::{Chart, Item as ChartItem, Shape as ChartShape};
pub use events::{Event, State};
pub use fields::content_path;
pub use glossary::Glossary;
pub use json_ld::{Described, json_ld};
pub use pinyin::Pinyin;
pub use records::Record;
pub use schedule::{BuildTime, Change};
pub use site_meta::site_meta;
pub use tables::DataTable;
pub use time::{china, clock, day_text};
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
    pub glossary: Glossary,
    pub pinyin: Pinyin,
    /// Pages that are not in the site now, and why.
    pub unpublished: HashMap<String, schedule::Unpublished>,
    /// What changes by itself, soonest first.
    pub changes: Vec<Change>,
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

/// Reads and checks everything. Pages that are not to be published now are taken out of `content`.
///
/// `folder` is that of the configuration, in which `data/` lies; `shown` names files in messages.
pub fn load(
    content: &mut Content,
    config: &Config,
    settings: &config::Outreach,
    folder: &Path,
    shown: &(dyn Fn(&Path) -> String + Sync),
    now: Timestamp,
    told: &mut Vec<Diagnostic>,
) -> Outreach {
    let host = url::Url::parse(&config.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let mut outreach = Outreach {
        settings: settings.clone(),
        now,
        records: Vec::new(),
        record_of: HashMap::new(),
        figures: RwLock::default(),
        events: Vec::new(),
        events_of: HashMap::new(),
        kinds: HashMap::new(),
        picks: IndexMap::new(),
        urgent: Vec::new(),
        series: HashMap::new(),
        series_of: HashMap::new(),
        tables: tables::load(&folder.join("data"), shown, told),
        glossary: Glossary::default(),
        pinyin: Pinyin::default(),
        unpublished: HashMap::new(),
        changes: Vec::new(),
        host: host.unwrap_or_else(|| "localhost".to_owned()),
        base_url: config.base_url.trim_end_matches('/').to_owned(),
        title: config.languages.get(&config.default_language).and_then(|l| l.title.clone()).unwrap_or_default(),
    };
    let documents: Vec<Document> = content
        .sections
        .iter()
        .filter_map(Document::section)
        .chain(content.pages.iter().filter_map(Document::page))
        .collect();
    let by_path: HashMap<&str, Document> = documents.iter().map(|d| (d.path, *d)).collect();
    outreach.glossary = glossary::load(&folder.join("data"), shown, &by_path, told);
    outreach.pinyin = pinyin::load(&folder.join("data"), shown, told);
    let kinds = check(&documents, &by_path, settings, told);
    if told.iter().any(Diagnostic::is_error) {
        return outreach;
    }
    outreach.collect(&documents, &by_path, &kinds, config, told);
    profile::check(settings, config, &documents, &kinds, told);
    if !outreach.unpublished.is_empty() {
        let unpublished = &outreach.unpublished;
        outreach.glossary.forget(|path| unpublished.contains_key(path));
        content.pages.retain(|page| !unpublished.contains_key(&page.file.relative));
    }
    outreach
}

/// Checks `[extra]` of all documents, in parallel; their kinds, in the order of the documents.
fn check(
    documents: &[Document],
    by_path: &HashMap<&str, Document>,
    settings: &config::Outreach,
    told: &mut Vec<Diagnostic>,
) -> Vec<Option<&'static Kind>> {
    let known = |path: &str| by_path.contains_key(path);
    let nearest = |path: &str| {
        let mut paths: Vec<&str> = by_path.keys().copied().collect();
        paths.sort_unstable();
        did_you_mean(path, paths).map(str::to_owned)
    };
    let checked: Vec<(Option<&Kind>, Vec<Diagnostic>)> = documents
        .par_iter()
        .map(|document| {
            let mut told = Vec::new();
            let place = |path: &[&str]| document.place(path);
            let is_section = document.is_section;
            let checker = Checker { settings, known: &known, nearest: &nearest, is_section, place: &place };
            let kind = checker.check(document.extra, &mut told);
            if told.is_empty() {
                schedule::check_order(document, &mut told);
            }
            (kind, told)
        })
        .collect();
    checked
        .into_iter()
        .map(|(kind, found)| {
            told.extend(found);
            kind
        })
        .collect()
}

impl Outreach {
    /// Gathers records, events, picks and all else from documents that were found right.
    fn collect(
        &mut self,
        documents: &[Document],
        by_path: &HashMap<&str, Document>,
        kinds: &[Option<&'static Kind>],
        config: &Config,
        told: &mut Vec<Diagnostic>,
    ) {
        for document in documents {
            schedule::read(document, self.now, &mut self.unpublished, &mut self.changes, &mut self.urgent);
        }
        // A translation tells of the same activity again.
        let defaults: std::collections::HashSet<&str> =
            documents.iter().filter(|d| d.lang == config.default_language).map(|d| d.canonical).collect();
        for (document, kind) in documents.iter().zip(kinds) {
            let Some(kind) = kind else { continue };
            let state = self.unpublished.get(document.path);
            if matches!(state, Some(schedule::Unpublished::Until(_))) {
                continue;
            }
            let permalink = document.permalink.filter(|_| state.is_none());
            let document = Document { permalink, ..*document };
            let record = Record::read(&document, kind, &self.settings);
            if document.lang == config.default_language || !defaults.contains(document.canonical) {
                self.events.extend(Event::read(&document, kind, record.as_ref()));
                self.records.extend(record.clone());
            }
            if permalink.is_some() {
                self.list(&document, kind, record.as_ref());
            }
        }
        records::relate(&mut self.records, by_path, told);
        self.report_events();
        self.events.sort_by_key(|event| (event.begin.start(), event.path.clone(), event.number));
        self.record_of = self.records.iter().enumerate().map(|(id, r)| (r.path.clone(), id)).collect();
        for (id, event) in self.events.iter().enumerate() {
            self.events_of.entry(event.path.clone()).or_default().push(id);
            schedule::event(event, self.now, &mut self.changes);
        }
        self.read_picks(documents, by_path, told);
        self.check_series(by_path, told);
        for list in self.kinds.values_mut() {
            list.sort_by(|a, b| b.order.cmp(&a.order).then_with(|| a.path.cmp(&b.path)));
        }
        annual::compare(documents, kinds, &self.totals(), told);
        self.urgent.sort_by_key(|urgent| (urgent.until.end(), urgent.path.clone()));
        self.changes.sort_by_key(|change| (change.at, change.path.clone()));
    }

    fn list(&mut self, document: &Document, kind: &'static Kind, record: Option<&Record>) {
        let of_record = record.map(|record| record.when.first_day().at(0, 0, 0, 0));
        let civil = of_record
            .or_else(|| document.moment("begin").map(|m| m.civil))
            .or_else(|| time::Moment::parse(document.date?).ok().map(|m| m.civil));
        let order = civil.map_or(i64::MIN, |civil| time::instant(civil).as_second());
        self.kinds.entry(kind.name).or_default().push(Listed {
            path: document.path.to_owned(),
            lang: document.lang.to_owned(),
            category: records::text(document.extra, "category"),
            year: civil.map_or(0, |civil| civil.year()),
            order,
        });
        let level = document.extra.at("level").and_then(Value::as_str).unwrap_or("standard");
        let level = LEVELS.iter().find(|(key, _)| *key == level).map(|(key, _)| *key);
        let series = records::text(document.extra, "series");
        if let (Some(series), Some(level), Some(permalink)) = (series, level, document.permalink) {
            let key = (document.lang.to_owned(), series);
            self.series_of.insert(document.path.to_owned(), key.clone());
            self.series.entry(key).or_default().push(Level {
                level,
                path: document.path.to_owned(),
                title: document.title.to_owned(),
                permalink: permalink.to_owned(),
            });
        }
    }

    /// Lets announced events know their reports.
    fn report_events(&mut self) {
        let mut reports = HashMap::new();
        for record in &self.records {
            let Some(announcement) = &record.announcement else { continue };
            reports.insert(announcement.as_str(), (record.title.clone(), record.permalink.clone()));
        }
        for event in &mut self.events {
            event.report = reports.get(event.path.as_str()).cloned();
        }
    }

    fn read_picks(&mut self, documents: &[Document], by_path: &HashMap<&str, Document>, told: &mut Vec<Diagnostic>) {
        let mut picks: Vec<(jiff::civil::Date, jiff::civil::Date, String, &str)> = Vec::new();
        for document in documents.iter().filter(|d| !d.is_section && !self.unpublished.contains_key(d.path)) {
            let Some(named) = records::text(document.extra, "pick") else { continue };
            let Ok((monday, sunday)) = time::week(&named) else { continue };
            let start = time::instant(monday.at(0, 0, 0, 0));
            if start > self.now {
                self.changes.push(Change::pick(start, document.path, &named));
            } else {
                picks.push((monday, sunday, named, document.path));
            }
        }
        picks.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.3.cmp(b.3)));
        for (monday, sunday, week, path) in picks {
            let pick = self.picks.entry(week.clone()).or_insert_with(|| Pick { monday, sunday, paths: Vec::new() });
            pick.paths.push(path.to_owned());
            let (most, count) = (self.settings.picks_per_week, pick.paths.len());
            if count == most + 1
                && let Some(document) = by_path.get(path)
            {
                told.push(
                    Diagnostic::warning(
                        "outreach/picks",
                        text!("the week {week} has more than {most} picks", "{week} 周的推荐超过 {most} 篇"),
                    )
                    .at(document.place(&["pick"]))
                    .help(text!(
                        "give this page another week, or change `picks_per_week`",
                        "请给这个页面换一周，或修改 `picks_per_week`"
                    )),
                );
            }
        }
    }

    fn check_series(&mut self, by_path: &HashMap<&str, Document>, told: &mut Vec<Diagnostic>) {
        for ((_, series), levels) in &mut self.series {
            levels.sort_by_key(|level| (LEVELS.iter().position(|(key, _)| *key == level.level), level.path.clone()));
            for pair in levels.windows(2) {
                let [a, b] = pair else { continue };
                if a.level != b.level {
                    continue;
                }
                let (Some(document), level, other) = (by_path.get(b.path.as_str()), b.level, &a.path) else { continue };
                told.push(
                    Diagnostic::error(
                        "outreach/series",
                        text!(
                            "`{other}` is the `{level}` text of the series `{series}` too",
                            "系列 `{series}` 里，`{other}` 也是 `{level}` 级别"
                        ),
                    )
                    .at(document.place(&["series"]))
                    .help(text!("give one of them another `level`", "请给其中一篇换一个 `level`")),
                );
            }
        }
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
