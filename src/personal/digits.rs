//! Groups of digits in a text, as people write them: half or full width, with spaces or hyphens in between.

use std::ops::Range;

/// An unbroken row of digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// ASCII digits.
    pub digits: String,
    /// Where it stands, in bytes of the text.
    pub span: Range<usize>,
    /// What stands between this group and the next, where that is all that parts them.
    pub joint: Option<Joint>,
}

/// What parts two groups of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    Space,
    Hyphen,
    Dot,
}

/// A digit of either width.
pub fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32),
        _ => None,
    }
}

fn joint(c: char) -> Option<Joint> {
    match c {
        ' ' | '\u{a0}' | '\u{2000}'..='\u{200d}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}' => {
            Some(Joint::Space)
        }
        '-' | '－' | '‐' | '‑' | '‒' | '–' | '—' | '−' => Some(Joint::Hyphen),
        '.' | '．' | '·' => Some(Joint::Dot),
        _ => None,
    }
}

/// All groups of a text, in order.
pub fn groups(text: &str) -> Vec<Group> {
    let mut found: Vec<Group> = Vec::new();
    // Joints since the last group; none when something else stood there.
    let mut between: Option<Vec<Joint>> = None;
    for (at, c) in text.char_indices() {
        if let Some(digit) = digit(c) {
            let end = at + c.len_utf8();
            match found.last_mut() {
                Some(last) if last.span.end == at => {
                    last.digits.push(digit);
                    last.span.end = end;
                }
                _ => {
                    if let (Some(last), Some(joints)) = (found.last_mut(), between.take()) {
                        last.joint = one(&joints);
                    }
                    found.push(Group { digits: digit.into(), span: at..end, joint: None });
                    between = Some(Vec::new());
                }
            }
        } else if let Some(joints) = &mut between {
            match joint(c) {
                Some(joint) if joints.len() < 3 => joints.push(joint),
                _ => between = None,
            }
        }
    }
    found
}

/// ` - ` is a hyphen, two hyphens are none.
fn one(joints: &[Joint]) -> Option<Joint> {
    let marks: Vec<Joint> = joints.iter().copied().filter(|joint| *joint != Joint::Space).collect();
    match marks.as_slice() {
        [] if joints.len() <= 2 => Some(Joint::Space),
        [mark] => Some(*mark),
        _ => None,
    }
}

/// The characters before a place, nearest first.
pub fn before(text: &str, at: usize) -> impl Iterator<Item = char> {
    text[..at].chars().rev()
}

/// The characters from a place on.
pub fn after(text: &str, at: usize) -> impl Iterator<Item = char> {
    text[at..].chars()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_know_what_parts_them() {
        let found = groups("电话：138-1234 5678，０４７５。1--2 3 - 4");
        let short: Vec<_> = found.iter().map(|group| (group.digits.as_str(), group.joint)).collect();
        assert_eq!(
            short,
            [
                ("138", Some(Joint::Hyphen)),
                ("1234", Some(Joint::Space)),
                ("5678", None),
                ("0475", None),
                ("1", None),
                ("2", Some(Joint::Space)),
                ("3", Some(Joint::Hyphen)),
                ("4", None),
            ]
        );
    }
}
