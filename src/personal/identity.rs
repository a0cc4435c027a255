//! Citizens' identity numbers (GB 11643—1999): region, date of birth, sequence, check digit.

use super::context::Context;
use super::digits::{Group, after};
use super::{Finding, Kind};

/// The prefectures of each province, today's and those before them (GB/T 2260, all editions), as the third and fourth
/// digit. Which counties there were when is not asked: nobody may know every change, and date and check digit are enough.
const REGIONS: [(&str, &[(u8, u8)]); 35] = [
    ("11", &[(0, 2)]),
    ("12", &[(0, 2)]),
    ("13", &[(0, 11), (21, 30), (90, 90)]),
    ("14", &[(0, 11), (21, 27), (90, 90)]),
    ("15", &[(0, 9), (21, 29)]),
    ("21", &[(0, 14), (21, 22), (90, 90)]),
    ("22", &[(0, 8), (21, 26), (90, 90)]),
    ("23", &[(0, 12), (21, 27), (90, 90)]),
    ("31", &[(0, 2)]),
    ("32", &[(0, 13), (21, 27), (90, 90)]),
    ("33", &[(0, 11), (21, 28), (90, 90)]),
    ("34", &[(0, 18), (21, 29), (90, 90)]),
    ("35", &[(0, 9), (21, 28), (90, 90)]),
    ("36", &[(0, 11), (21, 26), (90, 90)]),
    ("37", &[(0, 17), (21, 29), (90, 90)]),
    ("41", &[(0, 17), (21, 30), (90, 90)]),
    ("42", &[(0, 13), (21, 29), (90, 90)]),
    ("43", &[(0, 13), (21, 31), (90, 90)]),
    ("44", &[(0, 29), (51, 53), (90, 90)]),
    ("45", &[(0, 14), (21, 28)]),
    ("46", &[(0, 4), (90, 90)]),
    ("50", &[(0, 3)]),
    ("51", &[(0, 39), (70, 70), (90, 90)]),
    ("52", &[(0, 6), (21, 27)]),
    ("53", &[(0, 9), (21, 35)]),
    ("54", &[(0, 6), (21, 27)]),
    ("61", &[(0, 10), (21, 27), (90, 90)]),
    ("62", &[(0, 12), (21, 30)]),
    ("63", &[(0, 2), (21, 28)]),
    ("64", &[(0, 5), (21, 22)]),
    ("65", &[(0, 5), (21, 32), (40, 43), (90, 90)]),
    ("71", &[(0, 0)]),
    ("81", &[(0, 0)]),
    ("82", &[(0, 0)]),
    ("83", &[(0, 0)]),
];

/// The identity number that starts with one of `groups`, and how many of them it takes.
pub fn starting_at(context: &Context, groups: &[Group]) -> Option<(Finding, usize)> {
    let text = context.text;
    if let Some(found) = of_fifteen(context, groups) {
        return Some((found, 1));
    }
    let mut number = String::new();
    for (index, group) in groups.iter().enumerate() {
        // A dot parts dates and decimals, not these numbers.
        if index > 0 && !matches!(groups[index - 1].joint, Some(joint) if joint != super::digits::Joint::Dot) {
            return None;
        }
        number.push_str(&group.digits);
        let start = groups[0].span.start;
        let finding = |number: &str, end: usize| {
            is_valid(number)
                .then(|| (Finding { kind: Kind::Identity, span: start..end, number: number.to_owned() }, index + 1))
        };
        match number.len() {
            ..17 => {}
            17 => {
                let x = after(text, group.span.end).next().filter(|c| matches!(c, 'x' | 'X' | 'ｘ' | 'Ｘ'));
                if let Some(x) = x {
                    return finding(&format!("{number}X"), group.span.end + x.len_utf8());
                }
            }
            18 => return finding(&number, group.span.end),
            // A certificate of disability is the identity number with kind and degree behind it.
            20 if index == 0 => return finding(&number[..18], group.span.end),
            _ => return None,
        }
    }
    None
}

/// Numbers of fifteen digits, from before 1999: without a check digit and with two digits of the year, so only where they
/// are called by their name, before or behind them.
fn of_fifteen(context: &Context, groups: &[Group]) -> Option<Finding> {
    const CALLED: [&str; 5] = ["身份证", "身份号码", "居民证", "证件号", "老证"];
    let group = groups.first().filter(|group| group.digits.len() == 15)?;
    let (region, date) = (group.digits.get(..6)?, group.digits.get(6..12)?);
    let whole = format!("{region}19{date}");
    let near = |text: &str| CALLED.iter().any(|word| text.contains(word));
    let behind: String = after(context.text, group.span.end).take(16).take_while(|c| *c != '\n').collect();
    let is_one =
        is_region(&whole) && has_date(&whole) && (near(context.words_before(group.span.start)) || near(&behind));
    is_one.then(|| Finding { kind: Kind::Identity, span: group.span.clone(), number: group.digits.clone() })
}

/// Whether 18 digits (the last may be `X`) have a region, a date and a check digit that fit.
pub fn is_valid(number: &str) -> bool {
    is_region(number) && has_date(number) && check_digit(number) == number.chars().nth(17)
}

fn is_region(number: &str) -> bool {
    let (Some(province), Some(prefecture)) = (number.get(..2), number.get(2..4)) else { return false };
    let Ok(prefecture) = prefecture.parse::<u8>() else { return false };
    REGIONS.iter().any(|(known, ranges)| {
        *known == province && ranges.iter().any(|(from, to)| (*from..=*to).contains(&prefecture))
    })
}

fn has_date(number: &str) -> bool {
    let part = |range| number.get(range).and_then(|part: &str| part.parse::<i16>().ok());
    let (Some(year), Some(month), Some(day)) = (part(6..10), part(10..12), part(12..14)) else { return false };
    // Nobody who was born before 1880 has a number; the end only keeps other figures out, so that the answer does
    // not depend on the day of the check.
    (1880..2100).contains(&year) && jiff::civil::Date::new(year, month as i8, day as i8).is_ok()
}

/// ISO 7064, MOD 11-2, over the first 17 digits.
fn check_digit(number: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    let mut digits = number.chars();
    for weight in WEIGHTS {
        sum += digits.next()?.to_digit(10)? * weight;
    }
    "10X98765432".chars().nth((sum % 11) as usize)
}
