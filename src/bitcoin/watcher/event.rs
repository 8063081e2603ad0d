//! What a watcher tells: what happened at the node, as far as it shows.

use super::blocks::{AnnouncedBy, ConnectedBy};
use crate::bitcoin::wire::{CommandName, Services};
use crate::chain::Amount;
use crate::chain::hash::{BlockHash, Txid, Wtxid};
use crate::node::Time;
use crate::node::time::duration_text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// What one of the two connections to a node is for. What a node says of a block depends on what it was
/// asked to say, so no connection shows both when it first announces one and when it has connected it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Blocks in short, before they are checked (BIP 152), and transactions.
    Announcements,
    /// Headers, once a block is connected (BIP 130).
    Headers,
}

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchEvent {
    /// On the lab clock.
    pub at: Time,
    /// What.
    pub kind: WatchEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchEventKind {
    /// Both sides know each other.
    #[serde(rename = "version")]
    Up {
        /// Which connection.
        role: Role,
        /// What the node says that it is.
        peer: PeerFacts,
    },
    /// A connection ended, or none came about.
    #[serde(rename = "peer_lost")]
    Down {
        /// Which connection.
        role: Role,
        /// Why, in words.
        why: String,
    },
    /// A ping was answered.
    Ping {
        /// Which connection.
        role: Role,
        /// How long that took.
        #[serde(with = "duration_text")]
        time: Duration,
    },
    /// Items were announced.
    Inv {
        /// Transactions among them.
        txs: usize,
        /// Blocks among them.
        blocks: usize,
    },
    /// A block was announced for the first time.
    Announced {
        /// The block.
        block: BlockHash,
        /// Its height, if that is known.
        height: Option<u32>,
        /// By which message.
        by: AnnouncedBy,
    },
    /// A block's body is here, and is its header's.
    Complete {
        /// The block.
        block: BlockHash,
        /// Its height, if that is known.
        height: Option<u32>,
        /// Its transactions.
        txs: usize,
        /// Its bytes.
        bytes: usize,
    },
    /// The node has connected a block to its chain.
    Connected {
        /// The block.
        block: BlockHash,
        /// Its height, if that is known.
        height: Option<u32>,
        /// How that showed.
        by: ConnectedBy,
    },
    /// The node went over to another branch.
    Reorganised {
        /// The last block that both have.
        fork: BlockHash,
        /// The tip that was.
        old: BlockHash,
        /// The tip that is.
        new: BlockHash,
        /// Blocks that were left behind.
        depth: u32,
        /// Height of the last block that both have, if that is known.
        fork_height: Option<u32>,
        /// Height of the tip that is.
        new_height: Option<u32>,
    },
    /// A transaction came, and waits.
    Tx {
        /// Its id.
        txid: Txid,
        /// Its id with witnesses, if the transaction itself was seen.
        wtxid: Option<Wtxid>,
        /// Its virtual size in bytes.
        vsize: u64,
        /// What its outputs are worth together.
        pays: Option<Amount>,
        /// Its fee, if it is known what it spends.
        fee: Option<Amount>,
    },
    /// A transaction does not wait any more.
    TxGone {
        /// Its id.
        txid: Txid,
        /// Why.
        why: Gone,
    },
    /// A transaction waits again, as its block was left behind.
    TxBack {
        /// Its id.
        txid: Txid,
    },
    /// The node told of nodes that were not known here.
    Addresses {
        /// How many.
        new: usize,
        /// How many are known now.
        known: usize,
    },
    /// The node was not asked what waits.
    MempoolNotAsked,
    /// The node does not answer by JSON-RPC.
    NotAnswered {
        /// Why, in words.
        why: String,
    },
    /// A message went one way or the other.
    Message {
        /// Which connection.
        role: Role,
        /// By whom.
        is_ours: bool,
        /// What it is.
        command: CommandName,
        /// Its bytes, with the head.
        bytes: usize,
    },
}

/// Why a transaction does not wait any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gone {
    /// This block has it.
    Mined(BlockHash),
    /// This transaction spends the same coins.
    Replaced(Txid),
    /// This block has another that spends the same coins.
    Conflict(BlockHash),
    /// It waited for as long as nodes wait.
    Expired,
    /// The node does not have it any more, and does not say why.
    Dropped,
}

/// What a node says of itself. Words of its own are in quotes, and short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerFacts {
    /// Its program.
    pub user_agent: String,
    /// The newest form of the protocol that it speaks.
    pub protocol: u32,
    /// What it can do.
    pub services: Services,
    /// Its height, as it says.
    pub height: i32,
}

impl Role {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Announcements, Self::Headers];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Announcements => "announcements",
            Self::Headers => "headers",
        })
    }
}
