//! What a light node downloads, and that its wallets' figures are a full node's.

use super::stage::{Stage, WAYS};
use crate::common::*;
use chainlab::chain::Tx;
use chainlab::node::LightWay;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// 88 bytes a header, 32 for what its filter hashes to, and about 6 for the filter.
const BUDGET: u64 = 1_400_000;

#[test]
fn ten_thousand_empty_blocks_cost_less_than_they_may() {
    let mut stage = Stage::with(&[]);
    stage.imports("light", "alice", ALICE);
    stage.add("central");
    stage.add("miner");
    let blocks = stage.miner.mine_empty(10_000);
    stage.all_find(&blocks);
    stage.connects("central");
    stage.connects("miner");
    stage.waits(std::time::Duration::from_secs(30));
    let info = stage.info();
    assert_eq!(
        (info.headers, info.compared, info.filters),
        (10_000, 10_000, 10_000)
    );
    assert!(info.received_bytes < BUDGET, "{}", info.received_bytes);
    assert!(
        info.received_bytes > 120 * 10_000,
        "{}",
        info.received_bytes
    );
}

/// Payments among three, at random, of which some are only on one of two branches.
fn random_chain(way: LightWay, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut stage = Stage::by(way, &["central", "miner"]);
    let people = [("alice", ALICE), ("bob", BOB), ("miner", MINER)];
    for (name, actor) in people {
        stage.imports("light", name, actor);
        stage.imports("central", name, actor);
    }
    for round in 0..12 {
        let amount = coins(1 + random.next_u64() % 2);
        let from = ["alice", "bob"][usize::from(random.next_u64() % 2 == 0)];
        // Not always possible, and then refused.
        let _sent = stage.pays(from, CAROL, amount);
        let paid: Vec<Tx> = stage.waiting_at("miner");
        let fork = stage.miner.clone();
        let is_left = random.next_u64() % 3 == 0;
        stage.mines(
            if random.next_u64() % 2 == 0 {
                paid
            } else {
                Vec::new()
            },
            1 + round % 3,
        );
        if is_left {
            stage.miner = fork.rival(round as u64 + 1);
            let again: Vec<Tx> = stage.waiting_at("miner");
            let count = 2 + round % 3;
            stage.mines(again, count);
        }
        for (name, _) in people {
            let (light, full) = (stage.wallet(name), stage.wallet_at("central", name));
            assert_eq!(
                (light.confirmed, light.immature),
                (full.confirmed, full.immature),
                "{name} in round {round} of seed {seed}, {way:?}"
            );
        }
    }
    for _ in 0..5 {
        stage.settles();
        let paid = stage.waiting_at("miner");
        stage.mines(paid, 1);
    }
    stage.waits(std::time::Duration::from_secs(60));
    let paid = stage.waiting_at("miner");
    stage.mines(paid, 1);
    for (name, _) in people {
        assert_eq!(
            stage.wallet(name),
            stage.wallet_at("central", name),
            "{name}, seed {seed}, {way:?}"
        );
    }
}

#[test]
fn wallets_figures_are_a_full_nodes_over_random_chains_with_forks() {
    for seed in 0..8 {
        for way in WAYS {
            random_chain(way, seed);
        }
    }
}
