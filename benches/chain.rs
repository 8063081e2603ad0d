//! What the chain costs. Plain figures by criterion first; then, for everything that has a target,
//! one line beside its limit or rival, measured in turns: see `docs/performance.md`.
//!
//! ```sh
//! cargo bench --bench chain               # all of it
//! cargo bench --bench chain -- reopen     # one group: connect, midstate, growth, reorganise, reopen,
//!                                         # failed, bitcoin, reads, proof, looks
//! ```

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark drives the machine"
)]

#[path = "chain/bitcoin.rs"]
mod bitcoin;
#[path = "../tests/common/mod.rs"]
mod common;
#[path = "chain/connect.rs"]
mod connect;
#[path = "chain/failed.rs"]
mod failed;
#[path = "chain/growth.rs"]
mod growth;
#[path = "chain/proof.rs"]
mod proof;
#[path = "chain/ratio.rs"]
mod ratio;
#[path = "chain/scene.rs"]
mod scene;

use chainlab::chain::block::Midstate;
use chainlab::chain::{SigCache, codec, merkle};
use chainlab::node::MemStore;
use criterion::{BatchSize, Criterion};
use ratio::Harness;
use scene::{Payments, chain, decoded, extend};
use std::hint::black_box;
use std::time::Duration;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|arg| arg == growth::FILL) {
        growth::fill_and_wait(&args);
    }
    let harness = Harness::from_args();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    hashes(&mut criterion);
    blocks(&mut criterion, harness.size(2_000, 40));
    criterion.final_summary();
    harness.measure(&[
        ("connect", connect::connect),
        ("midstate", connect::midstate),
        ("growth", growth::growth),
        ("reorganise", growth::reorganise),
        ("reopen", growth::reopen),
        ("failed", failed::failed),
        ("bitcoin", bitcoin::bitcoin),
        ("reads", bitcoin::reads),
        ("proof", proof::proof),
        ("looks", proof::looks),
    ]);
}

fn hashes(criterion: &mut Criterion) {
    let header = common::Miner::new(&common::params()).header();
    let mut midstate = Midstate::new(&header);
    let mut nonce = 0;
    let mut group = criterion.benchmark_group("hash");
    group.bench_function("a header", |b| b.iter(|| black_box(&header).hash()));
    group.bench_function("a nonce, with a midstate", |b| {
        b.iter(|| {
            nonce += 1;
            midstate.hash(nonce)
        });
    });
    group.finish();
}

/// The steps that a block goes through, each by itself.
fn blocks(criterion: &mut Criterion, payments: usize) {
    let payments = Payments::new(payments);
    let bytes = payments.block();
    let block = decoded(&bytes);
    let (tx, coin) = (&payments.txs[0], [payments.spent[0]]);
    let (key, signature, hash) = payments.signed[0];
    let mut group = criterion.benchmark_group("payment");
    group.bench_function("txid", |b| b.iter(|| tx.txid()));
    group.bench_function("signed hash", |b| {
        b.iter(|| tx.sighash(payments.network(), &coin))
    });
    group.bench_function("verify one signature", |b| {
        b.iter(|| key.verify(&hash, &signature))
    });
    group.finish();

    let mut group = criterion.benchmark_group("block of 2000 payments");
    group.bench_function("decode", |b| b.iter(|| decoded(&bytes)));
    group.bench_function("encode", |b| b.iter(|| codec::encode(&*block)));
    group.bench_function("merkle root", |b| {
        b.iter(|| merkle::commitment(block.txids()));
    });
    for (name, sigs) in [
        ("decode and connect, cold", None),
        (
            "decode and connect, warm",
            Some(connect::warm_cache(&payments, &bytes)),
        ),
    ] {
        group.bench_function(name, |b| {
            let set_up = || {
                let sigs = sigs.clone().unwrap_or_else(|| SigCache::default().into());
                chain(MemStore::new(), &payments.params, &sigs)
            };
            b.iter_batched_ref(
                set_up,
                |chain| extend(chain, &bytes),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}
