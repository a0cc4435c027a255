//! What templates see of the site. Every value is built once and shared: a list of ten thousand pages is ten
//! thousand pointers.

use std::collections::HashMap;

use serde::Deserialize;
use tera::value::Key;
use tera::{Map, Value};

use crate::config::{Config, Dialect, Language, Taxonomy};
use crate::content::{Content, Page, Section};
use crate::data::{Data, with_sorted_keys};
use crate::markdown::{Heading, InternalLink};

use super::bodies::Backlinks;
use super::body::{Around, Body};
use super::pager::Paginator;
use super::relate::{DocumentId, PageId, Relations};
use super::taxonomy::{TaxonomyTerms, Term};

pub(crate) use crate::data::map;

/// `config`, once per language.
pub fn configs(config: &Config) -> HashMap<String, Value> {
    // A table that was read from TOML always reads as a value.
    let mut extra = Data::deserialize(config.extra.clone()).map_or(Value::none(), |data| data.0);
    if config.dialect == Dialect::Tera1 {
        extra = with_sorted_keys(extra);
    }
    let markdown = Value::from_serializable(&config.markdown);
    config
        .languages
        .iter()
        .map(|(code, language)| (code.clone(), config_value(config, code, language, &extra, &markdown)))
        .collect()
}

fn config_value(config: &Config, lang: &str, language: &Language, extra: &Value, markdown: &Value) -> Value {
    let others: Map = config
        .languages
        .iter()
        .filter(|(code, _)| *code != lang)
        .map(|(code, l)| (code.clone().into(), language_value(l)))
        .collect();
    // Up to Zola 0.22 every language had the search settings of the default one.
    let search = if config.dialect == Dialect::Tera1 { &config.search } else { &language.search };
    Value::from(map! {
        "base_url": config.base_url.as_str(),
        "mode": config.mode.as_str(),
        "title": language.title.clone(),
        "description": language.description.clone(),
        "languages": others,
        "default_language": config.default_language.as_str(),
        "generate_feed": language.generate_feeds,
        "generate_feeds": language.generate_feeds,
        "feed_filenames": language.feed_filenames.clone(),
        "taxonomies": taxonomy_list(&language.taxonomies),
        "author": config.author.clone(),
        "build_search_index": language.build_search_index,
        "extra": extra.clone(),
        "markdown": markdown.clone(),
        "search": map! { "index_format": Value::from_serializable(&search.index_format) },
        "generate_sitemap": config.generate_sitemap,
        "generate_robots_txt": config.generate_robots_txt,
        "exclude_paginated_pages_in_sitemap": Value::from_serializable(&config.exclude_paginated_pages_in_sitemap),
    })
}

fn language_value(language: &Language) -> Value {
    let search = &language.search;
    Value::from(map! {
        "title": language.title.clone(),
        "description": language.description.clone(),
        "generate_feeds": language.generate_feeds,
        "feed_filenames": language.feed_filenames.clone(),
        "taxonomies": taxonomy_list(&language.taxonomies),
        "build_search_index": language.build_search_index,
        "search": map! {
            "include_title": search.include_title,
            "include_content": search.include_content,
            "truncate_content_length": search.truncate_content_length,
            "include_description": search.include_description,
            "include_date": search.include_date,
            "include_path": search.include_path,
            "index_format": Value::from_serializable(&search.index_format),
        },
        "translations": Value::from_serializable(&language.translations),
    })
}

fn taxonomy_list(taxonomies: &[Taxonomy]) -> Vec<Value> {
    taxonomies.iter().map(taxonomy_definition).collect()
}

/// The definition of a taxonomy, `taxonomy` in the templates of lists and terms.
pub fn taxonomy_definition(taxonomy: &Taxonomy) -> Value {
    Value::from(map! {
        "name": taxonomy.name.as_str(),
        "slug": taxonomy.slug.as_str(),
        "paginate_by": taxonomy.paginate_by,
        "paginate_path": taxonomy.paginate_path.clone(),
        "render": taxonomy.render,
        "feed": taxonomy.feed,
    })
}

/// What the front matter of sections says of them, by content path.
pub fn titles(content: &Content) -> HashMap<String, Value> {
    let value = |section: &Section| {
        Value::from(map! {
            "title": section.meta.title.clone(),
            "description": section.meta.description.clone(),
            "permalink": section.permalink.as_str(),
            "extra": section.meta.extra.clone(),
        })
    };
    content.sections.iter().map(|section| (section.file.relative.clone(), value(section))).collect()
}

/// A taxonomy as `get_taxonomy` gives it, with its terms.
pub fn taxonomy_value(taxonomy: &TaxonomyTerms, terms: Vec<Value>) -> Value {
    Value::from(map! {
        "kind": taxonomy_definition(&taxonomy.definition),
        "lang": taxonomy.lang.as_str(),
        "permalink": taxonomy.permalink.as_str(),
        "items": terms,
    })
}

/// A term with so many pages.
pub fn term_value(term: &Term, page_count: usize, pages: Vec<Value>) -> Value {
    Value::from(map! {
        "name": term.name.as_str(),
        "slug": term.slug.as_str(),
        "path": term.path.as_str(),
        "permalink": term.permalink.as_str(),
        "page_count": page_count,
        "pages": pages,
    })
}

/// `term` in feeds.
pub fn feed_term(term: &Term) -> Value {
    Value::from(map! {
        "name": term.name.as_str(),
        "slug": term.slug.as_str(),
        "permalink": term.permalink.as_str(),
    })
}

/// `paginator` on one pager, counted from 1, with its pages.
pub fn paginator(paginator: &Paginator, index: usize, items: Vec<Value>) -> Value {
    let count = paginator.number_pagers();
    Value::from(map! {
        "paginate_by": paginator.paginate_by,
        "first": paginator.permalink_of(1),
        "last": paginator.permalink_of(count),
        "total_pages": paginator.pages.len(),
        "number_pagers": count,
        "current_index": index,
        "pages": items,
        "previous": (index > 1).then(|| paginator.permalink_of(index - 1)),
        "next": (index < count).then(|| paginator.permalink_of(index + 1)),
        "base_url": paginator.base_url(),
    })
}

/// Everything that a document's value needs besides its own body.
pub struct Documents<'a> {
    pub content: &'a Content,
    pub relations: &'a Relations,
    pub backlinks: &'a Backlinks,
}

impl Documents<'_> {
    /// `page` without neighbours.
    pub fn page(&self, id: PageId, page: &Page, body: &Body) -> Map {
        let date = page.meta.date.as_ref();
        let taxonomies: Map = page
            .meta
            .taxonomies
            .iter()
            .map(|(name, terms)| (name.clone().into(), Value::from(terms.clone())))
            .collect();
        let mut map = Map::with_capacity(32);
        let mut set = |key: &'static str, value: Value| {
            map.insert(key.into(), value);
        };
        set("relative_path", page.file.relative.as_str().into());
        set("colocated_path", page.file.colocated_path.clone().into());
        set("content", body.content.clone());
        set("permalink", page.permalink.as_str().into());
        set("slug", page.slug.as_str().into());
        set("ancestors", self.section_paths(&self.relations.page_ancestors[id]));
        set("title", page.meta.title.clone().into());
        set("description", page.meta.description.clone().into());
        set("updated", page.meta.updated.as_ref().map(|d| d.text.as_str()).into());
        set("date", date.map(|d| d.text.as_str()).into());
        set("year", date.map(|d| d.year).into());
        set("month", date.map(|d| d.month).into());
        set("day", date.map(|d| d.day).into());
        set("taxonomies", Value::from(taxonomies));
        set("authors", page.meta.authors.clone().into());
        set("extra", page.meta.extra.clone());
        set("path", page.path.as_str().into());
        set("components", page.components.clone().into());
        set("summary", body.summary.clone());
        set("toc", body.toc.clone());
        set("word_count", page.word_count.into());
        set("reading_time", page.reading_time.into());
        set("assets", page.asset_urls().into());
        set("draft", page.meta.draft.into());
        set("lang", page.lang.as_str().into());
        set("lower", Value::none());
        set("higher", Value::none());
        set("translations", self.translations(&page.file.canonical));
        set("backlinks", self.backlinks(DocumentId::Page(id), &body.internal_links));
        map
    }

    /// Whether a value of a page says of other documents what a new one would.
    pub fn is_around(&self, id: PageId, value: &Map, body: &Body) -> bool {
        let is = |key: &'static str, now: Value| value.get(&Key::from(key)) == Some(&now);
        let [ancestors, translations, _] = self.around_page(id);
        let backlinks = self.backlinks(DocumentId::Page(id), &body.internal_links);
        is("ancestors", ancestors) && is("translations", translations) && is("backlinks", backlinks)
    }

    /// What the value of a page says of other documents, before bodies are known.
    pub fn around_page(&self, id: PageId) -> Around {
        let ancestors = self.section_paths(&self.relations.page_ancestors[id]);
        [ancestors, self.translations(&self.content.pages[id].file.canonical), Value::none()]
    }

    /// The same for a section.
    pub fn around_section(&self, id: usize) -> Around {
        [
            self.section_paths(&self.relations.section_ancestors[id]),
            self.translations(&self.content.sections[id].file.canonical),
            self.section_paths(&self.relations.subsections[id]),
        ]
    }

    /// `section`.
    pub fn section(&self, id: usize, section: &Section, body: &Body, pages: Vec<Value>) -> Value {
        let mut map = Map::with_capacity(32);
        let mut set = |key: &'static str, value: Value| {
            map.insert(key.into(), value);
        };
        set("relative_path", section.file.relative.as_str().into());
        set("colocated_path", Value::none());
        set("content", body.content.clone());
        set("permalink", section.permalink.as_str().into());
        set("draft", section.meta.draft.into());
        set("ancestors", self.section_paths(&self.relations.section_ancestors[id]));
        set("title", section.meta.title.clone().into());
        set("description", section.meta.description.clone().into());
        set("extra", section.meta.extra.clone());
        set("path", section.path.as_str().into());
        set("components", section.components.clone().into());
        set("toc", body.toc.clone());
        set("word_count", section.word_count.into());
        set("reading_time", section.reading_time.into());
        set("lang", section.lang.as_str().into());
        set("assets", section.asset_urls().into());
        set("pages", pages.into());
        set("subsections", self.section_paths(&self.relations.subsections[id]));
        set("translations", self.translations(&section.file.canonical));
        set("backlinks", self.backlinks(DocumentId::Section(id), &body.internal_links));
        set("generate_feeds", section.meta.generate_feeds.into());
        set("transparent", section.meta.transparent.into());
        set("paginate_by", section.meta.paginate_by.into());
        set("paginate_reversed", section.meta.paginate_reversed.into());
        Value::from(map)
    }

    fn section_paths(&self, ids: &[usize]) -> Value {
        ids.iter().map(|id| self.content.sections[*id].file.relative.as_str()).collect::<Vec<_>>().into()
    }

    /// The documents in other languages and the document itself, with the path that `get_page` takes.
    fn translations(&self, canonical: &str) -> Value {
        let ids = self.relations.translations.get(canonical).map(Vec::as_slice).unwrap_or_default();
        let items: Vec<Value> = ids
            .iter()
            .map(|id| {
                let (lang, permalink, title, path) = match id {
                    DocumentId::Page(id) => {
                        let page = &self.content.pages[*id];
                        (&page.lang, &page.permalink, &page.meta.title, &page.file.relative)
                    }
                    DocumentId::Section(id) => {
                        let section = &self.content.sections[*id];
                        (&section.lang, &section.permalink, &section.meta.title, &section.file.relative)
                    }
                };
                Value::from(map! {
                    "lang": lang.as_str(),
                    "permalink": permalink.as_str(),
                    "title": title.clone(),
                    "path": path.as_str(),
                })
            })
            .collect();
        items.into()
    }

    /// `backlinks`; `links` are the document's own.
    pub fn backlinks(&self, id: DocumentId, links: &[InternalLink]) -> Value {
        let relative = match id {
            DocumentId::Page(id) => &self.content.pages[id].file.relative,
            DocumentId::Section(id) => &self.content.sections[id].file.relative,
        };
        let ids = self.backlinks.get(relative).map(Vec::as_slice).unwrap_or_default();
        let links_to_itself = links.iter().any(|link| link.path == *relative);
        let mut links: Vec<(&str, &Option<String>)> = ids
            .iter()
            .chain(links_to_itself.then_some(&id))
            .map(|id| match id {
                DocumentId::Page(id) => {
                    let page = &self.content.pages[*id];
                    (page.permalink.as_str(), &page.meta.title)
                }
                DocumentId::Section(id) => {
                    let section = &self.content.sections[*id];
                    (section.permalink.as_str(), &section.meta.title)
                }
            })
            .collect();
        links.sort();
        let items = links.into_iter().map(|(permalink, title)| map! { "permalink": permalink, "title": title.clone() });
        items.map(Value::from).collect::<Vec<_>>().into()
    }
}

/// `page.toc`: headings with their subheadings in `children`.
pub fn toc(headings: &[Heading]) -> Value {
    let items: Vec<Value> = headings
        .iter()
        .map(|heading| {
            Value::from(map! {
                "level": heading.level,
                "id": heading.id.as_str(),
                "permalink": heading.permalink.as_str(),
                "title": heading.title.as_str(),
                "children": toc(&heading.children),
            })
        })
        .collect();
    items.into()
}
