//! What is asked for, and the checked configuration that it leads to.

use std::path::{Path, PathBuf};

use crate::config::kepu::{Kepu, Templates};
use crate::config::{self, Config, Differences, Mode, find::Found};
use crate::content;
use crate::diagnostic::{Diagnostic, Place};
use crate::outreach::BuildTime;
use crate::text;

use super::{shown, theme};

/// What the command line decides about a site.
#[derive(Clone, Debug)]
pub struct Request {
    pub found: Found,
    pub mode: Mode,
    pub base_url: Option<String>,
    pub drafts: bool,
    pub minify: bool,
    /// Turns every difference from Zola off.
    pub zola_exact: bool,
    /// The time of the build, the only thing that is read from the clock.
    pub now: BuildTime,
    /// Whether other snapshots will follow, to which this one leaves what it knows.
    pub remember: bool,
    /// Whether everything is made anew, and nothing is left to other runs.
    pub no_cache: bool,
}

/// Reads and checks the configuration with its theme's; the second result is the theme's folder.
pub fn read_config(request: &Request, diagnostics: &mut Vec<Diagnostic>) -> Option<(Config, Option<PathBuf>)> {
    let root = &request.found.root;
    let file = shown(root, &request.found.config);
    let source = read(&request.found.config, &file, diagnostics)?;
    let mut kepu = Kepu {
        differences: Differences::all(),
        templates: Templates::default(),
        content: None,
        outreach: None,
        deploy: Vec::new(),
        check: config::Check::default(),
    };
    let kepu_toml = request.found.config.with_file_name("kepu.toml");
    if kepu_toml.is_file() {
        let file = shown(root, &kepu_toml);
        let source = read(&kepu_toml, &file, diagnostics)?;
        kepu = config::kepu::parse(&file, &source, diagnostics)?;
    }
    if request.zola_exact {
        kepu.differences = Differences::exact();
    }
    let mut config = Config::parse(&file, &source, kepu.differences, diagnostics)?;
    config.templates = kepu.templates;
    config.content_dialect = kepu.content;
    config.deploy = kepu.deploy;
    config.check = kepu.check;
    config.mode = request.mode;
    config.minify_html |= request.minify;
    if let Some(base_url) = &request.base_url {
        config.base_url = base_url.clone();
    }
    let Some(name) = config.theme.clone() else {
        config.outreach = config::Outreach::merge(None, kepu.outreach);
        return Some((config, None));
    };
    let folder = match theme::locate(root, &name) {
        Ok(folder) => folder,
        Err(error) => {
            diagnostics.push(error.at(config_place(&source, &file, "theme")));
            return None;
        }
    };
    let theme_toml = folder.join("theme.toml");
    let file = shown(root, &theme_toml);
    if !theme_toml.is_file() {
        diagnostics.push(
            Diagnostic::error(
                "theme/missing",
                text!("theme `{name}` has no `theme.toml`", "主题 `{name}` 没有 `theme.toml`"),
            )
            .at(Place::file(file)),
        );
        return None;
    }
    let source = read(&theme_toml, &file, diagnostics)?;
    let theme_outreach = config::merge_theme(&mut config, &file, &source, diagnostics);
    config.outreach = config::Outreach::merge(theme_outreach, kepu.outreach);
    if !folder.join("templates").is_dir() {
        diagnostics.push(
            Diagnostic::error(
                "theme/missing",
                text!("theme `{name}` has no folder `templates`", "主题 `{name}` 没有 `templates` 文件夹"),
            )
            .at(Place::file(shown(root, &folder))),
        );
        return None;
    }
    Some((config, Some(folder)))
}

/// Reads a text file; none, with an error in `diagnostics`, when that fails.
pub(super) fn read(path: &Path, shown: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    match content::read_text(path, shown, diagnostics) {
        Ok(text) => Some(text),
        Err(error) => {
            diagnostics.push(*error);
            None
        }
    }
}

fn config_place(source: &str, file: &str, key: &str) -> Place {
    config::toml_input::Input::new(file, source).place(&[key])
}
