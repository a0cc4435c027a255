//! From the path of a request to its answer. Paths are looked up in the table of routes and never joined to a folder,
//! so that no encoding of `..` leads anywhere.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use hyper::StatusCode;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::diagnostic::{Diagnostic, Text};
use crate::site::{Artifact, Processed, Route, summarize};

use super::state::{Built, Snapshot, State};
use super::{dashboard, live};

/// One answer.
pub struct Answer {
    pub status: StatusCode,
    pub mime: String,
    pub content: Content,
    pub location: Option<String>,
    /// Changes with the content.
    pub tag: Option<String>,
    /// Changes with the page; none where this is no page.
    pub page_tag: Option<String>,
    /// Whether this page says only why there is none.
    pub is_error: bool,
    /// Why there is none.
    pub problems: Vec<Diagnostic>,
    /// A file that pages of other sites may use: fonts, scripts, images.
    pub is_public: bool,
    /// First and last byte, and how many the file has.
    pub range: Option<(u64, u64, u64)>,
}

pub enum Content {
    Bytes(Bytes),
    File(FileBody),
}

impl Content {
    pub fn len(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File(file) => file.left,
        }
    }
}

/// A part of a file, read as fast as the client takes it.
pub struct FileBody {
    file: File,
    left: u64,
}

/// For sites without a page for it.
const NOTHING: &str = "<!doctype html><title>404</title><p>404</p>";
const HTML: &str = "text/html; charset=utf-8";
/// What stays readable in the address of a redirect.
const UNSAFE: AsciiSet =
    CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'\\').add(b'%').add(b'?').add(b'#');

impl Answer {
    /// A page, which will get the script that keeps it up to date.
    pub fn page(status: StatusCode, html: String) -> Self {
        let answer = Self::bytes(status, HTML.to_owned(), html.into_bytes().into());
        Self { page_tag: answer.tag.clone(), ..answer }
    }

    pub fn bytes(status: StatusCode, mime: String, bytes: Bytes) -> Self {
        let tag = tag(&bytes);
        let content = Content::Bytes(bytes);
        Self {
            status,
            mime,
            content,
            location: None,
            tag: Some(tag),
            page_tag: None,
            is_error: false,
            problems: Vec::new(),
            is_public: false,
            range: None,
        }
    }

    fn redirect(path: &str) -> Self {
        let location = utf8_percent_encode(path, &UNSAFE).to_string();
        let mut answer = Self::bytes(StatusCode::FOUND, HTML.to_owned(), Bytes::new());
        (answer.location, answer.tag) = (Some(location), None);
        answer
    }
}

/// What stands for the content of a page, in the header `ETag` and for the browser's script.
pub fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", &blake3::hash(bytes).to_hex()[..20])
}

/// Where a request leads.
pub enum Target<'a> {
    /// A route and its output path.
    Route(&'a str, &'a Route),
    /// The same with a slash at the end.
    Folder,
    Nothing,
}

/// The decoded path below the site's own address; none where it is not below it or not UTF-8.
pub fn decode(path: &str, base: &str) -> Option<String> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?.into_owned();
    if let Some(rest) = decoded.strip_prefix(base) {
        return Some(rest.to_owned());
    }
    // `/base` for `/base/`.
    (decoded.len() + 1 == base.len() && base.starts_with(&decoded)).then(String::new)
}

/// Looks a path up, as web servers do: a folder is its `index.html`.
pub fn target<'a>(built: &'a Built, path: &str) -> Target<'a> {
    let get = |path: &str| built.routes.get_key_value(path).map(|(path, route)| Target::Route(path, route));
    if path.is_empty() || path.ends_with('/') {
        return get(&format!("{path}index.html")).unwrap_or(Target::Nothing);
    }
    match get(path) {
        Some(target) => target,
        None if built.routes.contains_key(&format!("{path}/index.html")) => Target::Folder,
        None => Target::Nothing,
    }
}

/// Answers one request.
pub fn answer(state: &State, snapshot: &Snapshot, path: &str, range: Option<&str>) -> Answer {
    let mut answer = find(state, snapshot, path, range);
    if let (Some(tag), Content::Bytes(bytes)) = (&answer.page_tag, &answer.content) {
        let html = String::from_utf8_lossy(bytes);
        let html = live::with_script(&html, tag.trim_matches('"'), answer.is_error, state, snapshot, path);
        answer.content = Content::Bytes(html.into_bytes().into());
    }
    answer
}

fn find(state: &State, snapshot: &Snapshot, path: &str, range: Option<&str>) -> Answer {
    if let Some(answer) = dashboard::answer(state, snapshot, path) {
        return answer;
    }
    let base = state.base_path();
    let Some(built) = &snapshot.site else {
        return error_page(state, StatusCode::INTERNAL_SERVER_ERROR, snapshot.problems.clone());
    };
    let Some(below) = decode(path, &base) else {
        return if path == "/" { Answer::redirect(&base) } else { not_found(state, built) };
    };
    match target(built, &below) {
        Target::Folder => Answer::redirect(&format!("{base}{below}/")),
        Target::Nothing => processed_image(built, &below, range).unwrap_or_else(|| not_found(state, built)),
        Target::Route(output, route) => {
            let started = Instant::now();
            let rendered = built.render(output, route);
            state.report().time(built, route, started.elapsed());
            let status = match route {
                Route::NotFound => StatusCode::NOT_FOUND,
                _ => StatusCode::OK,
            };
            match rendered {
                Ok(artifact) => deliver(built, (output, artifact), status, range),
                Err(errors) => {
                    let problems = describe(built, output, route, errors);
                    error_page(state, StatusCode::INTERNAL_SERVER_ERROR, problems)
                }
            }
        }
    }
}

/// Says of errors which page they stopped.
pub fn describe(built: &Built, output: &str, route: &Route, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let (Text { en, zh }, _) = route.describe(&built.site);
    let what = Text { en: format!("`/{output}`, {en}"), zh: format!("`/{output}`，{zh}") };
    summarize(vec![(what, errors)])
}

fn deliver(built: &Built, (output, artifact): (&str, Artifact), status: StatusCode, range: Option<&str>) -> Answer {
    let bytes: Bytes = match artifact {
        Artifact::Text(text) if output.ends_with(".html") => return Answer::page(status, text),
        Artifact::Text(text) => text.into_bytes().into(),
        Artifact::Shared(text) => Bytes::copy_from_slice(text.as_bytes()),
        Artifact::Static(text) => Bytes::from_static(text.as_bytes()),
        Artifact::File { source, .. } => {
            return file(built, &source, output, range)
                .unwrap_or_else(|| Answer::page(StatusCode::NOT_FOUND, NOTHING.to_owned()));
        }
    };
    Answer { is_public: true, ..Answer::bytes(status, mime(output), bytes) }
}

/// A file of the site. It must still be inside: a link may lead elsewhere by now.
fn file(built: &Built, source: &Path, output: &str, range: Option<&str>) -> Option<Answer> {
    let real = source.canonicalize().ok()?;
    let inside = |folder: &Path| folder.canonicalize().is_ok_and(|folder| real.starts_with(folder));
    if !real.starts_with(&built.site.root) && !built.site.sources().iter().any(|folder| inside(folder)) {
        return None;
    }
    open(&real, output, range)
}

fn open(path: &Path, output: &str, range: Option<&str>) -> Option<Answer> {
    let mut file = File::open(path).ok()?;
    let meta = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let total = meta.len();
    let modified = meta.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let tag = format!("\"{total:x}-{:x}\"", modified.unwrap_or_default().as_nanos());
    let range = range.and_then(|range| parse_range(range, total));
    let (start, left) = range.map_or((0, total), |(start, end)| (start, end + 1 - start));
    file.seek(SeekFrom::Start(start)).ok()?;
    Some(Answer {
        status: if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK },
        mime: mime(output),
        content: Content::File(FileBody { file, left }),
        location: None,
        tag: Some(tag),
        page_tag: None,
        is_error: false,
        problems: Vec::new(),
        is_public: true,
        range: range.map(|(start, end)| (start, end, total)),
    })
}

/// `bytes=START-END`, as far as it fits; anything else is answered whole (RFC 9110, 14.2).
fn parse_range(range: &str, total: u64) -> Option<(u64, u64)> {
    let (start, end) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (start.parse::<u64>(), end.parse::<u64>()) {
        (Ok(start), Ok(end)) => (start, end.min(total.checked_sub(1)?)),
        (Ok(start), Err(_)) if end.is_empty() => (start, total.checked_sub(1)?),
        (Err(_), Ok(last)) if start.is_empty() && last > 0 => (total.saturating_sub(last), total.checked_sub(1)?),
        _ => return None,
    };
    (start <= end).then_some((start, end))
}

/// An image that a template asked for; it is made now, or taken from the cache where there is one.
fn processed_image(built: &Built, path: &str, range: Option<&str>) -> Option<Answer> {
    let planned = built.site.images.planned(path)?;
    match built.site.images.process(&planned) {
        Ok(Processed::File(file)) => open(&file, path, range),
        Ok(Processed::Bytes(bytes)) => {
            Some(Answer { is_public: true, ..Answer::bytes(StatusCode::OK, mime(path), bytes.into()) })
        }
        Err(_) => None,
    }
}

fn not_found(state: &State, built: &Built) -> Answer {
    let Some((path, route)) = built.routes.get_key_value("404.html") else {
        return Answer::page(StatusCode::NOT_FOUND, NOTHING.to_owned());
    };
    match built.render(path, route) {
        Ok(artifact) => deliver(built, (path, artifact), StatusCode::NOT_FOUND, None),
        Err(errors) => error_page(state, StatusCode::NOT_FOUND, describe(built, path, route, errors)),
    }
}

/// A page that shows errors, and goes away by itself.
fn error_page(state: &State, status: StatusCode, problems: Vec<Diagnostic>) -> Answer {
    let html = dashboard::error_page(state.options.lang, &problems);
    Answer { is_error: true, problems, ..Answer::page(status, html) }
}

/// The type of a file by its name.
fn mime(path: &str) -> String {
    let guess = mime_guess::from_path(path).first_or_octet_stream();
    let essence = guess.essence_str();
    let is_text = guess.type_() == "text"
        || essence.ends_with("javascript")
        || essence.ends_with("json")
        || essence.ends_with("xml");
    if is_text { format!("{essence}; charset=utf-8") } else { essence.to_owned() }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        const PIECE: u64 = 256 << 10;
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; usize::try_from(self.left.min(PIECE)).unwrap_or_default()];
        Poll::Ready(Some(match self.file.read(&mut piece) {
            // The file was cut off while it was being sent.
            Ok(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                piece.truncate(read);
                self.left -= read as u64;
                Ok(Frame::data(piece.into()))
            }
            Err(error) => Err(error),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_once_and_below_the_base() {
        assert_eq!(decode("/a%20b/", "/").as_deref(), Some("a b/"));
        assert_eq!(decode("/%25", "/").as_deref(), Some("%"));
        assert_eq!(decode("/base/a", "/base/").as_deref(), Some("a"));
        assert_eq!(decode("/base", "/base/").as_deref(), Some(""));
        assert_eq!(decode("/other", "/base/"), None);
        assert_eq!(decode("/%ff", "/"), None);
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        assert_eq!(parse_range("bytes=0-1", 10), Some((0, 1)));
        assert_eq!(parse_range("bytes=5-", 10), Some((5, 9)));
        assert_eq!(parse_range("bytes=-3", 10), Some((7, 9)));
        assert_eq!(parse_range("bytes=5-99", 10), Some((5, 9)));
        assert_eq!(parse_range("bytes=10-", 10), None);
        assert_eq!(parse_range("bytes=0-", 0), None);
        assert_eq!(parse_range("bytes=a-b", 10), None);
    }
}
