//! `kepu completion`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

pub fn run(shell: Shell) -> ExitCode {
    clap_complete::generate(shell, &mut super::Cli::command(), "kepu", &mut std::io::stdout());
    ExitCode::SUCCESS
}
