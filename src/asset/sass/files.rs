//! What the Sass compiler sees of the world: the files of the site, and a log.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use codemap::SpanLoc;
use grass::{Fs, Logger};

use super::super::{nesting, outside_root, relative_name};
use crate::diagnostic::{Diagnostic, Place, Result, Text};
use crate::text;

/// How deep brackets may nest in one file.
const DEEPEST: usize = 2000;

/// What one compilation asked of the file system.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub read: BTreeSet<PathBuf>,
    /// What exists but lies outside of the root.
    pub refused: Vec<PathBuf>,
    /// Why the first file that was found could not be used.
    pub failed: Option<Diagnostic>,
}

/// The file system that Sass may see: what is below the site's canonical root.
#[derive(Debug)]
pub(super) struct Files {
    pub root: PathBuf,
    pub seen: RefCell<Seen>,
}

impl Files {
    /// The canonical path of something that exists and may be read.
    fn allowed(&self, path: &Path) -> Option<PathBuf> {
        let path = path.canonicalize().ok()?;
        if path.starts_with(&self.root) {
            return Some(path);
        }
        self.seen.borrow_mut().refused.push(path);
        None
    }

    fn text(&self, path: &Path) -> Result<Vec<u8>> {
        let name = relative_name(path, &self.root);
        let path = self.allowed(path).ok_or_else(|| Box::new(outside_root(&name)))?;
        let content = std::fs::read(&path).map_err(|error| Box::new(Diagnostic::io(name.as_str(), &error)))?;
        self.seen.borrow_mut().read.insert(path);
        let unusable = |message| Box::new(Diagnostic::error("sass/unreadable", message).at(Place::file(name.as_str())));
        let text = str::from_utf8(&content)
            .map_err(|error| unusable(text!("`{name}` is not UTF-8: {error}", "`{name}` 不是 UTF-8 编码：{error}")))?;
        if nesting(text) > DEEPEST {
            let message =
                text!("`{name}` is nested more than {DEEPEST} levels deep", "`{name}` 的嵌套超过 {DEEPEST} 层");
            return Err(unusable(message));
        }
        Ok(content)
    }
}

impl Fs for Files {
    fn is_dir(&self, path: &Path) -> bool {
        path.is_dir() && self.allowed(path).is_some()
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file() && self.allowed(path).is_some()
    }

    /// Never an error: one for an imported file makes grass panic, and for any file it forgets which one it was.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        Ok(self.text(path).unwrap_or_else(|error| {
            self.seen.borrow_mut().failed.get_or_insert(*error);
            Vec::new()
        }))
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }
}

/// Collects `@warn` and deprecations, which grass would print.
#[derive(Debug)]
pub(super) struct Log {
    pub root: PathBuf,
    pub warnings: RefCell<Vec<Diagnostic>>,
}

impl Logger for Log {
    fn debug(&self, _: SpanLoc, _: &str) {}

    fn warn(&self, location: SpanLoc, message: &str) {
        let warning = Diagnostic::warning("sass/warning", Text::verbatim(message)).at(place(&location, &self.root));
        self.warnings.borrow_mut().push(warning);
    }
}

/// The place of a span of grass, whose lines and columns (in characters) count from 0.
pub(super) fn place(loc: &SpanLoc, root: &Path) -> Place {
    let source = loc.file.source();
    let offset = |line: usize, column: usize| {
        let start = source.split_inclusive('\n').take(line).map(str::len).sum::<usize>();
        let rest = source.get(start..).unwrap_or_default();
        start + rest.chars().take(column).map(char::len_utf8).sum::<usize>()
    };
    let span = offset(loc.begin.line, loc.begin.column)..offset(loc.end.line, loc.end.column);
    Place::span(relative_name(Path::new(loc.file.name()), root), source, span)
}
