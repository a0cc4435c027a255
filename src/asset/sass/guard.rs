//! What stops stylesheets that never come to an end.
//!
//! grass has no limits of its own: a function that calls itself without end overflows the stack, which ends the process, and
//! `@while true` runs for ever. But it tells its log of each `@debug`. So one is put at the head of every body that may run
//! more than once, and the log stops the compiler when the stack or the patience is used up.

use std::cell::Cell;
use std::ops::Range;

/// How often bodies of functions, mixins and loops may be entered in one stylesheet: a hundred times what large frameworks need, and
/// some seconds.
const STEPS: u32 = 1_000_000;

/// The rules whose bodies may run more than once, and what a body that ran too often is called.
const RULES: [&str; 5] = ["@function", "@mixin", "@while", "@for", "@each"];

/// What a `@debug` of ours says; the number is that of the head in its file.
const MARK: &str = "kepu-head-";

/// One body that may run more than once.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    /// From its `@` up to its body.
    range: Range<usize>,
    /// Where the body begins.
    body: usize,
}

/// The stylesheet with a mark at each head, or nothing if it has no heads. `indented` is the syntax of `.sass`.
pub(super) fn marked(source: &str, indented: bool) -> Option<String> {
    let heads = heads(source, indented);
    if heads.is_empty() {
        return None;
    }
    let (mut text, mut from) = (String::with_capacity(source.len() + heads.len() * 24), 0);
    for (number, head) in heads.iter().enumerate() {
        let (before, rest) = (source.get(from..head.body)?, source.get(head.body..)?);
        text.push_str(before);
        if indented {
            let indentation = before.rsplit('\n').next().unwrap_or_default();
            text.push_str(&format!("@debug {MARK}{number}\n{indentation}"));
        } else {
            // The body may begin with what needs to be first, but with nothing that needs not to follow a rule.
            text.push_str(&format!("@debug {MARK}{number};"));
        }
        from = source.len() - rest.len();
    }
    text.push_str(source.get(from..)?);
    Some(text)
}

/// The head that a `@debug` of [`marked`] belongs to, if it is one.
pub(super) fn head(message: &str, source: &str, indented: bool) -> Option<Range<usize>> {
    let number: usize = message.strip_prefix(MARK)?.parse().ok()?;
    Some(heads(source, indented).into_iter().nth(number)?.range)
}

fn heads(source: &str, indented: bool) -> Vec<Head> {
    if !RULES.iter().any(|rule| source.contains(rule)) && !indented {
        return Vec::new();
    }
    if indented { indented_heads(source) } else { scss_heads(source) }
}

fn starts_rule(rest: &str) -> bool {
    RULES.iter().any(|rule| {
        rest.strip_prefix(rule)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '(' || c == '/'))
    })
}

fn scss_heads(source: &str) -> Vec<Head> {
    let (mut heads, mut at) = (Vec::new(), 0);
    // The rule whose body is looked for, and how many brackets are open in its head.
    let mut open: Option<usize> = None;
    let mut depth = 0_usize;
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest.as_bytes() {
            [b'/', b'/', ..] => rest.find(['\n', '\r']).unwrap_or(rest.len()),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            [quote @ (b'"' | b'\''), ..] => string(rest, *quote),
            [b'\\', ..] => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            [b'#', b'{', ..] => {
                depth += 1;
                2
            }
            [b'(' | b'[', ..] => {
                depth += 1;
                1
            }
            [b')' | b']', ..] => {
                depth = depth.saturating_sub(1);
                1
            }
            [b'}', ..] => {
                depth = depth.saturating_sub(1);
                1
            }
            [b'{', ..] => {
                if let Some(start) = open.filter(|_| depth == 0) {
                    heads.push(Head { range: start..source[..at].trim_end().len(), body: at + 1 });
                    open = None;
                }
                1
            }
            [b'@', ..] if starts_rule(rest) => {
                (open, depth) = (Some(at), 0);
                1
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
    }
    heads
}

/// The length of the string that `rest` begins with; strings do not go over lines.
fn string(rest: &str, quote: u8) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'\n' => return at,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn indented_heads(source: &str) -> Vec<Head> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let (mut heads, mut at) = (Vec::new(), 0);
    // The rule whose body is the next line, if that is indented deeper.
    let mut open: Option<(Range<usize>, usize)> = None;
    for line in source.split_inclusive('\n') {
        let (start, indent, text) = (at, indentation(line), line.trim());
        at += line.len();
        if text.is_empty() {
            continue;
        }
        if let Some((range, outer)) = open.take()
            && indent > outer
        {
            heads.push(Head { range, body: start + indent });
        }
        let mixin = text
            .strip_prefix('=')
            .is_some_and(|name| name.starts_with(|c: char| c.is_alphanumeric() || "-_".contains(c)));
        if mixin || starts_rule(text) {
            open = Some((start + indent..start + indent + text.len(), indent));
        }
    }
    heads
}

/// What may still be used up while one stylesheet is compiled.
#[derive(Debug)]
pub(super) struct Patience {
    /// The address of the stack at the beginning, and how many bytes of it may be used.
    base: usize,
    stack: usize,
    steps: Cell<u32>,
}

/// Why a compilation was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Calls in calls in calls.
    Deep,
    /// One after the other.
    Long,
}

impl Patience {
    /// `stack`: how many bytes of the stack of this thread may be used, from here on.
    pub fn new(stack: usize) -> Self {
        Self { base: stack_address(), stack, steps: Cell::new(STEPS) }
    }

    /// Counts one step. Called on the thread that made it.
    pub fn step(&self) -> Result<(), Stop> {
        if self.base.abs_diff(stack_address()) > self.stack {
            return Err(Stop::Deep);
        }
        self.steps.set(self.steps.get().checked_sub(1).ok_or(Stop::Long)?);
        Ok(())
    }
}

#[inline(never)]
fn stack_address() -> usize {
    let here = 0_u8;
    std::hint::black_box(std::ptr::from_ref(&here)).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_may_run_more_than_once_are_marked() {
        let scss = "// @mixin no {\n@mixin a($b: \"{\") { c: d }\n@function f($x) { @while g(#{$x}) == 1 { $x: 2 } }\n\
                    a::before { content: '@for {' } /* @each x { */ @forward 'x'; @media print { b { c: d } }";
        let text = marked(scss, false).unwrap();
        assert_eq!(text.matches("@debug").count(), 3);
        assert!(text.contains("@mixin a($b: \"{\") {@debug kepu-head-0; c: d }"), "{text}");
        assert!(text.contains("{@debug kepu-head-1; @while g(#{$x}) == 1 {@debug kepu-head-2; $x"), "{text}");
        assert_eq!(&scss[head("kepu-head-2", scss, false).unwrap()], "@while g(#{$x}) == 1");
        assert_eq!(head("kepu-head-3", scss, false), None);
        assert_eq!(head("3", scss, false), None);
        assert_eq!(marked("a{b:c}", false), None);
    }

    #[test]
    fn the_indented_syntax_is_marked_by_lines() {
        let sass = "=m\n\n  a: b\n@function f($x)\n\t@return 1\n@mixin none\nb\n  c: d\n";
        let text = marked(sass, true).unwrap();
        assert_eq!(
            text,
            "=m\n\n  @debug kepu-head-0\n  a: b\n@function f($x)\n\t@debug kepu-head-1\n\t@return 1\n@mixin none\nb\n  \
             c: d\n"
        );
        assert_eq!(&sass[head("kepu-head-0", sass, true).unwrap()], "=m");
        assert_eq!(marked("a\n  b: c\n", true), None);
    }
}
