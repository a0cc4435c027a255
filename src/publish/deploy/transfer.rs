//! Carries out a plan: many files at once, again when a call fails in passing, and noting what is done.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::host::{Content, Fault, Headers, Host, Result};
use super::manifest::Files;
use super::plan::{Plan, Step};

/// How files take their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// All bytes go under temporary names first, then each file is renamed.
    Staged,
    /// Each file is written where it belongs; the host makes it appear whole, or shows nothing before the end.
    Direct,
    /// Into a tree that nobody sees, whose files may be second names of files that are seen.
    Slot,
}

/// Where a plan is carried out.
pub struct Transfer<'a> {
    pub host: &'a dyn Host,
    pub way: Way,
    /// Before the paths of the site: `""` or `site/`.
    pub tree: String,
    /// Where temporary names are: `.kepu-deploy/tmp/`.
    pub temporary: String,
    /// Where replaced bytes are kept for a rollback, by hash; none where nothing is kept.
    pub keep: Option<String>,
    /// What stands there now, for `keep`.
    pub before: &'a Files,
    pub content: &'a (dyn Fn(&str) -> Result<Content> + Sync),
    pub headers: &'a (dyn Fn(&str) -> Headers + Sync),
    pub parallel: usize,
    pub journal: &'a Journal,
    /// Told the bytes of each file that has arrived.
    pub arrived: &'a (dyn Fn(u64) + Sync),
    /// Fails when the deploy must stop.
    pub may_go_on: &'a (dyn Fn() -> Result<()> + Sync),
}

impl Transfer<'_> {
    /// Brings all files of the plan to their places, by phase. Deletes nothing that is still linked to.
    pub fn place(&self, plan: &Plan) -> Result<()> {
        if self.way == Way::Staged {
            each(&plan.steps, self.parallel, |step| self.stage(step))?;
        }
        if self.way == Way::Slot || self.host.abilities().collects {
            return each(&plan.steps, self.parallel, |step| self.put(step));
        }
        let mut rest = plan.steps.as_slice();
        while let Some(first) = rest.first() {
            let end = rest.iter().position(|step| step.phase != first.phase).unwrap_or(rest.len());
            let (now, later) = rest.split_at(end);
            // Within a folder that is switched file by file, deeper pages go first: lists stand above what they list.
            each(now, self.parallel, |step| self.put(step))?;
            rest = later;
        }
        Ok(())
    }

    fn stage(&self, step: &Step) -> Result<()> {
        (self.may_go_on)()?;
        if self.journal.is_done("staged", step) || self.journal.is_done("placed", step) {
            (self.arrived)(step.entry.size);
            return Ok(());
        }
        let temporary = self.temporary_name(step);
        let linked = match &step.from {
            Some(from) => self.host.delete(&temporary).and_then(|()| self.host.link(from, &temporary)).is_ok(),
            None => false,
        };
        if !linked {
            let content = (self.content)(&step.path)?;
            self.write_unseen(&temporary, &content, &step.path).map_err(|e| e.at(&step.path))?;
        }
        self.journal.note("staged", step);
        (self.arrived)(step.entry.size);
        Ok(())
    }

    fn temporary_name(&self, step: &Step) -> String {
        let name = super::manifest::hash(format!("{}\0{}", step.path, step.entry.hash).as_bytes());
        format!("{}{name}", self.temporary)
    }

    fn put(&self, step: &Step) -> Result<()> {
        (self.may_go_on)()?;
        if self.journal.is_done("placed", step) {
            return Ok(());
        }
        let place = format!("{}{}", self.tree, step.path);
        let result = match self.way {
            Way::Staged => {
                self.save(&step.path, false)?;
                let temporary = self.temporary_name(step);
                match self.promote(&temporary, &place) {
                    // Noted as sent by a deploy that was cut off, and moved or cleared away since.
                    Err(error) if !error.is_passing() && retry(|| self.host.size(&temporary))?.is_none() => {
                        let content = (self.content)(&step.path)?;
                        self.write_unseen(&temporary, &content, &step.path)?;
                        self.promote(&temporary, &place).map_err(|_| error)
                    }
                    result => result,
                }
            }
            Way::Slot => self.put_in_slot(step, &place),
            Way::Direct => {
                let content = (self.content)(&step.path)?;
                retry(|| self.host.write(&place, &content, &(self.headers)(&step.path)))
            }
        };
        result.map_err(|error| error.at(&step.path))?;
        self.journal.note("placed", step);
        if self.way != Way::Staged {
            (self.arrived)(step.entry.size);
        }
        Ok(())
    }

    /// Renames a temporary file into place. A rename whose answer was lost is found to be done.
    fn promote(&self, temporary: &str, place: &str) -> Result<()> {
        let mut asked = false;
        retry(|| {
            if std::mem::replace(&mut asked, true) && self.host.size(temporary)?.is_none() {
                return Ok(());
            }
            self.host.rename(temporary, place)
        })
    }

    fn put_in_slot(&self, step: &Step, place: &str) -> Result<()> {
        // The file may be a second name of one that is seen: it must go, not be written over.
        if step.replaces && !self.save(&step.path, true)? {
            retry(|| self.host.delete(place))?;
        }
        if let Some(from) = &step.from
            && retry(|| self.host.link(from, place)).is_ok()
        {
            return Ok(());
        }
        let content = (self.content)(&step.path)?;
        self.write_unseen(place, &content, &step.path)
    }

    /// Writes a file that no visitor can see yet. What did not fit does not stay, so that the host has room to work.
    fn write_unseen(&self, place: &str, content: &Content, path: &str) -> Result<()> {
        let written = retry(|| self.host.write(place, content, &(self.headers)(path)));
        if written.as_ref().is_err_and(|error| matches!(error.fault, Fault::Full | Fault::Failed)) {
            let _ = self.host.delete(place);
        }
        written
    }

    /// Keeps the bytes that stand at a path for a rollback: moved away, or under a second name. Whether they were moved.
    fn save(&self, path: &str, moved: bool) -> Result<bool> {
        let (Some(keep), Some(entry)) = (&self.keep, self.before.get(path)) else { return Ok(false) };
        let (place, kept) = (format!("{}{path}", self.tree), format!("{keep}{}", entry.hash));
        let done = match moved {
            // Where both are names of one file, renaming does nothing (rename(2)), and the old name stays.
            true => retry(|| self.host.rename(&place, &kept)).and_then(|()| retry(|| self.host.delete(&place))),
            false => match retry(|| self.host.size(&kept))? {
                Some(_) => Ok(()),
                None => retry(|| self.host.link(&place, &kept)),
            },
        };
        match done {
            Ok(()) => Ok(moved),
            // Gone already, by the hand of a deploy that was cut off: there is nothing to keep.
            Err(_) if retry(|| self.host.size(&place))?.is_none() => Ok(false),
            Err(error) => Err(error.at(path)),
        }
    }

    /// Removes files, and the folders that they leave empty.
    pub fn delete(&self, paths: &[String]) -> Result<()> {
        let (pages, assets): (Vec<_>, Vec<_>) = paths.iter().partition(|path| super::plan::is_page(path));
        for part in [pages, assets] {
            each(&part, self.parallel, |path| {
                (self.may_go_on)()?;
                if !self.save(path, true)? {
                    retry(|| self.host.delete(&format!("{}{path}", self.tree))).map_err(|e| e.at(path))?;
                }
                Ok(())
            })?;
        }
        let mut folders: BTreeSet<(std::cmp::Reverse<usize>, &str)> = BTreeSet::new();
        for path in paths {
            for (at, _) in path.match_indices('/') {
                folders.insert((std::cmp::Reverse(path[..at].matches('/').count()), &path[..at]));
            }
        }
        for (_, folder) in folders {
            retry(|| self.host.remove_folder(&format!("{}{folder}", self.tree)))?;
        }
        Ok(())
    }
}

/// Does something with every item, on so many threads; the first error ends it.
pub fn each<T: Sync>(items: &[T], parallel: usize, work: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    if parallel <= 1 || items.len() <= 1 {
        return items.iter().try_for_each(work);
    }
    let (next, stopped, failure) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..parallel.min(items.len()) {
            scope.spawn(|| {
                while !stopped.load(Ordering::Relaxed) {
                    let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    if let Err(error) = work(item) {
                        stopped.store(true, Ordering::Relaxed);
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Attempts of one call, the first included.
const ATTEMPTS: u32 = 5;

/// Calls until it works, fails for good, or has failed in passing too often; each pause is twice the one before.
pub fn retry<T>(mut call: impl FnMut() -> Result<T>) -> Result<T> {
    let mut pause = first_pause();
    for _ in 1..ATTEMPTS {
        match call() {
            Err(error) if error.is_passing() => std::thread::sleep(pause),
            result => return result,
        }
        pause *= 2;
    }
    call()
}

/// The pause after a first attempt that failed.
pub fn first_pause() -> Duration {
    let given = std::env::var("KEPU_TEST_DEPLOY_RETRY").ok().and_then(|value| value.parse().ok());
    Duration::from_millis(given.unwrap_or(500))
}

/// Notes on this computer what one deploy has done, so that the next one goes on where it broke off. Only believed while
/// the host shows the same deploy as unfinished.
pub struct Journal {
    /// `staged` or `placed`, and path and hash.
    done: HashSet<(String, String, String)>,
    file: Mutex<Option<std::fs::File>>,
    path: Option<PathBuf>,
}

impl Journal {
    /// A journal that remembers nothing.
    pub fn none() -> Self {
        Self { done: HashSet::new(), file: Mutex::new(None), path: None }
    }

    /// Begins the journal of the deploy `id`, with what the deploy `before` had done if its journal lies here. A journal
    /// that cannot be written is done without.
    pub fn begin(path: PathBuf, id: &str, before: Option<&str>) -> Self {
        let done = before.and_then(|before| read(&path, before)).unwrap_or_default();
        let mut text = format!("{id}\n");
        for (what, hash, path) in &done {
            text.push_str(&format!("{what}\t{hash}\t{path}\n"));
        }
        let file = path.parent().and_then(|folder| std::fs::create_dir_all(folder).ok()).and_then(|()| {
            let mut file = std::fs::File::create(&path).ok()?;
            file.write_all(text.as_bytes()).ok()?;
            Some(file)
        });
        Self { done, file: Mutex::new(file), path: Some(path) }
    }

    /// What the deploy `id` has placed, by path its hash.
    pub fn placed(path: &std::path::Path, id: &str) -> HashMap<String, String> {
        let done = read(path, id).unwrap_or_default();
        done.into_iter().filter(|(what, _, _)| what == "placed").map(|(_, hash, path)| (path, hash)).collect()
    }

    fn is_done(&self, what: &str, step: &Step) -> bool {
        !self.done.is_empty() && self.done.contains(&(what.to_owned(), step.entry.hash.clone(), step.path.clone()))
    }

    fn note(&self, what: &str, step: &Step) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = file.as_mut() {
            let line = format!("{what}\t{}\t{}\n", step.entry.hash, step.path);
            if open.write_all(line.as_bytes()).is_err() {
                *file = None;
            }
        }
    }

    pub fn finish(self) {
        if let Some(path) = self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn read(path: &std::path::Path, id: &str) -> Option<HashSet<(String, String, String)>> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    if lines.next() != Some(id) {
        return None;
    }
    let line = |line: &str| {
        let mut parts = line.splitn(3, '\t').map(str::to_owned);
        Some((parts.next()?, parts.next()?, parts.next()?))
    };
    Some(lines.filter_map(line).collect())
}
