//! Tables of Excel (old and new) and OpenDocument.

use std::io::Cursor;

use calamine::{Data, DataRef, DataType, Reader, Sheets, Xlsx, open_workbook_auto_from_rs};

use super::{Contents, KEPT, Part, Place, Unread, Within};

/// Columns that are looked at: more are no list of people.
const COLUMNS: usize = 256;

pub fn read(bytes: &[u8], contents: &mut Contents) -> Result<(), Unread> {
    let book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| match error.to_string() {
        said if said.to_ascii_lowercase().contains("password") || said.to_ascii_lowercase().contains("encrypt") => {
            Unread::Encrypted
        }
        // A document that is encrypted is a compound file without a workbook in it.
        _ if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) && has_stream(bytes, "EncryptedPackage") => Unread::Encrypted,
        _ => Unread::Damaged,
    })?;
    let mut kept = 0;
    match book {
        // Cell by cell: a table that names its last cell only would be a table of billions of cells otherwise.
        Sheets::Xlsx(mut book) => {
            for name in book.sheet_names() {
                let rows = streamed(&mut book, &name, &mut kept)?;
                push(name, rows, contents);
            }
        }
        mut book => {
            for name in book.sheet_names() {
                let Ok(range) = book.worksheet_range(&name) else { continue };
                let mut rows = Vec::new();
                for row in range.rows() {
                    let cells: Vec<String> = row.iter().take(COLUMNS).map(shown).collect();
                    kept += cells.iter().map(|cell| cell.len() + 8).sum::<usize>();
                    if kept > KEPT {
                        return Err(Unread::TooLarge);
                    }
                    rows.push(cells);
                }
                push(name, rows, contents);
            }
        }
    }
    Ok(())
}

/// Whether the directory of a compound file names a stream.
fn has_stream(bytes: &[u8], name: &str) -> bool {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    memchr::memmem::find(bytes, &name).is_some()
}

fn streamed(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, kept: &mut usize) -> Result<Vec<Vec<String>>, Unread> {
    // A sheet of charts has no cells.
    let Ok(mut cells) = book.worksheet_cells_reader(name) else { return Ok(Vec::new()) };
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    while let Some(cell) = cells.next_cell().map_err(|_| Unread::Damaged)? {
        let (row, column) = cell.get_position();
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            value => shown(&Data::from(value.clone())),
        };
        if column as usize >= COLUMNS || text.is_empty() {
            continue;
        }
        if last != Some(row) {
            rows.push(Vec::new());
            last = Some(row);
        }
        if let Some(cells) = rows.last_mut() {
            cells.resize(column as usize, String::new());
            *kept += text.len() + 8 * (column as usize + 1);
            cells.push(text);
        }
        if *kept > KEPT {
            return Err(Unread::TooLarge);
        }
    }
    Ok(rows)
}

/// What a reader of the table sees, more or less; telephones that were typed as numbers without `.0`.
fn shown(value: &Data) -> String {
    match value {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        value => value.as_string().unwrap_or_default(),
    }
}

fn push(name: String, rows: Vec<Vec<String>>, contents: &mut Contents) {
    let mut text = String::new();
    for row in &rows {
        for cell in row {
            text.push_str(cell);
            text.push('\t');
        }
        text.push('\n');
    }
    let place = Place { within: Within::Sheet(name.clone()), ..Place::default() };
    contents.texts.push(Part { place: place.clone(), of: name });
    contents.texts.push(Part { place: place.clone(), of: text });
    contents.tables.push(Part { place, of: rows });
}
