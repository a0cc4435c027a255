//! How traditional Mongolian is encoded (GB/T 25914—2023, Unicode Technical Note 57).

use std::ops::Range;

use crate::check::finding;
use crate::diagnostic::Diagnostic;
use crate::text;

/// Looks at a whole source; `language` is that of the document, in lower case.
pub fn look(text: &str, language: &str, push: &mut dyn FnMut(Diagnostic, Range<usize>)) {
    let is_mongolian = language.starts_with("mn-mong") || language.starts_with("mvf");
    let mut characters = text.char_indices().peekable();
    let mut before: Option<char> = None;
    while let Some((at, c)) = characters.next() {
        let mut end = at + c.len_utf8();
        match c {
            '\u{e000}'..='\u{f8ff}' => {
                while let Some((next, _)) = characters.next_if(|(_, c)| matches!(c, '\u{e000}'..='\u{f8ff}' | ' ')) {
                    end = next + 1;
                }
                let end = text.len().min((end..).find(|end| text.is_char_boundary(*end)).unwrap_or(end));
                push(
                    finding(
                        "language/mongolian-code",
                        text!(
                            "these letters exist in one font only (private code, as of Menksoft)",
                            "这些字符是字体私有编码（如蒙科立编码），换一台电脑就无法显示"
                        ),
                    )
                    .help(text!(
                        "convert them to Unicode before they are put in",
                        "请先用转换工具转成国家标准编码（GB/T 25914）再粘贴"
                    )),
                    at..end,
                );
            }
            '\u{202f}' if before.is_some_and(is_letter) && characters.peek().is_some_and(|(_, c)| is_letter(*c)) => {
                push(
                    finding(
                        "language/mongolian-connector",
                        text!(
                            "the suffix is joined by U+202F, which the standard of 2023 no longer uses",
                            "附加成分用 U+202F 连接，2023 年标准已不再使用"
                        ),
                    )
                    .help(text!("use U+180E", "请改用 U+180E")),
                    at..end,
                )
            }
            '\u{180b}'..='\u{180d}' | '\u{180f}' if !before.is_some_and(is_letter) => push(
                finding(
                    "language/mongolian-selector",
                    text!("this variation selector follows no Mongolian letter", "变体选择符前面没有蒙古文字母"),
                )
                .help(text!("take it out", "请删去")),
                at..end,
            ),
            '\u{0400}'..='\u{04ff}' if is_mongolian => {
                while let Some((next, c)) = characters.next_if(|(_, c)| matches!(c, '\u{0400}'..='\u{04ff}')) {
                    end = next + c.len_utf8();
                }
                let word = &text[at..end];
                push(
                    finding(
                        "language/mongolian-cyrillic",
                        text!(
                            "`{word}` is Cyrillic on a page in Mongolian script",
                            "传统蒙古文页面里有西里尔文 `{word}`"
                        ),
                    ),
                    at..end,
                );
            }
            _ => {}
        }
        before = Some(c);
    }
}

fn is_letter(c: char) -> bool {
    matches!(c, '\u{1820}'..='\u{18aa}')
}
