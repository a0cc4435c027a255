//! The folder beside an output where a build works, and the lock that makes it one build's own.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::cache::{Stamp, nanoseconds};
use crate::diagnostic::{Diagnostic, Result};
use crate::text;

use super::exists;
use super::failure::failed;
use super::guard::Output;

const LOCK: &str = "kepu.lock";
const TREE: &str = "new";
const ASIDE: &str = "aside";
const TRASH: &str = "trash";

/// Held: the lock. On drop everything in it is removed, with the parents that were made for it if they are empty.
pub(super) struct Staging {
    folder: PathBuf,
    output: PathBuf,
    _lock: File,
    _parents: Parents,
}

impl Staging {
    /// Makes the staging folder of `output`, or takes over that of a killed build, and locks it.
    pub fn open(output: &Output) -> Result<Self> {
        let folder = folder(output.path());
        let shown = folder.display().to_string();
        // A build that ends removes its lock file, and the one that waited at the door holds a lock on nothing.
        for _ in 0..100 {
            let parents = Parents::create(output.path())?;
            let fresh = match make_private(&folder) {
                Ok(()) => true,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                // Name what the user knows and can change: the folder that the output is in.
                Err(error) => {
                    let parent = folder.parent().unwrap_or(&folder);
                    return Err(failed(&parent.display().to_string(), &error));
                }
            };
            if !fresh && !is_ours(&folder).map_err(|error| failed(&shown, &error))? {
                return Err(occupied(&shown));
            }
            let path = folder.join(LOCK);
            let mut lock = match open_lock(&path) {
                Ok(lock) => lock,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    if fresh {
                        let _ = fs::remove_dir(&folder);
                    }
                    return Err(failed(&shown, &error));
                }
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(locked(output.shown(), &mut lock)),
                // Some network file systems have no locks; a build without one is better than none.
                Err(TryLockError::Error(_)) => {}
            }
            if !is_at(&lock, &path) {
                continue;
            }
            // Somebody else's, perhaps in a folder for everybody such as `/tmp`: not to be touched, not even on drop.
            if !fresh && !is_of_this_user(&folder).map_err(|error| failed(&shown, &error))? {
                return Err(occupied(&shown));
            }
            let _ = note_holder(&mut lock);
            let output = output.path().to_owned();
            return Ok(Self { folder, output, _lock: lock, _parents: parents });
        }
        Err(failed(&shown, &ErrorKind::TimedOut.into()))
    }

    /// The tree being written.
    pub fn tree(&self) -> PathBuf {
        self.folder.join(TREE)
    }

    /// Where the old output waits while the new one takes its place.
    pub fn aside(&self) -> PathBuf {
        self.folder.join(ASIDE)
    }

    /// Where a spare tree is brought up to date. A build that dies leaves it as trash.
    pub fn spare(&self) -> PathBuf {
        self.folder.join(format!("{TRASH}-spare"))
    }

    /// Deletes a folder of kepu's own, soon or now. In nobody's way if that fails.
    pub fn discard(&self, folder: &Path) {
        if exists(folder) && fs::rename(folder, self.free_trash()).is_err() {
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// The time by the clock of the file system, in nanoseconds since 1970.
    pub fn time(&self) -> i64 {
        let file = self.folder.join(format!("{TRASH}-clock"));
        let stamp = fs::write(&file, "").ok().and_then(|()| Stamp::at(&file));
        let _ = fs::remove_file(&file);
        stamp.map_or_else(|| nanoseconds(std::time::SystemTime::now()), |stamp| stamp.modified)
    }

    /// Undoes what a killed build left behind.
    pub fn recover(&self, output: &Output) -> Result<()> {
        self.tidy().map_err(|error| failed(output.shown(), &error))?;
        // Old trees that cannot be deleted stop no build: they are in nobody's way.
        let _ = self.empty_trash();
        Ok(())
    }

    /// Deletes the tree that the output was before a swap. Only worth a warning when it fails: the site is up.
    pub fn delete_old(&self, output: &Output) -> Option<Diagnostic> {
        let error = self.tidy().and_then(|()| self.empty_trash()).err()?;
        let (shown, folder) = (output.shown(), self.folder.display());
        Some(
            Diagnostic::warning(
                "publish/old-output",
                text!(
                    "`{shown}` is new, but its old files in `{folder}` could not be deleted: {error}",
                    "`{shown}` 已更新，但 `{folder}` 中的旧文件无法删除：{error}"
                ),
            )
            .help(text!("delete that folder by hand", "请手动删除该文件夹")),
        )
    }

    /// Puts an output that was set aside back to its place if there is none, and makes everything else trash: a name that
    /// is never put back, since half of a tree may be gone when a build is killed while deleting it.
    fn tidy(&self) -> io::Result<()> {
        let aside = self.aside();
        if !exists(&self.output) && fs::symlink_metadata(&aside).is_ok_and(|meta| meta.is_dir()) {
            fs::rename(&aside, &self.output)?;
        }
        for folder in [aside, self.tree()] {
            if exists(&folder) {
                fs::rename(&folder, self.free_trash())?;
            }
        }
        Ok(())
    }

    fn free_trash(&self) -> PathBuf {
        let mut number = 0_u32;
        loop {
            let path = self.folder.join(format!("{TRASH}{number}"));
            if !exists(&path) {
                return path;
            }
            number += 1;
        }
    }

    fn empty_trash(&self) -> io::Result<()> {
        let mut result = Ok(());
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(TRASH.as_bytes()) {
                let is_folder = entry.file_type()?.is_dir();
                let remove = if is_folder { fs::remove_dir_all } else { fs::remove_file };
                result = result.and(remove(entry.path()));
            }
        }
        result
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = self.tidy();
        let _ = self.empty_trash();
        // Still locked: whoever opens the file in this moment finds that it is gone and starts over.
        let _ = fs::remove_file(self.folder.join(LOCK));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// Folders above the output that did not exist. They go again on drop, unless something is in them by then.
struct Parents(Vec<PathBuf>);

impl Parents {
    fn create(output: &Path) -> Result<Self> {
        let mut made = Self(Vec::new());
        let Some(parent) = output.parent() else { return Ok(made) };
        let missing: Vec<&Path> = parent.ancestors().take_while(|folder| !exists(folder)).collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => made.0.push(folder.to_owned()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&folder.display().to_string(), &error)),
            }
        }
        Ok(made)
    }
}

impl Drop for Parents {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

const SUFFIX: &str = ".kepu-staging";

/// Whether a path is in a staging folder, or is one.
pub fn is_staged(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().as_encoded_bytes().ends_with(SUFFIX.as_bytes()))
}

/// `.public.kepu-staging` beside `public`, on the same file system.
pub(super) fn folder(output: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    match output.file_name() {
        // Room for the rest of the name within 255 bytes. Two outputs that share it merely wait for each other.
        Some(output) if output.len() > 200 => name.push("long-name"),
        Some(output) => name.push(output),
        None => {}
    }
    name.push(SUFFIX);
    output.with_file_name(name)
}

/// A folder that only this user may enter: nobody reads half a site, nobody plants a link in it.
fn make_private(folder: &Path) -> io::Result<()> {
    #[allow(unused_mut)]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether a folder with the name of a staging folder is one: a real folder with nothing in it that kepu does not put there.
fn is_ours(folder: &Path) -> io::Result<bool> {
    let entries = match fs::symlink_metadata(folder) {
        Ok(meta) if !meta.is_dir() => return Ok(false),
        Ok(_) => fs::read_dir(folder),
        Err(error) => Err(error),
    };
    let entries = match entries {
        Ok(entries) => entries,
        // Just removed by the build that owned it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        let name = name.as_encoded_bytes();
        if ![LOCK, TREE, ASIDE].iter().any(|own| own.as_bytes() == name) && !name.starts_with(TRASH.as_bytes()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a staging folder was made by the user who runs this. Compares with a folder made just now, since some network
/// file systems give files to another user than the one who made them.
#[cfg(unix)]
fn is_of_this_user(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let probe = folder.join(format!("{TRASH}-{}", std::process::id()));
    let _ = fs::remove_dir(&probe);
    fs::create_dir(&probe)?;
    let mine = fs::symlink_metadata(&probe)?.uid();
    fs::remove_dir(&probe)?;
    Ok(fs::symlink_metadata(folder)?.uid() == mine)
}

#[cfg(not(unix))]
fn is_of_this_user(_: &Path) -> io::Result<bool> {
    Ok(true)
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    options.open(path)
}

/// Whether an open lock file is still the one that others find.
#[cfg(unix)]
fn is_at(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |meta: fs::Metadata| (meta.dev(), meta.ino());
    match (lock.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(found)) => id(held) == id(found),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    exists(path)
}

/// For the message of whoever comes next.
fn note_holder(lock: &mut File) -> io::Result<()> {
    lock.set_len(0)?;
    write!(lock, "{}", std::process::id())
}

fn locked(shown: &str, lock: &mut File) -> Box<Diagnostic> {
    let mut holder = String::new();
    let _ = lock.rewind();
    let _ = lock.take(20).read_to_string(&mut holder);
    let diagnostic = Diagnostic::error(
        "publish/locked",
        text!("another kepu is building into `{shown}` right now", "另一个 kepu 正在向 `{shown}` 生成网站"),
    );
    let diagnostic = match holder.parse::<u32>() {
        Ok(id) => diagnostic.note(text!("it is process {id}", "它的进程号是 {id}")),
        Err(_) => diagnostic,
    };
    Box::new(diagnostic.help(text!(
        "wait until it has finished, or choose another folder with `--output-dir`",
        "请等它完成，或用 `--output-dir` 另选一个文件夹"
    )))
}

fn occupied(shown: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "publish/staging",
            text!(
                "`{shown}`, where the new site would be prepared, exists and is not kepu's or not yours",
                "`{shown}` 是准备新网站的位置，但它已经存在，且不是 kepu 建立的或不属于您"
            ),
        )
        .help(text!("move it away or delete it", "请把它移走或删除")),
    )
}
