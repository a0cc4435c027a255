//! Deploys that are cut off or killed: readers see nothing that is half, and the next deploy finishes the work.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::host::{Host, Kind};
use super::left_out;
use super::proxy::Fault;
use super::reader::Seen;
use super::site::{Files, build, edition, site};
use crate::support::{Run, SiteTest};

/// At how many points of a deploy each fault happens.
const POINTS: u64 = 30;

/// A host with the first edition of a site, which gets one edition after the other.
struct Story {
    host: Host,
    site: SiteTest,
    /// The number of the edition, which goes round: a tree at the host shall meet one that it did not hold last.
    number: usize,
    /// What the editions are, by number.
    built: BTreeMap<usize, Files>,
    old: Files,
    new: Files,
    /// How often a broken deploy left readers with the old site, the new one, and pages of both.
    seen: [usize; 3],
}

impl Story {
    fn new(kind: Kind) -> Self {
        let (host, site) = (Host::new(kind), site());
        let new = build(&site);
        host.deploy(&site, &[]).succeeds();
        assert_eq!(host.walk(&Files::new(), &new), Ok(Seen::New));
        let built = [(1, new.clone())].into();
        Self { host, site, number: 1, built, old: Files::new(), new, seen: [0; 3] }
    }

    fn next_edition(&mut self) {
        self.number = self.number % 3 + 1;
        edition(&self.site, self.number);
        let new = self.built.entry(self.number).or_insert_with(|| build(&self.site)).clone();
        self.old = std::mem::replace(&mut self.new, new);
    }

    /// Readers find everything in order after a deploy that broke.
    #[track_caller]
    fn is_in_order(&mut self, point: &str) {
        match self.host.walk(&self.old, &self.new) {
            Ok(seen) => self.seen[seen as usize] += 1,
            Err(fault) => panic!("{:?}, {point}: {fault}", self.host.kind),
        }
    }

    /// The next deploy makes the site new, and leaves nothing that is neither the site's nor its own.
    #[track_caller]
    fn is_finished(&self, point: &str) {
        self.host.deploy(&self.site, &[]).succeeds();
        assert_eq!(self.host.walk(&self.old, &self.new), Ok(Seen::New), "{:?}, after {point}", self.host.kind);
        let names: Vec<String> = self.host.files().into_keys().collect();
        assert_eq!(names, self.new.keys().cloned().collect::<Vec<_>>(), "{:?}, after {point}", self.host.kind);
    }

    fn tell(&self, what: &str, broken: usize) {
        let [old, new, both] = self.seen;
        println!(
            "{:?}: {what} at {broken} points: readers saw the old site {old} times, the new one {new}, both {both}; \
             all in order, all finished by the next deploy",
            self.host.kind
        );
    }
}

/// The network breaks after so many bytes, at points spread over a whole deploy.
fn cut_anywhere(kind: Kind) {
    if left_out() {
        return;
    }
    let mut story = Story::new(kind);
    let total = measure(&mut story);
    let mut broken = 0;
    for point in 0..POINTS {
        story.next_edition();
        let bytes = total * (2 * point + 1) / (2 * POINTS);
        story.network().break_after(bytes, Fault::Cut);
        let run = story.host.deploy(&story.site, &[]);
        let point = format!("cut after {bytes} of {total} bytes");
        if story.network().has_broken() {
            broken += 1;
            // What is left to do after the last word of the host may still be done.
            if run.code != Some(0) {
                let run = run.fails();
                assert_eq!(
                    run.stderr.matches("error[").count(),
                    1,
                    "{kind:?}, {point}: not one message:\n{}",
                    run.stderr
                );
                let known = ["deploy/interrupted", "deploy/unreachable"];
                assert!(known.iter().any(|code| run.stderr.contains(code)), "{kind:?}, {point}:\n{}", run.stderr);
            }
        } else {
            run.succeeds();
        }
        story.is_in_order(&point);
        story.network().mend();
        story.is_finished(&point);
    }
    assert!(broken >= POINTS as usize - 2, "the network broke only {broken} times");
    story.tell("cut", broken);
}

/// Nothing passes any more after so many bytes, and kepu is killed.
fn killed_anywhere(kind: Kind) {
    if left_out() {
        return;
    }
    let mut story = Story::new(kind);
    let total = measure(&mut story);
    let mut killed = 0;
    for point in 0..POINTS {
        story.next_edition();
        let bytes = total * (2 * point + 1) / (2 * POINTS);
        story.network().break_after(bytes, Fault::Stall);
        let mut kepu = start(&story);
        if story.network().breaks(|| kepu.try_wait().expect("a child").is_some()) {
            killed += 1;
        }
        kill(&mut kepu);
        story.network().mend();
        let point = format!("killed after {bytes} of {total} bytes");
        story.is_in_order(&point);
        story.is_finished(&point);
    }
    assert!(killed >= POINTS as usize - 2, "kepu was killed only {killed} times");
    story.tell("killed", killed);
}

/// kepu dies instead of changing the host once more, at points spread over all changes, and at any moment between.
fn killed_at_any_change(kind: Kind) {
    if left_out() {
        return;
    }
    let mut story = Story::new(kind);
    story.next_edition();
    let calls = story.site.path("calls");
    let mut command = story.host.command(&story.site, &[]);
    let run = command.env("KEPU_TEST_DEPLOY_CALLS", &calls).output().expect("kepu runs");
    Run::new(run, story.site.root()).succeeds();
    let calls = std::fs::read_to_string(calls).expect("a file").trim().parse::<u64>().expect("a number");
    assert!(calls > 0, "{kind:?}: nothing was changed");
    let points = POINTS.min(calls);
    for point in 0..points {
        story.next_edition();
        let call = 1 + calls * point / points;
        let mut command = story.host.command(&story.site, &[]);
        let run = command.env("KEPU_TEST_DEPLOY_KILL", call.to_string()).output().expect("kepu runs");
        assert_eq!(run.status.code(), None, "{kind:?}: kepu was not killed at {call} of {calls} changes");
        let point = format!("killed at {call} of {calls} changes");
        story.is_in_order(&point);
        story.is_finished(&point);
    }
    story.tell("killed at changes", points as usize);
    // Between changes, and in the midst of them. Slowly, since a deploy takes a few milliseconds here.
    story.seen = [0; 3];
    let mut killed = 0;
    for moment in 0..POINTS {
        story.next_edition();
        let before = story.host.marks();
        let mut kepu = start(&story);
        while kepu.try_wait().expect("a child").is_none() && story.host.marks() == before {
            std::thread::sleep(Duration::from_micros(100));
        }
        std::thread::sleep(Duration::from_micros(moment * 700));
        killed += usize::from(kepu.try_wait().expect("a child").is_none());
        kill(&mut kepu);
        let point = format!("killed {} µs after the first change", moment * 700);
        story.is_in_order(&point);
        story.is_finished(&point);
    }
    story.tell("killed at moments", killed);
}

impl Story {
    fn network(&self) -> &super::proxy::Network {
        self.host.network.as_ref().expect("a network")
    }
}

/// How many bytes pass while an edition is replaced.
fn measure(story: &mut Story) -> u64 {
    story.next_edition();
    story.network().break_after(u64::MAX, Fault::Cut);
    story.host.deploy(&story.site, &[]).succeeds();
    let total = story.network().passed();
    story.network().mend();
    total
}

fn start(story: &Story) -> Child {
    let mut command = story.host.command(&story.site, &[]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kepu runs")
}

fn kill(kepu: &mut Child) {
    let _ = kepu.kill();
    kepu.wait().expect("a status");
}

#[test]
fn a_folder_is_in_order_whenever_kepu_is_killed() {
    killed_at_any_change(Kind::Folder);
}

#[test]
fn a_folder_in_place_is_in_order_whenever_kepu_is_killed() {
    killed_at_any_change(Kind::FolderInPlace);
}

#[test]
fn a_git_branch_is_in_order_whenever_kepu_is_killed() {
    killed_at_any_change(Kind::Git);
}

#[test]
fn sftp_is_in_order_whenever_the_network_breaks() {
    cut_anywhere(Kind::Sftp);
}

#[test]
fn sftp_is_in_order_whenever_kepu_is_killed() {
    killed_anywhere(Kind::Sftp);
}

#[test]
fn sftp_in_place_is_in_order_whenever_the_network_breaks() {
    cut_anywhere(Kind::SftpInPlace);
}

#[test]
fn sftp_in_place_is_in_order_whenever_kepu_is_killed() {
    killed_anywhere(Kind::SftpInPlace);
}

#[test]
fn ftp_is_in_order_whenever_the_network_breaks() {
    cut_anywhere(Kind::Ftp);
}

#[test]
fn ftp_is_in_order_whenever_kepu_is_killed() {
    killed_anywhere(Kind::Ftp);
}

#[test]
fn ftps_is_in_order_whenever_the_network_breaks() {
    cut_anywhere(Kind::Ftps);
}

#[test]
fn ftps_is_in_order_whenever_kepu_is_killed() {
    killed_anywhere(Kind::Ftps);
}

#[test]
fn webdav_is_in_order_whenever_the_network_breaks() {
    cut_anywhere(Kind::Dav);
}

#[test]
fn webdav_is_in_order_whenever_kepu_is_killed() {
    killed_anywhere(Kind::Dav);
}

#[test]
fn s3_is_in_order_whenever_the_network_breaks() {
    cut_anywhere(Kind::S3);
}

#[test]
fn s3_is_in_order_whenever_kepu_is_killed() {
    killed_anywhere(Kind::S3);
}
