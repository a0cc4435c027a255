//! Definitions of footnotes inside definitions of footnotes. The parser neither takes them out nor finds
//! what refers to them.

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeFootnoteReference, NodeValue};

use super::attributes::following;

/// Puts inner definitions behind the outer one and makes references of the texts that name them.
pub fn lift<'a>(arena: &'a Arena<'a>, root: Node<'a>) {
    let mut names = Vec::new();
    let mut next = Some(root);
    while let Some(node) = next {
        let data = node.data();
        let leaf = data.value.contains_inlines();
        if let NodeValue::FootnoteDefinition(definition) = &data.value
            && let Some(outer) = enclosing_definition(node)
        {
            names.push((definition.name.clone(), outer, node));
        }
        drop(data);
        next = following(node, leaf);
    }
    if names.is_empty() {
        return;
    }
    // Backwards, so that those of one outer definition keep their order.
    for (_, outer, inner) in names.iter().rev() {
        outer.insert_after(inner);
    }
    let mut next = Some(root);
    while let Some(node) = next {
        // What is put in is not looked at again: it stands before the node.
        next = following(node, false);
        refer(arena, node, &names);
    }
}

/// The outermost definition around a node.
fn enclosing_definition(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().skip(1).filter(|ancestor| matches!(ancestor.data().value, NodeValue::FootnoteDefinition(_))).last()
}

fn refer<'a>(arena: &'a Arena<'a>, node: Node<'a>, names: &[(String, Node<'a>, Node<'a>)]) {
    let position = node.data().sourcepos;
    let text = match node.data().value.text() {
        Some(text) if text.contains("[^") => text.to_owned(),
        _ => return,
    };
    let put = |value: NodeValue| node.insert_before(arena.alloc(Ast::new_with_sourcepos(value, position).into()));
    let mut from = 0;
    for (open, _) in text.match_indices("[^") {
        let Some(close) = text[open..].find(']').map(|at| open + at) else { break };
        let name = &text[open + 2..close];
        if open < from || !names.iter().any(|(known, ..)| known == name) {
            continue;
        }
        if open > from {
            put(NodeValue::Text(text[from..open].to_owned().into()));
        }
        let reference = NodeFootnoteReference { name: name.to_owned(), ..Default::default() };
        put(NodeValue::FootnoteReference(Box::new(reference)));
        from = close + 1;
    }
    if from == 0 {
        return;
    }
    if let Some(rest) = node.data_mut().value.text_mut() {
        *rest = text[from..].to_owned().into();
    }
}
