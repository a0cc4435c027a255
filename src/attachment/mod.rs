//! Office files in, their texts and tables out: Word, Excel, PowerPoint, OFD, PDF, separated values, plain text, and
//! archives of these.
//!
//! What the text means is not this room's business. Files come from anywhere: how much is unpacked and how deep is
//! bounded, no file panics, and what could not be read is said ([`Unread`]).

mod ooxml;
mod pdf;
mod sheets;
#[cfg(test)]
mod tests;
mod zipped;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::diagnostic::Text;
use crate::text;

/// What a file holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// Text in reading order, cells parted by tabs, rows and paragraphs by line ends.
    pub texts: Vec<Part<String>>,
    /// Rows of cells.
    pub tables: Vec<Part<Vec<Vec<String>>>>,
    /// Pictures in the file, as they are.
    pub pictures: Vec<Part<Vec<u8>>>,
    /// What was not looked into.
    pub unread: Vec<Unread>,
}

/// A piece of a file and where it stands.
#[derive(Debug)]
pub struct Part<T> {
    pub place: Place,
    pub of: T,
}

/// Where in a file, for messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file inside an archive.
    pub member: Option<String>,
    pub within: Within,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Within {
    #[default]
    Whole,
    /// Counted from 1.
    Page(u32),
    Sheet(String),
}

impl Place {
    /// `, page 3`, or nothing.
    pub fn describe(&self) -> Text {
        let member = self.member.as_deref().map(|name| text!(" in `{name}`", "中 `{name}` "));
        let within = match &self.within {
            Within::Whole => None,
            Within::Page(number) => Some(text!(", page {number}", "第 {number} 页")),
            Within::Sheet(name) => Some(text!(", sheet `{name}`", "工作表 `{name}` ")),
        };
        let mut whole = Text::verbatim("");
        for part in member.into_iter().chain(within) {
            whole.en.push_str(&part.en);
            whole.zh.push_str(&part.zh);
        }
        whole
    }
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    Encrypted,
    /// A format that nothing here reads, such as `.doc`.
    Format,
    /// A PDF of pictures, or letters that only its own fonts know.
    NoText,
    Damaged,
    /// More than may be unpacked.
    TooLarge,
}

impl Unread {
    pub fn describe(self) -> Text {
        match self {
            Self::Encrypted => text!("it is encrypted", "文件已加密"),
            Self::Format => text!("this format cannot be read", "不支持这种格式"),
            Self::NoText => {
                text!("it holds pictures of pages instead of text", "里面是页面的图片，没有文字")
            }
            Self::Damaged => text!("it is damaged", "文件已损坏"),
            Self::TooLarge => text!("it is too large", "文件太大"),
        }
    }
}

/// Bytes of one file that are looked at, packed.
pub const LARGEST: u64 = 200 * 1024 * 1024;

/// Bytes of text that one file may unpack to, everything in it together.
const UNPACKED: u64 = 256 * 1024 * 1024;

/// Cells and characters that are kept of one file.
const KEPT: usize = 64 * 1024 * 1024;

/// What this room does with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// XML in an archive: Word, PowerPoint, OFD, OpenDocument texts.
    Document,
    /// Any table file that `calamine` knows.
    Sheets,
    Pdf,
    Text,
    Values,
    Archive,
    /// Known to hold text, and not read.
    Opaque,
}

/// The format by the end of a name; none for what holds no text, such as pictures.
pub fn format(name: &str) -> Option<Format> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "docx" | "docm" | "dotx" | "pptx" | "pptm" | "ppsx" | "ofd" | "odt" | "odp" => Format::Document,
        "xlsx" | "xlsm" | "xltx" | "xlsb" | "xls" | "ods" => Format::Sheets,
        "pdf" => Format::Pdf,
        "txt" => Format::Text,
        "csv" | "tsv" => Format::Values,
        "zip" => Format::Archive,
        "doc" | "dot" | "ppt" | "pps" | "wps" | "et" | "dps" | "rtf" | "rar" | "7z" | "caj" => Format::Opaque,
        _ => return None,
    })
}

/// Reads a file by the end of its name.
pub fn read(name: &str, bytes: &[u8]) -> Contents {
    let mut contents = Contents::default();
    let mut budget = UNPACKED;
    read_into(name, bytes, None, &mut budget, &mut contents);
    contents.unread.sort();
    contents.unread.dedup();
    contents
}

/// `member` is the path inside the archive that `bytes` come from; archives in archives are opened once.
fn read_into(name: &str, bytes: &[u8], member: Option<&str>, budget: &mut u64, contents: &mut Contents) {
    let Some(format) = format(name) else { return };
    // The first bytes tell more than the name: encrypted documents are compound files, whatever they are called.
    let compound = bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]);
    let is_zip = bytes.starts_with(b"PK\x03\x04");
    let mut found = Contents::default();
    // None of these libraries promises never to panic on a file that was made to.
    let outcome = catch_unwind(AssertUnwindSafe(|| match format {
        Format::Opaque => Err(Unread::Format),
        _ if bytes.is_empty() => Ok(()),
        Format::Document if compound => Err(Unread::Encrypted),
        Format::Document => ooxml::read(bytes, budget, &mut found),
        Format::Sheets => {
            if is_zip {
                // Tables may hold drawings with text, and comments.
                ooxml::read(bytes, budget, &mut found)?;
            }
            sheets::read(bytes, &mut found)
        }
        Format::Pdf => pdf::read(bytes, budget, &mut found),
        Format::Text | Format::Values => plain(bytes, format, &mut found),
        Format::Archive if member.is_some() => Err(Unread::Format),
        Format::Archive => zipped::read(bytes, budget, &mut found),
    }));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(unread)) => found.unread.push(unread),
        Err(_) => found.unread.push(Unread::Damaged),
    }
    let placed = |mut place: Place| {
        place.member = place.member.or(member.map(str::to_owned));
        place
    };
    contents.texts.extend(found.texts.into_iter().map(|part| Part { place: placed(part.place), of: part.of }));
    contents.tables.extend(found.tables.into_iter().map(|part| Part { place: placed(part.place), of: part.of }));
    contents.pictures.extend(found.pictures.into_iter().map(|part| Part { place: placed(part.place), of: part.of }));
    contents.unread.append(&mut found.unread);
}

fn plain(bytes: &[u8], format: Format, contents: &mut Contents) -> Result<(), Unread> {
    let text = decoded(bytes).ok_or(Unread::Damaged)?;
    if format == Format::Values {
        let rows = separated(&text);
        contents.tables.push(Part { place: Place::default(), of: rows });
    }
    contents.texts.push(Part { place: Place::default(), of: text });
    Ok(())
}

/// The rows of separated values; whatever separates them.
fn separated(text: &str) -> Vec<Vec<String>> {
    let first = text.lines().find(|line| line.contains([',', ';', '\t'])).unwrap_or_default();
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|delimiter| first.bytes().filter(|byte| byte == delimiter).count())
        .unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().map_while(Result::ok).map(|record| record.iter().map(str::to_owned).collect()).collect()
}

/// Text of any encoding that Windows programs write.
fn decoded(bytes: &[u8]) -> Option<String> {
    crate::content::decode(bytes.to_vec(), "", &mut Vec::new()).ok()
}
