//! Which addresses of other sites answered well, and when: `.kepu/cache/links.json`. A damaged file is an empty one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// Good answers of the last days.
pub struct Cache {
    file: PathBuf,
    /// Seconds from 1970 by address.
    good: BTreeMap<String, i64>,
    now: i64,
}

const A_DAY: i64 = 24 * 60 * 60;

impl Cache {
    /// Reads what is younger than `days`.
    pub fn read(root: &Path, days: u64) -> Self {
        let file = root.join(".kepu/cache/links.json");
        let now = Timestamp::now().as_second();
        let age = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(A_DAY);
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let mut good: BTreeMap<String, i64> = serde_json::from_str(&text).unwrap_or_default();
        good.retain(|_, at| *at <= now && now.saturating_sub(*at) < age);
        Self { file, good, now }
    }

    pub fn knows(&self, address: &str) -> bool {
        self.good.contains_key(address)
    }

    pub fn remember(&mut self, address: &str) {
        self.good.entry(address.to_owned()).or_insert(self.now);
    }

    pub fn write(&self) -> std::io::Result<()> {
        if self.good.is_empty() && !self.file.exists() {
            return Ok(());
        }
        crate::cache::replace(&self.file, serde_json::to_string_pretty(&self.good)?.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_answers_are_remembered_for_their_days() {
        let root = tempfile::tempdir().unwrap();
        let mut cache = Cache::read(root.path(), 7);
        assert!(!cache.knows("https://a.example/"));
        cache.remember("https://a.example/");
        cache.good.insert("https://old.example/".to_owned(), cache.now - 8 * A_DAY);
        cache.write().unwrap();
        let cache = Cache::read(root.path(), 7);
        assert!(cache.knows("https://a.example/") && !cache.knows("https://old.example/"));
        assert!(!Cache::read(root.path(), 0).knows("https://a.example/"));
    }

    #[test]
    fn a_damaged_cache_is_an_empty_one() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(".kepu/cache")).unwrap();
        std::fs::write(root.path().join(".kepu/cache/links.json"), "{\"https://a.example/\": ").unwrap();
        let mut cache = Cache::read(root.path(), 7);
        cache.remember("https://b.example/");
        cache.write().unwrap();
        assert!(Cache::read(root.path(), 7).knows("https://b.example/"));
    }
}
