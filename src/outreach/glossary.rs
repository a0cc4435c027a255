//! The glossary: terms of `data/glossary.toml`, and marking the first place of each in an article.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use regex::Regex;

use tera::Value;

use super::document::Document;
use super::fields::content_path;
use super::html;
use crate::config::raw::options;
use crate::config::toml_input::Input;
use crate::content;
use crate::data::map;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::text;

options! {
    RawGlossary {
        term: Vec<RawTerm> = vec![],
    }
}

options! {
    RawTerm {
        term: String = String::new(),
        text: String = String::new(),
        aliases: Vec<String> = vec![],
        see: Option<String> = None,
    }
}

/// One term and what it means.
#[derive(Clone, Debug)]
pub struct Term {
    pub term: String,
    pub id: String,
    pub text: String,
    pub aliases: Vec<String>,
    /// Content path and address of the page that tells more.
    pub see: Option<(String, String)>,
}

/// All terms, and what finds them.
#[derive(Clone, Debug, Default)]
pub struct Glossary {
    pub terms: Vec<Term>,
    /// Every name of every term, longest first.
    names: Vec<(String, usize)>,
    pattern: Option<Regex>,
}

/// Reads `glossary.toml` of a folder; an empty glossary where there is none.
pub fn load(
    folder: &Path,
    shown: &(dyn Fn(&Path) -> String + Sync),
    documents: &HashMap<&str, Document>,
    told: &mut Vec<Diagnostic>,
) -> Glossary {
    let path = folder.join("glossary.toml");
    if !path.is_file() {
        return Glossary::default();
    }
    let file = shown(&path);
    let source = match content::read_text(&path, &file, told) {
        Ok(source) => source,
        Err(error) => {
            told.push(*error);
            return Glossary::default();
        }
    };
    let input = Input::new(&file, &source);
    let keys = |path: &[String]| match path.len() {
        0 => Some(RawGlossary::KEYS),
        2 => Some(RawTerm::KEYS),
        _ => None,
    };
    let Some(raw) = input.parse::<RawGlossary>(keys, told) else { return Glossary::default() };
    let mut terms: Vec<Term> = Vec::new();
    for (index, raw) in raw.term.into_iter().enumerate() {
        let index = index.to_string();
        let place = |key: &str| input.place(&["term", &index, key]);
        for (key, text) in [("term", &raw.term), ("text", &raw.text)] {
            if text.trim().is_empty() {
                told.push(
                    Diagnostic::error("outreach/glossary", text!("a term has no `{key}`", "有词条缺少 `{key}`"))
                        .at(place(key))
                        .help(text!(
                            "write `term` and `text` of each `[[term]]`",
                            "每个 `[[term]]` 都要写 `term` 和 `text`"
                        )),
                );
            }
        }
        let term = raw.term.trim().to_owned();
        if terms.iter().any(|other| other.term == term) {
            told.push(
                Diagnostic::error(
                    "outreach/glossary",
                    text!("the term `{term}` stands here twice", "词条 `{term}` 写了两次"),
                )
                .at(place("term"))
                .help(text!("remove one of them", "请删去其中一个")),
            );
        }
        let see = raw.see.as_deref().map(content_path).and_then(|path| match documents.get(path) {
            Some(document) => document.permalink.map(|permalink| (path.to_owned(), permalink.to_owned())),
            None => {
                let mut known: Vec<&str> = documents.keys().copied().collect();
                known.sort_unstable();
                let error =
                    Diagnostic::error("outreach/path", text!("there is no `content/{path}`", "没有 `content/{path}`"))
                        .at(place("see"));
                told.push(match did_you_mean(path, known) {
                    Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
                    None => {
                        error.help(text!("write the path of a page below `content/`", "请写 `content/` 里页面的路径"))
                    }
                });
                None
            }
        });
        terms.push(Term { id: id_of(&term), term, text: raw.text.trim().to_owned(), aliases: raw.aliases, see });
    }
    Glossary::new(terms)
}

/// What a term is called in an address.
fn id_of(term: &str) -> String {
    let words = term.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

impl Glossary {
    fn new(terms: Vec<Term>) -> Self {
        let mut names: Vec<(String, usize)> = terms
            .iter()
            .enumerate()
            .flat_map(|(id, term)| term.aliases.iter().chain([&term.term]).map(move |name| (html::escape(name), id)))
            .filter(|(name, _)| !name.trim().is_empty())
            .collect();
        names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        let all = names.iter().map(|(name, _)| regex::escape(name)).collect::<Vec<_>>().join("|");
        let pattern = (!names.is_empty()).then(|| Regex::new(&all).ok()).flatten();
        Self { terms, names, pattern }
    }

    /// Forgets the pages that are not in the site now.
    pub fn forget(&mut self, is_unpublished: impl Fn(&str) -> bool) {
        for term in &mut self.terms {
            term.see = term.see.take().filter(|(path, _)| !is_unpublished(path));
        }
    }

    /// `glossary()`.
    pub fn value(&self) -> Value {
        let value = |term: &Term| {
            Value::from(map! {
                "term": term.term.as_str(),
                "id": term.id.as_str(),
                "text": term.text.as_str(),
                "aliases": term.aliases.clone(),
                "see": term.see.as_ref().map(|(_, permalink)| permalink.as_str()),
            })
        };
        self.terms.iter().map(value).collect::<Vec<_>>().into()
    }

    /// Marks the first place of each term in rendered HTML by a link to `url`; not in links, headings or code.
    pub fn mark(&self, html: &str, url: &str) -> String {
        let Some(pattern) = &self.pattern else { return html.to_owned() };
        const SKIP: [&str; 13] =
            ["a", "code", "pre", "script", "style", "svg", "button", "h1", "h2", "h3", "h4", "h5", "h6"];
        let mut marked = vec![false; self.terms.len()];
        html::map_text(html, &SKIP, |text, out| {
            let mut from = 0;
            for found in pattern.find_iter(text) {
                let Some((_, id)) = self.names.iter().find(|(name, _)| name == found.as_str()) else { continue };
                if marked[*id] || !is_whole(text, found.range()) {
                    continue;
                }
                marked[*id] = true;
                let term = &self.terms[*id];
                let (href, id, explained) = (html::escape(url), &term.id, html::escape(&term.text));
                out.push_str(text.get(from..found.start()).unwrap_or_default());
                let word = found.as_str();
                *out += &format!("<a class=\"term\" href=\"{href}#{id}\" data-term=\"{explained}\">{word}</a>");
                from = found.end();
            }
            out.push_str(text.get(from..).unwrap_or_default());
        })
    }
}

/// Whether a Latin word is not a part of a longer one.
fn is_whole(text: &str, range: std::ops::Range<usize>) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let inside = text.get(range.clone()).unwrap_or_default();
    let before = text.get(..range.start).and_then(|t| t.chars().next_back());
    let after = text.get(range.end..).and_then(|t| t.chars().next());
    !(inside.starts_with(is_word) && before.is_some_and(is_word)
        || inside.ends_with(is_word) && after.is_some_and(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_of_each_term_is_marked_and_the_longest_name_wins() {
        let term = |name: &str, aliases: &[&str]| Term {
            term: name.to_owned(),
            id: id_of(name),
            text: "\"x\"".to_owned(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            see: None,
        };
        let glossary = Glossary::new(vec![term("布病", &["布鲁氏菌病"]), term("pH", &[])]);
        let html = glossary.mark("<h2>布病</h2><p>布鲁氏菌病就是布病。graph, pH 7</p>", "/g/");
        assert_eq!(
            html,
            "<h2>布病</h2><p><a class=\"term\" href=\"/g/#布病\" data-term=\"&quot;x&quot;\">布鲁氏菌病</a>就是布病。\
             graph, <a class=\"term\" href=\"/g/#ph\" data-term=\"&quot;x&quot;\">pH</a> 7</p>"
        );
    }
}
