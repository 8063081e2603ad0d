//! Connecting one large block, and hashing headers.

use crate::common::Miner;
use crate::ratio::{Harness, Samples, Target, shown, timed};
use crate::scene::{Payments, Timed, chain, disk, extend};
use chainlab::chain::SigCache;
use chainlab::chain::block::Midstate;
use chainlab::node::MemStore;
use k256::ecdsa::signature::hazmat::PrehashVerifier;
use k256::ecdsa::{Signature, VerifyingKey};
use rayon::prelude::*;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// Warm, a block of 2 000 payments takes less than this.
const WARM: Duration = Duration::from_millis(10);

/// A block of 2 000 payments on chains in memory and on disk, with all signatures new and with
/// all of them in the cache.
pub fn connect(harness: &mut Harness) {
    let count = harness.size(2_000, 40);
    let payments = Payments::new(count);
    let block = payments.block();
    let warm = warm_cache(&payments, &block);
    let (mut cold_commits, mut warm_commits) = (Samples::default(), Samples::default());

    let fresh = || Arc::new(SigCache::default());
    let [bare, memory, bare_again, on_disk] = harness.interleave(
        12,
        [
            &mut || timed(|| verify_bare(&payments)).0,
            &mut || in_memory(&payments, &block, &fresh()),
            &mut || timed(|| verify_bare(&payments)).0,
            &mut || {
                let (time, commit) = on_fresh_disk(&payments, &block, &fresh());
                cold_commits.push(commit);
                time
            },
        ],
    );
    let rate = Target::RateAtLeast(0.8);
    let beside = "k256 on all cores";
    let name = |what: &str| format!("connect {count} payments, {what}");
    harness.report(&name("cold, in memory"), &memory, (beside, &bare), rate);
    harness.report(
        &name("cold, on disk"),
        &on_disk,
        (beside, &bare_again),
        rate,
    );

    let [hashes, memory, hashes_again, on_disk] = harness.interleave(
        20,
        [
            &mut || timed(|| hash_bare(&payments)).0,
            &mut || in_memory(&payments, &block, &warm),
            &mut || timed(|| hash_bare(&payments)).0,
            &mut || {
                let (time, commit) = on_fresh_disk(&payments, &block, &warm);
                warm_commits.push(commit);
                time
            },
        ],
    );
    let under = Target::Under(WARM);
    let beside = "its hashes on all cores";
    harness.report(&name("warm, in memory"), &memory, (beside, &hashes), under);
    harness.report(
        &name("warm, on disk"),
        &on_disk,
        (beside, &hashes_again),
        under,
    );
    println!(
        "    of which the commit: cold {}, warm {}",
        shown(cold_commits.median()),
        shown(warm_commits.median())
    );
}

/// A cache that has seen every signature of the block.
pub fn warm_cache(payments: &Payments, block: &[u8]) -> Arc<SigCache> {
    let sigs = Arc::default();
    extend(&mut chain(MemStore::new(), &payments.params, &sigs), block);
    sigs
}

fn in_memory(payments: &Payments, block: &[u8], sigs: &Arc<SigCache>) -> Duration {
    extend(&mut chain(MemStore::new(), &payments.params, sigs), block)
}

/// How long the block took, and how much of that its commit.
fn on_fresh_disk(payments: &Payments, block: &[u8], sigs: &Arc<SigCache>) -> (Duration, Duration) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let store = Timed::new(disk(dir.path()));
    let mut chain = chain(store, &payments.params, sigs);
    let time = extend(&mut chain, block);
    (time, chain.store().last_commit())
}

/// Decodes and verifies what the block's signatures consist of, and nothing else.
fn verify_bare(payments: &Payments) {
    payments
        .signed
        .par_iter()
        .for_each(|(key, signature, hash)| {
            let key = VerifyingKey::from_sec1_bytes(&key.0).expect("a key");
            let signature = Signature::from_slice(&signature.0).expect("a signature");
            key.verify_prehash(hash, &signature).expect("it holds");
        });
}

/// The hashes without which no cache can be asked: txids, signed hashes, key hashes.
fn hash_bare(payments: &Payments) {
    let pairs = payments.txs.par_iter().zip(&payments.spent);
    pairs.for_each(|(tx, coin)| {
        black_box(tx.txid());
        black_box(tx.sighash(payments.network(), std::slice::from_ref(coin)));
        black_box(tx.inputs[0].key.hash());
    });
}

/// Hashing headers as a miner does, beside hashing all 88 bytes each time; on one thread.
pub fn midstate(harness: &mut Harness) {
    let nonces = 0..harness.size(50_000, 10) as u64;
    let header = Miner::new(&crate::common::params()).header();
    let [plain, ours] = harness.interleave(
        40,
        [
            &mut || {
                let mut header = header;
                let hashes = nonces.clone().map(|nonce| {
                    header.nonce = nonce;
                    black_box(header.hash())
                });
                timed(|| hashes.for_each(drop)).0
            },
            &mut || {
                let mut midstate = Midstate::new(&header);
                let hashes = nonces.clone().map(|nonce| black_box(midstate.hash(nonce)));
                timed(|| hashes.for_each(drop)).0
            },
        ],
    );
    let beside = ("whole headers", &plain);
    harness.report(
        "hash with a midstate",
        &ours,
        beside,
        Target::RateAtLeast(1.35),
    );
}
