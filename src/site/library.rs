//! The documents of one snapshot as templates see them, each value made when it is first asked for, or taken from the
//! snapshot before.
//!
//! A list of ten thousand pages is ten thousand pointers. Whoever asks gets the same value, so that it does not matter
//! who asks first. A document whose body has an error has no value, nor has a list that it stands in.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use tera::{Map, Value};

use crate::cache::Digest;
use crate::diagnostic::Diagnostic;

use super::bodies::{Bodies, Slot};
use super::body::Body;
use super::known::Known;
use super::memory::Shared;
use super::relate::{DocumentId, PageId, Relations, SectionId};
use super::taxonomy::TaxonomyTerms;
use super::values::{self, Documents};

/// A value, or why there is none.
pub type Shown = Result<Value, Vec<Diagnostic>>;

/// Pages or sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Page,
    Section,
}

/// The value of a page without neighbours, and the body that it was made of.
#[derive(Debug)]
pub struct Alone {
    body: Arc<Body>,
    value: Value,
}

/// The value of a page with its neighbours, and what it was made of.
#[derive(Debug)]
pub struct Whole {
    alone: Arc<Alone>,
    lower: Option<Arc<Alone>>,
    higher: Option<Arc<Alone>>,
    value: Value,
}

/// The values of one page.
#[derive(Debug, Default)]
pub struct PageSlot {
    alone: Slot<Arc<Alone>>,
    whole: Slot<Arc<Whole>>,
}

impl PageSlot {
    /// For a page that is as it was.
    pub fn after(before: &PageSlot) -> Self {
        Self { alone: Slot::before(before.alone.known()), whole: Slot::before(before.whole.known()) }
    }
}

/// All values of a snapshot.
pub struct Library {
    pub bodies: Bodies,
    pub taxonomies: Arc<Vec<TaxonomyTerms>>,
    pub pages: Vec<PageSlot>,
    sections: Vec<OnceLock<Value>>,
    /// The terms of each taxonomy.
    terms: Vec<Vec<OnceLock<Value>>>,
}

impl Library {
    pub fn new(bodies: Bodies, taxonomies: Arc<Vec<TaxonomyTerms>>, shared: &Shared) -> Self {
        let cells = |count: usize| (0..count).map(|_| OnceLock::new()).collect();
        let content = &bodies.of.content;
        let pages = (0..content.pages.len()).map(|id| shared.page_values(id)).collect();
        let sections = cells(content.sections.len());
        let terms = taxonomies.iter().map(|taxonomy| cells(taxonomy.terms.len())).collect();
        Self { bodies, taxonomies, pages, sections, terms }
    }

    fn relations(&self) -> &Relations {
        &self.bodies.of.relations
    }

    /// What the values of documents are made of besides bodies.
    pub fn documents(&self) -> Documents<'_> {
        let backlinks = self.bodies.backlinks();
        let of = &self.bodies.of;
        Documents { content: &of.content, relations: &of.relations, backlinks }
    }

    /// Says a value's digest to whoever knows the digests of this site, if anybody does.
    fn note(&self, value: &Value, digest: impl FnOnce(&Known) -> Digest) {
        if let Some(known) = self.bodies.of.early.asks.known() {
            known.note(value, digest(known));
        }
    }

    /// Says the digests of all values that were made so far.
    pub fn note_made(&self, known: &Known) {
        for (id, slot) in self.pages.iter().enumerate() {
            slot.alone.get().iter().for_each(|alone| known.note(&alone.value, known.alone(id)));
            slot.whole.get().iter().for_each(|whole| known.note(&whole.value, known.page(id)));
        }
        for (id, section) in self.sections.iter().enumerate() {
            section.get().iter().for_each(|value| known.note(value, known.section(id)));
        }
        for (taxonomy, terms) in self.terms.iter().enumerate() {
            for (term, cell) in terms.iter().enumerate() {
                cell.get().iter().for_each(|value| known.note(value, known.term(taxonomy, term)));
            }
        }
    }

    fn alone(&self, id: PageId) -> &Arc<Alone> {
        let slot = &self.pages[id].alone;
        if let Some(known) = slot.get() {
            return known;
        }
        // Before the slot is being filled, for then nothing may be waited for.
        let (documents, body) = (self.documents(), self.bodies.page(id));
        let made = slot.get_or_make(|before| {
            let of = &self.bodies.of;
            match before {
                Some(before)
                    if Arc::ptr_eq(&before.body, body)
                        && before.value.as_map().is_some_and(|map| documents.is_around(id, map, body)) =>
                {
                    before
                }
                _ => {
                    let value = Value::from(documents.page(id, &of.content.pages[id], body));
                    Arc::new(Alone { body: body.clone(), value })
                }
            }
        });
        self.note(&made.value, |known| known.alone(id));
        made
    }

    fn whole(&self, id: PageId) -> &Arc<Whole> {
        let slot = &self.pages[id].whole;
        if let Some(known) = slot.get() {
            return known;
        }
        let neighbour = |id: Option<PageId>| id.map(|id| self.alone(id).clone());
        let relations = self.relations();
        let (lower, higher) = (neighbour(relations.lower[id]), neighbour(relations.higher[id]));
        let alone = self.alone(id);
        let made = slot.get_or_make(|before| {
            let same = |a: &Option<Arc<Alone>>, b: &Option<Arc<Alone>>| match (a, b) {
                (Some(a), Some(b)) => Arc::ptr_eq(a, b),
                (None, None) => true,
                _ => false,
            };
            match before {
                Some(before)
                    if Arc::ptr_eq(&before.alone, alone)
                        && same(&before.lower, &lower)
                        && same(&before.higher, &higher) =>
                {
                    before
                }
                _ => {
                    let value = match alone.value.as_map() {
                        Some(map) if lower.is_some() || higher.is_some() => {
                            let mut map: Map = map.clone();
                            map.insert("lower".into(), Value::from(lower.as_ref().map(|lower| lower.value.clone())));
                            map.insert(
                                "higher".into(),
                                Value::from(higher.as_ref().map(|higher| higher.value.clone())),
                            );
                            Value::from(map)
                        }
                        _ => alone.value.clone(),
                    };
                    Arc::new(Whole { alone: alone.clone(), lower, higher, value })
                }
            }
        });
        self.note(&made.value, |known| known.page(id));
        made
    }

    /// `page`, with full neighbours in `lower` and `higher`.
    pub fn page(&self, id: PageId) -> Shown {
        let value = &self.whole(id).value;
        self.check(&[id], None)?;
        Ok(value.clone())
    }

    /// The values of pages. The caller must not be making anything that another thread may wait for.
    pub fn list(&self, ids: &[PageId]) -> Result<Vec<Value>, Vec<Diagnostic>> {
        if ids.iter().filter(|id| self.pages[**id].whole.get().is_none()).nth(1).is_some() {
            self.bodies.backlinks();
            ids.par_iter().with_min_len(16).for_each(|id| drop(self.whole(*id).clone()));
        }
        let values = ids.iter().map(|id| self.whole(*id).value.clone()).collect();
        self.check(ids, None)?;
        Ok(values)
    }

    /// `section`, with its pages.
    pub fn section(&self, id: SectionId) -> Shown {
        let pages = &self.relations().section_pages[id];
        if self.sections[id].get().is_none() {
            let pages = self.list(pages)?;
            let (documents, body) = (self.documents(), self.bodies.section(id));
            let section = &documents.content.sections[id];
            let made = self.sections[id].get_or_init(|| documents.section(id, section, body, pages));
            self.note(made, |known| known.section(id));
        }
        self.check(pages, Some(id))?;
        Ok(self.sections[id].get().cloned().unwrap_or_else(Value::none))
    }

    /// `section` for a template that does not look at its pages: these are as given.
    pub fn section_with(&self, id: SectionId, pages: Vec<Value>) -> Shown {
        let (documents, body) = (self.documents(), self.bodies.section(id));
        self.check(&[], Some(id))?;
        Ok(documents.section(id, &documents.content.sections[id], body, pages))
    }

    /// A term with its pages.
    pub fn term(&self, taxonomy: usize, term: usize) -> Shown {
        let of = &self.taxonomies[taxonomy].terms[term];
        let cell = &self.terms[taxonomy][term];
        if cell.get().is_none() {
            let pages = self.list(&of.pages)?;
            let made = cell.get_or_init(|| values::term_value(of, pages.len(), pages));
            self.note(made, |known| known.term(taxonomy, term));
        }
        self.check(&of.pages, None)?;
        Ok(cell.get().cloned().unwrap_or_else(Value::none))
    }

    /// All terms of a taxonomy.
    pub fn terms(&self, taxonomy: usize) -> Result<Vec<Value>, Vec<Diagnostic>> {
        (0..self.taxonomies[taxonomy].terms.len()).map(|term| self.term(taxonomy, term)).collect()
    }

    /// A taxonomy as `get_taxonomy` gives it.
    pub fn taxonomy(&self, id: usize) -> Shown {
        Ok(values::taxonomy_value(&self.taxonomies[id], self.terms(id)?))
    }

    /// The value of a document.
    pub fn document(&self, id: DocumentId) -> Shown {
        match id {
            DocumentId::Page(id) => self.page(id),
            DocumentId::Section(id) => self.section(id),
        }
    }

    /// The document with a content path, or its translation to `lang`.
    pub fn find(&self, kind: Kind, path: &str, lang: Option<&str>) -> Option<DocumentId> {
        let content = &self.bodies.of.content;
        let id = self.relations().places.document(path)?;
        let about = |id: DocumentId| match id {
            DocumentId::Page(id) => (Kind::Page, &content.pages[id].file.canonical, &content.pages[id].lang),
            DocumentId::Section(id) => {
                (Kind::Section, &content.sections[id].file.canonical, &content.sections[id].lang)
            }
        };
        let (own_kind, canonical, own_lang) = about(id);
        if own_kind != kind {
            return None;
        }
        match lang {
            None => Some(id),
            Some(lang) if own_lang == lang => Some(id),
            Some(lang) => {
                let all = self.relations().by_canonical.get(canonical)?;
                let is_it = |id: &&DocumentId| {
                    let (of_kind, _, of_lang) = about(**id);
                    of_kind == kind && of_lang == lang
                };
                all.iter().find(is_it).copied()
            }
        }
    }

    /// The content paths of all documents of a kind.
    pub fn paths(&self, kind: Kind) -> Vec<&str> {
        let content = &self.bodies.of.content;
        match kind {
            Kind::Page => content.pages.iter().map(|page| page.file.relative.as_str()).collect(),
            Kind::Section => content.sections.iter().map(|section| section.file.relative.as_str()).collect(),
        }
    }

    /// Nothing, or the errors of the bodies that are in the values of these pages and this section.
    fn check(&self, pages: &[PageId], section: Option<SectionId>) -> Result<(), Vec<Diagnostic>> {
        if !self.bodies.has_failed() {
            return Ok(());
        }
        let relations = self.relations();
        let pages = pages.iter().flat_map(|id| {
            let neighbours = relations.lower[*id].into_iter().chain(relations.higher[*id]);
            std::iter::once(*id).chain(neighbours).map(DocumentId::Page)
        });
        let mut ids: Vec<DocumentId> = pages.chain(section.map(DocumentId::Section)).collect();
        ids.sort();
        ids.dedup();
        let errors = self.bodies.errors_of(ids.into_iter());
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}
