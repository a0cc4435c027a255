//! The functions as Zola 0.22 has them, for templates of that generation: `t1_get_page` and so on.
//!
//! They differ from today's in what `lang` is when it is not given (the default language, not that of the page that is
//! rendered), in how they look things up, and in a few arguments. What is the same has no `t1_` name.

use std::sync::Arc;

use jiff::Timestamp;
use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{Early, Safe, answering, broken, fail, images, load_data, translations, urls};
use crate::config::{Config, slugify_path};
use crate::site::asks::Asks;
use crate::site::library::{Kind, Library};
use crate::site::taxonomy::TaxonomyTerms;
use crate::template::reads;
use crate::text;

/// The names of all.
pub const NAMES: &[&str] = &[
    "t1_get_url",
    "t1_load_data",
    "t1_get_image_metadata",
    "t1_trans",
    "t1_now",
    "t1_get_page",
    "t1_get_section",
    "t1_get_taxonomy",
    "t1_get_taxonomy_term",
    "t1_get_taxonomy_url",
];

/// Registers what works in bodies too.
pub fn register_early(tera: &mut Tera, early: &Early) {
    let (config, asks) = (early.config.clone(), &early.asks);
    asks.register(tera, "t1_get_url", Safe(answering(early, get_url)));
    asks.register(tera, "t1_load_data", answering(early, load_data::load_data_22));
    asks.register(tera, "t1_get_image_metadata", answering(early, get_image_metadata));
    asks.register(tera, "t1_get_taxonomy_url", Safe(answering(early, get_taxonomy_url)));
    let trans_config = config.clone();
    asks.register(tera, "t1_trans", move |kwargs: Kwargs, _: &State| -> TeraResult<String> {
        let lang = language(&kwargs, &trans_config)?;
        translations::translate(&trans_config, kwargs.must_get("key")?, &lang)
    });
    let now = early.now;
    asks.register(tera, "t1_now", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        // Without the machine's time zone, on which no page may depend.
        kwargs.get::<bool>("utc")?;
        reads::clock();
        Ok(match kwargs.get::<bool>("timestamp")?.unwrap_or(false) {
            true => Value::from(now.as_second()),
            false => Value::from(rfc3339(now)),
        })
    });
    register_late(tera, &config, None, asks);
}

/// As the crate chrono writes a time: fractions only where there are any.
fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()
}

fn get_image_metadata(early: &Early, kwargs: &Kwargs, lang: Option<&str>) -> TeraResult<Value> {
    let value = images::get_image_metadata(early, kwargs, lang)?;
    let Some(map) = value.as_map() else { return Ok(value) };
    let known = |key: &str| ["width", "height", "format", "mime"].contains(&key);
    Ok(Value::from(
        map.iter()
            .filter(|(key, _)| key.as_str().is_some_and(known))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<tera::Map>(),
    ))
}

/// `get_taxonomy_url`, which bodies may use too, as terms are known before them.
fn get_taxonomy_url(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let (kind, name): (&str, &str) = (kwargs.must_get("kind")?, kwargs.must_get("name")?);
    let lang = language(kwargs, &early.config)?;
    let is_it = |taxonomy: &&TaxonomyTerms| taxonomy.definition.name == kind && taxonomy.lang == lang;
    let Some(taxonomy) = early.taxonomies.iter().rfind(is_it) else {
        return missing(kwargs, "get_taxonomy_url", || text!("there is no taxonomy `{kind}`", "没有分类 `{kind}`"));
    };
    match taxonomy.find(&slugify_path(name, early.config.slugify.taxonomies)) {
        Some(term) => Ok(Value::from(taxonomy.terms[term].permalink.as_str())),
        None => Err(fail(
            "get_taxonomy_url",
            text!("no page has the term `{name}` of `{kind}`", "没有页面使用 `{kind}` 的词条 `{name}`"),
        )),
    }
}

/// Registers what needs other documents. Without `library` the functions exist, but find nothing yet.
pub fn register_late(tera: &mut Tera, config: &Arc<Config>, library: Option<Arc<Library>>, asks: &Arc<Asks>) {
    let (c, l) = (config.clone(), library.clone());
    asks.register(tera, "t1_get_page", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        document(&kwargs, &c, "get_page", Kind::Page, l.as_deref())
    });
    let (c, l) = (config.clone(), library.clone());
    asks.register(tera, "t1_get_section", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let section = document(&kwargs, &c, "get_section", Kind::Section, l.as_deref())?;
        // Anything but a boolean counted as false.
        let metadata_only = matches!(kwargs.get::<bool>("metadata_only"), Ok(Some(true)));
        Ok(if metadata_only { without_pages(&section) } else { section })
    });
    let (c, l) = (config.clone(), library.clone());
    asks.register(tera, "t1_get_taxonomy", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let kind = kwargs.must_get("kind")?;
        match taxonomy(&kwargs, &c, l.as_deref(), kind)? {
            Some((library, id)) => library.taxonomy(id).map_err(|errors| broken("get_taxonomy", &errors)),
            None => missing(&kwargs, "get_taxonomy", || text!("there is no taxonomy `{kind}`", "没有分类 `{kind}`")),
        }
    });
    let (c, l) = (config.clone(), library);
    asks.register(tera, "t1_get_taxonomy_term", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let (kind, name): (&str, &str) = (kwargs.must_get("kind")?, kwargs.must_get("term")?);
        let include_pages = kwargs.get::<bool>("include_pages")?.unwrap_or(true);
        let Some((library, id)) = taxonomy(&kwargs, &c, l.as_deref(), kind)? else {
            return missing(&kwargs, "get_taxonomy_term", || {
                text!("there is no taxonomy `{kind}`", "没有分类 `{kind}`")
            });
        };
        let terms = &library.taxonomies[id];
        let term = terms.find(&slugify_path(name, c.slugify.taxonomies));
        match term.filter(|term| terms.terms[*term].name == name) {
            Some(term) => {
                let term = library.term(id, term).map_err(|errors| broken("get_taxonomy_term", &errors))?;
                Ok(if include_pages { term } else { without_pages(&term) })
            }
            None => missing(&kwargs, "get_taxonomy_term", || {
                text!("no page has the term `{name}` of `{kind}`", "没有页面使用 `{kind}` 的词条 `{name}`")
            }),
        }
    });
}

/// The `lang` argument, else the default language.
fn language(kwargs: &Kwargs, config: &Config) -> TeraResult<String> {
    Ok(kwargs.get::<String>("lang")?.unwrap_or_else(|| config.default_language.clone()))
}

/// The answer where something does not exist: nothing, or an error if it is required.
fn missing(kwargs: &Kwargs, name: &str, why: impl FnOnce() -> crate::diagnostic::Text) -> TeraResult<Value> {
    match kwargs.get::<bool>("required")?.unwrap_or(true) {
        true => Err(fail(name, why())),
        false => Ok(Value::none()),
    }
}

/// A page or section by its path, which holds the language's code (`a.fr.md`) unless `lang` is given.
fn document(kwargs: &Kwargs, config: &Config, name: &str, kind: Kind, library: Option<&Library>) -> TeraResult<Value> {
    let path: &str = kwargs.must_get("path")?;
    let lang = kwargs.get::<String>("lang")?.filter(|lang| *lang != config.default_language);
    let file = match &lang {
        None => path.to_owned(),
        Some(lang) => match path.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{lang}.{extension}"),
            None => format!("{path}.{lang}"),
        },
    };
    match library.and_then(|library| Some(library.document(library.find(kind, &file, None)?))) {
        Some(value) => value.map_err(|errors| broken(name, &errors)),
        None => Err(fail(name, super::documents::why_missing(library, kind, &file, lang.as_deref()))),
    }
}

fn taxonomy<'a>(
    kwargs: &Kwargs,
    config: &Config,
    library: Option<&'a Library>,
    kind: &str,
) -> TeraResult<Option<(&'a Library, usize)>> {
    let lang = language(kwargs, config)?;
    Ok(library.and_then(|library| {
        let is_it = |taxonomy: &TaxonomyTerms| taxonomy.lang == lang && taxonomy.definition.name == kind;
        Some((library, library.taxonomies.iter().position(is_it)?))
    }))
}

/// A section or term whose list of pages is empty; everything else is shared.
pub fn without_pages(value: &Value) -> Value {
    let Some(map) = value.as_map() else { return value.clone() };
    let mut map = map.clone();
    map.insert("pages".into(), Value::from(Vec::<Value>::new()));
    Value::from(map)
}

/// `get_url`, which adds a language only where it is asked to.
fn get_url(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let path: &str = kwargs.must_get("path")?;
    let default = early.config.default_language.as_str();
    let lang = kwargs.get::<&str>("lang")?.unwrap_or(default);
    if let Some(path) = path.strip_prefix("@/") {
        return urls::internal(early, path, lang);
    }
    // The first character was not looked at: only `/fr/a` already has its language, `fr/a` has not.
    let mut rest = path.chars();
    rest.next();
    if lang != default && !rest.as_str().starts_with(lang) {
        return urls::external(early, &format!("{lang}/{path}"), kwargs);
    }
    urls::external(early, path, kwargs)
}
