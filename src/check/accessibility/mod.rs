//! Rules about pages that somebody cannot use: without eyes, without a mouse, with weak eyes, in another language.
//!
//! Thresholds are those of WCAG 2.2, level AA.

mod contrast;
mod css;
mod inherit;
mod names;
mod rules;
mod structure;

use std::collections::{BTreeMap, HashMap, HashSet};

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{ElementRef, Node};

use super::{Context, Document, File, Found, Group, Page, finding};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;
use names::{Names, accessible_name};

pub const GROUP: Group = Group { rules: rules::RULES, page: Some(of_page), file: Some(of_style_sheet), ..Group::NONE };

fn of_page(context: &Context, page: &Page, found: &mut Found) {
    // kepu's own 404 page is Zola's, and nothing in the site can change it but a template of that name.
    if page.address == "/404.html" && context.site.engine.file("404.html").is_none() {
        return;
    }
    let names = Names::new(page.document);
    let hidden = hidden(page.document);
    let mut look = Look { context, page, found, names, hidden };
    look.document();
    look.ids();
    for element in page.document.elements() {
        look.element(element);
    }
    structure::headings(&mut look);
    structure::links(&mut look);
    structure::tables(&mut look);
    structure::mongolian(&mut look);
}

/// A page that is looked at.
struct Look<'a, 'f, 's> {
    context: &'a Context<'a>,
    page: &'a Page<'a>,
    found: &'f mut Found<'s>,
    names: Names<'a>,
    hidden: HashSet<NodeId>,
}

impl Look<'_, '_, '_> {
    fn is_hidden(&self, element: ElementRef) -> bool {
        self.hidden.contains(&element.id())
    }

    /// A finding at the place where one of `needles` was written.
    fn tell(&mut self, code: &'static str, message: Text, help: Text, needles: &[&str]) {
        if !self.found.wants(code) {
            return;
        }
        let needles: Vec<String> =
            needles.iter().filter(|needle| !needle.trim().is_empty()).map(|needle| (*needle).to_owned()).collect();
        let told = finding(code, message).help(help).on(self.page.address);
        let place = match needles.is_empty() {
            true => self.page.source.map(Place::file),
            false => self.context.sources.locate(self.page.source, &needles),
        };
        self.found.push(match place {
            Some(place) => told.at(place),
            None => told,
        });
    }

    fn document(&mut self) {
        let root = self.page.document.html().root_element();
        match root.attr("lang").map(str::trim) {
            None | Some("") => self.tell(
                "accessibility/language",
                text!("the page does not say which language it is in", "页面没有写明语言"),
                text!(
                    "write `<html lang=\"{{{{ lang }}}}\">` in the template",
                    "请在模板里写 `<html lang=\"{{{{ lang }}}}\">`"
                ),
                &[],
            ),
            Some(tag) if !is_language(tag) => self.tell(
                "accessibility/language",
                text!("`{tag}` is no language", "`{tag}` 不是语言代码"),
                text!(
                    "Chinese is `zh-Hans` or `zh-CN`, Mongolian `mn-Mong`",
                    "中文写 `zh-Hans` 或 `zh-CN`，传统蒙古文写 `mn-Mong`"
                ),
                &[],
            ),
            Some(_) => {}
        }
    }

    fn ids(&mut self) {
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for element in self.page.document.elements() {
            if let Some(id) = element.value().id() {
                *count.entry(id).or_default() += 1;
            }
        }
        for (id, count) in count.into_iter().filter(|(_, count)| *count > 1) {
            self.tell(
                "accessibility/duplicate-id",
                text!("{count} elements have the id `{id}`", "有 {count} 个元素的 id 都是 `{id}`"),
                text!(
                    "give each its own: links and labels find the first only",
                    "请各用不同的 id：链接和标签只能找到第一个"
                ),
                &[&format!("id=\"{id}\""), &format!("{{#{id}}}"), &format!("id={id}"), id],
            );
        }
    }

    fn element(&mut self, element: ElementRef) {
        if self.is_hidden(element) {
            return;
        }
        let value = element.value();
        match value.name() {
            "img" => self.image(element),
            "area" if element.attr("href").is_some() && !has_name(element) => {
                self.alternative(
                    text!("a part of an image map has no text", "图像热区没有替代文字"),
                    element.attr("href"),
                );
            }
            "svg" if element.attr("role") == Some("img") && !self.names.is_named(element) => {
                self.alternative(text!("a drawing has no text", "图形没有替代文字"), element.attr("class"));
            }
            "input" | "select" | "textarea" => self.control(element),
            "audio" | "video" => self.player(element),
            "iframe"
                if element.attr("title").is_none_or(|title| title.trim().is_empty())
                    && !self.names.is_named(element) =>
            {
                self.alternative(
                    text!("an embedded page has no `title`", "嵌入的页面没有 `title`"),
                    element.attr("src"),
                );
            }
            "button" if accessible_name(element, &self.names).is_empty() => {
                self.tell(
                    "accessibility/button-text",
                    text!("a button has no text", "按钮没有文字"),
                    text!("write what it does, or add `aria-label`", "请写明用途，或加上 `aria-label`"),
                    &[element.attr("class").unwrap_or_default(), &opening(element)],
                );
            }
            "meta" if element.attr("name").is_some_and(|name| name.eq_ignore_ascii_case("viewport")) => {
                let content = element.attr("content").unwrap_or_default();
                if forbids_zoom(content) {
                    self.tell(
                        "accessibility/zoom",
                        text!("the page forbids to zoom", "页面禁止缩放"),
                        text!(
                            "take `user-scalable` and `maximum-scale` out of `{content}`",
                            "请从 `{content}` 中去掉 `user-scalable` 和 `maximum-scale`"
                        ),
                        &[content],
                    );
                }
            }
            _ => {}
        }
    }

    fn alternative(&mut self, message: Text, needle: Option<&str>) {
        self.tell(
            "accessibility/alternative",
            message,
            text!("say what it shows, or `alt=\"\"` if it is decoration", "请写明内容；纯装饰的图片写 `alt=\"\"`"),
            &[needle.unwrap_or_default()],
        );
    }

    fn image(&mut self, element: ElementRef) {
        let source = element.attr("src").unwrap_or_default();
        // A picture in the address itself has no name.
        let name = match source.strip_prefix("data:") {
            Some(data) => data.split([';', ',']).next().unwrap_or_default(),
            None => source.rsplit('/').next().unwrap_or_default(),
        };
        // Markdown without a text in its brackets has an empty `alt`, which is right for decoration only: a picture in a
        // figure is none.
        let in_figure = || {
            element.ancestors().filter_map(ElementRef::wrap).any(|ancestor| {
                ancestor.value().name() == "figure"
                    && !ancestor.descendants().filter_map(ElementRef::wrap).any(|e| e.value().name() == "figcaption")
            })
        };
        match element.attr("alt").map(str::trim) {
            None if self.names.is_named(element) || element.attr("role") == Some("presentation") => {}
            None => {
                self.alternative(text!("the picture `{name}` has no text", "图片 `{name}` 没有替代文字"), Some(source))
            }
            Some("") if in_figure() => {
                self.alternative(text!("the picture `{name}` has no text", "图片 `{name}` 没有替代文字"), Some(source));
            }
            Some(alt) if is_file_name(alt) => {
                let needle = [source, alt].into_iter().find(|needle| !needle.is_empty());
                self.alternative(
                    text!("the text of a picture is a file name: `{alt}`", "图片的替代文字是文件名：`{alt}`"),
                    needle,
                );
            }
            Some(_) => {}
        }
    }

    fn control(&mut self, element: ElementRef) {
        let of = element.attr("type").unwrap_or("text").to_ascii_lowercase();
        match (element.value().name(), of.as_str()) {
            ("input", "hidden" | "submit" | "reset") => return,
            ("input", "button") if element.attr("value").is_some_and(|value| !value.trim().is_empty()) => return,
            ("input", "image") => {
                if !has_name(element) {
                    self.alternative(
                        text!("a button with a picture has no text", "图片按钮没有替代文字"),
                        element.attr("src"),
                    );
                }
                return;
            }
            _ => {}
        }
        if !self.names.is_labelled(element) {
            let name = element.attr("name").or(element.attr("id")).unwrap_or("?");
            self.tell(
                "accessibility/label",
                text!("the form field `{name}` has no label", "表单项 `{name}` 没有标签"),
                text!(
                    "add `<label for=\"…\">` or `aria-label`; a placeholder disappears while typing",
                    "请加上 `<label for=\"……\">` 或 `aria-label`；占位文字一输入就消失了"
                ),
                &[
                    element.attr("id").unwrap_or_default(),
                    &format!("name=\"{name}\""),
                    element.attr("class").unwrap_or_default(),
                    &opening(element),
                ],
            );
        }
    }

    fn player(&mut self, element: ElementRef) {
        let source = || {
            let own = element.attr("src");
            let inner = || element.descendants().filter_map(ElementRef::wrap).find_map(|inner| inner.attr("src"));
            own.or_else(inner).unwrap_or_default().to_owned()
        };
        // A silent picture that moves in a loop is an animation; it must still be possible to stop it.
        let silent = element.attr("muted").is_some();
        if element.attr("autoplay").is_some() && !(silent && element.attr("controls").is_some()) {
            self.tell(
                "accessibility/autoplay",
                text!("this starts to play by itself", "音视频会自动播放"),
                text!("take `autoplay` out", "请去掉 `autoplay`"),
                &[&source()],
            );
        }
        let is_track = |kind: Option<&str>| matches!(kind, None | Some("subtitles" | "captions"));
        let captions = element
            .descendants()
            .filter_map(ElementRef::wrap)
            .any(|inner| inner.value().name() == "track" && is_track(inner.attr("kind")));
        if element.value().name() == "video" && !captions && !silent {
            self.tell(
                "accessibility/captions",
                text!("this video has no captions", "视频没有字幕轨"),
                text!(
                    "add `<track kind=\"captions\" src=\"….vtt\">`, or write what is said below it",
                    "请加上 `<track kind=\"captions\" src=\"……vtt\">`，或在视频下方写出文字稿"
                ),
                &[&source()],
            );
        }
    }
}

/// The elements that nobody meets, neither seen nor read out.
fn hidden(document: &Document) -> HashSet<NodeId> {
    let hides = |element: &Element| {
        matches!(element.name(), "template" | "noscript")
            || element.attrs().any(|(name, value)| name == "hidden" || name == "aria-hidden" && value == "true")
    };
    let (mut hidden, mut within) = (HashSet::new(), 0_usize);
    for edge in document.html().tree.root().traverse() {
        match edge {
            Edge::Open(node) => {
                if let Node::Element(element) = node.value()
                    && (within > 0 || hides(element))
                {
                    within += 1;
                    hidden.insert(node.id());
                }
            }
            Edge::Close(node) => {
                if node.value().is_element() && within > 0 {
                    within -= 1;
                }
            }
        }
    }
    hidden
}

/// The opening tag of an element, as most write it.
fn opening(element: ElementRef) -> String {
    let attributes: String = element.value().attrs().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
    format!("<{}{attributes}>", element.value().name())
}

fn has_name(element: ElementRef) -> bool {
    ["alt", "aria-label", "title"].iter().any(|name| element.attr(name).is_some_and(|value| !value.trim().is_empty()))
}

/// `IMG_2031.JPG`, `微信图片_20250314.png`.
fn is_file_name(alt: &str) -> bool {
    let ends = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".heic", ".svg"];
    let lower = alt.to_ascii_lowercase();
    ends.iter().any(|end| lower.ends_with(end)) && !alt.contains(char::is_whitespace)
        || ["img_", "dsc", "mmexport", "wx_camera_", "screenshot_"].iter().any(|start| {
            lower.strip_prefix(start).is_some_and(|rest| {
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | '-'))
            })
        })
}

/// Well-formed by the form of BCP 47, and no country taken for a language (`cn` is none; `zh-CN` is).
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let known = (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic()) || first == "x";
    known
        && !["cn", "jp", "kr", "tw", "hk", "us", "gb", "en_us"].contains(&first.to_ascii_lowercase().as_str())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Zoom to twice the size must be possible (WCAG 2.2, 1.4.4).
fn forbids_zoom(viewport: &str) -> bool {
    viewport.split([',', ';']).filter_map(|part| part.split_once('=')).any(|(name, value)| {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_ascii_lowercase());
        match name.as_str() {
            "user-scalable" => value == "no" || value == "0",
            "maximum-scale" => value.parse::<f64>().is_ok_and(|scale| scale < 2.0),
            _ => false,
        }
    })
}

/// Contrast of what a style sheet declares.
fn of_style_sheet(context: &Context, file: &File, found: &mut Found) {
    let (Some(css), true) = (file.text, file.path.ends_with(".css")) else { return };
    if !found.wants("accessibility/contrast") {
        return;
    }
    let mut by_colours: HashMap<(String, String), usize> = HashMap::new();
    for weak in contrast::weak(css) {
        // The same two colours in ten rules are one thing to change.
        let count = by_colours.entry((weak.text.clone(), weak.ground.clone())).or_default();
        *count += 1;
        if *count > 1 {
            continue;
        }
        let contrast::Weak { selector, text: front, ground, ratio, needed, modes, .. } = &weak;
        let zh = |mode: &String| mode.replacen("light", "浅色", 1).replacen("dark", "深色", 1);
        let (modes, zh) = (modes.join("; "), modes.iter().map(zh).collect::<Vec<_>>().join("；"));
        let told = finding(
            "accessibility/contrast",
            text!(
                "`{front}` on `{ground}` has a contrast of {ratio:.2}:1, less than {needed}:1 (`{selector}`; {modes})",
                "`{front}` 在 `{ground}` 上的对比度是 {ratio:.2}:1，低于 {needed}:1（`{selector}`；{zh}）"
            ),
        )
        .help(text!(
            "change one of the two colours until they differ enough; the darker the one, the lighter the other",
            "请调整其中一种颜色，使深浅差别足够大"
        ))
        .on(file.address);
        let told = match &weak.from {
            Some(from) => told.note(text!("the colour of the text comes from `{from}`", "文字颜色来自 `{from}`")),
            None => told,
        };
        let at = context.sources.locate(file.source, std::slice::from_ref(selector));
        found.push(place(told, at, file.source));
    }
}

fn place(told: Diagnostic, at: Option<Place>, source: Option<&str>) -> Diagnostic {
    match (at, source) {
        (Some(at), _) => told.at(at),
        (None, Some(source)) => told.at(Place::file(source)),
        (None, None) => told,
    }
}

/// Text nodes that readers meet, with the element that they stand in.
fn shown_texts<'a>(page: &Page<'a>) -> impl Iterator<Item = (ElementRef<'a>, &'a str)> {
    page.document.html().tree.nodes().filter_map(|node| {
        let Node::Text(text) = node.value() else { return None };
        let parent = node.parent().and_then(ElementRef::wrap)?;
        let silent = matches!(parent.value().name(), "script" | "style" | "template" | "noscript" | "title");
        (!silent).then_some((parent, &**text as &str))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_zoom_and_file_names() {
        assert!(["zh", "zh-Hans", "zh-CN", "mn-Mong-CN", "en"].iter().all(|tag| is_language(tag)));
        assert!(!["cn", "chinese", "zh_CN", "", "z", "zh-"].iter().any(|tag| is_language(tag)));
        assert!(forbids_zoom("width=device-width, user-scalable=no"));
        assert!(forbids_zoom("width=device-width,maximum-scale=1.0"));
        assert!(!forbids_zoom("width=device-width, initial-scale=1, maximum-scale=5"));
        assert!(is_file_name("IMG_2031.JPG") && is_file_name("mmexport1700000000123"));
        assert!(!is_file_name("img_ 一只蒙古百灵") && !is_file_name("DSC 杯比赛现场"));
    }
}
