//! The terms of documents, counted: what the index is written from.

use std::borrow::Cow;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::known::{Known, Terms, read_terms, write_terms};
use super::language::{Analyzer, Rules};
use super::{Document, Switches, body_text};
use crate::cache::Reader;

/// Longer words, in characters, are left out (not where Zola is repeated). Nobody types them; every character nests the
/// index deeper, which the parsers of browsers bear some thousand times only; and some stemmers are quadratic.
const LONGEST_WORD: usize = 500;

/// The columns of an index, in the order in which Zola declares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Description,
    Date,
    Path,
    Body,
}

impl Field {
    pub(super) fn name(self) -> &'static str {
        match self {
            Field::Title => "title",
            Field::Description => "description",
            Field::Date => "date",
            Field::Path => "path",
            Field::Body => "body",
        }
    }

    pub(super) fn chosen(switches: &Switches) -> Vec<Field> {
        [
            (switches.include_title, Field::Title),
            (switches.include_description, Field::Description),
            (switches.include_date, Field::Date),
            (switches.include_path, Field::Path),
            (switches.include_content, Field::Body),
        ]
        .into_iter()
        .filter_map(|(chosen, field)| chosen.then_some(field))
        .collect()
    }
}

/// What a document has in one field.
pub(super) struct Entry<'a> {
    pub(super) text: Cow<'a, str>,
    /// How many tokens the field has.
    pub(super) length: usize,
    /// Terms and how often they occur in this field and those before it: elasticlunr-rs counts on from field to field,
    /// so that a word of the title is also found in the body.
    pub(super) counts: Vec<(u32, u32)>,
}

/// Documents that were counted together: `entries` has one list for each document, the first fields first.
pub(super) struct Counted<'a> {
    /// Terms by the numbers that the counts use.
    pub(super) terms: Vec<Box<str>>,
    pub(super) entries: Vec<Vec<Entry<'a>>>,
}

/// Counts the terms of documents, in pieces of neighbours on several threads.
pub(super) fn count<'a>(
    lang: &str,
    rules: Rules,
    fields: &[Field],
    switches: &Switches,
    documents: &[&Document<'a>],
    known: Known,
) -> Vec<Counted<'a>> {
    let piece = documents.len().div_ceil(4 * rayon::current_num_threads()).max(16);
    documents
        .par_chunks(piece)
        .map(|documents| {
            let longest = if switches.zola_exact { usize::MAX } else { LONGEST_WORD };
            let mut counter = Counter::new(rules.analyzer(lang), longest);
            let entries =
                documents.iter().map(|document| counter.document(fields, switches, document, known)).collect();
            Counted { terms: counter.terms, entries }
        })
        .collect()
}

struct Counter {
    analyzer: Analyzer,
    /// The characters of the longest token that counts.
    longest: usize,
    /// What was found out about a token: its term, if it has one.
    known: FxHashMap<Box<str>, Option<u32>>,
    numbers: FxHashMap<Box<str>, u32>,
    terms: Vec<Box<str>>,
    /// How often each term occurs in the document at hand.
    counts: Vec<u32>,
    /// The terms that occur in it.
    present: Vec<u32>,
}

impl Counter {
    fn new(analyzer: Analyzer, longest: usize) -> Self {
        Self {
            analyzer,
            longest,
            known: FxHashMap::default(),
            numbers: FxHashMap::default(),
            terms: Vec::new(),
            counts: Vec::new(),
            present: Vec::new(),
        }
    }

    fn document<'a>(
        &mut self,
        fields: &[Field],
        switches: &Switches,
        document: &Document<'a>,
        known: Known,
    ) -> Vec<Entry<'a>> {
        if let Some(entries) = known.get(document, |from| self.read(from)) {
            return entries;
        }
        let entries = self.counted(fields, switches, document);
        known.put(document, |to| {
            to.number(entries.len() as u64);
            for entry in &entries {
                to.text(&entry.text);
                let counts = entry.counts.iter().map(|(term, count)| (&*self.terms[*term as usize], *count));
                write_terms(entry.length, counts, to);
            }
        });
        entries
    }

    /// What was counted in an earlier run.
    fn read<'a>(&mut self, from: &mut Reader) -> Option<Vec<Entry<'a>>> {
        (0..from.count()?)
            .map(|_| {
                let text = Cow::Owned(from.text()?.to_owned());
                let Terms { length, counts } = read_terms(from)?;
                let counts = counts.into_iter().map(|(term, count)| (self.number(term), count)).collect();
                Some(Entry { text, length, counts })
            })
            .collect()
    }

    fn number(&mut self, term: &str) -> u32 {
        match self.numbers.get(term) {
            Some(number) => *number,
            None => {
                let number = number_of(term.to_owned(), &mut self.numbers, &mut self.terms);
                self.counts.resize(self.terms.len(), 0);
                number
            }
        }
    }

    fn counted<'a>(&mut self, fields: &[Field], switches: &Switches, document: &Document<'a>) -> Vec<Entry<'a>> {
        let texts = texts(fields, switches, document);
        // The texts are fewer than the fields only where Zola's slip is repeated.
        let entries = fields.iter().zip(texts).map(|(&field, text)| {
            let length = self.field(field, &text);
            Entry {
                text,
                length,
                counts: self.present.iter().map(|&term| (term, self.counts[term as usize])).collect(),
            }
        });
        let entries = entries.collect();
        for term in self.present.drain(..) {
            self.counts[term as usize] = 0;
        }
        entries
    }

    /// Counts the tokens of a field; says how many they are.
    fn field(&mut self, field: Field, text: &str) -> usize {
        let Self { analyzer, longest, known, numbers, terms, counts, present } = self;
        let mut length = 0;
        let add = |token: &str| {
            if token.len() > *longest && token.chars().nth(*longest).is_some() {
                return;
            }
            let number = match known.get(token) {
                Some(&number) => number,
                None => {
                    let number = analyzer.term(token).map(|term| number_of(term, numbers, terms));
                    counts.resize(terms.len(), 0);
                    known.insert(token.into(), number);
                    number
                }
            };
            if let Some(number) = number {
                length += 1;
                let count = &mut counts[number as usize];
                if *count == 0 {
                    present.push(number);
                }
                *count = count.saturating_add(1);
            }
        };
        match field {
            Field::Path => analyzer.path_tokens(text, add),
            _ => analyzer.tokens(text, add),
        }
        length
    }
}

fn number_of(term: String, numbers: &mut FxHashMap<Box<str>, u32>, terms: &mut Vec<Box<str>>) -> u32 {
    let term = term.into_boxed_str();
    if let Some(&number) = numbers.get(&term) {
        return number;
    }
    let number = terms.len() as u32;
    terms.push(term.clone());
    numbers.insert(term, number);
    number
}

fn texts<'a>(fields: &[Field], switches: &Switches, document: &Document<'a>) -> Vec<Cow<'a, str>> {
    fields
        .iter()
        .filter_map(|field| {
            Some(match field {
                Field::Title => Cow::Borrowed(document.title.unwrap_or_default()),
                Field::Description => Cow::Borrowed(document.description.unwrap_or_default()),
                Field::Date if switches.zola_exact => Cow::Borrowed(document.date?),
                Field::Date => Cow::Borrowed(document.date.unwrap_or_default()),
                Field::Path => Cow::Borrowed(document.path),
                Field::Body => Cow::Owned(body_text(document.body.html(), switches.truncate_content_length)),
            })
        })
        .collect()
}
