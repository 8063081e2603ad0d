//! Threads of this program, each with a name.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "here threads are started, and wait"
)]

use std::io;
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

/// Address space of a thread; only what it uses is memory.
const STACK_BYTES: usize = 2 * 1024 * 1024;

/// Does this on a thread of its own.
///
/// # Errors
/// The system has no thread to give.
pub fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let thread = Builder::new().name(name.to_owned());
    thread.stack_size(STACK_BYTES).spawn(work)
}

/// Has the thread that calls this rest.
pub fn rest(time: Duration) {
    thread::sleep(time);
}
