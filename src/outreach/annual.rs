//! Annual reports: the figures that they state beside what the records of their year come to.

use super::document::{Document, Table};
use super::figure::grouped;
use super::kinds::Kind;
use super::records;
use super::totals::{Filter, Totals};
use crate::diagnostic::Diagnostic;
use crate::text;

/// Warns of every stated figure that the records do not come to.
pub fn compare(documents: &[Document], kinds: &[Option<&'static Kind>], totals: &Totals, told: &mut Vec<Diagnostic>) {
    for (document, _) in documents.iter().zip(kinds).filter(|(_, kind)| kind.is_some_and(|k| k.name == "annual-report"))
    {
        let Some(year) = document.extra.at("year").and_then(tera::Value::as_u64) else { continue };
        let Some(year) = i16::try_from(year).ok().filter(|year| (1949..=2100).contains(year)) else {
            told.push(
                Diagnostic::error("outreach/date", text!("`year` is out of range: {year}", "`year` 超出范围：{year}"))
                    .at(document.place(&["year"]))
                    .help(text!("years go from 1949 to 2100", "年份须在 1949 到 2100 之间")),
            );
            continue;
        };
        let counted = totals.counted(&Filter { year: Some(year), ..Filter::default() });
        let sums = totals.sum(&counted);
        for (name, stated) in records::figures(document.extra, totals.settings) {
            let label = totals.settings.figures.get(&name).map_or(name.as_str(), |figure| figure.label.as_str());
            let (said, place) = (stated.text(), document.place(&["figures", &name]));
            let warning = match sums.get(&name) {
                None => Diagnostic::warning(
                    "outreach/annual",
                    text!(
                        "`{name}` ({label}) is {said}, but no record of {year} has this figure",
                        "`{name}`（{label}）写的是 {said}，{year} 年的活动记录里却没有这个数字"
                    ),
                ),
                Some(sum) if sum.value == stated.value => continue,
                Some(sum) => {
                    let (counted, by) = (sum.text(), grouped(sum.value.abs_diff(stated.value)));
                    let (more, 多少) = if sum.value > stated.value { ("more", "多") } else { ("less", "少") };
                    Diagnostic::warning(
                        "outreach/annual",
                        text!(
                            "`{name}` ({label}) is {said}, but the records of {year} come to {counted}: {by} {more}",
                            "`{name}`（{label}）写的是 {said}，{year} 年的活动记录合计是 {counted}，{多少} {by}"
                        ),
                    )
                }
            };
            told.push(warning.at(place).help(text!(
                "correct the report, or the activities of that year (kind `activity` or `tour`)",
                "请改正报告，或改正当年的活动页面（类型为 `activity` 或 `tour`）"
            )));
        }
    }
}
