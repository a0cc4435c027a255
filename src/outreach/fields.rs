//! Fields: what `[extra]` of a kind may hold.

use crate::config::FieldType;
use crate::diagnostic::Text;
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

/// A path of `content/` as authors write it, without `@/`.
pub fn content_path(typed: &str) -> &str {
    let typed = typed.strip_prefix("@/").unwrap_or(typed);
    typed.strip_prefix("content/").unwrap_or(typed)
}
