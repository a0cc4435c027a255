//! `[deploy.NAME]` of `kepu.toml`: where a site is sent, checked. Secrets never stand here; see `publish::deploy::secrets`.

use indexmap::IndexMap;
use serde::Deserialize;

use super::raw::options;
use super::toml_input::Input;
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

/// One target: a host and how to treat it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub name: String,
    pub host: Host,
    /// Uploads at once.
    pub parallel: usize,
    /// Bytes a second.
    pub limit: Option<u64>,
    /// Versions to go back to, the live one included.
    pub keep: usize,
    pub server: Server,
    /// Files that kepu did not put there may be replaced.
    pub overwrite: bool,
    /// A file with one more certificate authority, relative to the folder of `kepu.toml`.
    pub ca: Option<String>,
    pub base_url: Option<String>,
    /// A file with secrets, outside the site.
    pub secrets: Option<String>,
}

/// What kind of host, and where on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Host {
    Folder { path: String, switch: Switch },
    Sftp(Sftp),
    Ftp { host: String, port: u16, user: String, path: String, tls: Tls, encoding: Encoding },
    WebDav { url: String, user: Option<String> },
    Bucket(Bucket),
    Git(Git),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sftp {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub path: String,
    pub switch: Switch,
    pub key: Option<String>,
    pub known_hosts: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    pub family: Family,
    /// None only for AWS, whose addresses follow from the region.
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub bucket: String,
    /// The folder in the bucket, without slashes at its ends.
    pub path: String,
    pub addressing: Addressing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Git {
    pub url: String,
    pub branch: String,
    /// `Name <mail>`.
    pub author: Option<String>,
    /// False keeps a single commit.
    pub history: bool,
    pub cname: Option<String>,
}

/// The object stores, each with its own signature and addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    S3,
    Oss,
    Cos,
    Obs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Folder,
    Sftp,
    Ftp,
    Webdav,
    S3,
    Oss,
    Cos,
    Obs,
    Git,
}

/// How a new version becomes the one that is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    /// `link` where the place allows it.
    #[default]
    Auto,
    /// The document root is a symbolic link that is exchanged.
    Link,
    /// File by file in the document root.
    InPlace,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    #[default]
    Explicit,
    Implicit,
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "gbk")]
    Gbk,
}

/// Whose form redirects, the 404 page and cache rules are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    #[default]
    None,
    Nginx,
    Apache,
    Iis,
    Netlify,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addressing {
    /// `https://host/bucket/key` for an endpoint of one's own, else virtual.
    #[default]
    Auto,
    Path,
    Virtual,
}

options! {
    /// `[deploy.NAME]` as it is typed.
    RawTarget {
        kind: Option<Kind> = None,
        path: Option<String> = None,
        host: Option<String> = None,
        port: Option<u16> = None,
        user: Option<String> = None,
        switch: Switch = Switch::Auto,
        key: Option<String> = None,
        known_hosts: Option<String> = None,
        tls: Tls = Tls::Explicit,
        encoding: Encoding = Encoding::Utf8,
        url: Option<String> = None,
        endpoint: Option<String> = None,
        region: Option<String> = None,
        bucket: Option<String> = None,
        addressing: Addressing = Addressing::Auto,
        branch: Option<String> = None,
        author: Option<String> = None,
        history: bool = true,
        cname: Option<String> = None,
        parallel: usize = 8,
        limit: Option<String> = None,
        keep: usize = 5,
        server: Server = Server::None,
        overwrite: bool = false,
        ca: Option<String> = None,
        base_url: Option<String> = None,
        secrets: Option<String> = None,
        password: Option<toml::Value> = None,
        key_passphrase: Option<toml::Value> = None,
        access_key_id: Option<toml::Value> = None,
        secret_access_key: Option<toml::Value> = None,
        session_token: Option<toml::Value> = None,
    }
}

/// `500k`, `2M`, `1.5m` or plain bytes.
pub fn bytes(given: &str) -> Option<u64> {
    let given = given.trim();
    let (number, unit) = given.split_at(given.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(given.len()));
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * factor;
    (1.0..1e15).contains(&bytes).then_some(bytes as u64)
}

/// Checks all targets; what is wrong is told with its place.
pub fn check(raw: IndexMap<String, RawTarget>, input: &Input, diagnostics: &mut Vec<Diagnostic>) -> Vec<Target> {
    raw.into_iter().filter_map(|(name, raw)| Checker { name: &name, input, diagnostics }.check(raw)).collect()
}

struct Checker<'a> {
    name: &'a str,
    input: &'a Input<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Checker<'_> {
    fn check(mut self, raw: RawTarget) -> Option<Target> {
        let before = self.diagnostics.len();
        self.name();
        self.secrets(&raw);
        let limit = raw.limit.as_deref().and_then(|given| {
            let limit = bytes(given);
            if limit.is_none() {
                self.error(
                    "limit",
                    text!("`{given}` is no amount of bytes a second", "`{given}` 不是每秒字节数"),
                    Some(text!(
                        "write it like `limit = \"500k\"` or `\"2M\"`",
                        "请写成 `limit = \"500k\"` 或 `\"2M\"`"
                    )),
                );
            }
            limit
        });
        if !(1..=64).contains(&raw.parallel) {
            self.error("parallel", text!("`parallel` goes from 1 to 64", "`parallel` 应在 1 到 64 之间"), None);
        }
        let host = self.host(&raw);
        let failed = self.diagnostics[before..].iter().any(Diagnostic::is_error);
        if failed {
            return None;
        }
        Some(Target {
            name: self.name.to_owned(),
            host: host?,
            parallel: raw.parallel,
            limit,
            keep: raw.keep.max(1),
            server: raw.server,
            overwrite: raw.overwrite,
            ca: raw.ca,
            base_url: raw.base_url,
            secrets: raw.secrets,
        })
    }

    fn name(&mut self) {
        let name = self.name;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            self.error(
                "",
                text!("`{name}` cannot be the name of a target", "`{name}` 不能作为发布目标的名字"),
                Some(text!("use letters, digits, `-` and `_`", "请只用英文字母、数字、`-` 和 `_`")),
            );
        }
    }

    /// Whoever reads the repository would have them.
    fn secrets(&mut self, raw: &RawTarget) {
        let given = [
            ("password", &raw.password),
            ("key_passphrase", &raw.key_passphrase),
            ("access_key_id", &raw.access_key_id),
            ("secret_access_key", &raw.secret_access_key),
            ("session_token", &raw.session_token),
        ];
        for (key, _) in given.into_iter().filter(|(_, value)| value.is_some()) {
            let variable = variable(self.name, key);
            self.push(
                "deploy/secret",
                key,
                text!("a secret does not belong into `kepu.toml`", "密码和密钥不能写在 `kepu.toml` 里"),
                Some(text!(
                    "remove it, change it at the host if others have seen this file, and set the environment variable `{variable}`, \
                     or write it into `~/.config/kepu/secrets.toml` under `[{}]`",
                    "请删去它（如果别人看过这个文件，请在主机上改掉密码），改为设置环境变量 `{variable}`，\
                     或写到 `~/.config/kepu/secrets.toml` 的 `[{}]` 里",
                    self.name
                )),
            );
        }
    }

    fn host(&mut self, raw: &RawTarget) -> Option<Host> {
        let Some(kind) = raw.kind else {
            self.error(
                "",
                text!("the target `{}` has no `kind`", "发布目标 `{}` 没有写 `kind`", self.name),
                Some(text!(
                    "write `kind = \"folder\"`, or sftp, ftp, webdav, s3, oss, cos, obs or git",
                    "请写 `kind = \"folder\"`，或 sftp、ftp、webdav、s3、oss、cos、obs、git"
                )),
            );
            return None;
        };
        match kind {
            Kind::Folder => Some(Host::Folder { path: self.required("path", &raw.path)?, switch: raw.switch }),
            Kind::Sftp => {
                let (host, user, path) = (
                    self.required("host", &raw.host),
                    self.required("user", &raw.user),
                    self.required("path", &raw.path),
                );
                Some(Host::Sftp(Sftp {
                    host: host?,
                    port: raw.port.unwrap_or(22),
                    user: user?,
                    path: path?,
                    switch: raw.switch,
                    key: raw.key.clone(),
                    known_hosts: raw.known_hosts.clone(),
                }))
            }
            Kind::Ftp => {
                let (host, user) = (self.required("host", &raw.host), self.required("user", &raw.user));
                let port = raw.port.unwrap_or(if raw.tls == Tls::Implicit { 990 } else { 21 });
                let path = raw.path.clone().unwrap_or_else(|| "/".to_owned());
                Some(Host::Ftp { host: host?, port, user: user?, path, tls: raw.tls, encoding: raw.encoding })
            }
            Kind::Webdav => {
                let url = self.address("url", raw.url.clone())?;
                Some(Host::WebDav { url, user: raw.user.clone() })
            }
            Kind::S3 => self.bucket(raw, Family::S3),
            Kind::Oss => self.bucket(raw, Family::Oss),
            Kind::Cos => self.bucket(raw, Family::Cos),
            Kind::Obs => self.bucket(raw, Family::Obs),
            Kind::Git => Some(Host::Git(Git {
                url: self.required("url", &raw.url)?,
                branch: raw.branch.clone().unwrap_or_else(|| "gh-pages".to_owned()),
                author: raw.author.clone(),
                history: raw.history,
                cname: raw.cname.clone(),
            })),
        }
    }

    fn bucket(&mut self, raw: &RawTarget, family: Family) -> Option<Host> {
        let bucket = self.required("bucket", &raw.bucket);
        let endpoint = match (family, &raw.endpoint) {
            (Family::S3, None) => {
                self.required("region", &raw.region)?;
                None
            }
            _ => Some(self.address("endpoint", raw.endpoint.clone())?),
        };
        Some(Host::Bucket(Bucket {
            family,
            endpoint,
            region: raw.region.clone(),
            bucket: bucket?,
            path: raw.path.as_deref().unwrap_or_default().trim_matches('/').to_owned(),
            addressing: raw.addressing,
        }))
    }

    fn required(&mut self, key: &'static str, value: &Option<String>) -> Option<String> {
        let value = value.clone().filter(|v| !v.trim().is_empty());
        if value.is_none() {
            self.error(
                key,
                text!("the target `{}` has no `{key}`", "发布目标 `{}` 没有写 `{key}`", self.name),
                Some(text!("add a line `{key} = \"…\"`", "请加上一行 `{key} = \"…\"`")),
            );
        }
        value
    }

    fn address(&mut self, key: &'static str, value: Option<String>) -> Option<String> {
        let value = self.required(key, &value)?;
        let parsed = url::Url::parse(&value).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
        let Some(url) = parsed else {
            self.error(
                key,
                text!(
                    "`{value}` is not an address like https://example.com",
                    "`{value}` 不是 https://example.com 这样的网址"
                ),
                None,
            );
            return None;
        };
        if url.password().is_some() {
            self.push(
                "deploy/secret",
                key,
                text!("the address holds a password", "网址里写有密码"),
                Some(text!(
                    "remove it and set the environment variable `{}`",
                    "请删去它，改为设置环境变量 `{}`",
                    variable(self.name, "password")
                )),
            );
        }
        Some(value)
    }

    fn error(&mut self, key: &str, message: Text, help: Option<Text>) {
        self.push("deploy/config", key, message, help);
    }

    fn push(&mut self, code: &'static str, key: &str, message: Text, help: Option<Text>) {
        let table = ["deploy", self.name, key];
        let place = self.input.place(if key.is_empty() { &table[..2] } else { &table });
        // A key that is missing has no place; its table has.
        let mut place = if place.excerpt.is_none() { self.input.place(&table[..2]) } else { place };
        if code == "deploy/secret" {
            hide_value(&mut place);
        }
        let error = Diagnostic::error(code, message).at(place);
        self.diagnostics.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }
}

/// What is printed may be kept: the log of a build server shows no secret again.
fn hide_value(place: &mut Place) {
    if let Some((text, span)) = &mut place.excerpt {
        let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at);
        text.replace_range(span.end..end, " = …");
    }
}

/// The environment variable of a secret: `KEPU_WEB_PASSWORD` for `password` of the target `web`.
pub fn variable(target: &str, key: &str) -> String {
    format!("KEPU_{}_{}", target.to_ascii_uppercase().replace('-', "_"), key.to_ascii_uppercase())
}
