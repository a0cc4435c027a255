//! One HTML page as a tree, parsed by the rules of the HTML standard.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node};

/// A parsed page.
#[derive(Debug)]
pub struct Document {
    html: Html,
}

impl Document {
    pub fn parse(html: &str) -> Self {
        Self { html: Html::parse_document(html) }
    }

    /// The tree, for selectors.
    pub fn html(&self) -> &Html {
        &self.html
    }

    /// All elements in the order of the page, those inside `<template>` not among them.
    pub fn elements(&self) -> impl Iterator<Item = ElementRef<'_>> {
        self.html
            .tree
            .nodes()
            .filter_map(ElementRef::wrap)
            .filter(|element| element.parent().is_none_or(|parent| !matches!(parent.value(), Node::Fragment)))
    }

    /// All elements of one name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = ElementRef<'a>> {
        self.elements().filter(move |element| element.value().name() == name)
    }

    /// Whether browsers leave this page at once.
    pub fn redirects(&self) -> bool {
        self.named("meta").any(|meta| {
            let is_refresh = meta.attr("http-equiv").is_some_and(|value| value.eq_ignore_ascii_case("refresh"));
            is_refresh && meta.attr("content").is_some_and(|content| content.to_ascii_lowercase().contains("url="))
        })
    }
}

/// The text in an element, white space as it stands.
pub fn text_of(element: ElementRef) -> String {
    element.text().collect()
}

/// Whether one of the names in `class` is this one.
pub fn has_class(element: ElementRef, class: &str) -> bool {
    element.value().classes().any(|own| own == class)
}

/// The text of a page with what is read out or shown of attributes; blocks are lines, cells are parted by tabs.
pub fn shown_text(document: &Document) -> String {
    let mut out = String::new();
    // An explicit stack: pages may nest deeper than the stack of a thread.
    for edge in document.html.root_element().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) => {
                    let hidden =
                        node.parent().and_then(ElementRef::wrap).is_some_and(|parent| match parent.value().name() {
                            "style" => true,
                            "script" => parent.attr("type") != Some("application/ld+json"),
                            _ => false,
                        });
                    if !hidden {
                        out.push_str(text);
                    }
                }
                Node::Element(element) => {
                    for (attribute, value) in element.attrs() {
                        if matches!(attribute, "alt" | "title" | "aria-label" | "placeholder" | "content" | "value") {
                            out.push('\n');
                            out.push_str(value);
                            out.push('\n');
                        }
                    }
                    if let Some(called) = element.attr("href").and_then(|href| href.strip_prefix("tel:")) {
                        out.push('\n');
                        out.push_str(called);
                        out.push('\n');
                    }
                }
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    match element.name() {
                        "td" | "th" => out.push('\t'),
                        "span" | "b" | "strong" | "i" | "em" | "a" | "code" | "mark" | "small" | "u" | "s" | "sup"
                        | "sub" | "ruby" | "rt" | "wbr" | "font" => {}
                        _ => out.push('\n'),
                    }
                }
            }
        }
    }
    out
}
