//! The name and size of a copy, known before it is made.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::ImageFormat;

use super::MAX_DECODED;
use super::header::{header, read, too_large};
use super::resize::{Format, Geometry, Operation, Resize};
use crate::diagnostic::Text;

/// The stem of a file name is cut to this many bytes: file systems take 255 for the whole name.
const MAX_STEM: usize = 180;

/// An original: what it takes to plan any number of copies of it. Reading one reads the whole file for its hash but
/// decodes only the header, so keep it while the file is unchanged.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    name: String,
    digest: blake3::Hash,
    size: (u32, u32),
    lossy: bool,
}

/// A copy that [`process`](super::process()) can make.
#[derive(Clone, Debug)]
pub struct Planned {
    /// `STEM.HASH.EXT` with 16 hexadecimal digits that depend on the content and the name of the original and on the
    /// request, and on nothing of this machine. The stem is that of the original as it is: escape it in a URL.
    pub file_name: String,
    /// Of the copy, in pixels.
    pub width: u32,
    pub height: u32,
    /// Of the original the right way up, in pixels.
    pub orig_width: u32,
    pub orig_height: u32,
    /// The original.
    pub path: PathBuf,
    pub(super) name: String,
    pub(super) digest: blake3::Hash,
    pub(super) geometry: Geometry,
    pub(super) format: Format,
}

impl Source {
    /// Reads the picture at `path`. `name` is its path in the site, relative to the root and with `/`; messages and the
    /// names of copies use it. Errors: unreadable, not a picture that can be decoded, too many pixels.
    pub fn read(path: &Path, name: &str) -> Result<Self, Text> {
        let content = read(path, name)?;
        let digest = blake3::hash(&content);
        let header = header(Cursor::new(content), name)?;
        if header.decoded > MAX_DECODED {
            return Err(too_large(name));
        }
        Ok(Self { path: path.into(), name: name.into(), digest, size: header.size, lossy: lossy(header.format) })
    }

    /// Plans a copy. Errors: a quality that the format does not take, a copy too large.
    pub fn plan(&self, resize: &Resize) -> Result<Planned, Text> {
        let format = resize.format_for(self.lossy)?;
        let geometry = Geometry::new(resize.operation, self.size);
        geometry.check(self.size, format)?;
        let (orig_width, orig_height) = self.size;
        let (width, height) = geometry.size.unwrap_or(self.size);
        let file_name = self.file_name(resize.operation, format);
        Ok(Planned {
            file_name,
            width,
            height,
            orig_width,
            orig_height,
            path: self.path.clone(),
            name: self.name.clone(),
            digest: self.digest,
            geometry,
            format,
        })
    }

    fn file_name(&self, operation: Operation, format: Format) -> String {
        let (kind, width, height) = match operation {
            Operation::Scale(width, height) => (b's', width, height),
            Operation::FitWidth(width) => (b'w', width, 0),
            Operation::FitHeight(height) => (b'h', 0, height),
            Operation::Fit(width, height) => (b'i', width, height),
            Operation::Fill(width, height) => (b'f', width, height),
        };
        let (quality, speed) = match format {
            Format::Png | Format::WebP { quality: None } => (u8::MAX, 0),
            Format::Jpeg { quality } | Format::WebP { quality: Some(quality) } => (quality, 0),
            Format::Avif { quality, speed } => (quality, speed),
        };
        let mut hasher = blake3::Hasher::new();
        // Fields of fixed length first, so that no two requests feed the hash the same bytes.
        hasher.update(self.digest.as_bytes());
        hasher.update(&[kind, quality, speed]).update(&width.to_le_bytes()).update(&height.to_le_bytes());
        hasher.update(format.extension().as_bytes()).update(b"\0").update(self.name.as_bytes());
        let hash: String = hasher.finalize().to_hex().chars().take(16).collect();
        format!("{}.{hash}.{}", stem(&self.name), format.extension())
    }
}

/// [`Source::read`] and [`Source::plan`] in one, for a picture that is used once.
pub fn plan(path: &Path, name: &str, resize: &Resize) -> Result<Planned, Text> {
    Source::read(path, name)?.plan(resize)
}

fn stem(name: &str) -> &str {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or("unknown");
    let end = (0..=MAX_STEM.min(stem.len())).rev().find(|&end| stem.is_char_boundary(end)).unwrap_or(0);
    stem.get(..end).unwrap_or(stem)
}

/// Whether `auto` means JPEG: everything but the formats that always keep each pixel (Zola's list).
fn lossy(format: ImageFormat) -> bool {
    use ImageFormat::*;
    !matches!(format, Png | Pnm | Tiff | Tga | Bmp | Ico | Hdr | Farbfeld)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fs;

    use tempfile::{TempDir, tempdir};

    use super::super::resize::ResizeArguments;
    use super::super::samples::{corners, encoded, jpeg_with_exif};
    use super::*;

    fn site(content: &[u8]) -> (TempDir, PathBuf) {
        let dir = tempdir().unwrap();
        let path = dir.path().join("picture");
        fs::write(&path, content).unwrap();
        (dir, path)
    }

    fn request(op: &str, width: u32, height: u32, format: &str) -> Resize {
        let arguments = ResizeArguments { op, width: Some(width), height: Some(height), format, ..Default::default() };
        Resize::parse(&arguments).unwrap()
    }

    #[test]
    fn the_name_depends_on_content_name_and_request_only() {
        let (_dir, path) = site(&encoded(&corners(8, 8), ImageFormat::Png));
        let (_copy, elsewhere) = site(&encoded(&corners(8, 8), ImageFormat::Png));
        let (_other, changed) = site(&encoded(&corners(8, 9), ImageFormat::Png));
        let small = request("fill", 4, 4, "auto");
        let of = |path: &Path, name: &str, resize: &Resize| plan(path, name, resize).unwrap().file_name;
        let name = of(&path, "content/照片 1.png", &small);
        assert_eq!(name, of(&elsewhere, "content/照片 1.png", &small));
        let (stem, rest) = name.split_once('.').unwrap();
        let (hash, extension) = rest.split_once('.').unwrap();
        assert_eq!((stem, extension), ("照片 1", "png"));
        assert!(hash.len() == 16 && hash.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')), "{hash}");
        let names: HashSet<_> = [
            name,
            of(&changed, "content/照片 1.png", &small),
            of(&path, "static/照片 1.png", &small),
            of(&path, "content/照片 1.png", &request("fit", 4, 4, "auto")),
            of(&path, "content/照片 1.png", &request("fill", 4, 3, "auto")),
            of(&path, "content/照片 1.png", &request("fill", 4, 4, "webp")),
        ]
        .into();
        assert_eq!(names.len(), 6);
        // A default that is spelled out is the same request.
        let spelled = ResizeArguments {
            quality: Some(75),
            format: "jpg",
            width: Some(4),
            height: Some(4),
            op: "fill",
            speed: None,
        };
        assert_eq!(
            of(&path, "a.png", &Resize::parse(&spelled).unwrap()),
            of(&path, "a.png", &request("fill", 4, 4, "jpeg"))
        );
    }

    #[test]
    fn sizes_are_of_the_picture_the_right_way_up() {
        let (_dir, path) = site(&jpeg_with_exif(&corners(12, 6), 6));
        let planned = plan(&path, "a.jpg", &request("fit_width", 3, 1, "auto")).unwrap();
        assert_eq!((planned.orig_width, planned.orig_height), (6, 12));
        assert_eq!((planned.width, planned.height), (3, 6));
        assert!(planned.file_name.ends_with(".jpg"));
    }

    #[test]
    fn auto_follows_the_content() {
        let extension = |format| {
            let (_dir, path) = site(&encoded(&corners(8, 8), format));
            let planned = plan(&path, "a", &request("scale", 2, 2, "auto")).unwrap();
            planned.file_name.rsplit_once('.').unwrap().1.to_owned()
        };
        assert_eq!(extension(ImageFormat::Png), "png");
        assert_eq!(extension(ImageFormat::Tiff), "png");
        assert_eq!(extension(ImageFormat::Gif), "jpg");
        assert_eq!(extension(ImageFormat::WebP), "jpg");
    }

    #[test]
    fn stems_are_odd_or_long() {
        assert_eq!(stem("a/b.c.jpg"), "b.c");
        assert_eq!(stem(".jpg"), ".jpg");
        assert_eq!(stem(""), "unknown");
        assert_eq!(stem("a/.."), "unknown");
        assert_eq!(stem(&"照".repeat(100)), "照".repeat(60));
        assert_eq!(stem(&format!("x{}", "照".repeat(100))), format!("x{}", "照".repeat(59)));
    }

    #[test]
    fn originals_that_cannot_be_decoded_are_errors() {
        let refused = |name: &str, content: &[u8]| {
            let (_dir, path) = site(content);
            plan(&path, name, &request("fill", 4, 4, "auto")).unwrap_err().en
        };
        assert!(refused("a.svg", b"<svg width='1' height='1'/>").contains("SVG drawing"));
        assert!(refused("a.avif", &encoded(&corners(8, 8), ImageFormat::Avif)).contains("AVIF"));
        assert!(refused("a.txt", b"text").contains("not an image"));
        // A header of 40000 by 40000 pixels costs an attacker a few bytes.
        let mut bomb = encoded(&corners(8, 8), ImageFormat::Bmp);
        bomb[18..22].copy_from_slice(&40_000u32.to_le_bytes());
        bomb[22..26].copy_from_slice(&40_000u32.to_le_bytes());
        assert!(refused("a.bmp", &bomb).contains("too many pixels"));
    }
}
