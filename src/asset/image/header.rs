//! The first bytes of a picture: its decoder, its size the right way up, and what its EXIF block says.

use std::fs::File;
use std::io::{BufRead, Read, Seek};
use std::path::Path;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::{MAX_DECODED, MAX_FILE};
use crate::diagnostic::Text;
use crate::text;

/// What the header of a picture says.
pub(super) struct Header {
    /// Pixels, after the turn that `orientation` asks for.
    pub size: (u32, u32),
    pub format: ImageFormat,
    pub description: Option<String>,
    /// `YYYY:MM:DD HH:MM:SS`, local time of the camera.
    pub created: Option<String>,
    /// What the decoded picture takes, in bytes.
    pub decoded: u64,
}

/// Opens a regular file of a size that can be worked on.
pub(super) fn open(path: &Path, name: &str) -> Result<File, Text> {
    let cannot = |error: std::io::Error| text!("cannot read `{name}`: {error}", "无法读取 `{name}`：{error}");
    // Asked before opening, because opening a pipe waits for its other end.
    let about = path.metadata().map_err(cannot)?;
    if !about.is_file() {
        return Err(text!("`{name}` is not a file", "`{name}` 不是文件"));
    }
    if about.len() > MAX_FILE {
        let limit = MAX_FILE >> 20;
        return Err(text!("`{name}` is larger than {limit} MiB", "`{name}` 大于 {limit} MiB"));
    }
    File::open(path).map_err(cannot)
}

/// The whole content of a file that [`open`] accepts.
pub(super) fn read(path: &Path, name: &str) -> Result<Vec<u8>, Text> {
    let mut content = Vec::new();
    // A file that grows while it is read must not get past the limit either.
    match open(path, name)?.take(MAX_FILE).read_to_end(&mut content) {
        Ok(_) => Ok(content),
        Err(error) => Err(text!("cannot read `{name}`: {error}", "无法读取 `{name}`：{error}")),
    }
}

/// A decoder for what the content is, or for what the name says where the content does not tell (TGA).
pub(super) fn decoder<'a, R: BufRead + Seek + 'a>(
    mut reader: R,
    name: &str,
) -> Result<(ImageFormat, impl ImageDecoder + use<'a, R>), Text> {
    let head = reader.fill_buf().map(|head| head.iter().take(64).copied().collect::<Vec<u8>>()).unwrap_or_default();
    if let Some(refusal) = foreign(&head, name) {
        return Err(refusal);
    }
    let mut reader = ImageReader::new(reader);
    if let Ok(format) = ImageFormat::from_path(name) {
        reader.set_format(format);
    }
    let mut reader = reader.with_guessed_format().map_err(|error| explain(&error.into(), name))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let format = reader.format().ok_or_else(|| unsupported(name))?;
    if format == ImageFormat::Avif {
        return Err(text!(
            "`{name}` is an AVIF image, which can be written but not read; resize the original it was made from",
            "`{name}` 是 AVIF 图片，只能生成、不能读取；请对制作它的原图进行缩放"
        ));
    }
    let decoder = reader.into_decoder().map_err(|error| explain(&error, name))?;
    Ok((format, decoder))
}

/// Reads a header. Errors: not a picture, an unsupported kind, damaged.
pub(super) fn header<'a>(reader: impl BufRead + Seek + 'a, name: &str) -> Result<Header, Text> {
    let (format, mut decoder) = decoder(reader, name)?;
    let (width, height) = decoder.dimensions();
    let exif = Exif::of(&mut decoder);
    let size = if exif.turned() { (height, width) } else { (width, height) };
    let Exif { description, created, .. } = exif;
    Ok(Header { size, format, description, created, decoded: decoder.total_bytes() })
}

/// The EXIF fields in use. A picture without a (readable) EXIF block has none of them.
#[derive(Default)]
pub(super) struct Exif {
    pub orientation: Option<Orientation>,
    description: Option<String>,
    created: Option<String>,
}

impl Exif {
    pub fn of(decoder: &mut impl ImageDecoder) -> Self {
        let Ok(Some(raw)) = decoder.exif_metadata() else { return Self::default() };
        let Ok(exif) = exif::Reader::new().read_raw(raw) else { return Self::default() };
        let value = |tag| exif.get_field(tag, exif::In::PRIMARY).map(|field| &field.value);
        let string = |tag| match value(tag)? {
            exif::Value::Ascii(strings) => strings.first().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        let orientation = value(exif::Tag::Orientation).and_then(|value| value.get_uint(0));
        Self {
            orientation: orientation.and_then(|n| u8::try_from(n).ok()).and_then(Orientation::from_exif),
            description: string(exif::Tag::ImageDescription),
            created: string(exif::Tag::DateTimeOriginal),
        }
    }

    /// Whether width and height change places.
    fn turned(&self) -> bool {
        use Orientation::*;
        matches!(self.orientation, Some(Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH))
    }
}

/// What people try although it cannot work, and what to do instead.
fn foreign(head: &[u8], name: &str) -> Option<Text> {
    let brand = head.get(8..12);
    let is_media = head.get(4..8) == Some(b"ftyp".as_slice());
    let is_heic = brand.is_some_and(|brand| [b"heic", b"heix", b"hevc", b"mif1", b"msf1"].iter().any(|b| brand == *b));
    if is_media && is_heic {
        return Some(text!(
            "`{name}` is a HEIC photo, which browsers cannot show; export it as JPEG (on an iPhone: Settings, Camera, \
             Formats, Most Compatible)",
            "`{name}` 是 HEIC 照片，浏览器无法显示；请导出为 JPEG（iPhone：设置 → 相机 → 格式 → 兼容性最佳）"
        ));
    }
    let is_svg = name.to_ascii_lowercase().ends_with(".svg") || head.starts_with(b"<svg");
    is_svg.then(|| {
        text!(
            "`{name}` is an SVG drawing, which is sharp at every size; use it as it is",
            "`{name}` 是 SVG 矢量图，任意大小都清晰，请直接使用"
        )
    })
}

fn unsupported(name: &str) -> Text {
    text!(
        "`{name}` is not an image of a known kind (JPEG, PNG, GIF, WebP, BMP, ICO, TIFF, PNM or TGA)",
        "`{name}` 不是可识别的图片（JPEG、PNG、GIF、WebP、BMP、ICO、TIFF、PNM 或 TGA）"
    )
}

/// Says what is wrong with a picture that its decoder refused.
pub(super) fn explain(error: &ImageError, name: &str) -> Text {
    match error {
        ImageError::Unsupported(_) => unsupported(name),
        ImageError::Limits(_) => too_large(name),
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            text!("`{name}` is cut off in the middle", "`{name}` 不完整，文件在中间被截断")
        }
        _ => text!("`{name}` is damaged: {error}", "`{name}` 已损坏：{error}"),
    }
}

pub(super) fn too_large(name: &str) -> Text {
    let limit = MAX_DECODED >> 20;
    text!(
        "`{name}` has too many pixels: it would take more than {limit} MiB of memory",
        "`{name}` 像素过多：解码需要超过 {limit} MiB 内存"
    )
}
