//! What every command with a screen does around it.

use super::failure::Failure;
use super::look::Resolved;
use super::runtime::{LAST_WAIT, unless_signalled_again};
use crate::lab::{Lab, LabError};
use crate::live::{self, Signals};
use crate::ui;
use crate::ui::app::{Farewell, UiError, UiOptions};
use crate::ui::viewer::Stage;
use crate::ui::views::log::LogTime;
use std::io::{IsTerminal, stdin, stdout};
use std::sync::Arc;
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

/// From now on the log goes to the screen, with times as they are told there.
pub(super) fn start_log() -> LogTime {
    ui::views::log::prepare();
    let time = LogTime::default();
    tracing_subscriber::registry()
        .with(ui::views::log::node_names())
        .with(ui::views::log::layer(Arc::clone(&time)))
        .init();
    time
}

/// What the screen is to be like.
pub(super) struct Screen {
    /// What the log is to be told of times.
    pub(super) time: LogTime,
    pub(super) look: Resolved,
    pub(super) shows_keys: bool,
    pub(super) stage: Stage,
    /// What is said at the beginning.
    pub(super) notice: Option<String>,
}

impl Screen {
    fn options(self) -> UiOptions {
        let look = self.look;
        UiOptions {
            theme: look.theme,
            keymap: look.keymap,
            notice: match (self.notice, look.taken) {
                (Some(one), Some(other)) => Some(format!("{one}; {other}")),
                (one, other) => one.or(other),
            },
            has_mouse: look.has_mouse,
            braille: look.braille,
            shows_keys: self.shows_keys,
            stage: self.stage,
        }
    }
}

/// Shows a lab until its user leaves, and closes it.
pub(super) fn show(runtime: Runtime, lab: Lab, screen: Screen) -> Result<Farewell, Failure> {
    // Nothing else sets it.
    let _ = screen.time.set(lab.log_time());
    let shown = screen.options();
    let left = runtime.block_on(async {
        let mut signals = Signals::new().map_err(|error| {
            // Without them the screen could not be ended.
            Failure::other(format!("no signals: {error}"))
        })?;
        let left = ui::app::run(&lab, shown, &mut signals).await;
        let closing = async {
            match left {
                Err(UiError::Closed) => (Err(Failure::hung_up()), lab.close().await),
                Err(error) => keep_after(error, lab).await,
                Ok(left) => (Ok(left), lab.close().await),
            }
        };
        let (left, closed) = unless_signalled_again(&mut signals, closing).await;
        let left = left?;
        closed?;
        Ok::<_, Failure>(left)
    });
    runtime.shutdown_timeout(LAST_WAIT);
    left
}

/// Closes the lab of a screen that has ended by an error. What was done in it is not lost by that.
async fn keep_after(error: UiError, lab: Lab) -> (Result<Farewell, Failure>, Result<(), LabError>) {
    let view = lab.view();
    if !view.is_temporary || view.virtual_seed.is_some() {
        return (Err(Failure::other(error)), lab.close().await);
    }
    let (words, closed) = match lab.keep().await {
        Ok(path) => (
            format!("the lab is kept in {}", path.display()),
            lab.close().await,
        ),
        Err(refusal) => {
            let dir = lab.data_dir().display().to_string();
            let words = format!(
                "the lab cannot be kept: {refusal}; until another one starts it is in {dir}"
            );
            (words, lab.close_and_stay().await)
        }
    };
    (Err(Failure::other(format!("{error}; {words}"))), closed)
}
