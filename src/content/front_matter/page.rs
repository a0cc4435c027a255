//! The keys of a page.

use indexmap::IndexMap;
use serde::Deserialize;
use tera::Value;

use super::{FrontMatter, empty_map, list, lists};
use crate::config::raw::options;
use crate::config::{Config, slugify_path};
use crate::content::address;
use crate::content::date::{Date, RawDate};
use crate::data::Data;
use crate::diagnostic::Diagnostic;
use crate::text;

options! {
    /// As it is typed.
    RawPage {
        title: Option<String> = None,
        description: Option<String> = None,
        date: Option<RawDate> = None,
        updated: Option<RawDate> = None,
        weight: Option<usize> = None,
        draft: bool = false,
        slug: Option<String> = None,
        path: Option<String> = None,
        render: bool = true,
        #[serde(deserialize_with = "list")]
        aliases: Vec<String> = vec![],
        #[serde(deserialize_with = "list")]
        authors: Vec<String> = vec![],
        in_search_index: bool = true,
        template: Option<String> = None,
        #[serde(deserialize_with = "lists")]
        taxonomies: IndexMap<String, Vec<String>> = IndexMap::new(),
        extra: Data = Data(empty_map()),
    }
}

/// What the front matter of a page says.
#[derive(Clone, Debug, PartialEq)]
pub struct PageMeta {
    pub title: Option<String>,
    pub description: Option<String>,
    /// Also from the file's name.
    pub date: Option<Date>,
    pub updated: Option<Date>,
    pub weight: Option<usize>,
    pub draft: bool,
    /// As typed; what it becomes is [`Page::slug`](crate::content::Page::slug).
    pub slug: Option<String>,
    /// As typed; what it becomes is [`Page::path`](crate::content::Page::path).
    pub path: Option<String>,
    pub render: bool,
    pub aliases: Vec<String>,
    pub authors: Vec<String>,
    pub in_search_index: bool,
    pub template: Option<String>,
    /// Terms by the name of their taxonomy, in the order of the file.
    pub taxonomies: IndexMap<String, Vec<String>>,
    /// A map.
    pub extra: Value,
}

impl PageMeta {
    /// The checked front matter; none where it has an error.
    pub fn parse(front: &FrontMatter, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let before = diagnostics.len();
        let keys = |path: &[String]| path.is_empty().then_some(RawPage::KEYS);
        let raw: RawPage = front.parse(keys, diagnostics)?;
        let date = checked_date(front, "date", raw.date, diagnostics);
        let updated = checked_date(front, "updated", raw.updated, diagnostics);
        for (key, address) in [("slug", &raw.slug), ("path", &raw.path)] {
            let Some(address) = address else { continue };
            if address.is_empty() {
                let message = text!("`{key}` is empty", "`{key}` 是空的");
                diagnostics.push(
                    front
                        .error("front-matter/empty", &[key], message)
                        .help(text!("remove the line, or write an address", "请删去这一行，或写上地址")),
                );
            }
            // A slug is made harmless by most strategies, yet nobody means `..`.
            let why = if key == "path" { address::escape(address) } else { address::climb(address) };
            front.refuse_address(&[key], why, diagnostics);
        }
        front.check_aliases(&raw.aliases, diagnostics);
        check_terms(front, &raw.taxonomies, config, diagnostics);
        let extra = front.extra(raw.extra, config, diagnostics);
        if diagnostics.iter().skip(before).any(Diagnostic::is_error) {
            return None;
        }
        Some(Self {
            title: raw.title,
            description: raw.description,
            date,
            updated,
            weight: raw.weight,
            draft: raw.draft,
            slug: raw.slug,
            path: raw.path,
            render: raw.render,
            aliases: raw.aliases,
            authors: raw.authors,
            in_search_index: raw.in_search_index,
            template: raw.template,
            taxonomies: raw.taxonomies,
            extra,
        })
    }
}

fn checked_date(
    front: &FrontMatter,
    key: &str,
    typed: Option<RawDate>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Date> {
    let RawDate(typed) = typed?;
    let date = Date::parse(&typed);
    if date.is_none() {
        let message = text!("`{key}` is not a date that exists: {typed}", "`{key}` 不是存在的日期：{typed}");
        diagnostics.push(front.error("front-matter/date", &[key], message).help(text!(
            "write `2026-03-01`, or `2026-03-01T09:00:00+08:00` with a time",
            "请写 `2026-03-01`；要写时间则写 `2026-03-01T09:00:00+08:00`"
        )));
    }
    date
}

/// Terms become parts of addresses.
fn check_terms(
    front: &FrontMatter,
    taxonomies: &IndexMap<String, Vec<String>>,
    config: &Config,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for (taxonomy, terms) in taxonomies {
        for (index, term) in terms.iter().enumerate() {
            let path = ["taxonomies", taxonomy.as_str(), &index.to_string()];
            if term.trim().is_empty() {
                let message = text!("a term of `{taxonomy}` is empty", "`{taxonomy}` 里有空的词条");
                diagnostics.push(
                    front
                        .error("front-matter/empty-term", &path, message)
                        .help(text!("remove it, or write a name", "请删去它，或写上名称")),
                );
            } else {
                let slug = slugify_path(term, config.slugify.taxonomies);
                front.refuse_address(&path, address::escape(&slug), diagnostics);
            }
        }
    }
}
