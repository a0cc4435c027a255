//! Writing a finished picture in one of the formats of the web.

use image::codecs::avif::AvifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ColorType, DynamicImage, ImageEncoder};

use super::resize::Format;
use crate::diagnostic::Text;
use crate::text;

/// Encodes `image`, with the colour profile of its original where the format and the encoder can hold it. The same
/// picture gives the same bytes on every machine.
pub(super) fn encode(image: DynamicImage, format: Format, profile: Option<Vec<u8>>) -> Result<Vec<u8>, Text> {
    let image = layout(image, format);
    let profile = profile.filter(|profile| describes(profile, image.color()));
    let mut out = Vec::new();
    let written = match format {
        Format::Png => {
            let mut encoder = PngEncoder::new(&mut out);
            keep(&mut encoder, profile);
            image.write_with_encoder(encoder)
        }
        Format::Jpeg { quality } => {
            let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
            keep(&mut encoder, profile);
            image.write_with_encoder(encoder)
        }
        // libwebp compresses better but knows no profiles.
        Format::WebP { quality: None } if profile.is_some() => {
            let mut encoder = WebPEncoder::new_lossless(&mut out);
            keep(&mut encoder, profile);
            image.write_with_encoder(encoder)
        }
        Format::WebP { quality } => return libwebp(&image, quality),
        Format::Avif { quality, speed } => {
            // How the picture is split into tiles, and with it every byte, depends on the number of threads.
            let encoder = AvifEncoder::new_with_speed_quality(&mut out, speed, quality).with_num_threads(Some(1));
            image.write_with_encoder(encoder)
        }
    };
    match written {
        Ok(()) => Ok(out),
        Err(error) => Err(failed(format, &error.to_string())),
    }
}

fn failed(format: Format, error: &str) -> Text {
    let extension = format.extension();
    text!("cannot encode as {extension}: {error}", "无法编码为 {extension}：{error}")
}

fn keep(encoder: &mut impl ImageEncoder, profile: Option<Vec<u8>>) {
    if let Some(profile) = profile {
        // An encoder that cannot hold it leaves it out; the picture is still right in most viewers.
        let _ = encoder.set_icc_profile(profile);
    }
}

/// Brings the pixels into a layout that the encoder of the format takes.
fn layout(image: DynamicImage, format: Format) -> DynamicImage {
    use ColorType::*;
    let color = image.color();
    match format {
        Format::Png if matches!(color, L8 | La8 | Rgb8 | Rgba8 | L16 | La16 | Rgb16 | Rgba16) => image,
        // JPEG has no transparency; the colour below it shows, as with Zola.
        Format::Jpeg { .. } if color.has_color() => DynamicImage::ImageRgb8(image.into_rgb8()),
        Format::Jpeg { .. } => DynamicImage::ImageLuma8(image.into_luma8()),
        _ if color.has_alpha() => DynamicImage::ImageRgba8(image.into_rgba8()),
        _ => DynamicImage::ImageRgb8(image.into_rgb8()),
    }
}

/// Whether an ICC profile is for pixels of this kind. The profile of a CMYK original, which was decoded to RGB, is not.
/// The colour space is in bytes 16 to 19 of a profile (ICC.1:2022, 7.2.6).
fn describes(profile: &[u8], color: ColorType) -> bool {
    let space: &[u8] = if color.has_color() { b"RGB " } else { b"GRAY" };
    profile.get(16..20) == Some(space)
}

fn libwebp(image: &DynamicImage, quality: Option<u8>) -> Result<Vec<u8>, Text> {
    let (width, height) = (image.width(), image.height());
    let encoder = match image {
        DynamicImage::ImageRgba8(image) => webp::Encoder::from_rgba(image.as_raw(), width, height),
        DynamicImage::ImageRgb8(image) => webp::Encoder::from_rgb(image.as_raw(), width, height),
        other => return Err(failed(Format::WebP { quality }, &format!("{:?}", other.color()))),
    };
    match encoder.encode_simple(quality.is_none(), quality.map_or(75.0, f32::from)) {
        Ok(content) => Ok(content.to_vec()),
        Err(error) => Err(failed(Format::WebP { quality }, &format!("{error:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageDecoder, ImageReader};

    use super::super::samples::corners;
    use super::*;

    const FORMATS: [Format; 5] = [
        Format::Jpeg { quality: 75 },
        Format::Png,
        Format::WebP { quality: None },
        Format::WebP { quality: Some(80) },
        Format::Avif { quality: 80, speed: 10 },
    ];

    fn profile(space: &[u8; 4]) -> Vec<u8> {
        let mut profile = vec![0; 128];
        profile[16..20].copy_from_slice(space);
        profile
    }

    fn kept(image: &DynamicImage, format: Format, profile: Vec<u8>) -> bool {
        let content = encode(image.clone(), format, Some(profile)).unwrap();
        let reader = ImageReader::new(Cursor::new(content)).with_guessed_format().unwrap();
        reader.into_decoder().unwrap().icc_profile().unwrap().is_some()
    }

    #[test]
    fn every_layout_of_pixels_is_encoded() {
        let rgb = corners(5, 3);
        let layouts = [
            DynamicImage::ImageLuma8(rgb.to_luma8()),
            DynamicImage::ImageLumaA8(rgb.to_luma_alpha8()),
            DynamicImage::ImageRgba8(rgb.to_rgba8()),
            DynamicImage::ImageLuma16(rgb.to_luma16()),
            DynamicImage::ImageLumaA16(rgb.to_luma_alpha16()),
            DynamicImage::ImageRgb16(rgb.to_rgb16()),
            DynamicImage::ImageRgba16(rgb.to_rgba16()),
            DynamicImage::ImageRgb32F(rgb.to_rgb32f()),
            DynamicImage::ImageRgba32F(rgb.to_rgba32f()),
            rgb,
        ];
        for image in layouts {
            for format in FORMATS {
                let content = encode(image.clone(), format, None).unwrap();
                assert!(!content.is_empty());
                assert_eq!(content, encode(image.clone(), format, None).unwrap());
            }
        }
    }

    #[test]
    fn the_smallest_pictures_are_encoded() {
        for (width, height) in [(1, 1), (1, 70), (70, 1), (2, 3)] {
            for format in FORMATS {
                assert!(encode(corners(width, height), format, None).is_ok(), "{width}x{height} {format:?}");
            }
        }
    }

    #[test]
    fn empty_pictures_are_errors() {
        for format in FORMATS {
            let _ = encode(DynamicImage::new_rgb8(0, 0), format, None);
        }
    }

    #[test]
    fn profiles_are_kept_where_they_fit() {
        let color = corners(4, 4);
        let gray = DynamicImage::ImageLuma8(color.to_luma8());
        for format in [Format::Jpeg { quality: 75 }, Format::Png, Format::WebP { quality: None }] {
            assert!(kept(&color, format, profile(b"RGB ")), "{format:?}");
            assert!(!kept(&color, format, profile(b"CMYK")), "{format:?}");
            assert!(!kept(&color, format, b"short".to_vec()), "{format:?}");
        }
        assert!(kept(&gray, Format::Png, profile(b"GRAY")));
        assert!(kept(&gray, Format::Jpeg { quality: 75 }, profile(b"GRAY")));
        // A WebP picture is always RGB.
        assert!(!kept(&gray, Format::WebP { quality: None }, profile(b"GRAY")));
    }

    #[test]
    fn jpeg_has_no_alpha() {
        let content = encode(DynamicImage::new_rgba8(4, 4), Format::Jpeg { quality: 75 }, None).unwrap();
        assert_eq!(image::load_from_memory(&content).unwrap().color(), ColorType::Rgb8);
    }
}
