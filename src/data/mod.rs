//! Data formats: text in, template values out, with the shapes that Zola's `load_data` gives them.
//!
//! Finding files, caching and the `load_data` function itself are not its business; [`fetch`] is the only part
//! that leaves the machine. Order of keys is the order of the text.

mod bibtex;
mod csv;
pub mod fetch;
mod value;
mod xml;
pub mod yaml;

use std::fmt;
use std::path::Path;

use tera::Value;

use crate::diagnostic::{Place, Text, did_you_mean, line_column};
use crate::text;

pub use value::{Data, with_sorted_keys};

/// How many levels a document may nest, which is what keeps hostile input from overflowing the stack. The same
/// as that of `serde_json`; TOML and YAML have lower limits of their own.
const MAX_DEPTH: usize = 128;

/// A format that `load_data` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Toml,
    Json,
    Csv,
    Bibtex,
    Yaml,
    Xml,
    /// Not parsed at all.
    Plain,
}

const NAMES: [(&str, Format); 8] = [
    ("toml", Format::Toml),
    ("json", Format::Json),
    ("csv", Format::Csv),
    ("bibtex", Format::Bibtex),
    ("yaml", Format::Yaml),
    ("yml", Format::Yaml),
    ("xml", Format::Xml),
    ("plain", Format::Plain),
];

impl Format {
    /// The format that the `format` argument names, in any case.
    pub fn from_name(name: &str) -> Result<Self, Text> {
        let lower = name.to_lowercase();
        let known = NAMES.iter().find(|(known, _)| *known == lower).map(|(_, format)| *format);
        known.ok_or_else(|| match did_you_mean(&lower, NAMES.iter().map(|(known, _)| *known)) {
            Some(near) => {
                text!(
                    "unknown data format `{name}`; did you mean `{near}`?",
                    "未知的数据格式 `{name}`；是 `{near}` 吗？"
                )
            }
            None => {
                let all = NAMES.map(|(known, _)| known).join(", ");
                text!("unknown data format `{name}`; known are {all}", "未知的数据格式 `{name}`；可用的有 {all}")
            }
        })
    }

    /// The format that a file is in by its extension; [`Format::Plain`] where that says nothing.
    pub fn from_path(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        Self::from_name(extension).unwrap_or(Self::Plain)
    }

    /// The media type that a request for this format asks for.
    pub fn accept(self) -> &'static str {
        match self {
            Self::Toml => "application/toml",
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Bibtex => "application/x-bibtex",
            Self::Yaml => "application/x-yaml",
            Self::Xml => "text/xml",
            Self::Plain => "text/plain",
        }
    }
}

/// Reads `text` as `format`. A byte order mark is not part of the data.
///
/// ```
/// use kepu::data::{Format, parse};
/// let value = parse(Format::Csv, "name,year\nGutenberg,1450\n").unwrap();
/// assert_eq!(value.to_string(), r#"{"headers": ["name", "year"], "records": [["Gutenberg", "1450"]]}"#);
/// ```
pub fn parse(format: Format, text: &str) -> Result<Value, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Toml => parse_toml(text),
        Format::Json => parse_json(text),
        Format::Csv => csv::parse(text),
        Format::Bibtex => bibtex::parse(text),
        Format::Yaml => yaml::from_str::<Data>(text).map(|data| data.0),
        Format::Xml => xml::parse(text),
        Format::Plain => Ok(Value::from(text)),
    }
}

fn parse_toml(text: &str) -> Result<Value, ParseError> {
    toml::from_str::<Data>(text).map(|data| data.0).map_err(|error| {
        let message = Text::verbatim(error.message().trim());
        match error.span() {
            Some(span) => ParseError::at_offset(message, text, span.start),
            None => ParseError { message, position: None },
        }
    })
}

fn parse_json(text: &str) -> Result<Value, ParseError> {
    serde_json::from_str::<Data>(text).map(|data| data.0).map_err(|error| {
        let (line, byte) = (error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&format!(" at line {line} column {byte}")).unwrap_or(&message);
        let start = line_start(text, line);
        ParseError::at_offset(Text::verbatim(message), text, start + byte.saturating_sub(1))
    })
}

/// Text that is not valid in its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    pub message: Text,
    /// Line and column, both counted from 1, where the parser knows them; columns are characters.
    pub position: Option<(usize, usize)>,
}

impl ParseError {
    fn at_offset(message: Text, text: &str, mut offset: usize) -> Self {
        offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        Self { message, position: Some(line_column(text, offset)) }
    }

    /// The message with the position in words, for where no excerpt can be shown.
    pub fn to_text(&self) -> Text {
        let Text { en, zh } = &self.message;
        match self.position {
            Some((line, column)) => Text {
                en: format!("{en} (line {line}, column {column})"),
                zh: format!("{zh}（第 {line} 行第 {column} 列）"),
            },
            None => self.message.clone(),
        }
    }

    /// Where in `file`, whose content `text` was parsed, the error is.
    pub fn place(&self, file: &str, text: &str) -> Place {
        let Some((line, column)) = self.position else { return Place::file(file) };
        let start = line_start(text, line);
        let rest = text.get(start..).unwrap_or_default();
        let mut characters = rest.char_indices().skip(column.saturating_sub(1)).map(|(at, _)| start + at);
        let from = characters.next().unwrap_or(text.len());
        Place::span(file, text, from..characters.next().unwrap_or(text.len()))
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text().en)
    }
}

impl std::error::Error for ParseError {}

/// The byte offset at which a line, counted from 1, starts.
fn line_start(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum()
}

#[cfg(test)]
mod tests;
