//! What one check leaves to the next: the pages and sources in which it found no error, each under a digest of all that
//! its rules look at, with the facts that rules of the whole site work from.
//!
//! A page with an error, or with a link to what has been renamed or removed, is looked at again. Warnings are not kept: whoever
//! uses this wants errors.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::SystemTime;

use super::facts::{Fetch, FileFacts, Link};
use super::links::{Target, Use, address_of};
use super::{Context, Piece};
use crate::cache::{BUILD_ID, Digest, Digester, Reader, Stamp, Store, Writer, nanoseconds};
use crate::diagnostic::Diagnostic;
use crate::site::{Artifact, Route};

/// What a route was made into.
type Make<'a> = dyn Fn(&str, &Route) -> Result<Artifact, Vec<Diagnostic>> + Sync + 'a;

/// The files of a site that were made before the check, and what earlier checks left.
pub struct Made<'a> {
    pub store: &'a Store,
    /// The digest of a file's bytes, by its output path.
    pub digest: &'a (dyn Fn(&str) -> Option<Digest> + Sync),
    pub artifact: &'a Make<'a>,
}

pub(super) struct Reuse<'a> {
    context: &'a Context<'a>,
    made: Option<&'a Made<'a>>,
    /// Of what all pages and sources are looked at with.
    all: Digest,
    /// The numbers of routes by their names.
    routes: HashMap<u64, u32>,
    names: Vec<u64>,
    started: i64,
}

impl<'a> Reuse<'a> {
    pub fn new(context: &'a Context, made: Option<&'a Made>) -> Self {
        let started = nanoseconds(SystemTime::now());
        if made.is_none() {
            let (routes, names) = (HashMap::new(), Vec::new());
            return Self { context, made, all: Digest::default(), routes, names, started };
        }
        let names: Vec<u64> = context.routes.iter().map(|(path, route)| name(path, route)).collect();
        let routes = names.iter().copied().zip(0..).collect();
        let mut digester = Digester::new();
        let options = context.options;
        digester.text(BUILD_ID).text(&format!("{:?} {:?}", context.site.config, context.site.generation.dialect));
        digester.number(u64::from(options.inspect)).number(u64::from(options.external));
        let words = super::language::words_file(context.site);
        digester.bytes(&std::fs::read(words).unwrap_or_default());
        for file in context.sources.shared() {
            digester.text(file).option(context.sources.text(file).as_deref());
        }
        Self { context, made, all: digester.finish(), routes, names, started }
    }

    /// What a route came to the last time, if nothing of it has changed and there was no error, else what it comes to now.
    pub fn piece(&self, path: &str, route: &Route, examine: impl FnOnce() -> Piece) -> Piece {
        let Some((key, made)) = self.key_of(path, route).zip(self.made) else { return examine() };
        if let Some(facts) = made.store.get(key).and_then(|bytes| self.read(path, route, &mut Reader(&bytes))) {
            return Piece { facts: Some(facts), ..Piece::default() };
        }
        let piece = examine();
        if let (Some(facts), None) = (&piece.facts, &piece.failure)
            && !piece.found.iter().any(Diagnostic::is_error)
        {
            made.store.put(key, &self.write(facts));
        }
        piece
    }

    fn key_of(&self, path: &str, route: &Route) -> Option<Digest> {
        let made = self.made?;
        let mut digester = Digester::new();
        digester.digest(self.all).text("page").text(path).digest((made.digest)(path)?);
        // Redirects are looked at as such.
        digester.number(u64::from(matches!(route, Route::Redirect { .. })));
        digester.number(u64::from(matches!(route, Route::NotFound)));
        // What stands in the page's own file is told of that file.
        if let (_, Some(source)) = route.describe(self.context.site) {
            stamp(&self.context.site.root.join(&source), self.started, digester.text(&source))?;
        }
        Some(digester.finish())
    }

    /// Whether a source had no error the last time and is still the same.
    pub fn is_clean(&self, source: &Path) -> bool {
        let key = self.key_of_source(source);
        key.zip(self.made).is_some_and(|(key, made)| made.store.get(key).is_some())
    }

    /// Notes what a source has come to.
    pub fn looked_at(&self, source: &Path, found: &[Diagnostic]) {
        if let Some((key, made)) = self.key_of_source(source).zip(self.made)
            && !found.iter().any(Diagnostic::is_error)
        {
            made.store.put(key, &[]);
        }
    }

    fn key_of_source(&self, source: &Path) -> Option<Digest> {
        self.made?;
        let mut digester = Digester::new();
        digester.digest(self.all).text("source").bytes(source.as_os_str().as_encoded_bytes());
        stamp(source, self.started, &mut digester)?;
        Some(digester.finish())
    }

    fn write(&self, facts: &FileFacts) -> Vec<u8> {
        let mut to = Writer::default();
        let FileFacts { is_page, is_html, size, ids, reaches, fetches, links, external, address: _, source: _ } = facts;
        let route = |to: &mut Writer, number: u32| {
            let name = self.names.get(number as usize).copied().unwrap_or_default();
            to.0.extend_from_slice(&name.to_le_bytes());
        };
        to.bool(*is_page);
        to.bool(*is_html);
        to.number(*size);
        to.number(ids.len() as u64);
        ids.iter().for_each(|id| to.text(id));
        to.number(reaches.len() as u64);
        reaches.iter().for_each(|reached| route(&mut to, *reached));
        to.number(fetches.len() as u64);
        for (fetched, what) in fetches {
            route(&mut to, *fetched);
            to.number(FETCHES.iter().position(|known| known == what).unwrap_or_default() as u64);
        }
        to.number(links.len() as u64);
        for Link { of, raw, target } in links {
            number_of(*of, &mut to);
            to.text(raw);
            // A link that leads nowhere, or not where it should, is looked at anew.
            let named = if let Target::Route { route, .. } = target { Some(*route) } else { None };
            to.bool(named.is_some());
            named.iter().for_each(|number| route(&mut to, *number));
        }
        to.number(external.len() as u64);
        for (of, address) in external {
            number_of(*of, &mut to);
            to.text(address);
        }
        to.0
    }

    /// None where a route is no longer there that the file had to do with.
    fn read(&self, path: &str, route: &Route, from: &mut Reader) -> Option<FileFacts> {
        let address = address_of(path);
        let mut facts = FileFacts {
            source: route.describe(self.context.site).1,
            is_page: from.bool()?,
            is_html: from.bool()?,
            size: from.number()?,
            ..FileFacts::default()
        };
        let text = |from: &mut Reader| from.text().map(Box::<str>::from);
        let ids: Option<Vec<Box<str>>> = (0..from.count()?).map(|_| text(from)).collect();
        facts.ids = ids?;
        let reaches: Option<Vec<u32>> = (0..from.count()?).map(|_| self.route(from)).collect();
        facts.reaches = reaches?.into_iter().collect();
        let fetches: Option<Vec<(u32, Fetch)>> = (0..from.count()?)
            .map(|_| Some((self.route(from)?, *FETCHES.get(usize::try_from(from.number()?).ok()?)?)))
            .collect();
        facts.fetches = fetches?.into_iter().collect();
        for _ in 0..from.count()? {
            let (of, raw) = (use_of(from)?, text(from)?);
            let target = self.context.addresses.resolve(&address, &raw);
            let named = if from.bool()? { Some(self.route(from)?) } else { None };
            let now = if let Target::Route { route, .. } = target { Some(route) } else { None };
            (now == named).then_some(())?;
            facts.links.push(Link { of, raw, target });
        }
        let external: Option<BTreeSet<(Use, Box<str>)>> =
            (0..from.count()?).map(|_| Some((use_of(from)?, text(from)?))).collect();
        facts.external = external?;
        Some(FileFacts { address, ..facts })
    }

    fn route(&self, from: &mut Reader) -> Option<u32> {
        let (name, rest) = from.0.split_first_chunk::<8>()?;
        from.0 = rest;
        self.routes.get(&u64::from_le_bytes(*name)).copied()
    }
}

/// What a route is known by: its path, and whether it only leads on.
fn name(path: &str, route: &Route) -> u64 {
    let leads_on = matches!(route, Route::Redirect { .. });
    let Digest(bytes) = Digester::new().number(u64::from(leads_on)).text(path).finish();
    bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// Adds what tells the state of a file. None where it may have changed without looking different.
fn stamp(file: &Path, started: i64, to: &mut Digester) -> Option<()> {
    let stamp = Stamp::of(file)?;
    to.stamp(&stamp);
    (!stamp.is_fresh_at(started)).then_some(())
}

const FETCHES: [Fetch; 3] = [Fetch::Code, Fetch::Image, Fetch::Lazy];
const USES: [Use; 8] =
    [Use::Link, Use::Relation, Use::Image, Use::LazyImage, Use::Code, Use::Extra, Use::Media, Use::Frame];

fn number_of(of: Use, to: &mut Writer) {
    to.number(USES.iter().position(|known| *known == of).unwrap_or_default() as u64);
}

fn use_of(from: &mut Reader) -> Option<Use> {
    USES.get(usize::try_from(from.number()?).ok()?).copied()
}
