//! Making a planned copy: decode, turn, crop, resample, encode.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder};

use super::header::{Exif, decoder, explain, read, too_large};
use super::{MAX_DECODED, Planned, cache, encode};
use crate::diagnostic::{Diagnostic, Place, Result, Text};
use crate::text;

/// Makes sure that the copy is in `cache_dir`, which is created if need be, and returns where.
///
/// A whole copy that is already there is not made again; any number of threads and processes may share the folder.
/// Errors: the original cannot be read, is damaged or has changed since it was planned, or the folder cannot be written.
pub fn process(planned: &Planned, cache_dir: &Path) -> Result<PathBuf> {
    if let Some(path) = cache::lookup(cache_dir, &planned.file_name) {
        return Ok(path);
    }
    cache::store(cache_dir, &planned.file_name, &make(planned)?).map_err(|error| {
        let message = text!("cannot write to the image cache: {error}", "无法写入图片缓存：{error}");
        Box::new(Diagnostic::error("image/cache", message).at(Place::file(&planned.name)))
    })
}

/// Makes the copy, as the bytes of its file. Errors as for [`process`], but for those of the cache.
pub fn make(planned: &Planned) -> Result<Vec<u8>> {
    let failed = |code, message| Box::new(Diagnostic::error(code, message).at(Place::file(&planned.name)));
    let content = read(&planned.path, &planned.name).map_err(|message| failed("image/read", message))?;
    if blake3::hash(&content) != planned.digest {
        let name = &planned.name;
        return Err(failed(
            "image/changed",
            text!("`{name}` changed while the site was built; build again", "构建过程中 `{name}` 被修改，请重新构建"),
        ));
    }
    copy(&content, planned).map_err(|message| failed("image/damaged", message))
}

fn copy(content: &[u8], planned: &Planned) -> Result<Vec<u8>, Text> {
    let name = &planned.name;
    let (_, mut decoder) = decoder(Cursor::new(content), name)?;
    // The limits of the decoder count what it needs on the way, not the result.
    if decoder.total_bytes() > MAX_DECODED {
        return Err(too_large(name));
    }
    let profile = decoder.icc_profile().ok().flatten();
    let orientation = Exif::of(&mut decoder).orientation;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| explain(&error, name))?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    if let Some((left, top, width, height)) = planned.geometry.crop {
        image = image.crop_imm(left, top, width, height);
    }
    if let Some((width, height)) = planned.geometry.size {
        image = image.resize_exact(width, height, FilterType::Lanczos3);
    }
    encode::encode(image, planned.format, profile)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{GenericImageView, ImageFormat};
    use tempfile::tempdir;

    use super::super::samples::{BLUE, GREEN, RED, WHITE, corners, encoded, jpeg_with_exif};
    use super::super::{Resize, ResizeArguments, metadata, plan};
    use super::*;

    fn request(op: &str, width: u32, height: u32, format: &str) -> Resize {
        let (width, height) = (Some(width), Some(height));
        Resize::parse(&ResizeArguments { op, width, height, format, ..Default::default() }).unwrap()
    }

    /// The copy of a picture, decoded.
    fn copied(content: &[u8], resize: &Resize) -> DynamicImage {
        let dir = tempdir().unwrap();
        let path = dir.path().join("picture");
        fs::write(&path, content).unwrap();
        let planned = plan(&path, "content/picture.jpg", resize).unwrap();
        let finished = process(&planned, &dir.path().join("cache")).unwrap();
        let facts = metadata(&finished, &planned.file_name).unwrap();
        assert_eq!((facts.width, facts.height), (planned.width, planned.height));
        assert_eq!((facts.description, facts.created), (None, None));
        let content = fs::read(finished).unwrap();
        if planned.file_name.ends_with(".avif") {
            return DynamicImage::new_rgb8(planned.width, planned.height);
        }
        image::load_from_memory(&content).unwrap()
    }

    fn close(image: &DynamicImage, x: u32, y: u32, expected: [u8; 3]) -> bool {
        let found = image.get_pixel(x, y).0;
        found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 24)
    }

    /// For each orientation how a camera stores [`corners`]; the corners clockwise from the top left.
    const STORED: [(u16, [[u8; 3]; 4]); 8] = [
        (1, [RED, GREEN, WHITE, BLUE]),
        (2, [GREEN, RED, BLUE, WHITE]),
        (3, [WHITE, BLUE, RED, GREEN]),
        (4, [BLUE, WHITE, GREEN, RED]),
        (5, [RED, BLUE, WHITE, GREEN]),
        (6, [GREEN, WHITE, BLUE, RED]),
        (7, [WHITE, GREEN, RED, BLUE]),
        (8, [BLUE, RED, GREEN, WHITE]),
    ];

    #[test]
    fn pictures_are_turned_upright() {
        for (orientation, [top_left, top_right, bottom_right, bottom_left]) in STORED {
            let stored = DynamicImage::ImageRgb8(image::RgbImage::from_fn(32, 32, |x, y| {
                image::Rgb(match (x < 16, y < 16) {
                    (true, true) => top_left,
                    (false, true) => top_right,
                    (false, false) => bottom_right,
                    (true, false) => bottom_left,
                })
            }));
            let upright = copied(&jpeg_with_exif(&stored, orientation), &request("scale", 16, 16, "png"));
            for (x, y, color) in [(2, 2, RED), (13, 2, GREEN), (13, 13, WHITE), (2, 13, BLUE)] {
                assert!(
                    close(&upright, x, y, color),
                    "orientation {orientation}, {x}, {y}: {:?}",
                    upright.get_pixel(x, y)
                );
            }
        }
    }

    #[test]
    fn every_operation_and_format() {
        let content = encoded(&corners(30, 20), ImageFormat::Png);
        for op in ["scale", "fit_width", "fit_height", "fit", "fill"] {
            for format in ["auto", "jpg", "png", "webp"] {
                copied(&content, &request(op, 7, 9, format));
            }
        }
        assert_eq!(copied(&content, &request("fit", 100, 100, "auto")).dimensions(), (30, 20));
        assert_eq!(copied(&content, &request("fit_height", 1, 60, "auto")).dimensions(), (90, 60));
        let fast = ResizeArguments { speed: Some(10), ..Default::default() };
        let fast = ResizeArguments { format: "avif", width: Some(9), height: Some(9), ..fast };
        copied(&content, &Resize::parse(&fast).unwrap());
    }

    #[test]
    fn a_fill_cuts_evenly() {
        let content = encoded(&corners(64, 16), ImageFormat::Png);
        let square = copied(&content, &request("fill", 8, 8, "png"));
        for (x, y, color) in [(0, 0, RED), (7, 0, GREEN), (0, 7, BLUE), (7, 7, WHITE)] {
            assert!(close(&square, x, y, color));
        }
    }

    #[test]
    fn a_finished_copy_is_not_made_again() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.png");
        fs::write(&path, encoded(&corners(8, 8), ImageFormat::Png)).unwrap();
        let planned = plan(&path, "a.png", &request("fill", 4, 4, "auto")).unwrap();
        let cache = dir.path().join("cache");
        let finished = process(&planned, &cache).unwrap();
        let content = fs::read(&finished).unwrap();

        fs::write(&finished, &content[..content.len() - 1]).unwrap();
        process(&planned, &cache).unwrap();
        assert_eq!(fs::read(&finished).unwrap(), content);

        // Nothing but the cache is needed now.
        fs::remove_file(&path).unwrap();
        assert_eq!(process(&planned, &cache).unwrap(), finished);
        fs::remove_file(&finished).unwrap();
        assert_eq!(process(&planned, &cache).unwrap_err().code, "image/read");
        fs::write(&path, encoded(&corners(8, 7), ImageFormat::Png)).unwrap();
        assert_eq!(process(&planned, &cache).unwrap_err().code, "image/changed");
    }

    #[test]
    fn damage_and_a_bad_cache_are_diagnostics() {
        let dir = tempdir().unwrap();
        let path = dir.path().join("a.png");
        let content = encoded(&corners(64, 64), ImageFormat::Png);
        fs::write(&path, &content[..content.len() / 2]).unwrap();
        let planned = plan(&path, "static/a.png", &request("fill", 4, 4, "auto")).unwrap();
        let error = process(&planned, &dir.path().join("cache")).unwrap_err();
        assert_eq!((error.code, error.place), ("image/damaged", Some(Place::file("static/a.png"))));

        fs::write(&path, &content).unwrap();
        let planned = plan(&path, "static/a.png", &request("fill", 4, 4, "auto")).unwrap();
        assert_eq!(process(&planned, &path.join("cache")).unwrap_err().code, "image/cache");
    }
}
