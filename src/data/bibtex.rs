//! BibTeX as `{preambles, comments, variables, bibliographies}`, each bibliography being
//! `{entry_type, citation_key, tags}`, with the rules of the crate `nom-bibtex` that Zola uses.
//!
//! That crate is not used because an unfinished value or a variable that names itself makes it panic or overflow the
//! stack, and because it forgets the order of tags. What it rejects or drops without need (`#` after a string in
//! `@string`, an entry without tags, a number next to `#`) is read here.

use indexmap::IndexMap;
use tera::value::Key;
use tera::{Map, Value};

use super::ParseError;
use crate::diagnostic::Text;
use crate::text;

const MONTHS: [(&str, &str); 12] = [
    ("jan", "January"),
    ("feb", "February"),
    ("mar", "March"),
    ("apr", "April"),
    ("may", "May"),
    ("jun", "June"),
    ("jul", "July"),
    ("aug", "August"),
    ("sep", "September"),
    ("oct", "October"),
    ("nov", "November"),
    ("dec", "December"),
];

/// The longest text that a variable may stand for; doubling one a few dozen times would fill the memory.
const MAX_EXPANSION: usize = 1 << 16;

/// A piece of a value; pieces are joined by `#`.
enum Piece<'a> {
    Text(&'a str),
    /// The name of a variable or a month.
    Name(&'a str),
}

type Pieces<'a> = Vec<Piece<'a>>;

enum Entry<'a> {
    Comment(&'a str),
    /// With the offset of its `@`.
    Preamble(Pieces<'a>, usize),
    Variable(&'a str, Pieces<'a>),
    Bibliography {
        kind: &'a str,
        key: &'a str,
        tags: Vec<(&'a str, Pieces<'a>)>,
    },
}

pub(super) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut scanner = Scanner { text, at: 0 };
    let mut entries = Vec::new();
    while !scanner.rest().trim().is_empty() {
        entries.push(scanner.entry()?);
    }

    let variables = variables(&entries);
    let lookup = |name: &str| {
        let month = || MONTHS.iter().find(|(short, _)| *short == name).map(|(_, long)| *long);
        variables.get(name).map(String::as_str).or_else(month)
    };
    let mut preambles = Vec::new();
    let mut comments = Vec::new();
    let mut bibliographies = Vec::new();
    for entry in &entries {
        match entry {
            Entry::Variable(..) => {}
            Entry::Comment(comment) => comments.push(*comment),
            Entry::Preamble(pieces, at) => preambles.push(expand(pieces, lookup).map_err(|name| {
                let message = text!("there is no `@string` named `{name}`", "没有名为 `{name}` 的 `@string`");
                ParseError::at_offset(message, text, *at)
            })?),
            Entry::Bibliography { kind, key, tags } => {
                // As in Zola, a tag whose value names an unknown variable is left out.
                let tags: Map = tags
                    .iter()
                    .filter_map(|(tag, pieces)| {
                        Some((Key::from(tag.to_lowercase()), Value::from(expand(pieces, lookup).ok()?)))
                    })
                    .collect();
                let mut map = Map::new();
                map.insert("entry_type".into(), Value::from(*kind));
                map.insert("citation_key".into(), Value::from(*key));
                map.insert("tags".into(), Value::from(tags));
                bibliographies.push(Value::from(map));
            }
        }
    }
    let variables: Map =
        variables.into_iter().map(|(name, text)| (name.to_owned().into(), Value::from(text))).collect();
    let mut map = Map::new();
    map.insert("preambles".into(), Value::from(preambles));
    map.insert("comments".into(), Value::from(comments));
    map.insert("variables".into(), Value::from(variables));
    map.insert("bibliographies".into(), Value::from(bibliographies));
    Ok(Value::from(map))
}

/// The text of every `@string`. One may use others, above or below it, but no months; one that names an unknown one or
/// (in the end) itself is left out.
fn variables<'a>(entries: &[Entry<'a>]) -> IndexMap<&'a str, String> {
    let mut pending: IndexMap<&str, &Pieces> = IndexMap::new();
    for entry in entries {
        if let Entry::Variable(name, pieces) = entry {
            pending.insert(name, pieces);
        }
    }
    let order: Vec<&str> = pending.keys().copied().collect();
    let mut known: IndexMap<&str, String> = IndexMap::new();
    // Every round settles at least one variable or is the last.
    loop {
        let before = known.len();
        pending.retain(|name, pieces| match expand(pieces, |other| known.get(other).map(String::as_str)) {
            Ok(text) => {
                known.insert(name, text);
                false
            }
            Err(_) => true,
        });
        if known.len() == before {
            break;
        }
    }
    order.into_iter().filter_map(|name| Some((name, known.swap_remove(name)?))).collect()
}

/// The joined text, or the name that is not known.
fn expand<'v, 'a>(pieces: &[Piece<'a>], lookup: impl Fn(&str) -> Option<&'v str>) -> Result<String, &'a str> {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(piece),
            Piece::Name(name) => text.push_str(lookup(name).ok_or(*name)?),
        }
        if let Piece::Name(name) = piece
            && text.len() > MAX_EXPANSION
        {
            return Err(name);
        }
    }
    Ok(text)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error<T>(&self, at: usize, message: Text) -> Result<T, ParseError> {
        Err(ParseError::at_offset(message, self.text, at))
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Skips space and then `wanted`, if it is there.
    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), ParseError> {
        if self.eat(wanted) {
            return Ok(());
        }
        self.error(self.at, text!("expected `{wanted}` here", "此处应为 `{wanted}`"))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.at += taken.len();
        taken
    }

    fn name(&mut self) -> Option<&'a str> {
        self.space();
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        (length > 0).then(|| self.take(length))
    }

    fn expect_name(&mut self) -> Result<&'a str, ParseError> {
        match self.name() {
            Some(name) => Ok(name),
            None => self.error(self.at, text!("expected a name here", "此处应为名称")),
        }
    }

    fn entry(&mut self) -> Result<Entry<'a>, ParseError> {
        self.space();
        let start = self.at;
        if !self.eat('@') {
            let rest = self.rest();
            return Ok(Entry::Comment(self.take(rest.find('@').unwrap_or(rest.len())).trim()));
        }
        let kind = self.expect_name()?;
        match kind.to_lowercase().as_str() {
            "comment" => self.braced().map(Entry::Comment),
            "preamble" => {
                self.expect('{')?;
                let pieces = self.pieces()?;
                self.expect('}')?;
                Ok(Entry::Preamble(pieces, start))
            }
            "string" => {
                let close = if self.eat('(') {
                    ')'
                } else {
                    self.expect('{')?;
                    '}'
                };
                let (name, pieces) = self.assignment()?;
                self.expect(close)?;
                Ok(Entry::Variable(name, pieces))
            }
            _ => {
                self.expect('{')?;
                self.space();
                let rest = self.rest();
                let Some(length) = rest.find([',', '}']) else {
                    let message = text!("this entry is not closed", "此条目没有结束");
                    return self.error(start, message);
                };
                let key = self.take(length);
                let mut tags = Vec::new();
                while self.eat(',') {
                    self.space();
                    if self.rest().starts_with([',', '}']) {
                        continue;
                    }
                    tags.push(self.assignment()?);
                }
                self.expect('}')?;
                Ok(Entry::Bibliography { kind, key, tags })
            }
        }
    }

    fn assignment(&mut self) -> Result<(&'a str, Pieces<'a>), ParseError> {
        let name = self.expect_name()?;
        self.expect('=')?;
        Ok((name, self.pieces()?))
    }

    fn pieces(&mut self) -> Result<Pieces<'a>, ParseError> {
        let mut pieces = Vec::new();
        loop {
            pieces.push(self.piece()?);
            if !self.eat('#') {
                return Ok(pieces);
            }
        }
    }

    fn piece(&mut self) -> Result<Piece<'a>, ParseError> {
        self.space();
        if self.rest().starts_with('{') {
            return self.braced().map(Piece::Text);
        }
        if self.rest().starts_with('"') {
            return self.quoted().map(Piece::Text);
        }
        let start = self.at;
        match self.name() {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Ok(Piece::Text(digits)),
            Some(word) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                self.error(start, text!("put `{word}` in braces or quotes", "请用花括号或引号括住 `{word}`"))
            }
            Some(name) => Ok(Piece::Name(name)),
            None => self.error(self.at, text!("expected a value here", "此处应为值")),
        }
    }

    /// What is between balanced braces, without the space around it.
    fn braced(&mut self) -> Result<&'a str, ParseError> {
        self.space();
        let start = self.at;
        self.expect('{')?;
        let mut depth = 0usize;
        for (at, c) in self.rest().char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    let inside = self.take(at);
                    self.at += 1;
                    return Ok(inside.trim());
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        self.error(start, text!("this `{{` is never closed", "此 `{{` 没有对应的 `}}`"))
    }

    /// What is between quotes, as it is. Quotes inside braces are part of it.
    fn quoted(&mut self) -> Result<&'a str, ParseError> {
        let start = self.at;
        self.expect('"')?;
        let mut depth = 0usize;
        for (at, c) in self.rest().char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    return self.error(self.at + at, text!("this `}}` closes nothing", "此 `}}` 没有对应的 `{{`"));
                }
                '}' => depth -= 1,
                '"' if depth == 0 => {
                    let inside = self.take(at);
                    self.at += 1;
                    return Ok(inside);
                }
                _ => {}
            }
        }
        self.error(start, text!("this string is never closed", "此字符串没有结束"))
    }
}
