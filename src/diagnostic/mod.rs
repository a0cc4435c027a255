//! What kepu has to say about its input: one type for every error and warning.
//!
//! Every other room makes [`Diagnostic`] values; only `cli` shows them, through [`render`] (for people)
//! or [`json`] (for programs). A diagnostic carries both languages, so nothing below `cli` knows who reads.

pub mod html;
pub mod json;
pub mod render;

use std::ops::Range;

/// One sentence in English and in Chinese. Made with [`text!`](crate::text).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub en: String,
    pub zh: String,
}

/// Formats one message in both languages; both literals may capture the same variables.
#[macro_export]
macro_rules! text {
    ($en:literal, $zh:literal $(,)?) => {
        $crate::diagnostic::Text { en: format!($en), zh: format!($zh) }
    };
    ($en:literal, $zh:literal, $($value:expr),+ $(,)?) => {
        $crate::diagnostic::Text { en: format!($en, $($value),+), zh: format!($zh, $($value),+) }
    };
}

impl Text {
    pub fn get(&self, lang: Language) -> &str {
        match lang {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }

    /// A message that comes from a library and exists in one language only.
    pub fn verbatim(message: impl Into<String>) -> Self {
        let en: String = message.into();
        Self { zh: en.clone(), en }
    }
}

/// The language that messages are shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    En,
    Zh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// Where something is wrong. `file` is relative to the site's root, with `/` on every system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    /// The whole text of the file and the byte range in it that is wrong.
    pub excerpt: Option<(String, Range<usize>)>,
}

impl Place {
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), excerpt: None }
    }

    /// A byte range of `text`; a range that does not fit the text is clamped to it.
    pub fn span(file: impl Into<String>, text: impl Into<String>, span: Range<usize>) -> Self {
        let text = text.into();
        let floor = |at: usize| (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let start = floor(span.start);
        let end = floor(span.end).max(start);
        Self { file: file.into(), excerpt: Some((text, start..end)) }
    }

    /// A whole line of `text`, counted from 1.
    pub fn line(file: impl Into<String>, text: impl Into<String>, line: usize) -> Self {
        let text = text.into();
        let mut start = 0;
        for (index, content) in text.split_inclusive('\n').enumerate() {
            if index + 1 == line.max(1) {
                let trimmed = content.trim_end();
                let indent = trimmed.len() - trimmed.trim_start().len();
                let span = start + indent..start + trimmed.len();
                return Self::span(file, text, span);
            }
            start += content.len();
        }
        let end = text.len();
        Self::span(file, text, end..end)
    }

    /// Line and column of the start, both counted from 1; columns are characters.
    pub fn line_column(&self) -> Option<(usize, usize)> {
        let (text, span) = self.excerpt.as_ref()?;
        Some(line_column(text, span.start))
    }
}

/// Line and column of a byte offset, both counted from 1; columns are characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..offset.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable name, `room/what`, for example `front-matter/missing`.
    pub code: &'static str,
    pub message: Text,
    pub place: Option<Place>,
    pub notes: Vec<Text>,
    pub help: Option<Text>,
    /// Addresses on the built site, such as `/news/a/`, where this was found; `kepu check` fills them in.
    pub pages: Vec<String>,
}

/// A step that fails with one diagnostic. Boxed because success is the common case.
pub type Result<T, E = Box<Diagnostic>> = std::result::Result<T, E>;

impl Diagnostic {
    fn new(severity: Severity, code: &'static str, message: Text) -> Self {
        Self { severity, code, message, place: None, notes: Vec::new(), help: None, pages: Vec::new() }
    }

    pub fn error(code: &'static str, message: Text) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: &'static str, message: Text) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// An operation on a file or folder that the system refused.
    pub fn io(file: impl Into<String>, error: &std::io::Error) -> Self {
        let file = file.into();
        Self::error("io", text!("cannot use `{file}`: {error}", "无法使用 `{file}`：{error}")).at(Place::file(file))
    }

    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    pub fn note(mut self, note: Text) -> Self {
        self.notes.push(note);
        self
    }

    pub fn help(mut self, help: Text) -> Self {
        self.help = Some(help);
        self
    }

    /// Found on the page with this address.
    pub fn on(mut self, address: impl Into<String>) -> Self {
        self.pages.push(address.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The order in which diagnostics are shown: by file, then by position.
    pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.sort_by_cached_key(|d| {
            let place = d.place.as_ref();
            (
                place.map(|p| p.file.clone()),
                place.and_then(|p| p.excerpt.as_ref()).map(|(_, span)| span.start),
                d.severity,
                d.code,
                d.message.en.clone(),
            )
        });
        diagnostics.dedup();
    }
}

/// The known name nearest to `name`, if it is near enough to be a slip of the keyboard.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let near = known.into_iter().filter_map(|candidate| {
        let characters = candidate.chars().count();
        let most = 2.max(characters / 3).min(3).min(characters.saturating_sub(1));
        // Names of another length are farther away than that; large sites have many.
        let distance = (length.abs_diff(characters) <= most).then(|| strsim::osa_distance(name, candidate))?;
        (distance <= most).then_some((distance, candidate))
    });
    near.min().map(|(_, candidate)| candidate)
}
