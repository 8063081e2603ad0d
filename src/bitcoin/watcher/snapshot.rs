//! A node as it is seen at a moment.

use super::Watcher;
use super::asked::Asking;
use super::blocks::BlockSeen;
use super::event::{PeerFacts, Role};
use super::lines::Line;
use super::monitor::WaitingTx;
use crate::bitcoin::Network;
use crate::bitcoin::header::Header;
use crate::bitcoin::wire::NodeHost;
use crate::chain::{Amount, BlockHash, Txid, Work};
use crate::node::Time;
use std::cmp::Ordering;
use std::net::SocketAddr;
use std::time::Duration;

/// A node as it is seen. What cannot be seen is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchSnapshot {
    /// Its network.
    pub network: Network,
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it says that it is; of the last connection, if there is none.
    pub peer: Option<PeerFacts>,
    /// Its two connections, as in [`Role::ALL`].
    pub lines: [Line; 2],
    /// The last ping of each, and the quickest.
    pub pings: [Option<(Duration, Duration)>; 2],
    /// The tip of its chain.
    pub tip: Option<WatchedTip>,
    /// Work of its chain up to there; `None`: where it begins is not known.
    pub work: Option<Work>,
    /// Its last blocks, [`RECENT`] at most, the lowest first.
    pub recent: Vec<WatchedBlock>,
    /// Branches that are not part of its chain, as far as they were seen; of a node that is asked, all that
    /// it has.
    pub stale_branches: usize,
    /// Transactions that wait, as far as they were seen.
    pub waiting: usize,
    /// Their virtual size together, in bytes.
    pub waiting_vsize: u64,
    /// Of those [`BEST`] at most: the ones that pay the most for their size first, then those of which
    /// that is not known.
    pub best: Vec<WaitsShown>,
    /// Of how many the fee is known.
    pub fees_known: usize,
    /// Why what waited before is not known, in words.
    pub mempool_not_asked: Option<&'static str>,
    /// Transactions that were announced and not asked for, as there were too many.
    pub txs_left_out: u64,
    /// The lowest fee for which it wants transactions, in satoshi a thousand virtual bytes, BIP 133.
    pub fee_filter: Option<u64>,
    /// Addresses of nodes that it told of.
    pub addresses: usize,
    /// Why it does not answer by JSON-RPC, if it is asked and does not.
    pub rpc_fault: Option<String>,
}

/// The tip of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedTip {
    /// Its hash.
    pub hash: BlockHash,
    /// Its height, if that is known.
    pub height: Option<u32>,
    /// When it was made, as its miner says, in seconds since 1970.
    pub time: u32,
}

/// A block of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedBlock {
    /// Its hash.
    pub hash: BlockHash,
    /// The one that it stands on.
    pub previous: BlockHash,
    /// Its height, if that is known.
    pub height: Option<u32>,
    /// When it was made, as its miner says, in seconds since 1970.
    pub time: u32,
    /// Its transactions, if its body was seen.
    pub txs: Option<usize>,
}

/// A transaction that waits, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitsShown {
    /// Its id.
    pub txid: Txid,
    /// Its virtual size in bytes.
    pub vsize: u64,
    /// What it pays for itself, if that is known.
    pub fee: Option<Amount>,
    /// What its outputs are worth together, if they were seen.
    pub pays: Option<Amount>,
    /// When it came.
    pub since: Time,
}

/// Blocks at the end of a chain that are shown.
pub const RECENT: usize = 32;

/// Transactions that wait and are shown.
pub const BEST: usize = 100;

/// Why a node was not asked what waits.
const NOT_ASKED: &str =
    "not asked what waited before: the node does not offer it (BIP 35; service bit 4)";

impl From<&WaitingTx> for WaitsShown {
    fn from(tx: &WaitingTx) -> Self {
        Self {
            txid: tx.txid,
            vsize: tx.vsize,
            fee: tx.fee,
            pays: tx.paid(),
            since: tx.since,
        }
    }
}

impl Watcher {
    /// The node as it is seen.
    pub fn snapshot(&self) -> WatchSnapshot {
        WatchSnapshot {
            network: self.config.network,
            addr: self.config.addr,
            peer: self.peer.clone(),
            lines: Role::ALL.map(|role| self.lines.get(role).clone()),
            pings: Role::ALL.map(|role| self.pings(role)),
            tip: self.tip(),
            work: self.work(),
            recent: self.recent(),
            stale_branches: {
                let told = self.asking.as_ref().and_then(Asking::stale);
                told.unwrap_or_else(|| self.stale_branches())
            },
            waiting: self.monitor.len(),
            waiting_vsize: self.monitor.vsize(),
            best: self.best(),
            fees_known: self.monitor.fees_known(),
            mempool_not_asked: self.mempool_not_asked.then_some(NOT_ASKED),
            txs_left_out: self.wanted.left_out(),
            fee_filter: self.fee_filter,
            addresses: self.addresses.len(),
            rpc_fault: self
                .asking
                .as_ref()
                .and_then(Asking::fault)
                .map(str::to_owned),
        }
    }

    /// Blocks that were seen, newest last.
    pub fn blocks(&self) -> impl DoubleEndedIterator<Item = (&BlockHash, &BlockSeen)> {
        self.blocks.all_seen()
    }

    /// A block that was seen.
    pub fn block(&self, hash: &BlockHash) -> Option<&BlockSeen> {
        self.blocks.seen(hash)
    }

    /// A block's height, if that is known.
    pub fn height(&self, hash: &BlockHash) -> Option<u32> {
        self.blocks.height(hash)
    }

    /// Nodes that the node told of, with their ports.
    pub fn addresses(&self) -> impl Iterator<Item = &(NodeHost, u16)> {
        self.addresses.iter()
    }

    fn tip(&self) -> Option<WatchedTip> {
        let hash = self.blocks.tip()?;
        let header = self.tree()?.header(&hash)?;
        Some(WatchedTip {
            hash,
            height: self.blocks.height(&hash),
            time: header.time,
        })
    }

    fn work(&self) -> Option<Work> {
        let is_whole = self.config.network.is_private();
        self.tree()?.work(&self.blocks.tip()?).filter(|_| is_whole)
    }

    fn recent(&self) -> Vec<WatchedBlock> {
        let (Some(tree), Some(tip)) = (self.tree(), self.blocks.tip()) else {
            return Vec::new();
        };
        let block = |(hash, header): (BlockHash, &Header)| WatchedBlock {
            hash,
            previous: header.previous,
            height: self.blocks.height(&hash),
            time: header.time,
            txs: self.block(&hash).and_then(|seen| Some(seen.body?.txs)),
        };
        let mut recent: Vec<_> = tree.down_from(&tip).take(RECENT).map(block).collect();
        recent.reverse();
        recent
    }

    fn best(&self) -> Vec<WaitsShown> {
        let mut best: Vec<_> = self.monitor.iter().collect();
        // By the rate, or else by how long it has waited.
        let by = |a: &&WaitingTx, b: &&WaitingTx| {
            let rates = b.fee_rate().partial_cmp(&a.fee_rate());
            let others = (a.since, a.txid).cmp(&(b.since, b.txid));
            rates.unwrap_or(Ordering::Equal).then(others)
        };
        if best.len() > BEST {
            best.select_nth_unstable_by(BEST, by);
            best.truncate(BEST);
        }
        best.sort_unstable_by(by);
        best.into_iter().map(WaitsShown::from).collect()
    }

    fn stale_branches(&self) -> usize {
        let (Some(tree), Some(active)) = (self.tree(), self.blocks.tip()) else {
            return 0;
        };
        // What builds on the tip is not connected yet, or never will be: it is no branch.
        let is_above = |tip: &BlockHash| {
            // One that is not higher cannot build on it: of a flood of branches none is walked.
            let is_higher = tree.depth_above(tip, &active).is_some();
            is_higher && tree.fork(&active, tip) == Some(active)
        };
        let is_stale = |tip: &&BlockHash| !is_above(tip);
        tree.tips().iter().filter(is_stale).count()
    }

    fn pings(&self, role: Role) -> Option<(Duration, Duration)> {
        let conn = self.conns.values().find(|conn| conn.role == role)?;
        Some((conn.pings.last?, conn.pings.least?))
    }
}
