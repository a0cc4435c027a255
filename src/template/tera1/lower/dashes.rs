//! Whitespace control on the way to Tera 2.
//!
//! The dashes stay as the author wrote them wherever Tera 2 removes the same whitespace. Where it would not (a comment
//! after `-%}`, text beside `raw`, the `else` of a loop), the dashes beside that text go and the text is written as
//! Tera 1 prints it.

use std::collections::HashSet;

use super::super::ast::{Node, Tag, Text};

/// What changes, by the place of the tag or text.
#[derive(Debug, Default)]
pub struct Dashes {
    /// Starts of tags whose left dash goes.
    left: HashSet<usize>,
    /// Ends of tags whose right dash goes.
    right: HashSet<usize>,
    /// Starts of texts that are written as they are printed.
    exact: HashSet<usize>,
}

impl Dashes {
    pub fn of(nodes: &[Node], text: &str) -> Self {
        let mut tokens = Vec::new();
        flatten(nodes, &mut tokens);
        let mut dashes = Self::default();
        // The end of the tag whose dash still waits for text.
        let mut waiting: Option<usize> = None;
        for (i, token) in tokens.iter().enumerate() {
            match token {
                Token::Tag(tag) => waiting = tag.right.then_some(tag.span.end),
                Token::Comment(tag) => {
                    if tag.right {
                        waiting = Some(tag.span.end);
                    }
                }
                Token::Text(piece) | Token::Raw { body: piece, .. } => {
                    let raw = match token {
                        Token::Raw { open, close, .. } => Some((*open, *close)),
                        _ => None,
                    };
                    let next = tokens.get(i + 1).and_then(Token::left);
                    let mut result = text.get(piece.span.clone()).unwrap_or_default();
                    if raw.is_some_and(|(open, _)| open.right) {
                        result = result.trim_start();
                    }
                    if raw.is_some_and(|(_, close)| close.left) {
                        result = result.trim_end();
                    }
                    if waiting.is_some() {
                        result = result.trim_start();
                    }
                    if next.is_some() {
                        result = result.trim_end();
                    }
                    if result != text.get(piece.kept.clone()).unwrap_or_default() {
                        dashes.exact.insert(piece.span.start);
                        dashes.right.extend(waiting);
                        dashes.left.extend(next);
                    }
                    waiting = raw.filter(|(_, close)| close.right).map(|(_, close)| close.span.end);
                }
            }
        }
        dashes
    }

    pub fn left(&self, tag: &Tag) -> &'static str {
        if tag.left && !self.left.contains(&tag.span.start) { "-" } else { "" }
    }

    pub fn right(&self, tag: &Tag) -> &'static str {
        if tag.right && !self.right.contains(&tag.span.end) { "-" } else { "" }
    }

    /// Whether both dashes are as the author wrote them.
    pub fn unchanged(&self, tag: &Tag) -> bool {
        !self.left.contains(&tag.span.start) && !self.right.contains(&tag.span.end)
    }

    pub fn exact(&self, text: &Text) -> bool {
        self.exact.contains(&text.span.start)
    }
}

enum Token<'a> {
    Tag(Tag),
    Comment(&'a Tag),
    Text(&'a Text),
    Raw { open: &'a Tag, body: &'a Text, close: &'a Tag },
}

impl Token<'_> {
    /// The start of a tag that removes whitespace before it.
    fn left(&self) -> Option<usize> {
        let tag = match self {
            Token::Tag(tag) => tag,
            Token::Comment(tag) => tag,
            Token::Raw { open, .. } => open,
            Token::Text(_) => return None,
        };
        tag.left.then_some(tag.span.start)
    }
}

fn flatten<'a>(nodes: &'a [Node], out: &mut Vec<Token<'a>>) {
    for node in nodes {
        match node {
            Node::Text(text) => out.push(Token::Text(text)),
            Node::Comment { tag, .. } => out.push(Token::Comment(tag)),
            Node::Raw { open, body, close } => out.push(Token::Raw { open, body, close }),
            Node::Print { tag, .. }
            | Node::Set { tag, .. }
            | Node::Include { tag, .. }
            | Node::Break(tag)
            | Node::Continue(tag) => out.push(Token::Tag(tag.clone())),
            // Written without dashes, which have no effect in Tera 1.
            Node::Super(tag) => out.push(Token::Tag(Tag { left: false, right: false, ..tag.clone() })),
            // The whitespace around them belongs to no text.
            Node::Extends { tag, .. } | Node::Import { tag, .. } => {
                out.push(Token::Tag(Tag { left: false, right: false, ..tag.clone() }));
            }
            Node::If { branches, otherwise, end } => {
                for branch in branches {
                    out.push(Token::Tag(branch.tag.clone()));
                    flatten(&branch.body, out);
                }
                if let Some((tag, body)) = otherwise {
                    out.push(Token::Tag(tag.clone()));
                    flatten(body, out);
                }
                out.push(Token::Tag(end.clone()));
            }
            Node::For(each) => {
                out.push(Token::Tag(each.tag.clone()));
                flatten(&each.body, out);
                for (tag, body) in &each.otherwise {
                    out.push(Token::Tag(tag.clone()));
                    flatten(body, out);
                }
                out.push(Token::Tag(each.end.clone()));
            }
            Node::Filter { tag, body, end, .. } | Node::Block { tag, body, end, .. } => {
                out.push(Token::Tag(tag.clone()));
                flatten(body, out);
                out.push(Token::Tag(end.clone()));
            }
            Node::Macro(definition) => {
                out.push(Token::Tag(definition.tag.clone()));
                flatten(&definition.body, out);
                out.push(Token::Tag(definition.end.clone()));
            }
        }
    }
}
