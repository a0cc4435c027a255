//! One deploy under its lock: what is at the host, what is to come, and the way there.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use super::{Guard, Session, Summary};
use crate::diagnostic::{Diagnostic, Text};
use crate::publish::deploy::ground::{self, Ground, Layout, State};
use crate::publish::deploy::host::{Content, Fault, Headers, Host, HostError, Result};
use crate::publish::deploy::manifest::{Entry, Files, Manifest, Pending, hash};
use crate::publish::deploy::plan::{Known, Plan, plan};
use crate::publish::deploy::strangers::{self, Stamps};
use crate::publish::deploy::transfer::{Journal, Transfer, Way, each, retry};
use crate::publish::deploy::{habits, report, versions};
use crate::text;

/// The hash of a file that somebody else put beside ours: unlike that of any file of the site.
const FOREIGN: &str = "-";

/// One deploy under way.
pub(super) struct Work<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) new: &'a Files,
    pub(super) content: &'a (dyn Fn(&str) -> Result<Content> + Sync),
    pub(super) guard: &'a Guard<'a>,
    /// The version that becomes live.
    pub(super) id: &'a str,
    pub(super) is_rollback: bool,
}

impl Work<'_> {
    fn host(&self) -> &dyn Host {
        &self.session.host
    }

    pub(super) fn in_place(&self, diagnostics: &mut Vec<Diagnostic>) -> Result<Option<Summary>> {
        let session = self.session;
        let ground = self.guard.layout.ground('a', &session.notes);
        let mut state = ground::read(self.host(), &ground, || session.remembered())?;
        if !self.claim(&ground, &mut state, diagnostics)? {
            return Ok(None);
        }
        state.believe(&ground, self.new);
        let plan = plan(&state.known, self.new, |_, _| None);
        if self.leaks(&plan, diagnostics)? {
            return Ok(None);
        }
        let summary = self.summary(&plan);
        if session.options.dry_run {
            return Ok(Some(summary));
        }
        if plan.is_empty() && state.pending.is_none() && state.manifest.is_some() {
            return Ok(Some(summary));
        }
        self.expect(&plan);
        self.bring(&ground, &state, &plan)?;
        session.remember(self.new);
        Ok(Some(summary))
    }

    /// Fills the tree that nobody sees, then switches the link.
    pub(super) fn linked(
        &self,
        kept: &dyn Fn(&str) -> Option<String>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Option<Summary>> {
        let session = self.session;
        let layout = self.guard.layout;
        let Layout::Link { link, state: folder, live, empty_folder } = layout else { return Ok(None) };
        let slot = if *live == Some('a') { 'b' } else { 'a' };
        let live_ground = live.map(|live| layout.ground(live, &session.notes));
        let live_manifest = live.map(|live| session.manifest(layout, live)).transpose()?.flatten();
        let live_files = live_manifest.as_ref().map(|manifest| &manifest.files);
        let foreign = match &live_ground {
            Some(ground) => self.foreign(ground, live_manifest.as_ref())?,
            None => Files::new(),
        };
        let mut new = self.new.clone();
        new.retain(|_, entry| entry.hash != FOREIGN);
        let collisions: Vec<&String> = foreign.keys().filter(|path| new.contains_key(*path)).collect();
        if !collisions.is_empty() && !self.may_overwrite() {
            diagnostics.push(foreign_files(&collisions, &session.label));
            return Ok(None);
        }
        let is_live = |files: &Files| {
            let ours = files.iter().filter(|(_, entry)| entry.hash != FOREIGN);
            ours.eq(new.iter())
        };
        if live_files.is_some_and(is_live) && !self.is_rollback {
            let version = live_manifest.as_ref().map(|manifest| manifest.id.clone());
            return Ok(Some(Summary { unchanged: new.len(), version, ..Summary::default() }));
        }
        for (path, entry) in foreign {
            new.entry(path).or_insert(entry);
        }
        let ground = layout.ground(slot, &session.notes);
        let at_host = |path: &str, entry: &Entry| -> Option<String> {
            let live = live_ground.as_ref()?;
            let is_there = entry.hash == FOREIGN || live_files.and_then(|files| files.get(path)) == Some(entry);
            is_there.then(|| format!("{}{path}", live.tree)).or_else(|| kept(&entry.hash))
        };
        let work = Work { new: &new, ..*self };
        let mut state = ground::read(self.host(), &ground, BTreeSet::new)?;
        if state.is_damaged || state.manifest.is_none() {
            work.adopt(&ground, &mut state)?;
        }
        // What others put there is linked anew each time: it may have changed.
        for entry in state.known.values_mut().filter(|e| e.as_ref().is_some_and(|e| e.hash == FOREIGN)) {
            *entry = None;
        }
        state.believe(&ground, &new);
        let step = plan(&state.known, &new, at_host);
        if work.leaks(&step, diagnostics)? {
            return Ok(None);
        }
        // To the user, the change is from the live version to the new one, whatever the other tree holds.
        let known: Known = live_files.into_iter().flatten().map(|(path, e)| (path.clone(), Some(e.clone()))).collect();
        let mut summary = self.summary(&plan(&known, &new, |_, e| (e.hash == FOREIGN).then(String::new)));
        if session.options.dry_run {
            return Ok(Some(summary));
        }
        let over_net =
            |plan: &Plan| plan.steps.iter().filter(|s| s.from.is_none()).map(|s| s.entry.size).collect::<Vec<_>>();
        let sizes = over_net(&step);
        summary.linked = step.steps.len() - sizes.len();
        (summary.sent, summary.bytes) = (sizes.len(), sizes.iter().sum());
        self.expect(&step);
        let manifest = work.bring(&ground, &state, &step)?;
        let filled = Instant::now();
        versions::record(self.host(), layout, &manifest)?;
        (self.guard.last)()?;
        if *empty_folder {
            retry(|| self.host().remove_folder(link))?;
        }
        let target = format!("{folder}{slot}");
        retry(|| self.host().point(link, &target))?;
        versions::prune(self.host(), layout, session.target.keep, &manifest.id)?;
        if live.is_none() {
            self.prepare_other(slot, &new)?;
        }
        Stamps::note(self.host(), &ground.tree, &new, &manifest.id, &ground.stamps, filled.elapsed());
        summary.version = Some(manifest.id);
        Ok(Some(summary))
    }

    /// Fills the other tree with second names of the first deploy's files, so that the next deploy only has to change it.
    fn prepare_other(&self, slot: char, new: &Files) -> Result<()> {
        let session = self.session;
        let tree = |slot| self.guard.layout.ground(slot, &session.notes);
        let (full, other) = (tree(slot), tree(if slot == 'a' { 'b' } else { 'a' }));
        let mut state = ground::read(self.host(), &other, BTreeSet::new)?;
        let work = Work { new, ..*self };
        if state.is_damaged || state.manifest.is_none() {
            work.adopt(&other, &mut state)?;
        }
        let plan = plan(&state.known, new, |path, _| Some(format!("{}{path}", full.tree)));
        work.bring(&other, &state, &plan)?;
        Ok(())
    }

    /// Files in the live tree that no deploy put there; they are carried along.
    fn foreign(&self, live: &Ground, ours: Option<&Manifest>) -> Result<Files> {
        // Without a manifest nobody can tell whose they are; carrying all along would bring back deleted pages.
        let Some(ours) = ours else { return Ok(Files::new()) };
        let (known, sent): (Files, Files) =
            ours.files.iter().map(|(p, e)| (p.clone(), e.clone())).partition(|(_, entry)| entry.hash == FOREIGN);
        let stamps = Stamps::load(&live.stamps, &ours.id);
        let mut found = strangers::find(self.host(), &live.tree, &sent, &stamps)?;
        // Those that were there before, in folders that nobody looked into.
        for path in known.keys().filter(|path| !found.contains_key(*path)).cloned().collect::<Vec<_>>() {
            if let Some(size) = retry(|| self.host().size(&format!("{}{path}", live.tree)))? {
                found.insert(path, size);
            }
        }
        let entry = |size| Entry { hash: FOREIGN.to_owned(), size, headers: String::new() };
        Ok(found.into_iter().map(|(path, size)| (path, entry(size))).collect())
    }

    /// Takes everything in a tree of kepu's own for kepu's, with content unknown.
    fn adopt(&self, ground: &Ground, state: &mut State) -> Result<()> {
        let found = retry(|| self.host().list(ground.tree.trim_end_matches('/')))?;
        state.known.extend(found.into_iter().map(|f| (f.path, None)));
        Ok(())
    }

    /// Makes sure that what is about to be written does not stand there by another's hand. False, with an error, if so.
    fn claim(&self, ground: &Ground, state: &mut State, diagnostics: &mut Vec<Diagnostic>) -> Result<bool> {
        // With so many new names one listing is cheaper than asking for each.
        const ASKED_ONE_BY_ONE: usize = 200;
        let unknown: Vec<&String> = self.new.keys().filter(|path| !state.known.contains_key(*path)).collect();
        let lost_notes = state.is_damaged || (state.manifest.is_none() && !state.known.is_empty());
        let wants_list = state.manifest.is_none() || state.is_damaged || unknown.len() > ASKED_ONE_BY_ONE;
        let listed = match wants_list.then(|| retry(|| self.host().list(ground.tree.trim_end_matches('/')))) {
            None => None,
            Some(Err(error)) if error.fault == Fault::NoList => None,
            Some(found) => Some(found?.into_iter().map(|f| f.path).collect::<BTreeSet<String>>()),
        };
        let there: Vec<String> = if let Some(found) = listed {
            if state.manifest.is_none() {
                // Of what this computer remembers, only what is there still.
                let pending = state.pending.as_ref().map(|pending| pending.unsure.clone()).unwrap_or_default();
                state.known.retain(|path, _| found.contains(path) || pending.contains(path));
            }
            unknown.into_iter().filter(|path| found.contains(*path)).cloned().collect()
        } else {
            let there = std::sync::Mutex::new(Vec::new());
            each(&unknown, self.parallel(), |path| {
                if retry(|| self.host().size(&format!("{}{path}", ground.tree)))?.is_some() {
                    there.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((*path).clone());
                }
                Ok(())
            })?;
            there.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        if !there.is_empty() && !lost_notes && !self.may_overwrite() {
            let mut there: Vec<&String> = there.iter().collect();
            there.sort();
            diagnostics.push(foreign_files(&there, &self.session.label));
            return Ok(false);
        }
        state.known.extend(there.into_iter().map(|path| (path, None)));
        Ok(true)
    }

    /// Secrets in what is about to be sent. Whether there are any.
    fn leaks(&self, plan: &Plan, diagnostics: &mut Vec<Diagnostic>) -> Result<bool> {
        /// Texts are smaller; what is larger is data or a picture.
        const LARGEST: u64 = 4 << 20;
        let is_text = |path: &str| {
            crate::publish::deploy::plan::extension(path).is_some_and(|e| {
                matches!(
                    e.as_str(),
                    "html"
                        | "htm"
                        | "js"
                        | "css"
                        | "json"
                        | "xml"
                        | "txt"
                        | "csv"
                        | "md"
                        | "map"
                        | "pem"
                        | "key"
                        | "toml"
                        | "yaml"
                )
            })
        };
        let steps: Vec<_> =
            plan.steps.iter().filter(|s| s.from.is_none() && s.entry.size <= LARGEST && is_text(&s.path)).collect();
        let found = std::sync::Mutex::new(Vec::new());
        each(&steps, self.parallel(), |step| {
            let mut bytes = Vec::new();
            let mut reader = Content { throttle: Arc::default(), ..(self.content)(&step.path)? }.reader()?;
            reader.read_to_end(&mut bytes).map_err(|error| HostError::source(&step.path, &error))?;
            let leak = std::str::from_utf8(&bytes)
                .ok()
                .and_then(|text| crate::publish::deploy::secrets::search_text(&step.path, text));
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(leak);
            Ok(())
        })?;
        let found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let leaks = !found.is_empty();
        diagnostics.extend(found);
        Ok(leaks)
    }

    fn may_overwrite(&self) -> bool {
        self.session.options.overwrite || self.session.target.overwrite
    }

    fn parallel(&self) -> usize {
        self.session.options.parallel.unwrap_or(self.session.target.parallel)
    }

    fn keeps_versions(&self) -> bool {
        matches!(self.guard.layout, Layout::Link { .. })
    }

    fn summary(&self, plan: &Plan) -> Summary {
        let sent = plan.steps.iter().filter(|step| step.from.is_none());
        let (count, bytes) = sent.fold((0, 0), |(count, bytes), step| (count + 1, bytes + step.entry.size));
        Summary {
            sent: count,
            bytes,
            linked: plan.steps.len() - count,
            deleted: plan.deletes.len(),
            unchanged: plan.unchanged,
            tree: if self.session.options.dry_run { report::tree(plan) } else { Vec::new() },
            ..Summary::default()
        }
    }

    fn expect(&self, plan: &Plan) {
        self.session.progress.expect(plan.steps.len(), plan.steps.iter().map(|step| step.entry.size).sum());
    }

    /// Carries out a plan in one tree and notes the outcome there.
    fn bring(&self, ground: &Ground, state: &State, plan: &Plan) -> Result<Manifest> {
        let (session, host) = (self.session, self.host());
        let abilities = host.abilities();
        let is_slot = matches!(self.guard.layout, Layout::Link { .. });
        let way = match () {
            () if is_slot => Way::Slot,
            () if abilities.rename && !abilities.atomic_write => Way::Staged,
            () => Way::Direct,
        };
        let attempt = self.guard.id;
        let mut journal = Journal::none();
        if !abilities.collects {
            let mut unsure = state.pending.as_ref().map(|pending| pending.unsure.clone()).unwrap_or_default();
            unsure.extend(plan.touched().cloned());
            let before = state.pending.as_ref().map(|pending| pending.id.as_str());
            journal = Journal::begin(ground.journal.clone(), attempt, before);
            self.put_note(&ground.pending, Pending { id: attempt.to_owned(), unsure }.bytes())?;
        }
        let empty = Files::new();
        let before = state.manifest.as_ref();
        let transfer = Transfer {
            host,
            way,
            tree: ground.tree.clone(),
            temporary: ground.temporary.clone(),
            keep: before.filter(|_| self.keeps_versions()).map(|manifest| self.guard.layout.objects(&manifest.id)),
            before: before.map_or(&empty, |manifest| &manifest.files),
            content: self.content,
            headers: &habits::headers,
            parallel: self.parallel(),
            journal: &journal,
            arrived: &|bytes| session.progress.arrived(bytes),
            may_go_on: self.guard.check,
        };
        transfer.place(plan)?;
        (self.guard.last)()?;
        let leftovers: BTreeSet<String> = plan.deletes.iter().cloned().collect();
        let has_leftovers = !leftovers.is_empty();
        let manifest = Manifest::new(self.id.to_owned(), self.new.clone(), leftovers);
        if !abilities.collects || !has_leftovers {
            self.put_note(&ground.manifest, manifest.bytes())?;
        }
        transfer.delete(&plan.deletes)?;
        let manifest = match has_leftovers {
            true => Manifest::new(self.id.to_owned(), self.new.clone(), BTreeSet::new()),
            false => manifest,
        };
        if has_leftovers {
            self.put_note(&ground.manifest, manifest.bytes())?;
        }
        if abilities.collects {
            host.commit(&format!("{} {}", session.target.name, self.id))?;
            return Ok(manifest);
        }
        if way == Way::Staged && state.pending.is_some() {
            let left = match retry(|| host.list(ground.temporary.trim_end_matches('/'))) {
                Err(error) if error.fault == Fault::NoList => Vec::new(),
                left => left?,
            };
            each(&left, self.parallel(), |f| retry(|| host.delete(&format!("{}{}", ground.temporary, f.path))))?;
        }
        retry(|| host.delete(&ground.pending))?;
        journal.finish();
        Ok(manifest)
    }

    /// Writes one of kepu's own files, whole or not at all where the host can.
    fn put_note(&self, path: &str, bytes: Vec<u8>) -> Result<()> {
        let host = self.host();
        let abilities = host.abilities();
        let content = Content::own(bytes);
        if !abilities.rename || abilities.atomic_write || abilities.collects {
            return retry(|| host.write(path, &content, &Headers::default()));
        }
        let temporary = format!("{path}.new");
        retry(|| host.write(&temporary, &content, &Headers::default()))?;
        let mut asked = false;
        retry(|| {
            if std::mem::replace(&mut asked, true) && host.size(&temporary)?.is_none() {
                return Ok(());
            }
            host.rename(&temporary, path)
        })
    }

    /// Reads everything back; one error for each file that is not as it should be.
    pub(super) fn verify(&self) -> Result<Vec<Diagnostic>> {
        let session = self.session;
        let tree = match self.guard.layout {
            Layout::InPlace { tree, .. } => tree.clone(),
            // Through the link, as the web server does.
            Layout::Link { link, .. } => format!("{link}/"),
        };
        let wrong = std::sync::Mutex::new(BTreeSet::new());
        let files: Vec<_> = self.new.iter().filter(|(_, entry)| entry.hash != FOREIGN).collect();
        each(&files, self.parallel(), |(path, entry)| {
            let bytes = retry(|| self.host().read(&format!("{tree}{path}")))?;
            if bytes.is_none_or(|bytes| hash(&bytes) != entry.hash) {
                wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert((*path).clone());
            }
            Ok(())
        })?;
        let wrong = wrong.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if wrong.is_empty() {
            return Ok(Vec::new());
        }
        let errors = wrong.iter().map(|path| {
            Diagnostic::error(
                "deploy/verify",
                text!("`{path}` at `{}` is not what was sent", "`{}` 上的 `{path}` 与发送的内容不符", session.label),
            )
            .help(text!("deploy again: it will be sent anew", "请再次发布：它会被重新发送"))
        });
        let errors = errors.collect();
        if let Layout::InPlace { .. } = self.guard.layout {
            let ground = self.guard.layout.ground('a', &session.notes);
            self.put_note(&ground.pending, Pending { id: "verify".to_owned(), unsure: wrong }.bytes())?;
        }
        Ok(errors)
    }
}

fn foreign_files(paths: &[&String], label: &str) -> Diagnostic {
    const NAMED: usize = 10;
    let count = paths.len();
    let error = Diagnostic::error(
        "deploy/foreign",
        text!(
            "`{label}` holds {count} files that kepu did not put there and that this site would replace",
            "`{label}` 上有 {count} 个不是由 kepu 放置、但会被本网站替换的文件"
        ),
    );
    let named = paths.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    let more = if count > NAMED { ", …" } else { "" };
    error.note(Text::verbatim(format!("{named}{more}"))).help(text!(
        "move them away, choose another `path`, or replace them with --overwrite; nothing was changed",
        "请移走它们，或换一个 `path`，或用 --overwrite 替换；主机上没有任何改变"
    ))
}
