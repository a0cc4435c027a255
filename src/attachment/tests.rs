//! Files that other programs made (`tests/privacy/files`, what is in them stands in `files.toml`), and files that were made
//! to do harm.

use std::io::{Cursor, Write};
use std::path::Path;

use serde::Deserialize;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Contents, Unread, read};
use crate::personal;

#[derive(Deserialize)]
struct Set {
    file: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    name: String,
    finds: Vec<String>,
}

fn found(contents: &Contents) -> Vec<String> {
    let mut found: Vec<String> = contents
        .texts
        .iter()
        .flat_map(|part| personal::numbers(&part.of))
        .map(|finding| format!("{} {}", format!("{:?}", finding.kind).to_lowercase(), finding.number))
        .collect();
    found.extend(
        contents.tables.iter().filter_map(|table| personal::people_in_rows(&table.of)).map(|_| "people".into()),
    );
    found.extend(contents.unread.iter().map(|unread| format!("unread {unread:?}")));
    found.sort();
    found
}

#[test]
fn files_of_other_programs_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privacy");
    let set: Set = toml::from_str(include_str!("../../tests/privacy/files.toml")).expect("files.toml");
    let mut wrong = Vec::new();
    for Expected { name, finds } in &set.file {
        let bytes = std::fs::read(folder.join("files").join(name)).expect(name);
        let contents = read(name, &bytes);
        let found = found(&contents);
        if found != *finds {
            let texts: Vec<&str> = contents.texts.iter().map(|part| part.of.as_str()).collect();
            wrong.push(format!("{name}\n  found {found:?}\n  wanted {finds:?}\n  in {texts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let names = std::fs::read_dir(folder.join("files")).expect("files").count();
    assert_eq!(names, set.file.len(), "files without an entry in files.toml");
}

fn zipped(name: &str, content: &mut dyn FnMut(&mut dyn Write)) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, SimpleFileOptions::default()).expect("starts");
    content(&mut writer);
    writer.finish().expect("finishes").into_inner()
}

#[test]
fn bombs_are_put_aside() {
    let spaces = vec![b' '; 1 << 20];
    let bomb = zipped("word/document.xml", &mut |writer| {
        for _ in 0..300 {
            writer.write_all(&spaces).expect("writes");
        }
    });
    assert!(bomb.len() < 1 << 20);
    assert_eq!(read("a.docx", &bomb).unread, [Unread::TooLarge]);
    assert_eq!(read("a.xlsx", &bomb).unread, [Unread::TooLarge]);
    // The same inside an archive, and an archive in an archive.
    let outer = zipped("a.docx", &mut |writer| writer.write_all(&bomb).expect("writes"));
    assert_eq!(read("a.zip", &outer).unread, [Unread::TooLarge]);
    let twice = zipped("a.zip", &mut |writer| writer.write_all(&outer).expect("writes"));
    assert_eq!(read("b.zip", &twice).unread, [Unread::Format]);
}

#[test]
fn damaged_files_are_said_to_be() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privacy/files");
    for name in ["python-docx.docx", "openpyxl.xlsx", "xlwt.xls", "reportlab-cid.pdf", "archive.zip"] {
        let whole = std::fs::read(folder.join(name)).expect(name);
        // Cut and flipped in many places; whatever comes out, it comes back.
        for step in 1..24 {
            let mut bytes = whole.clone();
            bytes.truncate(whole.len() * step / 24);
            let _ = read(name, &bytes);
            let mut bytes = whole.clone();
            for at in (step..bytes.len()).step_by(97) {
                bytes[at] ^= step as u8;
            }
            let _ = read(name, &bytes);
        }
    }
    assert_eq!(read("a.pdf", b"no pdf").unread, [Unread::Damaged]);
    assert_eq!(read("a.docx", b"no zip").unread, [Unread::Damaged]);
    assert_eq!(read("a.xls", b"no table").unread, [Unread::Damaged]);
    assert!(read("a.docx", b"").unread.is_empty());
}
