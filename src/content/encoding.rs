//! The bytes of a text file in, its text out: UTF-8, and what Windows programs make instead of it.

use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS, UTF_16BE, UTF_16LE};

use crate::diagnostic::{Diagnostic, Place, Result, line_column};
use crate::text;

/// Reads a text file, as every part of kepu does. `shown` is its name in messages, relative to the site's root.
///
/// A byte order mark is not part of the text. UTF-16 with its mark and GB18030 are converted, with a warning; anything
/// else that is not UTF-8 is an error that names the first bad byte.
pub fn read_text(path: &Path, shown: &str, diagnostics: &mut Vec<Diagnostic>) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Diagnostic::io(shown, &error))?;
    decode(bytes, shown, diagnostics)
}

/// The text that the bytes of a file are; see [`read_text`].
pub fn decode(bytes: Vec<u8>, shown: &str, diagnostics: &mut Vec<Diagnostic>) -> Result<String> {
    let bytes = match String::from_utf8(bytes) {
        Ok(mut text) => {
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            return Ok(text);
        }
        Err(error) => error.into_bytes(),
    };
    let (encoding, start) = match bytes.as_slice() {
        [0xff, 0xfe, ..] => (UTF_16LE, 2),
        [0xfe, 0xff, ..] => (UTF_16BE, 2),
        _ if looks_chinese(&bytes) => (GB18030, 0),
        _ => return Err(Box::new(undecodable(&bytes, shown))),
    };
    let rest = bytes.get(start..).unwrap_or_default();
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(rest) else {
        return Err(Box::new(broken(encoding, rest, start, shown)));
    };
    let name = encoding.name();
    diagnostics.push(
        Diagnostic::warning(
            "encoding/converted",
            text!(
                "this file is saved as {name}; it was converted to UTF-8 while reading",
                "此文件以 {name} 编码保存，读取时已转换为 UTF-8"
            ),
        )
        .at(Place::file(shown))
        .help(text!(
            "save it as UTF-8 (Notepad: Save As, Encoding: UTF-8), which every program reads",
            "请另存为 UTF-8（记事本：另存为，编码选 UTF-8），各种程序都能读取"
        )),
    );
    Ok(text.into_owned())
}

/// Whether bytes that are not UTF-8 are GB18030, whose bytes may also be read as many other encodings.
fn looks_chinese(bytes: &[u8]) -> bool {
    if GB18030.decode_without_bom_handling_and_without_replacement(bytes).is_none() {
        return false;
    }
    // Big5, EUC-KR and the Japanese encodings use the same bytes; whoever looks without a bias sees them.
    let others = [BIG5, EUC_KR, SHIFT_JIS, EUC_JP];
    guess(bytes, Some(b"cn")) == GBK && !others.contains(&guess(bytes, None)) && mostly_common(bytes)
}

/// Whether at least a third of the characters are from GB 2312, as in any Chinese text. An accented letter between
/// plain ones, in a text of western Europe, is never: the second byte of these is above 0xA0, too.
fn mostly_common(bytes: &[u8]) -> bool {
    let (mut common, mut all) = (0, 0);
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = after;
        if let (true, [second, after @ ..]) = (*first >= 0x81, after) {
            rest = after;
            all += 1;
            common += usize::from((0xa1..=0xf7).contains(first) && *second >= 0xa1);
        }
    }
    common * 3 >= all
}

fn guess(bytes: &[u8], country: Option<&[u8]>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(country, Utf8Detection::Deny)
}

fn undecodable(bytes: &[u8], shown: &str) -> Diagnostic {
    let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let byte = bytes.get(at).copied().unwrap_or_default();
    let lossy = String::from_utf8_lossy(bytes);
    let (line, column) = line_column(&lossy, at);
    let looks = if bytes.contains(&0) { None } else { Some(guess(bytes, None).name()) };
    let error = Diagnostic::error(
        "encoding/unknown",
        text!(
            "this file is not text in UTF-8: byte {at} (line {line}, column {column}) is 0x{byte:02X}",
            "此文件不是 UTF-8 文本：第 {at} 字节（第 {line} 行第 {column} 列）是 0x{byte:02X}"
        ),
    )
    .at(Place::span(shown, lossy, at..at + '\u{fffd}'.len_utf8()))
    .help(text!("open it in the program that made it and save it as UTF-8", "请用原来的程序打开，另存为 UTF-8"));
    match looks {
        Some(name) => error.note(text!("it may be {name}", "它可能是 {name} 编码")),
        None => error,
    }
}

/// A file that begins as UTF-16 and does not go on so.
fn broken(encoding: &'static Encoding, rest: &[u8], start: usize, shown: &str) -> Diagnostic {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut buffer = String::with_capacity(rest.len() * 3 + 16);
    let (_, read) = decoder.decode_to_string_without_replacement(rest, &mut buffer, true);
    let (at, name, line) = (start + read, encoding.name(), buffer.matches('\n').count() + 1);
    Diagnostic::error(
        "encoding/broken",
        text!(
            "this file is damaged: it begins as {name}, but what is before byte {at} (line {line}) is not",
            "此文件已损坏：开头是 {name} 编码，但第 {at} 字节（第 {line} 行）之前的内容不是"
        ),
    )
    .at(Place::file(shown))
    .help(text!("open it in the program that made it and save it as UTF-8", "请用原来的程序打开，另存为 UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Result<String>, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        (decode(bytes.to_vec(), "content/a.md", &mut diagnostics), diagnostics)
    }

    fn converted(bytes: &[u8]) -> Option<String> {
        let (text, diagnostics) = read(bytes);
        assert_eq!(diagnostics.len(), usize::from(text.is_ok()), "{diagnostics:?}");
        text.ok()
    }

    const CHINESE: &str = "+++\ntitle = \"月相\"\n+++\n月亮围绕地球运行，我们看到的月亮有圆有缺。\n";

    #[test]
    fn utf8_is_read_as_it_is_without_its_mark() {
        assert_eq!(read("月".as_bytes()), (Ok("月".to_owned()), vec![]));
        assert_eq!(read("\u{feff}月".as_bytes()), (Ok("月".to_owned()), vec![]));
        assert_eq!(read(b""), (Ok(String::new()), vec![]));
    }

    #[test]
    fn utf16_with_its_mark_is_converted_with_a_warning() {
        let units: Vec<u16> = std::iter::once(0xfeff).chain(CHINESE.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(converted(&little).as_deref(), Some(CHINESE));
        assert_eq!(converted(&big).as_deref(), Some(CHINESE));
    }

    #[test]
    fn gb18030_is_converted_with_a_warning() {
        for text in [CHINESE, "月食", "title: 科普活动\n", "天文台开放日：3月1日上午9点，欢迎参加！"]
        {
            let (bytes, _, _) = GB18030.encode(text);
            assert_eq!(converted(&bytes).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_encodings_are_errors_at_the_first_bad_byte() {
        for bytes in
            [&b"caf\xe9 au lait"[..], b"r\xe9sum\xe9s et d\xe9tails", b"\x89PNG\r\n\x1a\n\0\0\xff\xfe", b"a\xff"]
        {
            let (text, _) = read(bytes);
            let error = text.err().map(|error| (error.code, error.message.en));
            let at = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
            assert!(error.as_ref().is_some_and(|(_, message)| message.contains(&format!("byte {at} "))), "{error:?}");
        }
    }

    #[test]
    fn damaged_utf16_is_an_error() {
        for bytes in [&b"\xff\xfea\0b"[..], b"\xff\xfe\x00\xd8a\0"] {
            assert_eq!(read(bytes).0.map_err(|error| error.code), Err("encoding/broken"));
        }
    }
}
