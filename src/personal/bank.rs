//! Numbers of bank cards (ISO/IEC 7812): issuer, account, Luhn digit.

use super::context::Context;
use super::digits::{Group, Joint};
use super::{Finding, Kind};

/// First digits of the cards that are in use in China, and how long their numbers are. UnionPay's own range, the
/// international brands, and the ranges that banks had before UnionPay and whose cards are still around.
const ISSUERS: [(&str, &[usize]); 25] = [
    ("62", &[16, 17, 18, 19]),
    ("9558", &[19]),
    ("95599", &[19]),
    ("95510", &[19]),
    ("436742", &[16, 19]),
    ("436745", &[16, 19]),
    ("434061", &[16, 19]),
    ("421349", &[16, 19]),
    ("456351", &[16, 19]),
    ("601382", &[19]),
    ("601428", &[17]),
    ("405512", &[17]),
    ("690755", &[15, 16, 18]),
    ("603", &[18, 19]),
    ("4", &[16]),
    ("51", &[16]),
    ("52", &[16]),
    ("53", &[16]),
    ("54", &[16]),
    ("55", &[16]),
    ("35", &[16]),
    ("6011", &[16]),
    ("65", &[16]),
    ("34", &[15]),
    ("37", &[15]),
];

/// The card number that starts with the first of `groups`, and how many of them it takes.
pub fn starting_at(context: &Context, groups: &[Group]) -> Option<(Finding, usize)> {
    let first = groups.first()?;
    let mut number = String::new();
    let mut best = None;
    for (index, group) in groups.iter().enumerate().take(6) {
        if index > 0 {
            let joint = groups[index - 1].joint;
            // Printed cards show fours; other groupings are two parts at most (issuer and account).
            let fours = groups[..index].iter().all(|group| group.digits.len() == 4);
            if !matches!(joint, Some(Joint::Space | Joint::Hyphen))
                || !(fours || index == 1)
                || joint != groups[0].joint
            {
                break;
            }
        }
        number.push_str(&group.digits);
        if number.len() > 19 {
            break;
        }
        let span = first.span.start..group.span.end;
        if is_valid(&number) && context.may_be_a_number_of_a_person(&span) && !is_barcode(context, &number, &span) {
            best = Some((Finding { kind: Kind::Bank, span, number: number.clone() }, index + 1));
        }
    }
    best
}

/// Fifteen digits are the length of device numbers too, whose last digit is a Luhn digit as well: only beside the word.
fn is_barcode(context: &Context, number: &str, span: &std::ops::Range<usize>) -> bool {
    number.len() == 15 && !context.words_before(span.start).contains('卡')
}

/// Whether issuer, length and last digit fit.
pub fn is_valid(number: &str) -> bool {
    let issued = ISSUERS.iter().any(|(prefix, lengths)| number.starts_with(prefix) && lengths.contains(&number.len()));
    // One digit again and again fits Luhn, and is a placeholder.
    issued && has_luhn_digit(number) && number.bytes().skip(6).collect::<std::collections::BTreeSet<_>>().len() > 1
}

fn has_luhn_digit(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .map(|byte| u32::from(byte.wrapping_sub(b'0')))
        .enumerate()
        .map(|(index, digit)| match (index % 2, digit * 2) {
            (0, _) => digit,
            (_, doubled @ 0..10) => doubled,
            (_, doubled) => doubled - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}
