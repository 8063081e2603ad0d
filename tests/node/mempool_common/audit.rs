//! Everything that a mempool says about itself, computed again in the most naive way.

use crate::common::*;
use chainlab::chain::coins::CoinView;
use chainlab::chain::{Amount, Block, Coin, OutPoint, Tx, Txid, rules};
use chainlab::node::config::MempoolLimits;
use chainlab::node::mempool::{Entry, Mempool, PACKAGE_MAX, Sums};
use chainlab::node::template::{self, Miner as MinedFor};
use chainlab::node::{ChainState, Store, Time};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

type Entries<'a> = BTreeMap<Txid, &'a Entry>;

/// Compares all that the mempool keeps with what follows from the transactions and the chain.
pub fn audit<S: Store>(pool: &Mempool, chain: &ChainState<S>, limits: &MempoolLimits) {
    let entries: Entries = pool.iter().map(|entry| (entry.txid, entry)).collect();
    assert_eq!(pool.len(), entries.len());
    let bytes = entries.values().map(|entry| entry.tx.encoded_len());
    assert_eq!(pool.bytes(), bytes.sum::<usize>());
    assert!(pool.bytes() <= limits.bytes_max);
    every_entry_holds(pool, chain, &entries);
    what_is_held_waits(pool, chain, &entries);
    sums_are_right(&entries);
    let soonest = entries.values().map(|entry| entry.since).min();
    assert_eq!(pool.deadline(), soonest.map(|since| since + limits.expiry));
    for room in [rules::room_for_txs(chain.params()), pool.bytes() / 2, 700] {
        selection_is_the_naive_one(pool, &entries, room);
    }
    template_connects(pool, chain);
}

fn parents<'a>(tx: &'a Tx, entries: &'a Entries) -> impl Iterator<Item = Txid> + 'a {
    let made_by = tx.inputs.iter().map(|input| input.outpoint.txid);
    made_by.filter(|txid| entries.contains_key(txid))
}

/// Connects all entries one after the other, with no cache, on a set of coins of its own.
fn every_entry_holds<S: Store>(pool: &Mempool, chain: &ChainState<S>, entries: &Entries) {
    let height = chain.tip().height + 1;
    let mut made: BTreeMap<OutPoint, Coin> = BTreeMap::new();
    let mut spent = BTreeSet::new();
    let mut waiting: Vec<&Entry> = entries.values().copied().collect();
    let mut done = BTreeSet::new();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|entry| {
            if !parents(&entry.tx, entries).all(|txid| done.contains(&txid)) {
                return true;
            }
            assert_eq!(entry.txid, entry.tx.txid());
            assert!(!entry.tx.is_coinbase());
            rules::check_tx(&entry.tx).expect("well-formed");
            rules::check_lock_time(&entry.tx, height).expect("not locked");
            let coins = entry.tx.inputs.iter().map(|input| {
                let at = input.outpoint;
                assert!(spent.insert(at), "two entries spend {at:?}");
                assert_eq!(pool.spender(&at), Some(entry.txid));
                let confirmed = || chain.coin(&at).expect("readable");
                made.get(&at).copied().or_else(confirmed).expect("a coin")
            });
            let coins: Vec<Coin> = coins.collect();
            let fee = rules::check_spend(&entry.tx, &coins, height, chain.params());
            assert_eq!(fee, Ok(entry.fee));
            rules::check_signatures(&entry.tx, &coins, chain.network(), &no_sigs())
                .expect("signed");
            for (index, output) in (0..).zip(&entry.tx.outputs) {
                let txid = entry.txid;
                let coin = Coin {
                    amount: output.amount,
                    owner: output.owner,
                    height,
                    coinbase: false,
                };
                assert_eq!(pool.coin(&OutPoint { txid, index }), Some(coin));
                made.insert(OutPoint { txid, index }, coin);
            }
            done.insert(entry.txid);
            false
        });
        assert!(waiting.len() < before, "entries in a circle");
    }
}

/// What is held is no entry and claims no coin of one, and all that it spends may be there one day.
fn what_is_held_waits<S: Store>(pool: &Mempool, chain: &ChainState<S>, entries: &Entries) {
    let held: BTreeMap<Txid, &Tx> = pool.all_held().map(|(txid, tx)| (*txid, &**tx)).collect();
    let mut spent = BTreeSet::new();
    for (txid, tx) in &held {
        assert!(!entries.contains_key(txid) && pool.held(txid).is_some());
        for input in &tx.inputs {
            let at = input.outpoint;
            assert!(spent.insert(at), "two that are held spend {at:?}");
            assert_eq!(pool.spender(&at), None);
            let in_block = chain.coin(&at).expect("readable").is_some();
            let waits = entries.contains_key(&at.txid) || held.contains_key(&at.txid);
            assert!(in_block || waits, "{txid} spends {at:?}, which is gone");
        }
    }
}

fn ancestors(txid: Txid, entries: &Entries) -> BTreeSet<Txid> {
    let mut found = BTreeSet::from([txid]);
    let mut next = vec![txid];
    while let Some(txid) = next.pop() {
        let above = parents(&entries[&txid].tx, entries);
        next.extend(above.filter(|txid| found.insert(*txid)));
    }
    found
}

fn sum<'a>(txids: impl IntoIterator<Item = &'a Txid>, entries: &Entries) -> Sums {
    let package: Vec<&Entry> = txids.into_iter().map(|txid| entries[txid]).collect();
    Sums {
        count: package.len(),
        bytes: package.iter().map(|entry| entry.bytes).sum(),
        fee: Amount::checked_sum(package.iter().map(|entry| entry.fee)).expect("an amount"),
    }
}

fn sums_are_right(entries: &Entries) {
    let above: BTreeMap<Txid, BTreeSet<Txid>> = entries
        .keys()
        .map(|txid| (*txid, ancestors(*txid, entries)))
        .collect();
    for (txid, entry) in entries {
        assert_eq!(entry.bytes, entry.tx.encoded_len());
        assert_eq!(entry.ancestors, sum(&above[txid], entries));
        let below = above.iter().filter(|(_, above)| above.contains(txid));
        assert_eq!(
            entry.descendants,
            sum(below.map(|(below, _)| below), entries)
        );
        assert!(entry.ancestors.count <= PACKAGE_MAX);
        assert!(entry.descendants.count <= PACKAGE_MAX);
    }
}

/// Looks at all packages again for every choice.
fn selection_is_the_naive_one(pool: &Mempool, entries: &Entries, mut room: usize) {
    let selected: Vec<Txid> = pool.select(room).iter().map(|entry| entry.txid).collect();
    let mut taken: Vec<Txid> = Vec::new();
    loop {
        let packages = entries.keys().filter(|txid| !taken.contains(txid));
        let packages = packages.map(|txid| {
            let mut package = ancestors(*txid, entries);
            package.retain(|txid| !taken.contains(txid));
            (*txid, sum(&package, entries), package)
        });
        let fitting = packages.filter(|(_, sums, _)| sums.bytes <= room);
        let better = |a: &(Txid, Sums, _), b: &(Txid, Sums, _)| {
            let rate = by_rate(&a.1, &b.1);
            let age = |txid: &Txid| (entries[txid].since, *txid);
            rate.then_with(|| age(&b.0).cmp(&age(&a.0)))
        };
        let Some((_, sums, package)) = fitting.max_by(better) else {
            break;
        };
        room -= sums.bytes;
        let mut package: Vec<Txid> = package.into_iter().collect();
        package.sort_by_key(|txid| (ancestors(*txid, entries).len(), *txid));
        taken.extend(package);
    }
    assert_eq!(selected, taken);
}

fn by_rate(a: &Sums, b: &Sums) -> Ordering {
    let product = |fee: Amount, bytes: usize| u128::from(fee.units()) * bytes as u128;
    product(a.fee, b.bytes).cmp(&product(b.fee, a.bytes))
}

/// The block that the mempool leads to breaks no rule.
fn template_connects<S: Store>(pool: &Mempool, chain: &ChainState<S>) {
    let miner = MinedFor {
        owner: owner(MINER),
        tag: [7; 64],
        hashrate: None,
    };
    let job = template::job(chain, (pool, &[]), &miner, Time(0));
    let height = chain.tip().height + 1;
    assert_eq!(job.height, height);
    let block: Block = job.solved(job.header);
    rules::check_block(&block, chain.params()).expect("a sound block");
    rules::check_block_context(&block, height).expect("nothing is locked");
    let mut view = CoinView::new(chain.store());
    let (params, network) = (chain.params(), chain.network());
    rules::connect_block(&mut view, &block, height, params, network, &no_sigs())
        .expect("it connects");
}
