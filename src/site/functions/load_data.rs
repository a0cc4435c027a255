//! `load_data`: a file of the site, an address, or a literal, read in one of the data formats.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, RwLock};

use tera::{Function, Kwargs, State, TeraResult, Value};

use super::files::Found;
use super::{Early, fail};
use crate::content;
use crate::data::{self, Format, fetch};
use crate::diagnostic::Text;
use crate::text;

/// What was loaded in this build, by source and format.
#[derive(Default)]
pub struct DataCache {
    values: RwLock<HashMap<Key, Value>>,
    /// One request at a time: two pages that ask for one address must not fetch it twice.
    network: Mutex<()>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    File(PathBuf, Format),
    Fetch(fetch::Request, Format),
}

pub struct LoadData {
    pub early: Early,
    /// Tables of TOML have their keys in alphabetical order, as up to Zola 0.22.
    pub sorted: bool,
}

/// Where the data is.
enum Source {
    File(Found, String),
    Url(String),
    Literal(String),
}

impl Function<TeraResult<Value>> for LoadData {
    fn call(&self, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
        let required = kwargs.get::<bool>("required")?.unwrap_or(true);
        let source = match self.source(&kwargs)? {
            Ok(source) => source,
            Err(_) if !required => return Ok(Value::none()),
            Err(why) => return Err(fail("load_data", why)),
        };
        let format = match kwargs.get::<&str>("format")? {
            Some(name) => Format::from_name(name).map_err(|why| fail("load_data", why))?,
            None => match &source {
                Source::File(_, path) => Format::from_path(Path::new(path)),
                Source::Url(_) | Source::Literal(_) => Format::Plain,
            },
        };
        let value = match source {
            Source::File(found, path) => self.file(found, &path, format),
            Source::Literal(text) => data::parse(format, &text).map_err(|error| fail("load_data", error.to_text())),
            Source::Url(url) => match self.fetch(url, format, &kwargs)? {
                Ok(value) => Ok(value),
                Err(_) if !required => Ok(Value::none()),
                Err(why) => Err(fail("load_data", why)),
            },
        };
        match (self.sorted, format) {
            (true, Format::Toml) => value.map(data::with_sorted_keys),
            _ => value,
        }
    }
}

impl LoadData {
    fn source(&self, kwargs: &Kwargs) -> TeraResult<Result<Source, Text>> {
        let (path, url, literal) =
            (kwargs.get::<&str>("path")?, kwargs.get::<&str>("url")?, kwargs.get::<&str>("literal")?);
        Ok(match (path, url, literal) {
            (Some(path), None, None) => match self.early.locator.find(path) {
                Ok(Some(found)) => Ok(Source::File(found, path.to_owned())),
                Ok(None) => Err(text!("there is no file `{path}`", "没有文件 `{path}`")),
                Err(why) => Err(why),
            },
            (None, Some(url), None) => Ok(Source::Url(url.to_owned())),
            (None, None, Some(literal)) => Ok(Source::Literal(literal.to_owned())),
            _ => Err(text!(
                "requires EITHER a `path`, `url`, or `literal` argument",
                "`path`、`url`、`literal` 三个参数须给出且只给出一个"
            )),
        })
    }

    fn file(&self, found: Found, path: &str, format: Format) -> TeraResult<Value> {
        let parse = |text: &str| {
            data::parse(format, text).map_err(|error| {
                let Text { en, zh } = error.to_text();
                fail("load_data", Text { en: format!("`{path}`: {en}"), zh: format!("`{path}`：{zh}") })
            })
        };
        let file = match found {
            Found::Generated { text, .. } => return parse(&text),
            Found::Disk { path, .. } => path,
        };
        let key = Key::File(file.clone(), format);
        if let Some(value) = self.early.data.get(&key) {
            return Ok(value);
        }
        // A file that had to be converted is read all the same; its warning would need a place to go.
        let text =
            content::read_text(&file, path, &mut Vec::new()).map_err(|error| fail("load_data", error.message))?;
        let value = parse(&text)?;
        self.early.data.put(key, value.clone());
        Ok(value)
    }

    fn fetch(&self, url: String, format: Format, kwargs: &Kwargs) -> TeraResult<Result<Value, Text>> {
        let method = match kwargs.get::<&str>("method")? {
            Some(name) => fetch::Method::from_name(name).map_err(|why| fail("load_data", why))?,
            None => fetch::Method::Get,
        };
        let headers: Vec<String> = kwargs.get("headers")?.unwrap_or_default();
        let request = fetch::Request {
            url,
            method,
            body: kwargs.get("body")?,
            content_type: kwargs.get("content_type")?,
            headers: fetch::headers(&headers).map_err(|why| fail("load_data", why))?,
            accept: format.accept(),
        };
        crate::template::reads::outside();
        let key = Key::Fetch(request.clone(), format);
        let _one_at_a_time = self.early.data.network.lock();
        if let Some(value) = self.early.data.get(&key) {
            return Ok(Ok(value));
        }
        Ok(fetch::fetch(&request).and_then(|text| data::parse(format, &text).map_err(|e| e.to_text())).inspect(
            |value| {
                self.early.data.put(key, value.clone());
            },
        ))
    }
}

impl DataCache {
    fn get(&self, key: &Key) -> Option<Value> {
        self.values.read().ok()?.get(key).cloned()
    }

    fn put(&self, key: Key, value: Value) {
        if let Ok(mut values) = self.values.write() {
            values.insert(key, value);
        }
    }
}
