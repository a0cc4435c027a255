//! `# Heading {#id .class}`: what stands in braces at the end of a heading.

use comrak::nodes::{Node, NodeValue};

use super::source::Source;

/// The id and classes that an author gave to a heading.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    pub id: Option<String>,
    pub classes: Vec<String>,
}

/// Takes the attributes off every heading of a document; one entry for each heading, in document order.
pub fn take_all<'a>(root: Node<'a>, source: &Source) -> Vec<Attributes> {
    let mut all = Vec::new();
    if !source.text().contains('}') {
        return all;
    }
    let mut next = Some(root);
    while let Some(node) = next {
        let heading = match &node.data().value {
            NodeValue::Heading(heading) => Some(*heading),
            _ => None,
        };
        if let Some(heading) = heading {
            all.push(take(node, heading.setext, source).unwrap_or_default());
        }
        let leaf = heading.is_some() || node.data().value.contains_inlines();
        next = following(node, leaf);
    }
    all
}

/// The next node in document order, without the children of `node` if it is a `leaf`.
pub fn following<'a>(node: Node<'a>, leaf: bool) -> Option<Node<'a>> {
    if !leaf && let Some(child) = node.first_child() {
        return Some(child);
    }
    let mut node = node;
    loop {
        if let Some(sibling) = node.next_sibling() {
            return Some(sibling);
        }
        node = node.parent()?;
    }
}

/// Reads the attributes from the source, where nothing has been interpreted yet, and removes what the
/// parser made of them from the heading.
fn take<'a>(heading: Node<'a>, setext: bool, source: &Source) -> Option<Attributes> {
    let last = heading.last_child()?;
    if !last.data().value.text().is_some_and(|text| text.ends_with('}')) {
        return None;
    }
    let lines = heading.data().sourcepos;
    let line = if setext { lines.end.line.checked_sub(1)? } else { lines.end.line };
    let attributes = parse(source.line(line)?)?;

    // No `{` can stand inside the braces, so the last one in the heading opens them.
    let mut node = last;
    loop {
        let brace = node.data().value.text().and_then(|text| text.rfind('{'));
        if let Some(brace) = brace {
            let mut data = node.data_mut();
            if let Some(text) = data.value.text_mut() {
                let text = text.to_mut();
                text.truncate(brace);
                text.truncate(text.trim_end().len());
                if !setext {
                    // The closing sequence of `# Heading ## {#id}`.
                    let open = text.trim_end_matches('#');
                    if open.is_empty() || open.ends_with([' ', '\t']) {
                        text.truncate(open.trim_end().len());
                    }
                }
            }
            break;
        }
        let deeper = node.last_child();
        let before = match deeper {
            Some(child) => Some(child),
            None => loop {
                let previous = node.previous_sibling();
                let parent = node.parent()?;
                node.detach();
                if previous.is_some() {
                    break previous;
                }
                node = parent;
                if node.same_node(heading) {
                    break None;
                }
            },
        };
        node = before?;
    }
    if node.data().value.text() == Some("") {
        node.detach();
    }
    Some(attributes)
}

/// The attributes at the end of a line of source.
fn parse(line: &str) -> Option<Attributes> {
    let inside = line.trim_end_matches([' ', '\t', '\r', '\n']).strip_suffix('}')?;
    let open = inside.rfind(['{', '}', '<', '>', '\\'])?;
    let inside = inside[open..].strip_prefix('{')?;
    let mut attributes = Attributes::default();
    for word in inside.split_ascii_whitespace().filter(|word| word.len() > 1) {
        if let Some(id) = word.strip_prefix('#') {
            attributes.id = Some(id.to_owned());
        } else if let Some(class) = word.strip_prefix('.') {
            attributes.classes.push(class.to_owned());
        }
    }
    Some(attributes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_classes_and_nothing_else_are_read() {
        let read = |line| parse(line).map(|a| (a.id.unwrap_or_default(), a.classes.join(" ")));
        assert_eq!(read("# 月相 {#a .b .c data-x=1 #d }  \r\n"), Some(("d".into(), "b c".into())));
        assert_eq!(read("# 月相 {#月-相}"), Some(("月-相".into(), String::new())));
        assert_eq!(read("# {{ macro }}"), None);
        assert_eq!(read("# a \\{#b}"), Some(("b".into(), String::new())));
        assert_eq!(read("# a {#b\\}"), None);
        assert_eq!(read("# a {#<b>}"), None);
    }
}
