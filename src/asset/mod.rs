//! Everything a site carries besides its pages: stylesheets, images, static files, and minified HTML.
//!
//! Files on disk (or the HTML of a rendered page) come in; CSS, image facts, finished images in a cache folder,
//! lists of files and smaller HTML go out, each failure as a message with its place.
//! Which URL anything gets, finding the file a template asked for, and writing the site are not its business.

pub mod image;
pub mod minify;
pub mod sass;
pub mod static_files;

use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Place, Result};
use crate::text;

/// The canonical form of the site's root. Whatever this room opens must lie below it.
fn canonical_root(root: &Path) -> Result<PathBuf> {
    root.canonicalize().map_err(|error| Box::new(Diagnostic::io(display_name(root), &error)))
}

/// A path as messages show it: relative to `root` where it lies below it, with `/` on every system.
fn relative_name(path: &Path, root: &Path) -> String {
    display_name(path.strip_prefix(root).unwrap_or(path))
}

fn display_name(path: &Path) -> String {
    let name = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' { name.replace('\\', "/") } else { name.into_owned() }
}

/// What a symbolic link (or a `..`) that leads out of the site gets.
fn outside_root(name: &str) -> Diagnostic {
    Diagnostic::error(
        "asset/outside-root",
        text!("`{name}` leads out of the site's folder", "`{name}` 指向了网站文件夹之外"),
    )
    .at(Place::file(name))
    .help(text!(
        "copy the file or folder into the site instead of linking to it",
        "请把该文件或文件夹复制到网站里，不要使用指向外部的链接"
    ))
}

/// A failure of [`walkdir`] below `root`.
fn walk_error(error: &walkdir::Error, root: &Path) -> Diagnostic {
    let name = error.path().map(|path| relative_name(path, root)).unwrap_or_default();
    if error.loop_ancestor().is_some() {
        return Diagnostic::error(
            "asset/link-loop",
            text!(
                "the link `{name}` leads back to a folder that contains it",
                "链接 `{name}` 指回了包含它自己的文件夹"
            ),
        )
        .at(Place::file(name));
    }
    match error.io_error() {
        Some(error) => Diagnostic::io(name, error),
        None => Diagnostic::error("io", text!("cannot read `{name}`: {error}", "无法读取 `{name}`：{error}"))
            .at(Place::file(name)),
    }
}

/// About how many levels deep tags and brackets nest, for libraries that call themselves at every level and would
/// overflow the stack. Tags that are never closed count as open to the end. Closing marks in strings or comments are
/// taken for real, so this is a guard against files that went wrong, not against an attack.
fn nesting(text: &str) -> usize {
    const VOID: [&[u8]; 13] = [
        b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source", b"track",
        b"wbr",
    ];
    let (mut tags, mut brackets): (Vec<&[u8]>, Vec<u8>) = (Vec::new(), Vec::new());
    let mut deepest = 0;
    let name = |from: usize| {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        let end = rest.iter().position(|&c| c.is_ascii_whitespace() || matches!(c, b'>' | b'/' | b'<'));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    };
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => brackets.push(b')'),
            b'[' => brackets.push(b']'),
            b'{' => brackets.push(b'}'),
            b')' | b']' | b'}' if brackets.last() == Some(&byte) => {
                brackets.pop();
            }
            b'<' => match text.as_bytes().get(at + 1) {
                Some(b'/') if tags.last().is_some_and(|tag| tag.eq_ignore_ascii_case(name(at + 2))) => {
                    tags.pop();
                }
                Some(first) if first.is_ascii_alphanumeric() => {
                    let tag = name(at + 1);
                    if !VOID.iter().any(|void| void.eq_ignore_ascii_case(tag)) {
                        tags.push(tag);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        deepest = deepest.max(tags.len() + brackets.len());
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_counts_tags_and_brackets() {
        assert_eq!(nesting(""), 0);
        assert_eq!(nesting("<p>a</p><P>b</p>"), 1);
        assert_eq!(nesting("<div><p class='x'><img><br/>a (b [c])</p></div>"), 4);
        assert_eq!(nesting("a{b:c}d{e:f(1)}"), 2);
        assert_eq!(nesting("<li>a<li>b<li>c"), 3);
        assert_eq!(nesting(") ] } </p> <"), 0);
        assert_eq!(nesting(&"<b>".repeat(50_000)), 50_000);
    }
}
