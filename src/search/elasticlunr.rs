//! The index for elasticlunr.js 0.9.5, as elasticlunr-rs (which Zola uses) writes it, to the byte.
//!
//! Tokens and terms come from elasticlunr-rs. The index itself is written here, straight from sorted terms: a tree of
//! nodes with a copy of the URL in every posting takes many times the time and memory.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::known::Known;
use super::language::Rules;
use super::terms::{Counted, Field, count};
use super::{Document, Switches};

pub(super) fn build(prefix: &str, lang: &str, switches: &Switches, documents: &[Document<'_>], known: Known) -> String {
    let rules = Rules::of(lang);
    let analyzer = rules.analyzer(lang);
    let fields = Field::chosen(switches);
    let documents = sorted(documents);
    let store = Store::new(&documents, &fields, count(lang, rules, &fields, switches, &documents, known));

    let mut out = String::with_capacity(store.size_hint() + prefix.len());
    out.push_str(prefix);
    out.push_str("{\"fields\":[");
    push_list(&mut out, fields.iter().map(|field| field.name()));
    out.push_str("],\"pipeline\":[");
    push_list(&mut out, analyzer.pipeline_names());
    out.push_str("],\"ref\":\"id\",\"version\":\"0.9.5\",\"index\":{");
    store.push_index(&mut out);
    out.push_str("},\"documentStore\":{\"save\":true,\"docs\":{");
    store.push_documents(&mut out);
    out.push_str("},\"docInfo\":{");
    store.push_lengths(&mut out);
    out.push_str("},\"length\":");
    out.push_str(&store.urls.len().to_string());
    out.push_str("},\"lang\":");
    out.push_str(&json(analyzer.name()));
    out.push('}');
    out
}

/// The documents by URL. Of several with one URL the last one counts, as it does in an elasticlunr index.
fn sorted<'d, 'a>(documents: &'d [Document<'a>]) -> Vec<&'d Document<'a>> {
    documents.iter().map(|document| (document.url, document)).collect::<BTreeMap<_, _>>().into_values().collect()
}

fn json(text: &str) -> String {
    // A string always serializes.
    serde_json::to_string(text).unwrap_or_default()
}

fn push_list(out: &mut String, names: impl IntoIterator<Item = impl AsRef<str>>) {
    for (at, name) in names.into_iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        out.push_str(&json(name.as_ref()));
    }
}

/// A document by its place among the sorted documents, and how often a term occurs in it.
type Postings = Vec<(u32, u32)>;

/// All that goes into the index.
struct Store {
    /// As JSON strings, sorted.
    urls: Vec<String>,
    /// Alphabetical. What documents have in a field is in its column.
    fields: Vec<(Field, Column)>,
    terms: Vec<Box<str>>,
}

#[derive(Default)]
struct Column {
    /// For every document its text in JSON and the number of its tokens; nothing where a document lacks the field.
    texts: Vec<Option<(String, usize)>>,
    /// For every term.
    postings: Vec<Postings>,
}

impl Store {
    fn new(documents: &[&Document<'_>], fields: &[Field], counted: Vec<Counted<'_>>) -> Self {
        let mut columns: Vec<Column> = fields.iter().map(|_| Column::default()).collect();
        let mut numbers: FxHashMap<Box<str>, u32> = FxHashMap::default();
        let mut terms: Vec<Box<str>> = Vec::new();
        let mut document = 0;
        for piece in counted {
            let local: Vec<usize> = piece
                .terms
                .into_iter()
                .map(|term| {
                    *numbers.entry(term).or_insert_with_key(|term| {
                        terms.push(term.clone());
                        terms.len() as u32 - 1
                    }) as usize
                })
                .collect();
            for entries in piece.entries {
                let mut entries = entries.into_iter();
                for column in &mut columns {
                    let entry = entries.next();
                    column.postings.resize_with(terms.len(), Vec::new);
                    for &(term, count) in entry.iter().flat_map(|entry| &entry.counts) {
                        column.postings[local[term as usize]].push((document, count));
                    }
                    column.texts.push(entry.map(|entry| (json(&entry.text), entry.length)));
                }
                document += 1;
            }
        }
        let mut fields: Vec<(Field, Column)> = fields.iter().copied().zip(columns).collect();
        fields.sort_by_key(|(field, _)| field.name());
        Self { urls: documents.iter().map(|document| json(document.url)).collect(), fields, terms }
    }

    /// About how long the index will be.
    fn size_hint(&self) -> usize {
        let url = self.urls.first().map_or(0, String::len);
        let texts = self.fields.iter().flat_map(|(_, column)| &column.texts).flatten().map(|(text, _)| text.len() + 24);
        let postings: usize = self.fields.iter().flat_map(|(_, column)| &column.postings).map(Vec::len).sum();
        texts.sum::<usize>() + postings * (url + 24) + self.terms.len() * self.fields.len() * 48 + 1024
    }

    fn push_index(&self, out: &mut String) {
        let mut order: Vec<(&str, usize)> =
            self.terms.iter().enumerate().map(|(number, term)| (&**term, number)).collect();
        order.sort_unstable();
        let mut weights = Weights::default();
        for (at, (field, column)) in self.fields.iter().enumerate() {
            out.push_str(if at > 0 { ",\"" } else { "\"" });
            out.push_str(field.name());
            out.push_str("\":{\"root\":{\"docs\":{},\"df\":0");
            // The characters of the nodes that are open.
            let mut path: Vec<char> = Vec::new();
            for &(term, number) in &order {
                let Some(postings) = column.postings.get(number).filter(|postings| !postings.is_empty()) else {
                    continue;
                };
                let shared = path.iter().zip(term.chars()).take_while(|(open, c)| **open == *c).count();
                close(out, path.len() - shared);
                path.truncate(shared);
                let mut rest = term.chars().skip(shared).peekable();
                while let Some(c) = rest.next() {
                    path.push(c);
                    out.push(',');
                    out.push_str(&json(c.encode_utf8(&mut [0; 4])));
                    if rest.peek().is_some() {
                        out.push_str(":{\"docs\":{},\"df\":0");
                    } else {
                        out.push_str(":{\"docs\":{");
                        self.push_postings(out, postings, &mut weights);
                        out.push_str("},\"df\":");
                        out.push_str(&postings.len().to_string());
                    }
                }
            }
            close(out, path.len());
            out.push_str("}}");
        }
    }

    fn push_postings(&self, out: &mut String, postings: &Postings, weights: &mut Weights) {
        for (at, &(document, count)) in postings.iter().enumerate() {
            out.push_str(if at > 0 { "," } else { "" });
            out.push_str(&self.urls[document as usize]);
            out.push_str(":{\"tf\":");
            out.push_str(weights.of(count));
            out.push('}');
        }
    }

    fn push_documents(&self, out: &mut String) {
        for (document, url) in self.urls.iter().enumerate() {
            out.push_str(if document > 0 { "," } else { "" });
            out.push_str(url);
            out.push_str(":{");
            let mut separator = "";
            let mut id = Some(url);
            for (field, column) in &self.fields {
                // The identifier has its place among the fields, which are alphabetical.
                if field.name() > "id"
                    && let Some(url) = id.take()
                {
                    push_member(out, &mut separator, "id", url);
                }
                if let Some((text, _)) = &column.texts[document] {
                    push_member(out, &mut separator, field.name(), text);
                }
            }
            if let Some(url) = id {
                push_member(out, &mut separator, "id", url);
            }
            out.push('}');
        }
    }

    fn push_lengths(&self, out: &mut String) {
        if self.fields.is_empty() {
            return;
        }
        for (document, url) in self.urls.iter().enumerate() {
            out.push_str(if document > 0 { "," } else { "" });
            out.push_str(url);
            out.push_str(":{");
            let mut separator = "";
            for (field, column) in &self.fields {
                if let Some((_, length)) = &column.texts[document] {
                    push_member(out, &mut separator, field.name(), &length.to_string());
                }
            }
            out.push('}');
        }
    }
}

fn close(out: &mut String, nodes: usize) {
    out.extend(std::iter::repeat_n('}', nodes));
}

fn push_member(out: &mut String, separator: &mut &'static str, name: &str, json: &str) {
    out.push_str(separator);
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    out.push_str(json);
    *separator = ",";
}

/// The term frequency of a count, which is its square root, as JSON.
#[derive(Default)]
struct Weights {
    kept: Vec<String>,
    /// That of a count too high to keep all below it.
    high: String,
}

impl Weights {
    fn of(&mut self, count: u32) -> &str {
        // A finite number always serializes.
        let write = |count: u32| serde_json::to_string(&f64::from(count).sqrt()).unwrap_or_default();
        if count > 4096 {
            self.high = write(count);
            return &self.high;
        }
        while self.kept.len() <= count as usize {
            self.kept.push(write(self.kept.len() as u32));
        }
        &self.kept[count as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::IndexFormat;

    fn document<'a>(url: &'a str, title: &'a str, body: &'a &'a str) -> Document<'a> {
        Document { url, title: Some(title), description: Some("notes on it"), date: None, path: "/a-b/", body }
    }

    fn index(lang: &str, switches: &Switches, documents: &[Document<'_>]) -> String {
        build("", lang, switches, documents, Known::new(None, "", lang, switches))
    }

    fn everything() -> Switches {
        Switches { include_description: true, include_date: true, include_path: true, ..Switches::default() }
    }

    /// What elasticlunr-rs makes of the same fields.
    fn reference(lang: &str, documents: &[Document<'_>]) -> String {
        let language = elasticlunr::lang::from_code(lang).expect("a language that is built in");
        let mut index = elasticlunr::IndexBuilder::with_language(language).add_fields(["title", "body"]).build();
        for document in documents {
            index.add_doc(document.url, [document.title.unwrap_or_default(), document.body.html()]);
        }
        index.to_json()
    }

    #[test]
    fn the_index_is_the_one_of_elasticlunr_rs() {
        let text = "Un récit des éclipses \"totales\" -- running, ran; Солнце восходит \\ 日食 x x x x x";
        let documents = [
            document("https://example.org/b/", "Eclipses and eclipse", &text),
            document("https://example.org/a/", "", &"eclipse"),
            document("https://example.org/c/", "The sun", &""),
        ];
        for lang in ["en", "da", "de", "du", "es", "fi", "fr", "hu", "it", "ko", "no", "pt", "ro", "ru", "sv", "tr"] {
            let index = self::index(lang, &Switches::default(), &documents);
            assert_eq!(index, reference(lang, &documents), "{lang}");
        }
    }

    #[test]
    fn no_documents_and_no_fields_make_an_index_too() {
        assert_eq!(index("en", &Switches::default(), &[]), reference("en", &[]));
        let none = Switches { include_title: false, include_content: false, ..Switches::default() };
        let index = self::index("en", &none, &[document("u", "t", &"b")]);
        let mut expected = elasticlunr::IndexBuilder::new().build();
        expected.add_doc("u", [""; 0]);
        assert_eq!(index, expected.to_json());
    }

    #[test]
    fn the_last_document_of_an_address_counts() {
        let twice = [document("u", "old", &""), document("u", "new", &"")];
        let once = index("en", &Switches::default(), &twice[1..]);
        assert_eq!(index("en", &Switches::default(), &twice), once);
    }

    #[test]
    fn chinese_can_be_found() {
        let documents = [document("u", "日食观测", &"<p>北京天文馆的 Zola</p>")];
        let index =
            super::super::build("zh-Hans", IndexFormat::ElasticlunrJavascript, &Switches::default(), &documents, None);
        let json = index.strip_prefix("window.searchIndex = ").expect("a script");
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(value["lang"], "Chinese");
        assert_eq!(value["pipeline"], serde_json::json!(["trimmer-zh", "stopWordFilter-zh", "stemmer-zh"]));
        assert_eq!(value["index"]["title"]["root"]["日"]["食"]["docs"]["u"]["tf"], 1.0);
        assert_eq!(value["index"]["body"]["root"]["天"]["文"]["馆"]["df"], 1);
        assert_eq!(value["documentStore"]["docInfo"]["u"]["body"], 5);
    }

    #[test]
    fn a_language_without_stemmer_is_indexed() {
        let index = self::index("mn", &Switches::default(), &[document("u", "Нар хиртэлт", &"")]);
        let value: serde_json::Value = serde_json::from_str(&index).expect("JSON");
        assert_eq!(value["pipeline"], serde_json::json!([]));
        assert_eq!(value["lang"], "mn");
        assert_eq!(value["documentStore"]["docInfo"]["u"]["title"], 2);
    }

    #[test]
    fn an_undated_document_keeps_its_fields() {
        let page = document("u", "Sun", &"<p>moon</p>");
        let value = |zola_exact| -> serde_json::Value {
            let switches = Switches { zola_exact, ..everything() };
            serde_json::from_str(&index("en", &switches, &[page])).expect("JSON")
        };
        let right = &value(false)["documentStore"]["docs"]["u"];
        assert_eq!((&right["date"], &right["path"], &right["body"]), (&"".into(), &"/a-b/".into(), &"moon".into()));
        let zola = &value(true)["documentStore"]["docs"]["u"];
        assert_eq!((&zola["date"], &zola["path"]), (&"/a-b/".into(), &"moon".into()));
        assert!(zola.get("body").is_none());
    }

    #[test]
    fn monstrous_words_do_not_nest_the_index_too_deep() {
        let long = "x".repeat(100_000);
        let index = self::index("en", &Switches::default(), &[document("u", &long, &"a sun")]);
        assert!(index.len() < 110_000);
        let german = self::index("de", &Switches::default(), &[document("u", &"y".repeat(100_000), &"")]);
        assert!(german.len() < 110_000);
        assert!(index.contains("\"n\":{\"docs\":{\"u\":{\"tf\":1.0}},\"df\":1}"));
    }

    #[test]
    fn runs_and_orders_make_no_difference() {
        let urls: Vec<String> = (0..200).map(|n| format!("https://example.org/{n}/")).collect();
        let mut documents: Vec<_> = urls.iter().map(|url| document(url, "sun moon", &"<p>stars and sun</p>")).collect();
        let first = index("en", &everything(), &documents);
        documents.reverse();
        assert_eq!(index("en", &everything(), &documents), first);
    }

    #[test]
    fn high_counts_do_not_disturb_low_ones() {
        let mut weights = Weights::default();
        assert_eq!(weights.of(1_000_000), "1000.0");
        assert_eq!(weights.of(4), "2.0");
        assert_eq!(weights.of(2), "1.4142135623730951");
    }

    #[test]
    fn what_an_earlier_run_found_gives_the_same_index() {
        #[derive(Debug)]
        struct Kept(&'static str, std::sync::atomic::AtomicBool);
        impl crate::search::Body for Kept {
            fn html(&self) -> &str {
                self.1.store(true, std::sync::atomic::Ordering::Relaxed);
                self.0
            }

            fn digest(&self) -> Option<crate::cache::Digest> {
                Some(crate::cache::Digest::of(self.0.as_bytes()))
            }
        }
        let folder = tempfile::tempdir().expect("a folder");
        let texts = ["<p>stars and sun</p>", "<p>sun 日食 sun</p>", ""];
        let run = |title: &str| {
            let store = crate::cache::Store::open(&folder.path().join("store"));
            let bodies = texts.map(|text| Kept(text, false.into()));
            let documents = bodies.each_ref().map(|body| Document { body, ..document(body.0, title, &"") });
            let index = build("", "zh", &everything(), &documents, Known::new(Some(&store), "", "zh", &everything()));
            let plain: Vec<Document> = texts.iter().map(|text| document(text, title, text)).collect();
            assert_eq!(index, self::index("zh", &everything(), &plain));
            store.save(1 << 20).expect("a store");
            bodies.iter().filter(|body| body.1.load(std::sync::atomic::Ordering::Relaxed)).count()
        };
        assert_eq!([run("sun"), run("sun"), run("moon"), run("moon")], [3, 0, 3, 0]);
    }
}
