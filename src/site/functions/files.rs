//! Finding the file that a template names, never outside the site.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::diagnostic::Text;
use crate::text;

/// A file and the number of bits of its digest.
type DigestKey = (String, u16);

/// Where files that templates name are looked for.
#[derive(Debug)]
pub struct Locator {
    /// The site's root, canonical.
    pub root: PathBuf,
    /// `output_dir` as configured, by which templates of old sites name what the build makes.
    pub output_dir: String,
    /// The theme's `static/`.
    pub theme_static: Option<PathBuf>,
    /// What this build makes before pages are rendered, such as style sheets, by output path.
    pub generated: HashMap<String, Arc<str>>,
    /// The files beside pages and sections, by the output path that they are copied to.
    pub colocated: HashMap<String, PathBuf>,
    /// Contents are read once a build.
    hashes: RwLock<HashMap<DigestKey, Arc<[u8]>>>,
    /// What was asked for in folders that nobody watches, there or not.
    aside: Mutex<BTreeSet<PathBuf>>,
    /// Every path that was looked at.
    probes: Mutex<BTreeSet<PathBuf>>,
}

/// Folders of the root that are usually no part of a site, whose files may change a lot. Only what a site reads there
/// is watched. The path is relative to the root.
pub fn is_aside(below: &Path) -> bool {
    let first = below.components().next().map(|part| part.as_os_str().to_string_lossy());
    first.is_some_and(|first| first.starts_with('.') || matches!(&*first, "node_modules" | "target"))
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A file on disk, and its path as the template may write it, which names it in every place.
    Disk {
        path: PathBuf,
        unified: String,
    },
    Generated {
        text: Arc<str>,
        unified: String,
    },
}

impl Locator {
    pub fn new(
        root: PathBuf,
        output_dir: String,
        theme_static: Option<PathBuf>,
        generated: HashMap<String, Arc<str>>,
        colocated: HashMap<String, PathBuf>,
    ) -> Self {
        let output_dir = plain(&output_dir);
        Self {
            root,
            output_dir,
            theme_static,
            generated,
            colocated,
            hashes: RwLock::default(),
            aside: Mutex::default(),
            probes: Mutex::default(),
        }
    }

    /// Looks in the root, `static/`, `content/`, what the build makes, and the theme's `static/`, in this order.
    /// `@/` stands for `content/`. A path that leads out of the site is an error, a missing file is none.
    pub fn find(&self, path: &str) -> Result<Option<Found>, Text> {
        let unified = match path.strip_prefix("@/") {
            Some(rest) => format!("content/{rest}"),
            None => path.to_owned(),
        };
        let unified = plain(&unified);
        if unified.split(['/', '\\']).any(|part| part == "..")
            || unified.contains('\0')
            || Path::new(&unified).is_absolute()
        {
            return Err(outside(path));
        }
        let on_disk = |base: &Path, relative: &str| -> Result<Option<Found>, Text> {
            let asked = base.join(relative);
            let real = asked.canonicalize();
            self.note_aside(real.as_deref().unwrap_or(&asked));
            self.probes.lock().unwrap_or_else(PoisonError::into_inner).insert(asked);
            let Ok(real) = real else { return Ok(None) };
            if !real.starts_with(&self.root) && !self.theme_static.as_ref().is_some_and(|theme| real.starts_with(theme))
            {
                return Err(outside(path));
            }
            Ok(real.is_file().then(|| Found::Disk { path: real, unified: unified.clone() }))
        };
        for base in [self.root.clone(), self.root.join("static"), self.root.join("content")] {
            // The output of the last build is no input of this one.
            if base == self.root && self.in_output(&unified).is_some() {
                continue;
            }
            if let Some(found) = on_disk(&base, &unified)? {
                return Ok(Some(found));
            }
        }
        let made = self.in_output(&unified).unwrap_or(&unified);
        if let Some(text) = self.generated.get(made) {
            return Ok(Some(Found::Generated { text: text.clone(), unified }));
        }
        if let Some(file) = self.colocated.get(made) {
            return on_disk(Path::new(""), &file.to_string_lossy());
        }
        if made != unified
            && let Some(found) = on_disk(&self.root.join("static"), made)?
        {
            return Ok(Some(found));
        }
        match &self.theme_static {
            Some(theme) => on_disk(theme, made),
            None => Ok(None),
        }
    }

    /// Every path that was looked at, whether something was there or not.
    pub fn probes(&self) -> Vec<PathBuf> {
        self.probes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn note_aside(&self, path: &Path) {
        if path.strip_prefix(&self.root).is_ok_and(is_aside) {
            self.aside.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf());
        }
    }

    /// What was asked for in folders that nobody watches, there or not.
    pub fn aside(&self) -> BTreeSet<PathBuf> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a path names in the output, if it leads there.
    fn in_output<'a>(&self, unified: &'a str) -> Option<&'a str> {
        let rest = unified.strip_prefix(self.output_dir.as_str())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// The SHA-2 digest of a file, remembered for the build; none where there is no such file.
    pub fn digest(&self, path: &str, bits: u16) -> Result<Option<Arc<[u8]>>, Text> {
        let Some(found) = self.find(path)? else { return Ok(None) };
        let unified = match &found {
            Found::Disk { path, .. } => path.to_string_lossy().into_owned(),
            Found::Generated { unified, .. } => unified.clone(),
        };
        let key = (unified, bits);
        if let Some(known) = self.hashes.read().ok().and_then(|hashes| hashes.get(&key).cloned()) {
            return Ok(Some(known));
        }
        let digest: Arc<[u8]> = match found {
            Found::Disk { path: file, .. } => {
                let bytes = std::fs::read(&file)
                    .map_err(|error| text!("cannot read `{path}`: {error}", "无法读取 `{path}`：{error}"))?;
                sha2(&bytes, bits).into()
            }
            Found::Generated { text, .. } => sha2(text.as_bytes(), bits).into(),
        };
        if let Ok(mut hashes) = self.hashes.write() {
            hashes.insert(key, digest.clone());
        }
        Ok(Some(digest))
    }
}

/// A path without empty parts and `.`, so that a folder has one spelling.
fn plain(path: &str) -> String {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").collect::<Vec<_>>().join("/")
}

fn outside(path: &str) -> Text {
    text!("`{path}` is not inside the site", "`{path}` 不在网站文件夹内")
}

/// SHA-2 with 256, 384 or 512 bits.
pub fn sha2(bytes: &[u8], bits: u16) -> Vec<u8> {
    use sha2::{Digest, Sha256, Sha384, Sha512};
    match bits {
        256 => Sha256::digest(bytes).to_vec(),
        384 => Sha384::digest(bytes).to_vec(),
        _ => Sha512::digest(bytes).to_vec(),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
