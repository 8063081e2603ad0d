//! A node's log: what happened to it, kept as the events themselves and put into words only for what
//! looks at a line.
//!
//! Not everything makes a line. Of a block that was found here the line is about the find, of a
//! reorganisation about that, and the news of the new tip in the same moment is left out. Messages
//! are for the view of messages, and who cannot be reached is told of once for each reason.

use crate::node::Time;
use crate::node::io::words::{Names, Piece, Tone};
use crate::node::io::{Event, EventKind, Unreached};
use crate::node::store::BlockId;
use std::sync::Arc;

/// Lines that are kept of each node: more than the tallest pane shows.
pub const LOG_LINES: usize = 200;

/// What happened to a node, in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When, on the lab clock.
    pub at: Time,
    /// How it matters.
    pub tone: Tone,
    /// The line, piece by piece.
    pub pieces: Vec<Piece>,
}

/// What is in the log of a node, [`LOG_LINES`] at most. Clones share it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogLines(Arc<Vec<Logged>>);

/// Keeps a node's log: what has been told matters for what is still to be told.
#[derive(Clone, Debug, Default)]
pub struct LogKeeper {
    lines: LogLines,
    /// The tip that a reorganisation led to.
    reorganised_to: Option<BlockId>,
    unreached: Unreached,
}

#[derive(Clone, Debug, PartialEq)]
struct Logged {
    what: What,
    /// Peers can cause it as often as they like.
    is_noise: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Event {
        event: Arc<Event>,
        /// Whom its line names, as that was called when it happened.
        name: Option<Arc<str>>,
    },
    /// The lab's own.
    Line(LogLine),
}

impl LogLines {
    /// The lines of the node `own`, oldest first, each put into words when it is taken.
    pub fn of<'a>(&'a self, own: &'a str) -> impl DoubleEndedIterator<Item = LogLine> + 'a {
        self.0.iter().map(|entry| entry.what.line(own))
    }

    /// When each of them happened, oldest first.
    pub fn times(&self) -> impl DoubleEndedIterator<Item = Time> + ExactSizeIterator {
        self.0.iter().map(|entry| entry.what.at())
    }

    /// The nth of them, put into words for the node `own`.
    pub fn line(&self, nth: usize, own: &str) -> Option<LogLine> {
        self.0.get(nth).map(|entry| entry.what.line(own))
    }
}

impl LogKeeper {
    /// What it has kept so far.
    pub fn lines(&self) -> LogLines {
        self.lines.clone()
    }

    /// Takes note of what happened to the node; whether that makes a line.
    pub fn hear(&mut self, event: &Arc<Event>, names: &impl Names) -> bool {
        let kind = &event.kind;
        let is_told = self.is_news(kind, names) && kind.makes_line();
        if is_told {
            let name = kind.named(names).map(Arc::from);
            let event = Arc::clone(event);
            let what = What::Event { event, name };
            self.add(what, kind.is_of_peers());
        }
        is_told
    }

    /// Adds a line of the lab's own.
    pub fn say(&mut self, line: LogLine) {
        self.add(What::Line(line), false);
    }

    fn is_news(&mut self, kind: &EventKind, names: &impl Names) -> bool {
        match kind {
            EventKind::Reorganised { new, .. } => {
                self.reorganised_to = Some(*new);
                true
            }
            EventKind::TipChanged { tip, .. } => self.reorganised_to.take() != Some(*tip),
            EventKind::PeerUp { peer, addr, .. } => {
                let is_there = |at| at == *addr || names.node_at(at) == Some(&*peer.name);
                self.unreached.reached(is_there);
                true
            }
            kind => self.unreached.is_news(kind),
        }
    }

    /// Those that peers can cause as often as they like take no more than half of the room from others.
    fn add(&mut self, what: What, is_noise: bool) {
        let kept = Arc::make_mut(&mut self.lines.0);
        if kept.len() >= LOG_LINES {
            let noise = kept.iter().filter(|entry| entry.is_noise);
            let is_too_much = noise.count() >= LOG_LINES / 2;
            let first = kept.iter().position(|entry| entry.is_noise);
            let oldest = first.filter(|_| is_too_much).unwrap_or(0);
            kept.remove(oldest);
        }
        kept.push(Logged { what, is_noise });
    }
}

impl What {
    fn at(&self) -> Time {
        match self {
            Self::Event { event, .. } => event.at,
            Self::Line(line) => line.at,
        }
    }

    fn line(&self, own: &str) -> LogLine {
        match self {
            Self::Event { event, name } => {
                let (tone, pieces) = event.kind.line(own, name.as_deref());
                let at = event.at;
                LogLine { at, tone, pieces }
            }
            Self::Line(line) => line.clone(),
        }
    }
}

impl LogLine {
    /// One of words alone.
    pub fn plain(at: Time, tone: Tone, words: impl Into<String>) -> Self {
        let pieces = vec![Piece::Text(words.into())];
        Self { at, tone, pieces }
    }
}

#[cfg(test)]
mod tests;
