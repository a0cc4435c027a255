//! XML as a map from the root's name to its content, the mapping of the crate `roxmltree_to_serde`.
//!
//! - An element whose first child is text becomes that text; what else is in it is dropped.
//! - Any other element becomes a map of its child elements; elements of one name become a list.
//! - Attributes are keys that start with `@`; where there are any, text is the key `#text`.
//! - Text that looks like a number or a boolean is one. Prefixes and namespaces are dropped.

use indexmap::IndexMap;
use roxmltree::{Document, Node, ParsingOptions};
use tera::value::Key;
use tera::{Map, Value};

use super::{MAX_DEPTH, ParseError};
use crate::diagnostic::Text;
use crate::text;

pub(super) fn parse(text: &str) -> Result<Value, ParseError> {
    let document = Document::parse_with_options(text, ParsingOptions::default()).map_err(|error| {
        let at = error.pos();
        let message = match error {
            roxmltree::Error::DtdDetected => {
                text!(
                    "a document type (`<!DOCTYPE …>`) is not read here; remove it",
                    "此处不支持 `<!DOCTYPE …>`，请删去"
                )
            }
            error => {
                let message = error.to_string();
                Text::verbatim(message.strip_suffix(&format!(" at {at}")).unwrap_or(&message))
            }
        };
        ParseError { message, position: Some((at.row as usize, at.col as usize)) }
    })?;
    let root = document.root_element();
    let too_deep = root.descendants().find(|node| node.is_element() && node.ancestors().nth(MAX_DEPTH + 1).is_some());
    if let Some(node) = too_deep {
        let message = text!("elements nest more than {MAX_DEPTH} deep", "元素嵌套超过 {MAX_DEPTH} 层");
        return Err(ParseError::at_offset(message, text, node.range().start));
    }
    let mut map = Map::new();
    map.insert(name(&root), element(&root));
    Ok(Value::from(map))
}

fn element(node: &Node) -> Value {
    let mut map: Map = node.attributes().map(|a| (Key::from(format!("@{}", a.name())), scalar(a.value()))).collect();
    if let Some(text) = node.text().filter(|text| !text.trim().is_empty()) {
        if map.is_empty() {
            return scalar(text);
        }
        map.insert("#text".into(), scalar(text));
        return Value::from(map);
    }
    let mut children: IndexMap<Key, Vec<Value>> = IndexMap::new();
    for child in node.children().filter(Node::is_element) {
        children.entry(name(&child)).or_default().push(element(&child));
    }
    for (name, mut values) in children {
        let value = if values.len() == 1 { values.remove(0) } else { Value::from(values) };
        map.insert(name, value);
    }
    Value::from(map)
}

fn name(node: &Node) -> Key<'static> {
    Key::from(node.tag_name().name().to_owned())
}

/// Exactly the order of tries of `roxmltree_to_serde`, so that `007` is 7, `-5` is -5.0 and `00.5` a string.
fn scalar(text: &str) -> Value {
    let text = text.trim();
    if let Ok(integer) = text.parse::<u64>() {
        return Value::from(integer);
    }
    if let Ok(float) = text.parse::<f64>() {
        if text.starts_with('0') && !text.starts_with("0.") {
            return Value::from(text);
        }
        if float.is_finite() {
            return Value::from(float);
        }
    }
    text.parse::<bool>().map_or_else(|_| Value::from(text), Value::from)
}
