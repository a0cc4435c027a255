//! Which folders may be an output at all.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{Diagnostic, Result, Text};
use crate::text;

/// Folders that a system needs as they are. What lies inside them may be an output (`/var/www/site`, `/tmp/x`).
const SYSTEM: [&str; 24] = [
    "/Applications",
    "/Library",
    "/System",
    "/Users",
    "/Volumes",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/private",
    "/private/tmp",
    "/private/var",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/local",
    "/var",
];

/// An output folder that [`guard`] found acceptable. It need not exist.
#[derive(Clone, Debug)]
pub struct Output {
    root: PathBuf,
    path: PathBuf,
    shown: String,
}

impl Output {
    /// The folder itself: absolute, without symlinks.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder for messages: relative to the site's root where it lies inside.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The root of the site, absolute and without symlinks.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Decides whether `output` may be the output of the site at `root`, before anything is read or written.
///
/// Refused are: the root of the disk and system folders, the home folder, the site's root, everything that contains one of
/// them, and whatever is, contains or lies inside one of `sources` or `.kepu`. Relative paths are relative to `root`.
/// Folders are compared by where they really are, through symlinks and `..`, also when they do not exist yet.
pub fn guard(root: &Path, output: &Path, sources: &[PathBuf]) -> Result<Output> {
    guard_home(root, output, sources, std::env::home_dir().as_deref())
}

pub(super) fn guard_home(root: &Path, output: &Path, sources: &[PathBuf], home: Option<&Path>) -> Result<Output> {
    let given = if output.as_os_str().is_empty() { ".".to_owned() } else { output.display().to_string() };
    let unusable = |error: io::Error| {
        Box::new(
            Diagnostic::error(
                "publish/output",
                text!("`{given}` cannot be an output folder: {error}", "`{given}` 不能用作输出文件夹：{error}"),
            )
            .help(advice()),
        )
    };
    let refuse = |why: Text| {
        let Text { en, zh } = why;
        Box::new(
            Diagnostic::error(
                "publish/output",
                text!("`{given}` cannot be the output folder: {en}", "`{given}` 不能用作输出文件夹：{zh}"),
            )
            .note(text!(
                "everything in the output folder is replaced by each build",
                "每次生成网站时，输出文件夹里的全部内容都会被替换"
            ))
            .help(advice()),
        )
    };

    let root = fs::canonicalize(root).map_err(unusable)?;
    let path = resolve(&root.join(output)).map_err(unusable)?;

    if path.file_name().is_none() || SYSTEM.iter().any(|folder| same(&path, Path::new(folder))) {
        return Err(refuse(text!("it is a folder of the system", "这是系统文件夹")));
    }
    if same(&path, &root) {
        return Err(refuse(text!("it is the site's own folder", "这是网站本身所在的文件夹")));
    }
    if contains(&path, &root) {
        return Err(refuse(text!("the site's own folder lies inside it", "网站本身就在这个文件夹里")));
    }
    if let Some(home) = home.filter(|home| home.is_absolute()).and_then(|home| resolve(home).ok())
        && home.parent().is_some()
        && contains(&path, &home)
    {
        return Err(refuse(text!("it is or contains your home folder", "这是您的个人主目录，或包含该目录")));
    }
    let own = PathBuf::from(".kepu");
    for source in sources.iter().chain([&own]) {
        let folder = resolve(&root.join(source)).map_err(unusable)?;
        let name = shown(&root, &folder);
        // A source that is the root itself, named by accident, would forbid every folder of the site.
        if same(&folder, &root) && fs::symlink_metadata(root.join(source)).is_ok_and(|meta| !meta.is_symlink()) {
            continue;
        }
        if same(&path, &folder) {
            return Err(refuse(text!("`{name}` holds sources of the site", "`{name}` 存放着网站的源文件")));
        }
        if contains(&folder, &path) {
            return Err(refuse(text!(
                "it lies inside `{name}`, which holds sources of the site",
                "它位于 `{name}` 之内，而后者存放着网站的源文件"
            )));
        }
        if contains(&path, &folder) {
            return Err(refuse(text!(
                "it contains `{name}`, which holds sources of the site",
                "它包含 `{name}`，而后者存放着网站的源文件"
            )));
        }
    }
    if fs::metadata(&path).is_ok_and(|meta| !meta.is_dir()) {
        return Err(refuse(text!("it is a file", "这是一个文件")));
    }
    let shown = shown(&root, &path);
    Ok(Output { root, path, shown })
}

fn advice() -> Text {
    text!(
        "choose a folder of its own, for example `public`, with `output_dir` in the configuration or `--output-dir`",
        "请另选一个专用的文件夹，例如 `public`：用配置项 `output_dir` 或参数 `--output-dir` 指定"
    )
}

/// Where an absolute path really leads. Its last parts need not exist; a symlink on the way must lead somewhere.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => resolved.push(component),
            Component::CurDir => {}
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) => {
                resolved.push(name);
                match fs::symlink_metadata(&resolved) {
                    Ok(meta) if meta.is_symlink() => resolved = fs::canonicalize(&resolved)?,
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    // Once more for the part that exists, for systems where one folder can be spelled in several ways.
    for ancestor in resolved.ancestors() {
        if let Ok(mut real) = fs::canonicalize(ancestor) {
            real.extend(resolved.strip_prefix(ancestor).unwrap_or(Path::new("")).components());
            return Ok(real);
        }
    }
    Ok(resolved)
}

fn contains(outer: &Path, inner: &Path) -> bool {
    inner.ancestors().any(|ancestor| same(outer, ancestor))
}

/// Whether two resolved paths are one folder: by name, and by what the system says, which sees through bind mounts and
/// file systems that ignore case.
fn same(one: &Path, other: &Path) -> bool {
    one == other || identity(one).is_some_and(|id| identity(other) == Some(id))
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

/// A path for messages, with `/` on every system.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(relative) if !relative.as_os_str().is_empty() => slashed(relative),
        _ => path.display().to_string(),
    }
}

/// A relative path with `/` on every system; what is not Unicode is replaced.
pub(super) fn slashed(relative: &Path) -> String {
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
