//! One pass over all routes: what is known to be the same stays, what is not is rendered and handed to a [`Sink`].

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::record::{Made, Record};
use crate::cache::{Digest, Digester, Stamp};
use crate::diagnostic::{Diagnostic, Result, Text};
use crate::site::{Artifact, Processed, Question, Route, Routes, Site, Work, summarize, work};
use crate::text;

/// Where the files of a site go.
pub(super) trait Sink: Sync {
    /// Whether a file is there as the last record has it.
    fn is_intact(&self, path: &str) -> bool;
    fn write(&self, path: &str, bytes: &[u8]) -> Result<()>;
    fn copy(&self, path: &str, source: &Path, hard_link: bool) -> Result<()>;
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
    pub is_written: bool,
    /// Whether it depends on the clock, the network or the environment.
    pub is_open: bool,
}

impl Done {
    /// The digest by which the next build may know a file that was written at about `time`. Copies are too many and too
    /// large to be read for it unless that is needed.
    pub fn digest_at(&self, stamp: &Stamp, time: i64) -> Option<Digest> {
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
    /// When the disk is full or read-only every file fails; one report is enough. Templates go on being checked.
    refused: AtomicBool,
}

impl<'a> Pass<'a> {
    /// On top of what a record tells.
    pub fn new(site: &'a Site, record: &'a Record, sink: &'a dyn Sink) -> Self {
        Self { everywhere: site.digest(), ..Self::anew(site, record, sink) }
    }

    /// Nothing is known, and nothing is to be.
    pub fn anew(site: &'a Site, record: &'a Record, sink: &'a dyn Sink) -> Self {
        Self { site, everywhere: Digest::default(), staged: sink, record, refused: AtomicBool::new(false) }
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
        let results: Vec<std::result::Result<Done, (Text, Vec<Diagnostic>)>> = routes
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

    fn render(&self, path: &str, route: &Route, of: Option<Digest>) -> std::result::Result<Done, Vec<Diagnostic>> {
        let (artifact, reads) = self.site.render_recorded(path, work(self.site, route));
        let artifact = artifact?;
        let digest = bytes(&artifact).map(Digest::of);
        let is_same = digest.is_some() && digest == self.digest_of(path) && self.staged.is_intact(path);
        if !is_same {
            self.put(path, &artifact)?;
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

    /// Hands a rendered file to the sink.
    pub fn put(&self, path: &str, artifact: &Artifact) -> std::result::Result<(), Vec<Diagnostic>> {
        if self.refused.load(Ordering::Relaxed) {
            return Ok(());
        }
        let put = match artifact {
            Artifact::File { source, hard_link } => self.staged.copy(path, source, *hard_link),
            other => self.staged.write(path, bytes(other).unwrap_or_default()),
        };
        put.map_err(|error| {
            if matches!(error.code, "publish/disk-full" | "publish/read-only") {
                self.refused.store(true, Ordering::Relaxed);
            }
            vec![*error]
        })
    }

    /// Makes the images that templates asked for while they were rendered.
    pub fn images(&self, routes: &Routes, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Done>> {
        let requested = self.site.images.requested();
        let results: Vec<Result<Option<Done>>> = requested
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

fn torn() -> Diagnostic {
    let message =
        text!("files in `content/` changed while they were being read", "读取期间，`content/` 里的文件又有改动");
    Diagnostic::error("build/changed", message)
        .help(text!("nothing was changed; build again", "没有改动任何文件，请重新生成"))
}

pub(super) fn what(site: &Site, path: &str, route: &Route) -> Text {
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
