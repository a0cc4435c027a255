//! The variables of a template's context. What a site owns is named and made when it is rendered.

use std::sync::Arc;

use tera::Value;

use super::Site;
use super::known::Known;
use super::pager::Paginator;
use super::relate::{PageId, SectionId};
use super::values;
use crate::cache::Digester;
use crate::diagnostic::Diagnostic;
use crate::template::Pages;

/// Variables of a context.
pub type Fields = Vec<(&'static str, Field)>;

/// A variable. What a site owns is named here and made when it is rendered, so that what is not rendered is not made.
pub enum Field {
    Value(Value),
    /// `config` in a language.
    Config(String),
    /// With its neighbours.
    Page(PageId),
    List(Vec<PageId>),
    Section(SectionId, Pages),
    Term {
        taxonomy: usize,
        term: usize,
        pages: Pages,
    },
    /// All terms of a taxonomy.
    Terms(usize, Pages),
    /// One pager, counted from 1.
    Pager(Arc<Paginator>, usize),
}

impl<T: Into<Value>> From<T> for Field {
    fn from(value: T) -> Self {
        Field::Value(value.into())
    }
}

impl Field {
    pub fn value(&self, site: &Site) -> Result<Value, Vec<Diagnostic>> {
        let library = &site.library;
        // Pages that nobody looks at.
        let unseen = |pages: Pages, all: &[PageId]| match pages {
            Pages::Counted => vec![Value::none(); all.len()],
            Pages::Unseen | Pages::Seen => Vec::new(),
        };
        let term = |taxonomy: usize, term: usize, pages: Pages| match pages {
            Pages::Seen => library.term(taxonomy, term),
            _ => {
                let term = &site.taxonomies[taxonomy].terms[term];
                Ok(values::term_value(term, term.pages.len(), unseen(pages, &term.pages)))
            }
        };
        Ok(match self {
            Field::Value(value) => value.clone(),
            Field::Config(lang) => site.config_value(lang),
            Field::Page(id) => library.page(*id)?,
            Field::List(ids) => library.list(ids)?.into(),
            Field::Section(id, Pages::Seen) => library.section(*id)?,
            Field::Section(id, pages) => {
                library.section_with(*id, unseen(*pages, &site.relations.section_pages[*id]))?
            }
            Field::Term { taxonomy, term: id, pages } => term(*taxonomy, *id, *pages)?,
            Field::Terms(taxonomy, pages) => {
                let count = site.taxonomies[*taxonomy].terms.len();
                (0..count).map(|id| term(*taxonomy, id, *pages)).collect::<Result<Vec<Value>, _>>()?.into()
            }
            Field::Pager(paginator, index) => {
                values::paginator(paginator, *index, library.list(paginator.pages_of(*index))?)
            }
        })
    }

    /// Adds everything that its value is made of, but for the configuration.
    pub fn digest(&self, site: &Site, known: &Known, to: &mut Digester) {
        let counted = |pages: Pages, all: &[PageId], to: &mut Digester| {
            to.number(if pages == Pages::Counted { 1 + all.len() as u64 } else { 0 });
        };
        let term = |taxonomy: usize, term: usize, pages: Pages, to: &mut Digester| {
            match pages {
                Pages::Seen => to.digest(known.term(taxonomy, term)),
                _ => to.digest(known.term_alone(taxonomy, term)),
            };
            counted(pages, &site.taxonomies[taxonomy].terms[term].pages, to);
        };
        match self {
            Field::Value(value) => {
                to.number(1).value(value, &|value| known.digest(value));
            }
            Field::Config(lang) => {
                to.number(2).text(lang);
            }
            Field::Page(id) => {
                to.number(3).digest(known.page(*id));
            }
            Field::List(ids) => {
                to.number(4).digest(known.list(ids));
            }
            Field::Section(id, pages) => {
                to.number(5).digest(match pages {
                    Pages::Seen => known.section(*id),
                    _ => known.section_alone(*id),
                });
                counted(*pages, &site.relations.section_pages[*id], to);
            }
            Field::Term { taxonomy, term: id, pages } => {
                to.number(6);
                term(*taxonomy, *id, *pages, to);
            }
            Field::Terms(taxonomy, pages) => {
                let count = site.taxonomies[*taxonomy].terms.len();
                to.number(7).number(count as u64);
                (0..count).for_each(|id| term(*taxonomy, id, *pages, to));
            }
            Field::Pager(paginator, index) => {
                to.number(8).value(&values::paginator(paginator, *index, Vec::new()), &|_| None);
                to.digest(known.list(paginator.pages_of(*index)));
            }
        }
    }
}

/// `config` and `lang` of one language.
pub fn language_fields(lang: &str) -> Fields {
    vec![("config", Field::Config(lang.to_owned())), ("lang", lang.into())]
}
