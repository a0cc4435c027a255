//! Where the front matter of a file ends and its Markdown begins.

use super::{FrontMatter, Notation};
use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

/// Finds the marks, `+++` around TOML or `---` around YAML, as Zola does: white space may come before and after both,
/// the closing mark ends its line, and blank lines after it are not part of the Markdown.
pub fn split<'a>(file: &'a str, text: &'a str) -> Result<FrontMatter<'a>> {
    let start = text.len() - text.trim_start_matches(is_space).len();
    let rest = text.get(start..).unwrap_or_default();
    let (mark, notation) = match rest {
        _ if rest.starts_with("+++") => ("+++", Notation::Toml),
        _ if rest.starts_with("---") => ("---", Notation::Yaml),
        _ => return Err(Box::new(missing(file, text, start))),
    };
    let opening = start..start + mark.len();
    let Some(from) = line_end(text, opening.end).filter(|end| *end < text.len()) else {
        let error = Diagnostic::error(
            "front-matter/opening",
            text!("only `{mark}` may be on this line", "这一行只能写 `{mark}`"),
        );
        return Err(Box::new(error.at(Place::line(file, text, line(text, start))).help(text!(
            "begin the front matter on the next line and close it with a line `{mark}`",
            "请从下一行开始写文件头，并用一行 `{mark}` 结束"
        ))));
    };
    let mut at = from;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(mark)) {
        let closing = at + found;
        if let Some(body) = line_end(text, closing + mark.len()) {
            return Ok(FrontMatter { file, text, notation, range: from..closing, body: body..text.len() });
        }
        at = closing + 1;
    }
    let error = Diagnostic::error(
        "front-matter/unclosed",
        text!("the front matter has no closing `{mark}`", "文件头没有用 `{mark}` 结束"),
    );
    Err(Box::new(error.at(Place::span(file, text, opening)).help(text!(
        "write a line `{mark}` between the front matter and the text",
        "请在文件头和正文之间写一行 `{mark}`"
    ))))
}

/// Where the lines after `from` begin, if only white space is left on its line; blank lines are skipped.
fn line_end(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let space = rest.len() - rest.trim_start_matches(is_space).len();
    if space == rest.len() {
        return Some(text.len());
    }
    rest.get(..space)?.rfind('\n').map(|newline| from + newline + 1)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

fn line(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or_default().matches('\n').count() + 1
}

fn missing(file: &str, text: &str, start: usize) -> Diagnostic {
    let error = Diagnostic::error(
        "front-matter/missing",
        text!("this file has no front matter", "此文件没有文件头（front matter）"),
    )
    .at(Place::line(file, text, line(text, start)));
    // What word processors and Chinese input methods make of the marks.
    let first = text.get(start..).and_then(|rest| rest.chars().next());
    if let Some(first) = first.filter(|first| "—–－＋﹣﹢".contains(*first)) {
        return error.help(text!(
            "the first line begins with `{first}`; write it with the characters `+++` or `---` of the English keyboard",
            "第一行开头是 `{first}`；请用英文输入法写 `+++` 或 `---`"
        ));
    }
    error.help(text!(
        "begin the file with a line `+++`, lines like `title = \"…\"`, and another line `+++`",
        "请在文件开头写一行 `+++`，接着写 `title = \"…\"` 等行，再写一行 `+++`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<(&str, &str), &'static str> {
        let front = split("content/a.md", text).map_err(|error| error.code)?;
        Ok((text.get(front.range).unwrap_or("?"), text.get(front.body).unwrap_or("?")))
    }

    #[test]
    fn both_notations_are_split_from_the_body() {
        assert_eq!(parts("+++\na = 1\n+++\nHello\n"), Ok(("a = 1\n", "Hello\n")));
        assert_eq!(parts("\n---  \na: 1\n---\t\r\nHello\n"), Ok(("a: 1\n", "Hello\n")));
        assert_eq!(parts("+++\r\na = 1\r\n+++\r\nHello\r\n"), Ok(("a = 1\r\n", "Hello\r\n")));
    }

    #[test]
    fn blank_lines_before_the_body_are_dropped_and_its_indent_is_kept() {
        assert_eq!(parts("+++\n+++\n\n  \n    code\n"), Ok(("", "    code\n")));
    }

    #[test]
    fn the_body_may_be_missing() {
        assert_eq!(parts("+++\na = 1\n+++"), Ok(("a = 1\n", "")));
        assert_eq!(parts("+++\na = 1\n+++  \n\n"), Ok(("a = 1\n", "")));
    }

    #[test]
    fn the_first_mark_that_ends_a_line_closes() {
        assert_eq!(parts("---\na: x---y\n---\n---\n"), Ok(("a: x---y\n", "---\n")));
        assert_eq!(parts("+++\na = 1\n++++\n"), Ok(("a = 1\n+", "")));
    }

    #[test]
    fn each_way_to_have_no_front_matter_is_told_apart() {
        assert_eq!(parts(""), Err("front-matter/missing"));
        assert_eq!(parts("Hello\n"), Err("front-matter/missing"));
        assert_eq!(parts("———\ntitle: a\n———\n"), Err("front-matter/missing"));
        assert_eq!(parts("+++ a = 1\n+++\n"), Err("front-matter/opening"));
        assert_eq!(parts("+++"), Err("front-matter/opening"));
        assert_eq!(parts("+++\na = 1\n"), Err("front-matter/unclosed"));
        assert_eq!(parts("+++\na = 1\n---\n"), Err("front-matter/unclosed"));
    }
}
