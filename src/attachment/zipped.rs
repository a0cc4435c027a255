//! Archives, and how much of one may be unpacked.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{Contents, Unread, format, read_into};

/// Files in one archive.
const ENTRIES: usize = 20_000;

/// An archive with its files in the order of its index.
pub struct Archive<'a>(ZipArchive<Cursor<&'a [u8]>>);

impl<'a> Archive<'a> {
    pub fn open(bytes: &'a [u8]) -> Result<Self, Unread> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unread::Damaged)?;
        if archive.len() > ENTRIES {
            return Err(Unread::TooLarge);
        }
        Ok(Self(archive))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The name of a file; folders have none.
    pub fn name(&mut self, index: usize) -> Option<String> {
        let file = self.0.by_index_raw(index).ok()?;
        if !file.is_file() {
            return None;
        }
        // Windows programs write names in the code page of the system, without saying so.
        let raw = file.name_raw();
        Some(match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => encoding_rs::GB18030.decode_without_bom_handling(raw).0.into_owned(),
        })
    }

    /// The bytes of a file; what is unpacked is taken off `budget`, whatever the index says about sizes.
    pub fn read(&mut self, index: usize, budget: &mut u64) -> Result<Vec<u8>, Unread> {
        if self.0.by_index_raw(index).is_ok_and(|file| file.encrypted()) {
            return Err(Unread::Encrypted);
        }
        let file = self.0.by_index(index).map_err(|_| Unread::Damaged)?;
        let mut bytes = Vec::new();
        file.take(*budget + 1).read_to_end(&mut bytes).map_err(|_| Unread::Damaged)?;
        *budget = budget.checked_sub(bytes.len() as u64).ok_or(Unread::TooLarge)?;
        Ok(bytes)
    }
}

/// Every file of an archive that can be read.
pub fn read(bytes: &[u8], budget: &mut u64, contents: &mut Contents) -> Result<(), Unread> {
    let mut archive = Archive::open(bytes)?;
    for index in 0..archive.len() {
        let Some(name) = archive.name(index) else { continue };
        // Names are published, too.
        contents.texts.push(super::Part { place: super::Place::default(), of: name.clone() });
        if format(&name).is_none() {
            continue;
        }
        match archive.read(index, budget) {
            Ok(bytes) => read_into(&name, &bytes, Some(&name), budget, contents),
            Err(Unread::TooLarge) => return Err(Unread::TooLarge),
            Err(unread) => contents.unread.push(unread),
        }
    }
    Ok(())
}
