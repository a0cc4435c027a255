//! What cameras and programs write into photos: where they were taken, and whose camera it was.
//!
//! Exif as CIPA DC-008 has it, and XMP packets (ISO 16684-1), which photo programs write with the same fields.

use std::io::Cursor;

use exif::{In, Reader, Tag, Value};

use crate::check::finding;
use crate::diagnostic::Diagnostic;
use crate::text;

/// Whether files with this extension may hold such data.
pub fn is_photo(extension: &str) -> bool {
    matches!(extension, "jpg" | "jpeg" | "png" | "webp" | "heic" | "heif" | "avif" | "tif" | "tiff")
}

/// What a photo tells of people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub location: bool,
    pub serial: bool,
    pub owner: bool,
}

/// Findings without their place. `member` is the photo's name in a document that holds it.
pub fn told(bytes: &[u8], member: Option<&str>) -> Vec<Diagnostic> {
    let told = read(bytes);
    let within = member.map_or_else(String::new, |member| format!(" (`{member}`)"));
    let mut found = Vec::new();
    if told.location {
        found.push(
            finding(
                "privacy/photo-location",
                text!("this photo tells where it was taken{within}", "照片里记录了拍摄地点{within}"),
            )
            .help(text!(
                "save it without its data; on a phone, switch off the location of the camera",
                "请去除照片信息后再放入（可用看图软件另存）；手机相机可关闭“地理位置”"
            )),
        );
    }
    if told.serial || told.owner {
        let what = match (told.serial, told.owner) {
            (true, true) => text!("the serial number of the camera and the name of its owner", "相机序列号和主人姓名"),
            (true, false) => text!("the serial number of the camera", "相机序列号"),
            _ => text!("the name of the owner or the author", "相机主人或作者姓名"),
        };
        let (en, zh) = (what.en, what.zh);
        found.push(
            finding("privacy/photo-owner", text!("this photo tells {en}{within}", "照片里记录了{zh}{within}"))
                .help(text!("save it without its data", "请去除照片信息后再放入（可用看图软件另存）")),
        );
    }
    found
}

/// Reads Exif and XMP. What is damaged tells nothing.
pub fn read(bytes: &[u8]) -> Told {
    let mut told = Told::default();
    // Cameras and programs break the format in small ways; what can be read tells enough. The library is fed files from
    // everywhere, and does not promise never to panic.
    let exif = std::panic::catch_unwind(|| {
        let read = Reader::new().continue_on_error(true).read_from_container(&mut Cursor::new(bytes));
        read.or_else(|error| error.distill_partial_result(|_| {})).ok()
    });
    if let Ok(Some(exif)) = exif {
        for field in exif.fields().filter(|field| field.ifd_num == In::PRIMARY) {
            match field.tag {
                Tag::GPSLatitude | Tag::GPSLongitude | Tag::GPSDestLatitude | Tag::GPSDestLongitude => {
                    told.location |= is_somewhere(&field.value);
                }
                Tag::BodySerialNumber | Tag::LensSerialNumber | CAMERA_SERIAL => {
                    told.serial |= is_filled_in(&field.value)
                }
                Tag::CameraOwnerName | Tag::Artist | XP_AUTHOR => told.owner |= is_filled_in(&field.value),
                _ => {}
            }
        }
    }
    let xmp = packet(bytes);
    let has = |names: &[&str]| names.iter().any(|name| holds(xmp, name));
    told.location |= has(&["exif:GPSLatitude", "exif:GPSLongitude"]);
    told.serial |=
        has(&["aux:SerialNumber", "exifEX:BodySerialNumber", "aux:LensSerialNumber", "exifEX:LensSerialNumber"]);
    told.owner |= has(&["aux:OwnerName", "exifEX:CameraOwnerName"]);
    told
}

/// `CameraSerialNumber` of DNG, which other programs write, too.
const CAMERA_SERIAL: Tag = Tag(exif::Context::Tiff, 0xc62f);
/// The author that Windows writes.
const XP_AUTHOR: Tag = Tag(exif::Context::Tiff, 0x9c9d);

/// Cameras without a fix write zeros, or fractions of nothing.
fn is_somewhere(value: &Value) -> bool {
    match value {
        Value::Rational(parts) => parts.iter().any(|part| part.num != 0 && part.denom != 0),
        Value::SRational(parts) => parts.iter().any(|part| part.num != 0 && part.denom != 0),
        Value::Double(parts) => parts.iter().any(|part| *part != 0.0),
        _ => false,
    }
}

fn is_filled_in(value: &Value) -> bool {
    let filled = |bytes: &[u8]| bytes.iter().any(|byte| byte.is_ascii_alphanumeric() && *byte != b'0' || *byte >= 0x80);
    match value {
        Value::Ascii(lines) => lines.iter().any(|line| filled(line)),
        Value::Byte(bytes) | Value::Undefined(bytes, _) => filled(bytes),
        Value::Long(numbers) => numbers.iter().any(|number| *number != 0),
        _ => false,
    }
}

/// The first XMP packet of a file.
fn packet(bytes: &[u8]) -> &[u8] {
    let Some(start) = memchr::memmem::find(bytes, b"<x:xmpmeta") else { return &[] };
    let rest = &bytes[start..];
    let end = memchr::memmem::find(rest, b"</x:xmpmeta").unwrap_or(rest.len());
    &rest[..end]
}

/// Whether a property stands in a packet with a value, as an attribute or as an element.
fn holds(packet: &[u8], name: &str) -> bool {
    memchr::memmem::find_iter(packet, name.as_bytes()).any(|at| {
        let rest = &packet[at + name.len()..];
        let value = match rest {
            [b'=', b'"' | b'\'', value @ ..] | [b'>', value @ ..] => value,
            _ => return false,
        };
        value.first().is_some_and(|byte| !matches!(byte, b'"' | b'\'' | b'<') && !byte.is_ascii_whitespace())
    })
}
