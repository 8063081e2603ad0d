//! What a light node's answers cost it.

use crate::ratio::{Harness, Target, timed};
use crate::scene::{Payments, decoded};
use chainlab::chain::Block;
use chainlab::chain::hash::sha256d;
use chainlab::chain::merkle::MerkleProof;
use chainlab::chain::rules::check_proof;
use std::hint::black_box;
use std::time::Duration;

/// A proof of one of so many payments is checked.
const PAYMENTS: usize = 2_000;

/// Times for one figure: one alone is shorter than what a clock adds.
const TIMES: u32 = 100;

/// A proof, beside the hashes of its path and nothing else.
pub fn proof(harness: &mut Harness) {
    let payments = Payments::new(harness.size(PAYMENTS, 40));
    let block = decoded(&payments.block());
    let index = u32::try_from(block.txs().len() / 2).expect("few");
    let proof = MerkleProof::new(block.txids(), index).expect("it is there");
    let steps = proof.siblings.len();
    let [ours, hashes] = harness.interleave(
        9,
        [&mut || each(|| checks(&block, &proof)), &mut || {
            each(|| climbs(steps))
        }],
    );
    let name = format!("check a proof of one of {PAYMENTS} payments");
    let beside = format!("{steps} pairs hashed");
    let target = Target::Under(Duration::from_micros(50));
    harness.report(&name, &ours, (&beside, &hashes), target);
}

fn each(mut work: impl FnMut()) -> Duration {
    let (time, ()) = timed(|| (0..TIMES).for_each(|_| work()));
    time / TIMES
}

fn checks(block: &Block, proof: &MerkleProof) {
    let tx = &block.txs()[usize::try_from(proof.index).expect("few")];
    let checked = check_proof(block.header(), black_box(tx), black_box(proof));
    assert_eq!(checked, Ok(()));
}

fn climbs(steps: usize) {
    let mut pair = [7; 64];
    for _ in 0..steps {
        let node = sha256d(black_box(&pair));
        pair[..32].copy_from_slice(&node);
    }
    black_box(pair);
}
