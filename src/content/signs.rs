//! What a look at the Markdown of a document tells before it is parsed.

/// Signs in a body. They may be there without meaning anything; where they are not, there is nothing to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    /// `{{` or `{%`: it may be a template, or call shortcodes.
    pub braces: bool,
    /// It may link to other documents: `@/` in any of the spellings that Markdown knows, or what a template may print.
    pub links: bool,
}

impl Signs {
    pub(super) fn of(markdown: &str) -> Self {
        let mut signs = Self { braces: false, links: false };
        let bytes = markdown.as_bytes();
        for at in memchr::memchr3_iter(b'{', b'@', b'&', bytes) {
            match bytes.get(at..at + 2) {
                Some(b"{{" | b"{%") => signs.braces = true,
                // `@/`, `@\/`, `@&#47;`, `@&sol;`; `&#64;`, `&commat;`.
                Some(b"@/" | b"@\\" | b"@&" | b"&#" | b"&c") => signs.links = true,
                _ => {}
            }
        }
        signs.links |= signs.braces;
        signs
    }
}

#[cfg(test)]
mod tests {
    use super::Signs;

    #[test]
    fn every_spelling_of_a_link_is_a_sign() {
        for link in ["[a](@/a.md)", "[a](\\@/a.md)", "[a](@\\/a.md)", "[a](&#64;/a.md)", "[a](&commat;/a)", "{{ a }}"] {
            assert!(Signs::of(link).links, "{link}");
        }
        assert_eq!(Signs::of("a@example.org & [a](/b) {x}"), Signs { braces: false, links: false });
    }
}
