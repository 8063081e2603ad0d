//! What the claim of a frame's length makes the reader of frames hold.

use crate::common::raw::{frame, sum};
use crate::common::*;
use crate::{MEMORY, TURN};
use bytes::{Buf, BytesMut};
use chainlab::live::wire::{AHEAD_BYTES, FrameError, Frames};
use chainlab::node::message::Kind;
use std::sync::Arc;
use tokio_util::codec::Decoder;
#[test]
fn a_claimed_length_is_given_no_memory() {
    let _turn = TURN.blocking_lock();
    let network = network(&params());
    let magic = network.0[..4].try_into().expect("four bytes");
    let claim = |command: &[u8; 12], len: u32| {
        let mut header = BytesMut::from(&frame(magic, command, len, sum(&[]), &[])[..]);
        let mut frames = Frames::new(Arc::new(params()), network);
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let outcome = frames.decode(&mut header);
        (MEMORY.peak_usage().saturating_sub(before), outcome, header)
    };
    // The test harness allocates too, so the least of several counts.
    let least = |command: &[u8; 12], len: u32| {
        let tries = (0..50).map(|_| claim(command, len).0);
        tries.min().expect("fifty")
    };
    let block = b"block\0\0\0\0\0\0\0";
    let max = Kind::Block.max_len(&params());
    let max = u32::try_from(max).expect("small");
    let (_, outcome, _) = claim(block, max + 1);
    assert!(matches!(outcome, Err(FrameError::TooLong { .. })));
    for len in [max + 1, 1 << 30, u32::MAX] {
        let bytes = least(block, len);
        assert!(bytes < 1_024, "a claim of {len} took {bytes} bytes");
    }
    let (_, outcome, buffer) = claim(block, max);
    assert!(outcome.expect("possible").is_none());
    assert_eq!(buffer.remaining(), 0);
    let bytes = least(block, max);
    assert!(
        bytes < 2 * AHEAD_BYTES,
        "a claim of {max} took {bytes} bytes"
    );
}
