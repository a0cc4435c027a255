//! Entries by digest in one file that many processes read and add to.
//!
//! The file is a list of entries: key, digest of the content, length, content. New entries are appended in one write; where two
//! writes ran into each other, or one was cut off, what does not add up is not there. A file of which little was of use
//! is written anew with that. It is safe to delete at any time.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Digest, replace};

const HEAD: usize = 16 + 16 + 8;

/// This much of a file, in bytes, is read at once; what follows is read an entry at a time, for few may be needed.
const AT_ONCE: u64 = 8 << 20;

/// The entries of a file as it was, and new ones.
pub struct Store {
    file: PathBuf,
    bytes: Bytes,
    /// What the entries are, and where.
    entries: FxHashMap<Digest, Entry>,
    /// Whether some of the file is of no use.
    is_damaged: bool,
    changes: Mutex<Changes>,
}

/// The bytes of a file.
#[derive(Default)]
struct Bytes {
    /// Those at its beginning.
    first: Vec<u8>,
    file: Option<File>,
    length: usize,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Of its content.
    digest: Digest,
    start: usize,
    length: usize,
}

#[derive(Default)]
struct Changes {
    used: FxHashSet<Digest>,
    new: Vec<u8>,
}

impl Store {
    /// Reads the entries of a file; none where it is not there or cannot be read.
    pub fn open(file: &Path) -> Self {
        let bytes = match fs::symlink_metadata(file) {
            Ok(meta) if meta.is_file() => Bytes::of(file).unwrap_or_default(),
            _ => Bytes::default(),
        };
        let mut entries = FxHashMap::default();
        let mut at = 0;
        while let Some((key, entry)) = bytes.head(at) {
            entries.insert(key, entry);
            at = entry.start + entry.length;
        }
        let is_damaged = at != bytes.length;
        Self { file: file.to_path_buf(), bytes, entries, is_damaged, changes: Mutex::default() }
    }

    /// The content of an entry, if it is there and whole.
    pub fn get(&self, key: Digest) -> Option<Cow<'_, [u8]>> {
        let entry = self.entries.get(&key)?;
        let content =
            self.bytes.get(entry.start, entry.length).filter(|content| Digest::of(content) == entry.digest)?;
        self.keep(key);
        Some(content)
    }

    /// Says that an entry is still of use, though nobody reads it now.
    pub fn keep(&self, key: Digest) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).used.insert(key);
    }

    /// Adds an entry, to be written by [`Store::save`].
    pub fn put(&self, key: Digest, content: &[u8]) {
        let digest = Digest::of(content);
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        append(key, digest, content, &mut changes.new);
    }

    /// Writes new entries down, at `most` bytes in all. Where that fails they are made again next time.
    pub fn save(&self, most: usize) -> io::Result<()> {
        let changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let size = |key: &Digest| self.entries.get(key).map_or(0, |entry| HEAD + entry.length);
        let used: usize = changes.used.iter().map(size).sum();
        let length = self.bytes.length;
        let is_worn = self.is_damaged || length > used * 2 + (1 << 20) || length + changes.new.len() > most;
        if !is_worn && changes.new.is_empty() {
            return Ok(());
        }
        if !is_worn && let Ok(mut file) = append_to(&self.file) {
            return file.write_all(&changes.new);
        }
        let mut whole = Vec::with_capacity(used + changes.new.len());
        // What is new is likelier to be asked for again than any of the rest.
        if changes.new.len() <= most {
            whole.extend_from_slice(&changes.new);
        }
        for (key, entry) in self.entries.iter().filter(|(key, _)| changes.used.contains(*key)) {
            if whole.len() + HEAD + entry.length <= most
                && let Some(content) = self.bytes.get(entry.start, entry.length)
            {
                append(*key, entry.digest, &content, &mut whole);
            }
        }
        replace(&self.file, &whole)
    }
}

impl Bytes {
    fn of(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut first = Vec::with_capacity(usize::try_from(length.min(AT_ONCE)).unwrap_or_default());
        (&file).take(AT_ONCE.min(length)).read_to_end(&mut first)?;
        Ok(Self { first, file: Some(file), length: usize::try_from(length).unwrap_or(usize::MAX) })
    }

    /// None where the file does not go that far, or cannot be read.
    fn get(&self, start: usize, length: usize) -> Option<Cow<'_, [u8]>> {
        let end = start.checked_add(length).filter(|end| *end <= self.length)?;
        if let Some(bytes) = self.first.get(start..end) {
            return Some(Cow::Borrowed(bytes));
        }
        let mut bytes = vec![0; length];
        read_at(self.file.as_ref()?, &mut bytes, start as u64).ok()?;
        Some(Cow::Owned(bytes))
    }

    /// The key of the entry that begins at `at`, and the entry.
    fn head(&self, at: usize) -> Option<(Digest, Entry)> {
        let head = self.get(at, HEAD)?;
        let digest = |from: usize| head.get(from..)?.first_chunk().copied().map(Digest);
        let (key, digest) = (digest(0)?, digest(16)?);
        let length = usize::try_from(u64::from_le_bytes(*head.last_chunk()?)).ok()?;
        let start = at + HEAD;
        let is_whole = start.checked_add(length).is_some_and(|end| end <= self.length);
        is_whole.then_some((key, Entry { digest, start, length }))
    }
}

#[cfg(unix)]
fn read_at(file: &File, to: &mut [u8], start: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, to, start)
}

#[cfg(windows)]
fn read_at(file: &File, mut to: &mut [u8], mut start: u64) -> io::Result<()> {
    while !to.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, to, start)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        to = &mut to[read..];
        start += read as u64;
    }
    Ok(())
}

/// Not through a link, and nothing else than a file.
fn append_to(file: &Path) -> io::Result<File> {
    if fs::symlink_metadata(file).is_ok_and(|meta| !meta.is_file()) {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    OpenOptions::new().append(true).create(true).open(file)
}

fn append(key: Digest, digest: Digest, content: &[u8], to: &mut Vec<u8>) {
    to.extend_from_slice(&key.0);
    to.extend_from_slice(&digest.0);
    to.extend_from_slice(&(content.len() as u64).to_le_bytes());
    to.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1 << 30;

    fn key(n: u8) -> Digest {
        Digest::of(&[n])
    }

    #[test]
    fn entries_stay_and_are_added() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/store");
        let store = Store::open(&file);
        store.put(key(1), b"one");
        store.save(MOST).unwrap();
        let (a, b) = (Store::open(&file), Store::open(&file));
        assert_eq!((a.get(key(1)).as_deref(), a.get(key(2))), (Some(&b"one"[..]), None));
        // Two processes at once.
        a.put(key(2), b"two");
        b.put(key(3), b"");
        a.save(MOST).unwrap();
        b.save(MOST).unwrap();
        let all = Store::open(&file);
        assert_eq!([1, 2, 3].map(|n| all.get(key(n)).unwrap().into_owned()), [&b"one"[..], b"two", b""]);
    }

    #[test]
    fn a_damaged_entry_is_missing_and_the_others_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        let store = Store::open(&file);
        (0..3).for_each(|n| store.put(key(n), &[n; 50]));
        store.save(MOST).unwrap();
        let whole = fs::read(&file).unwrap();
        for cut in 0..whole.len() {
            fs::write(&file, &whole[..cut]).unwrap();
            let store = Store::open(&file);
            for n in 0..3 {
                assert!(store.get(key(n)).is_none_or(|content| *content == [n; 50]), "cut at {cut}");
            }
            assert_eq!(store.get(key(0)).is_some(), cut >= HEAD + 50);
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&file, &bytes).unwrap();
            let store = Store::open(&file);
            for n in 0..3 {
                assert!(store.get(key(n)).is_none_or(|content| *content == [n; 50]), "changed at {at}");
            }
        }
        // The next one that writes leaves a sound file.
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        let store = Store::open(&file);
        assert!(store.get(key(0)).is_some());
        store.put(key(9), b"nine");
        store.save(MOST).unwrap();
        let store = Store::open(&file);
        assert!(store.get(key(0)).is_some() && store.get(key(9)).is_some() && store.get(key(1)).is_none());
    }

    #[test]
    fn above_its_bound_it_holds_what_fits() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        let store = Store::open(&file);
        (0..3).for_each(|n| store.put(key(n), &[n; 100]));
        store.save(MOST).unwrap();
        let most = 3 * (HEAD + 100);
        let store = Store::open(&file);
        (0..3).for_each(|n| assert!(store.get(key(n)).is_some()));
        store.put(key(9), &[9; 100]);
        store.save(most).unwrap();
        assert!(fs::metadata(&file).unwrap().len() <= most as u64);
        let store = Store::open(&file);
        assert!(store.get(key(9)).is_some(), "what is new stays");
        assert_eq!((0..3).filter(|n| store.get(key(*n)).is_some()).count(), 2);
    }

    #[test]
    fn what_nobody_uses_goes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store");
        let store = Store::open(&file);
        (0..30).for_each(|n| store.put(key(n), &vec![n; 100_000]));
        store.save(MOST).unwrap();
        let store = Store::open(&file);
        store.get(key(7)).unwrap();
        store.save(MOST).unwrap();
        assert!(fs::metadata(&file).unwrap().len() < 200_000);
        assert!(Store::open(&file).get(key(7)).is_some());
        // No more than there may be.
        let store = Store::open(&file);
        store.put(key(8), &[8; 5000]);
        store.save(1000).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    }
}
