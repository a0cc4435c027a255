//! Rules that look at several elements of a page: headings, links, tables, runs of Mongolian.

use std::collections::BTreeMap;

use scraper::ElementRef;

use super::names::accessible_name;
use super::{Look, shown_texts};
use crate::text;

/// No level is left out on the way down, and there is one `h1`.
pub fn headings(look: &mut Look) {
    let mut before: Option<(u32, String)> = None;
    let mut firsts = Vec::new();
    for element in look.page.document.elements() {
        let Some(level) = level(element) else { continue };
        if look.is_hidden(element) {
            continue;
        }
        let words = accessible_name(element, &look.names);
        if level == 1 {
            firsts.push(words.clone());
        }
        if let Some((last, _)) = &before
            && level > last + 1
        {
            let (last, wanted) = (*last, last + 1);
            look.tell(
                "accessibility/heading-order",
                text!(
                    "the heading `{words}` is of level {level} below one of level {last}",
                    "标题“{words}”是第 {level} 级，上一个标题是第 {last} 级，中间跳级了"
                ),
                text!("use level {wanted}", "请改为第 {wanted} 级"),
                &[&as_markdown(level, &words), &words],
            );
        }
        before = Some((level, words));
    }
    if firsts.len() > 1 {
        let count = firsts.len();
        let second = firsts.get(1).cloned().unwrap_or_default();
        look.tell(
            "accessibility/heading-one",
            text!("the page has {count} headings of the first level", "页面有 {count} 个一级标题"),
            text!(
                "the title of the page is the first level; start with `##` in Markdown",
                "页面标题已是一级标题，正文请从 `##` 开始"
            ),
            &[&as_markdown(1, &second), &format!("<h1>{second}"), &second],
        );
    }
}

/// `## Words`, as a heading stands in Markdown.
fn as_markdown(level: u32, words: &str) -> String {
    format!("{} {words}", "#".repeat(level as usize))
}

fn level(element: ElementRef) -> Option<u32> {
    match element.value().name() {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}

/// Texts that say nothing about where a link leads.
const VAGUE: [&str; 22] = [
    "点击这里",
    "点这里",
    "点击此处",
    "点我",
    "这里",
    "此处",
    "点击",
    "点击查看",
    "戳这里",
    "请点击这里",
    "链接",
    "网址",
    "here",
    "click here",
    "click",
    "link",
    "this",
    "this link",
    "read this",
    "go",
    "查看",
    "more",
];

pub fn links(look: &mut Look) {
    let mut targets: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for element in look.page.document.named("a") {
        let Some(href) = element.attr("href") else { continue };
        if look.is_hidden(element) || href.is_empty() {
            continue;
        }
        let name = accessible_name(element, &look.names);
        if name.is_empty() {
            look.tell(
                "accessibility/link-text",
                text!("a link has no text", "链接没有文字"),
                text!("write where it leads, or add `aria-label`", "请写明去向，或加上 `aria-label`"),
                &[href],
            );
            continue;
        }
        let bare = name.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        if VAGUE.contains(&bare.as_str()) {
            look.tell(
                "accessibility/link-text",
                text!("the link text `{name}` does not say where it leads", "链接文字“{name}”没有说明去向"),
                text!("make the name of the target the link", "请把目标的名称作为链接文字"),
                &[href, &format!("[{name}]("), &format!(">{name}<")],
            );
            continue;
        }
        // Numbers of pages, footnotes and the like are read with what stands around them.
        if bare.chars().filter(|c| c.is_alphabetic()).count() < 2 || href.starts_with('#') {
            continue;
        }
        let (first, others) = targets.entry(name).or_insert_with(|| (href.to_owned(), 0));
        if first.trim_end_matches('/') != href.trim_end_matches('/') {
            *others += 1;
        }
    }
    for (name, (href, others)) in targets.into_iter().filter(|(_, (_, others))| *others > 0) {
        let places = others + 1;
        look.tell(
            "accessibility/same-link-text",
            text!(
                "{places} links called `{name}` lead to different places",
                "有 {places} 个链接都叫“{name}”，去向却不同"
            ),
            text!("say in each where it leads", "请分别写明去向"),
            &[&href, &format!("[{name}]("), &format!(">{name}<")],
        );
    }
}

/// Tables of data have heads.
pub fn tables(look: &mut Look) {
    for table in look.page.document.named("table") {
        if look.is_hidden(table) || matches!(table.attr("role"), Some("presentation" | "none")) {
            continue;
        }
        let of = |name: &'static str| {
            table.descendants().filter_map(ElementRef::wrap).filter(move |e| e.value().name() == name)
        };
        let headed = of("th").any(|head| head.text().any(|text| !text.trim().is_empty()));
        // Lines of code are laid out as a table, and one row or column is a list.
        let is_code =
            table.ancestors().filter_map(ElementRef::wrap).any(|e| matches!(e.value().name(), "pre" | "code"));
        let (rows, cells) = (of("tr").count(), of("td").count());
        if headed || is_code || rows < 2 || cells < rows * 2 {
            continue;
        }
        let first = of("td").map(|cell| cell.text().collect::<String>()).find(|text| !text.trim().is_empty());
        let first = first.unwrap_or_default().trim().to_owned();
        look.tell(
            "accessibility/table-head",
            text!("a table has no heads", "表格没有表头"),
            text!(
                "make its first row `<th>`, or in Markdown the row above the line",
                "请把首行写成 `<th>`，Markdown 中即分隔线上面的一行"
            ),
            &[&format!("<td>{first}</td>"), &first],
        );
    }
}

/// Mongolian is tagged, so that voices, fonts and the direction of lines are right.
pub fn mongolian(look: &mut Look) {
    let is_letter = |c: char| matches!(c, '\u{1820}'..='\u{18aa}');
    let found = shown_texts(look.page).find(|(parent, text)| text.chars().any(is_letter) && !is_in_mongolian(*parent));
    let Some((parent, words)) = found else { return };
    let run: String =
        words.chars().skip_while(|c| !is_letter(*c)).take_while(|c| !c.is_whitespace()).take(24).collect();
    let name = parent.value().name();
    look.tell(
        "accessibility/mongolian",
        text!("Mongolian in `<{name}>` is not tagged: `{run}`", "`<{name}>` 里的蒙古文没有标明语言：`{run}`"),
        text!("put it into an element with `lang=\"mn-Mong\"`", "请放进带有 `lang=\"mn-Mong\"` 的元素"),
        &[&run],
    );
}

fn is_in_mongolian(element: ElementRef) -> bool {
    let own = std::iter::once(element).chain(element.ancestors().filter_map(ElementRef::wrap));
    let tag = own.filter_map(|element| element.attr("lang")).next();
    tag.is_some_and(|tag| {
        let tag = tag.to_ascii_lowercase();
        tag == "mn" || tag.starts_with("mn-") || tag.starts_with("mvf")
    })
}
