//! What is held in memory, and what hostile bytes can make a decoder allocate, counted by the
//! allocator.

use crate::common::*;
use crate::{MEMORY, TURN};
use chainlab::chain::codec::{self, MAX_LEN};
use chainlab::chain::coins::Undo;
use chainlab::chain::headers::HeaderTree;
use chainlab::chain::{Block, BlockFilter, Header, Tx};
use chainlab::node::message::Proofs;

use serde::de::DeserializeOwned;

const MIB: usize = 1024 * 1024;

/// The most that `work` had allocated at any moment, and what its result still has, in bytes.
fn allocated<T>(work: impl FnOnce() -> T) -> (usize, usize, T) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let result = work();
    let (peak, after) = (MEMORY.peak_usage(), MEMORY.current_usage());
    (peak - before, after.saturating_sub(before), result)
}

#[test]
fn the_tree_of_ten_thousand_headers_is_below_four_megabytes() {
    let _turn = TURN.blocking_lock();
    let params = params();
    let blocks = Miner::new(&params).mine_empty(10_000);
    let (peak, held, tree) = allocated(|| {
        let mut tree = HeaderTree::new(&params);
        let mut tip = tree.genesis();
        for block in &blocks {
            let len = u32::try_from(block.encoded_len()).expect("small");
            let restored = tree.restore(block.header(), &params, len, false);
            tip = restored.expect("fits on the one before");
        }
        tree.set_tip(tip);
        tree
    });
    println!("10 000 headers: {held} bytes, {peak} while they were loaded");
    assert_eq!(tree.len(), 10_001);
    assert!(held < 4_000_000, "{held} bytes");
}

/// Decodes bytes as everything that comes from outside, and returns the most that one of it
/// allocated.
fn worst(bytes: &[u8]) -> usize {
    fn peak<T: DeserializeOwned>(bytes: &[u8]) -> usize {
        allocated(|| codec::decode::<T>(bytes, MAX_LEN)).0
    }
    [
        peak::<Block>(bytes),
        peak::<Tx>(bytes),
        peak::<Vec<Header>>(bytes),
        peak::<Undo>(bytes),
        peak::<BlockFilter>(bytes),
        peak::<Proofs>(bytes),
    ]
    .into_iter()
    .max()
    .expect("not empty")
}

/// What a decode may have allocated at any moment; `codec` says why.
fn bound(len: usize) -> usize {
    codec::MAX_GROWTH * len + 2 * MIB
}

#[test]
fn no_bytes_make_a_decoder_allocate_beyond_its_bound() {
    let _turn = TURN.blocking_lock();
    let mut highest: f64 = 0.0;
    for bytes in hostile() {
        let (peak, bound) = (worst(&bytes), bound(bytes.len()));
        highest = highest.max(peak as f64 / bound as f64);
        assert!(peak <= bound, "{peak} bytes for {} of input", bytes.len());
    }
    println!("the worst decode took {highest:.2} of the bound");
}

/// Counts that promise more than follows, at every level, over bodies of every length; and bodies
/// that hold what was promised, in the elements that are smallest encoded.
fn hostile() -> impl Iterator<Item = Vec<u8>> {
    let lens = [0, 8, 88, 96, 1_000, 44_000, MIB, 3 * MIB, 5 * MIB, MAX_LEN];
    let counts = |len: usize| {
        let fits = [1, 24, 28, 33, 72, 88, 133].map(|size| (len / size) as u64);
        fits.into_iter()
            .chain([1, 1 << 16, 1 << 32, 1 << 60, u64::MAX])
    };
    let filled = move |len: usize| {
        counts(len).flat_map(move |count| [0_u8, 1, 0xff].map(|fill| claim(count, len, fill)))
    };
    lens.into_iter()
        .flat_map(filled)
        .chain(nested())
        .chain(full())
}

/// A header, a count, and `len` bytes in all; the same count at the start, where a transaction or
/// a list of headers has its own, and where one of proofs has.
fn claim(count: u64, len: usize, fill: u8) -> Vec<u8> {
    let mut bytes = vec![fill; len];
    for at in [0, 4, 41, 88] {
        if let Some(place) = bytes.get_mut(at..at + 8) {
            place.copy_from_slice(&count.to_le_bytes());
        }
    }
    bytes
}

/// Blocks of transactions whose last one claims endless inputs or outputs, after as many honest
/// empty ones as fit.
fn nested() -> impl Iterator<Item = Vec<u8>> {
    let sizes = [10, 1_000, 18_725, 37_449, 299_594, 340_000];
    sizes.into_iter().flat_map(|empty: usize| {
        [1 << 32, 1 << 60]
            .into_iter()
            .flat_map(move |claimed: u64| {
                let honest = empty_txs(empty as u64 + 1, empty);
                let inputs = [&honest[..], &[0; 4], &claimed.to_le_bytes()].concat();
                let outputs = [&honest[..], &[0; 12], &claimed.to_le_bytes()].concat();
                let fill = |mut bytes: Vec<u8>| {
                    bytes.resize(MAX_LEN, 0);
                    bytes
                };
                [fill(inputs), fill(outputs)]
            })
    })
}

/// Blocks that hold all that they claim: as many empty transactions as make the list grow once
/// more, at every size where it does.
fn full() -> impl Iterator<Item = Vec<u8>> {
    let preallocated = MIB / size_of::<Tx>();
    (0..5).flat_map(move |doublings| {
        let brim = preallocated << doublings;
        let counts = [brim, brim + 1].into_iter();
        counts
            .filter(|count| 96 + 24 * count <= MAX_LEN)
            .map(|count| empty_txs(count as u64, count))
    })
}

/// The start of a block that claims `claimed` transactions, and `count` empty ones.
fn empty_txs(claimed: u64, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; 88 + 8 + 24 * count];
    bytes[88..96].copy_from_slice(&claimed.to_le_bytes());
    bytes
}
