//! What `{%-` and `-%}` remove, as Tera 1 removes it.
//!
//! The rules are those of the crate with their exceptions: the `else` part of a loop keeps all its whitespace,
//! `super()` removes none, and a comment before everything else counts for nothing.

use super::ast::{Node, Tag, Text};

/// Narrows `kept` of every text.
pub fn remove(nodes: &mut [Node], text: &str) {
    Trimmer { text }.body(nodes, None);
}

/// The whitespace control that surrounds a body: of its opening tag's end and its closing tag's start.
#[derive(Clone, Copy)]
struct Around {
    left: bool,
    right: bool,
}

struct Trimmer<'a> {
    text: &'a str,
}

impl Trimmer<'_> {
    fn body(&self, nodes: &mut [Node], around: Option<Around>) {
        let mut after_text = false;
        let mut trim_next = around.is_some_and(|a| a.left);
        for i in 0..nodes.len() {
            let (before, rest) = nodes.split_at_mut(i);
            let Some(node) = rest.first_mut() else { break };
            match node {
                Node::Text(text) => {
                    after_text = true;
                    if std::mem::take(&mut trim_next) {
                        self.trim_start(text);
                    }
                    continue;
                }
                Node::Comment { leading: true, .. } => continue,
                Node::Print { tag, .. }
                | Node::Import { tag, .. }
                | Node::Extends { tag, .. }
                | Node::Include { tag, .. }
                | Node::Set { tag, .. }
                | Node::Break(tag)
                | Node::Continue(tag)
                | Node::Comment { tag, .. } => {
                    self.trim_last(before, after_text && tag.left);
                    trim_next = tag.right;
                }
                Node::Raw { open, body, close } => {
                    self.trim_last(before, after_text && open.left);
                    trim_next = close.right;
                    if open.right {
                        self.trim_start(body);
                    }
                    if close.left {
                        self.trim_end(body);
                    }
                }
                Node::For(each) => {
                    self.trim_last(before, after_text && each.tag.left);
                    trim_next = each.end.right;
                    self.body(&mut each.body, Some(between(&each.tag, &each.end)));
                }
                Node::Macro(definition) => {
                    self.trim_last(before, after_text && definition.tag.left);
                    trim_next = definition.end.right;
                    self.body(&mut definition.body, Some(between(&definition.tag, &definition.end)));
                }
                Node::Filter { tag, body, end, .. } | Node::Block { tag, body, end, .. } => {
                    self.trim_last(before, after_text && tag.left);
                    trim_next = end.right;
                    self.body(body, Some(between(tag, end)));
                }
                Node::If { branches, otherwise, end } => {
                    trim_next = end.right;
                    for b in 0..branches.len() {
                        let (earlier, current) = branches.split_at_mut(b);
                        let Some(branch) = current.first_mut() else { break };
                        if branch.tag.left {
                            match earlier.last_mut() {
                                Some(previous) => self.trim_last(&mut previous.body, true),
                                None => self.trim_last(before, after_text),
                            }
                        }
                        self.body(&mut branch.body, Some(Around { left: branch.tag.right, right: false }));
                    }
                    let last = branches.last_mut().map(|b| &mut b.body);
                    match otherwise {
                        Some((tag, body)) => {
                            if let Some(last) = last {
                                self.trim_last(last, tag.left);
                            }
                            self.body(body, Some(Around { left: tag.right, right: false }));
                            self.trim_last(body, end.left);
                        }
                        None => {
                            if let Some(last) = last {
                                self.trim_last(last, end.left);
                            }
                        }
                    }
                }
                Node::Super(_) => {}
            }
            after_text = false;
        }
        self.trim_last(nodes, around.is_some_and(|a| a.right));
    }

    fn trim_last(&self, nodes: &mut [Node], wanted: bool) {
        if wanted && let Some(Node::Text(text)) = nodes.last_mut() {
            self.trim_end(text);
        }
    }

    fn trim_start(&self, text: &mut Text) {
        let kept = self.text.get(text.kept.clone()).unwrap_or_default();
        text.kept.start += kept.len() - kept.trim_start().len();
    }

    fn trim_end(&self, text: &mut Text) {
        let kept = self.text.get(text.kept.clone()).unwrap_or_default();
        text.kept.end = text.kept.start + kept.trim_end().len();
    }
}

fn between(open: &Tag, close: &Tag) -> Around {
    Around { left: open.right, right: close.left }
}
