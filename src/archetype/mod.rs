//! New pages: what to write (the name of an archetype or of a section) and a title come in, a file in `content/` goes
//! out, at an address that no other page has and never in the place of a file.
//!
//! [`find`] knows the archetypes of a site and its theme, [`fill`] puts title and date in their places, [`slug`] makes
//! addresses of titles. What the fields of a page mean is not this room's business.

mod fill;
mod find;
mod slug;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use crate::config::Config;
use crate::content::{self, Content, Page, SortBy};
use crate::diagnostic::{Diagnostic, Place, Result, Text};
use crate::outreach::{BuildTime, Pinyin};
use crate::site::{Request, read_config, shown, theme};
use crate::text;

use fill::{Places, Times};
pub use find::Archetype;

/// The page that somebody wants to write.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The name of an archetype, or a section.
    pub what: &'a str,
    pub title: &'a str,
    /// A section, in place of the archetype's.
    pub to: Option<&'a str>,
    /// The last part of the address, in place of one made of the title.
    pub slug: Option<&'a str>,
    /// Make a folder, into which pictures can be put, whatever the archetype says.
    pub folder: bool,
}

/// A page that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// `content/news/a.md`.
    pub file: String,
    /// `/news/a/`.
    pub address: String,
    /// The name of the archetype that it was made of; none for the simplest page.
    pub archetype: Option<String>,
    /// What the author should know.
    pub notes: Vec<Text>,
}

/// A site to which pages can be added.
pub struct Desk {
    root: std::path::PathBuf,
    config: Config,
    pinyin: Pinyin,
    time: BuildTime,
    archetypes: Vec<Archetype>,
    /// Where tables are.
    data: std::path::PathBuf,
}

/// For sections without an archetype, where the site has none of its own called `default`.
const SIMPLEST: &str = "+++\ntitle = \"{{ title }}\"\ndate = {{ day }}\n+++\n\n";

impl Desk {
    /// Reads the configuration and the archetypes; `told` has an error if that fails.
    pub fn open(request: &Request, told: &mut Vec<Diagnostic>) -> Option<Self> {
        let (config, theme) = read_config(request, told)?;
        let root = request.found.root.clone();
        let archetypes = find::all(&root, theme.as_deref(), told);
        let data = request.found.config.with_file_name("data");
        // What is wrong with readings is told by a build.
        let pinyin = Pinyin::load(&data, &|path| shown(&root, path), &mut Vec::new());
        let failed = told.iter().any(Diagnostic::is_error);
        (!failed).then_some(Self { root, config, pinyin, time: request.now, archetypes, data })
    }

    /// Every archetype, by name.
    pub fn archetypes(&self) -> &[Archetype] {
        &self.archetypes
    }

    /// Where pages of an archetype go: its first section that exists, else its last. Empty for `content/` itself.
    pub fn section<'a>(&self, archetype: &'a Archetype) -> &'a str {
        let exists = |section: &&String| self.root.join("content").join(section).is_dir();
        archetype.sections.iter().find(exists).or(archetype.sections.last()).map_or("", String::as_str)
    }

    /// Makes a page. Errors: nothing is known by that name, the section does not exist, the address is taken, the
    /// archetype does not make a page, the disk refuses.
    pub fn make(&self, wish: Wish) -> Result<Made, Vec<Diagnostic>> {
        let one = |error: Box<Diagnostic>| vec![*error];
        let title = wish.title.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
        let title = title.collect::<Vec<_>>().join(" ");
        if title.is_empty() {
            let example = wish.what;
            return Err(vec![
                Diagnostic::error("new/title", text!("the page needs a title", "新页面需要标题"))
                    .help(text!("write `kepu new {example} \"The title\"`", "请写 `kepu new {example} \"标题\"`")),
            ]);
        }
        let (archetype, home) = find::resolve(self, wish.what).map_err(one)?;
        let section = match wish.to {
            Some(to) => find::existing_section(&self.root, to).map_err(one)?,
            None => home,
        };
        let content = content::load(&self.root, &self.config, true, &mut Vec::new());
        let room = Room::new(&self.root, &section, &content);
        let folder = wish.folder || archetype.is_some_and(|archetype| archetype.folder);
        let times = Times::new(self.time, self.config.outreach.is_some());
        let (file, text) = match archetype {
            Some(archetype) => (archetype.file.as_str(), archetype.text.as_str()),
            None => ("archetypes/default.md", SIMPLEST),
        };
        for slug in slug::candidates(wish.slug, &title, &self.pinyin, &times.digits()).map_err(one)? {
            let free = !room.has_name(&slug);
            let relative = relative(&section, &slug, folder);
            let places = Places { title: &title, slug: &slug, times: &times };
            let mut filled = fill::fill(file, text, &places)?;
            let page = fill::check(file, &relative, &filled, &self.config)?;
            if let Some((key, value)) = room.lacks(&page, &times) {
                filled = fill::with_key(&filled, key, &value);
            }
            let free = free && !room.has_address(&page.path);
            match free.then(|| self.write(&section, &slug, folder, &fill::without_directives(&filled))).transpose() {
                Ok(Some(true)) => {
                    let mut notes = Vec::new();
                    if !section.is_empty() && !room.has_index {
                        notes.push(text!(
                            "`content/{section}/` has no `_index.md` yet, so no list shows the page.",
                            "`content/{section}/` 还没有 `_index.md`，所以列表里看不到这一页。"
                        ));
                    }
                    for (name, columns) in archetype.into_iter().flat_map(|archetype| &archetype.data) {
                        notes.extend(self.table(name, columns).map_err(one)?);
                    }
                    let archetype = archetype.map(|archetype| archetype.name.clone());
                    return Ok(Made { file: format!("content/{relative}"), address: page.path, archetype, notes });
                }
                Ok(_) if wish.slug.is_some() => return Err(vec![taken(&page.path, &room.owner(&page.path, &slug))]),
                Ok(_) => {}
                Err(error) => return Err(one(error)),
            }
        }
        let shown = format!("content/{section}");
        Err(vec![Diagnostic::error("new/taken", text!("no free name in `{shown}`", "`{shown}` 里没有空闲的名字"))])
    }

    /// Makes a table that a page shows, without rows, where there is none. Returns what to say about it.
    fn table(&self, name: &str, columns: &str) -> Result<Option<Text>> {
        let path = self.data.join(format!("{name}.csv"));
        theme::stays_inside(&self.root, &path)?;
        let file = shown(&self.root, &path);
        let made = std::fs::create_dir_all(&self.data).and_then(|()| std::fs::File::create_new(&path));
        // With a byte order mark, which spreadsheet programs need to see that it is UTF-8.
        match made.and_then(|mut table| writeln!(table, "\u{feff}{columns}")) {
            Ok(()) => {
                Ok(Some(text!("Its table is `{file}`: one row for each entry.", "它的表格是 `{file}`，一行写一条。")))
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(Box::new(Diagnostic::io(file, &error))),
        }
    }

    /// Writes the file; false if something is there by now.
    fn write(&self, section: &str, slug: &str, folder: bool, text: &str) -> Result<bool> {
        let parent = self.root.join("content").join(section);
        theme::stays_inside(&self.root, &parent)?;
        let io = |path: &Path, error: &std::io::Error| Box::new(Diagnostic::io(shown(&self.root, path), error));
        let exists = |error: &std::io::Error| error.kind() == std::io::ErrorKind::AlreadyExists;
        std::fs::create_dir_all(&parent).map_err(|error| io(&parent, &error))?;
        let path = if folder {
            let own = parent.join(slug);
            match std::fs::create_dir(&own) {
                Ok(()) => own.join("index.md"),
                Err(error) if exists(&error) => return Ok(false),
                Err(error) => return Err(io(&own, &error)),
            }
        } else {
            parent.join(format!("{slug}.md"))
        };
        let mut file = match std::fs::File::create_new(&path) {
            Ok(file) => file,
            Err(error) if exists(&error) => return Ok(false),
            Err(error) => return Err(io(&path, &error)),
        };
        if let Err(error) = file.write_all(text.as_bytes()) {
            // Half a page would be in the way of the next attempt.
            let _ = std::fs::remove_file(&path);
            return Err(io(&path, &error));
        }
        Ok(true)
    }
}

/// The path below `content/`.
fn relative(section: &str, slug: &str, folder: bool) -> String {
    let above = if section.is_empty() { String::new() } else { format!("{section}/") };
    if folder { format!("{above}{slug}/index.md") } else { format!("{above}{slug}.md") }
}

/// What is in the way of new pages of a section.
struct Room<'a> {
    section: &'a str,
    content: &'a Content,
    /// Names of files and folders up to their first dot; some systems tell no case.
    names: BTreeSet<String>,
    has_index: bool,
}

impl<'a> Room<'a> {
    fn new(root: &Path, section: &'a str, content: &'a Content) -> Self {
        let entries = std::fs::read_dir(root.join("content").join(section)).into_iter().flatten().flatten();
        let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().to_lowercase()).collect();
        let has_index = names.iter().any(|name| name.starts_with("_index.") && name.ends_with(".md"));
        let stem = |name: &String| name.split('.').next().unwrap_or_default().to_owned();
        Self { section, content, names: names.iter().map(stem).collect(), has_index }
    }

    /// What the section sorts by and the page has not: without it the page would not be published.
    fn lacks(&self, page: &Page, times: &Times) -> Option<(&'static str, String)> {
        let folder = |file: &content::FileInfo| file.folder() == self.section;
        let section = self.content.sections.iter().find(|section| folder(&section.file))?;
        match section.meta.sort_by {
            SortBy::Date if page.meta.date.is_none() => Some(("date", times.day())),
            SortBy::UpdateDate if page.meta.date.is_none() && page.meta.updated.is_none() => {
                Some(("date", times.day()))
            }
            SortBy::Weight if page.meta.weight.is_none() => {
                let others = self.content.pages.iter().filter(|other| other.file.parent == self.section);
                let last = others.filter_map(|other| other.meta.weight).max().unwrap_or_default();
                // With room for others between.
                Some(("weight", last.saturating_add(10).to_string()))
            }
            _ => None,
        }
    }

    fn has_name(&self, slug: &str) -> bool {
        self.names.contains(&slug.to_lowercase())
    }

    fn has_address(&self, path: &str) -> bool {
        self.document_at(path).is_some()
    }

    /// The file of the page or section that is, or redirects from, an address.
    fn document_at(&self, path: &str) -> Option<&str> {
        let same = |other: &str| other.trim_matches('/').eq_ignore_ascii_case(path.trim_matches('/'));
        let pages = self.content.pages.iter().map(|page| (&page.file, &page.path, &page.meta.aliases));
        let sections =
            self.content.sections.iter().map(|section| (&section.file, &section.path, &section.meta.aliases));
        pages
            .chain(sections)
            .find(|(_, own, aliases)| same(own) || aliases.iter().any(|alias| same(alias)))
            .map(|(file, _, _)| file.relative.as_str())
    }

    /// What stands where a page was to go.
    fn owner(&self, path: &str, slug: &str) -> String {
        let owner = self.document_at(path).map(str::to_owned);
        format!("content/{}", owner.unwrap_or_else(|| relative(self.section, slug, false)))
    }
}

fn taken(address: &str, owner: &str) -> Diagnostic {
    Diagnostic::error(
        "new/taken",
        text!("the address `{address}` is taken by `{owner}`", "网址 `{address}` 已被 `{owner}` 占用"),
    )
    .at(Place::file(owner))
    .help(text!(
        "choose another `--slug`, or leave it out: kepu then finds a free one",
        "请换一个 `--slug`，或不写它，由 kepu 选一个没用过的"
    ))
}
