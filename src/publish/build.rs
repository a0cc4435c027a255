//! `kepu build`: renders what changed since the last build into a staged output, and swaps it in when nothing went wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::cache::Digest;
use crate::diagnostic::{Diagnostic, Text};
use crate::site::{Request, Routes, Site, read_config, render, summarize};

use super::disk::{self, Output, Staged, State};
use super::inputs::Inputs;
use super::pass::{Done, Pass, Sink, what};
use super::record::{self, Record};

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
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub pages: usize,
    pub sections: usize,
    /// How many files the output has.
    pub files: usize,
    /// How many of them were rendered or processed.
    pub rendered: usize,
    /// How many of them were put there.
    pub replaced: usize,
    /// The output folder for messages.
    pub folder: String,
    /// Whether it was built on top of what an earlier build left.
    pub is_update: bool,
}

/// What is known of the last build into an output, and what the sources look like now.
pub struct Memory {
    options: Digest,
    /// Looked at before anything was read.
    inputs: Inputs,
    output: Output,
    record: Option<Record>,
    preserves_dotfiles: bool,
}

impl Memory {
    /// Looks at the sources, before the site is loaded. None where the configuration cannot be read: loading will tell why.
    pub fn open(request: &Request, options: &Options) -> Option<Self> {
        let (config, theme) = read_config(request, &mut Vec::new())?;
        let found = &request.found;
        let folders = Site::folders_read(&found.root, &found.config, theme.as_deref(), config.outreach.is_some());
        let digest = record::options(request);
        // Whether it may be an output is asked once more before anything is written.
        let output = disk::guard(&found.root, &output_folder(&found.root, &config.output_dir, options), &[]).ok()?;
        let (inputs, record) = rayon::join(|| Inputs::look(&folders), || Record::open(&output, digest));
        let preserves_dotfiles = config.preserve_dotfiles_in_output;
        Some(Self { options: digest, inputs, output, record, preserves_dotfiles })
    }

    /// For a site that was loaded before: what its sources look like now may not be what it was made of, so the next build
    /// of another process loads it again.
    pub fn of_loaded(request: &Request, options: &Options) -> Option<Self> {
        let mut memory = Self::open(request, options)?;
        memory.inputs = Inputs::unknown();
        Some(memory)
    }

    /// The result of a build that has nothing to do: no source changed since the last one, and its output is intact.
    pub fn unchanged(&self, options: &Options) -> Option<Written> {
        let record = self.record.as_ref().filter(|record| record.is_closed && self.inputs.are_as(&record.inputs))?;
        let preserve_dotfiles = self.preserves_dotfiles;
        let options = disk::Options { force: options.force, preserve_dotfiles, strict: options.strict };
        let staged = Staged::begin_after(self.output.clone(), options, record.state.clone()).ok()?;
        staged.earlier()?;
        let kept: BTreeSet<Box<str>> =
            record.state.files.keys().filter(|path| staged.is_intact(path)).cloned().collect();
        let (folder, all) = (staged.output().shown().to_owned(), kept.len() == record.state.files.len());
        if !all || staged.commit(&kept).ok()?.changed {
            return None;
        }
        let Record { pages, sections, files, .. } = *record;
        Some(Written { pages, sections, files, rendered: 0, replaced: 0, folder, is_update: true })
    }
}

/// Renders all routes that are not known to be the same and replaces the output folder; `step` is called after each route,
/// from any thread. Without a memory everything is rendered, and nothing is left to the next build.
///
/// None, with errors in `diagnostics` and the output folder as it was, when anything failed.
pub fn build(
    site: &Site,
    routes: &Routes,
    options: &Options,
    memory: Option<Memory>,
    step: &(dyn Fn() + Sync),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Written> {
    let mut failed = |error: Box<Diagnostic>| diagnostics.push(*error);
    let (output, disk_options) = match target(site, options) {
        Ok(target) => target,
        Err(error) => {
            failed(error);
            return None;
        }
    };
    let Some(memory) = memory else {
        // What is known of the output is no longer true.
        let _ = std::fs::remove_file(disk::record_file(&output));
        let staged = match Staged::begin(output, disk_options) {
            Ok(staged) => staged,
            Err(error) => {
                failed(error);
                return None;
            }
        };
        return anew(site, routes, staged, step, diagnostics);
    };
    let begun = match &memory.record {
        Some(record) => Staged::begin_after(output.clone(), disk_options, record.state.clone()),
        None => Staged::begin(output.clone(), disk_options),
    };
    let staged = match begun {
        Ok(staged) => staged,
        Err(error) => {
            failed(error);
            return None;
        }
    };
    let record = memory.record.unwrap_or_default();
    let done = Pass::new(site, &record, &staged).run(routes, step, diagnostics)?;
    let kept: BTreeSet<Box<str>> = done.iter().filter(|file| !file.is_written).map(|file| file.path.clone()).collect();
    let folder = staged.output().shown().to_owned();
    let time = staged.time();
    let earlier = staged.earlier().cloned().unwrap_or_default();
    let committed = match staged.commit(&kept) {
        Ok(committed) => committed,
        Err(error) => {
            diagnostics.push(*error);
            return None;
        }
    };
    diagnostics.extend(committed.warnings.iter().cloned());
    let written = Written {
        pages: site.content.pages.len(),
        sections: site.content.sections.len(),
        files: done.len(),
        rendered: done.iter().filter(|file| file.is_rendered).count(),
        replaced: done.iter().filter(|file| file.is_written).count(),
        folder,
        is_update: !record.made.is_empty(),
    };
    let reads = site.body_reads();
    let mut inputs = memory.inputs;
    inputs.add(site.looked_for());
    let is_open = reads.clock || reads.outside || site.outreach.is_some() || done.iter().any(|file| file.is_open);
    let state = match committed.changed {
        true => {
            let stamp = |file: &Done| committed.files.get(&file.path).copied();
            let files = done.iter().filter_map(|file| {
                let written = match stamp(file) {
                    Some(stamp) => disk::Written { stamp, digest: file.digest_at(&stamp, time) },
                    None => *earlier.files.get(&file.path)?,
                };
                Some((file.path.clone(), written))
            });
            State { time, files: files.collect(), folders: committed.folders, spare: committed.spare }
        }
        false => earlier,
    };
    let made = done.into_iter().filter_map(|file| Some((file.path, file.made?))).collect();
    let record = Record {
        options: memory.options,
        inputs,
        is_closed: !is_open && diagnostics.is_empty(),
        pages: written.pages,
        sections: written.sections,
        files: written.files,
        state,
        made,
        questions: site.questions(),
    };
    record.save(&output);
    Some(written)
}

fn output_folder(root: &Path, configured: &str, options: &Options) -> PathBuf {
    match &options.output {
        // Typed on the command line, so relative to where the command runs.
        Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
        None => root.join(configured),
    }
}

/// The output, if it may be one.
fn target(site: &Site, options: &Options) -> crate::diagnostic::Result<(Output, disk::Options)> {
    let output =
        disk::guard(&site.root, &output_folder(&site.root, &site.config.output_dir, options), &site.sources())?;
    let options = disk::Options {
        force: options.force,
        preserve_dotfiles: site.config.preserve_dotfiles_in_output,
        strict: options.strict,
    };
    Ok((output, options))
}

impl Sink for Staged {
    fn is_intact(&self, path: &str) -> bool {
        Staged::is_intact(self, path)
    }

    fn write(&self, path: &str, bytes: &[u8]) -> crate::diagnostic::Result<()> {
        Staged::write(self, path, bytes)
    }

    fn copy(&self, path: &str, source: &Path, hard_link: bool) -> crate::diagnostic::Result<()> {
        Staged::copy(self, path, source, hard_link)
    }
}

/// Renders everything, without a memory.
fn anew(
    site: &Site,
    routes: &Routes,
    staged: Staged,
    step: &(dyn Fn() + Sync),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Written> {
    let record = Record::default();
    let pass = Pass::anew(site, &record, &staged);
    let failures: Vec<(Text, Vec<Diagnostic>)> = routes
        .par_iter()
        .filter_map(|(path, route)| {
            let result = render(site, path, route).and_then(|artifact| pass.put(path, &artifact));
            step();
            result.err().map(|errors| (what(site, path, route), errors))
        })
        .collect();
    diagnostics.extend(summarize(failures));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let files = routes.len() + pass.images(routes, diagnostics)?.len();
    let folder = staged.output().shown().to_owned();
    match staged.commit(&BTreeSet::new()) {
        Ok(committed) => {
            diagnostics.extend(committed.warnings);
            let (pages, sections) = (site.content.pages.len(), site.content.sections.len());
            Some(Written { pages, sections, files, rendered: files, replaced: files, folder, is_update: false })
        }
        Err(error) => {
            diagnostics.push(*error);
            None
        }
    }
}
