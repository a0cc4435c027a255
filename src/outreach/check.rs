//! Checking `[extra]` of one document against the fields of its kind. Everything that is wrong is told, with its place.

use tera::{Map, Value};

use super::document::Table;
use super::fields::{Field, Type, content_path, describe};
use super::figure::Figure;
use super::kinds::{EVERYWHERE, KINDS, Kind, On};
use super::phone::{mobile_number, private_phone};
use super::time::{Moment, Refusal, When, week};
use crate::config;
use crate::diagnostic::{Diagnostic, Place, Text, did_you_mean};
use crate::text;

/// What the check of one document needs to know besides it.
pub struct Checker<'a> {
    pub settings: &'a config::Outreach,
    /// Content paths of all documents.
    pub known: &'a (dyn Fn(&str) -> bool + Sync),
    /// The known path that is most like one that was typed.
    pub nearest: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub is_section: bool,
    /// The place of a key or list item below `[extra]`.
    pub place: &'a dyn Fn(&[&str]) -> Place,
}

impl Checker<'_> {
    /// Checks a whole `[extra]`; the kind, where it is one that exists.
    pub fn check(&self, extra: &Map, told: &mut Vec<Diagnostic>) -> Option<&'static Kind> {
        let Some(named) = extra.at("kind") else {
            for field in EVERYWHERE {
                if let Some(value) = extra.at(field.name) {
                    self.value(field.of, value, &[field.name], told);
                }
            }
            return None;
        };
        let kind = self.kind(named, told)?;
        // A required field under a misspelt name is not missing as well.
        let mut misspelt = Vec::new();
        for (key, value) in extra {
            let key = key.as_str().unwrap_or_default();
            if let Some(field) = kind.all_fields().find(|field| field.name == key) {
                self.value(field.of, value, &[key], told);
            } else if let Some(of) = self.settings.fields.get(key) {
                self.value((*of).into(), value, &[key], told);
            } else {
                let known = kind.all_fields().map(|field| field.name);
                let known = known.chain(self.settings.fields.keys().map(String::as_str));
                let name = kind.name;
                let what = text!("the kind `{name}`", "类型 `{name}` ");
                let near = did_you_mean(key, known);
                misspelt.extend(near);
                told.push(self.unknown(key, &what, near, &[key]));
            }
        }
        let fields = kind.all_fields().filter(|field| !misspelt.contains(&field.name));
        self.missing(fields, extra, &[], told);
        Some(kind)
    }

    fn kind(&self, named: &Value, told: &mut Vec<Diagnostic>) -> Option<&'static Kind> {
        let Some(name) = named.as_str() else {
            told.push(self.wrong_type(&["kind"], &text!("text", "文字")));
            return None;
        };
        let Some(kind) = Kind::find(name) else {
            let message = text!("there is no kind `{name}`", "没有 `{name}` 这种类型");
            let all = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
            let help = match did_you_mean(name, KINDS.iter().map(|kind| kind.name)) {
                Some(near) => text!("did you mean `{near}`?", "您是不是要写 `{near}`？"),
                None => text!("the kinds are {all}", "可用的类型：{all}"),
            };
            told.push(self.error("outreach/kind", message, &["kind"]).help(help));
            return None;
        };
        let fits = match kind.on {
            On::Both => true,
            On::Page => !self.is_section,
            On::Section => self.is_section,
        };
        if !fits {
            let message = match kind.on {
                On::Section => {
                    text!("`{name}` is a kind of sections, not of pages", "`{name}` 是栏目的类型，不能用于页面")
                }
                _ => text!("`{name}` is a kind of pages, not of sections", "`{name}` 是页面的类型，不能用于栏目"),
            };
            told.push(
                self.error("outreach/kind", message, &["kind"]).help(text!(
                    "sections are files named `_index.md`",
                    "名为 `_index.md` 的文件是栏目，其他文件是页面"
                )),
            );
            return None;
        }
        Some(kind)
    }

    fn missing(
        &self,
        fields: impl Iterator<Item = &'static Field>,
        table: &Map,
        path: &[&str],
        told: &mut Vec<Diagnostic>,
    ) {
        for field in fields.filter(|field| field.required && !table.has(field.name)) {
            let (name, what) = (field.name, describe(field.of));
            let (en, zh) = (what.en, what.zh);
            let message = text!("the field `{name}` is missing", "缺少 `{name}`");
            let at: &[&str] = if path.is_empty() { &["kind"] } else { path };
            told.push(
                self.error("outreach/missing", message, at)
                    .help(Text { en: format!("add `{name}`: {en}"), zh: format!("请加上 `{name}`：{zh}") }),
            );
        }
    }

    /// Checks one value. `path` is that of its key below `[extra]`.
    fn value(&self, of: Type, value: &Value, path: &[&str], told: &mut Vec<Diagnostic>) {
        let wrong = |told: &mut Vec<Diagnostic>| told.push(self.wrong_type(path, &describe(of)));
        match of {
            Type::Text | Type::Clock | Type::Url | Type::Path | Type::Category | Type::Choice(_) => {
                match value.as_str().filter(|text| !text.trim().is_empty()) {
                    Some(text) => self.text(of, text, path, told),
                    None => wrong(told),
                }
            }
            Type::Date | Type::Time | Type::When | Type::Week => {
                // A year alone may be typed as a number.
                let year = matches!(of, Type::When).then(|| value.as_u64().map(|year| year.to_string())).flatten();
                match year.as_deref().or(value.as_str()) {
                    Some(text) => self.date(of, text, path, told),
                    None => wrong(told),
                }
            }
            Type::Bool if value.as_bool().is_none() => wrong(told),
            Type::Count if value.is_f64() || value.as_u64().is_none() => wrong(told),
            Type::Bool | Type::Count => {}
            Type::Texts => self.list(Type::Text, of, value, path, told),
            Type::Paths => self.list(Type::Path, of, value, path, told),
            Type::Choices(all) => self.list(Type::Choice(all), of, value, path, told),
            Type::Figures => self.figures(value, path, told),
            Type::Table(fields) => match value.as_map() {
                Some(table) => self.table(fields, table, path, told),
                None => wrong(told),
            },
            Type::Tables(fields) => match value.as_array() {
                Some(items) => {
                    for (index, item) in items.iter().enumerate() {
                        let index = index.to_string();
                        let path = &[path, &[index.as_str()]].concat();
                        match item.as_map() {
                            Some(table) => self.table(fields, table, path, told),
                            None => told.push(self.wrong_type(path, &describe(Type::FreeTable))),
                        }
                    }
                }
                None => wrong(told),
            },
            Type::FreeTable if value.as_map().is_none() => wrong(told),
            Type::FreeTables if !value.as_array().is_some_and(|l| l.iter().all(|i| i.as_map().is_some())) => {
                wrong(told)
            }
            Type::FreeTable | Type::FreeTables => self.free(value, path, told),
        }
    }

    /// Private numbers don't belong into the theme's own fields either.
    fn free(&self, value: &Value, path: &[&str], told: &mut Vec<Diagnostic>) {
        if let Some(text) = value.as_str() {
            self.text(Type::Text, text, path, told);
        }
        for (key, value) in value.as_map().into_iter().flatten() {
            self.free(value, &[path, &[key.as_str().unwrap_or_default()]].concat(), told);
        }
        for (index, value) in value.as_array().unwrap_or_default().iter().enumerate() {
            self.free(value, &[path, &[index.to_string().as_str()]].concat(), told);
        }
    }

    fn list(&self, each: Type, of: Type, value: &Value, path: &[&str], told: &mut Vec<Diagnostic>) {
        let Some(items) = value.as_array() else {
            told.push(self.wrong_type(path, &describe(of)));
            return;
        };
        for (index, item) in items.iter().enumerate() {
            self.value(each, item, &[path, &[index.to_string().as_str()]].concat(), told);
        }
    }

    fn table(&self, fields: &'static [Field], table: &Map, path: &[&str], told: &mut Vec<Diagnostic>) {
        let mut misspelt = Vec::new();
        for (key, value) in table {
            let key = key.as_str().unwrap_or_default();
            let path = &[path, &[key]].concat();
            match fields.iter().find(|field| field.name == key) {
                Some(field) => self.value(field.of, value, path, told),
                None => {
                    let near = did_you_mean(key, fields.iter().map(|field| field.name));
                    misspelt.extend(near);
                    told.push(self.unknown(key, &text!("this table", "这个表"), near, path));
                }
            }
        }
        self.missing(fields.iter().filter(|field| !misspelt.contains(&field.name)), table, path, told);
        if let (Some(right), Some(answers)) =
            (table.at("right").and_then(Value::as_u64), table.at("answers").and_then(Value::as_array))
            && !(1..=answers.len() as u64).contains(&right)
        {
            let count = answers.len();
            told.push(self.error(
                "outreach/quiz",
                text!("there is no answer {right}, only 1 to {count}", "没有第 {right} 个答案，只有 1 到 {count}"),
                &[path, &["right"]].concat(),
            ));
        }
    }

    fn figures(&self, value: &Value, path: &[&str], told: &mut Vec<Diagnostic>) {
        let Some(table) = value.as_map() else {
            told.push(self.wrong_type(path, &describe(Type::Figures)));
            return;
        };
        for (name, value) in table {
            let name = name.as_str().unwrap_or_default();
            let path = &[path, &[name]].concat();
            if !self.settings.figures.contains_key(name) {
                let near = did_you_mean(name, self.settings.figures.keys().map(String::as_str));
                let error = self.error(
                    "outreach/figure",
                    text!("there is no figure `{name}`", "没有名为 `{name}` 的数字"),
                    path,
                );
                told.push(error.help(match near {
                    Some(near) => text!("did you mean `{near}`?", "您是不是要写 `{near}`？"),
                    None => text!(
                        "declare it: `[outreach.figures]` with `{name} = {{ label = \"…\", unit = \"…\" }}` in kepu.toml",
                        "请在 kepu.toml 的 `[outreach.figures]` 里写 `{name} = {{ label = \"…\", unit = \"…\" }}`"
                    ),
                }));
            } else if Figure::read(value).is_none() {
                told.push(self.wrong_type(
                    path,
                    &text!(
                        "a figure like 24, \"7800+\" (at least) or \"约20000\" (about)",
                        "数字，如 24、\"7800+\"（以上）或 \"约20000\""
                    ),
                ));
            }
        }
    }

    fn text(&self, of: Type, text: &str, path: &[&str], told: &mut Vec<Diagnostic>) {
        match of {
            Type::Text => {
                if let Some(number) = mobile_number(text) {
                    told.push(private_phone(&number).at((self.place)(path)));
                }
            }
            Type::Clock if text.len() != 5 || text.parse::<jiff::civil::Time>().is_err() => {
                told.push(self.wrong_type(path, &describe(of)));
            }
            Type::Url => {
                let fits = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
                if !fits {
                    told.push(self.wrong_type(path, &describe(of)));
                }
            }
            Type::Path => {
                let target = content_path(text);
                if !(self.known)(target) {
                    let error = self.error(
                        "outreach/path",
                        text!("there is no `content/{target}`", "没有 `content/{target}`"),
                        path,
                    );
                    told.push(error.help(match (self.nearest)(target) {
                        Some(near) => text!("did you mean `{near}`?", "您是不是要写 `{near}`？"),
                        None => text!(
                            "write the path of a file below `content/`, such as `news/a.md`",
                            "请写 `content/` 里文件的路径，例如 `news/a.md`"
                        ),
                    }));
                }
            }
            Type::Category => self.choice(
                text,
                &self.settings.categories.keys().map(String::as_str).collect::<Vec<_>>(),
                &text!("the category", "类别"),
                path,
                told,
            ),
            Type::Choice(all) => self.choice(text, all, &text!("the value", "值"), path, told),
            _ => {}
        }
    }

    fn choice(&self, text: &str, all: &[&str], what: &Text, path: &[&str], told: &mut Vec<Diagnostic>) {
        if all.contains(&text) {
            return;
        }
        let (en, zh, list) = (&what.en, &what.zh, all.join(", "));
        let message = text!("{en} `{text}` does not exist", "没有 `{text}` 这个{zh}");
        let help = match did_you_mean(text, all.iter().copied()) {
            Some(near) => text!("did you mean `{near}`?", "您是不是要写 `{near}`？"),
            None => text!("write one of: {list}", "请写其中之一：{list}"),
        };
        told.push(self.error("outreach/choice", message, path).help(help));
    }

    fn date(&self, of: Type, text: &str, path: &[&str], told: &mut Vec<Diagnostic>) {
        let refusal = match of {
            Type::Week => week(text).err(),
            Type::When => When::parse(text).err(),
            Type::Date => match Moment::parse(text) {
                Ok(moment) => moment.has_time.then_some(Refusal::NoDate),
                Err(refusal) => Some(refusal),
            },
            _ => Moment::parse(text).err(),
        };
        let name = path.last().copied().unwrap_or_default();
        match refusal {
            None => {}
            Some(Refusal::NoDate) => {
                let (en, zh) = (describe(of).en, describe(of).zh);
                let message = text!("`{name}` is not a date that exists: {text}", "`{name}` 不是存在的日期：{text}");
                told.push(
                    self.error("outreach/date", message, path)
                        .help(Text { en: format!("write {en}"), zh: format!("请写{zh}") }),
                );
            }
            Some(Refusal::OutOfRange) => told.push(
                self.error(
                    "outreach/date",
                    text!("`{name}` is out of range: {text}", "`{name}` 超出范围：{text}"),
                    path,
                )
                .help(text!("years go from 1949 to 2100", "年份须在 1949 到 2100 之间")),
            ),
        }
    }

    fn unknown(&self, key: &str, whose: &Text, near: Option<&str>, path: &[&str]) -> Diagnostic {
        let (en, zh) = (&whose.en, &whose.zh);
        let message = text!("{en} has no field `{key}`", "{zh}没有 `{key}` 这个字段");
        self.error("outreach/unknown", message, path).help(match near {
            Some(near) => text!("did you mean `{near}`?", "您是不是要写 `{near}`？"),
            None if path.len() > 1 => text!("remove it", "请删去它"),
            None => text!(
                "remove it; if your templates read it, add `{key} = \"text\"` to `[outreach.fields]` in kepu.toml",
                "请删去它；如果模板要用，请在 kepu.toml 的 `[outreach.fields]` 里加上 `{key} = \"text\"`"
            ),
        })
    }

    fn wrong_type(&self, path: &[&str], wanted: &Text) -> Diagnostic {
        let named = path.iter().rev().find(|part| part.parse::<usize>().is_err()).copied().unwrap_or_default();
        let (en, zh) = (&wanted.en, &wanted.zh);
        self.error("outreach/type", text!("`{named}` must be {en}", "`{named}` 须是{zh}"), path)
    }

    fn error(&self, code: &'static str, message: Text, path: &[&str]) -> Diagnostic {
        Diagnostic::error(code, message).at((self.place)(path))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::config::Outreach;

    /// The paths that errors about this `[extra]` point at, with the codes of the errors.
    fn faults(extra: &Json) -> Vec<(&'static str, String)> {
        let settings = Outreach::merge(None, Some(crate::config::RawOutreach::default())).expect("settings");
        let at = RefCell::new(Vec::new());
        let place = |path: &[&str]| {
            at.borrow_mut().push(path.join("."));
            Place::file("a.md")
        };
        let is_section = extra["kind"].as_str().and_then(Kind::find).is_some_and(|kind| kind.on == On::Section);
        let checker = Checker {
            settings: &settings,
            known: &|path| path == "known.md",
            nearest: &|_| None,
            is_section,
            place: &place,
        };
        let mut told = Vec::new();
        let value = Value::from_serializable(extra);
        checker.check(value.as_map().expect("a map"), &mut told);
        told.iter().map(|error| error.code).zip(at.take()).collect()
    }

    /// Values that a field must refuse: of a wrong type, empty, out of range, leading nowhere.
    fn wrong(of: Type) -> Vec<Json> {
        let dates =
            [json!(3), json!("soon"), json!("2026-02-30"), json!("2026-13-01"), json!("1821-01-01"), json!(true)];
        match of {
            Type::Text => vec![json!(3), json!(""), json!(true), json!(["a"])],
            Type::Texts => vec![json!("a"), json!([3]), json!([""]), json!({ "a": "b" })],
            Type::Bool => vec![json!("yes"), json!(1)],
            Type::Count => vec![json!(-1), json!(1.5), json!("3"), json!(true)],
            Type::Date | Type::Time => dates.to_vec(),
            Type::When => vec![json!("2021-13"), json!("soon"), json!(2.5), json!("2021-02-30"), json!([2021])],
            Type::Week => vec![json!("2026-48"), json!("2026-W99"), json!(48)],
            Type::Clock => vec![json!("25:00"), json!("nine"), json!(9)],
            Type::Url => vec![json!("ftp://a.example"), json!("a.example"), json!(3)],
            Type::Path => vec![json!("nowhere.md"), json!(3)],
            Type::Paths => vec![json!("known.md"), json!(["nowhere.md"]), json!([3])],
            Type::Category | Type::Choice(_) => vec![json!("nonsense"), json!(3)],
            Type::Choices(_) => vec![json!(["nonsense"]), json!("nonsense")],
            Type::Figures => {
                vec![json!({ "nonsense": 1 }), json!({ "people": "many" }), json!({ "people": -1 }), json!(3)]
            }
            Type::Table(_) => vec![json!(3), json!({ "nonsense": 1 })],
            Type::Tables(_) => vec![json!(3), json!([3]), json!([{ "nonsense": 1 }]), json!({})],
            Type::FreeTable => vec![json!(3)],
            Type::FreeTables => vec![json!(3), json!([3])],
        }
    }

    #[test]
    fn every_field_of_every_kind_refuses_what_it_cannot_be() {
        let mut tried = 0;
        for kind in KINDS {
            for field in kind.all_fields().filter(|field| field.name != "kind") {
                let mut cases: Vec<(String, Json)> =
                    wrong(field.of).into_iter().map(|value| (field.name.to_owned(), value)).collect();
                let (inner, listed) = match field.of {
                    Type::Table(inner) => (inner, false),
                    Type::Tables(inner) => (inner, true),
                    _ => (&[][..], false),
                };
                for own in inner {
                    for value in wrong(own.of) {
                        let table = json!({ own.name: value });
                        let value = if listed { json!([table]) } else { table };
                        cases.push((format!("{}{}.{}", field.name, if listed { ".0" } else { "" }, own.name), value));
                    }
                }
                for (path, value) in cases {
                    let extra = json!({ "kind": kind.name, field.name: value });
                    let found = faults(&extra);
                    let is_told = |(code, at): &(&str, String)| *code != "outreach/missing" && at.starts_with(&path);
                    assert!(found.iter().any(is_told), "{extra}: {found:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 500, "{tried} cases");
    }

    #[test]
    fn every_kind_refuses_fields_that_it_does_not_have_and_misses_those_it_needs() {
        for kind in KINDS {
            let found = faults(&json!({ "kind": kind.name, "nonsense": 1 }));
            assert!(found.contains(&("outreach/unknown", "nonsense".to_owned())), "{}: {found:?}", kind.name);
            let missing = found.iter().filter(|(code, _)| *code == "outreach/missing").count();
            assert_eq!(missing, kind.all_fields().filter(|field| field.required).count(), "{}", kind.name);
        }
    }
}
