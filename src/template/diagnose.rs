//! From Tera's errors to diagnostics that point into the author's files.

use std::collections::HashMap;

use super::{LANGUAGE_MARK, TemplateFile};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

/// The name that Tera gives to a text rendered without a name, such as the body of a page. Its places carry line
/// and column in `excerpt`'s range until the caller, who knows the file, replaces them.
pub const ONE_OFF: &str = "__tera_one_off";

/// All diagnostics in one Tera error; some errors hold several reports.
pub fn diagnose(error: &tera::Error, files: &HashMap<String, TemplateFile>) -> Vec<Diagnostic> {
    match error.kind() {
        tera::ErrorKind::SyntaxError(report) | tera::ErrorKind::RenderingError(report) => {
            let code = match error.kind() {
                tera::ErrorKind::SyntaxError(_) => "template/syntax",
                _ => "template/render",
            };
            let span = report.span();
            let mut message = report.message().to_owned();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            let mut diagnostic = Diagnostic::error(code, split(&message));
            if !report.filename().is_empty() {
                diagnostic = diagnostic.at(place(report.filename(), span.start_line, span.start_col, files));
            }
            // What Tera adds about the way to the place: included from, called from.
            let trail = error.to_string();
            for line in
                trail.lines().filter(|l| l.trim_start().starts_with("note:") || l.trim_start().starts_with("= note:"))
            {
                let line = with_file(line, files);
                diagnostic = diagnostic
                    .note(Text::verbatim(line.trim().trim_start_matches("= ").trim_start_matches("note:").trim()));
            }
            vec![with_hint(diagnostic)]
        }
        tera::ErrorKind::Msg(message) if message.starts_with("error: ") => {
            message.split("\n\n").filter(|report| !report.trim().is_empty()).map(|r| from_report(r, files)).collect()
        }
        tera::ErrorKind::MissingParent { current, parent } => {
            let at = files.get(current).map_or_else(|| current.clone(), |f| f.file.clone());
            vec![
                Diagnostic::error(
                    "template/missing",
                    text!("the template extends `{parent}`, which does not exist", "模板继承的 `{parent}` 不存在"),
                )
                .at(match files.get(current).and_then(|f| Some((f, f.text.find(parent.as_str())?))) {
                    Some((f, start)) => Place::span(&f.file, &*f.text, start..start + parent.len()),
                    None => Place::file(at),
                }),
            ]
        }
        tera::ErrorKind::CircularExtend { tpl, .. } | tera::ErrorKind::CircularInclude { tpl, .. } => {
            let diagnostic = Diagnostic::error("template/error", Text::verbatim(error.to_string()));
            vec![match files.get(tpl) {
                Some(file) => diagnostic.at(Place::file(&file.file)),
                None => diagnostic,
            }]
        }
        _ => {
            let mut message = error.to_string();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                message = format!("{message}: {cause}");
                source = cause.source();
            }
            vec![Diagnostic::error("template/error", split(&message))]
        }
    }
}

/// A line of Tera's trail, `called from index.html:1:12`, with the author's file in place of the template's name.
fn with_file(line: &str, files: &HashMap<String, TemplateFile>) -> String {
    let Some((before, locus)) = line.rsplit_once(' ') else { return line.to_owned() };
    let Some((name, rest)) = locus.split_once(':') else { return line.to_owned() };
    match files.get(name) {
        Some(file) => format!("{before} {}:{rest}", file.file),
        None => line.to_owned(),
    }
}

/// One textual report of Tera: `error: MESSAGE`, then ` --> NAME:LINE:COLUMN`.
fn from_report(report: &str, files: &HashMap<String, TemplateFile>) -> Diagnostic {
    let mut lines = report.lines();
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let diagnostic = Diagnostic::error("template/syntax", split(message));
    let locus = lines.next().and_then(|line| line.trim_start().strip_prefix("--> "));
    let parsed = locus.and_then(|locus| {
        let mut parts = locus.rsplitn(3, ':');
        let column: usize = parts.next()?.parse().ok()?;
        let line: usize = parts.next()?.parse().ok()?;
        Some((parts.next()?, line, column))
    });
    with_hint(match parsed {
        Some((name, line, column)) => diagnostic.at(place(name, line, column.saturating_sub(1), files)),
        None => diagnostic,
    })
}

/// Line counted from 1, column from 0.
fn place(name: &str, line: usize, column: usize, files: &HashMap<String, TemplateFile>) -> Place {
    if name == ONE_OFF {
        return Place { file: ONE_OFF.to_owned(), excerpt: Some((String::new(), line..column)) };
    }
    match files.get(name) {
        Some(file) => place_at(&file.file, &file.text, line, column),
        None => Place::file(name),
    }
}

/// The place of a line (from 1) and column (characters, from 0) of a text.
pub fn place_at(file: &str, text: &str, line: usize, column: usize) -> Place {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let content = rest.split('\n').next().unwrap_or_default();
    let from = content.char_indices().nth(column).map_or(content.len(), |(i, _)| i);
    // Up to the end of the word, so that the caret shows what is meant.
    let word = content[from..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(content.len() - from).max(1);
    Place::span(file, text, start + from..(start + from + word).min(text.len()))
}

fn split(message: &str) -> Text {
    match message.split_once(LANGUAGE_MARK) {
        Some((en, zh)) => Text { en: en.trim().to_owned(), zh: zh.trim().to_owned() },
        None => Text::verbatim(message),
    }
}

/// What to do about Tera's commonest messages.
fn with_hint(diagnostic: Diagnostic) -> Diagnostic {
    let message = diagnostic.message.en.clone();
    let help = if message.starts_with("Variable `")
        || message.contains("is not defined")
        || message.contains("is undefined")
    {
        Some(text!(
            "check the spelling; for a value that may be missing write `a?.b or \"\"`, or `a?.b | default(value=\"…\")`",
            "请检查拼写；可能缺少的值请写 `a?.b or \"\"` 或 `a?.b | default(value=\"…\")`"
        ))
    } else {
        None
    };
    match (help, diagnostic.help.is_none()) {
        (Some(help), true) => diagnostic.help(help),
        _ => diagnostic,
    }
}
