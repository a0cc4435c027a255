//! Whatever is edited while `kepu serve` runs, its answers are those of a site that was loaded afresh.

use std::collections::BTreeMap;

use kepu::config::{Mode, find};
use kepu::outreach::BuildTime;
use kepu::site::{Processed, Request, Site};

use crate::support::{ServeTest, assert_same};
use crate::warm;

/// Enough of each kind, and soon done: an edit takes as long as files must be quiet, and two loads.
const EDITS: usize = 200;

/// Every file of a site that is loaded without knowing anything, as the server has its addresses.
fn cold(server: &ServeTest) -> Option<BTreeMap<String, Vec<u8>>> {
    let request = Request {
        found: find::find(server.site.root(), None).expect("a site"),
        mode: Mode::Serve,
        base_url: Some(server.url.trim_end_matches('/').to_owned()),
        drafts: false,
        minify: false,
        zola_exact: false,
        now: BuildTime::Instant(jiff::Timestamp::now()),
        remember: false,
        no_cache: true,
    };
    let site = Site::load(&request, &mut Vec::new())?;
    let (mut files, _) = warm::output(&site, Vec::new());
    for (path, planned) in site.images.requested() {
        if let Ok(Processed::Bytes(bytes)) = site.images.process(&planned) {
            files.insert(path, bytes);
        }
    }
    Some(files)
}

fn address(path: &str) -> String {
    format!("/{}", percent_encoding::utf8_percent_encode(path, percent_encoding::CONTROLS))
}

#[test]
fn after_any_edit_the_server_answers_as_a_fresh_one() {
    let server = ServeTest::start(warm::site(), &[]);
    let mut numbers = warm::Numbers::new(0x9e37_79b9_7f4a_7c15);
    let mut before = cold(&server).expect("a site");
    let mut good = 0;
    for step in 0..EDITS {
        warm::edit(&server.site, &mut numbers, step);
        // A site with errors is answered from the state before, or says what is wrong.
        let Some(now) = cold(&server) else { continue };
        good += 1;
        let is_new = |path: &String| before.get(path) != now.get(path);
        let unchanged: Vec<&String> = now.keys().filter(|path| !is_new(path)).collect();
        let some = (0..3).map(|_| unchanged[numbers.below(unchanged.len())]);
        for path in now.keys().filter(|path| is_new(path)).chain(some) {
            let due = &now[path];
            server.until(&address(path), &format!("fresh answer after step {step}"), |answer| {
                answer.without_script() == *due
            });
        }
        // Images of before stay for the pages that browsers still show.
        for path in before.keys().filter(|path| !now.contains_key(*path) && !path.starts_with("processed_images/")) {
            server.gone(&address(path));
        }
        if good % 40 == 0 {
            let all = now.keys().map(|path| (path.clone(), server.get(&address(path)).without_script())).collect();
            assert_same(&now, &all, &format!("step {step}"));
        }
        before = now;
    }
    assert!(good > EDITS / 2, "only {good} states of the site could be built");
}
