//! What quotes, list items and definition lists say of themselves in the text below them: `[!NOTE]`, `[x]`,
//! blank lines. The parser leaves these where they are, because its own rules are not Zola's.

use comrak::nodes::{Node, NodeValue};

use super::source::Source;

/// `> [!NOTE]`: quotes that GitHub shows as alerts.
const ALERTS: [&str; 5] = ["note", "tip", "important", "warning", "caution"];

/// Takes the mark off a quote that begins with a line of nothing but a mark; the kind in lower case.
pub fn take_alert(quote: Node<'_>) -> Option<&'static str> {
    let paragraph = quote.first_child().filter(|child| matches!(child.data().value, NodeValue::Paragraph))?;
    if paragraph.data().sourcepos.start.line != quote.data().sourcepos.start.line {
        return None;
    }
    let mark = paragraph.first_child()?;
    let kind = alert_kind(mark.data().value.text()?)?;
    match mark.next_sibling() {
        None => paragraph.detach(),
        Some(after) => {
            if !matches!(after.data().value, NodeValue::SoftBreak | NodeValue::LineBreak) {
                return None;
            }
            mark.detach();
            after.detach();
        }
    }
    Some(kind)
}

fn alert_kind(text: &str) -> Option<&'static str> {
    let name = text.strip_prefix("[!")?.trim_end().strip_suffix(']')?;
    ALERTS.into_iter().find(|kind| kind.eq_ignore_ascii_case(name))
}

/// Takes the box off an item that begins with one; whether it is ticked.
///
/// The source decides, because an escaped `\[ ]` is the same in the tree.
pub fn take_box(item: Node<'_>, source: &Source) -> Option<bool> {
    let paragraph = item.first_child().filter(|child| matches!(child.data().value, NodeValue::Paragraph))?;
    let first = paragraph.first_child()?;
    let is_ticked = ticked(first.data().value.text()?)?;
    let start = paragraph.data().sourcepos.start;
    if start.line != item.data().sourcepos.start.line
        || ticked(source.rest(start.line, start.column)?) != Some(is_ticked)
    {
        return None;
    }
    let mut data = first.data_mut();
    let text = data.value.text_mut()?.to_mut();
    text.drain(..3);
    let spaces = text.len() - text.trim_start().len();
    text.drain(..spaces);
    Some(is_ticked)
}

fn ticked(text: &str) -> Option<bool> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'[') || bytes.get(2) != Some(&b']') {
        return None;
    }
    if bytes.get(3).is_some_and(|after| !after.is_ascii_whitespace()) {
        return None;
    }
    match bytes[1] {
        b'x' | b'X' => Some(true),
        b' ' | b'\t' => Some(false),
        _ => None,
    }
}

/// Settles for a whole list whether its definitions stand close together. A blank line before a definition
/// or inside one makes the list loose; one before a term does not.
pub fn settle_definitions(list: Node<'_>, source: &Source) {
    let after_blank = |node: Node<'_>| {
        let line = node.data().sourcepos.start.line;
        line > 1
            && source
                .line(line - 1)
                .is_some_and(|before| before.trim_matches(|c: char| c == '>' || c.is_whitespace()).is_empty())
    };
    let details = || {
        list.children()
            .flat_map(|item| item.children())
            .filter(|n| matches!(n.data().value, NodeValue::DescriptionDetails))
    };
    let is_loose = details().any(|details| after_blank(details) || details.children().skip(1).any(after_blank));
    for item in list.children() {
        if let NodeValue::DescriptionItem(item) = &mut item.data_mut().value {
            item.tight = !is_loose;
        }
    }
}
