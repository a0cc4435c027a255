//! What a build asks a site to find out which of its routes come out as they did in an earlier state.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::cache::{BUILD_ID, Digest, Digester};
use crate::template::reads::{self, Reads};

use super::asks::Question;
use super::known::Known;
use super::render::Work;
use super::{Artifact, Site, memory};

impl Site {
    /// A digest of what every route depends on: kepu itself, the configuration, all templates, the tables of an outreach
    /// site. From then on the site's own values are known by their digests.
    pub fn digest(&self) -> Digest {
        self.asks.know(Known::of(self));
        let mut digester = Digester::new();
        let config_dir = self.config_dir.as_ref().unwrap_or(&self.root);
        digester.text(BUILD_ID).text(&memory::config_made_of(&self.config, config_dir));
        digester.text(&format!("{:?}", self.generation.dialect));
        for name in self.engine.names() {
            digester.text(name).option(self.engine.file(name)).option(self.engine.text(name));
        }
        if self.outreach.is_some() {
            let mut files: Vec<PathBuf> = walkdir::WalkDir::new(config_dir.join("data"))
                .follow_links(true)
                .into_iter()
                .flatten()
                .map(walkdir::DirEntry::into_path)
                .collect();
            files.sort();
            for file in files {
                digester.bytes(file.as_os_str().as_encoded_bytes()).bytes(&std::fs::read(&file).unwrap_or_default());
            }
        }
        digester.finish()
    }

    /// Whether answers to questions of an earlier state are still the same, in their order.
    pub fn answers_as_before(&self, questions: &[(Question, Digest)], is_wanted: &[bool]) -> Vec<bool> {
        let same = |(index, (question, answer)): (usize, &(Question, Digest))| {
            is_wanted[index] && self.asks.answer(question) == Some(*answer)
        };
        questions.par_iter().enumerate().with_min_len(16).map(same).collect()
    }

    /// Takes over a question whose answer is the same, with what asking it does. Gives its number.
    pub fn keep_question(&self, question: &Question, answer: Digest) -> Option<u32> {
        self.asks.keep(question, answer)
    }

    /// All questions that were asked or taken over, by number.
    pub fn questions(&self) -> Vec<(Question, Digest)> {
        self.asks.asked()
    }

    /// Renders a route and tells what its templates asked for.
    pub fn render_recorded(
        &self,
        path: &str,
        work: Work,
    ) -> (Result<Artifact, Vec<crate::diagnostic::Diagnostic>>, Reads) {
        reads::record(|| work.render(self, path))
    }

    /// What all bodies together asked for.
    pub fn body_reads(&self) -> Reads {
        self.library.bodies.asked()
    }

    /// The files that functions looked for, found or not, and those that other files name.
    pub fn looked_for(&self) -> Vec<PathBuf> {
        let mut files = self.locator.probes();
        files.extend(self.sass_reads.iter().cloned());
        let config_dir = self.config_dir.as_ref().unwrap_or(&self.root);
        if let Some(highlighting) = &self.config.markdown.highlighting {
            let named = highlighting.extra_grammars.iter().chain(&highlighting.extra_themes);
            files.extend(named.map(|file| config_dir.join(file)));
        }
        files
    }

    /// The folders whose files are read, and the files of the configuration.
    pub fn folders_read(root: &Path, config: &Path, theme: Option<&Path>, is_outreach: bool) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> =
            ["content", "templates", "static", "sass"].iter().map(|name| root.join(name)).collect();
        if let Some(theme) = theme {
            paths.extend(["templates", "static", "sass", "theme.toml"].iter().map(|name| theme.join(name)));
        }
        paths.push(config.to_path_buf());
        paths.push(config.with_file_name("kepu.toml"));
        if is_outreach {
            paths.push(config.with_file_name("data"));
        }
        paths
    }
}
