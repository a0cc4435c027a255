//! The bodies of one snapshot, each rendered when it is first asked for, or taken from the snapshot before.
//!
//! A body is a pure function of its document, the outline of the site and what its templates read, so it does not matter
//! when it is made and by which thread. No body needs another one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::prelude::*;
use tera::{Context, Value};

use crate::cache::Digest;
use crate::config::{Dialect, InsertAnchor};
use crate::content::{self, Content, FileText, Page};
use crate::diagnostic::Diagnostic;
use crate::markdown::{Highlighter, InternalLink};
use crate::template::Engine;
use crate::template::reads::{self, Reads};

use super::body::{Around, Body, BodyRenderer, Source};
use super::functions::Early;
use super::links;
use super::memo::{Head, Memo, Recipe};
use super::memory::Shared;
use super::relate::{DocumentId, PageId, Relations, SectionId};
use super::shortcodes::Definitions;
use super::values::Documents;

/// A thing that is made when it is first asked for, and what the snapshot before had in its place, until it is known
/// whether that is the same.
#[derive(Debug)]
pub struct Slot<T> {
    made: OnceLock<T>,
    before: Mutex<Option<T>>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { made: OnceLock::new(), before: Mutex::default() }
    }
}

impl<T: Clone> Slot<T> {
    pub fn made(thing: T) -> Self {
        Self { made: OnceLock::from(thing), before: Mutex::default() }
    }

    pub fn before(thing: Option<T>) -> Self {
        Self { made: OnceLock::new(), before: Mutex::new(thing) }
    }

    pub fn get(&self) -> Option<&T> {
        self.made.get()
    }

    /// What there is, made in this snapshot or in one before.
    pub fn known(&self) -> Option<T> {
        self.get().cloned().or_else(|| self.before.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// What there is, or what `make` makes of that of before. It must wait for no other thread.
    pub fn get_or_make(&self, make: impl FnOnce(Option<T>) -> T) -> &T {
        self.made.get_or_init(|| make(self.before.lock().unwrap_or_else(PoisonError::into_inner).take()))
    }
}

/// Which documents link to each content path from another document, without repetition.
pub type Backlinks = HashMap<String, Vec<DocumentId>>;

/// What bodies are made of and with.
pub struct Ingredients {
    pub content: Arc<Content>,
    pub relations: Arc<Relations>,
    /// With the functions that bodies may use.
    pub engine: Engine,
    pub highlighter: Arc<Highlighter>,
    pub shortcodes: Arc<Definitions>,
    pub dialect: Dialect,
    pub early: Early,
    /// What earlier builds left, if it may be used.
    pub memo: Option<Memo>,
    /// `config` by language.
    pub configs: HashMap<String, Value>,
}

/// Backlinks, and the documents that may have other links by now, with their bodies then.
type KnownBacklinks = (Arc<Backlinks>, Vec<(DocumentId, Option<Arc<Body>>)>);

/// All bodies of a snapshot.
pub struct Bodies {
    pub of: Ingredients,
    pages: Vec<Slot<Arc<Body>>>,
    sections: Vec<Slot<Arc<Body>>>,
    /// What earlier builds left of the bodies of pages. Nothing was said about these.
    heads: Vec<Option<Head>>,
    backlinks: OnceLock<Arc<Backlinks>>,
    /// The backlinks of before, and the documents whose links decide whether they are the same.
    known_backlinks: Option<KnownBacklinks>,
    has_failed: AtomicBool,
    /// Whether bodies read the clock, or what nobody can compare.
    asked: Mutex<Reads>,
}

impl Bodies {
    pub fn new(of: Ingredients, shared: &Shared) -> Self {
        let pages = (0..of.content.pages.len()).map(|id| shared.page_body(id)).collect();
        let sections = (0..of.content.sections.len()).map(|id| shared.section_body(id)).collect();
        let mut bodies = Self {
            of,
            pages,
            sections,
            heads: Vec::new(),
            backlinks: OnceLock::new(),
            known_backlinks: None,
            has_failed: AtomicBool::new(false),
            asked: Mutex::default(),
        };
        bodies.heads = bodies.of.content.pages.par_iter().with_min_len(64).map(|page| bodies.head(page)).collect();
        bodies.known_backlinks = shared.backlinks().map(|(backlinks, before)| {
            let linked = |id: &DocumentId| before.slot(*id).get().is_some_and(|body| !body.internal_links.is_empty());
            let uncertain = bodies.ids().filter(|id| bodies.slot(*id).get().is_none());
            let deciding = uncertain.filter(|id| bodies.may_link(*id) || linked(id));
            (backlinks.clone(), deciding.map(|id| (id, before.slot(id).get().cloned())).collect())
        });
        bodies
    }

    /// What is known of a body without rendering it, or reading it from where it is kept. Bodies with braces may ask
    /// anything.
    fn head(&self, page: &Page) -> Option<Head> {
        let memo = self.of.memo.as_ref().filter(|_| !page.signs.braces)?;
        let recipe = Recipe {
            text: page.markdown_digest(),
            lang: &page.lang,
            content_path: &page.file.relative,
            permalink: &page.permalink,
            start: Some(page.body.start),
            before_0_23: self.of.dialect == Dialect::Tera1,
            insert_anchor: self.anchor_of_page(page),
        };
        memo.head(&recipe, &|path| self.of.early.permalink(path))
    }

    fn head_of(&self, id: DocumentId) -> Option<&Head> {
        match id {
            DocumentId::Page(id) => self.heads.get(id)?.as_ref(),
            DocumentId::Section(_) => None,
        }
    }

    /// What tells the body of a document from one that came out otherwise.
    pub fn digest(&self, id: DocumentId) -> Digest {
        self.head_of(id).map_or_else(|| self.get(id).digest(), |head| head.digest)
    }

    /// The links of a body to other documents.
    pub fn links(&self, id: DocumentId) -> &[InternalLink] {
        match self.head_of(id) {
            Some(head) => &head.internal_links,
            None => &self.get(id).internal_links,
        }
    }

    /// The body of a document.
    pub fn get(&self, id: DocumentId) -> &Arc<Body> {
        match id {
            DocumentId::Page(id) => self.page(id),
            DocumentId::Section(id) => self.section(id),
        }
    }

    /// The slot of a document's body.
    pub fn slot(&self, id: DocumentId) -> &Slot<Arc<Body>> {
        match id {
            DocumentId::Page(id) => &self.pages[id],
            DocumentId::Section(id) => &self.sections[id],
        }
    }

    pub fn page(&self, id: PageId) -> &Arc<Body> {
        self.pages[id].get_or_make(|before| {
            let page = &self.of.content.pages[id];
            let source = Source::page(page, self.anchor_of_page(page));
            let document = |context: &mut Context, dialect| {
                let page = self.documents().page(id, page, &Body::empty());
                context.insert_value("page", for_body(page, dialect));
            };
            self.make(before, &source, document, || self.documents().around_page(id))
        })
    }

    pub fn section(&self, id: SectionId) -> &Arc<Body> {
        self.sections[id].get_or_make(|before| {
            let section = &self.of.content.sections[id];
            let source = Source::section(section, self.anchor_of_section(id));
            let document = |context: &mut Context, dialect| {
                let section = self.documents().section(id, section, &Body::empty(), Vec::new());
                context.insert_value("section", for_body(section.into_map().unwrap_or_default(), dialect));
            };
            self.make(before, &source, document, || self.documents().around_section(id))
        })
    }

    /// The body of before if it would come out the same, else a new one.
    fn make(
        &self,
        before: Option<Arc<Body>>,
        source: &Source,
        document: impl Fn(&mut Context, Dialect),
        around: impl Fn() -> Around,
    ) -> Arc<Body> {
        let early = &self.of.early;
        let is_same = |body: &Arc<Body>| body.reads.are_same(source.insert_anchor, &around, early);
        if let Some(before) = before.filter(is_same) {
            return before;
        }
        let renderer = BodyRenderer {
            config: &early.config,
            engine: &self.of.engine,
            highlighter: &self.of.highlighter,
            shortcodes: &self.of.shortcodes,
            dialect: self.of.dialect,
            early,
            memo: self.of.memo.as_ref(),
        };
        let context = |dialect| {
            let mut context = Context::new();
            context.insert_value("lang", source.lang.into());
            context.insert_value("config", self.of.configs.get(source.lang).cloned().unwrap_or_else(Value::none));
            document(&mut context, dialect);
            context
        };
        let (body, reads) = reads::record(|| renderer.render(source, context, &around));
        if reads.clock || reads.outside {
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).merge(&reads);
        }
        if body.has_failed() {
            self.has_failed.store(true, Ordering::Release);
        }
        Arc::new(body)
    }

    fn documents(&self) -> Documents<'_> {
        static NONE: std::sync::LazyLock<Backlinks> = std::sync::LazyLock::new(HashMap::new);
        Documents { content: &self.of.content, relations: &self.of.relations, backlinks: &NONE }
    }

    fn anchor_of_section(&self, id: SectionId) -> InsertAnchor {
        let own = self.of.content.sections[id].meta.insert_anchor_links;
        own.unwrap_or(self.of.early.config.markdown.insert_anchor_links)
    }

    /// Anchor links of a page are those of the section of its folder, else the configuration's.
    fn anchor_of_page(&self, page: &Page) -> InsertAnchor {
        let config = &self.of.early.config;
        let index = content::index_filename(&page.lang, config);
        let relative = if page.file.parent.is_empty() { index } else { format!("{}/{index}", page.file.parent) };
        match self.of.relations.places.document(&relative) {
            Some(DocumentId::Section(id)) => self.anchor_of_section(id),
            _ => config.markdown.insert_anchor_links,
        }
    }

    /// All documents, pages first.
    pub fn ids(&self) -> impl Iterator<Item = DocumentId> + use<> {
        (0..self.pages.len()).map(DocumentId::Page).chain((0..self.sections.len()).map(DocumentId::Section))
    }

    /// Renders, in parallel, those of which nothing is known yet. The caller must not be making anything that another thread may
    /// wait for: it may be given the work of others while it waits.
    pub fn render(&self, ids: impl Iterator<Item = DocumentId>) {
        let is_known = |id: &DocumentId| self.head_of(*id).is_some() || self.slot(*id).get().is_some();
        let unknown: Vec<DocumentId> = ids.filter(|id| !is_known(id)).collect();
        match unknown.as_slice() {
            [] => {}
            [one] => drop(self.get(*one).clone()),
            all => all.par_iter().with_min_len(8).for_each(|id| drop(self.get(*id).clone())),
        }
    }

    /// Which documents link to which from elsewhere. Only bodies that may link are rendered for it.
    pub fn backlinks(&self) -> &Arc<Backlinks> {
        if let Some(known) = self.backlinks.get() {
            return known;
        }
        if let Some((known, deciding)) = &self.known_backlinks {
            self.render(deciding.iter().map(|(id, _)| *id));
            let links = |body: &Body| body.internal_links.iter().map(|link| link.path.clone()).collect::<Vec<_>>();
            let same = |(id, before): &(DocumentId, Option<Arc<Body>>)| {
                links(self.get(*id)) == before.as_deref().map(links).unwrap_or_default()
            };
            if deciding.iter().all(same) {
                return self.backlinks.get_or_init(|| known.clone());
            }
        }
        self.render(self.ids().filter(|id| self.may_link(*id)));
        let linking = self.ids().filter(|id| self.may_link(*id)).map(|id| (id, self.links(id)));
        let made = Arc::new(links::backlinks(&self.of.content, linking));
        self.backlinks.get_or_init(|| made)
    }

    fn may_link(&self, id: DocumentId) -> bool {
        match id {
            DocumentId::Page(id) => self.of.content.pages[id].signs.links,
            DocumentId::Section(id) => self.of.content.sections[id].signs.links,
        }
    }

    /// What the snapshot that follows may take for granted as long as the links of changed documents stay.
    pub fn made_backlinks(&self) -> Option<&Arc<Backlinks>> {
        self.backlinks.get()
    }

    /// Whether a body that was rendered so far has an error.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }

    /// What bodies have read of the clock and of what nobody can compare.
    pub fn asked(&self) -> Reads {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The errors of some bodies.
    pub fn errors_of(&self, ids: impl Iterator<Item = DocumentId>) -> Vec<Diagnostic> {
        let bodies = ids.filter_map(|id| self.slot(id).get());
        bodies.flat_map(|body| body.told.iter().filter(|told| told.is_error()).cloned()).collect()
    }

    /// Renders what nothing is known of yet; everything there is to say of bodies and the links between them.
    pub fn report(&self) -> Vec<Diagnostic> {
        self.render(self.ids());
        let made = self.ids().filter_map(|id| self.slot(id).get());
        let mut told: Vec<Diagnostic> = made.flat_map(|body| body.told.iter().cloned()).collect();
        if !told.iter().any(Diagnostic::is_error) {
            links::check_anchors(self, &mut told);
        }
        told
    }

    /// Frees the texts that bodies were rendered from, once all are.
    pub fn forget_sources(&mut self) {
        let Some(content) = Arc::get_mut(&mut self.of.content) else { return };
        for (page, _) in content.pages.iter_mut().zip(&self.pages).filter(|(_, body)| body.get().is_some()) {
            Arc::get_mut(page).into_iter().for_each(|page| page.text = FileText::default());
        }
        for section in content.sections.iter_mut().filter_map(Arc::get_mut) {
            section.text = FileText::default();
        }
    }
}

/// A document as its own body sees it. Shortcodes were called before documents knew of each other.
fn for_body(mut document: tera::Map, dialect: Dialect) -> Value {
    if dialect == Dialect::Tera1 {
        for key in ["translations", "subsections"] {
            if let Some(value) = document.get_mut(&tera::value::Key::from(key)) {
                *value = Vec::<Value>::new().into();
            }
        }
    }
    document.into()
}
