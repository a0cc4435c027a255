//! A long directory in parts: a page for each 苏木 or 镇, so that none is heavy on a phone.

use std::collections::HashSet;

use indexmap::IndexMap;
use tera::{Map, Value};

use super::document::Table;
use super::tables::DataTable;
use crate::config::{Config, slugify_path};
use crate::data::map;

/// A table of more rows stands on pages of its own; no page has more.
pub(super) const ROWS: usize = 30;

/// One page of a directory that is too long for one.
#[derive(Clone, Debug)]
pub struct Part {
    /// The township, with a number where it takes several pages: `大沁他拉镇（2）`.
    pub name: String,
    /// `/places/stations/da-qin-ta-la-zhen/`.
    pub path: String,
    pub permalink: String,
    township: String,
    rows: Vec<Value>,
}

impl Part {
    /// As lists of parts show it.
    fn short(&self) -> Map {
        let mut value = Map::new();
        value.extend(map! {
            "name": self.name.as_str(),
            "township": self.township.as_str(),
            "permalink": self.permalink.as_str(),
            "count": self.rows.len(),
        });
        value
    }
}

/// The parts of the directory at `path`; none where it fits on one page.
pub fn parts(table: &DataTable, path: &str, config: &Config) -> Vec<Part> {
    if table.rows.len() <= ROWS {
        return Vec::new();
    }
    let mut townships: IndexMap<&str, Vec<Value>> = IndexMap::new();
    for row in &table.rows {
        let township = row.as_map().and_then(|row| row.at("township")).and_then(Value::as_str).unwrap_or_default();
        townships.entry(township).or_default().push(row.clone());
    }
    let mut taken = HashSet::new();
    let mut parts = Vec::new();
    for (township, rows) in townships {
        for (index, rows) in rows.chunks(ROWS).enumerate() {
            let number = index + 1;
            let name = if index == 0 { township.to_owned() } else { format!("{township}（{number}）") };
            let slug = slugify_path(&format!("{township} {number}"), config.slugify.paths).replace(' ', "-");
            let slug = if index == 0 { slugify_path(township, config.slugify.paths) } else { slug };
            // Names that give one slug, or none.
            let mut own = slug.clone();
            let mut more = 1;
            while own.is_empty() || !taken.insert(own.clone()) {
                more += 1;
                own = if slug.is_empty() { format!("part-{more}") } else { format!("{slug}-{more}") };
            }
            let path = format!("{}/{own}/", path.trim_end_matches('/'));
            let permalink = config.permalink(&path);
            parts.push(Part { name, path, permalink, township: township.to_owned(), rows: rows.to_vec() });
        }
    }
    parts
}

/// The parts as a template lists them.
pub fn list(parts: &[Part]) -> Value {
    parts.iter().map(|part| Value::from(part.short())).collect::<Vec<_>>().into()
}

/// One part as the template of its page sees it: with its rows and the parts before and after.
pub fn value(parts: &[Part], index: usize) -> Value {
    let Some(part) = parts.get(index) else { return Value::none() };
    let beside = |index: Option<usize>| {
        index.and_then(|index| parts.get(index)).map_or_else(Value::none, |part| Value::from(part.short()))
    };
    let mut value = part.short();
    value.extend(map! {
        "path": part.path.as_str(),
        "rows": part.rows.clone(),
        "previous": beside(index.checked_sub(1)),
        "next": beside(index.checked_add(1)),
    });
    Value::from(value)
}
