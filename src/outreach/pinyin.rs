//! Pinyin over Chinese text, as `<ruby>`, for children's pages.
//!
//! The dictionary gives each character its most common reading. Words in which a character is read otherwise are
//! listed here, more of them in `data/pinyin.toml`, and `{长城|cháng chéng}` in a text says it on the spot.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use indexmap::IndexMap;
use pinyin::ToPinyin;

use super::html;
use crate::config::raw::options;
use crate::config::toml_input::Input;
use crate::content;
use crate::diagnostic::Diagnostic;
use crate::text;

options! {
    RawPinyin {
        readings: IndexMap<String, String> = IndexMap::new(),
    }
}

/// Common words in which a character is not read as the dictionary has it.
const WORDS: &[(&str, &str)] = &[
    ("长大", "zhǎng dà"),
    ("生长", "shēng zhǎng"),
    ("成长", "chéng zhǎng"),
    ("长出", "zhǎng chū"),
    ("家长", "jiā zhǎng"),
    ("校长", "xiào zhǎng"),
    ("增长", "zēng zhǎng"),
    ("重新", "chóng xīn"),
    ("重复", "chóng fù"),
    ("银行", "yín háng"),
    ("一行", "yì háng"),
    ("还有", "hái yǒu"),
    ("还是", "hái shì"),
    ("还会", "hái huì"),
    ("还要", "hái yào"),
    ("觉得", "jué de"),
    ("睡觉", "shuì jiào"),
    ("记得", "jì de"),
    ("变得", "biàn de"),
    ("慢慢地", "màn màn de"),
    ("轻轻地", "qīng qīng de"),
    ("了解", "liǎo jiě"),
    ("为了", "wèi le"),
    ("为什么", "wèi shén me"),
    ("因为", "yīn wèi"),
    ("什么", "shén me"),
    ("怎么", "zěn me"),
    ("种植", "zhòng zhí"),
    ("种地", "zhòng dì"),
    ("空地", "kòng dì"),
    ("干净", "gān jìng"),
    ("干旱", "gān hàn"),
    ("干燥", "gān zào"),
    ("数一数", "shǔ yi shǔ"),
    ("相片", "xiàng piàn"),
    ("照相", "zhào xiàng"),
    ("少年", "shào nián"),
    ("爱好", "ài hào"),
    ("好奇", "hào qí"),
    ("教室", "jiào shì"),
    ("教育", "jiào yù"),
    ("头发", "tóu fa"),
    ("音乐", "yīn yuè"),
    ("几乎", "jī hū"),
    ("空调", "kōng tiáo"),
    ("调节", "tiáo jié"),
    ("旋转", "xuán zhuǎn"),
    ("投降", "tóu xiáng"),
    ("西藏", "xī zàng"),
    ("弯曲", "wān qū"),
    ("歌曲", "gē qǔ"),
    ("反省", "fǎn xǐng"),
    ("首都", "shǒu dū"),
    ("沉没", "chén mò"),
    ("测量", "cè liáng"),
    ("便宜", "pián yi"),
    ("更换", "gēng huàn"),
    ("放假", "fàng jià"),
    ("角色", "jué sè"),
    ("结实", "jiē shi"),
    ("模样", "mú yàng"),
    ("倒车", "dào chē"),
    ("似的", "shì de"),
    ("挑战", "tiǎo zhàn"),
    ("联系", "lián xì"),
    ("兴奋", "xīng fèn"),
    ("反应", "fǎn yìng"),
    ("答应", "dā ying"),
    ("早晨", "zǎo chén"),
    ("朝阳", "zhāo yáng"),
    ("只有", "zhǐ yǒu"),
    ("一只", "yì zhī"),
    ("两只", "liǎng zhī"),
    ("参差", "cēn cī"),
    ("差不多", "chà bu duō"),
    ("到处", "dào chù"),
    ("大夫", "dài fu"),
    ("子弹", "zǐ dàn"),
    ("暖和", "nuǎn huo"),
    ("地壳", "dì qiào"),
    ("血液", "xuè yè"),
    ("传染", "chuán rǎn"),
    ("薄荷", "bò he"),
    ("供给", "gōng jǐ"),
    ("给予", "jǐ yǔ"),
    ("勉强", "miǎn qiǎng"),
    ("禁不住", "jīn bu zhù"),
    ("尽管", "jǐn guǎn"),
    ("喝彩", "hè cǎi"),
    ("中毒", "zhòng dú"),
    ("击中", "jī zhòng"),
    ("散步", "sàn bù"),
    ("分散", "fēn sàn"),
    ("屏住", "bǐng zhù"),
    ("着火", "zháo huǒ"),
    ("睡着", "shuì zháo"),
    ("附着", "fù zhuó"),
    ("率先", "shuài xiān"),
    ("乐器", "yuè qì"),
    ("都市", "dū shì"),
    ("着陆", "zhuó lù"),
    ("似乎", "sì hū"),
    ("厦门", "xià mén"),
    ("很长", "hěn cháng"),
    ("多长", "duō cháng"),
    ("长期", "cháng qī"),
    ("长城", "cháng chéng"),
    ("长江", "cháng jiāng"),
    ("长征", "cháng zhēng"),
    ("长度", "cháng dù"),
    ("长短", "cháng duǎn"),
    ("延长", "yán cháng"),
    ("特长", "tè cháng"),
    ("擅长", "shàn cháng"),
    ("漫长", "màn cháng"),
    ("长久", "cháng jiǔ"),
    ("长远", "cháng yuǎn"),
    ("长途", "cháng tú"),
    ("长效", "cháng xiào"),
    ("长寿", "cháng shòu"),
    ("长假", "cháng jià"),
    ("重阳", "chóng yáng"),
    ("会计", "kuài jì"),
    ("调查", "diào chá"),
    ("强调", "qiáng diào"),
    ("快乐", "kuài lè"),
    ("校对", "jiào duì"),
    ("行业", "háng yè"),
    ("行距", "háng jù"),
    ("效率", "xiào lǜ"),
    ("频率", "pín lǜ"),
    ("概率", "gài lǜ"),
    ("发病率", "fā bìng lǜ"),
    ("盛开", "shèng kāi"),
    ("想吐", "xiǎng tù"),
    ("呕吐", "ǒu tù"),
    ("打倒", "dǎ dǎo"),
    ("跑得", "pǎo de"),
    ("快得", "kuài de"),
    ("大得", "dà de"),
    ("数不到", "shǔ bu dào"),
    ("自转", "zì zhuàn"),
    ("公转", "gōng zhuàn"),
    ("转圈", "zhuàn quān"),
];

/// Readings of words.
#[derive(Clone, Debug, Default)]
pub struct Pinyin {
    /// One syllable for each character.
    words: HashMap<String, Vec<String>>,
    /// Characters of the longest word.
    longest: usize,
}

/// Reads `pinyin.toml` of a folder over the words that are known.
pub(super) fn load(folder: &Path, shown: &(dyn Fn(&Path) -> String + Sync), told: &mut Vec<Diagnostic>) -> Pinyin {
    let mut pinyin = Pinyin::default();
    for (word, reading) in WORDS {
        pinyin.add(word, reading);
    }
    let path = folder.join("pinyin.toml");
    if !path.is_file() {
        return pinyin;
    }
    let file = shown(&path);
    let source = match content::read_text(&path, &file, told) {
        Ok(source) => source,
        Err(error) => {
            told.push(*error);
            return pinyin;
        }
    };
    let input = Input::new(&file, &source);
    let keys = |path: &[String]| path.is_empty().then_some(RawPinyin::KEYS);
    let before = told.len();
    let Some(raw) = input.parse::<RawPinyin>(keys, told) else {
        for error in told.iter_mut().skip(before) {
            error.help.get_or_insert_with(|| {
                text!(
                    "words stand in quotation marks: \"便宜\" = \"pián yi\"",
                    "词语要加英文引号：\"便宜\" = \"pián yi\""
                )
            });
        }
        return pinyin;
    };
    for (word, reading) in &raw.readings {
        if !pinyin.add(word, reading) {
            let (characters, syllables) = (word.chars().count(), reading.split_whitespace().count());
            told.push(
                Diagnostic::error(
                    "outreach/pinyin",
                    text!(
                        "`{word}` has {characters} characters, but {syllables} syllables",
                        "`{word}` 有 {characters} 个字，读音却有 {syllables} 个音节"
                    ),
                )
                .at(input.place(&["readings", word]))
                .help(text!(
                    "write one syllable for each character, with spaces between",
                    "每个字写一个音节，用空格隔开"
                )),
            );
        }
    }
    pinyin
}

impl Pinyin {
    /// The known words, and those of `pinyin.toml` in a folder.
    pub fn load(folder: &Path, shown: &(dyn Fn(&Path) -> String + Sync), told: &mut Vec<Diagnostic>) -> Self {
        load(folder, shown, told)
    }

    /// The characters of a text, each Han character with its syllable.
    pub fn syllables(&self, text: &str) -> Vec<(char, Option<String>)> {
        let mut out = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = match self.word(rest) {
                Some((word, syllables)) => {
                    out.extend(word.chars().zip(syllables).map(|(c, syllable)| (c, Some(syllable.clone()))));
                    word.len()
                }
                None => {
                    out.push((c, c.to_pinyin().map(|reading| reading.with_tone().to_owned())));
                    c.len_utf8()
                }
            };
            rest = rest.get(length..).unwrap_or_default();
        }
        out
    }

    /// Whether the reading has one syllable for each character.
    fn add(&mut self, word: &str, reading: &str) -> bool {
        let syllables: Vec<String> = reading.split_whitespace().map(str::to_owned).collect();
        let length = word.chars().count();
        if syllables.len() != length || length == 0 {
            return false;
        }
        self.longest = self.longest.max(length);
        self.words.insert(word.to_owned(), syllables);
        true
    }

    /// Puts the reading over every Han character of HTML that kepu made.
    pub fn annotate(&self, html: &str) -> String {
        html::map_text(html, &["ruby", "code", "pre", "script", "style", "svg", "title"], |text, out| {
            self.text(text, out);
        })
    }

    fn text(&self, text: &str, out: &mut String) {
        let from = out.len();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((word, reading, after)) = by_hand(rest) {
                let syllables: Vec<&str> = reading.split_whitespace().collect();
                if syllables.len() == word.chars().count() {
                    word.chars().zip(syllables).for_each(|(c, syllable)| ruby(&c.to_string(), syllable, from, out));
                } else {
                    ruby(word, reading, from, out);
                }
                rest = after;
                continue;
            }
            if let Some((word, syllables)) = self.word(rest) {
                word.chars().zip(syllables).for_each(|(c, syllable)| ruby(&c.to_string(), syllable, from, out));
                rest = rest.get(word.len()..).unwrap_or_default();
                continue;
            }
            match c.to_pinyin() {
                Some(reading) => ruby(&c.to_string(), reading.with_tone(), from, out),
                None => out.push(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }

    /// The longest known word at the start of a text.
    fn word<'a>(&self, text: &'a str) -> Option<(&'a str, &[String])> {
        let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(self.longest).collect();
        ends.iter().rev().find_map(|end| {
            let word = text.get(..*end)?;
            Some((word, self.words.get(word)?.as_slice()))
        })
    }
}

/// `{长城|cháng chéng}` at the start of a text: the word, its reading, and what follows.
fn by_hand(text: &str) -> Option<(&str, &str, &str)> {
    let (inside, after) = text.strip_prefix('{')?.split_once('}')?;
    let (word, reading) = inside.split_once('|')?;
    (!word.is_empty() && !reading.trim().is_empty() && !inside.contains(['{', '\n'])).then_some((word, reading, after))
}

/// Neighbours in one text, which begins at `from`, share one `<ruby>`: that makes a page a third smaller.
fn ruby(word: &str, reading: &str, from: usize, out: &mut String) {
    const END: &str = "</ruby>";
    if out.get(from..).is_some_and(|own| own.ends_with(END)) {
        out.truncate(out.len() - END.len());
    } else {
        *out += "<ruby>";
    }
    *out += &format!("{word}<rp>(</rp><rt>{reading}</rt><rp>)</rp>{END}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_get_their_reading_and_words_win_over_characters() {
        let pinyin = load(Path::new("/nowhere"), &|p| p.display().to_string(), &mut Vec::new());
        let plain = |html: &str| {
            let text = pinyin.annotate(html);
            text.replace("<ruby>", "")
                .replace("<rp>(</rp><rt>", "(")
                .replace("</rt><rp>)</rp>", ")")
                .replace("</ruby>", "")
        };
        assert_eq!(plain("<b>月亮</b>, 5G"), "<b>月(yuè)亮(liàng)</b>, 5G");
        assert_eq!(plain("草长大"), "草(cǎo)长(zhǎng)大(dà)");
        assert_eq!(plain("{长城|cháng chéng}"), "长(cháng)城(chéng)");
        assert_eq!(plain("{a|}"), "{a|}");
        assert_eq!(plain("<code>月</code>"), "<code>月</code>");
    }

    #[test]
    fn the_words_have_one_syllable_for_each_character() {
        let mut pinyin = Pinyin::default();
        for (word, reading) in WORDS {
            assert!(pinyin.add(word, reading), "{word}");
        }
    }
}
