//! Which generation of Tera a template is written for: the signs that one text bears.
//!
//! Comes in: the text of one template. Goes out: the first thing in it that only Tera 1 has, and the first that only
//! Tera 2 has. Which generation a text without any sign belongs to is for the layer that knows its tree and its
//! site's age; see [`Signs::settle`].

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::bounds;
use super::tera1::{self, Kind};

pub use crate::config::Dialect;

/// Something that only one generation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// What it is, as it is written: `macro`, `?.`, `is divisibleby(…)`.
    pub what: String,
}

/// The signs of both generations in one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    pub tera1: Option<Sign>,
    pub tera2: Option<Sign>,
}

impl Signs {
    /// The generation that the text itself proves. None when it is valid in both, or bears signs of both.
    pub fn proven(&self) -> Option<Dialect> {
        match (&self.tera1, &self.tera2) {
            (Some(_), None) => Some(Dialect::Tera1),
            (None, Some(_)) => Some(Dialect::Tera2),
            _ => None,
        }
    }

    /// The proven generation, else that of the tree which the file stands in.
    pub fn settle(&self, tree: Dialect) -> Dialect {
        self.proven().unwrap_or(tree)
    }
}

/// The signs in one template text.
///
/// Both parsers read it. What only one of them takes is of that generation; what both take may still call names that
/// only one has. A text that neither takes shows what its author meant by a macro or a component, if it has one.
pub fn signs(text: &str) -> Signs {
    if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
        return Signs::default();
    }
    if [Dialect::Tera1, Dialect::Tera2].iter().any(|dialect| bounds::overlong(text, *dialect).is_some()) {
        return Signs { tera1: first(TERA1.as_ref(), text), tera2: first(TERA2.as_ref(), text) };
    }
    match (tera1::parse::parse(text), tera2_error(text)) {
        (Ok(nodes), None) => {
            let mut names = Names { text, signs: Signs::default() };
            tera1::visit_calls(&nodes, &mut |kind, call| names.see(kind, call));
            names.signs
        }
        (Ok(_), Some(span)) => Signs { tera1: Some(sign(text, span)), tera2: None },
        (Err(error), None) => Signs { tera1: None, tera2: Some(sign(text, error.span)) },
        (Err(_), Some(_)) => Signs { tera1: first(TERA1.as_ref(), text), tera2: first(TERA2.as_ref(), text) },
    }
}

fn sign(text: &str, span: Range<usize>) -> Sign {
    // A parser may point at the tag; what stands in it says more.
    let shown = text.get(span.start..).unwrap_or_default();
    let inner = shown.trim_start_matches(['{', '%', '-', ' ', '\t', '\n', '\r']);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let end = match inner.starts_with(word) {
        true => inner.find(|c| !word(c)),
        false => inner.find(|c: char| word(c) || c.is_whitespace()),
    };
    let what = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
    Sign { what: what.chars().take(40).collect(), span }
}

/// Where Tera 2 finds the text wrong. Names that it does not know are not looked at, nor is text outside the blocks of
/// a child, which the first versions of Tera 2 allowed.
fn tera2_error(text: &str) -> Option<Range<usize>> {
    let error = tera::Tera::default().add_raw_template("template", text).err()?;
    match error.kind() {
        tera::ErrorKind::SyntaxError(report) if !report.message().starts_with("This content would be ignored") => {
            Some(report.span().range.clone())
        }
        _ => None,
    }
}

/// Names that one generation has of itself and the other has not.
struct Names<'a> {
    text: &'a str,
    signs: Signs,
}

impl Names<'_> {
    fn see(&mut self, kind: Kind, name: &tera1::ast::Name) {
        let (tera1, tera2) = match kind {
            Kind::Filter => (TERA1_FILTERS, TERA2_FILTERS),
            Kind::Test => (TERA1_TESTS, TERA2_TESTS),
            Kind::Function => (TERA1_FUNCTIONS, &[] as &[&str]),
        };
        for (names, found) in [(tera1, &mut self.signs.tera1), (tera2, &mut self.signs.tera2)] {
            if found.is_none() && names.contains(&name.text.as_str()) {
                *found = Some(sign(self.text, name.span.clone()));
            }
        }
    }
}

const TERA1_FILTERS: &[&str] = &[
    "addslashes",
    "as_str",
    "concat",
    "escape",
    "filter",
    "linebreaksbr",
    "map",
    "slice",
    "trim_start_matches",
    "trim_end_matches",
];
const TERA2_FILTERS: &[&str] = &["escape_html", "format", "keys", "newlines_to_br", "pairs", "str", "values"];
const TERA1_TESTS: &[&str] = &["divisibleby", "object"];
const TERA2_TESTS: &[&str] = &["array", "bool", "divisible_by", "float", "integer", "map", "none"];
const TERA1_FUNCTIONS: &[&str] = &["get_env"];

static TERA1: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\{%-?\s*(macro\s|import\s|endmacro|include\s*\[|include\s[^%]*ignore\s+missing)").ok()
});

static TERA2: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{%-?\s*(component\s|endcomponent|</?[a-zA-Z_])|\{\{-?\s*(<[a-zA-Z_])").ok());

fn first(pattern: Option<&Regex>, text: &str) -> Option<Sign> {
    let found =
        pattern?.captures_iter(text).find(|c| c.get(0).is_some_and(|w| !is_raw_or_comment(&text[..w.start()])))?;
    let tag = found.iter().skip(1).flatten().next()?;
    let what = tag.as_str().split_whitespace().next().unwrap_or_default().to_owned();
    Some(Sign { span: tag.start()..tag.start() + what.len(), what })
}

/// Whether the text ends inside `{% raw %}` or `{# … #}`.
fn is_raw_or_comment(before: &str) -> bool {
    let open = |start: &str, end: &str| match (before.rfind(start), before.rfind(end)) {
        (Some(start), Some(end)) => start > end,
        (Some(_), None) => true,
        _ => false,
    };
    open("{#", "#}") || open("{% raw", "{% endraw") || open("{%- raw", "endraw")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proven(text: &str) -> Option<Dialect> {
        signs(text).proven()
    }

    #[test]
    fn what_only_tera_1_has() {
        for text in [
            "{% macro a(b) %}{{ b }}{% endmacro %}",
            "{% import \"m.html\" as m %}",
            "{{ m::f(a=1) }}",
            "{% include [\"a.html\", \"b.html\"] %}",
            "{% include \"a.html\" ignore missing %}",
            "{% if a is divisibleby(2) %}{% endif %}",
            "{% if a is starting_with(\"b\") %}{% endif %}",
            "{{ a.0 }}",
            "{{ a | concat(with=b) | length }}",
            "{% set a = b | filter(attribute=\"c\") %}",
            "{{ get_env(name=\"A\") }}",
        ] {
            assert_eq!(proven(text), Some(Dialect::Tera1), "{text}");
        }
    }

    #[test]
    fn what_only_tera_2_has() {
        for text in [
            "{% component a(b: string = \"c\") %}{{ b }}{% endcomponent a %}",
            "{{ <a.b c={d} /> }}",
            "{% <a> %}b{% </a> %}",
            "{{ a?.b }}",
            "{{ {\"a\": 1} }}",
            "{{ a[1:2] }}",
            "{{ a if b else c }}",
            "{{ [a for a in b] }}",
            "{% set a %}b{% endset %}",
            "{{ a // b }}{{ a ** b }}",
            "{{ [...a] }}",
            "{% if a is containing(pat=\"b\") %}{% endif %}",
            "{% if a is none %}{% endif %}",
            "{{ a | str }}",
            "{{ not (a and b) }}",
        ] {
            assert_eq!(proven(text), Some(Dialect::Tera2), "{text}");
        }
    }

    #[test]
    fn what_both_have_proves_nothing() {
        for text in [
            "plain",
            "{{ a.b | upper }}{% if a and not b %}{% endif %}",
            "{% set_global a = 1 %}",
            "{% extends \"a.html\" %}{% set a = 1 %}{% block b %}{{ super() }}{% endblock b %}",
            "{% raw %}{% macro a() %}{% endraw %}{# {{ a?.b }} #}",
            "{% for a in b %}{{ loop.index }}{% else %}{% endfor %}{{ get_url(path=\"a\") | safe }}",
            "{% if %}",
        ] {
            assert_eq!(proven(text), None, "{text}: {:?}", signs(text));
        }
    }

    #[test]
    fn a_sign_has_its_place() {
        let found = signs("a\n{{ b | concat(with=c) }}").tera1.unwrap();
        assert_eq!((found.what.as_str(), found.span), ("concat", 9..15));
    }
}
