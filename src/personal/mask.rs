//! Masking in the formats that public notices use: `138****1234`, `35*************123`, addresses to the township.

use super::digits::digit;
use super::{Finding, Kind, numbers};

/// A number with its middle covered. Of a bank card the issuer and the last four digits stay.
pub fn masked(kind: Kind, number: &str) -> String {
    let (head, tail) = match kind {
        Kind::Identity => (2, 3),
        Kind::Mobile => (3, 4),
        Kind::Bank => (4, 4),
    };
    let length = number.chars().count();
    let keeps = |index: usize| index < head || index + tail >= length;
    number.chars().enumerate().map(|(index, c)| if keeps(index) { c } else { '*' }).collect()
}

/// The text with every number of a person covered, and everything else as it was.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Finding { kind, span, number } in numbers(text) {
        out.push_str(&text[from..span.start]);
        out.push_str(&masked(kind, &number));
        from = span.end;
    }
    out.push_str(&text[from..]);
    out
}

/// The text with the same numbers covered, and every byte that stays in its place: for excerpts in messages and reports,
/// which must not spread what they are about.
pub fn excerpt(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for Finding { kind, span, number } in numbers(text) {
        out.push_str(&text[from..span.start]);
        let total = text[span.clone()].chars().filter(|c| digit(*c).is_some()).count().max(number.len());
        let keep = if kind == Kind::Identity { 2 } else { 3 };
        let mut seen = 0;
        for c in text[span.clone()].chars() {
            let is_digit = digit(c).is_some() || matches!(c, 'x' | 'X' | 'ｘ' | 'Ｘ');
            seen += usize::from(is_digit);
            match is_digit && seen > keep && seen + 3 <= total {
                true if c.is_ascii() => out.push('*'),
                true => out.push('＊'),
                false => out.push(c),
            }
        }
        from = span.end;
    }
    out.push_str(&text[from..]);
    out
}

/// An address down to the township (镇, 乡, 苏木, 街道). What has none is cut after its county, and where no unit is found
/// nothing of it may be shown.
pub fn address(address: &str) -> String {
    const TOWNSHIPS: [&str; 7] = ["街道办事处", "街道", "民族乡", "苏木", "镇", "乡", "农场"];
    const COUNTIES: [&str; 5] = ["自治县", "县", "旗", "区", "市"];
    let address = address.trim();
    let cut = |units: &[&str]| {
        units
            .iter()
            // The first place where a unit ends a name of two characters or more: 城镇, 乡镇 and 镇 at the start name nothing.
            .filter_map(|unit| {
                address
                    .match_indices(unit)
                    .find(|(at, _)| address[..*at].chars().count() >= 2)
                    .map(|(at, _)| at + unit.len())
            })
            .min()
    };
    match cut(&TOWNSHIPS).or_else(|| cut(&COUNTIES)) {
        Some(end) => address[..end].to_owned(),
        None => address
            .chars()
            .map(|c| if c.is_whitespace() || digit(c).is_none() && c.is_ascii() { c } else { '*' })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_in_the_formats_of_public_notices() {
        assert_eq!(masked(Kind::Mobile, "13800001234"), "138****1234");
        assert_eq!(masked(Kind::Identity, "350000190001010123"), "35*************123");
        assert_eq!(text("电话：138-0000 1234，编号 12。"), "电话：138****1234，编号 12。");
    }

    #[test]
    fn excerpts_keep_every_byte_in_its_place() {
        let text = "电话：138-0000 1234，０１３８，１３８００００１２３４。";
        assert_eq!(excerpt(text), "电话：138-****-*234，０１３８，１３８＊＊＊＊＊２３４。".replace("-*234", " *234"));
        assert_eq!(excerpt(text).len(), text.len());
    }

    #[test]
    fn addresses_end_with_the_township() {
        assert_eq!(address("科左后旗甘旗卡镇乌兰敖道嘎查3组"), "科左后旗甘旗卡镇");
        assert_eq!(address("阿都沁苏木道兰嘎查"), "阿都沁苏木");
        assert_eq!(address("科尔沁区永清街道光明小区8号楼"), "科尔沁区永清街道");
        assert_eq!(address("通辽市科尔沁区永清小区8号楼"), "通辽市");
        assert_eq!(address("3组12号"), "*****");
    }
}
