//! Punctuation and spacing, by the rules of `autocorrect`.
//!
//! Its rules run on each stretch of prose by itself, so that its own idea of what is code in Markdown, which knows no
//! shortcodes and no front matter, is not asked.

use std::ops::Range;

use super::prose::{Stretch, is_han};
use crate::check::finding;
use crate::diagnostic::Diagnostic;
use crate::text;

pub const PUNCTUATION: &str = "language/punctuation";
pub const SPACING: &str = "language/spacing";

/// Tells what `autocorrect` would write otherwise, one finding a stretch and rule.
pub fn look(text: &str, stretches: &[Stretch], wanted: (bool, bool), push: &mut dyn FnMut(Diagnostic, Range<usize>)) {
    for stretch in stretches.iter().filter(|stretch| stretch.body) {
        let of = &text[stretch.span.clone()];
        if !wanted.1 && !has_mark_beside_han(of) {
            continue;
        }
        let written = autocorrect::format(of);
        if written == of {
            continue;
        }
        for change in changes(of, &written) {
            let (code, is_wanted) = match change.spaces_only {
                true => (SPACING, wanted.1),
                false => (PUNCTUATION, wanted.0),
            };
            // Quotation marks and brackets of Latin text in Chinese text may be meant.
            if !is_wanted || !change.spaces_only && !change.is_plain() {
                continue;
            }
            let (old, new) = (change.shown_old(of), change.shown_new(&written));
            let told = finding(code, text!("`{old}` should be `{new}`", "“{old}”应写成“{new}”"));
            push(told, stretch.span.start + change.old.start..stretch.span.start + change.old.end);
            break;
        }
    }
}

/// Whether a mark of Latin text stands beside something that is none, which is all that `autocorrect` may find besides spaces: it
/// takes most of the time of a check.
fn has_mark_beside_han(text: &str) -> bool {
    let beside = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
    text.match_indices([',', ';', ':', '?', '!', '.']).any(|(at, mark)| {
        let (before, after) = (text[..at].trim_end_matches(' '), text[at + mark.len()..].trim_start_matches(' '));
        beside(before.chars().next_back()) || beside(after.chars().next())
    })
}

/// One place where two texts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
    /// Letters are the same.
    spaces_only: bool,
    marks: String,
}

impl Change {
    /// Marks that are wrong between Han characters without a doubt.
    fn is_plain(&self) -> bool {
        self.marks.chars().all(|c| matches!(c, ',' | ';' | ':' | '?' | '!' | '.' | ' '))
    }

    fn shown_old(&self, old: &str) -> String {
        around(old, &self.old)
    }

    fn shown_new(&self, new: &str) -> String {
        around(new, &self.new)
    }
}

/// A few characters on both sides, so that the place can be recognised.
fn around(text: &str, span: &Range<usize>) -> String {
    let start = text[..span.start].char_indices().rev().take(4).last().map_or(span.start, |(at, _)| at);
    let end = text[span.end..].char_indices().nth(4).map_or(text.len(), |(at, _)| span.end + at);
    text[start..end].trim().to_owned()
}

/// Walks along both texts; what `autocorrect` changes are spaces, and marks one for one.
fn changes(old: &str, new: &str) -> Vec<Change> {
    let mut found: Vec<Change> = Vec::new();
    let (mut a, mut b) = (old.char_indices().peekable(), new.char_indices().peekable());
    loop {
        let (x, y) = (a.peek().copied(), b.peek().copied());
        let (Some((i, c)), Some((j, d))) = (x, y) else { break };
        if c == d {
            a.next();
            b.next();
            continue;
        }
        let mut change = Change { old: i..i, new: j..j, spaces_only: true, marks: String::new() };
        if d == ' ' {
            b.next();
            change.new.end = j + 1;
        } else if c == ' ' {
            a.next();
            change.old.end = i + 1;
        } else {
            a.next();
            b.next();
            change.old.end = i + c.len_utf8();
            change.new.end = j + d.len_utf8();
            change.spaces_only = false;
            change.marks.push(c);
        }
        found.push(change);
    }
    found
}

/// Marks that stand between two Han characters and are changed without asking: their places and what goes there.
pub fn between_han(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found = Vec::new();
    let mut before = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let wide = match c {
            ',' => Some("，"),
            ';' => Some("；"),
            ':' => Some("："),
            '?' => Some("？"),
            '!' => Some("！"),
            _ => None,
        };
        let after = characters.peek().map(|(_, c)| *c);
        if let (Some(wide), Some(before), Some(after)) = (wide, before, after)
            && is_han(before)
            && is_han(after)
        {
            found.push((at..at + c.len_utf8(), wide));
        }
        before = Some(c);
    }
    found
}
