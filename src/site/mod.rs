//! The site: an immutable snapshot of everything, the table of its routes, and the rendering of one route.
//!
//! Documents come in from `content`, artifacts go out to a sink. Nothing here knows the output folder, and nothing
//! changes once [`Site::load`] has returned.

mod asks;
mod bodies;
mod body;
mod feeds;
mod fields;
mod functions;
mod generation;
mod known;
mod library;
mod links;
mod load;
mod memo;
mod memory;
mod pager;
mod plan;
mod relate;
mod render;
mod request;
mod reuse;
mod routes;
mod sass;
mod shortcodes;
mod sitemap;
mod sort;
mod sources;
mod taxonomy;
pub mod theme;
pub mod trees;
mod values;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::asset::static_files::StaticFile;
use crate::config::Config;
use crate::content::{Content, Torn};
use crate::diagnostic::Diagnostic;
use crate::outreach::Outreach;
use crate::template::Engine;

pub use crate::content::Changes;
pub use asks::Question;
pub use functions::{Images, Processed, files::is_aside, is_safe, register_names};
pub use generation::Generation;
pub use memo::Stores;
pub use memory::overlooked;
pub use plan::{has_same_routes, plan};
pub use relate::DocumentId;
pub use render::{Artifact, Work, render, summarize, template_of, work};
pub use request::{Request, read_config};
pub use routes::{Route, Routes};

use relate::Relations;
use taxonomy::TaxonomyTerms;

/// Everything that a build knows before it renders.
pub struct Site {
    /// Canonical.
    pub root: PathBuf,
    pub config: Arc<Config>,
    /// The folder of the configuration file, where that is not the root.
    config_dir: Option<PathBuf>,
    /// The theme's folder, which may be reached through a link.
    theme_folder: Option<PathBuf>,
    pub engine: Engine,
    /// Of which generation the bodies are.
    pub generation: Generation,
    pub content: Arc<Content>,
    pub relations: Arc<Relations>,
    pub taxonomies: Arc<Vec<TaxonomyTerms>>,
    library: Arc<library::Library>,
    sitemap: OnceLock<Vec<sitemap::Entry>>,
    /// Compiled style sheets: output path, text, and where each comes from.
    stylesheets: Vec<(String, Arc<str>, String)>,
    theme_static: Vec<StaticFile>,
    static_files: Vec<StaticFile>,
    /// None unless this is an outreach site.
    pub outreach: Option<Arc<Outreach>>,
    /// Which processed images templates have asked for.
    pub images: Arc<Images>,
    /// What templates have asked for through functions.
    asks: asks::Keeper,
    locator: Arc<functions::Locator>,
    /// Whether a file changed while the site was made of it.
    torn: Torn,
    /// The files that style sheets were made of.
    sass_reads: Vec<PathBuf>,
    /// What the templates were taken for.
    pub trees: trees::Trees,
    /// For the snapshot that follows.
    memory: Option<memory::Memory>,
}

impl Site {
    /// The folders that a build reads, none of which may become its output.
    pub fn sources(&self) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = ["content", "templates", "static", "sass", "themes", "src", ".git"]
            .iter()
            .map(|f| self.root.join(f))
            .collect();
        if self.outreach.is_some() {
            folders.push(self.config_dir.as_ref().unwrap_or(&self.root).join("data"));
        }
        folders.extend(self.config_dir.iter().chain(&self.theme_folder).cloned());
        folders
    }

    /// The folders of templates, the site's own first.
    pub fn template_folders(&self) -> Vec<PathBuf> {
        let theme = self.theme_folder.iter().map(|folder| folder.join("templates"));
        std::iter::once(self.root.join("templates")).chain(theme).collect()
    }

    /// Files and titles of all drafts, shown or not, as far as the snapshot remembers its sources.
    pub fn drafts(&self) -> Vec<(&str, Option<&str>)> {
        self.memory.as_ref().map(|memory| memory.content.drafts()).unwrap_or_default()
    }

    /// Every document whose body [`Site::prepare`] can render.
    pub fn documents(&self) -> impl Iterator<Item = DocumentId> + use<> {
        self.library.bodies.ids()
    }

    /// Renders the body of a document, unless it is rendered already.
    pub fn prepare(&self, id: DocumentId) {
        self.library.bodies.get(id);
    }

    /// How many bodies this snapshot and an earlier one have in common.
    pub fn bodies_in_common(&self, earlier: &Site) -> usize {
        let body = |site: &Site, id| site.library.bodies.slot(id).get().map(Arc::as_ptr);
        let earlier: HashSet<_> = earlier.documents().filter_map(|id| body(earlier, id)).collect();
        self.documents().filter_map(|id| body(self, id)).filter(|body| earlier.contains(body)).count()
    }

    /// What there is to say of all bodies and the links between them; those that are not rendered yet are.
    pub fn report(&self) -> Vec<Diagnostic> {
        self.library.bodies.report()
    }

    /// The errors of a route, with those of bodies in the place of what they led to: a mistake on one page may stop all
    /// that list it.
    pub fn causes(&self, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let bodies = &self.library.bodies;
        if !bodies.has_failed() {
            return errors;
        }
        let of_bodies = bodies.errors_of(bodies.ids());
        let cause = |error: &Diagnostic| {
            of_bodies.iter().find(|body| error.message.en.contains(&functions::consequence(body).en)).cloned()
        };
        errors.into_iter().map(|error| cause(&error).unwrap_or(error)).collect()
    }

    /// Whether a file of an earlier build, taken for unchanged, has changed since: what was rendered of this site may be
    /// half of the one state and half of the other.
    pub fn is_torn(&self) -> bool {
        self.torn.is_torn()
    }

    /// The files that were read in folders where nobody expects any of a site, there or not; see [`is_aside`]. kepu's own
    /// are none of them.
    pub fn read_aside(&self) -> BTreeSet<PathBuf> {
        let mut aside = self.library.bodies.of.early.locator.aside();
        let of_memory =
            self.memory.iter().flat_map(|memory| memory.content.linked().into_iter().chain(memory.sass.reads()));
        let own = self.root.join(".kepu");
        let is_read = |path: &Path| path.strip_prefix(&self.root).is_ok_and(is_aside) && !path.starts_with(&own);
        aside.extend(of_memory.filter(|path| is_read(path)));
        aside
    }

    /// What the sitemap lists.
    fn sitemap(&self) -> &[sitemap::Entry] {
        self.sitemap.get_or_init(|| sitemap::entries(self))
    }

    /// A path as messages show it: relative to the root, with `/`.
    pub fn shown(&self, path: &Path) -> String {
        shown(&self.root, path)
    }
}

/// A path as messages show it: relative to the root where it is inside, with `/`.
pub fn shown(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/").replace("//", "/")
}
