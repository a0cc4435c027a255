//! Templates whose parser would use up the stack are refused before it runs.
//!
//! Tera bounds how deep brackets and tags nest, but `1 + 1 + 1 + …`, `a | b | c | …`, `a.b.c…` and `{% elif %}` after `{% elif %}`
//! become trees that are as deep as they are long, and are walked by functions that call themselves.

use std::ops::Range;

use crate::config::Dialect;
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// Operators, filters and steps of a path in one expression, and `elif` in one `if`.
const MOST: usize = 500;

/// The error for a template that is too long in one of these ways. `text` is the whole file, of which the template begins at `start`.
pub fn check(file: &str, text: &str, start: usize, dialect: Dialect) -> Option<Diagnostic> {
    let span = overlong(text.get(start..)?, dialect)?;
    let place = Place::span(file, text, start + span.start..start + span.end);
    let message = text!(
        "this is too long: more than {MOST} operators, filters and steps in one expression, or `elif` in one `if`",
        "这里太长：一个表达式里的运算符、过滤器和路径层级，或一个 if 里的 elif，超过了 {MOST} 个"
    );
    let help = text!("take it apart with `set`, or loop over a list", "请用 `set` 分成几步，或改用列表和循环");
    Some(Diagnostic::error("template/too-long", message).at(place).help(help))
}

/// The tag that goes too far.
pub fn overlong(text: &str, dialect: Dialect) -> Option<Range<usize>> {
    // Each open `if` with how many `elif` it had.
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..)?.find('{').map(|found| at + found) {
        let rest = &text[start..];
        let close = match rest.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            Some(b'#') => {
                at = start + rest.find("#}").unwrap_or(rest.len());
                continue;
            }
            _ => {
                at = start + 1;
                continue;
            }
        };
        let (end, longest) = tag(rest, close, dialect);
        let head = start..start + rest[..end].char_indices().nth(60).map_or(end, |(at, _)| at);
        if longest > MOST {
            return Some(head);
        }
        at = start + end;
        match rest[2..end].trim_start_matches(['-', ' ', '\t', '\r', '\n']).split(|c: char| !c.is_alphanumeric()).next()
        {
            Some("if") if close == "%}" => open.push(0),
            Some("elif") if close == "%}" => {
                if let Some(count) = open.last_mut() {
                    *count += 1;
                    if *count > MOST {
                        return Some(head);
                    }
                }
            }
            Some("endif") if close == "%}" => {
                open.pop();
            }
            Some("raw") if close == "%}" => {
                at += text[at..].find("endraw").unwrap_or(text.len() - at);
            }
            _ => {}
        }
    }
    None
}

/// The length of the tag that `rest` begins with, and how much stands in its longest expression.
fn tag(rest: &str, close: &str, dialect: Dialect) -> (usize, usize) {
    let bytes = rest.as_bytes();
    let has_escapes = |quote| dialect == Dialect::Tera2 && quote != b'`';
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    // What the current expression holds, and that of each open bracket around it. A bracket belongs to the expression that it
    // stands in, but for lists, maps and arguments, whose members are apart.
    let (mut steps, mut longest) = (0, 0);
    let mut around: Vec<(u8, usize)> = Vec::new();
    let mut before = b' ';
    let mut at = 2;
    while let Some(&byte) = bytes.get(at) {
        // Two maps may end in `}}` as well; no other bracket that is still open keeps a tag from ending.
        let in_map = close == "}}" && around.last().is_some_and(|(bracket, _)| *bracket == b'{');
        if !in_map && bytes[at..].starts_with(close.as_bytes()) {
            return (at + 2, longest);
        }
        let mut length = 1;
        match byte {
            b'"' | b'\'' | b'`' => {
                while bytes.get(at + length).is_some_and(|next| *next != byte) {
                    length += 1 + usize::from(bytes[at + length] == b'\\' && has_escapes(byte));
                }
                length += 1;
            }
            b'(' | b'[' | b'{' => {
                steps += usize::from(
                    byte == b'[' && (is_word(before) || matches!(before, b')' | b']' | b'"' | b'\'' | b'`')),
                );
                around.push((byte, steps));
            }
            b')' | b']' | b'}' => steps = around.pop().map_or(0, |(_, outside)| outside).max(steps),
            b',' => steps = around.last().map_or(0, |(_, outside)| *outside),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'=' | b'<' | b'>' | b'!' | b'|' | b'.' => {
                let same = |next: &&u8| matches!(next, b'=' | b'/' | b'*' | b'|');
                length += bytes[at + 1..].iter().take_while(same).count();
                steps += 1;
            }
            _ if is_word(byte) => {
                length = bytes[at..].iter().take_while(|next| is_word(**next)).count();
                let word = &rest[at..at + length];
                steps += usize::from(matches!(word, "and" | "or" | "not" | "in" | "is" | "if" | "else"));
            }
            _ => {}
        }
        longest = longest.max(steps);
        at = (at + length).min(bytes.len());
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
    }
    (rest.len(), longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_overlong(text: &str) -> bool {
        overlong(text, Dialect::Tera2).is_some()
    }

    #[test]
    fn long_expressions_and_chains_are_found() {
        let long = |piece: &str, count: usize| format!("a {{{{ 1{} }}}} b", piece.repeat(count));
        for piece in [
            "+1",
            " - 1",
            " ~ 'a'",
            " and 1",
            " or\na",
            " == 1",
            " | a",
            "|a(b=1, c=[1, 2])",
            ".a",
            "[0]",
            " // 2",
            " not in a",
            "-(1)",
        ] {
            assert!(!is_overlong(&long(piece, 240)), "{piece}");
            assert!(is_overlong(&long(piece, 501)), "{piece}");
        }
        assert!(!is_overlong(&long("+1", 500)));
        let nested = |count: usize| format!("{{{{ f(a=[1{}, 2]) }}}}", " + 1".repeat(count));
        assert!(!is_overlong(&nested(400)) && is_overlong(&nested(501)));
        let chain = |count: usize| format!("{{% if a %}}{}{{% endif %}}", "{%- elif b %}".repeat(count));
        assert!(!is_overlong(&chain(400).repeat(3)));
        assert!(is_overlong(&chain(501)));
    }

    #[test]
    fn lists_and_what_is_no_tag_may_be_long() {
        let sum = "1+".repeat(600);
        for text in [
            format!("{{# {sum} #}}"),
            format!("{{% raw %}}{{{{ {sum} {{% endraw %}}"),
            format!("{{ {sum} }}"),
            format!("{{{{ \"{sum}\" }}}}"),
            format!("{{% set a = [{}] %}}", "-1.5, a.b | c, ".repeat(600)),
            format!("{{% set a = [{}] %}}", "{\"a\": 1 + 1, \"b\": 2}, ".repeat(600)),
            format!("{{{{ f({}) }}}}", "a=b.c, ".repeat(600)),
        ] {
            assert!(!is_overlong(&text), "{text}");
        }
    }

    #[test]
    fn a_backslash_is_an_escape_in_tera_2_only() {
        let text = format!("{{{{ a ~ '\\' }}}} {{{{ 1{} }}}} '", " + 1".repeat(501));
        assert!(overlong(&text, Dialect::Tera1).is_some());
    }

    #[test]
    fn a_map_does_not_end_the_tag() {
        let text = format!("{{{{ {{\"a\": {{\"b\": 1}}}} | c{} }}}}", " + 1".repeat(501));
        assert!(is_overlong(&text));
    }
}
