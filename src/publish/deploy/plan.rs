//! What a deploy does, from what stands at the host and what the site is now. A pure function.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Entry, Files};

/// What kepu put at the host: by path its entry, or none where the content is not known for sure.
pub type Known = BTreeMap<String, Option<Entry>>;

/// The order in which files take their place, so that no page refers to what is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Style sheets, pictures, attachments that were not there.
    NewAsset,
    /// The same, under a name that was there.
    ChangedAsset,
    /// Pages that nothing links to yet.
    NewPage,
    ChangedPage,
    /// The home page, which links to all.
    Home,
    /// Feeds, site maps, search indexes and redirects, which list pages.
    List,
}

/// One file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub path: String,
    pub entry: Entry,
    pub phase: Phase,
    /// Whether kepu had put a file there before.
    pub replaces: bool,
    /// Where the same bytes stand at the host already.
    pub from: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By phase, then by path; within a phase the order does not matter.
    pub steps: Vec<Step>,
    /// Files that kepu put there and that the site no longer has.
    pub deletes: Vec<String>,
    pub unchanged: usize,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.deletes.is_empty()
    }

    /// The paths that may be in either state while this plan is carried out.
    pub fn touched(&self) -> impl Iterator<Item = &String> {
        self.steps.iter().map(|step| &step.path).chain(&self.deletes)
    }
}

/// `at_host` tells where the bytes of a file stand at the host under another name, if they do.
pub fn plan(known: &Known, new: &Files, at_host: impl Fn(&str, &Entry) -> Option<String>) -> Plan {
    let mut plan = Plan::default();
    for (path, entry) in new {
        let there = known.get(path);
        if there.and_then(Option::as_ref) == Some(entry) {
            plan.unchanged += 1;
            continue;
        }
        let phase = phase(path, there.is_some());
        plan.steps.push(Step {
            path: path.clone(),
            entry: entry.clone(),
            phase,
            replaces: there.is_some(),
            from: at_host(path, entry),
        });
    }
    plan.steps.sort_by(|a, b| (a.phase, &a.path).cmp(&(b.phase, &b.path)));
    let gone: BTreeSet<&String> = known.keys().filter(|path| !new.contains_key(*path)).collect();
    plan.deletes = gone.into_iter().cloned().collect();
    // Pages first: one that is still there finds its assets.
    plan.deletes.sort_by_key(|path| !is_page(path));
    plan
}

fn phase(path: &str, is_there: bool) -> Phase {
    match (is_page(path), is_there) {
        _ if is_list(path) => Phase::List,
        (true, _) if path == "index.html" => Phase::Home,
        (true, false) => Phase::NewPage,
        (true, true) => Phase::ChangedPage,
        (false, false) => Phase::NewAsset,
        (false, true) => Phase::ChangedAsset,
    }
}

pub fn is_page(path: &str) -> bool {
    extension(path).is_some_and(|e| matches!(e.as_str(), "html" | "htm" | "xhtml"))
}

/// Files that name pages, and what a web server reads itself.
fn is_list(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, ".htaccess" | "web.config" | "_redirects" | "_headers" | "robots.txt")
        || name.starts_with("search_index.")
        || extension(name).is_some_and(|e| matches!(e.as_str(), "xml" | "ics" | "atom" | "rss"))
}

pub fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty()).then(|| extension.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        Entry { hash: super::super::manifest::hash(text.as_bytes()), size: text.len() as u64, headers: String::new() }
    }

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(path, text)| ((*path).to_owned(), entry(text))).collect()
    }

    fn known(list: &[(&str, &str)]) -> Known {
        files(list).into_iter().map(|(path, entry)| (path, Some(entry))).collect()
    }

    fn nowhere(_: &str, _: &Entry) -> Option<String> {
        None
    }

    fn sent(plan: &Plan) -> Vec<&str> {
        plan.steps.iter().map(|step| step.path.as_str()).collect()
    }

    #[test]
    fn nothing_is_sent_when_nothing_changed() {
        let site = [("index.html", "a"), ("a.css", "b")];
        let plan = plan(&known(&site), &files(&site), nowhere);
        assert!(plan.is_empty());
        assert_eq!(plan.unchanged, 2);
    }

    #[test]
    fn assets_go_before_pages_and_lists_come_last() {
        let site = [
            ("index.html", "h"),
            ("a/index.html", "p"),
            ("b/index.html", "q"),
            ("new.css", "n"),
            ("old.css", "o"),
            ("atom.xml", "f"),
            ("search_index.zh.js", "s"),
        ];
        let before = [("index.html", "1"), ("a/index.html", "1"), ("old.css", "1"), ("atom.xml", "1")];
        let plan = plan(&known(&before), &files(&site), nowhere);
        assert_eq!(
            sent(&plan),
            ["new.css", "old.css", "b/index.html", "a/index.html", "index.html", "atom.xml", "search_index.zh.js"]
        );
    }

    #[test]
    fn what_is_not_known_for_sure_is_sent_again() {
        let mut state = known(&[("index.html", "a")]);
        state.insert("index.html".to_owned(), None);
        assert_eq!(sent(&plan(&state, &files(&[("index.html", "a")]), nowhere)), ["index.html"]);
    }

    #[test]
    fn only_what_kepu_knows_is_deleted_and_pages_before_assets() {
        let plan = plan(
            &known(&[("a.css", "a"), ("b/index.html", "b"), ("c.html", "c")]),
            &files(&[("c.html", "c")]),
            nowhere,
        );
        assert_eq!(plan.deletes, ["b/index.html", "a.css"]);
        assert!(plan.steps.is_empty());
    }

    #[test]
    fn other_headers_are_a_change() {
        let mut site = files(&[("a.css", "a")]);
        if let Some(entry) = site.get_mut("a.css") {
            entry.headers = "text/css".to_owned();
        }
        assert_eq!(sent(&plan(&known(&[("a.css", "a")]), &site, nowhere)), ["a.css"]);
    }

    #[test]
    fn bytes_that_stand_at_the_host_are_not_sent_over_the_net() {
        let at_host = |path: &str, _: &Entry| Some(format!("a/{path}"));
        let plan = plan(&Known::new(), &files(&[("index.html", "a")]), at_host);
        assert_eq!(plan.steps[0].from.as_deref(), Some("a/index.html"));
    }
}
