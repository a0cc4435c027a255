//! `kepu serve`.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::config::{Mode, find};
use crate::outreach::BuildTime;
use crate::publish;
use crate::publish::serve::{Event, Options, Server, lan};
use crate::site::Request;
use crate::text;

use super::output::Output;
use super::qr;

#[derive(Args, Debug)]
pub struct Arguments {
    /// The address to listen on
    #[arg(short, long, value_name = "IP", conflicts_with = "lan")]
    interface: Option<IpAddr>,

    /// The port; by default 1111, or the next free one
    #[arg(short, long)]
    port: Option<u16>,

    /// Show the site to phones and computers in the local network, with a code to scan
    #[arg(long)]
    lan: bool,

    /// The base URL, in place of the server's address
    #[arg(short = 'u', long)]
    base_url: Option<String>,

    /// Do not append the port to the base URL
    #[arg(long)]
    no_port_append: bool,

    /// Include drafts
    #[arg(long)]
    drafts: bool,

    /// Open the site in a browser
    #[arg(short = 'O', long)]
    open: bool,

    /// Let the browser go to the page that was saved
    #[arg(long)]
    follow: bool,

    /// Also write the site to the output folder after every change
    #[arg(long)]
    store_html: bool,

    /// The output folder, in place of the configuration's; written only with --store-html
    #[arg(short, long, value_name = "DIR")]
    output_dir: Option<PathBuf>,

    /// Replace the output folder whatever it holds
    #[arg(long)]
    force: bool,

    /// Accepted for Zola's sake: kepu always renders only what is asked for
    #[arg(short, long, hide = true)]
    fast: bool,

    /// Another file or folder whose changes count
    #[arg(long, value_name = "PATH")]
    extra_watch_path: Vec<PathBuf>,

    /// How long files must be quiet after a change, in milliseconds
    #[arg(short, long, default_value_t = 10, value_name = "MS", value_parser = clap::value_parser!(u64).range(1..))]
    debounce: u64,

    /// Do everything as Zola does, without kepu's improvements
    #[arg(long)]
    zola_exact: bool,

    /// Make everything anew, and neither read nor write what runs leave to each other in `.kepu/cache`
    #[arg(long)]
    no_cache: bool,
}

pub fn run(arguments: &Arguments, root: &Path, config: Option<&Path>, output: &Output) -> ExitCode {
    let found = match find::find(root, config) {
        Ok(found) => found,
        Err(error) => return output.fail(*error),
    };
    let request = Request {
        found,
        mode: Mode::Serve,
        base_url: None,
        drafts: arguments.drafts,
        minify: false,
        zola_exact: arguments.zola_exact,
        now: BuildTime::Instant(jiff::Timestamp::now()),
        remember: true,
        no_cache: arguments.no_cache,
    };
    let everybody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let default = if arguments.lan { everybody } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
    let options = Options {
        interface: arguments.interface.unwrap_or(default),
        port: arguments.port,
        base_url: arguments.base_url.clone(),
        no_port_append: arguments.no_port_append,
        debounce: Duration::from_millis(arguments.debounce),
        extra_watch: arguments.extra_watch_path.clone(),
        serves: true,
        follow: arguments.follow,
        store: arguments.store_html.then(|| publish::build::Options {
            output: arguments.output_dir.clone(),
            force: arguments.force,
            strict: false,
        }),
        lang: output.lang,
    };
    let reachable = if arguments.lan { lan::addresses() } else { Vec::new() };
    if arguments.lan && reachable.is_empty() {
        output.say(&text!(
            "This computer is in no network, so only it can see the site. Connect it to the network of the phone, and \
             start again.",
            "本机没有连接网络，只有本机能看到网站。请先连接手机所在的无线网络，再重新运行。"
        ));
    }
    let server = match Server::bind(request, options) {
        Ok(server) => server,
        Err(error) => return output.fail(*error),
    };
    let (speaking, open) = (*output, arguments.open);
    let tell = move |event: Event| match event {
        Event::Listening { url } => {
            speaking.say(&text!("The site is at {url} (stop with Ctrl-C).", "网站地址：{url}（按 Ctrl-C 停止）。"));
            let problems = format!("{}__kepu/", url);
            speaking.say(&text!("What is wrong with it: {problems}", "问题列表：{problems}"));
            if let [first, others @ ..] = reachable.as_slice() {
                if let Some(code) = qr::code(url) {
                    speaking.say(&text!(
                        "Scan it with a phone in the same network:\n\n{code}",
                        "手机连到同一个无线网络，扫码打开：\n\n{code}"
                    ));
                }
                let others = others.iter().map(|ip| url.replacen(&first.to_string(), &ip.to_string(), 1));
                let others = others.collect::<Vec<_>>().join(" ");
                if !others.is_empty() {
                    speaking.say(&text!(
                        "If it does not open, try the other addresses of this computer: {others}",
                        "打不开时，试试本机的其他地址：{others}"
                    ));
                }
            }
            if open {
                open_browser(url);
            }
        }
        Event::Reloaded { changed, took } => {
            let ms = took.as_millis();
            match changed {
                [] => speaking.say(&text!("Everything was read again, {ms} ms.", "已重新读取全部文件，{ms} 毫秒。")),
                [one] => speaking.say(&text!("`{one}` changed, {ms} ms.", "`{one}` 有改动，{ms} 毫秒。")),
                [one, rest @ ..] => {
                    let (more, count) = (rest.len(), changed.len());
                    speaking.say(&text!(
                        "`{one}` and {more} more changed, {ms} ms.",
                        "`{one}` 等 {count} 个文件有改动，{ms} 毫秒。"
                    ));
                }
            }
        }
        Event::Problems([]) => speaking.say(&text!("All is well again.", "问题已全部解决。")),
        Event::Problems(problems) => speaking.show_problems(problems),
    };
    match server.run(Arc::new(tell)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output.fail(*error),
    }
}

/// Opens an address in the browser, if there is one.
fn open_browser(url: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let null = std::process::Stdio::null;
    let child = std::process::Command::new(program).args(arguments).arg(url).stdout(null()).stderr(null()).spawn();
    if let Ok(mut child) = child {
        std::thread::spawn(move || child.wait());
    }
}
