//! The `chainlab` executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    chainlab::cli::run()
}
