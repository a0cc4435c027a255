//! The filters `glossary`, `pinyin` and `china_time`.

use tera::{Filter, Kwargs, State, Tera, TeraResult};

use super::super::{asked, fail};
use super::Source;
use crate::outreach;
use crate::text;

pub fn register(tera: &mut Tera, source: &Source) {
    let own = source.clone();
    tera.register_filter(
        "glossary",
        SafeFilter(move |html: &str, kwargs: Kwargs, _: &State| -> TeraResult<String> {
            asked::note_unknown();
            let url: String = kwargs.must_get("url")?;
            Ok(own.outreach.glossary.mark(html, &url))
        }),
    );
    let own = source.clone();
    tera.register_filter(
        "pinyin",
        SafeFilter(move |html: &str, _: Kwargs, _: &State| -> TeraResult<String> {
            asked::note_unknown();
            Ok(own.outreach.pinyin.annotate(html))
        }),
    );
    tera.register_filter("china_time", |date: &str, kwargs: Kwargs, _: &State| -> TeraResult<String> {
        let format = kwargs.get::<&str>("format")?.unwrap_or("%Y-%m-%d %H:%M");
        let Some(civil) = outreach::china_time(date) else {
            return Err(fail("china_time", text!("`{date}` is not a date", "`{date}` 不是日期")));
        };
        jiff::fmt::strtime::format(format, civil).map_err(|error| {
            let error = error.to_string();
            fail("china_time", text!("`{format}` is not a format: {error}", "`{format}` 不是有效的格式：{error}"))
        })
    });
}

/// A filter whose result is not escaped again.
struct SafeFilter<F>(F);

impl<F> Filter<&str, TeraResult<String>> for SafeFilter<F>
where
    F: Fn(&str, Kwargs, &State) -> TeraResult<String> + Sync + Send + 'static,
{
    fn call(&self, value: &str, kwargs: Kwargs, state: &State) -> TeraResult<String> {
        (self.0)(value, kwargs, state)
    }

    fn is_safe(&self) -> bool {
        true
    }
}
