//! `get_taxonomy`, `get_taxonomy_term` and `get_taxonomy_url`.

use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{Lookup, Safe, TaxonomyEntry, fail, language};
use crate::site::asks::Asks;
use crate::config::{Config, slugify_path};
use crate::text;

/// Registers all three. Without `lookup` they exist, but find nothing yet.
pub fn register(tera: &mut Tera, config: &Arc<Config>, lookup: Option<Arc<Lookup>>, asks: &Arc<Asks>) {
    let (c, l) = (config.clone(), lookup.clone());
    asks.register(tera, "get_taxonomy", move |kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        let found = taxonomy(&kwargs, state, &c, l.as_deref(), "get_taxonomy")?;
        Ok(found.map_or(Value::none(), |t| t.value.clone()))
    });
    let (c, l) = (config.clone(), lookup.clone());
    asks.register(tera, "get_taxonomy_term", move |kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        let Some(found) = taxonomy(&kwargs, state, &c, l.as_deref(), "get_taxonomy_term")? else {
            return Ok(Value::none());
        };
        let name: &str = kwargs.must_get("term")?;
        match found.terms.get(&slugify_path(name, c.slugify.taxonomies)) {
            Some(term) => Ok(term.clone()),
            None if !kwargs.get::<bool>("required")?.unwrap_or(true) => Ok(Value::none()),
            None => Err(fail("get_taxonomy_term", text!("no page has the term `{name}`", "没有页面使用词条 `{name}`"))),
        }
    });
    let (c, l) = (config.clone(), lookup);
    let get_taxonomy_url = move |kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        // Called `name` up to Zola 0.22.
        let Some(name) = kwargs.get::<&str>("term")?.or(kwargs.get::<&str>("name")?) else {
            return Err(fail("get_taxonomy_url", text!("the argument `term` is missing", "缺少参数 `term`")));
        };
        let Some(found) = taxonomy(&kwargs, state, &c, l.as_deref(), "get_taxonomy_url")? else {
            return Ok(Value::none());
        };
        let term = found.terms.get(&slugify_path(name, c.slugify.taxonomies));
        match term.and_then(|t| t.get_from_path("permalink")) {
            Some(permalink) => Ok(permalink.clone()),
            None => Err(fail("get_taxonomy_url", text!("no page has the term `{name}`", "没有页面使用词条 `{name}`"))),
        }
    };
    asks.register(tera, "get_taxonomy_url", Safe(get_taxonomy_url));
}

/// The taxonomy called `kind`; none where it is not required and does not exist.
fn taxonomy<'a>(
    kwargs: &Kwargs,
    state: &State,
    config: &Config,
    lookup: Option<&'a Lookup>,
    name: &str,
) -> TeraResult<Option<&'a TaxonomyEntry>> {
    let kind: &str = kwargs.must_get("kind")?;
    let lang = language(kwargs, state, config)?;
    let found = lookup.and_then(|l| l.taxonomies.get(&lang)).and_then(|by_slug| by_slug.get(kind));
    if found.is_none() && kwargs.get::<bool>("required")?.unwrap_or(true) {
        return Err(fail(
            name,
            match lookup {
                Some(_) => {
                    text!("there is no taxonomy `{kind}` in language `{lang}`", "语言 `{lang}` 没有分类 `{kind}`")
                }
                None => text!(
                    "taxonomies are not known yet: the body of a document cannot ask for them",
                    "还不知道分类：正文里不能取用分类"
                ),
            },
        ));
    }
    Ok(found)
}
