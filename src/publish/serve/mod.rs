//! `kepu serve`: pages are rendered when a browser asks for them, from the newest snapshot of the site.
//!
//! A folder and options come in; answers over HTTP and [`Event`]s for the terminal go out. Three threads work besides
//! those that answer: the watcher collects changed paths ([`watch`]), the reloader makes a new snapshot of them
//! ([`state`]), and the background pass renders what nobody has asked for, to find errors ([`background`]).
//! Nothing is written to disk but processed images, in the cache. How a page is made is `site`'s business.

mod answer;
mod background;
mod dashboard;
mod http;
pub mod lan;
mod live;
mod state;
mod watch;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Language, Result};
use crate::site::{Request, Routes, Site};
use crate::text;

use state::State;

/// What the command line decides about serving.
#[derive(Clone, Debug)]
pub struct Options {
    pub interface: IpAddr,
    /// None: 1111, or the next free one.
    pub port: Option<u16>,
    /// Instead of `http://INTERFACE:PORT`.
    pub base_url: Option<String>,
    pub no_port_append: bool,
    /// How long files must be quiet after a change.
    pub debounce: Duration,
    pub extra_watch: Vec<PathBuf>,
    /// Whether anybody is answered; else changes are only watched for, and the site keeps its own addresses.
    pub serves: bool,
    /// Browsers go to the page that was saved.
    pub follow: bool,
    /// Also write the whole site to its output folder after every change.
    pub store: Option<super::build::Options>,
    /// The language of what browsers show: errors, the list of problems.
    pub lang: Language,
}

/// What a server has to tell the person at the terminal.
pub enum Event<'a> {
    /// The server answers at `url`.
    Listening { url: &'a str },
    /// A new snapshot was made of changed files.
    Reloaded { changed: &'a [String], took: Duration },
    /// Everything that is wrong now; empty when all was mended.
    Problems(&'a [Diagnostic]),
}

/// A server that is bound to its address and not yet answering.
pub struct Server {
    listener: TcpListener,
    state: Arc<State>,
    url: String,
    store: Option<super::build::Options>,
}

/// The port when none is asked for, as in Zola.
const PORT: u16 = 1111;

impl Server {
    /// Binds the address. Errors: the port is taken, the interface is none of this machine.
    pub fn bind(request: Request, options: Options) -> Result<Self> {
        let listener = listen(options.interface, options.port)?;
        let address = listener.local_addr().map_err(|error| refused(options.interface, options.port, &error))?;
        let store = options.store.clone();
        let state = Arc::new(State::new(request, options, address));
        let url = state.start_url();
        Ok(Self { listener, state, url, store })
    }

    /// Where the site is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers until the process ends. `tell` is called from several threads.
    pub fn run(self, tell: Arc<dyn Fn(Event) + Send + Sync>) -> Result<()> {
        let state = self.state;
        let (reloading, teller) = (state.clone(), tell.clone());
        let url = self.url.clone();
        spawn("reload", move || {
            reloading.load_first(&*teller);
            (teller)(Event::Listening { url: &url });
            reloading.keep_loading(&*teller);
        })?;
        let (passing, store) = (state.clone(), self.store);
        spawn("background", move || background::run(&passing, store.as_ref(), &*tell))?;
        http::run(self.listener, state).map_err(|error| Box::new(Diagnostic::io("serve", &error)))
    }
}

/// Loads a site, and again after every change, until the process ends. `build` is called with each state that can be
/// loaded, in this thread; changes meanwhile wait. `tell` is called from several threads.
pub fn watch(
    request: Request,
    options: Options,
    tell: Arc<dyn Fn(Event) + Send + Sync>,
    build: &mut dyn FnMut(&Site, &Routes),
) -> Result<()> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let state = Arc::new(State::new(request, Options { serves: false, ..options }, nowhere));
    let reloading = state.clone();
    spawn("reload", move || {
        reloading.load_first(&*tell);
        reloading.keep_loading(&*tell);
    })?;
    let mut done = 0;
    loop {
        let snapshot = state.snapshot();
        if snapshot.generation == done {
            std::thread::sleep(WATCH_PAUSE);
            continue;
        }
        done = snapshot.generation;
        if let Some(built) = snapshot.site.as_ref().filter(|_| !snapshot.is_broken()) {
            build(&built.site, &built.routes);
            state.look_around(&built.site);
        }
    }
}

/// How often it is looked for a new state of the sources.
const WATCH_PAUSE: Duration = Duration::from_millis(10);

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    match std::thread::Builder::new().name(name.to_owned()).spawn(work) {
        Ok(_) => Ok(()),
        Err(error) => Err(Box::new(Diagnostic::io("serve", &error))),
    }
}

fn listen(interface: IpAddr, port: Option<u16>) -> Result<TcpListener> {
    let bind = |port| TcpListener::bind(SocketAddr::new(interface, port));
    match port {
        Some(port) => bind(port).map_err(|error| refused(interface, Some(port), &error)),
        None => (PORT..PORT + 100)
            .find_map(|port| bind(port).ok())
            .map_or_else(|| bind(0), Ok)
            .map_err(|error| refused(interface, None, &error)),
    }
}

fn refused(interface: IpAddr, port: Option<u16>, error: &std::io::Error) -> Box<Diagnostic> {
    let port = port.unwrap_or(PORT);
    let diagnostic = Diagnostic::error(
        "serve/port",
        text!("cannot listen on {interface}, port {port}: {error}", "无法监听 {interface} 的端口 {port}：{error}"),
    );
    Box::new(diagnostic.help(text!(
        "another program may use the port: choose another with `--port`, or leave `--port` out",
        "端口可能被其他程序占用：请用 `--port` 换一个，或不写 `--port`"
    )))
}
