//! How long a node looks through its chain for a wallet that is new.
//!
//! `cargo test --release --test wallets_scan -- --ignored --nocapture` prints it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement reads the clock"
)]

mod common;
#[path = "wallets/desk.rs"]
mod desk;

use chainlab::live::disk::DiskStore;
use chainlab::node::{ChainState, MemStore, Store};
use common::*;
use desk::*;
use std::time::Instant;

const BLOCKS: usize = 10_000;

fn measure<S: Store>(what: &str, store: S) {
    let params = params();
    let mut chain: ChainState<S> = open(store, &params);
    let mut miner = Miner::new(&params);
    for block in miner.mine_empty(BLOCKS) {
        accept(&mut chain, &block).expect("an honest block");
    }
    let mut chain = open(chain.into_store(), &params);
    let start = Instant::now();
    let mut wallets = chainlab::node::wallets::Wallets::open(&chain, SEED).expect("no rows");
    println!("{what}: open without wallets {:?}", start.elapsed());
    let start = Instant::now();
    let rows = wallets.create("alice", &chain).expect("a new name");
    println!("{what}: create {:?}", start.elapsed());
    chain.put_meta(rows, true).expect("written");
    let start = Instant::now();
    let secret = secret_of(MINER);
    let rows = wallets.import("rewards", &secret, &chain).expect("a key");
    println!(
        "{what}: import of {} entries {:?}",
        rows.len() - 1,
        start.elapsed()
    );
    assert_eq!(
        wallets
            .history("rewards", BLOCKS - 1, 9)
            .expect("there")
            .len(),
        1
    );
    let start = Instant::now();
    chain.put_meta(rows, true).expect("written");
    println!("{what}: writing them {:?}", start.elapsed());
    let start = Instant::now();
    let wallets = chainlab::node::wallets::Wallets::open(&chain, SEED).expect("sound rows");
    println!("{what}: open with them {:?}", start.elapsed());
    let start = Instant::now();
    let wish = payment("rewards", "alice", "4000", "0");
    wallets.pay(&wish).expect("enough");
    println!(
        "{what}: pay with 400 of {BLOCKS} coins {:?}",
        start.elapsed()
    );
}

#[test]
#[ignore = "a measurement"]
fn how_long_a_scan_takes() {
    measure("memory", MemStore::new());
    let dir = tempfile::tempdir().expect("a directory");
    measure("disk", DiskStore::open(dir.path()).expect("new"));
}
