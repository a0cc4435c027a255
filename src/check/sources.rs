//! The files that authors write: their texts, and where in them something stands.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostic::Place;
use crate::site::Site;

/// One text file that authors write: Markdown, configuration, or a table of `data/`.
pub struct Source<'a> {
    /// As messages name it: `content/news/a.md`.
    pub file: String,
    pub path: PathBuf,
    /// The address of its page, for documents.
    pub address: Option<&'a str>,
    /// The language of a document.
    pub lang: Option<&'a str>,
    pub text: Arc<str>,
}

/// All sources of a site.
pub struct Sources<'a> {
    site: &'a Site,
    texts: Mutex<HashMap<String, Option<Arc<str>>>>,
    /// Configuration, data and templates, where what every page shows is written.
    shared: Vec<(String, PathBuf)>,
    located: Mutex<HashMap<Vec<String>, Option<Place>>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(site: &'a Site) -> Self {
        let mut shared = Vec::new();
        let mut add = |path: PathBuf| shared.push((site.shown(&path), path));
        let config = site.root.join(&site.config.file);
        let folder = config.parent().unwrap_or(&site.root).to_path_buf();
        add(config);
        add(folder.join("kepu.toml"));
        for path in files_below(&folder.join("data")) {
            add(path);
        }
        for folder in site.template_folders() {
            files_below(&folder).into_iter().for_each(&mut add);
        }
        Self { site, texts: Mutex::default(), shared, located: Mutex::default() }
    }

    /// The text of a file by its name in messages; none where it is no text.
    pub fn text(&self, file: &str) -> Option<Arc<str>> {
        let texts = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts().get(file) {
            return known.clone();
        }
        let path = self.shared.iter().find(|(shown, _)| shown == file).map(|(_, path)| path.clone());
        let text = read(&path.unwrap_or_else(|| self.site.root.join(file)), file);
        texts().insert(file.to_owned(), text.clone());
        text
    }

    /// The Markdown, configuration and data files, without their texts.
    pub(super) fn all(&self) -> Vec<Source<'a>> {
        let (pages, sections) = (&self.site.content.pages, &self.site.content.sections);
        let pages = pages.iter().map(|page| (&page.file, &page.path, &page.lang));
        let sections = sections.iter().map(|section| (&section.file, &section.path, &section.lang));
        let documents = pages.chain(sections).filter(|(file, ..)| !file.source.as_os_str().is_empty());
        let documents = documents.map(|(file, address, lang)| Source {
            file: file.shown(),
            path: file.source.clone(),
            address: Some(address),
            lang: Some(lang),
            text: Arc::default(),
        });
        let is_data =
            |file: &str| !self.site.template_folders().iter().any(|folder| file.starts_with(&self.site.shown(folder)));
        let others = self.shared.iter().filter(|(file, _)| is_data(file)).map(|(file, path)| Source {
            file: file.clone(),
            path: path.clone(),
            address: None,
            lang: None,
            text: Arc::default(),
        });
        documents.chain(others).collect()
    }

    /// A source with its text; none where it has none.
    pub(super) fn read<'s>(&self, source: Source<'s>) -> Option<Source<'s>> {
        Some(Source { text: self.text(&source.file)?, ..source })
    }

    /// The files that every page may show something of, and be blamed for: configuration, data and templates.
    pub(super) fn shared(&self) -> impl Iterator<Item = &str> {
        self.shared.iter().map(|(file, _)| file.as_str())
    }

    /// Where one of `needles` stands: in the page's own file, else in the configuration, the data or a template, else
    /// just the page's own file.
    pub fn locate(&self, own: Option<&str>, needles: &[String]) -> Option<Place> {
        if let Some(file) = own
            && let Some(text) = self.text(file)
            && let Some(place) = find(file, &text, needles)
        {
            return Some(place);
        }
        let known = self.located.lock().unwrap_or_else(PoisonError::into_inner).get(needles).cloned();
        let shared = known.unwrap_or_else(|| {
            let found = self.shared.iter().find_map(|(file, _)| find(file, &self.text(file)?, needles));
            let mut located = self.located.lock().unwrap_or_else(PoisonError::into_inner);
            located.insert(needles.to_vec(), found.clone());
            found
        });
        shared.or_else(|| own.map(Place::file))
    }
}

fn read(path: &Path, shown: &str) -> Option<Arc<str>> {
    crate::content::read_text(path, shown, &mut Vec::new()).ok().map(Arc::from)
}

/// The first of the needles that stands in the text, as a whole word of its kind.
fn find(file: &str, text: &str, needles: &[String]) -> Option<Place> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.' | '%' | ':');
    // A short name in Latin letters without any mark of an address stands everywhere.
    let is_telling = |needle: &&String| match needle.contains(['/', '#', '.', '@']) {
        true => needle.len() > 1,
        false => needle.chars().count() > if needle.is_ascii() { 3 } else { 0 },
    };
    needles.iter().filter(is_telling).find_map(|needle| {
        text.match_indices(needle.as_str()).find_map(|(at, _)| {
            let (before, after) = (text.get(..at)?.chars().next_back(), text.get(at + needle.len()..)?.chars().next());
            let whole = !before.is_some_and(inner) && !after.is_some_and(inner);
            whole.then(|| Place::span(file, text, at..at + needle.len()))
        })
    })
}

/// Small text files below a folder, in order.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    const TEXTS: [&str; 9] = ["html", "xml", "md", "txt", "json", "toml", "csv", "yaml", "yml"];
    let is_text = |path: &Path| path.extension().and_then(|e| e.to_str()).is_some_and(|e| TEXTS.contains(&e));
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    entries
        .filter(|entry| entry.file_type().is_file() && is_text(entry.path()))
        .map(|entry| entry.into_path())
        .collect()
}
