//! Languages and taxonomies before Zola 0.14: a list of codes, beside it taxonomies and translations of all languages.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Key, Old, set_as, subtable};
use crate::text;

pub fn modernise(table: &mut DeTable, old: &mut Old) {
    taxonomy_feeds(table, old);
    list(table, old);
    options(table, old);
    taxonomies(table, old);
    translations(table, old);
}

/// `taxonomies = [{ name = "tags", rss = true }]`.
fn taxonomy_feeds(table: &mut DeTable, old: &mut Old) {
    let Some(DeValue::Array(taxonomies)) = table.get_mut("taxonomies").map(Spanned::get_mut) else { return };
    for taxonomy in taxonomies.iter_mut() {
        if let DeValue::Table(taxonomy) = taxonomy.get_mut()
            && let Some((key, value)) = taxonomy.remove_entry("rss")
        {
            old.remark("taxonomies.rss", key.span(), text!("`feed`", "`feed`"));
            set_as(taxonomy, key.span(), "feed", value);
        }
    }
}

/// `languages = [{ code = "fr", feed = true, search = true }]`. Such languages had what the site has at the top level.
fn list(table: &mut DeTable, old: &mut Old) {
    if !matches!(table.get("languages").map(Spanned::get_ref), Some(DeValue::Array(_))) {
        return;
    }
    let Some((key, value)) = table.remove_entry("languages") else { return };
    let span = value.span();
    let DeValue::Array(items) = value.into_inner() else { return };
    let mut languages = DeTable::new();
    let mut first = None;
    for item in items {
        let DeValue::Table(mut options) = item.into_inner() else { continue };
        let Some((_, code)) = options.remove_entry("code") else { continue };
        let code_span = code.span();
        let DeValue::String(code) = code.into_inner() else { continue };
        for key in ["title", "description", "feed_filenames", "search"] {
            // The list's own `search` says whether there is an index.
            if let Some(value) = table.get(key)
                && !(key == "search" && matches!(value.get_ref(), DeValue::Boolean(_)))
            {
                let value = value.clone();
                if key == "search"
                    && let Some((own, index)) = options.remove_entry("search")
                {
                    set_as(&mut options, own.span(), "build_search_index", index);
                }
                set_as(&mut options, value.span(), key, value);
            }
        }
        first.get_or_insert_with(|| code.clone());
        let name: Key = Spanned::new(code_span.clone(), code);
        languages.insert(name, Spanned::new(code_span, DeValue::Table(options)));
    }
    let code = first.unwrap_or_default();
    old.remark(
        "languages",
        key.span(),
        text!("one table for each language, such as [languages.{code}]", "每种语言一个表，例如 [languages.{code}]"),
    );
    table.insert(key, Spanned::new(span, DeValue::Table(languages)));
}

/// The old keys of `[languages.fr]`.
fn options(table: &mut DeTable, old: &mut Old) {
    let Some(DeValue::Table(languages)) = table.get_mut("languages").map(Spanned::get_mut) else { return };
    for (_, language) in languages.iter_mut() {
        let DeValue::Table(language) = language.get_mut() else { continue };
        for key in ["generate_feed", "feed", "rss"] {
            if let Some((key, value)) = language.remove_entry(key) {
                let path = format!("languages.{}", key.get_ref());
                old.remark(&path, key.span(), text!("`generate_feeds`", "`generate_feeds`"));
                set_as(language, key.span(), "generate_feeds", value);
            }
        }
        if matches!(language.get("search").map(Spanned::get_ref), Some(DeValue::Boolean(_)))
            && let Some((key, value)) = language.remove_entry("search")
        {
            old.remark("languages.search", key.span(), text!("`build_search_index`", "`build_search_index`"));
            set_as(language, key.span(), "build_search_index", value);
        }
        old.feed_filename(language, "languages.feed_filename");
    }
}

/// `taxonomies = [{ name = "tags", lang = "fr" }]`.
fn taxonomies(table: &mut DeTable, old: &mut Old) {
    let default = default_language(table);
    let Some(DeValue::Array(all)) = table.get_mut("taxonomies").map(Spanned::get_mut) else { return };
    if !all.iter().any(|t| matches!(t.get_ref(), DeValue::Table(t) if t.contains_key("lang"))) {
        return;
    }
    let mut own = Vec::new();
    let mut others: Vec<(String, Spanned<DeValue>)> = Vec::new();
    for mut taxonomy in std::mem::replace(all, Vec::new().into_iter().collect()) {
        let lang = match taxonomy.get_mut() {
            DeValue::Table(taxonomy) => taxonomy.remove_entry("lang"),
            _ => None,
        };
        let Some((key, value)) = lang else {
            own.push(taxonomy);
            continue;
        };
        let code = value.get_ref().as_str().unwrap_or_default().to_owned();
        old.remark(
            "taxonomies.lang",
            key.span(),
            text!(
                "`taxonomies` of the language's own table [languages.{code}]",
                "语言自己的表 [languages.{code}] 里的 `taxonomies`"
            ),
        );
        if code == default || code.is_empty() {
            own.push(taxonomy);
        } else {
            others.push((code, taxonomy));
        }
    }
    *all = own.into_iter().collect();
    for (code, taxonomy) in others {
        let span = taxonomy.span();
        let Some(language) = language(table, &code) else { continue };
        set_as(language, span.clone(), "taxonomies", super::list(span, Vec::new()));
        if let Some(DeValue::Array(list)) = language.get_mut("taxonomies").map(Spanned::get_mut) {
            list.push(taxonomy);
        }
    }
}

/// `[translations.fr]`.
fn translations(table: &mut DeTable, old: &mut Old) {
    let default = default_language(table);
    let Some(DeValue::Table(all)) = table.get_mut("translations").map(Spanned::get_mut) else { return };
    let codes: Vec<String> = all
        .iter()
        .filter(|(_, value)| matches!(value.get_ref(), DeValue::Table(_)))
        .map(|(key, _)| key.get_ref().clone().into_owned())
        .collect();
    for code in codes {
        let Some(DeValue::Table(all)) = table.get_mut("translations").map(Spanned::get_mut) else { return };
        let Some((key, value)) = all.remove_entry(code.as_str()) else { continue };
        let span = key.span();
        if code == default {
            old.remark("translations", span, text!("[translations] itself", "[translations] 表本身"));
            let DeValue::Table(translations) = value.into_inner() else { continue };
            for (key, value) in translations {
                if !all.contains_key(&key) {
                    all.insert(key, value);
                }
            }
            continue;
        }
        match language(table, &code) {
            Some(language) => {
                set_as(language, span.clone(), "translations", value);
                old.remark(
                    "translations",
                    span,
                    text!("[languages.{code}.translations]", "[languages.{code}.translations]"),
                );
            }
            None => old.dead(
                &format!("translations.{code}"),
                span,
                text!(
                    "[languages.{code}.translations], once `{code}` is a language of this site",
                    "[languages.{code}.translations]（`{code}` 须先成为本站的语言）"
                ),
            ),
        }
    }
}

/// The table of a language that the file has.
fn language<'a, 'i>(table: &'a mut DeTable<'i>, code: &str) -> Option<&'a mut DeTable<'i>> {
    if !table.contains_key("languages") {
        return None;
    }
    let languages = subtable(table, 0..0, "languages")?;
    match languages.get_mut(code)?.get_mut() {
        DeValue::Table(language) => Some(language),
        _ => None,
    }
}

fn default_language(table: &DeTable) -> String {
    table.get("default_language").and_then(|v| v.get_ref().as_str()).unwrap_or("en").to_owned()
}
