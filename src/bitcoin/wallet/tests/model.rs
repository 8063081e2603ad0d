//! What wallets tell, worked out from scratch each time from the chain and from what waits.

use super::super::limits::MATURITY;
use super::super::shown::{Balance, CoinOf, Entry};
use super::FORM;
use crate::bitcoin::address;
use crate::bitcoin::block::Block;
use crate::bitcoin::tx::Transaction;
use crate::chain::{Amount, OutPoint, Txid};
use crate::node::store::BlockId;
use crate::node::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// An output that a wallet owns or once owned.
#[derive(Clone)]
struct Out {
    script: Vec<u8>,
    value: u64,
    height: Option<u32>,
    coinbase: bool,
}

/// A transaction with its block, if it has one, and its time.
struct Placed {
    tx: Transaction,
    block: Option<BlockId>,
    at: Time,
}

/// The wallets of these scripts, on a chain, with what waits.
pub struct Model {
    scripts: Vec<Vec<u8>>,
    tip: u32,
    /// In the order of the chain; those that wait and count come last, oldest first.
    txs: Vec<Placed>,
    /// Every output for a wallet that `txs` made.
    outs: BTreeMap<OutPoint, Out>,
    /// What blocks spend, and what blocks or waiting transactions spend, whether they count or not.
    spent_in_blocks: BTreeSet<OutPoint>,
    spent: BTreeSet<OutPoint>,
}

impl Model {
    pub fn new(
        scripts: &[Vec<u8>],
        blocks: &[(u32, Block)],
        waiting: &[(Transaction, Time)],
        pays: impl Fn(&Transaction) -> bool,
    ) -> Self {
        let mut model = Self {
            scripts: scripts.to_vec(),
            tip: blocks.last().map_or(0, |(height, _)| *height),
            txs: Vec::new(),
            outs: BTreeMap::new(),
            spent_in_blocks: BTreeSet::new(),
            spent: BTreeSet::new(),
        };
        for (height, block) in blocks {
            let (height, hash) = (*height, block.hash());
            let at = Time(u64::from(block.header().time) * 1_000_000);
            for tx in block.txs() {
                model.put(&tx, Some(BlockId { height, hash }), at);
            }
        }
        model.spent_in_blocks.clone_from(&model.spent);
        for (tx, at) in waiting {
            // One of the lab's keys pays: the coin has to be there.
            let spends = model.spends(tx);
            if !pays(tx) || spends.iter().all(|coin| model.outs.contains_key(coin)) {
                model.put(tx, None, *at);
            }
            model.spent.extend(spends);
        }
        model
    }

    fn spends(&self, tx: &Transaction) -> Vec<OutPoint> {
        tx.open().inputs.iter().map(|input| input.spends).collect()
    }

    fn put(&mut self, tx: &Transaction, block: Option<BlockId>, at: Time) {
        let opened = tx.open();
        self.spent.extend(self.spends(tx));
        for (index, output) in (0..).zip(&opened.outputs) {
            let script = output.script.to_vec();
            if self.scripts.contains(&script) {
                let txid = tx.txid();
                let out = Out {
                    script,
                    value: output.value,
                    height: block.map(|block| block.height),
                    coinbase: opened.is_coinbase(),
                };
                self.outs.insert(OutPoint { txid, index }, out);
            }
        }
        let tx = tx.clone();
        self.txs.push(Placed { tx, block, at });
    }

    /// Those that wait and count.
    pub fn counting(&self) -> BTreeSet<Txid> {
        let waiting = self.txs.iter().filter(|placed| placed.block.is_none());
        waiting.map(|placed| placed.tx.txid()).collect()
    }

    /// What a transaction takes from and brings to a wallet, the fee included.
    fn flow(&self, tx: &Transaction, script: &[u8]) -> (u64, u64) {
        let spent = self.spends(tx).into_iter();
        let spent = spent.filter_map(|coin| self.outs.get(&coin));
        let spent = spent.filter(|out| out.script == script);
        let opened = tx.open();
        let made = opened.outputs.iter().filter(|out| out.script == script);
        (
            spent.map(|out| out.value).sum(),
            made.map(|out| out.value).sum(),
        )
    }

    fn is_mature(&self, out: &Out) -> bool {
        let height = out.height.expect("in a block");
        !out.coinbase || self.tip + 1 >= height + MATURITY
    }

    pub fn coins(&self, script: &[u8]) -> Vec<CoinOf> {
        let outs = self.outs.iter().filter(|(_, out)| out.script == script);
        let unspent = outs.filter(|(coin, _)| !self.spent.contains(coin));
        let mut coins: Vec<CoinOf> = unspent
            .map(|(outpoint, out)| CoinOf {
                outpoint: *outpoint,
                amount: amount(out.value),
                height: out.height,
                coinbase: out.coinbase,
            })
            .collect();
        coins.sort_by(|a, b| b.amount.cmp(&a.amount).then(a.outpoint.cmp(&b.outpoint)));
        coins
    }

    /// Without a bound on how many build on each other.
    pub fn balance(&self, script: &[u8]) -> Balance {
        let (mut confirmed, mut immature, mut spendable) = (0, 0, 0);
        for (coin, out) in self.outs.iter().filter(|(_, out)| out.script == script) {
            let is_free = !self.spent.contains(coin);
            match out.height {
                None => {
                    let own = is_free && self.is_paid_by(coin.txid, script);
                    spendable += if own { out.value } else { 0 };
                }
                Some(_) if self.spent_in_blocks.contains(coin) => {}
                Some(_) if !self.is_mature(out) => immature += out.value,
                Some(_) => {
                    confirmed += out.value;
                    spendable += if is_free { out.value } else { 0 };
                }
            }
        }
        let (mut incoming, mut outgoing, mut unconfirmed) = (0, 0, 0);
        for placed in self.txs.iter().filter(|placed| placed.block.is_none()) {
            let (spent, made) = self.flow(&placed.tx, script);
            incoming += made.saturating_sub(spent);
            outgoing += spent.saturating_sub(made);
            unconfirmed += usize::from((spent, made) != (0, 0));
        }
        Balance {
            confirmed: amount(confirmed),
            immature: amount(immature),
            incoming: amount(incoming),
            outgoing: amount(outgoing),
            spendable: amount(spendable),
            unconfirmed,
        }
    }

    fn is_paid_by(&self, txid: Txid, script: &[u8]) -> bool {
        let placed = self.txs.iter().find(|placed| placed.tx.txid() == txid);
        let spends = self.spends(&placed.expect("it made a coin").tx);
        let is_own = |coin| self.outs.get(coin).is_some_and(|out| out.script == script);
        spends.iter().all(is_own)
    }

    pub fn history(&self, script: &[u8]) -> Vec<Entry> {
        let newest = self.txs.iter().rev();
        newest
            .filter(|placed| self.flow(&placed.tx, script) != (0, 0))
            .map(|placed| self.entry(placed, script))
            .collect()
    }

    fn entry(&self, placed: &Placed, script: &[u8]) -> Entry {
        let (spent, made) = self.flow(&placed.tx, script);
        let opened = placed.tx.open();
        let own = self.is_paid_by(placed.tx.txid(), script);
        let others = opened.outputs.iter().any(|out| out.script != script);
        let to = opened.outputs.iter();
        let to = to.filter(|out| spent > 0 && (!others || out.script != script));
        let named = |script: &[u8]| address::of_script(script, &FORM).expect("an address");
        Entry {
            txid: placed.tx.txid(),
            block: placed.block,
            at: placed.at,
            coinbase: opened.is_coinbase(),
            received: amount(made.saturating_sub(spent)),
            spent: amount(spent.saturating_sub(made)),
            fee: own.then(|| amount(spent - opened.paid().expect("an amount").units())),
            to: to
                .map(|out| (named(&out.script), amount(out.value)))
                .collect(),
        }
    }
}

fn amount(units: u64) -> Amount {
    Amount::from_units(units).expect("an amount")
}
