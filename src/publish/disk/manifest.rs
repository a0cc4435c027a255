//! The record of what kepu wrote into an output, kept in the site's `.kepu` folder.
//!
//! One file per output, one path per line, sorted. It is only ever asked "is this path ours?"; no path in it is opened.
//! A second file, `….next`, holds the paths of a new output from just before the swap until just after it, so that the
//! files of both the old and the new output are known whenever the process dies.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::cache;
use crate::diagnostic::{Diagnostic, Result};
use crate::text;

use super::failure::failed;
use super::guard::{Output, slashed};

pub(super) struct Manifest {
    home: PathBuf,
    current: PathBuf,
    next: PathBuf,
    shown: String,
    paths: HashSet<Box<str>>,
    /// Folders whose names start with a dot and that hold a path of ours.
    dot_folders: HashSet<Box<str>>,
}

impl Manifest {
    /// Reads what earlier builds wrote to `output`. What is missing or damaged is not known, nothing worse.
    pub fn open(output: &Output) -> Self {
        let home = output.root().join(".kepu");
        let current = home.join("outputs").join(file_name(output));
        let next = current.with_extension("next");
        let mut paths = read(&current).unwrap_or_default();
        let mut left_over = false;
        if let Some(more) = read(&next) {
            left_over = true;
            paths.extend(more);
        }
        let mut dot_folders = HashSet::new();
        for path in paths.iter().filter(|path| path.starts_with('.')) {
            for (at, _) in path.match_indices('/') {
                dot_folders.insert(Box::from(&path[..at]));
            }
        }
        let manifest = Self { home, current, next, shown: output.shown().to_owned(), paths, dot_folders };
        if left_over {
            // A build was killed around its swap. Both lists become one, so that `next` is free again.
            let merged = manifest.current.with_extension("tmp");
            let all = manifest.paths.iter().cloned().collect();
            if manifest.save(&merged, all).and_then(|()| fs::rename(&merged, &manifest.current)).is_ok() {
                manifest.discard();
            }
        }
        manifest
    }

    /// Where the tree of the build before is kept. None where the folder does not exist or leads elsewhere.
    pub fn spare(&self) -> Option<PathBuf> {
        let outputs = self.home.join("outputs");
        (fs::canonicalize(&outputs).ok()? == outputs).then(|| self.current.with_extension("spare"))
    }

    /// Whether an earlier build wrote this file.
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// Whether an earlier build wrote something into this folder, which starts with a dot.
    pub fn has_dot_folder(&self, path: &str) -> bool {
        self.dot_folders.contains(path)
    }

    /// Notes what the new output holds, before it takes its place. Returns a warning where the site's folder cannot be
    /// written to: the output can, and that is what the user asked for.
    pub fn prepare(&self, paths: Vec<Box<str>>) -> Result<Option<Diagnostic>> {
        let Err(error) = self.save(&self.next, paths) else { return Ok(None) };
        self.discard();
        let (shown, file) = (&self.shown, self.next.display());
        match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Ok(Some(
                Diagnostic::warning(
                    "publish/not-recorded",
                    text!(
                        "cannot note in `{file}` what was written to `{shown}`: {error}",
                        "无法在 `{file}` 中记录写入 `{shown}` 的文件：{error}"
                    ),
                )
                .help(text!(
                    "the next build will not know these files as its own and will ask for `--force`",
                    "下次生成时将无法认出这些文件，会要求使用 `--force`"
                )),
            )),
            _ => Err(failed(&file.to_string(), &error)),
        }
    }

    /// The new output is in its place. Should this fail, `next` stays and the next build reads it.
    pub fn accept(&self) {
        let _ = fs::rename(&self.next, &self.current);
    }

    /// The new output did not get to its place.
    pub fn discard(&self) {
        let _ = fs::remove_file(&self.next);
    }

    fn save(&self, file: &Path, mut paths: Vec<Box<str>>) -> io::Result<()> {
        make_home(&self.home)?;
        paths.sort_unstable();
        let mut text = String::with_capacity(paths.iter().map(|path| path.len() + 1).sum());
        for path in &paths {
            escape(path, &mut text);
            text.push('\n');
        }
        let _ = fs::remove_file(file);
        OpenOptions::new().write(true).create_new(true).open(file)?.write_all(text.as_bytes())
    }
}

/// Makes `.kepu/outputs` and sees that it is no link.
fn make_home(home: &Path) -> io::Result<()> {
    match fs::create_dir(home) {
        // The folder is kepu's own affair: keep it out of the site's repository.
        Ok(()) => fs::write(home.join(".gitignore"), "*\n")?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    let outputs = home.join("outputs");
    fs::create_dir_all(&outputs)?;
    // A site from elsewhere may bring a `.kepu` of symlinks: nothing is written through them.
    if fs::canonicalize(&outputs)? != outputs {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "`.kepu` is a symlink"));
    }
    Ok(())
}

/// The record of what the files of an output were made of.
pub fn record_file(output: &Output) -> PathBuf {
    output.root().join(".kepu/outputs").join(file_name(output)).with_extension("record")
}

/// Writes that record, whole or not at all.
pub fn save_record(output: &Output, bytes: &[u8]) -> io::Result<()> {
    make_home(&output.root().join(".kepu"))?;
    cache::replace(&record_file(output), bytes)
}

fn read(file: &Path) -> Option<HashSet<Box<str>>> {
    if !fs::symlink_metadata(file).ok()?.is_file() {
        return None;
    }
    let text = fs::read_to_string(file).ok()?;
    Some(text.lines().map(|line| unescape(line).into()).collect())
}

/// Line breaks in names become `\n` and `\r`. Backslashes cannot be in a name: the tree refuses them.
fn escape(path: &str, out: &mut String) {
    for character in path.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
}

fn unescape(line: &str) -> String {
    line.replace("\\n", "\n").replace("\\r", "\r")
}

/// `public-<hash>.txt`: a name to recognise it by, and a hash of where the output is, relative to the root if it is inside.
fn file_name(output: &Output) -> String {
    let (bytes, name) = match output.path().strip_prefix(output.root()) {
        Ok(relative) => (slashed(relative).into_bytes(), relative.file_name()),
        Err(_) => (output.path().as_os_str().as_encoded_bytes().to_vec(), output.path().file_name()),
    };
    let name: String = name
        .map(|name| name.to_string_lossy())
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .take(40)
        .collect();
    format!("{name}-{:016x}.txt", hash(&bytes))
}

/// FNV-1a, which stays what it is in every version of Rust and of kepu.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
