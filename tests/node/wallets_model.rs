//! Wallets against a naive replay: random payments, blocks, reorganisations, conflicts and crashes,
//! and after each step everything is computed anew from the blocks of the chain and compared.
//!
//! `CHAINLAB_WALLET_RUNS` sets how many runs there are; a run's number is its seed.

#![allow(clippy::disallowed_methods, reason = "a test has an environment")]

use crate::common::*;
use crate::wallets::desk::*;
use chainlab::chain::{Amount, Block, Coin, KeyHash, OutPoint, Params, Tx, Txid, rules};
use chainlab::node::Store;
use chainlab::node::snapshot::HistoryEntry;
use chainlab::node::wallets::RECENT_MAX;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::sync::Arc;

const STEPS: usize = 60;

/// Payments and conflicts that are tried for a new block, of all there ever were.
const TRIED_MAX: usize = 40;

type Coins = BTreeMap<OutPoint, Coin>;

/// What happened in all runs, so that a test which no longer reaches anything fails.
#[derive(Default, Debug)]
struct Seen {
    paid: usize,
    refused: usize,
    deep: usize,
    revived: usize,
    conflicts: usize,
    chained: usize,
    losers: usize,
}

struct World {
    desk: Desk,
    draws: ChaCha8Rng,
    /// The blocks of the chain, the genesis block first, and the miner after each.
    blocks: Vec<Block>,
    miners: Vec<Miner>,
    /// All transactions that anybody made.
    made: Vec<Arc<Tx>>,
    /// Payments made here, which must never be lost.
    sent: BTreeSet<Txid>,
    /// Payments made elsewhere with keys of this node whose block left the chain: kept as well.
    foreign: BTreeSet<Txid>,
    /// Those of `sent` that could not be in a block, after the last step.
    conflicted: BTreeSet<Txid>,
    next_tag: u64,
    seen: Seen,
}

#[test]
fn wallets_hold_what_a_naive_replay_holds() {
    let runs = env::var("CHAINLAB_WALLET_RUNS").map_or(60, |text| text.parse().expect("a number"));
    let mut seen = Seen::default();
    for seed in 0..runs {
        print!("seed {seed} ");
        let run = World::new(seed).run();
        seen.paid += run.paid;
        seen.refused += run.refused;
        seen.deep += run.deep;
        seen.revived += run.revived;
        seen.conflicts += run.conflicts;
        seen.chained += run.chained;
        seen.losers += run.losers;
    }
    println!("{seen:?}");
    if runs >= 60 {
        assert!(seen.paid > 400 && seen.refused > 200, "{seen:?}");
        assert!(seen.deep > 100 && seen.chained > 50, "{seen:?}");
        assert!(seen.conflicts > 30 && seen.revived > 10, "{seen:?}");
        assert!(seen.losers > 30, "{seen:?}");
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let params = Params {
            maturity: 1 + draws.next_u32() % 4,
            ..network_of(&[("alice", 10), ("bob", 10), ("late", 5)])
        };
        let mut desk = Desk::new(&params, &["alice", "bob"]);
        // Most of what wallets did is in the store alone, or nearly all, or none.
        desk.keep_recent([3, 0, RECENT_MAX][usize::try_from(seed % 3).expect("small")]);
        Self {
            blocks: vec![params.genesis_block()],
            miners: vec![desk.miner.clone()],
            desk,
            draws,
            made: Vec::new(),
            sent: BTreeSet::new(),
            foreign: BTreeSet::new(),
            conflicted: BTreeSet::new(),
            next_tag: 1,
            seen: Seen::default(),
        }
    }

    fn run(mut self) -> Seen {
        for _ in 0..STEPS {
            match self.draw(20) {
                0..=5 => self.pay(),
                6..=8 => self.pay_elsewhere(),
                9..=12 => self.branch(0),
                13..=15 => {
                    let depth = self.draw(self.blocks.len().min(5));
                    self.branch(depth);
                }
                16 => self.desk.flush(),
                17 | 18 => self.crash(),
                _ => self.another_wallet(),
            }
            self.compare();
        }
        self.seen
    }

    fn draw(&mut self, below: usize) -> usize {
        let below = u32::try_from(below).expect("small");
        usize::try_from(self.draws.next_u32() % below).expect("small")
    }

    fn pick_wallet(&mut self) -> String {
        let names: Vec<String> = self.desk.wallets.names().map(str::to_owned).collect();
        names[self.draw(names.len())].clone()
    }

    fn pay(&mut self) {
        let (from, mut to) = (self.pick_wallet(), self.pick_wallet());
        if self.draw(4) == 0 {
            to = self.desk.params.address(owner(CAROL)).to_string();
        }
        let tenths =
            [1, 3, 7, 20, 45, 100][self.draw(6)] * u64::try_from(1 + self.draw(2)).expect("small");
        let wish = chainlab::node::io::Payment {
            from: from.clone(),
            to,
            amount: units(tenths * 10_000_000),
            fee: Some(units(u64::try_from(self.draw(3)).expect("small"))),
        };
        let needs = wish.amount.checked_add(wish.fee.unwrap_or_default());
        let needs = needs.expect("small");
        let spendable = self.desk.info(&from).spendable;
        let claimed = self.claimed();
        match self.desk.send(&wish) {
            Ok((tx, plan)) => {
                assert!(spendable >= needs);
                assert!(
                    spends(&tx).all(|coin| !claimed.contains(&coin)),
                    "picked twice"
                );
                self.seen.paid += 1;
                self.seen.chained += usize::from(plan.inputs.iter().any(|c| c.height.is_none()));
                self.sent.insert(tx.txid());
                self.made.push(tx);
            }
            Err(error) => {
                assert!(spendable < needs, "{error}");
                self.seen.refused += 1;
            }
        }
    }

    /// Somebody with the same key, or Carol, spends a coin; a peer relays it or a miner gets it.
    fn pay_elsewhere(&mut self) {
        let coins = self.coins(self.blocks.len());
        let own = [("alice", named("alice")), ("bob", named("bob"))];
        let of = |(at, coin): (&OutPoint, &Coin)| {
            let (name, _) = own.iter().find(|(_, owner)| *owner == coin.owner)?;
            Some((*at, *name))
        };
        let theirs: Vec<(OutPoint, &str)> = coins.iter().filter_map(of).collect();
        let carols: Vec<(OutPoint, Coin)> = coins
            .iter()
            .filter(|(_, coin)| coin.owner == owner(CAROL))
            .map(|(at, coin)| (*at, *coin))
            .collect();
        let tx = if carols.is_empty() || self.draw(2) == 0 {
            if theirs.is_empty() {
                return;
            }
            let (from, name) = theirs[self.draw(theirs.len())];
            self.desk.elsewhere(name, from, owner(CAROL), 1)
        } else {
            let spend = carols[self.draw(carols.len())];
            let mut tx = unsigned(&[spend], &[]);
            tx.outputs = vec![chainlab::chain::tx::TxOut {
                amount: spend.1.amount,
                owner: named("alice"),
            }];
            sign(&self.desk.params, &mut tx, CAROL, &[spend]);
            Arc::new(tx)
        };
        if self.draw(2) == 0 {
            self.desk.offer(&tx);
        }
        self.made.push(tx);
    }

    /// `depth` blocks leave the chain for one more; with 0 the chain grows.
    fn branch(&mut self, depth: usize) {
        let keep = self.blocks.len() - depth;
        self.note_disconnected(keep);
        self.blocks.truncate(keep);
        self.miners.truncate(keep);
        self.next_tag += 1;
        let mut miner = self.miners[keep - 1].rival(self.next_tag);
        let mut new = Vec::new();
        // Half of the new branches leave all payments waiting.
        let busy = depth == 0 || self.draw(2) == 0;
        for _ in 0..=depth {
            let txs = if busy { self.choose() } else { Vec::new() };
            let block = miner.mine(txs);
            self.blocks.push(block.clone());
            self.miners.push(miner.clone());
            new.push(block);
        }
        for block in &new {
            self.desk.take(block);
        }
        self.desk.miner = miner;
        self.seen.deep += usize::from(depth > 1);
        assert_eq!(
            self.desk.chain.tip().hash,
            self.blocks.last().expect("one").hash()
        );
    }

    /// What only this node's keys spent is this node's to announce, should its block go.
    fn note_disconnected(&mut self, keep: usize) {
        let owners = self.owners();
        let keys = |tx: &Tx| {
            tx.inputs
                .iter()
                .all(|input| owners.contains(&input.key.hash()))
        };
        let gone = self.blocks[keep..]
            .iter()
            .flat_map(|block| &block.txs()[1..]);
        let ours: Vec<Txid> = gone.filter(|tx| keys(tx)).map(Tx::txid).collect();
        self.foreign.extend(ours);
    }

    /// Transactions that the next block can hold, drawn from all that were ever made.
    fn choose(&mut self) -> Vec<Tx> {
        let mut coins = self.coins(self.blocks.len());
        let height = u32::try_from(self.blocks.len()).expect("few");
        let mut chosen = Vec::new();
        let from = self.made.len().saturating_sub(TRIED_MAX);
        for tx in &self.made[from..] {
            let fits = |at: &OutPoint| {
                coins.get(at).is_some_and(|coin| {
                    !coin.coinbase || coin.height + self.desk.params.maturity <= height
                })
            };
            if self.draws.next_u32().is_multiple_of(3) || !spends(tx).all(|at| fits(&at)) {
                continue;
            }
            apply(&mut coins, tx, height, false);
            chosen.push(Tx::clone(tx));
        }
        chosen
    }

    /// A payment made elsewhere, confirmed and disconnected since the last flush, was never
    /// written here: it may be forgotten. One made here may not.
    fn crash(&mut self) {
        self.desk.crash();
        let names: Vec<&str> = self.desk.wallets.names().collect();
        let history = names.iter().flat_map(|name| self.desk.history(name));
        let shown: BTreeSet<Txid> = history.map(|entry| entry.txid).collect();
        self.foreign.retain(|txid| shown.contains(txid));
    }

    fn another_wallet(&mut self) {
        let names: Vec<&str> = self.desk.wallets.names().collect();
        if !names.contains(&"late") {
            self.desk.create("late").expect("a new name");
        } else if !names.contains(&"rewards") {
            let secret = secret_of(MINER);
            self.desk.import("rewards", &secret).expect("a new key");
        }
    }

    fn owners(&self) -> BTreeSet<KeyHash> {
        let names = self.desk.wallets.names();
        names
            .filter_map(|name| self.desk.wallets.owner(name))
            .collect()
    }

    /// Unspent outputs after so many blocks.
    fn coins(&self, blocks: usize) -> Coins {
        let mut coins = Coins::new();
        for (height, block) in (0..).zip(&self.blocks[..blocks]) {
            for (index, tx) in block.txs().iter().enumerate() {
                apply(&mut coins, tx, height, index == 0 && height > 0);
            }
        }
        coins
    }

    fn find(&self, txid: &Txid) -> &Arc<Tx> {
        let mut made = self.made.iter();
        made.find(|tx| tx.txid() == *txid)
            .expect("somebody made it")
    }

    /// Sent transactions that are in no block, and those of them that can be in one.
    fn waiting(&self, coins: &Coins) -> (BTreeSet<Txid>, BTreeSet<Txid>) {
        let confirmed: BTreeSet<Txid> = self
            .blocks
            .iter()
            .flat_map(|b| b.txids())
            .copied()
            .collect();
        let kept = self.sent.union(&self.foreign).copied();
        let waiting: BTreeSet<Txid> = kept.filter(|txid| !confirmed.contains(txid)).collect();
        let mut live: BTreeSet<Txid> = BTreeSet::new();
        loop {
            let there = |at: &OutPoint| {
                coins.contains_key(at)
                    || live.contains(&at.txid)
                    || self.desk.pool.contains_key(&at.txid)
            };
            let more: Vec<Txid> = waiting
                .iter()
                .filter(|txid| !live.contains(txid))
                .filter(|txid| spends(self.find(txid)).all(|at| there(&at)))
                .copied()
                .collect();
            if more.is_empty() {
                return (waiting, live);
            }
            live.extend(more);
        }
    }

    /// Those of the mempool and of the payments that wait that count: of those that claim one coin one
    /// at most. The mempool has its say first, then who waits for longest, each after those that it
    /// builds on.
    fn counting(&self, coins: &Coins, live: &BTreeSet<Txid>) -> BTreeSet<Txid> {
        let mut counting: BTreeSet<Txid> = self.desk.pool.keys().copied().collect();
        let names = self.desk.wallets.names();
        let entries = names.flat_map(|name| self.desk.history(name));
        let since: BTreeMap<Txid, _> = entries.map(|entry| (entry.txid, entry.at)).collect();
        let left = live.difference(&counting).copied();
        let mut left: Vec<Txid> = left.collect();
        left.sort_by_key(|txid| (since[txid], *txid));
        let mut left: Vec<Txid> = left.into_iter().rev().collect();
        while let Some(txid) = left.pop() {
            let made_by = spends(self.find(&txid)).map(|at| at.txid);
            let mut parents = made_by.filter(|parent| left.contains(parent));
            if let Some(parent) = parents.next() {
                left.retain(|other| *other != parent);
                left.extend([txid, parent]);
                continue;
            }
            let claimed = self.claimed_by(&counting);
            let is_free = |at: OutPoint| {
                let is_there = coins.contains_key(&at) || counting.contains(&at.txid);
                is_there && !claimed.contains(&at)
            };
            if spends(self.find(&txid)).all(is_free) {
                counting.insert(txid);
            }
        }
        counting
    }

    fn claimed_by(&self, counting: &BTreeSet<Txid>) -> BTreeSet<OutPoint> {
        let txs = counting.iter().map(|txid| self.find(txid));
        txs.flat_map(|tx| spends(tx)).collect()
    }

    /// Coins that the mempool or a payment that waits spends.
    fn claimed(&self) -> BTreeSet<OutPoint> {
        let coins = self.coins(self.blocks.len());
        let (_, live) = self.waiting(&coins);
        self.claimed_by(&self.counting(&coins, &live))
    }

    fn compare(&mut self) {
        let coins = self.coins(self.blocks.len());
        let mut stored = Coins::new();
        let mut note = |at, coin| {
            stored.insert(at, coin);
        };
        self.desk
            .chain
            .store()
            .each_coin(&mut note)
            .expect("readable");
        assert_eq!(stored, coins, "the model itself is right");

        let (waiting, live) = self.waiting(&coins);
        let announced = self.desk.announced();
        assert_eq!(BTreeSet::from_iter(announced.iter().copied()), live);
        let mut before = BTreeSet::new();
        for txid in &announced {
            let parents = spends(self.find(txid)).map(|at| at.txid);
            let mut parents = parents.filter(|parent| live.contains(parent));
            assert!(
                parents.all(|parent| before.contains(&parent)),
                "parents first"
            );
            before.insert(*txid);
        }
        let (mut shown, mut losers) = (BTreeMap::new(), 0);
        for name in self.desk.wallets.names() {
            let owner = self.desk.wallets.owner(name).expect("a wallet");
            self.compare_balance(name, owner, &coins, &live);
            for entry in self.compare_history(name, owner) {
                losers += usize::from(self.compare_standing(&entry, &coins, &live));
                shown.insert(entry.txid, entry.conflicted);
            }
        }
        for txid in shown.keys() {
            let known = waiting.contains(txid) || self.desk.pool.contains_key(txid);
            assert!(known, "nothing waits that a block has, or nobody");
        }
        for txid in &waiting {
            let conflicted = shown.get(txid).expect("nothing sent is lost");
            assert_eq!(*conflicted, !live.contains(txid));
        }
        self.seen.losers += losers;
        let conflicted: BTreeSet<Txid> = waiting.difference(&live).copied().collect();
        self.seen.conflicts += conflicted.difference(&self.conflicted).count();
        self.seen.revived += self.conflicted.difference(&conflicted).count();
        self.conflicted = conflicted;
    }

    /// What counts conflicts with nothing; all else says with what, or that its coin is gone. Whether
    /// it loses to one that waits.
    fn compare_standing(&self, entry: &HistoryEntry, coins: &Coins, live: &BTreeSet<Txid>) -> bool {
        let counting = self.counting(coins, live);
        let confirmed: BTreeSet<Txid> = self
            .blocks
            .iter()
            .flat_map(|b| b.txids())
            .copied()
            .collect();
        match entry.conflicts_with {
            Some(rival) => {
                assert!(!counting.contains(&entry.txid));
                assert!(counting.contains(&rival) || confirmed.contains(&rival));
                assert_eq!(entry.conflicted, !live.contains(&entry.txid));
            }
            None => assert_eq!(counting.contains(&entry.txid), !entry.conflicted),
        }
        entry.conflicts_with.is_some() && !entry.conflicted
    }

    fn compare_balance(&self, name: &str, owner: KeyHash, coins: &Coins, live: &BTreeSet<Txid>) {
        let info = self.desk.info(name);
        let own = || coins.iter().filter(|(_, coin)| coin.owner == owner);
        let mature = |coin: &Coin| self.desk.is_mature(coin);
        let sum = |amounts: &mut dyn Iterator<Item = Amount>| {
            Amount::checked_sum(amounts).expect("no more than exists")
        };
        let confirmed = sum(&mut own().filter(|(_, c)| mature(c)).map(|(_, c)| c.amount));
        let immature = sum(&mut own().filter(|(_, c)| !mature(c)).map(|(_, c)| c.amount));
        assert_eq!(
            (info.confirmed, info.immature),
            (confirmed, immature),
            "{name}"
        );
        let claimed = self.claimed();
        let free = own().filter(|(at, c)| mature(c) && !claimed.contains(at));
        let mut spendable = sum(&mut free.map(|(_, c)| c.amount));
        let (mut incoming, mut outgoing, mut count) = (0, 0, 0);
        let pool: BTreeSet<Txid> = self.desk.pool.keys().copied().collect();
        for txid in &self.counting(coins, live) {
            let tx = self.find(txid);
            let paid = |tx: &Tx| -> u64 {
                let own = tx.outputs.iter().filter(|out| out.owner == owner);
                own.map(|out| out.amount.units()).sum()
            };
            let own_inputs = tx.inputs.iter().filter(|input| input.key.hash() == owner);
            let spent: u64 = own_inputs.map(|input| self.value(&input.outpoint)).sum();
            if spent == 0 && paid(tx) == 0 {
                continue;
            }
            count += 1;
            incoming += paid(tx).saturating_sub(spent);
            outgoing += spent.saturating_sub(paid(tx));
            if live.contains(txid) && pool.contains(txid) && spent > 0 {
                let change = (0..).zip(&tx.outputs).filter(|(index, out)| {
                    out.owner == owner && !claimed.contains(&at(tx, *index))
                });
                let change = sum(&mut change.map(|(_, out)| out.amount));
                spendable = spendable.checked_add(change).expect("small");
            }
        }
        assert_eq!(
            (info.incoming, info.outgoing),
            (units(incoming), units(outgoing)),
            "{name}"
        );
        assert_eq!(
            (info.spendable, info.unconfirmed),
            (spendable, count),
            "{name}"
        );
        let listed = self.desk.wallets.coins(name).expect("a wallet");
        let listed: BTreeSet<OutPoint> = listed
            .iter()
            .filter(|coin| coin.height.is_some())
            .map(|coin| coin.outpoint)
            .collect();
        let free = own()
            .filter(|(at, _)| !claimed.contains(at))
            .map(|(at, _)| *at);
        assert_eq!(listed, free.collect());
    }

    /// What an output was worth, wherever it is.
    fn value(&self, at: &OutPoint) -> u64 {
        let in_blocks = self.blocks.iter().flat_map(|block| block.txs());
        let mut all = in_blocks.chain(self.made.iter().map(|tx| tx.as_ref()));
        let tx = all
            .find(|tx| tx.txid() == at.txid)
            .expect("somebody made it");
        tx.outputs[usize::try_from(at.index).expect("small")]
            .amount
            .units()
    }

    /// Confirmed entries against the blocks; returns those that wait.
    fn compare_history(&self, name: &str, owner: KeyHash) -> Vec<HistoryEntry> {
        let mut expected = Vec::new();
        let mut coins = Coins::new();
        let tip = self.blocks.len();
        for (height, block) in (0..).zip(&self.blocks) {
            for (index, tx) in block.txs().iter().enumerate() {
                let spent = spends(tx).filter_map(|at| coins.get(&at));
                let spent: Vec<Coin> = spent.filter(|c| c.owner == owner).copied().collect();
                let made = rules::made_coins(block, index, height);
                let made: Vec<_> = made.filter(|(_, c)| c.owner == owner).collect();
                let sum = |coins: &mut dyn Iterator<Item = Amount>| -> u64 {
                    coins.map(Amount::units).sum()
                };
                let lost = sum(&mut spent.iter().map(|c| c.amount));
                let won = sum(&mut made.iter().map(|(_, c)| c.amount));
                if lost + won > 0 {
                    let outputs = sum(&mut tx.outputs.iter().map(|out| out.amount));
                    let fee = (lost > 0).then(|| units(lost - outputs));
                    let net = (won.saturating_sub(lost), lost.saturating_sub(won));
                    let confirmations = u32::try_from(tip).expect("few") - height;
                    expected.push((tx.txid(), confirmations, net, fee, index == 0 && height > 0));
                }
                apply(&mut coins, tx, height, index == 0 && height > 0);
            }
        }
        expected.reverse();
        let history = self.desk.history(name);
        let (confirmed, waiting): (Vec<_>, Vec<_>) =
            history.into_iter().partition(|entry| entry.block.is_some());
        let confirmed: Vec<_> = confirmed
            .iter()
            .map(|e| {
                let net = (e.received.units(), e.spent.units());
                (e.txid, e.confirmations, net, e.fee, e.reward)
            })
            .collect();
        assert_eq!(confirmed, expected, "{name}");
        waiting
    }
}

fn apply(coins: &mut Coins, tx: &Tx, height: u32, coinbase: bool) {
    for at in spends(tx) {
        coins.remove(&at);
    }
    for (index, out) in (0..).zip(&tx.outputs) {
        let coin = Coin {
            amount: out.amount,
            owner: out.owner,
            height,
            coinbase,
        };
        coins.insert(at(tx, index), coin);
    }
}
