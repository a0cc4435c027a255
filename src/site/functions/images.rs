//! `resize_image` and `get_image_metadata`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tera::{Kwargs, TeraResult, Value};

use super::files::Found;
use super::{Early, fail};
use crate::asset::image::{self, Planned, Resize, ResizeArguments};
use crate::cache::Stamp;
use crate::content::Changes;
use crate::diagnostic::Text;
use crate::site::values::map;
use crate::text;

/// The folder of processed images in the output, as in Zola.
const FOLDER: &str = "processed_images";

/// The processed images that templates ask for while they are rendered.
///
/// A plan depends on the source's content and the arguments only, so this is a memo: the order of the calls
/// does not matter, and asking twice is asking once.
pub struct Images {
    root: PathBuf,
    /// Where finished images wait for other runs; none where each is made anew.
    cache: Option<PathBuf>,
    sources: Known<Arc<image::Source>>,
    metadata: Known<Value>,
    /// By output path.
    requested: Mutex<BTreeMap<String, Arc<Planned>>>,
    /// What snapshots before asked for. Browsers may still show their pages.
    earlier: BTreeMap<String, Arc<Planned>>,
}

/// A finished image.
pub enum Processed {
    /// In the cache.
    File(PathBuf),
    /// The bytes of its file.
    Bytes(Vec<u8>),
}

/// What is known of files as they were when they were read.
type Known<T> = RwLock<HashMap<PathBuf, (T, Option<Stamp>)>>;

/// How many images of earlier snapshots are remembered.
const MOST_EARLIER: usize = 10_000;

fn known<T: Clone>(all: &Known<T>, file: &Path) -> Option<T> {
    all.read().ok()?.get(file).map(|(known, _)| known.clone())
}

fn remember<T>(all: &Known<T>, file: &Path, thing: T, stamp: Option<Stamp>) {
    if let Ok(mut all) = all.write() {
        all.insert(file.to_path_buf(), (thing, stamp));
    }
}

/// What is still true after changes.
fn left<T: Clone>(all: &Known<T>, changes: &Changes) -> Known<T> {
    let all = all.read().unwrap_or_else(PoisonError::into_inner);
    let left = all.iter().filter(|(file, (_, stamp))| changes.leave(file, stamp.as_ref()));
    RwLock::new(left.map(|(file, known)| (file.clone(), known.clone())).collect())
}

impl Images {
    /// `root` is the site's; `no_cache` as in [`Request`](crate::site::Request).
    pub fn new(root: &Path, no_cache: bool) -> Self {
        let cache = (!no_cache).then(|| root.join(".kepu/cache/images"));
        Self {
            root: root.to_path_buf(),
            cache,
            sources: RwLock::default(),
            metadata: RwLock::default(),
            requested: Mutex::default(),
            earlier: BTreeMap::new(),
        }
    }

    /// The images of the snapshot after `before`.
    pub fn after(before: &Self, changes: &Changes) -> Self {
        let mut earlier: BTreeMap<_, _> = before.requested().into_iter().collect();
        if before.earlier.len() + earlier.len() <= MOST_EARLIER {
            earlier.extend(before.earlier.iter().map(|(path, planned)| (path.clone(), planned.clone())));
        }
        Self {
            sources: left(&before.sources, changes),
            metadata: left(&before.metadata, changes),
            earlier,
            ..Self::new(&before.root, before.cache.is_none())
        }
    }

    /// Every image asked for so far, by output path.
    pub fn requested(&self) -> Vec<(String, Arc<Planned>)> {
        let requested = self.requested.lock().unwrap_or_else(PoisonError::into_inner);
        requested.iter().map(|(path, planned)| (path.clone(), planned.clone())).collect()
    }

    /// The image of an output path, if a template has asked for it.
    pub fn planned(&self, path: &str) -> Option<Arc<Planned>> {
        let requested = self.requested.lock().unwrap_or_else(PoisonError::into_inner);
        requested.get(path).or_else(|| self.earlier.get(path)).cloned()
    }

    /// Makes an image, unless it is in the cache.
    pub fn process(&self, planned: &Planned) -> crate::diagnostic::Result<Processed> {
        let Some(cache) = &self.cache else { return Ok(Processed::Bytes(image::make(planned)?)) };
        crate::site::theme::stays_inside(&self.root, cache)?;
        Ok(Processed::File(image::process(planned, cache)?))
    }

    fn plan(&self, file: &Path, unified: &str, resize: &Resize, keeps: bool) -> Result<Arc<Planned>, Text> {
        let source = match known(&self.sources, file) {
            Some(source) => source,
            None => {
                let stamp = Stamp::of(file);
                let source = Arc::new(image::Source::read(file, unified)?);
                remember(&self.sources, file, source.clone(), stamp);
                source
            }
        };
        let planned = Arc::new(source.plan(resize)?);
        if !keeps {
            return Ok(planned);
        }
        let path = format!("{FOLDER}/{}", planned.file_name);
        let mut requested = self.requested.lock().unwrap_or_else(PoisonError::into_inner);
        requested.entry(path).or_insert_with(|| planned.clone());
        Ok(planned)
    }
}

/// `resize_image(…)`
pub fn resize_image(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    resized(early, kwargs, true)
}

/// What `resize_image(…)` says, without making the image part of the output.
pub fn resized_image(early: &Early, kwargs: &Kwargs) -> TeraResult<Value> {
    resized(early, kwargs, false)
}

fn resized(early: &Early, kwargs: &Kwargs, keeps: bool) -> TeraResult<Value> {
    let path: &str = kwargs.must_get("path")?;
    let arguments = ResizeArguments {
        op: kwargs.get("op")?.unwrap_or("fill"),
        width: kwargs.get("width")?,
        height: kwargs.get("height")?,
        format: kwargs.get("format")?.unwrap_or("auto"),
        quality: kwargs.get("quality")?,
        speed: kwargs.get("speed")?,
    };
    let failed = |why: Text| fail("resize_image", why);
    let resize = Resize::parse(&arguments).map_err(failed)?;
    let (file, unified) = locate(early, path).map_err(failed)?.ok_or_else(|| failed(missing(path)))?;
    let planned = early.images.plan(&file, &unified, &resize, keeps).map_err(failed)?;
    let name = &planned.file_name;
    Ok(Value::from(map! {
        "url": early.config.permalink(&format!("{FOLDER}/{name}")).trim_end_matches('/').to_owned(),
        "static_path": format!("static/{FOLDER}/{name}"),
        "width": planned.width,
        "height": planned.height,
        "orig_width": planned.orig_width,
        "orig_height": planned.orig_height,
    }))
}

/// `get_image_metadata(…)`
pub fn get_image_metadata(early: &Early, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let path: &str = kwargs.must_get("path")?;
    let failed = |why: Text| fail("get_image_metadata", why);
    let Some((file, unified)) = locate(early, path).map_err(failed)? else {
        if kwargs.get::<bool>("allow_missing")?.unwrap_or(false) {
            return Ok(Value::none());
        }
        return Err(failed(missing(path)));
    };
    let images = &early.images;
    if let Some(known) = known(&images.metadata, &file) {
        return Ok(known);
    }
    let stamp = Stamp::of(&file);
    let metadata = image::metadata(&file, &unified).map_err(failed)?;
    let value = Value::from(map! {
        "width": metadata.width,
        "height": metadata.height,
        "format": metadata.format,
        "mime": metadata.mime,
        "description": metadata.description,
        "created": metadata.created,
    });
    remember(&images.metadata, &file, value.clone(), stamp);
    Ok(value)
}

/// The file of an image and its path as templates write it.
fn locate(early: &Early, path: &str) -> Result<Option<(PathBuf, String)>, Text> {
    Ok(match early.locator.find(path)? {
        Some(Found::Disk { path, unified }) => Some((path, unified)),
        Some(Found::Generated { .. }) | None => None,
    })
}

fn missing(path: &str) -> Text {
    text!("there is no image `{path}`", "没有图片 `{path}`")
}
