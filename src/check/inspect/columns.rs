//! How old the newest item of each column is, by the interval that the column has set itself.

use jiff::civil::Date;
use tera::Value;

use crate::check::rules::finding;
use crate::check::{Context, Found};
use crate::content::{self, place_of_key};
use crate::diagnostic::{Diagnostic, Place};
use crate::outreach::china;
use crate::text;

/// One column as an inspection sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub title: String,
    /// `/news/`.
    pub address: String,
    /// As messages name it.
    pub file: String,
    pub column_type: Option<String>,
    /// Days within which something new is expected; none where nothing is.
    pub within: Option<i64>,
    /// The day of the newest item that is published.
    pub last: Option<Date>,
    /// Days since then.
    pub age: Option<i64>,
    pub pages: usize,
    /// Whether it has a text of its own.
    pub has_text: bool,
    pub is_home: bool,
}

impl Column {
    /// Days until it counts as stale; negative when it does.
    pub fn left(&self) -> Option<i64> {
        Some(self.within? - self.age?)
    }

    pub fn is_stale(&self) -> bool {
        self.left().is_some_and(|left| left < 0) || (self.within.is_some() && self.last.is_none() && self.pages > 0)
    }

    /// Whether the time for something new has come: day 10 of 14.
    pub fn is_due(&self) -> bool {
        let (Some(within), Some(age)) = (self.within, self.age) else { return false };
        !self.is_stale() && age * 14 >= within * 10
    }

    pub fn is_empty(&self) -> bool {
        self.pages == 0 && !self.has_text && !self.is_home
    }
}

/// From this interval on a column holds standing information, whose pages are brought up to date rather than added to.
const STANDING: i64 = 365;

/// The day of the check, in China on outreach sites.
pub fn today(context: &Context) -> Date {
    match context.site.outreach {
        Some(_) => china(context.options.now).date(),
        None => context.options.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
    }
}

/// The day of a date as it is written.
pub fn day(date: &content::Date) -> Option<Date> {
    let (year, month, day) =
        (i16::try_from(date.year).ok()?, i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Date::new(year, month, day).ok()
}

/// All columns: the home page, the sections below it, and deeper ones that set an interval.
pub fn columns(context: &Context) -> Vec<Column> {
    let site = context.site;
    let today = today(context);
    let sections = site
        .content
        .sections
        .iter()
        .enumerate()
        .filter(|(_, section)| section.meta.render && section.meta.redirect_to.is_none());
    let mut columns = Vec::new();
    for (id, section) in sections {
        let text = |key: &str| section.meta.extra.get_from_path(key).and_then(Value::as_str).map(str::to_owned);
        let (typed, column_type) = (text("update_within"), text("column_type"));
        let is_home = section.is_index();
        if is_home && section.lang != site.config.default_language {
            continue;
        }
        let depth = section.file.components.len();
        if depth > 1 && typed.is_none() && column_type.is_none() {
            continue;
        }
        let standard = || if is_home { Some(14) } else { column_type.as_deref().and_then(usual) };
        let within = match typed.as_deref() {
            Some(typed) => interval(typed).unwrap_or_else(standard),
            None => standard(),
        };
        let pages = site.content.pages.iter().enumerate().filter(|(page, own)| {
            let ancestors = site.relations.page_ancestors.get(*page);
            let inside = ancestors.is_some_and(|ancestors| ancestors.contains(&id));
            own.lang == section.lang && own.meta.render && (is_home || inside)
        });
        let standing = within.is_some_and(|within| within >= STANDING);
        let (mut count, mut last) = (0, None);
        for (_, page) in pages {
            count += 1;
            let dates = [page.meta.date.as_ref(), page.meta.updated.as_ref().filter(|_| standing)];
            last = dates.into_iter().flatten().filter_map(day).filter(|day| *day <= today).chain(last).max();
        }
        let of_site =
            || site.config.languages.get(&section.lang).and_then(|of| of.title.clone()).filter(|_| section.is_index());
        let title = section.meta.title.clone().or_else(of_site).unwrap_or_else(|| section.path.clone());
        columns.push(Column {
            title,
            address: section.path.clone(),
            file: section.file.shown(),
            column_type,
            within,
            last,
            age: last.and_then(|last| Some(i64::from(last.until(today).ok()?.get_days()))),
            pages: count,
            has_text: has_text(context, &section.file.shown()),
            is_home,
        });
    }
    columns
}

fn has_text(context: &Context, file: &str) -> bool {
    let Some(text) = context.sources.text(file) else { return false };
    content::body_of(file, &text).is_some_and(|body| !body.trim().is_empty())
}

/// Days of an interval as it is typed: `14d`, `2w`, `6m`, `1y`, or `none`. The outer none is for what is no interval.
fn interval(typed: &str) -> Option<Option<i64>> {
    let typed = typed.trim();
    if typed == "none" {
        return Some(None);
    }
    let unit = typed.chars().next_back()?;
    let number: i64 = typed.strip_suffix(unit)?.trim().parse().ok().filter(|number| (1..=10_000).contains(number))?;
    let days = match unit {
        'd' | '天' | '日' => 1,
        'w' | '周' => 7,
        'm' | '月' => 30,
        'y' | '年' => 365,
        _ => return None,
    };
    Some(Some(number * days))
}

/// The interval of 国办秘函〔2019〕19号 for a kind of column.
fn usual(column_type: &str) -> Option<i64> {
    match column_type {
        "工作动态" | "动态" | "要闻" | "要闻动态" => Some(14),
        "通知公告" | "公告通知" | "政策文件" => Some(180),
        "概况信息" | "人事信息" | "规划计划" => Some(365),
        _ => None,
    }
}

fn place(context: &Context, file: &str, keys: &[&[&str]]) -> Place {
    let Some(text) = context.sources.text(file) else { return Place::file(file) };
    // Where a key is not there, the place is that of the nearest table.
    let is_exact = |key: &[&str], place: &Place| {
        let marked = place.excerpt.as_ref().and_then(|(text, span)| text.get(span.clone()));
        marked.is_some() && marked == key.last().copied()
    };
    let mut places = keys.iter().map(|key| (key, place_of_key(file, &text, key)));
    let found = places.find(|(key, place)| is_exact(key, place)).map(|(_, place)| place);
    found.unwrap_or_else(|| Place::file(file))
}

pub fn check(context: &Context, found: &mut Found) {
    if !context.options.inspect {
        return;
    }
    let columns = columns(context);
    let put = |column: &Column, finding: Diagnostic, found: &mut Found| {
        let place = place(context, &column.file, &[&["extra", "update_within"], &["extra", "column_type"], &["title"]]);
        found.push(finding.at(place).on(&column.address));
    };
    for column in &columns {
        let title = &column.title;
        match (column.within, column.age) {
            (Some(within), Some(age)) if column.is_stale() => {
                let (code, what) = if column.is_home {
                    let what = text!(
                        "nothing new on the home page for {age} days; more than {within} is a veto item",
                        "首页已有 {age} 天没有更新，超过 {within} 天即属于单项否决"
                    );
                    ("inspect/home-stale", what)
                } else {
                    let what = text!(
                        "nothing new in “{title}” for {age} days; it promises something every {within}",
                        "栏目“{title}”已有 {age} 天没有更新，应在 {within} 天之内更新"
                    );
                    ("inspect/column-stale", what)
                };
                put(column, finding(code, what).help(publish()), found);
            }
            (Some(within), Some(age)) if column.is_due() => {
                let due = match within - age {
                    ..=0 => text!(
                        "“{title}” must be updated today; the last item is {age} days old",
                        "“{title}”今天就要更新，最近一条是 {age} 天前的"
                    ),
                    left => text!(
                        "“{title}” must be updated within {left} days; the last item is {age} days old",
                        "“{title}”还有 {left} 天就要更新，最近一条是 {age} 天前的"
                    ),
                };
                let due = finding("inspect/column-due", due);
                put(column, due.help(publish()), found);
            }
            (Some(_), None) if column.pages > 0 => {
                let code = if column.is_home { "inspect/home-stale" } else { "inspect/column-stale" };
                let undated = finding(
                    code,
                    text!(
                        "no page of “{title}” has a date, so it counts as never updated",
                        "“{title}”里没有一个页面有日期，检查时视为从未更新"
                    ),
                )
                .help(text!(
                    "add `date` to its pages, or `update_within = \"none\"`",
                    "请给页面加上 `date`，或写 `update_within = \"none\"`"
                ));
                put(column, undated, found);
            }
            _ => {}
        }
        if column.is_empty() {
            let empty = finding("inspect/column-empty", text!("the column “{title}” is empty", "栏目“{title}”是空的"));
            put(
                column,
                empty.help(text!("publish something in it, or remove the column", "请发布内容，或撤掉这个栏目")),
                found,
            );
        }
    }
    wrong_intervals(context, found);
    undated(context, &columns, found);
    together(&columns, found);
}

fn wrong_intervals(context: &Context, found: &mut Found) {
    for section in &context.site.content.sections {
        let Some(typed) = section.meta.extra.get_from_path("update_within").and_then(Value::as_str) else { continue };
        if interval(typed).is_none() {
            let wrong = finding("inspect/interval", text!("`{typed}` is no interval", "`{typed}` 不是更新周期"));
            let file = section.file.shown();
            found.push(
                wrong
                    .at(place(context, &file, &[&["extra", "update_within"]]))
                    .help(text!("write `14d`, `2w`, `6m`, `1y` or `none`", "请写 `14d`、`2w`、`6m`、`1y` 或 `none`")),
            );
        }
    }
}

fn publish() -> crate::diagnostic::Text {
    text!(
        "publish something new; never change the `date` of an old page: forged dates are a veto item themselves",
        "请发布新内容。不要改旧页面的 `date`：伪造发稿日期本身就是单项否决"
    )
}

/// Pages without date in columns whose items are dated.
fn undated(context: &Context, columns: &[Column], found: &mut Found) {
    if !found.wants("inspect/undated") {
        return;
    }
    let site = context.site;
    let dated =
        |file: &str| columns.iter().any(|c| c.file == file && !c.is_home && c.within.is_some_and(|w| w < STANDING));
    for (id, page) in site.content.pages.iter().enumerate() {
        let parent = site.relations.page_ancestors.get(id).and_then(|ancestors| ancestors.last());
        let column = parent.and_then(|id| site.content.sections.get(*id)).map(|section| section.file.shown());
        if page.meta.date.is_some() || !page.meta.render || !column.is_some_and(|file| dated(&file)) {
            continue;
        }
        let shown = page.file.shown();
        found.push(
            finding("inspect/undated", text!("this item has no time of publication", "这条内容没有发布时间"))
                .at(place(context, &shown, &[&["title"]]))
                .on(&page.path)
                .help(text!(
                    "add `date`; an item without it counts as not updated",
                    "请加上 `date`；没有发布时间的内容视为没有更新"
                )),
        );
    }
}

/// The veto items that several columns make together.
fn together(columns: &[Column], found: &mut Found) {
    let others = || columns.iter().filter(|column| !column.is_home);
    let names = |columns: Vec<&Column>| columns.iter().map(|c| format!("“{}”", c.title)).collect::<Vec<_>>().join("、");
    let empty: Vec<&Column> = others().filter(|column| column.is_empty()).collect();
    if empty.len() >= 5 {
        let (count, list) = (empty.len(), names(empty));
        found.push(
            finding(
                "inspect/columns-empty",
                text!(
                    "{count} columns are empty, 5 are a veto item: {list}",
                    "空白栏目有 {count} 个，达到 5 个即属于单项否决：{list}"
                ),
            )
            .help(text!("fill or remove them", "请补充内容或撤掉栏目")),
        );
    }
    let stale: Vec<&Column> = others().filter(|column| column.is_stale()).collect();
    let watched = stale.iter().filter(|column| column.within.is_some_and(|within| within <= 180)).count();
    if watched >= 5 || stale.len() >= 10 {
        let (count, list) = (stale.len(), names(stale));
        found.push(
            finding(
                "inspect/columns-overdue",
                text!(
                    "{count} columns are overdue, which is a veto item: {list}",
                    "{count} 个栏目超期未更新，属于单项否决：{list}"
                ),
            )
            .help(publish()),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn intervals_are_days_weeks_months_or_years() {
        assert_eq!(interval("14d"), Some(Some(14)));
        assert_eq!(interval(" 2w "), Some(Some(14)));
        assert_eq!(interval("6月"), Some(Some(180)));
        assert_eq!(interval("1y"), Some(Some(365)));
        assert_eq!(interval("none"), Some(None));
        for wrong in ["", "d", "14", "-1d", "0d", "14x", "99999999999999999999d", "十四天"] {
            assert_eq!(interval(wrong), None, "{wrong}");
        }
    }
}
