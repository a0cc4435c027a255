//! Numbers and lists in the files that authors write, and on the pages that are made of them.

use super::{Context, list, number, numbers};
use crate::check::{Found, Page, Source};
use crate::diagnostic::{Place, Text};
use crate::personal;

/// In Markdown, configuration and data.
pub fn of_source(context: &Context, source: &Source, found: &mut Found) {
    let text: &str = &source.text;
    let nothing = Text::verbatim("");
    let masked = masked_calls(text);
    for of in numbers(context, text) {
        if masked.iter().any(|call| call.contains(&of.span.start)) {
            continue;
        }
        let told = number(&of, &nothing).at(Place::span(source.file.as_str(), text, of.span));
        found.push(match source.address {
            Some(address) => told.on(address),
            None => told,
        });
    }
    let people = match source.file.rsplit_once('.') {
        Some((_, "csv")) => personal::people_in_csv(text).into_iter().collect(),
        _ => personal::people_in_text(text),
    };
    for of in people {
        let told = list(&of, &nothing).at(Place::span(source.file.as_str(), text, of.span));
        found.push(match source.address {
            Some(address) => told.on(address),
            None => told,
        });
    }
    let name = source.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    for of in numbers(context, name) {
        let within = crate::text!(" in the name of the file", "文件名中的 ");
        found.push(number(&of, &within).at(Place::file(source.file.as_str())));
    }
}

/// The stretches `{{ … mask … }}` of a text, whose numbers are not shown.
fn masked_calls(text: &str) -> Vec<std::ops::Range<usize>> {
    text.match_indices("{{")
        .filter_map(|(start, _)| {
            let end = start + text[start..].find("}}")?;
            let call = &text[start + 2..end];
            (call.trim_start().starts_with("mask(") || call.contains("| mask") || call.contains("|mask"))
                .then_some(start..end)
        })
        .collect()
}

/// What a page shows that stands in none of the sources above: in a template, or loaded from elsewhere.
pub fn of_page(context: &Context, page: &Page, found: &mut Found) {
    let text = page.shown_text();
    let nothing = Text::verbatim("");
    for of in numbers(context, text) {
        let written = text[of.span.clone()].to_owned();
        let at = context.sources.locate(page.source, &[written, of.number.clone()]);
        let is_source = |place: &Place| place.excerpt.is_some() && !context.is_template(&place.file);
        if at.as_ref().is_some_and(is_source) {
            continue;
        }
        let told = number(&of, &nothing).on(page.address);
        found.push(match at {
            Some(at) => told.at(at),
            None => told,
        });
    }
    // The name of the page is published, too.
    for of in numbers(context, page.path) {
        let within = crate::text!(" in the address of the page", "网页地址中的 ");
        let told = number(&of, &within).on(page.address);
        found.push(match page.source {
            Some(file) => told.at(Place::file(file)),
            None => told,
        });
    }
}
