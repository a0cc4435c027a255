//! The life of a site at every kind of host: first deploy, changes, deletions, what others put there, a look back.

use std::process::Stdio;

use serde_json::Value;

use super::host::{Host, Kind};
use super::left_out;
use super::machine::USER_ID;
use super::reader::{Seen, fetch};
use super::site::{Files, build, edition, site};
use crate::support::{SiteTest, assert_same, snapshot};

/// The figures that a deploy tells.
#[derive(Debug, PartialEq)]
struct Figures {
    sent: u64,
    deleted: u64,
    unchanged: u64,
}

#[track_caller]
fn figures(host: &Host, site: &SiteTest, arguments: &[&str]) -> Figures {
    let run = host.deploy(site, &[arguments, &["--message-format", "json"]].concat()).succeeds();
    let line = run.stdout.lines().last().unwrap_or_else(|| panic!("no figures:\n{}", run.stderr));
    let told: Value = serde_json::from_str(line).expect("JSON");
    let number = |name: &str| told["deploy"][name].as_u64().unwrap_or_else(|| panic!("no {name}: {line}"));
    Figures { sent: number("sent"), deleted: number("deleted"), unchanged: number("unchanged") }
}

/// Every file is served as it was built, and nothing else of the site is there.
#[track_caller]
fn serves(host: &Host, files: &Files) {
    let readers = host.readers();
    for (path, bytes) in files {
        assert!(fetch(readers, path).as_ref() == Some(bytes), "{:?} serves another {path} than was built", host.kind);
    }
}

fn life_of_a_site(kind: Kind) {
    if left_out() {
        return;
    }
    let (host, site) = (Host::new(kind), site());
    let first = build(&site);

    let before = snapshot(&host.machine.path("home"));
    host.deploy(&site, &["--dry-run"]).succeeds().says("index.html").says("科普周").says("only-1.css");
    assert_same(&before, &snapshot(&host.machine.path("home")), "a dry run changes nothing");

    let all = figures(&host, &site, &["--verify"]);
    // Hosts of pages are told by a file to serve all others as they are.
    let more = u64::from(host.is_branch());
    assert_eq!(all, Figures { sent: first.len() as u64 + more, deleted: 0, unchanged: 0 });
    serves(&host, &first);
    assert_eq!(host.files().len(), first.len(), "{:?}", host.files().keys());

    let before = host.marks();
    assert_eq!(figures(&host, &site, &[]), Figures { sent: 0, deleted: 0, unchanged: first.len() as u64 + more });
    host.deploy(&site, &[]).succeeds().says("Nothing to send");
    let web = |marks: std::collections::BTreeMap<std::path::PathBuf, _>| -> Vec<_> {
        marks.into_iter().filter(|(path, _)| path.is_file() && path.starts_with(&host.web)).collect()
    };
    let no_manifest = |path: &std::path::Path| !path.to_string_lossy().contains("kepu");
    let (before, after) = (web(before), web(host.marks()));
    let changed: Vec<_> = after.iter().filter(|mark| !before.contains(mark) && no_manifest(&mark.0)).collect();
    // Where the host checks out all files anew, times tell nothing.
    assert!(host.is_branch() || changed.is_empty(), "touched without need: {changed:?}");

    // Others use the place, too.
    let foreign = [("foreign.txt", "not of kepu"), ("articles/p1/foreign.txt", "nor this")];
    if !kind.switches() {
        for (path, text) in foreign {
            std::fs::write(host.web.join(path), text).expect("a file");
        }
    }

    site.write("content/articles/p3.md", "+++\ntitle = \"第 3 篇\"\n+++\n\n另一段话。\n");
    let second = build(&site);
    let differ = second.iter().filter(|(path, bytes)| first.get(*path) != Some(*bytes)).count() as u64;
    assert!((1..=5).contains(&differ), "one page changes {differ} files");
    host.deploy(&site, &["--dry-run"]).succeeds().says("p3").does_not_say("p4");
    serves(&host, &first);
    let some = figures(&host, &site, &[]);
    assert_eq!(some, Figures { sent: differ, deleted: 0, unchanged: first.len() as u64 + more - differ });
    serves(&host, &second);

    std::fs::remove_file(site.path("content/articles/p1.md")).expect("a file");
    let third = build(&site);
    assert_eq!(figures(&host, &site, &[]).deleted, 1);
    serves(&host, &third);
    assert_eq!(fetch(host.readers(), "articles/p1/index.html"), None);
    if !kind.switches() {
        for (path, text) in foreign {
            assert_eq!(fetch(host.readers(), path).as_deref(), Some(text.as_bytes()), "{path} was of others");
        }
    }

    edition(&site, 2);
    host.deploy(&site, &["--verify"]).succeeds();
    assert_eq!(host.walk(&third, &build(&site)), Ok(Seen::New));

    if !host.is_branch() {
        // The same length, the same time, other bytes.
        let page = host.web.join("articles/p5/index.html");
        let bytes = std::fs::read(&page).expect("a page").to_ascii_uppercase();
        std::fs::write(&page, bytes).expect("a page");
        host.deploy(&site, &["--verify"]).fails().says("deploy/verify").says("articles/p5/index.html");
    }
}

#[test]
fn a_site_lives_in_a_folder() {
    life_of_a_site(Kind::Folder);
}

#[test]
fn a_site_lives_in_a_folder_in_place() {
    life_of_a_site(Kind::FolderInPlace);
}

#[test]
fn a_site_lives_behind_sftp() {
    life_of_a_site(Kind::Sftp);
}

#[test]
fn a_site_lives_behind_sftp_in_place() {
    life_of_a_site(Kind::SftpInPlace);
}

#[test]
fn a_site_lives_behind_ftp() {
    life_of_a_site(Kind::Ftp);
}

#[test]
fn a_site_lives_behind_ftps() {
    life_of_a_site(Kind::Ftps);
}

#[test]
fn a_site_lives_behind_ftps_that_begins_with_tls() {
    life_of_a_site(Kind::FtpsImplicit);
}

#[test]
fn a_site_lives_in_a_git_branch_behind_ssh() {
    life_of_a_site(Kind::GitSsh);
}

#[test]
fn a_site_lives_behind_webdav() {
    life_of_a_site(Kind::Dav);
}

#[test]
fn a_site_lives_in_a_bucket() {
    life_of_a_site(Kind::S3);
}

#[test]
fn a_site_lives_in_a_git_branch() {
    life_of_a_site(Kind::Git);
}

/// Editions 1 to 4, then back.
fn goes_back(kind: Kind) {
    if left_out() {
        return;
    }
    let (mut host, site) = (Host::new(kind), site());
    host.target += "keep = 3\n";
    let mut editions = vec![build(&site)];
    host.deploy(&site, &[]).succeeds();
    for number in 2..=4 {
        edition(&site, number);
        editions.push(build(&site));
        host.deploy(&site, &[]).succeeds();
    }
    let list = host.deploy(&site, &["--list"]).succeeds();
    assert!((3..=4).contains(&list.stderr.lines().count()), "{list:?}");
    host.deploy(&site, &["--rollback"]).succeeds();
    serves(&host, &editions[2]);
    assert_eq!(host.walk(&editions[3], &editions[2]), Ok(Seen::New));
    host.deploy(&site, &["--rollback", "no-such-version"]).fails();
    host.deploy(&site, &[]).succeeds();
    serves(&host, &editions[3]);
    assert_eq!(host.walk(&editions[2], &editions[3]), Ok(Seen::New));
}

#[test]
fn a_folder_goes_back_to_versions_of_before() {
    goes_back(Kind::Folder);
}

#[test]
fn sftp_goes_back_to_versions_of_before() {
    goes_back(Kind::Sftp);
}

#[test]
fn a_git_branch_goes_back_to_versions_of_before() {
    goes_back(Kind::Git);
}

/// The second of two deploys says who is at work, or waits.
fn two_at_once(kind: Kind) {
    if left_out() {
        return;
    }
    let (host, slow_site, late_site) = (Host::new(kind), site(), site());
    host.deploy(&slow_site, &[]).succeeds();
    edition(&slow_site, 2);
    edition(&late_site, 3);
    let (second_edition, third_edition) = (build(&slow_site), build(&late_site));
    // Slow enough to be met: 30 to 40 KB go out.
    let mut slow = host.command(&slow_site, &["--limit", "16k"]);
    let before = host.marks();
    let mut first = slow.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kepu runs");
    while host.marks() == before {
        assert!(first.try_wait().expect("a child").is_none(), "the first deploy had ended");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let refused = host.deploy(&slow_site, &[]).fails().says("deploy/locked").says(&first.id().to_string());
    assert!(first.try_wait().expect("a child").is_none(), "the first deploy had ended:\n{}", refused.stderr);
    let mut third = host.command(&late_site, &["--wait", "60", "--limit", "32k"]);
    let mut third = third.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kepu runs");
    assert!(first.wait().expect("a status").success(), "the first deploy was disturbed");
    // What the third deploy found when it came is not what it finds when its turn comes.
    let mut mixed = Vec::new();
    let status = loop {
        let seen = host.walk(&second_edition, &third_edition);
        if kind.switches() {
            mixed.extend(seen.err());
        }
        if let Some(status) = third.try_wait().expect("a child") {
            break status;
        }
    };
    assert!(status.success(), "the third deploy failed");
    // A walk during the switch sees both.
    assert!(mixed.len() <= 1, "{mixed:#?}");
    serves(&host, &third_edition);
}

/// The lock of a living deploy holds even if its signs of life seem an hour old.
#[test]
fn a_deploy_from_a_computer_with_another_clock_is_not_disturbed() {
    if left_out() {
        return;
    }
    let (host, site) = (Host::new(Kind::FolderInPlace), site());
    let files = build(&site);
    let slow = host.command(&site, &["--limit", "8k"]);
    let mut late = std::process::Command::new("faketime");
    late.args(["-f", "-1h"]).arg(slow.get_program()).args(slow.get_args()).current_dir(site.root());
    late.envs(slow.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let before = host.marks();
    let mut first = late.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kepu runs");
    while host.marks() == before {
        assert!(first.try_wait().expect("a child").is_none(), "the first deploy had ended");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let refused = host.deploy(&site, &[]).fails().says("deploy/locked");
    assert!(first.try_wait().expect("a child").is_none(), "the first deploy had ended:\n{}", refused.stderr);
    assert!(first.wait().expect("a status").success(), "the first deploy was disturbed");
    serves(&host, &files);
}

#[test]
fn two_deploys_into_a_folder_do_not_meet() {
    two_at_once(Kind::Folder);
}

#[test]
fn two_deploys_over_sftp_do_not_meet() {
    two_at_once(Kind::Sftp);
}

#[test]
fn two_deploys_over_ftp_do_not_meet() {
    two_at_once(Kind::Ftp);
}

#[test]
fn two_deploys_over_webdav_do_not_meet() {
    two_at_once(Kind::Dav);
}

#[test]
fn two_deploys_into_a_bucket_do_not_meet() {
    two_at_once(Kind::S3);
}

/// A file that kepu did not put there is in the way of one of the site.
fn meets_a_foreign_file(kind: Kind) {
    if left_out() {
        return;
    }
    let (host, site) = (Host::new(kind), site());
    std::fs::create_dir_all(&host.web).expect("a folder");
    std::fs::write(host.web.join("index.html"), "precious").expect("a file");
    std::os::unix::fs::chown(host.web.join("index.html"), Some(USER_ID), Some(USER_ID)).expect("a file");
    host.deploy(&site, &[]).fails().says("deploy/foreign").says("index.html").says("--overwrite");
    assert_eq!(std::fs::read_to_string(host.web.join("index.html")).expect("a file"), "precious");
    host.deploy(&site, &["--overwrite"]).succeeds();
    serves(&host, &build(&site));
}

#[test]
fn a_foreign_page_in_a_folder_is_not_overwritten_unasked() {
    meets_a_foreign_file(Kind::FolderInPlace);
}

#[test]
fn a_foreign_page_behind_sftp_is_not_overwritten_unasked() {
    meets_a_foreign_file(Kind::SftpInPlace);
}

#[test]
fn a_foreign_page_behind_ftp_is_not_overwritten_unasked() {
    meets_a_foreign_file(Kind::Ftp);
}

#[test]
fn a_foreign_page_behind_webdav_is_not_overwritten_unasked() {
    meets_a_foreign_file(Kind::Dav);
}

#[test]
fn a_foreign_page_in_a_bucket_is_not_overwritten_unasked() {
    meets_a_foreign_file(Kind::S3);
}
