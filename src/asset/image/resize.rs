//! What `resize_image` was asked for: arguments checked once, then plain arithmetic.

use super::{MAX_RESAMPLED, MAX_SIDE, MAX_SIDE_WEBP};
use crate::diagnostic::{Text, did_you_mean};
use crate::text;

const OPERATIONS: [&str; 5] = ["scale", "fit_width", "fit_height", "fit", "fill"];
const FORMATS: [&str; 6] = ["auto", "jpg", "jpeg", "png", "webp", "avif"];

const DEFAULT_QUALITY_JPEG: u8 = 75;
const DEFAULT_QUALITY_AVIF: u8 = 80;
const DEFAULT_SPEED_AVIF: u8 = 5;

/// The arguments of `resize_image` as a template gives them.
#[derive(Clone, Copy, Debug)]
pub struct ResizeArguments<'a> {
    /// `scale`, `fit_width`, `fit_height`, `fit` or `fill`.
    pub op: &'a str,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// `auto`, `jpg`, `jpeg`, `png`, `webp` or `avif`.
    pub format: &'a str,
    /// 1–100 for JPEG and AVIF, 0–100 for WebP, where none means lossless.
    pub quality: Option<u32>,
    /// 1 (slow, small) – 10 (fast), AVIF only.
    pub speed: Option<u32>,
}

impl Default for ResizeArguments<'_> {
    fn default() -> Self {
        Self { op: "fill", width: None, height: None, format: "auto", quality: None, speed: None }
    }
}

/// How the size of the copy follows from the size of the original. Pixels; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// To this size, whatever the shape.
    Scale(u32, u32),
    /// To this width; the height keeps the shape.
    FitWidth(u32),
    /// To this height; the width keeps the shape.
    FitHeight(u32),
    /// Into this box, keeping the shape; never larger than the original.
    Fit(u32, u32),
    /// To this size; what does not fit the shape is cut off evenly on two sides.
    Fill(u32, u32),
}

/// What a copy is encoded as, before the original is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormatChoice {
    /// JPEG for a lossy original, else PNG.
    Auto,
    Jpeg,
    Png,
    WebP,
    Avif,
}

/// What a copy is encoded as. Quality and speed are in the range of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    Jpeg {
        quality: u8,
    },
    Png,
    /// Lossless without a quality.
    WebP {
        quality: Option<u8>,
    },
    Avif {
        quality: u8,
        speed: u8,
    },
}

impl Format {
    /// The extension of a file name, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Jpeg { .. } => "jpg",
            Format::Png => "png",
            Format::WebP { .. } => "webp",
            Format::Avif { .. } => "avif",
        }
    }
}

/// A checked request for a resized copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resize {
    pub operation: Operation,
    pub format: FormatChoice,
    quality: Option<u32>,
    speed: Option<u32>,
}

impl Resize {
    /// Checks the arguments. Errors: an unknown name, a missing or zero size, a quality or speed out of range.
    pub fn parse(arguments: &ResizeArguments) -> Result<Self, Text> {
        let &ResizeArguments { op, width, height, format, quality, speed } = arguments;
        let need = |name: &str, value: Option<u32>| match value {
            Some(0) => Err(text!("`{name}` must be at least 1", "`{name}` 至少为 1")),
            Some(value) => Ok(value),
            None => Err(text!("op=\"{op}\" needs a `{name}` argument", "op=\"{op}\" 需要 `{name}` 参数")),
        };
        let operation = match op {
            "scale" => Operation::Scale(need("width", width)?, need("height", height)?),
            "fit_width" => Operation::FitWidth(need("width", width)?),
            "fit_height" => Operation::FitHeight(need("height", height)?),
            "fit" => Operation::Fit(need("width", width)?, need("height", height)?),
            "fill" => Operation::Fill(need("width", width)?, need("height", height)?),
            _ => return Err(unknown("op", op, &OPERATIONS)),
        };
        let format = match format {
            "auto" => FormatChoice::Auto,
            "jpg" | "jpeg" => FormatChoice::Jpeg,
            "png" => FormatChoice::Png,
            "webp" => FormatChoice::WebP,
            "avif" => FormatChoice::Avif,
            _ => return Err(unknown("format", format, &FORMATS)),
        };
        let resize = Self { operation, format, quality, speed };
        if format != FormatChoice::Auto {
            resize.format_for(true)?;
        }
        Ok(resize)
    }

    /// The format of a copy of a lossy or lossless original. Errors: quality or speed out of its range.
    pub fn format_for(&self, lossy: bool) -> Result<Format, Text> {
        let quality = |format, low| in_range("quality", format, self.quality, low, 100);
        match self.format {
            FormatChoice::Png => Ok(Format::Png),
            FormatChoice::Auto if !lossy => Ok(Format::Png),
            FormatChoice::Auto | FormatChoice::Jpeg => {
                Ok(Format::Jpeg { quality: quality("JPEG", 1)?.unwrap_or(DEFAULT_QUALITY_JPEG) })
            }
            FormatChoice::WebP => Ok(Format::WebP { quality: quality("WebP", 0)? }),
            FormatChoice::Avif => Ok(Format::Avif {
                quality: quality("AVIF", 1)?.unwrap_or(DEFAULT_QUALITY_AVIF),
                speed: in_range("speed", "AVIF", self.speed, 1, 10)?.unwrap_or(DEFAULT_SPEED_AVIF),
            }),
        }
    }
}

fn unknown(argument: &str, name: &str, known: &[&'static str]) -> Text {
    let list = known.join(", ");
    match did_you_mean(name, known.iter().copied()) {
        Some(near) => text!(
            "unknown {argument} \"{name}\", did you mean \"{near}\"? (one of: {list})",
            "未知的 {argument} \"{name}\"，是否想写 \"{near}\"？（可用：{list}）"
        ),
        None => text!("unknown {argument} \"{name}\" (one of: {list})", "未知的 {argument} \"{name}\"（可用：{list}）"),
    }
}

fn in_range(name: &str, format: &str, value: Option<u32>, low: u8, high: u8) -> Result<Option<u8>, Text> {
    let Some(value) = value else { return Ok(None) };
    match u8::try_from(value) {
        Ok(value) if (low..=high).contains(&value) => Ok(Some(value)),
        _ => Err(text!(
            "{name} {value} is out of range: {format} takes {low} to {high}",
            "{name} {value} 超出范围：{format} 只接受 {low} 到 {high}"
        )),
    }
}

/// A crop and a resampling that turn an original into its copy, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    /// Left, top, width and height in pixels of the original.
    pub crop: Option<(u32, u32, u32, u32)>,
    /// Width and height to resample to.
    pub size: Option<(u32, u32)>,
}

impl Geometry {
    /// Works out the copy of an original of this size in pixels. The numbers, rounding included, are Zola's, except
    /// that a side which would vanish is one pixel (Zola fails there).
    pub fn new(operation: Operation, (width, height): (u32, u32)) -> Self {
        let scale = |width: u64, height: u64| {
            let side = |value: u64| u32::try_from(value).unwrap_or(u32::MAX).max(1);
            Self { crop: None, size: Some((side(width), side(height))) }
        };
        let (wide, high) = (u64::from(width.max(1)), u64::from(height.max(1)));
        match operation {
            Operation::Scale(w, h) => scale(w.into(), h.into()),
            Operation::FitWidth(w) => scale(w.into(), high * u64::from(w) / wide),
            Operation::FitHeight(h) => scale(wide * u64::from(h) / high, h.into()),
            Operation::Fit(w, h) if width <= w && height <= h => Self { crop: None, size: None },
            Operation::Fit(w, h) => {
                let wider = wide * u64::from(h) > high * u64::from(w);
                Self::new(if wider { Operation::FitWidth(w) } else { Operation::FitHeight(h) }, (width, height))
            }
            Operation::Fill(w, h) => {
                let across = width as f32 / w as f32;
                let down = height as f32 / h as f32;
                // Shapes that hardly differ are squeezed rather than cut.
                if (across - down).abs() <= 0.1 {
                    return scale(w.into(), h.into());
                }
                let (crop_width, crop_height) = if across < down {
                    (width, ((across * h as f32).round() as u32).clamp(1, height.max(1)))
                } else {
                    (((down * w as f32).round() as u32).clamp(1, width.max(1)), height)
                };
                let left = width.saturating_sub(crop_width) / 2;
                let top = height.saturating_sub(crop_height) / 2;
                Self { crop: Some((left, top, crop_width, crop_height)), size: Some((w, h)) }
            }
        }
    }

    /// Refuses a copy that does not fit its format or memory. `original` is its size in pixels.
    pub(super) fn check(&self, original: (u32, u32), format: Format) -> Result<(), Text> {
        let (width, height) = self.size.unwrap_or(original);
        let longest = if let Format::WebP { .. } = format { MAX_SIDE_WEBP } else { MAX_SIDE };
        if width > longest || height > longest {
            let extension = format.extension();
            return Err(text!(
                "the copy would be {width}×{height} pixels; a {extension} file holds at most {longest} a side",
                "缩放后的图片将达 {width}×{height} 像素；{extension} 文件每边最多 {longest} 像素"
            ));
        }
        let source_width = self.crop.map_or(original.0, |(_, _, width, _)| width);
        let pixels = u64::from(source_width.max(width)) * u64::from(height);
        if self.size.is_some() && pixels * 16 > MAX_RESAMPLED {
            return Err(text!(
                "making a copy of {width}×{height} pixels takes too much memory",
                "生成 {width}×{height} 像素的图片需要太多内存"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(op: &'static str, width: u32, height: u32) -> ResizeArguments<'static> {
        ResizeArguments { op, width: Some(width), height: Some(height), ..Default::default() }
    }

    fn error(arguments: ResizeArguments) -> String {
        Resize::parse(&arguments).unwrap_err().en
    }

    #[test]
    fn sizes_are_zolas() {
        let sized = |operation| Geometry::new(operation, (300, 380)).size;
        assert_eq!(sized(Operation::Scale(150, 150)), Some((150, 150)));
        assert_eq!(sized(Operation::FitWidth(150)), Some((150, 190)));
        assert_eq!(sized(Operation::FitHeight(190)), Some((150, 190)));
        assert_eq!(sized(Operation::Fit(150, 200)), Some((150, 190)));
        assert_eq!(sized(Operation::Fit(160, 180)), Some((142, 180)));
        assert_eq!(sized(Operation::Fit(400, 400)), None);
        assert_eq!(sized(Operation::FitWidth(7)), Some((7, 8)));
        let filled = |width, height| Geometry::new(Operation::Fill(width, height), (300, 380));
        assert_eq!(filled(100, 200), Geometry { crop: Some((55, 0, 190, 380)), size: Some((100, 200)) });
        assert_eq!(filled(200, 100), Geometry { crop: Some((0, 115, 300, 150)), size: Some((200, 100)) });
        assert_eq!(filled(150, 190), Geometry { crop: None, size: Some((150, 190)) });
    }

    #[test]
    fn extreme_shapes_keep_a_pixel() {
        assert_eq!(Geometry::new(Operation::FitWidth(10), (60_000, 1)).size, Some((10, 1)));
        let line = Geometry::new(Operation::Fill(60_000, 1), (1, 60_000));
        assert_eq!(line, Geometry { crop: Some((0, 29_999, 1, 1)), size: Some((60_000, 1)) });
        for size in [(0, 0), (0, 5), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
            for operation in [
                Operation::Scale(u32::MAX, 1),
                Operation::FitWidth(u32::MAX),
                Operation::FitHeight(u32::MAX),
                Operation::Fit(1, u32::MAX),
                Operation::Fill(1, u32::MAX),
                Operation::Fill(u32::MAX, 1),
            ] {
                let _ = Geometry::new(operation, size).check(size, Format::Png);
            }
        }
    }

    #[test]
    fn copies_too_large_are_refused() {
        let check = |operation, size, format| Geometry::new(operation, size).check(size, format).map_err(|e| e.en);
        assert!(check(Operation::FitWidth(70_000), (10, 10), Format::Png).unwrap_err().contains("70000×70000"));
        assert!(check(Operation::FitWidth(17_000), (17, 1), Format::WebP { quality: None }).is_err());
        assert!(check(Operation::FitWidth(17_000), (17, 1), Format::Png).is_ok());
        assert!(check(Operation::Scale(60_000, 60_000), (10, 10), Format::Png).unwrap_err().contains("memory"));
        assert!(check(Operation::FitWidth(2000), (9933, 14043), Format::Png).is_ok());
    }

    #[test]
    fn arguments_are_checked() {
        assert_eq!(
            error(ResizeArguments { width: Some(1), ..Default::default() }),
            "op=\"fill\" needs a `height` argument"
        );
        assert_eq!(error(arguments("fit_width", 0, 1)), "`width` must be at least 1");
        assert_eq!(
            error(arguments("fit_widht", 1, 1)),
            "unknown op \"fit_widht\", did you mean \"fit_width\"? (one of: scale, fit_width, fit_height, fit, fill)"
        );
        assert!(error(ResizeArguments { format: "wepb", ..arguments("fit", 1, 1) }).contains("did you mean \"webp\"?"));
        assert!(
            error(ResizeArguments { format: "", ..arguments("fit", 1, 1) }).starts_with("unknown format \"\" (one")
        );
        let quality = |format, quality| ResizeArguments { format, quality: Some(quality), ..arguments("fit", 1, 1) };
        assert_eq!(error(quality("jpg", 0)), "quality 0 is out of range: JPEG takes 1 to 100");
        assert_eq!(error(quality("webp", 1000)), "quality 1000 is out of range: WebP takes 0 to 100");
        assert!(Resize::parse(&quality("webp", 0)).is_ok());
        let speed = ResizeArguments { speed: Some(11), format: "avif", ..arguments("fit", 1, 1) };
        assert_eq!(error(speed), "speed 11 is out of range: AVIF takes 1 to 10");
        assert!(Resize::parse(&ResizeArguments { format: "png", ..speed }).is_ok());
    }

    #[test]
    fn formats_follow_the_original() {
        let auto = Resize::parse(&arguments("fit", 1, 1)).unwrap();
        assert_eq!(auto.format_for(true), Ok(Format::Jpeg { quality: 75 }));
        assert_eq!(auto.format_for(false), Ok(Format::Png));
        let zero = Resize::parse(&ResizeArguments { quality: Some(0), ..arguments("fit", 1, 1) }).unwrap();
        assert!(zero.format_for(true).is_err());
        assert_eq!(zero.format_for(false), Ok(Format::Png));
        let avif = Resize::parse(&ResizeArguments { format: "avif", ..arguments("fit", 1, 1) }).unwrap();
        assert_eq!(avif.format_for(false), Ok(Format::Avif { quality: 80, speed: 5 }));
    }
}
