//! Counts the calls that change something at a host, and dies at one of them when a test asks for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::host::{Abilities, Child, Content, Found, Headers, Host, Look, Result, Version};

/// A host whose changes are counted. `KEPU_TEST_DEPLOY_KILL=N` ends the process in place of the N-th change;
/// `KEPU_TEST_DEPLOY_CALLS=FILE` is told how many there were.
pub struct Probe {
    host: Box<dyn Host + Send>,
    changes: AtomicUsize,
    kill: Option<usize>,
}

impl Probe {
    pub fn new(host: Box<dyn Host + Send>) -> Self {
        let kill = std::env::var("KEPU_TEST_DEPLOY_KILL").ok().and_then(|n| n.parse().ok());
        Self { host, changes: AtomicUsize::new(0), kill }
    }

    fn change(&self) {
        if Some(self.changes.fetch_add(1, Ordering::SeqCst) + 1) == self.kill {
            std::process::abort();
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if let Ok(file) = std::env::var("KEPU_TEST_DEPLOY_CALLS") {
            let _ = std::fs::write(file, self.changes.load(Ordering::SeqCst).to_string());
        }
    }
}

impl Host for Probe {
    fn abilities(&self) -> Abilities {
        self.host.abilities()
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        self.host.list(folder)
    }

    fn children(&self, folder: &str) -> Result<Vec<Child>> {
        self.host.children(folder)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.host.read(path)
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        self.host.size(path)
    }

    fn look(&self, path: &str) -> Result<Look> {
        self.host.look(path)
    }

    fn write(&self, path: &str, content: &Content, headers: &Headers) -> Result<()> {
        self.change();
        self.host.write(path, content, headers)
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        self.change();
        self.host.create(path, bytes)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.change();
        self.host.rename(from, to)
    }

    fn delete(&self, path: &str) -> Result<()> {
        self.change();
        self.host.delete(path)
    }

    fn remove_folder(&self, path: &str) -> Result<bool> {
        self.change();
        self.host.remove_folder(path)
    }

    fn link(&self, from: &str, to: &str) -> Result<()> {
        self.change();
        self.host.link(from, to)
    }

    fn point(&self, link: &str, target: &str) -> Result<()> {
        self.change();
        self.host.point(link, target)
    }

    fn history(&self, most: usize) -> Result<Option<Vec<Version>>> {
        self.host.history(most)
    }

    fn restore(&self, id: &str) -> Result<()> {
        self.change();
        self.host.restore(id)
    }

    fn commit(&self, message: &str) -> Result<()> {
        self.change();
        self.host.commit(message)
    }
}
