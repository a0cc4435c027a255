//! What tells the values of a site from those of another state of it, without making them: digests of all that documents,
//! sections and terms are made of, each worked out once, however many lists hold it.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use tera::Value;

use crate::cache::{Digest, Digester};

use super::Site;
use super::body::Body;
use super::relate::{DocumentId, PageId, SectionId};
use super::values;

/// The digests of one site. Valid while the site lives.
pub struct Known {
    alone: Vec<Digest>,
    pages: Vec<Digest>,
    /// Without their pages.
    sections: Vec<Digest>,
    section_pages: Vec<Digest>,
    /// The terms of each taxonomy, without their pages.
    terms: Vec<Vec<Digest>>,
    term_pages: Vec<Vec<Digest>>,
    /// Values that were made, by where they are in memory.
    made: Mutex<FxHashMap<usize, Digest>>,
}

impl Known {
    /// Digests everything that a site owns.
    pub fn of(site: &Site) -> Self {
        let bodies = &site.library.bodies;
        let documents = site.library.documents();
        let empty = Body::empty();
        let with_body =
            |value: Value, id: DocumentId| Digester::new().parts(&value, &|_| None).digest(bodies.digest(id)).finish();
        let pages = site.content.pages.par_iter().enumerate().with_min_len(64);
        let alone: Vec<Digest> = pages
            .map(|(id, page)| match page.digest() {
                Some(digest) => {
                    let mut digester = Digester::new();
                    digester.digest(digest).text(&page.file.relative).number(page.assets.len() as u64);
                    page.assets.iter().for_each(|asset| {
                        digester.text(&asset.name);
                    });
                    for value in documents.around_page(id) {
                        digester.value(&value, &|_| None);
                    }
                    digester.value(&documents.backlinks(DocumentId::Page(id), &[]), &|_| None);
                    digester.digest(bodies.digest(DocumentId::Page(id))).finish()
                }
                None => with_body(Value::from(documents.page(id, page, &empty)), DocumentId::Page(id)),
            })
            .collect();
        let sections = site.content.sections.par_iter().enumerate();
        let sections: Vec<Digest> = sections
            .map(|(id, section)| with_body(documents.section(id, section, &empty, Vec::new()), DocumentId::Section(id)))
            .collect();
        let relations = &site.relations;
        let pages: Vec<Digest> = (0..alone.len())
            .map(|id| match (relations.lower[id], relations.higher[id]) {
                (None, None) => alone[id],
                neighbours => {
                    let mut digester = Digester::new();
                    digester.digest(alone[id]);
                    for neighbour in [neighbours.0, neighbours.1] {
                        digester.number(u64::from(neighbour.is_some()));
                        neighbour.iter().for_each(|id| {
                            digester.digest(alone[*id]);
                        });
                    }
                    digester.finish()
                }
            })
            .collect();
        let section_pages = relations.section_pages.iter().map(|ids| list(&pages, ids)).collect();
        let taxonomies = site.taxonomies.iter();
        let terms = taxonomies.clone().map(|taxonomy| {
            let bare = |term| {
                Digester::new().parts(&values::term_value(term, term.pages.len(), Vec::new()), &|_| None).finish()
            };
            taxonomy.terms.iter().map(bare).collect()
        });
        let terms = terms.collect();
        let term_pages =
            taxonomies.map(|taxonomy| taxonomy.terms.iter().map(|term| list(&pages, &term.pages)).collect());
        let term_pages = term_pages.collect();
        let known = Self { alone, pages, sections, section_pages, terms, term_pages, made: Mutex::default() };
        site.library.note_made(&known);
        known
    }

    /// A page without neighbours.
    pub fn alone(&self, id: PageId) -> Digest {
        self.alone[id]
    }

    /// A page with its neighbours.
    pub fn page(&self, id: PageId) -> Digest {
        self.pages[id]
    }

    /// A list of pages.
    pub fn list(&self, ids: &[PageId]) -> Digest {
        list(&self.pages, ids)
    }

    /// A section without its pages.
    pub fn section_alone(&self, id: SectionId) -> Digest {
        self.sections[id]
    }

    /// A section with its pages.
    pub fn section(&self, id: SectionId) -> Digest {
        Digester::new().digest(self.sections[id]).digest(self.section_pages[id]).finish()
    }

    /// A term without its pages.
    pub fn term_alone(&self, taxonomy: usize, term: usize) -> Digest {
        self.terms[taxonomy][term]
    }

    /// A term with its pages.
    pub fn term(&self, taxonomy: usize, term: usize) -> Digest {
        Digester::new().digest(self.terms[taxonomy][term]).digest(self.term_pages[taxonomy][term]).finish()
    }

    /// Says which digest a value of the site has, so that answers that hold it need not be digested whole.
    pub fn note(&self, value: &Value, digest: Digest) {
        if let Some(address) = address(value) {
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(address, digest);
        }
    }

    /// The digest of a value, if it is one of the site's.
    pub fn digest(&self, value: &Value) -> Option<Digest> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&address(value)?).copied()
    }
}

fn list(pages: &[Digest], ids: &[PageId]) -> Digest {
    let mut digester = Digester::new();
    ids.iter().for_each(|id| {
        digester.digest(pages[*id]);
    });
    digester.finish()
}

/// Where the contents of a map are.
fn address(value: &Value) -> Option<usize> {
    value.as_map().map(|map| std::ptr::from_ref(map) as usize)
}
