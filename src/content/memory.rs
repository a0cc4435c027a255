//! What one load leaves to the next: documents whose files did not change since are shared, not read again.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::Content;
use super::asset::{self, Asset};
use super::page::Page;
use super::section::Section;
use super::walk::{self, Entry, Tree};
use crate::cache::Stamp;
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

    /// Whether a file is the one that was read. `then` is what it was before it was read.
    pub fn leave(&self, file: &Path, then: Option<&Stamp>) -> bool {
        let told = match self {
            Changes::Unknown => false,
            Changes::Paths(paths) => file.ancestors().any(|path| paths.contains(path)),
        };
        !told && then.is_some() && Stamp::of(file).as_ref() == then
    }
}

/// A load's documents by their paths below `content/`, drafts included, with what was said about them.
#[derive(Debug)]
pub struct Memory {
    pub(super) tree: Arc<Tree>,
    pub(super) tree_told: Vec<Diagnostic>,
    /// What was said about everything but pages.
    pub(super) others_told: Vec<Diagnostic>,
    pub(super) sections: Arc<Vec<Arc<Read<Section>>>>,
    pub(super) pages: Vec<Arc<Read<Page>>>,
    /// Index sections without a file, by language.
    defaults: HashMap<String, Arc<Section>>,
    /// The result.
    pub(super) content: Content,
}

/// One file that was read.
#[derive(Debug)]
pub struct Read<T> {
    relative: String,
    source: PathBuf,
    stamp: Option<Stamp>,
    pub document: Option<Arc<T>>,
    pub told: Vec<Diagnostic>,
}

impl Memory {
    /// The tree of `content/`, that of the earlier load where no file came or went.
    pub(super) fn walk(root: &Path, config: &Config, before: Option<(&Memory, &Changes)>) -> Self {
        let mut told = Vec::new();
        let content = root.join("content");
        let after = |(before, changes): (&Memory, &Changes)| match changes {
            _ if before.tree.is_as_before(&content, changes) => Some((before.tree.clone(), before.tree_told.clone())),
            Changes::Paths(paths) if before.tree_told.is_empty() => {
                Some((Arc::new(before.tree.after(&content, paths, config)?), Vec::new()))
            }
            _ => None,
        };
        let (tree, told) = match before.and_then(after) {
            Some(known) => known,
            None => (Arc::new(walk::walk(root, config, &mut told)), told),
        };
        Self {
            tree,
            tree_told: told,
            others_told: Vec::new(),
            sections: Arc::default(),
            pages: Vec::new(),
            defaults: HashMap::new(),
            content: Content::default(),
        }
    }

    /// Files and titles of all drafts, shown or not, but for those in the folder of a draft section that is not shown.
    pub fn drafts(&self) -> Vec<(&str, Option<&str>)> {
        let sections = self.sections.iter().filter_map(|read| read.document.as_ref());
        let pages = self.pages.iter().filter_map(|read| read.document.as_ref());
        let sections = sections.filter(|section| section.meta.draft).map(|it| (&it.file, &it.meta.title));
        let pages = pages.filter(|page| page.meta.draft).map(|it| (&it.file, &it.meta.title));
        sections.chain(pages).map(|(file, title)| (file.relative.as_str(), title.as_deref())).collect()
    }

    /// The memory of a load after changes inside documents, if that is what these are: all files are where they were, and
    /// no page appears or disappears. Also the pages that were read again.
    pub(super) fn patched(
        before: &Memory,
        changes: &Changes,
        root: &Path,
        config: &Config,
        shows: impl Fn(&Page) -> bool,
    ) -> Option<(Self, Vec<Arc<Page>>)> {
        let Changes::Paths(paths) = changes else { return None };
        let content = root.join("content");
        if !before.tree.is_as_before(&content, changes) {
            return None;
        }
        let mut memory = Self {
            tree: before.tree.clone(),
            tree_told: before.tree_told.clone(),
            others_told: before.others_told.clone(),
            sections: before.sections.clone(),
            pages: before.pages.clone(),
            defaults: before.defaults.clone(),
            content: before.content.clone(),
        };
        let mut again = Vec::new();
        for path in paths.iter().filter(|path| path.starts_with(&content)) {
            let relative = path.strip_prefix(&content).ok().and_then(walk::relative)?;
            if let Ok(at) = memory.sections.binary_search_by(|section| section.relative.cmp(&relative)) {
                memory.patch_section(at, config)?;
                continue;
            }
            let Ok(at) = memory.pages.binary_search_by(|page| page.relative.cmp(&relative)) else {
                // An asset, which says nothing by its content.
                continue;
            };
            let entry = before.tree.entry(&relative)?;
            let page = read_one(entry, |_, told| Page::read(entry, &before.tree, config, told));
            let document = page.document.clone().filter(|page| shows(page))?;
            let shown = &mut memory.content.pages;
            let place = shown.binary_search_by(|page| page.file.relative.cmp(&relative)).ok()?;
            shown[place] = document.clone();
            memory.pages[at] = page;
            again.push(document);
        }
        // A file that could not be read is read again, whatever the reason was.
        let whole = memory.pages.iter().all(|read| read.document.is_some())
            && memory.sections.iter().all(|read| read.document.is_some());
        whole.then_some((memory, again))
    }

    /// Reads a section again; none where that may mean anything for other documents, or there is something to say of it.
    fn patch_section(&mut self, at: usize, config: &Config) -> Option<()> {
        let tree = self.tree.clone();
        let old = self.sections.get(at).filter(|read| read.told.is_empty())?;
        let entry = tree.entry(&old.relative)?;
        let new = read_one(entry, |_, told| Section::read(entry, &tree, config, told));
        let (a, b) = (old.document.as_ref()?, new.document.clone().filter(|_| new.told.is_empty())?);
        let alike = (a.meta.draft, a.meta.in_search_index, &a.lang, &a.path, &a.permalink)
            == (b.meta.draft, b.meta.in_search_index, &b.lang, &b.path, &b.permalink);
        let shown = &mut self.content.sections;
        let place = shown.binary_search_by(|section| section.file.relative.cmp(&b.file.relative));
        shown[place.ok().filter(|_| alike)?] = b;
        Arc::make_mut(&mut self.sections)[at] = new;
        Some(())
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

    /// Where the files really are, if there are symbolic links among them.
    pub fn linked(&self) -> Vec<PathBuf> {
        if !self.tree.has_links {
            return Vec::new();
        }
        let sources = self.pages.iter().map(|read| &read.source).chain(self.sections.iter().map(|read| &read.source));
        sources.filter_map(|source| source.canonicalize().ok()).collect()
    }

    /// The files that changed without anybody noticing: those that are not as they were when they were read.
    pub fn overlooked(&self) -> BTreeSet<PathBuf> {
        let pages = self.pages.iter().map(|read| (&read.source, &read.stamp));
        let sections = self.sections.iter().map(|read| (&read.source, &read.stamp));
        let changed = pages.chain(sections).filter(|(source, stamp)| Stamp::of(source) != **stamp);
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
        Page::assets_in(self, tree)
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

type Known<'a, T> = (&'a [Arc<Read<T>>], &'a Memory, &'a Changes);

/// Reads files in parallel, or takes what is known of them; results come in the order of the files.
pub(super) fn read_all<T: Document>(
    entries: &[&Entry],
    tree: &Arc<Tree>,
    known: Option<Known<T>>,
    read: impl Fn(&Entry, Option<&Stamp>, &mut Vec<Diagnostic>) -> Option<T> + Sync,
) -> Vec<Arc<Read<T>>> {
    let folders: Vec<&PathBuf> = match known {
        Some((_, _, Changes::Paths(paths))) => paths.iter().filter(|path| path.is_dir()).collect(),
        _ => Vec::new(),
    };
    let reads = known.map(|(reads, ..)| reads).unwrap_or_default();
    let reads: HashMap<&str, &Arc<Read<T>>> = reads.iter().map(|read| (read.relative.as_str(), read)).collect();
    let one = |entry: &&Entry| {
        if let Some((_, before, changes)) = known
            && let Some(&read) = reads.get(entry.relative.as_str())
            && read.source == entry.source
            && !folders.iter().any(|folder| entry.source.starts_with(folder))
            && !must_read(read, tree, before, changes)
        {
            return read.clone();
        }
        read_one(entry, |stamp, told| read(entry, stamp, told))
    };
    entries.par_iter().with_min_len(64).map(one).collect()
}

fn read_one<T>(entry: &Entry, read: impl FnOnce(Option<&Stamp>, &mut Vec<Diagnostic>) -> Option<T>) -> Arc<Read<T>> {
    let mut told = Vec::new();
    // Before the file is read: a change after this is seen at the next look.
    let stamp = Stamp::of(&entry.source);
    let document = read(stamp.as_ref(), &mut told).map(Arc::new);
    Arc::new(Read { relative: entry.relative.clone(), source: entry.source.clone(), stamp, document, told })
}

fn must_read<T: Document>(read: &Read<T>, tree: &Arc<Tree>, before: &Memory, changes: &Changes) -> bool {
    // A file that could not be read is read again, whatever the reason was.
    let Some(document) = &read.document else { return true };
    let changed = match changes {
        Changes::Paths(paths) => {
            paths.contains(&read.source) || (tree.has_links && Stamp::of(&read.source) != read.stamp)
        }
        Changes::Unknown => Stamp::of(&read.source) != read.stamp,
    };
    changed || (!Arc::ptr_eq(tree, &before.tree) && document.assets_in(tree) != document.assets())
}

/// The reads by the paths of their files.
pub(super) fn sorted<T>(mut reads: Vec<Arc<Read<T>>>) -> Vec<Arc<Read<T>>> {
    reads.sort_by(|a, b| a.relative.cmp(&b.relative));
    reads
}
