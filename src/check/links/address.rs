//! Where a link leads: to a file of the built site, to another site, or nowhere.

use std::collections::HashMap;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::site::{Routes, Site};

/// The addresses of a built site.
pub struct Addresses<'a> {
    base: Option<Url>,
    /// The address under which the site is published, without the slash at its end.
    prefix: &'a str,
    /// The path of that address, with a slash at its end.
    base_path: String,
    /// The output paths, in the order of the routes.
    paths: Vec<&'a str>,
    by_path: HashMap<&'a str, u32>,
    lower: OnceLock<HashMap<String, u32>>,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The file of a route, perhaps a place in it.
    Route {
        route: u32,
        fragment: Option<String>,
    },
    /// A path below the site's address that no route makes.
    Missing {
        path: String,
        fragment: Option<String>,
    },
    /// A path that is a route's when two slashes in a row are taken for one, as many servers do.
    DoubleSlash {
        path: String,
        route: u32,
    },
    /// An absolute path that is not below the path of `base_url`.
    Outside {
        path: String,
    },
    /// Another site.
    External(String),
    /// Mail, telephone and the like.
    Other,
    /// No address at all.
    Empty,
    Invalid(String),
}

impl<'a> Addresses<'a> {
    pub fn new(site: &'a Site, routes: &'a Routes) -> Self {
        let base = Url::parse(&site.config.base_url).ok();
        let mut base_path = base.as_ref().map_or("/", |base| base.path()).to_owned();
        if !base_path.ends_with('/') {
            base_path.push('/');
        }
        let paths: Vec<&str> = routes.keys().map(String::as_str).collect();
        let by_path = paths.iter().zip(0..).map(|(path, index)| (*path, index)).collect();
        let prefix = site.config.base_url.trim_end_matches('/');
        Self { base, prefix, base_path, paths, by_path, lower: OnceLock::new() }
    }

    /// The output path of a route by its number.
    pub fn path(&self, route: u32) -> &'a str {
        self.paths.get(route as usize).copied().unwrap_or_default()
    }

    /// The number of a route by its output path.
    pub fn route(&self, path: &str) -> Option<u32> {
        self.by_path.get(path).copied()
    }

    /// The route whose path differs in capitals only.
    pub fn other_case(&self, path: &str) -> Option<&'a str> {
        let lower = self
            .lower
            .get_or_init(|| self.paths.iter().zip(0..).map(|(path, index)| (path.to_lowercase(), index)).collect());
        let path = path.to_lowercase();
        let index = lower.get(&path).or_else(|| lower.get(&format!("{}/index.html", path.trim_end_matches('/'))));
        index.map(|index| self.path(*index))
    }

    /// Where `raw`, written on the page `from` (`/news/a/`), leads.
    pub fn resolve(&self, from: &str, raw: &str) -> Target {
        let raw = raw.trim_matches([' ', '\t', '\n', '\r', '\u{c}']);
        if raw.is_empty() {
            return Target::Empty;
        }
        if let Some(rest) = raw.strip_prefix(self.prefix)
            && !self.prefix.is_empty()
            && (rest.is_empty() || rest.starts_with(['/', '?', '#']))
        {
            return self.below(if rest.starts_with('/') { rest } else { "/" }, rest);
        }
        if raw.starts_with("//") {
            return self.absolute(&format!("https:{raw}"));
        }
        if let Some(scheme) = scheme(raw) {
            return match scheme.to_ascii_lowercase().as_str() {
                "http" | "https" => self.absolute(raw),
                // Files of somebody's computer, and paths of Windows.
                scheme if scheme == "file" || scheme.len() == 1 => Target::External(raw.to_owned()),
                _ => Target::Other,
            };
        }
        let (path, _) = split(raw);
        if path.starts_with('/') {
            let Some(inside) = self.inside(path) else {
                return Target::Outside { path: path.to_owned() };
            };
            return self.below(&format!("/{inside}"), raw);
        }
        if path.is_empty() {
            return self.below(from, raw);
        }
        let folder = &from[..from.rfind('/').map_or(0, |at| at + 1)];
        self.below(&normalize(&format!("{folder}{path}")), raw)
    }

    /// The part of an absolute path below that of `base_url`.
    fn inside<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.base_path.as_str()).or_else(|| (format!("{path}/") == self.base_path).then_some(""))
    }

    fn absolute(&self, raw: &str) -> Target {
        let url = match Url::parse(raw) {
            Ok(url) if url.has_host() => url,
            Ok(_) => return Target::Invalid("no host".to_owned()),
            Err(error) => return Target::Invalid(error.to_string()),
        };
        let own = self.base.as_ref().is_some_and(|base| {
            base.host_str() == url.host_str() && base.port_or_known_default().is_some() && base.port() == url.port()
        });
        match self.inside(url.path()).filter(|_| own) {
            Some(inside) => self.below(&format!("/{inside}"), raw),
            None => Target::External(raw.to_owned()),
        }
    }

    /// `path` is absolute within the site, perhaps with query and fragment; the fragment is taken from `raw`.
    fn below(&self, path: &str, raw: &str) -> Target {
        let (path, _) = split(path);
        let fragment = split(raw).1.map(str::to_owned);
        let path = percent_decode_str(path).decode_utf8_lossy();
        let path = normalize(&path);
        match self.find(&path) {
            Some(route) => Target::Route { route, fragment },
            None => match self.find(&single_slashes(&path)).filter(|_| path.contains("//")) {
                Some(route) => Target::DoubleSlash { path, route },
                None => Target::Missing { path, fragment },
            },
        }
    }

    /// The route that a server answers a decoded path with.
    fn find(&self, path: &str) -> Option<u32> {
        let path = path.trim_start_matches('/');
        if path.is_empty() || path.ends_with('/') {
            return self.route(&format!("{path}index.html"));
        }
        self.route(path).or_else(|| self.route(&format!("{path}/index.html")))
    }
}

/// The address of an output path: `news/a/index.html` → `/news/a/`.
pub fn address_of(path: &str) -> String {
    match path.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("/{folder}"),
        _ => format!("/{path}"),
    }
}

/// What stands before the colon of an address, if that is the name of a scheme (RFC 3986, 3.1).
fn scheme(raw: &str) -> Option<&str> {
    let (scheme, _) = raw.split_once(':')?;
    let ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    ok.then_some(scheme)
}

/// The path before `?` and `#`, and what follows `#`.
fn split(raw: &str) -> (&str, Option<&str>) {
    let (rest, fragment) = match raw.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (raw, None),
    };
    (rest.split('?').next().unwrap_or_default(), fragment)
}

fn single_slashes(path: &str) -> String {
    let mut single = path.to_owned();
    while single.contains("//") {
        single = single.replace("//", "/");
    }
    single
}

/// Takes `.` and `..` out of an absolute path (RFC 3986, 5.2.4).
fn normalize(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut open = false;
    for part in path.split('/').skip(1) {
        open = false;
        match part {
            "." => open = true,
            ".." => {
                parts.pop();
                open = true;
            }
            part => parts.push(part),
        }
    }
    let mut all = format!("/{}", parts.join("/"));
    if open && !all.ends_with('/') {
        all.push('/');
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_taken_out_of_paths() {
        assert_eq!(normalize("/a/b/../c"), "/a/c");
        assert_eq!(normalize("/a/./"), "/a/");
        assert_eq!(normalize("/a/.."), "/");
        assert_eq!(normalize("/../../a"), "/a");
        assert_eq!(normalize("/a/.hidden"), "/a/.hidden");
    }

    #[test]
    fn only_schemes_are_schemes() {
        assert_eq!(scheme("mailto:a@b.c"), Some("mailto"));
        assert_eq!(scheme("a/b:c"), None);
        assert_eq!(scheme("时间:10"), None);
    }

    #[test]
    fn an_index_file_has_the_address_of_its_folder() {
        assert_eq!(address_of("index.html"), "/");
        assert_eq!(address_of("a/index.html"), "/a/");
        assert_eq!(address_of("a/myindex.html"), "/a/myindex.html");
    }
}
