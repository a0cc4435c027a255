//! One address asked for: HEAD, then GET where that is not enough, with its redirects.

use std::time::Duration;

use percent_encoding::percent_decode_str;
use ureq::http::{Response, Uri};
use ureq::{Agent, Body};
use url::Url;

use crate::check::Document;

/// What became of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Good,
    Status(u16),
    NoAnchor(String),
    /// It works, and says that it has moved for good.
    Moved(String),
    Circle,
    TooFar,
    NoHost,
    Refused,
    Timeout,
    Tls(String),
    Broken(String),
}

/// An outcome, and after how long the host wants to be asked again.
#[derive(Clone, Debug)]
pub struct Answer {
    pub outcome: Outcome,
    pub retry_after: Option<Duration>,
}

impl Outcome {
    /// Whether another try may come to something else.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Outcome::Timeout | Outcome::Refused | Outcome::Broken(_) | Outcome::Status(429 | 500 | 502 | 503 | 504)
        )
    }
}

const USER_AGENT: &str = concat!("kepu/", env!("CARGO_PKG_VERSION"), " (link check)");
const MOST_REDIRECTS: usize = 10;
/// How much of a page is read for its anchors.
const LONGEST_PAGE: u64 = 8 * 1024 * 1024;

/// Asks for addresses.
pub struct Client {
    agent: Agent,
}

impl Client {
    pub fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .accept("text/html, */*")
            .build();
        Self { agent: config.into() }
    }

    /// Follows `address`. Its anchor is looked for where `with_anchor` says so.
    pub fn ask(&self, address: &str, with_anchor: bool) -> Answer {
        let fragment = address.split_once('#').map(|(_, fragment)| fragment);
        // `#!` and `#/` are read by scripts, `#:~:` by the browser.
        let anchor = fragment.filter(|f| with_anchor && !f.is_empty() && !f.starts_with(['!', '/', ':']));
        let simple = |outcome| Answer { outcome, retry_after: None };
        let Ok(mut url) = Url::parse(address) else { return simple(Outcome::Broken(address.to_owned())) };
        url.set_fragment(None);
        let mut seen = vec![url.clone()];
        let mut moved = None;
        let mut stays_moved = true;
        loop {
            let mut response = match self.request(&url, anchor.is_some()) {
                Ok(response) => response,
                Err(error) => return simple(outcome_of(&error, &url)),
            };
            let status = response.status().as_u16();
            let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
            if matches!(status, 301 | 302 | 303 | 307 | 308)
                && let Some(next) = header("location").and_then(|to| url.join(to).ok())
            {
                if seen.contains(&next) {
                    return simple(Outcome::Circle);
                }
                if seen.len() > MOST_REDIRECTS {
                    return simple(Outcome::TooFar);
                }
                stays_moved &= matches!(status, 301 | 308);
                if stays_moved {
                    moved = Some(next.to_string());
                }
                seen.push(next.clone());
                url = next;
                continue;
            }
            let retry_after =
                header("retry-after").and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
            if !(200..300).contains(&status) && status != 304 {
                return Answer { outcome: Outcome::Status(status), retry_after };
            }
            if let Some(anchor) = anchor {
                let is_html = header("content-type").is_none_or(|kind| kind.contains("html"));
                match is_html.then(|| read(&mut response)).flatten() {
                    Some(page) if !has_anchor(&page, anchor) => {
                        let anchor = percent_decode_str(anchor).decode_utf8_lossy().into_owned();
                        return simple(Outcome::NoAnchor(anchor));
                    }
                    _ => {}
                }
            }
            return simple(moved.map_or(Outcome::Good, Outcome::Moved));
        }
    }

    /// HEAD, and GET where the page is wanted or the host does not take HEAD for what it is.
    fn request(&self, url: &Url, whole: bool) -> Result<Response<Body>, ureq::Error> {
        let uri: Uri = url
            .as_str()
            .parse()
            .map_err(|error: ureq::http::uri::InvalidUri| ureq::Error::BadUri(error.to_string()))?;
        if !whole {
            match self.agent.head(uri.clone()).call() {
                Ok(response) if response.status().as_u16() < 400 || response.status().as_u16() == 429 => {
                    return Ok(response);
                }
                Err(error @ (ureq::Error::Timeout(_) | ureq::Error::HostNotFound)) => return Err(error),
                _ => {}
            }
        }
        self.agent.get(uri).call()
    }
}

fn read(response: &mut Response<Body>) -> Option<String> {
    response.body_mut().with_config().limit(LONGEST_PAGE).lossy_utf8(true).read_to_string().ok()
}

fn has_anchor(page: &str, anchor: &str) -> bool {
    let decoded = percent_decode_str(anchor).decode_utf8_lossy();
    let document = Document::parse(page);
    document.elements().any(|element| {
        let is = |name: &str| name == anchor || name == decoded;
        element.attr("id").is_some_and(is) || (element.value().name() == "a" && element.attr("name").is_some_and(is))
    }) || anchor.eq_ignore_ascii_case("top")
}

fn outcome_of(error: &ureq::Error, url: &Url) -> Outcome {
    match error {
        ureq::Error::HostNotFound => Outcome::NoHost,
        ureq::Error::Timeout(_) => Outcome::Timeout,
        ureq::Error::Tls(why) => Outcome::Tls((*why).to_owned()),
        ureq::Error::Rustls(why) => Outcome::Tls(why.to_string()),
        ureq::Error::ConnectionFailed => Outcome::Refused,
        ureq::Error::Io(error) => match error.kind() {
            std::io::ErrorKind::ConnectionRefused
            | std::io::ErrorKind::HostUnreachable
            | std::io::ErrorKind::NetworkUnreachable => Outcome::Refused,
            std::io::ErrorKind::TimedOut => Outcome::Timeout,
            // How rustls reports what it does not accept.
            std::io::ErrorKind::InvalidData => Outcome::Tls(error.to_string()),
            // Systems have no common kind of error for a name that nobody has.
            _ if url.socket_addrs(|| None).is_err() => Outcome::NoHost,
            _ => Outcome::Broken(error.to_string()),
        },
        other => Outcome::Broken(other.to_string()),
    }
}
