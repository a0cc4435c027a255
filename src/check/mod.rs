//! What is wrong with a site before it goes out: every page is rendered in memory and looked at, with its sources.
//!
//! A site and its routes come in, findings go out, each of a rule of the table in [`rules`]. Nothing is written, and the
//! network is asked only where [`Options::external`] says so. How findings are shown is the business of `cli`, except for
//! the printable report ([`report`]) and SARIF ([`sarif`]).

mod accessibility;
pub mod document;
mod external;
mod facts;
mod found;
mod inspect;
pub mod language;
mod links;
mod privacy;
pub mod report;
mod reuse;
mod rules;
pub mod sarif;
mod settings;
mod sources;
mod told;
mod weight;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Text};
use crate::site::{self, Artifact, Route, Routes, Site, render, summarize};

use reuse::Reuse;

pub use document::Document;
pub use facts::{Facts, FileFacts, Processed};
pub use found::Found;
pub use reuse::Made;
pub use rules::{Default as DefaultLevel, Group, Rule, all as rules, find as find_rule, finding};
pub use settings::Settings;
pub use sources::{Source, Sources};

pub use inspect::{Column, is_veto};
use links::Addresses;

/// What is looked for besides the rules that always apply.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The time of the check, which on outreach sites is that of the build.
    pub now: Timestamp,
    /// Whether the indicators of inspections of public sites are looked at.
    pub inspect: bool,
    /// Whether links to other sites are followed.
    pub external: bool,
}

/// What rules may ask.
pub struct Context<'a> {
    pub site: &'a Site,
    pub routes: &'a Routes,
    pub options: Options,
    pub settings: &'a Settings,
    pub sources: &'a Sources<'a>,
    pub addresses: &'a Addresses<'a>,
    pub words: &'a language::Words,
}

impl Context<'_> {
    /// Whether a file, as messages name it, is a template.
    pub fn is_template(&self, file: &str) -> bool {
        self.site.template_folders().iter().any(|folder| file.starts_with(&self.site.shown(folder)))
    }
}

/// One HTML page of the built site while its rules run. Pages that only redirect are not among them.
pub struct Page<'a> {
    /// `news/a/index.html`.
    pub path: &'a str,
    /// `/news/a/`.
    pub address: &'a str,
    pub route: &'a Route,
    pub html: &'a str,
    pub document: &'a Document,
    /// The file behind it, as messages name it; none for lists of terms and the like.
    pub source: Option<&'a str>,
    shown: OnceCell<String>,
}

impl Page<'_> {
    /// The text of the page with what is read out or shown of attributes; blocks are lines, cells are parted by tabs.
    pub fn shown_text(&self) -> &str {
        self.shown.get_or_init(|| document::shown_text(self.document))
    }
}

/// One file of the built site that is no page: a style sheet, a feed, a picture, an attachment.
pub struct File<'a> {
    /// `news/a/list.xlsx`.
    pub path: &'a str,
    pub address: &'a str,
    pub route: &'a Route,
    /// Where it is copied from, if it is.
    pub from: Option<&'a Path>,
    /// What was rendered, if it was.
    pub text: Option<&'a str>,
    /// The file behind it, as messages name it.
    pub source: Option<&'a str>,
}

/// What a check came to.
#[derive(Debug)]
pub struct Report {
    /// Sorted; all have levels as the configuration says.
    pub findings: Vec<Diagnostic>,
    pub pages: usize,
    pub files: usize,
    /// What an inspection sees of each column; empty without one.
    pub columns: Vec<Column>,
}

/// Checks a whole site. `told` is what loading and planning it had to say: what belongs to a rule is taken as the
/// rule's level says, the rest is kept. `step` is called after each route, from any thread.
pub fn run(site: &Site, routes: &Routes, told: Vec<Diagnostic>, options: Options, step: &(dyn Fn() + Sync)) -> Report {
    run_on(site, routes, None, told, options, step)
}

/// The errors of a site, whose files may be `made` already. A page that had none last time, and of which nothing has changed
/// since, is not looked at again, but for what it has to do with others.
pub fn errors(site: &Site, routes: &Routes, made: Option<&Made>, options: Options) -> Vec<Diagnostic> {
    let mut findings = run_on(site, routes, made, Vec::new(), options, &|| ()).findings;
    findings.retain(Diagnostic::is_error);
    findings
}

fn run_on(
    site: &Site,
    routes: &Routes,
    made: Option<&Made>,
    told: Vec<Diagnostic>,
    options: Options,
    step: &(dyn Fn() + Sync),
) -> Report {
    let mut own = Vec::new();
    let settings = Settings::new(site, options, &mut own);
    let sources = Sources::new(site);
    let addresses = Addresses::new(site, routes);
    let words = language::words_of(site, &mut own);
    let context =
        Context { site, routes, options, settings: &settings, sources: &sources, addresses: &addresses, words: &words };

    let mut found = Found::new(&settings);
    for diagnostic in told {
        // The build knows the settings, but not where they are written.
        let table = diagnostic.place.as_ref().filter(|_| diagnostic.code == "outreach/footer");
        let place = table.and_then(|place| sources.locate(Some(&place.file), &["[extra.footer]".to_owned()]));
        found.push(links::at(diagnostic, place));
    }
    let reuse = Reuse::new(&context, made);
    let pieces: Vec<Piece> = routes
        .par_iter()
        .map(|(path, route)| {
            let piece = reuse.piece(path, route, || {
                let made = made.map_or_else(|| render(site, path, route), |made| (made.artifact)(path, route));
                examine(&context, path, route, made)
            });
            step();
            piece
        })
        .collect();
    let wanted: Vec<_> = sources.all().into_par_iter().filter(|source| !reuse.is_clean(&source.path)).collect();
    let of_sources: Vec<Vec<Diagnostic>> = wanted
        .into_par_iter()
        .filter_map(|source| {
            let source = sources.read(source)?;
            let found = examine_source(&context, &source);
            reuse.looked_at(&source.path, &found);
            Some(found)
        })
        .collect();

    let mut files = BTreeMap::new();
    let mut failures = Vec::new();
    for ((path, _), piece) in routes.iter().zip(pieces) {
        found.extend(piece.found);
        failures.extend(piece.failure);
        if let Some(facts) = piece.facts {
            files.insert(path.as_str(), facts);
        }
    }
    found.extend(of_sources.into_iter().flatten());
    let (images, damaged) = processed(site);
    let facts = Facts { files, images };
    for group in rules::GROUPS {
        if let Some(site_rules) = group.site {
            site_rules(&context, &facts, &mut found);
        }
    }
    let mut findings = found.finish();
    findings.extend(summarize(failures));
    findings.extend(own);
    findings.extend(damaged);
    Diagnostic::sort(&mut findings);
    let pages = facts.files.values().filter(|file| file.is_page).count();
    let columns = if options.inspect { inspect::columns(&context) } else { Vec::new() };
    Report { findings, pages, files: routes.len() + facts.images.len(), columns }
}

/// The pictures that templates asked for while the pages were rendered, made or taken from the cache, and what stops a build
/// from making them.
fn processed(site: &Site) -> (BTreeMap<String, Processed>, Vec<Diagnostic>) {
    let made: Vec<_> = site
        .images
        .requested()
        .into_par_iter()
        .map(|(path, planned)| {
            let size = site.images.process(&planned).map(|made| match made {
                site::Processed::File(file) => file.metadata().map_or(0, |metadata| metadata.len()),
                site::Processed::Bytes(bytes) => bytes.len() as u64,
            });
            (path, site.shown(&planned.path), size)
        })
        .collect();
    let (mut images, mut damaged) = (BTreeMap::new(), Vec::new());
    for (path, of, size) in made {
        let size = size.unwrap_or_else(|error| {
            damaged.push(*error);
            0
        });
        images.insert(path, Processed { size, of });
    }
    damaged.dedup();
    (images, damaged)
}

/// What one route came to.
#[derive(Default)]
struct Piece {
    found: Vec<Diagnostic>,
    facts: Option<FileFacts>,
    failure: Option<(Text, Vec<Diagnostic>)>,
}

fn examine(context: &Context, path: &str, route: &Route, made: Result<Artifact, Vec<Diagnostic>>) -> Piece {
    let (what, source) = route.describe(context.site);
    let artifact = match made {
        Ok(artifact) => artifact,
        Err(errors) => return Piece { failure: Some((what, errors)), ..Piece::default() },
    };
    let copied;
    let (text, from): (Option<&str>, Option<&Path>) = match &artifact {
        Artifact::Text(text) => (Some(text), None),
        Artifact::Shared(text) => (Some(text), None),
        Artifact::Static(text) => (Some(text), None),
        Artifact::File { source, .. } => {
            copied = facts::is_text(path).then(|| std::fs::read(source).ok()).flatten();
            (copied.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()), Some(source))
        }
    };
    let mut found = Found::new(context.settings);
    let address = links::address_of(path);
    let source = source.as_deref();
    let size = match (text, from) {
        (Some(text), _) => text.len() as u64,
        (None, Some(from)) => from.metadata().map_or(0, |metadata| metadata.len()),
        (None, None) => 0,
    };
    let is_html = path.ends_with(".html") || path.ends_with(".htm");
    let facts = match text.filter(|_| is_html) {
        Some(html) => {
            let document = Document::parse(html);
            let page =
                Page { path, address: &address, route, html, document: &document, source, shown: OnceCell::new() };
            let is_page = !matches!(route, Route::Redirect { .. }) && !document.redirects();
            if is_page {
                rules::GROUPS.iter().filter_map(|group| group.page).for_each(|rules| rules(context, &page, &mut found));
            }
            FileFacts::of_page(context, &page, size, is_page)
        }
        None => {
            let file = File { path, address: &address, route, from, text, source };
            rules::GROUPS.iter().filter_map(|group| group.file).for_each(|rules| rules(context, &file, &mut found));
            FileFacts::of_file(context, &file, size)
        }
    };
    Piece { found: found.into_list(), facts: Some(facts), failure: None }
}

fn examine_source(context: &Context, source: &Source) -> Vec<Diagnostic> {
    let mut found = Found::new(context.settings);
    rules::GROUPS.iter().filter_map(|group| group.source).for_each(|rules| rules(context, source, &mut found));
    found.into_list()
}
