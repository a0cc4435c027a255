//! Small pictures for the tests of this folder, made in code.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

pub const RED: [u8; 3] = [255, 0, 0];
pub const GREEN: [u8; 3] = [0, 255, 0];
pub const BLUE: [u8; 3] = [0, 0, 255];
pub const WHITE: [u8; 3] = [255, 255, 255];

/// Four fields of colour: red and green above blue and white.
pub fn corners(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => WHITE,
        })
    }))
}

pub fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let image = if format == ImageFormat::Ico { DynamicImage::ImageRgba8(image.to_rgba8()) } else { image.clone() };
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A JPEG with an EXIF block: this orientation, the description `Hill`, and a date.
pub fn jpeg_with_exif(image: &DynamicImage, orientation: u16) -> Vec<u8> {
    // Offsets: header 8, first directory 2 + 3 * 12 + 4, the description 6, the EXIF directory 2 + 12 + 4, the date.
    let (description, exif, date) = (50, 56, 74);
    let number = |n: u32| n.to_le_bytes();
    let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
    for (tag, kind, count, value) in
        [(0x010e_u16, 2_u16, 5, description), (0x0112, 3, 1, orientation.into()), (0x8769, 4, 1, exif)]
    {
        tiff.extend_from_slice(&tag.to_le_bytes());
        tiff.extend_from_slice(&kind.to_le_bytes());
        tiff.extend_from_slice(&number(count));
        tiff.extend_from_slice(&number(value));
    }
    tiff.extend_from_slice(&number(0));
    tiff.extend_from_slice(b"Hill\0\0");
    tiff.extend_from_slice(&1u16.to_le_bytes());
    tiff.extend_from_slice(&0x9003u16.to_le_bytes());
    tiff.extend_from_slice(&2u16.to_le_bytes());
    tiff.extend_from_slice(&number(20));
    tiff.extend_from_slice(&number(date));
    tiff.extend_from_slice(&number(0));
    tiff.extend_from_slice(b"2025:01:15 12:34:56\0");

    let mut jpeg = encoded(image, ImageFormat::Jpeg);
    let mut segment = vec![0xff, 0xe1];
    segment.extend_from_slice(&u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    segment.extend_from_slice(b"Exif\0\0");
    segment.extend(tiff);
    jpeg.splice(2..2, segment);
    jpeg
}
