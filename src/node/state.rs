//! The node itself: its managers, and what its driver does with it.

use super::attack::Attack;
use super::chainstate::ChainState;
use super::conns::{ConnTalk, Conns};
use super::fees::Fees;
use super::ids::ConnId;
use super::io::{Halt, Input, Output};
use super::mempool::Mempool;
use super::mining::Mining;
use super::peers::{Neighbours, Peers};
use super::private_chain::PrivateChain;
use super::prover::Prover;
use super::relay::Relay;
use super::serve::Serve;
use super::snapshot::BlockInfo;
use super::store::{Store, StoreFault};
use super::sync::{Context, Sync};
use super::time::{Time, earlier};
use super::undone::Undone;
use super::wallets::Wallets;
use crate::chain::Txid;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How often a wallet's transactions that are in no block are announced again, and some of others
/// that have waited for long.
pub const ANNOUNCE_AGAIN: Duration = Duration::from_secs(30);

/// A node.
#[derive(Clone)]
pub struct Node<S> {
    pub(super) conns: Conns,
    pub(super) chain: ChainState<S>,
    pub(super) sync: Sync,
    pub(super) relay: Relay,
    pub(super) serve: Serve,
    pub(super) prover: Prover,
    pub(super) fees: Fees,
    pub(super) mempool: Mempool,
    pub(super) wallets: Wallets,
    pub(super) mining: Mining,
    pub(super) private_chain: PrivateChain,
    pub(super) undone: Undone,
    /// There if it is an attacker's.
    pub(super) attack: Option<Attack>,
    /// The end of the chain, lowest first, as screens show it.
    pub(super) recent: VecDeque<BlockInfo>,
    pub(super) announce_at: Time,
    /// The last that was announced again of what has waited for long; `None`: a new round.
    pub(super) announced_to: Option<(Time, Txid)>,
}

impl<S: Store> Node<S> {
    /// Takes one input. Afterwards [`Node::poll_output`] is to be drained.
    ///
    /// # Errors
    /// [`Halt`]: the machine failed, and the node takes nothing any more.
    pub fn handle(&mut self, now: Time, input: Input) -> Result<(), Halt> {
        self.take(now, input)
    }

    /// The next thing that the node wants done.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.conns.outputs.pop_front()
    }

    /// When the node next wants [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        [
            self.conns.deadline(),
            self.sync.deadline(),
            self.relay.deadline(),
            self.mempool.deadline(),
            self.mining.deadline(),
            self.fees.deadline(),
            self.prover.deadline(|conn| self.takes(conn)),
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
        self.conns.peers.meet(neighbours);
    }

    /// Who is banned or connected, for reading.
    pub fn peers(&self) -> &Peers {
        &self.conns.peers
    }

    /// Blocks that are missing, as far as peers have shown that there are any.
    pub fn blocks_left(&self) -> u32 {
        self.sync.blocks_left(self.chain.tree())
    }

    /// Whether the node is to stay connected to an address.
    pub fn keeps(&self, addr: &SocketAddr) -> bool {
        self.conns.book.keeps(addr)
    }

    /// Writes what is unwritten, and makes all of it survive a power loss.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn close(&mut self) -> Result<(), Halt> {
        self.conns.check_running()?;
        self.flush().map_err(|fault| self.conns.halt(fault))
    }

    /// Gives the store back, with what a crash at this moment leaves in it.
    pub fn into_store(self) -> S {
        self.chain.into_store()
    }

    /// Nothing is left of a connection that is gone.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.conns.knows_nothing_of(conn)
            && self.sync.knows_nothing_of(conn)
            && self.relay.knows_nothing_of(conn)
            && self.serve.knows_nothing_of(conn)
            && self.prover.knows_nothing_of(conn)
            && self.fees.knows_nothing_of(conn)
    }

    pub(super) fn flush(&mut self) -> Result<(), StoreFault> {
        let mut rows: BTreeMap<String, Option<Vec<u8>>> = self.mempool.flush();
        rows.extend(self.wallets.flush());
        self.conns.flush(&mut rows);
        self.chain.put_meta(rows, false)?;
        self.chain.sync()
    }

    /// The sync, and what it looks at.
    pub(super) fn sync_at(&mut self, now: Time) -> (&mut Sync, Context<'_, ChainState<S>>) {
        let context = Context {
            chain: &mut self.chain,
            now,
            clock: self.conns.clock,
            out: &mut self.conns.out,
        };
        (&mut self.sync, context)
    }
}
