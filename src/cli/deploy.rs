//! `kepu deploy`.

use std::collections::{BTreeMap, HashSet};
use std::io::{IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use humansize::{BINARY, format_size};

use crate::check;
use crate::config::Mode;
use crate::config::deploy::{Family, Host, Server, Target, bytes};
use crate::diagnostic::{Diagnostic, Result, Text};
use crate::publish::deploy::{self, Artifacts, Options, Progress, Session, Summary, Version};
use crate::site::{Request, Route, Routes, Site, Stores, plan, read_config};
use crate::text;

use super::output::{Format, Output, counted};

#[derive(Args, Debug)]
pub struct Arguments {
    /// Which `[deploy.NAME]` of kepu.toml; needed where there are several
    target: Option<String>,

    /// Show what would be sent and deleted, and change nothing
    #[arg(long)]
    dry_run: bool,

    /// Read everything back and compare
    #[arg(long)]
    verify: bool,

    /// At most so many bytes a second: 500k, 2M
    #[arg(long, value_name = "BYTES")]
    limit: Option<String>,

    /// Uploads at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    parallel: Option<u16>,

    /// Deploy although `kepu check` finds errors
    #[arg(long)]
    skip_check: bool,

    /// Replace files of the same name that kepu did not put there
    #[arg(long)]
    overwrite: bool,

    /// Trust the key of an SFTP host that is met for the first time
    #[arg(long)]
    accept_host_key: bool,

    /// Wait so long for another deploy to end
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,

    /// Take the lock of another deploy, which must be dead
    #[arg(long)]
    break_lock: bool,

    /// List the versions that the host keeps
    #[arg(long, conflicts_with_all = ["dry_run", "rollback"])]
    list: bool,

    /// Make an earlier version live again: the one named, or the one before
    #[arg(long, value_name = "VERSION", num_args = 0..=1)]
    rollback: Option<Option<String>>,

    /// Print what must be set by hand at this host
    #[arg(long)]
    setup: bool,

    /// The base URL, in place of the configuration's and the target's
    #[arg(short = 'u', long)]
    base_url: Option<String>,

    /// Minify HTML
    #[arg(long)]
    minify: bool,

    /// Do everything as Zola does, without kepu's improvements
    #[arg(long)]
    zola_exact: bool,

    /// The time of the build, in place of now
    #[arg(long, value_name = "DATE")]
    at: Option<String>,
}

pub fn run(arguments: &Arguments, root: &Path, config: Option<&Path>, output: &Output) -> ExitCode {
    let started = Instant::now();
    let limit = match arguments.limit.as_deref().map(limit).transpose() {
        Ok(limit) => limit,
        Err(error) => return output.misused(*error),
    };
    let (found, now) = match super::site_at(root, config, arguments.at.as_deref(), output) {
        Ok(site) => site,
        Err(code) => return code,
    };
    let mut request = Request {
        found,
        mode: Mode::Build,
        base_url: arguments.base_url.clone(),
        drafts: false,
        minify: arguments.minify,
        zola_exact: arguments.zola_exact,
        now,
        remember: false,
        no_cache: false,
    };
    let options = Options {
        dry_run: arguments.dry_run,
        verify: arguments.verify,
        limit,
        parallel: arguments.parallel.map(usize::from),
        overwrite: arguments.overwrite,
        accept_host_key: arguments.accept_host_key,
        wait: Duration::from_secs(arguments.wait),
        break_lock: arguments.break_lock,
    };
    let mut diagnostics = Vec::new();
    let done = read_config(&request, &mut diagnostics)
        .filter(|_| !diagnostics.iter().any(Diagnostic::is_error))
        .and_then(|(config, _)| choose(&config.deploy, arguments.target.as_deref(), &mut diagnostics))
        .and_then(|target| {
            request.base_url = request.base_url.take().or_else(|| target.base_url.clone());
            // The configuration is read again with the site, and says the same.
            diagnostics.clear();
            let done = act(arguments, &target, &request, &options, output, &mut diagnostics)?;
            Some((target, done))
        });
    // What was sent before an error stays sent, so `Output::report`, which says that nothing was changed, is not for here.
    Diagnostic::sort(&mut diagnostics);
    output.show_problems(&diagnostics);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let failed = errors > 0 || (output.strict && !diagnostics.is_empty());
    let Some((target, done)) = done else {
        let en = format!("The deploy did not finish: {}.", counted(errors, "error"));
        output.say(&Text { en, zh: format!("发布没有完成：{errors} 个错误。") });
        return ExitCode::from(1);
    };
    match &done {
        Done::Sent(summary) => tell(&target, summary, arguments, started, failed, output),
        Done::Told => {}
    }
    if failed { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

/// The bytes a second of `--limit`.
fn limit(given: &str) -> Result<u64> {
    bytes(given).ok_or_else(|| {
        let error = Diagnostic::error(
            "usage/limit",
            text!("`--limit {given}` is no amount of bytes", "`--limit {given}` 不是字节数"),
        );
        Box::new(error.help(text!("write it like `--limit 500k` or `2M`", "请写成 `--limit 500k` 或 `2M`")))
    })
}

fn choose(targets: &[Target], name: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Option<Target> {
    let names = || targets.iter().map(|t| format!("`{}`", t.name)).collect::<Vec<_>>().join(", ");
    let error = match (targets, name) {
        ([], _) => Diagnostic::error(
            "deploy/target",
            text!("kepu.toml names no place to deploy to", "kepu.toml 里没有写发布目标"),
        )
        .help(text!(
            "add a table like `[deploy.web]` with `kind = \"sftp\"`; docs/deploy.md has one for each kind of host",
            "请加上 `[deploy.web]` 和 `kind = \"sftp\"` 等设置；docs/deploy.zh-CN.md 里每种主机都有例子"
        )),
        (targets, Some(name)) => {
            if let Some(target) = targets.iter().find(|t| t.name == name) {
                return Some(target.clone());
            }
            let names = names();
            Diagnostic::error("deploy/target", text!("there is no target `{name}`", "没有发布目标 `{name}`"))
                .help(text!("kepu.toml has {names}", "kepu.toml 里有 {names}"))
        }
        ([target], None) => return Some(target.clone()),
        (_, None) => {
            let names = names();
            Diagnostic::error("deploy/target", text!("there are several targets", "有几个发布目标"))
                .help(text!("say which: {names}", "请指明一个：{names}"))
        }
    };
    diagnostics.push(error);
    None
}

/// What was done.
enum Done {
    Sent(Summary),
    Told,
}

fn act(
    arguments: &Arguments,
    target: &Target,
    request: &Request,
    options: &Options,
    output: &Output,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Done> {
    let root = &request.found.root;
    let folder = request.found.config.parent().unwrap_or(root);
    let bar = Bar::new(output);
    let open = |diagnostics: &mut Vec<Diagnostic>| match Session::open(target, options, root, folder, &bar) {
        Ok(session) => Some(session),
        Err(error) => {
            diagnostics.push(*error);
            None
        }
    };
    if arguments.list {
        let session = open(diagnostics)?;
        match session.versions() {
            Ok((ids, live)) => list(&ids, live.as_deref(), output),
            Err(error) => {
                diagnostics.push(*error);
                return None;
            }
        }
        return Some(Done::Told);
    }
    if let Some(version) = &arguments.rollback {
        let session = open(diagnostics)?;
        let summary = session.roll_back(version.as_deref(), diagnostics);
        bar.finish();
        return summary.map(Done::Sent);
    }
    let stores = Stores::open(root);
    // The process ends soon; freeing a large site piece by piece would only keep the user waiting.
    let site = ManuallyDrop::new(Site::load_with(request, stores.clone(), diagnostics)?);
    let routes = ManuallyDrop::new(plan(&site, diagnostics));
    if diagnostics.iter().any(Diagnostic::is_error) || (output.strict && !diagnostics.is_empty()) {
        return None;
    }
    let notes = root.join(".kepu/deploy").join(&target.name);
    let mut artifacts = Artifacts::make(&site, &routes, request, &notes.join("made"), diagnostics)?;
    let passes = arguments.skip_check
        || arguments.setup
        || passes_check(&site, &routes, &artifacts, request, stores.as_ref(), diagnostics);
    if passes && !arguments.setup {
        diagnostics.extend(deploy::search_sources(root, stores.as_ref().map(Stores::checked)));
    }
    // Only now: a site that cannot be made leaves nothing behind.
    stores.iter().for_each(Stores::save);
    if !passes {
        return None;
    }
    let redirects = deploy::redirects(&site, &routes);
    if let Some((name, text)) = deploy::dress(target, &redirects, &mut artifacts) {
        // For the administrator; a deploy does not depend on it.
        let _ = std::fs::create_dir_all(&notes).and_then(|()| std::fs::write(notes.join(name), text));
    }
    if arguments.setup {
        let apart = deploy::apart(&redirects, &artifacts.paths().collect::<Vec<_>>());
        setup(target, &apart, artifacts.has("404.html"), output);
        return Some(Done::Told);
    }
    if matches!(target.host, Host::Ftp { .. }) || target.server == Server::Iis {
        let sent = std::fs::read_to_string(notes.join("sent")).unwrap_or_default();
        let sent: HashSet<&str> = sent.lines().collect();
        diagnostics.extend(odd_names(artifacts.paths().filter(|path| !sent.contains(path))));
    }
    diagnostics.extend(placeholder(&site.config.base_url, &target.name));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return None;
    }
    let rendered = Instant::now();
    let summary = open(diagnostics)?.deploy(&artifacts, diagnostics);
    bar.finish();
    let seconds = rendered.elapsed().as_secs_f64();
    summary.map(|summary| Done::Sent(Summary { seconds, ..summary }))
}

/// Whether `kepu check` finds no error; the network is not asked, and warnings are left to it.
fn passes_check(
    site: &Site,
    routes: &Routes,
    artifacts: &Artifacts,
    request: &Request,
    stores: Option<&Stores>,
    diagnostics: &mut Vec<Diagnostic>,
) -> bool {
    let now = request.now.instant(site.outreach.is_some());
    let options = check::Options { now, inspect: false, external: false };
    let digest = |path: &str| artifacts.digest(path);
    let artifact = |path: &str, route: &Route| artifacts.artifact(path, route);
    let made = stores.map(|stores| check::Made { store: stores.checked(), digest: &digest, artifact: &artifact });
    let errors = check::errors(site, routes, made.as_ref(), options);
    let count = errors.len();
    if count == 0 {
        return true;
    }
    diagnostics.extend(errors);
    diagnostics.push(
        Diagnostic::error(
            "deploy/check",
            Text {
                en: format!("`kepu check` finds {}; nothing was sent", counted(count, "error")),
                zh: format!("`kepu check` 发现 {count} 个错误，没有发送任何内容"),
            },
        )
        .help(text!(
            "mend them, or deploy all the same with --skip-check",
            "请先改正；确实要照样发布，请加上 --skip-check"
        )),
    );
    false
}

/// Prints what must be set by hand.
fn setup(target: &Target, redirects: &BTreeMap<String, String>, has_404: bool, output: &Output) {
    for (number, step) in deploy::by_hand(target, has_404).into_iter().enumerate() {
        let Text { en, zh } = step;
        let number = number + 1;
        output.say(&Text { en: format!("{number}. {en}"), zh: format!("{number}. {zh}") });
    }
    let is_s3 = matches!(&target.host, Host::Bucket(bucket) if bucket.family == Family::S3);
    if is_s3 && !redirects.is_empty() {
        let rules = deploy::s3_rules(redirects);
        output.say(&text!(
            "Redirects for aliases, for the field “Redirection rules” of static website hosting:\n{rules}",
            "别名的跳转，填入静态网站托管的“重定向规则”：\n{rules}"
        ));
    }
}

/// A base URL that nobody outside can open: what `kepu init` writes, or this computer.
fn placeholder(base_url: &str, target: &str) -> Option<Diagnostic> {
    let url = url::Url::parse(base_url).ok()?;
    let is_placeholder = match url.host()? {
        url::Host::Domain(name) => {
            ["example.com", "example.org", "example.net", "localhost"].contains(&name.trim_start_matches("www."))
        }
        url::Host::Ipv4(address) => address.is_loopback() || address.is_unspecified(),
        url::Host::Ipv6(address) => address.is_loopback() || address.is_unspecified(),
    };
    let warning = Diagnostic::warning(
        "deploy/base-url",
        text!(
            "`base_url` is still `{base_url}`: links, feeds and the site map lead there",
            "`base_url` 还是 `{base_url}`：链接、订阅源和站点地图都会指向那里"
        ),
    );
    is_placeholder.then(|| {
        warning.help(text!(
            "write the address under which visitors open the site into the configuration, or into `[deploy.{target}]` as `base_url`",
            "请把访问者打开网站的地址写进配置文件的 `base_url`，或写进 `[deploy.{target}]` 的 `base_url`"
        ))
    })
}

/// Names that some hosts cannot hold or show, among those that go there for the first time.
fn odd_names<'a>(paths: impl Iterator<Item = &'a str>) -> Option<Diagnostic> {
    const NAMED: usize = 5;
    let odd: Vec<&str> = paths.filter(|path| !path.is_ascii()).collect();
    if odd.is_empty() {
        return None;
    }
    let count = odd.len();
    let named = odd.iter().take(NAMED).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
    let more = if count > NAMED { ", …" } else { "" };
    let warning = Diagnostic::warning(
        "deploy/name",
        text!("{count} files have names that are not ASCII", "有 {count} 个文件名含有非英文字符"),
    );
    Some(warning.note(Text::verbatim(format!("{named}{more}"))).help(text!(
        "hosts that speak GBK (old IIS and FTP) show them wrongly; ASCII names work everywhere: `[slugify] paths = \"on\"`",
        "使用 GBK 的主机（旧的 IIS 和 FTP）会显示错误；英文文件名到处可用：设置 `[slugify] paths = \"on\"`"
    )))
}

fn list(versions: &[Version], live: Option<&str>, output: &Output) {
    if output.format == Format::Json {
        let ids: Vec<&str> = versions.iter().map(|version| version.id.as_str()).collect();
        let line = serde_json::json!({ "versions": ids, "live": live });
        let _ = writeln!(std::io::stdout(), "{line}");
        return;
    }
    for Version { id, when } in versions {
        let mark = if Some(id.as_str()) == live { "*" } else { " " };
        output.say(&Text::verbatim(format!("{mark} {id}  {}", when.as_deref().unwrap_or_default()).trim_end()));
    }
    if versions.is_empty() {
        output.say(&text!("There are no versions at this host.", "这个主机上没有保存版本。"));
    }
}

fn tell(target: &Target, summary: &Summary, arguments: &Arguments, started: Instant, failed: bool, output: &Output) {
    let dry_run = arguments.dry_run;
    let Summary { sent, bytes, linked, deleted, unchanged, rendered, version, tree, seconds } = summary;
    let (name, whole) = (&target.name, started.elapsed().as_secs_f64());
    if output.format == Format::Json {
        let line = serde_json::json!({ "deploy": {
            "target": name, "sent": sent, "bytes": bytes, "linked": linked, "deleted": deleted, "unchanged": unchanged,
            "rendered": rendered,
            "version": version, "dry_run": dry_run, "failed": failed, "seconds": seconds, "whole_seconds": whole,
        } });
        let _ = writeln!(std::io::stdout(), "{line}");
        return;
    }
    for line in tree {
        output.say(&Text::verbatim(line));
    }
    let (size, s) = (format_size(*bytes, BINARY), if *sent == 1 { "" } else { "s" });
    let seconds = format!("{whole:.2}");
    output.say(&match () {
        () if arguments.rollback.is_some() && !dry_run => {
            text!("`{name}` was taken back to an earlier version.", "`{name}` 已退回到较早的版本。")
        }
        () if sent + linked + deleted == 0 => {
            text!("Nothing to send: `{name}` is up to date.", "没有需要发送的内容：`{name}` 已是最新。")
        }
        () if dry_run => text!(
            "Would send {sent} file{s} ({size}) to `{name}` and delete {deleted}; {unchanged} unchanged. Nothing was changed.",
            "将向 `{name}` 发送 {sent} 个文件（{size}），删除 {deleted} 个；{unchanged} 个未变。本次没有改动任何内容。"
        ),
        () => text!(
            "Sent {sent} file{s} ({size}) to `{name}`, deleted {deleted}, {unchanged} unchanged, {seconds} s.",
            "已向 `{name}` 发送 {sent} 个文件（{size}），删除 {deleted} 个，{unchanged} 个未变，用时 {seconds} 秒。"
        ),
    });
    if let Some(version) = version {
        output.say(&text!("Version {version} is live.", "当前版本：{version}。"));
    }
}

/// A bar of bytes, on a terminal.
struct Bar {
    bar: indicatif::ProgressBar,
    shows: bool,
    bytes: AtomicU64,
}

impl Bar {
    fn new(output: &Output) -> Self {
        let shows = output.format == Format::Human && std::io::stderr().is_terminal();
        let bar = indicatif::ProgressBar::hidden();
        if let Ok(style) = indicatif::ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {eta}") {
            bar.set_style(style);
        }
        Self { bar, shows, bytes: AtomicU64::new(0) }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn expect(&self, _files: usize, bytes: u64) {
        self.bar.set_length(bytes);
        if self.shows {
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
    }

    fn arrived(&self, bytes: u64) {
        self.bar.set_position(self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes);
    }
}
