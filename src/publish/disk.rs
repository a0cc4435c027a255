//! The sink of `kepu build`: output paths with their bytes or files go in, a whole new output folder comes out.
//!
//! [`guard`] decides whether a folder may be an output at all, [`Staged::begin`] whether what it holds may be replaced.
//! Files are then written into a staging folder beside the output, and [`Staged::commit`] swaps the two in one step.
//! What the files mean, and which of them a site has, is not its business.
//!
//! On disk, for the output `public`:
//!
//! - `.public.kepu-staging/` beside it, while a build runs: `kepu.lock`, `new` (the tree being written), `aside` (the old
//!   output, for a moment, where the system cannot exchange two folders), `trash…` (old trees being deleted);
//! - `<root>/.kepu/outputs/public-<hash>.txt`, between builds: what kepu wrote there, so that it knows its own files.

mod existing;
mod failure;
mod guard;
mod manifest;
mod staging;
mod state;
mod tree;
mod update;

#[cfg(all(test, unix))]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use crate::cache::Stamp;
use crate::diagnostic::{Diagnostic, Result};
use crate::text;

use failure::failed;
use manifest::Manifest;
use staging::Staging;
use tree::Tree;

pub use guard::{Output, guard};
pub use manifest::{record_file, save_record};
pub use staging::is_staged;
pub use state::{Spare, State, Written};
pub use tree::publishable;

/// What may happen to an output folder that exists.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Replace the folder even if it holds files that kepu did not write.
    pub force: bool,
    /// Keep the files and folders directly in the output whose names start with a dot (`.git`, `.htaccess`).
    pub preserve_dotfiles: bool,
    /// Change nothing when there is anything to warn of.
    pub strict: bool,
}

/// A new output on its way: locked, written beside the old one, and thrown away unless it is committed.
///
/// [`write`](Self::write) and [`copy`](Self::copy) may be called from any number of threads.
pub struct Staged {
    output: Output,
    options: Options,
    /// Read when it is needed.
    manifest: OnceLock<Manifest>,
    tree: Tree,
    earlier: Option<Earlier>,
    exchange: fn(&Path, &Path) -> io::Result<()>,
    /// Last, so that everything above is gone when it cleans up and lets go of the lock.
    staging: Staging,
}

/// The output as an earlier build left it.
struct Earlier {
    state: State,
    /// The files that are not as they were left.
    damaged: BTreeSet<Box<str>>,
}

/// What became of the output.
#[derive(Debug, Default)]
pub struct Committed {
    pub warnings: Vec<Diagnostic>,
    /// Whether anything had to change.
    pub changed: bool,
    /// The stamps of all folders and of the files that were written.
    pub folders: BTreeMap<Box<str>, Stamp>,
    pub files: BTreeMap<Box<str>, Stamp>,
    /// The tree of before, if it was kept.
    pub spare: Option<Spare>,
}

impl Staged {
    /// [`Staged::begin`] on top of the output that an earlier build left: files that are as they were may be kept. Where it
    /// cannot be told what the output holds, all of it is made anew, and [`Staged::is_intact`] is true of no file.
    pub fn begin_after(output: Output, options: Options, state: State) -> Result<Self> {
        let path = output.path();
        let is_usable = !options.preserve_dotfiles
            && state.folders.contains_key("")
            && fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir())
            && !existing::is_mount_point(path);
        if !is_usable {
            return Self::begin(output, options);
        }
        let mut staged = Self::open(output, options)?;
        let damaged = state.damaged(staged.output.path());
        staged.earlier = Some(Earlier { state, damaged });
        Ok(staged)
    }

    /// Whether a file is as an earlier build left it.
    pub fn is_intact(&self, path: &str) -> bool {
        let is = |earlier: &Earlier| earlier.state.files.contains_key(path) && !earlier.damaged.contains(path);
        self.earlier.as_ref().is_some_and(is)
    }

    /// What the output holds as an earlier build left it.
    pub fn earlier(&self) -> Option<&State> {
        self.earlier.as_ref().map(|earlier| &earlier.state)
    }

    /// The time by the clock of the output's file system.
    pub fn time(&self) -> i64 {
        self.staging.time()
    }

    fn manifest(&self) -> &Manifest {
        self.manifest.get_or_init(|| Manifest::open(&self.output))
    }

    /// Takes the lock of an output, repairs what a killed build left, and makes an empty tree to write to.
    ///
    /// Errors: another build holds the lock; the output holds foreign files and `force` is off; it is a mount point or
    /// has one inside; the folder above it is not writable.
    pub fn begin(output: Output, options: Options) -> Result<Self> {
        let staged = Self::open(output, options)?;
        existing::check(&staged.output, staged.manifest(), options)?;
        if let Some(spare) = staged.spare_place() {
            // Made of an output that will be no more.
            staged.staging.discard(&spare);
        }
        Ok(staged)
    }

    fn open(output: Output, options: Options) -> Result<Self> {
        let staging = Staging::open(&output)?;
        staging.recover(&output)?;
        let folder = staging.tree();
        fs::create_dir(&folder).map_err(|error| failed(&folder.display().to_string(), &error))?;
        checkpoint("begun");
        let tree = Tree::new(folder, output.shown());
        Ok(Self { output, options, manifest: OnceLock::new(), tree, earlier: None, exchange, staging })
    }

    /// The output that this will be.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Writes one file. `path` is relative to the output, with `/` between its parts.
    ///
    /// Errors: a path that is not plain (`..`, absolute, empty parts, backslashes, NUL) or too long; a path written before;
    /// whatever the system refuses.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<()> {
        self.tree.write(path, bytes)
    }

    /// Copies one file, following symlinks: whether `source` may be published is for the caller to know. With `hard_link`
    /// the two become one file where the system allows it. Errors as for [`write`](Self::write), and a `source` that
    /// cannot be read or is not a file.
    pub fn copy(&self, path: &str, source: &Path, hard_link: bool) -> Result<()> {
        self.tree.copy(path, source, hard_link)
    }

    /// Puts the new tree in the place of the old one, in one step. `kept` are the files of before that stay, all of them
    /// [intact](Self::is_intact).
    ///
    /// A kill at any moment leaves the old or the new output whole. An error leaves the old one.
    pub fn commit(mut self, kept: &BTreeSet<Box<str>>) -> Result<Committed> {
        if let Some(earlier) = self.earlier.take() {
            return self.commit_changes(&earlier.state, kept);
        }
        let mut warnings = Vec::new();
        // Once more: rendering takes a while, and somebody may have put a file there in the meantime.
        let exists = existing::check(&self.output, self.manifest(), self.options)?;
        let written = self.tree.written();
        if exists {
            if self.options.preserve_dotfiles {
                existing::carry_dotfiles(&self.output, self.manifest(), self.tree.folder())?;
            }
            existing::carry_permissions(&self.output, self.tree.folder());
        }
        checkpoint("carried");
        let unable = |error: io::Error| failed(self.output.shown(), &error);
        let files = state::stamps(self.tree.folder(), written.iter().map(|path| &**path)).map_err(unable)?;
        let folders = state::folders_of(written.iter().map(|path| &**path));
        let folders = state::stamps(self.tree.folder(), folders).map_err(unable)?;
        warnings.extend(self.manifest().prepare(written)?);
        if self.options.strict
            && let Some(warning) = warnings.pop()
        {
            self.manifest().discard();
            return Err(Box::new(warning));
        }
        checkpoint("prepared");
        if let Err(error) = self.swap(self.tree.folder(), exists) {
            self.manifest().discard();
            return Err(self.not_swapped(&error));
        }
        checkpoint("swapped");
        self.manifest().accept();
        checkpoint("accepted");
        warnings.extend(self.staging.delete_old(&self.output));
        checkpoint("deleted");
        Ok(Committed { warnings, changed: true, folders, files, spare: None })
    }

    fn swap(&self, new: &Path, exists: bool) -> io::Result<()> {
        let output = self.output.path();
        if !exists {
            return fs::rename(new, output);
        }
        match (self.exchange)(new, output) {
            // These say that the system or file system cannot; `PermissionDenied` is how some sandboxes put it.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
                ) => {}
            done => return done,
        }
        let aside = self.staging.aside();
        fs::rename(output, &aside)?;
        checkpoint("aside");
        // On failure the staging folder puts the old output back when it is dropped.
        fs::rename(new, output)
    }

    fn not_swapped(&self, error: &io::Error) -> Box<Diagnostic> {
        match error.kind() {
            io::ErrorKind::CrossesDevices if !existing::is_mount_point(self.output.path()) => {
                failure::image_layer(self.output.shown())
            }
            io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => failure::mount_point(self.output.shown()),
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                let shown = self.output.shown();
                Box::new(
                    Diagnostic::error(
                        "publish/changed",
                        text!(
                            "something was put into the output folder `{shown}` while the site was being built",
                            "在生成网站期间，有别的程序往输出文件夹 `{shown}` 里放了东西"
                        ),
                    )
                    .help(text!("look at what is there, then build again", "请查看其中的内容，然后重新生成")),
                )
            }
            _ => failed(self.output.shown(), error),
        }
    }
}

/// Swaps two folders in one step.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether anything is at `path`, be it a symlink that leads nowhere.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// A place where the tests kill the process. Nothing outside of tests.
#[inline]
fn checkpoint(_name: &str) {
    #[cfg(all(test, unix))]
    tests::kill_at(_name);
}
