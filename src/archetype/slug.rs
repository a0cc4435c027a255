//! Addresses of titles: pinyin for Han characters, plain Latin letters for the rest.

use crate::diagnostic::{Diagnostic, Result};
use crate::outreach::Pinyin;
use crate::search::chinese_words;
use crate::text;

/// Longer addresses are cut off after a whole word.
const LONGEST: usize = 60;

/// Names that Windows keeps for devices, and the one that means the folder itself.
const RESERVED: &[&str] = &["con", "prn", "aux", "nul", "index"];

/// The names to try for a page, best first: `a`, `a-2`, `a-3`, …; `20261124-1`, … where the title gives nothing. The
/// wanted name is the only one where there is one; it is an error if it is no part of an address.
pub fn candidates(
    wanted: Option<&str>,
    title: &str,
    pinyin: &Pinyin,
    digits: &str,
) -> Result<Box<dyn Iterator<Item = String>>> {
    if let Some(wanted) = wanted {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let plain = !wanted.is_empty() && wanted.len() <= 200 && wanted.chars().all(is_plain);
        if !plain || wanted.starts_with(['-', '_']) || is_reserved(wanted) {
            return Err(Box::new(
                Diagnostic::error(
                    "new/slug",
                    text!("`{wanted}` cannot be the address of a page", "`{wanted}` 不能作为网页的地址"),
                )
                .help(text!(
                    "use letters without accents, digits and `-`, as in `moon-phases`",
                    "请用英文字母、数字和 `-`，例如 `moon-phases`"
                )),
            ));
        }
        return Ok(Box::new(std::iter::once(wanted.to_owned())));
    }
    let base = of_title(title, pinyin);
    if base.is_empty() {
        let digits = digits.to_owned();
        return Ok(Box::new((1..10_000).map(move |n| format!("{digits}-{n}"))));
    }
    let first = (!is_reserved(&base)).then(|| base.clone());
    Ok(Box::new(first.into_iter().chain((2..10_000).map(move |n| format!("{base}-{n}")))))
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let port = |kind| name.strip_prefix(kind).is_some_and(|n: &str| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    RESERVED.contains(&name.as_str()) || port("com") || port("lpt")
}

/// `科普大篷车走进校园` → `kepu-dapengche-zoujin-xiaoyuan`. Only `a-z`, `0-9` and single `-`; empty where a title has
/// signs only.
fn of_title(title: &str, pinyin: &Pinyin) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut other = String::new();
    let syllables: Vec<(char, Option<String>)> = pinyin.syllables(title);
    let mut rest = syllables.as_slice();
    while let Some((c, syllable)) = rest.first() {
        if syllable.is_none() {
            other.push(*c);
            rest = &rest[1..];
            continue;
        }
        words.extend(parts(&std::mem::take(&mut other)));
        let run = rest.iter().take_while(|(_, syllable)| syllable.is_some()).count();
        let (han, after) = rest.split_at(run);
        rest = after;
        let text: String = han.iter().map(|(c, _)| *c).collect();
        let mut read = han.iter().filter_map(|(_, syllable)| syllable.as_deref());
        for word in chinese_words(&text) {
            let word: String = read.by_ref().take(word.chars().count()).map(plain).collect();
            words.extend(parts(&word));
        }
    }
    words.extend(parts(&other));
    let mut slug = String::new();
    for word in words {
        if !slug.is_empty() && slug.len() + 1 + word.len() > LONGEST {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(&word);
    }
    slug.truncate(LONGEST);
    slug.trim_end_matches('-').to_owned()
}

/// The words of a text that has no Han characters, in plain letters.
fn parts(text: &str) -> Vec<String> {
    slug::slugify(text).split('-').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// A syllable as it is typed: `nǚ` is `nv`.
fn plain(syllable: &str) -> String {
    syllable.chars().map(|c| if "üǖǘǚǜ".contains(c) { 'v' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(title: &str) -> String {
        let pinyin = Pinyin::load(std::path::Path::new("/nowhere"), &|p| p.display().to_string(), &mut Vec::new());
        of_title(title, &pinyin)
    }

    #[test]
    fn chinese_titles_are_read_word_by_word() {
        assert_eq!(slug("科普大篷车走进校园"), "kepu-dapengche-zoujin-xiaoyuan");
        assert_eq!(slug("5G基站的辐射，有多大？"), "5g-jizhan-de-fushe-you-duo-da");
        assert_eq!(slug("妇女节的绿色旅行"), "funvjie-de-lvse-lvxing");
        assert_eq!(slug("Wi-Fi 会伤人吗"), "wi-fi-hui-shangren-ma");
    }

    #[test]
    fn characters_with_several_readings_are_read_as_their_words_are() {
        for (title, expected) in [
            ("重新开张的银行", "chongxin-kaizhang-de-yinhang"),
            ("重阳节", "chongyangjie"),
            ("校长和会计", "xiaozhang-he-kuaiji"),
            ("行业", "hangye"),
            ("快乐的音乐课", "kuaile-de-yinyueke"),
            ("发病率", "fabinglv"),
            ("沙尘暴调查", "shachenbao-diaocha"),
            ("长江有多长", "changjiang-you-duochang"),
            ("长者模式", "zhangzhe-moshi"),
        ] {
            assert_eq!(slug(title), expected, "{title}");
        }
    }

    #[test]
    fn other_scripts_become_plain_letters() {
        assert_eq!(slug("Météo & climat: l'été"), "meteo-climat-l-ete");
        assert_eq!(slug("Привет, мир"), "privet-mir");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
    }

    #[test]
    fn what_has_no_letters_gives_nothing() {
        for title in ["！？……", "—", "🎉", "\"\"", " "] {
            let made = slug(title);
            assert!(made.is_empty() || made.is_ascii(), "{title}: {made}");
        }
        assert_eq!(slug("！？……"), "");
    }

    #[test]
    fn long_titles_are_cut_after_a_word() {
        let long = slug(&"科普大篷车走进校园".repeat(20));
        assert!(long.len() <= LONGEST && long.starts_with("kepu-dapengche-") && !long.ends_with('-'), "{long}");
        assert_eq!(slug(&"a".repeat(300)).len(), LONGEST);
    }

    #[test]
    fn names_of_devices_and_of_the_folder_are_passed_over() {
        let pinyin = Pinyin::default();
        for title in ["CON", "aux", "COM1", "index"] {
            let first = candidates(None, title, &pinyin, "20261124").expect("names").next();
            assert_eq!(first, Some(format!("{}-2", title.to_lowercase())));
        }
        let mut without = candidates(None, "！", &pinyin, "20261124").expect("names");
        assert_eq!((without.next().as_deref(), without.next().as_deref()), (Some("20261124-1"), Some("20261124-2")));
    }

    #[test]
    fn a_wanted_name_must_be_one() {
        let pinyin = Pinyin::default();
        let try_one = |wanted| candidates(Some(wanted), "", &pinyin, "").map(|mut all| all.next());
        assert_eq!(try_one("moon-phases").expect("a name").as_deref(), Some("moon-phases"));
        for wrong in ["", "..", "a/b", "a\\b", "月", "con", "index", "_index", "-x", "a.b"] {
            assert!(try_one(wrong).is_err(), "{wrong}");
        }
    }
}
