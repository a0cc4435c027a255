//! The text of a content file, which may be read only when somebody needs it.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::encoding;
use crate::cache::Stamp;

/// The whole text of a file, as a `&str`.
#[derive(Clone, Debug, Default)]
pub struct FileText {
    text: OnceLock<String>,
    later: Option<Box<Later>>,
}

/// A file that was read in an earlier run.
#[derive(Clone, Debug)]
struct Later {
    source: PathBuf,
    /// What the file was when it was taken for the same.
    stamp: Stamp,
    torn: Torn,
}

/// Tells that a file changed after it was taken to be as it was: what was made of it must not be used.
#[derive(Clone, Debug, Default)]
pub struct Torn(Arc<AtomicBool>);

impl Torn {
    pub fn is_torn(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl FileText {
    /// The text of a file with this stamp, to be read when it is needed.
    pub(super) fn later(source: PathBuf, stamp: Stamp, torn: Torn) -> Self {
        Self { text: OnceLock::new(), later: Some(Box::new(Later { source, stamp, torn })) }
    }
}

#[cfg(test)]
impl FileText {
    pub(super) fn was_read(&self) -> bool {
        self.text.get().is_some()
    }
}

impl From<String> for FileText {
    fn from(text: String) -> Self {
        Self { text: OnceLock::from(text), later: None }
    }
}

impl Deref for FileText {
    type Target = str;

    fn deref(&self) -> &str {
        self.text.get_or_init(|| {
            let Some(later) = &self.later else { return String::new() };
            let text = encoding::read_text(&later.source, "", &mut Vec::new());
            if text.is_err() || Stamp::of(&later.source) != Some(later.stamp) {
                later.torn.0.store(true, Ordering::Release);
            }
            text.unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_when_it_is_needed_and_tells_if_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.md");
        std::fs::write(&file, "one").unwrap();
        let torn = Torn::default();
        let later = || FileText::later(file.clone(), Stamp::of(&file).unwrap(), torn.clone());
        let (whole, changed, gone) = (later(), later(), later());
        assert_eq!((&*whole, torn.is_torn()), ("one", false));
        std::fs::write(&file, "longer").unwrap();
        assert_eq!((&*changed, torn.is_torn()), ("longer", true));
        std::fs::remove_file(&file).unwrap();
        assert_eq!((&*whole, &*gone), ("one", ""));
    }
}
