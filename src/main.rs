//! The binary: parse the command line, run one command, print its diagnostics.

use std::process::ExitCode;

/// Rendering makes many short-lived strings on several threads, where the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kepu::cli::main()
}
