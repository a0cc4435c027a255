//! Rendering what nobody has asked for, to find errors anywhere in the site. Requests and new snapshots go first.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::diagnostic::{Diagnostic, Text};
use crate::site::{Artifact, Route, summarize, template_of};

use super::super::build;
use super::Event;
use super::state::{Built, Snapshot, State};

/// What rendering the routes of a snapshot gave.
#[derive(Default)]
pub struct Report {
    pub generation: u64,
    pub rendered: usize,
    pub finished: bool,
    pub problems: Vec<Diagnostic>,
    times: Mutex<HashMap<String, Time>>,
}

/// How long a template took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Time {
    pub count: u32,
    pub total: Duration,
    pub longest: Duration,
}

impl Report {
    /// Counts one rendering of a route for its template.
    pub fn time(&self, built: &Built, route: &Route, took: Duration) {
        let Some(template) = template_of(&built.site, route) else { return };
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let time = times.entry(template).or_default();
        time.count += 1;
        time.total += took;
        time.longest = time.longest.max(took);
    }

    /// Templates with their times, the slowest in all first.
    pub fn times(&self) -> Vec<(String, Time)> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times: Vec<(String, Time)> = times.iter().map(|(name, time)| (name.clone(), *time)).collect();
        times.sort_by(|a, b| b.1.total.cmp(&a.1.total).then_with(|| a.0.cmp(&b.0)));
        times
    }
}

/// How long it takes until nobody needs the processor.
const STEP: Duration = Duration::from_millis(5);

/// Renders every snapshot in turn, for ever.
pub fn run(state: &State, store: Option<&build::Options>, tell: &dyn Fn(Event)) {
    lower_priority();
    let mut done = 0;
    let mut told: Vec<Diagnostic> = Vec::new();
    loop {
        let snapshot = state.snapshot();
        if snapshot.generation == done || state.is_stale() {
            std::thread::sleep(STEP * 4);
            continue;
        }
        done = snapshot.generation;
        // What cannot be loaded has nothing new to render.
        let Some(built) = snapshot.site.as_ref().filter(|_| !snapshot.is_broken()) else { continue };
        let Some(report) = pass(state, &snapshot, built) else { continue };
        state.look_around(&built.site);
        if report.problems != told {
            told = report.problems.clone();
            let all: Vec<Diagnostic> = snapshot.problems.iter().chain(&told).cloned().collect();
            tell(Event::Problems(&all));
        }
        let broken = report.problems.iter().any(Diagnostic::is_error);
        state.set_report(report);
        if let Some(options) = store.filter(|_| !broken) {
            let mut diagnostics = Vec::new();
            build::build(&built.site, &built.routes, options, None, &|| (), &mut diagnostics);
            if !diagnostics.is_empty() {
                tell(Event::Problems(&diagnostics));
            }
        }
    }
}

/// Renders all bodies, then all routes of one snapshot; none when a newer one came in between.
fn pass(state: &State, snapshot: &Snapshot, built: &Built) -> Option<Report> {
    let give_way = || {
        while state.busy.load(Ordering::Relaxed) > 0 {
            std::thread::sleep(STEP);
        }
        let is_old = state.is_stale() || state.snapshot().generation != snapshot.generation;
        if is_old { None } else { Some(()) }
    };
    for id in built.site.documents() {
        give_way()?;
        built.prepare(id);
    }
    let of_bodies = built.report();
    let mut failures: Vec<(Text, Vec<Diagnostic>)> = Vec::new();
    let mut report = Report { generation: snapshot.generation, ..Report::default() };
    for (path, route) in &*built.routes {
        give_way()?;
        let started = Instant::now();
        match built.render(path, route) {
            Ok(Artifact::File { .. }) => continue,
            Ok(_) => {}
            Err(mut errors) => {
                errors.retain(|error| !of_bodies.contains(error));
                let (Text { en, zh }, _) = route.describe(&built.site);
                let what = Text { en: format!("`/{path}`, {en}"), zh: format!("`/{path}`，{zh}") };
                failures.push((what, errors));
            }
        }
        report.time(built, route, started.elapsed());
        report.rendered += 1;
    }
    report.problems = of_bodies;
    report.problems.extend(summarize(failures));
    Diagnostic::sort(&mut report.problems);
    report.finished = true;
    Some(report)
}

/// On Linux a thread has a priority of its own; elsewhere the pauses above must do.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 10);
}
