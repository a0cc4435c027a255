//! From titles and file names to pieces of addresses.

use serde::{Deserialize, Serialize};

/// How much of a name survives in an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SlugifyStrategy {
    /// Lower-case ASCII, words joined by hyphens; other scripts are transliterated.
    #[default]
    On,
    /// Only what file systems refuse is dropped.
    Safe,
    /// Unchanged.
    Off,
}

/// The slug of a page, section, taxonomy or term.
pub fn slugify_path(name: &str, strategy: SlugifyStrategy) -> String {
    match strategy {
        SlugifyStrategy::On => slug::slugify(name),
        SlugifyStrategy::Safe => {
            name.trim_end_matches([' ', '.']).chars().filter(|c| !r#"<>:"/\|?*"#.contains(*c)).collect()
        }
        SlugifyStrategy::Off => name.to_owned(),
    }
}

/// The id of a heading. Anything but `On` keeps the text and only replaces ASCII white space.
pub fn slugify_anchor(title: &str, strategy: SlugifyStrategy) -> String {
    match strategy {
        SlugifyStrategy::On => slug::slugify(title),
        SlugifyStrategy::Safe | SlugifyStrategy::Off => title.replace(|c: char| c.is_ascii_whitespace(), "_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strategy_keeps_what_it_promises() {
        for (name, on, safe) in [
            ("dot. ", "dot", "dot"),
            ("中文标题", "zhong-wen-biao-ti", "中文标题"),
            ("a/b?", "a-b", "ab"),
            ("héhé (x)", "hehe-x", "héhé (x)"),
        ] {
            assert_eq!(slugify_path(name, SlugifyStrategy::On), on);
            assert_eq!(slugify_path(name, SlugifyStrategy::Safe), safe);
            assert_eq!(slugify_path(name, SlugifyStrategy::Off), name);
        }
        assert_eq!(slugify_anchor("月相 是 什么", SlugifyStrategy::Safe), "月相_是_什么");
    }
}
