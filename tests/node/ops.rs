//! Whatever happens to a node, in whatever order, it keeps its contract. The fuzz target of this
//! name does the same for longer.

use crate::common::node_ops::{Reached, Scene};
use chainlab::node::SyncMethod;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Runs of [`OPS`] operations; more with this variable.
const RUNS: u64 = 60;
const RUNS_VAR: &str = "CHAINLAB_NODE_RUNS";
const OPS: usize = 300;

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "a test may be told how long to run"
)]
fn arbitrary_inputs_never_break_a_node() {
    let runs = std::env::var(RUNS_VAR).map_or(RUNS, |runs| runs.parse().expect("a number"));
    let mut best = Reached::default();
    for seed in 0..runs {
        println!("seed {seed}");
        let mut bytes = vec![0; 4 * OPS];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        let method = match seed % 3 {
            0 => SyncMethod::BlocksFirst,
            _ => SyncMethod::HeadersFirst,
        };
        let reached = Scene::new(method).run(&bytes);
        best.height = best.height.max(reached.height);
        best.ready = best.ready.max(reached.ready);
        best.mempool = best.mempool.max(reached.mempool);
        best.reorganised |= reached.reorganised;
    }
    let came_far = best.height > 10 && best.ready > 2 && best.mempool > 1 && best.reorganised;
    assert!(came_far, "{best:?}");
}
