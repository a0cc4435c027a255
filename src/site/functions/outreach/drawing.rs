//! `chart`.

use tera::{Kwargs, State, TeraResult, Value};

use super::super::fail;
use super::{optional_text, unknown};
use crate::outreach::{Chart, ChartItem, ChartShape};
use crate::text;

/// `chart(kind="bar", title="…", items=[…])`: the SVG of a chart.
///
/// Each item has `label` and `value`, a number that is not negative, and may have `text` (written at the bar) and
/// `part` (how much of it is hatched; `part_label` says what that is).
pub fn chart(kwargs: Kwargs, _: &State) -> TeraResult<String> {
    let shape = match kwargs.must_get::<&str>("kind")? {
        "bar" => ChartShape::Bar,
        "row" => ChartShape::Row,
        other => return Err(fail("chart", unknown("chart", "图表", other, ["bar", "row"].into_iter()))),
    };
    let items: &Value = kwargs.must_get("items")?;
    let Some(items) = items.as_array() else {
        return Err(fail("chart", text!("`items` is not a list", "`items` 不是列表")));
    };
    let items = items.iter().enumerate().map(|(index, item)| read(index + 1, item)).collect::<TeraResult<Vec<_>>>()?;
    let chart = Chart {
        shape,
        title: kwargs.must_get("title")?,
        description: optional_text(&kwargs, "desc")?,
        unit: optional_text(&kwargs, "unit")?.unwrap_or_default(),
        items,
        part_label: optional_text(&kwargs, "part_label")?,
    };
    Ok(chart.svg())
}

fn read(number: usize, item: &Value) -> TeraResult<ChartItem> {
    let get = |key: &'static str| item.get_from_path(key).filter(|v| !v.is_none() && !v.is_undefined());
    let amount = |key: &'static str| match get(key) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|v| v.is_finite() && *v >= 0.0) {
            Some(amount) => Ok(Some(amount)),
            None => Err(fail(
                "chart",
                text!(
                    "`{key}` of item {number} is not a number of 0 or more",
                    "第 {number} 项的 `{key}` 不是不小于 0 的数"
                ),
            )),
        },
    };
    let label = get("label").map(|label| label.as_str().map_or_else(|| label.to_string(), str::to_owned));
    match (label, amount("value")?) {
        (Some(label), Some(value)) => Ok(ChartItem {
            label,
            value,
            text: get("text").and_then(Value::as_str).map(str::to_owned),
            unit: get("unit").and_then(Value::as_str).map(str::to_owned),
            part: amount("part")?.filter(|part| *part > 0.0),
        }),
        _ => Err(fail(
            "chart",
            text!("item {number} needs `label` and `value`", "第 {number} 项缺少 `label` 或 `value`"),
        )),
    }
}
