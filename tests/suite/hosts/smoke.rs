//! The servers work with clients other than kepu, and so does the network that breaks.

use std::process::Command;

use super::machine::{Machine, PASSWORD, USER, get, output_of};
use super::proxy::{Fault, Network};
use super::reader::{Seen, walk};
use super::site::{Files, build, edition, site};
use super::{ftp, git, left_out, s3, ssh, web};

fn curl(user: bool) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--noproxy", "*"]);
    if user {
        command.args(["--user", &format!("{USER}:{PASSWORD}")]);
    }
    command
}

#[test]
fn openssh_takes_files_by_key_and_by_password() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let server = ssh::start(&mut machine);
    let file = machine.write("a.txt", "by key");
    let batch = machine.write("batch", format!("put {} /web/a.txt\nrename /web/a.txt /web/b.txt\n", file.display()));
    let sftp = || {
        let mut command = Command::new("sftp");
        let known = format!("UserKnownHostsFile={}", server.known_hosts.display());
        command.args(["-q", "-F", "none", "-o", "StrictHostKeyChecking=yes", "-o", &known, "-P"]);
        command.arg(ssh::PORT.to_string());
        command
    };
    let host = format!("{USER}@{}", machine.address());
    output_of(sftp().arg("-b").arg(&batch).arg("-i").arg(&server.key).arg(&host));
    assert_eq!(std::fs::read_to_string(machine.web().join("b.txt")).expect("a file"), "by key");
    // The shell's program asks for the password that way.
    let ask = machine.write("ask", format!("#!/bin/sh\necho '{PASSWORD}'\n"));
    std::fs::set_permissions(&ask, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    let mut by_password = sftp();
    by_password.env("SSH_ASKPASS", &ask).env("SSH_ASKPASS_REQUIRE", "force");
    by_password.args(["-o", "PreferredAuthentications=password", "-o", "BatchMode=no", "-b"]);
    output_of(by_password.arg(&batch).arg(&host));
    let wrong = sftp().args(["-o", "PreferredAuthentications=none", "-b"]).arg(&batch).arg(&host).output();
    assert!(!wrong.expect("sftp runs").status.success(), "nobody comes in without a key");
}

#[test]
fn git_takes_a_branch_over_ssh() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let server = ssh::start_with_shell(&mut machine);
    let repository = git::create(&machine);
    let work = machine.path("work");
    output_of(Command::new("git").args(["init", "-q", "-b", git::BRANCH]).arg(&work));
    machine.write("work/index.html", "in a branch");
    let mine = work.join(".git");
    output_of(git::git(&mine).arg("--work-tree").arg(&work).args(["add", "."]).current_dir(&work));
    output_of(git::git(&mine).args(["commit", "-q", "-m", "first"]));
    let url = format!("ssh://{USER}@{}:{}/run/home/site.git", machine.address(), ssh::PORT);
    output_of(git::git(&mine).args(["push", "-q", &url, git::BRANCH]).env("GIT_SSH_COMMAND", server.command()));
    assert_eq!(git::commits(&repository), 1);
    git::show(&repository, &machine.path("shown"));
    assert_eq!(std::fs::read_to_string(machine.path("shown/index.html")).expect("a file"), "in a branch");
}

#[test]
fn vsftpd_takes_files_with_and_without_tls() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    ftp::start(&mut machine);
    let file = machine.write("a.txt", "plain");
    let _network = Network::before(&machine, ftp::PASSIVE.chain([ftp::PORT]));
    let url = format!("ftp://{}:{}/web/a.txt", machine.front_address(), ftp::PORT);
    output_of(curl(true).arg("-T").arg(&file).arg(&url));
    assert_eq!(output_of(curl(true).arg(&url)), "plain");
    let wrong = curl(false).args(["--user", "kepu-test:wrong"]).arg(&url).output().expect("curl runs");
    assert_eq!(wrong.status.code(), Some(67), "the login is refused");
    machine.stop();

    let certificate = ftp::start_with_tls(&mut machine);
    let plain = curl(true).arg(&url).output().expect("curl runs");
    assert_ne!(plain.status.code(), Some(0), "TLS is not optional");
    let file = machine.write("a.txt", "over TLS");
    let tls = || {
        let mut command = curl(true);
        command.arg("--ssl-reqd").arg("--cacert").arg(&certificate);
        command
    };
    output_of(tls().arg("-T").arg(&file).arg(&url));
    assert_eq!(output_of(tls().arg(&url)), "over TLS");
}

#[test]
fn nginx_takes_files_over_webdav_and_serves_them() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let dav = web::start_dav(&mut machine);
    let web = machine.web();
    let readers = web::start(&mut machine, &web);
    let file = machine.write("a.txt", "by WebDAV");
    let url = format!("http://{dav}/new/a.txt");
    output_of(curl(true).args(["-X", "MKCOL"]).arg(format!("http://{dav}/new/")));
    output_of(curl(true).arg("-T").arg(&file).arg(&url));
    let listing = output_of(curl(true).args(["-X", "PROPFIND", "-H", "Depth: 1"]).arg(format!("http://{dav}/new/")));
    assert!(listing.contains("/new/a.txt"), "{listing}");
    let target = format!("Destination: http://{dav}/new/b.txt");
    output_of(curl(true).args(["-X", "MOVE", "-H", &target]).arg(&url));
    assert_eq!(get(readers, "/new/b.txt").2, b"by WebDAV");
    assert_eq!(get(readers, "/new/a.txt").0, 404);
    let wrong = curl(false).args(["--user", "kepu-test:wrong"]).arg("-T").arg(&file).arg(&url).output();
    assert_eq!(wrong.expect("curl runs").status.code(), Some(22), "the login is refused");
    let (tls, certificate) = web::start_dav_with_tls(&mut machine);
    output_of(curl(true).arg("--cacert").arg(certificate).arg("-T").arg(&file).arg(format!("https://{tls}/c.txt")));
    assert_eq!(get(readers, "/c.txt").2, b"by WebDAV");
}

#[test]
fn the_s3_server_checks_signatures_and_clocks() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let bucket = s3::start(&mut machine);
    let file = machine.write("a.txt", "an object");
    let (address, sha256) = (machine.address(), "x-amz-content-sha256: UNSIGNED-PAYLOAD");
    let signed = |user: &str| {
        let mut command = curl(false);
        command.args(["--aws-sigv4", &format!("aws:amz:{}:s3", s3::REGION), "--user", user, "-H", sha256]);
        command
    };
    let right = format!("{USER}:{PASSWORD}");
    let url = format!("http://{address}:{}/{}/new/a.txt", s3::PORT, s3::BUCKET);
    output_of(signed(&right).arg("-T").arg(&file).arg(&url));
    assert_eq!(output_of(signed(&right).arg(&url)), "an object");
    assert_eq!(std::fs::read_to_string(bucket.join("new/a.txt")).expect("a file"), "an object");
    for mut refused in [signed(&format!("{USER}:wrong")), curl(false)] {
        assert_eq!(refused.arg(&url).output().expect("curl runs").status.code(), Some(22), "{refused:?}");
    }
    machine.stop();
    s3::start_in_another_time(&mut machine, 3 * 3600);
    assert_eq!(signed(&right).arg(&url).output().expect("curl runs").status.code(), Some(22), "the clocks differ");
}

#[test]
fn the_network_breaks_and_mends() {
    if left_out() {
        return;
    }
    let mut machine = Machine::new();
    let web = machine.web();
    std::fs::write(web.join("a.bin"), vec![b'a'; 100_000]).expect("a file");
    web::start(&mut machine, &web);
    let network = Network::before(&machine, [web::PORT]);
    let url = format!("http://{}:{}/a.bin", machine.front_address(), web::PORT);
    network.break_after(u64::MAX, Fault::Cut);
    assert_eq!(output_of(curl(false).arg(&url)).len(), 100_000);
    assert!((100_000..101_000).contains(&network.passed()), "{} bytes", network.passed());
    network.break_after(50_000, Fault::Cut);
    assert_eq!(curl(false).arg(&url).output().expect("curl runs").status.code(), Some(18), "half of the answer");
    assert_eq!(network.passed(), 50_000);
    let refused = curl(false).arg(&url).output().expect("curl runs").status.code();
    assert!(matches!(refused, Some(52 | 56)), "an answer without a network: {refused:?}");
    network.break_after(50_000, Fault::CutOnce);
    assert_eq!(curl(false).arg(&url).output().expect("curl runs").status.code(), Some(18), "half of the answer");
    assert!(network.has_broken());
    assert_eq!(output_of(curl(false).arg(&url)).len(), 100_000);
    network.break_after(50_000, Fault::Stall);
    let mut client = curl(false).arg(&url).stdout(std::process::Stdio::null()).spawn().expect("curl runs");
    assert!(network.breaks(|| client.try_wait().expect("a child").is_some()), "curl had ended");
    assert!(client.try_wait().expect("a child").is_none(), "curl had ended");
    network.mend();
    assert!(!client.wait().expect("a status").success(), "half of the answer");
    assert_eq!(output_of(curl(false).arg(&url)).len(), 100_000);
}

#[test]
fn the_reader_finds_what_is_not_in_order() {
    if left_out() {
        return;
    }
    let site = site();
    let old = build(&site);
    edition(&site, 2);
    let new = build(&site);
    let pages = |files: &Files| files.keys().filter(|path| path.ends_with(".html")).count();
    assert!((15..25).contains(&pages(&old)), "{} pages", pages(&old));
    let mut machine = Machine::new();
    let web = machine.web();
    let host = web::start(&mut machine, &web);
    let put = |path: &str, bytes: &[u8]| {
        machine.write(&format!("home/web/{path}"), bytes);
    };
    let look = |at_once: bool| walk(host, &old, &new, at_once);
    let fault = |part: &str| {
        let fault = look(false).expect_err("a fault");
        assert!(fault.contains(part), "{fault}");
    };
    assert_eq!(walk(host, &Files::new(), &old, true), Ok(Seen::Old), "nothing yet");
    old.iter().for_each(|(path, bytes)| put(path, bytes));
    assert_eq!(look(true), Ok(Seen::Old));
    put("index.html", &new["index.html"]);
    fault("another style.css");
    put("style.css", &new["style.css"]);
    fault("only-2.css, which is not there");
    for (path, bytes) in new.iter().filter(|(path, _)| !path.ends_with(".html")) {
        put(path, bytes);
    }
    assert_eq!(look(false), Ok(Seen::Both));
    assert!(look(true).is_err());
    put("style.css", &old["style.css"]);
    fault("another style.css");
    put("style.css", &new["style.css"]);
    let visit = &new["articles/visit/index.html"];
    put("articles/visit/index.html", &visit[..visit.len() - 1]);
    fault("neither old nor new");
    new.iter().for_each(|(path, bytes)| put(path, bytes));
    assert_eq!(look(false), Ok(Seen::Both), "a page that only the old edition has is still there");
    for path in old.keys().filter(|path| !new.contains_key(*path)) {
        std::fs::remove_file(web.join(path)).expect("a file");
    }
    assert_eq!(look(true), Ok(Seen::New));
    std::fs::remove_file(web.join("robots-extra.txt")).expect("a file");
    fault("robots-extra.txt");
}
