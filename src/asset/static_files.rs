//! Static files: what a `static/` folder holds, as a list to copy.

use std::path::{Path, PathBuf};

use globset::GlobSet;
use walkdir::WalkDir;

use super::{canonical_root, display_name, outside_root, relative_name, walk_error};
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

/// One file of a static folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StaticFile {
    /// Where it goes in the site: relative to the folder, with `/` on every system.
    pub output: String,
    /// Where it is read from. Links on the way are not resolved.
    pub source: PathBuf,
}

/// Lists the files below `dir`, hidden ones too, sorted by output path.
///
/// Links are followed as long as they stay below `root`, the site's folder; `ignore` is matched against the relative
/// path of files and folders, and an ignored folder does not hide what is in it (both as Zola does). A folder that does
/// not exist is empty. Whatever cannot be copied (a link out of the root, a loop of links, something unreadable, a name
/// that is not Unicode, a pipe or device) is an error diagnostic, and the rest is listed all the same.
pub fn walk(dir: &Path, root: &Path, ignore: &GlobSet) -> (Vec<StaticFile>, Vec<Diagnostic>) {
    let mut files = Vec::new();
    let mut diagnostics = Vec::new();
    match dir.try_exists() {
        Ok(true) => {}
        Ok(false) => return (files, diagnostics),
        Err(error) => return (files, vec![Diagnostic::io(relative_name(dir, root), &error)]),
    }
    let allowed = match canonical_root(root) {
        Ok(allowed) => allowed,
        Err(diagnostic) => return (files, vec![*diagnostic]),
    };
    // The folder itself may be reached through a link (`themes/x` often is), which the walk below does not see.
    if let Err(diagnostic) = stays_inside(dir, &allowed, root) {
        return (files, vec![*diagnostic]);
    }

    let mut walk = WalkDir::new(dir).min_depth(1).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let ignored =
                    error.path().and_then(|path| path.strip_prefix(dir).ok()).is_some_and(|p| ignore.is_match(p));
                if !ignored {
                    diagnostics.push(walk_error(&error, root));
                }
                continue;
            }
        };
        let relative = entry.path().strip_prefix(dir).unwrap_or(entry.path());
        let ignored = ignore.is_match(relative);
        let is_dir = entry.file_type().is_dir();

        if entry.path_is_symlink()
            && let Err(diagnostic) = stays_inside(entry.path(), &allowed, root)
        {
            if !ignored {
                diagnostics.push(*diagnostic);
            }
            if is_dir {
                walk.skip_current_dir();
            }
            continue;
        }
        let Some(output) = output_path(relative) else {
            if !ignored {
                diagnostics.push(not_unicode(&relative_name(entry.path(), root)));
            }
            if is_dir {
                walk.skip_current_dir();
            }
            continue;
        };
        if ignored || is_dir {
            continue;
        }
        if !entry.file_type().is_file() {
            diagnostics.push(not_a_file(&relative_name(entry.path(), root)));
            continue;
        }
        files.push(StaticFile { output, source: entry.into_path() });
    }
    files.sort();
    (files, diagnostics)
}

fn stays_inside(path: &Path, allowed: &Path, root: &Path) -> Result<()> {
    let name = relative_name(path, root);
    match path.canonicalize() {
        Ok(target) if target.starts_with(allowed) => Ok(()),
        Ok(_) => Err(Box::new(outside_root(&name))),
        Err(error) => Err(Box::new(Diagnostic::io(name, &error))),
    }
}

/// The relative path with `/`, or nothing where a name in it is not Unicode.
fn output_path(relative: &Path) -> Option<String> {
    relative.to_str()?;
    Some(display_name(relative))
}

fn not_unicode(name: &str) -> Diagnostic {
    Diagnostic::error(
        "asset/file-name",
        text!("the name of `{name}` is not valid Unicode", "`{name}` 的文件名不是有效的 Unicode 编码"),
    )
    .at(Place::file(name))
    .help(text!(
        "rename it; names from old ZIP archives or disks are often in GBK",
        "请重新命名；来自旧压缩包或旧磁盘的文件名往往是 GBK 编码"
    ))
}

fn not_a_file(name: &str) -> Diagnostic {
    Diagnostic::error(
        "asset/not-a-file",
        text!("`{name}` is neither a file nor a folder", "`{name}` 既不是文件也不是文件夹"),
    )
    .at(Place::file(name))
    .help(text!("pipes, sockets and devices cannot be published", "管道、套接字和设备文件无法发布"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use globset::{Glob, GlobSetBuilder};
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn site(files: &[&str]) -> TempDir {
        let dir = tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        dir
    }

    fn list(dir: &TempDir, ignore: &[&str]) -> (Vec<String>, Vec<Diagnostic>) {
        let mut set = GlobSetBuilder::new();
        for glob in ignore {
            set.add(Glob::new(glob).unwrap());
        }
        let (files, diagnostics) = walk(&dir.path().join("static"), dir.path(), &set.build().unwrap());
        assert!(files.iter().all(|file| file.source.is_file()));
        (files.into_iter().map(|file| file.output).collect(), diagnostics)
    }

    #[test]
    fn lists_every_file_in_order_with_hidden_ones() {
        let dir = site(&["static/b/1.txt", "static/a.txt", "static/.well-known/x", "static/科普/图.png", "other/x"]);
        let (files, diagnostics) = list(&dir, &[]);
        assert_eq!(files, [".well-known/x", "a.txt", "b/1.txt", "科普/图.png"]);
        assert_eq!(diagnostics, []);
    }

    #[test]
    fn a_missing_folder_is_empty() {
        let dir = tempdir().unwrap();
        assert_eq!(list(&dir, &[]), (vec![], vec![]));
    }

    #[test]
    fn ignores_by_relative_path() {
        let dir = site(&["static/a.psd", "static/keep/a.png", "static/drop/a.png", "static/drop/b.txt"]);
        assert_eq!(list(&dir, &["*.psd", "drop/*.png"]).0, ["drop/b.txt", "keep/a.png"]);
        assert_eq!(list(&dir, &["drop"]).0, ["a.psd", "drop/a.png", "drop/b.txt", "keep/a.png"]);
    }

    #[cfg(unix)]
    #[test]
    fn follows_links_inside_the_site_only() {
        use std::os::unix::fs::symlink;
        let outside = site(&["secret/x.txt"]);
        let dir = site(&["static/a.txt", "media/m.txt"]);
        symlink(dir.path().join("media"), dir.path().join("static/media")).unwrap();
        symlink("a.txt", dir.path().join("static/b.txt")).unwrap();
        symlink(outside.path().join("secret"), dir.path().join("static/s")).unwrap();
        symlink(outside.path().join("secret/x.txt"), dir.path().join("static/t.txt")).unwrap();
        symlink("nowhere", dir.path().join("static/u.txt")).unwrap();
        let (files, diagnostics) = list(&dir, &[]);
        assert_eq!(files, ["a.txt", "b.txt", "media/m.txt"]);
        let found: Vec<_> = diagnostics.iter().map(|d| (d.code, d.place.as_ref().unwrap().file.as_str())).collect();
        assert_eq!(
            found,
            [("asset/outside-root", "static/s"), ("asset/outside-root", "static/t.txt"), ("io", "static/u.txt")]
        );
        assert_eq!(list(&dir, &["s", "t.txt", "u.txt"]).1, []);
    }

    #[cfg(unix)]
    #[test]
    fn a_static_folder_outside_the_site_is_refused() {
        let outside = site(&["x.txt"]);
        let dir = tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("static")).unwrap();
        let (files, diagnostics) = list(&dir, &[]);
        assert_eq!(files, Vec::<String>::new());
        assert_eq!(diagnostics.first().map(|d| d.code), Some("asset/outside-root"));
    }

    #[cfg(unix)]
    #[test]
    fn finds_loops_of_links() {
        let dir = site(&["static/a/b.txt"]);
        std::os::unix::fs::symlink("..", dir.path().join("static/a/up")).unwrap();
        let (files, diagnostics) = list(&dir, &[]);
        assert_eq!(files, ["a/b.txt"]);
        assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["asset/link-loop"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_not_unicode_and_pipes_are_errors() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let dir = site(&["static/a.txt"]);
        fs::write(dir.path().join("static").join(OsStr::from_bytes(b"\xbf\xc6.txt")), "").unwrap();
        let socket = std::os::unix::net::UnixListener::bind(dir.path().join("static/socket")).unwrap();
        let (files, diagnostics) = list(&dir, &[]);
        drop(socket);
        assert_eq!(files, ["a.txt"]);
        let mut codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
        codes.sort();
        assert_eq!(codes, ["asset/file-name", "asset/not-a-file"]);
    }
}
