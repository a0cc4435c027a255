//! The inputs that fuzzing found interesting, run as plain tests: none may panic.

use std::path::Path;

/// Runs every file of a corpus; all panics are shown before the test fails.
fn run(corpus: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(corpus);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    let panicked: Vec<_> = files
        .iter()
        .filter(|file| {
            let bytes = std::fs::read(file).expect("a file of the corpus");
            std::panic::catch_unwind(|| target(&bytes)).is_err()
        })
        .collect();
    assert!(panicked.is_empty(), "{} of {} inputs panic: {panicked:#?}", panicked.len(), files.len());
}

#[test]
fn configurations_do_not_panic() {
    run("config", kepu::fuzz::config);
}

#[test]
fn front_matter_does_not_panic() {
    run("front_matter", kepu::fuzz::front_matter);
}

#[test]
fn tera_1_templates_lower_to_tera_2() {
    run("tera1", kepu::fuzz::tera1);
}

#[test]
fn bodies_do_not_panic() {
    run("body", kepu::fuzz::body);
}
