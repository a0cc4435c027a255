//! From documents to an [`Outreach`]: check, gather, relate.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use indexmap::IndexMap;
use jiff::Timestamp;
use rayon::prelude::*;
use tera::Value;

use super::check::Checker;
use super::document::{Document, Table};
use super::glossary::Glossary;
use super::kinds::Kind;
use super::records::Record;
use super::schedule::{Change, Unpublished};
use super::{Event, LEVELS, Level, Listed, Outreach, Pick, Pinyin};
use super::{annual, glossary, pinyin, profile, records, schedule, tables, time};
use crate::config::{self, Config};
use crate::content::Content;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::text;

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
        figures: std::sync::RwLock::default(),
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
        findings: Vec::new(),
        host: host.unwrap_or_else(|| "localhost".to_owned()),
        base_url: config.base_url.trim_end_matches('/').to_owned(),
        title: config.languages.get(&config.default_language).and_then(|l| l.title.clone()).unwrap_or_default(),
    };
    let documents: Vec<Document> = content
        .sections
        .iter()
        .filter_map(|section| Document::section(section))
        .chain(content.pages.iter().filter_map(|page| Document::page(page)))
        .collect();
    let by_path: HashMap<&str, Document> = documents.iter().map(|d| (d.path, *d)).collect();
    outreach.glossary = glossary::load(&folder.join("data"), shown, &by_path, told);
    outreach.pinyin = pinyin::load(&folder.join("data"), shown, told);
    let kinds = check(&documents, &by_path, settings, told);
    if told.iter().any(Diagnostic::is_error) {
        return outreach;
    }
    outreach.collect(&documents, &by_path, &kinds, config, told);
    profile::check(settings, config, &documents, &kinds, &mut outreach.findings);
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
        let defaults: HashSet<&str> =
            documents.iter().filter(|d| d.lang == config.default_language).map(|d| d.canonical).collect();
        for (document, kind) in documents.iter().zip(kinds) {
            let Some(kind) = kind else { continue };
            let state = self.unpublished.get(document.path);
            if matches!(state, Some(Unpublished::Until(_))) {
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
            if document.date.is_none() {
                told.push(
                    Diagnostic::warning(
                        "outreach/picks",
                        text!(
                            "this pick has no `date`, so feeds leave it out",
                            "这篇推荐没有 `date`，订阅源里不会有它"
                        ),
                    )
                    .at(document.place(&["pick"]))
                    .help(text!("add `date` to the page", "请给页面加上 `date`")),
                );
            }
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
}
