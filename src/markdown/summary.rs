//! `<!-- more -->`: the part of a page above it is the summary.

use comrak::nodes::{Node, NodeValue};

use super::writer::{Writer, closing_tag};

const CONTINUE: &str = "<span id=\"continue-reading\"></span>";

/// Where the summary ends.
pub struct Marker {
    /// The byte of the page's HTML.
    at: usize,
    /// The tags that are open there, closed.
    closing: String,
}

impl Writer<'_, '_> {
    /// Writes HTML as it is, except for the first marker.
    pub(super) fn raw_html(&mut self, html: &str, node: Node<'_>) {
        let marker = if self.marker.is_none() { find_marker(html) } else { None };
        let Some(marker) = marker else {
            let html = self.expanded(html);
            return self.out.push_str(&html);
        };
        // A marker in a heading or a collected footnote ends the summary before it.
        let at = self.footnotes.page_length().or(self.heading.as_ref().map(|h| h.start)).unwrap_or(self.out.len());
        self.marker = Some(Marker { at, closing: closing_tags(node) });
        self.footnotes.references.retain(|reference| reference.end <= at);
        let (before, after) = (self.expanded(&html[..marker.start]), self.expanded(&html[marker.end..]));
        // The marker takes the end of its line with it.
        let after = if after.trim().is_empty() { "" } else { &*after };
        self.out.push_str(&before);
        self.out.push_str(CONTINUE);
        self.out.push_str(after);
    }

    /// The summary, or none without a marker. To be called when the page is complete.
    pub(super) fn summary(&mut self) -> Option<String> {
        let Marker { at, closing } = self.marker.take()?;
        let mut summary = String::with_capacity(at + closing.len());
        let mut from = 0;
        for reference in &self.footnotes.references {
            summary.push_str(&self.out[from..reference.start]);
            from = reference.end;
        }
        summary.push_str(&self.out[from..at]);
        summary.truncate(summary.trim_end().len());
        if !closing.is_empty() {
            match (self.context.summary_cutoff)(&summary) {
                Ok(cutoff) => summary.push_str(&cutoff),
                Err(error) => self.reports.push_placed(*error),
            }
            summary.push_str(&closing);
        }
        Some(summary)
    }
}

fn closing_tags(node: Node<'_>) -> String {
    let mut tags = String::new();
    for ancestor in node.ancestors().skip(1) {
        match &ancestor.data().value {
            // The summary ends before these, so what they hold is not in it.
            NodeValue::Heading(_) | NodeValue::FootnoteDefinition(_) => tags.clear(),
            _ => {
                let in_head = ancestor.parent().is_some_and(|p| matches!(p.data().value, NodeValue::TableRow(true)));
                tags.push_str(closing_tag(ancestor, in_head));
            }
        }
    }
    tags
}

/// `<!--`, white space, `more` in any case, white space, `-->`.
fn find_marker(html: &str) -> Option<std::ops::Range<usize>> {
    html.match_indices("<!--").find_map(|(start, open)| {
        let inside = html[start + open.len()..].trim_start();
        let word = inside.get(..4).filter(|word| word.eq_ignore_ascii_case("more"))?;
        let rest = inside[word.len()..].trim_start().strip_prefix("-->")?;
        Some(start..html.len() - rest.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_may_be_written_loosely() {
        for html in ["<!--more-->", "a <!-- MORE\n--> b", "<!-- x --><!--\tmore -->"] {
            assert!(find_marker(html).is_some(), "{html}");
        }
        for html in ["<!-- moreover -->", "<!-- no more -->", "more", "<!-- 更多 -->"] {
            assert!(find_marker(html).is_none(), "{html}");
        }
    }
}
