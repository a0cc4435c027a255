//! Lists of people with how to reach them and where they live: tables and forms.
//!
//! A list counts when its heading has a name, a telephone or identity number, and a home, and a row fills in all three. Offices
//! have such tables, too: an organisation beside the name, or an office's telephone, makes the address that of the office.

use std::ops::Range;

use super::digits::digit;

/// A list of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// Where the heading stands, in bytes of the text; of rows without a text, the number of its row. What follows is
    /// nothing to show.
    pub span: Range<usize>,
    /// How many rows are filled in.
    pub rows: usize,
}

const NAMES: &[&str] = &[
    "姓名",
    "名字",
    "户主",
    "学生",
    "申请人",
    "受益人",
    "领取人",
    "参赛选手",
    "选手",
    "受助人",
    "被救助人",
    "救助对象",
    "补贴对象",
    "帮扶对象",
    "贫困户",
    "监测户",
    "家长",
    "监护人",
    "患者",
    "会员",
    "志愿者",
    "name",
    "fullname",
    "联系人姓名",
    "报名人",
    "户主名",
    "收款人",
    "法人",
];
const CONTACTS: &[&str] = &[
    "电话",
    "手机",
    "联系方式",
    "手机号",
    "联系电话",
    "手机号码",
    "电话号码",
    "身份证",
    "身份证号",
    "身份证号码",
    "证件号",
    "证件号码",
    "公民身份号码",
    "phone",
    "mobile",
    "tel",
    "telephone",
    "phonenumber",
];
const HOMES: &[&str] =
    &["住址", "地址", "住所", "家庭所在地", "居住地", "户籍地", "户籍所在地", "户口所在地", "address", "homeaddress"];
/// A heading with one of these speaks of an office.
const OFFICES: &[&str] = &[
    "单位",
    "学校",
    "机构",
    "部门",
    "站点",
    "名称",
    "馆名",
    "企业",
    "公司",
    "服务队",
    "站名",
    "店名",
    "办公",
    "company",
    "office",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Contact,
    Home,
}

/// What a heading cell heads; none where it heads something else.
fn column(heading: &str) -> Option<Column> {
    let heading = bare(heading);
    let ends = |words: &[&str]| words.iter().any(|word| heading.ends_with(word));
    match () {
        _ if OFFICES.iter().any(|word| heading.contains(word)) => None,
        _ if ends(CONTACTS) => Some(Column::Contact),
        _ if ends(HOMES) => Some(Column::Home),
        _ if ends(NAMES) => Some(Column::Name),
        _ => None,
    }
}

/// Without spaces, marks, and what stands in parentheses.
fn bare(heading: &str) -> String {
    let mut depth = 0_u32;
    let mut out = String::new();
    for c in heading.trim_start_matches('\u{feff}').chars() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ if depth > 0 || c.is_whitespace() || matches!(c, '*' | '_' | '"' | ':' | '：' | '\u{a0}') => {}
            _ => out.extend(c.to_lowercase()),
        }
    }
    out
}

struct Heading {
    names: Vec<usize>,
    contacts: Vec<usize>,
    homes: Vec<usize>,
}

fn heading<S: AsRef<str>>(cells: &[S]) -> Option<Heading> {
    let mut found = Heading { names: Vec::new(), contacts: Vec::new(), homes: Vec::new() };
    let mut office = false;
    let mut home = false;
    for (index, cell) in cells.iter().enumerate() {
        let cell = cell.as_ref();
        let text = bare(cell);
        office |= OFFICES.iter().any(|word| cell.contains(word) || text.contains(word));
        // `地址` alone may be an office's, `家庭住址` is not.
        home |= text.contains('住') || text.contains("家庭") || text.contains("户籍");
        match column(cell) {
            Some(Column::Name) => found.names.push(index),
            Some(Column::Contact) => found.contacts.push(index),
            Some(Column::Home) => found.homes.push(index),
            None => {}
        }
    }
    let whole = !found.names.is_empty() && !found.contacts.is_empty() && !found.homes.is_empty();
    (whole && (home || !office)).then_some(found)
}

impl Heading {
    fn is_filled_in<S: AsRef<str>>(&self, row: &[S]) -> bool {
        let any = |columns: &[usize], fits: fn(&str) -> bool| {
            columns.iter().filter_map(|index| row.get(*index)).any(|cell| fits(cell.as_ref()))
        };
        any(&self.names, is_name) && any(&self.contacts, is_contact) && any(&self.homes, is_home)
    }
}

/// Not empty, not a line to write on, not covered.
fn is_name(cell: &str) -> bool {
    let cell = cell.trim();
    !cell.is_empty() && cell.chars().any(char::is_alphabetic) && !cell.contains(['*', '＊', '×', '○'])
}

/// Seven digits or more, none of them covered.
fn is_contact(cell: &str) -> bool {
    !cell.contains(['*', '＊', '×']) && cell.chars().filter(|c| digit(*c).is_some()).count() >= 7
}

/// More than the township.
fn is_home(cell: &str) -> bool {
    let cell = cell.trim();
    !cell.is_empty()
        && !cell.contains(['*', '＊'])
        && cell.chars().any(char::is_alphabetic)
        && super::mask_address(cell).chars().count() < cell.chars().count()
        || is_home_without_township(cell)
}

fn is_home_without_township(cell: &str) -> bool {
    const PARTS: [&str; 20] = [
        "村",
        "嘎查",
        "组",
        "队",
        "号",
        "室",
        "栋",
        "楼",
        "小区",
        "社区",
        "巷",
        "胡同",
        "屯",
        "街坊",
        "花园",
        "家园",
        "公寓",
        "单元",
        "家属院",
        "苑",
    ];
    // `5-2-301`: building, entrance, flat.
    let parts: Vec<&str> = cell.split(|c: char| digit(c).is_none() && !matches!(c, '-' | '－')).collect();
    let is_flat = parts.iter().any(|part| part.split(['-', '－']).filter(|number| !number.is_empty()).count() >= 3);
    !cell.contains(['*', '＊']) && (is_flat || PARTS.iter().any(|part| cell.contains(part)))
}

/// People in a table. `rows` are its rows of cells from the first to the last; headings may stand below a title.
pub fn in_rows<S: AsRef<str>>(rows: &[Vec<S>]) -> Option<People> {
    // Forms put titles, units and dates above the heading.
    let (at, heading) = rows.iter().enumerate().take(10).find_map(|(at, row)| Some((at, heading(row)?)))?;
    let filled = rows.iter().skip(at + 1).filter(|row| heading.is_filled_in(row)).count();
    (filled > 0).then_some(People { span: at..at + 1, rows: filled })
}

/// People in pipe tables, HTML tables and filled-in forms of a Markdown or plain text.
pub fn in_text(text: &str) -> Vec<People> {
    let mut found = pipe_tables(text);
    found.extend(in_html(text));
    found.extend(forms(text));
    found.sort_by_key(|people| people.span.start);
    found
}

fn pipe_tables(text: &str) -> Vec<People> {
    let mut found = Vec::new();
    let mut rows: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n').chain(["\n"]) {
        let content = line.trim();
        if content.contains('|') && start < text.len() {
            let cells = content.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            rows.push((start..start + line.trim_end().len(), cells));
        } else if !rows.is_empty() {
            let cells: Vec<Vec<String>> = rows.iter().map(|(_, cells)| cells.clone()).collect();
            if let Some(people) = in_rows(&cells)
                && let Some((span, _)) = rows.get(people.span.start)
            {
                found.push(People { span: span.clone(), rows: people.rows });
            }
            rows.clear();
        }
        start += line.len();
    }
    found
}

/// People in the tables of an HTML text.
pub fn in_html(html: &str) -> Vec<People> {
    let mut found = Vec::new();
    let lower = html.to_ascii_lowercase();
    let mut at = 0;
    while let Some(start) = tag(&lower, at, "<table") {
        let end = tag(&lower, start + 1, "</table").unwrap_or(lower.len());
        // A table inside a table is looked at by itself.
        let end = tag(&lower, start + 1, "<table").map_or(end, |inner| inner.min(end));
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut spans = Vec::new();
        let mut row = tag(&lower[..end], start, "<tr");
        while let Some(from) = row {
            row = tag(&lower[..end], from + 1, "<tr");
            let to = row.unwrap_or(end);
            rows.push(cells(&html[from..to], &lower[from..to]));
            spans.push(from..to);
        }
        if let Some(people) = in_rows(&rows)
            && let Some(span) = spans.get(people.span.start)
        {
            found.push(People { span: span.clone(), rows: people.rows });
        }
        at = end.max(start + 1);
    }
    found
}

/// The next start of a tag of this name. `lower` is in lower case.
fn tag(lower: &str, from: usize, open: &str) -> Option<usize> {
    let mut at = from;
    while let Some(found) = lower.get(at..)?.find(open) {
        at += found;
        let next = lower.as_bytes().get(at + open.len());
        if next.is_none_or(|byte| !byte.is_ascii_alphanumeric()) {
            return Some(at);
        }
        at += open.len();
    }
    None
}

fn cells(row: &str, lower: &str) -> Vec<String> {
    let next = |from| [tag(lower, from, "<td"), tag(lower, from, "<th")].into_iter().flatten().min();
    let mut out = Vec::new();
    let mut cell = next(0);
    while let Some(from) = cell {
        cell = next(from + 1);
        out.push(text_of(&row[from..cell.unwrap_or(row.len())]));
    }
    out
}

fn text_of(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        out.push_str(text);
        rest = tag.split_once('>').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.replace("&nbsp;", " ").trim().to_owned()
}

/// People in a file of separated values; comma, semicolon or tab.
pub fn in_csv(text: &str) -> Option<People> {
    let text = text.trim_start_matches('\u{feff}');
    [b',', b';', b'\t'].into_iter().find_map(|delimiter| {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut starts = Vec::new();
        for record in reader.records().map_while(Result::ok) {
            starts.push(record.position().map_or(0, |position| position.byte() as usize));
            rows.push(record.iter().map(str::to_owned).collect());
        }
        let people = in_rows(&rows)?;
        let start = starts.get(people.span.start).copied().unwrap_or(0).min(text.len());
        let line = text[start..].trim_start_matches(['\r', '\n']);
        let start = text.len() - line.len();
        let end = start + line.find('\n').unwrap_or(line.len());
        Some(People { span: start..end, rows: people.rows })
    })
}

/// `姓名：… 电话：… 住址：…`, in one line or in lines below each other.
fn forms(text: &str) -> Vec<People> {
    let mut found: Vec<People> = Vec::new();
    let fields = fields(text);
    let mut at = 0;
    while at < fields.len() {
        let rest = &fields[at..];
        let name = &rest[0];
        if name.column != Column::Name || !is_name(value(text, name)) {
            at += 1;
            continue;
        }
        // One person ends where the next begins, or after 120 characters.
        let near: Vec<&Field> = rest[1..]
            .iter()
            .take_while(|field| field.value.start < name.value.start + 360)
            .take_while(|field| field.column != Column::Name || field.label != name.label)
            .collect();
        let has = |column, fits: fn(&str) -> bool| {
            near.iter().any(|field| field.column == column && fits(value(text, field)))
        };
        if has(Column::Contact, is_contact) && has(Column::Home, is_home) {
            found.push(People { span: name.start..name.value.start, rows: 1 });
            at += near.len();
        }
        at += 1;
    }
    found
}

struct Field {
    column: Column,
    label: String,
    start: usize,
    value: Range<usize>,
}

fn value<'a>(text: &'a str, field: &Field) -> &'a str {
    text[field.value.clone()].trim()
}

/// Every `label：value` whose label heads a column.
fn fields(text: &str) -> Vec<Field> {
    let parts =
        |c: char| c.is_whitespace() || matches!(c, '，' | ',' | '；' | ';' | '。' | '、' | '|' | '（' | '-' | '*');
    let mut found: Vec<Field> = Vec::new();
    for (at, colon) in text.char_indices().filter(|(_, c)| matches!(c, '：' | ':')) {
        // A label has ten characters at most.
        let label = text[..at].char_indices().rev().take(10).take_while(|(_, c)| !parts(*c));
        let start = label.last().map_or(at, |(start, _)| start);
        let label = &text[start..at];
        let Some(column) = column(label) else { continue };
        let from = at + colon.len_utf8();
        let ends = |c: char| matches!(c, '，' | ',' | '；' | ';' | '。' | '\n' | '|');
        let to = text[from..].find(ends).map_or(text.len(), |end| from + end);
        if let Some(last) = found.last_mut()
            && last.value.end > start
        {
            last.value.end = start.max(last.value.start);
        }
        found.push(Field { column, label: bare(label), start, value: from..to });
    }
    found
}
