//! What tells who a person is: identity numbers, mobile numbers, bank cards, and lists of names with homes and telephones.
//!
//! A text or the cells of a table come in, what was found and where goes out. Files, rules and messages are not its
//! business; whoever shows a finding shows it masked.

mod bank;
mod context;
mod digits;
mod identity;
mod mask;
mod mobile;
mod people;
#[cfg(test)]
mod tests;

use std::ops::Range;

pub use mask::{address as mask_address, excerpt, masked, text as mask_text};
pub use people::People;
pub use people::{
    in_csv as people_in_csv, in_html as people_in_html, in_rows as people_in_rows, in_text as people_in_text,
};

use context::Context;

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Identity,
    Mobile,
    Bank,
}

/// One number in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub kind: Kind,
    /// Where it stands, in bytes of the text.
    pub span: Range<usize>,
    /// Its digits without spaces, in half width; an identity number may end with `X` or have fifteen digits, a mobile number has no country code.
    pub number: String,
}

/// All numbers of persons in a text, in order.
pub fn numbers(text: &str) -> Vec<Finding> {
    let groups = digits::groups(text);
    if groups.is_empty() {
        return Vec::new();
    }
    let context = Context::new(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < groups.len() {
        let rest = &groups[at..];
        let previous = at.checked_sub(1).and_then(|before| groups.get(before));
        // The check of an identity number is the strictest, that of a mobile number the loosest.
        let hit = identity::starting_at(&context, rest)
            .or_else(|| bank::starting_at(&context, rest))
            .or_else(|| mobile::starting_at(&context, previous, rest));
        match hit {
            Some((finding, taken)) => {
                found.push(finding);
                at += taken.max(1);
            }
            None => at += 1,
        }
    }
    found
}
