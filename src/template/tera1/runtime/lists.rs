//! Filters on lists.

use std::collections::HashSet;

use indexmap::IndexMap;
use tera::value::Key;
use tera::{Kwargs, Map, State, TeraResult, Value};

use super::arguments::{self, Number, equal, is_null, kind, optional, required};
use super::path::follow;
use super::text::{json, rendered, unescaped};
use crate::diagnostic::Text;
use crate::template;
use crate::text;

/// The item at `n`; `""` where there is none.
pub fn nth(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("nth", value)?;
    if items.is_empty() {
        return Ok(Value::from(""));
    }
    let n: usize = required("nth", &args, "n")?;
    Ok(items.get(n).cloned().unwrap_or_else(|| Value::from("")))
}

/// The first item; `""` of an empty list.
pub fn first(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("first", value)?;
    Ok(items.first().cloned().unwrap_or_else(|| Value::from("")))
}

/// The last item; `""` of an empty list.
pub fn last(value: &Value, _: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("last", value)?;
    Ok(items.last().cloned().unwrap_or_else(|| Value::from("")))
}

/// The texts of all items with `sep` between.
pub fn join(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("join", value)?;
    let separator = unescaped(optional::<&str>("join", &args, "sep")?.unwrap_or_default());
    Ok(Value::from(items.iter().map(rendered).collect::<Vec<_>>().join(&separator)))
}

/// In ascending order of the items, or of what `attribute` leads to in each. What the first one has decides what all
/// must have: lists are sorted by their length; maps and null cannot be sorted.
pub fn sort(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("sort", value)?;
    if items.is_empty() {
        return Ok(value.clone());
    }
    let attribute = optional::<&str>("sort", &args, "attribute")?.unwrap_or_default();
    let keys = items.iter().map(|item| attribute_of("sort", item, attribute)).collect::<TeraResult<Vec<_>>>()?;
    let first = keys[0];
    if Number::of(first).is_some() {
        return sorted(items, &keys, |key| Some(Total(Number::of(key)?.as_f64())));
    }
    if first.is_bool() {
        return sorted(items, &keys, Value::as_bool);
    }
    if first.is_string() {
        return sorted(items, &keys, Value::as_str);
    }
    if first.is_array() {
        return sorted(items, &keys, |key| Some(key.as_array()?.len()));
    }
    let found = kind(first);
    Err(template::error(Text {
        en: format!("`sort` cannot sort by {}", found.en),
        zh: format!("`sort` 不能按{}排序", found.zh),
    }))
}

fn sorted<'v, K: Ord>(items: &[Value], keys: &[&'v Value], key: impl Fn(&'v Value) -> Option<K>) -> TeraResult<Value> {
    let mut pairs = Vec::with_capacity(items.len());
    for (item, value) in items.iter().zip(keys) {
        let Some(key) = key(value) else { return Err(mixed("sort", keys[0], value)) };
        pairs.push((key, item));
    }
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Value::from(pairs.into_iter().map(|(_, item)| item.clone()).collect::<Vec<_>>()))
}

/// A float in the total order of IEEE 754: -0 is before 0.
struct Total(f64);

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Total {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Total {}

/// Without the items that are equal to an earlier one in what `attribute` leads to. Strings are compared without
/// regard to case unless `case_sensitive`; items without the attribute are left out, but the first must have it.
pub fn unique(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    #[derive(PartialEq, Eq, Hash)]
    enum Seen {
        Truth(bool),
        Number(i64),
        Text(String),
    }

    let items: &[Value] = arguments::value("unique", value)?;
    if items.is_empty() {
        return Ok(value.clone());
    }
    let case_sensitive = optional("unique", &args, "case_sensitive")?.unwrap_or(false);
    let attribute = optional::<&str>("unique", &args, "attribute")?.unwrap_or_default();
    let first = attribute_of("unique", &items[0], attribute)?;
    if !first.is_bool() && !first.is_string() && !matches!(Number::of(first), Some(n) if !matches!(n, Number::Float(_)))
    {
        let found = kind(first);
        return Err(template::error(Text {
            en: format!("`unique` works on strings, whole numbers, true and false, not on {}", found.en),
            zh: format!("`unique` 只用于字符串、整数和真假值，不能用于{}", found.zh),
        }));
    }
    let mut seen = HashSet::new();
    let mut kept = Vec::new();
    for item in items {
        let Some(key) = follow(item, attribute) else { continue };
        let key_seen = match (Number::of(key), key.as_bool(), key.as_str()) {
            (Some(Number::Signed(number)), _, _) if first.is_number() => Seen::Number(number),
            (_, Some(truth), _) if first.is_bool() => Seen::Truth(truth),
            (_, _, Some(text)) if first.is_string() && case_sensitive => Seen::Text(text.to_owned()),
            (_, _, Some(text)) if first.is_string() => Seen::Text(text.to_lowercase()),
            _ => return Err(mixed("unique", first, key)),
        };
        if seen.insert(key_seen) {
            kept.push(item.clone());
        }
    }
    Ok(Value::from(kept))
}

/// A map from the values that `attribute` has, as strings, to the items that have them, in the order of the first of
/// each. Items without the attribute, or with null, are left out.
pub fn group_by(value: &Value, args: Kwargs, _: &State) -> TeraResult<Map> {
    let items: &[Value] = arguments::value("group_by", value)?;
    if items.is_empty() {
        return Ok(Map::new());
    }
    let attribute: &str = required("group_by", &args, "attribute")?;
    let mut groups: IndexMap<String, Vec<Value>> = IndexMap::new();
    for item in items {
        let Some(key) = follow(item, attribute).filter(|key| !is_null(key)) else { continue };
        let key = match key.as_str() {
            Some(key) => key.to_owned(),
            None => json(key, false)?,
        };
        groups.entry(key).or_default().push(item.clone());
    }
    Ok(groups.into_iter().map(|(key, items)| (Key::from(key), Value::from(items))).collect())
}

/// The items whose `attribute` is `value`; without `value`, those whose attribute is there and not null.
pub fn filter(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("filter", value)?;
    if items.is_empty() {
        return Ok(value.clone());
    }
    let attribute: &str = required("filter", &args, "attribute")?;
    let wanted = arguments::any(&args, "value")?.filter(|wanted| !is_null(wanted));
    let kept = items.iter().filter(|item| {
        let found = follow(item, attribute).filter(|found| !is_null(found));
        match (found, wanted) {
            (Some(found), Some(wanted)) => equal(found, wanted),
            (found, None) => found.is_some(),
            (None, Some(_)) => false,
        }
    });
    Ok(Value::from(kept.cloned().collect::<Vec<_>>()))
}

/// What `attribute` leads to in each item, without missing and null ones.
pub fn map(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("map", value)?;
    if items.is_empty() {
        return Ok(value.clone());
    }
    let attribute: &str = required("map", &args, "attribute")?;
    let found = items.iter().filter_map(|item| follow(item, attribute)).filter(|found| !is_null(found));
    Ok(Value::from(found.cloned().collect::<Vec<_>>()))
}

/// The items from `start` to before `end`; negative ones count from the end.
pub fn slice(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("slice", value)?;
    if items.is_empty() {
        return Ok(value.clone());
    }
    // Casts saturate, so that what lies before the list is its start.
    let position = |at: f64| if at >= 0.0 { at as usize } else { (items.len() as f64 + at) as usize };
    let start = optional("slice", &args, "start")?.map_or(0, position);
    let end = optional("slice", &args, "end")?.map_or(items.len(), position).min(items.len());
    Ok(Value::from(items.get(start..end).unwrap_or_default()))
}

/// The list with the items of another list, or with one more item that is no list.
pub fn concat(value: &Value, args: Kwargs, _: &State) -> TeraResult<Value> {
    let items: &[Value] = arguments::value("concat", value)?;
    let with = arguments::any(&args, "with")?.ok_or_else(|| arguments::missing("concat", "with"))?;
    let more = with.as_array().unwrap_or(std::slice::from_ref(with));
    Ok(Value::from([items, more].concat()))
}

fn attribute_of<'v>(name: &str, item: &'v Value, attribute: &str) -> TeraResult<&'v Value> {
    follow(item, attribute).ok_or_else(|| {
        template::error(text!(
            "`{name}`: not every item has the attribute `{attribute}`",
            "`{name}`：不是每一项都有属性 `{attribute}`"
        ))
    })
}

fn mixed(name: &str, first: &Value, other: &Value) -> tera::Error {
    let (first, other) = (kind(first), kind(other));
    template::error(Text {
        en: format!("`{name}` compares items of one kind only; here are {} and {}", first.en, other.en),
        zh: format!("`{name}` 只能比较同类的项；这里有{}和{}", first.zh, other.zh),
    })
}
