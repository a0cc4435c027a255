//! The index for Fuse.js: a list of items, which Fuse searches as they are.

use rayon::prelude::*;
use serde::Serialize;

use super::{Document, Switches, body_text};

/// An item has its keys in this order; a switched-off key is left out, a missing title or description is empty.
#[derive(Serialize)]
struct Item<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
}

pub(super) fn build(prefix: &str, switches: &Switches, documents: &[Document<'_>]) -> String {
    let items: Vec<Item<'_>> = documents
        .par_iter()
        .map(|document| Item {
            url: document.url,
            title: switches.include_title.then_some(document.title.unwrap_or_default()),
            description: switches.include_description.then_some(document.description.unwrap_or_default()),
            body: switches.include_content.then(|| body_text(document.body_html, switches.truncate_content_length)),
            path: switches.include_path.then_some(document.path),
        })
        .collect();
    // Strings and options always serialize.
    prefix.to_owned() + &serde_json::to_string(&items).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Document<'_> = Document {
        url: "https://example.org/a/",
        title: Some("日食 \"2035\""),
        description: None,
        date: Some("2023-01-31T00:00:00Z"),
        path: "/a/",
        body_html: "<p>text &amp; more</p>",
    };

    #[test]
    fn every_switch_adds_its_key() {
        let all = Switches {
            include_description: true,
            include_path: true,
            include_date: true,
            truncate_content_length: Some(4),
            ..Switches::default()
        };
        assert_eq!(
            build("", &all, &[PAGE]),
            r#"[{"url":"https://example.org/a/","title":"日食 \"2035\"","description":"","body":"text","path":"/a/"}]"#
        );
        let none = Switches { include_title: false, include_content: false, ..Switches::default() };
        assert_eq!(build("x = ", &none, &[PAGE]), r#"x = [{"url":"https://example.org/a/"}]"#);
        assert_eq!(build("", &all, &[]), "[]");
    }
}
