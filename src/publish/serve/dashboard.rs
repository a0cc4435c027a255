//! `/__kepu/`: what is wrong anywhere in the site, what is not published yet, and how long templates take.

use std::fmt::Write as _;

use hyper::StatusCode;

use crate::diagnostic::{Diagnostic, Language, Text, render};
use crate::text;

use super::answer::Answer;
use super::live;
use super::state::{Snapshot, State};

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
pre{background:#1d1f21;color:#eee;padding:1rem;overflow:auto;white-space:pre-wrap}\
table{border-collapse:collapse}td,th{padding:.3rem 1rem .3rem 0;text-align:left}td.n{text-align:right}\
@media(prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#8ab4f8}}";

/// The answer to a request for one of the server's own addresses.
pub fn answer(state: &State, snapshot: &Snapshot, path: &str) -> Option<Answer> {
    match path {
        "/__kepu/" | "/__kepu" => Some(Answer::page(StatusCode::OK, &page(state, snapshot), state.options.lang)),
        live::SCRIPT => {
            let mime = "text/javascript; charset=utf-8".to_owned();
            Some(Answer::bytes(StatusCode::OK, mime, live::SOURCE.as_bytes().into()))
        }
        _ => None,
    }
}

/// A page that holds nothing but errors.
pub fn error_page(lang: Language, problems: &[Diagnostic]) -> String {
    let title = text!("This page cannot be shown", "无法显示此页").get(lang).to_owned();
    let all = text!("All problems", "全部问题").get(lang).to_owned();
    let mut html = start(lang, &title);
    reports(&mut html, lang, problems);
    let _ = write!(html, "<p><a href=\"/__kepu/\">{all}</a></p></body></html>");
    html
}

fn page(state: &State, snapshot: &Snapshot) -> String {
    let lang = state.options.lang;
    let say = |text: Text| text.get(lang).to_owned();
    let report = state.report();
    let mut html = start(lang, &say(text!("What kepu sees", "kepu 的检查结果")));
    let problems: Vec<Diagnostic> = snapshot.problems.iter().chain(&report.problems).cloned().collect();
    heading(&mut html, &say(text!("Problems", "问题")));
    if problems.is_empty() {
        paragraph(&mut html, &say(text!("None.", "没有问题。")));
    }
    reports(&mut html, lang, &problems);
    if !report.finished || report.generation != snapshot.generation {
        paragraph(&mut html, &say(text!("The rest of the site is still being looked at.", "其余页面仍在检查中。")));
    }
    if let Some(built) = &snapshot.site {
        let base = state.base_path();
        let pages = &built.site.content.pages;
        let link = |page: &crate::content::Page| {
            let title = page.meta.title.as_deref().unwrap_or(&page.file.relative);
            let address = format!("{}{}", base.trim_end_matches('/'), page.path);
            format!("<a href=\"{}\">{}</a>", escape(&address), escape(title))
        };
        let drafts: Vec<String> = pages.iter().filter(|page| page.meta.draft).map(|page| link(page)).collect();
        let today = jiff::Zoned::now().date().to_string();
        let future: Vec<String> = pages
            .iter()
            .filter_map(|page| {
                let date = page.meta.date.as_ref()?;
                let day = date.text.get(..10)?;
                (day > today.as_str()).then(|| format!("{} — {}", escape(day), link(page)))
            })
            .collect();
        list(&mut html, &say(text!("Drafts", "草稿")), &drafts);
        if drafts.is_empty() {
            paragraph(&mut html, &say(text!("Drafts are shown with `--drafts`.", "加上 `--drafts` 可显示草稿。")));
        }
        list(&mut html, &say(text!("Pages with a date in the future", "日期在将来的页面")), &future);
    }
    heading(&mut html, &say(text!("Templates", "模板")));
    html.push_str("<table><tr>");
    for title in [
        text!("template", "模板"),
        text!("pages", "页数"),
        text!("ms in all", "总毫秒"),
        text!("ms a page", "每页毫秒"),
        text!("slowest", "最慢"),
    ] {
        let _ = write!(html, "<th>{}</th>", title.get(lang));
    }
    html.push_str("</tr>");
    for (name, time) in report.times() {
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
        let _ = write!(
            html,
            "<tr><td>{}</td><td class=n>{}</td><td class=n>{:.1}</td><td class=n>{:.3}</td><td class=n>{:.1}</td></tr>",
            escape(&name),
            time.count,
            ms(time.total),
            ms(time.total) / f64::from(time.count.max(1)),
            ms(time.longest)
        );
    }
    html.push_str("</table></body></html>");
    html
}

fn start(lang: Language, title: &str) -> String {
    let code = match lang {
        Language::En => "en",
        Language::Zh => "zh-CN",
    };
    format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>"
    )
}

fn heading(html: &mut String, title: &str) {
    let _ = write!(html, "<h2>{title}</h2>");
}

fn paragraph(html: &mut String, text: &str) {
    let _ = write!(html, "<p>{text}</p>");
}

fn list(html: &mut String, title: &str, items: &[String]) {
    if items.is_empty() {
        return;
    }
    heading(html, title);
    html.push_str("<ul>");
    for item in items {
        let _ = write!(html, "<li>{item}</li>");
    }
    html.push_str("</ul>");
}

fn reports(html: &mut String, lang: Language, problems: &[Diagnostic]) {
    for problem in problems {
        let _ = write!(html, "<pre>{}</pre>", escape(&render::report(problem, lang, false)));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
