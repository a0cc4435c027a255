//! `kepu build --watch`: after every change the output is what a build would have made, and errors leave it alone.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Program, SiteTest, assert_same, snapshot};

/// What is said after each build.
const BUILT: &str = "Watching for changes";

fn page(title: &str, body: &str) -> String {
    format!("+++\ntitle = \"{title}\"\n+++\n{body}\n")
}

fn site() -> SiteTest {
    SiteTest::minimal()
        .file("content/a.md", page("A", "text of a"))
        .file("content/b.md", page("B", "text of b"))
        .file("static/plain.txt", "plain")
}

fn watch(site: &SiteTest, arguments: &[&str]) -> Program {
    let mut command = site.kepu(&["build", "--watch"]);
    command.args(arguments);
    let program = Program::start(command);
    program.says(BUILT);
    program
}

/// Waits until a file holds a text.
#[track_caller]
fn holds(file: &Path, text: &str, program: &Program) {
    let started = Instant::now();
    while !std::fs::read_to_string(file).is_ok_and(|page| page.contains(text)) {
        let late = started.elapsed() > Duration::from_secs(20);
        assert!(!late, "no `{text}` in {}:\n{}", file.display(), program.messages());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Ends the program, and compares the output with that of a first build.
#[track_caller]
fn is_that_of_a_build(site: &SiteTest, mut program: Program) {
    program.kill();
    site.run(&["build", "-o", "fresh"]).succeeds();
    let (built, fresh) = (snapshot(&site.path("public")), snapshot(&site.path("fresh")));
    assert_same(&fresh, &built, "the output differs from a first build");
}

#[test]
fn every_change_is_in_the_output() {
    let site = site();
    let program = watch(&site, &[]);
    assert!(site.output("a/index.html").contains("text of a"));
    site.write("content/a.md", page("A", "changed"));
    holds(&site.path("public/a/index.html"), "changed", &program);
    site.write("templates/page.html", "other {{ page.title }} of {{ config.title }}");
    holds(&site.path("public/b/index.html"), "other B", &program);
    site.write("config.toml", "base_url = \"https://example.com\"\ntitle = \"The title\"\n");
    holds(&site.path("public/b/index.html"), "other B of The title", &program);
    site.write("static/plain.txt", "other");
    holds(&site.path("public/plain.txt"), "other", &program);
    std::fs::rename(site.path("content/b.md"), site.path("content/c.md")).expect("a rename");
    holds(&site.path("public/c/index.html"), "other B", &program);
    assert!(!site.path("public/b").exists());
    is_that_of_a_build(&site, program);
}

#[test]
fn an_error_leaves_the_output_and_the_next_change_mends_it() {
    let site = site();
    let program = watch(&site, &[]);
    let before = snapshot(&site.path("public"));
    // While loading, in a body, in a template, in a link, in the configuration.
    for (path, broken, place, mended) in [
        ("content/a.md", "+++\ntitle = \n+++\n".to_owned(), "content/a.md:2", page("A", "text of a")),
        ("content/a.md", page("A", "{{ nothing }}"), "content/a.md:4", page("A", "text of a")),
        ("content/a.md", page("A", "[b](@/c.md)"), "@/c.md", page("A", "text of a")),
        (
            "templates/page.html",
            "{{ page.nothing.at_all }}".to_owned(),
            "templates/page.html:1",
            "page {{ page.title }}|{{ page.content | safe }}".to_owned(),
        ),
        ("config.toml", "base_url = ".to_owned(), "config.toml:1", "base_url = \"https://example.com\"\n".to_owned()),
    ] {
        let so_far = program.messages().len();
        site.write(path, broken);
        let started = Instant::now();
        while !program.messages()[so_far..].contains(place) {
            assert!(started.elapsed() < Duration::from_secs(20), "no `{place}` in:\n{}", program.messages());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_same(&before, &snapshot(&site.path("public")), "an error changed the output");
        site.write(path, mended);
        site.write("static/plain.txt", place);
        holds(&site.path("public/plain.txt"), place, &program);
        site.write("static/plain.txt", "plain");
        holds(&site.path("public/plain.txt"), "plain", &program);
    }
    is_that_of_a_build(&site, program);
}

#[test]
fn a_site_that_is_broken_from_the_start_is_built_when_it_is_mended() {
    let site = site().file("content/a.md", "+++\ntitle = \n+++\n");
    let program = Program::start(site.kepu(&["build", "--watch"]));
    program.says("content/a.md:2");
    assert!(!site.path("public").exists());
    site.write("content/a.md", page("A", "mended"));
    holds(&site.path("public/a/index.html"), "mended", &program);
}

#[test]
fn what_is_read_in_a_folder_that_is_not_watched_is_watched() {
    let site = site()
        .file("node_modules/x/n.json", "{\"n\": 1}")
        .file("templates/page.html", "{% set d = load_data(path=\"node_modules/x/n.json\") %}n{{ d.n }}");
    let program = watch(&site, &[]);
    assert!(site.output("a/index.html").contains("n1"));
    // Built twice: the file may have changed before it was watched.
    program.says_times(BUILT, 2);
    site.write("node_modules/x/n.json", "{\"n\": 2}");
    holds(&site.path("public/a/index.html"), "n2", &program);
}

#[test]
fn a_burst_of_changes_is_few_builds() {
    let site = site();
    let program = watch(&site, &[]);
    for n in 0..500 {
        site.write(&format!("content/many/p{n}.md"), page("Many", &format!("number {n}")));
    }
    holds(&site.path("public/many/p499/index.html"), "number 499", &program);
    holds(&site.path("public/many/p0/index.html"), "number 0", &program);
    let builds = program.messages().matches(BUILT).count();
    assert!(builds < 50, "{builds} builds");
    is_that_of_a_build(&site, program);
}

#[test]
fn what_is_written_is_no_change() {
    for output in ["public", "elsewhere/deep", "../kepu-watch-outside"] {
        let site = site();
        let folder = site.path(output);
        let program = watch(&site, &["-o", output]);
        site.write("content/a.md", page("A", "changed"));
        holds(&folder.join("a/index.html"), "changed", &program);
        program.says_times(BUILT, 2);
        // The folder around the output is new, which may mean one more build; a build that sees itself would never end.
        let builds = || program.messages().matches(BUILT).count();
        let is_quiet = |_: u32| {
            let before = builds();
            std::thread::sleep(Duration::from_millis(500));
            builds() == before
        };
        assert!((0..10).any(is_quiet), "{output}:\n{}", program.messages());
        if output.starts_with("..") {
            drop(program);
            std::fs::remove_dir_all(folder).expect("a folder");
        }
    }
}

#[test]
fn it_ends_when_it_is_told_to_and_leaves_a_whole_output() {
    for signal in [Signal::INT, Signal::TERM] {
        let site = site();
        let mut program = watch(&site, &[]);
        site.write("content/a.md", page("A", "changed"));
        holds(&site.path("public/a/index.html"), "changed", &program);
        program.signal(signal);
        site.next_build_works();
    }
}
