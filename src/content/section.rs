//! Sections.

use std::ops::Range;
use std::path::PathBuf;

use super::asset::{self, Asset};
use super::front_matter::{self, SectionMeta};
use super::page::components;
use super::walk::{Entry, Tree};
use super::{FileInfo, FileText, Signs, address, encoding, words};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};

/// One `_index.md`.
#[derive(Clone, Debug)]
pub struct Section {
    pub file: FileInfo,
    pub meta: SectionMeta,
    /// The whole file.
    pub text: FileText,
    /// Where the Markdown is in `text`.
    pub body: Range<usize>,
    pub lang: String,
    /// `/blog/`.
    pub path: String,
    /// The parts of `path`.
    pub components: Vec<String>,
    pub permalink: String,
    pub word_count: usize,
    /// Minutes.
    pub reading_time: usize,
    pub signs: Signs,
    /// Those of the section's folder only.
    pub assets: Vec<Asset>,
}

impl Section {
    pub(super) fn read(entry: &Entry, tree: &Tree, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let file = FileInfo::section(&entry.relative, entry.source.clone());
        let text = encoding::read_text(&entry.source, &file.shown(), diagnostics);
        let text = text.map_err(|error| diagnostics.push(*error)).ok()?;
        let section = Self::parse(file, text, config, diagnostics)?;
        Some(Self { assets: asset::find(tree, section.file.folder(), false), ..section })
    }

    /// A section without its assets.
    pub(super) fn parse(
        mut file: FileInfo,
        text: String,
        config: &Config,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let shown = file.shown();
        let lang = file.take_language(config).map_err(|error| diagnostics.push(*error)).ok();
        let front = front_matter::split(&shown, &text).map_err(|error| diagnostics.push(*error)).ok()?;
        let meta = SectionMeta::parse(&front, config, diagnostics)?;
        let (lang, body) = (lang?, front.body);
        let section = Self::new(file, meta, (text, body), lang, config);
        if let Some(why) = address::escape(&section.path) {
            diagnostics.push(address::refusal(why, Place::file(shown)));
            return None;
        }
        Some(section)
    }

    /// The index section of a language that has no file for it.
    pub(super) fn default_index(lang: &str, config: &Config) -> Self {
        let relative = index_filename(lang, config);
        let mut file = FileInfo::section(&relative, PathBuf::new());
        // The name is made from a language of the site.
        let _ = file.take_language(config);
        Self::new(file, SectionMeta::default(), (String::new(), 0..0), lang.to_owned(), config)
    }

    fn new(
        file: FileInfo,
        meta: SectionMeta,
        (text, body): (String, Range<usize>),
        lang: String,
        config: &Config,
    ) -> Self {
        let mut path = String::from("/");
        let language = (lang != config.default_language).then_some(lang.as_str());
        for part in language.into_iter().chain(file.components.iter().map(String::as_str)) {
            path.push_str(part);
            path.push('/');
        }
        let markdown = text.get(body.clone()).unwrap_or_default();
        let (word_count, reading_time) = words::count(markdown, &lang, config.word_rule());
        Self {
            components: components(&path),
            permalink: config.permalink(&path),
            signs: Signs::of(markdown),
            file,
            meta,
            text: text.into(),
            body,
            lang,
            path,
            word_count,
            reading_time,
            assets: Vec::new(),
        }
    }

    /// Whether this is the home page of its language.
    pub fn is_index(&self) -> bool {
        self.file.components.is_empty()
    }

    /// The Markdown.
    pub fn markdown(&self) -> &str {
        self.text.get(self.body.clone()).unwrap_or_default()
    }

    /// The assets as templates see them, below the section's address.
    pub fn asset_urls(&self) -> Vec<String> {
        self.assets.iter().map(|asset| format!("{}{}", self.path, asset.name)).collect()
    }
}

/// The file name of sections in a language: `_index.md` or `_index.fr.md`.
pub fn index_filename(lang: &str, config: &Config) -> String {
    if lang == config.default_language { "_index.md".to_owned() } else { format!("_index.{lang}.md") }
}
