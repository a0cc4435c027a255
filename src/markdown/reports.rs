//! What is reported of one body: not the same twice, and not without end.

use std::ops::Range;

use super::source::Source;
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// Each report carries the text of the file, so a file with a thousand broken links must not make a thousand.
const MOST: usize = 50;

pub struct Reports<'a> {
    source: &'a Source<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// How many there were before this body.
    before: usize,
    left_out: usize,
    /// Whether one of those left out is an error.
    error_left_out: bool,
}

impl<'a> Reports<'a> {
    pub fn new(source: &'a Source<'a>, diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        let before = diagnostics.len();
        Self { source, diagnostics, before, left_out: 0, error_left_out: false }
    }

    fn is_full(&mut self, diagnostic: &Diagnostic) -> bool {
        let full = self.diagnostics.len() - self.before >= MOST;
        if full {
            self.left_out += 1;
            self.error_left_out |= diagnostic.is_error();
        }
        full
    }

    /// Reports something at a span of the file.
    pub fn push(&mut self, diagnostic: Diagnostic, span: Option<Range<usize>>) {
        if !self.is_full(&diagnostic) {
            self.diagnostics.push(self.source.locate(diagnostic, span));
        }
    }

    /// Reports something that has its place, perhaps in another file. That is said once.
    pub fn push_placed(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics[self.before..].contains(&diagnostic) && !self.is_full(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Says how much was left out.
    pub fn finish(&mut self) {
        let count = self.left_out;
        if count == 0 {
            return;
        }
        let message = text!("there are {count} more problems in this file", "这个文件里还有 {count} 个问题");
        let rest = match self.error_left_out {
            true => Diagnostic::error("markdown/more", message),
            false => Diagnostic::warning("markdown/more", message),
        };
        self.diagnostics.push(rest.at(Place::file(self.source.file())));
    }
}
