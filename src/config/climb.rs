//! Names and addresses that lead out of the folder they belong to.

use crate::diagnostic::Text;
use crate::text;

/// Finds `..` between slashes or backslashes and NUL, also written with percent signs, which browsers and servers
/// decode.
pub fn climb(address: &str) -> Option<Text> {
    let mut decoded = address.to_owned();
    // Nobody decodes more often than this.
    for _ in 0..4 {
        if decoded.split(['/', '\\']).any(|part| part.trim() == "..") {
            return Some(text!("`{address}` leads out of the output folder", "`{address}` 指向输出文件夹之外"));
        }
        if decoded.contains('\0') {
            let shown = address.replace('\0', "␀");
            return Some(text!("`{shown}` contains a NUL character", "`{shown}` 含有 NUL 字符"));
        }
        match percent_decoded(&decoded) {
            Some(next) => decoded = next,
            None => break,
        }
    }
    None
}

/// The text with `%2e` and the like decoded; none where there is nothing to decode.
fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let pair = rest.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let code = pair.filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(code) if *first == b'%' => {
                out.push(code);
                bytes = rest.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                bytes = rest;
            }
        }
    }
    let decoded = String::from_utf8_lossy(&out).into_owned();
    (decoded != text).then_some(decoded)
}
