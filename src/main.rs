//! The `chainlab` executable.

use dlmalloc::GlobalDlmalloc;
use std::process::ExitCode;

/// One heap for all threads.
#[global_allocator]
static HEAP: GlobalDlmalloc = GlobalDlmalloc;

fn main() -> ExitCode {
    chainlab::cli::run()
}
