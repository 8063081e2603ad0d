//! Filters of blocks: nothing that is in one is ever missed, what is not hardly ever matches, and bytes from
//! anywhere are one filter or none.

use crate::common::*;
use chainlab::chain::filter::{CodedSet, FILTER_BYTES_MAX, M, longest};
use chainlab::chain::{Block, BlockFilter, BlockHash, FilterHeader, KeyHash, Params, codec};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::BTreeSet;

const BLOCK: BlockHash = BlockHash([7; 32]);

/// A chain of three blocks above the genesis block: empty, one payment, two.
fn blocks(params: &Params) -> Vec<Block> {
    let alice = genesis_coin(params, ALICE);
    let bob = genesis_coin(params, BOB);
    let to_carol = pay(params, ALICE, &[alice], &[(CAROL, 3), (ALICE, 6)]);
    let to_alice = pay(params, BOB, &[bob], &[(ALICE, 4), (BOB, 5)]);
    let mut miner = Miner::new(params);
    let empty = miner.mine(Vec::new());
    vec![
        empty,
        miner.mine(vec![to_carol]),
        miner.mine(vec![to_alice]),
    ]
}

fn is_in(block: &Block, actor: u8) -> bool {
    let filter = BlockFilter::of(block);
    filter.matches_any(&block.hash(), &[owner(actor)])
}

#[test]
fn a_block_matches_whom_it_pays_and_whose_coins_it_spends() {
    let params = params();
    let actors = [ALICE, BOB, CAROL, MINER];
    let genesis = actors.map(|actor| is_in(&params.genesis_block(), actor));
    assert_eq!(genesis, [true, true, false, false]);
    let [empty, carols, alices] = &blocks(&params)[..] else {
        panic!("three blocks");
    };
    assert_eq!(
        actors.map(|actor| is_in(empty, actor)),
        [false, false, false, true]
    );
    assert_eq!(
        actors.map(|actor| is_in(carols, actor)),
        [true, false, true, true]
    );
    assert_eq!(
        actors.map(|actor| is_in(alices, actor)),
        [true, true, false, true]
    );
}

#[test]
fn a_payer_without_change_is_in_the_filter_by_the_key_alone() {
    let params = params();
    let coin = genesis_coin(&params, ALICE);
    let all = pay(&params, ALICE, &[coin], &[(CAROL, 9)]);
    let block = Miner::new(&params).mine(vec![all]);
    assert!(is_in(&block, ALICE) && is_in(&block, CAROL));
    assert!(!is_in(&block, BOB));
}

#[test]
fn a_body_that_leaves_the_payment_out_has_another_filter_and_another_header() {
    let params = params();
    let blocks = blocks(&params);
    let mut fork = Miner::new(&params);
    let others = [fork.mine(Vec::new()), fork.mine(Vec::new())];
    let genesis = BlockFilter::of(&params.genesis_block()).header(FilterHeader::ZERO);
    let tip = |blocks: &[Block]| {
        let filters = blocks.iter().map(BlockFilter::of);
        filters.fold(genesis, |header, filter| filter.header(header))
    };
    assert_eq!(tip(&blocks[..1]), tip(&others[..1]), "the same block");
    assert_ne!(tip(&blocks[..2]), tip(&others));
}

/// Twenty million questions about what is in no set.
#[test]
fn one_in_m_that_is_not_in_a_set_matches_all_the_same() {
    let mut rng = ChaCha8Rng::seed_from_u64(158);
    let mut random = || rng.next_u64().to_le_bytes();
    let elements: Vec<[u8; 8]> = (0..100).map(|_| random()).collect();
    let mut matches: u64 = 0;
    for _ in 0..20_000 {
        let mut block = BlockHash::ZERO;
        block.0[..8].copy_from_slice(&random());
        let set = CodedSet::new(&block, &elements);
        // Strings of another length are others.
        let wanted = (0..1_000_u64).map(|n| [n, n].map(u64::to_le_bytes).concat());
        matches += u64::from(set.matches_any(&block, wanted));
    }
    let expected = 20_000 * 1_000 / M;
    println!("{matches} of 20 million matched, {expected} were expected");
    assert!((expected / 2..expected * 2).contains(&matches), "{matches}");
}

/// What is read is written the same, and is no longer than it may be.
fn round(bytes: &[u8], most: u32) -> Option<CodedSet> {
    let read = CodedSet::from_bytes(bytes, most).ok()?;
    assert_eq!(read.bytes(), bytes);
    assert!(read.len() <= most);
    assert!(bytes.len() as u64 <= longest(read.len()));
    // It can be asked, whatever it is.
    let _ = read.matches_any(&BLOCK, [[1], [2]]);
    if let Ok(filter) = BlockFilter::from_bytes(bytes) {
        let encoded = codec::encode(&filter);
        assert_eq!(codec::decode(&encoded, codec::MAX_LEN), Ok(filter));
    }
    Some(read)
}

fn strings(most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..most)
}

proptest! {
    #[test]
    fn whatever_is_in_a_set_is_found_in_it_alone_and_among_others(
        hash in any::<[u8; 32]>(),
        elements in strings(300),
        others in strings(50),
        at in any::<prop::sample::Index>(),
    ) {
        let block = BlockHash(hash);
        let set = CodedSet::new(&block, &elements);
        let distinct: BTreeSet<_> = elements.iter().filter(|one| !one.is_empty()).collect();
        prop_assert_eq!(set.len() as usize, distinct.len());
        for one in &distinct {
            prop_assert!(set.matches_any(&block, [one]));
        }
        if !elements.is_empty() {
            let one = at.get(&elements);
            let wanted = others.iter().chain([one]).chain(&others);
            prop_assert!(one.is_empty() || set.matches_any(&block, wanted));
        }
        let none: [&[u8]; 2] = [&[], &[]];
        prop_assert!(!set.matches_any(&block, none));
    }

    #[test]
    fn a_set_is_the_same_in_any_order_and_is_read_back(
        hash in any::<[u8; 32]>(),
        mut elements in strings(300),
    ) {
        let block = BlockHash(hash);
        let set = CodedSet::new(&block, &elements);
        prop_assert_eq!(round(set.bytes(), set.len()), Some(set.clone()));
        elements.reverse();
        let twice = elements.iter().chain(&elements);
        prop_assert_eq!(CodedSet::new(&block, twice), set);
    }

    #[test]
    fn any_bytes_are_a_set_that_is_written_the_same_or_none(
        bytes in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        round(&bytes, u32::MAX);
    }

    /// Most counts are refused at once: here they fit the bytes.
    #[test]
    fn any_bytes_behind_a_count_that_fits_are_a_set_that_is_written_the_same_or_none(
        count in 0..80_u8,
        coded in prop::collection::vec(any::<u8>(), 0..220),
    ) {
        let least = usize::from(count) * 20 / 8;
        for len in least..=(least + usize::from(count) / 4).min(coded.len()) {
            round(&[&[count], &coded[..len]].concat(), u32::MAX);
        }
    }

    #[test]
    fn a_changed_set_is_another_or_none(
        elements in strings(300),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let set = CodedSet::new(&BLOCK, &elements);
        let mut bytes = set.bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert_ne!(round(&bytes, u32::MAX), Some(set.clone()));
        prop_assert_eq!(round(&set.bytes()[..cut.index(set.bytes().len())], u32::MAX), None);
    }

    #[test]
    fn a_filter_finds_every_owner_of_any_block(
        owners in prop::collection::vec(any::<[u8; 20]>(), 0..200),
    ) {
        let params = params();
        let owners: Vec<KeyHash> = owners.into_iter().map(KeyHash).collect();
        let block = paying(&params, &owners);
        let filter = BlockFilter::of(&block);
        let found = |owner: &KeyHash| filter.matches_any(&block.hash(), &[*owner]);
        prop_assert!(owners.iter().all(found));
        prop_assert!((filter.bytes().len() as u64) < FILTER_BYTES_MAX);
        prop_assert_eq!(BlockFilter::from_bytes(filter.bytes()), Ok(filter));
    }
}

/// A block whose coinbase pays these owners.
fn paying(params: &Params, owners: &[KeyHash]) -> Block {
    let outputs = owners.iter().map(|owner| chainlab::chain::tx::TxOut {
        amount: units(1),
        owner: *owner,
    });
    let coinbase = chainlab::chain::Tx::coinbase(1, outputs.collect(), [0; 64]);
    Block::new(*params.genesis_block().header(), vec![coinbase])
}
