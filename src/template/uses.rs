//! What a template may look at of a section, a term or a list of terms: the pages in it, how many there are, or neither.
//!
//! A section of ten thousand pages is a variable on each of its pagers, and hardly a template looks at more of it than its
//! title. Whether one does is told from the words of its tags, those of every template that it names, and of all components.
//! Whatever is not certainly something else counts as a look at the pages.

use std::collections::BTreeSet;

/// What is looked at of the pages that a variable holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pages {
    #[default]
    Unseen,
    /// Only how many there are.
    Counted,
    Seen,
}

/// What the templates that one rendering can reach look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// `section.pages`.
    pub section: Pages,
    /// `term.pages`.
    pub term: Pages,
    /// `pages` of the items of `terms`.
    pub terms: Pages,
}

impl Uses {
    const ALL: Self = Self { section: Pages::Seen, term: Pages::Seen, terms: Pages::Seen };
}

/// What rendering the template `name` can look at. `find` gives the text that stands for a name; `components` are the texts
/// of all templates that define components.
pub fn of<'a>(name: &'a str, find: &dyn Fn(&str) -> Option<&'a str>, components: &[&'a str]) -> Uses {
    let mut texts: Vec<&str> = components.to_vec();
    let mut names = BTreeSet::from([name.to_owned()]);
    let mut next = vec![name.to_owned()];
    let mut tokens: Vec<Token> = components.iter().flat_map(|text| tokens_of(text)).collect();
    let mut at = 0;
    loop {
        // Every string that is the name of a template may be an include or a parent.
        for token in &tokens[at..] {
            if let Token::Text(text) = token
                && find(text).is_some()
                && names.insert((*text).to_owned())
            {
                next.push((*text).to_owned());
            }
        }
        at = tokens.len();
        let Some(name) = next.pop() else { break };
        let Some(text) = find(&name) else { continue };
        if !texts.iter().any(|known| std::ptr::eq(*known, text)) {
            texts.push(text);
            tokens.push(Token::End);
            tokens.extend(tokens_of(text));
        }
    }
    if tokens.iter().enumerate().any(|(at, token)| is_opaque(token, tokens.get(at + 1))) {
        return Uses::ALL;
    }
    let mut items = BTreeSet::new();
    let mut uses = Uses { section: seen(&tokens, "section"), term: seen(&tokens, "term"), terms: Pages::Unseen };
    if loops_only(&tokens, "terms", &mut items) {
        uses.terms = items.iter().map(|item| seen(&tokens, item)).max().unwrap_or_default();
    } else {
        uses.terms = Pages::Seen;
    }
    uses
}

/// What may look at all variables without naming them.
fn is_opaque(token: &Token, next: Option<&Token>) -> bool {
    match token {
        Token::Word("__tera_context" | "markdown" | "t1_markdown") => true,
        // A template whose name is worked out.
        Token::Word("include" | "extends") => !matches!(next, Some(Token::Text(_))),
        _ => false,
    }
}

/// What is looked at of the pages of the variable `name`.
fn seen(tokens: &[Token], name: &str) -> Pages {
    let token = |at: usize| tokens.get(at).copied().unwrap_or(Token::End);
    let places = tokens.iter().enumerate();
    places
        .map(|(at, found)| match *found {
            // The name of a variable in a string is a way to reach it.
            Token::Text(text) => match text.strip_prefix(name) {
                Some("") => Pages::Seen,
                Some(rest) if rest.starts_with(".pages") => Pages::Seen,
                _ => Pages::Unseen,
            },
            Token::Word(word) if word == name => {
                let before = if at == 0 { Token::End } else { token(at - 1) };
                match (token(at + 1), token(at + 2)) {
                    (next, _) if is_field(tokens, at) && next != Token::Sign('.') => Pages::Unseen,
                    (Token::Sign('.'), Token::Word("pages")) => match [3, 4].map(|more| token(at + more)) {
                        [Token::Sign('|'), Token::Word("length")] => Pages::Counted,
                        _ => Pages::Seen,
                    },
                    (Token::Sign('.'), Token::Word(_)) => Pages::Unseen,
                    (Token::Word("is"), Token::Word("defined" | "undefined" | "not")) => Pages::Unseen,
                    // It gets another meaning.
                    (Token::Word("in"), _) if before == Token::Word("for") => Pages::Unseen,
                    // Whether there is one at all.
                    (Token::End | Token::Word("and" | "or"), _)
                        if matches!(before, Token::Word("if" | "elif" | "and" | "or" | "not")) =>
                    {
                        Pages::Unseen
                    }
                    _ => Pages::Seen,
                }
            }
            _ => Pages::Unseen,
        })
        .max()
        .unwrap_or_default()
}

/// Whether a word is a field of something, `page.section`, and no variable, as it is in `[...section]`.
fn is_field(tokens: &[Token], at: usize) -> bool {
    at >= 2 && tokens[at - 1] == Token::Sign('.') && tokens[at - 2] != Token::Sign('.')
}

/// Whether nothing is done with the list `name` but to count it and to go through it; what its items are called there.
fn loops_only<'a>(tokens: &[Token<'a>], name: &str, items: &mut BTreeSet<&'a str>) -> bool {
    let token = |at: Option<usize>| at.and_then(|at| tokens.get(at)).copied().unwrap_or(Token::End);
    tokens.iter().enumerate().all(|(at, found)| match *found {
        Token::Text(text) => text != name && !text.starts_with(&format!("{name}.")),
        Token::Word(word) if word == name => {
            let before = [1, 2, 3, 4].map(|less| token(at.checked_sub(less)));
            match (before, token(Some(at + 1)), token(Some(at + 2))) {
                _ if is_field(tokens, at) => true,
                (_, Token::Sign('|'), Token::Word("length")) => true,
                ([Token::Word("in"), Token::Word(item), Token::Word("for"), Token::End], Token::End, _) => {
                    items.insert(item);
                    true
                }
                _ => false,
            }
        }
        _ => true,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// A string without its quotes.
    Text(&'a str),
    Sign(char),
    /// The beginning or the end of a tag.
    End,
}

/// The words of all tags, comments and raw text aside.
fn tokens_of(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let tag = &rest[at..];
        if let Some(comment) = tag.strip_prefix("{#") {
            rest = comment.find("#}").map_or("", |end| &comment[end + 2..]);
            continue;
        }
        if !tag.starts_with("{{") && !tag.starts_with("{%") {
            rest = &tag[1..];
            continue;
        }
        let close = if tag.starts_with("{{") { "}}" } else { "%}" };
        tokens.push(Token::End);
        let first = tokens.len();
        rest = tag_tokens(&tag[2..], close, &mut tokens);
        let is_raw = tokens[first..] == [Token::Word("raw")];
        tokens.push(Token::End);
        if is_raw {
            rest = rest.find("endraw").map_or("", |end| &rest[end..]);
        }
    }
    tokens
}

/// The tokens up to the end of a tag; what follows it.
fn tag_tokens<'a>(mut rest: &'a str, close: &str, tokens: &mut Vec<Token<'a>>) -> &'a str {
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(close) {
            return after;
        }
        let mut length = first.len_utf8();
        match first {
            '"' | '\'' | '`' => {
                let mut is_escaped = false;
                let end = rest[1..].find(|c| {
                    let is_end = c == first && !is_escaped;
                    is_escaped = c == '\\' && !is_escaped;
                    is_end
                });
                let end = end.map_or(rest.len(), |end| end + 1);
                tokens.push(Token::Text(&rest[1..end]));
                length = (end + 1).min(rest.len());
            }
            '?' if rest[1..].starts_with('.') => {}
            _ if first.is_alphanumeric() || first == '_' => {
                let is_end = |c: char| !c.is_alphanumeric() && c != '_';
                length = rest.find(is_end).unwrap_or(rest.len());
                tokens.push(Token::Word(&rest[..length]));
            }
            // What only trims white space.
            '-' if rest[1..].starts_with(close) => {}
            '-' if matches!(tokens.last(), Some(Token::End)) => {}
            _ if first.is_whitespace() => {}
            _ => tokens.push(Token::Sign(first)),
        }
        rest = &rest[length..];
    }
    rest
}

/// Whether a template may define what others can call without naming it.
pub fn defines_components(text: &str) -> bool {
    text.contains("component")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(templates: &[(&str, &'static str)]) -> Uses {
        let find = |name: &str| templates.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        let components: Vec<&str> =
            templates.iter().map(|(_, text)| *text).filter(|text| defines_components(text)).collect();
        of(templates[0].0, &find, &components)
    }

    #[track_caller]
    fn section(expected: Pages, text: &'static str) {
        assert_eq!(uses(&[("a.html", text)]).section, expected, "{text}");
    }

    #[test]
    fn fields_of_a_section_are_told_from_its_pages() {
        section(Pages::Unseen, "<section>section</section>{{ section.title }}{{- section.extra.pages -}}");
        section(Pages::Unseen, "{% if section is defined and section.title %}{% endif %}{% if section %}x{% endif %}");
        section(Pages::Unseen, "{% raw %}{{ section.pages }}{% endraw %}{# section.pages #}{{ page.section }}");
        section(Pages::Counted, "{{ section.pages | length }}{{ section?.title }}");
        section(Pages::Seen, "{% for page in section.pages %}{% endfor %}");
        section(Pages::Seen, "{{ section.pages | length }}{{ section?.pages | first }}");
    }

    #[test]
    fn everything_that_is_not_certain_is_a_look() {
        for text in [
            "{{ section }}",
            "{% set s = section %}",
            "{{ section[\"pages\"] }}",
            "{{ section | json_encode }}",
            "{{ f(section=section) }}",
            "{{<list section={section} />}}",
            "{% set s = [section] %}",
            "{% set s = [...section] %}",
            "{% set s = {...section} %}",
            "{{ \"\\\"\" ~ section }}",
            "{{ get(name=\"section\") }}",
            "{{ __tera_context }}",
            "{{ page.content | markdown }}",
            "{% include page.extra.part %}",
            "{{ section.pages | length if x else section.pages }}",
            "{{ section.pages | lengthen }}",
        ] {
            section(Pages::Seen, text);
        }
    }

    #[test]
    fn templates_that_are_named_count_too() {
        let own = "{% extends \"base.html\" %}{% block a %}{{ section.title }}{% endblock %}";
        assert_eq!(uses(&[("a.html", own), ("base.html", "{{ config.title }}")]).section, Pages::Unseen);
        assert_eq!(uses(&[("a.html", own), ("base.html", "{{ section.pages }}")]).section, Pages::Seen);
        let includes = "{% include 'b.html' %}";
        assert_eq!(uses(&[("a.html", own), ("base.html", includes), ("b.html", "{{ section }}")]).section, Pages::Seen);
        let component = "{% component list(section) %}{{ section.pages }}{% endcomponent list %}";
        assert_eq!(uses(&[("a.html", "x"), ("c.html", component)]).section, Pages::Seen);
        assert_eq!(uses(&[("a.html", "x"), ("unused.html", "{{ section.pages }}")]).section, Pages::Unseen);
    }

    #[test]
    fn terms_are_followed_through_loops() {
        let terms = |text: &'static str| uses(&[("a.html", text)]).terms;
        let counted = "{% for t in terms %}{{ t.name }} {{ t.pages | length }}{% endfor %}{{ terms | length }}";
        assert_eq!(terms(counted), Pages::Counted);
        assert_eq!(terms("{% for t in terms %}{{ t.page_count }}{% endfor %}"), Pages::Unseen);
        assert_eq!(terms("{% for t in terms %}{% for p in t.pages %}{% endfor %}{% endfor %}"), Pages::Seen);
        assert_eq!(terms("{% for t in terms %}{{ t }}{% endfor %}"), Pages::Seen);
        assert_eq!(terms("{{ terms | first }}"), Pages::Seen);
        assert_eq!(terms("{% for t in terms | reverse %}{{ t.name }}{% endfor %}"), Pages::Seen);
        assert_eq!(terms("{% set x = terms %}"), Pages::Seen);
    }
}
