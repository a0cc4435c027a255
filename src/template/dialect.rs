//! Which generation of Tera a template is written for: the signs that one text bears.
//!
//! Comes in: the text of one template. Goes out: the first thing in it that only Tera 1 has, and the first that only
//! Tera 2 has. Which generation a text without any sign belongs to is for the layer that knows its tree and its
//! site's age; see [`Signs::settle`].

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

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

static TERA1: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\{%-?\s*(macro\s|import\s|endmacro|include\s*\[|include\s[^%]*ignore\s+missing)").ok()
});

static TERA2: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\{%-?\s*(component\s|endcomponent|</?[a-zA-Z_])|\{\{-?\s*(<[a-zA-Z_])").ok());

/// The signs in one template text. Raw sections and comments bear none.
pub fn signs(text: &str) -> Signs {
    Signs { tera1: first(TERA1.as_ref(), text), tera2: first(TERA2.as_ref(), text) }
}

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
