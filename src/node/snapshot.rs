//! What a screen can show of a node: plain data, bounded, never the chain.

mod attack;
mod light;
mod program;

pub use attack::AttackInfo;
pub use light::{LightInfo, LightPayment, LightProof, TxProof};
pub use program::ProgramInfo;

use super::config::{LightWay, MiningMode, Strategy};
use super::ids::{ConnId, Direction};
use super::message::Role;
use super::store::BlockId;
use super::time::{Time, duration_text};
use crate::chain::block::BlockTime;
use crate::chain::{Amount, BlockHash, MerkleRoot, OutPoint, Txid};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Entries of one page of an answer.
pub const PAGE_MAX: usize = 500;

/// Coins of one answer.
pub const COINS_MAX: usize = 10_000;

/// Blocks at the end of the chain in a snapshot.
pub const RECENT_BLOCKS: usize = 32;

/// Transactions of the mempool in a snapshot, the best paying ones.
pub const MEMPOOL_SHOWN: usize = 100;

/// Payees that a transaction in a list names.
pub const PAYEES_SHOWN: usize = 4;

/// A node at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSnapshot {
    /// When, on the lab clock.
    pub at: Time,
    /// The node's name.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// Where it listens.
    pub listen: Option<SocketAddr>,
    /// The end of the chain.
    pub tip: BlockId,
    /// Time in the tip's header.
    pub tip_time: BlockTime,
    /// Work of the chain, decimal; `None`: where the chain begins is not known.
    pub work: Option<String>,
    /// The last [`RECENT_BLOCKS`] blocks, lowest first.
    pub recent: Vec<BlockInfo>,
    /// What waits for a block.
    pub mempool: MempoolInfo,
    /// Everybody connected, with a handshake or on the way to one.
    pub peers: Vec<PeerInfo>,
    /// Wallets, in the order in which they were made.
    pub wallets: Vec<WalletInfo>,
    /// The miner; `None`: it has none of its own.
    pub mining: Option<MiningInfo>,
    /// There while blocks are missing that peers have.
    pub sync: Option<SyncInfo>,
    /// Addresses known of other nodes.
    pub known_addresses: usize,
    /// Headers that are not on the chain.
    pub side_headers: usize,
    /// It is a program of others, seen from outside; `None`: a node of chainlab's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Box<ProgramInfo>>,
    /// It is a light node; `None`: it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light: Option<Box<LightInfo>>,
    /// It is an attacker's; `None`: it keeps to the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<Box<AttackInfo>>,
}

/// A block, in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockInfo {
    /// Its place and name.
    pub id: BlockId,
    /// Its parent.
    pub previous: BlockHash,
    /// Time in the header.
    pub time: BlockTime,
    /// Transactions, without the coinbase; `None` if the body was never looked at.
    pub txs: Option<usize>,
    /// Who takes its reward: an address.
    pub miner: Option<String>,
}

/// The mempool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MempoolInfo {
    /// Transactions.
    pub count: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Transactions that wait for a parent.
    pub orphans: usize,
    /// The [`MEMPOOL_SHOWN`] that come next.
    pub shown: Vec<MempoolTx>,
}

/// A transaction that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MempoolTx {
    /// Which.
    pub txid: Txid,
    /// Bytes.
    pub bytes: usize,
    /// What the miner gets; `None`: it is not known what it spends.
    pub fee: Option<Amount>,
    /// What it pays, without the change that goes back to the payer, if that can be told; `None`: what it
    /// pays is not known.
    pub amount: Option<Amount>,
    /// Who is paid, and how much: the first [`PAYEES_SHOWN`].
    #[serde(default)]
    pub to: Arc<[(String, Amount)]>,
    /// How many are paid.
    #[serde(default)]
    pub payees: usize,
    /// Since when.
    pub since: Time,
    /// Transactions that must come before it, and those that must come after, itself in neither.
    pub ancestors: usize,
    /// See `ancestors`.
    pub descendants: usize,
}

/// A peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerInfo {
    /// The connection.
    pub conn: ConnId,
    /// The name that it gave itself, as far as that can be; its address before the handshake.
    pub name: String,
    /// The other end of the connection.
    pub addr: SocketAddr,
    /// Where it says that it listens.
    pub listen: Option<SocketAddr>,
    /// Who dialled.
    pub direction: Direction,
    /// Whether the handshake is complete.
    pub ready: bool,
    /// What it is there for.
    pub role: Role,
    /// Program and version.
    pub user_agent: String,
    /// Height of the best block that it is known to have.
    pub height: u32,
    /// The last round trip; `None` before the first pong.
    #[serde(with = "duration_text::option")]
    pub round_trip: Option<Duration>,
    /// By how much its clock is ahead of this node's, in ms, negative: behind; `None`: by no more than
    /// half of what a block may be ahead.
    #[serde(default)]
    pub clock_ahead_ms: Option<i64>,
    /// Since when.
    pub since: Time,
    /// Bytes that came in and went out, as frames.
    pub received_bytes: u64,
    /// See `received_bytes`.
    pub sent_bytes: u64,
    /// Bytes handed to the network that have not left yet.
    pub unsent_bytes: u64,
    /// Blocks that it was asked for and has not sent yet.
    pub blocks_in_flight: usize,
    /// Misbehaviour so far; at 100 the connection ends.
    pub score: u32,
    /// Addresses that it had this node look for.
    #[serde(default)]
    pub watches: usize,
}

/// A wallet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletInfo {
    /// Its name on this node.
    pub name: String,
    /// Its address.
    pub address: String,
    /// In blocks, and mature.
    pub confirmed: Amount,
    /// In blocks, rewards that are too young to be spent.
    pub immature: Amount,
    /// What transactions that wait will bring in, without what they pay back to the wallet itself. Of
    /// those that claim one coin one counts, here and below.
    pub incoming: Amount,
    /// What transactions that wait will take out, fees included, less what they pay back.
    pub outgoing: Amount,
    /// What the next payment can spend, its fee included, if that is as high as the mempool asks for:
    /// mature coins that nothing spends yet, and own change that waits, as far as the mempool lets one
    /// more payment build on it. No more of them than fit into one transaction.
    pub spendable: Amount,
    /// Transactions of this wallet that are in no block yet.
    pub unconfirmed: usize,
}

/// A transaction, from a wallet's point of view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Which.
    pub txid: Txid,
    /// Its block; `None` while it waits.
    pub block: Option<BlockId>,
    /// Blocks from that one to the tip, both included; 0 while it waits.
    pub confirmations: u32,
    /// The block's time, or when the transaction was first seen.
    pub at: Time,
    /// Whether it is a block's reward.
    pub reward: bool,
    /// What came in.
    pub received: Amount,
    /// What went out of the wallet's coins, fee included.
    pub spent: Amount,
    /// The fee, if this wallet paid it.
    pub fee: Option<Amount>,
    /// Addresses that were paid, the wallet's own only if it paid itself; for what comes in, none.
    pub to: Vec<(String, Amount)>,
    /// It can never be in a block of this chain: a coin of it is spent in a block, or does not exist
    /// any more. A reorganisation may change that.
    pub conflicted: bool,
    /// The transaction that claims a coin of it, or of what it builds on: of the two only that one
    /// counts. It waits, too, unless this one is `conflicted`.
    #[serde(default)]
    pub conflicts_with: Option<Txid>,
    /// Why it is not in the mempool, in words, if it is not.
    #[serde(default)]
    pub why: Option<String>,
}

/// A coin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoinInfo {
    /// Where it was made.
    pub outpoint: OutPoint,
    /// How much.
    pub amount: Amount,
    /// Whose: an address.
    pub owner: String,
    /// Height of its block; `None` while it waits.
    pub height: Option<u32>,
    /// Whether it is a reward.
    pub coinbase: bool,
}

/// The miner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MiningInfo {
    /// When it mines.
    pub mode: MiningMode,
    /// Hashes per second that it is asked for.
    pub hashrate: f64,
    /// The wallet that it mines for.
    pub to: Option<String>,
    /// The height that it works on just now; `None`: it rests.
    pub height: Option<u32>,
    /// A block at full speed was asked for.
    pub now: bool,
    /// Hashes that the block takes on average.
    pub expected_hashes: f64,
    /// Blocks found since the start.
    pub found: u64,
    /// What it does with them.
    #[serde(default)]
    pub strategy: Strategy,
    /// Blocks that it keeps private just now.
    #[serde(default)]
    pub withheld: usize,
}

impl NodeSnapshot {
    /// Whether it is to be counted with those that run: one that is seen from outside may be out of sight.
    pub fn is_seen(&self) -> bool {
        self.program
            .as_ref()
            .is_none_or(|program| program.away.is_none())
    }

    /// Whether its peers are known.
    pub fn shows_peers(&self) -> bool {
        self.program
            .as_ref()
            .is_none_or(|program| program.shows_peers)
    }

    /// Whether it sees what waits. By filter a light node sees no payments but its own before they are in a block.
    pub fn shows_mempool(&self) -> bool {
        let light = self.light.as_ref();
        light.is_none_or(|light| light.way == LightWay::Address)
    }

    /// The height that it mines at just now.
    pub fn mines_at(&self) -> Option<u32> {
        self.mining.as_ref()?.height
    }

    /// Peers with whom the handshake is complete.
    pub fn ready_peers(&self) -> impl Iterator<Item = &PeerInfo> {
        self.peers.iter().filter(|peer| peer.ready)
    }
}

impl MiningInfo {
    /// How long a block takes this miner on average; `None`: longer than can be counted.
    pub fn expected_time(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.expected_hashes / self.hashrate).ok()
    }
}

/// A node that catches up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncInfo {
    /// Height of the best header that is known.
    pub target: u32,
    /// Blocks that were asked for and are on their way.
    pub in_flight: usize,
}

/// A block, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDetail {
    /// In a line.
    pub info: BlockInfo,
    /// Whether it is on the chain.
    pub active: bool,
    /// Blocks from this one to the tip, both included; 0 off the chain.
    pub confirmations: u32,
    /// The header's version.
    pub version: u32,
    /// What the header commits to.
    pub merkle_root: MerkleRoot,
    /// The compact target.
    pub bits: u32,
    /// The nonce.
    pub nonce: u64,
    /// Bytes.
    pub bytes: usize,
    /// Transactions, [`PAGE_MAX`] at most.
    pub txs: Vec<TxDetail>,
}

/// A transaction, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxDetail {
    /// Which.
    pub txid: Txid,
    /// Its block; `None` while it waits.
    pub block: Option<BlockId>,
    /// Bytes.
    pub bytes: usize,
    /// The lowest height that may contain it.
    pub lock_time: u32,
    /// Whether it is a block's reward.
    pub coinbase: bool,
    /// What it spends; of a coinbase nothing. Amount and owner are there while the coin is known.
    pub inputs: Vec<(OutPoint, Option<(Amount, String)>)>,
    /// What it makes, and for whom.
    pub outputs: Vec<(Amount, String)>,
    /// What the miner gets, if it is known.
    pub fee: Option<Amount>,
    /// That it stands in its block, as far as a light node was shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Box<TxProof>>,
}

impl HistoryEntry {
    /// Whether the wallet paid itself: nothing but the fee went out.
    pub fn is_to_itself(&self) -> bool {
        !self.to.is_empty() && self.received.is_zero() && self.fee == Some(self.spent)
    }
}

impl TxDetail {
    /// What it pays, and to whom: as [`Tx::payments`](crate::chain::Tx::payments), as far as it is
    /// known who pays.
    pub fn payments(&self) -> Vec<&(Amount, String)> {
        let coins = self.inputs.iter().filter_map(|(_, coin)| coin.as_ref());
        let payers: Vec<&String> = coins.map(|(_, owner)| owner).collect();
        let outputs = self.outputs.iter();
        let paid: Vec<_> = outputs.filter(|(_, to)| !payers.contains(&to)).collect();
        match paid.is_empty() {
            true => self.outputs.iter().take(1).collect(),
            false => paid,
        }
    }
}
