//! Zola's functions and the `markdown` filter: what templates may ask the site for.
//!
//! Two sets: those that need only addresses and files work in bodies and templates; those that need other
//! documents exist in templates only.

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

use std::collections::HashMap;
use std::sync::Arc;

use tera::{Function, FunctionResult, Kwargs, State, Tera, TeraResult, Value};

use super::asks::Asks;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Text};
use crate::outreach::Outreach;
use crate::site::library::Library;
use crate::template;
use crate::text;

pub use files::Locator;
pub use images::Images;
pub use markdown_filter::Snippets;

/// What is known before any body is rendered.
#[derive(Clone)]
pub struct Early {
    pub config: Arc<Config>,
    pub locator: Arc<Locator>,
    /// Content path to permalink.
    pub permalinks: Arc<HashMap<String, String>>,
    pub images: Arc<Images>,
    pub data: Arc<load_data::DataCache>,
    /// When the build is.
    pub now: jiff::Timestamp,
    pub outreach: Option<Arc<Outreach>>,
    pub asks: Arc<Asks>,
}

impl Early {
    pub fn new(
        config: Arc<Config>,
        locator: Arc<Locator>,
        permalinks: Arc<HashMap<String, String>>,
        images: Arc<Images>,
        now: jiff::Timestamp,
        outreach: Option<Arc<Outreach>>,
        asks: Arc<Asks>,
    ) -> Self {
        Self { config, locator, permalinks, images, data: Arc::default(), now, outreach, asks }
    }

    /// Why a document is not in the site now.
    pub fn unpublished(&self, path: &str) -> Option<Text> {
        self.outreach.as_ref()?.unpublished.get(path).map(|why| why.text())
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
    asks.register(tera, "get_url", urls::GetUrl(early.clone()));
    asks.register(tera, "get_hash", urls::GetHash(early.locator.clone()));
    asks.register(tera, "load_data", load_data::LoadData { early: early.clone(), sorted: false });
    let plan = images::ResizeImage { early: early.clone(), keeps: false };
    let plan = Arc::new(move |kwargs: Kwargs, state: &State| plan.call(kwargs, state));
    asks.register_as(tera, "resize_image", images::ResizeImage { early: early.clone(), keeps: true }, Some(plan));
    asks.register(tera, "get_image_metadata", images::GetImageMetadata(early.clone()));
    asks.register(tera, "trans", translations::Trans(early.config.clone()));
    asks.register(tera, "text_direction", translations::TextDirection(early.config.clone()));
    documents::register(tera, &early.config, None, asks);
    taxonomies::register(tera, &early.config, None, asks);
    zola22::register_early(tera, early);
    let permalinks = early.permalinks.clone();
    asks.insert(
        markdown_filter::PERMALINK,
        Arc::new(move |kwargs: Kwargs, _: &State| {
            Ok(Value::from(permalinks.get(kwargs.must_get::<&str>("of")?).cloned()))
        }),
    );
}

/// Registers what needs other documents.
pub fn register_late(tera: &mut Tera, config: &Arc<Config>, library: &Arc<Library>) {
    let asks = &library.bodies.of.early.asks;
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
    if let Some(lang) = kwargs.get::<String>("lang")? {
        return Ok(lang);
    }
    Ok(state.get::<String>("lang").ok().flatten().unwrap_or_else(|| config.default_language.clone()))
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
