//! What can be wrong with a host, its address, its keys: one clear message each, and nothing is lost.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::host::{Host, Kind};
use super::machine::{Machine, PASSWORD, USER, USER_ID, get};
use super::proxy::Fault;
use super::reader::Seen;
use super::site::{Files, build, edition, site};
use super::{ftp, left_out, s3, ssh, web};
use crate::support::{Disk, Run, SiteTest};

/// The deploy fails with one error of this code, whose message holds these words; it is the same in Chinese.
#[track_caller]
fn fails_with(host: &Host, site: &SiteTest, arguments: &[&str], code: &str, words: &[&str]) -> Run {
    let run = host.deploy(site, arguments).fails();
    assert_eq!(run.stderr.matches("error[").count(), 1, "{:?}: not one message:\n{}", host.kind, run.stderr);
    assert!(run.stderr.contains(&format!("error[deploy/{code}]")), "{:?}: not {code}:\n{}", host.kind, run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "{:?}: no `{word}` in:\n{}", host.kind, run.stderr);
    }
    let chinese = host.deploy(site, &[&["--lang", "zh"], arguments].concat()).fails();
    assert!(chinese.stderr.contains(code) && chinese.stderr.contains('。'), "{}", chinese.stderr);
    for secret in [PASSWORD, "wrong-password"] {
        assert!(!run.stderr.contains(secret) && !chinese.stderr.contains(secret), "a secret is shown:\n{}", run.stderr);
    }
    println!("{}{}", run.stderr, chinese.stderr);
    run
}

/// A host that has the first edition, and a site of the second.
fn with_two_editions(kind: Kind) -> (Host, SiteTest, Files, Files) {
    let (host, site) = (Host::new(kind), site());
    let old = build(&site);
    host.deploy(&site, &[]).succeeds();
    edition(&site, 2);
    let new = build(&site);
    (host, site, old, new)
}

#[test]
fn a_wrong_password_is_told_as_such() {
    if left_out() {
        return;
    }
    for kind in [Kind::Ftp, Kind::Dav, Kind::S3, Kind::Sftp] {
        let (mut host, site) = (Host::new(kind), site());
        let right = std::mem::take(&mut host.secrets);
        if kind == Kind::Sftp {
            host.target = host
                .target
                .lines()
                .filter(|line| !line.starts_with("key ="))
                .fold(String::new(), |all, line| all + line + "\n");
            host.secrets = vec![("KEPU_HOST_PASSWORD", "wrong-password".to_owned())];
        } else {
            let variable = if kind == Kind::S3 { "KEPU_HOST_ACCESS_KEY_ID" } else { "KEPU_HOST_PASSWORD" };
            fails_with(&host, &site, &[], "no-password", &[variable]);
            host.secrets = right.iter().map(|(name, _)| (*name, "wrong-password".to_owned())).collect();
        }
        fails_with(&host, &site, &[], "login", &[]);
        host.secrets = match kind {
            Kind::Sftp => vec![("KEPU_HOST_PASSWORD", PASSWORD.to_owned())],
            _ => right,
        };
        host.deploy(&site, &[]).succeeds();
    }
}

#[test]
fn a_secret_file_outside_the_site_is_read_and_a_secret_inside_is_an_error() {
    if left_out() {
        return;
    }
    let (mut host, site) = (Host::new(Kind::Ftp), site());
    host.secrets.clear();
    let file = host.machine.write("secrets.toml", format!("[host]\npassword = {PASSWORD:?}\n"));
    let table = host.target.clone();
    host.target += &format!("secrets = {file:?}\n");
    host.deploy(&site, &[]).succeeds();
    site.write("secrets.toml", format!("[host]\npassword = {PASSWORD:?}\n"));
    host.target = table.clone() + "secrets = \"secrets.toml\"\n";
    fails_with(&host, &site, &[], "secret", &["secrets.toml"]);
    std::fs::remove_file(site.path("secrets.toml")).expect("a file");
    host.target = table + &format!("password = {PASSWORD:?}\n");
    fails_with(&host, &site, &[], "secret", &["kepu.toml:", "KEPU_HOST_PASSWORD"]);
}

#[test]
fn a_host_with_another_key_is_not_trusted() {
    if left_out() {
        return;
    }
    let (mut host, site, old, new) = with_two_editions(Kind::Sftp);
    let known = std::fs::read(host.machine.path("known_hosts")).expect("a file");
    host.machine.stop();
    // The key of the user stays as it is.
    let server = ssh::start(&mut host.machine);
    host.target = host
        .target
        .lines()
        .filter(|line| !line.starts_with("key ="))
        .fold(String::new(), |all, line| all + line + "\n");
    host.target += &format!("key = {:?}\n", server.key);
    host.serve_again();
    let now_known = std::fs::read(host.machine.path("known_hosts")).expect("a file");
    std::fs::write(host.machine.path("known_hosts"), known).expect("a file");
    fails_with(&host, &site, &[], "host-key-changed", &[]);
    fails_with(&host, &site, &["--accept-host-key"], "host-key-changed", &[]);
    std::fs::write(host.machine.path("known_hosts"), "").expect("a file");
    fails_with(&host, &site, &[], "host-key", &["--accept-host-key", "SHA256:"]);
    assert_eq!(host.walk(&old, &new), Ok(Seen::Old));
    host.deploy(&site, &["--accept-host-key"]).succeeds();
    assert_eq!(host.walk(&old, &new), Ok(Seen::New));
    let accepted = std::fs::read_to_string(host.machine.path("known_hosts")).expect("a file");
    let key = String::from_utf8_lossy(&now_known).split(' ').nth(2).map(|key| key.trim().to_owned()).expect("a key");
    assert!(accepted.contains(&key), "{accepted}");
    host.deploy(&site, &[]).succeeds();
}

#[test]
fn a_host_that_is_known_by_another_of_its_keys_is_trusted() {
    if left_out() {
        return;
    }
    let (host, site) = (Host::new(Kind::Sftp), site());
    ssh::known_by(&host.machine, "rsa_host_key");
    host.deploy(&site, &[]).succeeds();
}

#[test]
fn a_git_host_with_another_key_is_not_trusted() {
    if left_out() {
        return;
    }
    let (mut host, site) = (Host::new(Kind::GitSsh), site());
    let (known, key) = (host.machine.path("met"), host.machine.path("user_key"));
    let (file, key) = (known.display(), key.display());
    let command = format!("ssh -F none -i {key} -o BatchMode=yes -o UserKnownHostsFile={file}");
    host.secrets = vec![("GIT_SSH_COMMAND", command.clone())];
    fails_with(&host, &site, &[], "host-key", &["--accept-host-key", "ssh-keygen"]);
    host.deploy(&site, &["--accept-host-key"]).succeeds();
    host.deploy(&site, &[]).succeeds().says("Nothing to send");
    let other = std::fs::read_to_string(host.machine.path("user_key.pub")).expect("a key");
    let address = format!("[{}]:{}", host.machine.address(), ssh::PORT);
    std::fs::write(&known, format!("{address} {other}")).expect("a file");
    fails_with(&host, &site, &[], "host-key-changed", &[]);
    fails_with(&host, &site, &["--accept-host-key"], "host-key-changed", &[]);
    std::fs::remove_file(&known).expect("a file");
    let nobody = command.replace(&key.to_string(), &host.machine.path("host_key").display().to_string());
    host.secrets = vec![("GIT_SSH_COMMAND", nobody)];
    fails_with(&host, &site, &["--accept-host-key"], "login", &[]);
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_not_trusted() {
    if left_out() {
        return;
    }
    let (mut host, site) = (Host::new(Kind::Ftps), site());
    host.target =
        host.target.lines().filter(|line| !line.starts_with("ca =")).fold(String::new(), |all, line| all + line + "\n");
    fails_with(&host, &site, &[], "certificate", &["ca"]);
    let mut machine = Machine::new();
    let (address, certificate) = web::start_dav_with_tls(&mut machine);
    host.target = format!("kind = \"webdav\"\nurl = \"https://{address}/\"\nuser = \"{USER}\"\n");
    fails_with(&host, &site, &[], "certificate", &["ca"]);
    host.target += &format!("ca = {certificate:?}\n");
    host.deploy(&site, &["--verify"]).succeeds();
    assert_eq!(std::fs::read(machine.web().join("index.html")).expect("a page"), build(&site)["index.html"]);
}

#[test]
fn a_password_does_not_travel_in_the_clear_unasked() {
    if left_out() {
        return;
    }
    let (mut host, site) = (Host::new(Kind::Ftp), site());
    host.target = host.target.replace("tls = \"none\"\n", "");
    fails_with(&host, &site, &[], "no-tls", &["tls = \"none\""]);
}

#[test]
fn a_host_that_is_not_there_is_told_as_such() {
    if left_out() {
        return;
    }
    for kind in [Kind::Sftp, Kind::Ftp, Kind::Dav, Kind::S3] {
        let (mut host, site) = (Host::new(kind), site());
        let address = host.machine.front_address().to_string();
        for port in [ssh::PORT, ftp::PORT, web::DAV, s3::PORT] {
            host.target = host.target.replace(&port.to_string(), "9");
        }
        fails_with(&host, &site, &[], "unreachable", &[&address]);
        host.target = host.target.replace(&address, "no-such-host.invalid");
        fails_with(&host, &site, &[], "unreachable", &["no-such-host.invalid"]);
    }
}

/// A site is put where its user may write nothing.
#[test]
fn a_read_only_folder_is_told_as_such() {
    if left_out() {
        return;
    }
    for kind in [Kind::SftpInPlace, Kind::Sftp, Kind::Ftp, Kind::Dav] {
        let (host, site, old, new) = with_two_editions(kind);
        let all: Vec<_> = walkdir::WalkDir::new(host.machine.path("home")).into_iter().flatten().collect();
        let protect = |protected: bool| {
            for entry in all.iter().filter(|entry| entry.file_type().is_dir()) {
                let mode = if protected { 0o555 } else { 0o755 };
                std::fs::set_permissions(entry.path(), PermissionsExt::from_mode(mode)).expect("permissions");
            }
        };
        protect(true);
        // nginx fails with 500, whatever the reason.
        let (code, word) = if kind == Kind::Dav { ("host", "may not write") } else { ("read-only", "") };
        fails_with(&host, &site, &[], code, &[word]);
        assert_eq!(host.walk(&old, &new), Ok(Seen::Old));
        protect(false);
        host.deploy(&site, &[]).succeeds();
        assert_eq!(host.walk(&old, &new), Ok(Seen::New));
    }
}

#[test]
fn a_full_disk_at_the_host_is_told_as_such() {
    if left_out() {
        return;
    }
    for kind in [Kind::Folder, Kind::FolderInPlace, Kind::SftpInPlace, Kind::Sftp, Kind::Ftp, Kind::Dav] {
        // The servers look into the machine's folders as they are when they start.
        let machine = Machine::new();
        let owner = format!("uid={USER_ID},gid={USER_ID},mode=755");
        let options = format!("size=1m,nr_inodes=2000,{owner}");
        let Some(disk) = Disk::mount(&machine.path("home/web"), &options) else { return };
        let (host, site) = (Host::on(machine, kind), site());
        let old = build(&site);
        host.deploy(&site, &[]).succeeds();
        edition(&site, 2);
        let filler: Vec<u8> = (0..1_500_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        site.write("static/film.bin", &filler);
        let new = build(&site);
        let (code, word) = if kind == Kind::Dav { ("host", "disk is full") } else { ("full", "") };
        fails_with(&host, &site, &[], code, &[word]);
        assert_eq!(host.walk(&old, &new), Ok(Seen::Old), "{kind:?}");
        let free = free_bytes(disk.path());
        assert!(free > 100_000, "{kind:?}: what did not fit is left: {free} bytes are free");
        std::fs::remove_file(site.path("static/film.bin")).expect("a file");
        let new = build(&site);
        host.deploy(&site, &[]).succeeds();
        assert_eq!(host.walk(&old, &new), Ok(Seen::New), "{kind:?}");
        // Before the folder that it is mounted in.
        drop(disk);
    }
}

/// How many bytes are free on a disk.
fn free_bytes(at: &Path) -> u64 {
    let stat = rustix::fs::statvfs(at).expect("a disk");
    stat.f_bfree * stat.f_frsize
}

#[test]
fn a_clock_that_is_wrong_is_told_as_such() {
    if left_out() {
        return;
    }
    for hours in [-30, 3] {
        let (mut host, site, old, new) = with_two_editions(Kind::S3);
        host.machine.stop();
        s3::start_in_another_time(&mut host.machine, hours * 3600);
        host.serve_again();
        fails_with(&host, &site, &[], "clock", &[]);
        assert_eq!(host.walk(&old, &new), Ok(Seen::Old));
    }
}

#[test]
fn a_place_that_does_not_exist_is_told_as_such() {
    if left_out() {
        return;
    }
    // This S3 server makes a bucket of any name.
    let (mut host, site) = (Host::new(Kind::Git), site());
    host.target = host.target.replace("site.git", "nowhere.git");
    fails_with(&host, &site, &[], "not-found", &["nowhere.git"]);
}

#[test]
fn the_network_that_breaks_once_is_no_trouble() {
    if left_out() {
        return;
    }
    for kind in [Kind::Sftp, Kind::Ftp, Kind::Ftps, Kind::Dav, Kind::S3] {
        let (host, site, old, new) = with_two_editions(kind);
        let network = host.network.as_ref().expect("a network");
        network.break_after(9_000, Fault::CutOnce);
        host.deploy(&site, &[]).succeeds();
        assert!(network.has_broken(), "{kind:?}: less than 9,000 bytes passed");
        assert_eq!(host.walk(&old, &new), Ok(Seen::New));
    }
}

#[test]
fn names_in_gbk_at_the_host_are_left_alone() {
    use std::os::unix::ffi::OsStrExt;
    if left_out() {
        return;
    }
    for kind in [Kind::FolderInPlace, Kind::SftpInPlace, Kind::Ftp, Kind::Dav] {
        let (host, site, ..) = with_two_editions(kind);
        // 科普.txt and a folder 图片, as an old program on Windows has named them.
        let names: [&[u8]; 2] = [b"\xbf\xc6\xc6\xd5.txt", b"\xcd\xbc\xc6\xac"];
        let path = |name: &[u8]| host.web.join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(path(names[0]), "old").expect("a file");
        std::fs::create_dir(path(names[1])).expect("a folder");
        std::fs::write(path(names[1]).join("a.jpg"), "picture").expect("a file");
        host.deploy(&site, &["--verify"]).succeeds();
        assert_eq!(std::fs::read(path(names[0])).expect("a file"), b"old");
        assert_eq!(std::fs::read(path(names[1]).join("a.jpg")).expect("a file"), b"picture");
    }
}

#[test]
fn an_ftp_host_that_speaks_gbk_gets_names_in_gbk() {
    use std::os::unix::ffi::OsStrExt;
    if left_out() {
        return;
    }
    let (mut host, site) = (Host::new(Kind::Ftp), site());
    host.target += "encoding = \"gbk\"\n";
    host.deploy(&site, &["--verify"]).succeeds();
    let folder = std::ffi::OsStr::from_bytes(b"\xbf\xc6\xc6\xd5\xd6\xdc");
    let page = host.web.join(folder).join("index.html");
    assert_eq!(std::fs::read(page).expect("a page with a name in GBK"), build(&site)["科普周/index.html"]);
    site.write("static/𠮷.txt", "no such character");
    fails_with(&host, &site, &[], "name", &["𠮷.txt"]);
}

#[test]
fn what_is_served_of_a_bucket_has_its_content_types() {
    if left_out() {
        return;
    }
    let (host, site) = (Host::new(Kind::S3), site());
    host.deploy(&site, &[]).succeeds();
    for (path, kind) in [("index.html", "text/html"), ("style.css", "text/css"), ("app.js", "text/javascript")] {
        let url = format!("http://{}:{}/{}/{path}", host.machine.address(), s3::PORT, s3::BUCKET);
        let user = format!("{USER}:{PASSWORD}");
        let sign = format!("aws:amz:{}:s3", s3::REGION);
        let head = super::machine::output_of(
            Command::new("curl").args(["-sSI", "--fail", "--aws-sigv4", &sign, "--user", &user]).args([
                "-H",
                "x-amz-content-sha256: UNSIGNED-PAYLOAD",
                &url,
            ]),
        );
        let head = head.to_ascii_lowercase();
        assert!(head.contains(&format!("content-type: {kind}")), "{path}:\n{head}");
        assert!(head.contains("cache-control: "), "{path}:\n{head}");
    }
    let (status, ..) = get(host.readers(), "/");
    assert_eq!(status, 200);
}

#[test]
fn mistakes_in_the_configuration_are_told_with_their_place() {
    let site = site();
    let fails = |config: &str, arguments: &[&str], words: &[&str]| {
        site.write("kepu.toml", config);
        let run = site.run(&[&["deploy"], arguments].concat());
        assert!(matches!(run.code, Some(1 | 2)), "{run:?}");
        assert_eq!(run.stderr.matches("error[").count(), 1, "not one message:\n{}", run.stderr);
        for word in words {
            assert!(run.stderr.contains(word), "no `{word}` in:\n{}", run.stderr);
        }
        println!("{}", run.stderr);
    };
    fails("", &[], &["deploy/target", "[deploy."]);
    fails("[deploy.a]\nkind = \"folder\"\npath = \"out/x\"\n", &["b"], &["deploy/target", "`b`", "`a`"]);
    let two = "[deploy.a]\nkind = \"folder\"\npath = \"out/x\"\n[deploy.b]\nkind = \"folder\"\npath = \"out/y\"\n";
    fails(two, &[], &["deploy/target", "`a`", "`b`"]);
    fails("[deploy.a]\nkind = \"fold\"\npath = \"x\"\n", &[], &["kepu.toml:2:", "fold", "folder"]);
    fails("[deploy.a]\npath = \"x\"\n", &[], &["kepu.toml:1:", "kind"]);
    fails("[deploy.a]\nkind = \"folder\"\n", &[], &["kepu.toml:1:", "path"]);
    fails("[deploy.a]\nkind = \"sftp\"\nuser = \"u\"\npath = \"/x\"\n", &[], &["kepu.toml:1:", "host"]);
    fails(
        "[deploy.a]\nkind = \"folder\"\npath = \"out/x\"\nlimit = \"fast\"\n",
        &[],
        &["kepu.toml:4:", "limit", "500k"],
    );
    fails("[deploy.a]\nkind = \"folder\"\npath = \"out/x\"\nparallel = 0\n", &[], &["kepu.toml:4:", "parallel"]);
    fails("[deploy.a]\nkind = \"webdav\"\nurl = \"ftp://h/\"\nuser = \"u\"\n", &[], &["kepu.toml:3:", "http"]);
    fails("[deploy.a]\nkind = \"s3\"\nregion = \"r\"\n", &[], &["kepu.toml:1:", "bucket"]);
}
