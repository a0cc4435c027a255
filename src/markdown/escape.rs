//! The three ways text is escaped in HTML. Which characters are escaped where follows pulldown-cmark, so
//! that the markup equals Zola's.

use std::fmt::Write;

/// Text between tags: quotes stay.
pub fn text(out: &mut String, text: &str) {
    replace(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        _ => None,
    });
}

/// Text in a quoted attribute.
pub fn attribute(out: &mut String, text: &str) {
    replace(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\'' => Some("&#39;"),
        _ => None,
    });
}

#[inline]
fn replace(out: &mut String, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(escaped) = escape(byte) {
            out.push_str(&text[from..at]);
            out.push_str(escaped);
            from = at + 1;
        }
    }
    out.push_str(&text[from..]);
}

/// An address in a quoted attribute: what addresses cannot hold is percent-encoded, what they can stays.
pub fn href(out: &mut String, address: &str) {
    let mut from = 0;
    for (at, byte) in address.bytes().enumerate() {
        if is_address_byte(byte) {
            continue;
        }
        // Between two replaced bytes of one character there is nothing, and no boundary to cut at.
        if from < at {
            out.push_str(&address[from..at]);
        }
        from = at + 1;
        match byte {
            b'&' => out.push_str("&amp;"),
            b'\'' => out.push_str("&#x27;"),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out.push_str(&address[from..]);
}

fn is_address_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%()*+,-./:;=?@^_~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(escape: fn(&mut String, &str), input: &str) -> String {
        let mut out = String::new();
        escape(&mut out, input);
        out
    }

    #[test]
    fn quotes_are_escaped_in_attributes_only() {
        assert_eq!(escaped(text, "a<b> & \"c\" 月's"), "a&lt;b&gt; &amp; \"c\" 月's");
        assert_eq!(escaped(attribute, "a<b> & \"c\" 月's"), "a&lt;b&gt; &amp; &quot;c&quot; 月&#39;s");
    }

    #[test]
    fn addresses_are_percent_encoded_once() {
        assert_eq!(escaped(href, "/月 [1]?a=1&b=%20'"), "/%E6%9C%88%20%5B1%5D?a=1&amp;b=%20&#x27;");
    }
}
