//! Pages.

use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;

use super::asset::{self, Asset};
use super::date::Date;
use super::front_matter::{self, PageMeta};
use super::walk::{Entry, Tree};
use super::{FileInfo, FileText, Signs, address, encoding, words};
use crate::cache::Digest;
use crate::config::{Config, slugify_path};
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// One Markdown file that is not a section.
#[derive(Clone, Debug)]
pub struct Page {
    pub file: FileInfo,
    pub meta: PageMeta,
    /// The whole file.
    pub text: FileText,
    /// Where the Markdown is in `text`.
    pub body: Range<usize>,
    pub lang: String,
    pub slug: String,
    /// `/blog/a/`.
    pub path: String,
    /// The parts of `path`.
    pub components: Vec<String>,
    pub permalink: String,
    pub word_count: usize,
    /// Minutes.
    pub reading_time: usize,
    pub signs: Signs,
    /// None unless the page is a folder's `index.md`.
    pub assets: Vec<Asset>,
    /// See [`Page::markdown_digest`].
    pub(super) markdown_digest: OnceLock<Digest>,
    /// Of all that the file says, of a page that other runs may know.
    pub(super) digest: Option<Digest>,
}

/// A date at the start of a name, and what follows it after `-` or `_`.
static DATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
    let time = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?";
    let offset = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
    Regex::new(&format!(r"^({date}(?:T{time}{offset})?)(?:\s?[_-](.+)$)?")).ok()
});

impl Page {
    pub(super) fn read(entry: &Entry, tree: &Tree, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Option<Page> {
        let file = FileInfo::page(&entry.relative, entry.source.clone());
        let text = match encoding::read_text(&entry.source, &file.shown(), diagnostics) {
            Ok(text) => text,
            Err(error) => {
                diagnostics.push(*error);
                return None;
            }
        };
        let page = Self::parse(file, text, config, diagnostics)?;
        Some(Page { assets: page.assets_in(tree), ..page })
    }

    /// A page without its assets.
    pub(super) fn parse(
        mut file: FileInfo,
        text: String,
        config: &Config,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Page> {
        let shown = file.shown();
        let lang = file.take_language(config).map_err(|error| diagnostics.push(*error)).ok();
        let front = front_matter::split(&shown, &text).map_err(|error| diagnostics.push(*error)).ok()?;
        let mut meta = PageMeta::parse(&front, config, diagnostics)?;
        let lang = lang?;

        let folder = file.folder().rsplit('/').next().filter(|folder| !folder.is_empty());
        let name = if file.name == "index" { folder.unwrap_or("index") } else { &file.name }.to_owned();
        let mut named = name.as_str();
        if let Some(captures) = DATED.as_ref().and_then(|dated| dated.captures(&name)) {
            if !config.slugify.paths_keep_dates {
                named = captures.get(2).map_or(named, |rest| rest.as_str());
            }
            if let (None, Some(typed)) = (&meta.date, captures.get(1)) {
                meta.date = Date::from_file_name(typed.as_str());
                if meta.date.is_none() {
                    diagnostics.push(no_such_day(&shown, typed.as_str()));
                }
            }
        }
        let slug = slugify_path(meta.slug.as_deref().unwrap_or(named), config.slugify.paths);
        if slug.is_empty() && meta.path.is_none() {
            diagnostics.push(no_slug(&shown));
        }
        let path = address_of(&file, &meta, &slug, &lang, config);
        if let Some(why) = address::escape(&path) {
            let key = if meta.path.is_some() { "path" } else { "slug" };
            diagnostics.push(address::refusal(why, front.place(&[key])));
            return None;
        }
        let body = front.body.clone();
        let markdown = text.get(body.clone()).unwrap_or_default();
        let (word_count, reading_time) = words::count(markdown, &lang, config.word_rule());
        Some(Page {
            components: components(&path),
            permalink: config.permalink(&path),
            signs: Signs::of(markdown),
            file,
            meta,
            text: text.into(),
            body,
            lang,
            slug,
            path,
            word_count,
            reading_time,
            assets: Vec::new(),
            markdown_digest: OnceLock::new(),
            digest: None,
        })
    }

    /// A digest of [`Page::markdown`], for which a page of an earlier run is not read.
    pub fn markdown_digest(&self) -> Digest {
        *self.markdown_digest.get_or_init(|| Digest::of(self.markdown().as_bytes()))
    }

    /// A digest of all that the page's file says, if anybody has worked it out.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// The files beside it in the tree, of which its own says nothing.
    pub(super) fn assets_in(&self, tree: &Tree) -> Vec<Asset> {
        if self.file.name == "index" { asset::find(tree, self.file.folder(), true) } else { Vec::new() }
    }

    /// The Markdown.
    pub fn markdown(&self) -> &str {
        self.text.get(self.body.clone()).unwrap_or_default()
    }

    /// The assets as templates see them: `/` and where the file is below `content/`, whatever the page's address is.
    pub fn asset_urls(&self) -> Vec<String> {
        let folder = self.file.colocated_path.as_deref().unwrap_or_default();
        self.assets.iter().map(|asset| format!("/{folder}{}", asset.name)).collect()
    }
}

/// `/blog/a/`. The address in the front matter stands for all of it, the language too.
fn address_of(file: &FileInfo, meta: &PageMeta, slug: &str, lang: &str, config: &Config) -> String {
    let mut path = match &meta.path {
        Some(path) => path.trim().to_owned(),
        None => {
            let language = (lang != config.default_language).then_some(lang);
            let slug = (file.name != "index" || file.colocated_path.is_some()).then_some(slug);
            let folders = file.components.iter().map(String::as_str);
            language.into_iter().chain(folders).chain(slug).collect::<Vec<_>>().join("/")
        }
    };
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// The parts of a path.
pub(super) fn components(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn no_slug(shown: &str) -> Diagnostic {
    Diagnostic::warning(
        "content/slug",
        text!(
            "nothing of the name is left for an address; the page gets that of its folder",
            "文件名里没有可用于地址的字符，页面的地址将与所在文件夹相同"
        ),
    )
    .at(Place::file(shown))
    .help(text!("write a `slug` in its front matter, or rename the file", "请在文件头里写 `slug`，或改文件名"))
}

fn no_such_day(shown: &str, typed: &str) -> Diagnostic {
    Diagnostic::warning(
        "content/file-date",
        text!(
            "the name begins with `{typed}`, which is not a date that exists",
            "文件名开头的 `{typed}` 不是存在的日期"
        ),
    )
    .at(Place::file(shown))
    .help(text!("rename the file, or write `date` in its front matter", "请改文件名，或在文件头里写 `date`"))
}
