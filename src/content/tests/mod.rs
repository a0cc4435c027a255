//! Small sites on disk, loaded.

mod addresses;
mod files;
mod front_matter;

use std::path::Path;

use tempfile::TempDir;

use crate::config::{Config, for_test};
use crate::content::{Content, Page, Section, load};
use crate::diagnostic::Diagnostic;

/// A site: what its configuration adds to `base_url`, and its files by their path below `content/`.
struct Site {
    root: TempDir,
    config: std::sync::Arc<Config>,
}

struct Loaded {
    content: Content,
    diagnostics: Vec<Diagnostic>,
}

impl Site {
    fn new(config: &str) -> Self {
        let root = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        Self { root, config: for_test(config) }.folder("content")
    }

    fn path(&self, relative: &str) -> std::path::PathBuf {
        self.root.path().join(relative)
    }

    fn folder(self, relative: &str) -> Self {
        std::fs::create_dir_all(self.path(relative)).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// A file below `content/`.
    fn file(self, relative: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path("content").join(relative);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap_or_else(|error| panic!("{error}"));
        std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{error}"));
        self
    }

    /// A page or section below `content/` with lines of TOML.
    fn page(self, relative: &str, toml: &str) -> Self {
        self.file(relative, format!("+++\n{toml}\n+++\nText.\n"))
    }

    fn load(&self) -> Loaded {
        self.load_with(false)
    }

    fn load_with(&self, drafts: bool) -> Loaded {
        let mut diagnostics = Vec::new();
        let content = load(self.root.path(), &self.config, drafts, &mut diagnostics);
        Loaded { content, diagnostics }
    }
}

impl Loaded {
    fn page(&self, relative: &str) -> &Page {
        let found = self.content.pages.iter().find(|page| page.file.relative == relative);
        found.unwrap_or_else(|| panic!("no {relative}: {:?}", self.diagnostics))
    }

    fn section(&self, relative: &str) -> &Section {
        let found = self.content.sections.iter().find(|section| section.file.relative == relative);
        found.unwrap_or_else(|| panic!("no {relative}: {:?}", self.diagnostics))
    }

    fn pages(&self) -> Vec<&str> {
        self.content.pages.iter().map(|page| page.file.relative.as_str()).collect()
    }

    fn sections(&self) -> Vec<&str> {
        self.content.sections.iter().map(|section| section.file.relative.as_str()).collect()
    }

    /// Code, file, line and column of everything told.
    fn told(&self) -> Vec<String> {
        let line = |d: &Diagnostic| {
            let place = d.place.as_ref();
            let at = place.and_then(|place| place.line_column()).map(|(line, column)| format!(":{line}:{column}"));
            format!("{} {}{}", d.code, place.map_or("-", |place| place.file.as_str()), at.unwrap_or_default())
        };
        self.diagnostics.iter().map(line).collect()
    }
}
