//! Configuration of older Zola versions: the keys that were dropped or renamed since 0.5 become today's.
//!
//! A table of TOML comes in as it was typed, and goes out as Zola 0.23 would have it, each value still at its place in
//! the file; beside it one remark for each old key. What the keys mean is not known here.

mod highlighting;
mod languages;

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_input::Input;
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

/// What was found besides today's keys.
#[derive(Default)]
pub struct Old {
    remarks: Vec<Remark>,
    /// The style sheets that `highlight_themes_css` asked for: which colours, and the file name.
    pub css_files: Vec<CssFile>,
}

/// A style sheet for code under a name of the site's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CssFile {
    pub dark: bool,
    pub name: String,
}

struct Remark {
    /// The old key, without the names and numbers of tables, so that each is remarked upon once.
    key: String,
    span: Range<usize>,
    /// What is to be written today.
    today: Text,
    /// Whether the key's meaning could be kept.
    works: bool,
}

type Key<'i> = Spanned<Cow<'i, str>>;
type Entry<'i> = (Key<'i>, Spanned<DeValue<'i>>);

/// Brings a configuration to today's keys.
pub fn modernise(table: &mut DeTable) -> Old {
    let mut old = Old::default();
    // Up to 0.10 there was RSS only, under the name that its template still has.
    let rss = ["generate_rss", "rss_limit"].iter().any(|key| table.contains_key(*key));
    let names = table.contains_key("feed_filename") || table.contains_key("feed_filenames");
    if rss && !names {
        let span = table.iter().find(|(key, _)| key.get_ref().contains("rss")).map_or(0..0, |(key, _)| key.span());
        set(table, "feed_filenames", list(span.clone(), vec![string(span, "rss.xml")]));
    }
    let feed = || text!("`generate_feeds = true`", "`generate_feeds = true`");
    old.rename(table, "generate_feed", "generate_feeds", feed());
    old.rename(
        table,
        "generate_rss",
        "generate_feeds",
        text!(
            "`generate_feeds = true` and `feed_filenames = [\"rss.xml\"]`",
            "`generate_feeds = true` 和 `feed_filenames = [\"rss.xml\"]`"
        ),
    );
    old.rename(table, "rss_limit", "feed_limit", text!("`feed_limit`", "`feed_limit`"));
    old.feed_filename(table, "feed_filename");
    old.rename(table, "language_code", "default_language", text!("`default_language`", "`default_language`"));
    old.slugify_paths(table);
    old.without_effect(
        table,
        "check_external_links",
        text!(
            "a command: `kepu check` looks at external links, a build does not",
            "一个命令：`kepu check` 会检查外部链接，构建时不检查"
        ),
    );
    old.without_effect(table, "build_timestamp", text!("`{{{{ now() }}}}` in templates", "模板里的 `{{{{ now() }}}}`"));
    for key in ["generate_tags_pages", "generate_categories_pages"] {
        old.without_effect(
            table,
            key,
            text!("a taxonomy: `taxonomies = [{{ name = \"tags\" }}]`", "分类：`taxonomies = [{{ name = \"tags\" }}]`"),
        );
    }
    highlighting::modernise(table, &mut old);
    languages::modernise(table, &mut old);
    old.remarks.sort_by_key(|remark| remark.span.start);
    let mut seen = std::collections::HashSet::new();
    old.remarks.retain(|remark| seen.insert(remark.key.clone()));
    old
}

/// What a file has of older versions; nothing where it is not TOML.
pub fn of(source: &str) -> Old {
    DeTable::parse(source).map(|mut table| modernise(table.get_mut())).unwrap_or_default()
}

impl Old {
    /// Whether the file was written for an older version.
    pub fn is_old(&self) -> bool {
        !self.remarks.is_empty()
    }

    /// One warning for each old key.
    pub fn warnings(&self, file: &str, source: &str) -> Vec<Diagnostic> {
        self.remarks
            .iter()
            .map(|Remark { key, span, today, works }| {
                // `[translations.de]` is known by both names.
                let name = if key.starts_with("translations") { key } else { key.rsplit('.').next().unwrap_or(key) };
                let Text { en, zh } = today;
                Diagnostic::warning(
                    "config/old-key",
                    text!(
                        "`{name}` is a key of older Zola versions; today it is {en}",
                        "`{name}` 是旧版 Zola 的键，现在是{zh}"
                    ),
                )
                .at(Place::span(file, source, span.clone()))
                .help(match works {
                    true => text!(
                        "it still works; write it anew when you next edit this file",
                        "目前仍然有效，下次修改此文件时请改写"
                    ),
                    false => text!("it has no effect; remove it", "它不起作用，请删去"),
                })
            })
            .collect()
    }

    fn remark(&mut self, key: &str, span: Range<usize>, today: Text) {
        self.remarks.push(Remark { key: key.to_owned(), span, today, works: true });
    }

    /// As [`Old::remark`], for a key that cannot mean anything any more.
    fn dead(&mut self, key: &str, span: Range<usize>, today: Text) {
        self.remarks.push(Remark { key: key.to_owned(), span, today, works: false });
    }

    /// Moves a value to another key, unless that has one already.
    fn rename(&mut self, table: &mut DeTable, old: &str, new: &'static str, today: Text) {
        if let Some((key, value)) = table.remove_entry(old) {
            self.remark(old, key.span(), today);
            set_as(table, key.span(), new, value);
        }
    }

    fn without_effect(&mut self, table: &mut DeTable, key: &str, today: Text) {
        if let Some((key, _)) = table.remove_entry(key) {
            let name = key.get_ref().clone().into_owned();
            self.dead(&name, key.span(), today);
        }
    }

    /// `feed_filename = "rss.xml"`.
    fn feed_filename(&mut self, table: &mut DeTable, path: &str) {
        let Some((key, value)) = table.remove_entry("feed_filename") else { return };
        let today = match value.get_ref().as_str() {
            Some(name) => text!("`feed_filenames = [\"{name}\"]`", "`feed_filenames = [\"{name}\"]`"),
            None => text!("`feed_filenames`", "`feed_filenames`"),
        };
        self.remark(path, key.span(), today);
        let names = list(value.span(), vec![value]);
        set_as(table, key.span(), "feed_filenames", names);
    }

    /// `slugify_paths = false`, which no released version had for long.
    fn slugify_paths(&mut self, table: &mut DeTable) {
        let Some((key, value)) = table.remove_entry("slugify_paths") else { return };
        let strategy = if matches!(value.get_ref(), DeValue::Boolean(false)) { "off" } else { "on" };
        self.remark(
            "slugify_paths",
            key.span(),
            text!("`paths = \"{strategy}\"` in [slugify]", "[slugify] 里的 `paths = \"{strategy}\"`"),
        );
        let value = string(value.span(), strategy);
        if let Some(slugify) = subtable(table, key.span(), "slugify") {
            set_as(slugify, key.span(), "paths", value);
        }
    }
}

/// The table of a key, made if there is none; none where the key holds something else.
fn subtable<'a, 'i>(table: &'a mut DeTable<'i>, span: Range<usize>, key: &'static str) -> Option<&'a mut DeTable<'i>> {
    if !table.contains_key(key) {
        set(table, key, Spanned::new(span, DeValue::Table(DeTable::new())));
    }
    match table.get_mut(key)?.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn set<'i>(table: &mut DeTable<'i>, key: &'static str, value: Spanned<DeValue<'i>>) {
    let span = value.span();
    set_as(table, span, key, value);
}

/// Sets a key that is shown at `span`, unless the table has it already.
fn set_as<'i>(table: &mut DeTable<'i>, span: Range<usize>, key: &'static str, value: Spanned<DeValue<'i>>) {
    if !table.contains_key(key) {
        table.insert(Spanned::new(span, Cow::Borrowed(key)), value);
    }
}

fn string<'i>(span: Range<usize>, value: impl Into<Cow<'i, str>>) -> Spanned<DeValue<'i>> {
    Spanned::new(span, DeValue::String(value.into()))
}

fn list(span: Range<usize>, items: Vec<Spanned<DeValue>>) -> Spanned<DeValue> {
    Spanned::new(span, DeValue::Array(items.into_iter().collect()))
}

/// Warns of what front matter calls otherwise today. `keys` are those that a file had and nothing reads.
pub(crate) fn front_matter_hint(key: &str) -> Option<Text> {
    Some(match key {
        "tags" | "categories" | "category" => text!(
            "Zola has read `{key}` in the table `[taxonomies]` only since 0.4",
            "Zola 从 0.4 起只读取 `[taxonomies]` 表里的 `{key}`"
        ),
        "order" => text!("write `weight`, lightest first", "请写 `weight`，小的在前"),
        "url" => text!("write `path`", "请写 `path`"),
        "insert_anchor" => text!("write `insert_anchor_links`", "请写 `insert_anchor_links`"),
        "rss" | "generate_rss" => text!("write `generate_feeds`", "请写 `generate_feeds`"),
        _ => return None,
    })
}

/// The input of a configuration file, read with old keys as today's.
pub fn input<'a>(file: &'a str, source: &'a str) -> Input<'a> {
    Input::new(file, source).rewritten(|table| {
        modernise(table);
    })
}
