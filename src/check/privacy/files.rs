//! Attachments, data files and photos that are copied to the output, and their names.

use std::path::Path;

use super::{Context, list, number, numbers, photos};
use crate::attachment::{self, Format, Place as Within};
use crate::check::{File, Found, finding};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::personal;
use crate::text;

/// Text files in which numbers may stand; scripts and style sheets hold none of people.
const TEXTS: [&str; 12] =
    ["json", "geojson", "xml", "html", "htm", "yaml", "yml", "toml", "vcf", "ics", "md", "webmanifest"];

pub fn of_file(context: &Context, file: &File, found: &mut Found) {
    // What is made of documents has been looked at where it was written.
    let Some(from) = file.from else { return };
    let shown = context.site.shown(from);
    let name = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let at = |told: Diagnostic| told.at(Place::file(shown.as_str())).on(file.address);
    for of in numbers(context, name) {
        found.push(at(number(&of, &text!(" in the name of the file", "文件名中的 "))));
    }
    let extension = Path::new(name).extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    if photos::is_photo(&extension) {
        if let Ok(bytes) = std::fs::read(from) {
            photos::told(&bytes, None).into_iter().for_each(|told| found.push(at(told)));
        }
    } else if TEXTS.contains(&extension.as_str()) {
        let bytes = std::fs::read(from).ok().filter(|bytes| bytes.len() as u64 <= attachment::LARGEST);
        if let Some(text) = bytes.and_then(|bytes| crate::content::decode(bytes, &shown, &mut Vec::new()).ok()) {
            of_text(context, file, &shown, &text, found);
        }
    } else if let Some(format) = attachment::format(name) {
        of_attachment(context, from, name, format, &mut |told| found.push(at(told)));
    }
}

fn of_text(context: &Context, file: &File, shown: &str, text: &str, found: &mut Found) {
    let nothing = Text::verbatim("");
    for of in numbers(context, text) {
        found.push(number(&of, &nothing).at(Place::span(shown, text, of.span)).on(file.address));
    }
    for of in personal::people_in_text(text) {
        found.push(list(&of, &nothing).at(Place::span(shown, text, of.span)).on(file.address));
    }
}

fn of_attachment(context: &Context, from: &Path, name: &str, format: Format, push: &mut dyn FnMut(Diagnostic)) {
    if format == Format::Opaque {
        push(unread(attachment::Unread::Format));
        return;
    }
    if from.metadata().is_ok_and(|metadata| metadata.len() > attachment::LARGEST) {
        push(unread(attachment::Unread::TooLarge));
        return;
    }
    let Ok(bytes) = std::fs::read(from) else { return };
    let contents = attachment::read(name, &bytes);
    // The same number again and again is one thing to do.
    let mut seen = std::collections::BTreeSet::new();
    let mut of_kind = std::collections::BTreeMap::<_, usize>::new();
    for part in &contents.texts {
        for of in numbers(context, &part.of) {
            if !seen.insert((of.kind, of.number.clone())) {
                continue;
            }
            // A list of hundreds is told by its first and their count.
            let count = of_kind.entry(of.kind).or_default();
            *count += 1;
            if *count <= SHOWN {
                push(number(&of, &within(&part.place)));
            }
        }
    }
    for (kind, count) in of_kind.into_iter().filter(|(_, count)| *count > SHOWN) {
        push(more(kind, count - SHOWN));
    }
    for table in &contents.tables {
        if let Some(people) = personal::people_in_rows(&table.of) {
            push(list(&people, &within(&table.place)));
        }
    }
    for picture in &contents.pictures {
        photos::told(&picture.of, picture.place.member.as_deref()).into_iter().for_each(&mut *push);
    }
    contents.unread.into_iter().for_each(|why| push(unread(why)));
}

/// Numbers of one kind that are told of one attachment.
const SHOWN: usize = 3;

fn more(kind: personal::Kind, count: usize) -> Diagnostic {
    use personal::Kind::{Bank, Identity, Mobile};
    let code = match kind {
        Identity => "privacy/identity-number",
        Mobile => "privacy/mobile-number",
        Bank => "privacy/bank-card",
    };
    finding(code, text!("and {count} more numbers of this kind", "另有 {count} 个同类号码"))
}

fn within(place: &Within) -> Text {
    place.describe()
}

fn unread(why: attachment::Unread) -> Diagnostic {
    let Text { en, zh } = why.describe();
    finding("privacy/unread", text!("this file could not be looked into: {en}", "无法检查此文件的内容：{zh}")).help(
        match why {
            attachment::Unread::Format => text!(
                "save it in a newer format (docx, xlsx, pdf), or look through it by hand",
                "请另存为 docx、xlsx 或 pdf，或人工核对"
            ),
            _ => text!("look through it by hand before it goes out", "发布前请人工核对"),
        },
    )
}
