//! `kepu build`: renders what changed since the last build into a staged output, and swaps it in when nothing went wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::cache::{Digest, Digester, Stamp};
use crate::diagnostic::{Diagnostic, Text};
use crate::site::{
    Artifact, Processed, Question, Request, Route, Routes, Site, Work, read_config, render, summarize, work,
};
use crate::text;

use super::disk::{self, Output, Staged, State};
use super::inputs::Inputs;
use super::record::{self, Made, Record};

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

fn torn() -> Diagnostic {
    let message =
        text!("files in `content/` changed while they were being read", "读取期间，`content/` 里的文件又有改动");
    Diagnostic::error("build/changed", message)
        .help(text!("nothing was changed; build again", "没有改动任何文件，请重新生成"))
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

/// Where the files of a site go.
pub(super) trait Sink: Sync {
    /// Whether a file is there as the last record has it.
    fn is_intact(&self, path: &str) -> bool;
    fn write(&self, path: &str, bytes: &[u8]) -> crate::diagnostic::Result<()>;
    fn copy(&self, path: &str, source: &Path, hard_link: bool) -> crate::diagnostic::Result<()>;
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

/// One file of the output on its way.
pub(super) struct Done {
    pub path: Box<str>,
    pub made: Option<Made>,
    /// Of its bytes, if they were seen.
    digest: Option<Digest>,
    /// The file that it is a copy of, if it was copied now.
    source: Option<PathBuf>,
    pub is_rendered: bool,
    is_written: bool,
    /// Whether it depends on the clock, the network or the environment.
    is_open: bool,
}

impl Done {
    /// The digest by which the next build may know a file that was written at about `time`. Copies are too many and too
    /// large to be read for it unless that is needed.
    fn digest_at(&self, stamp: &Stamp, time: i64) -> Option<Digest> {
        match (&self.digest, &self.source) {
            (None, Some(source)) if stamp.is_fresh_at(time) => Some(Digest::of(&std::fs::read(source).ok()?)),
            (digest, _) => *digest,
        }
    }
}

/// One pass over all routes.
pub(super) struct Pass<'a> {
    site: &'a Site,
    /// Of what every route depends on.
    everywhere: Digest,
    staged: &'a dyn Sink,
    record: &'a Record,
    /// When the disk is full every file fails; one report is enough. Templates go on being checked.
    refused: AtomicBool,
}

impl<'a> Pass<'a> {
    /// On top of what a record tells.
    pub fn new(site: &'a Site, record: &'a Record, sink: &'a dyn Sink) -> Self {
        Self { site, everywhere: site.digest(), staged: sink, record, refused: AtomicBool::new(false) }
    }

    /// All files of the site, the images too.
    pub fn run(
        &self,
        routes: &Routes,
        step: &(dyn Fn() + Sync),
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Done>> {
        let mut done = self.routes(routes, step, diagnostics)?;
        done.extend(self.images(routes, diagnostics)?);
        if self.site.is_torn() {
            diagnostics.push(torn());
            return None;
        }
        Some(done)
    }

    fn routes(
        &self,
        routes: &Routes,
        step: &(dyn Fn() + Sync),
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<Done>> {
        let (site, record) = (self.site, self.record);
        let routes: Vec<(&String, &Route)> = routes.iter().collect();
        let of: Vec<Option<Digest>> =
            routes.par_iter().with_min_len(16).map(|(_, route)| self.of(&work(site, route))).collect();
        // Only what may be kept is asked: questions of others may have no answer, or one that the site does not need.
        let candidate = |index: usize| {
            let path = routes[index].0.as_str();
            record.made.get(path).filter(|made| Some(made.of) == of[index] && self.staged.is_intact(path))
        };
        let mut is_wanted = vec![false; record.questions.len()];
        for made in (0..routes.len()).filter_map(candidate) {
            made.questions.iter().for_each(|question| is_wanted[*question as usize] = true);
        }
        let holds = site.answers_as_before(&record.questions, &is_wanted);
        let kept = |index: usize| {
            candidate(index).filter(|made| made.questions.iter().all(|question| holds[*question as usize]))
        };
        let results: Vec<Result<Done, (Text, Vec<Diagnostic>)>> = routes
            .par_iter()
            .enumerate()
            .map(|(index, (path, route))| {
                let done = match kept(index) {
                    Some(made) => Ok(self.keep(path, made)),
                    None => self.render(path, route, of[index]),
                };
                step();
                done.map_err(|errors| (what(site, path, route), errors))
            })
            .collect();
        let (mut done, mut failures) = (Vec::with_capacity(results.len()), Vec::new());
        for result in results {
            match result {
                Ok(file) => done.push(file),
                Err(failure) => failures.push(failure),
            }
        }
        diagnostics.extend(summarize(failures));
        (!diagnostics.iter().any(Diagnostic::is_error)).then_some(done)
    }

    /// A digest of everything that a route is made of.
    fn of(&self, work: &Work) -> Option<Digest> {
        let digest = work.digest(self.site)?;
        match work {
            Work::File { .. } | Work::Ready(_) => Some(digest),
            Work::Template(_) | Work::SearchIndex { .. } => {
                Some(Digester::new().digest(self.everywhere).digest(digest).finish())
            }
        }
    }

    /// A file that stays, with the questions of its route under the numbers that they have now.
    fn keep(&self, path: &str, made: &Made) -> Done {
        let questions = made.questions.iter().map(|number| {
            let (question, answer): &(Question, Digest) = &self.record.questions[*number as usize];
            self.site.keep_question(question, *answer)
        });
        let questions: Option<Vec<u32>> = questions.collect();
        Done {
            path: path.into(),
            made: questions.map(|questions| Made { of: made.of, questions }),
            digest: self.digest_of(path),
            source: None,
            is_rendered: false,
            is_written: false,
            is_open: false,
        }
    }

    fn digest_of(&self, path: &str) -> Option<Digest> {
        self.record.state.files.get(path).and_then(|written| written.digest)
    }

    fn render(&self, path: &str, route: &Route, of: Option<Digest>) -> Result<Done, Vec<Diagnostic>> {
        let (artifact, reads) = self.site.render_recorded(path, work(self.site, route));
        let artifact = artifact?;
        let digest = bytes(&artifact).map(Digest::of);
        let is_same = digest.is_some() && digest == self.digest_of(path) && self.staged.is_intact(path);
        if !is_same && !self.refused.load(Ordering::Relaxed) {
            put(self.staged, path, &artifact).map_err(|error| {
                self.refused.store(true, Ordering::Relaxed);
                vec![*error]
            })?;
        }
        let is_open = reads.clock || reads.outside;
        let made = of.filter(|_| !is_open).map(|of| Made { of, questions: reads.questions });
        let source = match artifact {
            Artifact::File { source, .. } => Some(source),
            _ => None,
        };
        let is_rendered = source.is_none();
        Ok(Done { path: path.into(), made, digest, source, is_rendered, is_written: !is_same, is_open })
    }

    /// Makes the images that templates asked for while they were rendered.
    fn images(&self, routes: &Routes, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Done>> {
        let requested = self.site.images.requested();
        let results: Vec<crate::diagnostic::Result<Option<Done>>> = requested
            .par_iter()
            .map(|(path, planned)| {
                // Zola leaves processed images in `static/`; a site that keeps them there has this one already.
                if routes.contains_key(path) {
                    return Ok(None);
                }
                // The name holds a digest of the original and of what is made of it.
                let of = Digest::of(path.as_bytes());
                let is_same =
                    self.staged.is_intact(path) && self.record.made.get(&**path).is_some_and(|made| made.of == of);
                let mut source = None;
                if !is_same {
                    match self.site.images.process(planned)? {
                        Processed::File(file) => {
                            self.staged.copy(path, &file, false)?;
                            source = Some(file);
                        }
                        Processed::Bytes(bytes) => self.staged.write(path, &bytes)?,
                    }
                }
                let made = Some(Made { of, questions: Vec::new() });
                let path = Box::from(path.as_str());
                let digest = if is_same { self.digest_of(&path) } else { None };
                Ok(Some(Done {
                    path,
                    made,
                    digest,
                    source,
                    is_rendered: !is_same,
                    is_written: !is_same,
                    is_open: false,
                }))
            })
            .collect();
        if results.iter().flatten().flatten().any(|image| image.is_rendered) {
            self.site.images.prune();
        }
        let (mut done, mut failed) = (Vec::new(), false);
        for result in results {
            match result {
                Ok(file) => done.extend(file),
                Err(error) => {
                    failed = true;
                    diagnostics.push(*error);
                }
            }
        }
        (!failed).then_some(done)
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
    let pass = Pass {
        site,
        staged: &staged,
        everywhere: Digest::default(),
        record: &Record::default(),
        refused: AtomicBool::new(false),
    };
    let refused = &pass.refused;
    let failures: Vec<(Text, Vec<Diagnostic>)> = routes
        .par_iter()
        .filter_map(|(path, route)| {
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

fn what(site: &Site, path: &str, route: &Route) -> Text {
    let (Text { en, zh }, _) = route.describe(site);
    Text { en: format!("`/{path}`, {en}"), zh: format!("`/{path}`，{zh}") }
}

fn bytes(artifact: &Artifact) -> Option<&[u8]> {
    Some(match artifact {
        Artifact::Text(text) => text.as_bytes(),
        Artifact::Shared(text) => text.as_bytes(),
        Artifact::Static(text) => text.as_bytes(),
        Artifact::File { .. } => return None,
    })
}

fn put(staged: &dyn Sink, path: &str, artifact: &Artifact) -> crate::diagnostic::Result<()> {
    match artifact {
        Artifact::File { source, hard_link } => staged.copy(path, source, *hard_link),
        other => staged.write(path, bytes(other).unwrap_or_default()),
    }
}
