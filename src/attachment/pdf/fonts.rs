//! From the codes of a font to letters and widths.

use std::collections::{BTreeMap, HashMap};

use encoding_rs::{BIG5, Encoding as Charset, GBK};
use lopdf::{Dictionary, Document, Encoding, Object};

/// Bytes that a table of letters may unpack to.
const TABLE: usize = 16 * 1024 * 1024;

/// One font of a page.
pub struct Font {
    letters: HashMap<Vec<u8>, Letter>,
    decode: Decode,
    /// Bytes of a code; fonts of Chinese letters have two.
    wide: bool,
    widths: HashMap<u32, f64>,
    default_width: f64,
}

/// What a code stands for.
#[derive(Clone, Debug)]
pub struct Letter {
    /// None where no table says.
    pub text: Option<String>,
    /// In parts of the size of the font.
    pub width: f64,
}

/// One code of a text.
pub struct Code<'a> {
    pub bytes: &'a [u8],
}

enum Decode {
    /// Letters of every code that a text may have are in the map already.
    Known,
    Charset(&'static Charset),
    Unicode,
    None,
}

impl Font {
    fn new(document: &Document, font: &Dictionary) -> Self {
        let name = |key: &[u8]| font.get_deref(key, document).and_then(Object::as_name).unwrap_or_default();
        let wide = name(b"Subtype") == b"Type0";
        let encoding = name(b"Encoding");
        let mut letters = HashMap::new();
        // The table from codes to Unicode is made for readers like this; encodings are for the shapes.
        let decode = if font.has(b"ToUnicode") {
            let mut table = font.clone();
            table.remove(b"Encoding");
            codes_of(document, &table, wide, &mut letters);
            Decode::Known
        } else if encoding.starts_with(b"UniGB") || encoding.starts_with(b"UniCNS") {
            Decode::Unicode
        } else if encoding.starts_with(b"GBK") || encoding.starts_with(b"GB-EUC") || encoding.starts_with(b"GBpc") {
            Decode::Charset(GBK)
        } else if encoding.starts_with(b"ETen") || encoding.starts_with(b"B5pc") {
            Decode::Charset(BIG5)
        } else if wide {
            Decode::None
        } else {
            codes_of(document, font, false, &mut letters);
            Decode::Known
        };
        let (widths, default_width) = if wide { wide_widths(document, font) } else { narrow_widths(document, font) };
        Self { letters, decode, wide, widths, default_width }
    }

    /// A text cut into codes.
    pub fn codes<'a>(&self, bytes: &'a [u8]) -> Vec<Code<'a>> {
        let mut codes = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let long = match self.decode {
                // Han in two bytes, others in one.
                Decode::Charset(_) => bytes[at] >= 0x81,
                _ => self.wide,
            };
            let end = (at + if long { 2 } else { 1 }).min(bytes.len());
            codes.push(Code { bytes: &bytes[at..end] });
            at = end;
        }
        codes
    }

    pub fn letter(&self, code: &Code) -> Letter {
        let number = code.bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        // Widths are listed by glyph; where codes are letters, Latin ones are half as wide as Han.
        let width = match self.decode {
            Decode::Unicode | Decode::Charset(_) => {
                if number < 0x80 {
                    0.5
                } else {
                    1.0
                }
            }
            _ => self.widths.get(&number).copied().unwrap_or(self.default_width),
        };
        let text = match self.decode {
            Decode::Known => self.letters.get(code.bytes).and_then(|letter| letter.text.clone()),
            Decode::Charset(charset) => {
                charset.decode_without_bom_handling_and_without_replacement(code.bytes).map(Into::into)
            }
            Decode::Unicode => u16::try_from(number).ok().and_then(|unit| String::from_utf16(&[unit]).ok()),
            Decode::None => None,
        };
        Letter { text, width }
    }
}

/// Decodes every code once.
fn codes_of(document: &Document, font: &Dictionary, wide: bool, letters: &mut HashMap<Vec<u8>, Letter>) {
    let Ok(encoding) = font.get_font_encoding_with_limit(document, TABLE) else { return };
    let mut learn = |code: Vec<u8>| {
        if let Some(text) = known(&encoding, &code) {
            letters.insert(code, Letter { text: Some(text), width: 0.0 });
        }
    };
    if wide {
        (0..=u16::MAX).for_each(|code| learn(code.to_be_bytes().to_vec()));
    } else {
        (0..=u8::MAX).for_each(|code| learn(vec![code]));
    }
}

fn known(encoding: &Encoding, code: &[u8]) -> Option<String> {
    let text = encoding.bytes_to_string(code).ok()?;
    (!text.is_empty() && !text.contains(['\u{fffd}', '\0'])).then_some(text)
}

/// Of CID fonts (9.7.4.3), in parts of the size.
fn wide_widths(document: &Document, font: &Dictionary) -> (HashMap<u32, f64>, f64) {
    let mut widths = HashMap::new();
    let descendant = font
        .get_deref(b"DescendantFonts", document)
        .and_then(Object::as_array)
        .ok()
        .and_then(|fonts| fonts.first())
        .and_then(|font| document.dereference(font).ok())
        .and_then(|(_, font)| font.as_dict().ok());
    let Some(descendant) = descendant else { return (widths, 1.0) };
    let default =
        descendant.get_deref(b"DW", document).and_then(Object::as_float).map_or(1.0, |width| f64::from(width) / 1000.0);
    let Ok(list) = descendant.get_deref(b"W", document).and_then(Object::as_array) else { return (widths, default) };
    let number = |object: &Object| object.as_float().map_or(0.0, f64::from);
    let mut at = 0;
    while let (Some(first), Some(next)) = (list.get(at), list.get(at + 1)) {
        let first = number(first).max(0.0) as u32;
        match document.dereference(next).map(|(_, next)| next) {
            Ok(Object::Array(each)) => {
                for (code, width) in (first..).zip(each) {
                    widths.insert(code, number(width) / 1000.0);
                }
                at += 2;
            }
            Ok(last) => {
                let last = (number(last).max(0.0) as u32).min(0xffff);
                let width = list.get(at + 2).map_or(1.0, number) / 1000.0;
                for code in first..=last {
                    widths.insert(code, width);
                }
                at += 3;
            }
            Err(_) => break,
        }
    }
    (widths, default)
}

fn narrow_widths(document: &Document, font: &Dictionary) -> (HashMap<u32, f64>, f64) {
    let mut widths = HashMap::new();
    let first = font.get_deref(b"FirstChar", document).and_then(Object::as_i64).unwrap_or(0).clamp(0, 255) as u32;
    if let Ok(list) = font.get_deref(b"Widths", document).and_then(Object::as_array) {
        for (code, width) in (first..=255).zip(list) {
            let width = document.dereference(width).ok().and_then(|(_, width)| width.as_float().ok());
            widths.insert(code, width.map_or(0.5, |width| f64::from(width) / 1000.0));
        }
    }
    (widths, 0.5)
}

/// The fonts of a page.
pub fn of(document: &Document, found: BTreeMap<Vec<u8>, &Dictionary>) -> Vec<(Vec<u8>, Font)> {
    found.into_iter().map(|(name, font)| (name, Font::new(document, font))).collect()
}

/// The fonts that resources name, nearest first.
pub fn fonts(document: &Document, resources: &[&Dictionary]) -> Vec<(Vec<u8>, Font)> {
    let mut found: Vec<(Vec<u8>, Font)> = Vec::new();
    for resources in resources {
        let Ok(named) = resources.get_deref(b"Font", document).and_then(Object::as_dict) else { continue };
        for (name, font) in named.iter() {
            let Ok((_, Object::Dictionary(font))) = document.dereference(font) else { continue };
            if !found.iter().any(|(known, _)| known == name) {
                found.push((name.clone(), Font::new(document, font)));
            }
        }
    }
    found
}
