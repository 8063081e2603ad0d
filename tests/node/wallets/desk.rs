//! A node's chain and wallets with the simplest mempool there can be, and the router's part: who is
//! told what, and in which order.

#![allow(dead_code, reason = "each test file uses its own part")]

use crate::common::*;
use chainlab::chain::key::SecretKey;
use chainlab::chain::params::Allocation;
use chainlab::chain::tx::TxOut;
use chainlab::chain::{Amount, Block, Coin, KeyHash, OutPoint, Params, Tx, Txid};
use chainlab::node::io::{Payment, SendPlan};
use chainlab::node::snapshot::{HistoryEntry, WalletInfo};
use chainlab::node::wallets::{
    Draft, Packages, RECENT_MAX, Rows, WalletError, Wallets, wallet_key,
};
use chainlab::node::{ChainState, MemStore, Store, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub const SEED: [u8; 32] = [7; 32];
pub const NOW: Time = Time(1_800_000_000_000_000);

pub fn named_key(name: &str) -> SecretKey {
    wallet_key(&SEED, name)
}

pub fn named(name: &str) -> KeyHash {
    named_key(name).public_key().hash()
}

/// A network where the wallets of these names own so many coins from the start.
pub fn network_of(holders: &[(&str, u64)]) -> Params {
    let allocation = |(name, amount): &(&str, u64)| Allocation {
        owner: named(name),
        amount: coins(*amount),
    };
    Params {
        genesis: holders.iter().map(allocation).collect(),
        ..params()
    }
}

/// Amounts as people write them.
pub fn amount(text: &str) -> Amount {
    text.parse().expect("an amount")
}

pub fn payment(from: &str, to: &str, how_much: &str, fee: &str) -> Payment {
    Payment {
        from: from.to_owned(),
        to: to.to_owned(),
        amount: amount(how_much),
        fee: Some(amount(fee)),
    }
}

/// A mempool in which any number of transactions may build on each other.
pub struct Roomy;

impl Packages for Roomy {
    fn has_room_above(&self, _: &[Txid]) -> bool {
        true
    }
}

/// Alone with a chain, wallets, and a pile of transactions that wait.
pub struct Desk {
    pub params: Params,
    pub chain: ChainState<MemStore>,
    pub wallets: Wallets,
    pub pool: BTreeMap<Txid, Arc<Tx>>,
    pub miner: Miner,
    /// Entries that wallets keep in memory.
    recent: usize,
}

impl Desk {
    pub fn new(params: &Params, names: &[&str]) -> Self {
        let chain = new_chain(params);
        let wallets = Wallets::open(&chain, SEED).expect("nothing is there yet");
        let mut desk = Self {
            params: params.clone(),
            chain,
            wallets,
            pool: BTreeMap::new(),
            miner: Miner::new(params),
            recent: RECENT_MAX,
        };
        for name in names {
            desk.create(name).expect("a new name");
        }
        desk
    }

    pub fn create(&mut self, name: &str) -> Result<(), WalletError> {
        let rows = self.wallets.create(name, &self.chain)?;
        self.write(rows);
        self.tell_of_pool();
        Ok(())
    }

    pub fn import(&mut self, name: &str, secret: &str) -> Result<(), WalletError> {
        let rows = self.wallets.import(name, secret, &self.chain)?;
        self.write(rows);
        self.tell_of_pool();
        Ok(())
    }

    pub fn send(&mut self, payment: &Payment) -> Result<(Arc<Tx>, SendPlan), WalletError> {
        let draft = self.draft(payment)?;
        let plan = draft.plan.clone();
        let tx = self.wallets.sign(draft);
        assert!(self.offer(&tx), "the mempool takes what a wallet makes");
        let rows = self.wallets.sent(&tx, NOW);
        self.write(rows);
        Ok((tx, plan))
    }

    pub fn draft(&self, payment: &Payment) -> Result<Draft, WalletError> {
        self.wallets.draft(payment, &Roomy)
    }

    /// Sends what can be sent.
    pub fn sends(&mut self, from: &str, to: &str, how_much: &str, fee: &str) -> Arc<Tx> {
        let sent = self.send(&payment(from, to, how_much, fee));
        sent.expect("it can be paid").0
    }

    pub fn refused(&self, from: &str, to: &str, how_much: &str, fee: &str) -> String {
        let refused = self.draft(&payment(from, to, how_much, fee)).map(|_| ());
        refused.expect_err("it cannot be paid").to_string()
    }

    /// What a peer relays. Whether the mempool takes it: every coin is there, and not claimed.
    pub fn offer(&mut self, tx: &Arc<Tx>) -> bool {
        let txid = tx.txid();
        if self.pool.contains_key(&txid) {
            return true;
        }
        let claimed: BTreeSet<OutPoint> = self.pool.values().flat_map(|tx| spends(tx)).collect();
        let there = |at: OutPoint| match self.coin(&at) {
            Some(coin) => !coin.coinbase || self.is_mature(&coin),
            None => self.pool.contains_key(&at.txid),
        };
        if !spends(tx).all(|at| !claimed.contains(&at) && there(at)) {
            return false;
        }
        self.pool.insert(txid, Arc::clone(tx));
        self.wallets.tx_added(tx, txid, NOW);
        true
    }

    /// The next block at the miner's place, with these transactions.
    pub fn mine(&mut self, txs: &[&Arc<Tx>]) -> Block {
        let txs = txs.iter().map(|tx| Tx::clone(tx)).collect();
        let block = self.miner.mine(txs);
        self.take(&block);
        block
    }

    pub fn mine_empty(&mut self, count: usize) {
        for _ in 0..count {
            self.mine(&[]);
        }
    }

    /// A block from wherever; the tip may move.
    pub fn take(&mut self, block: &Block) {
        let accepted = accept(&mut self.chain, block).expect("an honest block");
        assert_eq!(accepted.invalid, []);
        if let Some(change) = accepted.change {
            let followed = self.wallets.chain_changed(&change, self.chain.store());
            followed.expect("in memory");
            let back = change.disconnected.iter().rev();
            let back: Vec<Tx> = back.flat_map(|block| block.txs()[1..].to_vec()).collect();
            self.settle(back);
        }
    }

    pub fn flush(&mut self) {
        let rows = self.wallets.flush();
        self.chain.put_meta(rows, false).expect("written");
    }

    /// The process dies. What was not flushed is gone, and so is the mempool; the router then gives
    /// it the payments that wait.
    pub fn crash(&mut self) {
        let store = self.chain.store().clone();
        self.open(store);
        self.settle(Vec::new());
    }

    pub fn open(&mut self, store: MemStore) {
        self.chain = open(store, &self.params);
        self.wallets = Wallets::open(&self.chain, SEED).expect("sound rows");
        self.wallets.keep_recent(self.recent);
        self.pool.clear();
    }

    /// Blocks that leave the chain for others with more work: `rival` mines them.
    pub fn reorganise(&mut self, rival: &mut Miner, blocks: Vec<Vec<Tx>>) {
        for txs in blocks {
            let block = rival.mine(txs);
            self.take(&block);
        }
        assert_eq!(self.chain.tip().hash, rival.cursor.hash, "more work");
        self.miner = rival.clone();
    }

    /// Has wallets read all but so many entries from the store.
    pub fn keep_recent(&mut self, most: usize) {
        self.recent = most;
        self.wallets.keep_recent(most);
    }

    pub fn info(&self, name: &str) -> WalletInfo {
        self.wallets.wallet(name, &Roomy).expect("a wallet")
    }

    /// Confirmed, immature, incoming, outgoing, spendable: as the screen shows them.
    pub fn shows(&self, name: &str) -> String {
        let info = self.info(name);
        let WalletInfo {
            confirmed,
            immature,
            incoming,
            outgoing,
            spendable,
            ..
        } = info;
        format!("{confirmed} ~{immature} +{incoming} -{outgoing} ={spendable}")
    }

    pub fn history(&self, name: &str) -> Vec<HistoryEntry> {
        let history = self
            .wallets
            .history(name, (0, usize::MAX), self.chain.store());
        history.expect("a wallet")
    }

    pub fn announced(&self) -> Vec<Txid> {
        self.wallets.unconfirmed().map(|(txid, _)| txid).collect()
    }

    /// A payment that another program makes with the key of a wallet, of the coin that is given.
    pub fn elsewhere(&self, name: &str, from: OutPoint, to: KeyHash, fee: u64) -> Arc<Tx> {
        let coin = self.coin(&from).expect("a coin in a block");
        let mut tx = unsigned(&[(from, coin)], &[]);
        tx.outputs = vec![TxOut {
            amount: units(coin.amount.units() - fee),
            owner: to,
        }];
        tx.sign(network(&self.params), &[coin], &[&named_key(name)]);
        Arc::new(tx)
    }

    pub fn coin(&self, at: &OutPoint) -> Option<Coin> {
        self.chain.coin(at).expect("readable")
    }

    pub fn is_mature(&self, coin: &Coin) -> bool {
        !coin.coinbase || coin.height + self.params.maturity <= self.chain.tip().height + 1
    }

    pub fn meta_row(&self, key: &str) -> Option<Vec<u8>> {
        self.chain.store().meta(key).expect("readable")
    }

    fn write(&mut self, rows: Rows) {
        self.chain.put_meta(rows, true).expect("written");
    }

    /// The mempool after a move of the tip: keeps what holds, takes `back` what blocks gave back
    /// and what the wallets want sent.
    fn settle(&mut self, back: Vec<Tx>) {
        let mut left = std::mem::take(&mut self.pool);
        let back = back.into_iter().map(|tx| (tx.txid(), Arc::new(tx)));
        for (txid, tx) in back {
            left.entry(txid).or_insert(tx);
        }
        // Until nothing fits any more: parents may come after their children.
        while let Some(txid) = {
            let fits = |tx: &&Txid| self.offer(&left[*tx]);
            left.keys()
                .collect::<Vec<_>>()
                .into_iter()
                .find(fits)
                .copied()
        } {
            left.remove(&txid);
        }
        for txid in left.keys() {
            self.wallets.tx_removed(txid, "gone".to_owned());
        }
        let wanted: Vec<Arc<Tx>> = self
            .wallets
            .unconfirmed()
            .map(|(_, tx)| tx.clone())
            .collect();
        for tx in wanted {
            self.offer(&tx);
        }
    }

    fn tell_of_pool(&mut self) {
        for (txid, tx) in &self.pool {
            self.wallets.tx_added(tx, *txid, NOW);
        }
    }
}

/// What a transaction spends.
pub fn spends(tx: &Tx) -> impl Iterator<Item = OutPoint> {
    tx.inputs.iter().map(|input| input.outpoint)
}

pub fn at(tx: &Tx, index: u32) -> OutPoint {
    let txid = tx.txid();
    OutPoint { txid, index }
}

/// The key of an actor of `common`, as it is exported.
pub fn secret_of(actor: u8) -> String {
    format!("{actor:02x}").repeat(32)
}
