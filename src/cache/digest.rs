//! Digests of bytes and of template values.

use tera::Value;
use tera::value::{Key, ValueKind};

use super::Stamp;

/// The first half of a BLAKE3 hash: what is equal in it is taken for equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(&blake3::hash(bytes))
    }

    /// Of bytes that were hashed piece by piece.
    pub fn from_hash(hash: &blake3::Hash) -> Self {
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.as_bytes()[..16]);
        Self(digest)
    }
}

/// 32 hexadecimal digits.
impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Puts parts together so that no two lists of parts give the same bytes, and digests them.
#[derive(Default)]
pub struct Digester(Vec<u8>);

impl Digester {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// A text or none, which is not an empty one.
    pub fn option(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.number(1).text(text),
            None => self.number(0),
        }
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    /// All that tells the state of a file.
    pub fn stamp(&mut self, stamp: &Stamp) -> &mut Self {
        let Stamp { inode, size, modified, changed } = *stamp;
        self.number(inode).number(size).number(modified as u64).number(changed as u64)
    }

    pub fn digest(&mut self, digest: Digest) -> &mut Self {
        self.0.extend_from_slice(&digest.0);
        self
    }

    /// A value, by its kind and contents. `known` gives the digests of values that were digested before.
    pub fn value(&mut self, value: &Value, known: &dyn Fn(&Value) -> Option<Digest>) -> &mut Self {
        if let Some(digest) = known(value) {
            return self.number(100 + u64::from(value.is_safe())).digest(digest);
        }
        self.parts(value, known)
    }

    /// [`Digester::value`], of the value itself even if it is known.
    pub fn parts(&mut self, value: &Value, known: &dyn Fn(&Value) -> Option<Digest>) -> &mut Self {
        match value.kind() {
            ValueKind::Map => {
                let Some(map) = value.as_map() else { return self };
                self.number(1).number(map.len() as u64);
                for (key, value) in map {
                    self.key(key).value(value, known);
                }
            }
            ValueKind::Array => {
                let items = value.as_array().unwrap_or_default();
                self.number(2).number(items.len() as u64);
                for item in items {
                    self.value(item, known);
                }
            }
            ValueKind::String => {
                // Whether it is escaped shows in what is rendered.
                self.number(3 + u64::from(value.is_safe())).text(value.as_str().unwrap_or_default());
            }
            ValueKind::Bytes => {
                self.number(5).bytes(value.as_bytes().unwrap_or_default());
            }
            ValueKind::F64 => {
                self.number(6).number(value.as_f64().unwrap_or_default().to_bits());
            }
            ValueKind::U128 => {
                self.number(8).0.extend_from_slice(&value.as_u128().unwrap_or_default().to_le_bytes());
            }
            ValueKind::Undefined => {
                self.number(9);
            }
            ValueKind::None => {
                self.number(10);
            }
            ValueKind::Bool => {
                self.number(11 + u64::from(value.as_bool() == Some(true)));
            }
            // All that is left are whole numbers.
            _ => {
                self.number(7).0.extend_from_slice(&value.as_i128().unwrap_or_default().to_le_bytes());
            }
        }
        self
    }

    fn key(&mut self, key: &Key) -> &mut Self {
        match key.as_str() {
            Some(text) => self.number(1).text(text),
            None => {
                let shown = key.as_value();
                self.number(2).parts(&shown, &|_| None)
            }
        }
    }

    pub fn finish(&self) -> Digest {
        Digest::of(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::map;

    #[test]
    fn values_that_differ_have_other_digests() {
        let of = |value: Value| Digester::new().value(&value, &|_| None).finish();
        let values = [
            Value::none(),
            Value::undefined(),
            Value::from(false),
            Value::from(true),
            Value::from(0),
            Value::from(1),
            Value::from(1.0),
            Value::from(""),
            Value::from("1"),
            Value::safe_string("1"),
            Value::from(Vec::<Value>::new()),
            Value::from(vec![Value::from("a"), Value::from("b")]),
            Value::from(vec![Value::from("ab")]),
            Value::from(tera::Map::new()),
            Value::from(map! { "a": 1 }),
            Value::from(map! { "a": 1, "b": 2 }),
            Value::from(map! { "b": 2, "a": 1 }),
            Value::bytes(vec![1_u8]),
        ];
        let digests: std::collections::HashSet<Digest> = values.iter().cloned().map(of).collect();
        assert_eq!(digests.len(), values.len());
        assert_eq!(of(Value::from(map! { "a": 1 })), of(Value::from(map! { "a": 1 })));
    }

    #[test]
    fn parts_do_not_run_together() {
        let one = Digester::new().text("ab").text("c").finish();
        assert_ne!(one, Digester::new().text("a").text("bc").finish());
        assert_ne!(Digester::new().option(None).finish(), Digester::new().option(Some("")).finish());
    }
}
