//! Passwords and keys: from the environment, or from a file outside the site; and a search for those that got into it.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use crate::cache::{BUILD_ID, Digester, Stamp, Store, nanoseconds};
use crate::config::deploy::{Target, variable};
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

/// Where the secrets of one target come from.
pub struct Secrets<'a> {
    target: &'a Target,
    table: toml::Table,
    file: Option<PathBuf>,
}

/// The keys of an object store.
pub struct Keys {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
}

impl<'a> Secrets<'a> {
    /// Reads the file of secrets, if there is one. `folder` is that of `kepu.toml`, `root` the site's.
    pub fn read(target: &'a Target, root: &Path, folder: &Path) -> Result<Self> {
        let (file, is_named) = match &target.secrets {
            Some(file) => (Some(home(file, folder)), true),
            None => (default_file(), false),
        };
        let Some(file) = file else { return Ok(Self { target, table: toml::Table::new(), file: None }) };
        let shown = file.display().to_string();
        if let (Ok(file), Ok(root)) = (file.canonicalize(), root.canonicalize())
            && file.starts_with(&root)
        {
            return Err(Box::new(
                Diagnostic::error(
                    "deploy/secret",
                    text!(
                        "the file of secrets `{shown}` lies inside the site",
                        "密码文件 `{shown}` 放在了网站文件夹里"
                    ),
                )
                .help(text!(
                    "move it out, for example to `~/.config/kepu/secrets.toml`",
                    "请移到外面，例如 `~/.config/kepu/secrets.toml`"
                )),
            ));
        }
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_named => String::new(),
            Err(error) => return Err(Box::new(Diagnostic::io(shown, &error))),
        };
        // The parser's message would show the line, with the secret in it.
        let table: toml::Table = toml::from_str(&text).map_err(|_| {
            Diagnostic::error("deploy/config", text!("`{shown}` is not valid TOML", "`{shown}` 不是有效的 TOML")).help(
                text!(
                    "write `[{}]` and below it `password = \"…\"`",
                    "请写 `[{}]`，下面一行 `password = \"…\"`",
                    target.name
                ),
            )
        })?;
        let table = table.get(&target.name).and_then(toml::Value::as_table).cloned().unwrap_or_default();
        Ok(Self { target, table, file: Some(file) })
    }

    /// A secret by its key, from the environment first.
    pub fn get(&self, key: &str) -> Option<String> {
        std::env::var(variable(&self.target.name, key))
            .ok()
            .or_else(|| self.table.get(key).and_then(toml::Value::as_str).map(str::to_owned))
            .filter(|secret| !secret.is_empty())
    }

    pub fn require(&self, key: &str) -> Result<String> {
        self.get(key).ok_or_else(|| {
            let (name, variable) = (&self.target.name, variable(&self.target.name, key));
            let file =
                self.file.as_deref().map_or_else(|| "secrets.toml".to_owned(), |file| file.display().to_string());
            Box::new(
                Diagnostic::error(
                    "deploy/no-password",
                    text!("there is no `{key}` for the target `{name}`", "没有给出发布目标 `{name}` 的 `{key}`"),
                )
                .help(text!(
                    "set the environment variable `{variable}`, or write `[{name}]` and `{key} = \"…\"` into `{file}`",
                    "请设置环境变量 `{variable}`，或在 `{file}` 里写 `[{name}]` 和 `{key} = \"…\"`"
                )),
            )
        })
    }

    pub fn keys(&self) -> Result<Keys> {
        Ok(Keys {
            id: self.require("access_key_id")?,
            secret: self.require("secret_access_key")?,
            token: self.get("session_token"),
        })
    }
}

/// A path that may begin with `~/`, else relative to a folder.
pub fn home(path: &str, folder: &Path) -> PathBuf {
    match (path.strip_prefix("~/"), home_folder()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.join(path),
    }
}

pub fn home_folder() -> Option<PathBuf> {
    std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).filter(|h| !h.is_empty()).map(PathBuf::from)
}

fn default_file() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
        .or_else(|| home_folder().map(|home| home.join(".config")))?;
    Some(folder.join("kepu/secrets.toml"))
}

/// The fixed beginnings of access keys: AWS, Aliyun, Tencent, GitHub; and how many letters and digits follow.
const KNOWN: [(&str, usize, &str); 7] = [
    ("AKIA", 16, "an access key of AWS"),
    ("ASIA", 16, "an access key of AWS"),
    ("LTAI", 16, "an access key of Aliyun"),
    ("AKID", 32, "a secret id of Tencent Cloud"),
    ("ghp_", 36, "a token of GitHub"),
    ("github_pat_", 59, "a token of GitHub"),
    ("gho_", 36, "a token of GitHub"),
];

/// What looks like a secret in a text: what it is, and where it stands.
pub fn find(text: &str) -> Option<(&'static str, std::ops::Range<usize>)> {
    // One look for all beginnings: sites are large.
    static BEGINNINGS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let beginnings = KNOWN.iter().map(|(beginning, ..)| *beginning).chain(["-----BEGIN "]);
        AhoCorasick::new(beginnings).ok()
    });
    if BEGINNINGS.as_ref().is_some_and(|beginnings| !beginnings.is_match(text)) {
        return None;
    }
    if let Some(at) = text.find("-----BEGIN ") {
        let line = text[at..].lines().next().unwrap_or_default();
        if line.contains("PRIVATE KEY-----") {
            return Some(("a private key", at..at + line.len()));
        }
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (beginning, rest, what) in KNOWN {
        for (at, _) in text.match_indices(beginning) {
            if text[..at].chars().next_back().is_some_and(is_word) {
                continue;
            }
            let body = &text[at + beginning.len()..];
            let length = body.find(|c| !is_word(c)).unwrap_or(body.len());
            let has_digit = body[..length].contains(|c: char| c.is_ascii_digit());
            if (rest..=rest + 12).contains(&length) && has_digit {
                return Some((what, at..at + beginning.len() + length));
            }
        }
    }
    None
}

/// Files of the site's folder that hold secrets by their name or content: `.env`, private keys, configuration. Those in which
/// none was found are not read again while they look the same, as `store` tells.
pub fn search_sources(root: &Path, store: Option<&Store>) -> Vec<Diagnostic> {
    /// Sources are small; what is larger is data.
    const LARGEST: u64 = 512 * 1024;
    const TEXTS: [&str; 16] = [
        "md", "toml", "html", "htm", "js", "json", "yaml", "yml", "csv", "txt", "xml", "css", "pem", "key", "sh", "ppk",
    ];
    let skipped = |name: &str| matches!(name, ".git" | ".kepu" | "node_modules" | "target" | "public");
    let entries = walkdir::WalkDir::new(root).into_iter().filter_entry(|entry| {
        entry.depth() == 0 || !(entry.file_type().is_dir() && entry.file_name().to_str().is_some_and(skipped))
    });
    let files: Vec<walkdir::DirEntry> = entries.flatten().filter(|entry| entry.file_type().is_file()).collect();
    let now = nanoseconds(SystemTime::now());
    let key =
        |shown: &str, stamp: &Stamp| Digester::new().text(BUILD_ID).text("secrets").text(shown).stamp(stamp).finish();
    let search = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let shown = crate::site::shown(root, entry.path());
        let is_environment = name == ".env" || (name.starts_with(".env.") && !name.ends_with("example"));
        let is_key_file = matches!(&*name, "id_rsa" | "id_ed25519" | "id_ecdsa" | "id_dsa");
        if is_environment || is_key_file {
            let message = text!(
                "`{shown}` holds secrets and lies inside the site",
                "`{shown}` 含有密码或密钥，却放在网站文件夹里"
            );
            let help = text!("move it out of the site's folder", "请把它移出网站文件夹");
            return Some(Diagnostic::error("deploy/secret", message).at(Place::file(&shown)).help(help));
        }
        let (_, extension) = name.rsplit_once('.')?;
        let stamp = TEXTS.contains(&extension).then(|| entry.metadata()).and_then(std::result::Result::ok);
        let stamp = stamp.map(|data| Stamp::from(&data)).filter(|stamp| stamp.size <= LARGEST)?;
        let known = store.filter(|_| !stamp.is_fresh_at(now)).map(|store| (store, key(&shown, &stamp)));
        if known.is_some_and(|(store, key)| store.get(key).is_some()) {
            return None;
        }
        let found = search_text(&shown, &std::fs::read_to_string(entry.path()).ok()?);
        if let (None, Some((store, key))) = (&found, known) {
            store.put(key, &[]);
        }
        found
    };
    files.par_iter().with_min_len(16).filter_map(search).collect()
}

/// The error about a secret in one text, if there is one.
pub fn search_text(shown: &str, text: &str) -> Option<Diagnostic> {
    let (what, span) = find(text)?;
    // The secret itself is not shown again.
    let (line, _) = crate::diagnostic::line_column(text, span.start);
    Some(
        Diagnostic::error(
            "deploy/secret",
            text!("line {line} of `{shown}` holds {what}", "`{shown}` 第 {line} 行含有密钥（{what}）"),
        )
        .at(Place::file(shown))
        .help(text!(
            "remove it, and have the key replaced at the provider: whoever has seen the file can use it",
            "请删去它，并到服务商处更换密钥：看过这个文件的人都能使用它"
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that the search does not find this file.
    fn key(beginning: &str, length: usize) -> String {
        format!("{beginning}{}", "X7Qa".repeat(length / 4))
    }

    #[test]
    fn keys_of_the_providers_are_found() {
        for (beginning, length) in [("AKIA", 16), ("LTAI", 20), ("AKID", 32), ("ghp_", 36)] {
            assert!(find(&format!("key = \"{}\"", key(beginning, length))).is_some(), "{beginning}");
        }
        let pem = format!("-----BEGIN {} KEY-----", "OPENSSH PRIVATE");
        assert!(find(&pem).is_some());
    }

    #[test]
    fn words_are_no_keys() {
        for text in ["AKIA is a prefix", "SLOVAKIAN", "LTAI", "AKIAAAAAAAAAAAAAAAAA", "-----BEGIN CERTIFICATE-----"] {
            assert_eq!(find(text), None, "{text}");
        }
        assert_eq!(find(&format!("x{}", key("AKIA", 16))), None);
    }
}
