//! What commands print: progress and results for people, diagnostics for people or programs.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;

use crate::check::sarif;
use crate::diagnostic::{Diagnostic, Language, Text, json, render};
use crate::text;

/// How many diagnostics of one code are shown to people.
const SHOWN_OF_A_KIND: usize = 25;

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Human,
    /// One JSON object a line.
    Json,
    /// One SARIF log of all.
    Sarif,
}

/// Where and how a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub lang: Language,
    pub format: Format,
    pub strict: bool,
}

/// A number with its English noun: `1 page`, `2 pages`.
pub fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

impl Output {
    /// A line about what is going on, on standard error.
    pub fn say(&self, what: &Text) {
        if self.format == Format::Human {
            let _ = writeln!(anstream::stderr(), "{}", what.get(self.lang));
        }
    }

    /// Shows all diagnostics, sorted; warnings count as errors when `--strict` says so. Whether there was an error.
    pub fn report(&self, diagnostics: Vec<Diagnostic>) -> bool {
        let diagnostics = self.graded(diagnostics);
        self.list(&diagnostics);
        let errors = diagnostics.iter().filter(|d| d.is_error()).count();
        let warnings = diagnostics.len() - errors;
        if errors > 0 {
            let (some_errors, some_warnings) = (counted(errors, "error"), counted(warnings, "warning"));
            self.say(&match warnings {
                0 => Text {
                    en: format!("{some_errors}; nothing was changed."),
                    zh: format!("{errors} 个错误，没有改动任何文件。"),
                },
                _ => Text {
                    en: format!("{some_errors}, {some_warnings}; nothing was changed."),
                    zh: format!("{errors} 个错误，{warnings} 个警告，没有改动任何文件。"),
                },
            });
        }
        errors > 0
    }

    /// The diagnostics in their order, warnings as errors when `--strict` says so.
    pub fn graded(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        Diagnostic::sort(&mut diagnostics);
        if self.strict {
            for diagnostic in &mut diagnostics {
                diagnostic.severity = crate::diagnostic::Severity::Error;
            }
        }
        diagnostics
    }

    /// Shows diagnostics as they are.
    pub fn list(&self, diagnostics: &[Diagnostic]) {
        match self.format {
            Format::Human => self.show(diagnostics),
            Format::Json => self.show_problems(diagnostics),
            Format::Sarif => {
                let _ = writeln!(std::io::stdout().lock(), "{}", sarif::write(diagnostics, self.lang));
            }
        }
    }

    /// Shows what is wrong while the command goes on.
    pub fn show_problems(&self, diagnostics: &[Diagnostic]) {
        if self.format != Format::Human {
            let mut out = std::io::stdout().lock();
            for diagnostic in diagnostics {
                let _ = writeln!(out, "{}", json::line(diagnostic, self.lang));
            }
        } else {
            self.show(diagnostics);
        }
    }

    /// Reports for people. One slip repeated in every file of a large site must not hide the others.
    fn show(&self, diagnostics: &[Diagnostic]) {
        let mut shown: BTreeMap<&str, usize> = BTreeMap::new();
        let mut out = anstream::stderr().lock();
        for diagnostic in diagnostics {
            let count = shown.entry(diagnostic.code).or_default();
            *count += 1;
            if *count <= SHOWN_OF_A_KIND {
                let _ = writeln!(out, "{}\n", render::report(diagnostic, self.lang, true));
            }
        }
        for (code, count) in shown.into_iter().filter(|(_, count)| *count > SHOWN_OF_A_KIND) {
            let more = count - SHOWN_OF_A_KIND;
            let text = text!(
                "… and {more} more of `{code}`; `--message-format json` shows all",
                "……另有 {more} 个 `{code}`；`--message-format json` 可列出全部"
            );
            let _ = writeln!(out, "{}\n", text.get(self.lang));
        }
    }

    /// Shows one error in how the command was called.
    pub fn misused(&self, diagnostic: Diagnostic) -> ExitCode {
        self.report(vec![diagnostic]);
        ExitCode::from(2)
    }

    /// Shows one error; the command has failed.
    pub fn fail(&self, diagnostic: Diagnostic) -> ExitCode {
        self.report(vec![diagnostic]);
        ExitCode::from(1)
    }
}
