//! Threads for the work of a command, and how that work ends.

use super::failure::Failure;
use super::output::say;
use super::table;
use crate::live::Signals;
use serde_json::json;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How long a runtime waits at the end for what should have ended already.
pub(super) const LAST_WAIT: Duration = Duration::from_secs(2);

/// Threads for all sockets: they only move bytes.
const SOCKET_THREADS: usize = 2;

/// The threads of all sockets.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    let built = Builder::new_multi_thread()
        .worker_threads(SOCKET_THREADS)
        .thread_name("sockets")
        .enable_all()
        .build();
    built.map_err(|error| Failure::other(format!("no threads: {error}")))
}

/// Does the whole work of a command, and waits for no thread that has not ended by then.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = runtime()?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_WAIT);
    done
}

/// Waits for work that ends well. A signal asks for just that; the second one means that the disk is
/// not to be waited for.
pub(super) async fn unless_signalled_again<T>(
    signals: &mut Signals,
    work: impl Future<Output = T>,
) -> T {
    tokio::pin!(work);
    loop {
        let was_signalled = signals.heard() > 0;
        tokio::select! {
            biased;
            done = &mut work => return done,
            signal = signals.next() => {
                if was_signalled {
                    say(&format!("{signal} again: not waiting for the disk"));
                    std::process::exit(1)
                }
            }
        }
    }
}

/// Does what goes through the control protocol. Programs that want JSON get a refusal as JSON, too.
pub(super) fn verb(
    json: bool,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let done = block_on(work);
    if let (
        true,
        Err(Failure {
            words,
            kind: Some(kind),
            ..
        }),
    ) = (json, &done)
    {
        table::print_json(&json!({ "error": { "kind": kind, "message": words } }))?;
    }
    done
}
