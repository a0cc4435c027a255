//! Colocated assets: the files beside a page or section that are published with it.

use std::path::PathBuf;

use super::walk::{Entry, Tree};

/// A file beside a page or section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    pub source: PathBuf,
    /// Relative to the folder of the page or section, with `/` between folders.
    pub name: String,
}

/// The assets of a folder, sorted by name without regard to the case of ASCII letters. Those of a page (`deep`) come
/// from the folders below, too.
pub fn find(tree: &Tree, folder: &str, deep: bool) -> Vec<Asset> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let asset = |entry: &Entry| {
        let name = entry.relative.strip_prefix(&prefix)?.to_owned();
        is_asset(entry).then(|| Asset { source: entry.source.clone(), name })
    };
    let mut assets: Vec<Asset> = if deep {
        tree.below(folder).flat_map(|folder| &folder.files).filter_map(asset).collect()
    } else {
        tree.folder(folder).into_iter().flat_map(|folder| &folder.files).filter_map(asset).collect()
    };
    assets.sort_by_cached_key(|asset| (asset.name.to_ascii_lowercase(), asset.name.clone()));
    assets
}

fn is_asset(entry: &Entry) -> bool {
    !entry.ignored
        && extension(entry.filename())
            .is_some_and(|(stem, extension)| extension != "md" && !is_temporary(stem, extension))
}

/// The name in front of the last dot and what follows it; a dot at the start of a name is part of the name.
fn extension(filename: &str) -> Option<(&str, &str)> {
    filename.rsplit_once('.').filter(|(stem, _)| !stem.is_empty())
}

/// Files that editors leave behind. To Zola these are also the files without extension, which have no name here.
fn is_temporary(stem: &str, extension: &str) -> bool {
    let endings = ["jb_old___", "jb_tmp___", "jb_bak___", "~", "bck"];
    matches!(extension, "swp" | "swx" | "tmp" | "kate-swp")
        || endings.iter().any(|ending| extension.ends_with(ending))
        || stem.starts_with('#')
        || stem.starts_with(".#")
}
