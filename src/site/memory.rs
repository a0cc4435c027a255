//! What one snapshot leaves to the next: everything that would come out the same is shared, so that a change of one page
//! costs that page. Each piece is kept with what it was made of, and taken again only if all of that is as it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tera::Value;

use crate::config::Config;
use crate::content::{self, Changes, Page, Section, SectionMeta, SortBy};
use crate::diagnostic::Diagnostic;
use crate::markdown::Highlighter;
use crate::template::{Engine, TemplateFile};

use super::Site;
use super::bodies::{Backlinks, Bodies, Slot};
use super::body::{Body, TemplatesSince};
use super::library::PageSlot;
use super::relate::{DocumentId, PageId, Places, Relations, SectionId};
use super::sources::Sass;
use super::taxonomy::TaxonomyTerms;

/// The memory of a snapshot. Only snapshots that others will follow have one.
pub struct Memory {
    pub config: Known<Arc<Config>>,
    pub highlighter: Arc<Highlighter>,
    pub templates: ParsedTemplates,
    pub content: content::Memory,
    pub related: Related,
    pub sass: Arc<Sass>,
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
    pages: Vec<Option<PageId>>,
    sections: Vec<Option<usize>>,
    templates: TemplatesSince,
    outline: Outline,
}

/// How much of the order of all documents is that of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outline {
    /// Documents came, went or moved.
    New,
    /// All documents are in the same places, and sections make the same of their pages.
    SamePlaces,
    /// In the same orders and under the same terms, too.
    Same,
}

/// How the documents relate to each other, and what was said about it.
#[derive(Clone)]
pub struct Related {
    pub relations: Arc<Relations>,
    pub taxonomies: Arc<Vec<TaxonomyTerms>>,
    pub told: Vec<Diagnostic>,
}

/// How far two states of a page are the same to all other documents, but for what their values hold. `with_title`: some
/// section is sorted by titles.
fn page_outline(a: &Page, b: &Page, with_title: bool) -> Outline {
    let (x, y) = (&a.meta, &b.meta);
    let is_there = a.file.relative == b.file.relative
        && (&a.lang, &a.slug, &a.path, &a.permalink) == (&b.lang, &b.slug, &b.path, &b.permalink);
    let same = (&x.date, &x.updated, x.weight, &x.taxonomies) == (&y.date, &y.updated, y.weight, &y.taxonomies)
        && (x.draft, x.render, &x.template) == (y.draft, y.render, &y.template)
        && (!with_title || x.title == y.title);
    match (is_there, same) {
        (false, _) => Outline::New,
        (true, false) => Outline::SamePlaces,
        (true, true) => Outline::Same,
    }
}

/// The same for sections, whose title, texts and `extra` nobody but their own value holds.
fn section_outline(a: &Section, b: &Section) -> Outline {
    let meta = |section: &Section| SectionMeta {
        title: None,
        description: None,
        extra: Value::none(),
        ..section.meta.clone()
    };
    let same = a.file.relative == b.file.relative
        && (&a.lang, &a.path, &a.permalink, &a.assets) == (&b.lang, &b.path, &b.permalink, &b.assets)
        && meta(a) == meta(b);
    if same { Outline::Same } else { Outline::New }
}

impl<'a> Shared<'a> {
    pub fn find(before: Option<Before<'a>>, content: &content::Content, engine: &Engine) -> Self {
        let Some(known) = before else {
            let (pages, sections) = (vec![None; content.pages.len()], vec![None; content.sections.len()]);
            let templates = TemplatesSince { same: false, same_helpers: false };
            return Self { before, pages, sections, templates, outline: Outline::New };
        };
        let old = &known.site.content;
        let pages = same(&old.pages, &content.pages, |page: &Page| &page.file.relative);
        let sections = same(&old.sections, &content.sections, |section: &Section| &section.file.relative);
        let same_helpers = ["anchor-link.html", "summary-cutoff.html"].iter().all(|name| {
            let (a, b) = (known.memory.templates.engine.source(name), engine.source(name));
            a == b && b.is_some_and(is_plain)
        });
        let is_by_title = |section: &Arc<Section>| matches!(section.meta.sort_by, SortBy::Title | SortBy::TitleBytes);
        let with_title = content.sections.iter().any(is_by_title);
        let of_page = |(id, then): (usize, &Option<PageId>)| match then {
            Some(then) if *then == id => Outline::Same,
            Some(_) => Outline::New,
            None => page_outline(&old.pages[id], &content.pages[id], with_title),
        };
        let of_section = |(id, then): (usize, &Option<SectionId>)| match then {
            Some(then) if *then == id => Outline::Same,
            Some(_) => Outline::New,
            None => section_outline(&old.sections[id], &content.sections[id]),
        };
        let as_many = old.pages.len() == content.pages.len() && old.sections.len() == content.sections.len();
        let all = || sections.iter().enumerate().map(of_section).chain(pages.iter().enumerate().map(of_page)).min();
        let outline = if as_many { all().unwrap_or(Outline::Same) } else { Outline::New };
        let same = known.memory.templates.engine.is_same(engine);
        Self { before, pages, sections, templates: TemplatesSince { same, same_helpers }, outline }
    }

    /// The relations of before, if they are the same.
    pub fn related(&self) -> Option<&'a Related> {
        self.before.filter(|_| self.outline == Outline::Same).map(|before| &before.memory.related)
    }

    /// The places of before, if they are the same.
    pub fn places(&self) -> Option<Arc<Places>> {
        let before = self.before.filter(|_| self.outline >= Outline::SamePlaces)?;
        Some(before.memory.related.relations.places.clone())
    }

    /// The place for the body of a page.
    pub fn page_body(&self, id: PageId) -> Slot<Arc<Body>> {
        self.body(self.pages[id].map(DocumentId::Page))
    }

    /// The same for a section.
    pub fn section_body(&self, id: SectionId) -> Slot<Arc<Body>> {
        self.body(self.sections[id].map(DocumentId::Section))
    }

    fn body(&self, then: Option<DocumentId>) -> Slot<Arc<Body>> {
        let slot = || Some(self.before?.site.library.bodies.slot(then?));
        let Some(slot) = slot() else { return Slot::default() };
        // The templates are compared with those of the snapshot before, so this is seen to in every snapshot.
        let known = slot.known().filter(|body| body.reads.are_same_templates(self.templates));
        // The outline, too, is compared with the snapshot before, and only what was made there is known to be right for it.
        match (known, slot.get()) {
            (Some(body), Some(_)) if self.outline >= Outline::SamePlaces && body.reads.are_same_by_outline() => {
                Slot::made(body)
            }
            (known, _) => Slot::before(known),
        }
    }

    /// The place for the values of a page.
    pub fn page_values(&self, id: PageId) -> PageSlot {
        let known = || Some(&self.before?.site.library.pages[self.pages[id]?]);
        known().map_or_else(PageSlot::default, PageSlot::after)
    }

    /// The backlinks of before where all documents are in the same places, with its bodies.
    pub fn backlinks(&self) -> Option<(&'a Arc<Backlinks>, &'a Bodies)> {
        let bodies = &self.before.filter(|_| self.outline >= Outline::SamePlaces)?.site.library.bodies;
        Some((bodies.made_backlinks()?, bodies))
    }
}

/// For each document its index among the old ones, if it is one of them. Both lists are sorted by path.
fn same<T>(old: &[Arc<T>], new: &[Arc<T>], path: impl Fn(&T) -> &String) -> Vec<Option<usize>> {
    let mut at = 0;
    new.iter()
        .map(|document| {
            let is_it = |old: Option<&Arc<T>>| old.is_some_and(|old| Arc::ptr_eq(old, document));
            while !is_it(old.get(at)) && old.get(at).is_some_and(|old| path(old) < path(document)) {
                at += 1;
            }
            let found = is_it(old.get(at)).then_some(at);
            at += usize::from(found.is_some());
            found
        })
        .collect()
}

/// Whether a template gives the same for the same values: it calls nothing and includes nothing.
pub fn is_plain(text: &str) -> bool {
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
