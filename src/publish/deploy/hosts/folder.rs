//! A folder of this computer, or one that is mounted.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::super::host::{Abilities, Child, Content, Found, Headers, Host, HostError, Look, Result};

pub struct Folder {
    base: PathBuf,
    /// Folders that are known to be there.
    made: Mutex<HashSet<PathBuf>>,
}

impl Folder {
    pub fn open(base: PathBuf) -> Self {
        Self { base, made: Mutex::default() }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    fn make_parent(&self, path: &Path) -> io::Result<()> {
        let Some(parent) = path.parent() else { return Ok(()) };
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(parent) {
            return Ok(());
        }
        fs::create_dir_all(parent)?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(parent.to_owned());
        Ok(())
    }

    fn forget(&self, folder: &Path) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).retain(|made| !made.starts_with(folder));
    }
}

fn failed(path: &str) -> impl Fn(io::Error) -> HostError + '_ {
    move |error| HostError::io(&error).at(path)
}

/// Gone, or never there.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

impl Host for Folder {
    fn abilities(&self) -> Abilities {
        Abilities { rename: true, link: cfg!(unix), ..Abilities::default() }
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        let root = self.at(folder);
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(&root) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.io_error().is_some_and(is_missing) => continue,
                Err(error) => return Err(HostError::io(&error.into()).at(folder)),
            };
            if entry.file_type().is_dir() {
                continue;
            }
            let Ok(relative) = entry.path().strip_prefix(&root) else { continue };
            let path = relative.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            let size = entry.metadata().map(|data| data.len()).unwrap_or(0);
            if !path.is_empty() {
                found.push(Found { path, size });
            }
        }
        Ok(found)
    }

    fn children(&self, folder: &str) -> Result<Vec<Child>> {
        let entries = match fs::read_dir(self.at(folder)) {
            Ok(entries) => entries,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(folder)(error)),
        };
        let child = |entry: io::Result<fs::DirEntry>| -> io::Result<Child> {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !entry.file_type()?.is_dir() {
                return Ok(Child { name, size: 0, folder: None });
            }
            let changed = entry.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            Ok(Child { name, size: 0, folder: Some(i64::try_from(changed.as_nanos()).unwrap_or(0)) })
        };
        entries.map(child).collect::<io::Result<_>>().map_err(failed(folder))
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        match fs::read(self.at(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(path)(error)),
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        match fs::symlink_metadata(self.at(path)) {
            Ok(data) => Ok((!data.is_dir()).then_some(data.len())),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed(path)(error)),
        }
    }

    fn write(&self, path: &str, content: &Content, _: &Headers) -> Result<()> {
        let place = self.at(path);
        self.make_parent(&place).map_err(failed(path))?;
        let mut reader = content.reader()?;
        let mut file = fs::File::create(&place).map_err(failed(path))?;
        io::copy(&mut reader, &mut file).map_err(failed(path))?;
        Ok(())
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        let place = self.at(path);
        self.make_parent(&place).map_err(failed(path))?;
        match fs::File::create_new(&place) {
            Ok(mut file) => file.write_all(bytes).map(|()| true).map_err(failed(path)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(failed(path)(error)),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let place = self.at(to);
        self.make_parent(&place).map_err(failed(to))?;
        fs::rename(self.at(from), place).map_err(failed(to))
    }

    fn delete(&self, path: &str) -> Result<()> {
        match fs::remove_file(self.at(path)) {
            Err(error) if !is_missing(&error) => Err(failed(path)(error)),
            _ => Ok(()),
        }
    }

    fn remove_folder(&self, path: &str) -> Result<bool> {
        let place = self.at(path);
        self.forget(&place);
        match fs::remove_dir(&place) {
            Ok(()) => Ok(true),
            Err(error) if is_missing(&error) => Ok(true),
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(error) => Err(failed(path)(error)),
        }
    }

    fn link(&self, from: &str, to: &str) -> Result<()> {
        let place = self.at(to);
        self.make_parent(&place).map_err(failed(to))?;
        match fs::hard_link(self.at(from), &place) {
            // What others put there stays in a tree until the tree is filled anew.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                fs::remove_file(&place).and_then(|()| fs::hard_link(self.at(from), place)).map_err(failed(to))
            }
            made => made.map_err(failed(to)),
        }
    }

    #[cfg(unix)]
    fn point(&self, link: &str, target: &str) -> Result<()> {
        let new = self.at(&format!("{link}.kepu-new"));
        let made = fs::remove_file(&new)
            .or_else(|error| if is_missing(&error) { Ok(()) } else { Err(error) })
            .and_then(|()| std::os::unix::fs::symlink(target, &new))
            .and_then(|()| fs::rename(&new, self.at(link)));
        made.map_err(failed(link))
    }

    fn look(&self, path: &str) -> Result<Look> {
        let place = self.at(path);
        let data = match fs::symlink_metadata(&place) {
            Ok(data) => data,
            Err(error) if is_missing(&error) => return Ok(Look::Nothing),
            Err(error) => return Err(failed(path)(error)),
        };
        if data.is_symlink() {
            let target = fs::read_link(&place).map_err(failed(path))?;
            return Ok(Look::Link(target.to_string_lossy().into_owned()));
        }
        let is_empty = data.is_dir() && fs::read_dir(&place).map_err(failed(path))?.next().is_none();
        Ok(if is_empty { Look::EmptyFolder } else { Look::Other })
    }
}
