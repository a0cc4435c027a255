//! The command line: flags in, one call out, diagnostics shown.
//!
//! What a command does is the business of the rooms below. Exit codes: 0 done, 1 errors in the site, 2 wrong usage.

mod build;
mod check;
mod completion;
mod deploy;
mod init;
mod new;
mod output;
mod qr;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::find::{self, Found};
use crate::diagnostic::{Diagnostic, Language, Result};
use crate::outreach::BuildTime;
use crate::text;

use output::{Format, Output};

/// A static site generator for public science outreach, compatible with Zola.
#[derive(Parser, Debug)]
#[command(name = "kepu", version, after_help = "Exit codes: 0 done, 1 errors in the site, 2 wrong usage.")]
struct Cli {
    /// The site's root folder
    #[arg(short, long, global = true, default_value = ".", value_name = "DIR")]
    root: PathBuf,

    /// A configuration file other than zola.toml or config.toml
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// The language of messages; by default that of LANG
    #[arg(long, global = true, value_name = "LANG")]
    lang: Option<MessageLanguage>,

    /// How errors and warnings are written
    #[arg(long, global = true, default_value = "human", value_name = "FORMAT")]
    message_format: MessageFormat,

    /// Take warnings for errors
    #[arg(long, global = true)]
    strict: bool,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a new site
    Init(init::Arguments),
    /// Make a new page; alone, list what it can be
    New(new::Arguments),
    /// Build the site into the output folder
    Build(build::Arguments),
    /// Look for what is wrong with the site, without writing anything
    Check(check::Arguments),
    /// Show the site in a browser while it is being written
    Serve(serve::Arguments),
    /// Send the site to its host: only what changed, and never half of it
    Deploy(deploy::Arguments),
    /// Print the completion script of a shell
    Completion {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum MessageLanguage {
    En,
    Zh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// With the line and what to do
    Human,
    /// One JSON object a line on standard output
    Json,
    /// One SARIF 2.1.0 log on standard output
    Sarif,
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output {
        lang: match cli.lang {
            Some(MessageLanguage::En) => Language::En,
            Some(MessageLanguage::Zh) => Language::Zh,
            None => language_of_environment(),
        },
        format: match cli.message_format {
            MessageFormat::Human => Format::Human,
            MessageFormat::Json => Format::Json,
            MessageFormat::Sarif => Format::Sarif,
        },
        strict: cli.strict,
    };
    match cli.command {
        Command::Init(arguments) => init::run(&arguments, &output),
        Command::New(arguments) => new::run(&arguments, &cli.root, cli.config.as_deref(), &output),
        Command::Build(arguments) => build::run(&arguments, &cli.root, cli.config.as_deref(), &output),
        Command::Check(arguments) => check::run(&arguments, &cli.root, cli.config.as_deref(), &output),
        Command::Serve(arguments) => serve::run(&arguments, &cli.root, cli.config.as_deref(), &output),
        Command::Deploy(arguments) => deploy::run(&arguments, &cli.root, cli.config.as_deref(), &output),
        Command::Completion { shell } => completion::run(shell),
    }
}

/// The site of a command, and its time; errors are told, and the answer is the exit code.
fn site_at(
    root: &Path,
    config: Option<&Path>,
    at: Option<&str>,
    output: &Output,
) -> std::result::Result<(Found, BuildTime), ExitCode> {
    let now = time(at).map_err(|error| output.misused(*error))?;
    Ok((find::find(root, config).map_err(|error| output.fail(*error))?, now))
}

/// The time that `--at` names, else now.
fn time(at: Option<&str>) -> Result<BuildTime> {
    let Some(given) = at else { return Ok(BuildTime::Instant(jiff::Timestamp::now())) };
    BuildTime::parse(given).ok_or_else(|| {
        let error = Diagnostic::error("usage/at", text!("`--at {given}` is no date", "`--at {given}` 不是日期"));
        Box::new(error.help(text!(
            "write a date like 2026-08-05, 2026-08-05T10:00 or 2026-08-05T10:00:00Z",
            "请写成 2026-08-05、2026-08-05T10:00 或 2026-08-05T10:00:00Z"
        )))
    })
}

/// As POSIX orders them: the first that is set decides.
fn language_of_environment() -> Language {
    let locale =
        ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    match locale {
        Some(locale) if locale.to_lowercase().starts_with("zh") => Language::Zh,
        _ => Language::En,
    }
}
