//! The rules of this group.

use crate::check::rules::{Default, Rule};

pub const RULES: &[Rule] = &[
    Rule::new(
        "language/wrong-word",
        Default::Error,
        ("Wrong words", "错别字"),
        ("Correct the word; `kepu check --fix` does it.", "请改正；也可用 `kepu check --fix` 一并改正。"),
    ),
    Rule::new(
        "language/doubtful-word",
        Default::Warning,
        ("Words with a better form", "应使用规范词形"),
        ("Use the standard form.", "请使用规范词形。"),
    ),
    Rule::new(
        "language/punctuation",
        Default::Warning,
        ("Punctuation of Latin text in Chinese text", "中文里用了西文标点"),
        (
            "Use Chinese punctuation; `kepu check --fix` does it between Han characters.",
            "请用中文标点；汉字之间的可用 `kepu check --fix` 改正。",
        ),
    ),
    Rule::new(
        "language/spacing",
        Default::Off,
        ("Han characters and Latin words without a space in between", "汉字与西文之间没有空格"),
        ("Put a space in between.", "请在中间加空格。"),
    ),
    Rule::new(
        "language/mongolian-code",
        Default::Error,
        ("Mongolian in the code of a font", "字体私有编码的蒙古文"),
        ("Convert it to Unicode first.", "请先转换为国家标准编码。"),
    ),
    Rule::new(
        "language/mongolian-connector",
        Default::Warning,
        ("Mongolian suffixes with the connector of the old standard", "蒙古文附加成分用了旧的连接符"),
        ("Use U+180E, as GB/T 25914—2023 says.", "请按 GB/T 25914—2023 用 U+180E。"),
    ),
    Rule::new(
        "language/mongolian-selector",
        Default::Warning,
        ("Stray Mongolian variation selectors", "多余的蒙古文变体选择符"),
        ("Take it out.", "请删去。"),
    ),
    Rule::new(
        "language/mongolian-cyrillic",
        Default::Warning,
        ("Cyrillic on a page in Mongolian script", "传统蒙古文页面里有西里尔文"),
        ("Write it in Mongolian script.", "请改用传统蒙古文。"),
    ),
];
