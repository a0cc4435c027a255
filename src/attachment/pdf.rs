//! The text of a PDF (ISO 32000), in the order of its content streams.
//!
//! A PDF places letters, and says nothing about words. Pieces whose places touch are one text, pieces apart are two, and a
//! change of line ends the line.

mod fonts;
mod state;

use std::collections::HashSet;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, decode_text_string};

use super::{Contents, KEPT, Part, Place, Unread, Within};
use fonts::{Font, fonts};
use state::{Line, Matrix, State};

/// Bytes that one stream may unpack to.
const STREAM: usize = 64 * 1024 * 1024;
/// Drawings inside drawings.
const DEPTH: u32 = 8;
/// Pages that are looked at.
const PAGES: usize = 5000;

pub fn read(bytes: &[u8], budget: &mut u64, contents: &mut Contents) -> Result<(), Unread> {
    let options = LoadOptions { max_decompressed_size: Some(STREAM), ..LoadOptions::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::Decryption(_) | lopdf::Error::InvalidPassword | lopdf::Error::UnsupportedSecurityHandler(_) => {
            Unread::Encrypted
        }
        _ => Unread::Damaged,
    })?;
    // A document that only forbids printing opens without a password; one that does not open stays encrypted.
    if document.is_encrypted() {
        return Err(Unread::Encrypted);
    }
    let mut pages = 0;
    let mut without_text = 0;
    let mut kept = 0;
    for (index, page) in document.page_iter().take(PAGES).enumerate() {
        let mut walk =
            Walk { document: &document, budget, line: Line::default(), unknown: 0, visiting: HashSet::new() };
        walk.page(page)?;
        let Walk { line, unknown, .. } = walk;
        let text = line.finish();
        pages += 1;
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        if letters < 5 && (unknown > 0 || letters == 0) || unknown > letters {
            without_text += 1;
        }
        kept += text.len();
        if kept > KEPT {
            return Err(Unread::TooLarge);
        }
        let place = Place { within: Within::Page(index as u32 + 1), ..Place::default() };
        // Cells of a row are pieces apart, and Chinese has no spaces inside of them.
        let rows = text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let rows = rows.filter(|cells| cells.len() > 2);
        contents.tables.push(Part { place: place.clone(), of: rows.collect() });
        contents.texts.push(Part { place, of: text });
    }
    if pages == 0 {
        return Err(Unread::Damaged);
    }
    // A blank page or a cover among pages of text is usual; a scan has no text anywhere.
    if without_text * 2 > pages {
        contents.unread.push(Unread::NoText);
    }
    if let Ok(info) = document.trailer.get(b"Info").and_then(|info| document.dereference(info)) {
        let title = info
            .1
            .as_dict()
            .ok()
            .and_then(|info| info.get(b"Title").ok())
            .and_then(|title| decode_text_string(title).ok());
        contents.texts.extend(title.map(|of| Part { place: Place::default(), of }));
    }
    Ok(())
}

struct Walk<'a> {
    document: &'a Document,
    budget: &'a mut u64,
    line: Line,
    /// Letters that no table gives a meaning.
    unknown: usize,
    /// Drawings that are open, so that none draws itself.
    visiting: HashSet<ObjectId>,
}

impl Walk<'_> {
    fn page(&mut self, page: ObjectId) -> Result<(), Unread> {
        let document = self.document;
        let Ok(content) = document.get_page_content_with_limit(page, STREAM) else { return Ok(()) };
        self.spend(content.len())?;
        let fonts = document.get_page_fonts(page).unwrap_or_default();
        let fonts = fonts::of(document, fonts);
        let resources = page_resources(document, page);
        self.content(&content, &fonts, &resources, Matrix::IDENTITY, 0)?;
        // What was typed into a form, and remarks.
        for annotation in document.get_page_annotations(page).unwrap_or_default() {
            for key in [b"V".as_slice(), b"Contents"] {
                if let Ok(Ok(text)) = annotation.get_deref(key, document).map(decode_text_string) {
                    self.line.break_line();
                    self.line.push(&text);
                }
            }
        }
        Ok(())
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Unread> {
        *self.budget = self.budget.checked_sub(bytes as u64).ok_or(Unread::TooLarge)?;
        Ok(())
    }

    fn content(
        &mut self,
        content: &[u8],
        fonts: &[(Vec<u8>, Font)],
        resources: &[&Dictionary],
        matrix: Matrix,
        depth: u32,
    ) -> Result<(), Unread> {
        let Ok(content) = Content::decode(content) else { return Ok(()) };
        let mut state = State::new(matrix);
        for operation in &content.operations {
            let operands = operation.operands.as_slice();
            match (operation.operator.as_str(), operands) {
                ("Tf", [name, size]) => {
                    let name = name.as_name().unwrap_or_default();
                    state.font = fonts.iter().position(|(known, _)| known == name);
                    state.size = number(size);
                }
                ("Tj", [text]) => self.show(&mut state, fonts, text),
                ("'", [text]) => {
                    state.next_line();
                    self.show(&mut state, fonts, text);
                }
                ("\"", [_, _, text]) => {
                    state.next_line();
                    self.show(&mut state, fonts, text);
                }
                ("TJ", [Object::Array(pieces)]) => {
                    for piece in pieces {
                        match piece {
                            Object::String(..) => self.show(&mut state, fonts, piece),
                            gap => state.advance(-number(gap) / 1000.0 * state.size * state.stretch),
                        }
                    }
                }
                ("Do", [name]) if depth < DEPTH => {
                    self.drawing(name.as_name().unwrap_or_default(), resources, state.matrix(), depth)?;
                }
                (operator, operands) => {
                    let numbers: Vec<f64> = operands.iter().map(number).collect();
                    state.apply(operator, &numbers);
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, state: &mut State, fonts: &[(Vec<u8>, Font)], text: &Object) {
        let Ok(bytes) = text.as_str() else { return };
        let Some((_, font)) = state.font.and_then(|font| fonts.get(font)) else {
            self.unknown += bytes.len();
            return;
        };
        for code in font.codes(bytes) {
            let from = state.place();
            let letter = font.letter(&code);
            let spacing = state.letter_spacing + if code.bytes == [b' '] { state.word_spacing } else { 0.0 };
            state.advance((letter.width * state.size + spacing) * state.stretch);
            match &letter.text {
                Some(text) => self.line.show(text, &from, state),
                None => self.unknown += 1,
            }
        }
    }

    fn drawing(&mut self, name: &[u8], resources: &[&Dictionary], matrix: Matrix, depth: u32) -> Result<(), Unread> {
        let document = self.document;
        let found = resources.iter().find_map(|resources| {
            let drawings = resources.get_deref(b"XObject", document).ok()?.as_dict().ok()?;
            let id = drawings.get(name).ok()?.as_reference().ok()?;
            Some((id, document.get_object(id).ok()?.as_stream().ok()?))
        });
        let Some((id, stream)) = found else { return Ok(()) };
        if !matches!(stream.dict.get(b"Subtype").and_then(Object::as_name), Ok(b"Form")) || !self.visiting.insert(id) {
            return Ok(());
        }
        let content = match stream.filters() {
            Ok(filters) if !filters.is_empty() => stream.decompressed_content_with_limit(STREAM).unwrap_or_default(),
            _ => stream.content.clone(),
        };
        self.spend(content.len())?;
        let own = stream.dict.get_deref(b"Resources", document).and_then(Object::as_dict).ok();
        let placed = match stream.dict.get_deref(b"Matrix", document).and_then(Object::as_array) {
            Ok(numbers) => {
                Matrix::read(&numbers.iter().map(number).collect::<Vec<_>>()).unwrap_or(Matrix::IDENTITY).then(matrix)
            }
            Err(_) => matrix,
        };
        let inner: Vec<&Dictionary> = own.into_iter().chain(resources.iter().copied()).collect();
        let fonts = fonts(document, &inner);
        let outcome = self.content(&content, &fonts, &inner, placed, depth + 1);
        self.visiting.remove(&id);
        outcome
    }
}

fn number(object: &Object) -> f64 {
    object.as_float().map_or(0.0, f64::from)
}

/// The resources of a page and those that it inherits, nearest first.
fn page_resources(document: &Document, page: ObjectId) -> Vec<&Dictionary> {
    match document.get_page_resources(page) {
        Ok((own, inherited)) => {
            own.into_iter().chain(inherited.into_iter().filter_map(|id| document.get_dictionary(id).ok())).collect()
        }
        Err(_) => Vec::new(),
    }
}
