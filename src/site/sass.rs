//! The style sheets of a site and its theme, compiled or taken from an earlier run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use crate::asset::sass::{self, Stylesheet};
use crate::cache::{BUILD_ID, Digest, Digester, Reader, Store, Writer};
use crate::config::Config;
use crate::content::Changes;
use crate::diagnostic::Diagnostic;

/// Compiled style sheets, with the files that each was made of.
#[derive(Clone, Default)]
pub struct Sass {
    sheets: Vec<Stylesheet>,
    told: Vec<Diagnostic>,
}

impl Sass {
    /// The theme's Sass is compiled whenever it exists, the site's when the configuration says so. `store` holds what
    /// earlier runs compiled.
    pub fn compile(root: &Path, config: &Config, theme: Option<&Path>, store: Option<&Store>) -> Self {
        let mut sass = Self::default();
        for allowed in theme.into_iter().chain(config.compile_sass.then_some(root)) {
            let (sheets, problems) = compile(allowed, store);
            sass.told.extend(problems);
            for sheet in sheets {
                // The site's own style sheet takes the place of the theme's.
                sass.sheets.retain(|other| other.output != sheet.output);
                sass.sheets.push(sheet);
            }
        }
        sass
    }

    /// Whether it would come out the same after changes: none is of a file that was read, and none of a folder, or of a
    /// file that an import might find.
    pub fn is_left_by(&self, changes: &Changes, root: &Path) -> bool {
        let Changes::Paths(paths) = changes else { return false };
        let has_nothing_to_do = |path: &PathBuf| {
            let elsewhere = ["content", "templates", "static"].iter().any(|folder| path.starts_with(root.join(folder)));
            let extension = path.extension().and_then(|extension| extension.to_str());
            elsewhere
                && extension.is_some_and(|extension| !["scss", "sass", "css"].contains(&extension))
                && !path.is_dir()
                && !self.sheets.iter().any(|sheet| sheet.reads.iter().any(|read| read.starts_with(path)))
        };
        self.told.is_empty() && paths.iter().all(has_nothing_to_do)
    }

    /// All files that were read.
    pub fn reads(&self) -> Vec<PathBuf> {
        self.sheets.iter().flat_map(|sheet| sheet.reads.iter().cloned()).collect()
    }

    pub fn told(&self) -> &[Diagnostic] {
        &self.told
    }

    /// Output path, text, and the file that each comes from.
    pub fn sheets(&self) -> Vec<(String, Arc<str>, String)> {
        let parts = |sheet: &Stylesheet| (sheet.output.clone(), Arc::from(sheet.css.as_str()), sheet.source.clone());
        self.sheets.iter().map(parts).collect()
    }
}

/// [`sass::compile`] of a site or theme. Kept is what nothing was said about, and what was made of nothing but the folder of
/// style sheets: an import that leads out of it may find another file some day.
fn compile(root: &Path, store: Option<&Store>) -> (Vec<Stylesheet>, Vec<Diagnostic>) {
    let folder = root.join("sass");
    let Some((store, key)) = store.and_then(|store| Some((store, key(root, &folder)?))) else {
        return sass::compile(&folder, root);
    };
    if let Some(sheets) = store.get(key).and_then(|bytes| read(&mut Reader(&bytes))) {
        return (sheets, Vec::new());
    }
    let (sheets, told) = sass::compile(&folder, root);
    let is_inside = |read: &PathBuf| folder.canonicalize().is_ok_and(|folder| read.starts_with(folder));
    if told.is_empty() && sheets.iter().flat_map(|sheet| &sheet.reads).all(is_inside) {
        let mut writer = Writer::default();
        if write(&sheets, &mut writer).is_some() {
            store.put(key, &writer.0);
        }
    }
    (sheets, told)
}

/// A digest of all files in a folder of style sheets. None where there is no such folder, or something cannot be read.
fn key(root: &Path, folder: &Path) -> Option<Digest> {
    let mut key = Digester::new();
    key.text(BUILD_ID).bytes(root.as_os_str().as_encoded_bytes());
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        let entry = entry.ok()?;
        key.bytes(entry.path().as_os_str().as_encoded_bytes());
        if !entry.file_type().is_dir() {
            key.digest(Digest::of(&std::fs::read(entry.path()).ok()?));
        }
    }
    Some(key.finish())
}

fn write(sheets: &[Stylesheet], to: &mut Writer) -> Option<()> {
    to.number(sheets.len() as u64);
    for Stylesheet { output, css, source, reads } in sheets {
        [output, css, source].into_iter().for_each(|text| to.text(text));
        to.number(reads.len() as u64);
        for read in reads {
            to.text(read.to_str()?);
        }
    }
    Some(())
}

fn read(from: &mut Reader) -> Option<Vec<Stylesheet>> {
    (0..from.count()?)
        .map(|_| {
            let [output, css, source] = [(); 3].map(|()| from.text().map(str::to_owned));
            let reads: Option<Vec<PathBuf>> = (0..from.count()?).map(|_| from.text().map(PathBuf::from)).collect();
            Some(Stylesheet { output: output?, css: css?, source: source?, reads: reads? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_are_compiled_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            std::fs::write(root.join(name), text).unwrap();
        };
        write("sass/a.scss", "@use \"part\"; a { color: part.$c }");
        write("sass/_part.scss", "$c: red;");
        let css = |is_known: bool| {
            let store = Store::open(&root.join("store"));
            let key = key(&root, &root.join("sass")).unwrap();
            assert_eq!(store.get(key).is_some(), is_known);
            let (sheets, told) = compile(&root, Some(&store));
            assert_eq!((sheets.clone(), told.len()), (sass::compile(&root.join("sass"), &root).0, 0));
            store.save(1 << 20).unwrap();
            sheets[0].css.clone()
        };
        assert_eq!([css(false), css(true)], ["a{color:red}", "a{color:red}"]);
        write("sass/_part.scss", "$c: blue;");
        assert_eq!([css(false), css(true)], ["a{color:blue}", "a{color:blue}"]);
        // Made of what is elsewhere, where something else may come to be found.
        write("other/b.scss", "b { color: red }");
        write("sass/a.scss", "@use \"../other/b\";");
        assert_eq!([css(false), css(false)], ["b{color:red}", "b{color:red}"]);
        // With something to say each time.
        write("sass/a.scss", "@warn \"x\"; a { b: c }");
        let store = Store::open(&root.join("store"));
        assert_eq!([0, 1].map(|_| compile(&root, Some(&store)).1.len()), [1, 1]);
    }
}
