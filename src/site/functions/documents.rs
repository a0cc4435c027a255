//! `get_page` and `get_section`.

use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{broken, fail, language};
use crate::config::Config;
use crate::diagnostic::{Text, did_you_mean};
use crate::site::asks::Asks;
use crate::site::library::{Kind, Library};
use crate::text;

/// Registers both. Without `library` they exist, but find nothing yet.
pub fn register(tera: &mut Tera, config: &Arc<Config>, library: Option<Arc<Library>>, asks: &Arc<Asks>) {
    for (name, kind) in [("get_page", Kind::Page), ("get_section", Kind::Section)] {
        let (config, library) = (config.clone(), library.clone());
        asks.register(tera, name, move |kwargs: Kwargs, state: &State| {
            get(&kwargs, state, &config, name, kind, library.as_deref())
        });
    }
}

fn get(
    kwargs: &Kwargs,
    state: &State,
    config: &Config,
    name: &str,
    kind: Kind,
    library: Option<&Library>,
) -> TeraResult<Value> {
    let path: String = kwargs.must_get("path")?;
    let lang = language(kwargs, state, config)?;
    let allow_missing = kwargs.get::<bool>("allow_missing")?.unwrap_or(false);
    let path = path.strip_prefix("@/").unwrap_or(&path);
    let found = library.and_then(|library| Some(library.document(library.find(kind, path, Some(&lang))?)));
    match found {
        Some(value) => value.map_err(|errors| broken(name, &errors)),
        None if allow_missing => Ok(Value::none()),
        None => Err(fail(name, why_missing(library, kind, path, Some(&lang)))),
    }
}

/// Why there is no such document, and what the author may have meant.
pub fn why_missing(library: Option<&Library>, kind: Kind, path: &str, lang: Option<&str>) -> Text {
    let Some(library) = library else {
        return text!(
            "`{path}` is not known yet: the body of a document cannot ask for other documents",
            "还不知道 `{path}`：正文里不能取用其他文档"
        );
    };
    if let Some(lang) = lang
        && library.find(kind, path, None).is_some()
    {
        return text!("`{path}` not found for language `{lang}`", "找不到 `{path}` 的 `{lang}` 语言版本");
    }
    match did_you_mean(path, library.paths(kind)) {
        Some(near) => text!("`{path}` not found; did you mean `{near}`?", "找不到 `{path}`，您是不是要写 `{near}`？"),
        None => text!("`{path}` not found", "找不到 `{path}`"),
    }
}
