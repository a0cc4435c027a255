//! Data tables: the CSV files of `data/`, the known ones with checked columns.

use std::path::Path;

use indexmap::IndexMap;
use tera::{Map, Value};

use super::phone::{mobile_number, private_phone};
use crate::content;
use crate::data::{self, Format, map};
use crate::diagnostic::{Diagnostic, Place, did_you_mean};
use crate::text;

/// One table: rows of texts by the names of their columns.
#[derive(Clone, Debug, Default)]
pub struct DataTable {
    pub columns: Vec<String>,
    pub rows: Vec<Value>,
    /// Whether a row is marked as a sample.
    pub sample: bool,
}

impl DataTable {
    /// As templates see it.
    pub fn value(&self) -> Value {
        Value::from(map! {
            "columns": self.columns.clone(),
            "rows": self.rows.clone(),
            "sample": self.sample,
            "total_rows": self.rows.len(),
        })
    }
}

/// A table whose columns are known: those that must be there and filled, and the others.
struct Known {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        name: "stations",
        required: &["name", "township"],
        optional: &["type", "address", "opening", "contact", "services", "sample"],
    },
    Known { name: "exhibits", required: &["hall", "name"], optional: &["about", "sample"] },
    Known { name: "experts", required: &["field"], optional: &["unit", "talks", "languages", "sample"] },
];

/// Reads every CSV file of a folder, which need not exist.
pub fn load(
    folder: &Path,
    shown: &(dyn Fn(&Path) -> String + Sync),
    told: &mut Vec<Diagnostic>,
) -> IndexMap<String, DataTable> {
    let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    files.sort();
    let mut tables = IndexMap::new();
    for path in files {
        let is_csv = path.extension().and_then(|e| e.to_str()).is_some_and(|e| e.eq_ignore_ascii_case("csv"));
        let Some(name) = path.file_stem().and_then(|s| s.to_str()).filter(|_| is_csv && path.is_file()) else {
            continue;
        };
        let file = shown(&path);
        match content::read_text(&path, &file, told) {
            Ok(text) => {
                if let Some(table) = read(name, &file, &text, told) {
                    tables.insert(name.to_owned(), table);
                }
            }
            Err(error) => told.push(*error),
        }
    }
    tables
}

/// One table; none where its text is no CSV.
fn read(name: &str, file: &str, text: &str, told: &mut Vec<Diagnostic>) -> Option<DataTable> {
    let parsed = match data::parse(Format::Csv, text) {
        Ok(parsed) => parsed,
        Err(error) => {
            let message = error.message.clone();
            told.push(Diagnostic::error("outreach/table", message).at(error.place(file, text)).help(text!(
                "save the table as “CSV UTF-8”; a cell with a comma in it stands in quotation marks",
                "请把表格另存为“CSV UTF-8”；单元格里有逗号时要加英文引号"
            )));
            return None;
        }
    };
    let list = |value: &Value| -> Vec<String> {
        let cells = value.as_array().unwrap_or_default().iter();
        cells.map(|cell| cell.as_str().unwrap_or_default().trim().to_owned()).collect()
    };
    let columns = list(parsed.get_from_path("headers")?);
    let known = KNOWN.iter().find(|known| known.name == name);
    if let Some(known) = known {
        check_columns(known, &columns, file, text, told);
    }
    let mut table = DataTable { columns, ..DataTable::default() };
    let lines = line_of_records(text);
    for (number, record) in parsed.get_from_path("records")?.as_array().unwrap_or_default().iter().enumerate() {
        let cells = list(record);
        // Spreadsheets leave empty rows behind.
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let line = || Place::line(file, text, lines.get(number + 1).copied().unwrap_or(1));
        let mut row = Map::new();
        for (column, cell) in table.columns.iter().zip(&cells) {
            if let Some(number) = mobile_number(cell) {
                told.push(private_phone(&number).at(line()));
            }
            if known.is_some_and(|known| known.required.contains(&column.as_str())) && cell.is_empty() {
                told.push(
                    Diagnostic::error(
                        "outreach/table",
                        text!("`{column}` is empty in this row", "这一行的 `{column}` 是空的"),
                    )
                    .at(line())
                    .help(text!("fill it in, or delete the row", "请填上，或删去这一行")),
                );
            }
            if column == "sample" {
                let sample = match cell.as_str() {
                    "yes" | "true" | "是" | "1" => true,
                    "" | "no" | "false" | "否" | "0" => false,
                    other => {
                        told.push(
                            Diagnostic::error(
                                "outreach/table",
                                text!("`sample` is `{other}`", "`sample` 写的是 `{other}`"),
                            )
                            .at(line())
                            .help(text!("write yes or no", "请写“是”或“否”")),
                        );
                        false
                    }
                };
                table.sample |= sample;
                row.insert("sample".into(), Value::from(sample));
            } else {
                row.insert(column.clone().into(), Value::from(cell.as_str()));
            }
        }
        table.rows.push(Value::from(row));
    }
    Some(table)
}

fn check_columns(known: &Known, columns: &[String], file: &str, text: &str, told: &mut Vec<Diagnostic>) {
    let name = known.name;
    let all = || known.required.iter().chain(known.optional).copied();
    for column in known.required.iter().filter(|column| !columns.iter().any(|c| c == *column)) {
        told.push(
            Diagnostic::error(
                "outreach/table",
                text!("the table `{name}` has no column `{column}`", "表 `{name}` 缺少 `{column}` 列"),
            )
            .at(Place::line(file, text, 1))
            .help(text!("the first row names the columns", "第一行是各列的名称")),
        );
    }
    for column in columns.iter().filter(|column| !all().any(|c| c == **column)) {
        let error = Diagnostic::error(
            "outreach/table",
            text!("the table `{name}` has no use for a column `{column}`", "表 `{name}` 用不到 `{column}` 列"),
        )
        .at(Place::line(file, text, 1));
        told.push(match did_you_mean(column, all()) {
            Some(near) => error.help(text!("did you mean `{near}`?", "您是不是要写 `{near}`？")),
            None => {
                let all = all().collect::<Vec<_>>().join(", ");
                error.help(text!("its columns are {all}", "可用的列：{all}"))
            }
        });
    }
}

/// The line, from 1, on which each record begins, the head row too; a quoted cell may go over several lines.
fn line_of_records(text: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let (mut quoted, mut fresh) = (false, true);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if fresh && !quoted && !line.trim().is_empty() {
            lines.push(number + 1);
        }
        quoted ^= line.matches('"').count() % 2 == 1;
        fresh = !quoted;
    }
    lines
}
