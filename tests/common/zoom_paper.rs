//! A node that is only written down: as long a chain, mempool or history as a test likes.

use crate::common::coins;
use crate::zoom_view::{Lab, lab_view};
use chainlab::chain::{BlockHash, BlockTime, Txid};
use chainlab::lab::{LabView, NodeState, NodeView};
use chainlab::node::io::{Question, Reply};
use chainlab::node::snapshot::{
    BlockInfo, HistoryEntry, MEMPOOL_SHOWN, MempoolInfo, MempoolTx, MiningInfo, NodeSnapshot,
    RECENT_BLOCKS, SyncInfo, WalletInfo,
};
use chainlab::node::{BlockId, NodeIx, Time};
use std::sync::Arc;

/// A node whose chain is whatever a test says, without any transaction.
pub struct Paper {
    /// By height.
    pub chain: Vec<BlockInfo>,
    pub now: Time,
    pub refuses: Option<String>,
    /// Transactions in the mempool.
    pub waiting: usize,
    /// Entries in the history of its one wallet; without any it has none.
    pub history: usize,
    /// It catches up with this height, 50 blocks a second.
    pub target: Option<u32>,
    /// It runs, but there is no snapshot yet.
    pub is_unseen: bool,
}

impl Paper {
    pub fn new(tip: u32) -> Self {
        let mut paper = Self {
            chain: Vec::new(),
            now: Time(0),
            refuses: None,
            waiting: 0,
            history: 0,
            target: None,
            is_unseen: false,
        };
        paper.grow(0, tip);
        paper
    }

    /// Another branch from this height on, up to a tip.
    pub fn grow(&mut self, branch: u8, tip: u32) {
        let from = u32::try_from(self.chain.len()).expect("short");
        for height in from..=tip {
            let previous = self
                .chain
                .last()
                .map_or(BlockHash::ZERO, |info| info.id.hash);
            self.chain.push(BlockInfo {
                id: BlockId {
                    height,
                    hash: hash(branch, height),
                },
                previous,
                time: BlockTime(u64::from(height) * 5_000),
                txs: Some(0),
                miner: None,
            });
        }
        self.now = Time(u64::from(tip) * 5_000_000 + 1_000_000);
    }

    pub fn fork(&mut self, after: usize, branch: u8, tip: u32) {
        self.chain.truncate(after + 1);
        self.grow(branch, tip);
    }
}

/// The hash of a block of [`Paper`].
pub fn hash(branch: u8, height: u32) -> BlockHash {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&height.to_le_bytes());
    hash[3] = 0xc0 + branch;
    hash[31] = 0x07;
    BlockHash(hash)
}

impl Lab for Paper {
    fn view(&self) -> LabView {
        let tip = self.chain.last().expect("a block");
        let from = self.chain.len().saturating_sub(RECENT_BLOCKS);
        let snapshot = NodeSnapshot {
            at: self.now,
            name: "paper".to_owned(),
            role: Default::default(),
            listen: None,
            tip: tip.id,
            tip_time: tip.time,
            work: Some("1".to_owned()),
            recent: self.chain[from..].to_vec(),
            mempool: self.mempool(),
            peers: Vec::new(),
            wallets: self.wallets(),
            mining: Some(MiningInfo {
                mode: Default::default(),
                hashrate: 1_000.0,
                to: None,
                height: None,
                now: false,
                expected_hashes: 2_000.0,
                found: 0,
                strategy: Default::default(),
                withheld: 0,
            }),
            sync: self.target.map(|target| SyncInfo {
                target,
                in_flight: 1,
            }),
            known_addresses: 0,
            side_headers: 0,
            program: None,
            light: None,
            attack: None,
        };
        let node = NodeView {
            network: "chainlab".into(),
            can: Default::default(),
            name: "paper".into(),
            addr: None,
            state: NodeState::Up,
            snapshot: (!self.is_unseen).then(|| Arc::new(snapshot)),
            log: Default::default(),
            tip_changed: None,
            reorganised: None,
            sync_rate: self.target.map(|_| 50.0),
        };
        lab_view(self.now, BlockTime(0), vec![node])
    }

    fn ask(&mut self, _node: NodeIx, question: Question) -> Result<Reply, String> {
        if let Some(why) = &self.refuses {
            return Err(why.clone());
        }
        Ok(match question {
            Question::Chain { from, limit, .. } => {
                let from = usize::try_from(from).expect("small");
                let below = self.chain.iter().take(from + 1).rev();
                Reply::Chain(below.take(limit).cloned().collect())
            }
            Question::Mempool { limit } => Reply::Mempool(self.txs(limit)),
            Question::History { skip, limit, .. } => {
                let entries = (0..self.history).rev().skip(skip).take(limit);
                Reply::History(entries.map(entry).collect())
            }
            other => return Err(format!("not asked before: {other:?}")),
        })
    }
}

impl Paper {
    fn mempool(&self) -> MempoolInfo {
        MempoolInfo {
            count: self.waiting,
            bytes: self.waiting * 200,
            orphans: 0,
            shown: self.txs(MEMPOOL_SHOWN),
        }
    }

    fn txs(&self, limit: usize) -> Vec<MempoolTx> {
        let tx = |nth| MempoolTx {
            txid: waiting_id(nth),
            bytes: 200,
            fee: Some(coins(0)),
            amount: Some(coins(1)),
            to: [("1Purse".to_owned(), coins(1))].into(),
            payees: 1,
            since: Time(0),
            ancestors: 0,
            descendants: 0,
        };
        (0..self.waiting.min(limit)).map(tx).collect()
    }

    fn wallets(&self) -> Vec<WalletInfo> {
        let wallet = WalletInfo {
            name: "purse".to_owned(),
            address: "1Purse".to_owned(),
            confirmed: coins(7),
            immature: coins(0),
            incoming: coins(0),
            outgoing: coins(0),
            spendable: coins(7),
            unconfirmed: 0,
        };
        match self.history {
            0 => Vec::new(),
            _ => vec![wallet],
        }
    }
}

/// The nth that waits, the best paying first.
pub fn waiting_id(nth: usize) -> Txid {
    id(0xaa, nth)
}

/// The nth that the wallet of [`Paper`] ever saw.
pub fn history_id(nth: usize) -> Txid {
    id(0xbb, nth)
}

fn id(kind: u8, nth: usize) -> Txid {
    let mut id = [kind; 32];
    id[..8].copy_from_slice(&nth.to_le_bytes());
    Txid(id)
}

fn entry(nth: usize) -> HistoryEntry {
    HistoryEntry {
        txid: history_id(nth),
        block: None,
        confirmations: 0,
        at: Time(0),
        reward: false,
        received: coins(1),
        spent: coins(0),
        fee: None,
        to: Vec::new(),
        conflicted: false,
        conflicts_with: None,
        why: None,
    }
}
