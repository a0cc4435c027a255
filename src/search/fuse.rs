//! The index for Fuse.js: a list of items, which Fuse searches as they are.

use rayon::prelude::*;
use serde::Serialize;

use super::known::Known;
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

pub(super) fn build(prefix: &str, switches: &Switches, documents: &[Document<'_>], known: Known) -> String {
    let text = |document: &Document| {
        known.get(document, |from| from.text().map(str::to_owned)).unwrap_or_else(|| {
            let text = body_text(document.body.html(), switches.truncate_content_length);
            known.put(document, |to| to.text(&text));
            text
        })
    };
    let items: Vec<Item<'_>> = documents
        .par_iter()
        .map(|document| Item {
            url: document.url,
            title: switches.include_title.then_some(document.title.unwrap_or_default()),
            description: switches.include_description.then_some(document.description.unwrap_or_default()),
            body: switches.include_content.then(|| text(document)),
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
        body: &"<p>text &amp; more</p>",
    };

    fn index(prefix: &str, switches: &Switches, documents: &[Document<'_>]) -> String {
        build(prefix, switches, documents, Known::new(None, "", "", switches))
    }

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
            index("", &all, &[PAGE]),
            r#"[{"url":"https://example.org/a/","title":"日食 \"2035\"","description":"","body":"text","path":"/a/"}]"#
        );
        let none = Switches { include_title: false, include_content: false, ..Switches::default() };
        assert_eq!(index("x = ", &none, &[PAGE]), r#"x = [{"url":"https://example.org/a/"}]"#);
        assert_eq!(index("", &all, &[]), "[]");
    }
}
