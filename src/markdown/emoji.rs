//! `:smile:` → 😄, with GitHub's names.

use std::borrow::Cow;

/// Replaces every known name between colons; unknown ones stay.
pub fn replace(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(colon) = text[at..].find(':').map(|i| at + i) {
        let length = name_length(&text.as_bytes()[colon + 1..]);
        let end = colon + 1 + length;
        if length == 0 || text.as_bytes().get(end) != Some(&b':') {
            at = colon + 1;
            continue;
        }
        // A name that is not an emoji takes its closing colon along, as it does in gh-emoji.
        if let Some(emoji) = gh_emoji::get(&text[colon + 1..end]) {
            out.push_str(&text[from..colon]);
            out.push_str(emoji);
            from = end + 1;
        }
        at = end + 1;
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

fn name_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'a'..=b'z' | b'1' | b'2' | b'3' | b'8' | b'+' | b'-') => {
            1 + bytes[1..].iter().take_while(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')).count()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_names_are_replaced() {
        assert_eq!(replace("好:tada::+1: 12:30:15 :nosuch:smile: :8ball:"), "好🎉👍 12:30:15 :nosuch:smile: 🎱");
        assert!(matches!(replace("a: b: c"), Cow::Borrowed(_)));
    }
}
