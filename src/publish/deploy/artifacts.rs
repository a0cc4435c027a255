//! The site as a host shall have it: every output path with the hash of its bytes.
//!
//! Like a build, a deploy works on top of the last one ([`crate::publish::pass::Pass`]): what is made of the same is neither
//! rendered nor hashed again, and nothing is written to the output folder. Bytes are kept up to a budget; what is beyond
//! it, or was not rendered, is rendered when it is sent, which gives the same bytes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::host::{Body, Content, Fault, HostError, Result, Throttle};
use super::manifest::{Entry, Files};
use crate::cache::{self, Digest, Stamp};
use crate::diagnostic::{self, Diagnostic};
use crate::publish::disk::{State, Written, publishable};
use crate::publish::pass::{Pass, Sink};
use crate::publish::record::{self, Record};
use crate::site::{Artifact, Processed, Request, Route, Routes, Site, render};

/// Bytes of rendered text that are kept until they are sent.
const BUDGET: u64 = 256 * 1024 * 1024;

pub struct Artifacts<'a> {
    site: &'a Site,
    routes: &'a Routes,
    items: BTreeMap<String, Item>,
    /// How many files were rendered or processed.
    pub rendered: usize,
}

struct Item {
    hash: Digest,
    size: u64,
    kept: Kept,
}

enum Kept {
    Bytes(Arc<[u8]>),
    /// Made when it is asked for.
    Nothing,
    /// A file with this stamp.
    File(PathBuf, Stamp),
}

/// Takes what is made, and knows by the last deploy's record what need not be made.
struct Collected<'a> {
    record: &'a Record,
    items: Mutex<HashMap<String, Item>>,
    held: AtomicU64,
}

impl Collected<'_> {
    fn put(&self, path: &str, item: Item) {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), item);
    }

    /// What the last deploy knew of a file.
    fn of_before(&self, path: &str) -> Option<Item> {
        let Written { stamp, digest } = self.record.state.files.get(path)?;
        Some(Item { hash: (*digest)?, size: stamp.size, kept: Kept::Nothing })
    }
}

impl Sink for Collected<'_> {
    fn is_intact(&self, path: &str) -> bool {
        self.record.state.files.get(path).is_some_and(|file| file.digest.is_some())
    }

    fn write(&self, path: &str, bytes: &[u8]) -> diagnostic::Result<()> {
        publishable(path)?;
        let size = bytes.len() as u64;
        let keep = self.held.fetch_add(size, Ordering::Relaxed) < BUDGET;
        let kept = if keep { Kept::Bytes(bytes.into()) } else { Kept::Nothing };
        self.put(path, Item { hash: Digest::of(bytes), size, kept });
        Ok(())
    }

    fn copy(&self, path: &str, source: &Path, _hard_link: bool) -> diagnostic::Result<()> {
        publishable(path)?;
        self.put(path, file_item(source)?);
        Ok(())
    }
}

impl<'a> Artifacts<'a> {
    /// Makes what the last deploy has not made already, as the file `made` tells, and notes there what this one has made.
    /// None, with errors in `diagnostics`, when something fails.
    pub fn make(
        site: &'a Site,
        routes: &'a Routes,
        request: &Request,
        made: &Path,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let options = record::options(request);
        let record = Record::read_file(made, options).unwrap_or_default();
        let sink = Collected { record: &record, items: Mutex::default(), held: AtomicU64::new(0) };
        let done = Pass::new(site, &record, &sink).run(routes, &|| (), diagnostics)?;
        if diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        let mut collected = std::mem::take(&mut *sink.items.lock().unwrap_or_else(PoisonError::into_inner));
        let rendered = done.iter().filter(|file| file.is_rendered).count();
        let mut items = BTreeMap::new();
        for file in &done {
            if let Some(item) = collected.remove(&*file.path).or_else(|| sink.of_before(&file.path)) {
                items.insert(file.path.to_string(), item);
            }
        }
        let written = |(path, item): (&String, &Item)| {
            let stamp = Stamp { inode: 0, size: item.size, modified: 0, changed: 0 };
            (path.as_str().into(), Written { stamp, digest: Some(item.hash) })
        };
        let record = Record {
            options,
            state: State { files: items.iter().map(written).collect(), ..State::default() },
            made: done.into_iter().filter_map(|file| Some((file.path, file.made?))).collect(),
            questions: site.questions(),
            ..Record::default()
        };
        // Where it cannot be noted, all is made again next time.
        if cache::replace(made, &record.bytes()).is_err() {
            let _ = std::fs::remove_file(made);
        }
        Some(Self { site, routes, items, rendered })
    }

    /// The digest of a file's bytes.
    pub fn digest(&self, path: &str) -> Option<Digest> {
        self.items.get(path).map(|item| item.hash)
    }

    /// What rendering the route of `path` gives, from memory if it is there.
    pub fn artifact(&self, path: &str, route: &Route) -> std::result::Result<Artifact, Vec<Diagnostic>> {
        if let Some(Item { kept: Kept::Bytes(bytes), .. }) = self.items.get(path)
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return Ok(Artifact::Text(text.to_owned()));
        }
        render(self.site, path, route)
    }

    /// Adds a file of the host's own, unless the site has one of that name; false then.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>) -> bool {
        if self.items.contains_key(path) {
            return false;
        }
        let item = Item { hash: Digest::of(&bytes), size: bytes.len() as u64, kept: Kept::Bytes(bytes.into()) };
        self.items.insert(path.to_owned(), item);
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
                let entry = Entry { hash: item.hash.to_string(), size: item.size, headers: headers(path) };
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
            Kept::File(file, stamp) if Stamp::of(file).as_ref() == Some(stamp) => Body::File(file.clone(), item.size),
            Kept::File(..) => return Err(missing()),
            Kept::Nothing => {
                let made = match self.routes.get(path) {
                    Some(route) => match render(self.site, path, route).map_err(|_| missing())? {
                        Artifact::File { source, .. } => Processed::File(source),
                        text => Processed::Bytes(bytes(text).unwrap_or_default().to_vec()),
                    },
                    None => {
                        let planned = self.site.images.planned(path).ok_or_else(missing)?;
                        self.site.images.process(&planned).map_err(|_| missing())?
                    }
                };
                let (hash, body) = match made {
                    Processed::File(source) => {
                        (file_item(&source).map_err(|_| missing())?.hash, Body::File(source, item.size))
                    }
                    Processed::Bytes(bytes) => (Digest::of(&bytes), Body::Bytes(bytes.into())),
                };
                // A source that changed while the site was being deployed is no longer what was checked.
                if hash != item.hash {
                    return Err(missing());
                }
                body
            }
        };
        Ok(Content { body, throttle: throttle.clone() })
    }
}

fn bytes(artifact: Artifact) -> Option<Arc<[u8]>> {
    match artifact {
        Artifact::Text(text) => Some(text.into_bytes().into()),
        Artifact::Shared(text) => Some(text.as_bytes().into()),
        Artifact::Static(text) => Some(text.as_bytes().into()),
        Artifact::File { .. } => None,
    }
}

fn file_item(path: &Path) -> diagnostic::Result<Item> {
    let hashed = || -> std::io::Result<(Digest, u64, Stamp)> {
        let mut file = std::fs::File::open(path)?;
        let stamp = Stamp::from(&file.metadata()?);
        let mut hasher = blake3::Hasher::new();
        let size = std::io::copy(&mut file, &mut hasher)?;
        Ok((Digest::from_hash(&hasher.finalize()), size, stamp))
    };
    let (hash, size, stamp) = hashed().map_err(|error| Box::new(Diagnostic::io(path.display().to_string(), &error)))?;
    Ok(Item { hash, size, kept: Kept::File(path.to_owned(), stamp) })
}
