//! The browser follows: one WebSocket for each open page, which says what changed in that very page.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::diagnostic::{Diagnostic, Language, render};
use crate::site::{DocumentId, Route};

use super::answer::{self, Target};
use super::background;
use super::http::{Body, text};
use super::state::{Built, Snapshot, State};

/// The address of the socket.
pub const PATH: &str = "/__kepu/live";
/// The address of the script that opens it.
pub const SCRIPT: &str = "/__kepu/live.js";
pub const SOURCE: &str = include_str!("live.js");

/// Open pages at a time; the pages beyond are shown, but do not follow.
const MOST: usize = 256;
/// A browser that does not answer for twice this long is gone.
const PING: Duration = Duration::from_secs(20);
/// A client that takes longer to read a message than this is gone.
const PATIENCE: Duration = Duration::from_secs(10);
const LARGEST: usize = 16 << 10;
/// How many problems an overlay shows.
const SHOWN: usize = 8;

/// What a browser says: which page it shows, and which state of it.
#[derive(Deserialize)]
struct Showing {
    path: String,
    tag: String,
}

/// What a browser is told.
#[derive(Serialize)]
struct Update {
    /// Style sheets and images whose content changed, as paths of addresses.
    css: Vec<String>,
    images: Vec<String>,
    /// Whether the page itself changed.
    page: bool,
    /// Whether only loading everything again will do.
    reload: bool,
    /// The page that was saved, where browsers follow.
    goto: Option<String>,
    /// The errors that concern the page, as text.
    problems: Vec<String>,
}

/// What the change from one snapshot to the next means for browsers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    pub css: BTreeSet<String>,
    pub images: BTreeSet<String>,
    /// Scripts, fonts and other files that cannot be swapped.
    pub others: bool,
    /// The address of the page that was saved, if it was one.
    pub saved: Option<String>,
}

impl Touched {
    /// Compares two sites; `changed` are the files whose change led from one to the other.
    pub fn between(before: &Built, after: &Built, changed: &BTreeSet<std::path::PathBuf>) -> Self {
        let mut touched = Self::default();
        // A change of Markdown or templates is seen in the pages.
        let is_page = |path: &std::path::PathBuf| path.extension().is_some_and(|e| e == "md" || e == "html");
        if changed.iter().all(is_page) {
            touched.saved = saved(after, changed);
            return touched;
        }
        for (path, route) in &*after.routes {
            match route {
                Route::File { source, .. } if changed.contains(source) => touched.add(path),
                Route::Stylesheet { css, .. } => match before.routes.get(path) {
                    Some(Route::Stylesheet { css: old, .. }) if old == css => {}
                    _ => touched.add(path),
                },
                _ => {}
            }
        }
        touched.saved = saved(after, changed);
        touched
    }

    fn add(&mut self, path: &str) {
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
        match extension.as_str() {
            "css" => self.css.insert(path.to_owned()),
            "png" | "jpg" | "jpeg" | "gif" | "webp" | "avif" | "svg" | "ico" | "bmp" => {
                self.images.insert(path.to_owned())
            }
            _ => {
                self.others = true;
                false
            }
        };
    }
}

/// The address of the only document among the changed files.
fn saved(built: &Built, changed: &BTreeSet<std::path::PathBuf>) -> Option<String> {
    let content = built.site.root.join("content");
    let mut documents = changed.iter().filter_map(|path| {
        let relative = path.strip_prefix(&content).ok()?.to_str()?.replace('\\', "/");
        built.site.document(&relative)
    });
    let (document, None) = (documents.next()?, documents.next()) else { return None };
    Some(match document {
        DocumentId::Page(id) => built.site.content.pages[id].path.clone(),
        DocumentId::Section(id) => built.site.content.sections[id].path.clone(),
    })
}

/// A page with the script that keeps it up to date, and a name for its state.
pub fn with_script(html: &str, lang: Language) -> (String, String) {
    let tag = answer::tag(html.as_bytes()).trim_matches('"').to_owned();
    let lang = match lang {
        Language::En => "en",
        Language::Zh => "zh",
    };
    let script = format!("<script data-kepu src=\"{SCRIPT}\" data-tag=\"{tag}\" data-lang=\"{lang}\" defer></script>");
    let at = html.rfind("</body>").unwrap_or(html.len());
    (format!("{}{script}{}", &html[..at], &html[at..]), tag)
}

/// Answers the request for a socket. Pages of other sites get none: it says what the author is working on.
pub fn upgrade(state: Arc<State>, mut request: Request<Incoming>) -> Response<Body> {
    let header = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_socket = header(header::UPGRADE).is_some_and(|value| value.eq_ignore_ascii_case("websocket"));
    let host = header(header::HOST).unwrap_or_default();
    let foreign = header(header::ORIGIN)
        .is_some_and(|origin| origin.split_once("://").is_none_or(|(_, authority)| authority != host));
    let refuse = |status| {
        let mut response = Response::new(text("a WebSocket of kepu serve\n"));
        *response.status_mut() = status;
        response
    };
    let Some(key) = request.headers().get(header::SEC_WEBSOCKET_KEY).filter(|_| is_socket).cloned() else {
        return refuse(StatusCode::UPGRADE_REQUIRED);
    };
    if foreign {
        return refuse(StatusCode::FORBIDDEN);
    }
    let Some(place) = Place::take(&state) else { return refuse(StatusCode::SERVICE_UNAVAILABLE) };
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let _place = place;
        let Ok(upgraded) = upgraded.await else { return };
        let config = WebSocketConfig::default().max_message_size(Some(LARGEST)).max_frame_size(Some(LARGEST));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
        talk(state, socket).await;
    });
    let mut response = Response::new(text(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

/// One of the sockets that may be open.
struct Place(Arc<State>);

impl Place {
    fn take(state: &Arc<State>) -> Option<Self> {
        let before = state.sockets.fetch_add(1, Ordering::Relaxed);
        // On drop the place is given back, also when there was none.
        let place = Self(state.clone());
        (before < MOST).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.sockets.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn talk(state: Arc<State>, mut socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>) {
    let mut settled = state.subscribe();
    let mut showing: Option<Showing> = None;
    let mut generation = state.snapshot().generation;
    let mut ping = tokio::time::interval(PING);
    let mut silent = 0;
    loop {
        let message = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(message))) => {
                    silent = 0;
                    let Ok(told) = serde_json::from_str(&message) else { return };
                    showing = Some(told);
                    // It may have changed while it was on its way.
                    update(&state, showing.as_ref(), generation, true).await
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {
                    silent = 0;
                    continue;
                }
            },
            changed = settled.changed() => match changed {
                Ok(()) => update(&state, showing.as_ref(), generation, false).await,
                Err(_) => return,
            },
            _ = ping.tick() => {
                silent += 1;
                if silent > 2 {
                    return;
                }
                Some((Message::Ping(Default::default()), generation))
            }
        };
        let Some((message, seen)) = message else { continue };
        generation = seen;
        if !matches!(tokio::time::timeout(PATIENCE, socket.send(message)).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// What to tell a browser that shows a page and was last told of the snapshot `told`.
async fn update(state: &Arc<State>, showing: Option<&Showing>, told: u64, first: bool) -> Option<(Message, u64)> {
    let Showing { path, tag } = showing?;
    let (path, tag, state) = (path.clone(), tag.clone(), state.clone());
    let snapshot = state.snapshot();
    if snapshot.generation == told && !first {
        return None;
    }
    let made = tokio::task::spawn_blocking(move || {
        let update = make(&state, &snapshot, &path, &tag, told);
        (update, snapshot.generation)
    });
    let (update, generation) = made.await.ok()?;
    Some((Message::text(serde_json::to_string(&update).ok()?), generation))
}

fn make(state: &State, snapshot: &Snapshot, path: &str, tag: &str, told: u64) -> Update {
    let base = state.base_path();
    let answer = answer::answer(state, snapshot, path, None);
    let mut problems: Vec<Diagnostic> = snapshot.problems.iter().filter(|p| p.is_error()).cloned().collect();
    if let Some(built) = snapshot.site.as_ref().filter(|_| !snapshot.is_broken())
        && let Some(below) = answer::decode(path, &base)
        && let Target::Route(output, route) = answer::target(built, &below)
    {
        problems.extend(background::problems_of(built, output, route));
    }
    let address = |output: &String| format!("{base}{output}");
    let lang = state.options.lang;
    let touched = &snapshot.touched;
    // A message was missed only if the browser was cut off: then it is safest to start over.
    let missed = snapshot.generation > told + 1;
    let news = snapshot.generation == told + 1;
    let page = answer.page_tag.as_deref().is_some_and(|now| now != tag);
    Update {
        css: touched.css.iter().filter(|_| news).map(address).collect(),
        images: touched.images.iter().filter(|_| news).map(address).collect(),
        page,
        reload: missed || (news && touched.others),
        goto: touched
            .saved
            .as_ref()
            .filter(|_| news && state.options.follow)
            .map(|path| format!("{}{}", base.trim_end_matches('/'), path)),
        problems: problems.iter().take(SHOWN).map(|problem| render::report(problem, lang, false)).collect(),
    }
}
