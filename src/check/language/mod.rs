//! Rules about how Chinese and Mongolian are written in the sources: wrong words, punctuation, spacing, old encodings.
//!
//! [`prose`] says which stretches of a file are text; nothing else is read. Nothing is written here: [`repair`] makes a new
//! text, which `kepu check --fix` writes.

mod mongolian;
mod prose;
pub mod repair;
mod rules;
mod style;
#[cfg(test)]
mod tests;
mod words;

use std::path::{Path, PathBuf};

use super::{Context, File, Found, Group, Page, Source, finding};
use crate::diagnostic::{Diagnostic, Place};
use crate::site::Site;
use crate::{content, text};
use prose::stretches;

pub use words::{Word, Words};

pub const GROUP: Group =
    Group { rules: rules::RULES, source: Some(of_source), file: Some(of_file), page: Some(of_page), ..Group::NONE };

fn of_source(context: &Context, source: &Source, found: &mut Found) {
    let text: &str = &source.text;
    let mut push = |told: Diagnostic, span| {
        let told = told.at(Place::span(source.file.as_str(), text, span));
        found.push(match source.address {
            Some(address) => told.on(address),
            None => told,
        });
    };
    let language = language_of(context.site, source);
    mongolian::look(text, &language, &mut push);
    // Traditional characters have other right forms.
    if is_traditional(&language) {
        return;
    }
    let stretches = stretches(&source.file, text);
    for stretch in &stretches {
        let of = &text[stretch.span.clone()];
        for (word, span) in context.words.find(of) {
            push(wrong_word(word), stretch.span.start + span.start..stretch.span.start + span.end);
        }
    }
    if source.file.ends_with(".md") {
        let (punctuation, spacing) =
            (context.settings.wants(style::PUNCTUATION), context.settings.wants(style::SPACING));
        if punctuation || spacing {
            style::look(text, &stretches, (punctuation, spacing), &mut push);
        }
    }
}

fn wrong_word(word: &Word) -> Diagnostic {
    let Word { wrong, right, reason, .. } = word;
    let code = match word.level {
        words::Level::Error => "language/wrong-word",
        words::Level::Warning | words::Level::Off => "language/doubtful-word",
    };
    let message = match right.is_empty() {
        true => text!("`{wrong}` does not belong here", "“{wrong}”不应使用"),
        false => text!("`{wrong}` should be `{right}`", "“{wrong}”应为“{right}”"),
    };
    let told = finding(code, message);
    match reason.is_empty() {
        true => told,
        false => told.note(crate::diagnostic::Text::verbatim(reason.as_str())),
    }
}

/// The finding that a repair answers.
fn finding_of(change: &repair::Change, words: &Words, source: &Source) -> Diagnostic {
    let place = Place::span(source.file.as_str(), &*source.text, change.span.clone());
    let told = match words.find(&change.old).next() {
        Some((word, _)) if change.is_word => wrong_word(word),
        _ => finding(style::PUNCTUATION, text!("", "")),
    };
    let told = told.at(place);
    match source.address {
        Some(address) => told.on(address),
        None => told,
    }
}

/// Names of attachments and photos are read, too.
fn of_file(context: &Context, file: &File, found: &mut Found) {
    let Some(from) = file.from else { return };
    let name = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    for (word, _) in context.words.find(name) {
        found.push(wrong_word(word).at(Place::file(context.site.shown(from))).on(file.address));
    }
}

/// What a page shows that its sources do not: templates, data from elsewhere.
fn of_page(context: &Context, page: &Page, found: &mut Found) {
    let language = page.document.html().root_element().attr("lang").unwrap_or_default().to_ascii_lowercase();
    if is_traditional(&language) {
        return;
    }
    let text = page.shown_text();
    for (word, _) in context.words.find(text) {
        let at = context.sources.locate(page.source, std::slice::from_ref(&word.wrong));
        let reported = at.as_ref().is_some_and(|at| at.excerpt.is_some() && !context.is_template(&at.file));
        // Titles and descriptions stand in lists, too.
        let is_listed = || {
            let at_most_a_file = at.as_ref().is_none_or(|at| at.excerpt.is_none());
            at_most_a_file && is_in_a_title(context.site, &word.wrong)
        };
        if reported || is_listed() {
            continue;
        }
        let told = wrong_word(word).on(page.address);
        found.push(match at {
            Some(at) => told.at(at),
            None => told,
        });
    }
}

/// Whether the title or description of some document holds a word, where its source has been told of.
fn is_in_a_title(site: &Site, word: &str) -> bool {
    let holds = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(word));
    let mut pages = site.content.pages.iter();
    let mut sections = site.content.sections.iter();
    pages.any(|page| holds(&page.meta.title) || holds(&page.meta.description))
        || sections.any(|section| holds(&section.meta.title) || holds(&section.meta.description))
}

/// The list of a site: `wordlist.toml` beside its configuration.
pub fn words_file(site: &Site) -> PathBuf {
    let folder = site.root.join(&site.config.file).parent().map(Path::to_path_buf).unwrap_or_default();
    folder.join(words::FILE)
}

/// The list of kepu with that of a site.
pub fn words_of(site: &Site, told: &mut Vec<Diagnostic>) -> Words {
    let path = words_file(site);
    let shown = site.shown(&path);
    let text = match path.is_file() {
        true => content::read_text(&path, &shown, told).map_err(|error| told.push(*error)).ok(),
        false => None,
    };
    Words::new(text.as_deref().map(|text| (shown.as_str(), text)), told)
}

/// The language of a document, in lower case; that of the site for other files.
fn language_of(site: &Site, source: &Source) -> String {
    source.lang.unwrap_or(&site.config.default_language).to_ascii_lowercase()
}

fn is_traditional(language: &str) -> bool {
    language.contains("hant") || ["zh-tw", "zh-hk", "zh-mo"].contains(&language)
}
