//! YAML with places: the counterpart of [`crate::config::toml_input`].

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::config::toml_input::{Keys, old_key};
use crate::data::{ParseError, yaml};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::text;

/// YAML in a part of a file.
pub struct Input<'a> {
    file: &'a str,
    text: &'a str,
    range: Range<usize>,
}

impl<'a> Input<'a> {
    pub fn part(file: &'a str, text: &'a str, range: Range<usize>) -> Self {
        Self { file, text, range }
    }

    fn yaml(&self) -> &'a str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }

    /// Reads the mapping as `T`; no text at all is an empty mapping. Keys that `T` does not have are warnings.
    pub fn parse<T: DeserializeOwned>(&self, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
        let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        let source = if self.yaml().lines().all(blank) { "{}" } else { self.yaml() };
        match yaml::from_str::<WithUnknown<T>>(source) {
            Ok(parsed) => {
                diagnostics.extend(parsed.unknown.iter().map(|path| self.unknown_key(path, keys)));
                Some(parsed.value)
            }
            Err(error) => {
                diagnostics.push(self.error(error));
                None
            }
        }
    }

    fn error(&self, error: ParseError) -> Diagnostic {
        let lines_before = self.text.get(..self.range.start).unwrap_or_default().matches('\n').count();
        let position = error.position.map(|(line, column)| (line + lines_before, column));
        let error = ParseError { position, ..error };
        let place = error.place(self.file, self.text);
        let crate::diagnostic::Text { en, zh } = error.message;
        Diagnostic::error("yaml", text!("not valid here: {en}", "此处有误：{zh}")).at(place)
    }

    fn unknown_key(&self, path: &[String], keys: Keys) -> Diagnostic {
        let (name, table) = path.split_last().map_or(("", path), |(name, table)| (name.as_str(), table));
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
                "remove it, or move it to `extra` if templates read it",
                "请删去它；如果模板要用，请移到 `extra`"
            )),
        }
    }

    /// The place of a key or list item given by its path, or of the nearest that exists.
    pub fn place(&self, path: &[&str]) -> Place {
        let span = yaml::from_str::<Node>(self.yaml()).ok().and_then(|node| node.find(path));
        match span {
            Some(span) => Place::span(self.file, self.text, self.range.start + span.start..self.range.start + span.end),
            None => Place::file(self.file),
        }
    }
}

/// A value, with the paths of the keys that it does not have.
struct WithUnknown<T> {
    value: T,
    unknown: Vec<Vec<String>>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WithUnknown<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut unknown = Vec::new();
        let value = serde_ignored::deserialize(deserializer, |path| unknown.push(segments(&path)))?;
        Ok(Self { value, unknown })
    }
}

fn segments(path: &serde_ignored::Path) -> Vec<String> {
    use serde_ignored::Path;
    let (parent, own) = match path {
        Path::Root => return Vec::new(),
        Path::Seq { parent, index } => (parent, Some(index.to_string())),
        Path::Map { parent, key } => (parent, Some(key.clone())),
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => (parent, None),
    };
    let mut out = segments(parent);
    out.extend(own);
    out
}

/// The places of a document and nothing else of it.
enum Node {
    Map(Vec<(Spanned<String>, Node)>),
    List(Vec<Spanned<Node>>),
    Leaf,
}

impl Node {
    fn find(&self, path: &[&str]) -> Option<Range<usize>> {
        let (name, rest) = path.split_first()?;
        let (own, value) = match self {
            Node::Map(entries) => {
                entries.iter().find(|(key, _)| key.value == *name).map(|(key, value)| (bytes(key), value))?
            }
            Node::List(items) => items.get(name.parse::<usize>().ok()?).map(|item| (bytes(item), &item.value))?,
            Node::Leaf => return None,
        };
        value.find(rest).or(own)
    }
}

fn bytes<T>(spanned: &Spanned<T>) -> Option<Range<usize>> {
    let span = spanned.referenced.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    Some(start..start + usize::try_from(span.byte_len()?).ok()?)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Map(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Node::Leaf)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }
}
