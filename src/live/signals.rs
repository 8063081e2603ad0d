//! The signals that ask a program to end.

use super::stopwatch::Stopwatch;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The one that says that the terminal was closed.
pub const HANGUP: &str = "SIGHUP";

/// Two of the same kind within this are one: `timeout` signals the program, and then its group.
const SAME: Duration = Duration::from_millis(100);

/// Listens to them: from then on they do not end the program by themselves.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    last: Option<(&'static str, Stopwatch)>,
    heard: u32,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            last: None,
            heard: 0,
        })
    }

    /// How many there were.
    pub fn heard(&self) -> u32 {
        self.heard
    }

    /// The next one's name.
    pub async fn next(&mut self) -> &'static str {
        loop {
            let name = tokio::select! {
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.hangup.recv() => HANGUP,
            };
            let before = self.last.filter(|(last, _)| *last == name);
            if before.is_none_or(|(_, at)| at.elapsed() >= SAME) {
                self.last = Some((name, Stopwatch::start()));
                self.heard += 1;
                return name;
            }
        }
    }
}
