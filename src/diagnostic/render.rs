//! Diagnostics for people: the message, file, line and column, the line itself with carets, notes and help.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{Diagnostic, Language, Severity, Text, line_column};
use crate::text;

/// How many characters of a line are shown at most; generated files have lines of megabytes.
const LONGEST_LINE: usize = 240;

/// The whole report of one diagnostic, without a final line break. `styled` adds terminal colours.
pub fn report(diagnostic: &Diagnostic, lang: Language, styled: bool) -> String {
    let (error, warning, note, help) = match lang {
        Language::En => ("error", "warning", "note", "help"),
        Language::Zh => ("错误", "警告", "说明", "办法"),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR.with_name(error),
        Severity::Warning => Level::WARNING.with_name(warning),
    };
    let excerpt = diagnostic.place.as_ref().and_then(|place| Some((place, place.excerpt.as_ref()?)));
    let window = excerpt.map(|(place, (text, span))| (place, Window::around(text, span.start, span.end)));

    let title = level.primary_title(diagnostic.message.get(lang)).id(diagnostic.code);
    let mut group = match (&window, &diagnostic.place) {
        (Some((place, window)), _) => title.element(
            Snippet::source(window.text.as_str())
                .line_start(window.first_line)
                .path(place.file.as_str())
                .annotation(AnnotationKind::Primary.span(window.span.clone())),
        ),
        (None, Some(place)) => title.element(annotate_snippets::Origin::path(place.file.as_str())),
        (None, None) => title.elements(Vec::<annotate_snippets::Message>::new()),
    };
    for text in &diagnostic.notes {
        group = group.element(Level::NOTE.with_name(note).message(text.get(lang)));
    }
    if let Some(text) = pages(diagnostic) {
        group = group.element(Level::NOTE.with_name(note).message(text.get(lang).to_owned()));
    }
    if let Some(text) = &diagnostic.help {
        group = group.element(Level::HELP.with_name(help).message(text.get(lang)));
    }
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    renderer.decor_style(DecorStyle::Unicode).render(&[group])
}

/// The lines that a report shows, cut out of a file.
struct Window {
    text: String,
    first_line: usize,
    span: std::ops::Range<usize>,
}

impl Window {
    /// The line of `start` (up to three lines when the span is longer), cut to a readable width.
    fn around(text: &str, start: usize, end: usize) -> Self {
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let last = end.max(start);
        let line_end = text[last..].find('\n').map_or(text.len(), |i| last + i);
        let shown = &text[line_start..line_end];
        let (first_line, _) = line_column(text, start);
        let lines: Vec<&str> = shown.split('\n').take(3).collect();
        if lines.len() > 1 || shown.chars().count() <= LONGEST_LINE {
            let kept = lines.join("\n");
            let from = (start - line_start).min(kept.len());
            let to = (end - line_start).min(kept.len()).max(from);
            return Self { text: kept, first_line, span: from..to };
        }
        let lead: Vec<(usize, char)> = text[line_start..start].char_indices().collect();
        let cut = lead.len().saturating_sub(LONGEST_LINE / 3);
        let from = lead.get(cut).map_or(start, |(i, _)| line_start + i);
        let kept: String = text[from..line_end].chars().take(LONGEST_LINE).collect();
        let to = (end - from).min(kept.len()).max(start - from);
        Self { text: kept, first_line, span: start - from..to }
    }
}

/// On which pages something was found.
fn pages(diagnostic: &Diagnostic) -> Option<Text> {
    let first = diagnostic.pages.first()?;
    let more = diagnostic.pages.len() - 1;
    Some(match more {
        0 => text!("on the page `{first}`", "所在页面：`{first}`"),
        _ => text!("on the page `{first}` and {more} more", "所在页面：`{first}`，另有 {more} 个页面"),
    })
}
