//! HTTP on the wire: connections in, answers out, with limits so that no client can hold the server up.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use super::answer::{self, Answer, Content};
use super::live;
use super::state::State;

pub type Body = BoxBody<Bytes, std::io::Error>;

/// Connections at a time, where the system allows as many open files; more wait to be accepted.
const CONNECTIONS: usize = 2048;
/// A client must have sent the head of its request by then.
const HEAD: Duration = Duration::from_secs(10);
/// The same while more than half of the connections are taken: clients that say nothing must not keep others waiting.
const HEAD_OF_MANY: Duration = Duration::from_secs(1);
/// A request must be answered and the answer read by then; films over a slow line take their time.
const CONNECTION: Duration = Duration::from_secs(15 * 60);
/// Threads that render.
const RENDERERS: usize = 8;

/// Answers for ever.
pub fn run(listener: TcpListener, state: Arc<State>) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(RENDERERS)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let most = most_connections();
        let free = Arc::new(Semaphore::new(most));
        loop {
            let Ok(permit) = free.clone().acquire_owned().await else { return Ok(()) };
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                // Out of descriptors, most likely: those in use come back.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let state = state.clone();
            let patience = if free.available_permits() < most / 2 { HEAD_OF_MANY } else { HEAD };
            tokio::spawn(async move {
                let service = service_fn(move |request| {
                    let state = state.clone();
                    async move { Ok::<_, Infallible>(handle(state, request).await) }
                });
                let connection = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(patience)
                    .max_buf_size(64 << 10)
                    .serve_connection(TokioIo::new(stream), service)
                    .with_upgrades();
                let _ = tokio::time::timeout(CONNECTION, connection).await;
                drop(permit);
            });
        }
    })
}

/// How many connections leave enough files for the site itself. The limit of the process is raised where it may be.
#[cfg(unix)]
fn most_connections() -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(u64::MAX).min(2 * CONNECTIONS as u64);
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        // Where the system refuses, fewer connections do.
        let _ = setrlimit(Resource::Nofile, limit);
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files / 2).unwrap_or(CONNECTIONS).clamp(64, CONNECTIONS)
}

#[cfg(not(unix))]
fn most_connections() -> usize {
    CONNECTIONS
}

async fn handle(state: Arc<State>, request: Request<Incoming>) -> Response<Body> {
    let head = request.method() == Method::HEAD;
    if !head && request.method() != Method::GET {
        let mut response = Response::new(text("GET, HEAD\n"));
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    if request.uri().path() == live::PATH {
        return live::upgrade(state, request);
    }
    let snapshot = state.fresh().await;
    let path = request.uri().path().to_owned();
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).map(str::to_owned);
    state.busy.fetch_add(1, Ordering::Relaxed);
    let rendering = state.clone();
    let answer = tokio::task::spawn_blocking(move || {
        let answer = answer::answer(&rendering, &snapshot, &path, range.as_deref());
        rendering.busy.fetch_sub(1, Ordering::Relaxed);
        answer
    })
    .await;
    match answer {
        Ok(answer) => respond(answer, head, known.as_deref()),
        Err(_) => {
            state.busy.fetch_sub(1, Ordering::Relaxed);
            let mut response = Response::new(text("kepu failed on this page\n"));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

fn respond(answer: Answer, head: bool, known: Option<&str>) -> Response<Body> {
    let mut response = Response::builder().status(answer.status);
    // Always asked again, and answered shortly when nothing changed.
    response = response.header(header::CACHE_CONTROL, "no-cache");
    if let Some(location) = &answer.location {
        response = response.header(header::LOCATION, location);
    }
    if answer.is_public {
        response = response.header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*").header(header::ACCEPT_RANGES, "bytes");
    }
    if let Some((start, end, total)) = answer.range {
        response = response.header(header::CONTENT_RANGE, format!("bytes {start}-{end}/{total}"));
    }
    if let Some(tag) = &answer.tag {
        response = response.header(header::ETAG, tag);
        if answer.status == StatusCode::OK && known == Some(tag.as_str()) {
            response = response.status(StatusCode::NOT_MODIFIED);
            return finish(response.body(text("")));
        }
    }
    response = response.header(header::CONTENT_TYPE, answer.mime).header(header::CONTENT_LENGTH, answer.content.len());
    let body = match answer.content {
        _ if head => text(""),
        Content::Bytes(bytes) => full(bytes),
        Content::File(file) => file.boxed(),
    };
    finish(response.body(body))
}

fn finish(response: Result<Response<Body>, hyper::http::Error>) -> Response<Body> {
    // Only a header that is no header can fail: a path with line breaks in a redirect.
    response.unwrap_or_else(|_| {
        let mut response = Response::new(text("bad request\n"));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    })
}

pub fn text(text: &'static str) -> Body {
    full(Bytes::from_static(text.as_bytes()))
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}
