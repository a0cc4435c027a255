//! `get_taxonomy`, `get_taxonomy_term` and `get_taxonomy_url`.

use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{Safe, broken, fail, language};
use crate::config::{Config, slugify_path};
use crate::site::asks::Asks;
use crate::site::library::Library;
use crate::site::taxonomy::TaxonomyTerms;
use crate::text;

/// Registers all three. Without `library` they exist, but find nothing yet.
pub fn register(tera: &mut Tera, config: &Arc<Config>, library: Option<Arc<Library>>, asks: &Arc<Asks>) {
    let (c, l) = (config.clone(), library.clone());
    asks.register(tera, "get_taxonomy", move |kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        match taxonomy(&kwargs, state, &c, l.as_deref(), "get_taxonomy")? {
            Some((library, id)) => library.taxonomy(id).map_err(|errors| broken("get_taxonomy", &errors)),
            None => Ok(Value::none()),
        }
    });
    let (c, l) = (config.clone(), library.clone());
    asks.register(tera, "get_taxonomy_term", move |kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        let Some((library, id)) = taxonomy(&kwargs, state, &c, l.as_deref(), "get_taxonomy_term")? else {
            return Ok(Value::none());
        };
        let name: &str = kwargs.must_get("term")?;
        match library.taxonomies[id].find(&slugify_path(name, c.slugify.taxonomies)) {
            Some(term) => library.term(id, term).map_err(|errors| broken("get_taxonomy_term", &errors)),
            None if !kwargs.get::<bool>("required")?.unwrap_or(true) => Ok(Value::none()),
            None => Err(fail("get_taxonomy_term", text!("no page has the term `{name}`", "没有页面使用词条 `{name}`"))),
        }
    });
    let (c, l) = (config.clone(), library);
    let get_taxonomy_url = move |kwargs: Kwargs, state: &State| -> TeraResult<Value> {
        // Called `name` up to Zola 0.22.
        let Some(name) = kwargs.get::<&str>("term")?.or(kwargs.get::<&str>("name")?) else {
            return Err(fail("get_taxonomy_url", text!("the argument `term` is missing", "缺少参数 `term`")));
        };
        let Some((library, id)) = taxonomy(&kwargs, state, &c, l.as_deref(), "get_taxonomy_url")? else {
            return Ok(Value::none());
        };
        let taxonomy = &library.taxonomies[id];
        match taxonomy.find(&slugify_path(name, c.slugify.taxonomies)) {
            Some(term) => Ok(Value::from(taxonomy.terms[term].permalink.as_str())),
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
    library: Option<&'a Library>,
    name: &str,
) -> TeraResult<Option<(&'a Library, usize)>> {
    let kind: &str = kwargs.must_get("kind")?;
    let lang = language(kwargs, state, config)?;
    let found = library.and_then(|library| {
        let is_it = |taxonomy: &TaxonomyTerms| taxonomy.lang == lang && taxonomy.definition.slug == kind;
        Some((library, library.taxonomies.iter().rposition(is_it)?))
    });
    if found.is_none() && kwargs.get::<bool>("required")?.unwrap_or(true) {
        return Err(fail(
            name,
            match library {
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
