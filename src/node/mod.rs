//! One node, without IO.
//!
//! ```text
//!            Input                                        Output
//!   messages, ticks, commands ──► Node::handle ──► poll_output: sends, dials, jobs, replies, events
//!                                      │
//!   routes to the managers, which never call each other:
//!
//!   handshake, peers   who is there          chainstate   headers, blocks, coins
//!   addrbook, gossip   whom to dial          mempool      transactions that wait
//!   sync               who has what          wallets      keys, payments, balances
//!   relay              what to pass on       template     the next block
//!   serve              what others ask for   mining       when to look for it
//!                                            private      what nobody is to hear of
//! ```
//!
//! The driver's loop is in the crate's documentation. Who only looks does so beside it, by [`Node::ask`],
//! which takes the node as it is and leaves it so. A node reads no clock and draws only from its
//! own seeded streams, so the same inputs at the same times give the same outputs.

pub mod addrbook;
mod blocks;
pub mod chainstate;
pub mod check;
mod commands;
pub mod config;
mod conns;
mod families;
pub mod foreign;
pub mod gossip;
pub mod handshake;
pub mod io;
mod ix;
pub mod mempool;
pub mod message;
pub mod mining;
pub mod outbox;
pub mod peers;
pub mod private;
mod queries;
pub mod random;
pub mod relay;
mod route;
pub mod serve;
pub mod snapshot;
pub mod store;
pub mod sync;
pub mod template;
pub mod time;
mod txs;
mod undone;
pub mod wallets;
mod withhold;

pub use chainstate::{ChainChange, ChainState};
pub use config::{Config, Seeds, SyncMethod};
pub use io::{Command, ConnId, Event, EventKind, Halt, Input, Output, Question, Reply, RequestId};
pub use ix::NodeIx;
pub use message::Message;
pub use snapshot::NodeSnapshot;
pub use store::{Batch, BlockId, HeaderRecord, MemStore, Store, StoreFault};
pub use time::{Time, earlier};

use crate::chain::Txid;
use addrbook::AddrBook;
use chainstate::OpenError;
use gossip::Gossip;
use handshake::Identity;
use mempool::Mempool;
use mining::Mining;
use outbox::Outbox;
use peers::strangers::Strangers;
use peers::{Neighbours, Peers};
use private::Private;
use random::Random;
use relay::Relay;
use serve::Serve;
use snapshot::BlockInfo;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use sync::Sync;
use undone::Undone;
use wallets::Wallets;

/// How long something may be unwritten that a crash may lose: transactions that wait, addresses,
/// and what wallets can find again in the chain. Also how long a power loss may undo.
pub const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// How often a wallet's transactions that are in no block are announced again, and some of others
/// that have waited for long.
pub const ANNOUNCE_AGAIN: Duration = Duration::from_secs(30);

/// A node.
#[derive(Clone)]
pub struct Node<S> {
    config: Config,
    chain: ChainState<S>,
    peers: Peers,
    strangers: Strangers,
    book: AddrBook,
    gossip: Gossip,
    sync: Sync,
    relay: Relay,
    serve: Serve,
    mempool: Mempool,
    wallets: Wallets,
    mining: Mining,
    private: Private,
    undone: Undone,
    random: Random,
    out: Outbox,
    outputs: VecDeque<Output>,
    /// The end of the chain, lowest first, as screens show it.
    recent: VecDeque<BlockInfo>,
    /// When what is unwritten is written; `None`: all is.
    flush_at: Option<Time>,
    announce_at: Time,
    /// The last that was announced again of what has waited for long; `None`: a new round.
    announced_to: Option<(Time, Txid)>,
    /// The book may want to dial; asked only then, as it can be long.
    is_dial_due: bool,
    dial_at: Option<Time>,
    halted: Option<Halt>,
}

impl<S: Store> Node<S> {
    /// Opens a node over its store. It dials and mines from the first [`Input::Tick`] on, which is
    /// due at once.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, store: S, now: Time) -> Result<Self, OpenError> {
        let (params, sigs) = (config.params.clone(), config.sigs.clone());
        let chain = ChainState::open(store, params.clone(), sigs.clone())?;
        let drift = Duration::from_millis(params.future_drift_ms);
        let us = Identity::new(Random::identity(&config.seeds.run), chain.network());
        let group_secret = Random::group_secret(&config.seeds.run);
        let mut book = AddrBook::new(config.outbound, config.listen);
        if let Some(row) = chain.store().meta(addrbook::ROW)? {
            let damaged = |e| chain.store().damaged(format!("the address book: {e}"));
            book.restore(&row, now).map_err(damaged)?;
        }
        for addr in &config.connect {
            // One that is none is refused where the configuration is read.
            let _kept = book.keep(*addr, now);
        }
        let mempool = Mempool::new(config.mempool.clone(), params, chain.network(), sigs);
        let wallets = Wallets::open(&chain, config.seeds.keys)?;
        let mut node = Self {
            peers: Peers::new(us, config.inbound_max, drift, group_secret).of(&config.name),
            strangers: Strangers::default(),
            book,
            gossip: Gossip::default(),
            sync: Sync::new(config.sync),
            relay: Relay::new(),
            serve: Serve::default(),
            mempool,
            wallets,
            mining: Mining::new(config.mining, config.hashrate, config.mine_to.clone()),
            private: Private::new(&config),
            undone: Undone::default(),
            random: Random::new(&config.seeds.run),
            out: Outbox::default(),
            outputs: VecDeque::new(),
            recent: VecDeque::new(),
            flush_at: None,
            announce_at: now,
            announced_to: None,
            is_dial_due: true,
            dial_at: Some(now),
            halted: None,
            config,
            chain,
        };
        node.resume(now)?;
        Ok(node)
    }

    /// What waits from the last run, and the wallets that there should be.
    fn resume(&mut self, now: Time) -> Result<(), StoreFault> {
        self.recent = queries::recent_blocks(&self.chain)?;
        for name in self.config.wallets.clone() {
            if self.wallets.owner(&name).is_some() {
                continue;
            }
            // A name that no wallet can have is refused where the configuration is read.
            let _made = self.create_wallet(&name, now)?;
        }
        let restored = self.mempool.restore(&self.chain, now)?;
        self.apply_mempool_change(restored, None, now);
        self.submit_own(now)?;
        self.flush_at = Some(now + FLUSH_EVERY);
        Ok(())
    }

    /// Takes one input. Afterwards [`Node::poll_output`] is to be drained.
    ///
    /// # Errors
    /// [`Halt`]: the machine failed, and the node takes nothing any more.
    pub fn handle(&mut self, now: Time, input: Input) -> Result<(), Halt> {
        if let Some(halt) = &self.halted {
            return Err(halt.clone());
        }
        let handled = self.route(now, input).and_then(|()| self.settle(now));
        handled.map_err(|fault| self.halt(fault))
    }

    fn halt(&mut self, fault: StoreFault) -> Halt {
        self.halted.insert(Halt(fault)).clone()
    }

    /// The next thing that the node wants done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When the node next wants [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        [
            self.peers.deadline(),
            self.strangers.deadline(),
            self.sync.deadline(),
            self.relay.deadline(),
            self.mempool.deadline(),
            self.mining.deadline(),
            self.gossip.deadline(),
            self.flush_at,
            self.dial_at,
            Some(self.announce_at),
        ]
        .into_iter()
        .fold(None, earlier)
    }

    /// The chain, for reading.
    pub fn chain(&self) -> &ChainState<S> {
        &self.chain
    }

    /// Transactions that wait, for reading.
    pub fn mempool(&self) -> &Mempool {
        &self.mempool
    }

    /// The wallets, for reading.
    pub fn wallets(&self) -> &Wallets {
        &self.wallets
    }

    /// These are the nodes that the driver of this one runs: a stranger does not get their names. It is
    /// said before the first input, and whenever there are others.
    pub fn meet(&mut self, neighbours: &Arc<Neighbours>) {
        self.peers.meet(neighbours);
    }

    /// Who is banned or connected, for reading.
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Blocks that are missing, as far as peers have shown that there are any.
    pub fn blocks_left(&self) -> u32 {
        let height = self.chain.tip().height;
        let missing = self.sync.progress(&self.chain);
        missing.map_or(0, |info| info.target.saturating_sub(height))
    }

    /// Whether the node is to stay connected to an address.
    pub fn keeps(&self, addr: &SocketAddr) -> bool {
        self.book.keeps(addr)
    }

    /// Writes what is unwritten, and makes all of it survive a power loss.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn close(&mut self) -> Result<(), Halt> {
        if let Some(halt) = &self.halted {
            return Err(halt.clone());
        }
        self.flush().map_err(|fault| self.halt(fault))
    }

    /// Gives the store back, with what a crash at this moment leaves in it.
    pub fn into_store(self) -> S {
        self.chain.into_store()
    }

    /// Nothing is left of a connection that is gone.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.peers.get(conn).is_none()
            && self.book.knows_nothing_of(conn)
            && self.sync.knows_nothing_of(conn)
            && self.relay.knows_nothing_of(conn)
            && self.serve.knows_nothing_of(conn)
            && self.gossip.knows_nothing_of(conn)
    }

    fn flush(&mut self) -> Result<(), StoreFault> {
        let mut rows: BTreeMap<String, Option<Vec<u8>>> = self.mempool.flush();
        rows.extend(self.wallets.flush());
        if let Some(row) = self.book.flush() {
            rows.insert(addrbook::ROW.to_owned(), Some(row));
        }
        self.flush_at = None;
        self.chain.put_meta(rows, false)?;
        self.chain.sync()
    }

    fn unwritten(&mut self, now: Time) {
        self.flush_at.get_or_insert(now + FLUSH_EVERY);
    }

    fn event(&mut self, at: Time, kind: EventKind) {
        self.outputs.push_back(Output::Event(Event { at, kind }));
    }
}
