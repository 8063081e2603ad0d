//! A node's chain with its mempool, a miner who builds on it, and an audit that believes nothing.

#![allow(dead_code, reason = "each test file uses its own part")]

pub mod audit;

use crate::common::*;
use chainlab::chain::params::Allocation;
use chainlab::chain::{Block, OutPoint, Params, SigCache, Tx, Txid};
use chainlab::node::chainstate::ChainChange;
use chainlab::node::config::MempoolLimits;
use chainlab::node::mempool::{AdmitError, Change, Mempool, RemovedWhy};
use chainlab::node::template::{self, Miner as MinedFor};
use chainlab::node::{ChainState, MemStore, Time};
use std::sync::Arc;
use std::time::Duration;

/// What each of Alice's coins holds at the start, in units.
pub const COIN: u64 = 1_000_000;

/// A network where Alice has so many coins of [`COIN`] units each.
pub fn rich(alices: usize) -> Params {
    let allocation = Allocation {
        owner: owner(ALICE),
        amount: units(COIN),
    };
    Params {
        genesis: vec![allocation; alices],
        maturity: 3,
        ..params()
    }
}

/// A mempool over its chain.
pub struct Desk {
    pub params: Params,
    pub chain: ChainState<MemStore>,
    pub pool: Mempool,
    pub sigs: Arc<SigCache>,
    pub limits: MempoolLimits,
    /// Builds on the tip that the desk's last honest block made.
    pub miner: Miner,
    pub now: Time,
}

impl Desk {
    pub fn new() -> Self {
        Self::of(&rich(200), MempoolLimits::default())
    }

    pub fn of(params: &Params, limits: MempoolLimits) -> Self {
        let sigs = Arc::new(SigCache::default());
        let shared = Arc::new(params.clone());
        let chain = ChainState::open(MemStore::new(), Arc::clone(&shared), Arc::clone(&sigs));
        let pool = Mempool::new(limits.clone(), shared, network(params), Arc::clone(&sigs));
        Self {
            params: params.clone(),
            chain: chain.expect("an empty store"),
            pool,
            sigs,
            limits,
            miner: Miner::new(params),
            now: Time(1_000_000),
        }
    }

    /// One of Alice's coins from the genesis block.
    pub fn coin(&self, number: usize) -> Spend {
        made_by(&self.params.genesis_block(), 0, 0)[number]
    }

    /// Alice spends coins of hers, pays `fee`, and gets `outputs` coins in return.
    pub fn tx(&self, spends: &[Spend], fee: u64, outputs: u64) -> Tx {
        let amount: u64 = spends.iter().map(|(_, coin)| coin.amount.units()).sum();
        let part = (amount - fee) / outputs;
        let mut made = vec![(ALICE, part); usize::try_from(outputs).expect("few")];
        made[0].1 = amount - fee - part * (outputs - 1);
        pay(&self.params, ALICE, spends, &made)
    }

    /// A chain of payments, each of which spends the one before and pays this fee.
    pub fn chain_of(&self, from: Spend, fees: &[u64]) -> Vec<Tx> {
        let mut from = from;
        let step = |fee: &u64| {
            let tx = self.tx(&[from], *fee, 1);
            from = out(&tx, 0);
            tx
        };
        fees.iter().map(step).collect()
    }

    /// Hands in a transaction, a moment later than the one before.
    pub fn send(&mut self, tx: &Tx) -> Result<Change, AdmitError> {
        self.now = self.now + Duration::from_micros(1);
        let result = self
            .pool
            .accept(Arc::new(tx.clone()), &self.chain, self.now);
        if let Ok(change) = &result {
            assert_eq!(change.added.len(), 1);
            assert_eq!(change.added[0], (tx.txid(), Arc::new(tx.clone())));
        }
        result
    }

    /// This one is taken, and nothing has to go for it.
    pub fn takes(&mut self, tx: &Tx) -> Txid {
        let change = self.send(tx).expect("an honest transaction");
        assert_eq!(change.removed, []);
        tx.txid()
    }

    pub fn takes_all(&mut self, txs: &[Tx]) {
        for tx in txs {
            self.takes(tx);
        }
    }

    /// This one is refused with the same error twice, and nothing changes.
    pub fn refuses(&mut self, tx: &Tx) -> AdmitError {
        let before = self.state();
        let error = self.send(tx).expect_err("not to be taken");
        assert_eq!(self.state(), before, "{error}");
        assert_eq!(self.send(tx), Err(error.clone()));
        error
    }

    /// Everything that the mempool holds, to compare.
    pub fn state(&self) -> Vec<String> {
        self.pool.iter().map(|entry| format!("{entry:?}")).collect()
    }

    pub fn txids(&self) -> Vec<Txid> {
        self.pool.iter().map(|entry| entry.txid).collect()
    }

    /// Kept to be tried again.
    pub fn held(&self) -> Vec<Txid> {
        self.pool.all_held().map(|(txid, _)| *txid).collect()
    }

    /// Mines these on the tip, the mempool follows.
    pub fn mine(&mut self, txs: Vec<Tx>) -> Change {
        let block = self.miner.mine(txs);
        self.deliver(&block)
    }

    pub fn mine_empty(&mut self, count: usize) {
        for _ in 0..count {
            let change = self.mine(Vec::new());
            assert_eq!(change, Change::default());
        }
    }

    /// Mines what the node itself would mine next.
    pub fn mine_template(&mut self, extra: u64) -> Block {
        let block = self.template(extra);
        self.deliver(&block);
        assert_eq!(self.chain.tip().hash, block.hash());
        self.miner.step(&block);
        block
    }

    /// Hands in a block, and lets the mempool follow if the tip moves.
    pub fn deliver(&mut self, block: &Block) -> Change {
        let accepted = accept(&mut self.chain, block).expect("an honest block");
        assert_eq!(accepted.invalid, []);
        let follow = |change: ChainChange| {
            let done = self.pool.chain_changed(&change, &self.chain, self.now);
            done.expect("memory does not fail")
        };
        accepted.change.map(follow).unwrap_or_default()
    }

    /// Delivers a branch; what its last block changed.
    pub fn deliver_all(&mut self, blocks: &[Block]) -> Change {
        let changes = blocks.iter().map(|block| self.deliver(block));
        changes.last().expect("some blocks")
    }

    /// The block that the node itself would mine, solved; not handed in.
    pub fn template(&self, extra: u64) -> Block {
        let mut tag = [0; 64];
        tag[..8].copy_from_slice(&extra.to_le_bytes());
        let miner = MinedFor {
            owner: owner(MINER),
            tag,
            hashrate: None,
        };
        let job = template::job(&self.chain, (&self.pool, &[]), &miner, self.now);
        job.solved(solve(job.header))
    }

    /// Writes what the mempool has to say to the store.
    pub fn flush(&mut self) {
        let rows = self.pool.flush();
        self.chain
            .put_meta(rows, false)
            .expect("memory does not fail");
    }

    /// The process ends without a word, and another one opens what is stored.
    pub fn restart(&mut self) -> Change {
        let store = self.chain.store().clone();
        let (params, sigs) = (Arc::new(self.params.clone()), Arc::new(SigCache::default()));
        let chain = ChainState::open(store, Arc::clone(&params), Arc::clone(&sigs));
        self.chain = chain.expect("a sound store");
        let network = self.chain.network();
        self.pool = Mempool::new(self.limits.clone(), params, network, Arc::clone(&sigs));
        self.sigs = sigs;
        let restored = self.pool.restore(&self.chain, self.now);
        restored.expect("rows as they were written")
    }

    pub fn audit(&self) {
        audit::audit(&self.pool, &self.chain, &self.limits);
    }
}

/// An output of a transaction that is in no block yet.
pub fn out(tx: &Tx, index: u32) -> Spend {
    let output = tx.outputs[usize::try_from(index).expect("small")];
    let outpoint = OutPoint {
        txid: tx.txid(),
        index,
    };
    let coin = chainlab::chain::Coin {
        amount: output.amount,
        owner: output.owner,
        height: 0,
        coinbase: false,
    };
    (outpoint, coin)
}

/// What left, with the reasons, by id.
pub fn removed(change: &Change) -> Vec<(Txid, RemovedWhy)> {
    let gone = change.removed.iter();
    let mut gone: Vec<_> = gone.map(|gone| (gone.txid, gone.why.clone())).collect();
    gone.sort_by_key(|(txid, _)| *txid);
    gone
}

pub fn sorted(mut txids: Vec<Txid>) -> Vec<Txid> {
    txids.sort_unstable();
    txids
}

pub fn txids(txs: &[Tx]) -> Vec<Txid> {
    txs.iter().map(Tx::txid).collect()
}
