//! `resize_image` and `get_image_metadata`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use tera::{Function, Kwargs, State, TeraResult, Value};

use super::files::Found;
use super::{Early, fail};
use crate::asset::image::{self, Planned, Resize, ResizeArguments};
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
    cache: PathBuf,
    sources: RwLock<HashMap<PathBuf, Arc<image::Source>>>,
    metadata: RwLock<HashMap<PathBuf, Value>>,
    /// By output path.
    requested: Mutex<BTreeMap<String, Arc<Planned>>>,
}

impl Images {
    /// `root` is the site's.
    pub fn new(root: &Path) -> Self {
        let cache = root.join(".kepu/cache/images");
        Self {
            root: root.to_path_buf(),
            cache,
            sources: RwLock::default(),
            metadata: RwLock::default(),
            requested: Mutex::default(),
        }
    }

    /// Every image asked for so far, by output path.
    pub fn requested(&self) -> Vec<(String, Arc<Planned>)> {
        let requested = self.requested.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        requested.iter().map(|(path, planned)| (path.clone(), planned.clone())).collect()
    }

    /// The image of an output path, if a template has asked for it.
    pub fn planned(&self, path: &str) -> Option<Arc<Planned>> {
        self.requested.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).get(path).cloned()
    }

    /// Makes an image in the cache, unless it is there, and gives its file.
    pub fn process(&self, planned: &Planned) -> crate::diagnostic::Result<PathBuf> {
        crate::site::theme::stays_inside(&self.root, &self.cache)?;
        image::process(planned, &self.cache)
    }

    fn plan(&self, file: &Path, unified: &str, resize: &Resize, keeps: bool) -> Result<Arc<Planned>, Text> {
        let known = self.sources.read().ok().and_then(|sources| sources.get(file).cloned());
        let source = match known {
            Some(source) => source,
            None => {
                let source = Arc::new(image::Source::read(file, unified)?);
                if let Ok(mut sources) = self.sources.write() {
                    sources.insert(file.to_path_buf(), source.clone());
                }
                source
            }
        };
        let planned = Arc::new(source.plan(resize)?);
        if !keeps {
            return Ok(planned);
        }
        let path = format!("{FOLDER}/{}", planned.file_name);
        let mut requested = self.requested.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        requested.entry(path).or_insert_with(|| planned.clone());
        Ok(planned)
    }
}

pub struct ResizeImage {
    pub early: Early,
    /// Whether the image then belongs to the output.
    pub keeps: bool,
}

impl Function<TeraResult<Value>> for ResizeImage {
    fn call(&self, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
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
        let early = &self.early;
        let (file, unified) = locate(early, path).map_err(failed)?.ok_or_else(|| failed(missing(path)))?;
        let planned = early.images.plan(&file, &unified, &resize, self.keeps).map_err(failed)?;
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
}

pub struct GetImageMetadata(pub Early);

impl Function<TeraResult<Value>> for GetImageMetadata {
    fn call(&self, kwargs: Kwargs, _: &State) -> TeraResult<Value> {
        let path: &str = kwargs.must_get("path")?;
        let failed = |why: Text| fail("get_image_metadata", why);
        let Some((file, unified)) = locate(&self.0, path).map_err(failed)? else {
            if kwargs.get::<bool>("allow_missing")?.unwrap_or(false) {
                return Ok(Value::none());
            }
            return Err(failed(missing(path)));
        };
        let images = &self.0.images;
        if let Some(known) = images.metadata.read().ok().and_then(|known| known.get(&file).cloned()) {
            return Ok(known);
        }
        let metadata = image::metadata(&file, &unified).map_err(failed)?;
        let value = Value::from(map! {
            "width": metadata.width,
            "height": metadata.height,
            "format": metadata.format,
            "mime": metadata.mime,
            "description": metadata.description,
            "created": metadata.created,
        });
        if let Ok(mut known) = images.metadata.write() {
            known.insert(file, value.clone());
        }
        Ok(value)
    }
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
