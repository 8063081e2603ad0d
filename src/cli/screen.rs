//! What every command with a screen does around it.

use super::look::Resolved;
use super::{Failure, LAST_WAIT};
use crate::lab::Lab;
use crate::live::{self, LabClock};
use crate::ui::{self, Farewell, UiError, UiOptions};
use std::io::{IsTerminal, stdin, stdout};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Runtime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// That there is a terminal to show anything on.
pub(super) fn check_terminal() -> Result<(), Failure> {
    if !stdout().is_terminal() || !stdin().is_terminal() {
        return Err(Failure::input("the screen needs a terminal"));
    }
    // A swarm has more sockets than some systems allow by default. If this fails, the first socket
    // that cannot be opened says so.
    let _ = live::raise_open_files();
    Ok(())
}

/// From now on the log goes to the screen. It has the times of the clock that is put there.
pub(super) fn start_log() -> Arc<OnceLock<LabClock>> {
    ui::log::prepare();
    let clock = Arc::new(OnceLock::new());
    tracing_subscriber::registry()
        .with(ui::log::node_names())
        .with(ui::log::layer(Arc::clone(&clock)))
        .init();
    clock
}

/// Shows a lab until somebody leaves, and closes it.
pub(super) fn show(
    runtime: Runtime,
    lab: Lab,
    clock: &OnceLock<LabClock>,
    look: Resolved,
    shows_keys: bool,
) -> Result<Farewell, Failure> {
    // Nobody else sets it.
    let _ = clock.set(lab.clock().clone());
    let shown = UiOptions {
        theme: look.theme,
        keymap: look.keymap,
        has_mouse: look.has_mouse,
        shows_keys,
    };
    let left = runtime.block_on(async {
        let left = ui::run(&lab, shown).await;
        let closed = lab.close().await;
        let left = left.map_err(|error| match error {
            UiError::Closed => Failure::hung_up(),
            error => Failure::other(error),
        })?;
        closed?;
        Ok::<_, Failure>(left)
    });
    runtime.shutdown_timeout(LAST_WAIT);
    left
}
