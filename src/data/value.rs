//! Any self-describing format into a template value.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use tera::value::Key;
use tera::{Map, Value};

/// What the `toml` crate calls the only field of a date.
const TOML_DATE: &str = "$__toml_private_datetime";

/// A template value read through serde. Dates become strings, keys are strings, integers or booleans.
#[derive(Clone, Debug, PartialEq)]
pub struct Data(pub Value);

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor).map(Data)
    }
}

/// The same value with the keys of every map in alphabetical order.
pub fn with_sorted_keys(value: Value) -> Value {
    if let Some(map) = value.as_map() {
        let mut entries: Vec<(Key<'static>, Value)> =
            map.iter().map(|(key, value)| (key.clone(), with_sorted_keys(value.clone()))).collect();
        entries.sort_by(|(a, _), (b, _)| a.as_str().cmp(&b.as_str()));
        return Value::from(entries.into_iter().collect::<Map>());
    }
    match value.as_array() {
        Some(list) => Value::from(list.iter().cloned().map(with_sorted_keys).collect::<Vec<_>>()),
        None => value,
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::none())
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::none())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Data(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::from(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(DataKey(key)) = entries.next_key()? {
            let Data(value) = entries.next_value()?;
            if map.is_empty() && key.as_str() == Some(TOML_DATE) {
                return Ok(toml_date(value));
            }
            map.insert(key, value);
        }
        Ok(Value::from(map))
    }
}

/// A date as Zola's version of `toml` writes it: with seconds, without a fraction of zero.
fn toml_date(value: Value) -> Value {
    let Some(mut date) = value.as_str().and_then(|text| text.parse::<toml::value::Datetime>().ok()) else {
        return value;
    };
    if let Some(time) = &mut date.time {
        time.second.get_or_insert(0);
        time.nanosecond = time.nanosecond.filter(|n| *n != 0);
    }
    Value::from(date.to_string())
}

struct DataKey(Key<'static>);

impl<'de> Deserialize<'de> for DataKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KeyVisitor).map(DataKey)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a string, an integer or a boolean (quotes make any key a string)")
    }

    fn visit_bool<E>(self, key: bool) -> Result<Self::Value, E> {
        Ok(Key::Bool(key))
    }

    fn visit_i64<E>(self, key: i64) -> Result<Self::Value, E> {
        Ok(Key::I64(key))
    }

    fn visit_u64<E>(self, key: u64) -> Result<Self::Value, E> {
        Ok(Key::U64(key))
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Key::from(key.to_owned()))
    }
}
