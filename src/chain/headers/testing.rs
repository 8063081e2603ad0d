//! Headers that are solved for real, for tests of this floor.

use crate::chain::block::{BlockTime, HEADER_VERSION, Header, Midstate};
use crate::chain::cursor::Cursor;
use crate::chain::hash::MerkleRoot;
use crate::chain::params::{Params, Retarget};
use crate::chain::pow::CompactTarget;

const EASY: CompactTarget = CompactTarget(0x207f_ffff);
/// Long after every header of a test.
pub(in crate::chain) const LATE: BlockTime = BlockTime(4_000_000_000_000);

/// Every second hash meets the target.
pub(in crate::chain) fn easy_params() -> Params {
    Params {
        block_interval_ms: 1_000,
        future_drift_ms: 2_000,
        retarget: Retarget::Fixed,
        genesis_bits: EASY,
        limit_bits: EASY,
        ..Params::default()
    }
}

/// A branch of `len` headers above `cursor`; branches with different tags differ.
pub(in crate::chain) fn branch(
    cursor: &mut Cursor,
    params: &Params,
    len: usize,
    tag: u8,
) -> Vec<Header> {
    let mut headers = Vec::with_capacity(len);
    for _ in 0..len {
        let mut header = Header {
            version: HEADER_VERSION,
            previous: cursor.hash,
            merkle_root: MerkleRoot([tag; 32]),
            time: cursor.time.saturating_add_ms(1_000),
            bits: cursor.next_bits(params),
            nonce: 0,
        };
        let target = header.bits.to_target().expect("a target");
        let mut midstate = Midstate::new(&header);
        header.nonce = (0..)
            .find(|nonce| target.is_met_by(&midstate.hash(*nonce)))
            .expect("soon");
        cursor.advance(&header, header.hash(), params);
        headers.push(header);
    }
    headers
}
