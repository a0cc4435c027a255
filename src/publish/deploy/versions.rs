//! The versions that a host keeps, and the bytes that only older ones need.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Layout;
use super::host::{Content, Headers, Host, Result};
use super::manifest::Manifest;
use super::transfer::{each, retry};

/// The ids of the versions at the host, oldest first: ids begin with the time.
pub fn list(host: &dyn Host, layout: &Layout) -> Result<Vec<String>> {
    let found = retry(|| host.list(layout.versions().trim_end_matches('/')))?;
    let ids: BTreeSet<String> =
        found.into_iter().filter_map(|f| f.path.strip_suffix(".json").map(str::to_owned)).collect();
    Ok(ids.into_iter().collect())
}

fn file(layout: &Layout, id: &str) -> String {
    format!("{}{id}.json", layout.versions())
}

pub fn read(host: &dyn Host, layout: &Layout, id: &str) -> Result<Option<Manifest>> {
    Ok(retry(|| host.read(&file(layout, id)))?.as_deref().and_then(Manifest::parse))
}

/// Notes a version that has become, or is about to become, the live one.
pub fn record(host: &dyn Host, layout: &Layout, manifest: &Manifest) -> Result<()> {
    let content = Content::own(manifest.bytes());
    retry(|| host.write(&file(layout, &manifest.id), &content, &Headers::default()))
}

/// Forgets all versions but the newest `keep` and the live one, with the bytes that only they needed.
pub fn prune(host: &dyn Host, layout: &Layout, keep: usize, live: &str) -> Result<()> {
    let ids = list(host, layout)?;
    let old = ids.len().saturating_sub(keep);
    for id in ids.iter().take(old).filter(|id| *id != live) {
        let objects = layout.objects(id);
        let folder = objects.trim_end_matches('/');
        let found = retry(|| host.list(folder))?;
        each(&found, 8, |object| retry(|| host.delete(&format!("{objects}{}", object.path))))?;
        retry(|| host.remove_folder(folder))?;
        retry(|| host.delete(&file(layout, id)))?;
    }
    Ok(())
}

/// Where the bytes with a hash lie that no tree has any more.
pub fn objects(host: &dyn Host, layout: &Layout) -> Result<BTreeMap<String, String>> {
    let folder = format!("{}objects", layout.state());
    let found = retry(|| host.list(&folder))?;
    let hash = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    Ok(found.into_iter().map(|f| (hash(&f.path), format!("{folder}/{}", f.path))).collect())
}
