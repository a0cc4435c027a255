//! Putting changed files into the place of an output, whole and in one step, at the cost of the changes.
//!
//! The spare, or where there is none a copy of the output made of links, gets the new files and loses the old ones; then it
//! takes the place of the output, and what was the output becomes the spare. Files are replaced, never written to: the
//! two trees share most of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::cache::Stamp;
use crate::diagnostic::Result;

use super::failure::failed;
use super::state::{self, Spare, State};
use super::{Committed, Staged, checkpoint, existing};

impl Staged {
    /// [`Staged::commit`] on top of what an earlier build left: `kept` are the files that stay.
    pub(super) fn commit_changes(mut self, earlier: &State, kept: &BTreeSet<Box<str>>) -> Result<Committed> {
        let mut warnings = Vec::new();
        let untouched = state::are_untouched(&earlier.folders, self.output.path());
        if !untouched {
            // Somebody put something there, or took it away.
            existing::check(&self.output, self.manifest(), self.options)?;
        }
        let written: BTreeSet<Box<str>> = self.tree.written().into_iter().collect();
        let gone: Vec<Box<str>> =
            earlier.files.keys().filter(|path| !kept.contains(*path) && !written.contains(*path)).cloned().collect();
        if untouched && written.is_empty() && gone.is_empty() {
            return Ok(Committed { warnings, ..Committed::default() });
        }
        let all: BTreeSet<&str> = kept.iter().chain(&written).map(|path| &**path).collect();
        let has_new_names = !gone.is_empty() || written.iter().any(|path| !earlier.files.contains_key(path));
        if has_new_names {
            let names = all.iter().map(|path| Box::from(*path)).collect();
            warnings.extend(self.manifest().prepare(names)?);
        }
        if self.options.strict
            && let Some(warning) = warnings.pop()
        {
            self.manifest().discard();
            return Err(Box::new(warning));
        }
        checkpoint("prepared");
        let fresh = self.staging.spare();
        let unable = |error: io::Error| failed(self.output.shown(), &error);
        let spare = earlier.spare.as_ref().filter(|spare| self.take_spare(spare, &fresh));
        let linked = Spare::default();
        let (spare, touched) = match spare {
            Some(spare) => (spare, Some(&spare.folders)),
            None => {
                link_tree(earlier, self.output.path(), &fresh).map_err(unable)?;
                (&linked, None)
            }
        };
        checkpoint("linked");
        let changes = Changes { all: &all, written: &written, gone: &gone, spare };
        let folders = changes.apply(self.tree.folder(), self.output.path(), &fresh, touched).map_err(unable)?;
        let files = state::stamps(&fresh, written.iter().map(|path| &**path)).map_err(unable)?;
        existing::carry_permissions(&self.output, &fresh);
        checkpoint("carried");
        let swapped = self.swap(&fresh, true);
        let old = match swapped {
            Ok(()) if super::exists(&fresh) => fresh,
            Ok(()) => self.staging.aside(),
            Err(error) => {
                self.manifest().discard();
                return Err(self.not_swapped(&error));
            }
        };
        checkpoint("swapped");
        if has_new_names {
            self.manifest().accept();
        }
        checkpoint("accepted");
        let kept_old = self.spare_place().is_some_and(|place| fs::rename(&old, place).is_ok());
        let spare = (kept_old && untouched).then(|| Spare {
            folders: earlier.folders.clone(),
            differs: written.iter().chain(&gone).cloned().collect(),
        });
        warnings.extend(self.staging.delete_old(&self.output));
        checkpoint("deleted");
        Ok(Committed { warnings, changed: true, folders, files, spare })
    }

    /// Where the spare of an output is between builds: in the site's own folder, which nobody publishes. None where that
    /// cannot be written to or leads elsewhere.
    pub(super) fn spare_place(&self) -> Option<PathBuf> {
        self.manifest().spare()
    }

    /// Takes the spare to where it is worked on. False if it is not what it was, or not where it can be renamed from.
    fn take_spare(&self, spare: &Spare, to: &Path) -> bool {
        let Some(place) = self.spare_place() else { return false };
        state::are_untouched(&spare.folders, &place) && fs::rename(place, to).is_ok()
    }
}

/// A tree of folders in which all files are links to those of `output`.
fn link_tree(earlier: &State, output: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    // A folder comes before what is in it; most of the time of a first change on top of a large site goes here.
    let mut levels: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for folder in earlier.folders.keys().filter(|folder| !folder.is_empty()) {
        levels.entry(folder.matches('/').count()).or_default().push(folder);
    }
    for folders in levels.values() {
        folders.par_iter().with_min_len(32).try_for_each(|folder| fs::create_dir(to.join(folder)))?;
    }
    let files: Vec<&Box<str>> = earlier.files.keys().collect();
    files.par_iter().with_min_len(32).try_for_each(|path| match link(&output.join(&***path), &to.join(&***path)) {
        // Somebody deleted it; a file that stays is not among these.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    })
}

/// Where the file system has no links, or no more of them to this file, a copy.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == ErrorKind::NotFound || error.kind() == ErrorKind::AlreadyExists => Err(error),
        Err(_) => fs::copy(from, to).map(|_| ()),
        Ok(()) => Ok(()),
    }
}

struct Changes<'a> {
    /// What the new output holds.
    all: &'a BTreeSet<&'a str>,
    written: &'a BTreeSet<Box<str>>,
    gone: &'a [Box<str>],
    spare: &'a Spare,
}

impl Changes<'_> {
    /// Brings the tree `to` up to date with the files written to `new` and those of `output`. Gives the stamps of its
    /// folders; those in `known` are as they were unless something in them changes.
    fn apply(
        &self,
        new: &Path,
        output: &Path,
        to: &Path,
        known: Option<&BTreeMap<Box<str>, Stamp>>,
    ) -> io::Result<BTreeMap<Box<str>, Stamp>> {
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        let old = self.spare.differs.iter().chain(self.gone).filter(|path| !self.all.contains(&***path));
        for path in old {
            match fs::remove_file(to.join(&**path)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            touched.insert(parent(path));
            let mut above = parent(path);
            while !above.is_empty() && fs::remove_dir(to.join(above)).is_ok() {
                above = parent(above);
                touched.insert(above);
            }
        }
        let make = |path: &str| -> io::Result<()> {
            let folder = parent(path);
            if !folder.is_empty() && !to.join(folder).is_dir() {
                fs::create_dir_all(to.join(folder))?;
            }
            Ok(())
        };
        for path in &self.spare.differs {
            if !self.all.contains(&**path) || self.written.contains(path) {
                continue;
            }
            make(path)?;
            let place = to.join(&**path);
            match fs::remove_file(&place) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            link(&output.join(&**path), &place)?;
            touched.insert(parent(path));
        }
        for path in self.written {
            make(path)?;
            fs::rename(new.join(&**path), to.join(&**path))?;
            touched.insert(parent(path));
        }
        let folders = state::folders_of(self.all.iter().copied());
        let Some(known) = known else { return state::stamps(to, folders) };
        // A folder is touched by what is in it, and by a folder that comes or goes in it.
        let mut stamps = BTreeMap::new();
        let (mut changed, mut above_new) = (BTreeSet::new(), BTreeSet::new());
        for folder in &folders {
            if !known.contains_key(*folder) {
                changed.insert(*folder);
                above_new.insert(parent(folder));
            }
        }
        for folder in folders {
            match known.get(folder) {
                Some(stamp)
                    if !changed.contains(folder) && !above_new.contains(folder) && !touched.contains(folder) =>
                {
                    stamps.insert(folder.into(), *stamp);
                }
                _ => {
                    changed.insert(folder);
                }
            }
        }
        stamps.extend(state::stamps(to, changed)?);
        Ok(stamps)
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
