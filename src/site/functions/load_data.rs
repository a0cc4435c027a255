//! `load_data`: a file of the site, an address, or a literal, read in one of the data formats.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tera::{Kwargs, TeraResult, Value};

use super::files::Found;
use super::{Early, fail};
use crate::cache::Stamp;
use crate::content::{self, Changes};
use crate::data::{self, Format, fetch};
use crate::diagnostic::Text;
use crate::text;

/// What was loaded in this build.
#[derive(Default)]
pub struct DataCache {
    files: RwLock<Files>,
    answers: Mutex<Answers>,
}

type Files = HashMap<(PathBuf, Format), (Value, Option<Stamp>)>;

/// An answer that is being waited for is none yet, and locked.
type Answers = HashMap<(fetch::Request, Format), Arc<Mutex<Option<Answer>>>>;

/// What came from the network, and when.
struct Answer {
    value: Result<Value, Text>,
    at: Instant,
}

/// A failed request is made again after this long: not for each of ten thousand pages, but by a server whose network is back.
const FAILURE_HOLDS: Duration = Duration::from_secs(60);

struct LoadData<'a> {
    early: &'a Early,
    /// Tables of TOML have their keys in alphabetical order, as up to Zola 0.22.
    sorted: bool,
}

/// `load_data(…)`
pub fn load_data(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    LoadData { early, sorted: false }.call(kwargs)
}

/// The same as up to Zola 0.22.
pub fn load_data_22(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    LoadData { early, sorted: true }.call(kwargs)
}

/// Where the data is.
enum Source {
    File(Found, String),
    Url(String),
    Literal(String),
}

impl LoadData<'_> {
    fn call(&self, kwargs: &Kwargs) -> TeraResult<Value> {
        let required = kwargs.get::<bool>("required")?.unwrap_or(true);
        let source = match self.source(kwargs)? {
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
            Source::Url(url) => match self.fetch(url, format, kwargs)? {
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
        let files = &self.early.data.files;
        let key = (file.clone(), format);
        if let Some((value, _)) = files.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(value.clone());
        }
        let stamp = Stamp::of(&file);
        // A file that had to be converted is read all the same; its warning would need a place to go.
        let text =
            content::read_text(&file, path, &mut Vec::new()).map_err(|error| fail("load_data", error.message))?;
        let value = parse(&text)?;
        files.write().unwrap_or_else(PoisonError::into_inner).insert(key, (value.clone(), stamp));
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
        let answers = &self.early.data.answers;
        let answer = {
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.entry((request.clone(), format)).or_default().clone()
        };
        // Whoever asks for the same at the same time waits for the one answer.
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Answer { value, at }) = &*answer
            && (value.is_ok() || at.elapsed() < FAILURE_HOLDS)
        {
            return Ok(value.clone());
        }
        let value = fetch::fetch(&request).and_then(|text| data::parse(format, &text).map_err(|e| e.to_text()));
        *answer = Some(Answer { value: value.clone(), at: Instant::now() });
        Ok(value)
    }
}

impl DataCache {
    /// What was read from files that did not change since.
    pub fn after(before: &Self, changes: &Changes) -> Self {
        let files = before.files.read().unwrap_or_else(PoisonError::into_inner);
        let is_same = |((path, _), (_, stamp)): &(&(PathBuf, Format), &(Value, Option<Stamp>))| {
            changes.leave(path, stamp.as_ref())
        };
        let kept = files.iter().filter(is_same).map(|(key, value)| (key.clone(), value.clone()));
        Self { files: RwLock::new(kept.collect()), ..Self::default() }
    }
}
