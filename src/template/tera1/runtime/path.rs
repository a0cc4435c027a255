//! Dotted attributes: the `a.b.0` of `sort(attribute="a.b.0")`.

use tera::Value;
use tera::value::Key;

/// What an attribute leads to; the empty one leads to the value itself.
///
/// A list takes indexes, a map keys. Between quotes dots are part of a key, and `[…]` stands for a dot, so that
/// `a["b.c"]` works. `~1` and `~0` stand for `/` and `~`.
pub fn follow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut target = value;
    for part in (Parts { rest: path, single_quoted: false, double_quoted: false, escaped: false }) {
        let key = part.replace("~1", "/").replace("~0", "~");
        target = if let Some(map) = target.as_map() {
            map.get(&Key::from(key))?
        } else {
            target.as_array()?.get(index(&key)?)?
        };
    }
    Some(target)
}

fn index(key: &str) -> Option<usize> {
    let plain = !key.starts_with('+') && (key == "0" || !key.starts_with('0'));
    if plain { key.parse().ok() } else { None }
}

/// The parts of a path. Quotes that are open at the end of one part are still open in the next, as in Tera 1.
struct Parts<'p> {
    rest: &'p str,
    single_quoted: bool,
    double_quoted: bool,
    escaped: bool,
}

impl<'p> Iterator for Parts<'p> {
    type Item = &'p str;

    fn next(&mut self) -> Option<&'p str> {
        // Where this part begins: after the signs in front of it.
        let mut start = 0;
        for (at, sign) in self.rest.char_indices() {
            let quoted = self.single_quoted || self.double_quoted;
            let escaped = std::mem::take(&mut self.escaped);
            let ends = match sign {
                '"' if !escaped => {
                    self.double_quoted = !self.double_quoted;
                    true
                }
                '\'' if !escaped => {
                    self.single_quoted = !self.single_quoted;
                    true
                }
                '.' | '[' => !escaped && !quoted,
                ']' if !escaped && !quoted => {
                    start += 1;
                    false
                }
                '\\' => {
                    self.escaped = true;
                    false
                }
                _ => false,
            };
            if ends && at == start {
                start += 1;
            } else if ends && let Some(part) = self.rest.get(start..at) {
                self.rest = &self.rest[at + 1..];
                return Some(part);
            }
        }
        let part = self.rest.get(start..).filter(|part| !part.is_empty());
        self.rest = "";
        part
    }
}
