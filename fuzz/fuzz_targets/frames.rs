//! Whatever bytes arrive, in whatever pieces, a connection's frames are read or refused; and what
//! is read encodes to the bytes that came.

#![no_main]

use bytes::BytesMut;
use chainlab::chain::Params;
use chainlab::chain::hash::sha256d;
use chainlab::live::wire::{AHEAD_BYTES, FrameError, Frames};
use chainlab::node::message::{FRAME_HEADER_LEN, Kind, Message, PROTOCOL};
use libfuzzer_sys::fuzz_target;
use std::sync::{Arc, LazyLock};
use tokio_util::codec::Decoder;

/// The frames of a network, and what they begin with.
static NETWORK: LazyLock<(Frames, [u8; 4])> = LazyLock::new(|| {
    let params = Params::default();
    let network = params.genesis_block().hash();
    let [a, b, c, d, ..] = network.0;
    (Frames::new(Arc::new(params), network), [a, b, c, d])
});

/// The bytes as they are, or as the payloads of frames that are whole but for their payload: else
/// nearly all would end at the magic.
fn stream(choice: u8, bytes: &[u8]) -> Vec<u8> {
    let Some(kind) = Kind::ALL.get(usize::from(choice % 32)) else {
        return bytes.to_vec();
    };
    let (command, mut stream) = (kind.name(), Vec::new());
    for payload in bytes.split(|byte| *byte == 0xa5) {
        let mut name = [0; 12];
        name[..command.len()].copy_from_slice(command.as_bytes());
        stream.extend_from_slice(&NETWORK.1);
        stream.extend_from_slice(&name);
        stream.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
        stream.extend_from_slice(&sha256d(payload)[..4]);
        stream.extend_from_slice(payload);
    }
    stream
}

/// Of such a `version` what is not known here is passed over.
fn is_of_later_protocol(message: &Message) -> bool {
    matches!(message, Message::Version(version) if version.protocol > PROTOCOL)
}

fuzz_target!(|input: (u8, u8, Vec<u8>)| {
    let (choice, piece, bytes) = input;
    let stream = stream(choice, &bytes);
    let mut frames = NETWORK.0.clone();
    let (mut buffer, mut read) = (BytesMut::new(), 0);
    for piece in stream.chunks(usize::from(piece) + 1) {
        buffer.extend_from_slice(piece);
        loop {
            match frames.decode(&mut buffer) {
                Ok(Some((message, len))) => {
                    let mut again = Vec::new();
                    frames.append(&message, &mut again);
                    if !is_of_later_protocol(&message) {
                        assert_eq!(again, &stream[read..read + len]);
                        assert_eq!(message.wire_len(), len);
                    }
                    read += len;
                }
                Ok(None) => break,
                Err(FrameError::Io(_)) => unreachable!("there is no connection"),
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.len() < 1_000 && !words.contains('\n'), "{words}");
                    return;
                }
            }
        }
        assert!(buffer.capacity() <= 2 * stream.len() + 2 * AHEAD_BYTES + FRAME_HEADER_LEN);
    }
});
