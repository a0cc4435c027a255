//! Mobile numbers of mainland China.

use super::context::Context;
use super::digits::{Group, Joint, after, before, digit};
use super::{Finding, Kind};

/// The first three digits that subscribers have. Ranges for machines (13 digits) and satellites are not among them.
pub fn is_valid(number: &str) -> bool {
    number.len() == 11
        && matches!(
            number.as_bytes(),
            [b'1', b'3', ..]
                | [b'1', b'4', b'5'..=b'9', ..]
                | [b'1', b'5', b'0'..=b'3' | b'5'..=b'9', ..]
                | [b'1', b'6', b'2' | b'5'..=b'7', ..]
                | [b'1', b'7', b'0'..=b'3' | b'5'..=b'8', ..]
                | [b'1', b'8', ..]
                | [b'1', b'9', b'0'..=b'3' | b'5'..=b'9', ..]
        )
}

/// The mobile number that starts with the first of `groups`, and how many of them it takes. `previous` is the group
/// before them.
pub fn starting_at(context: &Context, previous: Option<&Group>, groups: &[Group]) -> Option<(Finding, usize)> {
    let (first, text) = (groups.first()?, context.text);
    // The country code, in a group of its own or in front of the number.
    if matches!(first.digits.as_str(), "86" | "0086") {
        return match first.joint {
            Some(Joint::Space | Joint::Hyphen) => {
                let (mut finding, taken) = number(context, None, &groups[1..])?;
                finding.span.start = first.span.start;
                Some((finding, taken + 1))
            }
            _ => None,
        };
    }
    // `12-138…` is some code, `138…-139…` are two numbers.
    let joined = |joint: Option<Joint>, other: Option<&Group>| match joint {
        Some(Joint::Hyphen) => !other.is_some_and(|group| is_valid(&group.digits)),
        Some(Joint::Dot) => true,
        _ => false,
    };
    let enumerated = previous.is_some_and(|group| {
        group.digits.len() <= 2
            && group.joint == Some(Joint::Dot)
            && before(text, group.span.start).next().is_none_or(|c| c.is_whitespace() && !matches!(c, ' ' | '\u{a0}'))
    });
    if previous.is_some_and(|group| joined(group.joint, Some(group))) && !enumerated {
        return None;
    }
    let (finding, taken) = number(context, previous, groups)?;
    let last = groups.get(taken - 1)?;
    if joined(last.joint, groups.get(taken)) && last.joint != Some(Joint::Dot) {
        return None;
    }
    (!starts_fraction(text, finding.span.end)).then_some((finding, taken))
}

/// `.50` after it makes it a sum.
fn starts_fraction(text: &str, at: usize) -> bool {
    let mut rest = after(text, at);
    matches!(rest.next(), Some('.' | '．')) && rest.next().is_some_and(|c| digit(c).is_some())
}

fn number(context: &Context, previous: Option<&Group>, groups: &[Group]) -> Option<(Finding, usize)> {
    let first = groups.first()?;
    let bare = first.digits.strip_prefix("0086").or(first.digits.strip_prefix("86")).filter(|rest| rest.len() == 11);
    let (number, taken) = match bare.unwrap_or(&first.digits) {
        whole if whole.len() == 11 => (whole.to_owned(), 1),
        part if part.len() < 11 => in_parts(context, previous, groups)?,
        _ => return None,
    };
    let span = first.span.start..groups.get(taken - 1)?.span.end;
    let is_one = is_valid(&number) && context.may_be_a_number_of_a_person(&span);
    is_one.then_some((Finding { kind: Kind::Mobile, span, number }, taken))
}

/// The usual groupings, where nothing else stands in the same row of groups.
fn in_parts(context: &Context, previous: Option<&Group>, groups: &[Group]) -> Option<(String, usize)> {
    const SHAPES: [&[usize]; 6] = [&[3, 4, 4], &[3, 8], &[7, 4], &[3, 2, 2, 2, 2], &[3, 3, 5], &[4, 3, 4]];
    let joint = groups.first()?.joint?;
    // Spaces and hyphens are mixed, dots are not.
    let joins = |other: Option<Joint>| other.is_some_and(|other| (other == Joint::Dot) == (joint == Joint::Dot));
    let taken = 1 + groups.iter().take_while(|group| joins(group.joint)).count();
    let row = groups.get(..taken)?;
    let shape: Vec<usize> = row.iter().map(|group| group.digits.len()).collect();
    // One by one, as forms have it, they are scores and counts as often: only where they are called a telephone.
    let is_spelled = shape == [1; 11] && context.is_called(row.first()?.span.start);
    let fits = is_spelled || SHAPES.contains(&shape.as_slice()) && (joint != Joint::Dot || shape == [3, 4, 4]);
    let alone = previous.is_none_or(|group| !joins(group.joint)) && row.last()?.joint.is_none();
    (fits && alone).then(|| (row.iter().map(|group| group.digits.as_str()).collect(), taken))
}
