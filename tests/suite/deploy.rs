//! `kepu deploy` into folders: what stands there after each deploy, and after each that was killed.

use std::path::Path;

use crate::support::{Disk, Run, SiteTest, tree};

/// A site with two pages, a style sheet and a target; the target's table goes on with `rest`.
fn site(rest: &str) -> SiteTest {
    SiteTest::minimal()
        .file("kepu.toml", format!("[deploy.web]\nkind = \"folder\"\npath = \"out/www\"\n{rest}"))
        .file(
            "templates/page.html",
            "<link href=/{{ config.extra.css }}>page {{ page.title }} {{ config.extra.edition }}",
        )
        .file("content/a.md", "+++\ntitle = \"a\"\n+++\n")
        .file("content/b.md", "+++\ntitle = \"b\"\n+++\n")
        .file("static/photo.txt", "a photo")
        .with_edition(1)
}

trait Editions {
    fn with_edition(self, edition: usize) -> Self;
    fn edit(&self, edition: usize);
}

impl Editions for SiteTest {
    fn with_edition(self, edition: usize) -> Self {
        self.edit(edition);
        self
    }

    /// Every page changes, and the style sheet gets another name.
    fn edit(&self, edition: usize) {
        let _ = std::fs::remove_dir_all(self.path("static/css"));
        self.write(&format!("static/css/{edition}.css"), format!("/* {edition} */"));
        let extra = format!("[extra]\nedition = \"edition {edition}\"\ncss = \"css/{edition}.css\"\n");
        self.write("config.toml", format!("base_url = \"https://example.com\"\n{extra}"));
    }
}

fn deploy(site: &SiteTest, arguments: &[&str]) -> Run {
    site.run(&[&["deploy"], arguments].concat())
}

fn read(site: &SiteTest, path: &str) -> String {
    std::fs::read_to_string(site.path("out/www").join(path)).unwrap_or_default()
}

/// What a visitor can get, without kepu's own folder.
fn served(site: &SiteTest) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut files = tree(&site.path("out/www"));
    files.retain(|path, _| !path.starts_with(".kepu-deploy/"));
    files
}

/// Every page is wholly of one edition, and its style sheet is there.
#[track_caller]
fn assert_whole(site: &SiteTest, when: &str) {
    let files = served(site);
    for page in ["a/index.html", "b/index.html"] {
        let Some(text) = files.get(page) else { continue };
        let text = String::from_utf8_lossy(text);
        let name = page.split('/').next().expect("a name");
        let edition = text.rsplit(' ').next().unwrap_or_default();
        assert_eq!(text, format!("<link href=/css/{edition}.css>page {name} edition {edition}"), "{when}: {page}");
        assert!(files.contains_key(&format!("css/{edition}.css")), "{when}: {page} has lost its style sheet");
    }
}

#[test]
fn what_is_built_is_what_is_deployed() {
    for switch in ["", "switch = \"in-place\"\n"] {
        let site = site(switch);
        site.build().succeeds();
        deploy(&site, &[]).succeeds();
        assert_eq!(served(&site), site.tree("public"), "{switch}");
    }
}

#[test]
fn one_change_sends_what_it_changes() {
    for switch in ["", "switch = \"in-place\"\n"] {
        let site = site(switch);
        deploy(&site, &[]).succeeds();
        site.write("content/a.md", "+++\ntitle = \"changed\"\n+++\n");
        for _ in 0..2 {
            let dry = deploy(&site, &["--dry-run"]).succeeds();
            assert!(dry.stderr.contains("~ a/index.html"), "{}", dry.stderr);
            assert!(dry.stderr.contains("Would send 1 file "), "{}", dry.stderr);
        }
        assert!(!read(&site, "a/index.html").contains("changed"));
        let done = deploy(&site, &["--verify"]).succeeds();
        assert!(done.stderr.contains("Sent 1 file "), "{}", done.stderr);
        assert!(read(&site, "a/index.html").contains("changed"));
        let again = deploy(&site, &[]).succeeds();
        assert!(again.stderr.contains("Nothing to send"), "{}", again.stderr);
    }
}

#[test]
fn what_the_site_lost_is_deleted_with_its_folder() {
    for switch in ["", "switch = \"in-place\"\n"] {
        let site = site(switch);
        deploy(&site, &[]).succeeds();
        std::fs::remove_file(site.path("content/b.md")).expect("a file");
        let done = deploy(&site, &[]).succeeds();
        assert!(done.stderr.contains("deleted 1"), "{}", done.stderr);
        // In the tree that is switched in next, too.
        site.edit(2);
        deploy(&site, &[]).succeeds();
        assert!(!site.path("out/www/b").exists());
        site.build().succeeds();
        assert_eq!(served(&site), site.tree("public"), "{switch}");
    }
}

#[test]
fn files_of_others_stay() {
    for switch in ["", "switch = \"in-place\"\n"] {
        let site = site(switch);
        deploy(&site, &[]).succeeds();
        site.write("out/www/MP_verify_1.txt", "of WeChat");
        site.write("out/www/a/note.txt", "by hand");
        for edition in 2..6 {
            site.edit(edition);
            deploy(&site, &[]).succeeds();
            assert_eq!(read(&site, "MP_verify_1.txt"), "of WeChat", "{switch} {edition}");
            assert_eq!(read(&site, "a/note.txt"), "by hand", "{switch} {edition}");
        }
        std::fs::remove_file(site.path("out/www/MP_verify_1.txt")).expect("a file");
        for edition in 6..9 {
            site.edit(edition);
            deploy(&site, &[]).succeeds();
            assert!(!site.path("out/www/MP_verify_1.txt").exists(), "{switch} {edition}");
        }
    }
}

#[test]
fn a_file_of_others_is_not_replaced_unasked() {
    let site = site("");
    site.write("out/www/index.html", "It works!");
    let refused = deploy(&site, &[]).fails();
    assert!(
        refused.stderr.contains("deploy/foreign") || refused.stderr.contains("did not put there"),
        "{}",
        refused.stderr
    );
    assert_eq!(tree(&site.path("out")).len(), 1, "nothing else was written");
    deploy(&site, &["--overwrite"]).succeeds();
    assert!(read(&site, "index.html").starts_with("index"));
}

#[test]
fn a_manifest_that_is_damaged_or_gone_leads_to_no_wrong_state() {
    for damage in ["cut", "gone", "all gone"] {
        let site = site("switch = \"in-place\"\n");
        deploy(&site, &[]).succeeds();
        let manifest = site.path("out/www/.kepu-deploy/manifest.json");
        match damage {
            "cut" => {
                let text = std::fs::read(&manifest).expect("a manifest");
                std::fs::write(&manifest, &text[..text.len() / 2]).expect("a file");
            }
            "gone" => std::fs::remove_file(&manifest).expect("a file"),
            _ => std::fs::remove_dir_all(manifest.parent().expect("a folder")).expect("a folder"),
        }
        site.write("out/www/a/index.html", "spoilt");
        site.write("out/www/note.txt", "by hand");
        std::fs::remove_file(site.path("content/b.md")).expect("a file");
        deploy(&site, &[]).succeeds();
        site.build().succeeds();
        let mut expected = site.tree("public");
        expected.insert("note.txt".into(), b"by hand".to_vec());
        assert_eq!(served(&site), expected, "{damage}");
    }
}

#[test]
fn killed_anywhere_the_pages_are_whole_and_the_next_deploy_ends_the_work() {
    for switch in ["", "switch = \"in-place\"\n"] {
        for first in [true, false] {
            let calls = count_calls(switch, first);
            for at in 1..=calls {
                let site = site(switch);
                if !first {
                    deploy(&site, &[]).succeeds();
                    site.edit(2);
                }
                let when = format!("{switch:?}, first: {first}, killed at {at} of {calls}");
                let killed =
                    site.kepu(&["deploy", "--parallel", "1"]).env("KEPU_TEST_DEPLOY_KILL", at.to_string()).output();
                assert!(!killed.expect("kepu runs").status.success(), "{when}");
                assert_whole(&site, &when);
                if !first && switch.is_empty() {
                    let pages = [read(&site, "a/index.html"), read(&site, "b/index.html")];
                    assert!(
                        pages.iter().all(|p| p.ends_with('1')) || pages.iter().all(|p| p.ends_with('2')),
                        "{when}: {pages:?}"
                    );
                }
                site.edit(3);
                deploy(&site, &[]).succeeds();
                site.build().succeeds();
                assert_eq!(served(&site), site.tree("public"), "{when}");
            }
        }
    }
}

/// How many changes a deploy makes at the host.
fn count_calls(switch: &str, first: bool) -> usize {
    let site = site(switch);
    if !first {
        deploy(&site, &[]).succeeds();
        site.edit(2);
    }
    let file = site.path("calls");
    let status = site.kepu(&["deploy", "--parallel", "1"]).env("KEPU_TEST_DEPLOY_CALLS", &file).status();
    assert!(status.expect("kepu runs").success());
    std::fs::read_to_string(file).expect("a number").parse().expect("a number")
}

#[test]
fn a_broken_deploy_goes_on_where_it_broke_off() {
    let site = site("switch = \"in-place\"\n");
    deploy(&site, &[]).succeeds();
    site.edit(2);
    let calls = count_calls("switch = \"in-place\"\n", false);
    let kill = (calls / 2).to_string();
    let _ = site.kepu(&["deploy", "--parallel", "1"]).env("KEPU_TEST_DEPLOY_KILL", kill).output();
    let file = site.path("calls");
    let status = site.kepu(&["deploy", "--parallel", "1"]).env("KEPU_TEST_DEPLOY_CALLS", &file).status();
    assert!(status.expect("kepu runs").success());
    let rest: usize = std::fs::read_to_string(file).expect("a number").parse().expect("a number");
    assert!(rest < calls, "{rest} of {calls}");
}

#[test]
fn rolling_back_shows_any_version_again() {
    let site = site("keep = 4\n");
    for edition in 1..=5 {
        site.edit(edition);
        deploy(&site, &[]).succeeds();
    }
    let listed = deploy(&site, &["--list", "--message-format", "json"]).succeeds();
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let ids: Vec<&str> = listed["versions"].as_array().expect("a list").iter().filter_map(|id| id.as_str()).collect();
    assert_eq!(ids.len(), 4);
    assert_eq!(listed["live"], ids[3]);
    deploy(&site, &["--rollback"]).succeeds();
    assert!(read(&site, "a/index.html").ends_with("edition 4"));
    for (id, edition) in ids.iter().zip(2..) {
        deploy(&site, &["--rollback", id]).succeeds();
        assert!(read(&site, "a/index.html").ends_with(&format!("edition {edition}")), "{id}");
        assert_whole(&site, id);
    }
    let refused = deploy(&site, &["--rollback", "20010101-000000-0000"]).fails();
    assert!(refused.stderr.contains("no version"), "{}", refused.stderr);
    site.edit(6);
    deploy(&site, &[]).succeeds();
    assert!(read(&site, "b/index.html").ends_with("edition 6"));
}

#[test]
fn a_path_that_cannot_be_published_is_not_sent() {
    let site = site("switch = \"in-place\"\n");
    site.write("content/odd.md", "+++\npath = \"a//odd\"\n+++\n");
    deploy(&site, &["--skip-check"]).fails().says("publish/path");
    assert!(!site.path("out/www/index.html").exists());
}

#[test]
fn the_second_deploy_is_told_who_holds_the_lock() {
    let site = site("switch = \"in-place\"\n");
    let now = jiff::Timestamp::now();
    let lock =
        format!(r#"{{"id":"x","holder":"somebody","host":"elsewhere","pid":1,"started":"{now}","renewed":"{now}"}}"#);
    site.write("out/www/.kepu-deploy/lock.json", lock);
    let refused = deploy(&site, &[]).fails();
    assert!(refused.stderr.contains("somebody on elsewhere"), "{}", refused.stderr);
    assert!(!site.path("out/www/index.html").exists());
    deploy(&site, &["--break-lock"]).succeeds();
    assert!(!site.path("out/www/.kepu-deploy/lock.json").exists());
}

#[test]
fn a_lock_that_shows_no_life_is_taken_over() {
    let site = site("switch = \"in-place\"\n");
    let lock = r#"{"id":"x","holder":"somebody","host":"elsewhere","pid":1,"started":"2020-01-01T00:00:00Z","renewed":"2020-01-01T00:00:00Z"}"#;
    site.write("out/www/.kepu-deploy/lock.json", lock);
    let output = site.kepu(&["deploy"]).env("KEPU_TEST_DEPLOY_RETRY", "1").output().expect("kepu runs");
    Run::new(output, site.root()).succeeds();
}

#[test]
fn what_was_changed_behind_kepus_back_is_found_by_verifying() {
    let site = site("switch = \"in-place\"\n");
    deploy(&site, &[]).succeeds();
    site.write("out/www/a/index.html", "spoilt");
    let told = deploy(&site, &["--verify"]).fails();
    assert!(told.stderr.contains("`a/index.html`"), "{}", told.stderr);
    deploy(&site, &[]).succeeds();
    assert!(read(&site, "a/index.html").contains("page a"));
}

#[test]
fn secrets_do_not_go_out() {
    let key = format!("AKIA{}", "X7QA".repeat(4));
    let cases = [
        ("kepu.toml", "[deploy.web]\nkind = \"folder\"\npath = \"out/www\"\npassword = \"x\"\n".to_owned()),
        (".env", "PASSWORD=x".to_owned()),
        ("content/a.md", format!("+++\ntitle = \"a\"\n+++\n{key}")),
        ("static/key.pem", format!("-----BEGIN {} KEY-----\n", "RSA PRIVATE")),
    ];
    for (file, text) in cases {
        let site = site("");
        site.write(file, text);
        let refused = deploy(&site, &["--message-format", "json"]).fails();
        assert!(refused.stdout.contains("deploy/secret"), "{file}: {}", refused.stdout);
        assert!(!refused.stdout.contains(&key), "{file}: the secret is shown");
        assert!(!Path::new(&site.path("out/www")).exists(), "{file}");
    }
}

#[test]
fn a_target_must_be_named_where_there_are_several() {
    let site = site("[deploy.other]\nkind = \"folder\"\npath = \"other\"\n");
    let told = deploy(&site, &[]).fails();
    assert!(told.stderr.contains("`web`, `other`"), "{}", told.stderr);
    deploy(&site, &["other"]).succeeds();
    assert!(site.path("other/index.html").exists() && !site.path("out").exists());
}

#[test]
fn the_servers_own_files_come_along() {
    let site = site("server = \"apache\"\n");
    site.write("content/a.md", "+++\ntitle = \"a\"\naliases = [\"old\"]\n+++\n");
    deploy(&site, &[]).succeeds();
    assert!(read(&site, ".htaccess").contains("RedirectMatch 301 \"^/old/?$\" \"/a/\""));
    let site = self::site("server = \"nginx\"\n");
    deploy(&site, &[]).succeeds();
    assert!(!site.path("out/www/nginx.conf").exists());
    assert!(site.path(".kepu/deploy/web/nginx.conf").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let site = site("");
    let Some(disk) = Disk::mount(&site.path("out"), "size=2m") else { return };
    deploy(&site, &[]).succeeds();
    let before = tree(&site.path("out"));
    site.edit(2);
    disk.remount("ro");
    let told = deploy(&site, &["--message-format", "json"]).fails();
    assert!(told.stdout.contains("deploy/read-only"), "{}", told.stdout);
    assert_eq!(tree(&site.path("out")), before);
    disk.remount("rw");
    deploy(&site, &[]).succeeds();
}
