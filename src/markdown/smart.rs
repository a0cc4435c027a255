//! Typographic quotes, dashes and dots, with the rules of pulldown-cmark. comrak's own differ for quotes
//! beside Han characters and make guillemets of `<<`.

use comrak::nodes::{Node, NodeValue};

use super::attributes::following;
use super::flanking::{self, is_punctuation};
use super::writer::following_within;

/// Replaces straight punctuation in all text of a document except code, raw HTML, bare addresses and what
/// is escaped.
pub fn apply<'a>(root: Node<'a>) {
    let mut next = Some(root);
    while let Some(node) = next {
        let leaf = node.data().value.contains_inlines();
        if leaf {
            Quotes::default().apply(node);
        }
        next = following(node, leaf);
    }
}

/// What quotes are open in one paragraph, heading or cell.
#[derive(Default)]
struct Quotes<'a> {
    /// The text node and byte of the last `'` that may open.
    single: Option<(Node<'a>, usize)>,
    double: bool,
}

impl<'a> Quotes<'a> {
    fn apply(&mut self, block: Node<'a>) {
        let mut next = block.first_child();
        while let Some(node) = next {
            let (is_text, leaf) = match &node.data().value {
                NodeValue::Text(_) => (true, true),
                NodeValue::Escaped => (false, true),
                NodeValue::Link(link) => (false, is_bare(node, &link.url)),
                _ => (false, false),
            };
            if is_text {
                self.replace(node);
            }
            next = following_within(node, leaf, block);
        }
    }

    fn replace(&mut self, node: Node<'a>) {
        // The neighbours of a mark are those of the source: read them while the text is in place.
        let old = match node.data().value.text() {
            Some(text) if text.contains(['"', '\'', '-', '.']) => text.to_owned(),
            _ => return,
        };
        let mut new = String::with_capacity(old.len() + 8);
        let mut at = 0;
        while let Some(c) = old[at..].chars().next() {
            let rest = &old[at..];
            let run = match c {
                '"' => {
                    let (can_open, can_close) = flanking(c, &old, at, node);
                    if can_close && self.double {
                        self.double = false;
                        new.push('”');
                    } else {
                        self.double |= can_open;
                        new.push('“');
                    }
                    1
                }
                '\'' => {
                    let (can_open, can_close) = flanking(c, &old, at, node);
                    if can_close && let Some((opener, byte)) = self.single.take() {
                        if opener.same_node(node) {
                            new.replace_range(byte..byte + '’'.len_utf8(), "‘");
                        } else if let Some(text) = opener.data_mut().value.text_mut() {
                            text.to_mut().replace_range(byte..byte + '’'.len_utf8(), "‘");
                        }
                    } else if can_open {
                        self.single = Some((node, new.len()));
                    }
                    new.push('’');
                    1
                }
                '.' if rest.starts_with("...") => {
                    new.push('…');
                    3
                }
                '-' if rest.starts_with("--") => {
                    let count = rest.bytes().take_while(|b| *b == b'-').count();
                    dashes(count, &mut new);
                    count
                }
                _ => {
                    new.push(c);
                    c.len_utf8()
                }
            };
            at += run;
        }
        if let Some(text) = node.data_mut().value.text_mut() {
            *text = new.into();
        }
    }
}

/// Whether the quote at a byte of a text can open and can close a quotation.
fn flanking(quote: char, text: &str, at: usize, node: Node<'_>) -> (bool, bool) {
    let before = text[..at].chars().next_back().or_else(|| flanking::before(node));
    let after = text[at + 1..].chars().next().unwrap_or_else(|| flanking::after(node));
    let can_open = !after.is_whitespace()
        && before.is_none_or(|before| {
            before.is_whitespace() || is_punctuation(before) && !(quote == '\'' && matches!(before, ']' | ')'))
        });
    let can_close =
        before.is_some_and(|before| !before.is_whitespace()) && (after.is_whitespace() || is_punctuation(after));
    (can_open, can_close)
}

/// `<https://a.example>`: a link whose text is its address.
fn is_bare(link: Node<'_>, url: &str) -> bool {
    let Some(child) = link.first_child() else { return false };
    child.data().value.text().is_some_and(|text| text == url || url.strip_prefix("mailto:") == Some(text))
}

/// A run of two or more hyphens as em dashes or en dashes, of one kind where that comes out even.
fn dashes(count: usize, out: &mut String) {
    let (em, en) = match count % 6 {
        0 | 3 => (count / 3, 0),
        2 | 4 => (0, count / 2),
        1 => (count / 3 - 1, 2),
        _ => (count / 3, 1),
    };
    out.extend(std::iter::repeat_n('—', em));
    out.extend(std::iter::repeat_n('–', en));
}
