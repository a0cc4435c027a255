//! Every site in `sites/`, built and compared with its snapshot.
//!
//! A fixture may begin with lines before its first file: `# why it is there`, and `$ build --drafts` for other arguments
//! than `build` (several lines run one after the other).

use std::fmt::Write;
use std::path::Path;

use crate::support::SiteTest;

#[test]
fn sites_build_as_their_snapshots_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder.join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("tests/sites")
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".txtar")?.to_owned()))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    // All fixtures are looked at before the test fails, so that one run shows every difference.
    let failed: Vec<&String> = names
        .iter()
        .filter(|name| {
            let archive = std::fs::read_to_string(folder.join(format!("{name}.txtar"))).expect("a fixture");
            let report = report(&archive);
            let check =
                std::panic::AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name.as_str(), report)));
            std::panic::catch_unwind(check).is_err()
        })
        .collect();
    assert!(failed.is_empty(), "{} of {} fixtures differ: {failed:?}", failed.len(), names.len());
}

/// Messages, exit codes, and the whole output of a fixture.
fn report(archive: &str) -> String {
    let site = SiteTest::txtar(archive);
    let head = archive.lines().take_while(|line| !line.starts_with("-- "));
    let mut commands: Vec<Vec<&str>> =
        head.filter_map(|line| Some(line.strip_prefix("$ ")?.split_whitespace().collect())).collect();
    if commands.is_empty() {
        commands.push(vec!["build"]);
    }
    let mut report = String::new();
    for command in commands {
        let run = site.run(&command);
        let _ = writeln!(report, "$ kepu {} → {}", command.join(" "), run.code.unwrap_or(-1));
        for text in [&run.stdout, &run.stderr] {
            if !text.is_empty() {
                let _ = writeln!(report, "{}", text.trim_end());
            }
        }
    }
    for (path, bytes) in site.tree("public") {
        let _ = writeln!(report, "\n-- public/{path} --");
        match std::str::from_utf8(&bytes) {
            Ok(text) if text.len() < 4000 => {
                let _ = writeln!(report, "{}", text.trim_end());
            }
            Ok(text) => {
                let _ = writeln!(report, "({} characters)", text.chars().count());
            }
            Err(_) => {
                let _ = writeln!(report, "({} bytes)", bytes.len());
            }
        }
    }
    report
}
