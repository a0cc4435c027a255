//! Facts about a picture for `get_image_metadata`.

use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde::Serialize;

use super::MAX_FILE;
use super::header::{header, open};
use crate::diagnostic::Text;
use crate::text;

/// What `get_image_metadata` returns; serialized, the fields are the keys that a template sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// Pixels, the way up the picture is shown (after an EXIF turn). For SVG the number of the `width` attribute
    /// whatever its unit, or of the view box.
    pub width: u32,
    pub height: u32,
    /// An extension: `jpg`, `png`, `gif`, `webp`, `avif`, `svg`, …
    pub format: Option<&'static str>,
    /// The media type, except that SVG has `text/svg+xml`: the mistake is Zola's, and templates compare with it.
    pub mime: Option<&'static str>,
    /// EXIF `ImageDescription`.
    pub description: Option<String>,
    /// EXIF `DateTimeOriginal`, `YYYY:MM:DD HH:MM:SS` in the camera's local time.
    pub created: Option<String>,
}

/// Reads the facts about the picture at `path` without decoding it. `name` is what messages call it.
/// Errors: unreadable, not a picture, an unsupported kind, damaged, an SVG without a size.
pub fn metadata(path: &Path, name: &str) -> Result<Metadata, Text> {
    let file = open(path, name)?;
    match extension(name).as_str() {
        "svg" => svg(file, name),
        "avif" => avif(file, name),
        _ => {
            let header = header(BufReader::new(file), name)?;
            let (width, height) = header.size;
            Ok(Metadata {
                width,
                height,
                format: header.format.extensions_str().first().copied(),
                mime: Some(header.format.to_mime_type()),
                description: header.description,
                created: header.created,
            })
        }
    }
}

fn extension(name: &str) -> String {
    Path::new(name).extension().map(|extension| extension.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn svg(file: std::fs::File, name: &str) -> Result<Metadata, Text> {
    let damaged = |error: String| text!("cannot read `{name}`: {error}", "无法读取 `{name}`：{error}");
    let mut source = String::new();
    file.take(MAX_FILE).read_to_string(&mut source).map_err(|error| damaged(error.to_string()))?;
    let root = root_alone(&source).ok_or_else(|| damaged("no <svg> element".to_owned()))?;
    let svg = svg_metadata::Metadata::parse(root).map_err(|error| damaged(error.to_string()))?;
    let (width, height) = match (svg.width(), svg.height(), svg.view_box()) {
        (Some(width), Some(height), _) => (width, height),
        (_, _, Some(view_box)) => (view_box.width, view_box.height),
        _ => {
            return Err(text!(
                "`{name}` has no size: its <svg> element has neither `width` and `height` nor a `viewBox`",
                "`{name}` 没有尺寸：其 <svg> 元素既没有 `width` 和 `height`，也没有 `viewBox`"
            ));
        }
    };
    Ok(Metadata {
        // The cast saturates: what is negative or not a number becomes 0.
        width: width as u32,
        height: height as u32,
        format: Some("svg"),
        mime: Some("text/svg+xml"),
        description: None,
        created: None,
    })
}

/// The document up to its root element, which is made empty. The size is all there, and the parser, which calls itself
/// for every level of elements, never meets the rest.
fn root_alone(source: &str) -> Option<String> {
    let mut at = 0;
    loop {
        at += source.get(at..)?.find('<')?;
        let rest = source.get(at..)?;
        at += if rest.starts_with("<!--") {
            rest.find("-->")? + 3
        } else if rest.starts_with("<?") {
            rest.find("?>")? + 2
        } else if rest.starts_with("<!") {
            end_of_tag(rest)? + 1
        } else {
            let end = at + end_of_tag(rest)?;
            let start = source.get(..end)?.trim_start_matches('\u{feff}');
            return Some(format!("{}/>", start.strip_suffix('/').unwrap_or(start)));
        };
    }
}

/// Where the `>` is that closes a tag or a DOCTYPE, past quotes and past declarations in brackets.
fn end_of_tag(tag: &str) -> Option<usize> {
    let (mut quote, mut brackets) = (None, 0_u32);
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => brackets += 1,
            (None, ']') => brackets = brackets.saturating_sub(1),
            (None, '>') if brackets == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

fn avif(file: std::fs::File, name: &str) -> Result<Metadata, Text> {
    let damaged = |error: avif_parse::Error| text!("`{name}` is damaged: {error}", "`{name}` 已损坏：{error}");
    // avif-parse panics on some truncated files.
    let frame = catch_unwind(AssertUnwindSafe(|| {
        avif_parse::read_avif(&mut BufReader::new(file).take(MAX_FILE))?.primary_item_metadata()
    }));
    let frame = frame.unwrap_or(Err(avif_parse::Error::UnexpectedEOF)).map_err(damaged)?;
    Ok(Metadata {
        width: frame.max_frame_width.get(),
        height: frame.max_frame_height.get(),
        format: Some("avif"),
        mime: Some("image/avif"),
        description: None,
        created: None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::ImageFormat;
    use tempfile::tempdir;

    use super::super::samples::{corners, encoded, jpeg_with_exif};
    use super::*;

    fn of(name: &str, content: &[u8]) -> Result<Metadata, String> {
        let dir = tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, content).unwrap();
        metadata(&path, name).map_err(|error| error.en)
    }

    fn brief(name: &str, content: &[u8]) -> (u32, u32, &'static str, &'static str) {
        let m = of(name, content).unwrap();
        assert_eq!((m.description, m.created), (None, None));
        (m.width, m.height, m.format.unwrap(), m.mime.unwrap())
    }

    #[test]
    fn every_kind_has_its_format_and_media_type() {
        let picture = corners(12, 7);
        let of = |format| encoded(&picture, format);
        assert_eq!(brief("a.png", &of(ImageFormat::Png)), (12, 7, "png", "image/png"));
        assert_eq!(brief("a.JPG", &of(ImageFormat::Jpeg)), (12, 7, "jpg", "image/jpeg"));
        assert_eq!(brief("a.gif", &of(ImageFormat::Gif)), (12, 7, "gif", "image/gif"));
        assert_eq!(brief("a.webp", &of(ImageFormat::WebP)), (12, 7, "webp", "image/webp"));
        assert_eq!(brief("a.bmp", &of(ImageFormat::Bmp)), (12, 7, "bmp", "image/bmp"));
        assert_eq!(brief("a.ico", &of(ImageFormat::Ico)), (12, 7, "ico", "image/x-icon"));
        assert_eq!(brief("a.tga", &of(ImageFormat::Tga)), (12, 7, "tga", "image/x-targa"));
        assert_eq!(brief("a.tiff", &of(ImageFormat::Tiff)), (12, 7, "tiff", "image/tiff"));
        assert_eq!(brief("a.AVIF", &of(ImageFormat::Avif)), (12, 7, "avif", "image/avif"));
        // The content counts, not the name.
        assert_eq!(brief("photo", &of(ImageFormat::Png)), (12, 7, "png", "image/png"));
        assert_eq!(brief("photo.jpg", &of(ImageFormat::Png)), (12, 7, "png", "image/png"));
    }

    #[test]
    fn sizes_are_of_the_picture_the_right_way_up() {
        for orientation in 0..=9 {
            let m = of("a.jpg", &jpeg_with_exif(&corners(12, 7), orientation)).unwrap();
            let expected = if (5..=8).contains(&orientation) { (7, 12) } else { (12, 7) };
            assert_eq!((m.width, m.height), expected, "orientation {orientation}");
            assert_eq!(m.description.as_deref(), Some("Hill"));
            assert_eq!(m.created.as_deref(), Some("2025:01:15 12:34:56"));
        }
    }

    #[test]
    fn svg_sizes() {
        let svg = |attributes: &str| of("a.svg", format!("<svg {attributes}><g/></svg>").as_bytes());
        let size = |attributes: &str| svg(attributes).map(|m| (m.width, m.height)).unwrap();
        assert_eq!(size("width='30' height='20.9px'"), (30, 20));
        assert_eq!(size("width='100%' height='50%' viewBox='0 0 40 30'"), (40, 15));
        assert_eq!(size("width='9' viewBox='0,  0, 40 30'"), (40, 30));
        assert_eq!(size("width='-3' height='1'"), (0, 1));
        assert_eq!(size("width='99999999999' height='1'"), (u32::MAX, 1));
        assert!(svg("width='1' width='2'").unwrap_err().contains("cannot read"));
        assert_eq!(svg("viewBox='0 0 40 30'").unwrap().mime, Some("text/svg+xml"));
        assert!(svg("").unwrap_err().contains("no size"));
        assert!(of("a.svg", b"<svg").is_err());
        assert!(of("a.svg", b"\xff\xfe<\0s\0").is_err());
        let doctype = "\u{feff}<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd'>\
                       <svg width='3' height='4'/>";
        assert_eq!(of("a.svg", doctype.as_bytes()).map(|m| m.height), Ok(4));
        let illustrator = "<!-- > ' <svg> --><!DOCTYPE svg [\n<!ENTITY ns 'http://x/>'>\n<!ENTITY w \"7\">\n]>\n\
                           <svg xmlns:x='&ns;' title='a > b' width='&w;' height='8' >";
        assert_eq!(of("a.svg", illustrator.as_bytes()).map(|m| (m.width, m.height)), Ok((7, 8)));
    }

    #[test]
    fn deep_and_expanding_svg_does_no_harm() {
        let deep = format!("<svg width='1' height='1'>{}{}</svg>", "<g>".repeat(200_000), "</g>".repeat(200_000));
        assert_eq!(of("a.svg", deep.as_bytes()).map(|m| m.width), Ok(1));
        let bomb = "<!DOCTYPE svg [<!ENTITY a '0123456789'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>\
                    <!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'>\
                    <!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'><!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;'>\
                    <!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;'><!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;'>]>\
                    <svg id='&h;&h;&h;' width='1' height='1'></svg>";
        assert!(of("a.svg", bomb.as_bytes()).is_err());
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(of("a.png", b"").unwrap_err().contains("a.png"));
        assert!(of("a.txt", b"hello").unwrap_err().contains("not an image"));
        assert!(of("a.jpg", b"hello").unwrap_err().contains("damaged"));
        assert!(of("a.avif", b"hello").unwrap_err().contains("damaged"));
        assert!(of("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0").unwrap_err().contains("HEIC"));
        assert!(metadata(Path::new("/"), "x.png").unwrap_err().en.contains("not a file"));
        assert!(metadata(Path::new("/nowhere/x.png"), "x.png").is_err());
    }

    #[test]
    fn every_cut_of_a_picture_is_an_answer_or_an_error() {
        let picture = corners(12, 7);
        for (name, format) in [
            ("a.png", ImageFormat::Png),
            ("a.gif", ImageFormat::Gif),
            ("a.webp", ImageFormat::WebP),
            ("a.avif", ImageFormat::Avif),
            ("a.tiff", ImageFormat::Tiff),
            ("a.bmp", ImageFormat::Bmp),
        ] {
            let content = encoded(&picture, format);
            for length in 0..content.len() {
                let _ = of(name, &content[..length]);
            }
        }
        let content = jpeg_with_exif(&picture, 6);
        for length in 0..content.len() {
            let _ = of("a.jpg", &content[..length]);
        }
    }
}
