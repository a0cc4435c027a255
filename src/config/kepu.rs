//! `kepu.toml`: what is kepu's own. Zola must still read `config.toml`, so none of it goes there.

use serde::Deserialize;

use super::raw::options;
use super::toml_input::Input;
use crate::diagnostic::Diagnostic;

/// Where kepu differs from Zola on purpose. COMPATIBILITY.md lists the reason of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Differences {
    /// `**文字：**文字` is emphasis although no space follows.
    pub cjk_emphasis: bool,
    /// A line break between two Han, kana or fullwidth characters adds no space.
    pub cjk_line_breaks: bool,
    /// Words are Han characters plus words of other scripts, in every language.
    pub cjk_word_count: bool,
    /// A language makes its feed when its own `generate_feeds` says so, whatever the top level says.
    pub language_feeds: bool,
}

impl Differences {
    /// As Zola does it.
    pub fn exact() -> Self {
        Self { cjk_emphasis: false, cjk_line_breaks: false, cjk_word_count: false, language_feeds: false }
    }

    pub fn all() -> Self {
        Self { cjk_emphasis: true, cjk_line_breaks: true, cjk_word_count: true, language_feeds: true }
    }
}

/// A generation of Zola's, by its template engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Zola up to 0.22.
    Tera1,
    /// Zola from 0.23.
    Tera2,
}

/// What `kepu.toml` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kepu {
    pub differences: Differences,
    /// Of which generation the bodies of content files are; none leaves it to their signs.
    pub content: Option<Dialect>,
}

options! {
    RawKepu {
        zola: RawZola = RawZola::default(),
        text: RawText = RawText::default(),
        content: RawContent = RawContent::default(),
    }
}

options! {
    /// `[zola]`.
    RawZola {
        exact: bool = false,
        language_feeds: bool = true,
    }
}

options! {
    /// `[text]`.
    RawText {
        cjk_emphasis: bool = true,
        cjk_line_breaks: bool = true,
        cjk_word_count: bool = true,
    }
}

options! {
    /// `[content]`.
    RawContent {
        dialect: Option<Dialect> = None,
    }
}

fn keys(path: &[String]) -> Option<&'static [&'static str]> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    Some(match path.as_slice() {
        [] => RawKepu::KEYS,
        ["zola"] => RawZola::KEYS,
        ["text"] => RawText::KEYS,
        ["content"] => RawContent::KEYS,
        _ => return None,
    })
}

/// Reads `kepu.toml`; none when it has an error.
pub fn parse(file: &str, source: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Kepu> {
    let raw: RawKepu = Input::new(file, source).parse(keys, diagnostics)?;
    let differences = match raw.zola.exact {
        true => Differences::exact(),
        false => Differences {
            cjk_emphasis: raw.text.cjk_emphasis,
            cjk_line_breaks: raw.text.cjk_line_breaks,
            cjk_word_count: raw.text.cjk_word_count,
            language_feeds: raw.zola.language_feeds,
        },
    };
    Some(Kepu { differences, content: raw.content.dialect })
}
