//! Search indexes: the text of one language's pages in, the text of one index file out.
//!
//! Two formats, both as Zola writes them: an index for elasticlunr.js, and a plain list of items for Fuse.js.
//! Which pages are searchable, and where the file goes, is decided elsewhere; nothing here reads or writes files.

mod elasticlunr;
mod fuse;
mod html;
mod known;
mod language;
mod references;
mod terms;
mod text;

pub use language::{chinese_words, warm};
pub use text::body_text;

use known::Known;

use crate::cache::{Digest, Store};
use crate::config::{IndexFormat, Search};
use crate::diagnostic::Text;

/// elasticlunr.js, which pages load to search an elasticlunr index. MIT; from the commit `9a02b74` of
/// <https://github.com/weixsong/elasticlunr.js>, the code that Zola ships too, where its header says 0.9.6 (the package on npm is older: its results
/// lack the `doc` that themes read).
pub const ELASTICLUNR_JS: &str = include_str!("elasticlunr.min.js");

/// One page or section that can be found.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The permalink. Names the document in the index, so a second document of the same address replaces the first.
    pub url: &'a str,
    pub title: Option<&'a str>,
    pub description: Option<&'a str>,
    /// The date of a page as RFC 3339 text, such as `2023-01-31T00:00:00Z`. Sections have none.
    pub date: Option<&'a str>,
    /// The URL path, such as `/blog/post/`.
    pub path: &'a str,
    pub body: &'a dyn Body,
}

/// The rendered content of a document.
pub trait Body: Sync + std::fmt::Debug {
    fn html(&self) -> &str;
    /// What tells it from other contents without reading it, if anything does.
    fn digest(&self) -> Option<Digest>;
}

impl Body for &str {
    fn html(&self) -> &str {
        self
    }

    fn digest(&self) -> Option<Digest> {
        None
    }
}

/// What goes into the index: the keys of `[search]`, with Zola's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    pub include_title: bool,
    pub include_description: bool,
    /// Elasticlunr only; Fuse items never have a date.
    pub include_date: bool,
    pub include_path: bool,
    pub include_content: bool,
    /// Cut the text of the content after this many characters.
    pub truncate_content_length: Option<usize>,
    /// Repeat Zola's slip with `include_date`: what follows the date of an undated document lands one field too early
    /// (the path under `date`, the content under `path`).
    pub zola_exact: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            include_title: true,
            include_description: false,
            include_date: false,
            include_path: false,
            include_content: true,
            truncate_content_length: None,
            zola_exact: false,
        }
    }
}

impl Switches {
    /// What the configuration of a language says.
    pub fn new(options: &Search, zola_exact: bool) -> Self {
        Self {
            include_title: options.include_title,
            include_description: options.include_description,
            include_date: options.include_date,
            include_path: options.include_path,
            include_content: options.include_content,
            truncate_content_length: options.truncate_content_length,
            zola_exact,
        }
    }
}

/// Whether the site must publish [`ELASTICLUNR_JS`] (as `elasticlunr.min.js`) beside the index.
pub fn is_elasticlunr(format: IndexFormat) -> bool {
    matches!(format, IndexFormat::ElasticlunrJavascript | IndexFormat::ElasticlunrJson)
}

fn is_javascript(format: IndexFormat) -> bool {
    matches!(format, IndexFormat::ElasticlunrJavascript | IndexFormat::FuseJavascript)
}

/// What the author should know of an index in this language: it has no stemmer.
pub fn warning(lang: &str, format: IndexFormat) -> Option<Text> {
    if is_elasticlunr(format) { language::Rules::of(lang).warning(lang) } else { None }
}

/// The name of the index file of a language, in the root of the output.
pub fn file_name(format: IndexFormat, lang: &str) -> String {
    let extension = if is_javascript(format) { "js" } else { "json" };
    format!("search_index.{lang}.{extension}")
}

/// Makes the index file of one language (`lang` is its tag in the configuration) from its documents, in their order.
/// The same input gives the same bytes, whatever the number of threads. `store` holds what earlier runs found in
/// documents.
pub fn build(
    lang: &str,
    format: IndexFormat,
    switches: &Switches,
    documents: &[Document<'_>],
    store: Option<&Store>,
) -> String {
    let prefix = if is_javascript(format) { "window.searchIndex = " } else { "" };
    if is_elasticlunr(format) {
        elasticlunr::build(prefix, lang, switches, documents, Known::new(store, "terms", lang, switches))
    } else {
        fuse::build(prefix, switches, documents, Known::new(store, "text", lang, switches))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_named_after_format_and_language() {
        assert_eq!(file_name(IndexFormat::ElasticlunrJavascript, "zh-Hans"), "search_index.zh-Hans.js");
        assert_eq!(file_name(IndexFormat::FuseJavascript, "en"), "search_index.en.js");
        assert_eq!(file_name(IndexFormat::ElasticlunrJson, "en"), "search_index.en.json");
        assert_eq!(file_name(IndexFormat::FuseJson, "mn"), "search_index.mn.json");
    }

    #[test]
    fn the_library_keeps_its_licence() {
        assert!(ELASTICLUNR_JS.contains("MIT Licensed"));
        assert!(ELASTICLUNR_JS.contains("documentStore.getDoc"), "results carry the document");
    }
}
