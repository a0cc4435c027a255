//! What templates of an outreach site may ask: figures, events, picks, tables, descriptions of pages for machines.
//!
//! They exist on outreach sites only. Those that give whole pages work once all bodies are rendered.

mod drawing;
mod text;

use std::collections::HashMap;
use std::sync::Arc;

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::{Early, Safe, answering, broken, fail, language, language_in};
use crate::config::Config;
use crate::data::map;
use crate::diagnostic::{Text, did_you_mean};
use crate::outreach::{Described, Event, Filter, Outreach, State as EventState, content_path, json_ld, site_meta};
use crate::site::asks::Asks;
use crate::site::library::{Kind, Library};
use crate::site::relate::DocumentId;
use crate::template;
use crate::text;

/// What the functions answer from.
#[derive(Clone)]
pub struct Source {
    pub config: Arc<Config>,
    pub outreach: Arc<Outreach>,
    /// Sections as far as their front matter says: `title`, `description`, `permalink`, `extra`, by content path.
    pub sections: Arc<HashMap<String, Value>>,
    pub asks: Arc<Asks>,
}

/// The question for what the front matter of a section says, by its content path.
const SECTION: &str = "section as told by";

const FUNCTIONS: [&str; 15] = [
    "activity_figures",
    "record",
    "events",
    "picks",
    "urgent_notices",
    "kind_pages",
    "levels",
    "chart",
    "table",
    "table_parts",
    "glossary",
    "json_ld",
    "site_meta",
    "outreach",
    "china_now",
];
const FILTERS: [&str; 3] = ["glossary", "pinyin", "china_time"];

/// Registers stand-ins, so that templates can be parsed before there is a site.
pub fn register_names(tera: &mut Tera) {
    for name in FUNCTIONS {
        tera.register_function(name, |_: Kwargs, _: &State| -> TeraResult<Value> {
            Err(template::error(text!("this function is not available here", "这个函数在这里不可用")))
        });
    }
    for name in FILTERS {
        tera.register_filter(name, |value: &str, _: Kwargs, _: &State| value.to_owned());
    }
}

/// The functions that answer from the source alone.
type Answer = fn(&Source, &Kwargs, Option<&str>) -> TeraResult<Value>;

/// Answers from the source of the site.
fn from_source(answer: Answer, early: &Early, kwargs: &Kwargs, lang: Option<&str>) -> TeraResult<Value> {
    match &early.outreach {
        Some(source) => answer(source, kwargs, lang),
        None => Err(template::error(text!("this function is not available here", "这个函数在这里不可用"))),
    }
}

/// Registers all of them on an outreach site; those that give pages find none yet.
pub fn register_early(tera: &mut Tera, early: &Early) {
    let Some(source) = &early.outreach else { return };
    let asks = &early.asks;
    let sections = source.sections.clone();
    asks.insert(
        SECTION,
        Arc::new(move |kwargs: Kwargs, _: &State| {
            Ok(sections.get(kwargs.must_get::<&str>("of")?).cloned().unwrap_or(Value::none()))
        }),
    );
    /// A function of the source.
    macro_rules! ask {
        ($function:path) => {
            answering(early, |early, kwargs, lang| from_source($function, early, kwargs, lang))
        };
    }
    asks.register(tera, "activity_figures", ask!(activity_figures));
    asks.register(tera, "record", ask!(record));
    asks.register(tera, "events", ask!(events));
    asks.register(tera, "urgent_notices", ask!(urgent_notices));
    asks.register(tera, "levels", ask!(levels));
    asks.register(tera, "table", ask!(table));
    asks.register(tera, "table_parts", ask!(table_parts));
    asks.register(tera, "glossary", ask!(glossary));
    asks.register(tera, "site_meta", ask!(meta));
    asks.register(tera, "outreach", ask!(outreach));
    asks.register(tera, "china_now", ask!(china_now));
    asks.register(tera, "json_ld", Safe(ask!(described_json)));
    tera.register_function("chart", Safe(drawing::chart));
    text::register(tera, source);
    register_pages(tera, source, None);
}

/// Registers those that give pages.
pub fn register_late(tera: &mut Tera, early: &Early, library: &Arc<Library>) {
    if let Some(source) = &early.outreach {
        register_pages(tera, source, Some(library));
    }
}

fn register_pages(tera: &mut Tera, source: &Source, library: Option<&Arc<Library>>) {
    let asks = &source.asks;
    let (own, pages) = (source.clone(), library.cloned());
    asks.register(tera, "picks", move |kwargs: Kwargs, state: &State| picks(&own, pages.as_deref(), &kwargs, state));
    let (own, pages) = (source.clone(), library.cloned());
    asks.register(tera, "kind_pages", move |kwargs: Kwargs, state: &State| {
        kind_pages(&own, pages.as_deref(), &kwargs, state)
    });
}

/// A number that must be in a range.
fn number(
    kwargs: &Kwargs,
    function: &str,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> TeraResult<Option<i64>> {
    let Some(value) = kwargs.get::<&Value>(name)?.filter(|value| !value.is_none() && !value.is_undefined()) else {
        return Ok(None);
    };
    let number = value.as_i64().filter(|_| !value.is_f64()).filter(|n| range.contains(n));
    let (from, to) = (range.start(), range.end());
    match number {
        Some(number) => Ok(Some(number)),
        None => Err(fail(
            function,
            text!("`{name}` must be a whole number from {from} to {to}", "`{name}` 须是 {from} 到 {to} 的整数"),
        )),
    }
}

fn filter(source: &Source, kwargs: &Kwargs, function: &str) -> TeraResult<Filter> {
    let year = number(kwargs, function, "year", 1949..=2100)?.and_then(|year| i16::try_from(year).ok());
    let month = number(kwargs, function, "month", 1..=12)?.and_then(|month| i8::try_from(month).ok());
    let category = optional_text(kwargs, "category")?;
    if let Some(category) = &category {
        let known = &source.outreach.settings.categories;
        if !known.contains_key(category) {
            return Err(fail(function, unknown("category", "类别", category, known.keys().map(String::as_str))));
        }
    }
    Ok(Filter { year, month, category })
}

fn optional_text(kwargs: &Kwargs, name: &str) -> TeraResult<Option<String>> {
    match kwargs.get::<&Value>(name)? {
        None => Ok(None),
        Some(value) if value.is_none() || value.is_undefined() => Ok(None),
        Some(_) => kwargs.get::<String>(name),
    }
}

fn unknown<'a>(en: &str, zh: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Text {
    let all = known.clone().collect::<Vec<_>>().join(", ");
    match did_you_mean(name, known) {
        Some(near) => {
            text!("there is no {en} `{name}`; did you mean `{near}`?", "没有 `{name}` 这个{zh}，是 `{near}` 吗？")
        }
        None => text!("there is no {en} `{name}`, only: {all}", "没有 `{name}` 这个{zh}，可用的有：{all}"),
    }
}

/// The content path of the argument `page`, a page's value or a path.
fn page_path(kwargs: &Kwargs) -> TeraResult<String> {
    let value: &Value = kwargs.must_get("page")?;
    let path = value.as_str().or_else(|| value.get_from_path("relative_path").and_then(Value::as_str));
    match path {
        Some(path) => Ok(content_path(path).to_owned()),
        None => Err(template::error(text!("`page` is neither a page nor a path", "`page` 不是页面，也不是路径"))),
    }
}

fn activity_figures(source: &Source, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let filter = filter(source, kwargs, "activity_figures")?;
    Ok(source.outreach.activity_figures(filter))
}

fn record(source: &Source, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    Ok(source.outreach.record(&page_path(kwargs)?))
}

fn events(source: &Source, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let state = match kwargs.get::<&str>("which")?.unwrap_or("coming") {
        "coming" => Some(EventState::Coming),
        "past" => Some(EventState::Past),
        "all" => None,
        other => {
            let names = ["coming", "past", "all"];
            return Err(fail("events", unknown("list", "列表", other, names.into_iter())));
        }
    };
    let filter = filter(source, kwargs, "events")?;
    let limit = number(kwargs, "events", "limit", 0..=100_000)?.and_then(|n| usize::try_from(n).ok());
    let page = match kwargs.get::<&Value>("page")? {
        Some(_) => Some(page_path(kwargs)?),
        None => None,
    };
    let fits = |event: &Event| {
        let begin = event.begin.civil;
        filter.year.is_none_or(|year| begin.year() == year)
            && filter.month.is_none_or(|month| begin.month() == month)
            && filter.category.as_ref().is_none_or(|category| event.category.as_ref() == Some(category))
    };
    let found = source.outreach.events(state, page.as_deref(), &fits);
    let events = found.into_iter().take(limit.unwrap_or(usize::MAX));
    Ok(events.map(|event| source.outreach.event_value(event)).collect::<Vec<_>>().into())
}

fn urgent_notices(source: &Source, kwargs: &Kwargs, lang: Option<&str>) -> TeraResult<Value> {
    Ok(source.outreach.urgent(&language_in(kwargs, lang, &source.config)?))
}

fn levels(source: &Source, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    Ok(source.outreach.levels(&page_path(kwargs)?))
}

fn table(source: &Source, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let name: String = kwargs.must_get("name")?;
    let tables = &source.outreach.tables;
    match tables.get(&name) {
        Some(table) => Ok(table.value()),
        None if kwargs.get::<bool>("required")? == Some(false) => Ok(Value::none()),
        None => {
            let Text { en, zh } = unknown("table", "数据表", &name, tables.keys().map(String::as_str));
            Err(fail(
                "table",
                text!("{en} (files `data/*.csv` beside the configuration)", "{zh}（配置文件旁的 `data/*.csv`）"),
            ))
        }
    }
}

fn table_parts(source: &Source, kwargs: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    Ok(source.outreach.part_list(&page_path(kwargs)?))
}

fn glossary(source: &Source, _: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    Ok(source.outreach.glossary.value())
}

fn china_now(source: &Source, _: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    Ok(crate::outreach::china(source.outreach.now).strftime("%Y-%m-%d %H:%M").to_string().into())
}

fn outreach(source: &Source, _: &Kwargs, _: Option<&str>) -> TeraResult<Value> {
    let outreach = &source.outreach;
    let settings = &outreach.settings;
    let categories = settings
        .categories
        .iter()
        .map(|(key, label)| Value::from(map! { "key": key.as_str(), "label": label.as_str() }));
    let figures = settings.figures.iter().map(|(name, figure)| {
        Value::from(map! {
            "name": name.as_str(),
            "label": figure.label.as_str(),
            "unit": figure.unit.as_str(),
            "total": figure.total.as_str(),
        })
    });
    let now = crate::outreach::china(outreach.now);
    let profile = settings.profile.map(|profile| match profile {
        crate::config::Profile::Gov => "gov",
        crate::config::Profile::Association => "association",
    });
    Ok(Value::from(map! {
        "categories": categories.collect::<Vec<_>>(),
        "figures": figures.collect::<Vec<_>>(),
        "profile": profile,
        "today": now.date().to_string(),
        "now": now.strftime("%Y-%m-%d %H:%M").to_string(),
        "calendar": outreach.calendar_address(),
        "years": outreach.years(),
    }))
}

/// The values of those pages that are in the site.
fn page_values<'a>(
    library: &Library,
    function: &str,
    paths: impl Iterator<Item = &'a str>,
    limit: Option<usize>,
) -> TeraResult<Vec<Value>> {
    let ids = paths.filter_map(|path| match library.find(Kind::Page, path, None) {
        Some(DocumentId::Page(id)) => Some(id),
        _ => None,
    });
    let ids: Vec<usize> = ids.take(limit.unwrap_or(usize::MAX)).collect();
    library.list(&ids).map_err(|errors| broken(function, &errors))
}

fn not_yet(function: &str) -> tera::Error {
    fail(
        function,
        text!(
            "the body of a document cannot ask for other documents; ask in a template",
            "正文里不能取用其他文档，请在模板里使用"
        ),
    )
}

fn picks(source: &Source, library: Option<&Library>, kwargs: &Kwargs, _: &State) -> TeraResult<Value> {
    let Some(library) = library else { return Err(not_yet("picks")) };
    let week = optional_text(kwargs, "week")?;
    let limit = number(kwargs, "picks", "limit", 0..=100_000)?.and_then(|n| usize::try_from(n).ok());
    let weeks = source.outreach.picks.iter().filter(|(name, _)| week.as_ref().is_none_or(|week| week == *name));
    let value = |(week, pick): (&String, &crate::outreach::Pick)| -> TeraResult<Value> {
        let pages = page_values(library, "picks", pick.paths.iter().map(String::as_str), None)?;
        Ok(Value::from(map! {
            "week": week.as_str(),
            "begin": pick.monday.to_string(),
            "end": pick.sunday.to_string(),
            "pages": pages,
        }))
    };
    Ok(weeks.take(limit.unwrap_or(usize::MAX)).map(value).collect::<TeraResult<Vec<_>>>()?.into())
}

fn kind_pages(source: &Source, library: Option<&Library>, kwargs: &Kwargs, state: &State) -> TeraResult<Value> {
    let Some(library) = library else { return Err(not_yet("kind_pages")) };
    let kind: String = kwargs.must_get("kind")?;
    if let Err(why) = crate::outreach::known_kind(&kind) {
        return Err(fail("kind_pages", why));
    }
    let Filter { year, category, .. } = filter(source, kwargs, "kind_pages")?;
    let limit = number(kwargs, "kind_pages", "limit", 0..=100_000)?.and_then(|n| usize::try_from(n).ok());
    let lang = language(kwargs, state, &source.config)?;
    let paths = source.outreach.pages_of_kind(&kind, &lang, year, category.as_deref());
    Ok(page_values(library, "kind_pages", paths, limit)?.into())
}

fn described_json(source: &Source, kwargs: &Kwargs, lang: Option<&str>) -> TeraResult<Value> {
    with_described(source, kwargs, lang, "json_ld", json_ld).map(Value::from)
}

fn meta(source: &Source, kwargs: &Kwargs, lang: Option<&str>) -> TeraResult<Value> {
    with_described(source, kwargs, lang, "site_meta", site_meta)
}

/// Describes the argument `page` or `section`; without either, the site.
fn with_described<R>(
    source: &Source,
    kwargs: &Kwargs,
    lang: Option<&str>,
    function: &str,
    make: impl FnOnce(&Described) -> R,
) -> TeraResult<R> {
    let given = |name: &'static str| -> TeraResult<Option<&Value>> {
        let value = kwargs.get::<&Value>(name)?;
        Ok(value.filter(|value| !value.is_none() && !value.is_undefined()))
    };
    let (page, section) = (given("page")?, given("section")?);
    let nothing = Value::from(tera::Map::new());
    let value = page.or(section).unwrap_or(&nothing);
    if value.as_map().is_none() {
        return Err(fail(function, text!("`page` or `section` is not a document", "`page` 或 `section` 不是文档")));
    }
    let lang = language_in(kwargs, lang, &source.config)?;
    let above = value.get_from_path("ancestors").and_then(Value::as_array).unwrap_or_default();
    let title = |path| {
        let found = source.sections.get(path);
        source.asks.note(SECTION, path, found.unwrap_or(&Value::none()));
        found
    };
    let above = above.iter().filter_map(Value::as_str).filter_map(title).collect();
    let own = source.config.languages.get(&lang);
    Ok(make(&Described {
        value,
        is_page: page.is_some(),
        base_url: &source.config.base_url,
        site_name: own.and_then(|l| l.title.as_deref()).unwrap_or_default(),
        site_description: own.and_then(|l| l.description.as_deref()),
        lang: &lang,
        extra: &source.config.extra,
        above,
        tables: &source.outreach.tables,
        glossary: &source.outreach.glossary,
    }))
}
