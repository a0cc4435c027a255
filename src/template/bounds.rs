//! Templates whose parser would use up the stack are refused before it runs.
//!
//! Tera bounds how deep brackets and tags nest, but `1 + 1 + 1 + …` and `{% elif %}` after `{% elif %}` become trees that are as
//! deep as they are long, and are walked by functions that call themselves.

use std::ops::Range;

use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// Operators in one tag, and `elif` in one `if`.
const MOST: usize = 500;

/// The error for a template that is too long in one of these ways. `text` is the whole file, of which the template begins at `start`.
pub fn check(file: &str, text: &str, start: usize) -> Option<Diagnostic> {
    let span = overlong(text.get(start..)?)?;
    let place = Place::span(file, text, start + span.start..start + span.end);
    let message = text!(
        "this is too long: more than {MOST} operators in one tag, or `elif` in one `if`",
        "这里太长：一个标签里的运算符，或一个 if 里的 elif，超过了 {MOST} 个"
    );
    let help = text!("take it apart with `set`, or loop over a list", "请用 `set` 分成几步，或改用列表和循环");
    Some(Diagnostic::error("template/too-long", message).at(place).help(help))
}

/// The tag that goes too far.
pub fn overlong(text: &str) -> Option<Range<usize>> {
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
        let (end, operators) = tag(rest, close);
        let head = start..start + rest[..end].char_indices().nth(60).map_or(end, |(at, _)| at);
        if operators > MOST {
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

/// The length of the tag that `rest` begins with, and how many operators stand in it.
fn tag(rest: &str, close: &str) -> (usize, usize) {
    let bytes = rest.as_bytes();
    let (mut at, mut operators) = (2, 0);
    let mut in_operator = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => {
                let quote = byte;
                at += 1;
                while bytes.get(at).is_some_and(|byte| *byte != quote) {
                    at += 1 + usize::from(bytes[at] == b'\\' && quote != b'`');
                }
                in_operator = false;
            }
            _ if bytes[at..].starts_with(close.as_bytes()) => return (at + 2, operators),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'=' | b'<' | b'>' | b'!' => {
                operators += usize::from(!in_operator);
                in_operator = true;
            }
            b'a' if bytes[at..].starts_with(b"and ") => operators += 1,
            b'o' if bytes[at..].starts_with(b"or ") => operators += 1,
            _ => in_operator = false,
        }
        at += 1;
    }
    (rest.len(), operators)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sums_and_chains_are_found() {
        let long = |piece: &str, count: usize| format!("a {{{{ 1{} }}}} b", piece.repeat(count));
        for piece in ["+1", " - 1", " ~ 'a'", " and 1", " or a", " == 1"] {
            assert_eq!(overlong(&long(piece, 500)), None, "{piece}");
            assert!(overlong(&long(piece, 501)).is_some(), "{piece}");
        }
        let chain = |count: usize| format!("{{% if a %}}{}{{% endif %}}", "{%- elif b %}".repeat(count));
        assert_eq!(overlong(&chain(400).repeat(3)), None);
        assert!(overlong(&chain(501)).is_some());
    }

    #[test]
    fn what_is_no_tag_may_be_long() {
        let sum = "1+".repeat(600);
        for text in [
            format!("{{# {sum} #}}"),
            format!("{{% raw %}}{{{{ {sum} {{% endraw %}}"),
            format!("{{ {sum} }}"),
            format!("{{{{ \"{sum}\" }}}}"),
        ] {
            assert_eq!(overlong(&text), None, "{text}");
        }
    }
}
