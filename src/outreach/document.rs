//! One document of the site as this room sees it.

use jiff::Timestamp;
use tera::value::Key;
use tera::{Map, Value};

use super::time::Moment;
use crate::content::{FileText, Page, Section};
use crate::diagnostic::Place;

/// A page or section with its `[extra]`.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// Relative to `content/`.
    pub path: &'a str,
    /// The path without the language, the same for all translations.
    pub canonical: &'a str,
    pub title: &'a str,
    pub description: Option<&'a str>,
    pub lang: &'a str,
    /// None where the page is not in the site.
    pub permalink: Option<&'a str>,
    /// `/news/a/`.
    pub url_path: &'a str,
    pub date: Option<&'a str>,
    pub updated: Option<&'a str>,
    pub extra: &'a Map,
    pub is_section: bool,
    /// The whole file.
    pub text: &'a FileText,
}

impl<'a> Document<'a> {
    pub fn page(page: &'a Page) -> Option<Self> {
        Some(Self {
            path: &page.file.relative,
            canonical: &page.file.canonical,
            title: page.meta.title.as_deref().unwrap_or(&page.file.name),
            description: page.meta.description.as_deref(),
            lang: &page.lang,
            permalink: Some(&page.permalink),
            url_path: &page.path,
            date: page.meta.date.as_ref().map(|date| date.text.as_str()),
            updated: page.meta.updated.as_ref().map(|date| date.text.as_str()),
            extra: page.meta.extra.as_map()?,
            is_section: false,
            text: &page.text,
        })
    }

    pub fn section(section: &'a Section) -> Option<Self> {
        Some(Self {
            path: &section.file.relative,
            canonical: &section.file.canonical,
            title: section.meta.title.as_deref().unwrap_or(&section.file.name),
            description: section.meta.description.as_deref(),
            lang: &section.lang,
            permalink: Some(&section.permalink),
            url_path: &section.path,
            date: None,
            updated: None,
            extra: section.meta.extra.as_map()?,
            is_section: true,
            text: &section.text,
        })
    }

    /// The place of a key or list item below `[extra]`.
    pub fn place(&self, path: &[&str]) -> Place {
        let shown = format!("content/{}", self.path);
        crate::content::place_of_key(&shown, self.text, &[&["extra"], path].concat())
    }

    /// A moment of `[extra]`.
    pub fn moment(&self, key: &str) -> Option<Moment> {
        Moment::parse(self.extra.at(key).and_then(Value::as_str)?).ok()
    }

    /// When the page last changed, as its author says.
    pub fn changed(&self) -> Option<Timestamp> {
        let moment = |text: Option<&str>| Moment::parse(text?).ok().map(Moment::start);
        moment(self.updated).or_else(|| moment(self.date))
    }
}

/// Reading a table of front matter by the names of its fields.
pub trait Table {
    fn at(&self, key: &str) -> Option<&Value>;

    fn has(&self, key: &str) -> bool {
        self.at(key).is_some()
    }
}

impl Table for Map {
    fn at(&self, key: &str) -> Option<&Value> {
        // A borrowed key would have to live as long as the value.
        self.get(&Key::from(key.to_owned()))
    }
}
