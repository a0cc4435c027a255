//! Records: what an association did, from the front matter of activity reports and tours, and how they lie inside each
//! other.

use std::collections::HashMap;

use indexmap::IndexMap;
use tera::{Map, Value};

use super::document::{Document, Table};
use super::fields::content_path;
use super::figure::{Figure, grouped};
use super::kinds::Kind;
use super::time::{self, When};
use crate::config;
use crate::diagnostic::Diagnostic;
use crate::text;

/// One activity, or a summary of several.
#[derive(Clone, Debug)]
pub struct Record {
    pub path: String,
    pub title: String,
    /// None where the page has expired.
    pub permalink: Option<String>,
    pub kind: &'static str,
    /// A key of `[outreach.categories]`.
    pub category: String,
    pub when: When,
    pub until: Option<When>,
    pub place: Option<String>,
    /// As stated, in the order of the configuration.
    pub figures: IndexMap<String, Figure>,
    pub partners: Vec<String>,
    pub announcement: Option<String>,
    pub stops: Vec<Stop>,
    /// The record that this one is counted in.
    pub whole: Option<usize>,
    pub parts: Vec<usize>,
}

/// A place where a tour stays.
#[derive(Clone, Debug)]
pub struct Stop {
    pub place: String,
    pub when: When,
    pub until: Option<When>,
}

impl Record {
    /// Of a document whose front matter was checked; none where it is of another kind.
    pub fn read(document: &Document, kind: &Kind, settings: &config::Outreach) -> Option<Record> {
        if !matches!(kind.name, "activity" | "tour") {
            return None;
        }
        let extra = document.extra;
        let stops = extra.at("stops").and_then(Value::as_array).unwrap_or_default();
        let stop = |stop: &Value| {
            let stop = stop.as_map()?;
            Some(Stop { place: text(stop, "place")?, when: when(stop, "when")?, until: when(stop, "until") })
        };
        Some(Record {
            path: document.path.to_owned(),
            title: document.title.to_owned(),
            permalink: document.permalink.map(str::to_owned),
            kind: kind.name,
            category: text(extra, "category")?,
            when: when(extra, "when")?,
            until: when(extra, "until"),
            place: text(extra, "place").or_else(|| Some(texts(extra, "places").join("、")).filter(|p| !p.is_empty())),
            figures: figures(extra, settings),
            partners: texts(extra, "partners"),
            announcement: text(extra, "announcement").map(|path| content_path(&path).to_owned()),
            stops: stops.iter().filter_map(stop).collect(),
            whole: None,
            parts: Vec::new(),
        })
    }

    /// `2021年8月`, or `2021年8月—9月`.
    pub fn when_text(&self) -> String {
        match self.until {
            Some(until) if until != self.when => time::range_text(&self.when.text(), &until.text()),
            _ => self.when.text(),
        }
    }

    fn last_day(&self) -> jiff::civil::Date {
        self.until.unwrap_or(self.when).last_day()
    }
}

/// Text of a field, trimmed.
pub fn text(table: &Map, key: &str) -> Option<String> {
    table.at(key).and_then(Value::as_str).map(|text| text.trim().to_owned())
}

pub fn texts(table: &Map, key: &str) -> Vec<String> {
    let list = table.at(key).and_then(Value::as_array).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn when(table: &Map, key: &str) -> Option<When> {
    let value = table.at(key)?;
    let year = value.as_u64().map(|year| year.to_string());
    When::parse(year.as_deref().or(value.as_str())?).ok()
}

/// `figures` of a table, in the order of the configuration.
pub fn figures(table: &Map, settings: &config::Outreach) -> IndexMap<String, Figure> {
    let Some(stated) = table.at("figures").and_then(Value::as_map) else { return IndexMap::new() };
    settings.figures.keys().filter_map(|name| Some((name.clone(), Figure::read(stated.at(name.as_str())?)?))).collect()
}

/// Relates records to each other by `part_of`; `told` hears of those that can't be.
pub fn relate(records: &mut [Record], documents: &HashMap<&str, Document>, told: &mut Vec<Diagnostic>) {
    let by_path: HashMap<String, usize> = records.iter().enumerate().map(|(id, r)| (r.path.clone(), id)).collect();
    for record in records.iter_mut() {
        let Some(document) = documents.get(record.path.as_str()) else { continue };
        let Some(named) = text(document.extra, "part_of") else { continue };
        let target = content_path(&named);
        match by_path.get(target) {
            // Drafts and pages that are not out yet are no records; whether the file exists was checked before.
            None => told.push(
                Diagnostic::error(
                    "outreach/part-of",
                    text!(
                        "`{target}` is not an activity or tour that is counted, so nothing can be part of it",
                        "`{target}` 不是计入统计的活动或巡展，不能作为上级活动"
                    ),
                )
                .at(document.place(&["part_of"]))
                .help(text!(
                    "name a page of kind `activity` or `tour` that is published, or remove `part_of`",
                    "请写一个已发布的 `activity` 或 `tour` 页面，或删去 `part_of`"
                )),
            ),
            Some(whole) => record.whole = Some(*whole),
        }
    }
    break_circles(records, documents, told);
    for id in 0..records.len() {
        if let Some(whole) = records[id].whole {
            records[whole].parts.push(id);
        }
    }
    for record in records.iter() {
        check_parts(record, records, documents, told);
    }
}

/// Tells of each circle once and cuts it.
fn break_circles(records: &mut [Record], documents: &HashMap<&str, Document>, told: &mut Vec<Diagnostic>) {
    // 0 not seen, else the number of the walk that saw it.
    let mut seen = vec![0; records.len()];
    for start in 0..records.len() {
        let walk = start + 1;
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = walk;
            let Some(next) = records[at].whole else { break };
            if seen[next] == walk {
                let mut circle = vec![next];
                let mut member = next;
                while let Some(whole) = records[member].whole.filter(|whole| *whole != next) {
                    circle.push(whole);
                    member = whole;
                }
                tell_circle(&circle, records, documents, told);
                circle.iter().for_each(|id| records[*id].whole = None);
                break;
            }
            at = next;
        }
    }
}

fn tell_circle(circle: &[usize], records: &[Record], documents: &HashMap<&str, Document>, told: &mut Vec<Diagnostic>) {
    // Told at the first file by name, so that the message does not depend on where the walk began.
    let first = circle.iter().enumerate().min_by_key(|(_, id)| &records[**id].path).map_or(0, |(at, _)| at);
    let names = circle.iter().cycle().skip(first).take(circle.len() + 1).map(|id| records[*id].path.as_str());
    let way = names.collect::<Vec<_>>().join(" → ");
    let Some(document) = circle.get(first).and_then(|id| documents.get(records[*id].path.as_str())) else { return };
    told.push(
        Diagnostic::error(
            "outreach/part-of",
            text!("`part_of` goes in a circle: {way}", "`part_of` 绕成了一圈：{way}"),
        )
        .at(document.place(&["part_of"]))
        .help(text!("remove `part_of` from the widest of them", "请从其中范围最大的活动里删去 `part_of`")),
    );
}

/// Warns of parts that lie outside of the whole or are more than it.
fn check_parts(whole: &Record, records: &[Record], documents: &HashMap<&str, Document>, told: &mut Vec<Diagnostic>) {
    let parts = || whole.parts.iter().map(|id| &records[*id]);
    for part in parts() {
        let outside = part.when.first_day() > whole.last_day() || part.last_day() < whole.when.first_day();
        if let Some(document) = documents.get(part.path.as_str()).filter(|_| outside) {
            let (part, time, path) = (part.when_text(), whole.when_text(), &whole.path);
            told.push(
                Diagnostic::warning(
                    "outreach/part-of",
                    text!(
                        "this is {part}, but what it is part of (`{path}`) is {time}",
                        "这里是{part}，所属的 `{path}` 却是{time}"
                    ),
                )
                .at(document.place(&["part_of"]))
                .help(text!("correct `when`, or remove `part_of`", "请改正 `when`，或删去 `part_of`")),
            );
        }
    }
    for (name, stated) in &whole.figures {
        let sum = parts().filter_map(|part| part.figures.get(name)).copied().reduce(Figure::plus);
        let Some(sum) = sum.filter(|sum| sum.value > stated.value) else { continue };
        let Some(document) = documents.get(whole.path.as_str()) else { continue };
        let (sum, stated, by) = (sum.text(), stated.text(), grouped(sum.value - stated.value));
        told.push(
            Diagnostic::warning(
                "outreach/parts",
                text!(
                    "`{name}` is {stated}, but the parts add up to {sum}, {by} more",
                    "`{name}` 是 {stated}，各部分相加却是 {sum}，多出 {by}"
                ),
            )
            .at(document.place(&["figures", name]))
            .help(text!(
                "correct the figure here or in the activities that are `part_of` this one",
                "请改正这里的数字，或改正属于它的各项活动"
            )),
        );
    }
}
