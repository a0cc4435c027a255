//! Which rules the words of a language follow: how text is cut into tokens, and what becomes of a token.

use std::sync::LazyLock;

use elasticlunr::lang::common::{RegexTrimmer, StopWordFilter};
use elasticlunr::pipeline::{FnWrapper, Pipeline};
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use jieba_rs::Jieba;

use crate::diagnostic::Text;
use crate::text;

/// The Chinese word list: about 0.2 s and 35 MB, once per process, when the first Chinese text is cut.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

/// Loads what indexing this language needs. [`build`](super::build) does so itself; calling this on another thread
/// while pages render hides the time that the Chinese word list takes.
pub fn warm(lang: &str) {
    if Rules::of(lang) == Rules::Chinese {
        LazyLock::force(&JIEBA);
    }
}

/// The words of a Chinese text, one after the other.
pub fn chinese_words(text: &str) -> Vec<&str> {
    JIEBA.cut(text, true).into_iter().map(|token| token.word).collect()
}

/// The rules of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// Words between spaces, stop words and a stemmer; by the code that elasticlunr-rs knows the language by.
    Stemmed(&'static str),
    Chinese,
    /// Words of the Unicode dictionary, without single hiragana (they are particles).
    Japanese,
    /// Words by Unicode's rules and dictionaries (Thai, Lao, Khmer and Burmese have no spaces), as they are written.
    Neutral,
}

impl Rules {
    /// The rules for a language tag: its primary subtag decides, so `zh-Hant`, `zh-TW` and `zh` are one.
    pub(super) fn of(lang: &str) -> Self {
        match lang.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Rules::Chinese,
            "ja" => Rules::Japanese,
            "en" => Rules::Stemmed("en"),
            "da" => Rules::Stemmed("da"),
            "de" => Rules::Stemmed("de"),
            // elasticlunr-rs, and so Zola, knows Dutch by a name of its own.
            "nl" | "du" => Rules::Stemmed("du"),
            "es" => Rules::Stemmed("es"),
            "fi" => Rules::Stemmed("fi"),
            "fr" => Rules::Stemmed("fr"),
            "hu" => Rules::Stemmed("hu"),
            "it" => Rules::Stemmed("it"),
            "ko" => Rules::Stemmed("ko"),
            "no" | "nb" | "nn" => Rules::Stemmed("no"),
            "pt" => Rules::Stemmed("pt"),
            "ro" => Rules::Stemmed("ro"),
            "ru" => Rules::Stemmed("ru"),
            "sv" => Rules::Stemmed("sv"),
            "tr" => Rules::Stemmed("tr"),
            _ => Rules::Neutral,
        }
    }

    /// What the author of a site should know about the language.
    pub(super) fn warning(self, lang: &str) -> Option<Text> {
        (self == Rules::Neutral).then(|| {
            text!(
                "the search index for `{lang}` has no word stems: a word is found in the form in which it is written",
                "语言 `{lang}` 没有词干规则：搜索索引按词的原样收录，只能搜到写法相同的词"
            )
        })
    }

    pub(super) fn analyzer(self, lang: &str) -> Analyzer {
        match self {
            Rules::Stemmed(code) => elasticlunr::lang::from_code(code).map_or_else(
                || Analyzer::without_pipeline(lang.to_owned(), Cut::Words(word_segmenter())),
                |language| Analyzer { name: language.name(), cut: Cut::Spaces, pipeline: language.make_pipeline() },
            ),
            Rules::Chinese => Analyzer { name: "Chinese".to_owned(), cut: Cut::Jieba, pipeline: chinese_pipeline() },
            Rules::Japanese => Analyzer::without_pipeline("Japanese".to_owned(), Cut::Japanese(word_segmenter())),
            Rules::Neutral => Analyzer::without_pipeline(lang.to_owned(), Cut::Words(word_segmenter())),
        }
    }
}

/// As elasticlunr-rs has it, whose own Chinese would load the word list again for every index.
fn chinese_pipeline() -> Pipeline {
    Pipeline {
        queue: vec![
            Box::new(RegexTrimmer::new("trimmer-zh", r"\p{Unified_Ideograph}\p{Latin}")),
            Box::new(StopWordFilter::new("stopWordFilter-zh", &["的", "了"])),
            Box::new(FnWrapper("stemmer-zh".to_owned(), Some)),
        ],
    }
}

fn word_segmenter() -> WordSegmenterBorrowed<'static> {
    WordSegmenter::new_dictionary(WordBreakInvariantOptions::default())
}

enum Cut {
    Spaces,
    Jieba,
    Japanese(WordSegmenterBorrowed<'static>),
    Words(WordSegmenterBorrowed<'static>),
}

/// Cuts text into tokens and says what is indexed for each. Not shared between threads: every thread makes its own.
pub(super) struct Analyzer {
    /// What the index calls its language. elasticlunr.js does not read it.
    name: String,
    cut: Cut,
    pipeline: Pipeline,
}

impl Analyzer {
    /// An empty pipeline is one that elasticlunr.js can load without scripts for the language.
    fn without_pipeline(name: String, cut: Cut) -> Self {
        Self { name, cut, pipeline: Pipeline { queue: Vec::new() } }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The names of the steps, which elasticlunr.js repeats for what a reader types.
    pub(super) fn pipeline_names(&self) -> Vec<String> {
        self.pipeline.queue.iter().map(|step| step.name()).collect()
    }

    pub(super) fn tokens(&self, text: &str, mut each: impl FnMut(&str)) {
        match &self.cut {
            Cut::Spaces => {
                text.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty()).for_each(|word| {
                    with_lowercase(word, &mut each);
                });
            }
            Cut::Jieba => JIEBA.cut_for_search(text, false).iter().for_each(|token| each(token.word)),
            Cut::Japanese(words) => word_tokens(*words, text, |word| {
                let mut chars = word.chars();
                let is_particle = matches!((chars.next(), chars.next()), (Some('\u{3041}'..='\u{309f}'), None));
                if !is_particle {
                    with_lowercase(word, &mut each);
                }
            }),
            Cut::Words(words) => word_tokens(*words, text, |word| with_lowercase(word, &mut each)),
        }
    }

    /// The parts of a URL path.
    pub(super) fn path_tokens(&self, path: &str, mut each: impl FnMut(&str)) {
        path.split(|c: char| c.is_whitespace() || c == '-' || c == '/')
            .filter(|part| !part.is_empty())
            .for_each(|part| with_lowercase(part, &mut each));
    }

    /// What is indexed for a token, if anything.
    pub(super) fn term(&self, token: &str) -> Option<String> {
        self.pipeline.queue.iter().try_fold(token.to_owned(), |token, step| step.filter(token))
    }
}

/// The words of a text. elasticlunr.js cuts what a reader types at white space and hyphens, so no word has them: the
/// narrow no-break space before a Mongolian suffix, for one.
fn word_tokens(words: WordSegmenterBorrowed<'static>, text: &str, mut each: impl FnMut(&str)) {
    let mut start = 0;
    for (end, kind) in words.segment_str(text).iter_with_word_type() {
        if kind.is_word_like()
            && let Some(word) = text.get(start..end)
        {
            word.split(|c: char| c.is_whitespace() || c == '-').filter(|part| !part.is_empty()).for_each(&mut each);
        }
        start = end;
    }
}

fn with_lowercase(word: &str, each: &mut impl FnMut(&str)) {
    if word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        each(word);
    } else {
        each(&word.to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(lang: &str, text: &str) -> Vec<String> {
        let analyzer = Rules::of(lang).analyzer(lang);
        let mut terms = Vec::new();
        analyzer.tokens(text, |token| terms.extend(analyzer.term(token)));
        terms
    }

    #[test]
    fn the_primary_subtag_decides() {
        for lang in ["zh", "zh-Hans", "zh-Hant", "zh-CN", "zh_TW", "ZH"] {
            assert_eq!(Rules::of(lang), Rules::Chinese, "{lang}");
        }
        assert_eq!(Rules::of("ja-JP"), Rules::Japanese);
        assert_eq!(Rules::of("fr-CA"), Rules::Stemmed("fr"));
        assert_eq!(Rules::of("pt-BR"), Rules::Stemmed("pt"));
        assert_eq!(Rules::of("nl"), Rules::of("du"));
        assert_eq!(Rules::of("nb"), Rules::of("no"));
        for lang in ["mn", "mn-Mong", "vi", "th", "", "-"] {
            assert_eq!(Rules::of(lang), Rules::Neutral, "{lang}");
            assert!(Rules::of(lang).warning(lang).is_some());
        }
    }

    #[test]
    fn every_stemmed_language_is_built_in() {
        for code in ["en", "da", "de", "du", "es", "fi", "fr", "hu", "it", "ko", "no", "pt", "ro", "ru", "sv", "tr"] {
            assert_eq!(Rules::of(code), Rules::Stemmed(code));
            assert!(elasticlunr::lang::from_code(code).is_some(), "{code}");
            assert_eq!(Rules::of(code).warning(code), None);
            assert_eq!(Rules::of(code).analyzer(code).pipeline_names().len(), 3, "{code}");
        }
    }

    #[test]
    fn english_is_stemmed() {
        assert_eq!(terms("en", "The Running dogs, and well-known 日食!"), ["run", "dog", "well", "known"]);
    }

    #[test]
    fn chinese_is_cut_by_the_word_list() {
        assert_eq!(
            terms("zh-Hans", "北京天文馆的日食观测（2035年）。"),
            ["北京", "天文", "天文馆", "北京天文馆", "日食", "观测", "年"]
        );
        assert_eq!(terms("zh", "Zola 生成器"), ["Zola", "生成", "成器", "生成器"]);
    }

    #[test]
    fn japanese_is_cut_without_particles() {
        assert_eq!(terms("ja", "東京の天文台でZolaを使う。"), ["東京", "天文台", "zola", "使う"]);
    }

    #[test]
    fn other_languages_are_cut_by_unicode_words() {
        assert_eq!(terms("vi", "Nhật thực, 2035!"), ["nhật", "thực", "2035"]);
        assert_eq!(terms("mn", "Нарны хиртэлт-ийг"), ["нарны", "хиртэлт", "ийг"]);
        assert_eq!(terms("th", "สวัสดีชาวโลก"), ["สวัสดี", "ชาว", "โลก"]);
        // A suffix after the narrow no-break space of the Mongolian script is a token of its own.
        assert_eq!(terms("mn-Mong", "ᠮᠣᠩᠭᠣᠯ\u{202f}ᠤᠨ"), ["ᠮᠣᠩᠭᠣᠯ", "ᠤᠨ"]);
    }

    #[test]
    fn paths_are_cut_at_slashes_and_hyphens() {
        let analyzer = Rules::of("en").analyzer("en");
        let mut parts = Vec::new();
        analyzer.path_tokens("/Blog/first-post/日食/", |part| parts.push(part.to_owned()));
        assert_eq!(parts, ["blog", "first", "post", "日食"]);
    }
}
