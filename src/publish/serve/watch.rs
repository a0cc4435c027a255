//! Which files changed. Events of the system come in, paths go to the state; what is unclear counts as a change.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, MetadataKind, ModifyKind};
use notify::{EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher as _};
use walkdir::WalkDir;

use crate::cache::Stamp;
use crate::diagnostic::{Diagnostic, Result};
use crate::site::is_aside;

use super::super::disk::is_staged;
use super::state::State;

/// How often files are looked at where the system cannot tell of changes.
const POLL: Duration = Duration::from_millis(500);

/// Watches the folders of a site.
pub struct Watcher {
    inner: Box<dyn notify::Watcher + Send>,
    root: PathBuf,
    ignored: Arc<Ignored>,
    watched: HashMap<PathBuf, RecursiveMode>,
}

/// Paths whose changes mean nothing.
struct Ignored {
    root: PathBuf,
    output: PathBuf,
    /// What the site reads in folders that are not watched as a whole.
    aside: RwLock<BTreeSet<PathBuf>>,
}

impl Ignored {
    fn covers(&self, path: &Path) -> bool {
        if path.starts_with(&self.output) || is_staged(path) {
            return true;
        }
        let Ok(below) = path.strip_prefix(&self.root) else { return is_leftover(path) };
        is_leftover(path) || (is_aside(below) && !self.is_read(path))
    }

    /// Whether the site reads this file, or one below this folder.
    fn is_read(&self, path: &Path) -> bool {
        let aside = self.aside.read().unwrap_or_else(PoisonError::into_inner);
        aside.range(path.to_path_buf()..).next().is_some_and(|read| read.starts_with(path))
    }
}

/// What editors put beside a file while it is open.
fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // Vim makes a file `4913` to see whether it may.
    name.ends_with('~') || name.starts_with(".#") || name == "4913" || {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        matches!(extension, "swp" | "swx" | "kate-swp" | "part")
    }
}

impl Watcher {
    /// Starts to watch. Where the system has no means for it, or not enough, files are looked at twice a second.
    pub fn start(state: &Arc<State>) -> Result<Self> {
        let root = state.found().root.clone();
        let output = state.output_folder();
        let ignored = Arc::new(Ignored { root: root.clone(), output, aside: RwLock::default() });
        let handler = |state: Arc<State>, ignored: Arc<Ignored>| {
            move |event: notify::Result<notify::Event>| match event {
                Ok(event) if event.need_rescan() => state.changed([], true),
                Ok(event) if matters(&event.kind) => {
                    state.changed(event.paths.into_iter().filter(|path| !ignored.covers(path)), false);
                }
                Ok(_) => {}
                // A folder that cannot be read is an error of every look at it.
                Err(error) => {
                    let knows_nothing = error.paths.is_empty();
                    state.changed(error.paths, knows_nothing);
                }
            }
        };
        let recommended = RecommendedWatcher::new(handler(state.clone(), ignored.clone()), notify::Config::default());
        let mut watcher = match recommended {
            Ok(inner) => Self { inner: Box::new(inner), root, ignored, watched: HashMap::new() },
            Err(_) => Self::polling(state, root, ignored, handler)?,
        };
        if watcher.watch_all(state).is_err() {
            let (root, ignored) = (watcher.root.clone(), watcher.ignored.clone());
            watcher = Self::polling(state, root, ignored, handler)?;
            watcher.watch_all(state).map_err(|error| failed(&error))?;
        }
        Ok(watcher)
    }

    fn polling<H: notify::EventHandler>(
        state: &Arc<State>,
        root: PathBuf,
        ignored: Arc<Ignored>,
        handler: impl Fn(Arc<State>, Arc<Ignored>) -> H,
    ) -> Result<Self> {
        let config = notify::Config::default().with_poll_interval(POLL);
        let inner =
            PollWatcher::new(handler(state.clone(), ignored.clone()), config).map_err(|error| failed(&error))?;
        Ok(Self { inner: Box::new(inner), root, ignored, watched: HashMap::new() })
    }

    /// What changed after `time`, in nanoseconds since 1970, in what is watched by now; and what may have, as the clock of files
    /// is not exact. A folder stands for what is gone from it.
    pub fn changed_since(&self, time: i64) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let entries = self.watched.iter().flat_map(|(folder, mode)| {
            let depth = if *mode == RecursiveMode::Recursive { usize::MAX } else { 1 };
            let walk = WalkDir::new(folder).follow_links(true).max_depth(depth).into_iter();
            walk.filter_entry(|entry| !self.ignored.covers(entry.path()))
        });
        let (mut after, mut about) = (BTreeSet::new(), BTreeSet::new());
        for entry in entries.flatten() {
            let Ok(stamp) = entry.metadata().map(|meta| Stamp::from(&meta)) else { continue };
            if stamp.changed > time && entry.file_type().is_file() {
                after.insert(entry.into_path());
            } else if stamp.is_fresh_at(time) {
                about.insert(entry.into_path());
            }
        }
        (after, about)
    }

    /// Watches folders of the root that were not there before, and forgets those that are gone.
    pub fn follow_new_folders(&mut self, state: &State) {
        let gone: Vec<PathBuf> = self.watched.keys().filter(|folder| !folder.exists()).cloned().collect();
        for folder in gone {
            let _ = self.inner.unwatch(&folder);
            self.watched.remove(&folder);
        }
        let _ = self.watch_all(state);
    }

    /// The root itself for the configuration, and every folder in it that may be part of the site: templates may load
    /// data from any of them.
    fn watch_all(&mut self, state: &State) -> notify::Result<()> {
        let root = self.root.clone();
        self.watch(&root, RecursiveMode::NonRecursive)?;
        let entries = std::fs::read_dir(&root).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut folders: BTreeSet<PathBuf> = entries.filter(|path| path.is_dir()).collect();
        folders.extend(state.found().config.parent().map(Path::to_path_buf));
        folders.extend(state.options.extra_watch.iter().map(|path| root.join(path)));
        // A theme may be a link to a folder elsewhere.
        if let Some(built) = &state.snapshot().site {
            folders.extend(built.site.sources().into_iter().filter(|folder| folder.is_dir()));
        }
        for folder in folders {
            if folder == root || self.ignored.covers(&folder) || !folder.exists() {
                continue;
            }
            self.watch(&folder, RecursiveMode::Recursive)?;
        }
        // Folders that are not watched as a whole: those of the files that are read, as far down as there are any.
        let aside = state.read_aside();
        for file in &aside {
            let above = file.ancestors().skip(1).take_while(|folder| folder.starts_with(&root));
            if let Some(folder) = above.into_iter().find(|folder| folder.is_dir()) {
                self.watch(folder, RecursiveMode::NonRecursive)?;
            }
        }
        *self.ignored.aside.write().unwrap_or_else(PoisonError::into_inner) = aside;
        Ok(())
    }

    fn watch(&mut self, folder: &Path, mode: RecursiveMode) -> notify::Result<()> {
        if self.watched.contains_key(folder) {
            return Ok(());
        }
        self.inner.watch(folder, mode)?;
        self.watched.insert(folder.to_path_buf(), mode);
        Ok(())
    }
}

/// Whether an event can mean other contents. Reading a file is told, too; so is that a backup was made.
fn matters(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(MetadataKind::AccessTime)) => false,
        _ => true,
    }
}

fn failed(error: &notify::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        "serve/watch",
        crate::text!("cannot watch the site's files: {error}", "无法监视网站文件的变化：{error}"),
    ))
}
