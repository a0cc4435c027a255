//! `kepu build`: renders every route into a staged output and swaps it in when nothing went wrong.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Text};
use crate::site::{Artifact, Route, Routes, Site, render, summarize};

use super::disk::{self, Staged};

/// What the command line decides about the output.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Instead of the configuration's `output_dir`.
    pub output: Option<PathBuf>,
    /// Replace the output folder whatever it holds.
    pub force: bool,
    /// Change nothing when there is anything to warn of.
    pub strict: bool,
}

/// What a build has written.
#[derive(Clone, Debug)]
pub struct Written {
    pub files: usize,
    /// The output folder for messages.
    pub folder: String,
}

/// Renders all routes and replaces the output folder; `step` is called after each route, from any thread.
///
/// None, with errors in `diagnostics` and the output folder as it was, when anything failed.
pub fn build(
    site: &Site,
    routes: &Routes,
    options: &Options,
    step: &(dyn Fn() + Sync),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Written> {
    let staged = match begin(site, options) {
        Ok(staged) => staged,
        Err(error) => {
            diagnostics.push(*error);
            return None;
        }
    };
    let refused = AtomicBool::new(false);
    let failures: Vec<(Text, Vec<Diagnostic>)> = routes
        .par_iter()
        .filter_map(|(path, route)| {
            // When the disk is full every file fails; one report is enough. Templates go on being checked.
            let result = render(site, path, route).and_then(|artifact| {
                if refused.load(Ordering::Relaxed) {
                    return Ok(());
                }
                put(&staged, path, &artifact).map_err(|error| {
                    refused.store(true, Ordering::Relaxed);
                    vec![*error]
                })
            });
            step();
            result.err().map(|errors| (what(site, path, route), errors))
        })
        .collect();
    diagnostics.extend(summarize(failures));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let images = match write_images(site, routes, &staged) {
        Ok(count) => count,
        Err(errors) => {
            diagnostics.extend(errors);
            return None;
        }
    };
    let folder = staged.output().shown().to_owned();
    match staged.commit() {
        Ok(warnings) => {
            diagnostics.extend(warnings);
            Some(Written { files: routes.len() + images, folder })
        }
        Err(error) => {
            diagnostics.push(*error);
            None
        }
    }
}

fn begin(site: &Site, options: &Options) -> crate::diagnostic::Result<Staged> {
    let output = match &options.output {
        // Typed on the command line, so relative to where the command runs.
        Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
        None => site.root.join(&site.config.output_dir),
    };
    let output = disk::guard(&site.root, &output, &site.sources())?;
    let options = disk::Options {
        force: options.force,
        preserve_dotfiles: site.config.preserve_dotfiles_in_output,
        strict: options.strict,
    };
    Staged::begin(output, options)
}

fn what(site: &Site, path: &str, route: &Route) -> Text {
    let (Text { en, zh }, _) = route.describe(site);
    Text { en: format!("`/{path}`, {en}"), zh: format!("`/{path}`，{zh}") }
}

fn put(staged: &Staged, path: &str, artifact: &Artifact) -> crate::diagnostic::Result<()> {
    match artifact {
        Artifact::Text(text) => staged.write(path, text.as_bytes()),
        Artifact::Shared(text) => staged.write(path, text.as_bytes()),
        Artifact::Static(text) => staged.write(path, text.as_bytes()),
        Artifact::File { source, hard_link } => staged.copy(path, source, *hard_link),
    }
}

/// Makes the images that templates asked for while they were rendered.
fn write_images(site: &Site, routes: &Routes, staged: &Staged) -> Result<usize, Vec<Diagnostic>> {
    let requested = site.images.requested();
    let results: Vec<crate::diagnostic::Result<usize>> = requested
        .par_iter()
        .map(|(path, planned)| {
            // Zola leaves processed images in `static/`; a site that keeps them there has this one already.
            if routes.contains_key(path) {
                return Ok(0);
            }
            let file = site.images.process(planned)?;
            staged.copy(path, &file, false)?;
            Ok(1)
        })
        .collect();
    let mut count = 0;
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(n) => count += n,
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() { Ok(count) } else { Err(errors) }
}
