//! Taxonomies and their terms, collected from the pages.

use std::collections::{BTreeMap, HashMap};

use crate::config::{Config, Taxonomy, slugify_path};
use crate::content::{Content, SortBy};

use super::relate::{PageId, Relations};
use super::sort::sort_pages;

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
    /// A term's name and its pages, by slug.
    type Terms<'a> = BTreeMap<String, (&'a str, Vec<PageId>)>;
    let mut found: BTreeMap<(&str, &str), Terms> = BTreeMap::new();
    // Thousands of pages share a few terms.
    let mut slugs: HashMap<&str, String> = HashMap::new();
    for (id, page) in content.pages.iter().enumerate().filter(|(id, _)| relations.rendered[*id]) {
        for (taxonomy, terms) in &page.meta.taxonomies {
            let by_slug = found.entry((page.lang.as_str(), taxonomy.as_str())).or_default();
            for term in terms {
                let (name, pages) = by_slug
                    .entry(slugs.entry(term).or_insert_with(|| slugify_path(term, config.slugify.taxonomies)).clone())
                    .or_insert_with(|| (term.as_str(), Vec::new()));
                *name = (*name).min(term.as_str());
                if pages.last() != Some(&id) {
                    pages.push(id);
                }
            }
        }
    }
    let mut out = Vec::new();
    for (lang, language) in &config.languages {
        for definition in &language.taxonomies {
            let path = config.taxonomy_path(lang, &definition.slug);
            let found = found.remove(&(lang.as_str(), definition.name.as_str())).unwrap_or_default();
            let terms = found.into_iter().map(|(slug, (name, pages))| {
                let path = format!("{path}{slug}/");
                let (mut sorted, undated) = sort_pages(&content.pages, &pages, SortBy::Date);
                sorted.extend(undated);
                Term { name: name.to_owned(), slug, permalink: config.permalink(&path), path, pages: sorted }
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
