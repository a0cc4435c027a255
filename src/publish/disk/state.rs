//! What an output looked like when a build had written it, to tell later what of it is still as it was, and the tree of
//! the build before, which is kept as a spare: brought up to date with what changed, it takes the place of the output in
//! one step.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::cache::{Digest, Reader, Stamp, Writer};

/// The files and folders of an output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// When it was looked at, by the clock of its file system, in nanoseconds since 1970.
    pub time: i64,
    pub files: BTreeMap<Box<str>, Written>,
    /// With the output itself, whose path is empty.
    pub folders: BTreeMap<Box<str>, Stamp>,
    pub spare: Option<Spare>,
}

/// One file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Written {
    pub stamp: Stamp,
    /// Of its bytes, where somebody has seen them.
    pub digest: Option<Digest>,
}

/// The tree of the build before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spare {
    pub folders: BTreeMap<Box<str>, Stamp>,
    /// The files that are not the same as in the output. All others are links to the same files.
    pub differs: BTreeSet<Box<str>>,
}

impl State {
    /// The files that are not as they were written.
    pub fn damaged(&self, output: &Path) -> BTreeSet<Box<str>> {
        let is_damaged = |path: &str, written: &Written| {
            let file = output.join(path);
            let Ok(meta) = fs::symlink_metadata(&file) else { return true };
            if !meta.is_file() || !Stamp::from(&meta).is_same_content(&written.stamp) {
                return true;
            }
            if written.stamp.modified + crate::cache::TICK < self.time {
                return false;
            }
            // It may have been changed in the moment in which it was written.
            let digest = fs::read(&file).ok().map(|bytes| Digest::of(&bytes));
            digest.is_none() || digest != written.digest
        };
        let files: Vec<(&Box<str>, &Written)> = self.files.iter().collect();
        let damaged = files.par_iter().with_min_len(64).filter(|(path, written)| is_damaged(path, written));
        damaged.map(|(path, _)| (*path).clone()).collect()
    }

    pub fn write(&self, to: &mut Writer) {
        to.signed(self.time);
        to.number(self.files.len() as u64);
        for (path, written) in &self.files {
            to.text(path);
            written.stamp.write(to);
            to.bool(written.digest.is_some());
            written.digest.iter().for_each(|digest| to.digest(*digest));
        }
        write_folders(&self.folders, to);
        to.bool(self.spare.is_some());
        if let Some(spare) = &self.spare {
            write_folders(&spare.folders, to);
            to.number(spare.differs.len() as u64);
            spare.differs.iter().for_each(|path| to.text(path));
        }
    }

    pub fn read(from: &mut Reader) -> Option<Self> {
        let time = from.signed()?;
        let mut files = Vec::new();
        for _ in 0..from.count()? {
            let path = from.text()?.into();
            let stamp = Stamp::read(from)?;
            let digest = if from.bool()? { Some(from.digest()?) } else { None };
            files.push((path, Written { stamp, digest }));
        }
        let folders = read_folders(from)?;
        let mut spare = None;
        if from.bool()? {
            let folders = read_folders(from)?;
            let differs: Option<BTreeSet<Box<str>>> = (0..from.count()?).map(|_| from.text().map(Box::from)).collect();
            spare = Some(Spare { folders, differs: differs? });
        }
        // Sorted as they were written, so a map is made of them at once.
        Some(Self { time, files: files.into_iter().collect(), folders, spare })
    }
}

fn write_folders(folders: &BTreeMap<Box<str>, Stamp>, to: &mut Writer) {
    to.number(folders.len() as u64);
    for (path, stamp) in folders {
        to.text(path);
        stamp.write(to);
    }
}

fn read_folders(from: &mut Reader) -> Option<BTreeMap<Box<str>, Stamp>> {
    let folders: Option<Vec<(Box<str>, Stamp)>> =
        (0..from.count()?).map(|_| Some((from.text()?.into(), Stamp::read(from)?))).collect();
    Some(folders?.into_iter().collect())
}

/// Whether folders hold the same entries as when their stamps were taken.
pub(super) fn are_untouched(folders: &BTreeMap<Box<str>, Stamp>, tree: &Path) -> bool {
    let folders: Vec<(&Box<str>, &Stamp)> = folders.iter().collect();
    folders.par_iter().with_min_len(64).all(|(path, stamp)| {
        let meta = fs::symlink_metadata(place(tree, path));
        meta.is_ok_and(|meta| meta.is_dir() && Stamp::from(&meta).is_same_content(stamp))
    })
}

/// The stamps of folders of a tree. None where one of them is not there.
pub(super) fn stamps<'a>(
    tree: &Path,
    paths: impl IntoIterator<Item = &'a str>,
) -> std::io::Result<BTreeMap<Box<str>, Stamp>> {
    let paths: Vec<&str> = paths.into_iter().collect();
    let stamp = |path: &&str| Ok((Box::from(*path), Stamp::from(&fs::symlink_metadata(place(tree, path))?)));
    paths.par_iter().with_min_len(64).map(stamp).collect()
}

/// All folders that files need, the tree itself too.
pub(super) fn folders_of<'a>(files: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
    let mut folders = BTreeSet::from([""]);
    for file in files {
        let mut path = file;
        while let Some((folder, _)) = path.rsplit_once('/') {
            if !folders.insert(folder) {
                break;
            }
            path = folder;
        }
    }
    folders
}

fn place(tree: &Path, path: &str) -> PathBuf {
    if path.is_empty() { tree.to_path_buf() } else { tree.join(path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let stamp = Stamp { inode: 1, size: 2, modified: -3, changed: 4 };
        let state = State {
            time: 5,
            files: BTreeMap::from([
                ("a/b".into(), Written { stamp, digest: None }),
                ("c".into(), Written { stamp, digest: Some(Digest::of(b"c")) }),
            ]),
            folders: BTreeMap::from([("".into(), stamp), ("a".into(), stamp)]),
            spare: Some(Spare { folders: BTreeMap::from([("".into(), stamp)]), differs: BTreeSet::from(["c".into()]) }),
        };
        let mut writer = Writer::default();
        state.write(&mut writer);
        assert_eq!(State::read(&mut Reader(&writer.0)).as_ref(), Some(&state));
        for cut in 0..writer.0.len() {
            assert_eq!(State::read(&mut Reader(&writer.0[..cut])), None, "cut at {cut}");
        }
    }

    #[test]
    fn every_folder_above_a_file_counts() {
        assert_eq!(folders_of(["a/b/c.html", "a/d.html", "e"]), BTreeSet::from(["", "a", "a/b"]));
    }
}
