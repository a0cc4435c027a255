//! The written cases.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::engines::{Case, Outcome, silence_panics};

/// Cases in which kepu differs on purpose, each with its reason. COMPATIBILITY.md lists them for readers.
const ACCEPTED: &[(&str, &str)] = &[
    ("{% set w = max * max %}", "a result beyond 64 bits is an error only where it is printed"),
    ("{{ huge - 1 }}", "results beyond 2^63 are an error; Tera 1 has them where both sides are positive"),
    (
        "{{ pages | map(attribute='[\"title\"]') }}",
        "Tera 1 misreads an attribute that begins with a bracket and finds nothing",
    ),
    (
        "{% set map = 1 %}{{ map.a }}",
        "Tera 1 looks for a field that an assigned variable lacks in the context's variable",
    ),
    ("super of a block in a condition", "Tera 1 does not find the parent's block there; kepu does"),
    (
        "an include uses the macros of its includer",
        "allowed in Tera 1 inside blocks only; whether an include is reached through one is not known before rendering",
    ),
];

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tera1")
}

pub fn context() -> Json {
    serde_json::from_str(&fs::read_to_string(folder().join("context.json")).unwrap()).unwrap()
}

/// All cases, each with its place.
fn all() -> Vec<(String, Case)> {
    let context = context();
    let mut paths: Vec<_> = fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".lines") {
            for (number, line) in text.lines().enumerate() {
                if !line.is_empty() && !line.starts_with("# ") {
                    let files = vec![("main.html".to_owned(), line.to_owned())];
                    cases.push((format!("{name}:{}: {line}", number + 1), Case { files, context: context.clone() }));
                }
            }
            continue;
        }
        for part in text.split("\n== ").skip(1) {
            let (title, body) = part.split_once('\n').unwrap();
            let mut files: Vec<(String, String)> = Vec::new();
            let mut file = "main.html".to_owned();
            let mut lines = String::new();
            for line in body.lines() {
                match line.strip_prefix("-- ").and_then(|line| line.strip_suffix(" --")) {
                    Some(next) => {
                        files.push((std::mem::replace(&mut file, next.to_owned()), std::mem::take(&mut lines)));
                    }
                    None => lines += &format!("{line}\n"),
                }
            }
            files.push((file, lines));
            cases.push((format!("{name}: {title}"), Case { files, context: context.clone() }));
        }
    }
    cases
}

#[test]
fn written_cases_render_as_in_tera_1() {
    silence_panics();
    let cases = all();
    let (mut succeeded, mut different) = (0, Vec::new());
    for (place, case) in &cases {
        let (one, two) = case.both();
        succeeded += usize::from(matches!(one, Outcome::Text(_)));
        if std::env::var("KEPU_TERA1_SHOW").is_ok_and(|word| place.contains(&word)) {
            println!("{place}\n{}", case.shown());
        }
        let accepted = ACCEPTED.iter().any(|(accepted, _)| place.ends_with(accepted));
        if one.same(&two) == accepted {
            different.push(format!(
                "{place}{}\n{}",
                if accepted { " (accepted, but equal)" } else { "" },
                case.shown()
            ));
        }
    }
    println!("{} written cases, {succeeded} of them without an error", cases.len());
    assert!(different.is_empty(), "{} of {} differ:\n\n{}", different.len(), cases.len(), different.join("\n"));
    assert!(cases.len() >= 300, "{}", cases.len());
}
