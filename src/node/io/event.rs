//! What happens to a node that people or programs may want to see.

use super::{ConnId, Direction, StrangerSums};
use crate::chain::{Amount, BlockHash, Txid};
use crate::node::Time;
use crate::node::message::{Item, MessageSummary};
use crate::node::store::BlockId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Lost transactions that the news of a reorganisation names: 3 kB. A reorganisation may be as deep as
/// the chain.
pub const LOST_MAX: usize = 100;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, on the lab clock.
    pub at: Time,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The chain grew.
    TipChanged {
        /// The new end.
        tip: BlockId,
        /// Blocks that it grew by.
        blocks: usize,
        /// Transactions in them, without the coinbases; of a light node, which does not see them, none.
        txs: usize,
        /// The peer that the last block came from; `None`: mined here.
        from: Option<PeerLabel>,
    },
    /// The chain left blocks behind for others with more work.
    Reorganised {
        /// The last block of both.
        fork: BlockId,
        /// The tip that was.
        old: BlockId,
        /// The tip that is.
        new: BlockId,
        /// Blocks left behind.
        depth: usize,
        /// Transactions of those blocks that wait in the mempool again.
        #[serde(default)]
        returned: usize,
        /// Transactions of those blocks that the new branch has, too.
        #[serde(default)]
        confirmed: usize,
        /// Transactions of those blocks that the next block cannot have, but a later one can: they are
        /// kept, and tried again with every block.
        #[serde(default)]
        held: usize,
        /// Why the first of them waits.
        #[serde(default)]
        held_why: Option<String>,
        /// The first [`LOST_MAX`] transactions of those blocks that no block of the new chain can have:
        /// what they spend is spent in one otherwise, or does not exist any more. Not coinbases, which
        /// go with their block.
        #[serde(default)]
        lost: Vec<Txid>,
        /// How many those are in all.
        #[serde(default)]
        lost_count: usize,
    },
    /// Payments of blocks that were left behind before, which waited since, became invalid: a block
    /// has spent their coins otherwise, or a further reorganisation took these away.
    BecameInvalid {
        /// The first [`LOST_MAX`] of them.
        lost: Vec<Txid>,
        /// How many there are in all.
        lost_count: usize,
    },
    /// A block was found here.
    Mined {
        /// The block.
        block: BlockId,
        /// Transactions in it, without the coinbase.
        txs: usize,
        /// What its coinbase pays.
        reward: Amount,
    },
    /// A block was refused.
    BlockRefused {
        /// The block.
        hash: BlockHash,
        /// Who sent it.
        from: Option<PeerLabel>,
        /// Why.
        why: String,
    },
    /// A block cannot be judged yet: what is below it is asked for, and it is kept meanwhile if there is
    /// room.
    BlockWaits {
        /// The block.
        hash: BlockHash,
        /// Who sent it.
        from: Option<PeerLabel>,
        /// What for.
        why: String,
    },
    /// A transaction is in the mempool.
    TxAccepted {
        /// Which.
        txid: Txid,
        /// Who sent it; `None`: made here, or back from a block that was left behind.
        from: Option<PeerLabel>,
    },
    /// A transaction was not taken.
    TxRefused {
        /// Which.
        txid: Txid,
        /// Who sent it.
        from: Option<PeerLabel>,
        /// Why.
        why: String,
    },
    /// A transaction left the mempool, other than into a block.
    TxDropped {
        /// Which.
        txid: Txid,
        /// Why.
        why: String,
    },
    /// A handshake is complete.
    PeerUp {
        /// Who.
        peer: PeerLabel,
        /// Where.
        addr: SocketAddr,
        /// Who dialled.
        direction: Direction,
    },
    /// A connection is gone, or never came to a handshake.
    PeerDown {
        /// Who.
        peer: PeerLabel,
        /// Where.
        addr: SocketAddr,
        /// Why.
        why: String,
    },
    /// A peer's clock and this node's differ by more than half of what a block may be ahead, or do
    /// not any more.
    ClockSkew {
        /// Whose clock.
        peer: PeerLabel,
        /// By how much it is ahead of this node's, in ms; negative: behind; 0: they agree again.
        ahead_ms: i64,
    },
    /// A dialled address did not answer.
    DialFailed {
        /// Where.
        addr: SocketAddr,
        /// Why.
        why: String,
    },
    /// An address is banned.
    Banned {
        /// Whom.
        ip: IpAddr,
        /// Why.
        why: String,
    },
    /// A message was handed to the network.
    MessageSent {
        /// To whom.
        peer: PeerLabel,
        /// Its command.
        command: String,
        /// Bytes of its frame.
        bytes: usize,
        /// What it is about.
        item: Option<Item>,
        /// What it says.
        #[serde(rename = "gist", default)]
        summary: MessageSummary,
    },
    /// A message came in.
    MessageReceived {
        /// From whom.
        peer: PeerLabel,
        /// Its command.
        command: String,
        /// Bytes of its frame.
        bytes: usize,
        /// What it is about.
        item: Option<Item>,
        /// What it says.
        #[serde(rename = "gist", default)]
        summary: MessageSummary,
    },
    /// A payment was made here.
    Sent {
        /// Its transaction.
        txid: Txid,
        /// From which wallet.
        from: String,
        /// To which address or wallet.
        to: String,
        /// How much.
        amount: Amount,
    },
    /// A wallet was made.
    WalletCreated {
        /// Its name.
        name: String,
        /// Its address.
        address: String,
    },
    /// A block that was found here is kept private.
    Withheld {
        /// The block.
        block: BlockId,
        /// Blocks kept private, with this one.
        count: usize,
    },
    /// Blocks that were kept private are announced.
    Released {
        /// The last of them.
        tip: BlockId,
        /// How many.
        blocks: usize,
    },
    /// Blocks that were kept private are forgotten: the public branch has more work.
    GaveUp {
        /// How many.
        blocks: usize,
    },
    /// Mining began, stopped or changed, in words.
    Mining(String),
    /// What strangers did since this was last told, in sums.
    Strangers(StrangerSums),
    /// A program of others shows how far it is with a block.
    BlockSeen {
        /// The block.
        block: BlockId,
        /// How far.
        stage: BlockStage,
        /// By what that shows.
        by: String,
        /// Transactions in it, without the coinbase, if that is known.
        #[serde(default)]
        txs: Option<usize>,
    },
    /// A transaction waits at a program of others.
    TxSeen {
        /// Which.
        txid: Txid,
        /// Its virtual size in bytes.
        vsize: u64,
        /// What it pays for itself, if it is known what it spends.
        fee: Option<Amount>,
    },
    /// Something else that shows of a program of others, in words.
    Seen(String),
    /// A line that such a program has written.
    Wrote(String),
    /// What a light node has found out about what its peers say, in words.
    Light(String),
}

/// How far a node is with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockStage {
    /// It tells others of it.
    Announced,
    /// All of it is there.
    Complete,
    /// It is the end of its chain.
    Connected,
}

impl EventKind {
    /// Whether it is a message that went out or came in.
    pub fn is_message(&self) -> bool {
        matches!(
            self,
            Self::MessageSent { .. } | Self::MessageReceived { .. }
        )
    }

    /// Whether peers can cause it as often as they like, so that it must not take the place of what
    /// they cannot: what this node and its user do, and what takes work.
    pub fn is_of_peers(&self) -> bool {
        match self {
            Self::TipChanged { .. }
            | Self::Reorganised { .. }
            | Self::BecameInvalid { .. }
            | Self::Mined { .. }
            | Self::Sent { .. }
            | Self::WalletCreated { .. }
            | Self::Withheld { .. }
            | Self::Released { .. }
            | Self::GaveUp { .. }
            | Self::BlockSeen { .. }
            | Self::Mining(_) => false,
            Self::TxAccepted { from, .. } | Self::TxRefused { from, .. } => from.is_some(),
            Self::BlockRefused { .. }
            | Self::BlockWaits { .. }
            | Self::TxDropped { .. }
            | Self::PeerUp { .. }
            | Self::PeerDown { .. }
            | Self::ClockSkew { .. }
            | Self::DialFailed { .. }
            | Self::Banned { .. }
            | Self::MessageSent { .. }
            | Self::MessageReceived { .. }
            | Self::TxSeen { .. }
            | Self::Seen(_)
            | Self::Wrote(_)
            | Self::Light(_)
            | Self::Strangers(_) => true,
        }
    }
}

impl EventKind {
    /// The peer that it is about, or that it came from.
    pub fn peer_mut(&mut self) -> Option<&mut PeerLabel> {
        match self {
            Self::TipChanged { from, .. }
            | Self::BlockRefused { from, .. }
            | Self::BlockWaits { from, .. }
            | Self::TxAccepted { from, .. }
            | Self::TxRefused { from, .. } => from.as_mut(),
            Self::PeerUp { peer, .. }
            | Self::PeerDown { peer, .. }
            | Self::ClockSkew { peer, .. }
            | Self::MessageSent { peer, .. }
            | Self::MessageReceived { peer, .. } => Some(peer),
            Self::Reorganised { .. }
            | Self::BecameInvalid { .. }
            | Self::Mined { .. }
            | Self::TxDropped { .. }
            | Self::DialFailed { .. }
            | Self::Banned { .. }
            | Self::Sent { .. }
            | Self::WalletCreated { .. }
            | Self::Withheld { .. }
            | Self::Released { .. }
            | Self::GaveUp { .. }
            | Self::Mining(_)
            | Self::BlockSeen { .. }
            | Self::TxSeen { .. }
            | Self::Seen(_)
            | Self::Wrote(_)
            | Self::Light(_)
            | Self::Strangers(_) => None,
        }
    }
}

/// A peer in an event: its connection, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerLabel {
    /// The connection.
    pub conn: ConnId,
    /// The name that it gave itself, as far as that can be: see
    /// [`Neighbours`](crate::node::peers::Neighbours); its address before the handshake.
    pub name: Arc<str>,
}

impl PeerLabel {
    /// Whether it never said who it is: until then it is called by its address, which is this.
    pub fn is_unknown(&self, addr: SocketAddr) -> bool {
        self.name.parse() == Ok(addr)
    }
}

impl fmt::Display for PeerLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
