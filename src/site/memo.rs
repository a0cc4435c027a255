//! What builds leave to each other of documents: parsed pages, and rendered Markdown with everything that it was made of.
//!
//! What a body asks while its Markdown is rendered, which is the addresses of other documents, is kept and asked again. Kept
//! is only what nothing was said about, and in which templates had no part that nobody can compare. Most of a rendered body
//! is its text, which few routes of a build need, so it has a store of its own; a short head says that it is there, and
//! where it leads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::cache::{BUILD_ID, Digest, Digester, Reader, Store, Writer};
use crate::config::InsertAnchor;
use crate::content::Stored;
use crate::diagnostic::Diagnostic;
use crate::markdown::{self, Heading, InternalLink, Link, Rendered};
use crate::template::Engine;

use super::memory::is_plain;

/// Bodies of a site take this much, in bytes; beyond that the oldest way is the best: to render them.
const MOST: usize = 1 << 30;

/// The stores of one site, each opened when it is first needed.
#[derive(Clone)]
pub struct Stores(Arc<Files>);

struct Files {
    /// Parsed pages, the heads of bodies, compiled style sheets.
    sources: Lazy,
    /// Bodies.
    markdown: Lazy,
    /// Searchable texts and their terms.
    search: Lazy,
    /// What `kepu check` found nothing wrong with.
    checked: Lazy,
}

struct Lazy {
    file: PathBuf,
    store: OnceLock<Arc<Store>>,
}

impl Lazy {
    fn get(&self) -> &Arc<Store> {
        self.store.get_or_init(|| Arc::new(Store::open(&self.file)))
    }
}

impl Stores {
    /// Those below the site's root. None where that leads elsewhere.
    pub fn open(root: &Path) -> Option<Self> {
        let folder = root.join(".kepu/cache");
        super::theme::stays_inside(root, &folder).ok()?;
        let lazy = |name: &str| Lazy { file: folder.join(name), store: OnceLock::new() };
        let [sources, markdown, search, checked] = ["sources", "markdown", "search", "checked"].map(lazy);
        Some(Self(Arc::new(Files { sources, markdown, search, checked })))
    }

    /// Writes down what is new.
    pub fn save(&self) {
        let Files { sources, markdown, search, checked } = &*self.0;
        for lazy in [sources, markdown, search, checked] {
            let _ = lazy.store.get().map(|store| store.save(MOST));
        }
    }

    /// The store of what sources were made into.
    pub fn sources(&self) -> &Store {
        self.0.sources.get()
    }

    /// The store of what checks found nothing wrong with.
    pub fn checked(&self) -> &Store {
        self.0.checked.get()
    }

    fn markdown(&self) -> &Store {
        self.0.markdown.get()
    }

    /// The pages that were parsed by a configuration; `adds` to say whether new ones will be saved.
    pub fn pages(&self, made_of: &str, adds: bool) -> Stored {
        let shared = Digester::new().text(BUILD_ID).text(made_of).finish();
        Stored::new(self.0.sources.get().clone(), shared, adds)
    }
}

/// The Markdown of one site that was rendered before.
pub struct Memo {
    stores: Stores,
    /// Of everything that all bodies share. None where that cannot be told.
    shared: Option<Digest>,
}

/// Everything that the Markdown of one body is made of, but for what it asks and what all bodies share.
pub struct Recipe<'a> {
    /// Of the text.
    pub text: Digest,
    pub lang: &'a str,
    pub content_path: &'a str,
    pub permalink: &'a str,
    /// Where it begins in its file, if it is a part of that.
    pub start: Option<usize>,
    pub before_0_23: bool,
    pub insert_anchor: InsertAnchor,
}

/// What is known of a body before it is there.
pub struct Head {
    /// Of everything that it was made of.
    pub digest: Digest,
    pub internal_links: Vec<InternalLink>,
}

/// Answers to what a body asked: paths, and addresses where there are any.
type Answers = Vec<(String, Option<String>)>;

impl Memo {
    /// `made_of` tells the configuration with the files that it names.
    pub fn new(stores: Stores, made_of: &str, engine: &Engine) -> Self {
        let helpers = ["anchor-link.html", "summary-cutoff.html"].map(|name| engine.source(name));
        let all_plain = helpers.iter().all(|text| text.is_some_and(is_plain));
        let shared = all_plain.then(|| {
            let mut digester = Digester::new();
            digester.text(BUILD_ID).text(made_of);
            helpers.iter().for_each(|text| {
                digester.option(*text);
            });
            digester.finish()
        });
        Self { stores, shared }
    }

    /// The store of what search indexes are made of.
    pub fn search(&self) -> &Store {
        self.stores.0.search.get()
    }

    fn key(&self, of: &Recipe) -> Option<Digest> {
        let mut key = Digester::new();
        key.digest(self.shared?).digest(of.text).text(of.lang).text(of.content_path).text(of.permalink);
        key.number(of.start.map_or(0, |start| 1 + start as u64)).number(u64::from(of.before_0_23));
        Some(key.text(&format!("{:?}", of.insert_anchor)).finish())
    }

    /// The head of a body that was rendered before, if the answers to all that it asks are the same.
    pub fn head(&self, of: &Recipe, resolve: &dyn Fn(&str) -> Option<String>) -> Option<Head> {
        let key = self.key(of)?;
        let bytes = self.stores.sources().get(head_key(key))?;
        let head = read_head(&mut Reader(&bytes), key, resolve)?;
        self.stores.markdown().keep(key);
        Some(head)
    }

    /// [`markdown::render`], or what it gave the last time, with a digest of all that it was made of where that can be told.
    pub fn render(
        &self,
        text: &str,
        of: &Recipe,
        context: &markdown::Context,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Rendered, Option<Digest>) {
        // Calls that print HTML are told by no digest.
        let Some(key) = self.key(of).filter(|_| context.insertions.is_none()) else {
            return (markdown::render(text, context, diagnostics), None);
        };
        if let Some(head) = self.head(of, context.resolve)
            && let Some(bytes) = self.stores.markdown().get(key)
            && let Some(rendered) = read(&mut Reader(&bytes), head.internal_links)
        {
            return (rendered, Some(head.digest));
        }
        let asked: Mutex<Answers> = Mutex::default();
        let is_open = std::sync::atomic::AtomicBool::new(false);
        let before = diagnostics.len();
        let noting = markdown::Context {
            resolve: &|path| {
                let found = (context.resolve)(path);
                asked.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), found.clone()));
                found
            },
            unpublished: &|path| {
                is_open.store(true, std::sync::atomic::Ordering::Relaxed);
                (context.unpublished)(path)
            },
            config: context.config,
            highlighter: context.highlighter,
            file: context.file,
            content_path: context.content_path,
            source: context.source,
            insertions: None,
            before_0_23: context.before_0_23,
            permalink: context.permalink,
            insert_anchor: context.insert_anchor,
            anchor_link: context.anchor_link,
            summary_cutoff: context.summary_cutoff,
        };
        let rendered = markdown::render(text, &noting, diagnostics);
        if diagnostics.len() > before || is_open.into_inner() {
            return (rendered, None);
        }
        let asked = asked.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut head, mut body) = (Writer::default(), Writer::default());
        write_head(&asked, &rendered.internal_links, &mut head);
        write(&rendered, &mut body);
        self.stores.sources().put(head_key(key), &head.0);
        self.stores.markdown().put(key, &body.0);
        (rendered, Some(digest(key, asked.iter().map(|(path, found)| (path.as_str(), found.as_deref())))))
    }
}

fn head_key(key: Digest) -> Digest {
    Digester::new().text("head").digest(key).finish()
}

/// A digest of everything that a body was made of.
fn digest<'a>(key: Digest, asked: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Digest {
    let mut digester = Digester::new();
    digester.digest(key);
    for (path, found) in asked {
        digester.text(path).option(found);
    }
    digester.finish()
}

fn write_head(asked: &Answers, links: &[InternalLink], to: &mut Writer) {
    to.number(asked.len() as u64);
    for (path, found) in asked {
        to.text(path);
        to.option(found.as_deref());
    }
    to.number(links.len() as u64);
    for link in links {
        to.text(&link.path);
        to.option(link.anchor.as_deref());
        span(&link.span, to);
    }
}

fn read_head(from: &mut Reader, key: Digest, resolve: &dyn Fn(&str) -> Option<String>) -> Option<Head> {
    let mut asked = Vec::new();
    for _ in 0..from.count()? {
        let (path, found) = (from.text()?, from.option()?);
        (resolve(path).as_deref() == found).then_some(())?;
        asked.push((path, found));
    }
    let internal_links: Option<Vec<InternalLink>> = (0..from.count()?)
        .map(|_| {
            let (path, anchor) = (from.text()?.to_owned(), from.option()?.map(str::to_owned));
            Some(InternalLink { path, anchor, span: read_span(from)? })
        })
        .collect();
    let internal_links = internal_links.filter(|_| from.0.is_empty())?;
    Some(Head { digest: digest(key, asked.into_iter()), internal_links })
}

/// All but the internal links, which are in the head.
fn write(rendered: &Rendered, to: &mut Writer) {
    to.text(&rendered.body);
    to.option(rendered.summary.as_deref());
    headings(&rendered.toc, to);
    to.number(rendered.external_links.len() as u64);
    for link in &rendered.external_links {
        to.text(&link.url);
        span(&link.span, to);
    }
}

fn read(from: &mut Reader, internal_links: Vec<InternalLink>) -> Option<Rendered> {
    let body = from.text()?.to_owned();
    let summary = from.option()?.map(str::to_owned);
    let toc = read_headings(from)?;
    let external_links: Option<Vec<Link>> =
        (0..from.count()?).map(|_| Some(Link { url: from.text()?.to_owned(), span: read_span(from)? })).collect();
    Some(Rendered { body, summary, toc, internal_links, external_links: external_links? })
}

fn span(span: &Option<std::ops::Range<usize>>, to: &mut Writer) {
    to.bool(span.is_some());
    let span = span.clone().unwrap_or_default();
    to.number(span.start as u64);
    to.number(span.end as u64);
}

fn read_span(from: &mut Reader) -> Option<Option<std::ops::Range<usize>>> {
    let is_there = from.bool()?;
    let (start, end) = (usize::try_from(from.number()?).ok()?, usize::try_from(from.number()?).ok()?);
    Some(is_there.then_some(start..end))
}

fn headings(all: &[Heading], to: &mut Writer) {
    to.number(all.len() as u64);
    for heading in all {
        to.number(u64::from(heading.level));
        to.text(&heading.id);
        to.text(&heading.permalink);
        to.text(&heading.title);
        headings(&heading.children, to);
    }
}

fn read_headings(from: &mut Reader) -> Option<Vec<Heading>> {
    (0..from.count()?)
        .map(|_| {
            Some(Heading {
                level: u8::try_from(from.number()?).ok()?,
                id: from.text()?.to_owned(),
                permalink: from.text()?.to_owned(),
                title: from.text()?.to_owned(),
                children: read_headings(from)?,
            })
        })
        .collect()
}
