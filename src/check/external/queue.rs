//! Many addresses of many hosts: few at a time for each host, with pauses, and again later where that may help.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use url::Url;

use super::fetch::{Answer, Client, Outcome};
use crate::config::External;

/// The longest time for which a host is waited for when it says so.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// An address that is to be asked for.
struct Job<'a> {
    address: &'a str,
    tries: u32,
    not_before: Instant,
}

struct Host<'a> {
    jobs: VecDeque<Job<'a>>,
    active: usize,
    /// Before this it is left in peace.
    next: Instant,
}

struct State<'a> {
    hosts: BTreeMap<String, Host<'a>>,
    outcomes: Vec<(&'a str, Outcome)>,
    /// Addresses without an outcome.
    left: usize,
}

struct Queue<'a, 's> {
    state: Mutex<State<'a>>,
    changed: Condvar,
    settings: &'s External,
}

/// Asks for all addresses; the outcome of each.
pub fn ask<'a>(
    addresses: &[&'a str],
    settings: &External,
    with_anchor: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<(&'a str, Outcome)> {
    let now = Instant::now();
    let mut hosts: BTreeMap<String, Host> = BTreeMap::new();
    for address in addresses {
        let url = Url::parse(address).ok();
        let host = url.and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
        let host = hosts.entry(host.unwrap_or_default());
        let host = host.or_insert_with(|| Host { jobs: VecDeque::new(), active: 0, next: now });
        host.jobs.push_back(Job { address, tries: 0, not_before: now });
    }
    let most = settings.hosts.clamp(1, 64).saturating_mul(settings.per_host.clamp(1, 16));
    let workers = most.min(addresses.len()).min(64);
    let left = addresses.len();
    let queue = Queue {
        state: Mutex::new(State { hosts, outcomes: Vec::with_capacity(left), left }),
        changed: Condvar::new(),
        settings,
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| queue.work(with_anchor));
        }
    });
    queue.state.into_inner().unwrap_or_else(PoisonError::into_inner).outcomes
}

impl<'a> Queue<'a, '_> {
    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, with_anchor: &(dyn Fn(&str) -> bool + Sync)) {
        let client = Client::new(Duration::from_secs(self.settings.timeout_seconds.max(1)));
        while let Some((host, mut job)) = self.next() {
            // Others wait for every address to have an outcome, so a library must not take its worker along.
            let asked = catch_unwind(AssertUnwindSafe(|| client.ask(job.address, with_anchor(job.address))));
            let broken = || Answer { outcome: Outcome::Broken("the client failed".to_owned()), retry_after: None };
            let answer = asked.unwrap_or_else(|_| broken());
            let mut state = self.lock();
            let now = Instant::now();
            let again = answer.outcome.may_pass() && job.tries < self.settings.retries;
            // A host that wants to be left alone for longer than this is not waited for.
            let again = again && answer.retry_after.is_none_or(|wait| wait <= LONGEST_WAIT);
            let Some(of) = state.hosts.get_mut(&host) else { return };
            of.active -= 1;
            if again {
                let pause = Duration::from_millis(self.settings.pause_ms.max(100));
                let wait = answer
                    .retry_after
                    .unwrap_or_else(|| (pause * 2u32.saturating_pow(job.tries.min(8))).min(LONGEST_WAIT));
                if answer.retry_after.is_some() || answer.outcome == Outcome::Status(429) {
                    of.next = of.next.max(now + wait);
                }
                job.tries += 1;
                job.not_before = now + wait;
                of.jobs.push_back(job);
            } else {
                state.outcomes.push((job.address, answer.outcome));
                state.left -= 1;
            }
            self.changed.notify_all();
        }
    }

    /// The next address that may be asked for now, waiting for it; none when all have an outcome.
    fn next(&self) -> Option<(String, Job<'a>)> {
        let mut state = self.lock();
        loop {
            if state.left == 0 {
                return None;
            }
            let now = Instant::now();
            let per_host = self.settings.per_host.max(1);
            let mut soonest: Option<Instant> = None;
            let busy = state.hosts.values().filter(|host| host.active > 0).count();
            for (name, host) in &mut state.hosts {
                if host.active >= per_host || (host.active == 0 && busy >= self.settings.hosts.max(1)) {
                    continue;
                }
                let Some(at) = host.jobs.iter().position(|job| job.not_before <= now) else {
                    let first = host.jobs.iter().map(|job| job.not_before).min();
                    soonest = soonest.into_iter().chain(first).min();
                    continue;
                };
                if host.next > now {
                    soonest = soonest.into_iter().chain([host.next]).min();
                    continue;
                }
                let Some(job) = host.jobs.remove(at) else { continue };
                host.active += 1;
                host.next = now + Duration::from_millis(self.settings.pause_ms);
                return Some((name.clone(), job));
            }
            let wait = soonest.map_or(Duration::from_secs(1), |at| at.saturating_duration_since(now));
            let waited = self.changed.wait_timeout(state, wait.max(Duration::from_millis(1)));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
