//! Character references of HTML: decoded where an author wrote them, made where the index needs them.

use std::collections::HashMap;
use std::sync::LazyLock;

use entities::ENTITIES;

/// Names without the `&`, most of them with their `;`.
static NAMED: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| ENTITIES.iter().map(|entity| (&entity.entity[1..], entity.characters)).collect());

/// The longest name is `CounterClockwiseContourIntegral;`.
const LONGEST_NAME: usize = 32;

/// Appends a run of HTML text, which has no `<`: references are decoded, and what HTML text must escape is escaped.
pub(super) fn push_decoded(out: &mut String, run: &str) {
    let bytes = run.as_bytes();
    let mut from = 0;
    let mut at = 0;
    // 0xC2 starts the no-break space, among others.
    while let Some(length) = memchr::memchr3(b'&', b'>', 0xc2, &bytes[at..]) {
        at += length;
        let (text, end) = match bytes[at] {
            b'&' => match reference(&run[at + 1..]) {
                Some((Decoded::Text(text), length)) => (text, at + 1 + length),
                Some((Decoded::Char(c), length)) => {
                    out.push_str(&run[from..at]);
                    push_escaped(out, c.encode_utf8(&mut [0; 4]));
                    at += 1 + length;
                    from = at;
                    continue;
                }
                None => ("&", at + 1),
            },
            b'>' => (">", at + 1),
            _ if run[at..].starts_with('\u{a0}') => ("\u{a0}", at + 2),
            _ => {
                at += 1;
                continue;
            }
        };
        out.push_str(&run[from..at]);
        push_escaped(out, text);
        at = end;
        from = end;
    }
    out.push_str(&run[from..]);
}

/// Appends literal text, escaped as the serializer of the HTML standard does.
pub(super) fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{a0}' => out.push_str("&nbsp;"),
            _ => out.push(c),
        }
    }
}

enum Decoded {
    Text(&'static str),
    Char(char),
}

/// The reference that `rest`, which follows a `&`, starts with, and its length.
fn reference(rest: &str) -> Option<(Decoded, usize)> {
    match rest.as_bytes().first()? {
        b'#' => numeric(rest),
        c if c.is_ascii_alphabetic() => named(rest),
        _ => None,
    }
}

fn named(rest: &str) -> Option<(Decoded, usize)> {
    let name = rest.bytes().take(LONGEST_NAME).take_while(u8::is_ascii_alphanumeric).count();
    let full = name + usize::from(rest.as_bytes().get(name) == Some(&b';'));
    // Some old names need no `;` and may be followed by anything: the longest known one counts.
    (2..=full).rev().find_map(|length| Some((Decoded::Text(NAMED.get(&rest[..length])?), length)))
}

fn numeric(rest: &str) -> Option<(Decoded, usize)> {
    let (start, radix) = match rest.as_bytes().get(1)? {
        b'x' | b'X' => (2, 16),
        _ => (1, 10),
    };
    let digits = rest[start..].bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    if digits == 0 {
        return None;
    }
    let end = start + digits;
    // Digits only, so the one way to fail is to be too big.
    let code = u32::from_str_radix(&rest[start..end], radix).unwrap_or(u32::MAX);
    let semicolon = usize::from(rest.as_bytes().get(end) == Some(&b';'));
    Some((Decoded::Char(numbered(code)), end + semicolon))
}

/// The character of a number; numbers of the C1 controls mean Windows-1252, as the HTML standard has it.
fn numbered(code: u32) -> char {
    const WINDOWS_1252: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match code {
        0 => char::REPLACEMENT_CHARACTER,
        0x80..=0x9f => WINDOWS_1252[code as usize - 0x80],
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(run: &str) -> String {
        let mut out = String::new();
        push_decoded(&mut out, run);
        out
    }

    #[test]
    fn references_become_characters() {
        assert_eq!(decoded("&copy; &hellip;&quot;&#26085;&#x98DF;&#x1F31E"), "© …\"日食🌞");
        assert_eq!(decoded("&NotEqualTilde;"), "≂̸");
        assert_eq!(decoded("&CounterClockwiseContourIntegral;"), "∳");
    }

    #[test]
    fn old_names_need_no_semicolon() {
        assert_eq!(decoded("&copy2026 &notit; &notin; &ampamp;"), "©2026 ¬it; ∉ &amp;amp;");
    }

    #[test]
    fn odd_numbers_are_mended() {
        assert_eq!(decoded("&#0;&#xD800;&#x110000;&#99999999999;&#150;"), "\u{fffd}\u{fffd}\u{fffd}\u{fffd}–");
    }

    #[test]
    fn what_html_escapes_stays_escaped() {
        assert_eq!(decoded("a &lt; b &amp; c > d &nbsp;\u{a0}"), "a &lt; b &amp; c &gt; d &nbsp;&nbsp;");
        assert_eq!(
            decoded("AT&T &; &# &#x; &unknown; &日食; &"),
            "AT&amp;T &amp;; &amp;# &amp;#x; &amp;unknown; &amp;日食; &amp;"
        );
    }
}
