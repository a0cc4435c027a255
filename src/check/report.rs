//! The report for people: one page in Chinese that stands alone and prints on A4, by severity and by page, in words that
//! need no programmer.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Column, Report, is_veto, rules};
use crate::diagnostic::{Diagnostic, Severity};
use crate::outreach::china;
use crate::site::Site;

const STYLE: &str = include_str!("report.css");

/// The whole page. `now` is the time of the check.
pub fn html(site: &Site, report: &Report, now: jiff::Timestamp, inspect: bool) -> String {
    let name = site.config.languages.get(&site.config.default_language).and_then(|language| language.title.as_deref());
    let name = name.unwrap_or(&site.config.base_url);
    let title = if inspect { "网站检查报告" } else { "网站发布前检查报告" };
    let time = china(now).strftime("%Y年%-m月%-d日 %H:%M").to_string();
    let titles = titles(site);
    let veto: Vec<&Diagnostic> = report.findings.iter().filter(|f| is_veto(f.code) && f.is_error()).collect();
    let of = |severity: Severity| -> Vec<&Diagnostic> {
        report.findings.iter().filter(|f| f.severity == severity && !(is_veto(f.code) && f.is_error())).collect()
    };
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));

    let mut out = String::new();
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"zh-Hans\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n<title>{title}：{name}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n<p class=\"of\">{name}<br>\
         <span>{address}</span></p>\n<p>检查时间：{time}（北京时间）。共检查 {pages} 个页面、{files} 个文件。</p>\n</header>\n",
        name = escape(name),
        address = escape(&site.config.base_url),
        pages = report.pages,
        files = report.files,
    );
    verdict(&mut out, inspect, veto.len(), errors.len(), warnings.len());
    if !veto.is_empty() {
        section(&mut out, "veto", "单项否决", "下面每一项，只要有一项，检查就不合格。请最先处理。", &veto, &titles);
    }
    if !errors.is_empty() {
        section(&mut out, "error", "必须改正", "这些问题会让读者打不开、看错，或者违反规定。", &errors, &titles);
    }
    if !warnings.is_empty() {
        section(&mut out, "warning", "建议改正", "这些问题不影响发布，有时间请处理。", &warnings, &titles);
    }
    if !report.columns.is_empty() {
        columns(&mut out, &report.columns);
    }
    out.push_str("<footer><p>本报告由 kepu check 生成，只反映检查时的情况。</p></footer>\n</body>\n</html>\n");
    out
}

fn verdict(out: &mut String, inspect: bool, veto: usize, errors: usize, warnings: usize) {
    let (class, text) = match (veto, errors, warnings) {
        (0, 0, 0) => ("good", "没有发现问题，可以发布。".to_owned()),
        (0, 0, _) => ("good", format!("没有必须改正的问题；有 {warnings} 条建议。")),
        (0, ..) => ("bad", format!("有 {errors} 个必须改正的问题，另有 {warnings} 条建议。")),
        _ => ("bad", format!("有 {veto} 项单项否决，{errors} 个必须改正的问题，另有 {warnings} 条建议。")),
    };
    let _ = writeln!(out, "<p class=\"verdict {class}\"><strong>结论：</strong>{text}</p>");
    if inspect {
        out.push_str(
            "<p class=\"note\">检查项目参照《政府网站发展指引》（国办发〔2017〕47号）和《政府网站与政务新媒体检查指标》\
             （国办秘函〔2019〕19号）。网站能否打开、内容有无严重表述错误、是否泄密，程序查不出来，请人工核对。</p>\n",
        );
    }
}

/// All findings of one severity: first how many of each kind and what to do, then page by page.
fn section(
    out: &mut String,
    class: &str,
    heading: &str,
    lead: &str,
    findings: &[&Diagnostic],
    titles: &BTreeMap<String, String>,
) {
    let count = findings.len();
    let _ = writeln!(
        out,
        "<section class=\"{class}\">\n<h2>{heading}<span class=\"count\">{count}</span></h2>\n<p class=\"lead\">{lead}</p>"
    );
    let mut kinds: indexmap::IndexMap<&str, usize> = indexmap::IndexMap::new();
    for finding in findings {
        *kinds.entry(finding.code).or_default() += 1;
    }
    // What harms people stands before what is untidy: the order of the table of rules.
    kinds.sort_by_cached_key(|code, _| rules::all().position(|rule| rule.code == *code).unwrap_or(usize::MAX));
    out.push_str("<table class=\"kinds\">\n<thead><tr><th scope=\"col\">问题</th><th scope=\"col\" class=\"n\">数量</th><th scope=\"col\">怎么办</th></tr></thead>\n<tbody>\n");
    for (code, count) in kinds {
        let (title, remedy) = rules::find(code)
            .map_or(("生成网站时的提示", "见下面各条。"), |rule| (rule.title.1, rule.remedy.1));
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}<small>{}</small></th><td class=\"n\">{count}</td><td>{}</td></tr>",
            inline(title),
            escape(code),
            inline(remedy)
        );
    }
    out.push_str("</tbody>\n</table>\n");

    let mut by_file: indexmap::IndexMap<String, Vec<&Diagnostic>> = indexmap::IndexMap::new();
    for finding in findings {
        let file = finding.place.as_ref().map(|place| place.file.clone());
        by_file.entry(file.unwrap_or_default()).or_default().push(finding);
    }
    for (file, findings) in by_file {
        let heading = match titles.get(&file) {
            Some(title) => format!("{}<small>{}</small>", escape(title), escape(&file)),
            None if file.is_empty() => "整个网站".to_owned(),
            None => format!("<small>{}</small>", escape(&file)),
        };
        let _ = writeln!(out, "<h3>{heading}</h3>\n<ul>");
        for finding in findings {
            item(out, finding);
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</section>\n");
}

fn item(out: &mut String, finding: &Diagnostic) {
    out.push_str("<li>");
    if let Some((line, _)) = finding.place.as_ref().and_then(|place| place.line_column()) {
        let _ = write!(out, "<span class=\"line\">第 {line} 行</span> ");
    }
    out.push_str(&inline(&finding.message.zh));
    if let Some(line) = excerpt(finding) {
        let _ = write!(out, "<code class=\"excerpt\">{line}</code>");
    }
    if let Some(help) = &finding.help {
        let _ = write!(out, "<p class=\"help\">办法：{}</p>", inline(&help.zh));
    }
    for note in &finding.notes {
        let _ = write!(out, "<p class=\"help\">{}</p>", inline(&note.zh));
    }
    const MOST: usize = 5;
    if !finding.pages.is_empty() {
        let shown = finding.pages.iter().take(MOST).map(|page| escape(page)).collect::<Vec<_>>().join("、");
        let more = finding.pages.len().saturating_sub(MOST);
        let more = if more > 0 { format!("，另有 {more} 个页面") } else { String::new() };
        let _ = write!(out, "<p class=\"pages\">所在页面：{shown}{more}</p>");
    }
    out.push_str("</li>\n");
}

/// The part of the line around what is marked, with the mark.
fn excerpt(finding: &Diagnostic) -> Option<String> {
    const AROUND: usize = 30;
    let (text, span) = finding.place.as_ref()?.excerpt.as_ref()?;
    let start = text.get(..span.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(span.start..)?.find('\n').map_or(text.len(), |at| span.start + at);
    let marked = text.get(span.start..span.end.min(end))?;
    let before: Vec<char> = text.get(start..span.start)?.chars().collect();
    let cut = before.len().saturating_sub(AROUND);
    let before: String = before.get(cut..)?.iter().collect();
    let all_after = text.get(span.end.min(end)..end)?;
    let after: String = all_after.chars().take(AROUND).collect();
    let marked: String = if marked.chars().count() > 120 {
        marked.chars().take(120).chain(['…']).collect()
    } else {
        marked.to_owned()
    };
    let (first, last) = (if cut > 0 { "…" } else { "" }, if after.len() < all_after.len() { "…" } else { "" });
    Some(format!(
        "{first}{}<mark>{}</mark>{}{last}",
        escape(before.trim_start()),
        escape(&marked),
        escape(after.trim_end())
    ))
}

fn columns(out: &mut String, columns: &[Column]) {
    out.push_str(
        "<section class=\"columns\">\n<h2>各栏目更新情况</h2>\n<table>\n<thead><tr><th scope=\"col\">栏目</th>\
         <th scope=\"col\">类型</th><th scope=\"col\" class=\"n\">内容</th><th scope=\"col\">最近更新</th><th scope=\"col\" class=\"n\">周期</th>\
         <th scope=\"col\" class=\"n\">还剩</th><th scope=\"col\">情况</th></tr></thead>\n<tbody>\n",
    );
    for column in columns {
        let (class, state) = if column.is_stale() {
            ("stale", "已超期")
        } else if column.is_due() {
            ("due", "快到期")
        } else if column.is_empty() {
            ("stale", "空白")
        } else {
            ("", "正常")
        };
        let days = |days: Option<i64>| days.map_or_else(|| "—".to_owned(), |days| format!("{days} 天"));
        let title = if column.is_home { "首页" } else { &column.title };
        let last = column.last.map_or_else(|| "没有日期".to_owned(), |last| last.to_string());
        let _ = writeln!(
            out,
            "<tr class=\"{class}\"><th scope=\"row\">{}<small>{}</small></th><td>{}</td><td class=\"n\">{}</td><td>{last}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td>{state}</td></tr>",
            escape(title),
            escape(&column.address),
            escape(column.column_type.as_deref().unwrap_or("—")),
            column.pages,
            days(column.within),
            days(column.left()),
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

/// The titles of documents by their files.
fn titles(site: &Site) -> BTreeMap<String, String> {
    let pages = site.content.pages.iter().map(|page| (&page.file, page.meta.title.as_ref()));
    let sections = site.content.sections.iter().map(|section| (&section.file, section.meta.title.as_ref()));
    pages.chain(sections).filter_map(|(file, title)| Some((file.shown(), title?.clone()))).collect()
}

/// HTML text, with what stands between backticks as code.
fn inline(text: &str) -> String {
    let mut out = String::new();
    let count = text.matches('`').count();
    for (index, part) in text.split('`').enumerate() {
        // A backtick without its partner stays one.
        match index % 2 {
            1 if index < count || count.is_multiple_of(2) => {
                let _ = write!(out, "<code>{}</code>", escape(part));
            }
            1 => {
                let _ = write!(out, "`{}", escape(part));
            }
            _ => out.push_str(&escape(part)),
        }
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;
    use crate::text;

    #[test]
    fn backticks_become_code_and_markup_becomes_text() {
        assert_eq!(inline("没有 `<a>` 页"), "没有 <code>&lt;a&gt;</code> 页");
        assert_eq!(inline("a ` b"), "a ` b");
        assert_eq!(inline("`a` b ` c"), "<code>a</code> b ` c");
    }

    #[test]
    fn the_marked_part_of_a_line_is_shown_with_what_is_around_it() {
        let text = "第一行\n  看[链接](/no/)吧\n";
        let at = text.find("/no/").unwrap();
        let finding = rules::finding("link/case", text!("a", "b")).at(Place::span("x.md", text, at..at + 4));
        assert_eq!(excerpt(&finding).unwrap(), "看[链接](<mark>/no/</mark>)吧");
        let long = format!("{}X{}", "前".repeat(50), "后".repeat(50));
        let finding = rules::finding("link/case", text!("a", "b")).at(Place::span("x.md", &*long, 150..151));
        let shown = excerpt(&finding).unwrap();
        assert!(shown.starts_with("…前") && shown.ends_with("后…") && shown.contains("<mark>X</mark>"), "{shown}");
    }
}
