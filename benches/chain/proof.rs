//! What a light node's answers cost it, and what its questions cost a full one.

use crate::ratio::{Harness, Target, timed};
use crate::scene::{Payments, decoded};
use chainlab::chain::filter::CodedSet;
use chainlab::chain::hash::sha256d;
use chainlab::chain::merkle::{MerkleProof, MerkleTree};
use chainlab::chain::rules::check_proof;
use chainlab::chain::{Block, BlockFilter, BlockHash, KeyHash};
use chainlab::node::prover::{BYTES_FOR_A_LOOK, OWNERS_FOR_A_LOOK, concerns, looks_at};
use std::hint::black_box;
use std::time::Duration;

/// A proof of one of so many payments is checked.
const PAYMENTS: usize = 2_000;

/// Times for one figure: one alone is shorter than what a clock adds.
const TIMES: u32 = 100;

/// What a full node takes for one look.
const LOOK: Duration = Duration::from_micros(5);

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

/// What a full node does for addresses, beside what it charges for it.
pub fn looks(harness: &mut Harness) {
    for parties in [2, 200, 5_000] {
        let bytes = filter_of(parties);
        let filter = BlockFilter::from_bytes(&bytes).expect("a filter");
        let name = format!("hold a filter of {parties} owners against {OWNERS_FOR_A_LOOK}");
        let looks = looks_at(&filter, OWNERS_FOR_A_LOOK);
        figure(harness, &name, looks, &mut || each(|| holds(&bytes)));
    }
    for payments in [0, harness.size(PAYMENTS, 40)] {
        let bytes = Payments::new(payments).block();
        let name = format!("read a block of {payments} payments for {OWNERS_FOR_A_LOOK}");
        let looks = bytes.len().div_ceil(BYTES_FOR_A_LOOK);
        figure(harness, &name, looks, &mut || reads(&bytes));
    }
}

/// A time beside what so many looks are charged for.
fn figure(harness: &mut Harness, name: &str, looks: usize, side: &mut dyn FnMut() -> Duration) {
    let charged = LOOK * u32::try_from(looks).expect("few");
    let [ours, limit] = harness.interleave(9, [side, &mut || charged]);
    let beside = format!("{looks} looks");
    harness.report(name, &ours, (&beside, &limit), Target::TimesAtMost(1.5));
}

/// Addresses of which a filter has none, in their order.
fn strangers() -> Vec<KeyHash> {
    let numbers = 0..u8::try_from(OWNERS_FOR_A_LOOK).expect("few");
    numbers.map(|nth| KeyHash([nth; 20])).collect()
}

/// As it is stored, of so many owners that no one asks for.
fn filter_of(parties: u32) -> Vec<u8> {
    let owner = |nth: u32| {
        let mut owner = [0xff; 20];
        owner[..4].copy_from_slice(&nth.to_le_bytes());
        owner
    };
    let set = CodedSet::new(&BlockHash::ZERO, (0..parties).map(owner));
    set.bytes().to_vec()
}

fn holds(bytes: &[u8]) {
    let filter = BlockFilter::from_bytes(black_box(bytes)).expect("a filter");
    black_box(filter.matches_any(&BlockHash::ZERO, &strangers()));
}

/// Decodes, as from a disk, and looks at each transaction, with a tree for proofs.
fn reads(bytes: &[u8]) -> Duration {
    let owners = strangers();
    let (time, _) = timed(|| {
        let block = decoded(bytes);
        let found = block.txs().iter().filter(|tx| concerns(tx, &owners));
        black_box((found.count(), MerkleTree::new(block.txids())))
    });
    time
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
