//! The site as a host shall have it: every output path with the hash of its bytes.
//!
//! Routes are rendered in memory, and nothing is written to the output folder. Bytes are kept up to a budget; what is beyond
//! it is rendered again when it is sent, which gives the same bytes.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::host::{Body, Content, Fault, HostError, Result, Throttle};
use super::manifest::{Entry, Files, hash};
use crate::diagnostic::{self, Diagnostic, Text};
use crate::site::{Artifact, Processed, Route, Routes, Site, render, summarize};

/// Bytes of rendered text that are kept until they are sent.
const BUDGET: u64 = 256 * 1024 * 1024;

pub struct Artifacts<'a> {
    site: &'a Site,
    routes: &'a Routes,
    items: BTreeMap<String, Item>,
}

struct Item {
    hash: String,
    size: u64,
    kept: Kept,
}

enum Kept {
    Bytes(Arc<[u8]>),
    /// Rendered when it is asked for.
    Route,
    File(PathBuf),
}

impl<'a> Artifacts<'a> {
    /// Renders every route; `step` is called after each, from any thread. None, with errors in `diagnostics`, when one fails.
    pub fn render(
        site: &'a Site,
        routes: &'a Routes,
        step: &(dyn Fn() + Sync),
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let held = AtomicU64::new(0);
        let results: Vec<std::result::Result<_, _>> = routes
            .par_iter()
            .map(|(path, route)| {
                let item =
                    render(site, path, route).and_then(|artifact| item(artifact, &held).map_err(|error| vec![*error]));
                step();
                match item {
                    Ok(item) => Ok((path.clone(), item)),
                    Err(errors) => Err((what(site, path, route), errors)),
                }
            })
            .collect();
        let mut items = BTreeMap::new();
        let mut failures = Vec::new();
        for result in results {
            match result {
                Ok((path, item)) => {
                    items.insert(path, item);
                }
                Err(failure) => failures.push(failure),
            }
        }
        diagnostics.extend(summarize(failures));
        if diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let images: Vec<diagnostic::Result<(String, Item)>> = site
            .images
            .requested()
            .par_iter()
            .filter(|(path, _)| !routes.contains_key(path.as_str()))
            .map(|(path, planned)| {
                let item = match site.images.process(planned)? {
                    Processed::File(file) => file_item(&file)?,
                    Processed::Bytes(bytes) => bytes_item(bytes),
                };
                Ok((path.clone(), item))
            })
            .collect();
        for image in images {
            match image {
                Ok((path, item)) => {
                    items.insert(path, item);
                }
                Err(error) => diagnostics.push(*error),
            }
        }
        (!diagnostics.iter().any(Diagnostic::is_error)).then_some(Self { site, routes, items })
    }

    /// Adds a file of the host's own, unless the site has one of that name; false then.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> bool {
        if self.items.contains_key(path) {
            return false;
        }
        self.items.insert(path.to_owned(), bytes_item(bytes));
        true
    }

    pub fn has(&self, path: &str) -> bool {
        self.items.contains_key(path)
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(String::as_str)
    }

    /// The files as a manifest lists them; `headers` are those of a path.
    pub fn files(&self, headers: impl Fn(&str) -> String) -> Files {
        self.items
            .iter()
            .map(|(path, item)| {
                let entry = Entry { hash: item.hash.clone(), size: item.size, headers: headers(path) };
                (path.clone(), entry)
            })
            .collect()
    }

    /// The bytes of one file, to be sent.
    pub fn content(&self, path: &str, throttle: &Arc<Throttle>) -> Result<Content> {
        let missing = || HostError::new(Fault::Source, String::new()).at(path);
        let item = self.items.get(path).ok_or_else(missing)?;
        let body = match &item.kept {
            Kept::Bytes(bytes) => Body::Bytes(bytes.clone()),
            Kept::File(file) => Body::File(file.clone(), item.size),
            Kept::Route => {
                let route = self.routes.get(path).ok_or_else(missing)?;
                match render(self.site, path, route) {
                    Ok(artifact) => Body::Bytes(bytes(artifact).ok_or_else(missing)?),
                    Err(_) => return Err(missing()),
                }
            }
        };
        Ok(Content { body, throttle: throttle.clone() })
    }

    /// The text of a file that is held in memory or rendered, up to `most` bytes of a file of the disk.
    pub fn text(&self, path: &str, most: u64) -> Option<Vec<u8>> {
        let content = self.content(path, &Arc::default()).ok()?;
        let mut bytes = Vec::new();
        content.reader().ok()?.take(most).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

fn what(site: &Site, path: &str, route: &Route) -> Text {
    let (Text { en, zh }, _) = route.describe(site);
    Text { en: format!("`/{path}`, {en}"), zh: format!("`/{path}`，{zh}") }
}

fn bytes(artifact: Artifact) -> Option<Arc<[u8]>> {
    match artifact {
        Artifact::Text(text) => Some(text.into_bytes().into()),
        Artifact::Shared(text) => Some(text.as_bytes().into()),
        Artifact::Static(text) => Some(text.as_bytes().into()),
        Artifact::File { .. } => None,
    }
}

fn item(artifact: Artifact, held: &AtomicU64) -> diagnostic::Result<Item> {
    if let Artifact::File { source, .. } = &artifact {
        return file_item(source);
    }
    let bytes = bytes(artifact).unwrap_or_default();
    let (hash, size) = (hash(&bytes), bytes.len() as u64);
    let keep = held.fetch_add(size, Ordering::Relaxed) < BUDGET;
    Ok(Item { hash, size, kept: if keep { Kept::Bytes(bytes) } else { Kept::Route } })
}

fn bytes_item(bytes: Vec<u8>) -> Item {
    Item { hash: hash(&bytes), size: bytes.len() as u64, kept: Kept::Bytes(bytes.into()) }
}

fn file_item(path: &Path) -> diagnostic::Result<Item> {
    let hashed = || -> std::io::Result<(String, u64)> {
        let mut file = std::fs::File::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let size = std::io::copy(&mut file, &mut hasher)?;
        Ok((hasher.finalize().to_hex()[..32].to_owned(), size))
    };
    let (hash, size) = hashed().map_err(|error| Box::new(Diagnostic::io(path.display().to_string(), &error)))?;
    Ok(Item { hash, size, kept: Kept::File(path.to_owned()) })
}
