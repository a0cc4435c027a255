//! Rendered Markdown that builds leave to each other, each with everything that it was made of.
//!
//! What a body asks while its Markdown is rendered, which is the addresses of other documents, is kept with the result and
//! asked again. Kept is only what nothing was said about, and in which templates had no part that nobody can compare.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::cache::{BUILD_ID, Digest, Digester, Reader, Store, Writer};
use crate::diagnostic::Diagnostic;
use crate::markdown::{self, Heading, InternalLink, Link, Rendered};
use crate::template::Engine;

use super::memory::is_plain;

/// Bodies of a site take this much, in bytes; beyond that the oldest way is the best: to render them.
const MOST: usize = 1 << 30;

/// The Markdown of one site that was rendered before.
pub struct Memo {
    store: Arc<Store>,
    /// Of everything that all bodies share. None where that cannot be told.
    shared: Option<Digest>,
}

/// The file of the store below the site's root.
pub fn open(root: &Path) -> Option<Arc<Store>> {
    let folder = root.join(".kepu/cache");
    super::theme::stays_inside(root, &folder).ok()?;
    Some(Arc::new(Store::open(&folder.join("markdown"))))
}

/// Writes down what is new.
pub fn save(store: &Store) {
    let _ = store.save(MOST);
}

impl Memo {
    /// `made_of` tells the configuration with the files that it names.
    pub fn new(store: Arc<Store>, made_of: &str, engine: &Engine) -> Self {
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
        Self { store, shared }
    }

    /// [`markdown::render`], or what it gave the last time. `lang` is what helper templates see.
    pub fn render(
        &self,
        text: &str,
        lang: &str,
        context: &markdown::Context,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Rendered {
        // Calls that print HTML are told by no digest.
        let Some(shared) = self.shared.filter(|_| context.insertions.is_none()) else {
            return markdown::render(text, context, diagnostics);
        };
        let mut key = Digester::new();
        key.digest(shared).text(text).text(lang).text(context.file).text(context.content_path).text(context.permalink);
        key.number(context.source.map_or(0, |(_, start)| 1 + start as u64)).number(u64::from(context.before_0_23));
        key.text(&format!("{:?}", context.insert_anchor));
        let key = key.finish();
        if let Some(rendered) = self.store.get(key).and_then(|entry| read(&mut Reader(entry), context)) {
            return rendered;
        }
        let asked: Mutex<Vec<(String, Option<String>)>> = Mutex::default();
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
        if diagnostics.len() == before && !is_open.into_inner() {
            let mut writer = Writer::default();
            write(&rendered, &asked.into_inner().unwrap_or_else(PoisonError::into_inner), &mut writer);
            self.store.put(key, &writer.0);
        }
        rendered
    }
}

fn write(rendered: &Rendered, asked: &[(String, Option<String>)], to: &mut Writer) {
    to.number(asked.len() as u64);
    for (path, found) in asked {
        to.text(path);
        option(found.as_deref(), to);
    }
    to.text(&rendered.body);
    option(rendered.summary.as_deref(), to);
    headings(&rendered.toc, to);
    to.number(rendered.internal_links.len() as u64);
    for link in &rendered.internal_links {
        to.text(&link.path);
        option(link.anchor.as_deref(), to);
        span(&link.span, to);
    }
    to.number(rendered.external_links.len() as u64);
    for link in &rendered.external_links {
        to.text(&link.url);
        span(&link.span, to);
    }
}

/// What was written, if the answers to all that it asks are the same.
fn read(from: &mut Reader, context: &markdown::Context) -> Option<Rendered> {
    for _ in 0..from.count()? {
        let (path, found) = (from.text()?, read_option(from)?);
        ((context.resolve)(path) == found).then_some(())?;
    }
    let body = from.text()?.to_owned();
    let summary = read_option(from)?;
    let toc = read_headings(from)?;
    let internal_links: Option<Vec<InternalLink>> = (0..from.count()?)
        .map(|_| {
            Some(InternalLink { path: from.text()?.to_owned(), anchor: read_option(from)?, span: read_span(from)? })
        })
        .collect();
    let external_links: Option<Vec<Link>> =
        (0..from.count()?).map(|_| Some(Link { url: from.text()?.to_owned(), span: read_span(from)? })).collect();
    Some(Rendered { body, summary, toc, internal_links: internal_links?, external_links: external_links? })
}

fn option(text: Option<&str>, to: &mut Writer) {
    to.bool(text.is_some());
    to.text(text.unwrap_or_default());
}

fn read_option(from: &mut Reader) -> Option<Option<String>> {
    let (is_there, text) = (from.bool()?, from.text()?);
    Some(is_there.then(|| text.to_owned()))
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
