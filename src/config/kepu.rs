//! `kepu.toml`: what is kepu's own. Zola must still read `config.toml`, so none of it goes there.

use indexmap::IndexMap;
use serde::Deserialize;

use super::Dialect;
use super::check::{self, Check, RawCheck};
use super::deploy::{self, RawTarget, Target};
use super::outreach::{self, RawOutreach};
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

/// Which generation the templates of a tree are taken for, where `kepu.toml` says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Templates {
    pub dialect: Option<Dialect>,
    pub theme_dialect: Option<Dialect>,
}

/// What `kepu.toml` says.
#[derive(Clone, Debug)]
pub struct Kepu {
    pub differences: Differences,
    pub templates: Templates,
    /// Of which generation the bodies of content files are; none leaves it to their signs.
    pub content: Option<Dialect>,
    /// `[outreach]`, where it stands.
    pub outreach: Option<RawOutreach>,
    /// `[deploy.NAME]`, in the order of the file.
    pub deploy: Vec<Target>,
    pub check: Check,
}

options! {
    RawKepu {
        templates: RawTemplates = RawTemplates::default(),
        zola: RawZola = RawZola::default(),
        text: RawText = RawText::default(),
        outreach: Option<RawOutreach> = None,
        content: RawContent = RawContent::default(),
        deploy: IndexMap<String, RawTarget> = IndexMap::new(),
        check: RawCheck = RawCheck::default(),
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
    /// `[templates]`.
    RawTemplates {
        dialect: Option<Dialect> = None,
        theme_dialect: Option<Dialect> = None,
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
        ["templates"] => RawTemplates::KEYS,
        ["text"] => RawText::KEYS,
        ["outreach", rest @ ..] => return outreach::keys(rest),
        ["content"] => RawContent::KEYS,
        ["deploy", _] => RawTarget::KEYS,
        ["check", rest @ ..] => return check::keys(rest),
        _ => return None,
    })
}

/// Reads `kepu.toml`; none when it has an error.
pub fn parse(file: &str, source: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Kepu> {
    let input = Input::new(file, source);
    let raw: RawKepu = input.parse(keys, diagnostics)?;
    let deploy = deploy::check(raw.deploy, &input, diagnostics);
    let differences = match raw.zola.exact {
        true => Differences::exact(),
        false => Differences {
            cjk_emphasis: raw.text.cjk_emphasis,
            cjk_line_breaks: raw.text.cjk_line_breaks,
            cjk_word_count: raw.text.cjk_word_count,
            language_feeds: raw.zola.language_feeds,
        },
    };
    let RawTemplates { dialect, theme_dialect } = raw.templates;
    Some(Kepu {
        differences,
        templates: Templates { dialect, theme_dialect },
        content: raw.content.dialect,
        outreach: raw.outreach,
        deploy,
        check: Check::new(raw.check, &input),
    })
}
