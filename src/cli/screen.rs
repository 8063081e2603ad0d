//! What every command with a screen does around it.

use super::look::Resolved;
use super::{Failure, LAST_WAIT, unless_signalled};
use crate::lab::Lab;
use crate::live::{self, LabClock, Signals};
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
        let mut signals = Signals::new().map_err(|error| {
            // Without them the screen could not be ended.
            Failure::other(format!("no signals: {error}"))
        })?;
        let left = ui::run(&lab, shown, &mut signals).await;
        let closing = async {
            let left = match left {
                Err(UiError::Closed) => Err(Failure::hung_up()),
                Err(error) => Err(kept_after(error, &lab).await),
                Ok(left) => Ok(left),
            };
            (left, lab.close().await)
        };
        let (left, closed) = unless_signalled(&mut signals, closing).await;
        let left = left?;
        closed?;
        Ok::<_, Failure>(left)
    });
    runtime.shutdown_timeout(LAST_WAIT);
    left
}

/// What ended the screen and was not wanted. What was done in the lab is not lost by that.
async fn kept_after(error: UiError, lab: &Lab) -> Failure {
    if !lab.view().is_temporary {
        return Failure::other(error);
    }
    match lab.keep().await {
        Ok(path) => Failure::other(format!("{error}; the lab is kept in {}", path.display())),
        Err(refusal) => Failure::other(format!("{error}; the lab cannot be kept: {refusal}")),
    }
}
