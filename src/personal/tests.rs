//! The labelled set of `tests/privacy`, and what bad input must not do.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Set {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default, rename = "as")]
    of: Of,
    text: String,
    finds: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Of {
    #[default]
    Text,
    Markdown,
    Html,
    Csv,
}

fn found(case: &Case) -> Vec<String> {
    let mut found: Vec<String> = numbers(&case.text)
        .into_iter()
        .map(|finding| format!("{} {}", format!("{:?}", finding.kind).to_lowercase(), finding.number))
        .collect();
    let people = match case.of {
        Of::Csv => in_csv(&case.text).into_iter().collect(),
        Of::Text | Of::Markdown | Of::Html => people_in_text(&case.text),
    };
    found.extend(people.iter().map(|_| "people".to_owned()));
    found
}

use people_in_csv as in_csv;

/// Tells how well the numbers and lists of a set are told apart, and wants what was promised.
fn measure(name: &str, files: &[(&str, &str)], least: (usize, usize)) {
    let (mut positives, mut look_alikes) = (0, 0);
    let (mut hits, mut missed, mut wrong) = (0_usize, 0_usize, 0_usize);
    for (file, text) in files {
        let set: Set = toml::from_str(text).expect(file);
        for case in &set.case {
            *(if case.finds.is_empty() { &mut look_alikes } else { &mut positives }) += 1;
            let mut wanted: BTreeMap<&str, isize> = BTreeMap::new();
            for find in &case.finds {
                *wanted.entry(find).or_default() += 1;
            }
            let found = found(case);
            for find in &found {
                *wanted.entry(find).or_default() -= 1;
            }
            for (find, count) in wanted {
                missed += count.max(0) as usize;
                wrong += count.min(0).unsigned_abs();
                if count != 0 {
                    println!("{file}: {} {find} in {:?}", if count > 0 { "missed" } else { "wrong" }, case.text);
                }
            }
            hits += found.len();
        }
    }
    let right = hits - wrong;
    let recall = right as f64 / (right + missed) as f64;
    let precision = right as f64 / hits as f64;
    println!(
        "{name}: {positives} texts with personal data, {look_alikes} look-alikes: recall {:.2} % ({right} of {}), precision {:.2} % ({right} of {hits})",
        recall * 100.0,
        right + missed,
        precision * 100.0
    );
    assert!(positives >= least.0 && look_alikes >= least.1);
    assert!(recall >= 0.99 && precision >= 0.97);
}

#[test]
fn the_labelled_set_is_told_apart() {
    let files = [
        ("identity", include_str!("../../tests/privacy/identity.toml")),
        ("mobile", include_str!("../../tests/privacy/mobile.toml")),
        ("bank", include_str!("../../tests/privacy/bank.toml")),
        ("people", include_str!("../../tests/privacy/people.toml")),
        ("look-alikes", include_str!("../../tests/privacy/look-alikes.toml")),
    ];
    measure("first set", &files, (200, 400));
}

/// Written by somebody who had not read the code.
#[test]
fn the_second_set_is_told_apart() {
    let files = [
        ("second", include_str!("../../tests/privacy/second.toml")),
        ("second-look-alikes", include_str!("../../tests/privacy/second-look-alikes.toml")),
    ];
    measure("second set", &files, (120, 250));
}

#[test]
fn no_text_panics() {
    // Pieces of everything that the parts look for, in every order that a small generator makes.
    const PIECES: [&str; 24] = [
        "1", "138", "1234", "5678", "62", "６", "-", " ", "\u{200b}", ".", "：", "姓名", "电话", "住址", "|", "\n",
        "<table>", "<tr>", "<td>", "](", "://", "X", "号", "*",
    ];
    let mut state = 20_251_125_u64;
    for _ in 0..1000 {
        let mut text = String::new();
        for _ in 0..24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
        }
        for finding in numbers(&text) {
            assert!(text.get(finding.span).is_some(), "{text:?}");
        }
        for people in people_in_text(&text) {
            assert!(text.get(people.span).is_some(), "{text:?}");
        }
        let _ = (in_csv(&text), mask_text(&text), mask_address(&text));
    }
}
