//! The keys of a section.

use serde::Deserialize;
use tera::Value;

use super::{FrontMatter, empty_map, list};
use crate::config::raw::options;
use crate::config::{Config, InsertAnchor};
use crate::content::address;
use crate::data::Data;
use crate::diagnostic::Diagnostic;
use crate::text;

/// The order of a section's pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// Newest first.
    Date,
    /// Newest of `date` and `updated` first.
    UpdateDate,
    /// By title, as people sort.
    Title,
    /// By the bytes of the title.
    TitleBytes,
    /// Lightest first.
    Weight,
    Slug,
    Permalink,
    /// Any order.
    #[default]
    None,
}

options! {
    /// As it is typed.
    RawSection {
        title: Option<String> = None,
        description: Option<String> = None,
        draft: bool = false,
        sort_by: SortBy = SortBy::None,
        weight: usize = 0,
        template: Option<String> = None,
        page_template: Option<String> = None,
        paginate_by: Option<usize> = None,
        paginate_path: String = "page".to_owned(),
        paginate_reversed: bool = false,
        insert_anchor_links: Option<InsertAnchor> = None,
        in_search_index: bool = true,
        render: bool = true,
        redirect_to: Option<String> = None,
        transparent: bool = false,
        #[serde(deserialize_with = "list")]
        aliases: Vec<String> = vec![],
        generate_feeds: bool = false,
        /// The name of `generate_feeds` up to Zola 0.18.
        generate_feed: Option<bool> = None,
        extra: Data = Data(empty_map()),
    }
}

/// What the front matter of a section says.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionMeta {
    pub title: Option<String>,
    pub description: Option<String>,
    pub draft: bool,
    pub sort_by: SortBy,
    /// Place among the sections beside it, lightest first.
    pub weight: usize,
    /// None for the default template.
    pub template: Option<String>,
    /// The template of pages below, unless they or a nearer section say otherwise.
    pub page_template: Option<String>,
    /// Pages a pager holds; none without pagination.
    pub paginate_by: Option<usize>,
    /// What comes before the number in a pager's address; may be empty.
    pub paginate_path: String,
    pub paginate_reversed: bool,
    /// None for what the configuration says.
    pub insert_anchor_links: Option<InsertAnchor>,
    pub in_search_index: bool,
    pub render: bool,
    pub redirect_to: Option<String>,
    /// Whether the section's pages are also the parent's.
    pub transparent: bool,
    pub aliases: Vec<String>,
    pub generate_feeds: bool,
    /// A map.
    pub extra: Value,
}

impl Default for SectionMeta {
    fn default() -> Self {
        Self::from_raw(RawSection::default(), empty_map())
    }
}

impl SectionMeta {
    /// The checked front matter; none where it has an error.
    pub fn parse(front: &FrontMatter, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let before = diagnostics.len();
        let keys = |path: &[String]| path.is_empty().then_some(RawSection::KEYS);
        let mut raw: RawSection = front.parse(keys, diagnostics)?;
        if let Some(feed) = raw.generate_feed {
            raw.generate_feeds |= feed;
            diagnostics.push(
                Diagnostic::warning(
                    "front-matter/old-key",
                    text!(
                        "`generate_feed` is a key of older Zola versions; today it is `generate_feeds`",
                        "`generate_feed` 是旧版 Zola 的键，现在是 `generate_feeds`"
                    ),
                )
                .at(front.place(&["generate_feed"]))
                .help(text!(
                    "it still works; write it anew when you next edit this file",
                    "目前仍然有效，下次修改此文件时请改写"
                )),
            );
        }
        let extra = std::mem::replace(&mut raw.extra, Data(Value::none()));
        let extra = front.extra(extra, config, diagnostics);
        front.refuse_address(&["paginate_path"], address::escape(&raw.paginate_path), diagnostics);
        front.check_aliases(&raw.aliases, diagnostics);
        let failed = diagnostics.iter().skip(before).any(Diagnostic::is_error);
        (!failed).then(|| Self::from_raw(raw, extra))
    }

    fn from_raw(raw: RawSection, extra: Value) -> Self {
        Self {
            title: raw.title,
            description: raw.description,
            draft: raw.draft,
            sort_by: raw.sort_by,
            weight: raw.weight,
            template: raw.template,
            page_template: raw.page_template,
            paginate_by: raw.paginate_by.filter(|pages| *pages > 0),
            paginate_path: raw.paginate_path,
            paginate_reversed: raw.paginate_reversed,
            insert_anchor_links: raw.insert_anchor_links,
            in_search_index: raw.in_search_index,
            render: raw.render,
            redirect_to: raw.redirect_to,
            transparent: raw.transparent,
            aliases: raw.aliases,
            generate_feeds: raw.generate_feeds,
            extra,
        }
    }
}
