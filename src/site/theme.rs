//! Themes: a folder of `themes/`, or one that ships inside the binary.
//!
//! A theme of the binary is unpacked into the cache folder, so that everything after this works with files.

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::text;

static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/themes");

/// The names of the themes inside the binary.
pub fn embedded() -> impl Iterator<Item = &'static str> {
    EMBEDDED.dirs().filter_map(|dir| dir.path().to_str())
}

/// The files with which a new site on a theme of the binary begins.
pub fn starter(name: &str) -> Option<&'static Dir<'static>> {
    EMBEDDED.get_dir(format!("{name}/starter"))
}

/// The folder of a theme.
pub fn locate(root: &Path, name: &str) -> Result<PathBuf> {
    let on_disk = root.join("themes").join(name);
    if on_disk.is_dir() {
        return Ok(on_disk);
    }
    match EMBEDDED.get_dir(name) {
        Some(dir) => unpack(root, name, dir),
        None => {
            let mut known: Vec<String> = embedded().map(str::to_owned).collect();
            known.extend(
                std::fs::read_dir(root.join("themes"))
                    .into_iter()
                    .flatten()
                    .flatten()
                    .filter_map(|e| e.file_name().into_string().ok()),
            );
            let near = did_you_mean(name, known.iter().map(String::as_str));
            let error = Diagnostic::error(
                "theme/missing",
                text!(
                    "there is no theme `{name}`: no folder `themes/{name}`",
                    "没有主题 `{name}`：找不到文件夹 `themes/{name}`"
                ),
            );
            Err(Box::new(match near {
                Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
                None => {
                    error.help(text!("put the theme there, or correct `theme`", "请把主题放到那里，或改正 `theme`"))
                }
            }))
        }
    }
}

/// Writes the theme to `.kepu/cache/themes/NAME-HASH`, once for each content of it.
fn unpack(root: &Path, name: &str, dir: &Dir) -> Result<PathBuf> {
    let mut hasher = blake3::Hasher::new();
    hash(dir, &mut hasher);
    let hash = hasher.finalize().to_hex();
    let cache = root.join(".kepu/cache/themes");
    let target = cache.join(format!("{name}-{}", &hash[..16]));
    stays_inside(root, &target)?;
    if is_intact(dir, dir.path(), &target) {
        return Ok(target);
    }
    let shown = super::shown(root, &target);
    let io = |error: std::io::Error| Box::new(Diagnostic::io(shown.clone(), &error));
    std::fs::create_dir_all(&cache).map_err(io)?;
    let staging = cache.join(format!(".{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&staging);
    write(dir, dir.path(), &staging).map_err(io)?;
    let _ = std::fs::remove_dir_all(&target);
    match std::fs::rename(&staging, &target) {
        Ok(()) => Ok(target),
        // Another process was faster.
        Err(_) if is_intact(dir, dir.path(), &target) => {
            let _ = std::fs::remove_dir_all(&staging);
            Ok(target)
        }
        Err(error) => Err(io(error)),
    }
}

/// Refuses to write through links that lead out of the site.
pub fn stays_inside(root: &Path, path: &Path) -> Result<()> {
    let existing = path.ancestors().find_map(|ancestor| ancestor.canonicalize().ok());
    if existing.is_some_and(|real| real.starts_with(root)) {
        return Ok(());
    }
    let shown = super::shown(root, path);
    Err(Box::new(
        Diagnostic::error(
            "cache/outside",
            text!("`{shown}` leads out of the site through a link", "`{shown}` 经由链接指向网站之外"),
        )
        .help(text!("remove the link; kepu makes the folder itself", "请删去这个链接，kepu 会自己建立文件夹")),
    ))
}

/// Whether a folder holds exactly the files of a theme. A damaged cache is a missing one.
fn is_intact(dir: &Dir, base: &Path, target: &Path) -> bool {
    let own = |path: &Path| target.join(path.strip_prefix(base).unwrap_or(path));
    let files = dir.files().all(|file| std::fs::read(own(file.path())).is_ok_and(|bytes| bytes == file.contents()));
    let entries = std::fs::read_dir(own(dir.path())).map_or(0, Iterator::count);
    files && entries == dir.entries().len() && dir.dirs().all(|dir| is_intact(dir, base, target))
}

fn hash(dir: &Dir, hasher: &mut blake3::Hasher) {
    for file in dir.files() {
        hasher.update(file.path().to_string_lossy().as_bytes());
        hasher.update(&(file.contents().len() as u64).to_le_bytes());
        hasher.update(file.contents());
    }
    dir.dirs().for_each(|dir| hash(dir, hasher));
}

fn write(dir: &Dir, base: &Path, target: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(target)?;
    for file in dir.files() {
        let relative = file.path().strip_prefix(base).unwrap_or(file.path());
        let path = target.join(relative);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, file.contents())?;
    }
    dir.dirs().try_for_each(|dir| write(dir, base, target))
}
