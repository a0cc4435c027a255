//! The newest snapshot, and how a change becomes the next one.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::cache::nanoseconds;
use crate::config::find::Found;
use crate::diagnostic::Diagnostic;
use crate::outreach::BuildTime;
use crate::site::{
    self, Artifact, Changes, DocumentId, Request, Route, Routes, Site, has_same_routes, overlooked, plan, render,
};
use crate::text;

use super::background::Report;
use super::live::{History, Touched};
use super::watch::Watcher;
use super::{Event, Options};

/// One state of the sources: a site with its routes, and what is wrong.
pub struct Snapshot {
    /// Counts snapshots, from 1; 0 before the first.
    pub generation: u64,
    /// The last site that could be loaded; older than `problems` when these hold errors.
    pub site: Option<Arc<Built>>,
    /// What loading the sources said.
    pub problems: Vec<Diagnostic>,
    /// What the last changes mean for browsers that show a snapshot before.
    pub touched: History,
}

/// A site with the table of its routes.
pub struct Built {
    pub site: Site,
    pub routes: Arc<Routes>,
    /// What planning the routes said.
    told: Vec<Diagnostic>,
}

impl Built {
    /// Plans the routes of a site, or takes those of the site before where nothing that they are made of changed.
    fn new(site: Site, before: Option<&Built>) -> Self {
        if let Some(before) = before.filter(|before| has_same_routes(&before.site, &site)) {
            let (routes, told) = (before.routes.clone(), before.told.clone());
            return Self { site, routes, told };
        }
        let mut told = Vec::new();
        let routes = Arc::new(plan(&site, &mut told));
        Self { site, routes, told }
    }

    /// When a page comes or goes next.
    fn next_change(&self) -> Option<Timestamp> {
        self.site.outreach.as_ref()?.changes.first().map(|change| change.at)
    }

    /// Renders the body of a document. A panic in a library is told with the routes that need the body.
    pub fn prepare(&self, id: DocumentId) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.site.prepare(id)));
    }

    /// What there is to say of bodies and the links between them.
    pub fn report(&self) -> Vec<Diagnostic> {
        catch_unwind(AssertUnwindSafe(|| self.site.report())).unwrap_or_else(|_| vec![panicked("content")])
    }

    /// Renders one route. A panic in a library is an error like others: the server goes on.
    pub fn render(&self, path: &str, route: &Route) -> Result<Artifact, Vec<Diagnostic>> {
        let rendered = catch_unwind(AssertUnwindSafe(|| render(&self.site, path, route)));
        rendered.unwrap_or_else(|_| Err(vec![panicked(path)])).map_err(|errors| self.site.causes(errors))
    }
}

impl Snapshot {
    /// Whether the sources have errors, so that `site` is an older one.
    pub fn is_broken(&self) -> bool {
        self.problems.iter().any(Diagnostic::is_error)
    }
}

/// Everything that the threads of a server share.
pub struct State {
    pub options: Options,
    /// Where the server listens.
    pub address: SocketAddr,
    request: Request,
    current: RwLock<Arc<Snapshot>>,
    pending: Mutex<Pending>,
    wake: std::sync::Condvar,
    /// How many changes the current snapshot has seen.
    settled: watch::Sender<u64>,
    /// What changed since the site of the current snapshot was loaded.
    since: Mutex<Changes>,
    /// What the background pass found in the current or the last snapshot.
    report: Mutex<Arc<Report>>,
    /// What the site reads in folders that are not watched as a whole.
    aside: Mutex<BTreeSet<PathBuf>>,
    /// The time of snapshots. It goes on only when something changes by it, so that snapshots share what they can.
    now: Mutex<Timestamp>,
    /// When the first load began, or earlier, in nanoseconds since 1970.
    began: i64,
    /// How many requests are being answered; the background pass lets them go first.
    pub busy: AtomicUsize,
    /// How many WebSockets are open.
    pub sockets: AtomicUsize,
}

/// Changes that no snapshot has seen.
#[derive(Default)]
struct Pending {
    paths: BTreeSet<PathBuf>,
    /// What may have changed before anybody watched it. Nobody is told.
    unwatched: BTreeSet<PathBuf>,
    /// The watcher lost track: anything may have changed.
    everything: bool,
    /// How many changes there ever were.
    seen: u64,
    last: Option<Instant>,
}

/// A request waits this long for a snapshot of what changed before it came, and then gets an older one.
const PATIENCE: Duration = Duration::from_secs(20);
/// Files that never stop changing are loaded after this many times the debounce.
const LONGEST_DEBOUNCE: u32 = 50;
/// How late a change by the clock may be noticed.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

impl State {
    pub fn new(request: Request, options: Options, address: SocketAddr) -> Self {
        let now = match request.now {
            BuildTime::Instant(now) => now,
            BuildTime::Civil(_) => Timestamp::now(),
        };
        let empty = Snapshot { generation: 0, site: None, problems: Vec::new(), touched: History::default() };
        Self {
            options,
            address,
            request,
            current: RwLock::new(Arc::new(empty)),
            // The first load is a change that every request waits for.
            pending: Mutex::new(Pending { seen: 1, ..Pending::default() }),
            wake: std::sync::Condvar::new(),
            settled: watch::Sender::new(0),
            since: Mutex::new(Changes::Unknown),
            report: Mutex::default(),
            aside: Mutex::default(),
            now: Mutex::new(now),
            began: nanoseconds(SystemTime::now()),
            busy: AtomicUsize::new(0),
            sockets: AtomicUsize::new(0),
        }
    }

    pub fn found(&self) -> &Found {
        &self.request.found
    }

    pub fn includes_drafts(&self) -> bool {
        self.request.drafts
    }

    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells that files changed; called by the watcher.
    pub fn changed(&self, paths: impl IntoIterator<Item = PathBuf>, everything: bool) {
        let mut pending = self.pending();
        let before = pending.paths.len();
        pending.paths.extend(paths);
        let has_new = pending.paths.len() > before || !pending.unwatched.is_empty();
        if !has_new && !everything && pending.last.is_none() {
            return;
        }
        pending.everything |= everything;
        pending.seen += 1;
        pending.last = Some(Instant::now());
        self.wake.notify_all();
    }

    /// Files that count although nobody expects any of a site in their folders.
    pub fn read_aside(&self) -> BTreeSet<PathBuf> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Watches what a site turned out to read, once its routes are rendered, and looks for changes that nobody told of: the
    /// system may lose events.
    pub fn look_around(&self, site: &Site) {
        self.also_watch(site.read_aside());
        let overlooked = overlooked(site);
        if !overlooked.is_empty() {
            self.changed(overlooked, false);
        }
    }

    /// Adds to [`State::read_aside`]. What is new there may have changed since it was read.
    fn also_watch(&self, files: BTreeSet<PathBuf>) {
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        let new: BTreeSet<PathBuf> = files.difference(&aside).cloned().collect();
        aside.extend(files);
        drop(aside);
        self.unwatched(new);
    }

    /// Tells that files may have changed before anybody watched them.
    fn unwatched(&self, files: BTreeSet<PathBuf>) {
        if !files.is_empty() {
            self.pending().unwatched.extend(files);
            self.changed([], false);
        }
    }

    fn now(&self) -> MutexGuard<'_, Timestamp> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether changes wait to be loaded.
    pub fn is_stale(&self) -> bool {
        self.pending().seen != *self.settled.borrow()
    }

    /// Notified of every snapshot.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.settled.subscribe()
    }

    /// The snapshot that has seen every change known now.
    pub async fn fresh(&self) -> Arc<Snapshot> {
        let due = self.pending().seen;
        let mut settled = self.settled.subscribe();
        let _ = tokio::time::timeout(PATIENCE, settled.wait_for(|seen| *seen >= due)).await;
        self.snapshot()
    }

    /// What the background pass found.
    pub fn report(&self) -> Arc<Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_report(&self, report: Report) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(report);
        // For browsers that show the list of problems.
        self.settled.send_modify(|_| ());
    }

    /// Loads the site for the first time.
    pub fn load_first(&self, tell: &dyn Fn(Event)) {
        let problems = self.load(BTreeSet::new(), true, 1);
        if !problems.is_empty() {
            tell(Event::Problems(&problems));
        }
    }

    /// Loads the site again after every change since the first load began, for ever.
    pub fn keep_loading(self: &Arc<Self>, tell: &dyn Fn(Event)) {
        // Only now: watching takes time, and files that are read while they are watched are told one by one.
        let mut watcher = match Watcher::start(self) {
            Ok(watcher) => watcher,
            Err(error) => return tell(Event::Problems(&[*error])),
        };
        let (changed, unwatched) = watcher.changed_since(self.began);
        self.changed(changed, false);
        self.unwatched(unwatched);
        loop {
            let turn = next_turn(*self.now(), self.snapshot().site.as_ref().and_then(|built| built.next_change()));
            let (mut paths, unwatched, everything, seen) = self.next_changes(turn);
            let now = Timestamp::now();
            if now >= turn {
                *self.now() = now;
            }
            let started = Instant::now();
            watcher.follow_new_folders(self);
            let root = &self.request.found.root;
            let mut changed: Vec<String> = paths.iter().map(|path| site::shown(root, path)).collect();
            if everything {
                changed.clear();
            }
            paths.extend(unwatched);
            let before = self.snapshot().problems.clone();
            let problems = self.load(paths, everything, seen);
            if everything || !changed.is_empty() {
                tell(Event::Reloaded { changed: &changed, took: started.elapsed() });
            }
            if problems != before {
                tell(Event::Problems(&problems));
            }
        }
    }

    /// Waits for changes, and for them to end; or for the time of a `turn`.
    fn next_changes(&self, turn: Timestamp) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>, bool, u64) {
        let debounce = self.options.debounce;
        let mut pending = self.pending();
        let mut first = None;
        loop {
            let now = Instant::now();
            let Some(last) = pending.last else {
                let left = turn.duration_since(Timestamp::now());
                if !left.is_positive() {
                    return (BTreeSet::new(), BTreeSet::new(), false, pending.seen);
                }
                // Computers that sleep may wake up on another day.
                let left = Duration::try_from(left).unwrap_or_default().min(LONGEST_WAIT);
                pending = self.wake.wait_timeout(pending, left).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            };
            let due = (last + debounce).min(*first.get_or_insert(now) + debounce * LONGEST_DEBOUNCE);
            if now >= due {
                pending.last = None;
                let everything = std::mem::take(&mut pending.everything);
                let unwatched = std::mem::take(&mut pending.unwatched);
                return (std::mem::take(&mut pending.paths), unwatched, everything, pending.seen);
            }
            let (guard, _) = self.wake.wait_timeout(pending, due - now).unwrap_or_else(PoisonError::into_inner);
            pending = guard;
        }
    }

    /// Makes the snapshot that has seen `seen` changes, and returns its problems.
    fn load(&self, changed: BTreeSet<PathBuf>, everything: bool, seen: u64) -> Vec<Diagnostic> {
        let before = self.snapshot();
        // Since the site that stands: loads that failed have shown nothing of theirs.
        let now = if everything { Changes::Unknown } else { Changes::Paths(changed.clone()) };
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = std::mem::replace(&mut *since, Changes::Paths(BTreeSet::new())).and(now);
        let mut problems = Vec::new();
        let now = BuildTime::Instant(*self.now());
        let base_url = if self.options.serves { Some(self.base_url()) } else { self.request.base_url.clone() };
        let request = Request { base_url, now, ..self.request.clone() };
        let loaded = catch_unwind(AssertUnwindSafe(|| {
            let known = before.site.as_ref().map(|built| (&built.site, &changes));
            let site = Site::open_after(&request, known, &mut problems)?;
            let built = Built::new(site, before.site.as_deref());
            problems.extend(built.told.iter().cloned());
            Some(Arc::new(built))
        }));
        let loaded = loaded.unwrap_or_else(|_| {
            problems.push(panicked("content"));
            None
        });
        if loaded.is_none() {
            *since = changes;
        }
        Diagnostic::sort(&mut problems);
        let touched = match (&before.site, &loaded) {
            (Some(before), Some(after)) => Touched::between(before, after, &changed),
            _ => Touched::default(),
        };
        let snapshot = Snapshot {
            generation: before.generation + 1,
            site: loaded.or_else(|| before.site.clone()),
            problems: problems.clone(),
            touched: before.touched.followed_by(touched),
        };
        let snapshot = Arc::new(snapshot);
        let old = std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), snapshot);
        self.settled.send_replace(seen);
        // A large site takes a while to be freed; nobody waits for it.
        drop((old, before));
        problems
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a browser on this machine finds the server: an address that means "all" is no address to go to.
    fn authority(&self) -> String {
        let ip = match self.address.ip() {
            ip if !ip.is_unspecified() => ip,
            _ => super::lan::addresses().first().copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        };
        SocketAddr::new(ip, self.address.port()).to_string()
    }

    /// `base_url` of the site as it is served. As in Zola, it ends with a slash where that of the configuration does.
    fn base_url(&self) -> String {
        let mut url = match &self.options.base_url {
            None => format!("http://{}", self.authority()),
            Some(url) if url == "/" => return url.clone(),
            Some(url) if self.options.no_port_append => url.clone(),
            Some(url) => with_port(url, self.address.port()),
        };
        let configured = site::read_config(&self.request, &mut Vec::new());
        let slash = configured.is_some_and(|(config, _)| config.base_url.ends_with('/'));
        if slash && !url.ends_with('/') {
            url.push('/');
        }
        url
    }

    /// The part of addresses in front of the site's paths, `/` or `/base/`.
    pub fn base_path(&self) -> String {
        let url = self.options.base_url.as_deref().unwrap_or("/");
        let path = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
        let path = path.trim_matches('/');
        if path.is_empty() { "/".to_owned() } else { format!("/{path}/") }
    }

    /// The output folder, whose changes are not those of the site.
    pub fn output_folder(&self) -> PathBuf {
        let root = &self.request.found.root;
        let asked = self.options.store.as_ref().and_then(|store| store.output.as_ref());
        match asked {
            Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.clone()),
            None => {
                let configured = site::read_config(&self.request, &mut Vec::new());
                root.join(configured.map_or_else(|| "public".to_owned(), |(config, _)| config.output_dir))
            }
        }
    }

    /// The address to open in a browser.
    pub fn start_url(&self) -> String {
        format!("http://{}{}", self.authority(), self.base_path())
    }
}

/// When the site changes by itself after `now`: at the end of the day, of UTC as `now()` tells it and of China as outreach
/// sites count, or when the next page comes or goes.
fn next_turn(now: Timestamp, change: Option<Timestamp>) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60;
    const CHINA: i64 = 8 * 60 * 60;
    let midnight = |offset: i64| {
        let second = (now.as_second() + offset).div_euclid(DAY) * DAY + DAY - offset;
        Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
    };
    change.into_iter().chain([midnight(0), midnight(CHINA)]).min().unwrap_or(Timestamp::MAX)
}

/// Puts a port behind the host of an address.
fn with_port(url: &str, port: u16) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    format!("{}:{port}{}", &url[..end], &url[end..])
}

fn panicked(what: &str) -> Diagnostic {
    Diagnostic::error("serve/panic", text!("kepu failed on `{what}`", "kepu 处理 `{what}` 时出错"))
        .help(text!("this is an error of kepu: please report it", "这是 kepu 的错误，请反馈"))
}

#[cfg(test)]
mod tests {
    use super::{next_turn, with_port};

    #[test]
    fn the_port_stands_behind_the_host() {
        assert_eq!(with_port("http://example.com", 80), "http://example.com:80");
        assert_eq!(with_port("http://example.com/a/b", 80), "http://example.com:80/a/b");
        assert_eq!(with_port("example.com/a", 80), "example.com:80/a");
    }

    #[test]
    fn the_clock_turns_with_every_day_and_every_change() {
        let at = |text: &str| text.parse().expect("a time");
        assert_eq!(next_turn(at("2026-08-05T10:00:00Z"), None), at("2026-08-05T16:00:00Z"));
        assert_eq!(next_turn(at("2026-08-05T16:00:00Z"), None), at("2026-08-06T00:00:00Z"));
        let change = at("2026-08-05T10:05:00Z");
        assert_eq!(next_turn(at("2026-08-05T10:00:00Z"), Some(change)), change);
    }
}
