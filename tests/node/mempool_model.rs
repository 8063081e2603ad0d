//! Random operations on a mempool over a real chain: payments that hold and that do not, blocks of
//! the node's own and of rivals, reorganisations, waiting and restarts. After each, everything that
//! the mempool keeps is computed again from the transactions and the chain (`audit`).
//!
//! `CHAINLAB_MEMPOOL_RUNS` sets how many runs, 12 if it is not set. The seed of a run is its number,
//! from 0, and the last one printed is the one that failed.

#![allow(
    clippy::disallowed_methods,
    reason = "the number of runs comes from outside"
)]

use crate::common::*;
use crate::mempool_common::*;
use chainlab::chain::{Params, Tx, Txid};
use chainlab::node::config::MempoolLimits;
use chainlab::node::mempool::{AdmitError, RemovedWhy};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::time::Duration;

const OPERATIONS: usize = 120;

struct World {
    desk: Desk,
    draws: ChaCha8Rng,
    /// Coins that existed at some time, on some branch or in the mempool.
    coins: Vec<Spend>,
    /// Miners at the blocks that were built on so far.
    branches: Vec<Miner>,
    made: u64,
    /// What was met, so that a test can tell that runs are not idle.
    seen: BTreeMap<&'static str, usize>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let min_fee = [0, 0, 500][usize::try_from(draws.next_u32() % 3).expect("small")];
        let limits = MempoolLimits {
            bytes_max: 5_000,
            min_fee_per_kb: units(min_fee),
            expiry: Duration::from_micros(60),
        };
        let params = Params {
            max_block_bytes: 1_500,
            ..rich(12)
        };
        let desk = Desk::of(&params, limits);
        Self {
            coins: (0..12).map(|n| desk.coin(n)).collect(),
            branches: vec![desk.miner.clone()],
            desk,
            draws,
            made: 0,
            seen: BTreeMap::new(),
        }
    }

    fn draw(&mut self, below: usize) -> usize {
        usize::try_from(self.draws.next_u32()).expect("fits") % below
    }

    fn note(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn step(&mut self) {
        match self.draw(26) {
            0..=18 => self.pay(),
            19 => self.mine_own(),
            20 => self.mine_on_some_branch(),
            21..=22 => self.mine_a_longer_branch(),
            23..=24 => {
                let wait = 5 + self.draw(30);
                self.desk.now = self.desk.now + Duration::from_micros(wait as u64);
                let gone = self.desk.pool.expire(self.desk.now);
                if !gone.is_empty() {
                    self.note("expired");
                }
            }
            _ => {
                self.desk.flush();
                let (before, held) = (self.desk.txids(), self.desk.held());
                let change = self.desk.restart();
                let mut after = self.desk.txids();
                after.extend(change.removed.iter().map(|gone| gone.txid));
                // What was held may find room now.
                let (came, after) = after.into_iter().partition(|txid| held.contains(txid));
                assert_eq!(sorted(after), before, "a restart loses nothing silently");
                let still: Vec<Txid> = [came, self.desk.held()].concat();
                let mut still = sorted(still);
                still.dedup();
                still.retain(|txid| held.contains(txid));
                assert_eq!(still, held, "nor of what is held");
                self.note("restarted");
            }
        }
        self.desk.audit();
    }

    fn pay(&mut self) {
        let tx = self.payment();
        let before = self.desk.state();
        let flawed = self.draw(16) == 0;
        let mut sent = tx.clone();
        if flawed {
            sent.inputs[0].signature.0[40] ^= 1;
        }
        match self.desk.send(&sent) {
            Ok(change) => {
                assert!(!flawed);
                self.note(if change.removed.is_empty() {
                    "taken"
                } else {
                    "driven out"
                });
                let made = 0..u32::try_from(tx.outputs.len()).expect("few");
                self.coins.extend(made.map(|index| out(&tx, index)));
            }
            Err(error) => {
                assert_eq!(self.desk.state(), before, "refused, and changed: {error}");
                assert!(flawed || !error.is_fault_of_sender(), "{error}");
                self.note(name(&error));
            }
        }
    }

    /// Spends one to three coins that may be spent already, or never have been confirmed.
    fn payment(&mut self) -> Tx {
        let mut spends: Vec<Spend> = Vec::new();
        let wanted = 1 + self.draw(3);
        let free = self.free_coins();
        while spends.len() < wanted {
            let late = self.coins.len().min(10);
            let spend = match self.draw(8) {
                0 => {
                    let back = 1 + self.draw(late);
                    self.coins[self.coins.len() - back]
                }
                // Few distinct coins may be free.
                2.. if free.len() > 3 => free[self.draw(free.len())],
                _ => {
                    let at = self.draw(self.coins.len());
                    self.coins[at]
                }
            };
            if spends.iter().all(|(at, _)| *at != spend.0) {
                spends.push(spend);
            }
        }
        let amount: u64 = spends.iter().map(|(_, coin)| coin.amount.units()).sum();
        let fee = [0, 0, self.draw(300), self.draw(20_000)][self.draw(4)] as u64;
        // Coins of a few units come to be, too.
        let outputs = (1 + self.draw(4) as u64).min(amount);
        let mut tx = self.desk.tx(&spends, fee.min(amount - outputs), outputs);
        if self.draw(10) == 0 {
            tx.lock_time = self.desk.chain.tip().height + u32::try_from(self.draw(3)).expect("few");
            sign(&self.desk.params, &mut tx, ALICE, &spends);
        }
        tx
    }

    /// Coins that a payment can spend without a conflict.
    fn free_coins(&self) -> Vec<Spend> {
        let (chain, pool) = (&self.desk.chain, &self.desk.pool);
        let is_free = |(at, _): &&Spend| {
            let confirmed = chain.coin(at).expect("readable");
            confirmed.or_else(|| pool.coin(at)).is_some() && !pool.is_spent(at)
        };
        self.coins.iter().filter(is_free).copied().collect()
    }

    fn mine_own(&mut self) {
        self.made += 1;
        let block = self.desk.mine_template(self.made);
        if block.txs().len() > 1 {
            self.note("mined");
        }
        self.branches.push(self.desk.miner.clone());
    }

    /// A rival's block, which confirms a payment that this node may not have, or contradicts one.
    fn rivals_block(&mut self, miner: &mut Miner) {
        self.made += 1;
        miner.tag = self.made;
        let tx = self.payment();
        // Often nothing: the coin may not exist on that branch, which is the end of it.
        let full = if self.draw(3) == 0 {
            vec![tx.clone()]
        } else {
            vec![]
        };
        for txs in [full, vec![]] {
            let block = miner.block(txs, |_| {});
            let Ok(accepted) = accept(&mut self.desk.chain, &block) else {
                continue;
            };
            let refused = !accepted.invalid.is_empty();
            if let Some(change) = accepted.change {
                let (chain, now) = (&self.desk.chain, self.desk.now);
                let done = self.desk.pool.chain_changed(&change, chain, now);
                let done = done.expect("memory does not fail");
                if !change.disconnected.is_empty() {
                    self.note("reorganised");
                    let gone = done.removed.iter();
                    if gone
                        .filter(|gone| gone.why == RemovedWhy::InputsGone)
                        .count()
                        > 0
                    {
                        self.note("inputs gone");
                    }
                }
                if !done.added.is_empty() {
                    self.note("returned");
                }
                if !done.held.is_empty() {
                    self.note("held");
                }
            }
            if !refused {
                miner.step(&block);
                if block.txs().len() > 1 {
                    let made = 0..u32::try_from(tx.outputs.len()).expect("few");
                    self.coins.extend(made.map(|index| out(&tx, index)));
                }
                break;
            }
        }
        let tip = self.desk.chain.tip().hash;
        if miner.cursor.hash == tip {
            self.desk.miner = miner.clone();
        }
        self.branches.push(miner.clone());
    }

    fn mine_on_some_branch(&mut self) {
        let at = self.draw(self.branches.len());
        let mut miner = self.branches[at].clone();
        self.rivals_block(&mut miner);
    }

    fn mine_a_longer_branch(&mut self) {
        let back = 2 + self.draw(3);
        let at = self.branches.len().saturating_sub(back);
        let mut miner = self.branches[at].clone();
        for _ in 0..8 {
            if self.desk.chain.tip().hash == miner.cursor.hash {
                break;
            }
            self.rivals_block(&mut miner);
            self.desk.audit();
        }
    }
}

fn name(error: &AdmitError) -> &'static str {
    match error {
        AdmitError::Known => "Known",
        AdmitError::Confirmed => "Confirmed",
        AdmitError::Tx(_) => "Tx",
        AdmitError::MissingInputs(_) => "MissingInputs",
        AdmitError::FeeTooLow { .. } => "FeeTooLow",
        AdmitError::Conflict { .. } => "Conflict",
        AdmitError::SpendsReplaced(_) => "SpendsReplaced",
        AdmitError::TooManyAncestors { .. } => "TooManyAncestors",
        AdmitError::Full { .. } => "Full",
        _ => "another",
    }
}

/// As many runs as come across everything.
const RUNS: u64 = 12;

fn runs() -> u64 {
    let set = std::env::var("CHAINLAB_MEMPOOL_RUNS").ok();
    set.map_or(RUNS, |runs| {
        runs.parse().expect("CHAINLAB_MEMPOOL_RUNS is a number")
    })
}

#[test]
fn the_mempool_equals_its_naive_recomputation_after_every_operation() {
    let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
    for seed in 0..runs() {
        println!("seed {seed}");
        let mut world = World::new(seed);
        for _ in 0..OPERATIONS {
            world.step();
        }
        for (what, times) in world.seen {
            *seen.entry(what).or_default() += times;
        }
    }
    println!("{seen:?}");
    if runs() < RUNS {
        return;
    }
    for what in [
        "Conflict",
        "Full",
        "MissingInputs",
        "SpendsReplaced",
        "Tx",
        "driven out",
        "expired",
        "held",
        "inputs gone",
        "mined",
        "reorganised",
        "restarted",
        "returned",
        "taken",
    ] {
        assert!(seen.contains_key(what), "no run came across {what:?}");
    }
}
