//! Taxonomies and their terms, collected from the pages.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::config::{Config, Taxonomy, slugify_path};
use crate::content::Content;

use super::relate::{PageId, Relations};

/// One taxonomy of one language with its terms, sorted by slug.
#[derive(Debug)]
pub struct TaxonomyTerms {
    pub lang: String,
    pub definition: Taxonomy,
    pub path: String,
    pub permalink: String,
    pub terms: Vec<Term>,
}

impl TaxonomyTerms {
    /// The term with a slug.
    pub fn find(&self, slug: &str) -> Option<usize> {
        self.terms.binary_search_by(|term| term.slug.as_str().cmp(slug)).ok()
    }
}

/// One term. Spellings that give one slug are one term, named by the first of them in byte order.
#[derive(Debug)]
pub struct Term {
    pub name: String,
    pub slug: String,
    pub path: String,
    pub permalink: String,
    /// Newest first, pages without a date at the end.
    pub pages: Vec<PageId>,
}

/// All taxonomies of all languages, in the order of the configuration.
pub fn collect(content: &Content, relations: &Relations, config: &Config) -> Vec<TaxonomyTerms> {
    // Thousands of pages share a few terms, so slugs are made at the end.
    let mut found: BTreeMap<(&str, &str), FxHashMap<&str, Vec<PageId>>> = BTreeMap::new();
    for (id, page) in content.pages.iter().enumerate().filter(|(id, _)| relations.rendered[*id]) {
        for (taxonomy, terms) in &page.meta.taxonomies {
            let by_name = found.entry((page.lang.as_str(), taxonomy.as_str())).or_default();
            for term in terms {
                by_name.entry(term.as_str()).or_default().push(id);
            }
        }
    }
    let mut out = Vec::new();
    for (lang, language) in &config.languages {
        for definition in &language.taxonomies {
            let path = config.taxonomy_path(lang, &definition.slug);
            let found = found.remove(&(lang.as_str(), definition.name.as_str())).unwrap_or_default();
            let mut by_slug: BTreeMap<String, (&str, Vec<PageId>)> = BTreeMap::new();
            for (spelling, mut of_spelling) in found {
                let slug = slugify_path(spelling, config.slugify.taxonomies);
                let (name, pages) = by_slug.entry(slug).or_insert((spelling, Vec::new()));
                *name = (*name).min(spelling);
                pages.append(&mut of_spelling);
            }
            let terms = by_slug.into_iter().map(|(slug, (name, mut pages))| {
                let path = format!("{path}{slug}/");
                pages.sort_unstable_by_key(|id| relations.by_date[*id]);
                pages.dedup();
                Term { name: name.to_owned(), slug, permalink: config.permalink(&path), path, pages }
            });
            out.push(TaxonomyTerms {
                lang: lang.clone(),
                definition: definition.clone(),
                permalink: config.permalink(&path),
                terms: terms.collect(),
                path,
            });
        }
    }
    out
}
