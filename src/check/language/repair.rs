//! What `--fix` changes: wrong words that are wrong everywhere, and marks of Latin text between two Han characters. Not in
//! code, addresses, calls of shortcodes, quotations, or values that programs read.

use std::ops::Range;
use std::path::Path;

use super::prose::stretches;
use super::style::between_han;
use super::words::{Level, Words};
use crate::check::{Options, Settings, Sources};
use crate::diagnostic::{Diagnostic, Result, line_column};
use crate::site::Site;

/// One change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In bytes of the old text.
    pub span: Range<usize>,
    pub new: String,
    /// Counted from 1.
    pub line: usize,
    pub old: String,
    /// A wrong word, and no mark.
    pub is_word: bool,
}

/// The changes of a file, in order; none where nothing is to repair. `punctuation` is whether marks are changed as well.
pub fn changes(file: &str, text: &str, words: &Words, punctuation: bool) -> Vec<Change> {
    let mut found = Vec::new();
    for stretch in stretches(file, text).into_iter().filter(|stretch| stretch.fixable) {
        let start = stretch.span.start;
        let of = &text[stretch.span.clone()];
        let mut push = |span: Range<usize>, new: &str, is_word: bool| {
            let span = start + span.start..start + span.end;
            let (line, _) = line_column(text, span.start);
            found.push(Change { old: text[span.clone()].to_owned(), span, new: new.to_owned(), line, is_word });
        };
        for (word, span) in words.find(of) {
            if word.level == Level::Error && !word.right.is_empty() && !is_quoted(of, &span) {
                push(span, &word.right, true);
            }
        }
        if punctuation && stretch.body {
            for (span, wide) in between_han(of) {
                if !is_quoted(of, &span) {
                    push(span, wide, false);
                }
            }
        }
    }
    found.sort_by_key(|change| change.span.start);
    found.dedup_by(|later, earlier| later.span.start < earlier.span.end);
    found
}

/// Between Chinese quotation marks somebody else speaks, or the word itself is spoken of.
fn is_quoted(text: &str, span: &Range<usize>) -> bool {
    [('“', '”'), ('「', '」'), ('『', '』'), ('‘', '’')].into_iter().any(|(open, close)| {
        let opened = text[..span.start].rfind(open);
        let closed = text[..span.start].rfind(close);
        opened.is_some_and(|opened| closed.is_none_or(|closed| closed < opened)) && text[span.end..].contains(close)
    })
}

/// The text with all changes.
pub fn apply(text: &str, changes: &[Change]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for change in changes {
        out.push_str(&text[from..change.span.start]);
        out.push_str(&change.new);
        from = change.span.end;
    }
    out.push_str(&text[from..]);
    out
}

/// Writes a file whole or not at all; `old` must still be what is there.
pub fn write(path: &Path, shown: &str, old: &str, new: &str) -> Result<bool> {
    let io = |error: &std::io::Error| Box::new(Diagnostic::io(shown, error));
    // A file in another encoding was converted while reading, and one that changed meanwhile is somebody's work.
    if std::fs::read(path).map_err(|error| io(&error))? != old.as_bytes() {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| io(&error))?;
    std::io::Write::write_all(&mut file, new.as_bytes()).map_err(|error| io(&error))?;
    if let Ok(metadata) = path.metadata() {
        file.as_file().set_permissions(metadata.permissions()).map_err(|error| io(&error))?;
    }
    file.as_file().sync_all().map_err(|error| io(&error))?;
    file.persist(path).map_err(|error| io(&error.error))?;
    Ok(true)
}

/// A file that was repaired.
#[derive(Debug)]
pub struct Repaired {
    /// As messages name it.
    pub file: String,
    pub changes: Vec<Change>,
}

/// Repairs the Markdown files of a site on disk. What could not be written goes to `told`.
pub fn site(site: &Site, options: Options, told: &mut Vec<Diagnostic>) -> Vec<Repaired> {
    let settings = Settings::new(site, options, &mut Vec::new());
    let words = super::words_of(site, told);
    let (repair_words, punctuation) = (settings.wants("language/wrong-word"), settings.wants("language/punctuation"));
    let mut repaired = Vec::new();
    let sources = Sources::new(site);
    for source in sources.all().into_iter().filter_map(|source| sources.read(source)) {
        // Allowances are a person's answer to a finding.
        let allowed = |change: &Change| settings.allows(&super::finding_of(change, &words, &source));
        if source.file.rsplit_once('.').is_none_or(|(_, extension)| extension != "md")
            || super::is_traditional(&super::language_of(site, &source))
        {
            continue;
        }
        let mut changes = changes(&source.file, &source.text, &words, punctuation);
        changes.retain(|change| (change.is_word && repair_words || !change.is_word && punctuation) && !allowed(change));
        if changes.is_empty() {
            continue;
        }
        match write(&source.path, &source.file, &source.text, &apply(&source.text, &changes)) {
            Ok(true) => repaired.push(Repaired { file: source.file, changes }),
            Ok(false) => {}
            Err(error) => told.push(*error),
        }
    }
    repaired
}
