//! JSON-LD: what a page is about in the words of schema.org, by its kind.

use serde_json::{Map as Json, Value as JsonValue, json};
use tera::{Map, Value};

use super::document::Table;
use super::glossary::Glossary;
use super::kinds::DAYS;
use super::tables::DataTable;
use super::time::{self, Moment};

/// A document and what stands around it.
pub struct Described<'a> {
    /// `page` or `section` of a template.
    pub value: &'a Value,
    pub is_page: bool,
    pub base_url: &'a str,
    pub site_name: &'a str,
    pub site_description: Option<&'a str>,
    pub lang: &'a str,
    /// `[extra]` of the configuration.
    pub extra: &'a toml::Table,
    /// The sections above, from the home page down.
    pub above: Vec<&'a Value>,
    pub tables: &'a indexmap::IndexMap<String, DataTable>,
    pub glossary: &'a Glossary,
}

impl Described<'_> {
    pub fn text(&self, path: &str) -> Option<String> {
        self.value.get_from_path(path).and_then(Value::as_str).map(str::to_owned)
    }

    pub fn config_text(&self, key: &str) -> Option<String> {
        self.extra.get(key).and_then(toml::Value::as_str).map(str::to_owned)
    }

    /// An item of the footer that is filled in.
    pub fn footer(&self, key: &str) -> Option<String> {
        self.extra.get("footer")?.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The column that it is in: the section right above a page, or itself.
    pub fn column(&self) -> Option<&Value> {
        let is_home =
            |value: &Value| value.get_from_path("ancestors").and_then(Value::as_array).is_none_or(<[_]>::is_empty);
        match self.is_page {
            // The home page is no column, but the only section that lies above some pages.
            true => self.above.last().copied().filter(|_| self.above.len() > 1),
            false => Some(self.value).filter(|value| !is_home(value)),
        }
    }

    /// The absolute address of the cover.
    pub fn image(&self) -> Option<String> {
        let cover = self.text("extra.cover")?;
        if cover.starts_with("http://") || cover.starts_with("https://") {
            return Some(cover);
        }
        Some(match cover.strip_prefix('/') {
            Some(rest) => format!("{}/{rest}", self.base_url.trim_end_matches('/')),
            None => format!("{}{cover}", self.text("permalink")?),
        })
    }

    fn extra(&self) -> &Map {
        static EMPTY: std::sync::LazyLock<Map> = std::sync::LazyLock::new(Map::new);
        self.value.get_from_path("extra").and_then(Value::as_map).unwrap_or(&EMPTY)
    }

    fn organisation(&self) -> JsonValue {
        let mut json = object("Organization");
        set(&mut json, "name", self.footer("host").or_else(|| Some(self.site_name.to_owned())));
        set(&mut json, "url", Some(self.base_url.to_owned()));
        set(&mut json, "address", self.footer("address"));
        set(&mut json, "telephone", self.footer("phone"));
        JsonValue::Object(json)
    }
}

/// The text for `<script type="application/ld+json">`: valid JSON that can't end the element.
pub fn json_ld(described: &Described) -> String {
    let mut graph = vec![JsonValue::Object(own(described))];
    if described.above.is_empty() && !described.is_page {
        graph = home(described);
    } else if let Some(crumbs) = crumbs(described) {
        graph.push(crumbs);
    }
    graph.extend(claim_review(described));
    graph.extend(quiz(described));
    let json = json!({ "@context": "https://schema.org", "@graph": graph });
    let text = json.to_string();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn object(of: &str) -> Json<String, JsonValue> {
    let mut json = Json::new();
    json.insert("@type".to_owned(), JsonValue::from(of));
    json
}

fn set<T: Into<JsonValue>>(json: &mut Json<String, JsonValue>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        json.insert(key.to_owned(), value.into());
    }
}

fn text(table: &Map, key: &str) -> Option<String> {
    table.at(key).and_then(Value::as_str).map(str::to_owned)
}

fn texts(table: &Map, key: &str) -> Option<Vec<String>> {
    let list = table.at(key)?.as_array()?;
    Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn tables<'a>(table: &'a Map, key: &str) -> impl Iterator<Item = &'a Map> {
    table.at(key).and_then(Value::as_array).unwrap_or_default().iter().filter_map(Value::as_map)
}

/// ISO 8601, in China time where there is a time.
fn date(typed: &str) -> Option<String> {
    let moment = Moment::parse(typed).ok()?;
    Some(match moment.has_time {
        true => time::rfc3339(moment.civil),
        false => moment.civil.date().to_string(),
    })
}

fn dated(table: &Map, key: &str) -> Option<String> {
    date(&text(table, key)?)
}

fn home(described: &Described) -> Vec<JsonValue> {
    let mut site = object("WebSite");
    set(&mut site, "name", Some(described.site_name));
    set(&mut site, "url", Some(described.base_url));
    set(&mut site, "description", described.site_description);
    set(&mut site, "inLanguage", Some(described.lang));
    vec![JsonValue::Object(site), described.organisation()]
}

fn crumbs(described: &Described) -> Option<JsonValue> {
    let items: Vec<JsonValue> = described
        .above
        .iter()
        .copied()
        .chain([described.value])
        .enumerate()
        .map(|(index, value)| {
            let field = |key: &'static str| value.get_from_path(key).and_then(Value::as_str).unwrap_or_default();
            let title = if index == 0 { described.site_name } else { field("title") };
            json!({ "@type": "ListItem", "position": index + 1, "name": title, "item": field("permalink") })
        })
        .collect();
    (!items.is_empty()).then(|| json!({ "@type": "BreadcrumbList", "itemListElement": items }))
}

/// The document itself.
fn own(described: &Described) -> Json<String, JsonValue> {
    let extra = described.extra();
    let kind = text(extra, "kind").unwrap_or_default();
    let group = extra.at("group").and_then(Value::as_bool).unwrap_or(false);
    let mut json = object(match kind.as_str() {
        "activity" | "tour" => "NewsArticle",
        "announcement" => "EducationEvent",
        "notice" => "Article",
        "annual-report" => "Report",
        "expert" if group => "Organization",
        "expert" => "Person",
        "museum" => "Museum",
        "glossary" => "DefinedTermSet",
        "stations" | "collection" | "column" | "picks" => "CollectionPage",
        _ if described.is_page => "WebPage",
        _ => "CollectionPage",
    });
    let named = matches!(kind.as_str(), "announcement" | "expert" | "museum" | "glossary" | "sheet");
    match kind.as_str() {
        "article" => json.insert("@type".into(), json!(["Article", "LearningResource"])),
        "sheet" => json.insert("@type".into(), json!(["HowTo", "LearningResource"])),
        _ => None,
    };
    let title = described.text("title");
    if kind == "article" || !named && described.is_page && kind != "stations" && kind != "collection" {
        set(&mut json, "headline", title.clone());
    }
    set(&mut json, "name", title);
    set(&mut json, "description", described.text("description"));
    set(&mut json, "url", described.text("permalink"));
    set(&mut json, "image", described.image());
    let is_work = !matches!(kind.as_str(), "announcement" | "expert" | "museum");
    if is_work {
        set(&mut json, "inLanguage", described.text("lang"));
        set(&mut json, "datePublished", described.text("date").as_deref().and_then(date));
        set(
            &mut json,
            "dateModified",
            described.text("updated").or_else(|| described.text("date")).as_deref().and_then(date),
        );
        set(&mut json, "keywords", texts(extra, "keywords").map(|list| list.join(",")));
        set(&mut json, "license", text(extra, "licence"));
        set(&mut json, "publisher", Some(described.organisation()));
        let author = text(extra, "author").map(|name| json!({ "@type": "Person", "name": name }));
        set(&mut json, "author", author.or_else(|| Some(described.organisation())));
        set(&mut json, "creditText", text(extra, "source"));
    }
    match kind.as_str() {
        "activity" | "tour" => {
            let place = text(extra, "place").map(|name| json!({ "@type": "Place", "name": name }));
            set(&mut json, "contentLocation", place);
        }
        "announcement" => announcement(described, extra, &mut json),
        "article" | "sheet" => learning(extra, &kind, &mut json),
        "expert" => expert(described, extra, group, &mut json),
        "museum" => museum(extra, &mut json),
        "stations" => stations(described, extra, &mut json),
        "glossary" => {
            let terms = described.glossary.terms.iter();
            let term = |term: &super::glossary::Term| json!({ "@type": "DefinedTerm", "name": term.term, "description": term.text });
            set(&mut json, "hasDefinedTerm", Some(terms.map(term).collect::<Vec<_>>()));
        }
        "annual-report" => {
            let year = extra.at("year").and_then(Value::as_u64);
            set(&mut json, "temporalCoverage", year.map(|year| year.to_string()));
        }
        _ => {}
    }
    json
}

fn announcement(described: &Described, extra: &Map, json: &mut Json<String, JsonValue>) {
    set(json, "startDate", dated(extra, "begin"));
    set(json, "endDate", dated(extra, "end"));
    let flag = |key: &str| extra.at(key).and_then(Value::as_bool);
    let status = if flag("cancelled") == Some(true) { "EventCancelled" } else { "EventScheduled" };
    set(json, "eventStatus", Some(format!("https://schema.org/{status}")));
    set(json, "eventAttendanceMode", Some("https://schema.org/OfflineEventAttendanceMode"));
    let mut place = object("Place");
    set(&mut place, "name", text(extra, "place"));
    set(&mut place, "address", text(extra, "address").or_else(|| text(extra, "place")));
    set(json, "location", Some(place));
    let organiser = text(extra, "organiser").map(|name| json!({ "@type": "Organization", "name": name }));
    set(json, "organizer", organiser.or_else(|| Some(described.organisation())));
    set(json, "typicalAgeRange", text(extra, "ages"));
    set(json, "maximumAttendeeCapacity", extra.at("capacity").and_then(Value::as_u64));
    set(json, "isAccessibleForFree", flag("free"));
    if flag("free") == Some(true) || extra.has("signup_url") {
        let mut offer = object("Offer");
        if flag("free") == Some(true) {
            set(&mut offer, "price", Some(0));
            set(&mut offer, "priceCurrency", Some("CNY"));
        }
        set(&mut offer, "url", text(extra, "signup_url").or_else(|| described.text("permalink")));
        set(&mut offer, "validThrough", dated(extra, "signup_until"));
        set(&mut offer, "availability", Some("https://schema.org/InStock"));
        set(json, "offers", Some(offer));
    }
}

fn learning(extra: &Map, kind: &str, json: &mut Json<String, JsonValue>) {
    let level = text(extra, "level").map(|level| match level.as_str() {
        "easy" => "浅显",
        "deep" => "深入",
        _ => "标准",
    });
    set(json, "educationalLevel", level);
    let audience = texts(extra, "audience").unwrap_or_default();
    if !audience.is_empty() {
        set(json, "audience", Some(json!({ "@type": "Audience", "audienceType": audience.join("、") })));
    }
    set(json, "typicalAgeRange", text(extra, "ages"));
    set(json, "learningResourceType", Some(if kind == "sheet" { "hands-on activity" } else { "article" }));
    let reviewer = text(extra, "reviewed_by").map(|name| json!({ "@type": "Person", "name": name }));
    // schema.org has `reviewedBy` for web pages only.
    set(json, "contributor", reviewer);
    let sources: Vec<JsonValue> = tables(extra, "sources")
        .map(|source| {
            let mut work = object("CreativeWork");
            set(&mut work, "name", text(source, "title"));
            set(&mut work, "url", text(source, "url"));
            let publisher = text(source, "publisher").map(|name| json!({ "@type": "Organization", "name": name }));
            set(&mut work, "publisher", publisher);
            set(&mut work, "datePublished", source.at("year").and_then(Value::as_u64).map(|year| year.to_string()));
            JsonValue::Object(work)
        })
        .collect();
    set(json, "citation", (!sources.is_empty()).then_some(sources));
    if kind == "sheet" {
        let supplies = texts(extra, "materials").unwrap_or_default().into_iter();
        let supply = |name: String| json!({ "@type": "HowToSupply", "name": name });
        set(json, "supply", Some(supplies.map(supply).collect::<Vec<_>>()));
        let steps = texts(extra, "steps").unwrap_or_default().into_iter().enumerate();
        let step =
            |(index, text): (usize, String)| json!({ "@type": "HowToStep", "position": index + 1, "text": text });
        set(json, "step", Some(steps.map(step).collect::<Vec<_>>()));
        set(json, "totalTime", extra.at("minutes").and_then(Value::as_u64).map(|minutes| format!("PT{minutes}M")));
    }
}

fn expert(described: &Described, extra: &Map, group: bool, json: &mut Json<String, JsonValue>) {
    let fields = texts(extra, "fields").unwrap_or_default();
    set(json, "knowsAbout", Some(fields));
    set(json, "knowsLanguage", texts(extra, "languages"));
    let unit = text(extra, "unit").map(|name| json!({ "@type": "Organization", "name": name }));
    if group {
        set(json, "parentOrganization", Some(described.organisation()));
        let members = extra.at("members").and_then(Value::as_u64);
        set(json, "numberOfEmployees", members.map(|n| json!({ "@type": "QuantitativeValue", "value": n })));
    } else {
        set(json, "affiliation", unit.or_else(|| Some(described.organisation())));
    }
}

fn museum(extra: &Map, json: &mut Json<String, JsonValue>) {
    set(json, "address", text(extra, "address"));
    set(json, "telephone", text(extra, "phone"));
    set(json, "hasMap", text(extra, "map_url"));
    set(json, "isAccessibleForFree", extra.at("free").and_then(Value::as_bool));
    const ENGLISH: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let hours: Vec<JsonValue> = tables(extra, "hours")
        .map(|row| {
            let named = texts(row, "days").unwrap_or_default();
            let days = DAYS.iter().zip(ENGLISH).filter(|(day, _)| named.iter().any(|n| n == *day));
            let days: Vec<String> = days.map(|(_, english)| format!("https://schema.org/{english}")).collect();
            json!({
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": days,
                "opens": text(row, "open"),
                "closes": text(row, "close"),
            })
        })
        .collect();
    set(json, "openingHoursSpecification", (!hours.is_empty()).then_some(hours));
    let closed: Vec<JsonValue> = tables(extra, "closed")
        .map(|row| {
            let from = dated(row, "from");
            json!({
                "@type": "OpeningHoursSpecification",
                "opens": "00:00",
                "closes": "00:00",
                "validFrom": from,
                "validThrough": dated(row, "to").or_else(|| from.clone()),
            })
        })
        .collect();
    set(json, "specialOpeningHoursSpecification", (!closed.is_empty()).then_some(closed));
}

/// Stations as places. Rows that are marked as samples are no places of the world.
fn stations(described: &Described, extra: &Map, json: &mut Json<String, JsonValue>) {
    let name = text(extra, "table").unwrap_or_else(|| "stations".to_owned());
    let table = described.tables.get(&name);
    let rows = table.map(|table| table.rows.as_slice()).filter(|rows| rows.len() <= super::parts::ROWS);
    let rows = rows.unwrap_or_default();
    let places: Vec<JsonValue> = rows
        .iter()
        .filter_map(Value::as_map)
        .filter(|row| row.at("sample").and_then(Value::as_bool) != Some(true))
        .enumerate()
        .map(|(index, row)| {
            let address = text(row, "address").filter(|a| !a.is_empty()).or_else(|| text(row, "township"));
            let place = json!({ "@type": "Place", "name": text(row, "name"), "address": address });
            json!({ "@type": "ListItem", "position": index + 1, "item": place })
        })
        .collect();
    if !places.is_empty() {
        set(json, "mainEntity", Some(json!({ "@type": "ItemList", "itemListElement": places })));
    }
}

/// Google's vocabulary for rumours: what was claimed, and how true it is.
fn claim_review(described: &Described) -> Option<JsonValue> {
    let extra = described.extra();
    let claim = text(extra, "claim")?;
    let (rating, name) = match text(extra, "verdict")?.as_str() {
        "true" => (5, "真"),
        "false" => (1, "假"),
        _ => (3, "存疑"),
    };
    let mut json = object("ClaimReview");
    set(&mut json, "claimReviewed", Some(claim));
    set(&mut json, "url", described.text("permalink"));
    set(&mut json, "datePublished", described.text("date").as_deref().and_then(date));
    set(&mut json, "author", Some(described.organisation()));
    let rating = json!({
        "@type": "Rating", "ratingValue": rating, "bestRating": 5, "worstRating": 1, "alternateName": name,
    });
    set(&mut json, "reviewRating", Some(rating));
    Some(JsonValue::Object(json))
}

fn quiz(described: &Described) -> Option<JsonValue> {
    let questions: Vec<JsonValue> = tables(described.extra(), "quiz")
        .map(|question| {
            let answers = texts(question, "answers").unwrap_or_default();
            let right = question.at("right").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
            let answer =
                |(index, text): (usize, &String)| json!({ "@type": "Answer", "position": index, "text": text });
            let (good, bad): (Vec<_>, Vec<_>) = answers.iter().enumerate().partition(|(index, _)| index + 1 == right);
            json!({
                "@type": "Question",
                "eduQuestionType": "Multiple choice",
                "text": text(question, "question"),
                "acceptedAnswer": good.into_iter().map(answer).next(),
                "suggestedAnswer": bad.into_iter().map(answer).collect::<Vec<_>>(),
            })
        })
        .collect();
    if questions.is_empty() {
        return None;
    }
    let title = described.text("title").unwrap_or_default();
    Some(json!({ "@type": "Quiz", "name": title, "about": { "@type": "Thing", "name": title }, "hasPart": questions }))
}
