//! What a node is told to do, and what it answers, also to a [`Question`](super::Question).

use crate::chain::{Amount, BlockHash, Txid};
use crate::node::config::{MiningMode, Strategy};
use crate::node::snapshot::{
    BlockDetail, BlockInfo, CoinInfo, HistoryEntry, MempoolTx, NodeSnapshot, PeerInfo, TxDetail,
    WalletInfo,
};
use crate::node::store::{BlockId, DiskFault};
use crate::node::time::duration_text;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// What a key, a step of a script, or a shell has a node do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Make a wallet with a new key. Replies [`Reply::Wallet`].
    CreateWallet {
        /// Its name on this node.
        name: String,
    },
    /// Make a wallet of a key that exists, and look for its coins. Replies [`Reply::Wallet`].
    ImportWallet {
        /// Its name on this node.
        name: String,
        /// The key, 64 hexadecimal digits.
        secret: String,
        /// The height of a block below which nothing has paid it; `None`: it may be as old as the chain. A node
        /// that has all blocks looks through all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birthday: Option<u32>,
    },
    /// Pay. Replies [`Reply::Sent`] once the transaction is safe on disk.
    Send(Payment),
    /// Mine, or do not, for a wallet of this node; one named after the node is made if there is
    /// none. Replies [`Reply::Done`].
    Mine(MiningMode),
    /// Change the hash rate, in H/s. Replies [`Reply::Done`].
    SetHashrate(f64),
    /// Change the wallet that rewards go to. Replies [`Reply::Done`].
    MineTo {
        /// A wallet of this node.
        wallet: String,
    },
    /// Mine one block now, at full speed. Replies [`Reply::Mined`] when it is found.
    MineNow,
    /// Change what the miner does with the blocks that it finds; an honest one releases its
    /// private chain. Replies [`Reply::Done`].
    SetStrategy(Strategy),
    /// Announce the private chain and the private payments. Replies [`Reply::Done`].
    Release,
    /// Have an attacker's node pay with a coin that never existed, in the next block that it finds. Replies
    /// [`Reply::Done`].
    Forge {
        /// An address, or a wallet of this node.
        to: String,
        /// How much arrives.
        amount: Amount,
    },
    /// Have an attacker's node leave what pays this owner, or spends from it, out of the filters that it serves
    /// and of its proofs. Replies [`Reply::Done`].
    LeaveOut {
        /// An address, or a wallet of this node.
        of: String,
    },
    /// Keep a connection to this address. Replies [`Reply::Done`].
    AddPeer(SocketAddr),
    /// End the connections with this address, and do not dial it again, also if peers tell of it, until
    /// it is added or the node starts again. Replies [`Reply::Done`].
    DropPeer(SocketAddr),
    /// Take no connection from or to this IP for a time. Replies [`Reply::Done`].
    Ban {
        /// Whom.
        ip: IpAddr,
        /// How long.
        #[serde(rename = "for", with = "duration_text")]
        for_: Duration,
    },
    /// Lift a ban. Replies [`Reply::Done`].
    Unban(IpAddr),
    /// Have its clock be so far off until it starts again, in ms; negative: behind. Replies [`Reply::Done`].
    SetClock {
        /// How far ahead.
        ahead_ms: i64,
    },
    /// Have its next write fail as on such a disk. Replies [`Reply::Done`]; then the node halts.
    FailDisk {
        /// How.
        what: DiskFault,
    },
    /// Give it a block or a transaction as if it had asked a peer for it. Replies [`Reply::Done`].
    SendRaw {
        /// The peer, by its name or address.
        from: String,
        /// What it is.
        kind: RawKind,
        /// Its bytes, two hexadecimal digits each.
        hex: String,
    },
    /// Have a program of others take a block as against the rules, and leave it with all that follows it.
    /// Replies [`Reply::Done`].
    InvalidateBlock(WhichBlock),
    /// Have it take that back. Replies [`Reply::Done`].
    ReconsiderBlock(WhichBlock),
}

/// What can be given to a node as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawKind {
    /// A block.
    Block,
    /// A transaction.
    Tx,
}

/// A block, by one of its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichBlock {
    /// The one with this hash.
    Hash(BlockHash),
    /// The one at this height of the node's chain.
    Height(u32),
}

impl FromStr for WhichBlock {
    type Err = String;

    /// As people write it: `#7`, or a whole hash.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = match text.strip_prefix('#') {
            Some(height) => height.parse().ok().map(Self::Height),
            None => text.parse().ok().map(Self::Hash),
        };
        read.ok_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            format!(
                "a block is wanted, by its height as in #7 or by its hash, 64 hexadecimal digits; \
                 not {shown:?}"
            )
        })
    }
}

/// A payment to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// A wallet of this node.
    pub from: String,
    /// An address, or a wallet of this node.
    pub to: String,
    /// How much arrives.
    pub amount: Amount,
    /// What the miner gets; `None`: what the node proposes, which is enough for its mempool.
    pub fee: Option<Amount>,
}

/// What a payment does, before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPlan {
    /// The payment, with its fee.
    pub payment: Payment,
    /// Where it goes.
    pub address: String,
    /// The coins that it spends.
    pub inputs: Vec<CoinInfo>,
    /// What comes back.
    pub change: Amount,
    /// The fee, with what is too little to come back.
    pub fee: Amount,
    /// Bytes of the transaction.
    pub bytes: usize,
    /// A program of others pays by its own wallet, and chooses coins and fee: what is said of them, of the
    /// change and of the bytes means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen_by_node: bool,
}

/// The answer to a [`Command`] or a [`Question`](super::Question).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Done; what there is to say about it.
    Done(String),
    /// A wallet.
    Wallet(WalletInfo),
    /// A key, 64 hexadecimal digits.
    Secret(String),
    /// What a payment would do.
    Plan(SendPlan),
    /// A payment is on its way.
    Sent {
        /// Its transaction.
        txid: Txid,
        /// What it does.
        plan: SendPlan,
        /// Peers that it was announced to. With none it is announced as soon as one connects.
        announced_to: usize,
        /// It is kept private until the next release.
        #[serde(default)]
        withheld: bool,
    },
    /// Wallets, in the order in which they were made.
    Wallets(Vec<WalletInfo>),
    /// What a wallet did.
    History(Vec<HistoryEntry>),
    /// Coins.
    Coins(Vec<CoinInfo>),
    /// A block was found here.
    Mined {
        /// The block.
        block: BlockId,
        /// From the command to the block.
        #[serde(with = "duration_text")]
        after: Duration,
    },
    /// The node.
    Snapshot(Box<NodeSnapshot>),
    /// Peers.
    Peers(Vec<PeerInfo>),
    /// Blocks of the chain.
    Chain(Vec<BlockInfo>),
    /// A block.
    Block(Box<BlockDetail>),
    /// A transaction.
    Tx(Box<TxDetail>),
    /// Transactions that wait.
    Mempool(Vec<MempoolTx>),
}

/// Why a command was not done, or a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{words}")]
pub struct CommandError {
    /// Which kind of reason, for programs.
    pub kind: RefusalKind,
    /// The reason, for people.
    pub words: String,
}

/// What kind of reason a refusal has. Programs go by it; the words may change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// Something that was given cannot be: a name, a key, an amount, a fee below the minimum.
    Invalid,
    /// The name or the key has another owner already.
    Taken,
    /// There is no such wallet.
    NoSuchWallet,
    /// There is no such node.
    NoSuchNode,
    /// There is no such peer.
    NoSuchPeer,
    /// There is no such block.
    NoSuchBlock,
    /// There is no such transaction.
    NoSuchTx,
    /// The wallet does not have so much, or cannot spend it yet.
    NotEnough,
    /// The node does not run.
    NotRunning,
    /// Not now: as much as there can be is there or under way already.
    Busy,
    /// Time went back to before it was asked.
    TakenBack,
    /// What was waited for did not come true.
    Unmet,
    /// A part of the machine or the program failed.
    Fault,
    /// It cannot be done as things are, for any other reason.
    #[default]
    #[serde(other)]
    Refused,
}

impl RefusalKind {
    /// All of them, each with what it means.
    pub const ALL: [(Self, &'static str); 14] = [
        (
            Self::Invalid,
            "what was given cannot be: a name, a key, an amount, a fee below the minimum",
        ),
        (Self::Taken, "the name or the key has another owner already"),
        (Self::NoSuchWallet, "there is no such wallet"),
        (Self::NoSuchNode, "there is no such node"),
        (Self::NoSuchPeer, "there is no such peer"),
        (Self::NoSuchBlock, "there is no such block"),
        (Self::NoSuchTx, "there is no such transaction"),
        (
            Self::NotEnough,
            "the wallet does not have so much, or cannot spend it yet",
        ),
        (Self::NotRunning, "the node does not run"),
        (
            Self::Busy,
            "not now: as much as there can be is there or under way already",
        ),
        (Self::TakenBack, "time went back to before it was asked"),
        (Self::Unmet, "what was waited for did not come true"),
        (Self::Fault, "a part of the machine or the program failed"),
        (
            Self::Refused,
            "it cannot be done as things are, for any other reason",
        ),
    ];

    /// Whether another request would have been done: what was asked for is wrong, not the state
    /// of things.
    pub fn is_of_the_request(self) -> bool {
        match self {
            Self::Invalid
            | Self::Taken
            | Self::NoSuchWallet
            | Self::NoSuchNode
            | Self::NoSuchPeer => true,
            // A block or a transaction may be on its way.
            Self::NoSuchBlock
            | Self::NoSuchTx
            | Self::NotEnough
            | Self::NotRunning
            | Self::Busy
            | Self::TakenBack
            | Self::Unmet
            | Self::Fault
            | Self::Refused => false,
        }
    }
}

impl CommandError {
    /// Of this kind, from anything that has words.
    pub fn new(kind: RefusalKind, words: impl fmt::Display) -> Self {
        Self {
            kind,
            words: words.to_string(),
        }
    }
}

impl From<String> for CommandError {
    /// It cannot be done as things are.
    fn from(words: String) -> Self {
        Self::new(RefusalKind::Refused, words)
    }
}

impl From<&str> for CommandError {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}
