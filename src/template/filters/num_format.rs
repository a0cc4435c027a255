use num_format::{Locale, ToFormattedString};
use tera::{Error, Filter, Kwargs, State, TeraResult};

/// An integer with the separators of a language: `{{ 1234567 | num_format(locale="en-IN") }}` is `12,34,567`.
///
/// The language is the site's default one if there is no argument. One with a region or script that is not known
/// by itself, `zh-CN`, is written as without it, where Zola gives up.
pub(super) struct NumFormat {
    language: String,
}

impl NumFormat {
    pub(super) fn new(language: &str) -> Self {
        Self { language: language.to_owned() }
    }
}

impl Filter<i128, TeraResult<String>> for NumFormat {
    fn call(&self, value: i128, kwargs: Kwargs, _: &State) -> TeraResult<String> {
        let name = kwargs.get("locale")?.unwrap_or(self.language.as_str());
        let locale = find(name).ok_or_else(|| {
            Error::message(format!("Filter `num_format` was called with an invalid `locale` argument: `{name}`."))
        })?;
        Ok(value.to_formatted_string(&locale))
    }
}

fn find(mut name: &str) -> Option<Locale> {
    loop {
        if let Ok(locale) = Locale::from_name(name) {
            return Some(locale);
        }
        name = name.rsplit_once(['-', '_'])?.0;
    }
}
