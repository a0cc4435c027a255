//! The addresses that feeds and sitemaps name.

use crate::site::Route;

/// Whether a route makes a feed or a sitemap.
pub fn is_feed(route: &Route) -> bool {
    matches!(route, Route::Feed { .. } | Route::Sitemap { .. } | Route::SitemapIndex { .. })
}

/// Calls `take` with every address of an Atom, RSS or JSON feed or a sitemap. What is in the texts of its entries is
/// looked at on their pages.
pub fn of_feed(text: &str, take: &mut dyn FnMut(&str)) {
    if text.trim_start().starts_with('{') {
        let Ok(feed) = serde_json::from_str::<serde_json::Value>(text) else { return };
        let of = |value: &serde_json::Value, key: &str| value.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let mut addresses: Vec<String> =
            ["home_page_url", "feed_url"].iter().filter_map(|key| of(&feed, key)).collect();
        for item in feed.get("items").and_then(|items| items.as_array()).into_iter().flatten() {
            addresses.extend(["url", "image"].iter().filter_map(|key| of(item, key)));
        }
        addresses.iter().for_each(|address| take(address));
        return;
    }
    let Ok(document) = roxmltree::Document::parse(text) else { return };
    for node in document.descendants().filter(|node| node.is_element()) {
        match node.tag_name().name() {
            // Atom has it in an attribute, RSS in the element.
            "link" => node.attribute("href").or(node.text()).into_iter().for_each(&mut *take),
            "loc" => node.text().into_iter().for_each(&mut *take),
            "enclosure" => node.attribute("url").into_iter().for_each(&mut *take),
            _ => {}
        }
    }
}

/// Why a feed or sitemap is no XML, or no JSON.
pub fn malformed(path: &str, text: &str) -> Option<String> {
    if path.ends_with(".json") {
        return serde_json::from_str::<serde::de::IgnoredAny>(text).err().map(|error| error.to_string());
    }
    roxmltree::Document::parse(text).err().map(|error| error.to_string())
}
