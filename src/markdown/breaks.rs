//! Line breaks inside Chinese and Japanese text: a break in the source between two ideographs must not
//! become a space (CSS Text Level 3, section 4.1.3, Segment Break Transformation Rules).

use comrak::nodes::{Node, NodeValue};

/// Whether the soft break `node` stands between two characters that are written without a space.
pub fn is_seamless(node: Node<'_>) -> bool {
    let (Some(before), Some(after)) = (neighbour(node, false), neighbour(node, true)) else { return false };
    matches!(
        (width(before), width(after)),
        (Width::Wide, Width::Wide | Width::Ambiguous) | (Width::Ambiguous, Width::Wide)
    )
}

enum Width {
    /// Han, kana, bopomofo, Yi, CJK punctuation, fullwidth forms. Not Hangul, which is spaced.
    Wide,
    /// Punctuation that Chinese shares with Western text, like “quotes”: wide if its neighbour is.
    Ambiguous,
    Narrow,
}

/// Whether a character is written without spaces around it.
pub fn is_wide(c: char) -> bool {
    matches!(width(c), Width::Wide)
}

fn width(c: char) -> Width {
    match u32::from(c) {
        0x2E80..=0x303E
        | 0x3041..=0x312F
        | 0x3190..=0x31FF
        | 0x3220..=0x325F
        | 0x3280..=0x4DBF
        | 0x4E00..=0xA4CF
        | 0xF900..=0xFAFF
        | 0xFE10..=0xFE19
        | 0xFE30..=0xFE6F
        | 0xFF01..=0xFF9F
        | 0xFFE0..=0xFFE6
        | 0x16FE0..=0x18DFF
        | 0x1AFF0..=0x1B2FF
        | 0x1F200..=0x1F2FF
        | 0x20000..=0x3FFFD => Width::Wide,
        0xB7 | 0x2460..=0x24FF | 0x2014 | 0x2015 | 0x2018 | 0x2019 | 0x201C | 0x201D | 0x2025 | 0x2026 | 0x2E3A => {
            Width::Ambiguous
        }
        _ => Width::Narrow,
    }
}

/// The character next to `node` in its paragraph, looking into and out of emphasis and links.
fn neighbour(node: Node<'_>, forward: bool) -> Option<char> {
    let mut node = step(node, forward)?;
    loop {
        let data = node.data();
        let inner = match &data.value {
            NodeValue::Text(text) => edge(text, forward),
            NodeValue::Code(code) => edge(&code.literal, forward),
            NodeValue::FootnoteReference(_) => None,
            NodeValue::HtmlInline(html) if is_invisible(html) => None,
            NodeValue::Emph
            | NodeValue::Strong
            | NodeValue::Strikethrough
            | NodeValue::Link(_)
            | NodeValue::Escaped => {
                let child = if forward { node.first_child() } else { node.last_child() };
                match child {
                    Some(child) => {
                        drop(data);
                        node = child;
                        continue;
                    }
                    None => None,
                }
            }
            _ => return None,
        };
        if inner.is_some() {
            return inner;
        }
        drop(data);
        node = step(node, forward)?;
    }
}

fn edge(text: &str, forward: bool) -> Option<char> {
    if forward { text.chars().next() } else { text.chars().next_back() }
}

/// The next sibling, or that of the nearest inline ancestor that has one.
fn step<'a>(mut node: Node<'a>, forward: bool) -> Option<Node<'a>> {
    loop {
        let sibling = if forward { node.next_sibling() } else { node.previous_sibling() };
        if sibling.is_some() {
            return sibling;
        }
        node = node.parent()?;
        if node.data().value.block() {
            return None;
        }
    }
}

/// Tags that take no room of their own, such as `<span>` and `</ruby>`.
fn is_invisible(html: &str) -> bool {
    const INLINE: [&str; 30] = [
        "a", "abbr", "b", "bdi", "bdo", "cite", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q",
        "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
    ];
    if html.starts_with("<!--") {
        return true;
    }
    let name = html.trim_start_matches(['<', '/']);
    let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())];
    INLINE.iter().any(|tag| tag.eq_ignore_ascii_case(name))
}
