//! WebDAV (RFC 4918), as Apache, nginx and the drives of offices speak it.
//!
//! Of its own and not through OpenDAL, which asks four things for each rename, one of them PROPFIND that nginx lacks.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use ureq::http::{Request, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Body, SendBody};

use super::super::host::{Abilities, Content, Fault, Found, Headers, Host, HostError, Result};

/// RFC 3986, 2.3 leaves these as they are.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PROPFIND: &str = r#"<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/></D:prop></D:propfind>"#;

pub struct WebDav {
    agent: Agent,
    /// With a `/` at the end.
    base: url::Url,
    authorization: Option<String>,
    made: Mutex<HashSet<String>>,
}

pub fn open(
    url: &str,
    user: Option<&str>,
    password: Option<&str>,
    ca: Option<Vec<ureq::tls::Certificate<'static>>>,
) -> Result<WebDav> {
    let with_slash = if url.ends_with('/') { url.to_owned() } else { format!("{url}/") };
    let mut base = url::Url::parse(&with_slash).map_err(|error| HostError::new(Fault::NotFound, error.to_string()))?;
    let user = user.map(str::to_owned).or_else(|| Some(base.username().to_owned()).filter(|u| !u.is_empty()));
    let _ = base.set_username("");
    let _ = base.set_password(None);
    let authorization = user.map(|user| {
        let pair = format!("{user}:{}", password.unwrap_or_default());
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    });
    let mut config = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(120)))
        .allow_non_standard_methods(true)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections_per_host(64)
        .user_agent(concat!("kepu/", env!("CARGO_PKG_VERSION")));
    if let Some(ca) = ca {
        config = config.tls_config(TlsConfig::builder().root_certs(RootCerts::new_with_certs(&ca)).build());
    }
    Ok(WebDav { agent: config.build().into(), base, authorization, made: Mutex::default() })
}

/// What the server answered: nothing is an error yet.
struct Answer {
    status: u16,
    reason: String,
    body: Response<Body>,
}

impl WebDav {
    fn url(&self, path: &str) -> String {
        let encoded: Vec<String> = path.split('/').map(|part| utf8_percent_encode(part, SEGMENT).to_string()).collect();
        format!("{}{}", self.base, encoded.join("/"))
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsSendBody) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(self.url(path));
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|error| HostError::other(error.to_string()).at(path))?;
        let body = self.agent.run(request).map_err(|error| broken(&error).at(path))?;
        let status = body.status();
        Ok(Answer { status: status.as_u16(), reason: format!("{method}: {status}"), body })
    }

    fn make_folder(&self, folder: &str) -> Result<()> {
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
            return Ok(());
        }
        let path = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let answer = self.ask("MKCOL", &path, &[], ())?;
        match answer.status {
            // 405 and 301: it is there already.
            201 | 200 | 405 | 301 => {}
            409 | 404 if !folder.is_empty() => {
                self.make_folder(folder.rsplit_once('/').map_or("", |(parent, _)| parent))?;
                let answer = self.ask("MKCOL", &path, &[], ())?;
                if !matches!(answer.status, 201 | 200 | 405 | 301) {
                    return Err(answer.error().at(folder));
                }
            }
            _ => return Err(answer.error().at(folder)),
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(folder.to_owned());
        Ok(())
    }

    fn make_parent(&self, path: &str) -> Result<()> {
        match path.rsplit_once('/') {
            Some((folder, _)) => self.make_folder(folder),
            None => Ok(()),
        }
    }

    fn put(&self, path: &str, content: &Content, headers: &[(&str, &str)]) -> Result<Answer> {
        self.make_parent(path)?;
        let length = content.size().to_string();
        let send = || -> Result<Answer> {
            let mut reader = content.reader()?;
            let headers = [headers, &[("Content-Length", length.as_str())]].concat();
            self.ask("PUT", path, &headers, SendBody::from_reader(&mut reader))
        };
        let answer = send()?;
        // The folder is gone, or the one that the address names was never there.
        if matches!(answer.status, 409 | 404) {
            self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
            self.make_folder("")?;
            self.make_parent(path)?;
            return send();
        }
        Ok(answer)
    }

    /// The entries of one folder: path below the base, whether it is a folder, size.
    fn entries(&self, folder: &str) -> Result<Vec<(String, bool, u64)>> {
        let path = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let headers = [("Depth", "1"), ("Content-Type", "application/xml; charset=utf-8")];
        let mut answer = self.ask("PROPFIND", &path, &headers, PROPFIND)?;
        match answer.status {
            207 => {}
            404 => return Ok(Vec::new()),
            405 | 501 => return Err(HostError::new(Fault::NoList, answer.reason)),
            _ => return Err(answer.error().at(folder)),
        }
        let text = answer.text(64 << 20)?;
        let document = roxmltree::Document::parse(&text).map_err(|error| HostError::other(error.to_string()))?;
        let dav = |node: &roxmltree::Node, name: &str| {
            node.tag_name().name() == name && node.tag_name().namespace() == Some("DAV:")
        };
        let root = percent_decode_str(self.base.path()).decode_utf8_lossy().into_owned();
        let mut found = Vec::new();
        for response in document.descendants().filter(|node| dav(node, "response")) {
            let inner = |name: &str| response.descendants().find(|node| dav(node, name));
            let Some(href) = inner("href").and_then(|node| node.text()) else { continue };
            let href =
                url::Url::parse(href.trim()).map_or_else(|_| href.trim().to_owned(), |url| url.path().to_owned());
            let full = percent_decode_str(&href).decode_utf8_lossy().into_owned();
            let Some(relative) = full.strip_prefix(&root) else { continue };
            let relative = relative.trim_end_matches('/');
            if relative.is_empty() || relative == folder || !super::super::manifest::is_inside(relative) {
                continue;
            }
            let size = inner("getcontentlength").and_then(|node| node.text()?.trim().parse().ok()).unwrap_or(0);
            found.push((relative.to_owned(), inner("collection").is_some(), size));
        }
        Ok(found)
    }
}

impl Answer {
    fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn error(self) -> HostError {
        let fault = match self.status {
            401 => Fault::Login,
            403 => Fault::ReadOnly,
            404 | 409 | 301 | 302 | 307 | 308 => Fault::NotFound,
            507 | 413 => Fault::Full,
            // nginx has no other answer to a folder that it may not write to, and to a full disk.
            500 => Fault::Failed,
            400 | 414 => Fault::Name,
            408 | 425 | 429 | 502 | 503 | 504 => Fault::Interrupted,
            _ => Fault::Other,
        };
        HostError::new(fault, self.reason)
    }

    fn text(&mut self, most: u64) -> Result<String> {
        let body = self.body.body_mut().with_config().limit(most).lossy_utf8(true);
        body.read_to_string().map_err(|error| broken(&error))
    }
}

fn broken(error: &ureq::Error) -> HostError {
    let fault = match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => Fault::Unreachable,
        ureq::Error::Timeout(_) => Fault::Interrupted,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Fault::Certificate,
        ureq::Error::Io(error) if is_certificate(error) => Fault::Certificate,
        // What the system's resolver says has no kind of its own.
        ureq::Error::Io(error) if error.to_string().contains("lookup") => Fault::Unreachable,
        ureq::Error::Io(error) => match HostError::io(error).fault {
            Fault::Unreachable => Fault::Unreachable,
            _ => Fault::Interrupted,
        },
        ureq::Error::Protocol(_) => Fault::Interrupted,
        _ => Fault::Other,
    };
    HostError::new(fault, error.to_string())
}

/// TLS libraries hide their errors in those of the network.
pub fn is_certificate(error: &io::Error) -> bool {
    let text = error.to_string();
    error.kind() == io::ErrorKind::InvalidData || text.contains("certificate") || text.contains("UnknownIssuer")
}

impl Host for WebDav {
    fn abilities(&self) -> Abilities {
        Abilities { rename: true, ..Abilities::default() }
    }

    fn list(&self, folder: &str) -> Result<Vec<Found>> {
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(now) = folders.pop() {
            for (path, is_folder, size) in self.entries(&now)? {
                if is_folder {
                    folders.push(path);
                } else {
                    let inner = if folder.is_empty() { Some(path.as_str()) } else { path.strip_prefix(folder) };
                    let inner = inner.map(|path| path.trim_start_matches('/').to_owned());
                    found.extend(inner.map(|path| Found { path, size }));
                }
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let answer = self.ask("GET", path, &[("Accept-Encoding", "identity"), ("Cache-Control", "no-cache")], ())?;
        match answer.status {
            404 | 410 => Ok(None),
            _ if answer.is_good() => {
                let mut bytes = Vec::new();
                let mut reader = answer.body.into_body().into_reader();
                reader
                    .read_to_end(&mut bytes)
                    .map_err(|error| HostError::new(Fault::Interrupted, error.to_string()).at(path))?;
                Ok(Some(bytes))
            }
            _ => Err(answer.error().at(path)),
        }
    }

    fn size(&self, path: &str) -> Result<Option<u64>> {
        let answer = self.ask("HEAD", path, &[("Accept-Encoding", "identity")], ())?;
        match answer.status {
            404 | 410 => Ok(None),
            _ if answer.is_good() => {
                let length = answer.body.headers().get("content-length").and_then(|v| v.to_str().ok()?.parse().ok());
                Ok(Some(length.unwrap_or(0)))
            }
            // A folder of that name.
            301 => Ok(None),
            _ => Err(answer.error().at(path)),
        }
    }

    fn write(&self, path: &str, content: &Content, _: &Headers) -> Result<()> {
        let answer = self.put(path, content, &[])?;
        if answer.is_good() { Ok(()) } else { Err(answer.error().at(path)) }
    }

    fn create(&self, path: &str, bytes: &[u8]) -> Result<bool> {
        // nginx takes no notice of the condition, so the outcome is looked at as well.
        super::create_and_look(self, path, bytes, || {
            let answer = self.put(path, &Content::own(bytes), &[("If-None-Match", "*")])?;
            match answer.status {
                412 => Ok(false),
                _ if answer.is_good() => Ok(true),
                _ => Err(answer.error().at(path)),
            }
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.make_parent(to)?;
        let destination = self.url(to);
        let answer = self.ask("MOVE", from, &[("Destination", &destination), ("Overwrite", "T")], ())?;
        if answer.is_good() { Ok(()) } else { Err(answer.error().at(to)) }
    }

    fn delete(&self, path: &str) -> Result<()> {
        let answer = self.ask("DELETE", path, &[], ())?;
        if answer.is_good() || matches!(answer.status, 404 | 410) { Ok(()) } else { Err(answer.error().at(path)) }
    }

    fn remove_folder(&self, path: &str) -> Result<bool> {
        // DELETE takes everything that is in it.
        match self.entries(path) {
            Ok(entries) if entries.is_empty() => {}
            Ok(_) => return Ok(false),
            Err(error) if error.fault == Fault::NoList => return Ok(false),
            Err(error) => return Err(error),
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.delete(&format!("{path}/")).map(|()| true)
    }
}
