//! Whatever happens to a node, in whatever order, it keeps its contract. The fuzz target of this
//! name does the same for longer.

mod common;

use chainlab::node::SyncMethod;
use common::node_ops::Scene;
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
    for seed in 0..runs {
        println!("seed {seed}");
        let mut bytes = vec![0; 4 * OPS];
        ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut bytes);
        let method = match seed % 3 {
            0 => SyncMethod::BlocksFirst,
            _ => SyncMethod::HeadersFirst,
        };
        Scene::new(method).run(&bytes);
    }
}
