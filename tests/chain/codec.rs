//! Bytes from anywhere: decoding answers, never panics, and accepts nothing that does not encode
//! to the very same bytes. What a decode may allocate is counted in tests/memory/chain.rs.

use crate::common::*;
use chainlab::chain::coins::Undo;
use chainlab::chain::merkle::MerkleProof;
use chainlab::chain::{Block, BlockFilter, Coin, Header, Params, Tx, codec, rules};
use chainlab::node::{BlockId, HeaderRecord};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Decodes as `T`; what is accepted must encode to the same bytes.
fn round<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value = codec::decode(bytes, codec::MAX_LEN).ok()?;
    assert_eq!(codec::encode(&value), bytes);
    assert_eq!(codec::encoded_len(&value), bytes.len());
    Some(value)
}

/// As everything that is ever decoded, and through the checks that decoded values meet first.
fn round_as_all(bytes: &[u8]) {
    if let Some(tx) = round::<Tx>(bytes) {
        assert_eq!(tx.encoded_len(), bytes.len());
        let _ = rules::check_tx(&tx);
    }
    if let Some(block) = round::<Block>(bytes) {
        assert_eq!(block.encoded_len(), bytes.len());
        let _ = rules::check_block(&block, &params());
    }
    if let Some(header) = round::<Header>(bytes) {
        assert_eq!(header.to_bytes(), bytes);
        let _ = header.meets_target();
    }
    if let Some(params) = round::<Params>(bytes)
        && params.validate().is_ok()
    {
        params.genesis_block();
    }
    round::<Vec<Header>>(bytes);
    round::<HeaderRecord>(bytes);
    round::<BlockId>(bytes);
    round::<Undo>(bytes);
    round::<Coin>(bytes);
    round::<MerkleProof>(bytes);
    round::<BlockFilter>(bytes);
}

/// Encodings of one of each, to be mutated.
fn samples() -> Vec<Vec<u8>> {
    let params = params();
    let spend = genesis_coin(&params, ALICE);
    let mut miner = Miner::new(&params);
    let tx = pay(&params, ALICE, &[spend], &[(BOB, 1), (ALICE, 2)]);
    let block = miner.mine(vec![tx.clone()]);
    let undo = Undo {
        spent: vec![spend.1; 3],
    };
    let proof = MerkleProof::new(block.txids(), 1).expect("two transactions");
    let record = HeaderRecord {
        header: *block.header(),
        body_len: 7,
        failed: true,
    };
    vec![
        codec::encode(&tx),
        codec::encode(&block),
        codec::encode(block.header()),
        codec::encode(&vec![*block.header(); 3]),
        codec::encode(&record),
        codec::encode(&undo),
        codec::encode(&spend.1),
        codec::encode(&proof),
        codec::encode(&params),
        codec::encode(&BlockFilter::of(&block)),
    ]
}

#[test]
fn every_sample_decodes_as_what_it_is() {
    let accepted = |bytes: &Vec<u8>| {
        round_as_all(bytes);
        round::<Tx>(bytes).is_some()
            || round::<Block>(bytes).is_some()
            || round::<Header>(bytes).is_some()
            || round::<Vec<Header>>(bytes).is_some()
            || round::<HeaderRecord>(bytes).is_some()
            || round::<Undo>(bytes).is_some()
            || round::<Coin>(bytes).is_some()
            || round::<MerkleProof>(bytes).is_some()
            || round::<Params>(bytes).is_some()
            || round::<BlockFilter>(bytes).is_some()
    };
    assert!(samples().iter().all(accepted));
}

proptest! {
    #[test]
    fn arbitrary_bytes_decode_to_themselves_or_not_at_all(
        bytes in prop::collection::vec(any::<u8>(), 0..600)
    ) {
        round_as_all(&bytes);
    }

    #[test]
    fn a_changed_encoding_decodes_to_itself_or_not_at_all(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        cut_it in prop::bool::weighted(0.2),
    ) {
        let samples = samples();
        let mut bytes = which.get(&samples).clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut_it {
            bytes.truncate(cut.index(bytes.len()));
        }
        round_as_all(&bytes);
    }
}
