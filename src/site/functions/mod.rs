//! Zola's functions and the `markdown` filter: what templates may ask the site for.
//!
//! Two sets: those that need only addresses and files work in bodies and templates; those that need other
//! documents exist in templates only.

pub mod asked;
mod documents;
pub mod files;
mod images;
mod load_data;
mod markdown_filter;
pub mod outreach;
mod taxonomies;
mod translations;
mod urls;
pub mod zola22;

use std::sync::Arc;

use tera::{Function, FunctionResult, Kwargs, State, Tera, TeraResult, Value};

use super::asks::Asks;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Text};
use crate::site::library::Library;
use crate::site::relate::Places;
use crate::site::taxonomy::TaxonomyTerms;
use crate::template;
use crate::text;

use asked::Ask;

pub use asked::Asked;
pub use files::Locator;
pub use images::{Images, Processed};
pub use load_data::DataCache;
pub use markdown_filter::Snippets;

/// What is known before any body is rendered.
#[derive(Clone)]
pub struct Early {
    pub config: Arc<Config>,
    pub locator: Arc<Locator>,
    pub places: Arc<Places>,
    pub images: Arc<Images>,
    pub data: Arc<DataCache>,
    pub taxonomies: Arc<Vec<TaxonomyTerms>>,
    /// When the build is.
    pub now: jiff::Timestamp,
    pub outreach: Option<outreach::Source>,
    pub asks: Arc<Asks>,
}

impl Early {
    /// The address of a document.
    pub fn permalink(&self, path: &str) -> Option<String> {
        let found = self.places.permalink(path);
        asked::note_link(path, found.map(String::as_str), self.why_unpublished(path).as_ref());
        self.asks.note(markdown_filter::PERMALINK, path, &Value::from(found.cloned()));
        found.cloned()
    }

    /// Why a document is not in the site now.
    pub fn unpublished(&self, path: &str) -> Option<Text> {
        let why = self.why_unpublished(path);
        if why.is_some() {
            asked::note_link(path, self.places.permalink(path).map(String::as_str), why.as_ref());
            // No question tells of it.
            template::reads::outside();
        }
        why
    }

    fn why_unpublished(&self, path: &str) -> Option<Text> {
        self.outreach.as_ref()?.outreach.unpublished.get(path).map(|why| why.text())
    }
}

/// Registers stand-ins for every function, so that templates can be parsed before there is a site.
pub fn register_names(tera: &mut Tera) {
    const NAMES: [&str; 12] = [
        "get_url",
        "get_hash",
        "load_data",
        "resize_image",
        "get_image_metadata",
        "trans",
        "text_direction",
        "get_page",
        "get_section",
        "get_taxonomy",
        "get_taxonomy_term",
        "get_taxonomy_url",
    ];
    for name in NAMES.iter().chain(zola22::NAMES) {
        tera.register_function(*name, |_: Kwargs, _: &State| -> TeraResult<Value> {
            Err(template::error(text!("this function is not available here", "这个函数在这里不可用")))
        });
    }
    for name in [markdown_filter::NAME, markdown_filter::TERA1_NAME] {
        tera.register_filter(name, |value: &str, _: Kwargs, _: &State| value.to_owned());
    }
}

/// Registers what works without other documents.
pub fn register_early(tera: &mut Tera, early: &Early) {
    let asks = &early.asks;
    asks.register(tera, "get_url", Safe(answering(early, urls::get_url)));
    asks.register(tera, "get_hash", answering(early, urls::get_hash));
    asks.register(tera, "load_data", answering(early, load_data::load_data));
    let own = early.clone();
    let plan = Arc::new(move |kwargs: Kwargs, _: &State| images::resized_image(&own, &kwargs));
    asks.register_as(tera, "resize_image", answering(early, images::resize_image), Some(plan));
    asks.register(tera, "get_image_metadata", answering(early, images::get_image_metadata));
    asks.register(tera, "trans", translations::Trans(early.config.clone()));
    asks.register(tera, "text_direction", translations::TextDirection(early.config.clone()));
    documents::register(tera, &early.config, None, asks);
    taxonomies::register(tera, &early.config, None, asks);
    zola22::register_early(tera, early);
    outreach::register_early(tera, early);
    let places = early.places.clone();
    asks.insert(
        markdown_filter::PERMALINK,
        Arc::new(move |kwargs: Kwargs, _: &State| {
            Ok(Value::from(places.permalink(kwargs.must_get::<&str>("of")?).cloned()))
        }),
    );
}

/// A function that keeps notes for bodies of what it answers.
fn answering(early: &Early, ask: Ask) -> impl Fn(Kwargs, &State) -> TeraResult<Value> + Sync + Send + 'static {
    let early = early.clone();
    move |kwargs: Kwargs, state: &State| {
        let lang = state.get::<String>("lang").ok().flatten();
        let answer = ask(&early, &kwargs, lang.as_deref())?;
        asked::note_call(ask, &kwargs, lang.as_deref(), &answer);
        Ok(answer)
    }
}

/// Registers what needs other documents.
pub fn register_late(tera: &mut Tera, early: &Early, library: &Arc<Library>) {
    let config = &early.config;
    outreach::register_late(tera, early, library);
    let asks = &early.asks;
    zola22::register_late(tera, config, Some(library.clone()), asks);
    documents::register(tera, config, Some(library.clone()), asks);
    taxonomies::register(tera, config, Some(library.clone()), asks);
}

/// What stands in the way of a value: the error of a body that is in it.
fn broken(name: &str, errors: &[Diagnostic]) -> tera::Error {
    let why = errors.iter().find(|error| error.is_error());
    let file = why.and_then(|error| error.place.as_ref()).map_or("", |place| place.file.as_str());
    let Text { en, zh } = why.map_or_else(|| Text::verbatim(""), |error| error.message.clone());
    fail(name, text!("`{file}` has an error: {en}", "`{file}` 有错误：{zh}"))
}

/// Whether the result of a function is HTML that is not escaped again.
pub fn is_safe(name: &str) -> bool {
    matches!(name, "get_url" | "get_taxonomy_url")
}

/// The `lang` argument of a function, else the language of what is being rendered.
fn language(kwargs: &Kwargs, state: &State, config: &Config) -> TeraResult<String> {
    language_in(kwargs, state.get::<String>("lang").ok().flatten().as_deref(), config)
}

/// [`language`] where the variable `lang` is known.
fn language_in(kwargs: &Kwargs, lang: Option<&str>, config: &Config) -> TeraResult<String> {
    Ok(kwargs.get::<String>("lang")?.unwrap_or_else(|| lang.unwrap_or(&config.default_language).to_owned()))
}

/// An error of the function `name`.
fn fail(name: &str, why: Text) -> tera::Error {
    template::error(Text { en: format!("`{name}`: {}", why.en), zh: format!("`{name}`：{}", why.zh) })
}

/// A function whose result is not escaped again.
struct Safe<F>(F);

impl<F, R> Function<R> for Safe<F>
where
    F: Fn(Kwargs, &State) -> R + Sync + Send + 'static,
    R: FunctionResult,
{
    fn call(&self, kwargs: Kwargs, state: &State) -> R {
        (self.0)(kwargs, state)
    }

    fn is_safe(&self) -> bool {
        true
    }
}
