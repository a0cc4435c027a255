//! Blocks of code: what the info string says, with or without colours.

use comrak::nodes::{NodeCodeBlock, Sourcepos};
use giallo::{PLAIN_GRAMMAR_NAME, ParsedFence, parse_markdown_fence};

use super::escape;
use super::writer::Writer;

impl Writer<'_, '_> {
    pub(super) fn code_block(&mut self, block: &NodeCodeBlock, position: Sourcepos) {
        let info = self.expanded(if block.fenced { &block.info } else { "" });
        let literal = self.expanded(&block.literal);
        let fence = if block.fenced { parse_markdown_fence(&info) } else { ParsedFence::default() };
        if self.context.highlighter.is_on() {
            let language = fence.lang.clone();
            let mut found = Vec::new();
            let html = self.context.highlighter.render(&info, &literal, fence, &mut found);
            for diagnostic in found {
                // What is wrong with the configuration has its place already.
                match diagnostic.place {
                    Some(_) => self.reports.push_placed(diagnostic),
                    None => self.reports.push(diagnostic, self.source.find(position, &language)),
                }
            }
            match html {
                Some(html) => self.out.push_str(&html),
                None => self.plain_code(None, &literal),
            }
        } else {
            let language = Some(fence.lang.as_str()).filter(|lang| *lang != PLAIN_GRAMMAR_NAME);
            self.plain_code(language, &literal);
        }
    }

    fn plain_code(&mut self, language: Option<&str>, code: &str) {
        self.out.push_str("<pre><code");
        if let Some(language) = language {
            self.out.push_str(" data-lang=\"");
            escape::attribute(&mut self.out, language);
            self.out.push('"');
        }
        self.out.push('>');
        if code.contains('\r') {
            escape::text(&mut self.out, &code.replace("\r\n", "\n"));
        } else {
            escape::text(&mut self.out, code);
        }
        self.out.push_str("</code></pre>\n");
    }
}
