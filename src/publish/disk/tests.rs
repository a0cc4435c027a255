//! Small sites in temporary folders; builds that are really killed; disks that are really full.

mod guarding;
mod killed;
mod refused;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::manifest::Manifest;
use super::{Options, Output, Staged, guard};
use crate::diagnostic::{Diagnostic, Language, Result};

pub(super) use killed::kill_at;

/// A site of its own, with an output folder `public`.
struct Site {
    _temp: Option<TempDir>,
    root: PathBuf,
    options: Options,
    exchange: bool,
}

impl Site {
    fn new() -> Self {
        let temp = TempDir::new().unwrap();
        let root = fs::canonicalize(temp.path()).unwrap().join("site");
        fs::create_dir(&root).unwrap();
        Self { _temp: Some(temp), ..Self::at(root) }
    }

    fn at(root: PathBuf) -> Self {
        fs::create_dir_all(root.join("content")).unwrap();
        Self { _temp: None, root, options: Options::default(), exchange: true }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Puts a file of somebody else's into the site.
    fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn output(&self) -> Output {
        self.output_at("public")
    }

    fn output_at(&self, path: &str) -> Output {
        guard(&self.root, Path::new(path), &["content".into()]).unwrap()
    }

    fn begin(&self) -> Result<Staged> {
        self.begin_at("public")
    }

    fn begin_at(&self, output: &str) -> Result<Staged> {
        let mut staged = Staged::begin(self.output_at(output), self.options)?;
        if !self.exchange {
            staged.exchange = |_, _| Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(staged)
    }

    /// A whole build of files that hold their own names and `edition`. Returns the codes of its warnings.
    fn build(&self, files: &[&str], edition: &str) -> Result<Vec<&'static str>> {
        self.build_at("public", files, edition)
    }

    fn build_at(&self, output: &str, files: &[&str], edition: &str) -> Result<Vec<&'static str>> {
        let staged = self.begin_at(output)?;
        for file in files {
            staged.write(file, format!("{file} {edition}").as_bytes())?;
        }
        Ok(staged.commit(&BTreeSet::new())?.warnings.iter().map(|warning| warning.code).collect())
    }

    /// Everything in the site's folder but the record of outputs.
    fn files(&self) -> BTreeMap<String, String> {
        let mut all = tree(&self.root);
        all.retain(|path, _| !path.starts_with(".kepu") && path != "content/");
        all
    }
}

/// Relative paths with contents; folders end with `/`, symlinks hold `-> target`.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1).into_iter().map(|entry| {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        if entry.path_is_symlink() {
            (path, format!("-> {}", fs::read_link(entry.path()).unwrap().display()))
        } else if entry.file_type().is_dir() {
            (path + "/", String::new())
        } else {
            (path, String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned())
        }
    });
    entries.collect()
}

fn paths(tree: &BTreeMap<String, String>) -> Vec<&str> {
    tree.keys().map(String::as_str).collect()
}

fn error<T>(result: Result<T>) -> Diagnostic {
    match result {
        Ok(_) => panic!("this should have failed"),
        Err(diagnostic) => *diagnostic,
    }
}

fn code<T>(result: Result<T>) -> &'static str {
    error(result).code
}

/// All that a diagnostic says. How it looks is not tested here.
fn said(diagnostic: &Diagnostic, lang: Language) -> String {
    let notes = diagnostic.notes.iter().map(|note| format!("\nnote: {}", note.get(lang)));
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {}", help.get(lang)));
    diagnostic.message.get(lang).to_owned() + &notes.chain(help).collect::<String>()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// A small disk, unmounted on drop.
struct Mount(PathBuf);

impl Mount {
    /// Whoever cannot mount has to say so with `KEPU_TEST_WITHOUT_MOUNTS=1`; these tests are not skipped in silence.
    fn new(at: PathBuf, options: &str) -> Option<Self> {
        if std::env::var_os("KEPU_TEST_WITHOUT_MOUNTS").is_some() {
            return None;
        }
        fs::create_dir_all(&at).unwrap();
        let status =
            std::process::Command::new("mount").args(["-t", "tmpfs", "-o", options, "kepu-test"]).arg(&at).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "cannot mount a small disk; run the tests as root or set KEPU_TEST_WITHOUT_MOUNTS=1"
        );
        Some(Self(at))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(std::process::Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn first_build_and_next_build() {
    let site = Site::new();
    assert!(site.build(&["index.html", "a/b/index.html"], "1").unwrap().is_empty());
    assert_eq!(
        paths(&site.files()),
        ["public/", "public/a/", "public/a/b/", "public/a/b/index.html", "public/index.html"]
    );
    assert!(site.build(&["index.html", "c/index.html"], "2").unwrap().is_empty());
    let files = site.files();
    assert_eq!(paths(&files), ["public/", "public/c/", "public/c/index.html", "public/index.html"]);
    assert_eq!(files["public/index.html"], "index.html 2");
}

#[test]
fn the_record_is_plain_text() {
    let site = Site::new();
    site.build(&["z.html", "a/index.html", "line\nbreak"], "1").unwrap();
    let kept: Vec<_> = tree(&site.path(".kepu")).into_iter().filter(|(path, _)| !path.ends_with('/')).collect();
    assert_eq!(kept[0], (".gitignore".into(), "*\n".into()));
    assert!(kept[1].0.starts_with("outputs/public-") && kept[1].0.ends_with(".txt"), "{}", kept[1].0);
    assert_eq!(kept[1].1, "a/index.html\nline\\nbreak\nz.html\n");
    assert_eq!(kept.len(), 2);
    // A site that moves with its output takes the record along.
    let moved = Site::at(site.root.with_file_name("moved"));
    fs::remove_dir_all(&moved.root).unwrap();
    fs::rename(&site.root, &moved.root).unwrap();
    moved.build(&["index.html"], "2").unwrap();
}

#[test]
fn a_dropped_build_changes_nothing() {
    for exchange in [true, false] {
        let site = Site { exchange, ..Site::new() };
        drop(site.begin_at("not/yet/public").unwrap());
        assert!(site.files().is_empty());
        site.build(&["index.html"], "1").unwrap();
        let before = tree(&site.root);
        let staged = site.begin().unwrap();
        staged.write("other.html", b"2").unwrap();
        drop(staged);
        assert_eq!(tree(&site.root), before);
    }
}

#[test]
fn parents_are_made() {
    let site = Site::new();
    site.build_at("not/yet/public", &["index.html"], "1").unwrap();
    assert_eq!(site.files()["not/yet/public/index.html"], "index.html 1");
    site.build_at("../elsewhere/public/", &["index.html"], "1").unwrap();
    site.build_at("../elsewhere/x/../public", &["index.html"], "2").unwrap();
    assert_eq!(fs::read_to_string(site.path("../elsewhere/public/index.html")).unwrap(), "index.html 2");
}

#[test]
fn systems_that_cannot_exchange() {
    let site = Site { exchange: false, ..Site::new() };
    for edition in ["1", "2", "3"] {
        assert!(site.build(&["index.html", edition], edition).unwrap().is_empty());
        assert_eq!(paths(&site.files()), ["public/", &format!("public/{edition}"), "public/index.html"]);
    }
}

#[test]
fn foreign_files_are_never_replaced() {
    let site = Site::new();
    site.build(&["index.html"], "1").unwrap();
    site.put("public/mine.txt", "precious");
    let before = tree(&site.root);
    let refused = error(site.build(&["index.html"], "2"));
    assert_eq!(tree(&site.root), before);
    assert_eq!(
        said(&refused, Language::En),
        "the output folder `public` holds files that kepu did not write: `mine.txt`
note: a build replaces the whole folder, so they would be lost
help: remove them, or pass `--force` to delete all that is in the folder"
    );
    for name in ["a/1", "a/2", "b", "c"] {
        site.put(&format!("public/{name}"), "");
    }
    let named = error(site.build(&["index.html"], "2")).message;
    assert!(named.en.ends_with("write: `a/1`, `a/2`, `b` and more"), "{}", named.en);
    assert!(named.zh.ends_with("`a/1`、`a/2`、`b`等"), "{}", named.zh);
    Site {
        options: Options { force: true, ..Options::default() },
        root: site.root.clone(),
        _temp: None,
        exchange: true,
    }
    .build(&["index.html"], "2")
    .unwrap();
    assert_eq!(paths(&site.files()), ["public/", "public/index.html"]);
    site.build(&["index.html"], "3").unwrap();
}

#[test]
fn foreign_are_also() {
    // What another program made, before the first build.
    let site = Site::new();
    site.put("public/index.html", "by Zola");
    assert_eq!(code(site.build(&["index.html"], "1")), "publish/foreign-files");
    // Symlinks in the place of our files, names that are not Unicode, files put there during a build.
    let site = Site::new();
    site.build(&["index.html", "a"], "1").unwrap();
    fs::remove_file(site.path("public/a")).unwrap();
    std::os::unix::fs::symlink("index.html", site.path("public/a")).unwrap();
    assert_eq!(code(site.begin()), "publish/foreign-files");
    fs::remove_file(site.path("public/a")).unwrap();
    let strange = site.path("public").join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff"));
    fs::write(&strange, "").unwrap();
    assert_eq!(code(site.begin()), "publish/foreign-files");
    fs::remove_file(&strange).unwrap();
    let staged = site.begin().unwrap();
    site.put("public/just-now.txt", "precious");
    assert_eq!(code(staged.commit(&BTreeSet::new())), "publish/foreign-files");
    assert_eq!(site.files()["public/just-now.txt"], "precious");
    // Empty folders hold nothing.
    let site = Site::new();
    fs::create_dir_all(site.path("public/x/y")).unwrap();
    site.build(&["index.html"], "1").unwrap();
    // A record that is damaged knows nothing.
    let record = fs::read_dir(site.path(".kepu/outputs")).unwrap().next().unwrap().unwrap().path();
    fs::write(record, b"\xff\xfe").unwrap();
    assert_eq!(code(site.begin()), "publish/foreign-files");
}

#[test]
fn dotfiles_are_kept_when_asked() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    for exchange in [true, false] {
        let mut site = Site { exchange, ..Site::new() };
        site.put("public/.git/objects/ab/cd", "object");
        site.put("public/.git/HEAD", "ref");
        fs::create_dir_all(site.path("public/.git/refs/heads")).unwrap();
        fs::set_permissions(site.path("public/.git/refs/heads"), fs::Permissions::from_mode(0o500)).unwrap();
        fs::set_permissions(site.path("public/.git/HEAD"), fs::Permissions::from_mode(0o440)).unwrap();
        std::os::unix::fs::symlink("nowhere", site.path("public/.link")).unwrap();
        site.put("public/.well-known/token", "foreign");
        let refused = error(site.begin());
        assert_eq!(refused.code, "publish/foreign-files");
        assert!(refused.message.en.ends_with("`.git`, `.link`, `.well-known`"), "{}", refused.message.en);
        assert!(refused.help.unwrap().en.contains("preserve_dotfiles_in_output"));

        site.options.preserve_dotfiles = true;
        let stamp = |name: &str| {
            let meta = fs::symlink_metadata(site.path(name)).unwrap();
            (meta.mode(), meta.mtime(), meta.mtime_nsec(), meta.len())
        };
        let names = ["public/.git/HEAD", "public/.git/refs/heads", "public/.link"];
        let before = names.map(stamp);
        let kept = tree(&site.path("public"));
        site.build(&["index.html", ".well-known/ours", ".nojekyll"], "1").unwrap();
        site.build(&["index.html", ".well-known/ours", ".nojekyll"], "2").unwrap();
        let after = tree(&site.path("public"));
        for (path, content) in &kept {
            assert_eq!(after.get(path), Some(content), "{path}");
        }
        assert_eq!(names.map(stamp)[0], before[0]);
        assert_eq!(names.map(stamp)[1].0, before[1].0);
        assert_eq!(names.map(stamp)[2], before[2]);
        assert_eq!(after[".well-known/ours"], ".well-known/ours 2");
        assert_eq!(after.len(), kept.len() + 3);
        // What we wrote ourselves goes when the site has it no more; what the site has wins.
        site.put("public/.htaccess", "foreign");
        site.build(&["index.html", ".htaccess"], "3").unwrap();
        let after = tree(&site.path("public"));
        assert_eq!(after[".htaccess"], ".htaccess 3");
        assert_eq!(after.len(), kept.len() + 2);
        // A file and a folder of one name: nothing may get lost.
        assert_eq!(code(site.build(&[".git"], "4")), "publish/dotfile");
        assert_eq!(code(site.build(&[".git/HEAD/x"], "4")), "publish/dotfile");
        assert_eq!(tree(&site.path("public")), after);
        // Elsewhere they are files like any other.
        site.put("public/a/.hidden", "foreign");
        assert_eq!(code(site.begin()), "publish/foreign-files");
        site.options.force = true;
        site.build(&["index.html"], "5").unwrap();
        assert_eq!(paths(&tree(&site.path("public"))).last(), Some(&"index.html"));
        assert_eq!(fs::read_to_string(site.path("public/.git/HEAD")).unwrap(), "ref");
    }
}

#[test]
fn a_symlinked_output_stays_a_symlink() {
    for exchange in [true, false] {
        let site = Site { exchange, ..Site::new() };
        fs::create_dir_all(site.path("../disk/html")).unwrap();
        std::os::unix::fs::symlink("../disk/html", site.path("public")).unwrap();
        for edition in ["1", "2"] {
            site.build(&["index.html"], edition).unwrap();
            assert_eq!(site.files()["public"], "-> ../disk/html");
            assert_eq!(
                fs::read_to_string(site.path("../disk/html/index.html")).unwrap(),
                format!("index.html {edition}")
            );
            assert_eq!(paths(&tree(&site.path("../disk"))), ["html/", "html/index.html"]);
        }
    }
}

#[test]
fn copies_are_ordinary_files() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let site = Site::new();
    site.put("static/a.css", "css");
    let source = site.path("static/a.css");
    fs::set_permissions(&source, fs::Permissions::from_mode(0o400)).unwrap();
    std::os::unix::fs::symlink("a.css", site.path("static/link.css")).unwrap();
    for _ in 0..2 {
        let staged = site.begin().unwrap();
        staged.copy("copy.css", &source, false).unwrap();
        staged.copy("deep/er/linked.css", &source, true).unwrap();
        staged.copy("through.css", &site.path("static/link.css"), true).unwrap();
        assert_eq!(code(staged.copy("no.css", &site.path("static/no.css"), false)), "publish/source");
        assert_eq!(code(staged.copy("no.css", &site.path("static"), false)), "publish/source");
        assert_eq!(code(staged.copy("copy.css", &source, false)), "publish/taken");
        assert_eq!(code(staged.copy("copy.css", &source, true)), "publish/taken");
        staged.commit(&BTreeSet::new()).unwrap();
        let meta = |name: &str| fs::symlink_metadata(site.path(name)).unwrap();
        let umask = fs::metadata(site.path("public")).unwrap().mode() & 0o222;
        assert_eq!(meta("public/copy.css").mode() & 0o222, umask);
        assert_eq!(meta("public/copy.css").nlink(), 1);
        assert_eq!(meta("public/deep/er/linked.css").ino(), meta("static/a.css").ino());
        assert_eq!(meta("public/through.css").ino(), meta("static/a.css").ino());
    }
    assert_eq!(fs::read_to_string(&source).unwrap(), "css");
    // A pipe would never end.
    assert!(std::process::Command::new("mkfifo").arg(site.path("static/pipe")).status().unwrap().success());
    assert_eq!(code(site.begin().unwrap().copy("pipe", &site.path("static/pipe"), false)), "publish/source");
}

#[test]
fn hard_links_across_disks_become_copies() {
    let site = Site::new();
    let Some(disk) = Mount::new(site.path("../disk"), "size=1m") else { return };
    site.put("static/a.css", "css");
    let staged = site.begin_at("../disk/public").unwrap();
    staged.copy("a.css", &site.path("static/a.css"), true).unwrap();
    staged.commit(&BTreeSet::new()).unwrap();
    assert_eq!(fs::read_to_string(disk.0.join("public/a.css")).unwrap(), "css");
}

#[test]
fn nothing_escapes_the_staging_folder() {
    let site = Site::new();
    site.put("victim/file", "precious");
    let staged = site.begin().unwrap();
    for path in ["", "/etc/x", "..", "../x", "a/../../x", "a//b", "a\\..\\b", "a\0", "./a", "a/"] {
        assert_eq!(code(staged.write(path, b"")), "publish/path", "{path:?}");
        assert_eq!(code(staged.copy(path, &site.path("victim/file"), true)), "publish/path", "{path:?}");
    }
    // Even if somebody plants a link there.
    std::os::unix::fs::symlink(site.path("victim"), staged.tree.folder().join("evil")).unwrap();
    std::os::unix::fs::symlink(site.path("victim/file"), staged.tree.folder().join("evil.txt")).unwrap();
    assert_eq!(code(staged.write("evil/file", b"gone")), "publish/taken");
    assert_eq!(code(staged.write("evil/sub/file", b"gone")), "publish/taken");
    assert_eq!(code(staged.write("evil.txt", b"gone")), "publish/taken");
    assert_eq!(code(staged.copy("evil.txt", &site.path("victim/file"), false)), "publish/taken");
    // A file is no folder, and a folder no file.
    staged.write("a", b"").unwrap();
    assert_eq!(code(staged.write("a/b", b"")), "publish/taken");
    staged.write("b/c", b"").unwrap();
    assert_eq!(code(staged.write("b", b"")), "publish/taken");
    drop(staged);
    assert_eq!(site.files()["victim/file"], "precious");
    assert_eq!(paths(&tree(&site.path("victim"))), ["file"]);
}

#[test]
fn a_site_from_elsewhere_cannot_make_us_write_through_its_links() {
    let site = Site::new();
    site.put("../victim/file", "precious");
    std::os::unix::fs::symlink("../victim", site.path(".kepu")).unwrap();
    assert_eq!(site.build(&["index.html"], "1").unwrap(), ["publish/not-recorded"]);
    assert_eq!(paths(&tree(&site.path("../victim"))), ["file", "outputs/"]);
    let site = Site::new();
    site.build(&["index.html"], "1").unwrap();
    site.put("../victim/file", "precious");
    let record = fs::read_dir(site.path(".kepu/outputs")).unwrap().next().unwrap().unwrap().path();
    std::os::unix::fs::symlink("../../../victim/file", record.with_extension("next")).unwrap();
    site.build(&["index.html"], "2").unwrap();
    assert_eq!(fs::read_to_string(site.path("../victim/file")).unwrap(), "precious");
}

#[test]
fn many_threads_write_one_tree() {
    let site = Site::new();
    let staged = site.begin().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let staged = &staged;
            scope.spawn(move || {
                for number in 0..200 {
                    staged.write(&format!("a/{}/b/{number}/{thread}.html", number % 7), b"x").unwrap();
                }
            });
        }
    });
    // One path, many threads: one wins, the others hear of it.
    let won: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| usize::from(staged.write("same", b"x").is_ok()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(won, 1);
    staged.commit(&BTreeSet::new()).unwrap();
    assert_eq!(tree(&site.path("public")).keys().filter(|path| !path.ends_with('/')).count(), 8 * 200 + 1);
    site.build(&["index.html"], "2").unwrap();
}

#[test]
fn the_output_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    site.build(&["index.html"], "1").unwrap();
    let mode = || fs::metadata(site.path("public")).unwrap().permissions().mode() & 0o7777;
    assert_ne!(mode(), 0o700, "the staging folder is private, the output is not");
    fs::set_permissions(site.path("public"), fs::Permissions::from_mode(0o2771)).unwrap();
    site.build(&["index.html"], "2").unwrap();
    assert_eq!(mode(), 0o2771);
}
