//! How many words a text has and how many minutes it takes to read.

use std::iter::Sum;

use unicode_segmentation::UnicodeSegmentation;

use crate::config::WordRule;

/// Words and minutes of a Markdown text in a language, which counts by its first subtag (`zh-Hans` as `zh`).
///
/// Code between two code fences is left out. In [`WordRule::Mixed`], a Han or kana character is a word in every language,
/// next to the words of the other scripts; in [`WordRule::Zola23`] Chinese and Japanese texts count letters of any script
/// and other texts words. Characters and words a minute are those that Zola gives its sources for.
pub fn count(markdown: &str, language: &str, rule: WordRule) -> (usize, usize) {
    let primary = language.split('-').next().unwrap_or_default();
    let characters_a_minute = if primary.eq_ignore_ascii_case("ja") { 653 } else { 439 };
    let words_a_minute = match primary.to_ascii_lowercase().as_str() {
        "en" => 238,
        "ko" => 202,
        _ => 200,
    };
    // A fence that is never closed hides the rest, as a fence begins or ends at every third backtick.
    let prose = markdown.split("```").step_by(2);
    if rule == WordRule::Zola22 {
        let Counted { characters, words } = prose.map(|text| count_all(text, false)).sum();
        return (characters + words, (characters + words).div_ceil(200));
    }
    if rule == WordRule::Mixed {
        let Counted { characters, words } = prose.map(|text| count_all(text, true)).sum();
        let effort = characters * words_a_minute + words * characters_a_minute;
        return (characters + words, effort.div_ceil(characters_a_minute * words_a_minute));
    }
    // Zola compares tags byte by byte.
    match primary {
        "zh" | "ja" => {
            let letters: usize = prose.map(|text| text.chars().filter(|c| is_letter(*c)).count()).sum();
            (letters, letters.div_ceil(characters_a_minute))
        }
        _ => {
            let Counted { characters, words } = prose.map(|text| count_all(text, false)).sum();
            let words = characters + words;
            let words_a_minute = if primary == "en" || primary == "ko" { words_a_minute } else { 200 };
            (words, words.div_ceil(words_a_minute))
        }
    }
}

fn is_letter(c: char) -> bool {
    // Unicode's tables are slow to search and most characters of a Chinese text are these.
    matches!(c, '\u{4e00}'..='\u{9fff}') || c.is_alphabetic()
}

/// Han and kana characters, which are written without spaces. Hangul has spaces.
fn is_ideographic(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9d}'
        | '\u{1b000}'..='\u{1b16f}'
        | '\u{20000}'..='\u{3ffff}')
}

/// Characters that are words by themselves, and words of several characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    characters: usize,
    words: usize,
}

impl Sum for Counted {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self { characters: a.characters + b.characters, words: a.words + b.words })
    }
}

/// Words by the rules of Unicode (UAX #29), and if `mixed` all ideographic characters by themselves. White space always
/// ends a word, so each piece between is counted by itself, and the plain ones fast.
fn count_all(text: &str, mixed: bool) -> Counted {
    let pieces = text.split([' ', '\n', '\t', '\r']).filter(|piece| !piece.is_empty());
    pieces.map(|piece| count_plain(piece, mixed).unwrap_or_else(|| count_any(piece, mixed))).sum()
}

/// Any text.
fn count_any(text: &str, mixed: bool) -> Counted {
    if !mixed {
        return Counted { characters: 0, words: text.unicode_words().count() };
    }
    let mut counted = Counted::default();
    for run in text.split(is_ideographic) {
        counted.words += run.unicode_words().count();
    }
    counted.characters = text.chars().filter(|c| is_ideographic(*c)).count();
    counted
}

/// What a character does to words, for those characters that most texts consist of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Letter,
    Digit,
    /// Part of a word, but no word alone: `_`.
    Joiner,
    /// Joins letters: `:`.
    BetweenLetters,
    /// Joins digits: `,`.
    BetweenDigits,
    /// Joins both: `.`.
    Between,
    /// A word by itself.
    Character,
    Other,
}

impl Class {
    /// None for the characters of which only Unicode's tables know.
    fn of(c: char, mixed: bool) -> Option<Self> {
        Some(match c {
            'a'..='z' | 'A'..='Z' => Self::Letter,
            '0'..='9' => Self::Digit,
            '_' => Self::Joiner,
            '.' | '\'' | '‘' | '’' => Self::Between,
            ':' => Self::BetweenLetters,
            ',' | ';' => Self::BetweenDigits,
            '\0'..='\x7f' => Self::Other,
            '\u{4e00}'..='\u{9fff}' | 'ぁ'..='ゖ' => Self::Character,
            _ if mixed && is_ideographic(c) => Self::Character,
            '，' | '；' => Self::BetweenDigits,
            '：' => Self::BetweenLetters,
            '\u{3000}'..='〄' | '〈'..='〠' | '！' | '？' | '（' | '）' => Self::Other,
            '–' | '—' | '“' | '”' | '…' | '«' | '»' | '°' => Self::Other,
            'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'Ѐ'..='ҁ' | 'Ҋ'..='ԯ' => Self::Letter,
            _ => return None,
        })
    }
}

/// A text without white space in which every character is of a [`Class`].
fn count_plain(text: &str, mixed: bool) -> Option<Counted> {
    let mut counted = Counted::default();
    let (mut before, mut in_word) = (Class::Other, false);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let mut class = Class::of(c, mixed)?;
        if let Class::Between | Class::BetweenLetters | Class::BetweenDigits = class {
            let after = characters.clone().next().map_or(Some(Class::Other), |c| Class::of(c, mixed))?;
            let joins = match before {
                Class::Letter => class != Class::BetweenDigits,
                Class::Digit => class != Class::BetweenLetters,
                _ => false,
            };
            if joins && before == after {
                continue;
            }
            class = Class::Other;
        }
        match class {
            Class::Letter | Class::Digit if !in_word => {
                counted.words += 1;
                in_word = true;
            }
            Class::Letter | Class::Digit | Class::Joiner => {}
            Class::Character => {
                counted.characters += 1;
                in_word = false;
            }
            _ => in_word = false,
        }
        before = class;
    }
    Some(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zola_counts_letters_in_chinese_and_words_elsewhere() {
        assert_eq!(count("你好世界，这是中文测试。", "zh", WordRule::Zola23), (10, 1));
        assert_eq!(count("你好 abc", "zh-Hant-TW", WordRule::Zola23), (5, 1));
        assert_eq!(count("こんにちは、世界。", "ja", WordRule::Zola23), (7, 1));
        assert_eq!(count(&"Hello world ".repeat(1000), "en", WordRule::Zola23), (2000, 9));
        assert_eq!(count(&"Hello world ".repeat(1000), "xx", WordRule::Zola23), (2000, 10));
        assert_eq!(count("  ", "en", WordRule::Zola23), (0, 0));
    }

    #[test]
    fn code_between_fences_is_not_read() {
        let text = "hello world ``` code here ``` goodbye world ``` never closed";
        assert_eq!(count(text, "en", WordRule::Zola23), (4, 1));
        assert_eq!(count(text, "zh", WordRule::Mixed), (4, 1));
    }

    #[test]
    fn mixed_counting_adds_characters_and_words() {
        assert_eq!(count("用 Rust 1.95 写カタカナ", "zh", WordRule::Mixed), (8, 1));
        assert_eq!(count(&"字".repeat(439), "zh-Hans", WordRule::Mixed), (439, 1));
        assert_eq!(count(&format!("{} a", "字".repeat(439)), "zh", WordRule::Mixed), (440, 2));
        assert_eq!(count("한국어 문장입니다", "ko", WordRule::Mixed).0, 2);
    }

    #[test]
    fn fast_counting_agrees_with_the_unicode_rules() {
        let pieces: Vec<char> =
            "aB1_.,;:'-\" \nØя字ゆ々ア가’‘，：；。「（—“°¼\u{301}\u{200d}\u{3000}\u{a0}".chars().collect();
        let mut state = 7_u32;
        for _ in 0..40_000 {
            let mut text = String::new();
            for _ in 0..9 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push(pieces[(state >> 16) as usize % pieces.len()]);
            }
            let Counted { characters, words } = count_all(&text, false);
            assert_eq!(characters + words, text.unicode_words().count(), "{text:?}");
            assert_eq!(count_all(&text, true), count_any(&text, true), "{text:?}");
        }
    }

    #[test]
    fn most_texts_are_counted_fast() {
        for text in ["Le cœur déçu — l’âme naïve…", "月亮（Moon）围绕“地球”运行：3，4；一、二。", "Привет, мир!"]
        {
            assert!(text.split(' ').all(|piece| count_plain(piece, true).is_some()), "{text}");
        }
    }
}
