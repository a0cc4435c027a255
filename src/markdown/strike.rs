//! `~~gone~~` and `~gone~`, with the rules of pulldown-cmark: a single tilde inside a word is just a tilde,
//! so that `3~5天，2~3人` stays as it is.

use comrak::Arena;
use comrak::nodes::{Ast, Node, NodeValue, Sourcepos};

use super::attributes::following;
use super::breaks::is_wide;
use super::flanking;

/// Finds what is struck out in all text of a document. With `cjk`, two tildes between Chinese punctuation and
/// an ideograph count too, as in `~~（旧）~~新`.
pub fn apply<'a>(arena: &'a Arena<'a>, root: Node<'a>, cjk: bool) {
    let has_tilde = |node: Node<'a>| node.data().value.text().is_some_and(|text| text.contains('~'));
    let mut parents: Vec<Node<'a>> = Vec::new();
    let mut next = Some(root);
    while let Some(node) = next {
        if !matches!(node.data().value, NodeValue::Escaped) && node.children().any(has_tilde) {
            parents.push(node);
        }
        next = following(node, false);
    }
    for parent in parents {
        strike_children(arena, parent, cjk);
    }
}

/// One or two tildes in a text.
struct Run {
    at: usize,
    length: usize,
    can_open: bool,
    can_close: bool,
}

fn strike_children<'a>(arena: &'a Arena<'a>, parent: Node<'a>, cjk: bool) {
    // The marks that are open, and how many of them have one and two tildes.
    let mut open: Vec<(usize, Node<'a>)> = Vec::new();
    let mut counts = [0usize; 3];
    let mut next = parent.first_child();
    while let Some(node) = next {
        next = node.next_sibling();
        for (run, mark) in split(arena, node, cjk) {
            if run.can_close && counts[run.length] > 0 {
                while let Some((length, opener)) = open.pop() {
                    counts[length] -= 1;
                    if length == run.length {
                        wrap(arena, opener, mark);
                        break;
                    }
                }
            } else if run.can_open {
                counts[run.length] += 1;
                open.push((run.length, mark));
            }
        }
    }
}

/// Makes the marks in a text node texts of their own.
fn split<'a>(arena: &'a Arena<'a>, node: Node<'a>, cjk: bool) -> Vec<(Run, Node<'a>)> {
    let runs = runs(node, cjk);
    if runs.is_empty() {
        return Vec::new();
    }
    let position = node.data().sourcepos;
    let text = node.data_mut().value.text_mut().map(std::mem::take).unwrap_or_default();
    let put = |piece: &str| {
        let piece = alloc(arena, NodeValue::Text(piece.to_owned().into()), position);
        node.insert_before(piece);
        piece
    };
    let mut from = 0;
    let mut marks = Vec::with_capacity(runs.len());
    for run in runs {
        if run.at > from {
            put(&text[from..run.at]);
        }
        from = run.at + run.length;
        let mark = put(&text[run.at..from]);
        marks.push((run, mark));
    }
    if from < text.len() {
        put(&text[from..]);
    }
    node.detach();
    marks
}

/// The runs in a text node that can open or close.
fn runs(node: Node<'_>, cjk: bool) -> Vec<Run> {
    let data = node.data();
    let Some(text) = data.value.text() else { return Vec::new() };
    let mut runs = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find('~').map(|at| from + at) {
        let length = text[at..].bytes().take_while(|byte| *byte == b'~').count();
        from = at + length;
        let before = text[..at].chars().next_back().or_else(|| flanking::before(node));
        let after = text[from..].chars().next().unwrap_or_else(|| flanking::after(node));
        let can_open = !after.is_whitespace()
            && (length == 2 || before.is_none_or(|c| c.is_whitespace() || flanking::is_punctuation(c)));
        let can_close = before.is_some_and(|c| {
            let is_inside = length == 2 && (!flanking::is_punctuation(c) || cjk && is_wide(c) || cjk && is_wide(after));
            !c.is_whitespace() && (is_inside || after.is_whitespace() || flanking::is_punctuation(after))
        });
        if length <= 2 && (can_open || can_close) {
            runs.push(Run { at, length, can_open, can_close });
        }
    }
    runs
}

fn alloc<'a>(arena: &'a Arena<'a>, value: NodeValue, position: Sourcepos) -> Node<'a> {
    arena.alloc(Ast::new_with_sourcepos(value, position).into())
}

/// Moves what is between two marks into a node of its own and drops the marks.
fn wrap<'a>(arena: &'a Arena<'a>, opener: Node<'a>, closer: Node<'a>) {
    let struck = alloc(arena, NodeValue::Strikethrough, opener.data().sourcepos);
    opener.insert_before(struck);
    while let Some(node) = opener.next_sibling().filter(|node| !node.same_node(closer)) {
        struck.append(node);
    }
    opener.detach();
    closer.detach();
}
