//! What a program writes, as lines, however much that is.
//!
//! Everything is read, as a program that waits for its reader is not the program that it was. Told is
//! what people could read: lines of at most [`LINE_MAX`] bytes, cleaned, and at most [`TOLD_A_SECOND`]
//! bytes of them; what is more is counted. Above [`READ_A_SECOND`] the program does wait.

use crate::node::foreign::one_line;
use std::collections::VecDeque;
use std::time::Duration;

/// The longest line that is told, in bytes as they came. Bitcoin Core's have some 300.
pub(super) const LINE_MAX: usize = 1_000;

/// Bytes of lines that are told in a second: some 500 lines.
pub(super) const TOLD_A_SECOND: usize = 64 * 1024;

/// Bytes that are read in a second: reading more is work that others want to do.
pub(super) const READ_A_SECOND: usize = 16 * 1024 * 1024;

/// Lines that are kept for those who come later.
pub(super) const KEPT: usize = 100;

const SECOND: Duration = Duration::from_secs(1);

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Line(String),
    /// So many lines were not told.
    Missed(u64),
}

/// Makes lines of bytes.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The line that has no end yet, up to its limit.
    begun: Vec<u8>,
    is_cut: bool,
    is_begun: bool,
    /// When this second began, and what was read and told in it.
    since: Duration,
    read: usize,
    told: usize,
    missed: u64,
    ready: VecDeque<Told>,
}

impl Lines {
    /// Takes what was read, at this time.
    pub(super) fn feed(&mut self, bytes: &[u8], now: Duration) {
        self.pass(now);
        self.read += bytes.len();
        let mut pieces = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            self.add(piece);
            if pieces.peek().is_some() {
                self.end_line();
            }
        }
    }

    /// Takes the last line, which may have no end, and what was missed.
    pub(super) fn finish(&mut self) {
        if self.is_begun {
            self.end_line();
        }
        self.tell_missed();
    }

    /// What is to be told.
    pub(super) fn poll(&mut self) -> Option<Told> {
        self.ready.pop_front()
    }

    /// How long nothing is to be read, if it is so.
    pub(super) fn pause(&self, now: Duration) -> Option<Duration> {
        let rest = (self.since + SECOND).checked_sub(now)?;
        (self.read >= READ_A_SECOND && !rest.is_zero()).then_some(rest)
    }

    fn pass(&mut self, now: Duration) {
        if now >= self.since + SECOND {
            self.tell_missed();
            (self.since, self.read, self.told) = (now, 0, 0);
        }
    }

    fn add(&mut self, piece: &[u8]) {
        let room = LINE_MAX - self.begun.len();
        let kept = &piece[..piece.len().min(room)];
        self.begun.extend_from_slice(kept);
        self.is_cut |= kept.len() < piece.len();
        self.is_begun |= !piece.is_empty();
    }

    fn end_line(&mut self) {
        let line = shown(&self.begun, self.is_cut);
        self.begun.clear();
        (self.is_cut, self.is_begun) = (false, false);
        // A line without anything in it costs room as well.
        let cost = line.len() + 1;
        if self.told + cost > TOLD_A_SECOND {
            self.missed += 1;
            return;
        }
        self.told += cost;
        self.tell_missed();
        self.ready.push_back(Told::Line(line));
    }

    fn tell_missed(&mut self) {
        if self.missed > 0 {
            self.ready.push_back(Told::Missed(self.missed));
            self.missed = 0;
        }
    }
}

fn shown(bytes: &[u8], is_cut: bool) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = one_line(text.trim_end_matches('\r'));
    match is_cut {
        true => format!("{line}.."),
        false => line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::ZERO;

    fn told(lines: &mut Lines) -> Vec<Told> {
        std::iter::from_fn(|| lines.poll()).collect()
    }

    fn line(text: &str) -> Told {
        Told::Line(text.to_owned())
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let text = b"one\r\n\ntwo \x1b[31m\xff\nthree";
        let expected = [
            line("one"),
            line(""),
            line("two \u{fffd}[31m\u{fffd}"),
            line("three"),
        ];
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            for piece in text.chunks(size) {
                lines.feed(piece, NOW);
            }
            lines.finish();
            assert_eq!(told(&mut lines), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_takes_no_memory() {
        let mut lines = Lines::default();
        for _ in 0..1_000 {
            lines.feed(&[b'x'; 64 * 1024], NOW);
        }
        assert!(lines.begun.capacity() <= 2 * LINE_MAX);
        assert_eq!(told(&mut lines), []);
        lines.feed(b"\nnext\n", NOW);
        let cut = format!("{}..", "x".repeat(LINE_MAX));
        assert_eq!(told(&mut lines), [line(&cut), line("next")]);
    }

    #[test]
    fn what_is_more_than_people_read_is_counted() {
        let mut lines = Lines::default();
        for number in 0..100_000 {
            lines.feed(format!("line {number:06}\n").as_bytes(), NOW);
        }
        let first = told(&mut lines);
        assert_eq!(first.len(), TOLD_A_SECOND / 12);
        lines.feed(b"later\n", SECOND);
        let missed = 100_000 - u64::try_from(first.len()).expect("few");
        assert_eq!(told(&mut lines), [Told::Missed(missed), line("later")]);
    }

    #[test]
    fn empty_lines_without_end_are_bounded_too() {
        let mut lines = Lines::default();
        lines.feed(&vec![b'\n'; 1_000_000], NOW);
        lines.finish();
        let told = told(&mut lines);
        assert_eq!(told.len(), TOLD_A_SECOND + 1);
        let missed = 1_000_000 - u64::try_from(TOLD_A_SECOND).expect("few");
        assert_eq!(told.last(), Some(&Told::Missed(missed)));
    }

    #[test]
    fn a_flood_is_held_up_until_the_second_is_over() {
        let mut lines = Lines::default();
        assert_eq!(lines.pause(NOW), None);
        for _ in 0..READ_A_SECOND / (64 * 1024) {
            lines.feed(&[b'x'; 64 * 1024], NOW);
        }
        assert_eq!(lines.pause(SECOND / 4), Some(SECOND * 3 / 4));
        assert_eq!(lines.pause(SECOND), None);
        lines.feed(b"x", SECOND);
        assert_eq!(lines.pause(SECOND), None);
    }
}
