//! The files of `content/` in, documents out: pages and sections with checked front matter and their addresses.
//!
//! All files are read, in parallel, and all that is wrong with them is reported. How documents relate to each other,
//! and what their Markdown means, is not this room's business; nor is the output folder.

mod address;
mod asset;
mod date;
mod encoding;
mod file_info;
mod file_text;
mod front_matter;
mod memory;
mod page;
mod section;
mod signs;
mod stored;
mod walk;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use tera::Value;

use crate::config::Config;
use crate::data::Data;
use crate::diagnostic::{Diagnostic, Place, Result, did_you_mean};
use crate::text;
use walk::{Entry, Tree};

pub use address::{escape, refusal};
pub use asset::Asset;
pub use date::Date;
pub use encoding::{decode, read_text};
pub use file_info::FileInfo;
pub use file_text::{FileText, Torn};
pub use front_matter::{PageMeta, SectionMeta, SortBy};
pub use memory::{Changes, Memory};
pub use page::Page;
pub use section::{Section, index_filename};
pub use signs::Signs;
pub use stored::Stored;

/// Everything that `content/` holds, each list sorted by `file.relative`.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub pages: Vec<Arc<Page>>,
    /// Every language has an index section, if need be one without a file.
    pub sections: Vec<Arc<Section>>,
}

/// Reads the content of the site at `root`. What has an error is left out of the result and told in `diagnostics`.
pub fn load(root: &Path, config: &Config, include_drafts: bool, diagnostics: &mut Vec<Diagnostic>) -> Content {
    load_after(root, config, include_drafts, None, None, diagnostics).0
}

/// [`load`], with documents of an earlier load by the same configuration in place of what did not change since, and
/// pages of an earlier run.
pub fn load_after(
    root: &Path,
    config: &Config,
    include_drafts: bool,
    before: Option<(&Memory, &Changes)>,
    stored: Option<&Stored>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Content, Memory) {
    let shows = |page: &Page| include_drafts || !page.meta.draft;
    if let Some((before, changes)) = before
        && let Some((memory, again)) = Memory::patched(before, changes, root, config, shows)
    {
        diagnostics.extend(memory.others_told.iter().cloned());
        diagnostics.extend(memory.pages.iter().flat_map(|read| &read.told).cloned());
        let beside = |page: &Page| {
            let is_it =
                |section: &&Arc<Section>| (section.file.folder(), &section.path) == (page.file.folder(), &page.path);
            memory.content.sections.iter().find(is_it)
        };
        again.iter().for_each(|page| check_page(page, beside, config, diagnostics));
        return (memory.content.clone(), memory);
    }
    let mut memory = Memory::walk(root, config, before);
    let tree = memory.tree.clone();
    memory.others_told.clone_from(&memory.tree_told);
    let entries = section_entries(&tree, config, &mut memory.others_told);
    let known = before.map(|(before, changes)| (before.sections.as_slice(), before, changes));
    let sections = memory::read_all(&entries, &tree, known, |entry, _, diagnostics| {
        Section::read(entry, &tree, config, diagnostics)
    });

    // A draft section takes its folder along, in all languages and with all that is below.
    let hidden: HashSet<String> = sections
        .iter()
        .filter_map(|read| read.document.as_ref())
        .filter(|section| !include_drafts && section.meta.draft)
        .map(|section| section.file.folder().to_owned())
        .collect();
    let is_hidden = |folder: &str| {
        let above =
            std::iter::successors(Some(folder), |f| (!f.is_empty()).then(|| f.rsplit_once('/').map_or("", |(a, _)| a)));
        !hidden.is_empty() && above.into_iter().any(|folder| hidden.contains(folder))
    };
    let mut content = Content::default();
    for (entry, read) in entries.iter().zip(&sections) {
        let folder = entry.relative.rsplit_once('/').map(|(folder, _)| folder);
        let above = folder.map(|folder| folder.rsplit_once('/').map_or("", |(above, _)| above));
        if above.is_some_and(is_hidden) {
            continue;
        }
        memory.others_told.extend(read.told.iter().cloned());
        content.sections.extend(read.document.clone().filter(|section| include_drafts || !section.meta.draft));
    }
    diagnostics.extend(memory.others_told.iter().cloned());

    let entries = page_entries(&tree, is_hidden);
    memory.sections = Arc::new(memory::sorted(sections));
    let known = before.map(|(before, changes)| (before.pages.as_slice(), before, changes));
    let pages = memory::read_all(&entries, &tree, known, |entry, stamp, diagnostics| match stored {
        Some(stored) => stored.read(entry, stamp, &tree, config, diagnostics),
        None => Page::read(entry, &tree, config, diagnostics),
    });
    for read in &pages {
        diagnostics.extend(read.told.iter().cloned());
        content.pages.extend(read.document.clone().filter(|page| shows(page)));
    }
    memory.pages = memory::sorted(pages);

    for lang in config.languages.keys() {
        let relative = index_filename(lang, config);
        if !content.sections.iter().any(|section| section.file.relative == relative) {
            content.sections.push(memory.default_index(before, lang, config));
        }
    }
    content.sections.sort_by(|a, b| a.file.relative.cmp(&b.file.relative));
    content.pages.sort_by(|a, b| a.file.relative.cmp(&b.file.relative));
    content.check(config, diagnostics);
    memory.content = content.clone();
    (content, memory)
}

/// A page from its path below `content/`, which ends with `.md`, and its whole text; it has no assets.
pub fn parse_page(relative: &str, text: String, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Option<Page> {
    Page::parse(FileInfo::page(relative, PathBuf::new()), text, config, diagnostics)
}

/// Where the front matter of a file is, without its marks. Errors: it has none, or no end.
pub fn front_matter_range(file: &str, text: &str) -> Result<Range<usize>> {
    Ok(front_matter::split(file, text)?.range())
}

/// A section from its path below `content/`, which ends with `.md`, and its whole text; it has no assets.
pub fn parse_section(relative: &str, text: String, config: &Config, told: &mut Vec<Diagnostic>) -> Option<Section> {
    Section::parse(FileInfo::section(relative, PathBuf::new()), text, config, told)
}

/// The files that are sections.
fn section_entries<'a>(tree: &'a Tree, config: &Config, diagnostics: &mut Vec<Diagnostic>) -> Vec<&'a Entry> {
    let names: BTreeSet<String> = config.languages.keys().map(|lang| index_filename(lang, config)).collect();
    let mut entries = Vec::new();
    for folder in tree.folders().filter(|folder| !folder.ignored) {
        for entry in folder.files.iter().filter(|entry| entry.filename().starts_with("_index.")) {
            if names.contains(entry.filename()) {
                entries.push(entry);
            } else if entry.filename().ends_with(".md") && !entry.ignored {
                diagnostics.push(stray_index(entry, &names, config));
            }
        }
    }
    entries
}

/// The files that are pages.
fn page_entries(tree: &Tree, is_hidden: impl Fn(&str) -> bool) -> Vec<&Entry> {
    let is_page = |entry: &&Entry| {
        let name = entry.filename();
        !entry.ignored && name.ends_with(".md") && !name.starts_with('.') && !name.starts_with("_index.")
    };
    tree.folders()
        .filter(|folder| !is_hidden(&folder.relative))
        .flat_map(|folder| folder.files.iter().filter(is_page))
        .collect()
}

impl Content {
    /// What only the documents together can show.
    fn check(&self, config: &Config, diagnostics: &mut Vec<Diagnostic>) {
        let paths: HashMap<(&str, &str), &Arc<Section>> =
            self.sections.iter().map(|section| ((section.file.folder(), section.path.as_str()), section)).collect();
        let beside = |page: &Page| paths.get(&(page.file.folder(), page.path.as_str())).copied();
        for page in &self.pages {
            check_page(page, beside, config, diagnostics);
        }
        for section in &self.sections {
            if config.build_search_index && section.is_index() && !section.meta.in_search_index {
                diagnostics.push(unsearchable(section));
            }
        }
    }
}

/// `beside` finds the section that has the folder and the address of a page.
fn check_page<'a>(
    page: &Page,
    beside: impl FnOnce(&Page) -> Option<&'a Arc<Section>>,
    config: &Config,
    diagnostics: &mut Vec<Diagnostic>,
) {
    check_taxonomies(page, config, diagnostics);
    if page.file.name == "index"
        && let Some(section) = beside(page)
    {
        diagnostics.push(two_indexes(page, section, config));
    }
}

fn check_taxonomies(page: &Page, config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    let known = config.languages.get(&page.lang).map(|language| language.taxonomies.as_slice()).unwrap_or_default();
    for name in page.meta.taxonomies.keys().filter(|name| !known.iter().any(|taxonomy| taxonomy.name == **name)) {
        let (file, lang) = (&config.file, &page.lang);
        let shown = page.file.shown();
        let place = front_matter::split(&shown, &page.text).map(|front| front.place(&["taxonomies", name]));
        let table = if *lang == config.default_language { String::new() } else { format!(" [languages.{lang}]") };
        let error = Diagnostic::error(
            "content/taxonomy",
            text!("there is no taxonomy `{name}` in {file}{table}", "{file}{table} 里没有分类法 `{name}`"),
        )
        .at(place.unwrap_or_else(|_| Place::file(shown.as_str())));
        diagnostics.push(match did_you_mean(name, known.iter().map(|taxonomy| taxonomy.name.as_str())) {
            Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
            None => error.help(text!(
                "add `{{ name = \"{name}\" }}` to `taxonomies` there, or remove the key here",
                "请在那里的 `taxonomies` 中加上 `{{ name = \"{name}\" }}`，或删去此处的键"
            )),
        });
    }
}

fn two_indexes(page: &Page, section: &Section, config: &Config) -> Diagnostic {
    let (filename, index) = (&page.file.filename, index_filename(&page.lang, config));
    let error = if section.file.source.as_os_str().is_empty() {
        Diagnostic::error(
            "content/index",
            text!("the home page cannot be a page named `{filename}`", "首页不能是名为 `{filename}` 的页面"),
        )
    } else {
        Diagnostic::error(
            "content/index",
            text!(
                "`{filename}` and `{index}` are in the same folder and claim the same address",
                "`{filename}` 和 `{index}` 在同一个文件夹里，地址相同"
            ),
        )
    };
    error.at(Place::file(page.file.shown())).help(text!(
        "rename it to `{index}` if the folder is a section, or give it another name",
        "如果此文件夹是栏目，请改名为 `{index}`；否则请换一个名字"
    ))
}

fn unsearchable(section: &Section) -> Diagnostic {
    let shown = section.file.shown();
    let place = front_matter::split(&shown, &section.text).map(|front| front.place(&["in_search_index"]));
    Diagnostic::error(
        "content/search",
        text!(
            "the site has a search index, and its index section is not in it",
            "网站开启了搜索，首页栏目却不在搜索索引里"
        ),
    )
    .at(place.unwrap_or_else(|_| Place::file(shown.as_str())))
    .help(text!(
        "remove `in_search_index = false`, or set `build_search_index = false` for the site",
        "请删去 `in_search_index = false`，或把网站的 `build_search_index` 设为 false"
    ))
}

fn stray_index(entry: &Entry, names: &BTreeSet<String>, config: &Config) -> Diagnostic {
    let filename = entry.filename();
    let default = format!("_index.{}.md", config.default_language);
    let near =
        if filename == default { Some("_index.md") } else { did_you_mean(filename, names.iter().map(String::as_str)) };
    let warning = Diagnostic::warning(
        "content/index-language",
        text!(
            "`{filename}` is not the section of any language and is not read",
            "`{filename}` 不是任何语言的栏目文件，不会读取"
        ),
    )
    .at(Place::file(format!("content/{}", entry.relative)));
    match near {
        Some(near) => warning.help(text!("rename it to `{near}`", "请改名为 `{near}`")),
        None => {
            let file = &config.file;
            warning.help(text!(
                "add its language to {file}, or remove the file",
                "请在 {file} 里加上它的语言，或删去此文件"
            ))
        }
    }
}

/// The place of a key or list item of a document's front matter, or of the nearest that exists. `file` is how messages
/// name the document, `text` all of it.
pub fn place_of_key(file: &str, text: &str, path: &[&str]) -> Place {
    front_matter::split(file, text).map_or_else(|_| Place::file(file), |front| front.place(path))
}

/// The part of a document after its front matter.
pub fn body_of<'a>(file: &str, text: &'a str) -> Option<&'a str> {
    front_matter::split(file, text).ok().and_then(|front| text.get(front.body))
}

/// A value of the configuration as templates see it.
pub fn toml_value(value: &toml::Value) -> Value {
    Data::deserialize(value.clone()).map_or_else(|_| Value::none(), |data| data.0)
}
