//! Where things lie at a host, and what is known of what lies there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::host::{Host, Look, Result};
use super::manifest::{Manifest, Pending};
use super::plan::Known;
use super::transfer::{Journal, retry};
use crate::config::deploy::Switch;

/// The folder beside a site that is changed file by file.
pub const STATE: &str = ".kepu-deploy/";

/// One tree of files at the host and the notes about it; all with a `/` at the end where they are folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    pub tree: String,
    pub manifest: String,
    pub pending: String,
    pub temporary: String,
    /// On this computer.
    pub journal: PathBuf,
    /// On this computer, too.
    pub stamps: PathBuf,
}

/// How the site lies at the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// In `tree`, changed file by file; `state` is kepu's own folder.
    InPlace { tree: String, state: String },
    /// `link` is a symbolic link to one of two trees in `state`, `a/` and `b/`.
    Link { link: String, state: String, live: Option<char>, empty_folder: bool },
}

impl Layout {
    /// Settles the layout for a document root called `name` below the host's base; `""` is the base itself.
    pub fn settle(host: &dyn Host, name: &str, wish: Switch) -> Result<Option<Self>> {
        let tree = if name.is_empty() { String::new() } else { format!("{name}/") };
        let in_place = Self::InPlace { state: format!("{tree}{STATE}"), tree };
        if !host.abilities().link || name.is_empty() || wish == Switch::InPlace {
            return Ok((wish != Switch::Link || host.abilities().link && !name.is_empty()).then_some(in_place));
        }
        let state = format!(".{name}.kepu/");
        let (live, empty_folder) = match retry(|| host.look(name))? {
            Look::Link(target) => match target.strip_prefix(&state).map(|slot| slot.trim_end_matches('/')) {
                Some("a") => (Some('a'), false),
                Some("b") => (Some('b'), false),
                _ => return Ok((wish == Switch::Auto).then_some(in_place)),
            },
            Look::Nothing => (None, false),
            Look::EmptyFolder => (None, true),
            Look::Other => return Ok((wish == Switch::Auto).then_some(in_place)),
        };
        Ok(Some(Self::Link { link: name.to_owned(), state, live, empty_folder }))
    }

    pub fn state(&self) -> &str {
        match self {
            Self::InPlace { state, .. } | Self::Link { state, .. } => state,
        }
    }

    pub fn lock(&self) -> String {
        format!("{}lock.json", self.state())
    }

    pub fn versions(&self) -> String {
        format!("{}versions/", self.state())
    }

    /// The bytes that the version `id` had and a later one has not.
    pub fn objects(&self, id: &str) -> String {
        format!("{}objects/{id}/", self.state())
    }

    /// The tree of a slot; in place there is only one. `notes` is the target's folder on this computer.
    pub fn ground(&self, slot: char, notes: &Path) -> Ground {
        match self {
            Self::InPlace { tree, state } => Ground {
                tree: tree.clone(),
                manifest: format!("{state}manifest.json"),
                pending: format!("{state}pending.json"),
                temporary: format!("{state}tmp/"),
                journal: notes.join("journal"),
                stamps: notes.join("stamps"),
            },
            Self::Link { state, .. } => Ground {
                tree: format!("{state}{slot}/"),
                manifest: format!("{state}{slot}.json"),
                pending: format!("{state}{slot}.pending.json"),
                temporary: format!("{state}tmp/"),
                journal: notes.join(format!("journal-{slot}")),
                stamps: notes.join(format!("stamps-{slot}")),
            },
        }
    }
}

/// What is known of a tree.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub known: Known,
    pub manifest: Option<Manifest>,
    pub pending: Option<Pending>,
    /// There was a manifest, and it is no longer one.
    pub is_damaged: bool,
}

/// Reads what kepu noted about a tree. `remembered` are paths that this computer once put there, for when the notes are gone.
pub fn read(host: &dyn Host, ground: &Ground, remembered: impl FnOnce() -> BTreeSet<String>) -> Result<State> {
    let bytes = retry(|| host.read(&ground.manifest))?;
    let manifest = bytes.as_deref().and_then(Manifest::parse);
    let pending_bytes = retry(|| host.read(&ground.pending))?;
    let pending = pending_bytes.as_deref().and_then(Pending::parse);
    // Without a whole `pending` nothing may be believed that it might name.
    let is_damaged = (bytes.is_some() && manifest.is_none()) || (pending_bytes.is_some() && pending.is_none());
    let mut known = Known::new();
    if let Some(manifest) = &manifest {
        let trusted = |entry: &super::manifest::Entry| (!is_damaged).then(|| entry.clone());
        known.extend(manifest.files.iter().map(|(path, entry)| (path.clone(), trusted(entry))));
        known.extend(manifest.leftovers.iter().map(|path| (path.clone(), None)));
    } else {
        known.extend(remembered().into_iter().map(|path| (path, None)));
    }
    if let Some(pending) = &pending {
        known.extend(pending.unsure.iter().map(|path| (path.clone(), None)));
    }
    Ok(State { known, manifest, pending, is_damaged })
}

impl State {
    /// Lets what this computer's journal says count for what the host's notes leave open.
    pub fn believe(&mut self, ground: &Ground, new: &super::manifest::Files) {
        let Some(pending) = &self.pending else { return };
        let placed = Journal::placed(&ground.journal, &pending.id);
        for path in &pending.unsure {
            if let (Some(hash), Some(entry)) = (placed.get(path), new.get(path))
                && *hash == entry.hash
            {
                self.known.insert(path.clone(), Some(entry.clone()));
            }
        }
    }
}
