//! SARIF logs of every fixture of `tests/checks`, against the schema of SARIF 2.1.0.

use std::path::Path;
use std::process::Command;

use crate::checks::Fixture;

/// Reads logs by their paths, and prints what the schema has against each.
const VALIDATE: &str = r#"
const Ajv = require("ajv");
const ajv = new Ajv({ schemaId: "auto", allErrors: true, meta: false });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
const valid = ajv.compile(require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));
for (const path of process.argv.slice(1)) {
    const log = JSON.parse(require("fs").readFileSync(path));
    if (!valid(log)) console.log(path, ajv.errorsText(valid.errors));
}
"#;

#[test]
fn logs_keep_to_the_schema() {
    if std::env::var_os("KEPU_TEST_WITHOUT_BROWSER").is_some() {
        return;
    }
    let npm = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../browser/node_modules");
    let folder = tempfile::tempdir().expect("a folder");
    let mut logs = Vec::new();
    let mut results = 0;
    let allow = "\n[[check.allow]]\nrule = \"link/case\"\nreason = \"x\"\n";
    for (number, fixture) in Fixture::all().iter().enumerate() {
        // Errors and warnings, some of them allowed, in both languages; the quiet sites mostly have no results.
        let site = fixture.site(number % 5 == 4);
        if number % 5 == 3 && !site.path("kepu.toml").exists() {
            site.write("kepu.toml", allow);
        }
        let lang = if number % 2 == 0 { "zh" } else { "en" };
        let log = folder.path().join(format!("{number}.sarif"));
        let arguments: Vec<&str> = fixture.arguments.iter().map(String::as_str).collect();
        site.run(&[&arguments[..], &["--lang", lang, "--sarif", log.to_str().expect("a path")]].concat());
        let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&log).expect("a log")).expect("JSON");
        results += written["runs"][0]["results"].as_array().expect("a list").len();
        logs.push(log);
    }
    assert!(results > 50, "{results}");
    let broken = folder.path().join("broken.sarif");
    std::fs::write(&broken, r#"{ "version": "2.1.0", "runs": [{ "tool": { "driver": {} } }] }"#).expect("a file");
    let validate = |logs: &[std::path::PathBuf]| {
        let run = Command::new("node").env("NODE_PATH", &npm).args(["-e", VALIDATE]).args(logs).output();
        let run = run.unwrap_or_else(|error| panic!("{error}. `tests/run` installs it"));
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).expect("UTF-8")
    };
    assert_eq!(validate(&logs), "");
    assert!(validate(&[broken]).contains("should have required property 'name'"));
}
