//! The new output while it is being written, from many threads.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::diagnostic::{Diagnostic, Result};
use crate::text;

use super::failure::{failed, unreadable};

/// Threads that write into different folders hardly ever meet in one of this many parts.
const SHARDS: usize = 32;

pub(super) struct Tree {
    folder: PathBuf,
    shown: String,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

/// What happened in the folders whose paths hash to one shard.
#[derive(Default)]
struct Shard {
    folders: HashSet<Box<str>>,
    files: Vec<Box<str>>,
}

impl Tree {
    /// `folder` exists, is empty, and nobody else writes to it. `shown` is the output's name in messages.
    pub fn new(folder: PathBuf, shown: &str) -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { folder, shown: shown.to_owned(), hasher: RandomState::new(), shards }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        let target = self.place(path)?;
        let mut file = create(&target).map_err(|error| self.not_written(path, &error))?;
        file.write_all(bytes).map_err(|error| self.not_written(path, &error))?;
        self.note(path);
        Ok(())
    }

    pub fn copy(&self, path: &str, source: &Path, hard_link: bool) -> Result<()> {
        let shown = source.display().to_string();
        let unreadable = |error: io::Error| unreadable(&shown, &error);
        // Not opened before it is known to be a file: a pipe would keep us waiting for ever.
        let meta = fs::metadata(source).map_err(unreadable)?;
        if !meta.is_file() {
            return Err(Box::new(Diagnostic::error(
                "publish/source",
                text!("cannot publish `{shown}`: it is not a file", "无法发布 `{shown}`：它不是文件"),
            )));
        }
        let target = self.place(path)?;
        if hard_link && self.link(source, &target).is_ok() {
            self.note(path);
            return Ok(());
        }
        // Not `fs::copy`: it would copy the permissions too, and make files that cannot be written.
        let mut from = File::open(source).map_err(unreadable)?;
        let mut to = create(&target).map_err(|error| self.not_written(path, &error))?;
        io::copy(&mut from, &mut to).map_err(|error| match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => self.not_written(path, &error),
            // Reading or writing: the system does not say which.
            _ => Box::new(Diagnostic::error(
                "publish/io",
                text!("cannot copy `{shown}` to `{path}`: {error}", "无法把 `{shown}` 复制到 `{path}`：{error}"),
            )),
        })?;
        self.note(path);
        Ok(())
    }

    fn link(&self, source: &Path, target: &Path) -> io::Result<()> {
        if fs::symlink_metadata(source)?.is_symlink() {
            // A link to the file, not to the symlink.
            return fs::hard_link(fs::canonicalize(source)?, target);
        }
        fs::hard_link(source, target)
    }

    /// The paths of all files written so far.
    pub fn written(&mut self) -> Vec<Box<str>> {
        let shards = self.shards.iter_mut().map(|shard| shard.get_mut().unwrap_or_else(PoisonError::into_inner));
        shards.flat_map(|shard| std::mem::take(&mut shard.files)).collect()
    }

    /// Where the file of an output path goes. Its folder exists afterwards.
    fn place(&self, path: &str) -> Result<PathBuf> {
        publishable(path)?;
        if let Some(parent) = parent(path) {
            self.create_folders(parent)?;
        }
        Ok(self.folder.join(path))
    }

    /// Makes a folder and those above it, once. Every one of them is made here or found to be a folder and no symlink, so
    /// that no file is written through a link.
    fn create_folders(&self, folder: &str) -> Result<()> {
        if self.shard(folder).folders.contains(folder) {
            return Ok(());
        }
        if let Some(above) = parent(folder) {
            self.create_folders(above)?;
        }
        let path = self.folder.join(folder);
        if let Err(error) = fs::create_dir(&path) {
            let found = error.kind() == ErrorKind::AlreadyExists;
            if !found {
                return Err(self.not_written(folder, &error));
            }
            if !fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir()) {
                return Err(self.taken(folder));
            }
        }
        self.shard(folder).folders.insert(folder.into());
        Ok(())
    }

    fn note(&self, path: &str) {
        self.shard(parent(path).unwrap_or_default()).files.push(path.into());
    }

    fn shard(&self, folder: &str) -> std::sync::MutexGuard<'_, Shard> {
        let index = self.hasher.hash_one(folder) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn not_written(&self, path: &str, error: &io::Error) -> Box<Diagnostic> {
        match error.kind() {
            ErrorKind::AlreadyExists => self.taken(path),
            _ => failed(&format!("{}/{path}", self.shown), error),
        }
    }

    fn taken(&self, path: &str) -> Box<Diagnostic> {
        let shown = &self.shown;
        Box::new(
            Diagnostic::error(
                "publish/taken",
                text!(
                    "cannot write `{shown}/{path}`: a file or folder of that name has been written already",
                    "无法写入 `{shown}/{path}`：同名的文件或文件夹已经写入"
                ),
            )
            .help(text!(
                "give one of the two another path; on some disks names that differ in case only are the same",
                "请给其中之一换一个路径；在有些磁盘上，仅大小写不同的名称视为相同"
            )),
        )
    }
}

/// A new file that everybody may read and its owner write. Never opens what is there already, be it a symlink.
fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// Refuses an output path that leads elsewhere or that not every system takes.
pub fn publishable(path: &str) -> Result<()> {
    check(path).map_err(|why| {
        let crate::diagnostic::Text { en, zh } = why;
        Box::new(Diagnostic::error(
            "publish/path",
            text!("{path:?} is not a path that can be published: {en}", "{path:?} 不是可以发布的路径：{zh}"),
        ))
    })
}

/// Whether a path is plain: relative, `/` between parts that are names, on every system.
fn check(path: &str) -> Result<(), crate::diagnostic::Text> {
    if path.is_empty() {
        return Err(text!("it is empty", "它是空的"));
    }
    if path.starts_with('/') {
        return Err(text!("it is absolute", "它是绝对路径"));
    }
    if path.contains('\\') {
        return Err(text!("it contains a backslash", "它含有反斜杠"));
    }
    if path.contains('\0') {
        return Err(text!("it contains a NUL character", "它含有 NUL 字符"));
    }
    for part in path.split('/') {
        match part {
            "" => return Err(text!("a part of it is empty", "其中有一段是空的")),
            "." | ".." => return Err(text!("it contains `{part}`", "它含有 `{part}`")),
            _ if cfg!(windows) && !is_windows_name(part) => {
                return Err(text!("Windows does not allow the name `{part}`", "Windows 不允许使用名称 `{part}`"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
fn is_windows_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (stem.strip_prefix("COM").or(stem.strip_prefix("LPT")))
            .is_some_and(|number| number.chars().count() == 1 && number.chars().all(|c| "0123456789¹²³".contains(c)));
    !device && !name.ends_with(['.', ' ']) && !name.contains(|c: char| c.is_control() || "<>:\"|?*".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_only() {
        for good in
            ["index.html", "a/b/c.html", "科普/index.html", ".htaccess", "a b", "..a/b..", "%2e%2e/x", "a\nb", "~"]
        {
            assert!(check(good).is_ok(), "{good:?}");
        }
        for bad in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "a\\b", "..\\a", "a\0b",
            "\\\\x\\y",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_of_windows() {
        for good in ["a", "console", "com", "com10", ".htaccess", "科普"] {
            assert!(is_windows_name(good), "{good:?}");
        }
        for bad in ["con", "Con.html", "com1", "LPT9.txt", "a:b", "C:", "a.", "a ", "a?", "a\nb"] {
            assert!(!is_windows_name(bad), "{bad:?}");
        }
    }
}
