//! `/__kepu/`: what is wrong anywhere in the site, what is not published yet, and how long templates take.

use std::fmt::Write as _;

use hyper::StatusCode;

use crate::diagnostic::html::{card, escape, ticked};
use crate::diagnostic::{Diagnostic, Language, Text};
use crate::site::DocumentId;
use crate::text;

use super::answer::Answer;
use super::background::Report;
use super::live;
use super::state::{Built, Snapshot, State};

/// How diagnostics look, on these pages and over those of the site.
pub const PROBLEMS: &str = include_str!("problems.css");
const PAGE: &str = include_str!("dashboard.css");

/// Entries of a list; one slip repeated in every file of a large site must not make the page unreadable.
const LONGEST: usize = 200;

/// Whether an address is one of the server's own.
pub fn is_own(path: &str) -> bool {
    path.starts_with("/__kepu/") || path == "/__kepu"
}

/// The answer to a request for one of the server's own addresses.
pub fn answer(state: &State, snapshot: &Snapshot, path: &str) -> Option<Answer> {
    match path {
        "/__kepu/" | "/__kepu" => Some(Answer::page(StatusCode::OK, page(state, snapshot))),
        live::SCRIPT => {
            let mime = "text/javascript; charset=utf-8".to_owned();
            Some(Answer::bytes(StatusCode::OK, mime, live::SOURCE.as_bytes().into()))
        }
        _ => None,
    }
}

/// A page that holds nothing but errors.
pub fn error_page(lang: Language, problems: &[Diagnostic]) -> String {
    let title = text!("This page cannot be shown", "这一页暂时无法显示");
    let mut html = start(lang, &title);
    let explained = text!(
        "It appears by itself as soon as what is wrong is mended and saved.",
        "改好并保存以后，这一页会自动出现。"
    );
    let _ = write!(html, "<h1>{}</h1><p class=\"lead\">{}</p>", title.get(lang), explained.get(lang));
    problems.iter().for_each(|problem| html.push_str(&card(problem, lang)));
    let all = text!("All problems of the site", "网站的全部问题");
    let _ = write!(html, "<p><a href=\"/__kepu/\">{}</a></p></main></body></html>", all.get(lang));
    html
}

fn page(state: &State, snapshot: &Snapshot) -> String {
    let lang = state.options.lang;
    let report = state.report();
    let title = text!("What kepu sees", "kepu 看到的网站");
    let mut html = start(lang, &title);
    let home = text!("To the site", "打开网站");
    let _ = write!(
        html,
        "<header><h1>{}</h1><a href=\"{}\">{}</a></header>",
        title.get(lang),
        escape(&state.base_path()),
        home.get(lang)
    );
    problems(&mut html, lang, snapshot, &report);
    if let Some(built) = &snapshot.site {
        let list = Listing { built, base: state.base_path(), lang };
        list.drafts(&mut html, state.includes_drafts());
        list.future(&mut html);
    }
    times(&mut html, lang, &report);
    html.push_str("</main></body></html>");
    html
}

fn problems(html: &mut String, lang: Language, snapshot: &Snapshot, report: &Report) {
    let mut all: Vec<&Diagnostic> = snapshot.problems.iter().collect();
    all.extend(report.problems.iter().filter(|problem| !snapshot.problems.contains(problem)));
    // Stable: within errors and warnings they stand by file and line.
    all.sort_by_key(|problem| problem.severity);
    let errors = all.iter().filter(|problem| problem.is_error()).count();
    let warnings = all.len() - errors;
    let is_current = report.finished && report.generation == snapshot.generation;
    let (class, says) = match (errors, warnings) {
        (0, 0) if is_current => ("well", text!("Nothing is wrong.", "没有问题。")),
        (0, 0) => ("busy", text!("Nothing is wrong so far.", "到现在为止没有问题。")),
        (0, n) => ("warns", text!("No errors, warnings: {n}", "没有错误，{n} 个警告")),
        (n, 0) => ("fails", text!("Errors: {n}", "{n} 个错误")),
        (n, m) => ("fails", text!("Errors: {n}, warnings: {m}", "{n} 个错误，{m} 个警告")),
    };
    let _ = write!(html, "<section><p class=\"state {class}\"><strong>{}</strong>", says.get(lang));
    if snapshot.is_broken() {
        let stands = text!(
            "The site is shown as it was before, until the errors are mended.",
            "改好错误之前，网页显示的还是上一次的内容。"
        );
        let _ = write!(html, " {}", stands.get(lang));
    } else if !is_current {
        let goes_on = text!("The rest of the site is still being looked at.", "其余页面还在检查。");
        let _ = write!(html, " {}", goes_on.get(lang));
    }
    html.push_str("</p>");
    all.iter().take(LONGEST).for_each(|problem| html.push_str(&card(problem, lang)));
    more(html, lang, all.len());
    html.push_str("</section>");
}

/// Says of a list that was cut off how many entries are missing.
fn more(html: &mut String, lang: Language, count: usize) {
    if let Some(rest) = count.checked_sub(LONGEST).filter(|rest| *rest > 0) {
        let says = text!("… and {rest} more", "……还有 {rest} 个");
        let _ = write!(html, "<p class=\"more\">{}</p>", says.get(lang));
    }
}

/// Lists of pages of one site.
struct Listing<'a> {
    built: &'a Built,
    /// In front of addresses.
    base: String,
    lang: Language,
}

impl Listing<'_> {
    fn drafts(&self, html: &mut String, shown: bool) {
        let drafts = self.built.site.drafts();
        let items: Vec<String> = drafts.iter().map(|(file, title)| self.entry(file, *title, None)).collect();
        let note = match shown {
            true => text!(
                "Shown here because of `--drafts`; a build leaves them out.",
                "因为加了 `--drafts`，这里能看到；生成网站时不会包含。"
            ),
            false => text!(
                "Not in the site; `kepu serve --drafts` shows them.",
                "不在网站里；用 `kepu serve --drafts` 可以看到。"
            ),
        };
        self.list(html, &text!("Drafts", "草稿"), &items, &note, &text!("There are none.", "没有草稿。"));
    }

    /// Pages that are not due yet: those dated in the future, and those of an outreach site that wait.
    fn future(&self, html: &mut String) {
        let site = &self.built.site;
        let now = match &site.outreach {
            Some(outreach) => crate::outreach::china(outreach.now),
            None => jiff::Zoned::now().datetime(),
        };
        let today = now.date().to_string();
        let mut coming: Vec<(String, String)> = Vec::new();
        for page in &site.content.pages {
            let Some(day) = page.meta.date.as_ref().and_then(|date| date.text.get(..10)) else { continue };
            if day > today.as_str() {
                let entry = self.entry(&page.file.relative, page.meta.title.as_deref(), Some(day));
                coming.push((day.to_owned(), entry));
            }
        }
        for (file, why) in site.outreach.iter().flat_map(|outreach| outreach.waiting()) {
            coming.push((why.clone(), self.entry(file, None, Some(&why))));
        }
        coming.sort();
        let items: Vec<String> = coming.into_iter().map(|(_, item)| item).collect();
        let note = text!(
            "Those with `publish_at` come on their day; a date alone hides no page.",
            "写了 `publish_at` 的到时才公开；只写将来的日期不会隐藏页面。"
        );
        let none = text!("There are none.", "没有。");
        self.list(html, &text!("Pages with a date to come", "日期在将来的页面"), &items, &note, &none);
    }

    /// Title and file of a document, with a link where it is in the site.
    fn entry(&self, file: &str, title: Option<&str>, date: Option<&str>) -> String {
        let site = &self.built.site;
        let path = site.document(file).map(|document| match document {
            DocumentId::Page(id) => &site.content.pages[id].path,
            DocumentId::Section(id) => &site.content.sections[id].path,
        });
        let title = title.map(escape).unwrap_or_default();
        let name = match path {
            Some(path) => {
                let title = if title.is_empty() { escape(path) } else { title };
                format!("<a href=\"{}{}\">{title}</a>", escape(self.base.trim_end_matches('/')), escape(path))
            }
            None => title,
        };
        let date = date.map(|date| format!("<span class=\"date\">{}</span> ", escape(date))).unwrap_or_default();
        format!("<li>{date}{name} <span class=\"place\">content/{}</span></li>", escape(file))
    }

    fn list(&self, html: &mut String, title: &Text, items: &[String], note: &Text, none: &Text) {
        let count = items.len();
        let note = if items.is_empty() { none } else { note };
        let _ = write!(
            html,
            "<section><h2>{} <span class=\"count\">{count}</span></h2><p class=\"lead\">{}</p>",
            title.get(self.lang),
            ticked(note.get(self.lang))
        );
        if !items.is_empty() {
            let _ = write!(html, "<ul>{}</ul>", items.iter().take(LONGEST).map(String::as_str).collect::<String>());
            more(html, self.lang, count);
        }
        html.push_str("</section>");
    }
}

/// How long each template took, with a bar for its part of the whole.
fn times(html: &mut String, lang: Language, report: &Report) {
    let times = report.times();
    let title = text!("Templates", "模板用时");
    let _ = write!(html, "<section><h2>{}</h2>", title.get(lang));
    if times.is_empty() {
        let none = text!("No page has been rendered yet.", "还没有生成过页面。");
        let _ = write!(html, "<p class=\"lead\">{}</p></section>", none.get(lang));
        return;
    }
    let all = text!(
        "Milliseconds, of everything that was rendered since the last change.",
        "单位毫秒，统计上次改动以后生成过的全部页面。"
    );
    let _ = write!(html, "<p class=\"lead\">{}</p><div class=\"wide\"><table><thead><tr>", all.get(lang));
    for (class, title) in [
        ("", text!("template", "模板")),
        ("n", text!("pages", "页数")),
        ("n", text!("in all", "合计")),
        ("n", text!("a page", "每页")),
        ("n", text!("slowest", "最慢一页")),
    ] {
        let _ = write!(html, "<th scope=\"col\" class=\"{class}\">{}</th>", title.get(lang));
    }
    html.push_str("</tr></thead><tbody>");
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    let whole: f64 = times.iter().map(|(_, time)| ms(time.total)).sum();
    for (name, time) in &times {
        let part = if whole > 0.0 { ms(time.total) / whole * 100.0 } else { 0.0 };
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}<span class=\"bar\" style=\"width:{part:.1}%\"></span></th><td>{}</td>\
             <td>{:.2}</td><td>{:.2}</td><td>{:.2}</td></tr>",
            escape(name),
            time.count,
            ms(time.total),
            ms(time.total) / f64::from(time.count.max(1)),
            ms(time.longest)
        );
    }
    html.push_str("</tbody></table></div></section>");
}

fn start(lang: Language, title: &Text) -> String {
    let code = match lang {
        Language::En => "en",
        Language::Zh => "zh-CN",
    };
    let title = title.get(lang);
    format!(
        "<!doctype html><html lang=\"{code}\" class=\"kepu\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><link rel=\"icon\" href=\"data:,\">\
         <style>{PROBLEMS}{PAGE}</style></head><body><main>"
    )
}
