//! Pages that builds leave to each other, by the state of their files: what has not changed is neither read nor parsed.

use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use indexmap::IndexMap;

use super::file_text::{FileText, Torn};
use super::front_matter::PageMeta;
use super::walk::{Entry, Tree};
use super::{Date, FileInfo, Page, Signs};
use crate::cache::{Digest, Digester, Reader, Stamp, Store, Writer, nanoseconds};
use crate::config::Config;
use crate::diagnostic::Diagnostic;

/// The pages of earlier runs.
pub struct Stored {
    store: Arc<Store>,
    /// Of everything that decides what a file becomes, but for the file.
    shared: Digest,
    /// Whether new pages are kept.
    adds: bool,
    /// When this run began to look at files.
    time: i64,
    torn: Torn,
}

impl Stored {
    /// `shared` tells kepu and its configuration, but for what [`Config::permalink`] adds to a path.
    pub fn new(store: Arc<Store>, shared: Digest, adds: bool) -> Self {
        Self { store, shared, adds, time: nanoseconds(SystemTime::now()), torn: Torn::default() }
    }

    /// Told when a file turns out to have changed after its page was taken from here.
    pub fn torn(&self) -> Torn {
        self.torn.clone()
    }

    /// [`Page::read`], unless the file is as it was when its page was kept. `stamp` is that of the file before it is read.
    pub(super) fn read(
        &self,
        entry: &Entry,
        stamp: Option<&Stamp>,
        tree: &Tree,
        config: &Config,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Page> {
        let key = stamp.map(|stamp| self.key(&entry.source, &entry.relative, stamp));
        let known = key.and_then(|key| self.store.get(key)).zip(stamp).and_then(|(bytes, stamp)| {
            let text = FileText::later(entry.source.clone(), *stamp, self.torn.clone());
            let file = FileInfo::page(&entry.relative, entry.source.clone());
            read(&bytes, file, text, config)
        });
        if let Some(page) = known {
            return Some(Page { assets: page.assets_in(tree), ..page });
        }
        let before = diagnostics.len();
        let page = Page::read(entry, tree, config, diagnostics)?;
        let mut writer = Writer::default();
        if !self.adds || write(&page, &mut writer).is_none() {
            return Some(page);
        }
        // What changed in the moment of the look may change once more without looking different.
        let is_settled = stamp.is_some_and(|stamp| !stamp.is_fresh_at(self.time));
        if let Some(key) = key.filter(|_| is_settled && diagnostics.len() == before) {
            self.store.put(key, &writer.0);
        }
        Some(Page { digest: Some(Digest::of(&writer.0)), ..page })
    }

    fn key(&self, source: &Path, relative: &str, stamp: &Stamp) -> Digest {
        let mut digester = Digester::new();
        digester.digest(self.shared).bytes(source.as_os_str().as_encoded_bytes()).text(relative);
        digester.stamp(stamp).finish()
    }
}

/// None where the page holds a value that cannot be written down.
fn write(page: &Page, to: &mut Writer) -> Option<()> {
    let Page { file: _, meta, text: _, body, lang: _, slug, path, components: _, permalink: _, .. } = page;
    let PageMeta { title, description, date, updated, weight, draft, slug: typed_slug, path: typed_path, .. } = meta;
    for text in [title, description, typed_slug, typed_path, &meta.template] {
        to.option(text.as_deref());
    }
    for date in [date, updated] {
        to.bool(date.is_some());
        if let Some(date) = date {
            to.text(&date.text);
        }
    }
    to.bool(weight.is_some());
    to.number(weight.unwrap_or_default() as u64);
    for flag in [*draft, meta.render, meta.in_search_index, page.signs.braces, page.signs.links] {
        to.bool(flag);
    }
    texts(&meta.aliases, to);
    texts(&meta.authors, to);
    to.number(meta.taxonomies.len() as u64);
    for (name, terms) in &meta.taxonomies {
        to.text(name);
        texts(terms, to);
    }
    to.value(&meta.extra)?;
    for text in [slug, path] {
        to.text(text);
    }
    for number in [body.start, body.end, page.word_count, page.reading_time] {
        to.number(number as u64);
    }
    to.digest(page.markdown_digest());
    // A date is kept as its text; one that its text does not give again is not kept.
    let again = |date: &Option<Date>| date.as_ref().is_none_or(|date| Date::parse(&date.text).as_ref() == Some(date));
    (again(date) && again(updated)).then_some(())
}

fn read(bytes: &[u8], mut file: FileInfo, text: FileText, config: &Config) -> Option<Page> {
    let from = &mut Reader(bytes);
    let lang = file.take_language(config).ok()?;
    let [title, description, typed_slug, typed_path, template] =
        [(); 5].map(|()| Some(from.option()?.map(str::to_owned)));
    let mut date = || Some(if from.bool()? { Some(Date::parse(from.text()?)?) } else { None });
    let (date, updated) = (date()?, date()?);
    let (has_weight, weight) = (from.bool()?, from.size()?);
    let (draft, render, in_search_index) = (from.bool()?, from.bool()?, from.bool()?);
    let signs = Signs { braces: from.bool()?, links: from.bool()? };
    let (aliases, authors) = (read_texts(from)?, read_texts(from)?);
    let mut taxonomies = IndexMap::new();
    for _ in 0..from.count()? {
        taxonomies.insert(from.text()?.to_owned(), read_texts(from)?);
    }
    let extra = from.value()?;
    let [slug, path] = [(); 2].map(|()| from.text().map(str::to_owned));
    let body = from.size()?..from.size()?;
    let (word_count, reading_time) = (from.size()?, from.size()?);
    let digest = from.digest()?;
    let path = path?;
    let page = Page {
        components: super::page::components(&path),
        file,
        meta: PageMeta {
            title: title?,
            description: description?,
            date,
            updated,
            weight: has_weight.then_some(weight),
            draft,
            slug: typed_slug?,
            path: typed_path?,
            render,
            aliases,
            authors,
            in_search_index,
            template: template?,
            taxonomies,
            extra,
        },
        text,
        body,
        lang,
        slug: slug?,
        permalink: config.permalink(&path),
        path,
        word_count,
        reading_time,
        signs,
        assets: Vec::new(),
        markdown_digest: digest.into(),
        digest: Some(Digest::of(bytes)),
    };
    from.0.is_empty().then_some(page)
}

fn texts(texts: &[String], to: &mut Writer) {
    to.number(texts.len() as u64);
    texts.iter().for_each(|text| to.text(text));
}

fn read_texts(from: &mut Reader) -> Option<Vec<String>> {
    (0..from.count()?).map(|_| from.text().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::for_test;
    use crate::content::load_after;

    /// Loads a site with what the store knows, and saves what is new: everything about its pages, by path.
    fn load(root: &Path, config: &Config, shared: &str) -> (BTreeMap<String, String>, Vec<String>) {
        let store = Arc::new(Store::open(&root.join("store")));
        let stored = Stored::new(store.clone(), Digest::of(shared.as_bytes()), true);
        let (content, _) = load_after(root, config, true, None, Some(&stored), &mut Vec::new());
        store.save(1 << 20).unwrap();
        let read = content.pages.iter().filter(|page| page.text.was_read());
        let read = read.map(|page| page.file.relative.clone()).collect();
        let shown = |page: &Arc<Page>| {
            let text = page.text.to_string();
            let page = Page { text: FileText::default(), ..Page::clone(page) };
            (page.file.relative.clone(), format!("{page:?} {text}"))
        };
        (content.pages.iter().map(shown).collect(), read)
    }

    #[test]
    fn a_page_is_read_once_and_then_known_whole() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("content/with")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.join("content").join(name), text).unwrap();
        write("plain.md", "+++\n+++\ntext [a](@/plain.md)\n");
        write(
            "full.md",
            "+++\ntitle = \"T\"\ndescription = \"D\"\ndate = 2026-03-01T09:00:00+08:00\nupdated = \"2026-03-02\"\nweight = 0\n\
             draft = true\nslug = \"s\"\naliases = [\"old\"]\nauthors = [\"a\", \"b\"]\ntemplate = \"t.html\"\nrender = false\n\
             in_search_index = false\n[taxonomies]\nb = [\"y\", \"x\"]\na = []\n[extra]\nn = -1\nf = 1.5\nl = [{ a = 1 }]\n\
             d = 2026-03-01\n+++\n科普 {{ x }}\n",
        );
        write("2026-03-01-dated.fr.md", "+++\npath = \"/elsewhere/\"\n+++\n");
        write("with/index.md", "---\ntitle: yaml\ndate: 2026-3-1 09:00:00 +8\n---\n");
        write("with/photo.png", "x");
        let config = for_test("taxonomies = [{ name = \"a\" }, { name = \"b\" }]\n[languages.fr]\ntitle = \"F\"\n");
        std::thread::sleep(std::time::Duration::from_millis(50));
        let (first, read) = load(&root, &config, "one");
        assert_eq!((first.len(), read.len()), (4, 4));
        let (again, read) = load(&root, &config, "one");
        assert_eq!(read, Vec::<String>::new());
        assert_eq!(again, first);
        assert_eq!(load(&root, &config, "another configuration").1.len(), 4);
        write("plain.md", "+++\n+++\ntext [b](@/plain.md)\n");
        let (changed, read) = load(&root, &config, "one");
        assert!(changed["plain.md"].contains("[b]") && changed["full.md"] == first["full.md"]);
        assert_eq!(read, ["plain.md"]);
        write("broken.md", "+++\ntitle = 1\n+++\n");
        assert_eq!(load(&root, &config, "one").0.len(), 4);
    }
}
