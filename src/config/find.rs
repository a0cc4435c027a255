//! Which configuration file belongs to a folder.

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Result};
use crate::text;

/// A site's root and its configuration file.
#[derive(Clone, Debug)]
pub struct Found {
    pub root: PathBuf,
    pub config: PathBuf,
}

/// Looks for the configuration as Zola does, in `start` and its ancestors: the file named by `--config`,
/// else `zola.toml`, else `config.toml`; and at last, in the same folders, `site/config.toml` with
/// the folder above it as root.
pub fn find(start: &Path, named: Option<&Path>) -> Result<Found> {
    let shown = start.display();
    let start = std::fs::canonicalize(start).map_err(|error| {
        Diagnostic::error(
            "config/root",
            text!("there is no folder `{shown}`: {error}", "没有文件夹 `{shown}`：{error}"),
        )
    })?;
    let candidates: Vec<PathBuf> = match named {
        Some(path) => vec![path.to_path_buf()],
        None => ["zola.toml", "config.toml", "site/config.toml"].map(PathBuf::from).to_vec(),
    };
    for candidate in &candidates {
        for folder in start.ancestors() {
            let config = folder.join(candidate);
            if config.is_file() {
                return Ok(Found { root: folder.to_path_buf(), config });
            }
        }
    }
    let names = candidates.iter().map(|c| format!("`{}`", c.display())).collect::<Vec<_>>().join(", ");
    Err(Box::new(
        Diagnostic::error(
            "config/not-found",
            text!(
                "found no {names} in `{shown}` or the folders above it",
                "在 `{shown}` 及其上级文件夹里没有找到 {names}"
            ),
        )
        .help(text!(
            "go to the folder of your site, or make a new one with `kepu init`",
            "请进入网站所在的文件夹，或用 `kepu init` 新建一个"
        )),
    ))
}
