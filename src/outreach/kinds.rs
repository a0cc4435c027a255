//! The kinds of pages and their fields, each declared once: checking, the theme's archetypes and the documentation
//! all follow these tables.

use super::fields::Field;
use super::fields::Type::{
    Bool, Category, Choice, Clock, Count, Date, Figures, Path, Paths, Table, Tables, Text, Texts, Time, Url, Week, When,
};

/// What a document may be.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub on: On,
    pub fields: &'static [&'static [Field]],
}

/// Which documents may be of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Page,
    Section,
    Both,
}

const fn optional(name: &'static str, of: super::fields::Type) -> Field {
    Field { name, of, required: false }
}

const fn required(name: &'static str, of: super::fields::Type) -> Field {
    Field { name, of, required: true }
}

/// Fields that kepu reads on every document, whatever its kind.
pub const EVERYWHERE: &[Field] = &[
    optional("kind", Text),
    optional("publish_at", Time),
    optional("expires", Time),
    optional("urgent_until", Time),
    optional("pick", Week),
    optional(
        "check",
        Table(&[optional(
            "allow",
            Tables(&[required("rule", Text), optional("path", Text), optional("text", Text), required("reason", Text)]),
        )]),
    ),
];

pub const COMMON: &[Field] = &[
    optional("keywords", Texts),
    optional("source", Text),
    optional("cover", Text),
    optional("cover_alt", Text),
    optional("audio", Text),
    optional("copy_text", Text),
    optional("licence", Text),
    optional("author", Text),
    optional("editor", Text),
    optional(
        "review",
        Table(&[
            optional("collector", Text),
            optional("source", Text),
            optional("checked_by", Texts),
            optional("approved_by", Text),
            optional("approved_on", Date),
        ]),
    ),
    optional("pinyin", Bool),
    optional("glossary", Bool),
    optional("attachments", Tables(&[required("file", Text), required("title", Text)])),
];

const RECORD: &[Field] = &[
    required("category", Category),
    required("when", When),
    optional("until", When),
    optional("place", Text),
    optional("places", Texts),
    optional("township", Text),
    optional("audience", Text),
    optional("figures", Figures),
    optional("partners", Texts),
    optional("organiser", Text),
    optional("part_of", Path),
    optional("announcement", Path),
];

const TOUR: &[Field] = &[
    required("vehicle", Text),
    optional(
        "stops",
        Tables(&[
            required("place", Text),
            required("when", When),
            optional("until", When),
            optional("note", Text),
            optional("figures", Figures),
        ]),
    ),
];

const ANNOUNCEMENT: &[Field] = &[
    required("begin", Time),
    optional("end", Time),
    required("place", Text),
    optional("address", Text),
    required("category", Category),
    optional("audience", Text),
    optional("ages", Text),
    optional("capacity", Count),
    optional("signup", Text),
    optional("signup_url", Url),
    optional("signup_until", Time),
    optional("phone", Text),
    optional("organiser", Text),
    optional("free", Bool),
    optional("cancelled", Bool),
];

const LEARNING: &[Field] = &[
    optional("level", Choice(&["easy", "standard", "deep"])),
    optional("series", Text),
    optional("audience", Texts),
    optional("reviewed_by", Text),
    optional(
        "sources",
        Tables(&[required("title", Text), optional("url", Url), optional("publisher", Text), optional("year", Count)]),
    ),
    optional("related", Paths),
    optional(
        "quiz",
        Tables(&[
            required("question", Text),
            required("answers", Texts),
            required("right", Count),
            required("reason", Text),
        ]),
    ),
];

const ARTICLE: &[Field] = &[optional("verdict", Choice(&["true", "false", "doubtful"])), optional("claim", Text)];

const SHEET: &[Field] = &[
    required("materials", Texts),
    required("steps", Texts),
    optional("minutes", Count),
    optional("ages", Text),
    optional("safety", Texts),
];

const NOTICE: &[Field] = &[
    optional("number", Text),
    optional("issued_by", Texts),
    optional("state", Choice(&["withdrawn", "void", "revised"])),
    optional("replaced_by", Path),
];

const ANNUAL_REPORT: &[Field] = &[required("year", Count), optional("figures", Figures)];

const EXPERT: &[Field] = &[
    required("fields", Texts),
    optional("unit", Text),
    optional("talks", Texts),
    optional("languages", Texts),
    optional("group", Bool),
    optional("members", Count),
    optional("ask", Path),
];

/// The days of a week as `hours` names them.
pub const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const MUSEUM: &[Field] = &[
    required("address", Text),
    optional("halls", Tables(&[required("name", Text), optional("about", Text), optional("exhibits", Count)])),
    optional("exhibits", Text),
    optional(
        "hours",
        Tables(&[
            required("days", super::fields::Type::Choices(DAYS)),
            required("open", Clock),
            required("close", Clock),
        ]),
    ),
    optional("closed", Tables(&[required("from", Date), optional("to", Date), optional("reason", Text)])),
    optional("free", Bool),
    optional("phone", Text),
    optional("booking", Text),
    optional("map_url", Url),
    optional("figures", Figures),
];

const STATIONS: &[Field] = &[optional("table", Text), optional("total", Count)];

const COLLECTION: &[Field] = &[
    required("parts", Tables(&[required("title", Text), optional("about", Text), required("pages", Paths)])),
    optional("begin", Date),
    optional("end", Date),
];

const COLUMN: &[Field] = &[required("column_type", Text), optional("update_within", Text)];
const PICKS: &[Field] = &[optional("column_type", Text), optional("update_within", Text)];

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind { name: "activity", on: On::Page, fields: &[EVERYWHERE, COMMON, RECORD] },
    Kind { name: "tour", on: On::Page, fields: &[EVERYWHERE, COMMON, RECORD, TOUR] },
    Kind { name: "announcement", on: On::Page, fields: &[EVERYWHERE, COMMON, ANNOUNCEMENT] },
    Kind { name: "article", on: On::Page, fields: &[EVERYWHERE, COMMON, LEARNING, ARTICLE] },
    Kind { name: "sheet", on: On::Page, fields: &[EVERYWHERE, COMMON, LEARNING, SHEET] },
    Kind { name: "notice", on: On::Page, fields: &[EVERYWHERE, COMMON, NOTICE] },
    Kind { name: "annual-report", on: On::Page, fields: &[EVERYWHERE, COMMON, ANNUAL_REPORT] },
    Kind { name: "expert", on: On::Page, fields: &[EVERYWHERE, COMMON, EXPERT] },
    Kind { name: "museum", on: On::Page, fields: &[EVERYWHERE, COMMON, MUSEUM] },
    Kind { name: "stations", on: On::Page, fields: &[EVERYWHERE, COMMON, STATIONS] },
    Kind { name: "glossary", on: On::Page, fields: &[EVERYWHERE, COMMON] },
    Kind { name: "collection", on: On::Both, fields: &[EVERYWHERE, COMMON, COLLECTION] },
    Kind { name: "column", on: On::Section, fields: &[EVERYWHERE, COMMON, COLUMN] },
    Kind { name: "picks", on: On::Section, fields: &[EVERYWHERE, COMMON, PICKS] },
];

impl Kind {
    pub fn find(name: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().flat_map(|fields| fields.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::KINDS;

    #[test]
    fn no_field_stands_twice_in_a_kind() {
        for kind in KINDS {
            let mut names: Vec<&str> = kind.all_fields().map(|field| field.name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", kind.name);
        }
    }
}
