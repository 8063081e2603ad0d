//! What is known of connections.

use crate::chain::{BlockHash, BlockTime};
use crate::node::addrbook::{self, AddrBook};
use crate::node::config::Config;
use crate::node::gossip::Gossip;
use crate::node::handshake::Identity;
use crate::node::ids::ConnId;
use crate::node::io::{Event, EventKind, Halt, Output};
use crate::node::message::Message;
use crate::node::outbox::Outbox;
use crate::node::peers::Peers;
use crate::node::peers::strangers::Strangers;
use crate::node::random::Random;
use crate::node::store::{Store, StoreFault};
use crate::node::time::{ClockOff, Time, earlier};
use crate::node::wallets::Rows;
use std::collections::VecDeque;
use std::time::Duration;

/// How long something may be unwritten that a crash may lose: transactions that wait, addresses,
/// and what wallets can find again in the chain. Also how long a power loss may undo.
pub const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// All of a node that is about connections, and the ways out of it.
#[derive(Clone)]
pub(in crate::node) struct Conns {
    pub config: Config,
    /// How far its clock is off.
    pub clock: ClockOff,
    pub peers: Peers,
    pub strangers: Strangers,
    pub book: AddrBook,
    pub gossip: Gossip,
    pub random: Random,
    pub out: Outbox,
    pub outputs: VecDeque<Output>,
    /// When what is unwritten is written; `None`: all is.
    pub flush_at: Option<Time>,
    /// The book may want to dial; asked only then, as it can be long.
    pub is_dial_due: bool,
    pub dial_at: Option<Time>,
    /// Why the node takes nothing any more.
    pub halted: Option<Halt>,
}

impl Conns {
    /// Of a node that begins, on this network: nothing is connected. The address book is read.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open(
        config: Config,
        network: BlockHash,
        store: &impl Store,
        now: Time,
    ) -> Result<Self, StoreFault> {
        let drift = Duration::from_millis(config.params.future_drift_ms);
        let us = Identity::new(Random::identity(&config.seeds.run), network);
        let group_secret = Random::group_secret(&config.seeds.run);
        let mut book = AddrBook::new(config.outbound, config.listen);
        if let Some(row) = store.meta(addrbook::ROW)? {
            let damaged = |e| store.damaged(format!("the address book: {e}"));
            book.restore(&row, now).map_err(damaged)?;
        }
        for addr in &config.connect {
            // One that is none is refused where the configuration is read.
            let _kept = book.keep(*addr, now);
        }
        Ok(Self {
            peers: Peers::new(us, config.inbound_max, drift, group_secret).of(&config.name),
            strangers: Strangers::default(),
            book,
            gossip: Gossip::default(),
            random: Random::new(&config.seeds.run),
            out: Outbox::default(),
            outputs: VecDeque::new(),
            flush_at: None,
            is_dial_due: true,
            dial_at: Some(now),
            halted: None,
            config,
            clock: ClockOff::default(),
        })
    }

    /// What a block's header has that is found now, by the node's clock.
    pub fn block_time(&self, now: Time) -> BlockTime {
        self.clock.shows(now).block_time()
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        [
            self.peers.deadline(),
            self.strangers.deadline(),
            self.gossip.deadline(),
            self.flush_at,
            self.dial_at,
        ]
        .into_iter()
        .fold(None, earlier)
    }

    /// Nothing is left of a connection that is gone.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.peers.get(conn).is_none()
            && self.book.knows_nothing_of(conn)
            && self.gossip.knows_nothing_of(conn)
    }

    /// What is unwritten, beside what the caller writes with it: all of it is going to be written now.
    pub fn flush(&mut self, rows: &mut Rows) {
        if let Some(row) = self.book.flush() {
            rows.insert(addrbook::ROW.to_owned(), Some(row));
        }
        self.flush_at = None;
    }

    /// Something is unwritten: it is written before long.
    pub fn unwritten(&mut self, now: Time) {
        self.flush_at.get_or_insert(now + FLUSH_EVERY);
    }

    /// Whether it is time to write what is unwritten.
    pub fn is_flush_due(&self, now: Time) -> bool {
        self.flush_at.is_some_and(|at| at <= now)
    }

    /// Something happened.
    pub fn event(&mut self, at: Time, kind: EventKind) {
        self.outputs.push_back(Output::Event(Event { at, kind }));
    }

    /// The machine failed: nothing is taken any more.
    pub fn halt(&mut self, fault: StoreFault) -> Halt {
        self.halted.insert(Halt(fault)).clone()
    }

    /// Goes on, unless the machine has failed before.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn check_running(&self) -> Result<(), Halt> {
        self.halted.clone().map_or(Ok(()), Err)
    }

    /// Bytes that are on their way to a peer, with what is about to be sent.
    pub fn unsent(&self, conn: ConnId) -> Option<u64> {
        let peer = self.peers.get(conn)?;
        let waiting = self.out.sends.iter().filter(|(to, _)| *to == conn);
        let waiting: usize = waiting.map(|(_, message)| message.wire_len()).sum();
        Some(peer.unsent + u64::try_from(waiting).unwrap_or(u64::MAX))
    }

    /// Pings who is to be pinged. Returns whom to let go, and why.
    pub fn tick(&mut self, now: Time) -> Vec<(ConnId, &'static str)> {
        let due = self.peers.tick(now, || self.random.nonce());
        for (conn, nonce) in due.pings {
            self.out.send(conn, Message::Ping(nonce));
        }
        self.is_dial_due |= self.dial_at.is_some_and(|at| at <= now);
        due.overdue
    }

    /// Passes news of addresses on, if it is time to.
    pub fn tell_news(&mut self, now: Time) {
        let peers = self.peers.ready().map(|(conn, _)| conn);
        let (random, out) = (&mut self.random, &mut self.out);
        self.gossip.tick(now, peers, random, out);
    }

    /// Dials whom the book wants dialled.
    pub fn dial(&mut self, now: Time) {
        if std::mem::take(&mut self.is_dial_due) {
            let dials = self.book.dials(now, &mut self.random);
            self.outputs.extend(dials.into_iter().map(Output::Dial));
            self.dial_at = self.book.deadline();
        }
    }
}
