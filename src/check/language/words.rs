//! Words that are wrong wherever they stand: the list that comes with kepu, and the site's own.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use indexmap::IndexMap;
use serde::Deserialize;

use crate::diagnostic::{Diagnostic, Place};
use crate::text;

/// How sure it is that a word is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
    /// Takes away an entry of the list that comes with kepu.
    Off,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Word {
    pub wrong: String,
    /// Empty where there is no word to put in its place.
    pub right: String,
    pub level: Level,
    /// In Chinese; may be empty.
    pub reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    #[serde(default)]
    words: IndexMap<String, RawWord>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWord {
    #[serde(default)]
    right: String,
    #[serde(default = "error")]
    level: Level,
    #[serde(default)]
    reason: String,
    #[serde(default, rename = "except")]
    exceptions: Vec<String>,
}

fn error() -> Level {
    Level::Error
}

/// A list that is ready to search with.
#[derive(Debug)]
pub struct Words {
    words: Vec<Word>,
    /// Wrong words first, right texts that hold them by chance behind them.
    automaton: Option<AhoCorasick>,
}

/// The name of a site's own list, beside its configuration.
pub const FILE: &str = "wordlist.toml";

static OWN: LazyLock<IndexMap<String, RawWord>> = LazyLock::new(|| {
    toml::from_str::<RawList>(include_str!("wordlist.toml")).map(|list| list.words).unwrap_or_default()
});

impl Words {
    /// The list of kepu with that of a site on top. What is wrong with the site's goes to `told`.
    pub fn new(site: Option<(&str, &str)>, told: &mut Vec<Diagnostic>) -> Self {
        let mut raw: IndexMap<&str, &RawWord> = OWN.iter().map(|(wrong, word)| (wrong.as_str(), word)).collect();
        let list = site.and_then(|(file, text)| match toml::from_str::<RawList>(text) {
            Ok(list) => Some(list),
            Err(error) => {
                let why = error.message().to_owned();
                let place = match error.span() {
                    Some(span) => Place::span(file, text, span),
                    None => Place::file(file),
                };
                told.push(
                    Diagnostic::error(
                        "language/wordlist",
                        text!("this word list cannot be read: {why}", "无法读取词表：{why}"),
                    )
                    .at(place)
                    .help(text!(
                        "below `[words]`, write `\"wrong\" = {{ right = \"right\", reason = \"…\" }}`",
                        "请在 `[words]` 下写 `\"错误写法\" = {{ right = \"正确写法\", reason = \"……\" }}`"
                    )),
                );
                None
            }
        });
        for (wrong, word) in list.iter().flat_map(|list| &list.words) {
            raw.insert(wrong, word);
        }
        raw.retain(|wrong, word| word.level != Level::Off && !wrong.is_empty());
        let words: Vec<Word> = raw
            .iter()
            .map(|(wrong, word)| Word {
                wrong: (*wrong).to_owned(),
                right: word.right.clone(),
                level: word.level,
                reason: word.reason.clone(),
            })
            .collect();
        let patterns =
            raw.keys().copied().chain(raw.values().flat_map(|word| word.exceptions.iter().map(String::as_str)));
        // The text that starts first and is longest decides, so that a right text covers the wrong word in it.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns).ok();
        Self { words, automaton }
    }

    /// Every wrong word of a text and where it stands.
    pub fn find<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (&'a Word, Range<usize>)> {
        let matches = self.automaton.as_ref().map(|automaton| automaton.find_iter(text));
        matches.into_iter().flatten().filter_map(|found| {
            let word = self.words.get(found.pattern().as_usize())?;
            Some((word, found.range()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &Words, text: &str) -> Vec<String> {
        words.find(text).map(|(word, _)| word.wrong.clone()).collect()
    }

    #[test]
    fn the_list_can_be_read_and_holds_no_right_word() {
        let list: RawList = toml::from_str(include_str!("wordlist.toml")).expect("wordlist.toml");
        assert!(list.words.len() >= 200);
        let words = Words::new(None, &mut Vec::new());
        for (wrong, word) in &list.words {
            assert_eq!(found(&words, wrong), [wrong.as_str()], "{wrong}");
            assert!(found(&words, &word.right).is_empty(), "{}", word.right);
            for right in &word.exceptions {
                assert!(right.contains(wrong.as_str()), "{right} has no {wrong}");
                assert!(found(&words, right).is_empty(), "{right}");
            }
        }
    }

    #[test]
    fn right_texts_that_hold_a_wrong_word_are_let_through() {
        let words = Words::new(None, &mut Vec::new());
        assert_eq!(found(&words, "请按装好秸杆粉碎机"), ["按装", "秸杆"]);
        assert!(found(&words, "按装置说明操作，聚焦碳达峰，支付主任医师费用，自己经历。").is_empty());
    }

    #[test]
    fn a_site_adds_and_takes_away() {
        let own = "[words]\n\"秸杆\" = { level = \"off\" }\n\"甘其卡\" = { right = \"甘旗卡\", reason = \"地名\" }\n";
        let words = Words::new(Some(("wordlist.toml", own)), &mut Vec::new());
        assert_eq!(found(&words, "甘其卡的秸杆"), ["甘其卡"]);
        let mut told = Vec::new();
        Words::new(Some(("wordlist.toml", "[words]\n\"错\" = 1\n")), &mut told);
        assert_eq!(told.len(), 1);
    }
}
