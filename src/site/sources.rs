//! The files of a site beside its content: templates, style sheets, static files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::asset::{self, static_files::StaticFile};
use crate::config::{Config, Dialect};
use crate::content::{self, Content};
use crate::diagnostic::Diagnostic;
use crate::template::TemplateFile;

use super::request::read;
use super::shown;
use super::trees::{self, Trees};

/// Reads all templates and settles which generation each is of; the site's own decides how its content is read. No
/// templates where there was an error.
pub fn load_templates(
    root: &Path,
    config: &mut Config,
    theme: Option<&Path>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Vec<TemplateFile>>, Trees) {
    let before = diagnostics.len();
    let mut of_theme = None;
    if let (Some(folder), Some(name)) = (theme, &config.theme) {
        let mut files = Vec::new();
        let own = (&*folder.join("templates"), folder);
        read_templates(root, own, &format!("{name}/templates/"), &mut files, diagnostics);
        of_theme = Some((shown(root, &folder.join("templates")), files));
    }
    let mut own = Vec::new();
    read_templates(root, (&root.join("templates"), root), "", &mut own, diagnostics);
    let theme = of_theme.as_mut().map(|(folder, files)| (folder.as_str(), files.as_mut_slice()));
    let mut trees = trees::settle(config, theme, &mut own, diagnostics);
    let mut of_theme = of_theme.map(|(_, files)| files).unwrap_or_default();
    let mut known = trees.trees.iter_mut().rev();
    if let Some(tree) = known.next() {
        config.dialect = tree.dialect;
        own.retain(|file| is_template(&file.name, tree.dialect, false));
        tree.files = own.len();
    }
    if let Some(tree) = known.next() {
        of_theme.retain(|file| is_template(&file.name, tree.dialect, true));
        tree.files = of_theme.len();
    }
    of_theme.append(&mut own);
    // The engine would only stumble over the same files.
    let failed = diagnostics.iter().skip(before).any(Diagnostic::is_error);
    ((!failed).then_some(of_theme), trees)
}

/// File kinds that may be templates. Up to Zola 0.22 every kind that ends in `ml`, and in themes little else.
fn is_template(name: &str, dialect: Dialect, in_theme: bool) -> bool {
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default();
    match dialect {
        Dialect::Tera2 => ["html", "xml", "md", "txt", "json", "ics"].contains(&extension),
        Dialect::Tera1 if extension.ends_with("ml") || extension == "md" => true,
        Dialect::Tera1 if in_theme => name.ends_with("/templates/robots.txt"),
        Dialect::Tera1 => ["txt", "json", "ics"].contains(&extension),
    }
}

/// Reads what may be a template in `folder`, whose links must stay inside `allowed`.
fn read_templates(
    root: &Path,
    (folder, allowed): (&Path, &Path),
    prefix: &str,
    templates: &mut Vec<TemplateFile>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let (files, problems) = asset::static_files::walk(folder, allowed, &globset::GlobSet::empty());
    diagnostics.extend(problems);
    for StaticFile { output: name, source: path } in files {
        let file = shown(root, &path);
        let name = format!("{prefix}{name}");
        let candidate = [Dialect::Tera1, Dialect::Tera2].iter().any(|dialect| is_template(&name, *dialect, false));
        if candidate && let Some(text) = read(&path, &file, diagnostics) {
            templates.push(TemplateFile { name, file, text: text.into(), dialect: Dialect::Tera2 });
        }
    }
}

/// The files beside pages and sections, by output path.
pub fn colocated(content: &Content) -> HashMap<String, PathBuf> {
    let of = |path: &str, assets: &[content::Asset]| -> Vec<(String, PathBuf)> {
        let folder = path.trim_start_matches('/');
        assets.iter().map(|asset| (format!("{folder}{}", asset.name), asset.source.clone())).collect()
    };
    let pages = content.pages.iter().flat_map(|page| of(&page.path, &page.assets));
    pages.chain(content.sections.iter().flat_map(|section| of(&section.path, &section.assets))).collect()
}

pub type Files = Vec<StaticFile>;

pub fn static_files(
    root: &Path,
    config: &Config,
    theme: Option<&Path>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Files, Files) {
    let mut walk = |allowed: &Path, ignore: &globset::GlobSet| -> Files {
        let (files, problems) = asset::static_files::walk(&allowed.join("static"), allowed, ignore);
        diagnostics.extend(problems);
        files
    };
    let theme_static = theme.map(|t| walk(t, &globset::GlobSet::empty())).unwrap_or_default();
    (theme_static, walk(root, &config.ignored_static))
}
