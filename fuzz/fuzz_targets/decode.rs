//! Whatever bytes arrive, decoding answers; and what it accepts encodes to the same bytes again.

#![no_main]

use chainlab::chain::coins::Undo;
use chainlab::chain::{
    Block, BlockFilter, Coin, Header, Params, Tx, codec, merkle::MerkleProof,
};
use chainlab::node::HeaderRecord;
use chainlab::node::message::{FRAME_HEADER_LEN, Kind, Message, PROTOCOL, Proofs};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

const MAX: usize = 1_000_000;

fn round<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = codec::decode(bytes, MAX).ok()?;
    assert_eq!(codec::encode(&value), bytes);
    assert_eq!(codec::encoded_len(&value), bytes.len());
    Some(value)
}

/// Any message, by its command and its payload.
fn message(bytes: &[u8]) {
    let Some((kind, payload)) = bytes.split_first() else {
        return;
    };
    let kind = Kind::ALL[usize::from(*kind) % Kind::ALL.len()];
    let Ok(message) = Message::decode(kind, payload, &Params::default()) else {
        return;
    };
    let _ = message.summary().fields();
    // Of such a `version` what is not known here is passed over.
    if matches!(&message, Message::Version(version) if version.protocol > PROTOCOL) {
        return;
    }
    let mut again = Vec::new();
    message.encode_into(&mut again);
    assert_eq!(again, payload);
    assert_eq!(message.wire_len(), FRAME_HEADER_LEN + payload.len());
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % 11 {
        0 => {
            if let Some(tx) = round::<Tx>(bytes) {
                assert_eq!(tx.encoded_len(), bytes.len());
                let _ = chainlab::chain::rules::check_tx(&tx);
            }
        }
        1 => {
            if let Some(block) = round::<Block>(bytes) {
                assert_eq!(block.encoded_len(), bytes.len());
                let _ = chainlab::chain::rules::check_block(&block, &Params::default());
            }
        }
        2 => {
            if let Some(header) = round::<Header>(bytes) {
                assert_eq!(header.to_bytes(), bytes);
                let _ = header.meets_target();
            }
        }
        3 => drop(round::<Vec<Header>>(bytes)),
        4 => drop(round::<HeaderRecord>(bytes)),
        5 => drop(round::<Undo>(bytes)),
        6 => drop(round::<MerkleProof>(bytes)),
        7 => {
            if let Ok(filter) = BlockFilter::from_bytes(bytes) {
                assert_eq!(filter.bytes(), bytes);
                round::<BlockFilter>(&codec::encode(&filter)).expect("was written here");
            }
        }
        8 => drop(round::<Proofs>(bytes)),
        9 => message(bytes),
        _ => {
            let _ = round::<Coin>(bytes);
            if let Some(params) = round::<Params>(bytes)
                && params.validate().is_ok()
            {
                params.genesis_block();
            }
        }
    }
});
