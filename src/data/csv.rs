//! CSV as `{headers, records}`: a list of strings, and a list of such lists.

use csv::{ErrorKind, Reader, StringRecord};
use tera::{Map, Value};

use super::ParseError;
use crate::diagnostic::Text;
use crate::text;

pub(super) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut reader = Reader::from_reader(text.as_bytes());
    let headers = cells(reader.headers().map_err(|error| explain(&error))?);
    let mut records = Vec::new();
    for record in reader.records() {
        records.push(cells(&record.map_err(|error| explain(&error))?));
    }
    let mut table = Map::new();
    table.insert("headers".into(), headers);
    table.insert("records".into(), Value::from(records));
    Ok(Value::from(table))
}

fn cells(record: &StringRecord) -> Value {
    Value::from(record.iter().collect::<Vec<_>>())
}

fn explain(error: &csv::Error) -> ParseError {
    let line = error.position().map(|position| usize::try_from(position.line()).unwrap_or(usize::MAX));
    let message = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => text!(
            "this row has {len} fields, the rows before it have {expected_len}",
            "这一行有 {len} 列，前面各行都是 {expected_len} 列"
        ),
        _ => Text::verbatim(error.to_string()),
    };
    ParseError { message, position: line.map(|line| (line.max(1), 1)) }
}
