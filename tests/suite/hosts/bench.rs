//! How long a deploy of a large site takes, first and after one change. `tests/bench/deploy` runs this.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::host::{Host, Kind};
use crate::support::{SiteTest, tree};

#[test]
#[ignore = "takes minutes, and tells figures only: run tests/bench/deploy"]
fn one_change_in_a_large_site() {
    let from = PathBuf::from(std::env::var_os("KEPU_BENCH_SITE").expect("tests/bench/deploy names a site"));
    let chosen = std::env::var("KEPU_BENCH_KIND").unwrap_or_default();
    for kind in [Kind::Folder, Kind::Sftp, Kind::S3, Kind::Ftp, Kind::Ftps, Kind::Dav, Kind::GitSsh] {
        if !chosen.is_empty() && format!("{kind:?}") != chosen {
            continue;
        }
        let (host, site) = (Host::new(kind), SiteTest::empty());
        for (path, bytes) in tree(&from) {
            site.write(&path, bytes);
        }
        let (first, said) = timed(&host, &site);
        println!("{kind:?}: first deploy {first:.2?}: {said}");
        for change in 1..=3 {
            // Nobody writes faster; folders that changed within the last two seconds are looked into once more.
            std::thread::sleep(Duration::from_secs(3));
            let page = "content/science/p000501.md";
            let text = std::fs::read_to_string(site.path(page)).expect("a page");
            site.write(page, format!("{text}\n改动 {change}。\n"));
            let (next, said) = timed(&host, &site);
            println!(
                "{kind:?}: one change {next:.2?}, {:.3} of the first: {said}",
                next.as_secs_f64() / first.as_secs_f64()
            );
        }
        let (next, said) = timed(&host, &site);
        println!(
            "{kind:?}: no change {next:.2?}, {:.3} of the first: {said}",
            next.as_secs_f64() / first.as_secs_f64()
        );
    }
}

fn timed(host: &Host, site: &SiteTest) -> (Duration, String) {
    let started = Instant::now();
    // As from an office: over loopback a first deploy takes no longer than the disk.
    let limit = std::env::var("KEPU_BENCH_LIMIT").unwrap_or_default();
    let arguments: &[&str] = if limit.is_empty() { &[] } else { &["--limit", &limit] };
    let run = host.deploy(site, arguments).succeeds();
    (started.elapsed(), run.stderr.lines().rfind(|line| line.contains("host")).unwrap_or_default().to_owned())
}
