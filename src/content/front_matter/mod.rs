//! Front matter: the TOML or YAML at the head of a content file in, checked types out.
//!
//! Both notations fill the same tables. What a key means for addresses or other files is not its business.

mod hint;
mod page;
mod section;
mod split;
mod yaml;

use std::ops::Range;

use indexmap::IndexMap;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use tera::value::Key;
use tera::{Map, Value};

use crate::config::toml_input::{Input, Keys};
use crate::config::{Config, Dialect};
use crate::content::address;
use crate::data::{Data, with_sorted_keys};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

pub use page::PageMeta;
pub use section::{SectionMeta, SortBy};
pub use split::split;

/// A file, split.
#[derive(Clone, Debug)]
pub struct FrontMatter<'a> {
    /// The file's name in messages.
    file: &'a str,
    /// The whole file.
    text: &'a str,
    notation: Notation,
    /// Where the front matter is in `text`, without its marks.
    range: Range<usize>,
    /// Where the Markdown is in `text`.
    pub body: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Toml,
    Yaml,
}

impl FrontMatter<'_> {
    /// Where the front matter is in the text, without its marks.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Reads the table; none, with the error in `diagnostics`, where it does not fit. Unknown keys are warnings.
    fn parse<T: DeserializeOwned>(&self, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
        let parsed = match self.notation {
            Notation::Toml => Input::part(self.file, self.text, self.range.clone()).parse(keys, diagnostics),
            Notation::Yaml => yaml::Input::part(self.file, self.text, self.range.clone()).parse(keys, diagnostics),
        };
        if parsed.is_none()
            && let Some(error) = diagnostics.pop()
        {
            let help = hint::hint(&error, self.notation);
            diagnostics.push(Diagnostic { help: error.help.or(Some(help)), ..error });
        }
        parsed
    }

    /// The place of a key or list item given by its path, or of the nearest that exists.
    pub fn place(&self, path: &[&str]) -> Place {
        match self.notation {
            Notation::Toml => Input::part(self.file, self.text, self.range.clone()).place(path),
            Notation::Yaml => yaml::Input::part(self.file, self.text, self.range.clone()).place(path),
        }
    }

    /// An error about a key.
    pub fn error(&self, code: &'static str, path: &[&str], message: Text) -> Diagnostic {
        Diagnostic::error(code, message).at(self.place(path))
    }

    /// Reports an address that would leave the output folder.
    fn refuse_address(&self, path: &[&str], why: Option<Text>, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(why.map(|why| address::refusal(why, self.place(path))));
    }

    /// Reports aliases that would leave the output folder.
    fn check_aliases(&self, aliases: &[String], diagnostics: &mut Vec<Diagnostic>) {
        for (index, alias) in aliases.iter().enumerate() {
            self.refuse_address(&["aliases", &index.to_string()], address::escape(alias), diagnostics);
        }
    }

    /// `[extra]` as templates see it. Up to Zola 0.22 they saw tables of TOML in alphabetical order.
    fn extra(&self, Data(value): Data, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Value {
        if value.as_map().is_some() {
            let value = with_string_keys(value);
            let sorted = config.dialect == Dialect::Tera1 && self.notation == Notation::Toml;
            return if sorted { with_sorted_keys(value) } else { value };
        }
        // `extra:` with nothing below it.
        if !value.is_none() {
            let message = text!("`extra` is not a table", "`extra` 不是表");
            diagnostics.push(
                self.error("front-matter/extra", &["extra"], message).help(text!(
                    "give it keys of its own, such as `extra.author`",
                    "请在其中写键，例如 `extra.author`"
                )),
            );
        }
        empty_map()
    }
}

/// A list of texts. As in Zola, YAML's `authors:` with nothing after it is an empty list.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Texts::deserialize(deserializer).map(texts)
}

/// A table of lists, each of which may be missing as in [`list`].
fn lists<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IndexMap<String, Vec<String>>, D::Error> {
    let lists: Option<IndexMap<String, Texts>> = Option::deserialize(deserializer)?;
    Ok(lists.unwrap_or_default().into_iter().map(|(name, list)| (name, texts(list))).collect())
}

type Texts = Option<Vec<Option<String>>>;

fn texts(list: Texts) -> Vec<String> {
    list.unwrap_or_default().into_iter().map(Option::unwrap_or_default).collect()
}

fn empty_map() -> Value {
    Value::from(Map::new())
}

/// The same value with every key a string, so that `extra["2026"]` finds what YAML calls `2026:`.
fn with_string_keys(value: Value) -> Value {
    if let Some(map) = value.as_map() {
        let key = |key: &Key<'static>| Key::from(key.as_str().map_or_else(|| key.to_string(), str::to_owned));
        let entries = map.iter().map(|(k, v)| (key(k), with_string_keys(v.clone())));
        return Value::from(entries.collect::<Map>());
    }
    if let Some(list) = value.as_array() {
        return Value::from(list.iter().cloned().map(with_string_keys).collect::<Vec<_>>());
    }
    value
}
