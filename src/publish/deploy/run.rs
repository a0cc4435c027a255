//! One deploy from beginning to end, and going back to an earlier one.

mod work;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::artifacts::Artifacts;
use super::ground::Layout;
use super::host::{Content, Fault, Headers, Host, HostError, Result, Throttle, Version};
use super::hosts::{self, Surroundings};
use super::lock::{self, Holder, Taken};
use super::manifest::{Files, Manifest, hash};
use super::probe::Probe;
use super::transfer::retry;
use super::{habits, versions};
use crate::config::deploy::{Switch, Target};
use crate::diagnostic::Diagnostic;
use crate::text;
use work::Work;

/// What the command line decides about a deploy.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub dry_run: bool,
    pub verify: bool,
    /// Bytes a second, in place of the target's.
    pub limit: Option<u64>,
    pub parallel: Option<usize>,
    pub overwrite: bool,
    pub accept_host_key: bool,
    pub wait: Duration,
    pub break_lock: bool,
}

/// What a deploy did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub sent: usize,
    pub bytes: u64,
    /// Files whose bytes were at the host already.
    pub linked: usize,
    pub deleted: usize,
    pub unchanged: usize,
    /// How many files of the site were rendered or processed for it.
    pub rendered: usize,
    /// The version that is live now, on hosts that keep versions.
    pub version: Option<String>,
    /// The plan as a tree, for a dry run.
    pub tree: Vec<String>,
    /// How long it took after the site was rendered.
    pub seconds: f64,
}

/// How far a deploy is.
pub trait Progress: Sync {
    fn expect(&self, files: usize, bytes: u64);
    /// One file has arrived.
    fn arrived(&self, bytes: u64);
}

/// An open host and what is wanted of it.
pub struct Session<'a> {
    target: &'a Target,
    options: &'a Options,
    host: Probe,
    /// The document root, below the host's base.
    name: String,
    switch: Switch,
    label: String,
    /// The target's folder in the site's `.kepu/`.
    notes: PathBuf,
    throttle: Arc<Throttle>,
    progress: &'a dyn Progress,
}

impl<'a> Session<'a> {
    /// Connects to the target. `root` is the site's root, `folder` that of `kepu.toml`.
    pub fn open(
        target: &'a Target,
        options: &'a Options,
        root: &Path,
        folder: &Path,
        progress: &'a dyn Progress,
    ) -> Result<Self, Box<Diagnostic>> {
        let notes = root.join(".kepu/deploy").join(&target.name);
        let around = Surroundings { root, folder, notes: &notes, accept_host_key: options.accept_host_key };
        let open = hosts::open(target, &around)?;
        let host = Probe::new(open.host);
        let throttle = Arc::new(Throttle::new(options.limit.or(target.limit)));
        let (name, switch, label) = (open.name, open.switch, open.label);
        Ok(Self { target, options, host, name, switch, label, notes, throttle, progress })
    }

    /// How the site lies at the host now. Another deploy may change that, so that under the lock it is asked again.
    fn layout(&self) -> Result<Layout, Box<Diagnostic>> {
        let settled = Layout::settle(&self.host, &self.name, self.switch).map_err(|error| self.explain(&error))?;
        let layout = settled.ok_or_else(|| {
            let label = &self.label;
            Diagnostic::error(
                "deploy/config",
                text!(
                    "`{label}` cannot be switched at once: it is a folder with something in it, or the host has no links",
                    "`{label}` 无法整体切换：它是一个已有内容的文件夹，或主机不支持链接"
                ),
            )
            .help(text!(
                "name a folder that is not there yet, or write `switch = \"in-place\"`",
                "请写一个还不存在的文件夹，或写 `switch = \"in-place\"`"
            ))
        })?;
        Ok(layout)
    }

    /// Sends what changed. None, with errors in `diagnostics`, when it did not work.
    pub fn deploy(&self, artifacts: &Artifacts, diagnostics: &mut Vec<Diagnostic>) -> Option<Summary> {
        let keeps_headers = self.host.abilities().headers;
        let new = artifacts.files(|path| if keeps_headers { stored_headers(path) } else { String::new() });
        let content = |path: &str| artifacts.content(path, &self.throttle);
        let rendered = artifacts.rendered;
        let sent =
            self.with_lock(diagnostics, |guard, diagnostics| self.send(&new, &content, guard, None, diagnostics));
        sent.map(|summary| Summary { rendered, ..summary })
    }

    /// Makes an earlier version live again: the one named, or the one before the live one.
    pub fn roll_back(&self, id: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Option<Summary> {
        self.with_lock(diagnostics, |guard, diagnostics| {
            let (list, live) = self.versions_in(guard.layout)?;
            let list: Vec<String> = list.into_iter().map(|version| version.id).collect();
            if self.host.abilities().collects {
                let before = list.len().checked_sub(2).and_then(|at| list.get(at));
                let wanted = id.map_or(before, |id| list.iter().find(|known| known.as_str() == id));
                let Some(wanted) = wanted else {
                    diagnostics.push(no_version(id, &self.label));
                    return Ok(None);
                };
                if !self.options.dry_run {
                    self.host.restore(wanted)?;
                }
                return Ok(Some(Summary { version: Some(wanted.clone()), ..Summary::default() }));
            }
            let at = live.as_ref().and_then(|live| list.iter().position(|id| id == live));
            let wanted = match id {
                Some(id) => list.iter().find(|known| *known == id),
                None => at.and_then(|at| at.checked_sub(1)).and_then(|at| list.get(at)),
            };
            let manifest = match wanted {
                Some(id) => versions::read(&self.host, guard.layout, id)?,
                None => None,
            };
            let Some(manifest) = manifest else {
                diagnostics.push(no_version(id, &self.label));
                return Ok(None);
            };
            let objects = versions::objects(&self.host, guard.layout)?;
            let gone = |path: &str| Err(HostError::other("its bytes are no longer kept there").at(path));
            self.send(&manifest.files, &gone, guard, Some((&manifest.id, &objects)), diagnostics)
        })
    }

    /// All versions at the host, oldest first, and the live one's id.
    pub fn versions(&self) -> Result<(Vec<Version>, Option<String>), Box<Diagnostic>> {
        Ok(self.versions_in(&self.layout()?).map_err(|error| self.explain(&error))?)
    }

    fn versions_in(&self, layout: &Layout) -> Result<(Vec<Version>, Option<String>)> {
        if let Some(ids) = self.host.history(self.target.keep)? {
            let live = ids.last().map(|version| version.id.clone());
            return Ok((ids, live));
        }
        let live = match layout {
            Layout::Link { live: None, .. } => None,
            Layout::Link { live: Some(slot), .. } => self.manifest(layout, *slot)?,
            Layout::InPlace { .. } => self.manifest(layout, 'a')?,
        };
        let ids = versions::list(&self.host, layout)?;
        let versions = ids.into_iter().map(|id| Version { id, when: None });
        Ok((versions.collect(), live.map(|manifest| manifest.id)))
    }

    fn explain(&self, error: &HostError) -> Diagnostic {
        error.diagnostic(&self.target.name, &self.label)
    }

    fn manifest(&self, layout: &Layout, slot: char) -> Result<Option<Manifest>> {
        let ground = layout.ground(slot, &self.notes);
        Ok(retry(|| self.host.read(&ground.manifest))?.as_deref().and_then(Manifest::parse))
    }

    /// Runs something while this deploy is the only one; turns what goes wrong into diagnostics.
    fn with_lock<T>(
        &self,
        diagnostics: &mut Vec<Diagnostic>,
        work: impl FnOnce(&Guard, &mut Vec<Diagnostic>) -> Result<Option<T>>,
    ) -> Option<T> {
        let me = Holder::me(&new_id());
        let layout = self.layout().map_err(|error| diagnostics.push(*error)).ok()?;
        let needs_lock = !self.options.dry_run && !self.host.abilities().collects;
        let result = if needs_lock {
            let path = layout.lock();
            match lock::take(&self.host, &path, &me, self.options.wait, self.options.break_lock) {
                Ok(Taken::Mine) => lock::hold(&self.host, &path, &me, |held| {
                    // The deploy that was waited for may have switched the site.
                    let layout = match self.layout() {
                        Ok(layout) if layout.lock() == path => layout,
                        Ok(_) => return Err(HostError::new(Fault::Overtaken, String::new())),
                        Err(error) => {
                            diagnostics.push(*error);
                            return Ok(None);
                        }
                    };
                    let check = || held.check();
                    let last = || match lock::is_mine(&self.host, &path, &me) {
                        true => Ok(()),
                        false => Err(HostError::new(Fault::Overtaken, String::new())),
                    };
                    work(&Guard { layout: &layout, id: &me.id, check: &check, last: &last }, diagnostics)
                }),
                Ok(Taken::Theirs(holder)) => {
                    diagnostics.push(lock::refusal(holder.as_deref(), &self.label));
                    return None;
                }
                Err(error) => Err(error),
            }
        } else {
            work(&Guard { layout: &layout, id: &me.id, check: &|| Ok(()), last: &|| Ok(()) }, diagnostics)
        };
        result.unwrap_or_else(|error| {
            diagnostics.push(self.explain(&error));
            None
        })
    }

    /// Makes `new` what the host shows. `back` is the id of the version that `new` is, and where kept bytes lie, for a
    /// rollback.
    fn send(
        &self,
        new: &Files,
        content: &(dyn Fn(&str) -> Result<Content> + Sync),
        guard: &Guard,
        back: Option<(&str, &std::collections::BTreeMap<String, String>)>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Option<Summary>> {
        let at = |hash: &str| back.and_then(|(_, objects)| objects.get(hash).cloned());
        let id = back.map_or(guard.id, |(id, _)| id);
        let work = Work { session: self, new, content, guard, id, is_rollback: back.is_some() };
        let summary = match guard.layout {
            Layout::InPlace { .. } => work.in_place(diagnostics)?,
            Layout::Link { .. } => work.linked(&at, diagnostics)?,
        };
        if let (Some(_), true, false) = (&summary, self.options.verify, self.options.dry_run) {
            diagnostics.extend(work.verify()?);
        }
        Ok(summary)
    }

    /// What this computer remembers to have put there.
    fn remembered(&self) -> BTreeSet<String> {
        let text = std::fs::read_to_string(self.notes.join("sent")).unwrap_or_default();
        text.lines().filter(|path| super::manifest::is_inside(path)).map(str::to_owned).collect()
    }

    fn remember(&self, files: &Files) {
        let text: String = files.keys().flat_map(|path| [path.as_str(), "\n"]).collect();
        // Only of use when the host's own notes are lost.
        let _ = std::fs::create_dir_all(&self.notes).and_then(|()| std::fs::write(self.notes.join("sent"), text));
    }
}

/// Proof of the lock, asked before each step and, over the net, before what cannot be taken back.
struct Guard<'a> {
    /// How the site lies at the host since the lock was taken.
    layout: &'a Layout,
    id: &'a str,
    check: &'a (dyn Fn() -> Result<()> + Sync),
    last: &'a (dyn Fn() -> Result<()> + Sync),
}

/// The headers of a file as the manifest notes them.
fn stored_headers(path: &str) -> String {
    let Headers { content_type, cache_control } = habits::headers(path);
    format!("{content_type}; {}", cache_control.unwrap_or_default())
}

/// Begins with the time to the millisecond, so that ids sort by it.
fn new_id() -> String {
    let now = jiff::Timestamp::now();
    let salt = hash(format!("{} {}", now.as_nanosecond(), std::process::id()).as_bytes());
    format!("{}-{}", now.strftime("%Y%m%d-%H%M%S-%3f"), &salt[..4])
}

fn no_version(id: Option<&str>, label: &str) -> Diagnostic {
    let message = match id {
        Some(id) => text!("`{label}` has no version `{id}`", "`{label}` 上没有版本 `{id}`"),
        None => text!("`{label}` has no version before the live one", "`{label}` 上没有更早的版本"),
    };
    Diagnostic::error("deploy/no-versions", message)
        .help(text!("`kepu deploy --list` shows the versions", "`kepu deploy --list` 列出所有版本"))
}
