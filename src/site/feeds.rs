//! What leaves the site as data: feeds and search indexes.

use std::cmp::Reverse;

use tera::Value;

use crate::cache::Digest;
use crate::config::Differences;
use crate::content::Date;
use crate::diagnostic::Diagnostic;
use crate::search;

use super::Site;
use super::bodies::Bodies;
use super::fields::{Field, Fields, language_fields};
use super::memo::Memo;
use super::relate::{DocumentId, PageId, SectionId};
use super::routes::FeedOf;
use super::values;

/// What a feed is rendered of, by the template of its file name. `path` is the feed's own, `/blog/atom.xml`.
pub fn fields(site: &Site, of: &FeedOf, filename: &str, path: &str) -> Fields {
    let (lang, pages): (&str, Vec<PageId>) = match of {
        FeedOf::Site { lang } => {
            let pages = &site.content.pages;
            (lang, (0..pages.len()).filter(|id| pages[*id].lang == *lang && site.relations.rendered[*id]).collect())
        }
        FeedOf::Section(id) => {
            let pages = match site.picks_of(*id) {
                Some(picks) => picks,
                None => site.relations.section_pages[*id].clone(),
            };
            (&site.content.sections[*id].lang, pages)
        }
        FeedOf::Term { taxonomy, term } => {
            let taxonomy = &site.taxonomies[*taxonomy];
            (&taxonomy.lang, taxonomy.terms[*term].pages.clone())
        }
    };
    let keeps_order = matches!(of, FeedOf::Section(id) if site.picks_of(*id).is_some());
    let (pages, last_updated) = newest(site, pages, keeps_order);
    let mut fields = language_fields(lang);
    fields.push(("pages", Field::List(pages)));
    // Zola 0.23 gives every language's site feed the address of the default language's.
    let own = if site.config.own_language_feeds() || !matches!(of, FeedOf::Site { .. }) { path } else { filename };
    fields.push(("feed_url", site.config.permalink(own).into()));
    if let Some(updated) = last_updated {
        fields.push(("last_updated", updated.into()));
    }
    match of {
        FeedOf::Site { .. } => {}
        FeedOf::Section(id) => {
            fields.push(("section", Field::Section(*id, site.engine.uses(filename).section)));
        }
        FeedOf::Term { taxonomy, term } => {
            let taxonomy = &site.taxonomies[*taxonomy];
            fields.push(("taxonomy", values::taxonomy_definition(&taxonomy.definition).into()));
            fields.push(("term", values::feed_term(&taxonomy.terms[*term]).into()));
        }
    }
    fields
}

impl Site {
    /// The pages that the feeds of a section of kind `picks` list, latest week first.
    fn picks_of(&self, id: SectionId) -> Option<Vec<PageId>> {
        let outreach = self.outreach.as_ref()?;
        let section = self.content.sections.get(id)?;
        let kind = section.meta.extra.get_from_path("kind").and_then(Value::as_str);
        kind.filter(|kind| *kind == "picks")?;
        let paths = outreach.picks.values().flat_map(|pick| &pick.paths);
        let pages = paths.filter_map(|path| match self.document(path) {
            Some(DocumentId::Page(page)) => Some(page),
            _ => None,
        });
        Some(pages.filter(|page| self.content.pages[*page].lang == section.lang).collect())
    }
}

/// The pages with a date, newest first unless they keep their order, no more than `feed_limit`, and when the last of
/// them all changed.
fn newest(site: &Site, pages: Vec<PageId>, keeps_order: bool) -> (Vec<PageId>, Option<String>) {
    let all = &site.content.pages;
    let mut dated: Vec<PageId> =
        pages.into_iter().filter(|id| all[*id].meta.date.is_some() && site.relations.rendered[*id]).collect();
    let key = |id: &PageId| Reverse(all[*id].meta.date.as_ref().map(|d| d.order));
    if !keeps_order {
        dated.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| all[*a].permalink.cmp(&all[*b].permalink)));
    }
    let updates = dated.iter().filter_map(|id| all[*id].meta.updated.as_ref());
    let newest = dated.iter().min_by_key(|id| key(id)).and_then(|id| all[*id].meta.date.as_ref());
    let last_updated = updates.chain(newest).map(|d| d.text.clone()).max();
    if let Some(limit) = site.config.feed_limit {
        dated.truncate(limit);
    }
    (dated, last_updated)
}

/// A document of a search index.
pub struct Indexed<'a> {
    pub url: &'a str,
    pub title: Option<&'a str>,
    pub description: Option<&'a str>,
    pub date: Option<String>,
    pub path: &'a str,
    id: DocumentId,
}

impl Indexed<'_> {
    /// What tells its body from others.
    pub fn content_digest(&self, site: &Site) -> Digest {
        site.library.bodies.digest(self.id)
    }
}

/// What the search index of one language holds: its sections and their pages.
pub fn search_documents<'a>(site: &'a Site, lang: &str) -> Result<Vec<Indexed<'a>>, Vec<Diagnostic>> {
    let bodies = &site.library.bodies;
    bodies.render(bodies.ids());
    let errors = if bodies.has_failed() { bodies.errors_of(bodies.ids()) } else { Vec::new() };
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut documents = Vec::new();
    for (id, section) in site.content.sections.iter().enumerate().filter(|(_, s)| s.lang == lang) {
        if !section.meta.in_search_index {
            continue;
        }
        if section.meta.redirect_to.is_none() && section.meta.render {
            documents.push(Indexed {
                url: &section.permalink,
                title: section.meta.title.as_deref(),
                description: section.meta.description.as_deref(),
                date: None,
                path: &section.path,
                id: DocumentId::Section(id),
            });
        }
        for page_id in &site.relations.section_pages[id] {
            let page = &site.content.pages[*page_id];
            if page.meta.in_search_index {
                documents.push(Indexed {
                    url: &page.permalink,
                    title: page.meta.title.as_deref(),
                    description: page.meta.description.as_deref(),
                    date: page.meta.date.as_ref().map(Date::rfc3339),
                    path: &page.path,
                    id: DocumentId::Page(*page_id),
                });
            }
        }
    }
    Ok(documents)
}

/// The rendered content of a document, made when it is needed.
struct Content<'a>(&'a Bodies, DocumentId);

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        self.1.fmt(to)
    }
}

impl search::Body for Content<'_> {
    fn html(&self) -> &str {
        self.0.get(self.1).content.as_str().unwrap_or_default()
    }

    fn digest(&self) -> Option<Digest> {
        self.0.of.memo.is_some().then(|| self.0.digest(self.1))
    }
}

/// The search index of one language.
pub fn search_index(site: &Site, lang: &str) -> Result<String, Vec<Diagnostic>> {
    let indexed = search_documents(site, lang)?;
    let contents: Vec<Content> = indexed.iter().map(|document| Content(&site.library.bodies, document.id)).collect();
    let documents: Vec<search::Document> = indexed
        .iter()
        .zip(&contents)
        .map(|(document, body)| search::Document {
            url: document.url,
            title: document.title,
            description: document.description,
            date: document.date.as_deref(),
            path: document.path,
            body,
        })
        .collect();
    // Fuse indexes of all languages follow the top level, as in Zola.
    let format = site.config.search.index_format;
    let options =
        if search::is_elasticlunr(format) { &site.config.languages[lang].search } else { &site.config.search };
    let switches = search::Switches::new(options, site.config.differences == Differences::exact());
    let store = site.library.bodies.of.memo.as_ref().map(Memo::search);
    Ok(search::build(lang, format, &switches, &documents, store))
}
