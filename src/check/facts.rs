//! What is remembered of each file of the built site when its page is gone again: rules that look at all pages together
//! work from this.

use std::collections::{BTreeMap, BTreeSet};

use super::links::{Target, Use, extract, feed};
use super::{Context, File, Page};

/// All files of a built site by their output paths.
#[derive(Debug)]
pub struct Facts<'a> {
    pub files: BTreeMap<&'a str, FileFacts>,
    /// Processed pictures by their output paths.
    pub images: BTreeMap<String, Processed>,
}

/// A picture that templates had made of another.
#[derive(Debug)]
pub struct Processed {
    /// In bytes; nothing where it could not be made.
    pub size: u64,
    /// The file that it was made of, as messages name it.
    pub of: String,
}

impl Facts<'_> {
    /// The processed picture that a link leads to.
    pub fn processed(&self, link: &Link) -> Option<(&str, &Processed)> {
        let Target::Missing { path, .. } = &link.target else { return None };
        let (path, image) = self.images.get_key_value(path.trim_start_matches('/'))?;
        Some((path, image))
    }
}

/// What is remembered of one file.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Whether it is HTML that people read.
    pub is_page: bool,
    pub is_html: bool,
    pub address: String,
    /// The file behind it, as messages name it.
    pub source: Option<String>,
    /// In bytes.
    pub size: u64,
    /// The places of a page that links may lead to, sorted.
    pub ids: Vec<Box<str>>,
    /// Routes that readers get to from here, by number.
    pub reaches: BTreeSet<u32>,
    /// Routes whose files browsers fetch for this one, and what for.
    pub fetches: BTreeSet<(u32, Fetch)>,
    /// Links that want a second look when all files are known.
    pub links: Vec<Link>,
    /// Addresses of other sites.
    pub external: BTreeSet<(Use, Box<str>)>,
}

/// What a browser fetches a file for, as far as the weight of a page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fetch {
    Code,
    Image,
    /// Pictures that are loaded later, if at all.
    Lazy,
}

/// A link to something of the site.
#[derive(Debug)]
pub struct Link {
    pub of: Use,
    /// As it stands on the page.
    pub raw: Box<str>,
    pub target: Target,
}

/// Whether a file that is copied is one whose text is looked at.
pub fn is_text(path: &str) -> bool {
    [".html", ".htm", ".css", ".xml", ".svg", ".json", ".webmanifest", ".txt", ".ics"]
        .iter()
        .any(|end| path.ends_with(end))
}

impl FileFacts {
    pub(super) fn of_page(context: &Context, page: &Page, size: u64, is_page: bool) -> Self {
        let mut facts = Self {
            is_page,
            is_html: true,
            address: page.address.to_owned(),
            source: page.source.map(str::to_owned),
            size,
            ..Self::default()
        };
        let mut ids: Vec<Box<str>> = Vec::new();
        for element in page.document.elements() {
            ids.extend(element.value().id().map(Box::from));
            if element.value().name() == "a" {
                ids.extend(element.attr("name").map(Box::from));
            }
        }
        ids.sort();
        ids.dedup();
        facts.ids = ids;
        if is_page {
            extract::of_page(page.document, &mut |of, raw| facts.take(context, of, raw));
        }
        facts
    }

    pub(super) fn of_file(context: &Context, file: &File, size: u64) -> Self {
        let mut facts =
            Self { address: file.address.to_owned(), source: file.source.map(str::to_owned), size, ..Self::default() };
        let Some(text) = file.text else { return facts };
        if file.path.ends_with(".css") {
            extract::of_css(text, &mut |of, raw| facts.take(context, of, raw));
        } else if feed::is_feed(file.route) {
            feed::of_feed(text, &mut |raw| facts.take(context, Use::Relation, raw));
        }
        facts
    }

    fn take(&mut self, context: &Context, of: Use, raw: &str) {
        let target = context.addresses.resolve(&self.address, raw);
        match &target {
            Target::Route { route, fragment } => {
                match of {
                    Use::Link => {
                        self.reaches.insert(*route);
                    }
                    Use::Code => {
                        self.fetches.insert((*route, Fetch::Code));
                    }
                    Use::Image => {
                        self.fetches.insert((*route, Fetch::Image));
                    }
                    Use::LazyImage => {
                        self.fetches.insert((*route, Fetch::Lazy));
                    }
                    _ => {}
                }
                let is_plain = fragment.as_deref().is_none_or(|fragment| fragment.is_empty());
                if is_plain && !super::links::is_redirect(context, *route) {
                    return;
                }
            }
            Target::External(url) => {
                self.external.insert((of, url.as_str().into()));
                return;
            }
            Target::Other => return,
            _ => {}
        }
        self.links.push(Link { of, raw: raw.into(), target });
    }
}
