//! What to do about front matter that the TOML or YAML parser refuses.

use super::Notation;
use crate::diagnostic::{Diagnostic, Text};
use crate::text;

/// The characters of Chinese input methods that take the place of syntax.
const FULL_WIDTH: [char; 12] = ['“', '”', '‘', '’', '＂', '：', '＝', '，', '［', '］', '＃', '\u{3000}'];

/// Advice for a parser's error, by the line that it points at and what the parser says.
pub fn hint(error: &Diagnostic, notation: Notation) -> Text {
    let excerpt = error.place.as_ref().and_then(|place| place.excerpt.as_ref());
    let line = excerpt.map_or("", |(text, span)| {
        let start = text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    });
    // Outside of quotation marks these are seldom meant.
    let typed = line.chars().find(|c| FULL_WIDTH.contains(c)).filter(|_| !line.contains(['"', '\'']));
    if let Some(typed) = typed {
        return text!(
            "`{typed}` is from a Chinese input method; type the signs of front matter with the English keyboard",
            "`{typed}` 是中文输入法的符号；文件头里的引号、冒号、逗号和括号请用英文输入法输入"
        );
    }
    let message = error.message.en.as_str();
    let value = line.split_once('=').map_or("", |(_, value)| value.trim_start());
    let is_bare = notation == Notation::Toml && !value.starts_with(['"', '\'', '[', '{']) && !value.is_ascii();
    if message.contains("expected a string") || is_bare {
        return text!("put the value in quotation marks", "请给值加上英文双引号");
    }
    if message.contains("boolean") {
        return text!("write `true` or `false`", "请写 `true` 或 `false`");
    }
    match notation {
        Notation::Toml => text!(
            "between `+++` is TOML: lines like `title = \"…\"`, and tables like `[extra]` after them",
            "`+++` 之间是 TOML：每行如 `title = \"…\"`，其后才是 `[extra]` 等表"
        ),
        Notation::Yaml => text!(
            "between `---` is YAML, lines like `title: …`; quote a value that has `: ` or ` #` or begins with a sign",
            "`---` 之间是 YAML：每行如 `title: …`；值里有 `: `、` #` 或以符号开头时，请加英文引号"
        ),
    }
}
