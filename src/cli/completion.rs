//! `kepu completion`.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

pub fn run(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::Cli::command(), "kepu", &mut script);
    // A reader that has seen enough closes the pipe.
    let _ = std::io::stdout().write_all(&script);
    ExitCode::SUCCESS
}
