//! Links between documents: who is linked from where, and whether the anchors exist.

use std::collections::HashMap;

use crate::config::Level;
use crate::content::Content;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::markdown::{InternalLink, link_place};
use crate::text;

use super::bodies::{Backlinks, Bodies};
use super::relate::DocumentId;

/// Which documents link to each content path from elsewhere, as far as links are given.
pub fn backlinks<'a>(content: &Content, links: impl Iterator<Item = (DocumentId, &'a [InternalLink])>) -> Backlinks {
    let mut backlinks: Backlinks = HashMap::new();
    for (id, links) in links {
        let own = relative(content, id);
        for link in links.iter().filter(|link| link.path != own) {
            let from = backlinks.entry(link.path.clone()).or_default();
            if from.last() != Some(&id) {
                from.push(id);
            }
        }
    }
    backlinks
}

fn relative(content: &Content, id: DocumentId) -> &str {
    match id {
        DocumentId::Page(id) => &content.pages[id].file.relative,
        DocumentId::Section(id) => &content.sections[id].file.relative,
    }
}

/// Reports internal links whose anchor the target does not have.
pub fn check_anchors(bodies: &Bodies, diagnostics: &mut Vec<Diagnostic>) {
    let (content, config) = (&bodies.of.content, &bodies.of.early.config);
    let source = |id: DocumentId| match id {
        DocumentId::Page(id) => (&content.pages[id].file, &content.pages[id].text),
        DocumentId::Section(id) => (&content.sections[id].file, &content.sections[id].text),
    };
    let links = bodies.ids().flat_map(|id| {
        let (file, text) = source(id);
        bodies.links(id).iter().map(move |link| (file, text, link))
    });
    for (file, text, link) in links {
        let Some(anchor) = link.anchor.as_deref().filter(|a| !a.is_empty() && !a.eq_ignore_ascii_case("top")) else {
            continue;
        };
        let Some(target) = bodies.of.relations.places.document(&link.path) else { continue };
        let target = bodies.get(target);
        let html = target.content.as_str().unwrap_or_default();
        if target.heading_ids.iter().any(|id| id == anchor) || has_id(html, anchor) {
            continue;
        }
        let path = &link.path;
        // Zola takes these for good, so they stop no build; browsers tell capitals from small letters.
        let other_case = target.heading_ids.iter().any(|id| id.eq_ignore_ascii_case(anchor))
            || has_id(&html.to_ascii_lowercase(), &anchor.to_ascii_lowercase());
        if other_case {
            diagnostics.push(
                Diagnostic::warning(
                    "link/anchor-case",
                    text!(
                        "`{path}` has the anchor `#{anchor}` only with other capitals",
                        "`{path}` 里的锚点与 `#{anchor}` 大小写不同"
                    ),
                )
                .at(link_place(&link.span, &file.shown(), Some(text)))
                .help(text!(
                    "browsers do not find it; write it as it is there",
                    "浏览器找不到它，请按原样的大小写来写"
                )),
            );
            continue;
        }
        let message = text!("`{path}` has no anchor `#{anchor}`", "`{path}` 里没有锚点 `#{anchor}`");
        let mut diagnostic = match config.link_checker.internal_level {
            Level::Error => Diagnostic::error("link/anchor", message),
            Level::Warn => Diagnostic::warning("link/anchor", message),
        }
        .at(link_place(&link.span, &file.shown(), Some(text)));
        if let Some(near) = did_you_mean(anchor, target.heading_ids.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(text!("did you mean `#{near}`?", "您是不是要写 `#{near}`？"));
        }
        diagnostics.push(diagnostic);
    }
}

/// Whether some tag of the HTML has this `id` or `name`.
fn has_id(html: &str, anchor: &str) -> bool {
    html.match_indices(anchor).any(|(at, _)| {
        let after = html[at + anchor.len()..].chars().next();
        if !matches!(after, Some('"' | '\'' | ' ' | '>')) {
            return false;
        }
        let before = html[..at].trim_end_matches(['"', '\'']).trim_end();
        let Some(before) = before.strip_suffix('=').map(str::trim_end) else { return false };
        ["id", "name"].iter().any(|attribute| {
            before.len() > attribute.len()
                && before.is_char_boundary(before.len() - attribute.len())
                && before[before.len() - attribute.len()..].eq_ignore_ascii_case(attribute)
                && before[..before.len() - attribute.len()].ends_with(char::is_whitespace)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::has_id;

    #[test]
    fn an_anchor_is_an_id_or_a_name_of_a_tag() {
        assert!(has_id(r#"<a id="fred">"#, "fred"));
        assert!(has_id(r#"<a NAME = fred>"#, "fred"));
        assert!(!has_id(r#"<a id="frederic">"#, "fred"));
        assert!(!has_id(r#"<a data-id="fred">"#, "fred"));
        assert!(!has_id("fred = fred", "fred"));
    }
}
