//! How documents belong together: which pages a section lists, ancestors, siblings, translations, template inheritance.
//!
//! Documents in, indexes into them out. Everything is an index because the same page stands in many places.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::config::Config;
use crate::content::{Content, SortBy, index_filename};
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

use super::sort::{newest_first, sort_key, sort_pages};

/// The index of a page in [`Content::pages`].
pub type PageId = usize;
/// The index of a section in [`Content::sections`].
pub type SectionId = usize;

/// A page or a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DocumentId {
    Page(PageId),
    Section(SectionId),
}

/// Where documents are. It stays as it is while nothing but dates, terms and texts change.
#[derive(Debug, Default)]
pub struct Places(FxHashMap<String, (DocumentId, String)>);

impl Places {
    fn of(content: &Content) -> Self {
        let pages = content.pages.iter().enumerate();
        let pages =
            pages.map(|(id, page)| (page.file.relative.clone(), (DocumentId::Page(id), page.permalink.clone())));
        let sections = content.sections.iter().enumerate();
        let sections = sections
            .map(|(id, section)| (section.file.relative.clone(), (DocumentId::Section(id), section.permalink.clone())));
        Self(sections.chain(pages).collect())
    }

    /// The document with a content path.
    pub fn document(&self, relative: &str) -> Option<DocumentId> {
        self.0.get(relative).map(|(id, _)| *id)
    }

    /// The address of the document with a content path.
    pub fn permalink(&self, relative: &str) -> Option<&String> {
        self.0.get(relative).map(|(_, permalink)| permalink)
    }

    /// The content paths of all documents.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// What is known of all documents together.
#[derive(Debug, Default)]
pub struct Relations {
    /// The pages of each section in its order, those passed up by transparent subsections too.
    pub section_pages: Vec<Vec<PageId>>,
    pub subsections: Vec<Vec<SectionId>>,
    /// From the index section down to the parent.
    pub section_ancestors: Vec<Vec<SectionId>>,
    pub page_ancestors: Vec<Arc<[SectionId]>>,
    /// The template of each page, its own or inherited.
    pub page_templates: Vec<Option<String>>,
    /// The neighbours in the order of the page's section.
    pub lower: Vec<Option<PageId>>,
    pub higher: Vec<Option<PageId>>,
    /// Whether the page has an address: it is to be rendered and no section's order left it out.
    pub rendered: Vec<bool>,
    /// Documents that share a canonical path, by that path; empty when the site has one language.
    pub translations: HashMap<String, Vec<DocumentId>>,
    /// The same with pages that are not rendered.
    pub by_canonical: HashMap<String, Vec<DocumentId>>,
    pub places: Arc<Places>,
    /// The place of each page when all are sorted as terms sort theirs: newest first, those without a date at the end.
    pub by_date: Vec<u32>,
}

/// Relates all documents; `places`, if it is known where they are. Warns of pages that no list can hold because they lack
/// the key it is sorted by.
pub fn relate(
    content: &Content,
    config: &Config,
    places: Option<Arc<Places>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Relations {
    let sections = &content.sections;
    let pages = &content.pages;
    // A section's place is its folder and its file name, which carries the language.
    let section_at: HashMap<(&str, &str), SectionId> =
        sections.iter().enumerate().map(|(id, s)| ((s.file.folder(), s.file.filename.as_str()), id)).collect();

    let mut relations = Relations {
        section_pages: vec![Vec::new(); sections.len()],
        subsections: vec![Vec::new(); sections.len()],
        section_ancestors: vec![Vec::new(); sections.len()],
        page_ancestors: vec![Arc::default(); pages.len()],
        page_templates: pages.iter().map(|p| p.meta.template.clone()).collect(),
        lower: vec![None; pages.len()],
        higher: vec![None; pages.len()],
        rendered: pages.iter().map(|p| p.meta.render).collect(),
        translations: HashMap::new(),
        by_canonical: HashMap::new(),
        places: places.unwrap_or_else(|| Arc::new(Places::of(content))),
        by_date: newest_first(pages),
    };
    for (id, section) in sections.iter().enumerate() {
        let folder = section.file.folder();
        if folder.is_empty() {
            continue;
        }
        let mut ancestors = Vec::new();
        let starts = std::iter::once("").chain(folder.match_indices('/').map(|(i, _)| &folder[..i]));
        for above in starts {
            ancestors.extend(section_at.get(&(above, section.file.filename.as_str())));
        }
        relations.section_ancestors[id] = ancestors;
        let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        if let Some(parent) = section_at.get(&(parent, section.file.filename.as_str())) {
            relations.subsections[*parent].push(id);
        }
    }
    for children in &mut relations.subsections {
        children.sort_by_key(|id| (sections[*id].meta.weight, *id));
    }

    // Thousands of pages have the same.
    let below: Vec<Arc<[SectionId]>> =
        relations.section_ancestors.iter().enumerate().map(|(id, above)| [above, &[id][..]].concat().into()).collect();
    let indexes: HashMap<&str, String> =
        config.languages.keys().map(|lang| (lang.as_str(), index_filename(lang, config))).collect();
    for (id, page) in pages.iter().enumerate() {
        if !page.meta.render {
            continue;
        }
        let Some(index) = indexes.get(page.lang.as_str()) else { continue };
        let mut folder = page.file.parent.as_str();
        while let Some(&section) = section_at.get(&(folder, index.as_str())) {
            relations.section_pages[section].push(id);
            let ancestors = &below[section];
            if relations.page_templates[id].is_none() {
                relations.page_templates[id] =
                    ancestors.iter().rev().find_map(|a| sections[*a].meta.page_template.clone());
            }
            relations.page_ancestors[id] = ancestors.clone();
            if !sections[section].meta.transparent || folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    order(&mut relations, content, diagnostics);

    if config.is_multilingual() {
        let sections = sections.iter().enumerate().map(|(id, s)| (&s.file.canonical, DocumentId::Section(id)));
        let all = pages.iter().enumerate().map(|(id, p)| (&p.file.canonical, DocumentId::Page(id)));
        for (canonical, id) in sections.chain(all) {
            relations.by_canonical.entry(canonical.clone()).or_default().push(id);
            if !matches!(id, DocumentId::Page(page) if !pages[page].meta.render) {
                relations.translations.entry(canonical.clone()).or_default().push(id);
            }
        }
        let order = |id: &DocumentId| {
            let lang = match id {
                DocumentId::Page(id) => &content.pages[*id].lang,
                DocumentId::Section(id) => &content.sections[*id].lang,
            };
            config.languages.get_index_of(lang)
        };
        relations.translations.values_mut().for_each(|ids| ids.sort_by_key(order));
    }
    relations
}

/// Sorts the pages of every section and finds neighbours and pages that are left out everywhere.
fn order(relations: &mut Relations, content: &Content, diagnostics: &mut Vec<Diagnostic>) {
    let mut listed = vec![false; content.pages.len()];
    let mut left_out: Vec<(PageId, SortBy)> = Vec::new();
    for (id, section) in content.sections.iter().enumerate() {
        let sort_by = section.meta.sort_by;
        if sort_by != SortBy::None {
            let pages = &relations.section_pages[id];
            let (sorted, unsortable) = sort_pages(&content.pages, &relations.by_date, pages, sort_by);
            left_out.extend(unsortable.into_iter().map(|page| (page, sort_by)));
            if !section.meta.transparent {
                for pair in sorted.windows(2) {
                    relations.higher[pair[0]] = Some(pair[1]);
                    relations.lower[pair[1]] = Some(pair[0]);
                }
            }
            relations.section_pages[id] = sorted;
        }
        for page in &relations.section_pages[id] {
            listed[*page] = true;
        }
    }
    left_out.retain(|(page, _)| !listed[*page]);
    left_out.sort_by_key(|(page, _)| *page);
    left_out.dedup_by_key(|(page, _)| *page);
    for (page, sort_by) in left_out {
        relations.rendered[page] = false;
        let key = sort_key(sort_by);
        diagnostics.push(
            Diagnostic::warning(
                "content/unsortable",
                text!(
                    "this page has no `{key}`, by which its section is sorted, so it is not published",
                    "这个页面没有 `{key}`，而所在栏目按它排序，因此没有发布"
                ),
            )
            .at(Place::file(format!("content/{}", content.pages[page].file.relative)))
            .help(text!(
                "give it a `{key}`, or change `sort_by` of the section",
                "请补上 `{key}`，或修改栏目的 `sort_by`"
            )),
        );
    }
}
