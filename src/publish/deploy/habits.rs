//! What a browser is told about a file: its type, and how long it may keep it.

use super::host::Headers;
use super::plan::{extension, is_page};

/// Pages are asked for anew each time; what has its hash in the name never changes; the rest is kept for an hour.
pub fn headers(path: &str) -> Headers {
    Headers { content_type: content_type(path), cache_control: Some(cache_control(path)) }
}

pub fn cache_control(path: &str) -> &'static str {
    match () {
        () if is_page(path)
            || extension(path).is_some_and(|e| matches!(e.as_str(), "xml" | "ics" | "json" | "txt")) =>
        {
            "no-cache"
        }
        () if is_fingerprinted(path) => "public, max-age=31536000, immutable",
        () => "public, max-age=3600",
    }
}

/// Images that kepu made carry a hash of their source and their size: `name.0123456789abcdef.webp`.
fn is_fingerprinted(path: &str) -> bool {
    path.starts_with("processed_images/")
        || path.rsplit('/').next().unwrap_or(path).split('.').rev().skip(1).any(|part| {
            part.len() >= 16
                && part.chars().all(|c| c.is_ascii_hexdigit())
                && part.contains(|c: char| c.is_ascii_digit())
        })
}

pub fn content_type(path: &str) -> String {
    let guess = match extension(path).as_deref() {
        // Names that the list of types lacks or knows by another meaning.
        Some("ics") => "text/calendar".to_owned(),
        Some("webmanifest") => "application/manifest+json".to_owned(),
        Some("atom") => "application/atom+xml".to_owned(),
        Some("rss") => "application/rss+xml".to_owned(),
        _ => mime_guess::from_path(path).first_or_octet_stream().essence_str().to_owned(),
    };
    let is_text = guess.starts_with("text/")
        || guess.ends_with("+xml")
        || matches!(
            guess.as_str(),
            "application/javascript" | "application/json" | "application/xml" | "application/manifest+json"
        );
    if is_text { format!("{guess}; charset=utf-8") } else { guess }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_say_their_encoding() {
        assert_eq!(content_type("a/index.html"), "text/html; charset=utf-8");
        assert_eq!(content_type("events.ics"), "text/calendar; charset=utf-8");
        assert_eq!(content_type("a.jpg"), "image/jpeg");
        assert_eq!(content_type("a"), "application/octet-stream");
    }

    #[test]
    fn only_what_cannot_change_is_kept_for_long() {
        assert_eq!(cache_control("index.html"), "no-cache");
        assert_eq!(cache_control("style.css"), "public, max-age=3600");
        assert!(cache_control("photo.0123456789abcdef.webp").contains("immutable"));
        assert!(!cache_control("20261124.webp").contains("immutable"));
    }
}
