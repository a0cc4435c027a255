//! What runs leave to each other of documents: the searchable text of each, and its terms.

use crate::cache::{BUILD_ID, Digest, Digester, Reader, Store, Writer};

use super::{Document, Switches};

/// The documents of earlier runs for one index.
#[derive(Clone, Copy)]
pub(super) struct Known<'s> {
    store: Option<&'s Store>,
    /// Of everything but the documents.
    shared: Digest,
}

/// What a document has in one field, apart from its text.
pub(super) struct Terms<'s> {
    pub(super) length: usize,
    pub(super) counts: Vec<(&'s str, u32)>,
}

impl<'s> Known<'s> {
    /// `what` names what is kept.
    pub(super) fn new(store: Option<&'s Store>, what: &str, lang: &str, switches: &Switches) -> Self {
        let shared = Digester::new().text(BUILD_ID).text(what).text(lang).text(&format!("{switches:?}")).finish();
        Self { store, shared }
    }

    /// None where nobody can tell whether a document is the same.
    fn key(&self, document: &Document) -> Option<Digest> {
        let mut key = Digester::new();
        key.digest(self.shared).option(document.title).option(document.description).option(document.date);
        Some(key.text(document.path).digest(document.body.digest()?).finish())
    }

    /// What is known of a document, as `read` takes it from what was written.
    pub(super) fn get<T>(&self, document: &Document, read: impl FnOnce(&mut Reader) -> Option<T>) -> Option<T> {
        let bytes = self.store?.get(self.key(document)?)?;
        read(&mut Reader(&bytes))
    }

    pub(super) fn put(&self, document: &Document, write: impl FnOnce(&mut Writer)) {
        if let (Some(store), Some(key)) = (self.store, self.key(document)) {
            let mut writer = Writer::default();
            write(&mut writer);
            store.put(key, &writer.0);
        }
    }
}

/// Reads the terms of a field.
pub(super) fn read_terms<'s>(from: &mut Reader<'s>) -> Option<Terms<'s>> {
    let length = from.size()?;
    let count = from.count()?;
    let counts: Option<Vec<(&str, u32)>> =
        (0..count).map(|_| Some((from.text()?, u32::try_from(from.number()?).ok()?))).collect();
    Some(Terms { length, counts: counts? })
}

pub(super) fn write_terms<'t>(length: usize, counts: impl ExactSizeIterator<Item = (&'t str, u32)>, to: &mut Writer) {
    to.number(length as u64);
    to.number(counts.len() as u64);
    for (term, count) in counts {
        to.text(term);
        to.number(u64::from(count));
    }
}
