//! Images: what a picture is (size, format, when it was taken), and smaller copies of it.
//!
//! A file and the arguments of a template function come in; [`Metadata`], or a [`Planned`] copy with its final name and
//! size, goes out without decoding. [`process`] makes the copy later, in a cache folder that any number of processes
//! share, or without one. Finding the file and the URL of the copy are not its business.

mod cache;
mod encode;
mod header;
mod metadata;
mod plan;
mod process;
mod resize;
#[cfg(test)]
mod samples;

pub use metadata::{Metadata, metadata};
pub use plan::{Planned, Source, plan};
pub use process::{make, process};
pub use resize::{Format, FormatChoice, Geometry, Operation, Resize, ResizeArguments};

/// Larger files are not read. The largest camera raw or scan is far below.
const MAX_FILE: u64 = 512 << 20;
/// What decoding one picture may allocate, in bytes: the default of the `image` crate, 178 megapixels of RGB.
const MAX_DECODED: u64 = 512 << 20;
/// What resampling one picture may allocate, in bytes. It works on 16 bytes a pixel.
const MAX_RESAMPLED: u64 = 2 << 30;
/// The longest side of a picture, in pixels; what JPEG can hold.
const MAX_SIDE: u32 = 65_535;
/// The longest side that WebP can hold, in pixels.
const MAX_SIDE_WEBP: u32 = 16_383;
