//! Headings: their ids, and the links to themselves that a site may ask for.

use std::fmt::Write;

use comrak::nodes::{Node, Sourcepos};

use super::escape;
use super::toc::Heading;
use super::writer::Writer;
use crate::config::{InsertAnchor, slugify_anchor};
use crate::diagnostic::Diagnostic;
use crate::text;

/// A heading whose content is being written.
pub struct OpenHeading {
    /// Where it starts in the output.
    pub start: usize,
    level: u8,
    /// What to write before the closing tag.
    suffix: String,
}

impl Writer<'_, '_> {
    pub(super) fn open_heading(&mut self, node: Node<'_>, level: u8, position: Sourcepos) {
        let attributes = self.attributes.next().unwrap_or_default();
        let title = self.plain_text(node, false);
        let id = match attributes.id {
            Some(id) => {
                if !self.ids.explicit(&id) {
                    let warning = Diagnostic::warning(
                        "markdown/duplicate-id",
                        text!("two headings of this page have the id `{id}`", "本页有两个标题的 id 都是 `{id}`"),
                    );
                    let span = self.source.find(position, &format!("#{id}"));
                    self.reports.push(warning, span);
                }
                id
            }
            None => self.ids.unique(slugify_anchor(&title, self.context.config.slugify.anchors)),
        };
        let start = self.out.len();
        let _ = write!(self.out, "<h{level} id=\"");
        escape::attribute(&mut self.out, &id);
        if !attributes.classes.is_empty() {
            self.out.push_str("\" class=\"");
            escape::attribute(&mut self.out, &attributes.classes.join(" "));
        }
        self.out.push_str("\">");

        let mut suffix = String::new();
        if self.context.insert_anchor != InsertAnchor::None {
            match (self.context.anchor_link)(&id, level) {
                Ok(link) => match self.context.insert_anchor {
                    InsertAnchor::Left => self.out.push_str(&link),
                    InsertAnchor::Right => suffix = link,
                    InsertAnchor::Heading => {
                        if let Some(tag) = opening_link(&link) {
                            self.out.push_str(tag);
                            suffix.push_str("</a>");
                        }
                    }
                    InsertAnchor::None => {}
                },
                Err(error) => self.reports.push_placed(*error),
            }
        }
        let permalink = format!("{}#{id}", self.context.permalink);
        self.headings.push(Heading { level, id, permalink, title, children: Vec::new() });
        self.heading = Some(OpenHeading { start, level, suffix });
    }

    pub(super) fn close_heading(&mut self) {
        if let Some(heading) = self.heading.take() {
            let _ = writeln!(self.out, "{}</h{}>", heading.suffix, heading.level);
        }
    }
}

/// The opening tag of the first `<a …>…</a>` on a line of HTML.
fn opening_link(html: &str) -> Option<&str> {
    html.match_indices('<').find_map(|(at, _)| {
        let name = html[at + 1..].trim_start();
        let rest = name.strip_prefix('a').filter(|rest| rest.starts_with(|c: char| c == '>' || c.is_whitespace()))?;
        let end = html.len() - rest.len() + rest.find('>')? + 1;
        let line = html[end..].split('\n').next()?;
        let closes = line.match_indices('<').any(|(at, _)| {
            let close = line[at + 1..].trim_start().strip_prefix('/').map(str::trim_start);
            close.and_then(|c| c.strip_prefix('a')).is_some_and(|c| c.starts_with('>'))
        });
        closes.then(|| &html[at..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_tag_of_a_link_is_found() {
        assert_eq!(opening_link("<i></i> <a class=\"x\" href=\"#y\">🔗</a>\n"), Some("<a class=\"x\" href=\"#y\">"));
        assert_eq!(opening_link("<abbr>x</abbr>"), None);
        assert_eq!(opening_link("<a href=x>"), None);
    }
}
