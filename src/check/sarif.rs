//! Findings as SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>), which code hosts and editors read.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::rules;
use crate::diagnostic::{Diagnostic, Language, Severity, line_column};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What may not stand in the path of a relative reference (RFC 3986, 3.3 and 4.2).
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

/// One run with all findings, as text.
pub fn write(findings: &[Diagnostic], lang: Language) -> String {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(code, lang)).collect();
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &codes, lang)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "kepu", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn rule(code: &str, lang: Language) -> Value {
    let Some(rule) = rules::find(code) else { return json!({ "id": code }) };
    let of = |(en, zh): (&'static str, &'static str)| if lang == Language::Zh { zh } else { en };
    json!({
        "id": code,
        "shortDescription": { "text": of(rule.title) },
        "help": { "text": of(rule.remedy) },
    })
}

fn result(finding: &Diagnostic, codes: &[&str], lang: Language) -> Value {
    let mut text = finding.message.get(lang).to_owned();
    for more in finding.notes.iter().chain(&finding.help) {
        text.push('\n');
        text.push_str(more.get(lang));
    }
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": codes.binary_search(&finding.code).unwrap_or_default(),
        "level": level,
        "message": { "text": text },
    });
    if let Some(place) = &finding.place {
        let uri = utf8_percent_encode(&place.file, PATH).to_string();
        let mut location = json!({ "artifactLocation": { "uri": uri, "uriBaseId": "%SRCROOT%" } });
        if let Some((text, span)) = &place.excerpt {
            let ((line, column), (end_line, end_column)) = (line_column(text, span.start), line_column(text, span.end));
            location["region"] = json!({
                "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
            });
        }
        result["locations"] = json!([{ "physicalLocation": location }]);
    }
    if !finding.pages.is_empty() {
        result["properties"] = json!({ "pages": finding.pages });
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Place;
    use crate::text;

    #[test]
    fn a_finding_has_its_rule_level_message_and_place() {
        let place = Place::span("content/新闻/a b.md", "一\n二三四", 7..10);
        let finding = rules::finding("link/case", text!("wrong", "错")).at(place).help(text!("do", "做")).on("/a/");
        let log: Value = serde_json::from_str(&write(&[finding], Language::Zh)).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "link/case");
        let result = &run["results"][0];
        assert_eq!(result["ruleIndex"], 0);
        assert_eq!(result["message"]["text"], "错\n做");
        assert_eq!(result["properties"]["pages"][0], "/a/");
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "content/%E6%96%B0%E9%97%BB/a%20b.md");
        assert_eq!(location["region"], json!({ "startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 3 }));
    }

    #[test]
    fn a_run_without_findings_has_empty_results() {
        let log: Value = serde_json::from_str(&write(&[], Language::En)).unwrap();
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
