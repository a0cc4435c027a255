//! Calls of shortcodes in bodies: finding their templates and putting in what these print.

mod expand;
mod report;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Place};
use crate::template::Engine;
use crate::text;

pub use expand::{Body, Expanded, expand};
pub use report::advice_at;

/// The shortcodes that a site and its theme have.
#[derive(Debug, Default)]
pub struct Definitions {
    by_name: BTreeMap<String, Definition>,
}

#[derive(Debug)]
struct Definition {
    /// The name by which the engine renders it.
    template: String,
    /// Whether it prints Markdown, which is put in before the body is parsed; else HTML.
    is_markdown: bool,
}

impl Definitions {
    /// `templates/shortcodes/NAME.html` and `.md`; the site's come before the theme's.
    pub fn find(engine: &Engine, theme: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut found = Self::default();
        let of_theme = theme.map(|theme| format!("{theme}/templates/shortcodes/"));
        for prefix in [Some("shortcodes/".to_owned()), of_theme].into_iter().flatten() {
            let mut own: BTreeMap<&str, Definition> = BTreeMap::new();
            for template in engine.names() {
                let Some(file) = template.strip_prefix(&prefix) else { continue };
                let Some((name, kind)) = file.rsplit_once('.') else { continue };
                let is_markdown = match kind {
                    "html" => false,
                    "md" => true,
                    _ => continue,
                };
                let definition = Definition { template: template.to_owned(), is_markdown };
                match own.get(name) {
                    None => drop(own.insert(name, definition)),
                    Some(other) => {
                        diagnostics.push(two_files(engine, name, &other.template, template));
                        if !is_markdown {
                            own.insert(name, definition);
                        }
                    }
                }
            }
            for (name, definition) in own {
                found.by_name.entry(name.to_owned()).or_insert(definition);
            }
        }
        found
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    fn get(&self, name: &str) -> Option<&Definition> {
        self.by_name.get(name)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

fn two_files(engine: &Engine, name: &str, one: &str, other: &str) -> Diagnostic {
    let [one, other] = [one, other].map(|template| engine.file(template).unwrap_or(template));
    let (html, markdown) = if one.ends_with(".md") { (other, one) } else { (one, other) };
    Diagnostic::warning(
        "shortcode/two-files",
        text!(
            "the shortcode `{name}` has two files; `{html}` is used",
            "短代码 `{name}` 有两个文件，这里使用 `{html}`"
        ),
    )
    .at(Place::file(markdown))
    .help(text!("remove one of them", "请删去其中一个"))
}
