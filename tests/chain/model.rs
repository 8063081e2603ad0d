//! Random sequences of extend, fork, send, double-spend, corrupt, deliver late or mutated,
//! reorganise, close and reopen: after every step the real chain equals a model that recomputes
//! everything from the genesis block. `PROPTEST_CASES` sets how many sequences.

use crate::common::model::{Op, World};
use chainlab::live::disk::DiskStore;
use chainlab::node::MemStore;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;

fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        // 256 is proptest's own default, which PROPTEST_CASES replaces.
        cases: (cases * default.cases / 256).max(1),
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..default
    }
}

fn operations(most: usize) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(any::<Op>(), 1..most)
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn in_memory_the_chain_equals_a_replay_after_every_operation(ops in operations(60)) {
        World::new(MemStore::new(), |store| store).run(&ops);
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn on_disk_the_chain_equals_a_replay_after_every_operation(ops in operations(40)) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let open = || DiskStore::open(dir.path()).expect("a sound store");
        World::new(open(), |store| {
            drop(store);
            open()
        })
        .run(&ops);
    }
}

#[test]
fn random_operations_reach_deep_reorganisations_and_every_refusal() {
    let mut draws = ChaCha8Rng::seed_from_u64(1);
    let (mut reorganisations, mut deepest) = (0, 0);
    let mut refusals = BTreeSet::new();
    for _ in 0..100 {
        let mut bytes = [0; 4 * 60];
        draws.fill_bytes(&mut bytes);
        let ops: Vec<Op> = bytes
            .chunks_exact(4)
            .map(|op| op.try_into().expect("four"))
            .collect();
        let seen = World::new(MemStore::new(), |store| store).run(&ops);
        reorganisations += seen.reorganisations;
        deepest = deepest.max(seen.deepest);
        refusals.extend(seen.refusals.into_keys());
    }
    assert!(reorganisations > 50, "{reorganisations} reorganisations");
    assert!(deepest >= 3, "at most {deepest} deep");
    let expected = [
        "CoinbaseAmount",
        "CoinbaseHeight",
        "InvalidAncestor",
        "KnownInvalid",
        "Locked",
        "MerkleRoot",
        "MissingOrSpent",
        "OutputsExceedInputs",
        "RepeatedTail",
        "Signature",
        "UnknownParent",
        "WrongOwner",
    ];
    assert_eq!(Vec::from_iter(&refusals), expected);
}
