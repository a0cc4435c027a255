//! Documents that are XML in an archive: Word and PowerPoint (ECMA-376), OpenDocument, OFD (GB/T 33190).
//!
//! Their parts are read as a stream and by local names, which these formats share: a paragraph is `p`, a text `t` (OFD:
//! `TextCode`), a table `tbl` of `tr` of `tc`. What is deleted under tracked changes is text as well: it goes out with the
//! file.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::zipped::Archive;
use super::{Contents, KEPT, Part, Place, Unread};

pub fn read(bytes: &[u8], budget: &mut u64, contents: &mut Contents) -> Result<(), Unread> {
    let mut archive = Archive::open(bytes)?;
    for index in 0..archive.len() {
        let Some(name) = archive.name(index) else { continue };
        let lower = name.to_ascii_lowercase();
        if is_picture(&lower) {
            let of = archive.read(index, budget)?;
            contents.pictures.push(Part { place: Place { member: Some(name), ..Place::default() }, of });
        } else if holds_text(&lower) {
            let bytes = archive.read(index, budget)?;
            let mut parts = Parts::default();
            let outcome = parts.read(&String::from_utf8_lossy(&bytes), lower.starts_with("docprops/"));
            contents.texts.push(Part { place: Place::default(), of: parts.text });
            contents.tables.extend(parts.tables.into_iter().map(|of| Part { place: Place::default(), of }));
            outcome?;
        } else if lower == "encryptioninfo" || lower.ends_with("/encryptions.xml") {
            contents.unread.push(Unread::Encrypted);
        } else if lower == "meta-inf/manifest.xml" {
            let bytes = archive.read(index, budget)?;
            if memchr::memmem::find(&bytes, b"encryption-data").is_some() {
                return Err(Unread::Encrypted);
            }
        }
    }
    Ok(())
}

fn is_picture(name: &str) -> bool {
    name.contains("media/") && [".jpg", ".jpeg", ".png", ".webp", ".heic"].iter().any(|end| name.ends_with(end))
}

/// Parts with text that readers see or that travels with the file. Sheets of tables are read by a library that knows
/// their cells.
fn holds_text(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".xml") else { return false };
    let word = stem.strip_prefix("word/").is_some_and(|part| {
        ["document", "header", "footer", "footnotes", "endnotes", "comments"]
            .iter()
            .any(|known| part.starts_with(known))
    });
    let slides = ["ppt/slides/", "ppt/notesslides/", "ppt/comments/"].iter().any(|folder| stem.starts_with(folder))
        && !stem.contains("_rels");
    let drawings =
        stem.starts_with("xl/drawings/") || stem.starts_with("xl/comments") || stem.starts_with("xl/threadedcomments/");
    // Title, subject, keywords and remarks, which programs show.
    let properties = stem.starts_with("docprops/");
    word || slides
        || properties
        || drawings
        || stem == "content"
        || stem.starts_with("doc_") && stem.contains("/pages/")
}

#[derive(Default)]
struct Parts {
    text: String,
    tables: Vec<Vec<Vec<String>>>,
    /// Tables that are open, inner ones last: their rows, and whether a cell is open.
    open: Vec<Vec<Vec<String>>>,
}

impl Parts {
    /// `all` is set where every element holds text.
    fn read(&mut self, xml: &str, all: bool) -> Result<(), Unread> {
        let mut reader = Reader::from_str(xml);
        reader.config_mut().check_end_names = false;
        let mut in_text = u32::from(all);
        loop {
            match reader.read_event().map_err(|_| Unread::Damaged)? {
                Event::Eof => break,
                Event::Start(element) => match element.local_name().as_ref() {
                    "t" | "delText" | "TextCode" | "text" => in_text += 1,
                    "tbl" | "table" if self.open.len() < 64 => self.open.push(Vec::new()),
                    "tr" | "table-row" => self.row(),
                    "tc" | "table-cell" => self.cell(),
                    // OpenDocument has its text in the paragraphs themselves.
                    "p" | "h" if is_open_document(element.name().as_ref()) => in_text += 1,
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    "TextCode" => {
                        in_text = in_text.saturating_sub(1);
                        self.push("\n");
                    }
                    "t" | "delText" | "text" => in_text = in_text.saturating_sub(1),
                    "tbl" | "table" => {
                        self.tables.extend(self.open.pop());
                        self.push("\n");
                    }
                    "tc" | "table-cell" => self.text.push('\t'),
                    "tr" | "table-row" => self.text.push('\n'),
                    "p" | "h" => {
                        if is_open_document(element.name().as_ref()) {
                            in_text = in_text.saturating_sub(1);
                        }
                        self.push(if self.open.is_empty() { "\n" } else { " " });
                    }
                    _ if all => self.push("\n"),
                    _ => {}
                },
                Event::Empty(element) => match element.local_name().as_ref() {
                    "tab" => self.push("\t"),
                    "br" | "cr" | "line-break" => self.push("\n"),
                    "noBreakHyphen" => self.push("-"),
                    "s" => self.push(" "),
                    "tc" | "table-cell" => self.cell(),
                    _ => {}
                },
                Event::Text(text) if in_text > 0 => self.push(&text.xml10_content()),
                Event::CData(text) if in_text > 0 => self.push(&text.into_inner()),
                Event::GeneralRef(name) if in_text > 0 => {
                    let name = name.into_inner();
                    let c = match name.as_ref() {
                        "amp" => Some('&'),
                        "lt" => Some('<'),
                        "gt" => Some('>'),
                        "quot" => Some('"'),
                        "apos" => Some('\''),
                        other => other.strip_prefix('#').and_then(|code| {
                            let code = match code.strip_prefix('x') {
                                Some(hex) => u32::from_str_radix(hex, 16),
                                None => code.parse(),
                            };
                            char::from_u32(code.ok()?)
                        }),
                    };
                    if let Some(c) = c {
                        self.push(c.encode_utf8(&mut [0; 4]));
                    }
                }
                _ => {}
            }
            if self.text.len() > KEPT {
                return Err(Unread::TooLarge);
            }
        }
        self.tables.append(&mut self.open);
        Ok(())
    }

    fn row(&mut self) {
        if let Some(table) = self.open.last_mut() {
            table.push(Vec::new());
        }
    }

    fn cell(&mut self) {
        if let Some(row) = self.open.last_mut().and_then(|table| table.last_mut()) {
            row.push(String::new());
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(cell) = self.open.last_mut().and_then(|table| table.last_mut()).and_then(|row| row.last_mut()) {
            cell.push_str(text);
        }
    }
}

fn is_open_document(name: &str) -> bool {
    name.starts_with("text:")
}
