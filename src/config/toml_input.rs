//! TOML with places: parse into a type, point at keys, and warn of keys that nobody reads.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::text;

/// The known keys of the table at a path; none where keys are free.
pub type Keys = fn(&[String]) -> Option<&'static [&'static str]>;

/// A piece of TOML inside a file: all of it, or the front matter of a page.
pub struct Input<'a> {
    file: &'a str,
    /// The whole file.
    text: &'a str,
    /// Where the TOML is in `text`.
    range: Range<usize>,
    rewrite: Option<Rewrite>,
}

/// Changes the table before it is read; values keep their places.
pub type Rewrite = fn(&mut DeTable<'_>);

impl<'a> Input<'a> {
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, range: 0..text.len(), rewrite: None }
    }

    /// TOML in a part of a file. `range` must be a range of `text`.
    pub fn part(file: &'a str, text: &'a str, range: Range<usize>) -> Self {
        Self { file, text, range, rewrite: None }
    }

    /// The same input, read as `rewrite` leaves it.
    pub fn rewritten(self, rewrite: Rewrite) -> Self {
        Self { rewrite: Some(rewrite), ..self }
    }

    fn table(&self) -> Result<Spanned<DeTable<'a>>, toml::de::Error> {
        let mut table = DeTable::parse(self.toml())?;
        if let Some(rewrite) = self.rewrite {
            rewrite(table.get_mut());
        }
        Ok(table)
    }

    fn toml(&self) -> &'a str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }

    /// Reads the table as `T`; none, with an error in `diagnostics`, where it does not fit. Keys that `T`
    /// does not have are warnings.
    pub fn parse<T: DeserializeOwned>(&self, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
        let mut unknown = Vec::new();
        let parsed = self.table().and_then(|table| {
            serde_ignored::deserialize(toml::Deserializer::from(table), |path| unknown.push(segments(&path)))
        });
        match parsed {
            Ok(value) => {
                diagnostics.extend(unknown.into_iter().map(|path| self.unknown_key(&path, keys)));
                Some(value)
            }
            Err(error) => {
                diagnostics.push(self.error(&error));
                None
            }
        }
    }

    fn error(&self, error: &toml::de::Error) -> Diagnostic {
        let message = error.message().trim();
        let span = error.span().unwrap_or(0..0);
        Diagnostic::error("toml", text!("not valid here: {message}", "此处有误：{message}")).at(Place::span(
            self.file,
            self.text,
            self.range.start + span.start..self.range.start + span.end,
        ))
    }

    fn unknown_key(&self, path: &[String], keys: Keys) -> Diagnostic {
        let (name, table) = match path.split_last() {
            Some((name, table)) => (name.as_str(), table),
            None => ("", path),
        };
        let place: Vec<&str> = path.iter().map(String::as_str).collect();
        let warning = Diagnostic::warning(
            "unknown-key",
            text!("unknown key `{name}`; it has no effect", "不认识的键 `{name}`，它不起作用"),
        )
        .at(self.place(&place));
        if let Some(today) = old_key(name, table, keys) {
            return warning.help(today);
        }
        match keys(table).and_then(|known| did_you_mean(name, known.iter().copied())) {
            Some(known) => warning.help(text!("did you mean `{known}`?", "您是不是要写 `{known}`？")),
            None => warning.help(text!(
                "remove it, or move it to `[extra]` if templates read it",
                "请删去它；如果模板要用，请移到 `[extra]`"
            )),
        }
    }

    /// The place of a key given by its path, or of the nearest table that exists.
    pub fn place(&self, path: &[&str]) -> Place {
        let span = self
            .table()
            .ok()
            .and_then(|table| find(table.get_ref(), path))
            .map(|span| self.range.start + span.start..self.range.start + span.end);
        match span {
            Some(span) => Place::span(self.file, self.text, span),
            None => Place::file(self.file),
        }
    }
}

/// What an unknown key of front matter is called today.
pub fn old_key(name: &str, table: &[String], keys: Keys) -> Option<crate::diagnostic::Text> {
    let known = keys(table)?;
    let today = super::old::front_matter_hint(name)?;
    // Only front matter has this key.
    (table.is_empty() && known.contains(&"in_search_index")).then_some(today)
}

fn segments(path: &serde_ignored::Path) -> Vec<String> {
    use serde_ignored::Path;
    let mut out = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, .. } | Path::Map { parent, .. } => segments(parent),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            return segments(parent);
        }
    };
    match path {
        Path::Seq { index, .. } => out.push(index.to_string()),
        Path::Map { key, .. } => out.push(key.clone()),
        _ => {}
    }
    out
}

fn find(table: &DeTable, path: &[&str]) -> Option<Range<usize>> {
    let (name, rest) = path.split_first()?;
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == *name)?;
    let deeper = match value.get_ref() {
        _ if rest.is_empty() => None,
        DeValue::Table(table) => find(table, rest),
        DeValue::Array(array) => {
            let (index, rest) = rest.split_first()?;
            let item = array.get(index.parse::<usize>().ok()?)?;
            match item.get_ref() {
                DeValue::Table(table) if !rest.is_empty() => find(table, rest),
                _ => Some(item.span()),
            }
        }
        _ => None,
    };
    Some(deeper.unwrap_or_else(|| key.span()))
}
