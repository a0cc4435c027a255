//! Links and images: to other pages, to files beside the page, to the web.

use comrak::nodes::{Node, NodeValue, Sourcepos};

use super::escape;
use super::writer::{Writer, following_within};
use super::{InternalLink, Link};
use crate::config::{Level, Markdown};
use crate::diagnostic::{Diagnostic, Text};
use crate::text;

/// A link of Zola's kind: `@/`, the path of a file below `content/`, perhaps `#` and an id.
struct ContentLink<'a> {
    path: String,
    anchor: Option<&'a str>,
}

impl<'a> ContentLink<'a> {
    fn parse(address: &'a str) -> Option<Self> {
        let mut parts = address.strip_prefix("@/")?.split('#');
        let path = percent_decode(parts.next()?);
        Some(Self { path, anchor: parts.next() })
    }
}

impl Writer<'_, '_> {
    pub(super) fn open_link(&mut self, address: &str, title: &str, position: Sourcepos) {
        if let Some(link) = ContentLink::parse(address)
            && let Some(why) = (self.context.unpublished)(&link.path)
        {
            self.unpublished_link(address, &link.path, why, position);
            self.out.push_str("<a>");
            return;
        }
        let target = self.follow(address, position);
        let markdown = &self.context.config.markdown;
        if is_external(address) {
            self.out.push_str("<a ");
            external_attributes(&mut self.out, markdown);
        } else {
            self.out.push_str("<a ");
        }
        if !title.is_empty() {
            self.out.push_str("title=\"");
            escape::attribute(&mut self.out, title);
            self.out.push_str("\" ");
        }
        self.out.push_str("href=\"");
        escape::href(&mut self.out, target.as_deref().unwrap_or(address));
        self.out.push_str("\">");
    }

    /// Notes where a link leads and returns its address on the site where that is another one.
    fn follow(&mut self, address: &str, position: Sourcepos) -> Option<String> {
        if address.is_empty() {
            let error =
                Diagnostic::error("markdown/empty-link", text!("this link has no address", "这个链接没有写地址"))
                    .help(text!("write the address between the round brackets", "请在圆括号里写上地址"));
            self.reports.push(error, self.source.find(position, ""));
            return Some("#".to_owned());
        }
        if let Some(link) = ContentLink::parse(address) {
            let span = self.source.find(position, address);
            let Some(mut target) = (self.context.resolve)(&link.path) else {
                self.broken_link(address, &link.path, span);
                return None;
            };
            if let Some(anchor) = link.anchor {
                target.push('#');
                target.push_str(anchor);
            }
            self.internal_links.push(InternalLink { path: link.path, anchor: link.anchor.map(str::to_owned), span });
            return Some(target);
        }
        if is_external(address) {
            let span = self.source.find(position, address);
            self.external_links.push(Link { url: address.to_owned(), span });
            return None;
        }
        match address.strip_prefix('#') {
            Some("") => None,
            Some(anchor) => {
                if !self.context.content_path.is_empty() {
                    let span = self.source.find(position, address);
                    let path = self.context.content_path.to_owned();
                    self.internal_links.push(InternalLink { path, anchor: Some(anchor.to_owned()), span });
                }
                Some(format!("{}{address}", self.context.permalink))
            }
            None if is_beside_page(address) => Some(format!("{}{address}", self.context.permalink)),
            None => None,
        }
    }

    /// A page that comes and goes must not break the site that links to it: the link stays as text until then.
    fn unpublished_link(&mut self, address: &str, path: &str, why: Text, position: Sourcepos) {
        let Text { en, zh } = why;
        let message = text!(
            "`content/{path}` is not in the site now: {en}. The link is shown as text",
            "`content/{path}` 现在不在网站上：{zh}。这个链接显示为文字"
        );
        let warning = Diagnostic::warning("markdown/unpublished-link", message).help(text!(
            "nothing has to be done if that is meant; else change the dates of that page",
            "如果本意如此，不用处理；否则请修改那个页面的日期"
        ));
        self.reports.push(warning, self.source.find(position, address));
    }

    fn broken_link(&mut self, address: &str, path: &str, span: Option<std::ops::Range<usize>>) {
        let message = text!(
            "broken link `{address}`: there is no `content/{path}`",
            "链接 `{address}` 已断：没有 `content/{path}`"
        );
        let diagnostic = match self.context.config.link_checker.internal_level {
            Level::Error => Diagnostic::error("markdown/broken-link", message),
            Level::Warn => Diagnostic::warning("markdown/broken-link", message),
        };
        let diagnostic = diagnostic.help(text!(
            "after `@/` comes the path of a Markdown file below `content/`",
            "`@/` 后面要写 `content/` 里 Markdown 文件的路径"
        ));
        self.reports.push(diagnostic, span);
    }

    pub(super) fn image(&mut self, node: Node<'_>, address: &str, title: &str) {
        let alternative = self.plain_text(node, true);
        // Links in the alternative text can't be followed, but they can be wrong.
        let mut next = node.first_child();
        while let Some(inner) = next {
            let data = inner.data();
            if let NodeValue::Link(link) = &data.value {
                self.follow(&link.url, data.sourcepos);
            }
            drop(data);
            next = following_within(inner, false, node);
        }
        self.out.push_str("<img src=\"");
        if is_beside_page(address) {
            escape::href(&mut self.out, self.context.permalink);
        }
        escape::href(&mut self.out, address);
        self.out.push_str("\" alt=\"");
        escape::attribute(&mut self.out, &alternative);
        if !title.is_empty() {
            self.out.push_str("\" title=\"");
            escape::attribute(&mut self.out, title);
        }
        self.out.push_str(match self.context.config.markdown.lazy_async_image {
            true => "\" loading=\"lazy\" decoding=\"async\" />",
            false => "\" />",
        });
    }
}

fn external_attributes(out: &mut String, markdown: &Markdown) {
    if let Some(class) = &markdown.external_links_class {
        out.push_str("class=\"");
        escape::attribute(out, class);
        out.push_str("\" ");
    }
    let rel = [
        // A page opened in a new tab could otherwise reach back into this one.
        (markdown.external_links_target_blank, "noopener"),
        (markdown.external_links_no_follow, "nofollow"),
        (markdown.external_links_no_referrer, "noreferrer"),
        (markdown.external_links_external, "external"),
    ];
    let mut separator = "rel=\"";
    for (_, word) in rel.iter().filter(|(is_on, _)| *is_on) {
        out.push_str(separator);
        out.push_str(word);
        separator = " ";
    }
    if separator == " " {
        out.push_str("\" ");
    }
    if markdown.external_links_target_blank {
        out.push_str("target=\"_blank\" ");
    }
}

/// Whether an address leads to the web.
fn is_external(address: &str) -> bool {
    address.starts_with("http:") || address.starts_with("https:")
}

/// Whether an address is that of a file in the folder of the page.
fn is_beside_page(address: &str) -> bool {
    !address.starts_with(['/', '#']) && !address.starts_with("..") && !has_scheme(address)
}

fn has_scheme(address: &str) -> bool {
    let name = address.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
    name > 0 && address.as_bytes().get(name) == Some(&b':')
}

fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (hex(at + 1), hex(at + 2)) {
            (Some(high), Some(low)) if byte == b'%' => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_names_are_files_beside_the_page() {
        for address in ["a.png", "./a b.pdf", "图.jpg", "?x"] {
            assert!(is_beside_page(address), "{address}");
        }
        for address in ["/a", "../a", "#a", "mailto:a@b.c", "x-y:z", "https://a"] {
            assert!(!is_beside_page(address), "{address}");
        }
    }

    #[test]
    fn content_links_are_decoded() {
        let link = ContentLink::parse("@/%E6%9C%88/50%.md#a#b").unwrap();
        assert_eq!((link.path.as_str(), link.anchor), ("月/50%.md", Some("a")));
        assert!(ContentLink::parse("/x.md").is_none());
    }
}
