//! The digests of a site's finished values, by where they are in memory: each is digested once, however many lists hold it.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tera::Value;

use crate::cache::{Digest, Digester};

use super::Site;

/// Digests by address. Valid while the site that owns the values lives.
#[derive(Default)]
pub struct Known(FxHashMap<usize, Digest>);

/// Shorter texts are digested where they stand; they may be part of their value and have no address that lasts.
const LONG: usize = 256;

impl Known {
    /// Digests everything that a site owns.
    pub fn of(site: &Site) -> Self {
        let mut known = Self::default();
        let values = &site.values;
        let documents = || values.pages.par_iter().chain(&values.sections);
        let texts: Vec<(usize, Digest)> = documents()
            .filter_map(Value::as_map)
            .flat_map_iter(|map| map.values())
            .filter_map(|value| value.as_str().filter(|text| text.len() >= LONG))
            .map(|text| (text.as_ptr() as usize, Digest::of(text.as_bytes())))
            .collect();
        known.0.extend(texts);
        let neighbour = |page: &'_ Value, name: &'static str| page.get_from_path(name).filter(|v| v.is_map()).cloned();
        let mut neighbours: Vec<Value> = values
            .pages
            .par_iter()
            .flat_map_iter(|page| ["lower", "higher"].into_iter().filter_map(|name| neighbour(page, name)))
            .collect();
        neighbours.par_sort_unstable_by_key(address);
        neighbours.dedup_by_key(|value| address(value));
        known.add(&neighbours);
        known.add(&values.pages);
        known.add(&values.sections);
        values.terms.iter().for_each(|terms| known.add(terms));
        known.add(&values.taxonomies);
        known.add(&values.configs.values().cloned().collect::<Vec<_>>());
        known
    }

    fn add(&mut self, values: &[Value]) {
        let known = |value: &Value| self.digest(value);
        let digests: Vec<(usize, Digest)> = values
            .par_iter()
            .filter_map(|value| {
                let address = address(value)?;
                let digest = self.0.get(&address).copied();
                Some((address, digest.unwrap_or_else(|| Digester::new().parts(value, &known).finish())))
            })
            .collect();
        self.0.extend(digests);
    }

    /// The digest of a value, if it is one of the site's.
    pub fn digest(&self, value: &Value) -> Option<Digest> {
        self.0.get(&address(value)?).copied()
    }
}

/// Where the contents of a map or a long text are.
fn address(value: &Value) -> Option<usize> {
    match value.as_map() {
        Some(map) => Some(std::ptr::from_ref(map) as usize),
        None => value.as_str().filter(|text| text.len() >= LONG).map(|text| text.as_ptr() as usize),
    }
}
