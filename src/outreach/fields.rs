//! Checking `[extra]` of one document against the fields of its kind. Everything that is wrong is told, with its place.

use tera::{Map, Value};

use super::document::Table;
use super::figure::Figure;
use super::kinds::{EVERYWHERE, KINDS, Kind, On};
use super::time::{Moment, Refusal, When, week};
use crate::config::{self, FieldType};
use crate::diagnostic::{Diagnostic, Place, Text, did_you_mean};
use crate::text;

/// One field of a table.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub of: Type,
    pub required: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    Text,
    Texts,
    Bool,
    Count,
    Date,
    Time,
    /// A day that may be known to the year only.
    When,
    /// `09:00`.
    Clock,
    Week,
    Url,
    /// A document of `content/`.
    Path,
    Paths,
    /// A key of `[outreach.categories]`.
    Category,
    Choice(&'static [&'static str]),
    Choices(&'static [&'static str]),
    /// Figures by their names in `[outreach.figures]`.
    Figures,
    Table(&'static [Field]),
    Tables(&'static [Field]),
    /// A table of the theme's own.
    FreeTable,
    FreeTables,
}

impl From<FieldType> for Type {
    fn from(of: FieldType) -> Self {
        match of {
            FieldType::Text => Type::Text,
            FieldType::Texts => Type::Texts,
            FieldType::Bool => Type::Bool,
            FieldType::Count => Type::Count,
            FieldType::Date => Type::Date,
            FieldType::Time => Type::Time,
            FieldType::Path => Type::Path,
            FieldType::Paths => Type::Paths,
            FieldType::Table => Type::FreeTable,
            FieldType::Tables => Type::FreeTables,
        }
    }
}

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

/// A path of `content/` as authors write it, without `@/`.
pub fn content_path(typed: &str) -> &str {
    let typed = typed.strip_prefix("@/").unwrap_or(typed);
    typed.strip_prefix("content/").unwrap_or(typed)
}

/// What a value should look like.
pub fn describe(of: Type) -> Text {
    match of {
        Type::Text => text!("text in quotation marks", "引号里的文字"),
        Type::Texts => text!("a list of texts: [\"…\", \"…\"]", "文字的列表：[\"…\", \"…\"]"),
        Type::Bool => text!("`true` or `false`", " `true` 或 `false`"),
        Type::Count => text!("a whole number, 0 or more", "不小于 0 的整数"),
        Type::Date => text!("a date like 2026-09-19", "日期，如 2026-09-19"),
        Type::Time => {
            text!("a date like 2026-09-19 or 2026-09-19T09:00:00", "时间，如 2026-09-19 或 2026-09-19T09:00:00")
        }
        Type::When => text!(
            "a year, month or day: \"2021\", \"2021-08\" or 2021-08-15",
            "年、月或日：\"2021\"、\"2021-08\" 或 2021-08-15"
        ),
        Type::Clock => text!("a time of day like \"09:00\"", "时刻，如 \"09:00\""),
        Type::Week => text!("a week like \"2026-W48\"", "周次，如 \"2026-W48\""),
        Type::Url => text!("an address that begins with https:// or http://", "以 https:// 或 http:// 开头的网址"),
        Type::Path => text!("the path of a file below content/: \"news/a.md\"", "content/ 里文件的路径：\"news/a.md\""),
        Type::Paths => text!("a list of paths: [\"news/a.md\"]", "路径的列表：[\"news/a.md\"]"),
        Type::Category => text!("a key of [outreach.categories]", "[outreach.categories] 里的一个键"),
        Type::Choice(all) => {
            let all = all.join(", ");
            text!("one of: {all}", "其中之一：{all}")
        }
        Type::Choices(all) => {
            let all = all.join(", ");
            text!("a list of: {all}", "列表，可写：{all}")
        }
        Type::Figures => text!("a table of figures: {{ people = 300 }}", "数字的表：{{ people = 300 }}"),
        Type::Table(_) | Type::FreeTable => text!("a table: {{ key = \"…\" }}", "表：{{ 键 = \"…\" }}"),
        Type::Tables(_) | Type::FreeTables => {
            text!("a list of tables: [{{ key = \"…\" }}]", "表的列表：[{{ 键 = \"…\" }}]")
        }
    }
}

/// A mobile number of mainland China in a text.
pub fn mobile_number(text: &str) -> Option<String> {
    // Spaces and hyphens between digits are how people group them.
    let mut run = String::new();
    for c in text.chars().chain(['\n']) {
        match c {
            '0'..='9' => run.push(c),
            ' ' | '-' if !run.is_empty() => {}
            _ => {
                let number = run.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&run);
                if number.len() == 11
                    && number.starts_with('1')
                    && matches!(number.as_bytes().get(1), Some(b'3'..=b'9'))
                {
                    return Some(number.to_owned());
                }
                run.clear();
            }
        }
    }
    None
}

/// The error for a private number.
pub fn private_phone(number: &str) -> Diagnostic {
    let masked = format!("{}****{}", number.get(..3).unwrap_or_default(), number.get(7..).unwrap_or_default());
    Diagnostic::error(
        "outreach/private-phone",
        text!(
            "`{masked}` is a mobile number, which does not belong on the site",
            "`{masked}` 是手机号码，不能公布在网站上"
        ),
    )
    .help(text!("write the telephone of the office", "请写办公室电话"))
}

#[cfg(test)]
mod tests {
    use super::mobile_number;

    #[test]
    fn mobile_numbers_are_found_and_others_are_not() {
        assert!(mobile_number("电话：138 1234-5678。").is_some());
        assert!(mobile_number("+86 13812345678").is_some());
        assert!(mobile_number("0475-4212345").is_none());
        assert!(mobile_number("12345678901234").is_none());
        assert!(mobile_number("804,449 条，2021年").is_none());
    }
}
