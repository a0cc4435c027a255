//! What the path of a content file says by itself: its name, its folder and its language.

use std::path::PathBuf;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Place, Result, did_you_mean};
use crate::text;

/// Where a page or section comes from. Paths are relative to `content/`, with `/` between folders on every system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileInfo {
    /// The file on disk; empty for an index section that has none.
    pub source: PathBuf,
    /// `blog/a.fr.md`.
    pub relative: String,
    /// `blog/a`: without language and extension. The translations of a document share it.
    pub canonical: String,
    /// The folder whose `_index.md` is the section of the file: the folder that it is in, or for a page `x/index.md`
    /// the folder above `x`. For a section it is its own folder. Empty at the top.
    pub parent: String,
    /// `a`: the file's name without extension, and without language unless that is the default one. `_index` for
    /// sections.
    pub name: String,
    /// `a.fr.md`.
    pub filename: String,
    /// The folders of `parent`.
    pub components: Vec<String>,
    /// `blog/x/` for a page `blog/x/index.md`, whose files are beside it.
    pub colocated_path: Option<String>,
}

impl FileInfo {
    /// A page. `relative` ends with `.md`.
    pub fn page(relative: &str, source: PathBuf) -> Self {
        let mut file = Self::section(relative, source);
        // `index.fr` and, in a site with one language, even `index.old`.
        if !file.parent.is_empty() && file.name.split('.').next() == Some("index") {
            file.colocated_path = Some(format!("{}/", file.parent));
            file.components.pop();
            file.parent = file.components.join("/");
        }
        file
    }

    /// A section. `relative` ends with `.md`.
    pub fn section(relative: &str, source: PathBuf) -> Self {
        let (parent, filename) = relative.rsplit_once('/').unwrap_or(("", relative));
        Self {
            source,
            relative: relative.to_owned(),
            canonical: stem(relative).to_owned(),
            parent: parent.to_owned(),
            name: stem(filename).to_owned(),
            filename: filename.to_owned(),
            components: parent.split('/').filter(|folder| !folder.is_empty()).map(str::to_owned).collect(),
            colocated_path: None,
        }
    }

    /// The folder that the file is in; for `x/index.md` this is `x`.
    pub fn folder(&self) -> &str {
        self.relative.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The file's name in messages, relative to the site's root.
    pub fn shown(&self) -> String {
        format!("content/{}", self.relative)
    }

    /// Takes the language off the name, as in `a.fr.md`. Without other languages a dot in a name means nothing; the
    /// code of the default language is allowed and stays in the name.
    pub fn take_language(&mut self, config: &Config) -> Result<String> {
        let default = || config.default_language.clone();
        let Some((name, code)) = self.name.split_once('.').filter(|_| config.is_multilingual()) else {
            return Ok(default());
        };
        if code == config.default_language {
            return Ok(default());
        }
        if !config.languages.contains_key(code) {
            return Err(Box::new(self.unknown_language(name, code, config)));
        }
        let code = code.to_owned();
        self.name = name.to_owned();
        self.canonical = match self.folder() {
            "" => self.name.clone(),
            folder => format!("{folder}/{}", self.name),
        };
        Ok(code)
    }

    fn unknown_language(&self, name: &str, code: &str, config: &Config) -> Diagnostic {
        let known = config.languages.keys().map(String::as_str);
        let (filename, file) = (&self.filename, &config.file);
        let error = Diagnostic::error(
            "content/language",
            text!(
                "`{code}` in the name `{filename}` is not a language of this site",
                "文件名 `{filename}` 里的 `{code}` 不是本网站的语言"
            ),
        )
        .at(Place::file(self.shown()));
        match did_you_mean(code, known) {
            Some(near) => error.help(text!(
                "did you mean `{name}.{near}.md`? Otherwise add [languages.{code}] to {file}",
                "您是不是要写 `{name}.{near}.md`？否则请在 {file} 里加上 [languages.{code}]"
            )),
            None => error.help(text!(
                "add [languages.{code}] to {file}, or rename the file: what follows a dot in a name is its language",
                "请在 {file} 里加上 [languages.{code}]，或改文件名：在多语言网站里，文件名中点号之后是语言代码"
            )),
        }
    }
}

/// The name without `.md`.
fn stem(name: &str) -> &str {
    name.strip_suffix(".md").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::for_test;

    fn page(relative: &str) -> FileInfo {
        FileInfo::page(relative, PathBuf::new())
    }

    #[test]
    fn a_page_belongs_to_the_folder_that_it_is_in() {
        let file = page("posts/tutorials/python.md");
        assert_eq!((file.parent.as_str(), file.name.as_str()), ("posts/tutorials", "python"));
        assert_eq!(file.components, ["posts", "tutorials"]);
        assert_eq!((file.canonical.as_str(), file.colocated_path), ("posts/tutorials/python", None));
    }

    #[test]
    fn a_page_with_files_beside_it_belongs_to_the_folder_above() {
        let file = page("posts/python/index.md");
        assert_eq!((file.parent.as_str(), file.folder()), ("posts", "posts/python"));
        assert_eq!(file.components, ["posts"]);
        assert_eq!(
            (file.canonical.as_str(), file.colocated_path.as_deref()),
            ("posts/python/index", Some("posts/python/"))
        );
    }

    #[test]
    fn an_index_page_at_the_top_has_no_folder() {
        let file = page("index.md");
        assert_eq!((file.parent.as_str(), file.colocated_path), ("", None));
    }

    #[test]
    fn the_language_is_taken_off_the_name() {
        let config = for_test("[languages.fr]");
        for (relative, language, name, canonical) in [
            ("a/python.fr.md", "fr", "python", "a/python"),
            ("a/index.fr.md", "fr", "index", "a/index"),
            ("python.en.md", "en", "python.en", "python.en"),
            ("python.md", "en", "python", "python"),
        ] {
            let mut file = page(relative);
            assert_eq!(file.take_language(&config).as_deref(), Ok(language));
            assert_eq!((file.name.as_str(), file.canonical.as_str()), (name, canonical));
        }
    }

    #[test]
    fn an_unknown_language_is_an_error_only_if_there_are_others() {
        let mut file = page("a/python.fr.md");
        assert_eq!(file.take_language(&for_test("")).as_deref(), Ok("en"));
        assert_eq!(file.name, "python.fr");
        let error = file.take_language(&for_test("[languages.it]\n[languages.fra]")).map_err(|error| error.help);
        assert!(error.is_err_and(|help| help.is_some_and(|help| help.en.contains("python.fra.md"))));
        let mut file = page("v1.2.fr.md");
        assert!(file.take_language(&for_test("[languages.fr]")).is_err());
    }
}
