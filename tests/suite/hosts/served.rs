//! The files that kepu writes for web servers, in the hands of these servers.

use std::net::SocketAddr;

use super::machine::{Machine, get};
use super::{apache, left_out, web};
use crate::support::SiteTest;

/// A site with what web servers have to be told: aliases, a 404 page, types that they do not know.
fn site(server: &str, machine: &Machine) -> SiteTest {
    let target = format!(
        "[deploy.web]\nkind = \"folder\"\npath = {:?}\nswitch = \"in-place\"\nserver = \"{server}\"\n",
        machine.web().join("site")
    );
    let site = SiteTest::minimal()
        .file("config.toml", "base_url = \"https://www.example.cn\"\n[slugify]\npaths = \"safe\"\n")
        .file("kepu.toml", target)
        .file("templates/404.html", "nothing here")
        .file("content/visit.md", "+++\ntitle = \"参观\"\naliases = [\"old/visit\", \"旧\", \"旧地址.html\"]\n+++\n")
        .file("content/科普周.md", "+++\ntitle = \"科普周\"\npath = \"科普周\"\naliases = [\"week\"]\n+++\n")
        .file("static/style.css", "a::after { content: \"中\" }")
        .file("static/data.json", "{}")
        .file("static/events.ics", "BEGIN:VCALENDAR")
        .file("static/app.webmanifest", "{}");
    site.run(&["deploy", "--skip-check"]).succeeds();
    site
}

#[track_caller]
fn header(address: SocketAddr, path: &str, name: &str) -> String {
    let (_, head, _) = get(address, path);
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
    line.map(|line| line[name.len() + 1..].trim().to_ascii_lowercase()).unwrap_or_default()
}

#[track_caller]
fn assert_served(address: SocketAddr) {
    for (from, to) in [
        ("/old/visit/", "/visit/"),
        ("/%E6%97%A7/", "/visit/"),
        ("/%E6%97%A7%E5%9C%B0%E5%9D%80.html", "/visit/"),
        ("/week/", "/%e7%a7%91%e6%99%ae%e5%91%a8/"),
    ] {
        assert_eq!(get(address, from).0, 301, "{from}");
        let location = header(address, from, "location");
        assert!(location.ends_with(to) && !location.contains("%25"), "{from}: {location}");
    }
    let (status, _, body) = get(address, "/nowhere/");
    assert_eq!((status, body.as_slice()), (404, &b"nothing here"[..]));
    for (path, kind) in [
        ("/visit/", "text/html"),
        ("/style.css", "text/css"),
        ("/data.json", "application/json"),
        ("/events.ics", "text/calendar"),
        ("/app.webmanifest", "application/manifest+json"),
    ] {
        let said = header(address, path, "content-type").replace(' ', "");
        assert_eq!(said, format!("{kind};charset=utf-8"), "{path}");
    }
    for (path, rule) in [("/visit/", "no-cache"), ("/style.css", "public, max-age=3600"), ("/events.ics", "no-cache")] {
        assert_eq!(header(address, path, "cache-control"), rule, "{path}");
    }
    assert_eq!(get(address, "/.kepu-deploy/manifest.json").0, 404, "kepu's notes are nobody's business");
}

#[test]
fn nginx_takes_the_rules_that_are_written_for_it() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let site = site("nginx", &machine);
    let folder = machine.web().join("site");
    assert!(folder.join(".kepu-deploy/manifest.json").exists());
    assert_served(web::start_by_rules(&mut machine, &folder, &site.path(".kepu/deploy/web/nginx.conf")));
}

#[test]
fn apache_takes_the_rules_that_are_written_for_it() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let _site = site("apache", &machine);
    let folder = machine.web().join("site");
    assert!(folder.join(".kepu-deploy/manifest.json").exists());
    assert_served(apache::start(&mut machine, &folder));
}

#[test]
fn a_site_lives_behind_the_webdav_of_apache() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    machine.folder_of_user("home/web/site");
    let address = apache::start_dav(&mut machine);
    let site = super::site::site();
    let target = format!(
        "[deploy.web]\nkind = \"webdav\"\nurl = \"http://{address}/site/\"\nuser = \"{}\"\n",
        super::machine::USER
    );
    site.write("kepu.toml", target);
    let deploy = |arguments: &[&str]| {
        let mut command = site.kepu(&[&["deploy", "--at", "2026-09-20"], arguments].concat());
        command.env("KEPU_WEB_PASSWORD", super::machine::PASSWORD);
        crate::support::Run::new(command.output().expect("kepu runs"), site.root())
    };
    let there = || {
        let mut files = crate::support::tree(&machine.web().join("site"));
        files.retain(|path, _| !path.starts_with(".kepu-deploy/") && !path.contains(".DAV/"));
        files
    };
    for edition in 1..=3 {
        super::site::edition(&site, edition);
        deploy(&["--verify"]).succeeds();
        site.run(&["build", "--at", "2026-09-20"]).succeeds();
        assert_eq!(there(), site.tree("public"), "edition {edition}");
    }
    assert!(deploy(&[]).succeeds().stderr.contains("Nothing to send"));
}
