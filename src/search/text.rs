//! The searchable text of rendered content.

use std::borrow::Cow;

use super::html;

/// The text of a piece of HTML, as Zola's index has it: tags go, and so does everything in `script`, `style` and `pre`;
/// runs of white space become one space and lines stay lines, without the empty ones; the result is cut after
/// `limit` characters. It is HTML text still: `&`, `<`, `>` and the no-break space are references.
pub fn body_text(html: &str, limit: Option<usize>) -> String {
    let mut text = squeeze(&html::text(&normalize(html)));
    if let Some((end, _)) = limit.and_then(|limit| text.char_indices().nth(limit)) {
        text.truncate(end);
    }
    text
}

/// Line ends as HTML parsers see them, without a byte order mark and NUL characters.
fn normalize(html: &str) -> Cow<'_, str> {
    let html = html.strip_prefix('\u{feff}').unwrap_or(html);
    if memchr::memchr2(b'\r', 0, html.as_bytes()).is_none() {
        return Cow::Borrowed(html);
    }
    Cow::Owned(html.replace("\r\n", "\n").replace('\r', "\n").replace('\0', ""))
}

fn squeeze(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    // What stands between the word before and the one that starts at `from`.
    let mut separator = "";
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        let space = space_at(text, at);
        if space == 0 {
            at += 1;
            continue;
        }
        if from < at {
            out.push_str(separator);
            out.push_str(&text[from..at]);
            separator = " ";
        }
        if bytes[at] == b'\n' && !out.is_empty() {
            separator = "\n";
        }
        at += space;
        from = at;
    }
    if from < at {
        out.push_str(separator);
        out.push_str(&text[from..]);
    }
    out
}

/// The length of the white space that starts at a byte; 0 if none does.
fn space_at(text: &str, at: usize) -> usize {
    match text.as_bytes()[at] {
        b'\t'..=b'\r' | b' ' => 1,
        // The first bytes of all other white space of Unicode.
        0xc2 | 0xe1..=0xe3 => text[at..].chars().next().filter(|c| c.is_whitespace()).map_or(0, char::len_utf8),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_squeezed() {
        assert_eq!(body_text("hello        world", None), "hello world");
        assert_eq!(body_text("\n a \t b\r\n \n\u{3000}\n c\rd ", None), "a b\nc\nd");
        assert_eq!(body_text("", None), "");
        let odd: String =
            (0..=0x3100).filter_map(char::from_u32).filter(|c| c.is_whitespace() && *c != '\u{a0}').collect();
        assert_eq!(body_text(&format!("、a{odd}「b"), None), "、a\n「b");
    }

    #[test]
    fn the_cut_counts_characters() {
        assert_eq!(body_text("<p>月食和日食</p>", Some(2)), "月食");
        assert_eq!(body_text("<p>月食</p>", Some(0)), "");
        assert_eq!(body_text("<p>月食</p>", Some(9)), "月食");
    }

    #[test]
    fn code_blocks_scripts_and_styles_are_not_text() {
        assert_eq!(body_text("<p>a</p><pre><code>b</code></pre>\n<script>c</script><style>d</style>e", None), "a\ne");
    }
}
