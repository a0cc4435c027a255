//! Builds that die between any two steps, and builds that meet.

use std::process::{Command, Stdio};

use super::super::{Committed, State, Written};
use super::*;
use crate::cache::{Digest, Reader, Writer};

/// Dies here, without running any destructor, if the test that started this process asked for it.
pub(in super::super) fn kill_at(name: &str) {
    if std::env::var("KEPU_TEST_KILL_AT").is_ok_and(|wanted| wanted == name) {
        std::process::abort();
    }
}

/// The site that [`run`] builds when it is a process of its own.
#[test]
#[ignore = "started by other tests as a process of its own"]
fn child() {
    let Some(root) = std::env::var_os("KEPU_TEST_ROOT") else { return };
    let exchange = std::env::var_os("KEPU_TEST_ASIDE").is_none();
    let site = Site { exchange, ..Site::at(root.into()) };
    let files = std::env::var("KEPU_TEST_FILES").unwrap();
    let files: Vec<&str> = files.split(' ').collect();
    let edition = std::env::var("KEPU_TEST_EDITION").unwrap();
    let state = std::env::var_os("KEPU_TEST_STATE").map(|file| fs::read(file).unwrap());
    match state.map(|bytes| State::read(&mut Reader(&bytes)).unwrap()) {
        None => drop(full(&site, &files, &edition)),
        Some(state) => drop(update(&site, state, &files, &edition)),
    }
}

/// Writes all files, and tells what the output looks like then.
fn full(site: &Site, files: &[&str], edition: &str) -> State {
    let staged = site.begin().unwrap();
    for file in files {
        staged.write(file, format!("{file} {edition}").as_bytes()).unwrap();
        kill_at("written");
    }
    let time = staged.time();
    state(time, staged.commit(&BTreeSet::new()).unwrap(), &State::default(), |path| format!("{path} {edition}"))
}

/// Writes all files but those that are called `both/…`, which stay.
fn update(site: &Site, earlier: State, files: &[&str], edition: &str) -> State {
    let mut staged = Staged::begin_after(site.output(), site.options, earlier.clone()).unwrap();
    if !site.exchange {
        staged.exchange = |_, _| Err(io::ErrorKind::InvalidInput.into());
    }
    let (kept, written): (Vec<&str>, Vec<&str>) =
        files.iter().partition(|file| file.starts_with("both/") && staged.is_intact(file));
    for file in &written {
        staged.write(file, format!("{file} {edition}").as_bytes()).unwrap();
        kill_at("written");
    }
    let time = staged.time();
    let kept = kept.into_iter().map(Box::from).collect();
    state(time, staged.commit(&kept).unwrap(), &earlier, |path| format!("{path} {edition}"))
}

fn state(time: i64, committed: Committed, earlier: &State, text: impl Fn(&str) -> String) -> State {
    let mut files = earlier.files.clone();
    files.retain(|path, _| path.starts_with("both/"));
    files.extend(committed.files.into_iter().map(|(path, stamp)| {
        let digest = Some(Digest::of(text(&path).as_bytes()));
        (path, Written { stamp, digest })
    }));
    State { time, files, folders: committed.folders, spare: committed.spare }
}

/// Builds in a process of its own, which dies at `kill_at`.
fn run(site: &Site, files: &str, edition: &str, kill_at: &str) {
    run_after(site, None, files, edition, kill_at);
}

/// [`run`] on top of what an earlier build left.
fn run_after(site: &Site, state: Option<&State>, files: &str, edition: &str, kill_at: &str) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let this = module_path!().split_once("::").unwrap().1;
    command.args(["--ignored", "--exact", &format!("{this}::child"), "--nocapture"]);
    command.env("KEPU_TEST_ROOT", &site.root).env("KEPU_TEST_FILES", files).env("KEPU_TEST_EDITION", edition);
    command.env("KEPU_TEST_KILL_AT", kill_at);
    let folder = TempDir::new().unwrap();
    if let Some(state) = state {
        let mut writer = Writer::default();
        state.write(&mut writer);
        fs::write(folder.path().join("state"), writer.0).unwrap();
        command.env("KEPU_TEST_STATE", folder.path().join("state"));
    }
    if !site.exchange {
        command.env("KEPU_TEST_ASIDE", "1");
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let died = std::os::unix::process::ExitStatusExt::signal(&output.status).is_some();
    assert_eq!(died, !kill_at.is_empty(), "{kill_at}: {text}");
    assert!(text.contains("running 1 test"), "{text}");
}

const STEPS: [(&str, bool); 8] = [
    ("begun", false),
    ("written", false),
    ("carried", false),
    ("prepared", false),
    ("aside", false),
    ("swapped", true),
    ("accepted", true),
    ("deleted", true),
];

const OLD: &str = "index.html old/a.html both/b.html";
const NEW: &str = "index.html new/c.html both/b.html";

fn expected(files: &str, edition: &str) -> BTreeMap<String, String> {
    files.split(' ').map(|file| (file.to_owned(), format!("{file} {edition}"))).collect()
}

fn published(site: &Site) -> BTreeMap<String, String> {
    let mut files = tree(&site.path("public"));
    files.retain(|path, _| !path.ends_with('/'));
    files
}

#[test]
fn killed_at_every_step() {
    for exchange in [true, false] {
        for (step, is_new) in STEPS {
            if step == "aside" && exchange {
                continue;
            }
            let site = Site { exchange, ..Site::new() };
            run(&site, OLD, "old", "");
            assert_eq!(published(&site), expected(OLD, "old"));
            run(&site, NEW, "new", step);
            let whole = if is_new { expected(NEW, "new") } else { expected(OLD, "old") };
            if step == "aside" {
                assert!(!site.path("public").exists());
            } else {
                assert_eq!(published(&site), whole, "{step}");
            }
            // The next build needs no --force. Given up, it leaves what the killed one left, and nothing else.
            drop(site.begin().unwrap_or_else(|error| panic!("{step}: {}", error.message.en)));
            assert_eq!(published(&site), whole, "{step}");
            assert!(site.files().keys().all(|path| path.starts_with("public")), "{step}: {:?}", site.files());
            // Killed again, before and after its swap, it still needs none.
            run(&site, "third.html", "3", "prepared");
            assert_eq!(published(&site), whole, "{step}");
            run(&site, "fourth.html", "4", "swapped");
            run(&site, "fifth.html", "5", "prepared");
            assert_eq!(published(&site), expected("fourth.html", "4"), "{step}");
            site.build(&["last.html"], "6").unwrap();
            assert_eq!(published(&site), expected("last.html", "6"));
            assert_eq!(tree(&site.path(".kepu/outputs")).into_values().collect::<Vec<_>>(), ["last.html\n"]);
            assert_eq!(paths(&site.files()), ["public/", "public/last.html"]);
        }
    }
}

/// What `both/…` holds is of the build that wrote it.
fn updated(files: &str, edition: &str, kept: &str) -> BTreeMap<String, String> {
    let mut files = expected(files, edition);
    files.iter_mut().filter(|(path, _)| path.starts_with("both/")).for_each(|(path, text)| {
        *text = format!("{path} {kept}");
    });
    files
}

#[test]
fn killed_at_every_step_of_an_update() {
    const STEPS: [(&str, bool); 9] = [
        ("begun", false),
        ("written", false),
        ("prepared", false),
        ("linked", false),
        ("carried", false),
        ("aside", false),
        ("swapped", true),
        ("accepted", true),
        ("deleted", true),
    ];
    for exchange in [true, false] {
        // With and without a spare.
        for builds in [1, 2, 3] {
            for (step, is_new) in STEPS {
                if step == "aside" && exchange {
                    continue;
                }
                let site = Site { exchange, ..Site::new() };
                let mut state = full(&site, &OLD.split(' ').collect::<Vec<_>>(), "1");
                let mut files = OLD;
                for build in 2..=builds {
                    files = if files == OLD { NEW } else { OLD };
                    state = update(&site, state, &files.split(' ').collect::<Vec<_>>(), &build.to_string());
                    assert!(state.spare.is_some());
                }
                let old = updated(files, &builds.to_string(), "1");
                assert_eq!(published(&site), old);
                let next = if files == OLD { NEW } else { OLD };
                let new = updated(next, "new", "1");
                run_after(&site, Some(&state), next, "new", step);
                if step == "aside" {
                    assert!(!site.path("public").exists());
                } else {
                    assert_eq!(&published(&site), if is_new { &new } else { &old }, "{step} after {builds}");
                }
                // The record still tells of the build before the one that was killed.
                update(&site, state, &next.split(' ').collect::<Vec<_>>(), "last");
                // An output that was set aside is put back first, and then nobody knows it.
                let kept = if step == "aside" { "last" } else { "1" };
                assert_eq!(published(&site), updated(next, "last", kept), "{step} after {builds}");
                assert!(site.files().keys().all(|path| path.starts_with("public")), "{step}: {:?}", site.files());
            }
        }
    }
}

#[test]
fn an_update_replaces_files_and_writes_to_none() {
    let site = Site::new();
    let state = full(&site, &["a", "both/b"], "1");
    let old = fs::read_link("/proc/self/exe").is_ok().then(|| fs::File::open(site.path("public/a")).unwrap());
    let both = fs::metadata(site.path("public/both/b")).unwrap();
    let state = update(&site, state, &["a", "both/b"], "2");
    assert_eq!(published(&site), updated("a both/b", "2", "1"));
    use std::os::unix::fs::MetadataExt;
    assert_eq!(fs::metadata(site.path("public/both/b")).unwrap().ino(), both.ino());
    if let Some(mut old) = old {
        let mut text = String::new();
        io::Read::read_to_string(&mut old, &mut text).unwrap();
        assert_eq!(text, "a 1");
    }
    // Whoever changes, deletes or replaces a file of the output gets it back, also where the two trees share it.
    for spoil in [
        (|path: &Path| fs::write(path, "somebody's longer text").unwrap()) as fn(&Path),
        |path| fs::remove_file(path).unwrap(),
        |path| fs::write(path, "both/b X").unwrap(),
    ] {
        let mut state = update(&site, state.clone(), &["a", "both/b"], "3");
        for edition in ["4", "5"] {
            spoil(&site.path("public/both/b"));
            let mut now = update(&site, state, &["a", "both/b"], edition);
            assert_eq!(published(&site), expected("a both/b", edition));
            now.files.get_mut("both/b").unwrap().digest = Some(Digest::of(format!("both/b {edition}").as_bytes()));
            state = now;
        }
    }
}

#[test]
fn killed_before_the_first_output() {
    for (step, is_new) in STEPS {
        let site = Site::new();
        if step == "aside" {
            continue;
        }
        run(&site, NEW, "new", step);
        assert_eq!(site.path("public").exists(), is_new, "{step}");
        site.build(&["last.html"], "6").unwrap();
        assert_eq!(paths(&site.files()), ["public/", "public/last.html"]);
    }
}

#[test]
fn killed_and_then_replaced_by_hand() {
    // The old output waits aside; the user, finding nothing, has put something else there.
    let site = Site { exchange: false, ..Site::new() };
    run(&site, OLD, "old", "");
    run(&site, NEW, "new", "aside");
    site.put("public/by-hand.html", "precious");
    assert_eq!(code(site.begin()), "publish/foreign-files");
    assert_eq!(paths(&site.files()), ["public/", "public/by-hand.html"]);
}

#[test]
fn a_staging_folder_that_is_not_ours() {
    let site = Site::new();
    site.put(".public.kepu-staging/thesis.docx", "precious");
    let before = tree(&site.root);
    assert_eq!(code(site.begin()), "publish/staging");
    assert_eq!(tree(&site.root), before);
    let site = Site::new();
    std::os::unix::fs::symlink("content", site.path(".public.kepu-staging")).unwrap();
    assert_eq!(code(site.begin()), "publish/staging");
    let site = Site::new();
    site.put(".public.kepu-staging", "a file");
    assert_eq!(code(site.begin()), "publish/staging");
    // Made by another user, in a folder for everybody.
    let site = Site::new();
    site.put(".public.kepu-staging/new/x", "theirs");
    if is_root() {
        std::os::unix::fs::chown(site.path(".public.kepu-staging"), Some(65534), None).unwrap();
        assert_eq!(code(site.begin()), "publish/staging");
        assert_eq!(site.files()[".public.kepu-staging/new/x"], "theirs");
        std::os::unix::fs::chown(site.path(".public.kepu-staging"), Some(0), None).unwrap();
    }
    // One that a killed build left, and one killed before it could do anything.
    site.build(&["index.html"], "1").unwrap();
    fs::create_dir(site.path(".public.kepu-staging")).unwrap();
    site.build(&["index.html"], "2").unwrap();
    assert_eq!(paths(&site.files()), ["public/", "public/index.html"]);
}

#[test]
fn two_builds_of_one_output() {
    let site = Site::new();
    let first = site.begin().unwrap();
    first.write("index.html", b"first").unwrap();
    let second = error(site.begin());
    assert_eq!(second.code, "publish/locked");
    assert_eq!(second.notes[0].en, format!("it is process {}", std::process::id()));
    // Another output of the same site is no matter.
    site.build_at("docs", &["index.html"], "1").unwrap();
    first.commit(&BTreeSet::new()).unwrap();
    assert_eq!(site.files()["public/index.html"], "first");
    site.build(&["index.html"], "2").unwrap();
}

#[test]
fn many_builds_of_one_output() {
    // Those that get the lock are whole, those that do not say so; whoever waits at a lock file that is being removed
    // does not build beside the next.
    let site = Site::new();
    let built: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let site = &site;
                scope.spawn(move || {
                    let mut built = 0;
                    for round in 0..60 {
                        match site.build(&["index.html", &format!("{thread}/{round}")], "x") {
                            Ok(_) => built += 1,
                            Err(error) => assert_eq!(error.code, "publish/locked", "{error:?}"),
                        }
                    }
                    built
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!(built > 0);
    assert_eq!(published(&site).len(), 2);
    assert!(site.files().keys().all(|path| path.starts_with("public")));
    let manifest = Manifest::open(&site.output());
    assert!(published(&site).keys().all(|path| manifest.has(path)));
}
