//! A bar that says how far something is, on a terminal alone.

use super::super::output::draw;
use crate::live::Stopwatch;
use std::io::{IsTerminal, stderr, stdout};
use std::time::Duration;

/// Time between two drawings.
const PAUSE: Duration = Duration::from_millis(100);

/// Columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// Cells of the bar itself.
const CELLS: u64 = 24;

/// A bar on stderr; where that is no terminal, nothing.
pub(super) struct Bar {
    is_terminal: bool,
    /// What is told goes to the same terminal.
    is_shared: bool,
    since: Stopwatch,
    drawn: Option<Stopwatch>,
}

/// How far something is.
pub(super) struct Progress<'a> {
    pub(super) done: u64,
    pub(super) all: u64,
    /// What else there is to be said.
    pub(super) words: &'a str,
    /// How long the rest takes can be said.
    pub(super) says_left: bool,
}

impl Bar {
    /// One that is not drawn yet.
    pub(super) fn new() -> Self {
        let is_terminal = stderr().is_terminal();
        Self {
            is_terminal,
            is_shared: is_terminal && stdout().is_terminal(),
            since: Stopwatch::start(),
            drawn: None,
        }
    }

    /// Whether what is told goes to the same terminal: then it waits until the bar is drawn anew.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether it is time to draw it.
    pub(super) fn is_due(&self) -> bool {
        self.is_terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE)
    }

    /// Draws it, if it is time to.
    pub(super) fn show(&mut self, progress: &Progress<'_>) {
        if !self.is_due() {
            return;
        }
        let columns = crossterm::terminal::size().map_or(COLUMNS, |(columns, _)| columns.into());
        let line = progress.line(self.since.elapsed());
        // A line that is full would wrap.
        let line: String = line.chars().take(columns.saturating_sub(1)).collect();
        draw(&format!("\r{line}\x1b[K"));
        self.drawn = Some(Stopwatch::start());
    }

    /// Takes it away.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            draw("\r\x1b[K");
        }
    }
}

impl Progress<'_> {
    /// `[=====>                  ] 412 of 1000, 3 failed, 1:05 left`.
    fn line(&self, elapsed: Duration) -> String {
        let full = u128::from(self.done) * u128::from(CELLS) / u128::from(self.all.max(1));
        let full = usize::try_from(full).unwrap_or(0);
        let cells = usize::try_from(CELLS).unwrap_or(0).saturating_sub(full);
        let bar = format!("{}{}", "=".repeat(full), " ".repeat(cells));
        let Self {
            done, all, words, ..
        } = self;
        let left = self.left(elapsed);
        format!("[{bar}] {done} of {all}{words}{left}")
    }

    /// How long the rest takes, if it goes on as it did.
    fn left(&self, elapsed: Duration) -> String {
        let rest = self.all.saturating_sub(self.done);
        if !self.says_left || self.done == 0 || rest == 0 {
            return String::new();
        }
        let ms = elapsed.as_millis() * u128::from(rest) / u128::from(self.done);
        let seconds = ms.div_ceil(1_000);
        match seconds / 3_600 {
            0 => format!(", {}:{:02} left", seconds / 60, seconds % 60),
            hours => format!(", {hours}:{:02} h left", seconds / 60 % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_how_much_is_done_and_how_long_the_rest_takes() {
        let line = |done, all, seconds| {
            let words = ", 3 failed";
            let progress = Progress {
                done,
                all,
                words,
                says_left: true,
            };
            progress.line(Duration::from_secs(seconds))
        };
        assert_eq!(
            line(250, 1_000, 65),
            "[======                  ] 250 of 1000, 3 failed, 3:15 left"
        );
        assert_eq!(line(0, 2, 9), "[                        ] 0 of 2, 3 failed");
        assert_eq!(line(2, 2, 9), "[========================] 2 of 2, 3 failed");
        assert!(line(1, 1_000_000, 1).ends_with("277:46 h left"));
    }
}
