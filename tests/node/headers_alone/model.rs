//! A light node's tip is a full node's, whatever comes in whatever order: both are handed the same
//! blocks, one their headers and the other all of them.

use super::stage::light;
use crate::common::*;
use chainlab::chain::headers::Origin;
use chainlab::chain::{Block, BlockHash};
use chainlab::node::MemStore;
use chainlab::node::chainstate::{ChainChange, TipChange};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::Arc;

const SEEDS: u64 = 20;
const STEPS: usize = 150;

/// Branches that are grown: so few that they overtake each other.
const BRANCHES: usize = 4;

/// Both say the same of one move of the tip.
fn agree(full: &ChainChange, light: &TipChange) {
    let of_full = |blocks: &[Arc<Block>]| blocks.iter().map(|b| b.hash()).collect::<Vec<_>>();
    let of_light = |ids: &[chainlab::node::BlockId]| -> Vec<BlockHash> {
        ids.iter().map(|id| id.hash).collect()
    };
    assert_eq!(full.fork, light.fork);
    assert_eq!(of_full(&full.disconnected), of_light(&light.disconnected));
    assert_eq!(of_full(&full.connected), of_light(&light.connected));
}

#[test]
fn blocks_of_rival_branches_move_a_light_tip_as_they_move_a_full_one() {
    let (params, mut reorganised) = (params(), 0);
    for seed in 0..SEEDS {
        let mut draws = ChaCha8Rng::seed_from_u64(seed);
        let mut draw = |below: usize| draws.next_u32() as usize % below;
        let (mut full, mut light_one) = (new_chain(&params), light(MemStore::new(), &params));
        let mut miners: Vec<Miner> = (0..BRANCHES)
            .map(|tag| Miner::new(&params).rival(tag as u64))
            .collect();
        for step in 0..STEPS {
            let at = draw(BRANCHES);
            if draw(12) == 0 {
                miners[at] = miners[draw(BRANCHES)].rival(100 * (step as u64 + 1) + at as u64);
            }
            let block = miners[at].mine(Vec::new());
            let taken = accept(&mut full, &block).expect("valid");
            let run = [*block.header()];
            let followed = light_one.accept_headers(Origin::Peer(1), &run, LATE);
            let followed = followed.expect("in memory");
            assert_eq!(followed.refused, None, "seed {seed}, step {step}");
            assert_eq!(light_one.tip(), full.tip(), "seed {seed}, step {step}");
            assert_eq!(light_one.tree().side_len(), full.tree().side_len());
            assert_eq!(taken.change.is_some(), followed.change.is_some());
            if let Some((of_full, of_light)) = taken.change.zip(followed.change) {
                reorganised += usize::from(!of_light.disconnected.is_empty());
                agree(&of_full, &of_light);
            }
            if draw(20) == 0 {
                full = open(full.into_store(), &params);
                light_one = light(light_one.into_store(), &params);
                assert_eq!(light_one.tip(), full.tip(), "seed {seed}, after a restart");
            }
        }
    }
    assert!(reorganised > 100, "{reorganised} reorganisations");
}
