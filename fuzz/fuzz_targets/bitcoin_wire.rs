//! Whatever bytes arrive on a connection of Bitcoin's, in whatever pieces: messages are read or
//! refused, and what is read is written and read again the same.

#![no_main]

use chainlab::bitcoin::Network;
use chainlab::bitcoin::wire::{CommandName, FRAME_HEADER_LEN, Frame, Frames, Kind, Message};
use libfuzzer_sys::fuzz_target;

const MAGIC: [u8; 4] = Network::Regtest.params().magic;

/// The bytes as they are, or as payloads of messages that are whole: else nearly all would end at the
/// magic.
fn stream(choice: u8, bytes: &[u8]) -> Vec<u8> {
    let Some(kind) = Kind::ALL.get(usize::from(choice % 32)) else {
        return bytes.to_vec();
    };
    let frames = bytes.split(|byte| *byte == 0xa5).map(|payload| Frame {
        command: CommandName::new(kind.name()),
        payload: payload.to_vec().into(),
    });
    frames.flat_map(|frame| frame.to_bytes(MAGIC)).collect()
}

fuzz_target!(|input: (u8, u8, Vec<u8>)| {
    let (choice, piece, bytes) = input;
    let stream = stream(choice, &bytes);
    let (mut frames, mut read) = (Frames::new(MAGIC), 0);
    for piece in stream.chunks(usize::from(piece) + 1) {
        frames.push(piece);
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => {
                    read += FRAME_HEADER_LEN + frame.payload.len();
                    if let Ok(message) = Message::read(&frame) {
                        assert_eq!(Message::read(&message.to_frame()), Ok(message));
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    let words = error.to_string();
                    assert!(words.len() < 300 && !words.contains('\n'), "{words}");
                    return;
                }
            }
        }
        assert!(frames.waiting() <= stream.len() - read);
    }
});
