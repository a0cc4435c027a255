//! Diagnostics in web pages: the message, the place, the lines with what is wrong in them marked, notes and help.

use std::fmt::Write as _;

use super::render::Window;
use super::{Diagnostic, Language, Severity};

/// One diagnostic as an `<article class="problem">`.
pub fn card(diagnostic: &Diagnostic, lang: Language) -> String {
    let (class, severity) = match (diagnostic.severity, lang) {
        (Severity::Error, Language::En) => ("error", "error"),
        (Severity::Error, Language::Zh) => ("error", "错误"),
        (Severity::Warning, Language::En) => ("warning", "warning"),
        (Severity::Warning, Language::Zh) => ("warning", "警告"),
    };
    let mut html = format!(
        "<article class=\"problem {class}\"><p class=\"what\"><b>{severity}</b> {}</p>",
        ticked(diagnostic.message.get(lang))
    );
    if let Some(place) = &diagnostic.place {
        let at = place.line_column().map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        let _ = write!(html, "<p class=\"place\">{}{at}</p>", escape(&place.file));
        if let Some((text, span)) = &place.excerpt {
            lines(&Window::around(text, span.start, span.end), &mut html);
        }
    }
    for note in &diagnostic.notes {
        let _ = write!(html, "<p class=\"note\">{}</p>", ticked(note.get(lang)));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(html, "<p class=\"help\">{}</p>", ticked(help.get(lang)));
    }
    let _ = write!(html, "<p class=\"code\">{}</p></article>", diagnostic.code);
    html
}

/// The lines of a file with their numbers, the span in `<mark>`.
fn lines(window: &Window, html: &mut String) {
    html.push_str("<pre>");
    let mut start = 0;
    for (n, line) in window.text.split('\n').enumerate() {
        // What of the span is on this line.
        let part = |at: usize| at.clamp(start, start + line.len()) - start;
        let (from, to) = (part(window.span.start), part(window.span.end));
        let number = window.first_line + n;
        let _ = write!(html, "<span class=\"line\"><i>{number}</i><span>{}", escape(&line[..from]));
        if from < to {
            let _ = write!(html, "<mark>{}</mark>", escape(&line[from..to]));
        } else if n == 0 && window.span.is_empty() {
            html.push_str("<mark class=\"here\"></mark>");
        }
        let _ = write!(html, "{}</span></span>", escape(&line[to..]));
        start += line.len() + 1;
    }
    html.push_str("</pre>");
}

/// A message, with what stands between backticks as code.
pub fn ticked(message: &str) -> String {
    let mut parts = message.split('`').peekable();
    let mut html = String::new();
    let mut inside = false;
    while let Some(part) = parts.next() {
        // A backtick without a partner is itself.
        match (inside, parts.peek().is_some()) {
            (true, true) => _ = write!(html, "<code>{}</code>", escape(part)),
            (true, false) => _ = write!(html, "`{}", escape(part)),
            (false, _) => html.push_str(&escape(part)),
        }
        inside = !inside;
    }
    html
}

/// Text as it stands in HTML, also between double quotes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;
    use crate::text;

    #[test]
    fn a_card_shows_the_line_with_its_mistake_marked() {
        let error = Diagnostic::error("a/b", text!("`x` is <odd>", "`x` 不对"))
            .at(Place::span("content/a.md", "one\ntwo <x> y\nthree", 8..11))
            .help(text!("write `y`", "写 `y`"));
        assert_eq!(
            card(&error, Language::En),
            "<article class=\"problem error\"><p class=\"what\"><b>error</b> <code>x</code> is &lt;odd&gt;</p>\
             <p class=\"place\">content/a.md:2:5</p><pre><span class=\"line\"><i>2</i><span>two <mark>&lt;x&gt;</mark> y\
             </span></span></pre><p class=\"help\">write <code>y</code></p><p class=\"code\">a/b</p></article>"
        );
        assert!(card(&error, Language::Zh).contains("<b>错误</b> <code>x</code> 不对"));
    }

    #[test]
    fn spans_over_lines_and_empty_ones_are_marked() {
        let over = Diagnostic::warning("a", text!("m", "m")).at(Place::span("f", "ab\ncd\nef", 1..4));
        let html = card(&over, Language::En);
        assert!(
            html.contains("<span>a<mark>b</mark></span>") && html.contains("<span><mark>c</mark>d</span>"),
            "{html}"
        );
        let end = Diagnostic::warning("a", text!("m", "m")).at(Place::span("f", "", 0..0));
        assert!(card(&end, Language::En).contains("<mark class=\"here\"></mark>"));
    }

    #[test]
    fn lone_backticks_stay() {
        assert_eq!(ticked("a `b` c ` d"), "a <code>b</code> c ` d");
        assert_eq!(ticked("``"), "<code></code>");
    }
}
