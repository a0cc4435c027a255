//! `trans` and `text_direction`.

use std::sync::Arc;

use tera::{Function, Kwargs, State, TeraResult};
use unic_langid::{CharacterDirection, LanguageIdentifier};

use super::{fail, language};
use crate::config::Config;
use crate::diagnostic::did_you_mean;
use crate::text;

pub struct Trans(pub Arc<Config>);

impl Function<TeraResult<String>> for Trans {
    fn call(&self, kwargs: Kwargs, state: &State) -> TeraResult<String> {
        translate(&self.0, kwargs.must_get("key")?, &language(&kwargs, state, &self.0)?)
    }
}

/// What `key` is in a language.
pub fn translate(config: &Config, key: &str, lang: &str) -> TeraResult<String> {
    let Some(options) = config.languages.get(lang) else {
        return Err(fail("trans", text!("the site has no language `{lang}`", "网站没有语言 `{lang}`")));
    };
    options.translations.get(key).cloned().ok_or_else(|| {
        fail(
            "trans",
            match did_you_mean(key, options.translations.keys().map(String::as_str)) {
                Some(near) => text!(
                    "language `{lang}` has no translation of `{key}`; did you mean `{near}`?",
                    "语言 `{lang}` 没有 `{key}` 的译文，您是不是要写 `{near}`？"
                ),
                None => text!(
                    "language `{lang}` has no translation of `{key}`; add it to its `[translations]`",
                    "语言 `{lang}` 没有 `{key}` 的译文；请加到它的 `[translations]`"
                ),
            },
        )
    })
}

pub struct TextDirection(pub Arc<Config>);

impl Function<TeraResult<&'static str>> for TextDirection {
    /// `ltr` or `rtl`, as HTML's `dir` takes it. Vertical Mongolian is `ltr` there: its lines go left to right.
    fn call(&self, kwargs: Kwargs, state: &State) -> TeraResult<&'static str> {
        let lang = language(&kwargs, state, &self.0)?;
        let id: LanguageIdentifier = lang.parse().map_err(|_| {
            fail("text_direction", text!("`{lang}` is not a language tag", "`{lang}` 不是有效的语言代码"))
        })?;
        Ok(match id.character_direction() {
            CharacterDirection::RTL => "rtl",
            CharacterDirection::LTR | CharacterDirection::TTB => "ltr",
        })
    }
}
