//! The archetypes of a site and of its theme, and which of them a word on the command line means.
//!
//! Lines of front matter that begin with `#:` are for kepu; in the page that is made they do not stand:
//!
//! ```text
//! #: about = "活动报道：办完活动以后写"      what it is for; else the first comment says so
//! #: about_en = "A report of an activity"
//! #: names = ["活动", "news"]               what it is called, too
//! #: sections = ["news"]                    where its pages go: the first that exists, else the last
//! #: folder = true                          its pages are folders, into which pictures can be put
//! #: data = { stations = "name,address" }   a table that it shows, with its columns; made where there is none
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::config::raw::options;
use crate::config::toml_input::Input;
use crate::content;
use crate::diagnostic::{Diagnostic, Place, Result, Text, did_you_mean};
use crate::site::shown;
use crate::text;

use super::Desk;

/// How lines for kepu begin. To TOML and YAML they are comments.
pub const DIRECTIVE: &str = "#:";

options! {
    Directives {
        about: Option<String> = None,
        about_en: Option<String> = None,
        names: Vec<String> = vec![],
        sections: Vec<String> = vec![],
        folder: bool = false,
        data: IndexMap<String, String> = IndexMap::new(),
    }
}

/// A page with places to fill.
#[derive(Clone, Debug)]
pub struct Archetype {
    /// That of the file, without `.md`.
    pub name: String,
    /// The file, as messages show it.
    pub file: String,
    pub text: String,
    /// One line.
    pub about: Option<Text>,
    /// Other names.
    pub names: Vec<String>,
    /// Where its pages go: below `content/`, without slashes at the ends.
    pub sections: Vec<String>,
    pub folder: bool,
    /// Tables that its pages show: the name and the first row of each.
    pub data: Vec<(String, String)>,
}

/// The archetypes of the site, and those of its theme that it does not replace, by name.
pub fn all(root: &Path, theme: Option<&Path>, told: &mut Vec<Diagnostic>) -> Vec<Archetype> {
    let mut found: BTreeMap<String, Archetype> = BTreeMap::new();
    for folder in [Some(root), theme].into_iter().flatten() {
        for entry in std::fs::read_dir(folder.join("archetypes")).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            let Some(name) = name.strip_suffix(".md").filter(|name| !name.is_empty() && !name.starts_with('.')) else {
                continue;
            };
            if found.contains_key(name) || !path.is_file() {
                continue;
            }
            let file = shown(root, &path);
            let read = content::read_text(&path, &file, told).and_then(|text| read(name, &file, text, told));
            match read {
                Ok(archetype) => drop(found.insert(name.to_owned(), archetype)),
                Err(error) => told.push(*error),
            }
        }
    }
    found.into_values().collect()
}

fn read(name: &str, file: &str, text: String, told: &mut Vec<Diagnostic>) -> Result<Archetype> {
    let front = content::front_matter_range(file, &text)?;
    // The same text with nothing but the lines for kepu, each at its place.
    let mut only = String::new();
    let mut comment = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, inside) = (line.trim_start(), front.contains(&at));
        at += line.len();
        let blank = |line: &str| -> String { line.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect() };
        match start.strip_prefix(DIRECTIVE).filter(|_| inside) {
            Some(rest) => only += &(" ".repeat(line.len() - rest.len()) + rest),
            None => only += &blank(line),
        }
        if inside && comment.is_none() && start.starts_with('#') && !start.starts_with(DIRECTIVE) {
            comment = Some(start.trim_start_matches('#').trim().to_owned()).filter(|comment| !comment.is_empty());
        }
    }
    let directives =
        Input::new(file, &only).parse::<Directives>(|path| path.is_empty().then_some(Directives::KEYS), told);
    let Directives { about, about_en, names, sections, folder, data } = directives.unwrap_or_default();
    let about = about.or_else(|| about_en.clone()).or(comment);
    let about = about.map(|zh| Text { en: about_en.unwrap_or_else(|| zh.clone()), zh });
    let mut clean = Vec::new();
    for section in sections {
        let path = tidy(&section);
        if let Some(why) = content::escape(&path) {
            return Err(Box::new(
                Diagnostic::error("new/archetype", why).at(Input::new(file, &only).place(&["sections"])),
            ));
        }
        clean.push(path);
    }
    for name in data.keys() {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
            let why = text!("`{name}` cannot be the name of a table", "`{name}` 不能作为表格的名字");
            return Err(Box::new(Diagnostic::error("new/archetype", why).at(Input::new(file, &only).place(&["data"]))));
        }
    }
    let (name, file, data) = (name.to_owned(), file.to_owned(), data.into_iter().collect());
    Ok(Archetype { name, file, text, about, names, sections: clean, folder, data })
}

/// A section as authors write it: `content/news/`, `news\\` and `news/_index.md` are `news`.
fn tidy(typed: &str) -> String {
    let path = typed.trim().replace('\\', "/");
    let path = path.trim_start_matches("./").trim_matches('/');
    let path = path.strip_suffix("_index.md").unwrap_or(path).trim_matches('/');
    let path = match path.strip_prefix("content") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    };
    let path = path.trim_matches('/');
    if path == "." { String::new() } else { path.to_owned() }
}

/// The section of `--to`. It must exist: a page in a folder by a mistyped name would be in no list.
pub fn existing_section(root: &Path, typed: &str) -> Result<String> {
    let section = tidy(typed);
    if let Some(why) = content::escape(&section) {
        return Err(Box::new(content::refusal(why, Place::file("--to"))));
    }
    if root.join("content").join(&section).is_dir() {
        return Ok(section);
    }
    let error = Diagnostic::error(
        "new/section",
        text!("there is no folder `content/{section}`", "没有文件夹 `content/{section}`"),
    );
    let known = folders(root);
    Err(Box::new(match did_you_mean(&section, known.iter().map(String::as_str)) {
        Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
        None => error.help(text!(
            "make it first, with a file `_index.md` in it that holds the title of the section",
            "请先建立这个文件夹，并在里面放一个写着栏目名称的 `_index.md`"
        )),
    }))
}

/// The folders below `content/` that are sections.
fn folders(root: &Path) -> Vec<String> {
    let content = root.join("content");
    let entries = walkdir::WalkDir::new(&content).min_depth(2).sort_by_file_name().into_iter().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy();
            name.starts_with("_index.") && name.ends_with(".md")
        })
        .filter_map(|entry| Some(shown(&content, entry.path().parent()?)))
        .collect()
}

/// The archetype that a word means, none for the simplest page, and the section for it. The word is the name of an
/// archetype or a section.
pub fn resolve<'a>(desk: &'a Desk, what: &str) -> Result<(Option<&'a Archetype>, String)> {
    let all = desk.archetypes();
    let same = |name: &str| name.to_lowercase() == what.trim().to_lowercase();
    let named = all.iter().find(|archetype| same(&archetype.name));
    if let Some(archetype) = named.or_else(|| all.iter().find(|archetype| archetype.names.iter().any(|n| same(n)))) {
        return Ok((Some(archetype), desk.section(archetype).to_owned()));
    }
    let section = tidy(what);
    let is_section = content::escape(&section).is_none() && desk.root.join("content").join(&section).is_dir();
    if !is_section {
        return Err(Box::new(unknown(desk, what)));
    }
    let here: Vec<&Archetype> = all.iter().filter(|archetype| archetype.sections.contains(&section)).collect();
    match here.as_slice() {
        [one] => Ok((Some(one), section)),
        [] => Ok((all.iter().find(|archetype| archetype.name == "default"), section)),
        _ => {
            let names = here.iter().map(|a| format!("`{}`", a.name)).collect::<Vec<_>>().join(", ");
            Err(Box::new(
                Diagnostic::error(
                    "new/several",
                    text!(
                        "pages of several kinds go to `content/{section}`: {names}",
                        "`content/{section}` 里有几种页面：{names}"
                    ),
                )
                .help(text!(
                    "say which; `kepu new` tells what they are for",
                    "请写明是哪一种；`kepu new` 会列出各自的用途"
                )),
            ))
        }
    }
}

fn unknown(desk: &Desk, what: &str) -> Diagnostic {
    let all = desk.archetypes();
    let mut known: Vec<String> = folders(&desk.root);
    known.extend(all.iter().flat_map(|a| a.names.iter().chain([&a.name])).cloned());
    let error = Diagnostic::error(
        "new/unknown",
        text!(
            "`{what}` is neither an archetype nor a section of this site",
            "`{what}` 既不是这个网站的页面模板，也不是栏目"
        ),
    );
    match did_you_mean(what, known.iter().map(String::as_str)) {
        Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
        None => error.help(text!("`kepu new` alone lists what there is", "单独运行 `kepu new` 可列出全部")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archetype(text: &str) -> (Option<Archetype>, Vec<Diagnostic>) {
        let mut told = Vec::new();
        let read = read("a", "archetypes/a.md", text.to_owned(), &mut told);
        let read = read.map_err(|error| told.push(*error)).ok();
        (read, told)
    }

    #[test]
    fn lines_for_kepu_say_what_an_archetype_is() {
        let (read, told) = archetype(
            "+++\n#: about = \"一\"\n#: about_en = \"one\"\n#: sections = [\"content/a/b/\"]\n#: folder = true\n# c\n+++\n#: x\n",
        );
        let read = read.expect("an archetype");
        assert_eq!((told.len(), read.folder), (0, true));
        assert_eq!(read.sections, ["a/b"]);
        assert_eq!(read.about, Some(Text { en: "one".to_owned(), zh: "一".to_owned() }));
    }

    #[test]
    fn the_first_comment_explains_where_nothing_else_does() {
        let (read, _) = archetype("---\n#\n# 通知\ntitle: \"{{ title }}\"\n# more\n---\n");
        assert_eq!(read.and_then(|read| read.about).map(|about| about.zh), Some("通知".to_owned()));
    }

    #[test]
    fn mistakes_in_lines_for_kepu_have_their_place() {
        for (line, at) in
            [("#: sections = [\"../a\"]", (3, 4)), ("#: folder = 1", (3, 13)), ("#: fodler = true", (3, 4))]
        {
            let (_, told) = archetype(&format!("+++\n# 一\n{line}\n+++\n"));
            assert_eq!(told.len(), 1, "{line}");
            assert_eq!(told[0].place.as_ref().and_then(Place::line_column), Some(at), "{line}: {told:?}");
        }
    }

    #[test]
    fn sections_are_named_as_people_name_them() {
        for typed in ["news", "/news/", "content/news", "content\\news\\", "./content/news/_index.md", " news "] {
            assert_eq!(tidy(typed), "news", "{typed}");
        }
        for typed in ["", ".", "/", "content", "content/"] {
            assert_eq!(tidy(typed), "", "{typed}");
        }
        assert_eq!(tidy("contents/a"), "contents/a");
    }
}
