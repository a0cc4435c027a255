//! Figures that add up: what the records of a year, month or category come to. Nothing is counted twice: what is part
//! of a record is inside it, and where the record itself does not state a figure its parts are added up.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use tera::Value;

use super::figure::Figure;
use super::records::Record;
use crate::config::{self, Total};
use crate::data::map;

/// Which records count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub year: Option<i16>,
    pub month: Option<i8>,
    pub category: Option<String>,
}

/// Sums over records.
pub struct Totals<'a> {
    pub records: &'a [Record],
    pub settings: &'a config::Outreach,
}

type Figures = IndexMap<String, Figure>;

impl Totals<'_> {
    fn matches(&self, id: usize, filter: &Filter) -> bool {
        let record = &self.records[id];
        filter.year.is_none_or(|year| record.when.year() == year)
            && filter.month.is_none_or(|month| record.when.month() == Some(month))
            && filter.category.as_ref().is_none_or(|category| record.category == *category)
    }

    /// The records that match and are not inside one that does.
    pub fn counted(&self, filter: &Filter) -> Vec<usize> {
        let outside = |id: &usize| {
            let wholes = std::iter::successors(self.records[*id].whole, |id| self.records[*id].whole);
            wholes.into_iter().all(|whole| !self.matches(whole, filter))
        };
        let mut ids: Vec<usize> =
            (0..self.records.len()).filter(|id| self.matches(*id, filter)).filter(outside).collect();
        ids.sort_by_key(|id| {
            let record = &self.records[*id];
            let category = self.settings.categories.get_index_of(&record.category);
            (std::cmp::Reverse(record.when.year()), category, record.when.first_day(), record.path.clone())
        });
        ids
    }

    /// A figure of one record: as stated, else what its parts come to.
    fn of(&self, id: usize, name: &str) -> Option<Figure> {
        let record = &self.records[id];
        let parts = || record.parts.iter().filter_map(|part| self.of(*part, name)).reduce(Figure::plus);
        record.figures.get(name).copied().or_else(parts)
    }

    /// The latest value of a stock among records and everything inside them.
    fn latest(&self, ids: &[usize], name: &str) -> Option<Figure> {
        let mut all = ids.to_vec();
        let mut next = 0;
        while let Some(id) = all.get(next) {
            all.extend(&self.records[*id].parts);
            next += 1;
        }
        let stated = all.iter().filter(|id| self.records[**id].figures.contains_key(name));
        let last = stated.max_by_key(|id| (self.records[**id].when.last_day(), &self.records[**id].path))?;
        self.records[*last].figures.get(name).copied()
    }

    /// What records come to, by name.
    pub fn sum(&self, ids: &[usize]) -> Figures {
        let total = |name: &str, total: Total| match total {
            Total::Sum => ids.iter().filter_map(|id| self.of(*id, name)).reduce(Figure::plus),
            Total::Latest => self.latest(ids, name),
        };
        let figures = self.settings.figures.iter();
        figures.filter_map(|(name, figure)| Some((name.clone(), total(name, figure.total)?))).collect()
    }

    /// Lays a figure onto the months in which it is known to have been; how much of it that is.
    fn place(&self, id: usize, name: &str, months: &mut [Option<Figure>; 13]) -> u64 {
        let record = &self.records[id];
        match record.when.month().and_then(|month| usize::try_from(month).ok()) {
            Some(month) => {
                let Some(value) = self.of(id, name) else { return 0 };
                add(months, month, value);
                value.value
            }
            None => record.parts.iter().map(|part| self.place(*part, name, months)).sum(),
        }
    }

    /// `activity_figures(…)`; its shape is documented in the theme's guide.
    pub fn value(&self, filter: &Filter) -> Value {
        let counted = self.counted(filter);
        let by_category: Vec<Value> = self
            .settings
            .categories
            .iter()
            .filter_map(|(key, label)| {
                let own: Vec<usize> = counted.iter().copied().filter(|id| self.records[*id].category == *key).collect();
                (!own.is_empty()).then(|| {
                    Value::from(map! {
                        "key": key.as_str(),
                        "label": label.as_str(),
                        "records": own.len(),
                        "totals": self.figures(&self.sum(&own)),
                    })
                })
            })
            .collect();
        let years: BTreeSet<i16> = counted.iter().map(|id| self.records[*id].when.year()).collect();
        let by_year: Vec<Value> = years
            .iter()
            .rev()
            .map(|year| {
                let own: Vec<usize> =
                    counted.iter().copied().filter(|id| self.records[*id].when.year() == *year).collect();
                Value::from(map! {
                    "year": *year,
                    "records": own.len(),
                    "totals": self.figures(&self.sum(&own)),
                })
            })
            .collect();
        Value::from(map! {
            "year": filter.year,
            "month": filter.month,
            "category": filter.category.clone(),
            "records": counted.len(),
            "totals": self.figures(&self.sum(&counted)),
            "rows": counted.iter().map(|id| self.record(*id)).collect::<Vec<_>>(),
            "by_category": by_category,
            "by_month": if filter.year.is_some() { self.by_month(&counted) } else { Vec::new() },
            "by_year": by_year,
        })
    }

    /// The twelve months and, where something is not known to a month, one more.
    fn by_month(&self, counted: &[usize]) -> Vec<Value> {
        let mut figures: Vec<Figures> = vec![Figures::new(); 13];
        for (name, figure) in &self.settings.figures {
            if figure.total == Total::Latest {
                continue;
            }
            let mut months = [None; 13];
            for id in counted {
                let placed = self.place(*id, name, &mut months);
                let Some(value) = self.of(*id, name) else { continue };
                if placed < value.value || placed == 0 {
                    add(&mut months, 0, Figure { value: value.value.saturating_sub(placed), bound: value.bound });
                }
            }
            for (month, value) in months.into_iter().enumerate() {
                if let Some(value) = value {
                    figures[month].insert(name.clone(), value);
                }
            }
        }
        let month_of = |id: &usize| self.records[*id].when.month().and_then(|m| usize::try_from(m).ok()).unwrap_or(0);
        let records = |month: usize| counted.iter().filter(|id| month_of(id) == month).count();
        let shown = (1..=12).chain((records(0) > 0 || !figures[0].is_empty()).then_some(0));
        shown
            .map(|month| {
                Value::from(map! {
                    "month": (month > 0).then_some(month),
                    "label": if month > 0 { format!("{month}月") } else { "月份不详".to_owned() },
                    "records": records(month),
                    "totals": self.figures(&figures[month]),
                })
            })
            .collect()
    }

    /// One record with what is inside it.
    pub fn record(&self, id: usize) -> Value {
        let record = &self.records[id];
        let whole = record.whole.map(|whole| {
            let whole = &self.records[whole];
            map! {
                "path": whole.path.as_str(),
                "title": whole.title.as_str(),
                "permalink": whole.permalink.clone(),
            }
        });
        let mut parts = record.parts.clone();
        parts.sort_by_key(|id| (self.records[*id].when.first_day(), &self.records[*id].path));
        Value::from(map! {
            "path": record.path.as_str(),
            "title": record.title.as_str(),
            "permalink": record.permalink.clone(),
            "kind": record.kind,
            "category": category(&record.category, self.settings),
            "when_text": record.when_text(),
            "year": record.when.year(),
            "month": record.when.month(),
            "place": record.place.clone(),
            "figures": self.figures(&self.own(id)),
            "partners": record.partners.clone(),
            "parts": parts.iter().map(|part| self.record(*part)).collect::<Vec<_>>(),
            "part_of": whole.map(Value::from),
        })
    }

    /// The figures of one record, those of its parts where it states none.
    fn own(&self, id: usize) -> Figures {
        self.settings.figures.keys().filter_map(|name| Some((name.clone(), self.of(id, name)?))).collect()
    }

    /// Figures as templates see them.
    pub fn figures(&self, figures: &Figures) -> Value {
        let value = |(name, figure): (&String, &Figure)| {
            let declared = self.settings.figures.get(name);
            let label = declared.map_or("", |f| f.label.as_str());
            let value = Value::from(map! {
                "name": name.as_str(),
                "label": if label.is_empty() { name.as_str() } else { label },
                "unit": declared.map_or("", |f| f.unit.as_str()),
                "value": figure.value,
                "bound": figure.bound.as_str(),
                "text": figure.text(),
            });
            (tera::value::Key::from(name.clone()), value)
        };
        Value::from(figures.iter().map(value).collect::<tera::Map>())
    }
}

/// Adds to a month, 0 where it is not known.
fn add(months: &mut [Option<Figure>; 13], month: usize, figure: Figure) {
    if let Some(sum) = months.get_mut(month) {
        *sum = Some(sum.map_or(figure, |sum| sum.plus(figure)));
    }
}

/// A category as templates see it.
pub fn category(key: &str, settings: &config::Outreach) -> Value {
    let label = settings.categories.get(key).map_or(key, String::as_str);
    Value::from(map! { "key": key, "label": label })
}
