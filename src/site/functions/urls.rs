//! `get_url` and `get_hash`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tera::{Kwargs, TeraResult, Value};

use super::files::{hex, sha2};
use super::{Early, fail, language_in};
use crate::diagnostic::did_you_mean;
use crate::text;

/// `get_url(path=…)`
pub fn get_url(early: &Early, kwargs: &Kwargs, lang: Option<&str>) -> TeraResult<Value> {
    let path: &str = kwargs.must_get("path")?;
    let config = &early.config;
    if let Some(path) = path.strip_prefix("@/") {
        return internal(early, path, &language_in(kwargs, lang, config)?);
    }
    let mut path = path.to_owned();
    if let Some(lang) = kwargs.get::<&str>("lang")?
        && lang != config.default_language
        && path.trim_start_matches('/').split('/').next() != Some(lang)
    {
        path = format!("{lang}/{path}");
    }
    external(early, &path, kwargs)
}

/// The address of a path of the output, which may begin with a language.
pub fn external(early: &Early, path: &str, kwargs: &Kwargs) -> TeraResult<Value> {
    let mut url = early.config.permalink(path);
    if !kwargs.get::<bool>("trailing_slash")?.unwrap_or(false) && url.ends_with('/') {
        url.pop();
    }
    if kwargs.get::<bool>("cachebust")?.unwrap_or(false) {
        let digest = early.locator.digest(path, 256).map_err(|why| fail("get_url", why))?;
        let Some(digest) = digest else {
            return Err(fail("get_url", text!("there is no file `{path}`", "没有文件 `{path}`")));
        };
        url = format!("{url}?h={}", &hex(&digest)[..20]);
    }
    Ok(Value::from(url))
}

/// The address of a content path, which may end in an anchor. Of a page that waits for its day or is past it, an empty text: lists
/// of links must not break a site that a timer builds.
pub fn internal(early: &Early, path: &str, lang: &str) -> TeraResult<Value> {
    let config = &early.config;
    let (file, anchor) = match path.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (path, None),
    };
    let file = if lang == config.default_language {
        file.to_owned()
    } else if !config.languages.contains_key(lang) {
        return Err(fail("get_url", text!("the site has no language `{lang}`", "网站没有语言 `{lang}`")));
    } else {
        match file.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem}.{lang}.{extension}"),
            None => format!("{lang}.{file}"),
        }
    };
    let Some(permalink) = early.places.permalink(&file) else {
        if early.why_unpublished(&file).is_some() {
            return Ok(Value::from(""));
        }
        let near = did_you_mean(&file, early.places.paths());
        return Err(fail(
            "get_url",
            match near {
                Some(near) => text!(
                    "`@/{file}` not found; did you mean `@/{near}`?",
                    "找不到 `@/{file}`，您是不是要写 `@/{near}`？"
                ),
                None => text!("`@/{file}` not found", "找不到 `@/{file}`"),
            },
        ));
    };
    Ok(Value::from(match anchor {
        Some(anchor) => format!("{permalink}#{anchor}"),
        None => permalink.clone(),
    }))
}

/// `get_hash(path=…)` or `get_hash(literal=…)`
pub fn get_hash(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let bits: u16 = kwargs.get("sha_type")?.unwrap_or(384);
    if ![256, 384, 512].contains(&bits) {
        return Err(fail(
            "get_hash",
            text!("`sha_type` is 256, 384 or 512, not {bits}", "`sha_type` 只能是 256、384 或 512，不是 {bits}"),
        ));
    }
    let digest: Arc<[u8]> = match (kwargs.get::<&str>("path")?, kwargs.get::<&str>("literal")?) {
        (Some(path), None) => match early.locator.digest(path, bits).map_err(|why| fail("get_hash", why))? {
            Some(digest) => digest,
            None => return Err(fail("get_hash", text!("there is no file `{path}`", "没有文件 `{path}`"))),
        },
        (None, Some(literal)) => sha2(literal.as_bytes(), bits).into(),
        _ => {
            return Err(fail(
                "get_hash",
                text!("give either `path` or `literal`", "请只给出 `path` 或 `literal` 之一"),
            ));
        }
    };
    let base64 = kwargs.get::<bool>("base64")?.unwrap_or(true);
    Ok(Value::from(if base64 { STANDARD.encode(&digest) } else { hex(&digest) }))
}
