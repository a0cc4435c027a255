//! Files that others put into a tree of ours, found without listing every folder.
//!
//! A folder's time changes when an entry is added to it or taken away. The times are noted on this computer after a deploy, so
//! that the next one lists only folders whose time is another, and those that hold folders.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::host::{Child, Fault, Host, Result};
use super::manifest::{Files, is_inside};
use super::transfer::{each, retry};

/// The times of folders, as one deploy left them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Stamps {
    /// The deploy.
    id: String,
    folders: BTreeMap<String, i64>,
}

/// A change in the same moment as the deploy's own cannot be told from it; servers tell time by the second.
const MOMENT: Duration = Duration::from_secs(2);

impl Stamps {
    /// What was noted after the deploy `id`; nothing when that was another computer's.
    pub fn load(file: &Path, id: &str) -> Self {
        let stamps = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        stamps.filter(|stamps| stamps.id == id).unwrap_or_default()
    }

    /// Notes the times of a tree that was filled with `files` this long ago. Failing to is not failing to deploy.
    pub fn note(host: &dyn Host, tree: &str, files: &Files, id: &str, file: &Path, ago: Duration) {
        let walk = Walk { host, tree, parents: parents(files), stamps: &Self::default() };
        let Ok((_, mut folders)) = walk.run(true) else { return };
        let last = folders.values().copied().max().unwrap_or(0);
        // What is left of the moment.
        let moment = MOMENT.saturating_sub(ago).as_nanos() as i64;
        folders.retain(|_, stamp| *stamp <= last - moment);
        let stamps = Self { id: id.to_owned(), folders };
        if let Ok(bytes) = serde_json::to_vec(&stamps) {
            let _ = std::fs::write(file, bytes);
        }
    }
}

/// The files below `tree` that are not among `ours`, with their sizes.
pub fn find(host: &dyn Host, tree: &str, ours: &Files, stamps: &Stamps) -> Result<BTreeMap<String, u64>> {
    let walk = Walk { host, tree, parents: parents(ours), stamps };
    let mut found: BTreeMap<String, u64> = match walk.run(false) {
        Ok((files, _)) => files,
        Err(error) if error.fault == Fault::NoList => {
            let listed = retry(|| host.list(tree.trim_end_matches('/')))?;
            listed.into_iter().map(|f| (f.path, f.size)).collect()
        }
        Err(error) => return Err(error),
    };
    found.retain(|path, _| !ours.contains_key(path));
    Ok(found)
}

/// The folders that hold folders, `""` among them.
fn parents(files: &Files) -> BTreeSet<String> {
    let mut parents = BTreeSet::from([String::new()]);
    for path in files.keys() {
        let Some((folder, _)) = path.rsplit_once('/') else { continue };
        for (at, _) in folder.match_indices('/') {
            if !parents.contains(&folder[..at]) {
                parents.insert(folder[..at].to_owned());
            }
        }
    }
    parents
}

struct Walk<'a> {
    host: &'a dyn Host,
    tree: &'a str,
    parents: BTreeSet<String>,
    stamps: &'a Stamps,
}

impl Walk<'_> {
    /// The files of all folders that were looked into, and the times of all folders that were seen. `only_parents` looks
    /// into no folder but those that hold folders.
    fn run(&self, only_parents: bool) -> Result<(BTreeMap<String, u64>, BTreeMap<String, i64>)> {
        let (mut files, mut folders) = (BTreeMap::new(), BTreeMap::new());
        let mut now = vec![String::new()];
        while !now.is_empty() {
            let lists = std::sync::Mutex::new(Vec::new());
            each(&now, 16, |folder| {
                let children = retry(|| self.host.children(format!("{}{folder}", self.tree).trim_end_matches('/')))?;
                lists.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((folder.clone(), children));
                Ok(())
            })?;
            let mut next = Vec::new();
            for (folder, children) in lists.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
                for Child { name, size, folder: stamp } in children {
                    let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                    if !is_inside(&path) {
                        continue;
                    }
                    let Some(stamp) = stamp else {
                        files.insert(path, size);
                        continue;
                    };
                    let is_known = self.stamps.folders.get(&path) == Some(&stamp);
                    if self.parents.contains(&path) || !(only_parents || is_known) {
                        next.push(path.clone());
                    }
                    folders.insert(path, stamp);
                }
            }
            now = next;
        }
        Ok((files, folders))
    }
}

#[cfg(test)]
mod tests {
    use super::super::hosts::folder_for_test;
    use super::super::manifest::Entry;
    use super::*;

    #[test]
    fn only_folders_whose_time_changed_are_looked_into() {
        let folder = tempfile::tempdir().expect("a folder");
        let host = folder_for_test(folder.path());
        let entry = Entry { hash: "x".into(), size: 1, headers: String::new() };
        let ours: Files =
            ["index.html", "p/a/index.html", "p/b/index.html"].map(|p| (p.to_owned(), entry.clone())).into();
        for path in ours.keys() {
            let file = folder.path().join("tree").join(path);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
            std::fs::write(file, "x").expect("a file");
        }
        let noted = |ago| {
            let file = folder.path().join("fresh");
            Stamps::note(host.as_ref(), "tree/", &ours, "1", &file, ago);
            Stamps::load(&file, "1").folders.len()
        };
        assert_eq!(noted(Duration::ZERO), 0, "all of it was just now");
        assert!(noted(MOMENT) > 0, "nobody can have come in the same moment");
        // Long ago, but for `p/b`, whose time says that nothing was added: the stranger in it is not seen.
        let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let set = |path: &str| {
            let folder = std::fs::File::open(folder.path().join("tree").join(path)).expect("a folder");
            folder.set_modified(long_ago).expect("a time");
        };
        ["p/a", "p/b"].into_iter().for_each(set);
        let file = folder.path().join("stamps");
        Stamps::note(host.as_ref(), "tree/", &ours, "1", &file, Duration::ZERO);
        let stamps = Stamps::load(&file, "1");
        assert_eq!(stamps.folders.keys().collect::<Vec<_>>(), ["p/a", "p/b"]);
        for stranger in ["top.txt", "p/a/c/deep.txt", "p/b/unseen.txt"] {
            let file = folder.path().join("tree").join(stranger);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("folders");
            std::fs::write(file, "x").expect("a file");
        }
        set("p/b");
        let found = find(host.as_ref(), "tree/", &ours, &stamps).expect("files");
        assert_eq!(found.keys().collect::<Vec<_>>(), ["p/a/c/deep.txt", "top.txt"]);
        let other = Stamps::load(&file, "2");
        assert_eq!(
            find(host.as_ref(), "tree/", &ours, &other).expect("files").len(),
            3,
            "another deploy's times say nothing"
        );
    }
}
