//! Syntax tree → HTML, in one walk. Blocks and inlines are written here; what needs more than a tag is in
//! the files beside this one.

use std::borrow::Cow;

use comrak::nodes::{ListType, Node, NodeValue, TableAlignment};

use super::attributes::Attributes;
use super::footnotes::Footnotes;
use super::headings::OpenHeading;
use super::ids::Ids;
use super::reports::Reports;
use super::source::Source;
use super::summary::Marker;
use super::{Context, InternalLink, Link, breaks, containers, emoji, escape, toc};
use crate::diagnostic::Diagnostic;

/// The state of the walk over one document.
pub struct Writer<'c, 'a> {
    pub context: &'c Context<'a>,
    pub source: &'c Source<'c>,
    pub reports: Reports<'c>,
    pub out: String,
    pub ids: Ids,
    /// What authors wrote in braces behind headings, in document order.
    pub attributes: std::vec::IntoIter<Attributes>,
    pub heading: Option<OpenHeading>,
    pub headings: Vec<toc::Heading>,
    pub internal_links: Vec<InternalLink>,
    pub external_links: Vec<Link>,
    pub footnotes: Footnotes,
    pub marker: Option<Marker>,
    /// The state of the task item whose paragraph comes next.
    task: Option<bool>,
    table: Table,
}

#[derive(Default)]
struct Table {
    alignments: Vec<TableAlignment>,
    column: usize,
    in_head: bool,
}

impl<'c, 'a> Writer<'c, 'a> {
    pub fn new(context: &'c Context<'a>, source: &'c Source<'c>, diagnostics: &'c mut Vec<Diagnostic>) -> Self {
        Self {
            context,
            source,
            reports: Reports::new(source, diagnostics),
            out: String::with_capacity(source.text().len() * 5 / 4),
            ids: Ids::default(),
            attributes: Vec::new().into_iter(),
            heading: None,
            headings: Vec::new(),
            internal_links: Vec::new(),
            external_links: Vec::new(),
            footnotes: Footnotes::default(),
            marker: None,
            task: None,
            table: Table::default(),
        }
    }

    /// Writes a whole document. Uses no stack, however deep the tree is.
    pub fn document<'n>(&mut self, root: Node<'n>) {
        let Some(mut node) = root.first_child() else { return };
        loop {
            if self.enter(node) {
                if let Some(child) = node.first_child() {
                    node = child;
                    continue;
                }
                self.leave(node);
            }
            loop {
                if let Some(sibling) = node.next_sibling() {
                    node = sibling;
                    break;
                }
                match node.parent() {
                    Some(parent) if !parent.same_node(root) => node = parent,
                    _ => return,
                }
                self.leave(node);
            }
        }
    }

    /// Starts a new line unless one has just been started.
    pub fn newline(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn open(&mut self, tag: &str) {
        self.newline();
        self.out.push_str(tag);
    }

    /// Writes what comes before the children of a node. False if there is nothing more to write of it.
    fn enter(&mut self, node: Node<'_>) -> bool {
        // These change what is below them, which they can't while it is borrowed.
        let container = match &node.data().value {
            NodeValue::BlockQuote => Container::Quote,
            NodeValue::Item(_) => Container::Item,
            NodeValue::DescriptionList => Container::Definitions,
            _ => Container::Other,
        };
        match container {
            Container::Quote => {
                let kind = if self.context.config.markdown.github_alerts { containers::take_alert(node) } else { None };
                match kind {
                    Some(kind) => {
                        self.open("<blockquote class=\"markdown-alert-");
                        self.out.push_str(kind);
                        self.out.push_str("\">\n");
                    }
                    None => self.open("<blockquote>\n"),
                }
                return true;
            }
            Container::Item => {
                self.open("<li>");
                self.task = containers::take_box(node, self.source);
                return true;
            }
            Container::Definitions => {
                self.open("<dl>\n");
                containers::settle_definitions(node, self.source);
                return true;
            }
            Container::Other => {}
        }
        let data = node.data();
        match &data.value {
            NodeValue::Paragraph => {
                if !is_tight(node) && !self.is_inserted(node) {
                    self.open("<p>");
                }
                if let Some(done) = self.task.take() {
                    self.out.push_str(match done {
                        true => "<input disabled=\"\" type=\"checkbox\" checked=\"\"/>\n",
                        false => "<input disabled=\"\" type=\"checkbox\"/>\n",
                    });
                }
            }
            NodeValue::Text(text) => self.text(text),
            NodeValue::SoftBreak if self.context.config.differences.cjk_line_breaks && breaks::is_seamless(node) => {}
            NodeValue::SoftBreak => self.out.push('\n'),
            NodeValue::LineBreak => self.out.push_str("<br />\n"),
            NodeValue::Emph => self.out.push_str("<em>"),
            NodeValue::Strong => self.out.push_str("<strong>"),
            NodeValue::Strikethrough => self.out.push_str("<del>"),
            NodeValue::Code(code) => {
                self.out.push_str("<code>");
                let code = self.expanded(&code.literal);
                escape::text(&mut self.out, &code);
                self.out.push_str("</code>");
            }
            NodeValue::HtmlInline(html) => self.raw_html(html, node),
            NodeValue::HtmlBlock(block) => {
                for line in block.literal.split_inclusive('\n') {
                    self.raw_html(line, node);
                }
            }
            NodeValue::Link(link) => {
                self.open_link(&self.address(&link.url), &self.expanded(&link.title), data.sourcepos)
            }
            NodeValue::Image(image) => {
                self.image(node, &self.address(&image.url), &self.expanded(&image.title));
                return false;
            }
            NodeValue::FootnoteReference(reference) => self.footnote_reference(&reference.name),
            NodeValue::FootnoteDefinition(definition) => self.open_footnote(&definition.name),
            NodeValue::Heading(heading) => self.open_heading(node, heading.level, data.sourcepos),
            NodeValue::ThematicBreak => self.open("<hr />\n"),
            NodeValue::CodeBlock(block) => self.code_block(block, data.sourcepos),
            NodeValue::List(list) if list.list_type == ListType::Bullet => self.open("<ul>\n"),
            NodeValue::List(list) if list.start == 1 => self.open("<ol>\n"),
            NodeValue::List(list) => {
                self.open("<ol start=\"");
                self.out.push_str(&list.start.to_string());
                self.out.push_str("\">\n");
            }
            NodeValue::DescriptionTerm => self.open("<dt>"),
            NodeValue::DescriptionDetails => self.open("<dd>"),
            NodeValue::Table(table) => {
                self.table.alignments.clone_from(&table.alignments);
                self.out.push_str("<table>");
            }
            NodeValue::TableRow(head) => {
                self.table.column = 0;
                self.table.in_head = *head;
                self.out.push_str(if *head { "<thead><tr>" } else { "<tr>" });
            }
            NodeValue::TableCell => self.open_cell(),
            // The children carry everything, or the option that makes this node is never set.
            _ => {}
        }
        true
    }

    fn leave(&mut self, node: Node<'_>) {
        match &node.data().value {
            NodeValue::Heading(_) => self.close_heading(),
            NodeValue::FootnoteDefinition(_) => self.close_footnote(),
            NodeValue::Paragraph if self.is_inserted(node) => {}
            NodeValue::Paragraph if !is_tight(node) => {
                self.footnotes.paragraph_ends(self.out.len());
                self.out.push_str("</p>\n");
            }
            NodeValue::TableCell => {
                self.out.push_str(closing_tag(node, self.table.in_head));
                self.table.column += 1;
            }
            _ => self.out.push_str(closing_tag(node, false)),
        }
    }

    fn text(&mut self, text: &str) {
        let emoji = self.context.config.markdown.render_emoji;
        let write = |out: &mut String, text: &str| {
            if emoji && text.contains(':') {
                escape::text(out, &emoji::replace(text));
            } else {
                escape::text(out, text);
            }
        };
        match self.context.insertions {
            Some(insertions) => insertions.write(text, &mut self.out, write),
            None => write(&mut self.out, text),
        }
    }

    /// A text with what shortcodes put into it.
    pub fn expanded<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.context.insertions.map_or(Cow::Borrowed(text), |insertions| insertions.expand(text))
    }

    /// An address with what shortcodes put into it. Template files end with a line feed, addresses do not.
    fn address<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.expanded(text) {
            Cow::Borrowed(text) => Cow::Borrowed(text),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    /// A text without what shortcodes put into it.
    fn without<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.context.insertions.map_or(Cow::Borrowed(text), |insertions| insertions.without(text))
    }

    /// Whether a paragraph is what a shortcode put there.
    fn is_inserted(&self, paragraph: Node<'_>) -> bool {
        self.context.insertions.is_some_and(|insertions| insertions.is_alone(paragraph))
    }

    fn open_cell(&mut self) {
        self.out.push_str(if self.table.in_head { "<th" } else { "<td" });
        self.out.push_str(match self.table.alignments.get(self.table.column) {
            Some(TableAlignment::Left) => " style=\"text-align: left\">",
            Some(TableAlignment::Center) => " style=\"text-align: center\">",
            Some(TableAlignment::Right) => " style=\"text-align: right\">",
            Some(TableAlignment::None) | None => ">",
        });
    }

    /// The text and code below a node, as alternative text and titles have it: without images, breaks and
    /// HTML. Alternative text of Zola up to 0.22 has a space for each break.
    pub fn plain_text(&self, node: Node<'_>, with_images: bool) -> String {
        let mut plain = String::new();
        let mut next = node.first_child();
        while let Some(inner) = next {
            let mut leaf = false;
            match &inner.data().value {
                NodeValue::Text(text) if self.context.config.markdown.render_emoji => {
                    plain += &emoji::replace(&self.without(text));
                }
                NodeValue::Text(text) => plain += &self.without(text),
                NodeValue::Code(code) => plain += &self.expanded(&code.literal),
                NodeValue::Image(_) => leaf = !with_images,
                NodeValue::SoftBreak | NodeValue::LineBreak if with_images && self.context.before_0_23 => {
                    plain.push(' ')
                }
                _ => {}
            }
            next = following_within(inner, leaf, node);
        }
        plain
    }
}

/// The next node in document order below `root`.
pub fn following_within<'n>(node: Node<'n>, leaf: bool, root: Node<'n>) -> Option<Node<'n>> {
    if !leaf && let Some(child) = node.first_child() {
        return Some(child);
    }
    let mut node = node;
    loop {
        if node.same_node(root) {
            return None;
        }
        if let Some(sibling) = node.next_sibling() {
            return Some(sibling);
        }
        node = node.parent()?;
    }
}

enum Container {
    Quote,
    Item,
    Definitions,
    Other,
}

/// What ends a node that was written as a plain pair of tags.
pub fn closing_tag(node: Node<'_>, in_head: bool) -> &'static str {
    match &node.data().value {
        NodeValue::Paragraph if !is_tight(node) => "</p>\n",
        NodeValue::Emph => "</em>",
        NodeValue::Strong => "</strong>",
        NodeValue::Strikethrough => "</del>",
        NodeValue::Link(_) => "</a>",
        NodeValue::BlockQuote => "</blockquote>\n",
        NodeValue::List(list) if list.list_type == ListType::Bullet => "</ul>\n",
        NodeValue::List(_) => "</ol>\n",
        NodeValue::Item(_) => "</li>\n",
        NodeValue::DescriptionList => "</dl>\n",
        NodeValue::DescriptionTerm => "</dt>\n",
        NodeValue::DescriptionDetails => "</dd>\n",
        NodeValue::FootnoteDefinition(_) => "</div>\n",
        NodeValue::Table(_) => "</tbody></table>\n",
        NodeValue::TableRow(true) => "</tr></thead><tbody>\n",
        NodeValue::TableRow(false) => "</tr>\n",
        NodeValue::TableCell if in_head => "</th>",
        NodeValue::TableCell => "</td>",
        _ => "",
    }
}

/// Whether a paragraph stands in a list item or definition without `<p>`.
fn is_tight(paragraph: Node<'_>) -> bool {
    let Some(parent) = paragraph.parent() else { return false };
    match &parent.data().value {
        NodeValue::Item(_) => {
            parent.parent().is_some_and(|list| matches!(&list.data().value, NodeValue::List(list) if list.tight))
        }
        NodeValue::DescriptionTerm => true,
        NodeValue::DescriptionDetails => parent
            .parent()
            .is_some_and(|item| matches!(&item.data().value, NodeValue::DescriptionItem(item) if item.tight)),
        _ => false,
    }
}
