//! How a node is to be: everything that is decided before it starts. Its driver hands a [`Config`] to
//! [`Node::open`](super::Node::open); what can change later is a [`Command`](super::Command).

mod limits;
mod strategy;

pub use limits::{ADDRESS_MAX, MempoolLimits};
pub use strategy::{Release, Strategy};

use super::message::Role;
use crate::chain::headers::Trunks;
use crate::chain::{Amount, Params, SigCache};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;

/// Connections kept to addresses that were learnt from others, by default.
pub const OUTBOUND_DEFAULT: usize = 8;

/// Connections taken from others, by default: as in Bitcoin Core.
pub const INBOUND_DEFAULT: usize = 117;

/// Everything that is decided before a node starts.
#[derive(Clone)]
pub struct Config {
    /// What people call it.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// What it keeps of the chain.
    pub kind: NodeKind,
    /// The network's parameters.
    pub params: Arc<Params>,
    /// Signatures that were checked, shared by the nodes of a process.
    pub sigs: Arc<SigCache>,
    /// Headers that are deep in the chain, shared by the light nodes of a process.
    pub trunks: Arc<Trunks>,
    /// Where it listens, if it does.
    pub listen: Option<SocketAddr>,
    /// Addresses to stay connected to; those that are none are left out.
    pub connect: Vec<SocketAddr>,
    /// Connections to keep to addresses that were learnt from others; 0: only to `connect`.
    pub outbound: usize,
    /// Connections to take from others.
    pub inbound_max: usize,
    /// How blocks are fetched.
    pub sync: SyncMethod,
    /// What the mempool takes.
    pub mempool: MempoolLimits,
    /// What a payment pays the miner if nothing else was said; never less than the mempool wants.
    pub fee: Amount,
    /// What a light node pays at most if nothing else was said, whatever others want; `None`: as much as
    /// they want.
    pub max_fee: Option<Amount>,
    /// Blocks, its own among them, after which a payment counts as confirmed where a light node shows it; 1: at once.
    pub confirmed_after: u32,
    /// Whether it mines at the start.
    pub mining: MiningMode,
    /// Hashes per second that it mines with.
    pub hashrate: f64,
    /// The wallet that rewards go to; `None`: the first, or one named after the node.
    pub mine_to: Option<String>,
    /// What it does with the blocks that it finds.
    pub strategy: Strategy,
    /// Wallets to make if they are not there yet.
    pub wallets: Vec<String>,
    /// Where its randomness comes from.
    pub seeds: Seeds,
}

/// Where randomness comes from. Not predictable, unless the same is to be seen again.
#[derive(Clone, Copy)]
pub struct Seeds {
    /// For keys of wallets: a wallet's key follows from this and its name.
    pub keys: [u8; 32],
    /// For all else. Another one at each start of the node.
    pub run: [u8; 32],
}

/// What a node keeps of the chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeKind {
    /// All of it.
    #[default]
    Full,
    /// Headers, and what concerns its wallets.
    Light(LightWay),
    /// All of it, as an attacker's node that breaks rules on purpose: see [`attack`](super::attack).
    Attacker,
}

/// How a light node learns what concerns its wallets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LightWay {
    /// From filters of all blocks; those that match are fetched whole. No peer is told an address.
    #[default]
    Filter,
    /// From full nodes that are told its addresses, and prove what they find for them.
    Address,
}

/// How blocks are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyncMethod {
    /// Headers from everybody, then bodies from many peers at once.
    #[default]
    HeadersFirst,
    /// Bodies of one peer, in the order of its `inv`, as in the tutorials.
    BlocksFirst,
}

/// When a node mines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MiningMode {
    /// Not at all.
    #[default]
    Off,
    /// All the time.
    On,
    /// While the mempool holds at least so many transactions, as in the tutorials.
    OnTx(usize),
}

impl Config {
    /// A node that knows no other and does nothing by itself.
    pub fn new(name: &str, params: Arc<Params>, seeds: Seeds) -> Self {
        Self {
            name: name.to_owned(),
            role: Role::Full,
            kind: NodeKind::Full,
            params,
            sigs: Arc::default(),
            trunks: Arc::default(),
            listen: None,
            connect: Vec::new(),
            outbound: OUTBOUND_DEFAULT,
            inbound_max: INBOUND_DEFAULT,
            sync: SyncMethod::default(),
            mempool: MempoolLimits::default(),
            fee: Amount::ZERO,
            max_fee: None,
            confirmed_after: 1,
            mining: MiningMode::Off,
            hashrate: 14_000.0,
            mine_to: None,
            strategy: Strategy::Honest,
            wallets: Vec::new(),
            seeds,
        }
    }
}
