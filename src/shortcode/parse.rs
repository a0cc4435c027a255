//! A body → its pieces, in one pass.

use std::collections::HashMap;
use std::ops::Range;

use super::scan::{Head, Tag, tag};
use super::{Call, Parsed, Piece, Problem, ProblemKind, Syntax};

/// Calls in bodies of calls beyond this are refused.
const DEEPEST: usize = 100;

/// Finds the calls in the body that begins at a byte of a file's `text`. All places are bytes of the file.
///
/// Where there are problems, the pieces are not to be used.
pub fn parse<'a>(text: &'a str, start: usize, syntax: Syntax) -> Parsed<'a> {
    let mut parser =
        Parser { text, syntax, counts: HashMap::new(), open: Vec::new(), parsed: Parsed::default(), from: start };
    parser.run(start);
    parser.parsed
}

struct Parser<'a, 's> {
    text: &'a str,
    syntax: Syntax<'s>,
    counts: HashMap<&'a str, usize>,
    /// The calls whose `{% end %}` has not come yet.
    open: Vec<Open<'a>>,
    parsed: Parsed<'a>,
    /// Where the text begins that is not in a piece yet.
    from: usize,
}

struct Open<'a> {
    /// None if the tag is the template's own: what it holds goes to what is around it.
    call: Option<Call<'a>>,
    outer: Vec<Piece<'a>>,
}

impl<'a> Parser<'a, '_> {
    fn run(&mut self, start: usize) {
        let mut at = start;
        while let Some(brace) = self.text.get(at..).and_then(|rest| rest.find('{')).map(|found| at + found) {
            at = self.at_brace(brace);
        }
        self.flush(self.text.len(), self.text.len());
        while let Some(open) = self.open.pop() {
            match &open.call {
                Some(call) => self.problem(ProblemKind::NotClosed(call.name), call.tag.clone()),
                None => self.give_up(open),
            }
        }
        // The innermost was found first.
        self.parsed.problems.sort_by_key(|problem| problem.span.start);
    }

    /// Reads what begins at a brace; returns where to go on.
    fn at_brace(&mut self, at: usize) -> usize {
        if let Syntax::Known(_) = self.syntax
            && let Some(end) = raw_or_comment(self.text, at)
        {
            return end;
        }
        let Some((tag, end)) = tag(self.text, at) else { return at + 1 };
        let span = at..end;
        match (tag, self.syntax) {
            (Tag::Inline(head), Syntax::Known(known)) if !known(head.name) => {}
            (Tag::Inline(head), _) => {
                let call = self.call(head, span);
                self.flush(at, end);
                self.parsed.pieces.push(Piece::Call(call));
            }
            (Tag::Start(_), _) if self.open.len() >= DEEPEST => self.problem(ProblemKind::TooDeep, span),
            (Tag::Start(head), Syntax::Known(known)) if !known(head.name) => {
                self.flush(at, at);
                let outer = std::mem::take(&mut self.parsed.pieces);
                self.open.push(Open { call: None, outer });
            }
            (Tag::Start(head), _) => {
                let call = self.call(head, span);
                self.flush(at, end);
                let outer = std::mem::take(&mut self.parsed.pieces);
                self.open.push(Open { call: Some(call), outer });
            }
            (Tag::End, _) => self.end(span),
            (Tag::EscapedInline, Syntax::All) => self.unescape(span, "*/}}"),
            (Tag::EscapedStart(name), Syntax::All) => {
                let Some(close) = self.escaped_end(name, span.clone()) else { return self.text.len() };
                self.unescape(span, "*/%}");
                self.unescape(close.clone(), "*/%}");
                return close.end;
            }
            (Tag::EscapedEnd, Syntax::All) => self.problem(ProblemKind::NothingToClose, span),
            (Tag::EscapedInline | Tag::EscapedStart(_) | Tag::EscapedEnd, Syntax::Known(_)) => {}
        }
        end
    }

    fn call(&mut self, head: Head<'a>, tag: Range<usize>) -> Call<'a> {
        let nth = self.counts.entry(head.name).or_default();
        *nth += 1;
        let nth = *nth;
        if let Some(span) = head.too_large {
            self.problem(ProblemKind::IntegerTooLarge, span);
        }
        Call { name: head.name, arguments: head.arguments, nth, body: None, span: tag.clone(), tag }
    }

    /// Closes the call that was opened last.
    fn end(&mut self, span: Range<usize>) {
        match self.open.pop() {
            Some(Open { call: Some(mut call), outer }) => {
                self.flush(span.start, span.end);
                let mut body = std::mem::replace(&mut self.parsed.pieces, outer);
                self.trim(&mut body);
                call.body = Some(body);
                call.span.end = span.end;
                self.parsed.pieces.push(Piece::Call(call));
            }
            Some(open) => {
                self.flush(span.start, span.start);
                self.give_up(open);
            }
            None => {
                if let Syntax::All = self.syntax {
                    self.problem(ProblemKind::NothingToClose, span);
                }
            }
        }
    }

    /// Puts what a tag of the template's own holds where the tag stands.
    fn give_up(&mut self, open: Open<'a>) {
        let inner = std::mem::replace(&mut self.parsed.pieces, open.outer);
        self.parsed.pieces.extend(inner);
    }

    /// Makes a piece of the text before `until`; what follows begins at `next`.
    fn flush(&mut self, until: usize, next: usize) {
        if self.from < until {
            self.parsed.pieces.push(Piece::Text(self.from..until));
        }
        self.from = next;
    }

    /// Keeps an escaped tag as text without its stars.
    fn unescape(&mut self, tag: Range<usize>, close: &str) {
        let Some(stars) = self.text[tag.clone()].find(close).map(|found| tag.start + found) else { return };
        self.flush(tag.start + 2, tag.start + 4);
        self.flush(stars, stars + 2);
    }

    /// The tag that closes an escaped one. What is between stays as it is, but its own tags must come in pairs.
    fn escaped_end(&mut self, name: &'a str, opening: Range<usize>) -> Option<Range<usize>> {
        let mut escaped = vec![true];
        let mut at = opening.end;
        while let Some(brace) = self.text.get(at..).and_then(|rest| rest.find('{')).map(|found| at + found) {
            let Some((tag, end)) = tag(self.text, brace) else {
                at = brace + 1;
                continue;
            };
            at = end;
            match tag {
                Tag::Start(_) => escaped.push(false),
                Tag::EscapedStart(_) => escaped.push(true),
                Tag::End | Tag::EscapedEnd => {
                    if escaped.pop() != Some(matches!(tag, Tag::EscapedEnd)) {
                        self.problem(ProblemKind::NothingToClose, brace..end);
                        return None;
                    }
                    if escaped.is_empty() {
                        return Some(brace..end);
                    }
                }
                Tag::Inline(_) | Tag::EscapedInline => {}
            }
        }
        self.problem(ProblemKind::EscapeNotClosed(name), opening);
        None
    }

    fn trim(&self, body: &mut Vec<Piece<'a>>) {
        while let Some(Piece::Text(range)) = body.first_mut() {
            let text = &self.text[range.clone()];
            range.start += text.len() - text.trim_start().len();
            if range.start < range.end {
                break;
            }
            body.remove(0);
        }
        while let Some(Piece::Text(range)) = body.last_mut() {
            range.end = range.start + self.text[range.clone()].trim_end().len();
            if range.start < range.end {
                break;
            }
            body.pop();
        }
    }

    fn problem(&mut self, kind: ProblemKind<'a>, span: Range<usize>) {
        self.parsed.problems.push(Problem { kind, span });
    }
}

/// The end of `{% raw %}…{% endraw %}` or `{# … #}` that begins at a byte.
fn raw_or_comment(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if let Some(comment) = rest.strip_prefix("{#") {
        return Some(comment.find("#}").map_or(text.len(), |end| at + 2 + end + 2));
    }
    let after = named(rest, "raw")?;
    let mut from = at + (rest.len() - after.len());
    while let Some(tag) = text[from..].find("{%").map(|found| from + found) {
        if let Some(after) = named(&text[tag..], "endraw") {
            return Some(text.len() - after.len());
        }
        from = tag + 2;
    }
    Some(text.len())
}

/// What follows `{% word %}`.
fn named<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let inside = text.strip_prefix("{%")?;
    let inside = inside.strip_prefix('-').unwrap_or(inside).trim_start().strip_prefix(word)?.trim_start();
    inside.strip_prefix('-').unwrap_or(inside).strip_prefix("%}")
}
