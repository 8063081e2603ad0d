//! What nodes tell.

use super::decimal::Sats;
use crate::bitcoin::network::Network;
use crate::chain::Amount;
use crate::chain::hash::BlockHash;
use crate::node::foreign::{QUOTED_MAX, quoted};
use std::net::SocketAddr;
use std::time::Duration;
use thiserror::Error;

/// A node's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainInfo {
    /// Which network it says that it is on, in its own words.
    pub chain: String,
    /// The same, if it is one that is known.
    pub network: Option<Network>,
    /// How many blocks its chain has after the first one.
    pub blocks: u32,
    /// The last of them.
    pub best: BlockHash,
}

/// The name of a node's network and its first block do not go together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotOneNetwork {
    /// A network that is not known here.
    #[error("it is on a network that is not known here: {0}")]
    Unknown(String),
    /// It is on a network by its name alone.
    #[error("it says that it is on {0}, but its first block is another than that of {0}")]
    OtherGenesis(Network),
}

impl ChainInfo {
    /// The network that this node is on: by what it says, and by its first block as well.
    ///
    /// # Errors
    /// Either does not fit.
    pub fn network_with(&self, first_block: BlockHash) -> Result<Network, NotOneNetwork> {
        let unknown = || NotOneNetwork::Unknown(quoted(&self.chain, QUOTED_MAX));
        let network = self.network.ok_or_else(unknown)?;
        match network.params().genesis().hash() == first_block {
            true => Ok(network),
            false => Err(NotOneNetwork::OtherGenesis(network)),
        }
    }
}

/// The last block of a branch that a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: BlockHash,
    /// How many blocks of the branch are not on the node's chain.
    pub branch: u32,
    /// What the node thinks of it.
    pub status: TipStatus,
}

/// What a node thinks of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TipStatus {
    /// It is the node's chain.
    Active,
    /// It has been the node's chain, or could be.
    ValidFork,
    /// All its blocks are there, but they were not checked in full. bcoin calls all stale branches
    /// so, also those that were its chain.
    ValidHeaders,
    /// Not all its blocks are there.
    HeadersOnly,
    /// One of its blocks is against the rules, or was marked by hand.
    Invalid,
    /// A word that is not known.
    Unknown,
}

/// A peer of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it is, as the node writes it; at most 128 characters, none hidden.
    pub address: String,
    /// The same, if it is an address of the internet.
    pub socket: Option<SocketAddr>,
    /// Whether the peer dialled.
    pub is_inbound: bool,
    /// What the peer calls itself; empty until it has said. At most 256 characters, none hidden.
    pub agent: String,
    /// How long the last ping took; none if none was answered yet.
    pub ping: Option<Duration>,
    /// How long it has been connected, in whole seconds; none if the node does not say.
    pub connected_for: Option<Duration>,
}

/// A transaction that waits at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Virtual bytes, BIP 141. bcoin and Bitcoin Core up to 31 say more where there are many
    /// signatures to check.
    pub vsize: u32,
    /// What it pays to miners.
    pub fee: Sats,
    /// When it came, in seconds since 1970.
    pub time: u64,
    /// How many transactions that wait it builds on, itself among them; none if not told.
    pub ancestors: Option<u32>,
    /// How many build on it, itself among them; none if not told.
    pub descendants: Option<u32>,
}

/// What a wallet of a node's own holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnBalance {
    /// In blocks, or change of its own payments that wait.
    pub confirmed: Amount,
    /// Rewards that are too young to be spent, where the node tells them apart.
    pub immature: Amount,
    /// What payments that wait bring in.
    pub incoming: Amount,
    /// What they take out, where the node tells that.
    pub outgoing: Amount,
}

impl OwnBalance {
    /// The same, by what it comes to with all that waits.
    #[must_use]
    pub fn with_waiting(self, all: Amount) -> Self {
        let more = |than: Amount, this: Amount| this.checked_sub(than).unwrap_or(Amount::ZERO);
        Self {
            incoming: more(self.confirmed, all),
            outgoing: more(all, self.confirmed),
            ..self
        }
    }

    /// What the next payment can spend, its fee included.
    pub fn spendable(&self) -> Amount {
        self.confirmed
            .checked_sub(self.outgoing)
            .unwrap_or(Amount::ZERO)
    }
}

/// An address that a node talks to no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// It, or a range of addresses, as the node writes it; at most 128 characters, none hidden.
    pub address: String,
    /// Until when, in seconds since 1970.
    pub until: u64,
}
