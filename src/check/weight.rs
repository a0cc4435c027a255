//! What is too heavy for readers and hosts, what comes from other hosts, and maps without the number of their approval.

use scraper::ElementRef;

use super::document::{has_class, text_of};
use super::facts::{Fetch, FileFacts};
use super::links::{Use, address_of, at};
use super::rules::{Default, Group, Rule, finding};
use super::{Context, Facts, Found, Page};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::site::Route;
use crate::text;

pub const GROUP: Group = Group { rules: RULES, page: Some(of_page), site: Some(of_site), ..Group::NONE };

const SMALLER: (&str, &str) = (
    "Make the pictures smaller before you put them in, or let the template make small ones.",
    "请先把图片缩小再放进来，或让模板生成小图。",
);

const RULES: &[Rule] = &[
    Rule::new(
        "weight/page",
        Default::Warning,
        ("Pages that load slowly", "打开太慢的页面"),
        ("Split the page, or use fewer scripts and fonts.", "请拆分页面，或减少脚本和字体。"),
    ),
    Rule::new(
        "weight/pictures",
        Default::Warning,
        ("Pages with too many large pictures", "图片总量过大的页面"),
        SMALLER,
    ),
    Rule::new("weight/picture", Default::Warning, ("Pictures that are too large", "过大的图片"), SMALLER),
    Rule::new(
        "weight/attachment",
        Default::Warning,
        ("Attachments that are too large", "过大的附件"),
        ("Compress or split the file.", "请压缩或拆分文件。"),
    ),
    Rule::new(
        "weight/video",
        Default::Warning,
        ("Videos that are too large", "过大的视频"),
        (
            "Put the video on a video site and link to it, or compress it.",
            "请把视频放到视频平台再链接过去，或压缩后再放。",
        ),
    ),
    Rule::new(
        "weight/column",
        Default::Warning,
        ("Columns that take much space", "占用空间过大的栏目"),
        ("Move old attachments elsewhere; many hosts give 1 GB or less.", "请移走旧附件；很多空间只有 1 GB。"),
    ),
    Rule::new(
        "weight/site",
        Default::Warning,
        ("A site that takes much space", "网站占用空间过大"),
        ("Move old attachments elsewhere; many hosts give 1 GB or less.", "请移走旧附件；很多空间只有 1 GB。"),
    ),
    Rule::new(
        "weight/foreign",
        Default::Outreach,
        ("Files that pages load from other hosts", "页面从别的网站加载的文件"),
        (
            "Copy the file into `static/`; other hosts are slow or blocked, and learn who reads what.",
            "请把文件放进 `static/`；别的网站可能很慢或打不开，还会知道谁看了什么。",
        ),
    ),
    Rule::new(
        "weight/map",
        Default::Profile,
        ("Maps without the number of their approval", "没有审图号的地图"),
        (
            "Print the number near the map, like 审图号：GS（2024）0650号, or use a link instead of the map.",
            "请在地图旁注明审图号，如“审图号：GS（2024）0650号”，或改用链接。",
        ),
    ),
];

const PICTURES: [&str; 9] = ["jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp", "tif"];
const VIDEOS: [&str; 7] = ["mp4", "webm", "mov", "avi", "mkv", "m4v", "wmv"];

fn extension(path: &str) -> String {
    path.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

fn mb(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn kb(bytes: u64) -> String {
    format!("{} kB", bytes.div_ceil(1000))
}

fn of_site(context: &Context, facts: &Facts, found: &mut Found) {
    let budget = context.site.config.check.weight.clone();
    let size = |route: u32| facts.files.get(context.addresses.path(route)).map_or(0, |file| file.size);
    let mut shown = std::collections::BTreeSet::new();
    for file in facts.files.values() {
        let mut code = file.size;
        let mut pictures = 0;
        for (route, what) in &file.fetches {
            match what {
                Fetch::Code => code += size(*route),
                Fetch::Image => pictures += size(*route),
                Fetch::Lazy => {}
            }
            if *what != Fetch::Code {
                shown.insert(*route);
            }
        }
        for link in file.links.iter().filter(|link| matches!(link.of, Use::Image | Use::LazyImage)) {
            let Some((path, image)) = facts.processed(link) else { continue };
            if link.of == Use::Image {
                pictures += image.size;
            }
            if image.size > budget.picture_kb * 1000 {
                let picture = picture(&address_of(path), image.size, budget.picture_kb);
                found.push(at(picture, Some(Place::file(&image.of))).on(&file.address));
            }
        }
        foreign(context, file, found);
        if !file.is_page {
            continue;
        }
        let put = |finding, found: &mut Found| {
            found.push(at(finding, file.source.as_deref().map(Place::file)).on(&file.address));
        };
        if code > budget.page_kb * 1000 {
            let (is, most) = (kb(code), budget.page_kb);
            let heavy = finding(
                "weight/page",
                text!(
                    "the page with its style sheets and scripts is {is}, more than {most} kB",
                    "页面连同样式和脚本有 {is}，超过 {most} kB"
                ),
            );
            put(
                heavy.help(text!("split the page, or use fewer scripts and fonts", "请拆分页面，或减少脚本和字体")),
                found,
            );
        }
        if pictures > budget.pictures_kb * 1000 {
            let (is, most) = (kb(pictures), budget.pictures_kb);
            let heavy = finding(
                "weight/pictures",
                text!(
                    "the pictures that the page shows at once are {is}, more than {most} kB",
                    "页面一打开就要加载的图片有 {is}，超过 {most} kB"
                ),
            )
            .help(text!(
                "make them smaller, or let them load later: `loading=\"lazy\"`",
                "请缩小图片，或延后加载：`loading=\"lazy\"`"
            ));
            put(heavy, found);
        }
    }
    let mut columns: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    let mut total = 0;
    for (path, image) in &facts.images {
        total += image.size;
        if let Some((column, _)) = path.split_once('/') {
            *columns.entry(column).or_default() += image.size;
        }
    }
    for (path, file) in &facts.files {
        total += file.size;
        if let Some((column, _)) = path.split_once('/') {
            *columns.entry(column).or_default() += file.size;
        }
        let extension = extension(path);
        let is = |kinds: &[&str]| kinds.contains(&extension.as_str());
        let address = address_of(path);
        let put = |finding, found: &mut Found| {
            found.push(at(finding, file.source.as_deref().map(Place::file)).on(&address));
        };
        if is(&VIDEOS) {
            if file.size > budget.video_mb * 1_000_000 {
                let (is, most) = (mb(file.size), budget.video_mb);
                put(
                    finding(
                        "weight/video",
                        text!(
                            "the video `{address}` is {is}, more than {most} MB",
                            "视频 `{address}` 有 {is}，超过 {most} MB"
                        ),
                    )
                    .help(text!("put it on a video site and link to it", "请放到视频平台，再链接过去")),
                    found,
                );
            }
        } else if is(&PICTURES) {
            let is_shown = context.addresses.route(path).is_some_and(|route| shown.contains(&route));
            if is_shown && file.size > budget.picture_kb * 1000 {
                put(picture(&address, file.size, budget.picture_kb), found);
            }
        } else if file.size > budget.attachment_mb * 1_000_000 && !file.is_html {
            let (is, most) = (mb(file.size), budget.attachment_mb);
            put(
                finding(
                    "weight/attachment",
                    text!(
                        "the file `{address}` is {is}, more than {most} MB",
                        "文件 `{address}` 有 {is}，超过 {most} MB"
                    ),
                )
                .help(text!("compress or split it", "请压缩或拆分")),
                found,
            );
        }
    }
    for (column, size) in columns.into_iter().filter(|(_, size)| *size > budget.column_mb * 1_000_000) {
        let (is, most) = (mb(size), budget.column_mb);
        found.push(
            finding(
                "weight/column",
                text!(
                    "everything in `/{column}/` is {is}, more than {most} MB",
                    "`/{column}/` 下的全部文件有 {is}，超过 {most} MB"
                ),
            )
            .help(old_files())
            .on(format!("/{column}/")),
        );
    }
    if total > budget.site_mb * 1_000_000 {
        let (is, most) = (mb(total), budget.site_mb);
        let heavy = text!("the whole site is {is}, more than {most} MB", "整个网站有 {is}，超过 {most} MB");
        found.push(finding("weight/site", heavy).help(old_files()));
    }
}

/// A picture that is too large for its budget, in kilobytes.
fn picture(address: &str, size: u64, most: u64) -> Diagnostic {
    let is = kb(size);
    let message =
        text!("the picture `{address}` is {is}, more than {most} kB", "图片 `{address}` 有 {is}，超过 {most} kB");
    finding("weight/picture", message).help(text!(
        "make it smaller (1920 pixels are wide enough), or let the template resize it",
        "请缩小图片（宽 1920 像素就够），或让模板生成小图"
    ))
}

fn old_files() -> Text {
    text!("move old attachments elsewhere; many hosts give 1 GB or less", "请移走旧附件；很多空间只有 1 GB")
}

/// What a browser fetches from other hosts when it shows a file.
fn foreign(context: &Context, file: &FileFacts, found: &mut Found) {
    for (_, address) in file.external.iter().filter(|(of, _)| of.is_fetched()) {
        let host = url::Url::parse(address).or_else(|_| url::Url::parse(&format!("https:{address}")));
        let Some(host) = host.ok().and_then(|url| url.host_str().map(str::to_owned)) else { continue };
        let bare = address.strip_prefix("https:").unwrap_or(address).to_owned();
        let place = context.sources.locate(file.source.as_deref(), &[address.to_string(), bare]);
        let shown = super::links::shorten(address);
        found.push(
            at(
                finding("weight/foreign", text!("`{shown}` is loaded from `{host}`", "`{shown}` 要从 `{host}` 加载")),
                place,
            )
            .on(&file.address)
            .help(text!("copy the file into `static/` and use it from there", "请把文件放进 `static/`，从那里引用")),
        );
    }
}

fn of_page(context: &Context, page: &Page, found: &mut Found) {
    if context.site.outreach.is_none() || !found.wants("weight/map") || matches!(page.route, Route::NotFound) {
        return;
    }
    for element in page.document.elements() {
        let Some(named) = map(element) else { continue };
        if is_approved(element) {
            continue;
        }
        let src = element.attr("src").unwrap_or_default().to_owned();
        let file = src.rsplit('/').next().unwrap_or_default().to_owned();
        let alt = element.attr("alt").unwrap_or_default().to_owned();
        let place = context.sources.locate(page.source, &[src, file, alt]);
        found.push(
            at(
                finding(
                    "weight/map",
                    text!("the map “{named}” has no 审图号 beside it", "地图“{named}”旁边没有审图号"),
                ),
                place,
            )
            .on(page.address)
            .help(text!(
                "print it in the caption, like 审图号：GS（2024）0650号; if it is no map, allow it with a reason",
                "请在图注里写明，如“审图号：GS（2024）0650号”；如果不是地图，请写明理由予以许可"
            )),
        );
    }
}

/// What a map is called, if an element is one: a picture whose name or text says so, or something of the class `map`.
fn map(element: ElementRef) -> Option<String> {
    let value = element.value();
    let alt = element.attr("alt").unwrap_or_default();
    match value.name() {
        "img" => {
            let src = percent_encoding::percent_decode_str(element.attr("src").unwrap_or_default()).decode_utf8_lossy();
            let file = src.rsplit('/').next().unwrap_or_default();
            let stem = file.split('.').next().unwrap_or_default().to_ascii_lowercase();
            let is_map = is_called_map(alt)
                || is_called_map(file)
                || has_class(element, "map")
                || stem.split(['-', '_']).any(|word| word == "map" || word == "ditu");
            is_map.then(|| if alt.is_empty() { file.to_owned() } else { alt.to_owned() })
        }
        // Lists that are called maps have text; what a script draws a map into has none.
        "div" if !text_of(element).trim().is_empty() => None,
        "figure" | "div" | "svg" | "object" | "iframe" if has_class(element, "map") => {
            // A picture in it is found by itself.
            let holds_picture =
                element.descendants().filter_map(ElementRef::wrap).any(|inner| inner.value().name() == "img");
            (!holds_picture).then(|| element.attr("aria-label").or(element.attr("title")).unwrap_or("map").to_owned())
        }
        _ => None,
    }
}

/// Words for maps of land, not “网站地图” or “思维导图”.
fn is_called_map(text: &str) -> bool {
    let text = text.replace("网站地图", "").replace("站点地图", "");
    ["地图", "行政区划图", "区位图", "地形图", "政区图"].iter().any(|word| text.contains(word))
}

/// Whether the number of an approval stands with a map: in its caption, its text, or the paragraph around it or after it.
fn is_approved<'a>(element: ElementRef<'a>) -> bool {
    let near = element
        .ancestors()
        .filter_map(ElementRef::wrap)
        .take_while(|around| !matches!(around.value().name(), "body" | "main" | "article" | "section" | "html"));
    let mut around: Vec<ElementRef> = near.take(3).collect();
    around.push(element);
    let after = |element: &ElementRef<'a>| element.next_siblings().filter_map(ElementRef::wrap).take(2);
    let siblings: Vec<ElementRef> = around.iter().flat_map(after).collect();
    let said = |element: &ElementRef| {
        let alt = element.attr("alt").unwrap_or_default();
        has_number(&text_of(*element)) || has_number(alt)
    };
    around.iter().chain(&siblings).any(said)
}

/// Whether a text holds the number of an approved map: `GS(2024)0650号`, `蒙S（2023）12号`, `GS京(2022)1061号`.
fn has_number(text: &str) -> bool {
    text.match_indices('S').any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let is_marked = before.is_some_and(|c| c == 'G' || ('\u{4e00}'..='\u{9fff}').contains(&c));
        let rest = text[at + 1..].trim_start();
        let rest = rest.strip_prefix(|c: char| ('\u{4e00}'..='\u{9fff}').contains(&c)).unwrap_or(rest).trim_start();
        let year = rest.strip_prefix(['(', '（', '[', '〔']).unwrap_or_default();
        is_marked && year.len() >= 4 && year.bytes().take(4).all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::{has_number, is_called_map};

    #[test]
    fn numbers_of_approved_maps_are_known_by_their_form() {
        for right in
            ["审图号：GS（2024）0650号", "GS(2020)4619号", "蒙S（2023）12号", "GS京(2022)1061号", "GS 〔2019〕1号"]
        {
            assert!(has_number(right), "{right}");
        }
        for wrong in ["", "GS", "审图号", "S(2020)1", "USS(2020)", "GS(20)", "GS（二〇二〇）"] {
            assert!(!has_number(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_site_map_is_no_map() {
        assert!(is_called_map("奈曼旗地图"));
        assert!(!is_called_map("网站地图"));
    }
}
