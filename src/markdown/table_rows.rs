//! Rows of tables that are indented like code.
//!
//! In CommonMark's tables a row that begins with four spaces ends the table; Zola's parser takes it for a row. Such a row
//! gets its first `|` at the start of the line, so that no byte of the text moves.

use std::borrow::Cow;

/// The text with indented rows of tables as plain rows, of the same length.
pub fn unindent(text: &str) -> Cow<'_, str> {
    if !text.contains("\n    ") || !text.contains('|') {
        return Cow::Borrowed(text);
    }
    let mut changed: Option<String> = None;
    let (mut in_table, mut previous, mut fence) = (false, "", None);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let at = start;
        start += line.len();
        if let Some(mark) = fence_of(content) {
            // A fence ends with at least as many of its own signs.
            fence = match fence {
                None => Some(mark),
                Some((sign, length)) if mark.0 == sign && mark.1 >= length => None,
                open => open,
            };
            in_table = false;
        } else if fence.is_none() {
            if in_table && content.starts_with("    ") && content.contains('|') {
                let row = changed.get_or_insert_with(|| text.to_owned());
                let indent = content.len() - content.trim_start_matches(' ').len();
                if content[indent..].starts_with('|') {
                    row.replace_range(at + indent..at + indent + 1, " ");
                }
                row.replace_range(at..at + 1, "|");
            } else if in_table {
                in_table = content.contains('|');
            } else {
                in_table = is_delimiter_row(content) && previous.contains('|');
            }
        }
        previous = content;
    }
    changed.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// The sign and length of a line that opens or closes a code fence.
fn fence_of(line: &str) -> Option<(char, usize)> {
    let line = line.trim_start();
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = line.chars().take_while(|c| *c == sign).count();
    (length >= 3).then_some((sign, length))
}

/// `---|:--:`, not itself indented like code.
fn is_delimiter_row(line: &str) -> bool {
    !line.starts_with("    ")
        && line.contains('|')
        && line.contains('-')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

#[cfg(test)]
mod tests {
    use super::unindent;

    #[test]
    fn rows_that_look_like_code_are_rows() {
        let text = "   Name | Age\n--------|----\n    Bob | 27\n     | x | y |\n  Alice | 23\n";
        let expected = "   Name | Age\n--------|----\n|   Bob | 27\n|      x | y |\n  Alice | 23\n";
        assert_eq!(unindent(text), expected);
    }

    #[test]
    fn code_stays_code() {
        for text in [
            "a | b\n--|--\n\n    x | y\n",
            "```\na | b\n--|--\n    x | y\n```\n",
            "    a | b\n    --|--\n    x | y\n",
            "text\n--|--\n    x | y\n",
        ] {
            assert_eq!(unindent(text), text);
        }
    }
}
