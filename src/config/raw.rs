//! The configuration as it is typed: keys, types and defaults, each declared once.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::SlugifyStrategy;
use crate::diagnostic::Diagnostic;
use crate::text;

/// Declares a table of options: the struct, its defaults and the list of its keys.
macro_rules! options {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl Default for $name {
            fn default() -> Self { Self { $($field: $default,)* } }
        }

        impl $name {
            pub const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];
        }
    };
}
pub(crate) use options;

options! {
    /// The whole file.
    Raw {
        base_url: String = String::new(),
        title: Option<String> = None,
        description: Option<String> = None,
        default_language: String = "en".to_owned(),
        theme: Option<String> = None,
        output_dir: String = "public".to_owned(),
        preserve_dotfiles_in_output: bool = false,
        compile_sass: bool = false,
        minify_html: bool = false,
        ignored_content: Vec<String> = vec![],
        ignored_static: Vec<String> = vec![],
        skip_content_templating: Vec<String> = vec![],
        generate_feeds: bool = false,
        feed_limit: Option<usize> = None,
        feed_filenames: Vec<String> = default_feed_filenames(),
        hard_link_static: bool = false,
        author: Option<String> = None,
        taxonomies: Vec<RawTaxonomy> = vec![],
        taxonomy_root: Option<String> = None,
        build_search_index: bool = false,
        generate_sitemap: bool = true,
        generate_robots_txt: bool = true,
        exclude_paginated_pages_in_sitemap: PaginatedInSitemap = PaginatedInSitemap::None,
        translations: IndexMap<String, String> = IndexMap::new(),
        markdown: Markdown = Markdown::default(),
        link_checker: LinkChecker = LinkChecker::default(),
        slugify: Slugify = Slugify::default(),
        search: Search = Search::default(),
        languages: IndexMap<String, RawLanguage> = IndexMap::new(),
        extra: toml::Table = toml::Table::new(),
        /// Accepted and without effect, as in Zola.
        mode: Option<String> = None,
    }
}

pub fn default_feed_filenames() -> Vec<String> {
    vec!["atom.xml".to_owned()]
}

options! {
    /// `[languages.X]`; nothing is inherited from the top level.
    RawLanguage {
        title: Option<String> = None,
        description: Option<String> = None,
        generate_feeds: bool = false,
        feed_filenames: Vec<String> = default_feed_filenames(),
        taxonomies: Vec<RawTaxonomy> = vec![],
        build_search_index: bool = false,
        search: Search = Search::default(),
        translations: IndexMap<String, String> = IndexMap::new(),
    }
}

options! {
    /// One of `taxonomies`.
    RawTaxonomy {
        name: String = String::new(),
        paginate_by: Option<usize> = None,
        paginate_path: Option<String> = None,
        render: bool = true,
        feed: bool = false,
    }
}

options! {
    /// `[markdown]`.
    #[derive(Serialize)]
    Markdown {
        highlighting: Option<Highlighting> = None,
        render_emoji: bool = false,
        external_links_class: Option<String> = None,
        external_links_target_blank: bool = false,
        external_links_no_follow: bool = false,
        external_links_no_referrer: bool = false,
        external_links_external: bool = true,
        smart_punctuation: bool = false,
        definition_list: bool = false,
        bottom_footnotes: bool = false,
        lazy_async_image: bool = false,
        insert_anchor_links: InsertAnchor = InsertAnchor::None,
        github_alerts: bool = false,
    }
}

options! {
    /// `[markdown.highlighting]`: one `theme`, or a `light_theme` and a `dark_theme`.
    #[derive(Serialize)]
    Highlighting {
        error_on_missing_language: bool = false,
        style: HighlightStyle = HighlightStyle::Inline,
        theme: Option<String> = None,
        light_theme: Option<String> = None,
        dark_theme: Option<String> = None,
        extra_grammars: Vec<String> = vec![],
        extra_themes: Vec<String> = vec![],
        data_attr_position: DataAttrPosition = DataAttrPosition::Code,
    }
}

options! {
    /// `[link_checker]`.
    LinkChecker {
        skip_prefixes: Vec<String> = vec![],
        skip_anchor_prefixes: Vec<String> = vec![],
        internal_level: Level = Level::Error,
        external_level: Level = Level::Error,
        ignored_files: Vec<String> = vec![],
    }
}

options! {
    /// `[slugify]`.
    #[derive(Copy)]
    Slugify {
        paths: SlugifyStrategy = SlugifyStrategy::On,
        paths_keep_dates: bool = false,
        taxonomies: SlugifyStrategy = SlugifyStrategy::On,
        anchors: SlugifyStrategy = SlugifyStrategy::On,
    }
}

options! {
    /// `[search]`: what goes into the index.
    Search {
        include_title: bool = true,
        include_description: bool = false,
        include_date: bool = false,
        include_path: bool = false,
        include_content: bool = true,
        /// Characters of content at most.
        truncate_content_length: Option<usize> = None,
        index_format: IndexFormat = IndexFormat::ElasticlunrJavascript,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InsertAnchor {
    Left,
    Right,
    Heading,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HighlightStyle {
    Inline,
    Class,
}

/// Which tag of a code block carries the `data-` attributes. Zola's documentation writes the names in
/// lower case, its code wants the first letter upper case: both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataAttrPosition {
    #[serde(alias = "pre")]
    Pre,
    #[serde(alias = "code")]
    Code,
    #[serde(alias = "both")]
    Both,
    #[serde(alias = "none")]
    None,
}

/// What a broken link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaginatedInSitemap {
    None,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexFormat {
    ElasticlunrJson,
    ElasticlunrJavascript,
    FuseJson,
    FuseJavascript,
}

/// The known keys of the table at `path`, none where keys are free. `*` in a path is any key or index.
pub fn keys(path: &[String]) -> Option<&'static [&'static str]> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    Some(match path.as_slice() {
        [] => Raw::KEYS,
        ["markdown"] => Markdown::KEYS,
        ["markdown", "highlighting"] => Highlighting::KEYS,
        ["link_checker"] => LinkChecker::KEYS,
        ["slugify"] => Slugify::KEYS,
        ["search"] | ["languages", _, "search"] => Search::KEYS,
        ["languages", _] => RawLanguage::KEYS,
        ["taxonomies", _] | ["languages", _, "taxonomies", _] => RawTaxonomy::KEYS,
        _ => return None,
    })
}

impl Raw {
    /// Every value that becomes part of an output path, with the keys that lead to it.
    pub fn output_names(&self) -> Vec<(Vec<&str>, &str)> {
        let mut names: Vec<(Vec<&str>, &str)> = Vec::new();
        names.extend(self.feed_filenames.iter().map(|n| (vec!["feed_filenames"], n.as_str())));
        names.extend(self.taxonomy_root.iter().map(|n| (vec!["taxonomy_root"], n.as_str())));
        names.extend(self.taxonomies.iter().flat_map(|t| t.output_names()).map(|n| (vec!["taxonomies"], n)));
        for (code, language) in &self.languages {
            let path = |key| vec!["languages", code.as_str(), key];
            names.extend(language.feed_filenames.iter().map(|n| (path("feed_filenames"), n.as_str())));
            let taxonomies = language.taxonomies.iter().flat_map(|t| t.output_names());
            names.extend(taxonomies.map(|n| (path("taxonomies"), n)));
        }
        names
    }
}

impl RawTaxonomy {
    fn output_names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.paginate_path.as_deref())
    }
}

impl Markdown {
    /// The files that highlighting reads, with their keys.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.highlighting.iter().flat_map(|highlighting| {
            let grammars = highlighting.extra_grammars.iter().map(|path| ("extra_grammars", path.as_str()));
            grammars.chain(highlighting.extra_themes.iter().map(|path| ("extra_themes", path.as_str())))
        })
    }

    /// What is wrong with the table as a whole, with the path of the key.
    pub fn check(&self) -> Option<(&'static [&'static str], Diagnostic)> {
        if let Some(class) = &self.external_links_class
            && class.contains(['"', '\''])
        {
            let why =
                text!("external link class `{class}` cannot contain quotes", "外部链接的类名 `{class}` 不能含引号");
            return Some((&["markdown", "external_links_class"], Diagnostic::error("config/link-class", why)));
        }
        let highlighting = self.highlighting.as_ref()?;
        match (&highlighting.theme, &highlighting.light_theme, &highlighting.dark_theme) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => None,
            (None, None, None) => Some((
                &["markdown", "highlighting"],
                Diagnostic::error(
                    "config/highlighting-theme",
                    text!("[markdown.highlighting] names no theme", "[markdown.highlighting] 没有指定主题"),
                )
                .help(text!(
                    "set either `theme`, or both `light_theme` and `dark_theme`",
                    "请设置 `theme`，或同时设置 `light_theme` 和 `dark_theme`"
                )),
            )),
            (None, Some(_), None) | (None, None, Some(_)) => Some((
                &["markdown", "highlighting"],
                Diagnostic::error(
                    "config/highlighting-theme",
                    text!(
                        "[markdown.highlighting] has one theme of a pair",
                        "[markdown.highlighting] 的成对主题只写了一个"
                    ),
                )
                .help(text!(
                    "set both `light_theme` and `dark_theme`, or `theme` alone",
                    "请同时设置 `light_theme` 和 `dark_theme`，或只设置 `theme`"
                )),
            )),
            _ => Some((
                &["markdown", "highlighting"],
                Diagnostic::error(
                    "config/highlighting-theme",
                    text!(
                        "[markdown.highlighting] mixes one theme with a pair of themes",
                        "[markdown.highlighting] 同时写了单个主题和成对主题"
                    ),
                )
                .help(text!(
                    "set either `theme` alone, or both `light_theme` and `dark_theme`",
                    "请只设置 `theme`，或同时设置 `light_theme` 和 `dark_theme`"
                )),
            )),
        }
    }
}
