//! The addresses that a page or a style sheet names.

use cssparser::{Parser, ParserInput, Token};
use scraper::ElementRef;

use crate::check::Document;

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Use {
    /// A reader follows it.
    Link,
    /// It tells search engines and feed readers about other pages.
    Relation,
    /// Browsers show it at once.
    Image,
    /// A picture that is loaded when it is scrolled to.
    LazyImage,
    /// Style sheets, scripts, fonts.
    Code,
    /// Icons, manifests and what else browsers fetch on their own.
    Extra,
    /// Sound and video.
    Media,
    Frame,
}

impl Use {
    /// Whether a browser asks for it by itself when the page is opened.
    pub fn is_fetched(self) -> bool {
        !matches!(self, Use::Link | Use::Relation)
    }
}

/// Calls `take` with every address of a page.
pub fn of_page(document: &Document, take: &mut dyn FnMut(Use, &str)) {
    for element in document.elements() {
        let value = element.value();
        if let Some(style) = value.attr("style") {
            of_css(style, take);
        }
        let mut attribute = |name: &str, what: Use| {
            if let Some(address) = value.attr(name) {
                take(what, address);
            }
        };
        match value.name() {
            "a" | "area" => attribute("href", Use::Link),
            "link" => {
                if let Some(what) = relation(value.attr("rel").unwrap_or_default()) {
                    attribute("href", what);
                }
            }
            "img" => {
                let what = image_use(element);
                attribute("src", what);
                value.attr("srcset").into_iter().flat_map(srcset).for_each(|address| take(Use::LazyImage, address));
            }
            "source" => {
                attribute("src", Use::Media);
                value.attr("srcset").into_iter().flat_map(srcset).for_each(|address| take(Use::LazyImage, address));
            }
            "video" => {
                attribute("src", Use::Media);
                attribute("poster", Use::Image);
            }
            "audio" | "track" => attribute("src", Use::Media),
            "script" => attribute("src", Use::Code),
            "iframe" => attribute("src", Use::Frame),
            "embed" => attribute("src", Use::Media),
            "object" => attribute("data", Use::Media),
            "input" if value.attr("type") == Some("image") => attribute("src", Use::Image),
            "image" | "use" => {
                attribute("href", Use::Image);
                attribute("xlink:href", Use::Image);
            }
            "meta" => {
                let name = value.attr("property").or(value.attr("name")).unwrap_or_default();
                if matches!(name, "og:image" | "og:url" | "twitter:image" | "og:audio" | "og:video") {
                    attribute("content", Use::Relation);
                }
            }
            "style" => of_css(&crate::check::document::text_of(element), take),
            _ => {}
        }
    }
}

fn image_use(image: ElementRef) -> Use {
    match image.attr("loading") {
        Some(loading) if loading.eq_ignore_ascii_case("lazy") => Use::LazyImage,
        _ => Use::Image,
    }
}

/// What a `<link>` is for; none where its address is nothing to look at.
fn relation(rel: &str) -> Option<Use> {
    let has = |name: &str| rel.split_ascii_whitespace().any(|own| own.eq_ignore_ascii_case(name));
    if has("stylesheet") || has("preload") || has("modulepreload") {
        Some(Use::Code)
    } else if ["icon", "apple-touch-icon", "mask-icon", "manifest", "preconnect", "dns-prefetch", "prefetch"]
        .into_iter()
        .any(has)
    {
        Some(Use::Extra)
    } else if has("canonical") || has("alternate") || has("next") || has("prev") || has("license") || has("search") {
        Some(Use::Relation)
    } else {
        None
    }
}

/// The addresses of a `srcset`: each ends at white space; a comma at its end separates too.
pub fn srcset(value: &str) -> Vec<&str> {
    let mut addresses = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return addresses;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        let bare = address.trim_end_matches(',');
        addresses.push(bare);
        rest = if bare.len() < address.len() { after } else { after.find(',').map_or("", |at| &after[at..]) };
    }
}

/// Calls `take` with every `url(…)` and `@import` of a style sheet.
pub fn of_css(css: &str, take: &mut dyn FnMut(Use, &str)) {
    if !css.contains("url(") && !css.contains("@import") && !css.contains("URL(") {
        return;
    }
    let mut input = ParserInput::new(css);
    tokens(&mut Parser::new(&mut input), 0, take);
}

/// How deep blocks may be in each other; cssparser goes no deeper either.
const DEEPEST: usize = 64;

fn tokens(parser: &mut Parser, depth: usize, take: &mut dyn FnMut(Use, &str)) {
    let mut after_import = false;
    while let Ok(token) = parser.next_including_whitespace().cloned() {
        match &token {
            Token::WhiteSpace(_) | Token::Comment(_) => continue,
            Token::UnquotedUrl(address) => take(kind_in_css(address, after_import), address),
            Token::QuotedString(address) if after_import => take(Use::Code, address),
            Token::Function(name) if name.eq_ignore_ascii_case("url") => {
                let _ = parser.parse_nested_block(|inner| {
                    if let Ok(address) = inner.expect_string_cloned() {
                        take(kind_in_css(&address, after_import), &address);
                    }
                    while inner.next().is_ok() {}
                    Ok::<(), cssparser::ParseError<'_, ()>>(())
                });
            }
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock
                if depth < DEEPEST =>
            {
                let _ = parser.parse_nested_block(|inner| {
                    tokens(inner, depth + 1, take);
                    Ok::<(), cssparser::ParseError<'_, ()>>(())
                });
            }
            _ => {}
        }
        after_import = matches!(&token, Token::AtKeyword(name) if name.eq_ignore_ascii_case("import"));
    }
}

fn kind_in_css(address: &str, after_import: bool) -> Use {
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let is_font = [".woff2", ".woff", ".ttf", ".otf", ".eot"].iter().any(|end| path.ends_with(end));
    if is_font || after_import { Use::Code } else { Use::LazyImage }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn css(text: &str) -> Vec<String> {
        let mut all = Vec::new();
        of_css(text, &mut |_, address| all.push(address.to_owned()));
        all
    }

    #[test]
    fn a_srcset_is_cut_at_its_candidates() {
        assert_eq!(srcset("a.jpg 1x, b.jpg 2x"), ["a.jpg", "b.jpg"]);
        assert_eq!(srcset("a.jpg, b.jpg 640w,c.jpg 1280w"), ["a.jpg", "b.jpg", "c.jpg"]);
        assert_eq!(srcset(" data:image/png;base64,AA== 1x "), ["data:image/png;base64,AA=="]);
        assert_eq!(srcset(""), [""; 0]);
    }

    #[test]
    fn addresses_of_style_sheets_are_found_wherever_they_stand() {
        assert_eq!(css("@import 'a.css'; @import url(b.css);"), ["a.css", "b.css"]);
        assert_eq!(css("@media print { a { background: no-repeat url( 'c.png' ) } }"), ["c.png"]);
        assert_eq!(css("/* url(no.png) */ a::after { content: 'url(no.png)' }"), [""; 0]);
        assert_eq!(css("@font-face { src: url(d.woff2) format('woff2'), url(\"e.ttf\") }"), ["d.woff2", "e.ttf"]);
        assert_eq!(css("a { b: url(half"), ["half"]);
    }
}
