//! Watches one Bitcoin node from outside, without IO, as any peer of it could.
//!
//! ```text
//!   Connected, Received, Tick ──► Watcher::handle ──► poll_output: dials, bytes, events
//!                                      │
//!       lines, conn   two connections, one for each Role; handshakes, pings, back-off
//!       blocks        headers as a tree, bodies, when a block was where
//!       txs, monitor  which transactions to ask for; those that wait, with their fees
//! ```
//!
//! A watcher believes a node nothing but work and Merkle roots. All that the node can make it keep has a
//! limit, and a message that is none ends that connection, with words. It serves nothing, so it says so,
//! and answers pings alone.
//!
//! What a node does not tell cannot be seen: that a transaction was evicted, which block it found
//! invalid, and of a public chain's past all but its last blocks. What is not known is absent here, and
//! never zero.

mod asked;
mod blocks;
mod config;
mod confirmed;
mod conn;
mod event;
mod lines;
mod messages;
pub mod monitor;
mod received;
mod snapshot;
mod txs;
mod words;

pub use asked::{RpcAnswer, RpcQuestion};
pub use blocks::{AnnouncedBy, BlockSeen, BodyFacts, ConnectedBy, Stages};
pub use config::WatchConfig;
pub use event::{Gone, PeerFacts, Role, WatchEvent, WatchEventKind};
pub use lines::Line;
pub use monitor::{Monitor, WaitingTx};
pub use snapshot::{BEST, RECENT, WaitsShown, WatchSnapshot, WatchedBlock, WatchedTip};

use self::asked::Asking;
use self::blocks::Blocks;
use self::config::Limits;
use self::conn::{Conn, PingDue};
use self::lines::Lines;
use self::txs::Wanted;
use super::network::NetworkParams;
use super::tree::HeaderTree;
use super::wire::{FRAME_HEADER_LEN, Message, NodeHost};
use crate::chain::BlockHash;
use crate::node::random::stream;
use crate::node::{ConnId, Time, earlier};
use bytes::Bytes;
use rand_chacha::ChaCha12Rng;
use rand_core::Rng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How often what has waited for too long is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What happens to a watcher.
#[derive(Clone, Debug)]
pub enum WatchInput {
    /// What was dialled answers.
    Connected {
        /// What for.
        role: Role,
        /// The connection.
        conn: ConnId,
    },
    /// What was dialled does not answer.
    DialFailed {
        /// What for.
        role: Role,
        /// What the system said.
        why: String,
    },
    /// Bytes came in.
    Received(ConnId, Bytes),
    /// The other end has closed a connection, or it broke.
    Disconnected(ConnId, String),
    /// The node has answered what it was asked by JSON-RPC, or has not, in words.
    Answered(Result<RpcAnswer, String>),
    /// The deadline has come.
    Tick,
}

/// What a watcher wants done.
#[derive(Clone, Debug)]
pub enum WatchOutput {
    /// Connect to the node.
    Dial(Role),
    /// Send these bytes.
    Send(ConnId, Bytes),
    /// End a connection. No [`WatchInput::Disconnected`] is expected for it.
    Close(ConnId),
    /// Ask the node this by JSON-RPC. The next is asked once this is [answered](WatchInput::Answered).
    Ask(RpcQuestion),
    /// Something that people or programs may want to see.
    Event(WatchEvent),
}

/// One node, as it is seen.
#[derive(Clone)]
pub struct Watcher {
    config: WatchConfig,
    params: &'static NetworkParams,
    draws: ChaCha12Rng,
    lines: Lines,
    conns: BTreeMap<ConnId, Conn>,
    blocks: Blocks,
    /// Bodies that were asked for, of whom and when.
    bodies_asked: BTreeMap<BlockHash, (ConnId, Time)>,
    wanted: Wanted,
    monitor: Monitor,
    peer: Option<PeerFacts>,
    addresses: BTreeSet<(NodeHost, u16)>,
    /// Why the node was not asked what waits.
    mempool_not_asked: bool,
    fee_filter: Option<u64>,
    next_look: Time,
    /// There if the node is asked by JSON-RPC.
    asking: Option<Asking>,
    outputs: VecDeque<WatchOutput>,
}

impl Watcher {
    /// One that has seen nothing. It dials with its first [`WatchInput::Tick`].
    pub fn new(config: WatchConfig, now: Time) -> Self {
        Self {
            params: config.network.params(),
            draws: stream(&config.seed, "bitcoin"),
            lines: Lines::new(),
            conns: BTreeMap::new(),
            blocks: Blocks::new(&config),
            bodies_asked: BTreeMap::new(),
            wanted: Wanted::default(),
            monitor: Monitor::default(),
            peer: None,
            addresses: BTreeSet::new(),
            mempool_not_asked: false,
            fee_filter: None,
            next_look: now + LOOK_EVERY,
            asking: config.rpc.then(|| Asking::new(now)),
            outputs: VecDeque::new(),
            config,
        }
    }

    /// What is watched.
    pub const fn config(&self) -> &WatchConfig {
        &self.config
    }

    /// Transactions that wait.
    pub const fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// The headers; `None`: none has come yet.
    pub const fn tree(&self) -> Option<&HeaderTree> {
        self.blocks.tree()
    }

    /// Something happened.
    pub fn handle(&mut self, now: Time, input: WatchInput) {
        match input {
            WatchInput::Connected { role, conn } => self.connected(role, conn, now),
            WatchInput::DialFailed { role, why } => self.down(role, why, now),
            WatchInput::Received(conn, bytes) => self.received(conn, &bytes, now),
            WatchInput::Disconnected(conn, why) => {
                if let Some(conn) = self.forget_conn(conn) {
                    let why = conn.why_ended(&why, now);
                    self.down(conn.role, why, now);
                }
            }
            WatchInput::Answered(answer) => self.answered(answer, now),
            WatchInput::Tick => {}
        }
        self.tick(now);
    }

    /// What is to be done next.
    pub fn poll_output(&mut self) -> Option<WatchOutput> {
        self.outputs.pop_front()
    }

    /// When it wants [`WatchInput::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        let conns = self.conns.values().filter_map(Conn::deadline).min();
        let asked = self
            .bodies_asked
            .values()
            .map(|(_, asked)| *asked + Limits::ASKED);
        let asked = earlier(asked.min(), self.wanted.deadline());
        let asked = earlier(asked, self.asking.as_ref().and_then(Asking::deadline));
        let lines = earlier(self.lines.deadline(), Some(self.next_look));
        earlier(earlier(conns, asked), lines)
    }

    fn tick(&mut self, now: Time) {
        while let Some(role) = self.lines.due(now) {
            self.lines.set(role, Line::Dialling);
            self.outputs.push_back(WatchOutput::Dial(role));
        }
        self.check_conns(now);
        if self.next_look <= now {
            self.next_look = now + LOOK_EVERY;
            for txid in self.monitor.expire(now) {
                let why = Gone::Expired;
                self.tell(now, WatchEventKind::TxGone { txid, why });
            }
        }
        self.give_up(now);
        self.ask(now);
        let question = self.asking.as_mut().and_then(|asking| asking.question(now));
        self.outputs.extend(question.map(WatchOutput::Ask));
    }

    fn check_conns(&mut self, now: Time) {
        let late = |conn: &&Conn| !conn.is_up && conn.since + Limits::HANDSHAKE <= now;
        let late: Vec<_> = self
            .conns
            .values()
            .filter(late)
            .map(|conn| conn.id)
            .collect();
        for conn in late {
            self.close(
                conn,
                "it has not introduced itself for 20 s".to_owned(),
                now,
            );
        }
        let pings = self
            .conns
            .values()
            .map(|conn| (conn.id, conn.pings.due(now)));
        let pings: Vec<_> = pings.filter(|(_, due)| *due != PingDue::Nothing).collect();
        for (conn, due) in pings {
            match due {
                PingDue::GiveUp => {
                    self.close(conn, "it has not answered a ping for 60 s".to_owned(), now);
                }
                _ => self.ping(conn, now),
            }
        }
    }

    fn ping(&mut self, conn: ConnId, now: Time) {
        let number = self.draws.next_u64();
        if let Some(conn) = self.conns.get_mut(&conn) {
            conn.pings.sent(number, now);
        }
        self.send(conn, &Message::Ping(number), now);
    }

    fn connected(&mut self, role: Role, id: ConnId, now: Time) {
        let nonce = self.draws.next_u64();
        let conn = Conn::new(id, role, self.params.magic, nonce, now);
        self.lines.set(role, Line::Connected);
        self.conns.insert(id, conn);
        let version = self.version(role, nonce, now);
        self.send(id, &version, now);
    }

    /// Ends a connection.
    fn close(&mut self, conn: ConnId, why: String, now: Time) {
        if let Some(conn) = self.forget_conn(conn) {
            self.outputs.push_back(WatchOutput::Close(conn.id));
            self.down(conn.role, why, now);
        }
    }

    /// A connection is gone, and all that was waited for on it.
    fn forget_conn(&mut self, conn: ConnId) -> Option<Conn> {
        let gone = self.conns.remove(&conn)?;
        let asked = std::mem::take(&mut self.bodies_asked).into_iter();
        let (lost, stays): (BTreeMap<_, _>, _) = asked.partition(|(_, (of, _))| *of == conn);
        self.bodies_asked = stays;
        for hash in lost.keys() {
            self.blocks.take_shown_by_inv(hash);
        }
        if gone.role == Role::Announcements {
            self.wanted.forget();
        }
        Some(gone)
    }

    fn down(&mut self, role: Role, why: String, now: Time) {
        self.lines.down(role, why.clone(), now);
        self.tell(now, WatchEventKind::Down { role, why });
    }

    fn send(&mut self, conn: ConnId, message: &Message, now: Time) {
        let Some(role) = self.conns.get(&conn).map(|conn| conn.role) else {
            return;
        };
        let frame = message.to_frame();
        let kind = WatchEventKind::Message {
            role,
            is_ours: true,
            command: frame.command,
            bytes: FRAME_HEADER_LEN + frame.payload.len(),
        };
        self.tell(now, kind);
        let bytes = frame.to_bytes(self.params.magic);
        self.outputs.push_back(WatchOutput::Send(conn, bytes));
    }

    fn tell(&mut self, at: Time, kind: WatchEventKind) {
        self.outputs
            .push_back(WatchOutput::Event(WatchEvent { at, kind }));
    }
}

#[cfg(test)]
mod tests;
