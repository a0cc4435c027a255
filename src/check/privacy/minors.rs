//! Pages about minors say that their parents consented.

use super::Context;
use crate::check::{Facts, Found, finding};
use crate::content::place_of_key;
use crate::text;

/// `extra.minors = true` demands `extra.consent`.
pub fn of_site(context: &Context, _: &Facts, found: &mut Found) {
    let content = &context.site.content;
    let pages = content.pages.iter().map(|page| (&page.file, &page.meta.extra));
    let sections = content.sections.iter().map(|section| (&section.file, &section.meta.extra));
    for (file, extra) in pages.chain(sections) {
        if extra.get_from_path("minors").and_then(|minors| minors.as_bool()) != Some(true) {
            continue;
        }
        let stated = extra
            .get_from_path("consent")
            .and_then(|consent| consent.as_str())
            .is_some_and(|said| !said.trim().is_empty());
        if stated {
            continue;
        }
        let shown = file.shown();
        let source = context.sources.text(&shown).unwrap_or_default();
        found.push(
            finding(
                "privacy/minors",
                text!(
                    "this page shows minors, and no consent of their parents is stated",
                    "本页涉及未成年人，却没有写明监护人同意"
                ),
            )
            .at(place_of_key(&shown, &source, &["extra", "minors"]))
            .help(text!(
                "add `consent = \"…\"`: who consented, when, and where the paper is kept; children under 14 need their parents' consent",
                "请加上 `consent = \"……\"`，写明谁在何时同意、书面材料存放在哪里；不满十四周岁的须由监护人同意"
            )),
        );
    }
}
