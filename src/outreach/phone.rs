//! Private telephone numbers, which have no place on a public site.

use crate::diagnostic::Diagnostic;
use crate::personal::{self, Kind};
use crate::text;

/// A mobile number of mainland China in a text.
pub fn mobile_number(text: &str) -> Option<String> {
    let mut numbers = personal::numbers(text).into_iter();
    numbers.find(|finding| finding.kind == Kind::Mobile).map(|finding| finding.number)
}

/// The error for a private number.
pub fn private_phone(number: &str) -> Diagnostic {
    let masked = personal::masked(Kind::Mobile, number);
    Diagnostic::error(
        "outreach/private-phone",
        text!(
            "`{masked}` is a mobile number, which does not belong on the site",
            "`{masked}` 是手机号码，不能公布在网站上"
        ),
    )
    .help(text!("write the telephone of the office", "请写办公室电话"))
}

#[cfg(test)]
mod tests {
    use super::mobile_number;

    #[test]
    fn mobile_numbers_are_found_and_others_are_not() {
        assert!(mobile_number("电话：138 1234-5678。").is_some());
        assert!(mobile_number("+86 13812345678").is_some());
        assert!(mobile_number("0475-4212345").is_none());
        assert!(mobile_number("12345678901234").is_none());
        assert!(mobile_number("804,449 条，2021年").is_none());
    }
}
