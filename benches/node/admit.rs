//! Payments into the mempool, one after the other, beside the bare verification of their
//! signatures on one thread.

use crate::common::*;
use crate::ratio::{Harness, Target, timed};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Params, SigCache, Tx};
use chainlab::live::disk::DiskStore;
use chainlab::node::config::MempoolLimits;
use chainlab::node::mempool::Mempool;
use chainlab::node::{ChainState, Time};
use std::sync::Arc;

pub fn admit(harness: &mut Harness) {
    let count = harness.size(2_000, 40);
    let allocation = |_| Allocation {
        owner: owner(ALICE),
        amount: coins(1),
    };
    let params = Params {
        genesis: (0..count).map(allocation).collect(),
        ..params()
    };
    let purses = made_by(&params.genesis_block(), 0, 0);
    let pays = |purse: &Spend| {
        let (kept, given) = (99_000_000, 999_000);
        pay(&params, ALICE, &[*purse], &[(ALICE, kept), (BOB, given)])
    };
    let txs: Vec<Tx> = purses.iter().map(pays).collect();
    let hash = |(tx, purse): (&Tx, &Spend)| tx.sighash(network(&params), &[purse.1]).0;
    let hashes: Vec<[u8; 32]> = txs.iter().zip(&purses).map(hash).collect();

    let dir = tempfile::tempdir().expect("a directory");
    let store = DiskStore::open(&dir.path().join("chain")).expect("a directory of our own");
    let shared = Arc::new(params.clone());
    let chain = ChainState::open(store, Arc::clone(&shared), Arc::default());
    let chain = chain.expect("a new chain");

    let mut admitted = || {
        let sigs = Arc::new(SigCache::default());
        let limits = MempoolLimits::default();
        let mut mempool = Mempool::new(limits, Arc::clone(&shared), chain.network(), sigs);
        let arrived: Vec<Arc<Tx>> = txs.iter().map(|tx| Arc::new(tx.clone())).collect();
        let (time, ()) = timed(|| {
            for tx in arrived {
                mempool.accept(tx, &chain, Time(1)).expect("valid");
            }
        });
        assert_eq!(mempool.len(), count);
        time
    };
    let mut verified = || {
        let (time, ()) = timed(|| {
            for (tx, hash) in txs.iter().zip(&hashes) {
                let input = &tx.inputs[0];
                let holds = input.key.verify(hash, &input.signature);
                holds.expect("signed");
            }
        });
        time
    };
    let [ours, limit] = harness.interleave(9, [&mut admitted, &mut verified]);
    harness.report(
        &format!("admit {count} payments to the mempool, coins on disk"),
        &ours,
        ("k256 on one thread", &limit),
        Target::RateAtLeast(0.8),
    );
}
