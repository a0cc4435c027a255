//! What assistive programs call an element (Accessible Name and Description Computation 1.2, as far as static pages need it).

use std::collections::{HashMap, HashSet};

use ego_tree::iter::Edge;
use scraper::{ElementRef, Node};

use crate::check::Document;

/// What labels point to.
pub struct Names<'a> {
    by_id: HashMap<&'a str, ElementRef<'a>>,
    labelled: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    pub fn new(document: &'a Document) -> Self {
        let mut by_id = HashMap::new();
        let mut labelled = HashSet::new();
        for element in document.elements() {
            if let Some(id) = element.value().id() {
                by_id.entry(id).or_insert(element);
            }
            if element.value().name() == "label"
                && let Some(of) = element.attr("for")
            {
                labelled.insert(of);
            }
        }
        Self { by_id, labelled }
    }

    /// Whether a form field has a label of any kind.
    pub fn is_labelled(&self, element: ElementRef) -> bool {
        let by_for = element.value().id().is_some_and(|id| self.labelled.contains(id));
        let inside =
            || element.ancestors().filter_map(ElementRef::wrap).any(|ancestor| ancestor.value().name() == "label");
        by_for || self.is_named(element) || inside()
    }

    /// Whether `aria-label`, `aria-labelledby`, `title` or a `<title>` inside names an element.
    pub fn is_named(&self, element: ElementRef) -> bool {
        let filled = |name: &str| element.attr(name).is_some_and(|value| !value.trim().is_empty());
        filled("aria-label")
            || filled("title")
            || self.referred(element).is_some_and(|name| !name.is_empty())
            || element
                .children()
                .filter_map(ElementRef::wrap)
                .any(|child| child.value().name() == "title" && child.text().any(|text| !text.trim().is_empty()))
    }

    fn referred(&self, element: ElementRef) -> Option<String> {
        let ids = element.attr("aria-labelledby")?;
        let texts = ids.split_whitespace().filter_map(|id| self.by_id.get(id)).map(|element| content(*element));
        Some(texts.collect::<Vec<_>>().join(" ").trim().to_owned())
    }
}

/// What is read out for a link or button; white space is one space.
pub fn accessible_name(element: ElementRef, names: &Names) -> String {
    if let Some(name) = names.referred(element).filter(|name| !name.is_empty()) {
        return name;
    }
    let attribute = |name: &str| element.attr(name).map(str::trim).filter(|value| !value.is_empty());
    if let Some(label) = attribute("aria-label") {
        return label.to_owned();
    }
    let content = content(element);
    match content.is_empty() {
        false => content,
        true => attribute("title").unwrap_or_default().to_owned(),
    }
}

/// Text, alternatives of pictures, and labels of what is inside. Walks without recursion: pages nest deep.
fn content(element: ElementRef) -> String {
    let mut out = String::new();
    // How deep inside of something that says nothing.
    let mut silent = 0_u32;
    for edge in element.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) if silent == 0 => out.push_str(text),
                Node::Element(inner) => {
                    if silent > 0
                        || inner.attr("aria-hidden") == Some("true")
                        || matches!(inner.name(), "script" | "style")
                    {
                        silent += 1;
                    } else if node.id() != element.id() {
                        let label = inner.attr("aria-label").or(if inner.name() == "img" || inner.name() == "area" {
                            inner.attr("alt")
                        } else {
                            None
                        });
                        if let Some(label) = label {
                            out.push(' ');
                            out.push_str(label);
                            out.push(' ');
                        }
                    }
                }
                _ => {}
            },
            Edge::Close(node) => {
                if node.value().is_element() {
                    if silent > 0 {
                        silent -= 1;
                    } else {
                        // Words of two blocks are two words.
                        let inline = node.value().as_element().is_some_and(|inner| {
                            matches!(
                                inner.name(),
                                "span"
                                    | "b"
                                    | "strong"
                                    | "em"
                                    | "i"
                                    | "mark"
                                    | "code"
                                    | "sup"
                                    | "sub"
                                    | "small"
                                    | "wbr"
                                    | "ruby"
                            )
                        });
                        out.push_str(if inline { "" } else { " " });
                    }
                }
            }
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}
