//! From Tera's errors to diagnostics that point into the author's files.

use std::collections::HashMap;

use super::engine::Loaded;
use super::tera1::parse::{Expected, ParseError, Reason};
use super::{LANGUAGE_MARK, TemplateFile};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

/// The name that Tera gives to a text rendered without a name, such as the body of a page. Its places carry line
/// and column in `excerpt`'s range until the caller, who knows the file, replaces them.
pub const ONE_OFF: &str = "__tera_one_off";

/// All diagnostics in one Tera error; some errors hold several reports.
pub fn diagnose(error: &tera::Error, files: &HashMap<String, Loaded>) -> Vec<Diagnostic> {
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
            // A macro or file rendered by a helper brings its own report.
            let inner = message.starts_with("error: ").then(|| from_report(code, &message, files));
            let mut diagnostic = match inner {
                Some(inner) => {
                    let at = locus(report.filename(), span.start_line, span.start_col, files);
                    inner.note(Text::verbatim(format!("called from {at}")))
                }
                None => Diagnostic::error(code, split(&message)),
            };
            if diagnostic.place.is_none() && !report.filename().is_empty() {
                diagnostic = diagnostic.at(report_place(report, files));
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
            let tera1 = files.get(report.filename()).is_some_and(|f| f.lowered.is_some());
            vec![with_hint(diagnostic, tera1)]
        }
        tera::ErrorKind::Msg(message) if message.starts_with("error: ") => message
            .split("\n\n")
            .filter(|report| !report.trim().is_empty())
            .map(|r| from_report("template/syntax", r, files))
            .collect(),
        tera::ErrorKind::MissingParent { current, parent } => {
            let at = files.get(current).map_or_else(|| current.clone(), |f| f.source.file.clone());
            vec![
                Diagnostic::error(
                    "template/missing",
                    text!("the template extends `{parent}`, which does not exist", "模板继承的 `{parent}` 不存在"),
                )
                .at(
                    match files.get(current).and_then(|f| Some((&f.source, f.source.text.find(parent.as_str())?))) {
                        Some((f, start)) => Place::span(&f.file, &*f.text, start..start + parent.len()),
                        None => Place::file(at),
                    },
                ),
            ]
        }
        tera::ErrorKind::CircularExtend { tpl, inheritance_chain: chain }
        | tera::ErrorKind::CircularInclude { tpl, include_chain: chain } => vec![circle(tpl, chain, files)],
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

/// Templates that extend or include each other without end. The place is where `name` names the next.
fn circle(name: &str, chain: &[String], files: &HashMap<String, Loaded>) -> Diagnostic {
    let mut steps: Vec<&str> = chain.iter().map(String::as_str).collect();
    if !steps.split_last().is_some_and(|(last, before)| before.contains(last)) {
        steps.extend(chain.first().map(String::as_str));
    }
    let way = steps.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
    let told = Diagnostic::error(
        "template/circle",
        text!(
            "these templates extend or include each other without end: {way}",
            "这些模板互相继承或包含，没有尽头：{way}"
        ),
    )
    .help(text!("take one of them out of the circle", "请让其中一个不再继承或包含另一个"));
    let Some(Loaded { source, .. }) = files.get(name) else { return told };
    let next = steps.iter().skip_while(|step| **step != name).nth(1).copied().unwrap_or(name);
    let quoted = [format!("\"{next}\""), format!("'{next}'")];
    let span = quoted.iter().find_map(|quoted| Some(source.text.find(quoted.as_str())?..quoted.len()));
    told.at(match span {
        Some(span) => Place::span(&source.file, &*source.text, span.start..span.start + span.end),
        None => Place::file(&source.file),
    })
}

/// A line of Tera's trail, `called from index.html:1:12`, with the author's file in place of the template's name.
fn with_file(line: &str, files: &HashMap<String, Loaded>) -> String {
    let Some((before, at)) = line.rsplit_once(' ') else { return line.to_owned() };
    match parse_locus(at) {
        Some((name, line, column)) if files.contains_key(name) => {
            format!("{before} {}", locus(name, line, column.saturating_sub(1), files))
        }
        _ => line.to_owned(),
    }
}

/// `NAME:LINE:COLUMN`, both numbers counted from 1.
fn parse_locus(at: &str) -> Option<(&str, usize, usize)> {
    let mut parts = at.rsplitn(3, ':');
    let column: usize = parts.next()?.parse().ok()?;
    let line: usize = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, column))
}

/// The author's `FILE:LINE:COLUMN` of a place in what Tera read. Line counted from 1, column from 0.
fn locus(name: &str, line: usize, column: usize, files: &HashMap<String, Loaded>) -> String {
    let place = place(name, line, column, files);
    match place.line_column() {
        Some((line, column)) => format!("{}:{line}:{column}", place.file),
        None => place.file,
    }
}

/// One textual report of Tera: `error: MESSAGE`, then ` --> NAME:LINE:COLUMN`.
fn from_report(code: &'static str, report: &str, files: &HashMap<String, Loaded>) -> Diagnostic {
    let mut lines = report.lines();
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let mut diagnostic = Diagnostic::error(code, split(message));
    let at = lines.next().and_then(|line| line.trim_start().strip_prefix("--> "));
    let mut tera1 = false;
    if let Some((name, line, column)) = at.and_then(parse_locus) {
        tera1 = files.get(name).is_some_and(|f| f.lowered.is_some());
        diagnostic = diagnostic.at(place(name, line, column.saturating_sub(1), files));
    }
    for line in lines.filter(|l| l.trim_start().starts_with("note:")) {
        let line = with_file(line, files);
        diagnostic = diagnostic.note(Text::verbatim(line.trim().trim_start_matches("note:").trim()));
    }
    with_hint(diagnostic, tera1)
}

/// The place that a report names, in the author's text.
fn report_place(report: &tera::ReportError, files: &HashMap<String, Loaded>) -> Place {
    let span = report.span();
    match files.get(report.filename()) {
        Some(Loaded { source, lowered: Some((_, map)) }) => {
            Place::span(&source.file, &*source.text, map.source(span.range.clone()))
        }
        _ => place(report.filename(), span.start_line, span.start_col, files),
    }
}

/// Line counted from 1, column from 0.
fn place(name: &str, line: usize, column: usize, files: &HashMap<String, Loaded>) -> Place {
    if name == ONE_OFF {
        return Place { file: ONE_OFF.to_owned(), excerpt: Some((String::new(), line..column)) };
    }
    match files.get(name) {
        Some(Loaded { source, lowered: Some((text, map)) }) => {
            let offset = offset_of(text, line, column);
            Place::span(&source.file, &*source.text, map.source(offset..offset))
        }
        Some(file) => place_at(&file.source.file, &file.source.text, line, column),
        None => Place::file(name),
    }
}

/// The byte at a line (from 1) and column (characters, from 0).
fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(column).map_or(rest.len(), |(i, _)| i)
}

/// A Tera 1 file that does not parse.
pub fn tera1_syntax(error: &ParseError, file: &TemplateFile) -> Diagnostic {
    let message = match &error.reason {
        Reason::Expected(expected) if expected.contains(&Expected::Elsewhere) => text!(
            "this tag cannot stand here: blocks are not allowed in loops and macros, `break` and `continue` only in loops",
            "这个标签不能放在这里：循环和宏里不能有 block，break 和 continue 只能在循环里"
        ),
        Reason::Expected(expected) => {
            let (en, zh) = expected_words(expected);
            text!("this is no Tera 1 template: expected {en}", "不是有效的 Tera 1 模板：这里应为{zh}")
        }
        Reason::TooDeep => text!("this is nested too deeply", "嵌套太深"),
        Reason::IntegerTooLarge(number) => text!("the integer {number} is too large", "整数 {number} 太大"),
        Reason::DuplicateBlock(name) => text!("there are two blocks `{name}`", "有两个名为 `{name}` 的块"),
        Reason::MissingImport(name) => {
            text!("macros are imported from `{name}`, which does not exist", "导入宏的文件 `{name}` 不存在")
        }
        Reason::DuplicateMacro(name) => text!("there are two macros `{name}`", "有两个名为 `{name}` 的宏"),
    };
    Diagnostic::error("template/syntax", message).at(Place::span(&file.file, &*file.text, error.span.clone()))
}

fn expected_words(expected: &[Expected]) -> (String, String) {
    let words = expected.iter().map(|e| match e {
        Expected::Expression => ("an expression".to_owned(), "表达式".to_owned()),
        Expected::Name => ("a name".to_owned(), "名称".to_owned()),
        Expected::String => ("a string".to_owned(), "字符串".to_owned()),
        Expected::TagEnd => ("`%}`".to_owned(), "`%}`".to_owned()),
        Expected::PrintEnd => ("`}}`".to_owned(), "`}}`".to_owned()),
        Expected::CommentEnd => ("text and `#}`".to_owned(), "文字和 `#}`".to_owned()),
        Expected::Tag | Expected::Elsewhere => ("a tag that can stand here".to_owned(), "可用的标签".to_owned()),
        Expected::Closing(tag) => (format!("`{{% {tag} %}}`"), format!("`{{% {tag} %}}`")),
        Expected::Sign(sign) => (format!("`{sign}`"), format!("`{sign}`")),
    });
    let (en, zh): (Vec<String>, Vec<String>) = words.unzip();
    (en.join(" or "), zh.join("或"))
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
    // The prefix of Tera 1's own filters is no name that authors know.
    let message = &message.replace("`t1_", "`");
    match message.split_once(LANGUAGE_MARK) {
        Some((en, zh)) => Text { en: en.trim().to_owned(), zh: zh.trim().to_owned() },
        None => Text::verbatim(message),
    }
}

/// What to do about Tera's commonest messages.
fn with_hint(diagnostic: Diagnostic, tera1: bool) -> Diagnostic {
    let message = diagnostic.message.en.clone();
    let help = if message.starts_with("Variable `")
        || message.contains("is not defined")
        || message.contains("is undefined")
    {
        Some(match tera1 {
            true => text!(
                "check the spelling; for a value that may be missing write `{{% if a.b %}}`, or `a.b | default(value=\"…\")`",
                "请检查拼写；可能缺少的值请写 `{{% if a.b %}}`，或 `a.b | default(value=\"…\")`"
            ),
            false => text!(
                "check the spelling; for a value that may be missing write `a?.b or \"\"`, or `a?.b | default(value=\"…\")`",
                "请检查拼写；可能缺少的值请写 `a?.b or \"\"` 或 `a?.b | default(value=\"…\")`"
            ),
        })
    } else {
        None
    };
    match (help, diagnostic.help.is_none()) {
        (Some(help), true) => diagnostic.help(help),
        _ => diagnostic,
    }
}
