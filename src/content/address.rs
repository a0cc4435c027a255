//! Which typed addresses stay inside the output folder, on every system and however a server reads them.

pub use crate::config::climb;
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

/// Why an address of a page, an alias or a part of one leads out of the output folder; none when it stays inside.
///
/// Refused is what [`climb`] finds, and backslashes and Windows drives, which other systems take for part of a name.
pub fn escape(address: &str) -> Option<Text> {
    if let Some(why) = climb(address) {
        return Some(why);
    }
    if address.contains('\\') {
        return Some(text!(
            "`{address}` has a backslash, which leads out of the output folder on some systems",
            "`{address}` 含有反斜杠，在某些系统上会指向输出文件夹之外"
        ));
    }
    if address.split('/').any(|part| part == ".") {
        return Some(text!(
            "`{address}` has a part `.`, which names no place",
            "`{address}` 里有一段 `.`，它不代表任何位置"
        ));
    }
    let mut start = address.trim_start_matches('/').chars();
    if let (Some(drive), Some(':')) = (start.next(), start.next())
        && drive.is_ascii_alphabetic()
    {
        return Some(text!("`{address}` begins like a Windows drive", "`{address}` 的开头像 Windows 盘符"));
    }
    None
}

/// The error about an address that [`escape`] or [`climb`] refuses.
pub fn refusal(why: Text, place: Place) -> Diagnostic {
    Diagnostic::error("content/address", why).at(place).help(text!(
        "write an address below the site's own, with `/` between its parts",
        "请写本网站之内的地址，各部分之间用 `/`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_stay_inside_are_fine() {
        for address in
            ["", "/", "/blog/a/", "old.html", "/2026/科普..活动/", "/a..b/", "/.../", "/100%/", "/%e6%9c%88/", "/v1:2/"]
        {
            assert_eq!(escape(address), None, "{address}");
        }
    }

    #[test]
    fn addresses_that_lead_outside_are_refused() {
        for address in [
            "..",
            "../x",
            "/a/../../x",
            "a\\..\\x",
            "/a/%2e%2e/x",
            "%2E./x",
            ".%2e%2fx",
            "%252e%252e/x",
            "/..%5cx",
            "/..%c0%af/../x",
            "C:/x",
            "/c:x",
            "\\\\host\\x",
            "a\0",
            "/a%00.html",
            "/ .. /x",
        ] {
            assert!(escape(address).is_some(), "{address}");
        }
    }
}
