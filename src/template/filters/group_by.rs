//! The filter `group_by`, in the order in which groups first appear: Tera's own collects them in a random order.

use tera::value::Key;
use tera::{Kwargs, Map, State, TeraResult, Value};

use crate::template;
use crate::text;

/// Groups the items of a list by an attribute; items where it is none are left out.
///
/// ```
/// # let mut tera = tera::Tera::default();
/// # kepu::template::filters::register(&mut tera, "en", jiff::Timestamp::UNIX_EPOCH);
/// let text = r#"{{ [{"k": "b"}, {"k": "a"}, {"k": "b"}] | group_by(attribute="k") | keys | join(sep=" ") }}"#;
/// assert_eq!(tera.render_str(text, &tera::Context::new(), false).unwrap(), "b a");
/// ```
pub fn group_by(items: &[Value], kwargs: Kwargs, _: &State) -> TeraResult<Map> {
    let mut groups: indexmap::IndexMap<Key<'static>, Vec<Value>> = indexmap::IndexMap::new();
    if items.is_empty() {
        return Ok(Map::new());
    }
    let attribute = kwargs.must_get::<&str>("attribute")?;
    for (index, item) in items.iter().enumerate() {
        match item.get_from_path(attribute) {
            None => {
                let kind = item.name();
                return Err(template::error(text!(
                    "`group_by`: item {index} (a {kind}) has no attribute `{attribute}`",
                    "`group_by`：第 {index} 项（{kind}）没有属性 `{attribute}`"
                )));
            }
            Some(value) if value.is_none() => {}
            Some(value) => groups.entry(key(value, attribute)?).or_default().push(item.clone()),
        }
    }
    Ok(groups.into_iter().map(|(key, items)| (key, Value::from(items))).collect())
}

fn key(value: &Value, attribute: &str) -> TeraResult<Key<'static>> {
    if let Some(text) = value.as_str() {
        return Ok(Key::from(text.to_owned()));
    }
    if let Some(truth) = value.as_bool() {
        return Ok(Key::Bool(truth));
    }
    match (value.is_f64(), value.as_u64(), value.as_i64()) {
        (false, Some(number), _) => Ok(Key::U64(number)),
        (false, None, Some(number)) => Ok(Key::I64(number)),
        _ => {
            let kind = value.name();
            Err(template::error(text!(
                "`group_by`: `{attribute}` is a {kind}, by which nothing can be grouped",
                "`group_by`：`{attribute}` 是 {kind}，不能用来分组"
            )))
        }
    }
}
