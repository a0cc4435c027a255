//! What one snapshot leaves to the next: everything that would come out the same is shared, so that a change of one page
//! costs that page. Each piece is kept with what it was made of, and taken again only if all of that is as it was.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tera::Value;

use crate::config::{Config, InsertAnchor};
use crate::content::{self, Changes, Page, Section};
use crate::diagnostic::Diagnostic;
use crate::markdown::Highlighter;
use crate::template::{Engine, TemplateFile};

use super::Site;
use super::body::{Body, Source};
use super::relate::{DocumentId, PageId, Relations};
use super::taxonomy::TaxonomyTerms;

/// The memory of a snapshot. Only snapshots that others will follow have one.
pub struct Memory {
    pub config: Known<Arc<Config>>,
    pub highlighter: Arc<Highlighter>,
    pub templates: ParsedTemplates,
    pub content: content::Memory,
    pub related: Related,
    /// In the order of the documents.
    pub page_bodies: Vec<Kept>,
    pub section_bodies: Vec<Kept>,
    /// The values of pages without neighbours.
    pub values: Vec<Value>,
}

/// A thing and what it was made of, as text.
pub struct Known<T> {
    pub made_of: String,
    pub thing: T,
}

/// Parsed templates before functions are registered.
pub struct ParsedTemplates {
    pub made_of: String,
    pub files: Vec<TemplateFile>,
    pub engine: Engine,
    pub told: Vec<Diagnostic>,
}

/// A rendered body with what was said about it.
#[derive(Clone)]
pub struct Kept {
    pub body: Arc<Body>,
    pub insert_anchor: InsertAnchor,
    pub told: Arc<[Diagnostic]>,
}

/// The snapshot before, and what changed since.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    pub site: &'a Site,
    pub memory: &'a Memory,
    pub changes: &'a Changes,
}

impl<'a> Before<'a> {
    pub fn new(site: &'a Site, changes: &'a Changes) -> Option<Self> {
        Some(Self { site, memory: site.memory.as_ref()?, changes })
    }

    /// The configuration of before, if this one is the same.
    pub fn config(&self, made_of: &str) -> Option<Arc<Config>> {
        (self.memory.config.made_of == made_of).then(|| self.memory.config.thing.clone())
    }

    /// The templates of before, if these are the same.
    pub fn templates(&self, made_of: &str, files: &[TemplateFile]) -> Option<&'a ParsedTemplates> {
        let known = &self.memory.templates;
        let same = |(a, b): (&TemplateFile, &TemplateFile)| {
            (&a.name, &a.file, &a.text, a.dialect) == (&b.name, &b.file, &b.text, b.dialect)
        };
        let all = known.files.len() == files.len() && known.files.iter().zip(files).all(same);
        (all && known.made_of == made_of).then_some(known)
    }
}

/// What a configuration was made of: all that it says, and the state of the files that it names.
pub fn config_made_of(config: &Config, config_dir: &Path) -> String {
    let mut made_of = format!("{config:?}");
    if let Some(highlighting) = &config.markdown.highlighting {
        let files = highlighting.extra_grammars.iter().chain(&highlighting.extra_themes);
        for file in files {
            let meta = std::fs::metadata(config_dir.join(file));
            let state: Option<(u64, Option<SystemTime>)> = meta.ok().map(|meta| (meta.len(), meta.modified().ok()));
            made_of.push_str(&format!("{file:?} {state:?}"));
        }
    }
    made_of
}

/// Which documents and bodies are those of before.
pub struct Shared<'a> {
    before: Option<Before<'a>>,
    /// For each page its index before.
    pub pages: Vec<Option<PageId>>,
    pub sections: Vec<Option<usize>>,
    /// Whether the templates that bodies use by themselves are the same.
    helpers: bool,
    /// Whether all documents are in the same places, in the same orders and under the same terms.
    pub outline: bool,
}

/// How the documents relate to each other, and what was said about it.
#[derive(Clone)]
pub struct Related {
    pub relations: Arc<Relations>,
    pub taxonomies: Arc<Vec<TaxonomyTerms>>,
    pub permalinks: Arc<HashMap<String, String>>,
    pub told: Vec<Diagnostic>,
}

/// Whether two states of a page are the same to all other documents, but for what their values hold.
fn same_outline(a: &Page, b: &Page) -> bool {
    let (x, y) = (&a.meta, &b.meta);
    a.file.relative == b.file.relative
        && (&a.lang, &a.slug, &a.path, &a.permalink) == (&b.lang, &b.slug, &b.path, &b.permalink)
        && (&x.title, &x.date, &x.updated, x.weight) == (&y.title, &y.date, &y.updated, y.weight)
        && (x.draft, x.render, &x.template, &x.taxonomies) == (y.draft, y.render, &y.template, &y.taxonomies)
}

impl<'a> Shared<'a> {
    pub fn find(before: Option<Before<'a>>, content: &content::Content, engine: &Engine) -> Self {
        let Some(known) = before else {
            let (pages, sections) = (vec![None; content.pages.len()], vec![None; content.sections.len()]);
            return Self { before, pages, sections, helpers: false, outline: false };
        };
        let old = &known.site.content;
        let pages = same(&old.pages, &content.pages, |page: &Page| &page.file.relative);
        let sections = same(&old.sections, &content.sections, |section: &Section| &section.file.relative);
        let helpers = ["anchor-link.html", "summary-cutoff.html"].iter().all(|name| {
            let (a, b) = (known.memory.templates.engine.source(name), engine.source(name));
            a == b && b.is_some_and(is_plain)
        });
        let outline = old.pages.len() == content.pages.len()
            && old.sections.len() == content.sections.len()
            && sections.iter().enumerate().all(|(id, then)| *then == Some(id))
            && pages.iter().enumerate().all(|(id, then)| {
                *then == Some(id) || (then.is_none() && same_outline(&old.pages[id], &content.pages[id]))
            });
        Self { before, pages, sections, helpers, outline }
    }

    /// The relations of before, if they are the same.
    pub fn related(&self) -> Option<&'a Related> {
        self.before.filter(|_| self.outline).map(|before| &before.memory.related)
    }

    /// The body of a page of before, if the outline alone says that it is the same.
    pub fn page_body_by_outline(&self, id: PageId) -> Option<Kept> {
        let before = self.before.filter(|_| self.outline)?;
        let kept = before.memory.page_bodies.get(self.pages[id]?)?;
        let reads = &kept.body.reads;
        (!reads.anything && (!reads.helpers || self.helpers)).then(|| kept.clone())
    }

    /// The body of a page of before, if it would come out the same.
    pub fn page_body(&self, id: PageId, source: &Source, resolve: Resolve) -> Option<Kept> {
        let kept = self.before?.memory.page_bodies.get(self.pages[id]?)?;
        self.body(kept, source, resolve)
    }

    /// The same for a section.
    pub fn section_body(&self, id: usize, source: &Source, resolve: Resolve) -> Option<Kept> {
        let kept = self.before?.memory.section_bodies.get(self.sections[id]?)?;
        self.body(kept, source, resolve)
    }

    fn body(&self, kept: &Kept, source: &Source, resolve: Resolve) -> Option<Kept> {
        let reads = &kept.body.reads;
        let same = !reads.anything
            && kept.insert_anchor == source.insert_anchor
            && (!reads.helpers || self.helpers)
            && reads.permalinks.iter().all(|(path, found)| resolve(path) == *found);
        same.then(|| kept.clone())
    }

    /// For each page, its index before if its value without neighbours would come out the same.
    pub fn values(
        &self,
        content: &content::Content,
        relations: &super::relate::Relations,
        bodies: &[Arc<Body>],
        backlinks: &HashMap<String, Vec<DocumentId>>,
    ) -> Vec<Option<PageId>> {
        let Some(before) = self.before else { return vec![None; content.pages.len()] };
        let (old, old_links) = (&before.site.relations, &before.site.backlinks);
        // Ancestors are told by their paths only.
        let path = |section: &Arc<Section>| section.file.relative.clone();
        let same_sections = content.sections.iter().map(path).eq(before.site.content.sections.iter().map(path));
        let same_document = |now: &DocumentId, then: &DocumentId| match (now, then) {
            (DocumentId::Page(now), DocumentId::Page(then)) => self.pages[*now] == Some(*then),
            (DocumentId::Section(now), DocumentId::Section(then)) => self.sections[*now] == Some(*then),
            _ => false,
        };
        let same_list = |now: Option<&Vec<DocumentId>>, then: Option<&Vec<DocumentId>>| {
            let (now, then) = (now.map_or(&[][..], Vec::as_slice), then.map_or(&[][..], Vec::as_slice));
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| same_document(now, then))
        };
        let is_same = |(id, then): (usize, &Option<PageId>)| {
            let page = &content.pages[id];
            let then = (*then)?;
            (same_sections
                && Arc::ptr_eq(&bodies[id], &before.memory.page_bodies[then].body)
                && relations.page_ancestors[id] == old.page_ancestors[then]
                && same_list(
                    relations.translations.get(&page.file.canonical),
                    old.translations.get(&page.file.canonical),
                )
                && same_list(backlinks.get(&page.file.relative), old_links.get(&page.file.relative)))
            .then_some(then)
        };
        self.pages.iter().enumerate().map(is_same).collect()
    }

    /// The snapshot before.
    pub fn before(&self) -> Option<Before<'a>> {
        self.before
    }
}

/// From a content path to a permalink.
type Resolve<'a> = &'a dyn Fn(&str) -> Option<String>;

/// For each document its index among the old ones, if it is one of them. Both lists are sorted by path.
fn same<T>(old: &[Arc<T>], new: &[Arc<T>], path: impl Fn(&T) -> &String) -> Vec<Option<usize>> {
    let mut at = 0;
    new.iter()
        .map(|document| {
            while old.get(at).is_some_and(|old| path(old) < path(document)) {
                at += 1;
            }
            old.get(at).is_some_and(|old| Arc::ptr_eq(old, document)).then_some(at)
        })
        .collect()
}

/// Whether a template gives the same for the same values: it calls nothing and includes nothing.
fn is_plain(text: &str) -> bool {
    let calls = text
        .match_indices("{{")
        .chain(text.match_indices("{%"))
        .any(|(at, _)| text[at + 2..].trim_start_matches(['-', ' ', '\n', '\t']).starts_with('<'));
    !calls && ["(", "include", "import", "extends", "markdown"].iter().all(|sign| !text.contains(sign))
}

/// The files that nobody told of, but that are not what the snapshot was made of.
pub fn overlooked(site: &Site) -> Vec<PathBuf> {
    site.memory.as_ref().map(|memory| memory.content.overlooked().into_iter().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn plain_templates_call_nothing() {
        assert!(is_plain("<a href=\"#{{ id }}\">{% if lang == \"zh\" %}x{% endif %}</a>"));
        for text in ["{{ trans(key=\"x\") }}", "{{<icon />}}", "{% include \"x\" %}", "{{ a | markdown }}"] {
            assert!(!is_plain(text), "{text}");
        }
    }
}
