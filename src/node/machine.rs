//! A node of either kind, behind one contract: what drivers and the simulation hold.

use super::chainstate::OpenError;
use super::config::{Config, NodeKind};
use super::io::{CommandError, Halt, Input, Output, Question, Reply};
use super::peers::{Neighbours, Peers};
use super::snapshot::{BlockInfo, NodeSnapshot, WalletInfo};
use super::wallets::Wallets;
use super::{BlockId, ConnId, LightNode, Node, Store, Time};
use crate::chain::BlockHash;
use crate::chain::headers::HeaderTree;
use std::net::SocketAddr;
use std::sync::Arc;

/// A full node or a light one.
#[derive(Clone)]
pub enum Machine<S> {
    /// Keeps the chain.
    Full(Box<Node<S>>),
    /// Keeps headers, and what concerns its wallets.
    Light(Box<LightNode<S>>),
}

/// The same of both.
macro_rules! both {
    ($machine:expr, $node:ident => $what:expr) => {
        match $machine {
            Machine::Full($node) => $what,
            Machine::Light($node) => $what,
        }
    };
}

impl<S: Store> Machine<S> {
    /// Opens a node of the kind that the configuration says, over its store.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(config: Config, store: S, now: Time) -> Result<Self, OpenError> {
        Ok(match config.kind {
            NodeKind::Full | NodeKind::Attacker => {
                Self::Full(Box::new(Node::open(config, store, now)?))
            }
            NodeKind::Light(_) => Self::Light(Box::new(LightNode::open(config, store, now)?)),
        })
    }

    /// Takes one input. Afterwards [`Machine::poll_output`] is to be drained.
    ///
    /// # Errors
    /// [`Halt`]: the machine failed, and the node takes nothing any more.
    pub fn handle(&mut self, now: Time, input: Input) -> Result<(), Halt> {
        both!(self, node => node.handle(now, input))
    }

    /// The next thing that the node wants done.
    pub fn poll_output(&mut self) -> Option<Output> {
        both!(self, node => node.poll_output())
    }

    /// When the node next wants [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        both!(self, node => node.deadline())
    }

    /// As [`Node::meet`].
    pub fn meet(&mut self, neighbours: &Arc<Neighbours>) {
        both!(self, node => node.meet(neighbours));
    }

    /// Answers a question, as things are: as [`Node::ask`].
    ///
    /// # Errors
    /// [`Halt`].
    pub fn ask(&self, now: Time, question: Question) -> Result<Result<Reply, CommandError>, Halt> {
        both!(self, node => node.ask(now, question))
    }

    /// What a screen can show, at this moment.
    pub fn snapshot(&self, now: Time) -> NodeSnapshot {
        both!(self, node => node.snapshot(now))
    }

    /// All wallets.
    pub fn wallet_infos(&self) -> Vec<WalletInfo> {
        both!(self, node => node.wallet_infos())
    }

    /// The wallets, for reading.
    pub fn wallets(&self) -> &Wallets {
        both!(self, node => node.wallets())
    }

    /// All known headers.
    pub fn tree(&self) -> &HeaderTree {
        both!(self, node => node.chain().tree())
    }

    /// The genesis hash, which names the network.
    pub fn network(&self) -> BlockHash {
        both!(self, node => node.chain().network())
    }

    /// The last blocks of the chain, [`RECENT_BLOCKS`](super::snapshot::RECENT_BLOCKS) at most, the highest
    /// first.
    pub fn recent_down(&self) -> impl Iterator<Item = BlockInfo> + '_ {
        let full = self.full().into_iter().flat_map(|node| node.recent().rev());
        let light = self.light().into_iter().flat_map(LightNode::recent_down);
        full.cloned().chain(light)
    }

    /// Transactions that wait here.
    pub fn waiting(&self) -> usize {
        match self {
            Self::Full(node) => node.mempool().len(),
            Self::Light(node) => node.waiting(),
        }
    }

    /// The end of its chain.
    pub fn tip(&self) -> BlockId {
        both!(self, node => node.chain().tip())
    }

    /// The store, for reading.
    pub fn store(&self) -> &S {
        both!(self, node => node.chain().store())
    }

    /// Who is banned or connected, for reading.
    pub fn peers(&self) -> &Peers {
        both!(self, node => node.peers())
    }

    /// Blocks, or headers, that are missing, as far as peers have shown that there are any.
    pub fn blocks_left(&self) -> u32 {
        both!(self, node => node.blocks_left())
    }

    /// The height that it tries to reach; `None`: it knows of nothing that it is missing.
    pub fn sync_target(&self) -> Option<u32> {
        both!(self, node => node.sync_target())
    }

    /// Whether the node is to stay connected to an address.
    pub fn keeps(&self, addr: &SocketAddr) -> bool {
        both!(self, node => node.keeps(addr))
    }

    /// Writes what is unwritten, and makes all of it survive a power loss.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn close(&mut self) -> Result<(), Halt> {
        both!(self, node => node.close())
    }

    /// Gives the store back, with what a crash at this moment leaves in it.
    pub fn into_store(self) -> S {
        both!(self, node => node.into_store())
    }

    /// Nothing is left of a connection that is gone.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        both!(self, node => node.knows_nothing_of(conn))
    }

    /// The full node, if it is one.
    pub fn full(&self) -> Option<&Node<S>> {
        match self {
            Self::Full(node) => Some(node),
            Self::Light(_) => None,
        }
    }

    /// The light node, if it is one.
    pub fn light(&self) -> Option<&LightNode<S>> {
        match self {
            Self::Full(_) => None,
            Self::Light(node) => Some(node),
        }
    }
}
