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
        let library = &site.library;
        let ids: Vec<usize> = (0..site.content.pages.len()).collect();
        // What has an error is rendered by no route.
        let pages = library.list(&ids).unwrap_or_default();
        let sections: Vec<Value> = (0..site.content.sections.len()).filter_map(|id| library.section(id).ok()).collect();
        let documents = || pages.par_iter().chain(&sections);
        let texts: Vec<(usize, Digest)> = documents()
            .filter_map(Value::as_map)
            .flat_map_iter(|map| map.values())
            .filter_map(|value| value.as_str().filter(|text| text.len() >= LONG))
            .map(|text| (text.as_ptr() as usize, Digest::of(text.as_bytes())))
            .collect();
        known.0.extend(texts);
        let neighbour = |page: &'_ Value, name: &'static str| page.get_from_path(name).filter(|v| v.is_map()).cloned();
        let mut neighbours: Vec<Value> = pages
            .par_iter()
            .flat_map_iter(|page| ["lower", "higher"].into_iter().filter_map(|name| neighbour(page, name)))
            .collect();
        neighbours.par_sort_unstable_by_key(address);
        neighbours.dedup_by_key(|value| address(value));
        known.add(&neighbours);
        known.add(&pages);
        known.add(&sections);
        for taxonomy in 0..site.taxonomies.len() {
            known.add(&library.terms(taxonomy).unwrap_or_default());
        }
        known.add(&library.bodies.of.configs.values().cloned().collect::<Vec<_>>());
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
