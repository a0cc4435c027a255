//! What the Sass compiler sees of the world: the files of the site, and a log.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use codemap::SpanLoc;
use grass::{Fs, Logger};

use super::super::{nesting, outside_root, relative_name};
use super::guard::{self, Patience, Stop};
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
    /// Whether bodies that may run more than once get marks, which stop them if they run without end.
    pub guarded: bool,
    /// Whether there was anything to mark.
    pub marked: Cell<bool>,
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
        let content = self.text(path).unwrap_or_else(|error| {
            self.seen.borrow_mut().failed.get_or_insert(*error);
            Vec::new()
        });
        if self.guarded
            && let Ok(source) = str::from_utf8(&content)
            && let Some(marked) = guard::marked(source, is_indented(path))
        {
            self.marked.set(true);
            return Ok(marked.into_bytes());
        }
        Ok(content)
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }
}

fn is_indented(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("sass"))
}

/// Collects `@warn` and deprecations, which grass would print, and stops the compiler where it would go on without end.
#[derive(Debug)]
pub(super) struct Log {
    pub root: PathBuf,
    pub warnings: RefCell<Vec<Diagnostic>>,
    pub patience: Patience,
    /// Why the compiler was stopped; it unwinds then.
    pub stopped: RefCell<Option<Diagnostic>>,
}

impl Logger for Log {
    fn debug(&self, location: SpanLoc, message: &str) {
        if let Err(stop) = self.patience.step() {
            self.stopped.replace(Some(endless(stop, &location, message, &self.root)));
            // No panic, about which the standard library would print something.
            resume_unwind(Box::new(()));
        }
    }

    fn warn(&self, location: SpanLoc, message: &str) {
        let warning = Diagnostic::warning("sass/warning", Text::verbatim(message)).at(place(&location, &self.root));
        self.warnings.borrow_mut().push(warning);
    }
}

/// The compiler was stopped at this `@debug`.
fn endless(stop: Stop, location: &SpanLoc, message: &str, root: &Path) -> Diagnostic {
    let path = Path::new(location.file.name());
    let name = relative_name(path, root);
    let source = std::fs::read_to_string(path).unwrap_or_default();
    let place = match guard::head(message, &source, is_indented(path)) {
        Some(head) => Place::span(name, &source, head),
        None => Place::file(name),
    };
    let (message, help) = match stop {
        Stop::Deep => (
            text!(
                "this calls or includes itself without end, or far too deep",
                "这里不断调用自己，没有尽头，或者嵌套过深"
            ),
            text!("let it stop at some point with `@if`", "请用 `@if` 让它在某一步停下来"),
        ),
        Stop::Long => (
            text!(
                "the style sheet does not come to an end: it was stopped here, after a million steps",
                "样式表一直运行不完：运行一百万步后在此停止"
            ),
            text!(
                "look at the loops and at what calls itself: each must have an end",
                "请检查循环以及调用自己的函数：每一个都必须有结束的时候"
            ),
        ),
    };
    Diagnostic::error("sass/endless", message).at(place).help(help)
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
