//! A compact form of what is written down between runs. A reader says none where the bytes are not what a writer made.

use tera::value::{Key, ValueKind};
use tera::{Map, Value};

use super::Digest;

/// Appends values to bytes.
#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    pub fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    pub fn bool(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A text or none.
    pub fn option(&mut self, text: Option<&str>) {
        self.bool(text.is_some());
        self.text(text.unwrap_or_default());
    }

    pub fn digest(&mut self, digest: Digest) {
        self.0.extend_from_slice(&digest.0);
    }

    /// A value that is made of what TOML, JSON and literals in templates can say; none of another.
    pub fn value(&mut self, value: &Value) -> Option<()> {
        self.0.push(value.kind() as u8);
        match value.kind() {
            ValueKind::Undefined | ValueKind::None => {}
            ValueKind::Bool => self.bool(value.as_bool()?),
            ValueKind::U64 => self.number(value.as_u64()?),
            ValueKind::I64 => self.signed(value.as_i64()?),
            ValueKind::F64 => self.0.extend_from_slice(&value.as_f64()?.to_le_bytes()),
            ValueKind::String => {
                self.bool(value.is_safe());
                self.text(value.as_str()?);
            }
            ValueKind::Array => {
                let items = value.as_array()?;
                self.number(items.len() as u64);
                items.iter().try_for_each(|item| self.value(item))?;
            }
            ValueKind::Map => {
                let map = value.as_map()?;
                self.number(map.len() as u64);
                for (key, value) in map {
                    self.text(key.as_str()?);
                    self.value(value)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

/// Takes values from bytes, in the order in which they were written.
#[derive(Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub fn bool(&mut self) -> Option<bool> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte != 0)
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    /// A text or none.
    pub fn option(&mut self) -> Option<Option<&'a str>> {
        let (is_there, text) = (self.bool()?, self.text()?);
        Some(is_there.then_some(text))
    }

    /// A number that counts something in memory.
    pub fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    pub fn digest(&mut self) -> Option<Digest> {
        let (bytes, rest) = self.0.split_first_chunk::<16>()?;
        self.0 = rest;
        Some(Digest(*bytes))
    }

    pub fn value(&mut self) -> Option<Value> {
        let (kind, rest) = self.0.split_first()?;
        self.0 = rest;
        let is = |other: ValueKind| *kind == other as u8;
        Some(match () {
            () if is(ValueKind::Undefined) => Value::undefined(),
            () if is(ValueKind::None) => Value::none(),
            () if is(ValueKind::Bool) => Value::from(self.bool()?),
            () if is(ValueKind::U64) => Value::from(self.number()?),
            () if is(ValueKind::I64) => Value::from(self.signed()?),
            () if is(ValueKind::F64) => {
                let (bytes, rest) = self.0.split_first_chunk::<8>()?;
                self.0 = rest;
                Value::from(f64::from_le_bytes(*bytes))
            }
            () if is(ValueKind::String) => match self.bool()? {
                true => Value::safe_string(self.text()?),
                false => Value::normal_string(self.text()?),
            },
            () if is(ValueKind::Array) => {
                let count = self.count()?;
                let items: Option<Vec<Value>> = (0..count).map(|_| self.value()).collect();
                Value::from(items?)
            }
            () if is(ValueKind::Map) => {
                let count = self.count()?;
                let mut map = Map::with_capacity(count);
                for _ in 0..count {
                    let key = Key::String(self.text()?.into());
                    map.insert(key, self.value()?);
                }
                Value::from(map)
            }
            () => return None,
        })
    }

    /// How many items follow. Each takes a byte at least, so that a damaged number asks for no memory.
    pub fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut writer = Writer::default();
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let signed = [0, -1, 1, i64::MIN, i64::MAX];
        numbers.iter().for_each(|n| writer.number(*n));
        signed.iter().for_each(|n| writer.signed(*n));
        writer.bool(true);
        writer.text("科普");
        writer.digest(Digest::of(b"x"));
        let whole = writer.0;
        let mut reader = Reader(&whole);
        assert_eq!(numbers.map(Some), numbers.map(|_| reader.number()));
        assert_eq!(signed.map(Some), signed.map(|_| reader.signed()));
        assert_eq!((reader.bool(), reader.text()), (Some(true), Some("科普")));
        assert_eq!((reader.digest(), reader.0.len()), (Some(Digest::of(b"x")), 0));
        assert_eq!((reader.number(), reader.bool(), reader.bytes(), reader.digest()), (None, None, None, None));
    }

    #[test]
    fn damaged_bytes_are_none() {
        assert_eq!(Reader(&[0xff; 20]).number(), None);
        assert_eq!(Reader(&[200, 1, b'a']).text(), None);
        assert_eq!(Reader(&[1, 0xff]).text(), None);
        assert_eq!(Reader(&[0xff, 0xff, 3, 0]).count(), None);
    }
}
