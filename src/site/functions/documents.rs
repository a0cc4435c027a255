//! `get_page` and `get_section`.

use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{ByPath, Lookup, fail, language};
use crate::site::asks::Asks;
use crate::config::Config;
use crate::diagnostic::{Text, did_you_mean};
use crate::text;

/// Registers both. Without `lookup` they exist, but find nothing yet.
pub fn register(tera: &mut Tera, config: &Arc<Config>, lookup: Option<Arc<Lookup>>, asks: &Arc<Asks>) {
    let (pages, sections) = (lookup.clone(), lookup);
    let page_config = config.clone();
    asks.register(tera, "get_page", move |kwargs: Kwargs, state: &State| {
        get(&kwargs, state, &page_config, "get_page", pages.as_deref().map(|l| &l.pages))
    });
    let section_config = config.clone();
    asks.register(tera, "get_section", move |kwargs: Kwargs, state: &State| {
        get(&kwargs, state, &section_config, "get_section", sections.as_deref().map(|l| &l.sections))
    });
}

fn get(kwargs: &Kwargs, state: &State, config: &Config, name: &str, documents: Option<&ByPath>) -> TeraResult<Value> {
    let path: String = kwargs.must_get("path")?;
    let lang = language(kwargs, state, config)?;
    let allow_missing = kwargs.get::<bool>("allow_missing")?.unwrap_or(false);
    let path = path.strip_prefix("@/").unwrap_or(&path);
    let found = documents.and_then(|documents| {
        let (canonical, _) = documents.canonical.get(path)?;
        documents.values.get(canonical)?.get(&lang)
    });
    match found {
        Some(value) => Ok(value.clone()),
        None if allow_missing => Ok(Value::none()),
        None => Err(fail(name, why_missing(documents, path, Some(&lang)))),
    }
}

/// Why there is no such document, and what the author may have meant.
pub fn why_missing(documents: Option<&ByPath>, path: &str, lang: Option<&str>) -> Text {
    let Some(documents) = documents else {
        return text!(
            "`{path}` is not known yet: the body of a document cannot ask for other documents",
            "还不知道 `{path}`：正文里不能取用其他文档"
        );
    };
    if let Some(lang) = lang
        && documents.canonical.contains_key(path)
    {
        return text!("`{path}` not found for language `{lang}`", "找不到 `{path}` 的 `{lang}` 语言版本");
    }
    match did_you_mean(path, documents.canonical.keys().map(String::as_str)) {
        Some(near) => text!("`{path}` not found; did you mean `{near}`?", "找不到 `{path}`，您是不是要写 `{near}`？"),
        None => text!("`{path}` not found", "找不到 `{path}`"),
    }
}
