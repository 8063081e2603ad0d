use super::*;
use crate::chain::coins::OutPoint;
use crate::chain::hash::Txid;
use crate::chain::key::{PublicKey, Signature};
use crate::chain::params::Allocation;
use crate::chain::tx::{TX_VERSION, TxIn, TxOut};
use crate::chain::{Amount, codec};

const BLOCK: BlockHash = BlockHash([7; 32]);

fn owner(of: u32) -> KeyHash {
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&of.to_be_bytes());
    KeyHash(bytes)
}

fn pays(of: u32) -> TxOut {
    let amount = Amount::from_coins(1).unwrap();
    TxOut {
        amount,
        owner: owner(of),
    }
}

fn spends(key: u8) -> TxIn {
    TxIn {
        outpoint: OutPoint {
            txid: Txid([key; 32]),
            index: 0,
        },
        key: PublicKey([key; 33]),
        signature: Signature::NONE,
    }
}

fn block(others: Vec<Tx>) -> Block {
    let genesis = Params::default().genesis_block();
    let coinbase = Tx::coinbase(1, vec![pays(1)], [0; 64]);
    let txs = [vec![coinbase], others].concat();
    Block::new(*genesis.header(), txs)
}

fn tx(inputs: Vec<TxIn>, outputs: Vec<TxOut>) -> Tx {
    Tx {
        version: TX_VERSION,
        inputs,
        outputs,
        lock_time: 0,
    }
}

/// `count` payments, each by a key of its own to an owner of its own, with change to the payer.
fn payments(count: u8) -> Vec<Tx> {
    let payment = |n: u8| {
        let change = TxOut {
            owner: spends(n).key.hash(),
            ..pays(0)
        };
        tx(vec![spends(n)], vec![pays(1_000 + u32::from(n)), change])
    };
    (0..count).map(payment).collect()
}

fn refused(bytes: &[u8]) -> CodedSetError {
    BlockFilter::from_bytes(bytes).expect_err("not a filter")
}

#[test]
fn a_filter_has_owners_and_spenders_once_each_but_no_key_of_a_coinbase() {
    let twice = tx(vec![spends(4), spends(4)], vec![pays(2), pays(3), pays(2)]);
    let block = block(vec![twice]);
    let filter = BlockFilter::of(&block);
    assert_eq!(filter.len(), 4, "1, 2, 3, and the key that spends");
    let is_in = |owner| filter.matches_any(&block.hash(), &[owner]);
    assert!([1, 2, 3].map(owner).into_iter().all(is_in));
    assert!(is_in(spends(4).key.hash()));
    assert!(!is_in(PublicKey::NONE.hash()));
    assert!(!is_in(owner(4)));
    assert!(!filter.matches_any(&block.hash(), &[]));
}

#[test]
fn one_wanted_owner_among_many_is_enough() {
    let block = block(payments(100));
    let filter = BlockFilter::of(&block);
    let others: Vec<KeyHash> = (10_000..10_500).map(owner).collect();
    assert!(!filter.matches_any(&block.hash(), &others));
    for one in (1_000..1_100).map(owner) {
        let wanted = [&others[..250], &[one], &others[250..]].concat();
        assert!(filter.matches_any(&block.hash(), &wanted));
    }
}

#[test]
fn a_filter_asked_about_another_block_says_nothing() {
    let block = block(payments(100));
    let filter = BlockFilter::of(&block);
    let owners: Vec<KeyHash> = (1_000..1_100).map(owner).collect();
    assert!(!filter.matches_any(&BLOCK, &owners));
}

#[test]
fn an_empty_block_takes_four_bytes_and_one_with_a_hundred_payments_half_a_kilobyte() {
    let empty = BlockFilter::of(&block(Vec::new()));
    assert_eq!((empty.len(), empty.bytes().len()), (1, 4));
    let hundred = BlockFilter::of(&block(payments(100)));
    let len = hundred.bytes().len();
    assert_eq!(hundred.len(), 201);
    assert!((500..570).contains(&len), "{len} bytes");
}

#[test]
fn a_block_without_outputs_has_an_empty_filter() {
    let filter = BlockFilter::of(&Params::default().genesis_block());
    assert!(filter.is_empty());
    assert_eq!(filter.bytes(), [0]);
    assert!(!filter.matches_any(&BLOCK, &[owner(1)]));
    assert_eq!(BlockFilter::from_bytes(&[0]), Ok(filter));
}

#[test]
fn a_filter_is_read_back_alone_and_in_a_message() {
    let filter = BlockFilter::of(&block(payments(100)));
    assert_eq!(BlockFilter::from_bytes(filter.bytes()), Ok(filter.clone()));
    let encoded = codec::encode(&vec![filter.clone(); 2]);
    assert_eq!(encoded.len(), 8 + 2 * (8 + filter.bytes().len()));
    let decoded = codec::decode(&encoded, codec::MAX_LEN);
    assert_eq!(decoded, Ok(vec![filter.clone(); 2]));
    let json = serde_json::to_string(&filter).unwrap();
    assert_eq!(serde_json::from_str::<BlockFilter>(&json).unwrap(), filter);
}

#[test]
fn what_is_no_filter_is_refused_where_it_is_decoded() {
    let encoded = codec::encode(&vec![1_u8, 0, 0]);
    let refused = codec::decode::<BlockFilter>(&encoded, codec::MAX_LEN);
    let said = refused.expect_err("too short for an element").to_string();
    assert!(said.contains("1 elements never take 2 bytes"), "{said}");
}

#[test]
fn a_count_has_one_form() {
    assert_eq!(refused(&[]), CodedSetError::NoCount);
    for short in [&[0xfd, 1][..], &[0xfe, 0, 0, 1], &[0xff; 8]] {
        assert_eq!(refused(short), CodedSetError::NoCount, "{short:?}");
    }
    for long in [
        &[0xfd, 0xfc, 0][..],
        &[0xfe, 0xff, 0xff, 0, 0],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0],
    ] {
        assert_eq!(refused(long), CodedSetError::LongForm, "{long:?}");
    }
}

#[test]
fn more_elements_than_a_block_holds_or_the_bytes_have_are_refused_unread() {
    let most = ELEMENTS_MAX;
    let more = [&[0xfe][..], &(most + 1).to_le_bytes()].concat();
    let said = u64::from(most) + 1;
    assert_eq!(refused(&more), CodedSetError::TooMany { said, most });
    let said = u64::MAX;
    assert_eq!(refused(&[0xff; 9]), CodedSetError::TooMany { said, most });
    let full = [&[0xfe][..], &most.to_le_bytes()].concat();
    let length = CodedSetError::Length {
        said: most,
        bytes: 0,
    };
    assert_eq!(refused(&full), length);
}

#[test]
fn an_empty_set_has_nothing_behind_its_count() {
    let length = CodedSetError::Length { said: 0, bytes: 1 };
    assert_eq!(refused(&[0, 0]), length);
}

#[test]
fn the_only_element_of_a_set_is_below_m_and_has_zeros_behind_it() {
    let read = |bytes: [u8; 3]| {
        let [a, b, c] = bytes;
        BlockFilter::from_bytes(&[1, a, b, c])
    };
    assert_eq!(read([0, 0, 0]).unwrap().len(), 1);
    assert!(read([0x7f, 0xff, 0xf0]).is_ok(), "2^19 - 1");
    assert_eq!(read([0x7f, 0xff, 0xf8]), Err(CodedSetError::Padding));
    // The greatest number is M - 1 = 2^19 + 260 642: one, zero, the rest in 19 bits.
    assert!(read([0x9f, 0xd1, 0x10]).is_ok(), "M - 1");
    assert_eq!(read([0x9f, 0xd1, 0x18]), Err(CodedSetError::OutOfRange));
    assert_eq!(read([0xff, 0xff, 0xff]), Err(CodedSetError::Short));
    assert_eq!(read([0xf8, 0, 0]), Err(CodedSetError::Short));
}

#[test]
fn bytes_behind_the_last_element_are_refused() {
    let filter = BlockFilter::of(&block(payments(100)));
    let mut longer = filter.bytes().to_vec();
    for left in 1..4 {
        longer.push(0);
        assert_eq!(refused(&longer), CodedSetError::Rest(left));
    }
    let shorter = &filter.bytes()[..filter.bytes().len() - 1];
    assert_eq!(refused(shorter), CodedSetError::Short);
}

#[test]
fn the_smallest_part_of_a_block_that_brings_an_element_is_an_output() {
    let len = |tx: &Tx| tx.encoded_len();
    let bare = len(&tx(Vec::new(), Vec::new()));
    assert_eq!(
        len(&tx(Vec::new(), vec![pays(1)])) - bare,
        OUTPUT_LEN as usize
    );
    assert!(len(&tx(vec![spends(1)], Vec::new())) - bare > OUTPUT_LEN as usize);
}

#[test]
fn the_largest_block_of_outputs_has_a_filter_within_the_bounds() {
    let coinbase = Tx::coinbase(1, Vec::new(), [0; 64]);
    let bare = Block::new(*block(Vec::new()).header(), vec![coinbase]);
    let outputs =
        (*BLOCK_BYTES_RANGE.end() - u32::try_from(bare.encoded_len()).unwrap()) / OUTPUT_LEN;
    let full = Tx::coinbase(1, (0..outputs).map(pays).collect(), [0; 64]);
    let full = Block::new(*bare.header(), vec![full]);
    assert!(full.encoded_len() <= *BLOCK_BYTES_RANGE.end() as usize);
    let filter = BlockFilter::of(&full);
    assert_eq!(filter.len(), outputs);
    assert!(outputs <= ELEMENTS_MAX && outputs + 10 > ELEMENTS_MAX);
    assert!(filter.bytes().len() as u64 <= FILTER_BYTES_MAX);
    assert_eq!(FILTER_BYTES_MAX, 383_882);
    assert_eq!(BlockFilter::from_bytes(filter.bytes()), Ok(filter));
}

#[test]
fn the_bound_of_a_network_follows_its_blocks_and_its_genesis_block() {
    let given = Allocation {
        owner: owner(1),
        amount: Amount::from_coins(1).unwrap(),
    };
    let small = Params {
        max_block_bytes: 1_000,
        ..Params::default()
    };
    let with_genesis = Params {
        genesis: vec![given; GENESIS_ALLOCATIONS_MAX],
        ..small.clone()
    };
    // 35 elements, the greatest of which is 52 times 2^19 and something.
    assert_eq!(filter_bytes_max(&small), 1 + (35 * 20 + 52) / 8);
    assert_eq!(filter_bytes_max(&with_genesis), longest(10_000));
    assert!(filter_bytes_max(&Params::default()) < FILTER_BYTES_MAX);
}

#[test]
fn filter_headers_commit_to_every_filter_before() {
    let filters = [0, 1, 2].map(|count| BlockFilter::of(&block(payments(count))));
    let chain = |filters: &[&BlockFilter]| {
        let mut headers = filters.iter();
        headers.try_fold(FilterHeader::ZERO, |previous, filter| {
            Some(filter.header(previous))
        })
    };
    let [a, b, c] = &filters;
    let bytes = [a.hash().0, [0; 32]].concat();
    assert_eq!(chain(&[a]), Some(FilterHeader(sha256d(&bytes))));
    assert_ne!(chain(&[a, b, c]), chain(&[b, a, c]));
    assert_ne!(chain(&[a, b, c]), chain(&[a, c]));
}
