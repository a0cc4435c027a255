//! The last good site survives builds that are killed, and builds that meet.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{SiteTest, assert_same, snapshot};

const PAGES: usize = 300;

/// A site whose pages take a while to render, so that a build can be met in the middle of it.
fn slow_site() -> SiteTest {
    let slow = "{% for i in range(end=4000) %}{% if i == 3999 %}{{ i }}{% endif %}{% endfor %}";
    let mut site = SiteTest::minimal()
        .file("templates/page.html", format!("{{{{ page.title }}}} {{{{ config.extra.edition }}}} {slow}"))
        .file("static/a.txt", "static");
    for page in 0..PAGES {
        site = site.file(&format!("content/p{page}.md"), format!("+++\ntitle = \"{page}\"\n+++\n"));
    }
    edition(&site, 1);
    site
}

/// Changes every page of a site.
fn edition(site: &SiteTest, number: usize) {
    let config = format!("base_url = \"https://example.com\"\n[extra]\nedition = \"edition {number}\"\n");
    site.write("config.toml", config);
}

fn start(site: &SiteTest) -> Child {
    site.kepu(&["build"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kepu runs")
}

/// Waits until something is so, or the process has ended; whether it still runs.
fn wait_until(child: &mut Child, due: impl Fn() -> bool) -> bool {
    loop {
        if due() {
            return true;
        }
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// Where a build writes before it swaps.
fn staged(site: &SiteTest) -> PathBuf {
    site.path(".public.kepu-staging/new")
}

/// How many files and folders directly in it a build has written.
fn written(site: &SiteTest) -> usize {
    std::fs::read_dir(staged(site)).map_or(0, Iterator::count)
}

/// Kills a build once `due` says so.
#[track_caller]
fn kill_when(site: &SiteTest, what: &str, due: impl Fn() -> bool) {
    let mut child = start(site);
    assert!(wait_until(&mut child, due), "the build had ended before {what}");
    child.kill().expect("a signal");
    let status = child.wait().expect("a status");
    assert_eq!(status.signal(), Some(9), "the build had ended before it could be killed: {what}");
}

#[test]
fn killed_at_any_stage_of_rendering_the_old_site_stands() {
    let site = slow_site();
    site.build().succeeds();
    for count in [0, 1, PAGES / 10, PAGES / 2, PAGES * 3 / 4] {
        let before = snapshot(&site.path("public"));
        edition(&site, 100 + count);
        kill_when(&site, &format!("{count} files were written"), || staged(&site).exists() && written(&site) >= count);
        assert_same(&before, &snapshot(&site.path("public")), &format!("killed after {count} files"));
        if count == PAGES / 2 {
            site.next_build_works();
        }
    }
    site.next_build_works();
    assert!(site.output("p7/index.html").starts_with("7 edition 325"), "{}", site.output("p7/index.html"));
}

#[test]
fn killed_at_any_moment_the_site_is_whole_and_old_or_new() {
    let site = slow_site();
    site.build().succeeds();
    let mut old = snapshot(&site.path("public"));
    // Moments by themselves, spread over the whole build and closer towards the swap at its end.
    for step in 0..16_usize {
        edition(&site, step + 2);
        let mut child = start(&site);
        let enough = [0, PAGES / 2, PAGES - 20, PAGES][step % 4];
        wait_until(&mut child, || written(&site) >= enough);
        std::thread::sleep(Duration::from_millis(step as u64));
        let _ = child.kill();
        child.wait().expect("a status");
        let found = snapshot(&site.path("public"));
        if found != old {
            site.run(&["build", "-o", "whole"]).succeeds();
            assert_same(&snapshot(&site.path("whole")), &found, &format!("moment {step}: half a site"));
            old = found;
        }
    }
    site.next_build_works();
}

#[test]
fn a_first_build_that_is_killed_leaves_no_output() {
    let site = slow_site();
    kill_when(&site, "30 files were written", || written(&site) >= 30);
    assert!(!site.path("public").exists());
    site.next_build_works();
}

#[test]
fn interrupted_by_its_user_the_old_site_stands() {
    let site = slow_site();
    site.build().succeeds();
    // On a busy machine a build may end between the look at it and the signal; then another one is tried.
    for number in 2..12 {
        let before = snapshot(&site.path("public"));
        edition(&site, number);
        // Shells start what runs in the background with this signal ignored.
        let mut child = Command::new("env")
            .args(["--default-signal=INT", env!("CARGO_BIN_EXE_kepu"), "build"])
            .current_dir(site.root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("`env` of GNU coreutils is installed");
        if wait_until(&mut child, || written(&site) >= 30) {
            let id = child.id().to_string();
            assert!(Command::new("kill").arg("-INT").arg(id).status().expect("`kill` is installed").success());
        }
        if !child.wait().expect("a status").success() {
            assert_same(&before, &snapshot(&site.path("public")), "after Ctrl-C");
            site.next_build_works();
            return;
        }
    }
    panic!("no build was interrupted in ten tries");
}

#[test]
fn a_second_build_waits_for_nobody_and_disturbs_nobody() {
    let site = slow_site();
    let mut first = start(&site);
    assert!(wait_until(&mut first, || written(&site) >= 1), "the build had ended");
    site.build().fails().says("another kepu is building into `public` right now").says(&first.id().to_string());
    assert!(first.wait().expect("a status").success());
    assert_eq!(snapshot(&site.path("public")).keys().filter(|name| name.ends_with("/index.html")).count(), PAGES);
    site.next_build_works();
}

#[test]
fn a_file_put_into_the_output_during_a_build_survives() {
    let site = slow_site();
    site.build().succeeds();
    edition(&site, 2);
    let mut child = start(&site);
    assert!(wait_until(&mut child, || written(&site) >= 1), "the build had ended");
    site.write("public/mine.txt", "precious");
    let before = snapshot(&site.path("public"));
    assert_eq!(child.wait().expect("a status").code(), Some(1));
    assert_same(&before, &snapshot(&site.path("public")), "a foreign file appeared");
    std::fs::remove_file(site.path("public/mine.txt")).expect("a file");
    site.next_build_works();
}
