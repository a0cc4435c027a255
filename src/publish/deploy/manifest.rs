//! The manifest that is kept at the host: what kepu put there, so that only changes are sent and nothing else is deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One file at the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// BLAKE3 of the bytes, 32 hexadecimal digits.
    pub hash: String,
    pub size: u64,
    /// The headers that were set, on hosts that keep them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub headers: String,
}

pub type Files = BTreeMap<String, Entry>;

/// What stands at the host when everything has gone well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the form.
    kepu: u32,
    /// Names the deploy that wrote it.
    pub id: String,
    pub files: Files,
    /// Files of earlier deploys that are still to be deleted.
    #[serde(default)]
    pub leftovers: BTreeSet<String>,
    /// A hash of the rest: half a manifest is no manifest.
    check: String,
}

const FORM: u32 = 1;

impl Manifest {
    pub fn new(id: String, files: Files, leftovers: BTreeSet<String>) -> Self {
        let mut manifest = Self { kepu: FORM, id, files, leftovers, check: String::new() };
        manifest.check = manifest.checksum();
        manifest
    }

    fn checksum(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut add = |text: &str| {
            hasher.update(text.as_bytes());
            hasher.update(b"\0");
        };
        add(&self.id);
        for (path, Entry { hash, size, headers }) in &self.files {
            [path, hash, &size.to_string(), headers].into_iter().for_each(|text| add(text));
        }
        add("leftovers");
        self.leftovers.iter().for_each(|path| add(path));
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// None when the bytes are not a whole manifest, or one whose paths lead out of the site.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(bytes).ok()?;
        let sound = manifest.kepu == FORM
            && manifest.check == manifest.checksum()
            && manifest.files.keys().chain(&manifest.leftovers).all(|path| is_inside(path));
        sound.then_some(manifest)
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Which files may differ from the manifest: there from before the first change until the manifest is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub id: String,
    pub unsure: BTreeSet<String>,
}

impl Pending {
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let pending: Self = serde_json::from_slice(bytes).ok()?;
        pending.unsure.iter().all(|path| is_inside(path)).then_some(pending)
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Whether a path that the host gave stays below its folder.
pub fn is_inside(path: &str) -> bool {
    !path.is_empty() && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// The hash of one file's bytes.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let entry = Entry { hash: hash(b"a"), size: 1, headers: String::new() };
        Manifest::new("1".into(), [("a/index.html".to_owned(), entry)].into(), ["old.css".to_owned()].into())
    }

    #[test]
    fn a_manifest_survives_the_way_there_and_back() {
        assert_eq!(Manifest::parse(&manifest().bytes()), Some(manifest()));
    }

    #[test]
    fn half_a_manifest_is_none() {
        let bytes = manifest().bytes();
        for end in 0..bytes.len() {
            assert_eq!(Manifest::parse(&bytes[..end]), None, "{end} bytes");
        }
    }

    #[test]
    fn a_changed_manifest_is_none() {
        let text = String::from_utf8(manifest().bytes()).expect("JSON");
        assert_eq!(Manifest::parse(text.replace("a/index", "b/index").as_bytes()), None);
    }

    #[test]
    fn a_manifest_that_leads_out_is_none() {
        let entry = Entry { hash: hash(b"a"), size: 1, headers: String::new() };
        let outside = Manifest::new("1".into(), [("../a".to_owned(), entry)].into(), BTreeSet::new());
        assert_eq!(Manifest::parse(&outside.bytes()), None);
    }
}
