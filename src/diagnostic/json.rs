//! Diagnostics for programs: one JSON object a line.

use serde::Serialize;

use super::{Diagnostic, Language, Severity, line_column};

#[derive(Serialize)]
struct Line<'a> {
    severity: Severity,
    code: &'a str,
    message: &'a str,
    file: Option<&'a str>,
    /// Counted from 1, like every position here.
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    notes: Vec<&'a str>,
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pages: &'a [String],
}

impl Serialize for Severity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

/// One line of JSON without the line break.
pub fn line(diagnostic: &Diagnostic, lang: Language) -> String {
    let place = diagnostic.place.as_ref();
    let start = place.and_then(|p| p.line_column());
    let end = place.and_then(|p| p.excerpt.as_ref()).map(|(text, span)| line_column(text, span.end));
    let line = Line {
        severity: diagnostic.severity,
        code: diagnostic.code,
        message: diagnostic.message.get(lang),
        file: place.map(|p| p.file.as_str()),
        line: start.map(|s| s.0),
        column: start.map(|s| s.1),
        end_line: end.map(|e| e.0),
        end_column: end.map(|e| e.1),
        notes: diagnostic.notes.iter().map(|n| n.get(lang)).collect(),
        help: diagnostic.help.as_ref().map(|h| h.get(lang)),
        pages: &diagnostic.pages,
    };
    serde_json::to_string(&line).unwrap_or_default()
}
