//! The characters on either side of a mark in the source, which decide what it can open and close.

use comrak::nodes::{Node, NodeValue};

/// The character before a text node; none at the start of a line. The marks of other inlines all count as
/// punctuation, so that any of them stands for all.
pub fn before(node: Node<'_>) -> Option<char> {
    match node.previous_sibling() {
        Some(previous) => match &previous.data().value {
            NodeValue::Text(text) => text.chars().next_back(),
            NodeValue::SoftBreak | NodeValue::LineBreak => None,
            NodeValue::Escaped => {
                previous.first_child().and_then(|c| c.data().value.text().and_then(|t| t.chars().next()))
            }
            _ => Some('*'),
        },
        None if is_in_block(node) => None,
        None => Some('*'),
    }
}

/// The character after a text node; a line feed at the end of a line.
pub fn after(node: Node<'_>) -> char {
    match node.next_sibling() {
        Some(next) => match &next.data().value {
            NodeValue::Text(text) => text.chars().next().unwrap_or('\n'),
            NodeValue::SoftBreak | NodeValue::LineBreak => '\n',
            _ => '*',
        },
        None if is_in_block(node) => '\n',
        None => '*',
    }
}

fn is_in_block(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| parent.data().value.contains_inlines())
}

pub fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { !c.is_alphanumeric() && !c.is_whitespace() && !c.is_control() }
}
