//! Of which generation the bodies of a site are: text with shortcodes, as up to Zola 0.22, or templates, as since 0.23.
//!
//! It is one answer for all of `content/`, because a page without any sign must be read as its neighbours are. A file that
//! shows the other generation gets both: see [`Treatment`].

use crate::config::Config;
use crate::content::Content;
use crate::diagnostic::Text;
use crate::shortcode::{Syntax, parse};
use crate::template::{Dialect, Engine};
use crate::text;

use super::shortcodes::Definitions;

/// The generation of a site's bodies, and what told it.
#[derive(Clone, Debug)]
pub struct Generation {
    pub dialect: Dialect,
    pub reason: Text,
}

/// What is known of a site beside its bodies.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clues {
    /// `[content] dialect` in `kepu.toml`.
    pub setting: Option<Dialect>,
    /// What the site's own templates prove, or `kepu.toml` says of them.
    pub templates: Option<Dialect>,
    /// What the keys of the configuration prove.
    pub configuration: Option<Dialect>,
    /// What the theme's templates are taken for.
    pub theme: Option<Dialect>,
}

impl Generation {
    /// The first of these that tells anything: `kepu.toml`, `skip_content_templating`, the site's own templates, calls in
    /// the bodies, the age of the configuration, the theme.
    pub fn find(clues: Clues, config: &Config, content: &Content, definitions: &Definitions, engine: &Engine) -> Self {
        let because = |dialect, reason| Self { dialect, reason };
        if let Some(dialect) = clues.setting {
            return because(
                dialect,
                text!("`[content] dialect` in kepu.toml says so", "由 kepu.toml 的 `[content] dialect` 指定"),
            );
        }
        if !config.skip_content_templating.is_empty() {
            return because(
                Dialect::Tera2,
                text!("the configuration has `skip_content_templating`", "配置里有 `skip_content_templating`"),
            );
        }
        if let Some(dialect) = clues.templates {
            return because(dialect, text!("as the site's own templates", "与网站自己的模板一致"));
        }
        let bodies = || {
            let pages = content.pages.iter().filter(|p| p.signs.braces);
            let pages = pages.map(|p| (&p.file.relative, &*p.text, p.body.start));
            let sections = content.sections.iter().filter(|s| s.signs.braces);
            pages.chain(sections.map(|s| (&s.file.relative, &*s.text, s.body.start)))
        };
        let calls = bodies().find(|(_, text, start)| calls_shortcode(text, *start, definitions));
        if let Some((file, ..)) = calls {
            return because(Dialect::Tera1, text!("content/{file} calls a shortcode", "content/{file} 调用了短代码"));
        }
        let calls = bodies().find(|(_, text, start)| calls_component(text.get(*start..).unwrap_or_default(), engine));
        if let Some((file, ..)) = calls {
            return because(Dialect::Tera2, text!("content/{file} calls a component", "content/{file} 调用了组件"));
        }
        if let Some(dialect) = clues.configuration {
            return because(dialect, text!("as old as the configuration", "与配置文件的年代一致"));
        }
        if let Some(dialect) = clues.theme {
            return because(dialect, text!("as the theme", "与主题一致"));
        }
        because(Dialect::Tera2, text!("nothing tells, so as in today's Zola", "没有任何迹象，按现在的 Zola 处理"))
    }

    /// One line for `kepu build -v`.
    pub fn describe(&self) -> Text {
        let Text { en, zh } = &self.reason;
        match self.dialect {
            Dialect::Tera1 => text!(
                "content: text with shortcodes, as up to Zola 0.22 ({en})",
                "内容：带短代码的文本，即 Zola 0.22 及以前的写法（{zh}）"
            ),
            Dialect::Tera2 => {
                text!("content: templates, as since Zola 0.23 ({en})", "内容：模板，即 Zola 0.23 以来的写法（{zh}）")
            }
        }
    }
}

/// What is done with one body that holds braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// All that has the form of a call is one; other braces are text.
    Shortcodes,
    /// Calls of shortcodes that exist, then the rest as a template.
    Template,
    /// Braces are text.
    Text,
}

impl Treatment {
    pub fn of(dialect: Dialect, relative: &str, body: &str, config: &Config, engine: &Engine) -> Self {
        if !body.contains("{{") && !body.contains("{%") {
            return Self::Text;
        }
        match dialect {
            Dialect::Tera1 if calls_component(body, engine) => Self::Template,
            Dialect::Tera1 => Self::Shortcodes,
            Dialect::Tera2 if config.skip_content_templating.is_match(relative) => Self::Text,
            Dialect::Tera2 => Self::Template,
        }
    }
}

fn calls_shortcode(text: &str, start: usize, definitions: &Definitions) -> bool {
    if definitions.is_empty() || !text.contains("{{") && !text.contains("{%") {
        return false;
    }
    let known = |name: &str| definitions.contains(name);
    parse(text, start, Syntax::Known(&known)).calls().next().is_some()
}

/// Whether a body calls a component that exists: `{{ <name` or `{% <name`.
fn calls_component(body: &str, engine: &Engine) -> bool {
    body.match_indices('<').any(|(at, _)| {
        let before = body[..at].trim_end();
        let before = before.strip_suffix('-').unwrap_or(before);
        let rest = &body[at + 1..];
        let length =
            rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')).count();
        (before.ends_with("{{") || before.ends_with("{%")) && engine.has_component(&rest[..length])
    })
}
