//! Private telephone numbers, which have no place on a public site.

use crate::diagnostic::Diagnostic;
use crate::text;

/// A mobile number of mainland China in a text.
pub fn mobile_number(text: &str) -> Option<String> {
    // Spaces and hyphens between digits are how people group them.
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        match c {
            '0'..='9' => run.push(c),
            ' ' | '-' if !run.is_empty() => {}
            _ => {
                let number = run.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&run);
                if number.len() == 11
                    && number.starts_with('1')
                    && matches!(number.as_bytes().get(1), Some(b'3'..=b'9'))
                {
                    return Some(number.to_owned());
                }
                run.clear();
            }
        }
    }
    None
}

/// The error for a private number.
pub fn private_phone(number: &str) -> Diagnostic {
    let masked = format!("{}****{}", number.get(..3).unwrap_or_default(), number.get(7..).unwrap_or_default());
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
