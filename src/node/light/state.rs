//! The light node itself: its managers, and what its driver does with it. The contract is that of a
//! full [`Node`](crate::node::Node).

use super::bodies::Bodies;
use super::ends::Ends;
use super::fees::Fees;
use super::incoming::Incoming;
use super::payments::Payments;
use super::proofs::Proofs;
use super::scan::Scan;
use super::watchers::Watchers;
use super::words::Words;
use crate::node::chainstate::HeaderChain;
use crate::node::config::LightWay;
use crate::node::conns::{ConnTalk, Conns};
use crate::node::ids::ConnId;
use crate::node::io::{Halt, Input, Output};
use crate::node::peers::{Neighbours, Peers};
use crate::node::relay::Relay;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::sync::{Context, Sync};
use crate::node::time::{Time, earlier};
use crate::node::wallets::{Rows, Wallets};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

/// A node that keeps headers, and what concerns its wallets.
#[derive(Clone)]
pub struct LightNode<S> {
    pub(super) conns: Conns,
    pub(super) chain: HeaderChain<S>,
    pub(super) sync: Sync,
    pub(super) relay: Relay,
    pub(super) wallets: Wallets,
    pub(super) words: Words,
    pub(super) scan: Scan,
    pub(super) bodies: Bodies,
    pub(super) watchers: Watchers,
    pub(super) incoming: Incoming,
    pub(super) proofs: Proofs,
    pub(super) payments: Payments,
    pub(super) fees: Fees,
    pub(super) ends: Ends,
    pub(super) way: LightWay,
    /// Full nodes that were ever told addresses since it started.
    pub(super) known_by: BTreeSet<String>,
    pub(super) announce_at: Time,
    /// Something has changed that may give cause for questions.
    pub(super) is_stirred: bool,
    /// The block that was last told of as one that no peer sends.
    pub(super) told_unserved: Option<BlockId>,
    /// The end of the chain that was last told of as one that full nodes do not have.
    pub(super) told_alone: Option<BlockId>,
}

impl<S: Store> LightNode<S> {
    /// Takes one input. Afterwards [`LightNode::poll_output`] is to be drained.
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
            self.words.deadline(),
            self.scan.deadline(),
            self.bodies.deadline(),
            self.watchers.deadline(),
            self.incoming.deadline(self.conns.config.mempool.expiry),
            self.ends.deadline(),
            Some(self.announce_at),
        ]
        .into_iter()
        .fold(None, earlier)
    }

    /// The chain of headers, for reading.
    pub fn chain(&self) -> &HeaderChain<S> {
        &self.chain
    }

    /// The wallets, for reading.
    pub fn wallets(&self) -> &Wallets {
        &self.wallets
    }

    /// As [`Node::meet`](crate::node::Node::meet).
    pub fn meet(&mut self, neighbours: &Arc<Neighbours>) {
        self.conns.peers.meet(neighbours);
    }

    /// Who is banned or connected, for reading.
    pub fn peers(&self) -> &Peers {
        &self.conns.peers
    }

    /// Headers that are missing, as far as peers have shown that there are any.
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
            && self.words.knows_nothing_of(conn)
            && self.scan.knows_nothing_of(conn)
            && self.bodies.knows_nothing_of(conn)
            && self.watchers.knows_nothing_of(conn)
            && self.fees.knows_nothing_of(conn)
            && self.ends.knows_nothing_of(conn)
    }

    pub(super) fn flush(&mut self) -> Result<(), StoreFault> {
        let mut rows = self.wallets.flush();
        self.add_rows(&mut rows);
        self.conns.flush(&mut rows);
        self.chain.put_meta(rows, false)?;
        self.chain.sync()
    }

    /// What belongs to wallets' rows: none of it may be on disk without the others.
    pub(super) fn add_rows(&mut self, rows: &mut Rows) {
        self.scan.flush(rows);
        self.watchers.flush(rows);
        self.proofs.flush(rows);
    }

    /// The sync, and what it looks at.
    pub(super) fn sync_at(&mut self, now: Time) -> (&mut Sync, Context<'_, HeaderChain<S>>) {
        let context = Context {
            chain: &mut self.chain,
            now,
            clock: self.conns.clock,
            out: &mut self.conns.out,
        };
        (&mut self.sync, context)
    }
}
