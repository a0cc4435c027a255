//! Stylesheets: `sass/**/*.{sass,scss}` compiled to CSS.

mod files;
mod guard;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::thread;

use grass::{ErrorKind, Options, OutputStyle};
use walkdir::WalkDir;

use self::files::{Files, Log, Seen, place};
use self::guard::Patience;
use super::{canonical_root, outside_root, relative_name, walk_error};
use crate::diagnostic::{Diagnostic, Place, Text};
use crate::text;

/// The stack that stylesheets are compiled on, in bytes. grass takes up to 32 KiB a level of nesting in a debug build,
/// and for mixins and functions that include or call themselves too.
const STACK: usize = 256 << 20;

/// What calls may use of it: more than a thousand levels, where rules in rules make selectors of a thousand parts. The rest is for
/// what is between two calls: the nesting of one file, which [`files`] bounds.
const CALLS: usize = STACK / 16;

/// One compiled stylesheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stylesheet {
    /// Where it goes in the site: relative to the folder, with `/`, ending in `.css`.
    pub output: String,
    /// Compressed CSS.
    pub css: String,
    /// The file it was compiled from, relative to the site's root, with `/`.
    pub source: String,
    /// Every file it was made of, itself included; absolute, sorted. It compiles to the same as long as they stay and no file comes
    /// that an import would find before them.
    pub reads: Vec<PathBuf>,
}

/// Compiles what is below `dir`, sorted by output path. `root` is the site's folder: nothing outside of it is read, and
/// diagnostics name files relative to it. A folder that does not exist has no stylesheets.
///
/// Files and folders whose names start with `_` are parts of others. `@warn` and what Sass deprecates are warnings,
/// `@debug` is dropped. Errors: a stylesheet that does not compile (the others still do), two that compile to the same
/// file (neither does), unreadable files, names that are not Unicode.
pub fn compile(dir: &Path, root: &Path) -> (Vec<Stylesheet>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    match dir.try_exists() {
        Ok(true) => {}
        Ok(false) => return (Vec::new(), diagnostics),
        Err(error) => return (Vec::new(), vec![Diagnostic::io(relative_name(dir, root), &error)]),
    }
    let name = relative_name(dir, root);
    let root = match canonical_root(root) {
        Ok(root) => root,
        Err(diagnostic) => return (Vec::new(), vec![*diagnostic]),
    };
    let dir = match dir.canonicalize() {
        Ok(dir) if dir.starts_with(&root) => dir,
        Ok(_) => return (Vec::new(), vec![outside_root(&name)]),
        Err(error) => return (Vec::new(), vec![Diagnostic::io(name, &error)]),
    };

    let sources = sources(&dir, &root, &mut diagnostics);
    if sources.is_empty() {
        return (Vec::new(), diagnostics);
    }
    let compiled = thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(STACK);
        worker.spawn_scoped(scope, || compile_all(sources, &root))?.join().map_err(|_| io::Error::other("panic"))
    });
    match compiled {
        Ok((stylesheets, more)) => {
            diagnostics.extend(more);
            (stylesheets, diagnostics)
        }
        Err(error) => {
            diagnostics.push(Diagnostic::io(name, &error));
            (Vec::new(), diagnostics)
        }
    }
}

fn compile_all(sources: BTreeMap<String, Vec<PathBuf>>, root: &Path) -> (Vec<Stylesheet>, Vec<Diagnostic>) {
    let (mut stylesheets, mut diagnostics) = (Vec::new(), Vec::new());
    for (output, sources) in sources {
        match sources.as_slice() {
            [source] => stylesheets.extend(compile_file(source, output, root, &mut diagnostics)),
            [first, second, ..] => diagnostics.push(conflict(&output, first, second, root)),
            [] => {}
        }
    }
    (stylesheets, diagnostics)
}

/// The stylesheets below `dir` by the path that each compiles to.
fn sources(dir: &Path, root: &Path, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<String, Vec<PathBuf>> {
    let mut sources: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let is_part = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b"_");
    let walk = WalkDir::new(dir).min_depth(1).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !is_part(entry.file_name())) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                diagnostics.push(walk_error(&error, root));
                continue;
            }
        };
        let path = entry.path();
        // Asked of the path, because the entry of a link to a stylesheet is no file.
        if !path.extension().is_some_and(|extension| extension == "sass" || extension == "scss") || path.is_dir() {
            continue;
        }
        if path.to_str().is_none() {
            let name = relative_name(path, root);
            let message =
                text!("the name of `{name}` is not valid Unicode", "`{name}` 的文件名不是有效的 Unicode 编码");
            diagnostics.push(Diagnostic::error("asset/file-name", message).at(Place::file(name)));
            continue;
        }
        let output = relative_name(&path.with_extension("css"), dir);
        sources.entry(output).or_default().push(entry.into_path());
    }
    sources
}

fn conflict(output: &str, first: &Path, second: &Path, root: &Path) -> Diagnostic {
    let (first, second) = (relative_name(first, root), relative_name(second, root));
    Diagnostic::error(
        "sass/conflict",
        text!("`{first}` and `{second}` both compile to `{output}`", "`{first}` 和 `{second}` 都会编译成 `{output}`"),
    )
    .at(Place::file(second))
    .help(text!("delete or rename one of them", "请删除或重命名其中一个"))
}

fn compile_file(source: &Path, output: String, root: &Path, diagnostics: &mut Vec<Diagnostic>) -> Option<Stylesheet> {
    let (mut run, marked) = compile_once(source, root, true);
    // What marks move is where something is said to stand.
    if marked && !matches!(run.css, Err(Failure::Stopped(_))) && (run.css.is_err() || !run.warnings.is_empty()) {
        run = compile_once(source, root, false).0;
    }
    diagnostics.append(&mut run.warnings);

    let name = relative_name(source, root);
    let error = match (run.seen.failed, run.css) {
        (Some(failed), _) => failed,
        (None, Ok(css)) => {
            return Some(Stylesheet { output, css, source: name, reads: run.seen.read.into_iter().collect() });
        }
        (None, Err(Failure::Stopped(stopped))) => *stopped,
        (None, Err(Failure::Told(error))) => match (*error).kind() {
            ErrorKind::ParseError { message, loc, .. } => {
                let error = Diagnostic::error("sass/error", Text::verbatim(message)).at(place(&loc, root));
                match run.seen.refused.first() {
                    Some(path) => error.note(outside_root(&relative_name(path, root)).message),
                    None => error,
                }
            }
            // Not met: `Files` has seen to what cannot be read and what is not text.
            _ => unsupported(name),
        },
        (None, Err(Failure::Panic)) => unsupported(name),
    };
    diagnostics.push(error);
    None
}

/// One run of the compiler.
struct Run {
    css: Result<String, Failure>,
    seen: Seen,
    warnings: Vec<Diagnostic>,
}

enum Failure {
    Told(Box<grass::Error>),
    /// It would not have come to an end.
    Stopped(Box<Diagnostic>),
    /// grass panics where it is not finished, for example on `simple-selectors('> a')`.
    Panic,
}

/// Also whether files were marked, which only happens if the run is to be guarded.
fn compile_once(source: &Path, root: &Path, guarded: bool) -> (Run, bool) {
    let files = Files { root: root.to_path_buf(), seen: RefCell::default(), guarded, marked: Cell::default() };
    let log = Log {
        root: root.to_path_buf(),
        warnings: RefCell::default(),
        patience: Patience::new(CALLS),
        stopped: RefCell::default(),
    };
    let options = Options::default().style(OutputStyle::Compressed).fs(&files).logger(&log);
    let result = catch_unwind(AssertUnwindSafe(|| grass::from_path(source, &options)));
    let css = match (log.stopped.into_inner(), result) {
        (Some(stopped), _) => Err(Failure::Stopped(Box::new(stopped))),
        (None, Ok(result)) => result.map_err(Failure::Told),
        (None, Err(_)) => Err(Failure::Panic),
    };
    (Run { css, seen: files.seen.into_inner(), warnings: log.warnings.into_inner() }, files.marked.get())
}

fn unsupported(name: String) -> Diagnostic {
    let message =
        text!("`{name}` uses something that the Sass compiler cannot do", "`{name}` 使用了 Sass 编译器不支持的写法");
    Diagnostic::error("sass/unsupported", message).at(Place::file(name)).help(text!(
        "leave out half of the file, then half of the rest, until it compiles",
        "请逐步删减文件内容，直到能够编译，以找出出错的地方"
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::{TempDir, tempdir};

    use super::*;

    fn site(files: &[(&str, &str)]) -> TempDir {
        let dir = tempdir().unwrap();
        for (file, content) in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        dir
    }

    fn compiled(dir: &TempDir) -> (Vec<(String, String)>, Vec<Diagnostic>) {
        let (stylesheets, diagnostics) = compile(&dir.path().join("sass"), dir.path());
        (stylesheets.into_iter().map(|sheet| (sheet.output, sheet.css)).collect(), diagnostics)
    }

    /// Code, file, line and column of the only diagnostic.
    fn only(diagnostics: &[Diagnostic]) -> (&str, &str, Option<(usize, usize)>) {
        let [diagnostic] = diagnostics else { panic!("{diagnostics:#?}") };
        let place = diagnostic.place.as_ref().unwrap();
        (diagnostic.code, &place.file, place.line_column())
    }

    #[test]
    fn compiles_everything_but_parts() {
        let dir = site(&[
            ("sass/b/site.scss", "@use '../colors' as c;\n@import 'part';\na { b { color: c.$red } }"),
            ("sass/a.sass", "a\n  color: blue\n"),
            ("sass/_colors.scss", "$red: #f00;"),
            ("sass/b/_part.scss", "i { margin: 0 }"),
            ("sass/_hidden/x.scss", "broken {"),
            ("sass/plain.css", "x{}"),
            ("sass/readme.md", "no"),
        ]);
        let (stylesheets, diagnostics) = compile(&dir.path().join("sass"), dir.path());
        assert_eq!(diagnostics, []);
        let [a, site] = stylesheets.as_slice() else { panic!("{stylesheets:#?}") };
        assert_eq!((a.output.as_str(), a.css.as_str(), a.source.as_str()), ("a.css", "a{color:blue}", "sass/a.sass"));
        assert_eq!((site.output.as_str(), site.css.as_str()), ("b/site.css", "i{margin:0}a b{color:red}"));
        let root = dir.path().canonicalize().unwrap();
        let reads: Vec<_> = site.reads.iter().map(|path| relative_name(path, &root)).collect();
        assert_eq!(reads, ["sass/_colors.scss", "sass/b/_part.scss", "sass/b/site.scss"]);
    }

    #[test]
    fn a_missing_folder_is_empty() {
        assert_eq!(compiled(&site(&[])), (vec![], vec![]));
    }

    #[test]
    fn two_sources_of_one_file_are_an_error() {
        let dir = site(&[("sass/x/a.sass", "a\n  b: c\n"), ("sass/x/a.scss", "a{b:c}"), ("sass/b.scss", "a{b:c}")]);
        let (css, diagnostics) = compiled(&dir);
        assert_eq!(css.len(), 1);
        assert_eq!(only(&diagnostics), ("sass/conflict", "sass/x/a.scss", None));
        assert_eq!(diagnostics[0].message.en, "`sass/x/a.sass` and `sass/x/a.scss` both compile to `x/a.css`");
    }

    #[test]
    fn errors_point_at_the_line_of_the_file_that_has_them() {
        let dir = site(&[
            ("sass/a.scss", "// 中文\n@import 'part';"),
            ("sass/_part.scss", "a {\n  /* 科普 */ width: 1px + 1s;\n}"),
            ("sass/b.scss", "b { c: d }"),
        ]);
        let (css, diagnostics) = compiled(&dir);
        assert_eq!(css, [("b.css".to_owned(), "b{c:d}".to_owned())]);
        assert_eq!(only(&diagnostics), ("sass/error", "sass/_part.scss", Some((2, 19))));
        let (text, span) = diagnostics[0].place.clone().unwrap().excerpt.unwrap();
        assert_eq!(&text[span], "1px + 1s");
        let unclosed = site(&[("sass/a.scss", "a {\n")]);
        assert_eq!(only(&compiled(&unclosed).1).0, "sass/error");
        let missing = site(&[("sass/a.scss", "\n@use 'nope';")]);
        assert_eq!(only(&compiled(&missing).1), ("sass/error", "sass/a.scss", Some((2, 1))));
    }

    #[test]
    fn warnings_are_collected() {
        let (css, diagnostics) = compiled(&site(&[("sass/a.scss", "a{b:c}\n@debug 1;\n@warn 'old';")]));
        assert_eq!(css.len(), 1);
        assert_eq!(only(&diagnostics), ("sass/warning", "sass/a.scss", Some((3, 7))));
        assert!(!diagnostics[0].is_error());
    }

    #[test]
    fn what_is_not_text_names_its_file() {
        let dir = site(&[("sass/a.scss", "@import 'part';")]);
        fs::write(dir.path().join("sass/_part.scss"), b"\xff\xfe").unwrap();
        assert_eq!(only(&compiled(&dir).1), ("sass/unreadable", "sass/_part.scss", None));
    }

    #[test]
    fn nothing_outside_of_the_site_is_read() {
        let outside = site(&[("_secret.scss", "a{b:secret}")]);
        let absolute = outside.path().join("secret").to_str().unwrap().to_owned();
        let up = format!("../../{}/secret", outside.path().file_name().unwrap().to_str().unwrap());
        for url in [absolute, up] {
            for rule in ["@import", "@use", "@forward"] {
                let dir = site(&[("sass/a.scss", &format!("{rule} '{url}';"))]);
                let (css, diagnostics) = compiled(&dir);
                assert_eq!(css, []);
                assert_eq!(only(&diagnostics).0, "sass/error");
                assert!(diagnostics[0].notes[0].en.contains("leads out"));
            }
        }
        // The rest of the site may be used.
        let dir = site(&[("sass/a.scss", "@import '../themes/t/sass/t';"), ("themes/t/sass/_t.scss", "a{b:c}")]);
        assert_eq!(compiled(&dir).0.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_site_are_refused() {
        use std::os::unix::fs::symlink;
        let outside = site(&[("sass/x.scss", "a{b:secret}")]);
        let dir = site(&[("sass/a.scss", "a{b:c}")]);
        symlink(outside.path().join("sass/x.scss"), dir.path().join("sass/x.scss")).unwrap();
        symlink("a.scss", dir.path().join("sass/b.scss")).unwrap();
        let (css, diagnostics) = compiled(&dir);
        assert_eq!(css.iter().map(|(output, _)| output.as_str()).collect::<Vec<_>>(), ["a.css", "b.css"]);
        assert_eq!(only(&diagnostics).0, "asset/outside-root");

        let linked = site(&[]);
        symlink(outside.path().join("sass"), linked.path().join("sass")).unwrap();
        assert_eq!(only(&compiled(&linked).1), ("asset/outside-root", "sass", None));
    }

    #[test]
    fn circles_are_errors() {
        let files =
            [("sass/a.scss", "@import 'b';"), ("sass/_b.scss", "@import 'c';"), ("sass/_c.scss", "@import 'b';")];
        assert_eq!(only(&compiled(&site(&files)).1).0, "sass/error");
        let files = [("sass/a.scss", "@use 'b';"), ("sass/_b.scss", "@use 'c';"), ("sass/_c.scss", "@use 'b';")];
        assert_eq!(only(&compiled(&site(&files)).1).0, "sass/error");
        assert_eq!(only(&compiled(&site(&[("sass/a.scss", "@import 'a';")])).1).0, "sass/error");
    }

    #[test]
    fn what_the_compiler_cannot_do_is_an_error() {
        let dir = site(&[("sass/a.scss", "a{b:simple-selectors('> a')}"), ("sass/b.scss", "a{b:c}")]);
        let (css, diagnostics) = compiled(&dir);
        assert_eq!(css.len(), 1);
        assert_eq!(only(&diagnostics), ("sass/unsupported", "sass/a.scss", None));
    }

    #[test]
    fn deep_nesting_is_compiled_or_refused() {
        let nested = |open: &str, close: &str, depth: usize| {
            site(&[("sass/a.scss", &format!("{}a{{b:c}}{}", open.repeat(depth), close.repeat(depth)))])
        };
        assert_eq!(compiled(&nested("@media print{", "}", 1000)).0.len(), 1);
        assert_eq!(only(&compiled(&nested("a{", "}", 100_000)).1), ("sass/unreadable", "sass/a.scss", None));
        let recursive = "@function f($n) { @if $n > 0 { @return f($n - 1) } @return 1 } a { b: f(400) }";
        assert_eq!(compiled(&site(&[("sass/a.scss", recursive)])).0[0].1, "a{b:1}");
    }

    #[test]
    fn what_never_ends_is_stopped_at_its_head() {
        let endless = [
            ("sass/a.scss", "@function f($a) {\n  @return f($a + 1);\n}\na { b: f(1) }", "@function f($a)"),
            ("sass/a.scss", "@mixin m { @include n; }\n@mixin n { b { @include m; } }\na { @include m; }", "@mixin"),
            ("sass/a.scss", "a { $i: 1; @while true { $i: $i + 1; } }", "@while true"),
            ("sass/a.sass", "=m\n  a\n    +m\nb\n  +m\n", "=m"),
            ("sass/a.sass", "@function f($a)\n  @return f($a)\na\n  b: f(1)\n", "@function f($a)"),
        ];
        for (file, source, head) in endless {
            let dir = site(&[(file, source), ("sass/b.scss", "a{b:c}")]);
            let (css, diagnostics) = compiled(&dir);
            assert_eq!(css.len(), 1, "{source}");
            assert_eq!(only(&diagnostics).0, "sass/endless", "{source}: {diagnostics:#?}");
            let (text, span) = diagnostics[0].place.clone().unwrap().excerpt.unwrap();
            assert!(text[span].starts_with(head), "{source}: {diagnostics:#?}");
        }
    }

    #[test]
    fn marks_do_not_move_what_is_told() {
        let source = "@mixin m { @warn 'old'; } @function f() { @return 1px } a { @include m; b: f() + 1s; }";
        let (_, diagnostics) = compiled(&site(&[("sass/a.scss", source)]));
        let columns: Vec<_> = diagnostics.iter().map(|d| d.place.as_ref().unwrap().line_column().unwrap().1).collect();
        assert_eq!(columns, [18, 76]);
    }

    #[test]
    fn odd_sources_do_no_harm() {
        let sources = [
            "",
            "\u{feff}a{b:c}",
            "}",
            "a{",
            "@",
            "@import",
            "@import url(",
            "/*",
            "\0",
            "a{b:#{",
            "@if",
            "%",
            "$",
            "a{&-b:c}",
            "@extend",
            "&",
            "科普",
            "@media",
            "a{b:calc(1px+)}",
            "@function f(",
            "@include x",
            "@use 'sass:math'; a{b:math.div(1,0)}",
            "a{b:1e999px}",
            "@supports",
            "@charset",
            "\r\r\n\u{2028}",
        ];
        for source in sources {
            for file in ["sass/a.scss", "sass/a.sass"] {
                let (css, diagnostics) = compiled(&site(&[(file, source)]));
                assert!(css.len() == 1 || diagnostics.iter().any(Diagnostic::is_error), "{file} {source:?}");
            }
        }
    }
}
