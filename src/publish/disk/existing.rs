//! The output folder as it is before a build: whether it may be replaced, and what of it is kept.

use std::fs;
use std::io;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use crate::diagnostic::{Diagnostic, Result};
use crate::text;

use super::failure::{failed, mount_point};
use super::guard::{Output, slashed};
use super::manifest::Manifest;
use super::{Options, exists};

/// How many foreign files an error names.
const NAMED: usize = 3;

/// Whether the output exists; an error if it does and may not be replaced.
pub(super) fn check(output: &Output, manifest: &Manifest, options: Options) -> Result<bool> {
    let path = output.path();
    let shown = output.shown();
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => return Err(failed(shown, &io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(shown, &error)),
    }
    if is_mount_point(path) {
        return Err(mount_point(shown));
    }
    let mut foreign: Vec<String> = Vec::new();
    let mut only_dotfiles = true;
    for entry in WalkDir::new(path).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| not_listed(shown, error))?;
        let relative = relative(&entry, path);
        if entry.file_type().is_dir() {
            // Deleting the old output would reach through it, into a disk that holds something else.
            if is_mount_point(entry.path()) {
                return Err(mounted_inside(shown, &slashed(relative)));
            }
            continue;
        }
        if options.force || (options.preserve_dotfiles && starts_with_dot(relative)) {
            continue;
        }
        // kepu writes regular files only, and names that are Unicode.
        let ours = entry.file_type().is_file() && relative.to_str().is_some() && manifest.has(&slashed(relative));
        if !ours {
            // One name is enough for `.git`, and the setting that keeps it is about the first part of a path only.
            let dotfile = starts_with_dot(relative);
            only_dotfiles &= dotfile;
            let name = slashed(if dotfile { first(relative) } else { relative });
            if foreign.last() != Some(&name) && foreign.len() <= NAMED {
                foreign.push(name);
            }
            if foreign.len() > NAMED && !only_dotfiles {
                break;
            }
        }
    }
    if foreign.is_empty() { Ok(true) } else { Err(holds_foreign(shown, &foreign, only_dotfiles)) }
}

/// Brings the files below root-level dot names that kepu did not write into the new tree, as they are. Where the new
/// tree has a file of the same name, that one stays, as in Zola.
///
/// Hard links: the old output stays whole until the swap, and a `.git` of gigabytes costs nothing.
pub(super) fn carry_dotfiles(output: &Output, manifest: &Manifest, tree: &Path) -> Result<()> {
    let path = output.path();
    let mut folders = Vec::new();
    let walk = WalkDir::new(path).min_depth(1).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| entry.depth() != 1 || starts_with_dot(Path::new(entry.file_name()))) {
        let entry = entry.map_err(|error| not_listed(output.shown(), error))?;
        let relative = relative(&entry, path);
        let name = slashed(relative);
        let shown = format!("{}/{name}", output.shown());
        let target = tree.join(relative);
        let unable = |error: io::Error| failed(&shown, &error);
        let present = fs::symlink_metadata(&target).ok();
        if entry.file_type().is_dir() {
            if present.as_ref().is_some_and(|meta| !meta.is_dir()) {
                return Err(in_the_way(&shown));
            }
            // A folder that held our files only is made again by those that need it.
            if present.is_none() && !manifest.has_dot_folder(&name) {
                fs::create_dir_all(&target).map_err(unable)?;
                folders.push((entry, target));
            }
            continue;
        }
        match present {
            Some(meta) if meta.is_dir() => return Err(in_the_way(&shown)),
            Some(_) => continue,
            None if manifest.has(&name) => continue,
            None => {}
        }
        if let Some(parent) = target.parent()
            && !exists(parent)
        {
            fs::create_dir_all(parent).map_err(unable)?;
        }
        if fs::hard_link(entry.path(), &target).is_err() {
            copy_as_it_is(&entry, &target).map_err(unable)?;
        }
    }
    // Innermost first, and only now, since nothing can be put into a folder without the right to write.
    for (entry, target) in folders.iter().rev() {
        if let Ok(meta) = entry.metadata() {
            let _ = fs::set_permissions(target, meta.permissions());
        }
    }
    Ok(())
}

/// Gives the new tree the permissions of the old output, if builds can live with them.
pub(super) fn carry_permissions(output: &Output, tree: &Path) {
    let Ok(permissions) = fs::metadata(output.path()).map(|meta| meta.permissions()) else { return };
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o700 != 0o700 {
        return;
    }
    let _ = fs::set_permissions(tree, permissions);
}

/// With permissions and time, which Git compares. For file systems without hard links.
fn copy_as_it_is(entry: &DirEntry, target: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if entry.path_is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(entry.path())?, target);
    }
    if !fs::metadata(entry.path())?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    fs::copy(entry.path(), target)?;
    if let (Ok(meta), Ok(file)) = (entry.metadata(), fs::File::open(target))
        && let Ok(time) = meta.modified()
    {
        let _ = file.set_modified(time);
    }
    Ok(())
}

fn relative<'a>(entry: &'a DirEntry, folder: &Path) -> &'a Path {
    entry.path().strip_prefix(folder).unwrap_or(entry.path())
}

/// Whether the first part of a path relative to the output is a dot name.
fn starts_with_dot(relative: &Path) -> bool {
    relative.as_os_str().as_encoded_bytes().starts_with(b".")
}

fn first(relative: &Path) -> &Path {
    relative.components().next().map_or(relative, |part| Path::new(part.as_os_str()))
}

/// Whether another file system, or another part of the same one, begins at a folder.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn is_mount_point(folder: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    match statx(CWD, folder, AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT, StatxFlags::empty()) {
        Ok(found) if found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) => {
            found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        }
        _ => is_on_another_device(folder),
    }
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
pub(super) fn is_mount_point(folder: &Path) -> bool {
    is_on_another_device(folder)
}

#[cfg(not(unix))]
pub(super) fn is_mount_point(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn is_on_another_device(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::symlink_metadata(path).ok().map(|meta| meta.dev());
    folder.parent().is_some_and(|parent| device(parent) != device(folder))
}

fn not_listed(shown: &str, error: walkdir::Error) -> Box<Diagnostic> {
    let path = error.path().map_or_else(|| shown.to_owned(), |path| path.display().to_string());
    failed(&path, &io::Error::from(error))
}

fn mounted_inside(shown: &str, inside: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "publish/mount-inside",
            text!(
                "another disk or share is mounted at `{inside}` in the output folder `{shown}`; replacing the folder would delete its files",
                "输出文件夹 `{shown}` 中的 `{inside}` 挂载了另一个磁盘或共享文件夹；替换输出文件夹会删除其中的文件"
            ),
        )
        .help(text!(
            "unmount it, or choose another folder with `--output-dir`",
            "请先卸载它，或用 `--output-dir` 另选一个文件夹"
        )),
    )
}

fn in_the_way(shown: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "publish/dotfile",
            text!(
                "`{shown}` is to be kept, but the site now has a folder in place of the file, or a file in place of the folder",
                "`{shown}` 应当保留，但网站现在要在同一位置放置另一种东西（文件变成文件夹，或文件夹变成文件）"
            ),
        )
        .help(text!(
            "move it out of the output folder, or rename what the site publishes there",
            "请把它移出输出文件夹，或给网站中的同名内容改名"
        )),
    )
}

/// `foreign`: at most one more than is named.
fn holds_foreign(shown: &str, foreign: &[String], only_dotfiles: bool) -> Box<Diagnostic> {
    let more = foreign.len() > NAMED;
    let names: Vec<String> = foreign.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let (en, zh) = (names.join(", "), names.join("、"));
    let (more_en, more_zh) = if more { (" and more", "等") } else { ("", "") };
    let diagnostic = Diagnostic::error(
        "publish/foreign-files",
        text!(
            "the output folder `{shown}` holds files that kepu did not write: {en}{more_en}",
            "输出文件夹 `{shown}` 里有不是 kepu 写入的文件：{zh}{more_zh}"
        ),
    )
    .note(text!(
        "a build replaces the whole folder, so they would be lost",
        "生成网站会替换整个文件夹，这些文件将会丢失"
    ));
    Box::new(if only_dotfiles {
        diagnostic.help(text!(
            "set `preserve_dotfiles_in_output = true` to keep them, or remove them, or pass `--force` to delete all that is in the folder",
            "要保留它们，请设置 `preserve_dotfiles_in_output = true`；也可以移走它们，或用 `--force` 删除文件夹里的全部内容"
        ))
    } else {
        diagnostic.help(text!(
            "remove them, or pass `--force` to delete all that is in the folder",
            "请移走这些文件，或用 `--force` 删除文件夹里的全部内容"
        ))
    })
}
