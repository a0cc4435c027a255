//! Colours for code: grammars and themes of giallo, loaded when the first block of code needs them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, RwLock};

use giallo::{
    ExtraHtmlContent, HighlightOptions, HtmlRenderer, PLAIN_GRAMMAR_NAME, ParsedFence, Registry, ThemeVariant,
};

use crate::config::code_themes;
use crate::config::raw::Highlighting;
use crate::config::{Config, DataAttrPosition, HighlightStyle, Mode};
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

const CLASS_PREFIX: &str = "z-";

/// Highlights the code of a whole site. Share one among all threads: compiled patterns are kept in it.
pub struct Highlighter {
    settings: Option<Settings>,
    /// The name of the configuration file, for messages.
    file: String,
    loaded: OnceLock<Loaded>,
    memo: Memo,
}

/// Blocks that were rendered without a remark, by info string and code: tutorials and reports repeat theirs.
#[derive(Default)]
struct Memo {
    blocks: RwLock<HashMap<(String, String), Arc<str>>>,
}

/// How many different blocks are remembered, and of which size at most, in bytes. Together some 30 MB.
const MEMO_BLOCKS: usize = 2000;
const MEMO_BLOCK_SIZE: usize = 4000;

impl Memo {
    fn get(&self, info: &str, code: &str) -> Option<Arc<str>> {
        if code.len() > MEMO_BLOCK_SIZE {
            return None;
        }
        self.blocks.read().ok()?.get(&(info.to_owned(), code.to_owned())).cloned()
    }

    fn put(&self, info: &str, code: &str, html: &str) {
        if code.len() > MEMO_BLOCK_SIZE {
            return;
        }
        if let Ok(mut blocks) = self.blocks.write()
            && blocks.len() < MEMO_BLOCKS
        {
            blocks.insert((info.to_owned(), code.to_owned()), html.into());
        }
    }
}

struct Settings {
    options: Highlighting,
    /// The folder that paths of grammars and themes start from.
    folder: PathBuf,
}

#[derive(Default)]
struct Loaded {
    /// None when the built-in grammars cannot be read.
    registry: Option<Registry>,
    errors: Vec<Diagnostic>,
}

impl Highlighter {
    /// `folder` is that of the configuration file. Nothing is read yet.
    pub fn new(config: &Config, folder: &Path) -> Self {
        // A check throws the pages away, so colours would be wasted work.
        let options = config.markdown.highlighting.as_ref().filter(|_| config.mode != Mode::Check);
        let settings = options.map(|options| Settings { options: options.clone(), folder: folder.to_owned() });
        Self { settings, file: config.file.clone(), loaded: OnceLock::new(), memo: Memo::default() }
    }

    /// For sites without `[markdown.highlighting]`.
    pub fn off() -> Self {
        Self { settings: None, file: String::new(), loaded: OnceLock::new(), memo: Memo::default() }
    }

    pub fn is_on(&self) -> bool {
        self.settings.is_some()
    }

    /// What is wrong with the configured themes and grammars. Reads the files that the site brings, but not
    /// the built-in ones, so that it costs nothing on most sites.
    pub fn check(&self) -> Vec<Diagnostic> {
        let Some(settings) = &self.settings else { return Vec::new() };
        let mut errors = Vec::new();
        let mut names = Vec::new();
        for path in &settings.options.extra_themes {
            names.extend(self.json_name(&settings.folder, path, &mut errors));
        }
        for path in &settings.options.extra_grammars {
            self.json_name(&settings.folder, path, &mut errors);
        }
        for theme in themes_of(&settings.options) {
            let known = || code_themes::BUILT_IN.iter().copied().chain(names.iter().map(String::as_str));
            if !known().any(|name| name.to_lowercase() == theme.to_lowercase()) {
                errors.push(self.unknown_theme(theme, known()));
            }
        }
        errors
    }

    fn json_name(&self, folder: &Path, path: &str, errors: &mut Vec<Diagnostic>) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            name: String,
        }
        let read = std::fs::read(folder.join(path)).map_err(|error| error.to_string());
        match read.and_then(|json| serde_json::from_slice::<Named>(&json).map_err(|error| error.to_string())) {
            Ok(named) => Some(named.name),
            Err(why) => {
                errors.push(self.unreadable(path, &why));
                None
            }
        }
    }

    fn loaded(&self, settings: &Settings) -> &Loaded {
        self.loaded.get_or_init(|| {
            let mut loaded = Loaded::default();
            let mut registry = match Registry::builtin() {
                Ok(registry) => registry,
                Err(error) => {
                    loaded.errors.push(self.unreadable("giallo", &error.to_string()));
                    return loaded;
                }
            };
            let Highlighting { extra_grammars, extra_themes, .. } = &settings.options;
            for path in extra_grammars {
                if let Err(error) = registry.add_grammar_from_path(settings.folder.join(path)) {
                    loaded.errors.push(self.unreadable(path, &error.to_string()));
                }
            }
            for path in extra_themes {
                if let Err(error) = registry.add_theme_from_path(settings.folder.join(path)) {
                    loaded.errors.push(self.unreadable(path, &error.to_string()));
                }
            }
            if !extra_grammars.is_empty() {
                registry.link_grammars();
            }
            for theme in themes_of(&settings.options) {
                if !registry.contains_theme(theme) {
                    loaded.errors.push(self.unknown_theme(theme, code_themes::BUILT_IN.iter().copied()));
                }
            }
            loaded.registry = Some(registry);
            loaded
        })
    }

    /// The stylesheets that `style = "class"` needs, with their file names.
    pub fn css(&self) -> Result<Vec<(&'static str, String)>> {
        let Some(settings) = self.settings.as_ref().filter(|s| s.options.style == HighlightStyle::Class) else {
            return Ok(Vec::new());
        };
        let loaded = self.loaded(settings);
        if let Some(error) = loaded.errors.first() {
            return Err(Box::new(error.clone()));
        }
        let Some(registry) = &loaded.registry else { return Ok(Vec::new()) };
        let failed = |error: giallo::Error| Box::new(self.unreadable("giallo", &error.to_string()));
        match theme_of(&settings.options) {
            Some(ThemeVariant::Single(theme)) => {
                Ok(vec![("giallo.css", registry.generate_css(theme, CLASS_PREFIX).map_err(failed)?)])
            }
            Some(ThemeVariant::Dual { light, dark }) => {
                let (light, dark) = registry.generate_dual_css(light, dark, CLASS_PREFIX).map_err(failed)?;
                Ok(vec![("giallo-light.css", light), ("giallo-dark.css", dark)])
            }
            None => Ok(Vec::new()),
        }
    }

    /// One block of code as HTML; none when highlighting is off or failed. Errors come without a place,
    /// except those of the configuration.
    pub(super) fn render(
        &self,
        info: &str,
        code: &str,
        fence: ParsedFence,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Arc<str>> {
        if let Some(html) = self.memo.get(info, code) {
            return Some(html);
        }
        let before = diagnostics.len();
        let html = self.highlight(code, fence, diagnostics)?;
        if diagnostics.len() == before {
            self.memo.put(info, code, &html);
        }
        Some(html.into())
    }

    fn highlight(&self, code: &str, mut fence: ParsedFence, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
        let settings = self.settings.as_ref()?;
        let loaded = self.loaded(settings);
        diagnostics.extend(loaded.errors.iter().cloned());
        let registry = loaded.registry.as_ref()?;
        let options = &settings.options;

        // `linenos` alone names no language.
        let language = if fence.lang.is_empty() { PLAIN_GRAMMAR_NAME } else { fence.lang.as_str() };
        if !registry.contains_grammar(language) {
            let what =
                text!("there is no highlighting for the language `{language}`", "没有语言 `{language}` 的代码高亮");
            diagnostics.push(match options.error_on_missing_language {
                true => Diagnostic::error("markdown/code-language", what),
                false => Diagnostic::warning("markdown/code-language", what),
            });
        }
        let highlight = HighlightOptions::new(language, theme_of(options)?).fallback_to_plain(true);
        // giallo writes them as they are.
        for value in fence.rest.values_mut() {
            let raw = std::mem::take(value);
            super::escape::attribute(value, &raw);
        }
        let renderer = HtmlRenderer {
            other_metadata: fence.rest,
            css_class_prefix: (options.style == HighlightStyle::Class).then(|| CLASS_PREFIX.to_owned()),
            data_attr_position: match options.data_attr_position {
                DataAttrPosition::Pre => giallo::DataAttrPosition::Pre,
                DataAttrPosition::Code => giallo::DataAttrPosition::Code,
                DataAttrPosition::Both => giallo::DataAttrPosition::Both,
                DataAttrPosition::None => giallo::DataAttrPosition::None,
            },
            extra_html_content: ExtraHtmlContent::default(),
            add_color_scheme: true,
        };
        // A grammar or option that makes giallo panic is the error of one block.
        let rendered = catch_unwind(AssertUnwindSafe(|| {
            registry.highlight(code, &highlight).map(|highlighted| renderer.render(&highlighted, &fence.options))
        }));
        let what = match rendered {
            Ok(Ok(html)) => return Some(html),
            // Reported when the registry was loaded.
            Ok(Err(giallo::Error::ThemeNotFound(_))) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "panic".to_owned(),
        };
        diagnostics.push(Diagnostic::error(
            "markdown/code",
            text!("cannot highlight this code: {what}", "无法高亮这段代码：{what}"),
        ));
        None
    }

    fn unknown_theme<'n>(&self, theme: &str, known: impl Iterator<Item = &'n str>) -> Diagnostic {
        let error = Diagnostic::error(
            "config/highlighting-theme",
            text!("there is no theme `{theme}` for code", "没有名为 `{theme}` 的代码主题"),
        )
        .at(Place::file(&self.file));
        match crate::diagnostic::did_you_mean(&theme.to_lowercase(), known) {
            Some(known) => error.help(text!("did you mean `{known}`?", "您是不是要写 `{known}`？")),
            None => error.help(text!(
                "name a theme of VS Code, for example `github-light`, or add its file to `extra_themes`",
                "请写 VS Code 主题的名字，例如 `github-light`；或把主题文件加到 `extra_themes`"
            )),
        }
    }

    fn unreadable(&self, path: &str, why: &str) -> Diagnostic {
        Diagnostic::error("config/highlighting-file", text!("cannot read `{path}`: {why}", "无法读取 `{path}`：{why}"))
            .at(Place::file(&self.file))
            .help(text!(
                "it must be a TextMate grammar or a VS Code theme in JSON",
                "它必须是 JSON 格式的 TextMate 语法或 VS Code 主题"
            ))
    }
}

fn theme_of(options: &Highlighting) -> Option<ThemeVariant<&str>> {
    match (&options.theme, &options.light_theme, &options.dark_theme) {
        (Some(theme), ..) => Some(ThemeVariant::Single(theme)),
        (None, Some(light), Some(dark)) => Some(ThemeVariant::Dual { light, dark }),
        _ => None,
    }
}

fn themes_of(options: &Highlighting) -> impl Iterator<Item = &String> {
    [&options.theme, &options.light_theme, &options.dark_theme].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::for_test;

    fn highlighter(options: &str) -> Highlighter {
        Highlighter::new(&for_test(&format!("[markdown.highlighting]\n{options}")), Path::new("/nowhere"))
    }

    #[test]
    fn the_list_of_built_in_themes_is_that_of_the_registry() {
        let registry = Registry::builtin().unwrap();
        assert_eq!(code_themes::BUILT_IN.iter().filter(|name| !registry.contains_theme(name)).count(), 0);
        assert!(code_themes::BUILT_IN.is_sorted());
    }

    #[test]
    fn an_unknown_theme_is_found_without_loading_grammars() {
        let highlighter = highlighter("theme = \"Github-Lihgt\"");
        let errors = highlighter.check();
        assert_eq!(errors[0].help.as_ref().unwrap().en, "did you mean `github-light`?");
        assert!(highlighter.loaded.get().is_none());
        assert!(self::highlighter("theme = \"Github-Light\"").check().is_empty());
    }

    #[test]
    fn a_missing_theme_file_is_an_error() {
        let errors = highlighter("theme = \"nord\"\nextra_themes = [\"x.json\"]").check();
        assert_eq!(errors[0].code, "config/highlighting-file");
    }

    #[test]
    fn class_style_has_a_stylesheet_for_each_theme() {
        let css =
            highlighter("style = \"class\"\nlight_theme = \"github-light\"\ndark_theme = \"nord\"").css().unwrap();
        assert_eq!(css.iter().map(|c| c.0).collect::<Vec<_>>(), ["giallo-light.css", "giallo-dark.css"]);
        assert!(css[0].1.contains(".z-l-code") && css[1].1.contains(".z-d-code"));
        assert!(highlighter("theme = \"nord\"").css().unwrap().is_empty());
    }
}
