//! `kepu build`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Args;

use crate::config::Mode;
use crate::diagnostic::{Diagnostic, Text};
use crate::outreach::Change;
use crate::publish;
use crate::publish::build::{Memory, Written};
use crate::publish::serve;
use crate::site::{Request, Routes, Site, Stores, plan};
use crate::text;

use super::output::{Output, counted};

#[derive(Args, Debug)]
pub struct Arguments {
    /// The base URL, in place of the configuration's
    #[arg(short = 'u', long)]
    base_url: Option<String>,

    /// The output folder, in place of the configuration's
    #[arg(short, long, value_name = "DIR")]
    output_dir: Option<PathBuf>,

    /// Replace the output folder whatever it holds
    #[arg(short, long)]
    force: bool,

    /// Include drafts
    #[arg(long)]
    drafts: bool,

    /// Minify HTML
    #[arg(long)]
    minify: bool,

    /// Say which generation of Zola the templates and the content were taken for, and why
    #[arg(short, long)]
    verbose: bool,

    /// Do everything as Zola does, without kepu's improvements
    #[arg(long)]
    zola_exact: bool,

    /// Make everything anew, and neither read nor write what builds leave to each other
    #[arg(long)]
    no_cache: bool,

    /// Build again after every change, until Ctrl-C
    #[arg(short, long, conflicts_with = "at")]
    watch: bool,

    /// The time of the build, in place of now: 2026-12-01, 2026-12-01T08:00 (China time on outreach sites) or RFC 3339
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
}

pub fn run(arguments: &Arguments, root: &Path, config: Option<&Path>, output: &Output) -> ExitCode {
    let started = Instant::now();
    let (found, now) = match super::site_at(root, config, arguments.at.as_deref(), output) {
        Ok(site) => site,
        Err(code) => return code,
    };
    let request = Request {
        found,
        mode: Mode::Build,
        base_url: arguments.base_url.clone(),
        drafts: arguments.drafts,
        minify: arguments.minify,
        zola_exact: arguments.zola_exact,
        now,
        remember: arguments.watch,
        no_cache: arguments.no_cache,
    };
    if arguments.watch {
        return watch(arguments, request, output);
    }
    let mut diagnostics = Vec::new();
    let progress = Progress::start(output, started);
    let built = build(arguments, &request, output, &progress, &mut diagnostics);
    progress.finish();
    let failed = output.report(diagnostics);
    match built {
        Some(summary) if !failed => {
            let Summary { written, next } = summary;
            let Written { pages, sections, files, rendered, folder, is_update, .. } = written;
            let seconds = format!("{:.2}", started.elapsed().as_secs_f64());
            let (en_again, zh_again) = match is_update {
                true => (format!(", {rendered} of them rendered again"), format!("，其中 {rendered} 个重新生成")),
                false => (String::new(), String::new()),
            };
            let [p, s, f] = [(pages, "page"), (sections, "section"), (files, "file")].map(|(n, noun)| counted(n, noun));
            output.say(&Text {
                en: format!("{p} and {s}, {f} in `{folder}`{en_again}, {seconds} s."),
                zh: format!("{pages} 个页面、{sections} 个栏目，共 {files} 个文件，写入 `{folder}`{zh_again}，用时 {seconds} 秒。"),
            });
            if let Some(change) = next {
                let (time, path, Text { en, zh }) = (change.time(), &change.path, &change.what);
                output.say(&text!(
                    "Next change due: {time} (China time), `content/{path}`: {en}. Build again then.",
                    "下次变化：{time}（北京时间），`content/{path}`：{zh}。请到时再生成一次。"
                ));
            }
            ExitCode::SUCCESS
        }
        _ => ExitCode::from(1),
    }
}

/// Builds, and builds again after every change. Errors are shown, and the next change may mend them.
fn watch(arguments: &Arguments, request: Request, output: &Output) -> ExitCode {
    let options =
        publish::build::Options { output: arguments.output_dir.clone(), force: arguments.force, strict: output.strict };
    let settings = serve::Options {
        interface: std::net::Ipv4Addr::LOCALHOST.into(),
        port: None,
        base_url: None,
        no_port_append: true,
        debounce: DEBOUNCE,
        extra_watch: Vec::new(),
        serves: false,
        follow: false,
        store: Some(options.clone()),
        lang: output.lang,
    };
    let speaking = *output;
    let tell = move |event: serve::Event| {
        if let serve::Event::Problems(problems) = event {
            speaking.show_problems(problems);
        }
    };
    let (asked, cached) = (request.clone(), !arguments.no_cache);
    let mut build = |site: &Site, routes: &Routes| {
        let started = Instant::now();
        let mut diagnostics = site.report();
        let stop = diagnostics.iter().any(Diagnostic::is_error) || (speaking.strict && !diagnostics.is_empty());
        let built = if stop {
            None
        } else {
            let memory = if cached { Memory::of_loaded(&asked, &options) } else { None };
            publish::build::build(site, routes, &options, memory, &|| (), &mut diagnostics)
        };
        Diagnostic::sort(&mut diagnostics);
        speaking.show_problems(&diagnostics);
        match built {
            Some(Written { files, rendered, replaced, folder, .. }) => {
                let seconds = format!("{:.2}", started.elapsed().as_secs_f64());
                speaking.say(&text!(
                    "{files} files in `{folder}`, {rendered} of them rendered again and {replaced} written, {seconds} s. Watching for changes (stop with Ctrl-C).",
                    "`{folder}` 共 {files} 个文件，其中 {rendered} 个重新生成、{replaced} 个重新写入，用时 {seconds} 秒。正在等待改动（按 Ctrl-C 停止）。"
                ));
            }
            None => speaking.say(&text!(
                "Nothing was changed. Watching for changes (stop with Ctrl-C).",
                "没有改动任何文件。正在等待改动（按 Ctrl-C 停止）。"
            )),
        }
    };
    match serve::watch(request, settings, std::sync::Arc::new(tell), &mut build) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(*error),
    }
}

/// How long files must be quiet after a change, as `kepu serve` has it.
const DEBOUNCE: Duration = Duration::from_millis(50);

struct Summary {
    written: Written,
    /// What changes the site by itself, and when.
    next: Option<Change>,
}

fn build(
    arguments: &Arguments,
    request: &Request,
    output: &Output,
    progress: &Progress,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Summary> {
    let options =
        publish::build::Options { output: arguments.output_dir.clone(), force: arguments.force, strict: output.strict };
    let memory = if arguments.no_cache { None } else { Memory::open(request, &options) };
    if !arguments.verbose
        && let Some(written) = memory.as_ref().and_then(|memory| memory.unchanged(&options))
    {
        return Some(Summary { written, next: None });
    }
    let stores = if arguments.no_cache { None } else { Stores::open(&request.found.root) };
    let site = Site::load_with(request, stores.clone(), diagnostics)?;
    if arguments.verbose {
        site.trees.report().iter().chain([&site.generation.describe()]).for_each(|line| output.say(line));
    }
    let routes = plan(&site, diagnostics);
    let stop = |diagnostics: &[Diagnostic]| {
        diagnostics.iter().any(Diagnostic::is_error) || (output.strict && !diagnostics.is_empty())
    };
    if stop(diagnostics) {
        return None;
    }
    progress.expect(routes.len());
    let written = publish::build::build(&site, &routes, &options, memory, &|| progress.step(), diagnostics)?;
    // Only now: a build that fails leaves nothing behind.
    if let Some(stores) = &stores {
        stores.save();
    }
    let next = site.outreach.as_ref().and_then(|outreach| outreach.changes.first().cloned());
    // The process ends now; freeing a large site piece by piece would only keep the user waiting.
    std::mem::forget((site, routes));
    Some(Summary { written, next })
}

/// A bar that appears when a build on a terminal takes longer than a second.
pub(super) struct Progress {
    started: Instant,
    bar: Option<indicatif::ProgressBar>,
    done: AtomicUsize,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_secs(1);

    pub(super) fn start(output: &Output, started: Instant) -> Self {
        let shows = output.format == super::output::Format::Human && std::io::stderr().is_terminal();
        let bar = shows.then(|| {
            let style = indicatif::ProgressStyle::with_template("{bar:40} {pos}/{len}");
            let bar = indicatif::ProgressBar::hidden();
            if let Ok(style) = style {
                bar.set_style(style);
            }
            bar
        });
        Self { started, bar, done: AtomicUsize::new(0) }
    }

    pub(super) fn expect(&self, routes: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(routes as u64);
        }
    }

    /// One route is done. Called from all threads, so the clock is only read now and then.
    pub(super) fn step(&self) {
        let Some(bar) = &self.bar else { return };
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !done.is_multiple_of(32) || self.started.elapsed() < Self::PATIENCE {
            return;
        }
        if bar.is_hidden() {
            bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        bar.set_position(done as u64);
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
