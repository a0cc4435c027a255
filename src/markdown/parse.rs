//! Text → syntax tree: the options of comrak, and what bounds its work.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use comrak::nodes::Node;
use comrak::{Arena, Options};

use super::table_rows;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Result};
use crate::text;

/// The parser asks once in 256 steps whether to go on: about every 600 bytes of ordinary text, every 50 of
/// nothing but marks. Texts that are made to cost the square of their size are ended here.
const FREE_CHECKS: usize = 4096;
const BYTES_PER_CHECK: usize = 8;

/// Parses a body. The error has no place yet.
pub fn parse<'a>(arena: &'a Arena<'a>, text: &str, config: &Config) -> Result<Node<'a>> {
    let text = &*table_rows::unindent(text);
    let options = options(config);
    let left = Cell::new(FREE_CHECKS + text.len() / BYTES_PER_CHECK);
    let give_up = || {
        left.set(left.get().saturating_sub(1));
        left.get() == 0
    };
    // comrak asserts that its own positions add up; should one not, that is one page's error.
    let parsed = catch_unwind(AssertUnwindSafe(|| comrak::try_parse_document(arena, text, &options, &give_up)));
    match parsed {
        Ok(Ok(root)) => Ok(root),
        Ok(Err(_)) => Err(Box::new(
            Diagnostic::error(
                "markdown/too-complex",
                text!("this text is nested too deeply to be parsed", "这段文本嵌套过深，无法解析"),
            )
            .help(text!(
                "look for very long runs of `>`, `[` or `*`, or hundreds of nested lists",
                "请检查是否有很长的一串 `>`、`[`、`*`，或上百层的嵌套列表"
            )),
        )),
        Err(_) => Err(Box::new(
            Diagnostic::error(
                "markdown/parser",
                text!("the Markdown parser failed on this text", "Markdown 解析器处理这段文本时出错"),
            )
            .help(text!(
                "this is a bug of kepu: please report it with the file",
                "这是 kepu 的缺陷，请附上此文件报告给我们"
            )),
        )),
    }
}

fn options(config: &Config) -> Options<'static> {
    let mut options = Options::default();
    let markdown = &config.markdown;
    options.extension.table = true;
    options.extension.footnotes = true;
    options.extension.description_lists = markdown.definition_list;
    options.extension.cjk_friendly_emphasis = config.differences.cjk_emphasis;
    options.parse.leave_footnote_definitions = true;
    // Escaped quotes and tildes stay as they are; see `smart` and `strike`.
    options.parse.escaped_char_spans = true;
    options
}
