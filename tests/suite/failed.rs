//! The last good site survives builds that fail, and builds that the system lets down.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Disk, Run, SiteTest, assert_same, snapshot};

/// Breaks a site that was built, expects one message, and mends it.
#[track_caller]
fn fails_with(path: &str, broken: &str, says: &[&str]) {
    let site = SiteTest::minimal().file("content/a.md", "+++\ntitle = \"A\"\n+++\nold\n").file("static/b.txt", "b");
    site.build().succeeds();
    let before = snapshot(site.root());
    let mended = std::fs::read(site.path(path)).unwrap_or_default();
    site.write(path, broken);
    let run = site.build().fails().says("nothing was changed");
    for text in says {
        assert!(run.stderr.contains(text), "no `{text}` in:\n{}", run.stderr);
    }
    site.write(path, mended);
    assert_same(&before, &snapshot(site.root()), path);
    site.write("content/a.md", "+++\ntitle = \"A\"\n+++\nnew\n");
    site.next_build_works();
    assert!(site.output("a/index.html").contains("new"));
}

#[test]
fn an_error_while_rendering_changes_nothing() {
    fails_with("templates/page.html", "\n{{ page.nothing.at.all }}", &["templates/page.html:2:9", "nothing"]);
}

#[test]
fn a_template_that_does_not_parse_changes_nothing() {
    fails_with("templates/page.html", "{% if %}", &["templates/page.html:1:"]);
}

#[test]
fn a_broken_link_changes_nothing() {
    let text = "+++\ntitle = \"A\"\n+++\n\n[gone](@/gone.md)\n";
    fails_with("content/a.md", text, &["content/a.md:5:", "@/gone.md"]);
}

#[test]
fn broken_front_matter_changes_nothing() {
    fails_with("content/a.md", "+++\ntitle = [\n+++\n", &["content/a.md:"]);
}

#[test]
fn a_broken_configuration_changes_nothing() {
    fails_with("config.toml", "base_url = \n", &["config.toml:1:"]);
}

#[test]
fn a_broken_style_sheet_changes_nothing() {
    let config = "base_url = \"https://example.com\"\ncompile_sass = true\n";
    let site = SiteTest::minimal().file("config.toml", config).file("sass/a.scss", "a { b: c }");
    site.build().succeeds();
    let before = snapshot(&site.path("public"));
    site.write("sass/a.scss", "a { b: ");
    site.build().fails().says("sass/a.scss:1:");
    assert_same(&before, &snapshot(&site.path("public")), "broken Sass");
    site.write("sass/a.scss", "a { b: d }");
    site.next_build_works();
}

/// `kepu build` as a user who may read the site and write nothing in it.
fn build_as_a_reader(site: &SiteTest, around: impl FnOnce(&mut Command)) -> Run {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let bin = tempfile::tempdir().expect("a temporary folder");
    let chmod = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    let copy = bin.path().join("kepu");
    // Not `std::fs::copy`: a test that forks meanwhile would keep the copy open for writing, and "text file busy".
    let status = Command::new("cp").arg(env!("CARGO_BIN_EXE_kepu")).arg(&copy).status();
    assert!(status.is_ok_and(|status| status.success()), "cannot copy the binary");
    chmod(bin.path(), 0o755);
    chmod(&copy, 0o755);
    chmod(site.root(), 0o555);
    let mut command = Command::new(copy);
    command.args(["build"]).current_dir(site.root()).env("LANG", "C").env("NO_COLOR", "1");
    command.env_remove("LC_ALL").env_remove("LC_MESSAGES");
    // Root may write whatever the permissions say.
    if std::fs::metadata("/proc/self").expect("/proc").uid() == 0 {
        command.uid(65534).gid(65534);
    }
    around(&mut command);
    let output = command.output().expect("the copy of kepu runs");
    chmod(site.root(), 0o755);
    Run::new(output, site.root())
}

#[test]
fn a_folder_that_may_not_be_written_to_changes_nothing() {
    let site = SiteTest::minimal().file("content/a.md", "+++\n+++\nold\n");
    site.build().succeeds();
    let before = snapshot(site.root());
    build_as_a_reader(&site, |_| {}).fails().says("not allowed to write `[ROOT]`").says("--output-dir");
    assert_same(&before, &snapshot(site.root()), "no right to write");
    site.next_build_works();
}

#[test]
fn a_reader_may_build_elsewhere_and_is_told_what_it_costs() {
    let site = SiteTest::minimal().file("content/a.md", "+++\n+++\nold\n");
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(elsewhere.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .expect("permissions");
    let output = elsewhere.path().join("public");
    let run = build_as_a_reader(&site, |command| {
        command.arg("-o").arg(&output);
    });
    run.succeeds().says("publish/not-recorded").says("--force");
    assert!(output.join("a/index.html").is_file());
}

#[test]
fn a_strict_build_that_says_nothing_was_changed_has_changed_nothing() {
    let site = SiteTest::minimal();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(elsewhere.path(), permissions).expect("permissions");
    let run = build_as_a_reader(&site, |command| {
        command.arg("--strict").arg("-o").arg(elsewhere.path().join("public"));
    });
    run.fails().says("error[publish/not-recorded]").says("nothing was changed");
    assert!(!elsewhere.path().join("public").exists(), "the site was published");
}

#[test]
fn a_full_disk_changes_nothing() {
    let site = SiteTest::empty();
    let Some(_disk) = Disk::mount(site.root(), "size=300k") else { return };
    site.write("config.toml", "base_url = \"https://example.com\"\n");
    site.write("templates/index.html", "index");
    site.write("templates/page.html", "{{ page.content | safe }}");
    for page in 0..8 {
        site.write(&format!("content/p{page}.md"), "+++\n+++\nold\n");
    }
    site.build().succeeds();
    let before = snapshot(site.root());
    let page = std::fs::read(site.path("templates/page.html")).expect("a template");
    site.write("templates/page.html", "{% for i in range(end=9000) %}0123456789{% endfor %}");
    site.build().fails().says("there is no room left on the disk").says("nothing was changed");
    site.write("templates/page.html", page);
    assert_same(&before, &snapshot(site.root()), "a full disk");
    site.next_build_works();
}

#[test]
fn a_disk_that_became_read_only_changes_nothing() {
    let site = SiteTest::empty();
    let Some(disk) = Disk::mount(site.root(), "size=2m") else { return };
    site.write("config.toml", "base_url = \"https://example.com\"\n");
    site.write("templates/index.html", "index");
    site.build().succeeds();
    let before = snapshot(site.root());
    disk.remount("ro");
    site.build().fails().says("read-only");
    assert_same(&before, &snapshot(site.root()), "a read-only disk");
    disk.remount("rw");
    site.next_build_works();
}
