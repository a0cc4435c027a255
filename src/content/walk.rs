//! The folders and files below `content/`, found once for pages, sections and assets alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::{DirEntry, WalkDir};

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// Everything below `content/` by its folder.
#[derive(Debug, Default)]
pub struct Tree {
    folders: BTreeMap<String, Arc<Folder>>,
    /// Whether there is a symbolic link in it.
    pub has_links: bool,
}

/// What is at a path of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
}

#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Relative to `content/`; empty for `content/` itself.
    pub relative: String,
    /// Whether `ignored_content` names the folder itself, which then is no section. Its files are told one by one.
    pub ignored: bool,
    /// Sorted by name.
    pub files: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub source: PathBuf,
    /// Relative to `content/`, with `/` between folders.
    pub relative: String,
    pub ignored: bool,
}

impl Entry {
    pub fn filename(&self) -> &str {
        self.relative.rsplit_once('/').map_or(self.relative.as_str(), |(_, name)| name)
    }
}

impl Tree {
    pub fn folders(&self) -> impl Iterator<Item = &Folder> {
        self.folders.values().map(Arc::as_ref)
    }

    pub fn folder(&self, relative: &str) -> Option<&Folder> {
        self.folders.get(relative).map(Arc::as_ref)
    }

    /// What is at a path relative to `content/`.
    pub fn kind(&self, relative: &str) -> Option<Kind> {
        if self.folders.contains_key(relative) {
            return Some(Kind::Folder);
        }
        self.entry(relative).map(|_| Kind::File)
    }

    /// The file with a path relative to `content/`.
    pub fn entry(&self, relative: &str) -> Option<&Entry> {
        let folder = self.folders.get(relative.rsplit_once('/').map_or("", |(parent, _)| parent))?;
        let found = folder.files.binary_search_by(|entry| entry.relative.as_str().cmp(relative));
        folder.files.get(found.ok()?)
    }

    /// A folder and all folders in it.
    pub fn below(&self, relative: &str) -> impl Iterator<Item = &Folder> {
        let prefix = format!("{relative}/");
        let inside = self.folders.range(prefix.clone()..).take_while(move |(path, _)| path.starts_with(&prefix));
        self.folders.get(relative).into_iter().chain(inside.map(|(_, folder)| folder)).map(Arc::as_ref)
    }
}

/// Reads the tree. Symbolic links are followed inside the site; what cannot be read is reported and left out.
pub fn walk(root: &Path, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Tree {
    let mut tree = Tree::default();
    let content = root.join("content");
    if std::fs::symlink_metadata(&content).is_err() {
        return tree;
    }
    let inside = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut walker = WalkDir::new(&content).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walker.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                diagnostics.extend(unreadable(&content, &error));
                continue;
            }
        };
        let is_folder = entry.file_type().is_dir();
        tree.has_links |= entry.path_is_symlink();
        // Reading a pipe or a device may never end.
        if !is_folder && !entry.file_type().is_file() {
            continue;
        }
        let below = entry.path().strip_prefix(&content).unwrap_or(entry.path());
        let problem = match relative(below) {
            Some(relative) => match escape(&entry, &inside) {
                None => {
                    let ignored = config.ignored_content.is_match(entry.path());
                    tree.add(relative, entry.into_path(), is_folder, ignored);
                    continue;
                }
                Some(target) => leads_outside(&relative, &target),
            },
            None => no_unicode(below),
        };
        diagnostics.push(problem);
        if is_folder {
            walker.skip_current_dir();
        }
    }
    for folder in tree.folders.values_mut().filter_map(Arc::get_mut) {
        folder.files.sort_by(|a, b| a.relative.cmp(&b.relative));
    }
    tree
}

impl Tree {
    fn add(&mut self, relative: String, source: PathBuf, is_folder: bool, ignored: bool) {
        if is_folder {
            let folder = Arc::make_mut(self.folders.entry(relative.clone()).or_default());
            (folder.relative, folder.ignored) = (relative, ignored);
        } else {
            let parent = relative.rsplit_once('/').map_or("", |(parent, _)| parent);
            // The walk comes to a folder before it comes to the files in it.
            if let Some(folder) = self.folders.get_mut(parent) {
                Arc::make_mut(folder).files.push(Entry { source, relative, ignored });
            }
        }
    }

    /// The tree after files came or went at some of these paths; none where only a walk can tell.
    pub fn after(&self, content: &Path, paths: &BTreeSet<PathBuf>, config: &Config) -> Option<Self> {
        // What is behind a link changes elsewhere.
        if self.has_links {
            return None;
        }
        let mut tree = Self { folders: self.folders.clone(), has_links: false };
        for path in paths.iter().filter(|path| path.starts_with(content) || content.starts_with(path)) {
            let relative = path.strip_prefix(content).ok().and_then(relative)?;
            let now = std::fs::symlink_metadata(path).ok().map(|meta| meta.is_file());
            match (tree.kind(&relative), now) {
                (Some(Kind::File), Some(true)) | (None, None) => {}
                (Some(Kind::File), None) => {
                    tree.files_beside(&relative)?.retain(|entry| entry.relative != relative);
                }
                (None, Some(true)) => {
                    let (source, ignored) = (path.clone(), config.ignored_content.is_match(path));
                    let files = tree.files_beside(&relative)?;
                    // Some disks tell `A` and `a` apart only in lists of files.
                    let small = relative.to_lowercase();
                    if files.iter().any(|entry| entry.relative.to_lowercase() == small) {
                        return None;
                    }
                    let at = files.partition_point(|entry| entry.relative < relative);
                    files.insert(at, Entry { source, relative, ignored });
                }
                // Folders, links, pipes.
                _ => return None,
            }
        }
        Some(tree)
    }

    fn files_beside(&mut self, relative: &str) -> Option<&mut Vec<Entry>> {
        let parent = relative.rsplit_once('/').map_or("", |(parent, _)| parent);
        Some(&mut Arc::make_mut(self.folders.get_mut(parent)?).files)
    }
}

/// The path with `/` between folders; none where a name is not Unicode.
pub fn relative(below: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// Where a symbolic link leads, if that is outside the site.
fn escape(entry: &DirEntry, inside: &Path) -> Option<PathBuf> {
    let is_link = match entry.depth() {
        0 => std::fs::symlink_metadata(entry.path()).is_ok_and(|metadata| metadata.is_symlink()),
        _ => entry.path_is_symlink(),
    };
    if !is_link {
        return None;
    }
    let target = entry.path().canonicalize().ok()?;
    (!target.starts_with(inside)).then_some(target)
}

fn shown(relative: &str) -> String {
    if relative.is_empty() { "content".to_owned() } else { format!("content/{relative}") }
}

fn leads_outside(relative: &str, target: &Path) -> Diagnostic {
    let (shown, target) = (shown(relative), target.display());
    Diagnostic::error(
        "content/symlink",
        text!(
            "the symbolic link `{shown}` leads out of the site, to `{target}`",
            "符号链接 `{shown}` 指向网站之外的 `{target}`"
        ),
    )
    .at(Place::file(shown))
    .help(text!("copy what it leads to into the site", "请把它指向的内容复制到网站里"))
}

fn no_unicode(below: &Path) -> Diagnostic {
    let shown = shown(&below.to_string_lossy().replace('\\', "/"));
    Diagnostic::error(
        "content/file-name",
        text!("the name `{shown}` is not valid Unicode", "名称 `{shown}` 不是有效的 Unicode"),
    )
    .at(Place::file(shown))
    .help(text!(
        "rename it; archives made on Chinese Windows should be unpacked with their encoding (GBK)",
        "请改名；中文 Windows 制作的压缩包请按 GBK 编码解压"
    ))
}

/// Broken links and loops are left out with a warning, as Zola leaves them out silently. Anything else would be missing
/// from the site without its author knowing.
fn unreadable(content: &Path, error: &walkdir::Error) -> Option<Diagnostic> {
    let path = error.path().unwrap_or(content);
    let below = path.strip_prefix(content).unwrap_or(path).to_string_lossy().replace('\\', "/");
    let shown = shown(&below);
    if let Some(ancestor) = error.loop_ancestor() {
        let ancestor = ancestor.strip_prefix(content).unwrap_or(ancestor).display();
        return Some(
            Diagnostic::warning(
                "content/symlink-loop",
                text!(
                    "the symbolic link `{shown}` leads back to `content/{ancestor}`, which it is in; it is left out",
                    "符号链接 `{shown}` 指回它所在的 `content/{ancestor}`，已略过"
                ),
            )
            .at(Place::file(shown)),
        );
    }
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        // Emacs marks open files with such links.
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let warning = Diagnostic::warning(
            "content/symlink-broken",
            text!(
                "the symbolic link `{shown}` leads nowhere; it is left out",
                "符号链接 `{shown}` 没有指向任何文件，已略过"
            ),
        );
        return (!hidden).then(|| warning.at(Place::file(shown)));
    }
    match error.io_error() {
        Some(error) => Some(Diagnostic::io(shown, error)),
        None => {
            Some(Diagnostic::error("io", crate::diagnostic::Text::verbatim(error.to_string())).at(Place::file(shown)))
        }
    }
}
