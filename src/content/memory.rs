//! What one load leaves to the next: documents whose files did not change since are shared, not read again.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rayon::prelude::*;

use super::asset::{self, Asset};
use super::page::Page;
use super::section::Section;
use super::walk::{self, Entry, Tree};
use crate::config::Config;
use crate::diagnostic::Diagnostic;

/// Which files changed since an earlier load.
#[derive(Clone, Debug)]
pub enum Changes {
    /// Nobody watched: every file is looked at.
    Unknown,
    /// Somebody watched all folders; these paths, absolute, may have changed or be gone, with all that was below them.
    Paths(BTreeSet<PathBuf>),
}

impl Changes {
    /// Both changes.
    pub fn and(self, other: Changes) -> Changes {
        match (self, other) {
            (Changes::Paths(mut paths), Changes::Paths(more)) => {
                paths.extend(more);
                Changes::Paths(paths)
            }
            _ => Changes::Unknown,
        }
    }
}

/// A load's documents by their paths below `content/`, drafts included, with what was said about them.
#[derive(Debug)]
pub struct Memory {
    pub(super) tree: Arc<Tree>,
    pub(super) tree_told: Vec<Diagnostic>,
    pub(super) sections: HashMap<String, Arc<Read<Section>>>,
    pub(super) pages: HashMap<String, Arc<Read<Page>>>,
    /// Index sections without a file, by language.
    defaults: HashMap<String, Arc<Section>>,
}

/// One file that was read.
#[derive(Debug)]
pub struct Read<T> {
    relative: String,
    source: PathBuf,
    identity: Option<Identity>,
    pub document: Option<Arc<T>>,
    pub told: Vec<Diagnostic>,
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, PartialEq, Eq)]
struct Identity {
    modified: Option<SystemTime>,
    size: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&meta);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self { modified: meta.modified().ok(), size: meta.len(), inode })
    }
}

impl Memory {
    /// The tree of `content/`, that of the earlier load where no file came or went.
    pub(super) fn walk(root: &Path, config: &Config, before: Option<(&Memory, &Changes)>) -> Self {
        let mut told = Vec::new();
        let tree = match before {
            Some((before, changes)) if before.tree.is_as_before(&root.join("content"), changes) => {
                told.clone_from(&before.tree_told);
                before.tree.clone()
            }
            _ => Arc::new(walk::walk(root, config, &mut told)),
        };
        let (sections, pages, defaults) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { tree, tree_told: told, sections, pages, defaults }
    }

    /// The index section of a language that has no file for it.
    pub(super) fn default_index(
        &mut self,
        before: Option<(&Memory, &Changes)>,
        lang: &str,
        config: &Config,
    ) -> Arc<Section> {
        let known = before.and_then(|(before, _)| before.defaults.get(lang).cloned());
        let section = known.unwrap_or_else(|| Arc::new(Section::default_index(lang, config)));
        self.defaults.insert(lang.to_owned(), section.clone());
        section
    }

    /// The files that changed without anybody noticing: those that are not as they were when they were read.
    pub fn overlooked(&self) -> BTreeSet<PathBuf> {
        let pages = self.pages.values().map(|read| (&read.source, &read.identity));
        let sections = self.sections.values().map(|read| (&read.source, &read.identity));
        let changed = pages.chain(sections).filter(|(source, identity)| Identity::of(source) != **identity);
        changed.map(|(source, _)| source.clone()).collect()
    }
}

impl Tree {
    /// Whether the same files are in the same folders, as far as a change can tell.
    fn is_as_before(&self, content: &Path, changes: &Changes) -> bool {
        let Changes::Paths(paths) = changes else { return false };
        // What is behind a link changes elsewhere.
        !self.has_links
            && paths.iter().filter(|path| path.starts_with(content) || content.starts_with(path)).all(|path| {
                let now = std::fs::symlink_metadata(path).ok().map(|meta| meta.file_type());
                let relative = path.strip_prefix(content).ok().and_then(walk::relative);
                match (relative.and_then(|relative| self.kind(&relative)), now) {
                    (Some(walk::Kind::File), Some(now)) => now.is_file(),
                    // A folder tells of itself only when it is made, moved or removed: another may have its name now.
                    // A file that was only there for a moment.
                    (None, None) => true,
                    _ => false,
                }
            })
    }
}

/// A document that may be shared between loads.
pub(super) trait Document: Send + Sync {
    /// The files beside it in the tree, which its file says nothing of.
    fn assets_in(&self, tree: &Tree) -> Vec<Asset>;
    fn assets(&self) -> &[Asset];
}

impl Document for Page {
    fn assets_in(&self, tree: &Tree) -> Vec<Asset> {
        if self.file.name == "index" { asset::find(tree, self.file.folder(), true) } else { Vec::new() }
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }
}

impl Document for Section {
    fn assets_in(&self, tree: &Tree) -> Vec<Asset> {
        asset::find(tree, self.file.folder(), false)
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }
}

type Known<'a, T> = (&'a HashMap<String, Arc<Read<T>>>, &'a Memory, &'a Changes);

/// Reads files in parallel, or takes what is known of them; results come in the order of the files.
pub(super) fn read_all<T: Document>(
    entries: &[&Entry],
    tree: &Arc<Tree>,
    known: Option<Known<T>>,
    read: impl Fn(&Entry, &mut Vec<Diagnostic>) -> Option<T> + Sync,
) -> Vec<Arc<Read<T>>> {
    let folders: Vec<&PathBuf> = match known {
        Some((_, _, Changes::Paths(paths))) => paths.iter().filter(|path| path.is_dir()).collect(),
        _ => Vec::new(),
    };
    let one = |entry: &&Entry| {
        if let Some((reads, before, changes)) = known
            && let Some(read) = reads.get(&entry.relative)
            && read.source == entry.source
            && !folders.iter().any(|folder| entry.source.starts_with(folder))
            && !must_read(read, tree, before, changes)
        {
            return read.clone();
        }
        let mut told = Vec::new();
        // Before the file is read: a change after this is seen at the next look.
        let identity = Identity::of(&entry.source);
        let document = read(entry, &mut told).map(Arc::new);
        Arc::new(Read { relative: entry.relative.clone(), source: entry.source.clone(), identity, document, told })
    };
    entries.par_iter().with_min_len(64).map(one).collect()
}

fn must_read<T: Document>(read: &Read<T>, tree: &Arc<Tree>, before: &Memory, changes: &Changes) -> bool {
    // A file that could not be read is read again, whatever the reason was.
    let Some(document) = &read.document else { return true };
    let changed = match changes {
        Changes::Paths(paths) => {
            paths.contains(&read.source) || (tree.has_links && Identity::of(&read.source) != read.identity)
        }
        Changes::Unknown => Identity::of(&read.source) != read.identity,
    };
    changed || (!Arc::ptr_eq(tree, &before.tree) && document.assets_in(tree) != document.assets())
}

pub(super) fn by_path<T>(reads: Vec<Arc<Read<T>>>) -> HashMap<String, Arc<Read<T>>> {
    reads.into_iter().map(|read| (read.relative.clone(), read)).collect()
}
