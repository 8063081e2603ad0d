//! What of a node's events is told in its log, and how loud.
//!
//! Not everything is a line of its own. While a node catches up, its new tips are told together, once
//! a second, with what is left. Who cannot be reached is told of once, and again when that is for
//! another reason. Wallets are told of when the node begins, those that were just made among them.

use crate::node::io::words::{blocks_with, counted};
use crate::node::io::{Event, EventKind, PeerLabel, Unreached};
use crate::node::peers::Peer;
use crate::node::snapshot::NodeSnapshot;
use crate::node::store::BlockId;
use crate::node::{Machine, Store, Time};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tracing::Level;

/// Time between two lines about a node that catches up.
const SECOND: Duration = Duration::from_secs(1);

/// The log of one node.
#[derive(Default)]
pub(super) struct NodeLog {
    unreached: Unreached,
    /// Wallets that were told of, and may still be told to be new.
    wallets: BTreeSet<String>,
    catch_up: Option<CatchUp>,
}

/// What a node knows beside what an event says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// Blocks that are missing, as far as peers have shown some.
    blocks_left: u32,
    /// The node is to stay connected to the address that the event is about.
    is_kept: bool,
    /// Where the peer that the event is about says that it listens.
    listen: Option<SocketAddr>,
}

impl Known {
    /// What there is to know about an event.
    pub(super) fn about<S: Store>(event: &EventKind, node: &Machine<S>) -> Self {
        match event {
            EventKind::TipChanged { .. } => Self {
                blocks_left: node.blocks_left(),
                ..Self::default()
            },
            EventKind::DialFailed { addr, .. } => Self {
                is_kept: node.keeps(addr),
                ..Self::default()
            },
            EventKind::PeerUp { peer, .. } => Self {
                listen: node.peers().get(peer.conn).and_then(Peer::listen),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    level: Level,
    words: String,
}

impl NodeLog {
    /// The log of a node that begins like this.
    pub(super) fn open(first: &NodeSnapshot) -> Self {
        let mut log = Self::default();
        for wallet in &first.wallets {
            tracing::info!("wallet {} has {}", wallet.name, wallet.address);
            log.wallets.insert(wallet.name.clone());
        }
        log
    }

    /// Something has happened.
    pub(super) fn tell(&mut self, event: &Event, known: Known) {
        if !is_enabled(level_of(&event.kind)) && is_message(&event.kind) {
            return;
        }
        self.lines(event, known).iter().for_each(Line::write);
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Time) {
        let line = self.catch_up.as_mut().and_then(|run| run.line_if_due(now));
        line.iter().for_each(Line::write);
    }

    fn lines(&mut self, event: &Event, known: Known) -> Option<Line> {
        let is_news = self.unreached.is_news(&event.kind);
        let mut level = level_of(&event.kind);
        match &event.kind {
            EventKind::TipChanged { .. } if self.catch_up.is_some() || known.blocks_left > 0 => {
                return self.tip_changed(event, known.blocks_left);
            }
            EventKind::WalletCreated { name, .. } if self.wallets.remove(name) => return None,
            EventKind::DialFailed { .. } if known.is_kept && is_news => level = Level::INFO,
            EventKind::PeerDown { .. } if !is_news => level = Level::DEBUG,
            EventKind::PeerUp { addr, .. } => {
                let found = [Some(*addr), known.listen];
                self.unreached.reached(|addr| found.contains(&Some(addr)));
            }
            _ => {}
        }
        let words = event.kind.words();
        Some(Line { level, words })
    }

    fn tip_changed(&mut self, event: &Event, left: u32) -> Option<Line> {
        let run = self.catch_up.get_or_insert_with(|| CatchUp::new(event.at));
        run.add(&event.kind, left);
        match left {
            0 => self.catch_up.take().and_then(|run| run.end(event.at)),
            _ => run.line_if_due(event.at),
        }
    }
}

impl Line {
    fn info(words: String) -> Self {
        let level = Level::INFO;
        Self { level, words }
    }

    fn write(&self) {
        let words = &self.words;
        match self.level {
            Level::ERROR => tracing::error!("{words}"),
            Level::WARN => tracing::warn!("{words}"),
            Level::INFO => tracing::info!("{words}"),
            Level::DEBUG => tracing::debug!("{words}"),
            Level::TRACE => tracing::trace!("{words}"),
        }
    }
}

fn is_enabled(level: Level) -> bool {
    level <= tracing::level_filters::LevelFilter::current()
}

fn is_message(event: &EventKind) -> bool {
    matches!(
        event,
        EventKind::MessageSent { .. } | EventKind::MessageReceived { .. }
    )
}

/// New tips while more blocks are known to be missing.
struct CatchUp {
    began: Time,
    tip: Option<BlockId>,
    blocks: usize,
    txs: usize,
    from: Option<PeerLabel>,
    left: u32,
    /// When it was last told of, and the blocks since.
    told: Time,
    untold: usize,
    was_told: bool,
}

impl CatchUp {
    fn new(now: Time) -> Self {
        Self {
            began: now,
            tip: None,
            blocks: 0,
            txs: 0,
            from: None,
            left: 0,
            told: now,
            untold: 0,
            was_told: false,
        }
    }

    fn add(&mut self, event: &EventKind, left: u32) {
        let EventKind::TipChanged {
            tip,
            blocks,
            txs,
            from,
        } = event
        else {
            return;
        };
        (self.tip, self.from, self.left) = (Some(*tip), from.clone(), left);
        self.blocks += blocks;
        self.untold += blocks;
        self.txs += txs;
    }

    fn line_if_due(&mut self, now: Time) -> Option<Line> {
        let passed = now.since(self.told);
        let tip = self.tip.filter(|_| self.untold > 0 && passed >= SECOND)?;
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        let pace = self.untold as f64 / passed.as_secs_f64();
        let pace = match pace {
            0.0..10.0 => format!("{pace:.1}"),
            _ => format!("{pace:.0}"),
        };
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (self.told, self.untold, self.was_told) = (now, 0, true);
        let left = counted(left, "block");
        Some(Line::info(format!(
            "catching up: at {tip}, {pace} blocks a second, {left} left"
        )))
    }

    /// Nothing is missing any more. What was over in a moment is told like any other block.
    fn end(self, now: Time) -> Option<Line> {
        let tip = self.tip?;
        if !self.was_told {
            let grown = EventKind::TipChanged {
                tip,
                blocks: self.blocks,
                txs: self.txs,
                from: self.from,
            };
            return Some(Line::info(grown.words()));
        }
        let blocks = blocks_with(self.blocks, self.txs);
        let took = now.since(self.began).as_secs_f64();
        Some(Line::info(format!(
            "caught up: at {tip}, {blocks} in {took:.1} s"
        )))
    }
}

/// How loud an event is told: what people wait for as information, every message as a trace.
fn level_of(event: &EventKind) -> Level {
    match event {
        EventKind::MessageSent { .. } | EventKind::MessageReceived { .. } => Level::TRACE,
        // A block that was found here is told as that.
        EventKind::TipChanged { from: None, .. }
        | EventKind::TxRefused { .. }
        | EventKind::BlockWaits { .. }
        | EventKind::DialFailed { .. } => Level::DEBUG,
        EventKind::BlockRefused { .. }
        | EventKind::Banned { .. }
        | EventKind::Strangers(_)
        | EventKind::ClockSkew {
            ahead_ms: 1.. | ..=-1,
            ..
        } => Level::WARN,
        _ => Level::INFO,
    }
}

/// Writes an event of another process to the log.
pub fn log_event(event: &EventKind) {
    match level_of(event) {
        Level::TRACE => tracing::trace!("{}", Lazily(event)),
        Level::DEBUG => tracing::debug!("{}", Lazily(event)),
        Level::WARN => tracing::warn!("{}", Lazily(event)),
        _ => tracing::info!("{}", Lazily(event)),
    }
}

/// Finds the words only if they are read.
struct Lazily<'a>(&'a EventKind);

impl std::fmt::Display for Lazily<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.words())
    }
}

#[cfg(test)]
mod tests;
