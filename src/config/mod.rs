//! `zola.toml` or `config.toml`, `theme.toml` and `kepu.toml`: text in, one checked [`Config`] out.
//!
//! What was typed is in [`raw`]; what it means is here. Nothing past this room asks whether a key was
//! given or valid. Which files exist is the caller's business; this room never reads the disk itself,
//! except for [`find`].

mod check;
mod climb;
pub mod code_themes;
pub mod find;
pub mod kepu;
mod languages;
pub mod old;
mod outreach;
pub mod raw;
mod slugify;
mod theme;
pub mod toml_input;

use globset::{Glob, GlobSet, GlobSetBuilder};
use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

pub use check::{Check, External, RawAllow, RuleLevel, Weight};
pub use climb::climb;
pub use kepu::Differences;
pub use languages::Language;
pub use outreach::{FieldType, FigureName, Outreach, Profile, RawOutreach, Total};
pub use raw::{
    DataAttrPosition, HighlightStyle, IndexFormat, InsertAnchor, Level, Markdown, PaginatedInSitemap, Search, Slugify,
};
pub use slugify::{SlugifyStrategy, slugify_anchor, slugify_path};
pub use theme::merge_theme;

/// The generation of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Zola up to 0.22: macros, `ignore missing`, positional test arguments.
    Tera1,
    /// Zola from 0.23: components, `?.`, map literals.
    Tera2,
}

/// Which versions of Zola a configuration was written for, as far as its keys tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// It has keys that were dropped before 0.23.
    Old,
    /// It has keys that came with 0.23.
    New,
    Unknown,
}

/// How words are counted, and how many are read in a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordRule {
    /// Zola up to 0.22: words by the rules of Unicode, 200 a minute.
    Zola22,
    /// Zola from 0.23: by the page's language.
    Zola23,
    /// Han and kana characters beside words of other scripts, in every language.
    Mixed,
}

/// What the site is being made for; `config.mode` in templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Build,
    Serve,
    Check,
}

impl Mode {
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Build => "build",
            Mode::Serve => "serve",
            Mode::Check => "check",
        }
    }
}

/// The checked configuration of a site.
#[derive(Clone, Debug)]
pub struct Config {
    pub base_url: String,
    pub default_language: String,
    /// Every language of the site by its code, the default one too, in the order of the file.
    pub languages: IndexMap<String, Language>,
    /// `generate_feeds` at the top level: Zola 0.23 makes no site feed in any language without it.
    pub root_generate_feeds: bool,
    pub feed_limit: Option<usize>,
    pub author: Option<String>,
    pub theme: Option<String>,
    pub taxonomy_root: Option<String>,
    pub output_dir: String,
    pub preserve_dotfiles_in_output: bool,
    pub compile_sass: bool,
    pub minify_html: bool,
    pub build_search_index: bool,
    /// The top-level `[search]`, whose `index_format` names the index file of every language.
    pub search: Search,
    pub hard_link_static: bool,
    pub generate_sitemap: bool,
    pub generate_robots_txt: bool,
    pub exclude_paginated_pages_in_sitemap: PaginatedInSitemap,
    pub ignored_content: GlobSet,
    pub ignored_static: GlobSet,
    pub skip_content_templating: GlobSet,
    pub slugify: Slugify,
    pub link_checker: raw::LinkChecker,
    pub markdown: Markdown,
    pub extra: toml::Table,
    pub mode: Mode,
    pub differences: Differences,
    /// None unless this is an outreach site.
    pub outreach: Option<Outreach>,
    pub age: Age,
    pub templates: kepu::Templates,
    /// The oldest Zola that the theme says it works with.
    pub theme_min_version: Option<String>,
    /// The generation of the site's own templates, by which its content is read too. Settled when all templates
    /// are known.
    pub dialect: Dialect,
    /// The names under which `style = "class"` writes its style sheets, where an old key gave them.
    pub css_files: Vec<old::CssFile>,
    /// `[content] dialect` in `kepu.toml`.
    pub content_dialect: Option<Dialect>,
    /// `[check]` of `kepu.toml`.
    pub check: Check,
    /// The configuration file's name relative to the root, for messages.
    pub file: String,
}

/// A taxonomy that pages of one language may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taxonomy {
    pub name: String,
    pub slug: String,
    pub paginate_by: Option<usize>,
    pub paginate_path: Option<String>,
    pub render: bool,
    pub feed: bool,
}

impl Taxonomy {
    /// Pages a pager holds, or none when the lists are not paginated.
    pub fn paginate_by(&self) -> Option<usize> {
        self.paginate_by.filter(|n| *n > 0)
    }

    pub fn paginate_path(&self) -> &str {
        self.paginate_path.as_deref().unwrap_or("page")
    }
}

impl Config {
    /// Whether each language has feeds of its own, with their own address: always for sites of Zola up to 0.22.
    pub fn own_language_feeds(&self) -> bool {
        self.differences.language_feeds || self.dialect == Dialect::Tera1
    }

    /// Checks the text of a configuration file. Every error and warning goes to `diagnostics`; the
    /// result is none when there was an error.
    pub fn parse(
        file: &str,
        source: &str,
        differences: Differences,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Config> {
        let before = diagnostics.len();
        let old = old::of(source);
        diagnostics.extend(old.warnings(file, source));
        let input = old::input(file, source);
        let raw: raw::Raw = input.parse(raw::keys, diagnostics)?;
        let fail = |diagnostics: &mut Vec<Diagnostic>, path: &[&str], d: Diagnostic| {
            diagnostics.push(d.at(input.place(path)));
        };

        if raw.base_url.is_empty() {
            diagnostics.push(
                Diagnostic::error("config/base-url", text!("the site has no `base_url`", "网站没有设置 `base_url`"))
                    .at(if source.contains("base_url") { input.place(&["base_url"]) } else { Place::file(file) })
                    .help(text!(
                        "add a line like `base_url = \"https://example.com\"`",
                        "请加上一行，例如 `base_url = \"https://example.com\"`"
                    )),
            );
        }
        for (path, code) in std::iter::once((vec!["default_language"], &raw.default_language))
            .chain(raw.languages.keys().map(|code| (vec!["languages", code.as_str()], code)))
        {
            if code.parse::<unic_langid::LanguageIdentifier>().is_err() {
                fail(
                    diagnostics,
                    &path,
                    Diagnostic::error(
                        "config/language",
                        text!("`{code}` is not a language tag", "`{code}` 不是有效的语言代码"),
                    )
                    .help(text!(
                        "write a tag like `zh`, `zh-Hans` or `en` (Unicode language identifier)",
                        "请写 `zh`、`zh-Hans`、`en` 这样的代码（Unicode 语言标识符）"
                    )),
                );
            }
        }
        let globs = |diagnostics: &mut Vec<Diagnostic>, key: &'static str, patterns: &[String]| {
            glob_set(key, patterns).unwrap_or_else(|d| {
                fail(diagnostics, &[key], *d);
                GlobSet::empty()
            })
        };
        let ignored_content = globs(diagnostics, "ignored_content", &raw.ignored_content);
        let ignored_static = globs(diagnostics, "ignored_static", &raw.ignored_static);
        let skip_content_templating = globs(diagnostics, "skip_content_templating", &raw.skip_content_templating);
        if let Err(d) = glob_set("link_checker.ignored_files", &raw.link_checker.ignored_files) {
            fail(diagnostics, &["link_checker", "ignored_files"], *d);
        }
        if let Some(d) = raw.markdown.check() {
            fail(diagnostics, d.0, d.1);
        }
        if let Some(name) = &raw.theme
            && (name.is_empty() || name.contains(['/', '\\']) || name == "." || name == "..")
        {
            fail(
                diagnostics,
                &["theme"],
                Diagnostic::error(
                    "config/theme",
                    text!("`{name}` is not the name of a theme", "`{name}` 不是主题的名字"),
                )
                .help(text!(
                    "name a folder of `themes/`, or remove the key to use no theme",
                    "请写 `themes/` 里的文件夹名；不用主题就删去这一行"
                )),
            );
        }
        for (path, name) in raw.output_names() {
            if let Some(why) = climb(name) {
                fail(diagnostics, &path, Diagnostic::error("config/output-name", why));
            }
        }
        for (key, path) in raw.markdown.files() {
            if climb(path).is_some() || std::path::Path::new(path).is_absolute() {
                let why = text!("`{path}` is outside the site", "`{path}` 在网站文件夹之外");
                fail(
                    diagnostics,
                    &["markdown", "highlighting", key],
                    Diagnostic::error("config/highlighting-file", why),
                );
            }
        }
        let languages = languages::collect(&raw, &input, diagnostics);
        let is_new = !raw.skip_content_templating.is_empty()
            || raw.markdown.highlighting.as_ref().is_some_and(|h| h.data_attr_position != DataAttrPosition::Code);

        if diagnostics[before..].iter().any(Diagnostic::is_error) {
            return None;
        }
        Some(Config {
            base_url: raw.base_url,
            default_language: raw.default_language,
            languages,
            root_generate_feeds: raw.generate_feeds,
            feed_limit: raw.feed_limit,
            author: raw.author,
            theme: raw.theme,
            taxonomy_root: raw.taxonomy_root,
            output_dir: raw.output_dir,
            preserve_dotfiles_in_output: raw.preserve_dotfiles_in_output,
            compile_sass: raw.compile_sass,
            minify_html: raw.minify_html,
            build_search_index: raw.build_search_index,
            search: raw.search,
            hard_link_static: raw.hard_link_static,
            generate_sitemap: raw.generate_sitemap,
            generate_robots_txt: raw.generate_robots_txt,
            exclude_paginated_pages_in_sitemap: raw.exclude_paginated_pages_in_sitemap,
            ignored_content,
            ignored_static,
            skip_content_templating,
            slugify: raw.slugify,
            link_checker: raw.link_checker,
            markdown: raw.markdown,
            extra: raw.extra,
            mode: Mode::Build,
            differences,
            outreach: None,
            age: match (old.is_old(), is_new) {
                (true, false) => Age::Old,
                (false, true) => Age::New,
                _ => Age::Unknown,
            },
            templates: kepu::Templates::default(),
            theme_min_version: None,
            dialect: Dialect::Tera2,
            css_files: old.css_files,
            content_dialect: None,
            check: Check::default(),
            file: file.to_owned(),
        })
    }

    /// How the words of this site are counted.
    pub fn word_rule(&self) -> WordRule {
        match (self.dialect, self.differences.cjk_word_count) {
            (Dialect::Tera1, _) => WordRule::Zola22,
            (Dialect::Tera2, true) => WordRule::Mixed,
            (Dialect::Tera2, false) => WordRule::Zola23,
        }
    }

    pub fn is_multilingual(&self) -> bool {
        self.languages.len() > 1
    }

    /// The languages other than the default one.
    pub fn other_languages(&self) -> impl Iterator<Item = (&str, &Language)> {
        self.languages.iter().map(|(code, l)| (code.as_str(), l)).filter(|(code, _)| *code != self.default_language)
    }

    /// The absolute address of a path of the site.
    ///
    /// A slash is added at the end unless the path names a feed, has a fragment or is empty, as in Zola.
    pub fn permalink(&self, path: &str) -> String {
        let is_file = path.is_empty()
            || path.ends_with('/')
            || path.contains('#')
            || self.languages.values().flat_map(|l| &l.feed_filenames).any(|name| path.ends_with(name.as_str()));
        let base = self.base_url.strip_suffix('/').unwrap_or(&self.base_url);
        if path.is_empty() {
            return if self.base_url.ends_with('/') { self.base_url.clone() } else { format!("{base}/") };
        }
        let path = path.strip_prefix('/').unwrap_or(path);
        format!("{base}/{path}{}", if is_file { "" } else { "/" })
    }

    /// `/[lang/][root/]slug/`, the path of a taxonomy's list.
    pub fn taxonomy_path(&self, lang: &str, slug: &str) -> String {
        let mut path = String::from("/");
        if lang != self.default_language {
            path.push_str(lang);
            path.push('/');
        }
        if let Some(root) = &self.taxonomy_root {
            path.push_str(root);
            path.push('/');
        }
        path.push_str(slug);
        path.push('/');
        path
    }
}

/// Compiles the patterns of one key.
pub fn glob_set(key: &str, patterns: &[String]) -> Result<GlobSet> {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        match Glob::new(pattern) {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => {
                let why = error.kind();
                return Err(Box::new(Diagnostic::error(
                    "config/glob",
                    text!(
                        "`{pattern}` in `{key}` is not a valid pattern: {why}",
                        "`{key}` 里的 `{pattern}` 不是有效的通配式：{why}"
                    ),
                )));
            }
        }
    }
    builder.build().map_err(|error| {
        Box::new(Diagnostic::error(
            "config/glob",
            text!("the patterns of `{key}` are too large: {error}", "`{key}` 的通配式过大：{error}"),
        ))
    })
}

/// A configuration for tests: the given text after a `base_url`.
#[cfg(test)]
pub(crate) fn for_test(rest: &str) -> std::sync::Arc<Config> {
    let mut diagnostics = Vec::new();
    let source = format!("base_url = \"https://example.com\"\n{rest}");
    match Config::parse("config.toml", &source, Differences::exact(), &mut diagnostics) {
        Some(config) => std::sync::Arc::new(config),
        None => panic!("{diagnostics:?}"),
    }
}
