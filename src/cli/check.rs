//! `kepu check`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use crate::check::language::repair;
use crate::check::{self, Options, find_rule, sarif};
use crate::config::Mode;
use crate::diagnostic::{Diagnostic, Result, Text};
use crate::site::{Request, Site, plan};
use crate::text;

use super::build::Progress;
use super::output::{Output, counted};

#[derive(Args, Debug)]
pub struct Arguments {
    /// The base URL, in place of the configuration's
    #[arg(short = 'u', long)]
    base_url: Option<String>,

    /// Include drafts
    #[arg(long)]
    drafts: bool,

    /// Do not follow links to other sites
    #[arg(long)]
    skip_external_links: bool,

    /// Look at what inspections of public sites look at: columns without news, empty columns, what the footer lacks
    #[arg(long)]
    inspect: bool,

    /// Correct what is safe to correct (wrong words, marks between Han characters) in the Markdown files, and show it
    #[arg(long)]
    fix: bool,

    /// Write a report in Chinese that can be read in a browser and printed
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Write the findings as SARIF 2.1.0
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,

    /// Do everything as Zola does, without kepu's improvements
    #[arg(long)]
    zola_exact: bool,

    /// The time of the check, in place of now: 2026-12-01, 2026-12-01T08:00 (China time on outreach sites) or RFC 3339
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
        // What is checked is what a build would publish.
        mode: Mode::Build,
        base_url: arguments.base_url.clone(),
        drafts: arguments.drafts,
        minify: false,
        zola_exact: arguments.zola_exact,
        now,
        remember: false,
        no_cache: false,
    };
    let mut told = Vec::new();
    let site = Site::load(&request, &mut told);
    let Some(mut site) = site else { return finish(arguments, output, told, None, started) };
    if arguments.fix && repair(&site, arguments, &request, output) {
        told.clear();
        let again = Site::load(&request, &mut told);
        let Some(again) = again else { return finish(arguments, output, told, None, started) };
        site = again;
    }
    let routes = plan(&site, &mut told);
    if told.iter().any(|diagnostic| diagnostic.is_error() && find_rule(diagnostic.code).is_none()) {
        return finish(arguments, output, told, None, started);
    }
    let options = options(&site, arguments, &request);
    let progress = Progress::start(output, started);
    progress.expect(routes.len());
    let mut report = check::run(&site, &routes, told, options, &|| progress.step());
    progress.finish();
    report.findings = output.graded(report.findings);
    if let Some(file) = &arguments.report {
        let html = check::report::html(&site, &report, options.now, options.inspect);
        report.findings.extend(write(file, &html).err().map(|error| *error));
    }
    let seen = Some((report.pages, report.files));
    let code = finish(arguments, output, report.findings, seen, started);
    // The process ends now; freeing a large site piece by piece would only keep the user waiting.
    std::mem::forget((site, routes));
    code
}

fn options(site: &Site, arguments: &Arguments, request: &Request) -> Options {
    Options {
        now: request.now.instant(site.outreach.is_some()),
        inspect: arguments.inspect,
        external: !arguments.skip_external_links,
    }
}

/// Corrects the files and says what was changed; whether anything was.
fn repair(site: &Site, arguments: &Arguments, request: &Request, output: &Output) -> bool {
    let mut told = Vec::new();
    let repaired = repair::site(site, options(site, arguments, request), &mut told);
    for repair::Repaired { file, changes } in &repaired {
        for change in changes {
            let (line, old, new) = (change.line, &change.old, &change.new);
            output.say(&text!("{file}:{line}: `{old}` is now `{new}`", "{file}:{line}：“{old}”已改为“{new}”"));
        }
    }
    output.list(&told);
    !repaired.is_empty()
}

/// Shows the findings and what they come to. `seen` is how many pages and files were looked at.
fn finish(
    arguments: &Arguments,
    output: &Output,
    findings: Vec<Diagnostic>,
    seen: Option<(usize, usize)>,
    started: Instant,
) -> ExitCode {
    let mut findings = output.graded(findings);
    if let Some(file) = &arguments.sarif {
        let text = sarif::write(&findings, output.lang);
        findings.extend(write(file, &text).err().map(|error| *error));
    }
    output.list(&findings);
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    let seconds = format!("{:.2}", started.elapsed().as_secs_f64());
    let outcome = format!("{} and {}", counted(errors, "error"), counted(warnings, "warning"));
    output.say(&match seen {
        Some((pages, files)) => Text {
            en: format!("{} and {} checked, {outcome}, {seconds} s.", counted(pages, "page"), counted(files, "file")),
            zh: format!(
                "检查了 {pages} 个页面、{files} 个文件，{errors} 个错误，{warnings} 个警告，用时 {seconds} 秒。"
            ),
        },
        None => Text {
            en: format!("{outcome}; the pages could not be checked before these are mended."),
            zh: format!("{errors} 个错误，{warnings} 个警告；改正之后才能检查页面。"),
        },
    });
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn write(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).map_err(|error| Box::new(Diagnostic::io(file.display().to_string(), &error)))
}
