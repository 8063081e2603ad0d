//! Messages as bytes, and back.
//!
//! ```text
//! magic     4   the first bytes of the genesis hash: another network shows at once
//! command  12   ASCII, filled up with zeros
//! length    4   of the payload, little-endian
//! checksum  4   the first bytes of SHA256(SHA256(payload))
//! payload
//! ```
//!
//! The bytes come from anybody. They are judged in this order, each as soon as it can be: magic,
//! command, length, checksum, payload. A length is compared with what its command may have before
//! anything is done about it, and claims no memory: room is made for what has arrived and for
//! [`AHEAD_BYTES`] more. Any error ends the connection; there is no way to find the next frame.

use crate::chain::hash::sha256d;
use crate::chain::{BlockHash, Params};
use crate::node::message::{FRAME_HEADER_LEN, Kind, Message, MessageError};
use bytes::{Buf, BytesMut};
use std::io;
use std::sync::Arc;
use thiserror::Error;
use tokio_util::codec::{Decoder, Encoder};

/// Bytes of a command with its filling, as in Bitcoin.
const COMMAND_LEN: usize = 12;

/// Room made for bytes that have not arrived: enough for one read of a fast connection.
pub const AHEAD_BYTES: usize = 64 * 1024;

/// What an empty buffer may keep; a lab has thousands of them, and large messages are rare.
const KEPT_BYTES: usize = 64 * 1024;

/// Why bytes are not a frame.
#[derive(Debug, Error)]
pub enum FrameError {
    /// Another network, or no node at all.
    #[error("the first bytes are {got:02x?}, on this network they are {expected:02x?}")]
    Magic {
        /// What came.
        got: [u8; 4],
        /// What every frame here begins with.
        expected: [u8; 4],
    },
    /// The command is not letters and then zeros.
    #[error("the command is malformed: {0:?}")]
    Command(String),
    /// No such command.
    #[error("unknown message {0:?}")]
    Unknown(String),
    /// Longer than such a message can be.
    #[error("{kind} of {len} bytes: at most {max} are allowed")]
    TooLong {
        /// What it was to be.
        kind: Kind,
        /// Bytes of payload that were claimed.
        len: usize,
        /// Bytes that it may have.
        max: usize,
    },
    /// The payload is not what was sent.
    #[error("{0}: the checksum does not match")]
    Checksum(Kind),
    /// The payload is not such a message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads and writes the frames of one direction of a connection. It remembers a frame's header
/// while the payload is on its way, so a direction that reads needs one for itself.
#[derive(Clone, Debug)]
pub struct Frames {
    params: Arc<Params>,
    magic: [u8; 4],
    pending: Option<Pending>,
}

/// A frame whose header has come and was found good.
#[derive(Clone, Debug)]
struct Pending {
    kind: Kind,
    len: usize,
    checksum: [u8; 4],
}

impl Frames {
    /// For the network with these parameters, whose genesis block has this hash.
    pub fn new(params: Arc<Params>, network: BlockHash) -> Self {
        Self {
            params,
            magic: magic(network),
            pending: None,
        }
    }

    /// Whether a header has come and its payload has not.
    pub fn is_amid_frame(&self) -> bool {
        self.pending.is_some()
    }

    /// Appends `message` as a frame.
    pub fn append(&self, message: &Message, sink: &mut Vec<u8>) {
        let start = sink.len();
        sink.extend_from_slice(&[0; FRAME_HEADER_LEN]);
        message.encode_into(sink);
        let (header, payload) = sink[start..].split_at_mut(FRAME_HEADER_LEN);
        let len = u32::try_from(payload.len()).expect("no message is that long");
        let command = message.command().as_bytes();
        header[..4].copy_from_slice(&self.magic);
        header[4..4 + command.len()].copy_from_slice(command);
        header[16..20].copy_from_slice(&len.to_le_bytes());
        header[20..].copy_from_slice(&checksum(payload));
    }

    fn read_header(&self, mut header: &[u8]) -> Result<Pending, FrameError> {
        let mut take = |len| header.split_off(..len).expect("a whole header");
        let four = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).expect("four bytes");
        let got = four(take(4));
        if got != self.magic {
            let expected = self.magic;
            return Err(FrameError::Magic { got, expected });
        }
        let command = read_command(take(COMMAND_LEN))?;
        let Some(kind) = Kind::from_name(&command) else {
            return Err(FrameError::Unknown(command));
        };
        let len = usize::try_from(u32::from_le_bytes(four(take(4)))).unwrap_or(usize::MAX);
        let checksum = four(take(4));
        match kind.max_len(&self.params) {
            max if len > max => Err(FrameError::TooLong { kind, len, max }),
            _ => Ok(Pending {
                kind,
                len,
                checksum,
            }),
        }
    }
}

/// What every frame of a network begins with.
fn magic(network: BlockHash) -> [u8; 4] {
    let [a, b, c, d, ..] = network.0;
    [a, b, c, d]
}

fn checksum(payload: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = sha256d(payload);
    [a, b, c, d]
}

fn read_command(bytes: &[u8]) -> Result<String, FrameError> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (name, filling) = bytes.split_at(end.unwrap_or(bytes.len()));
    let is_sound = !name.is_empty()
        && name.iter().all(u8::is_ascii_graphic)
        && filling.iter().all(|byte| *byte == 0);
    let text: String = bytes.escape_ascii().to_string();
    if is_sound {
        Ok(name.iter().map(|byte| char::from(*byte)).collect())
    } else {
        Err(FrameError::Command(text))
    }
}

impl Decoder for Frames {
    /// A message, with the bytes of its frame.
    type Item = (Message, usize);
    type Error = FrameError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, FrameError> {
        if self.pending.is_none() {
            let Some(header) = src.get(..FRAME_HEADER_LEN) else {
                return Ok(None);
            };
            self.pending = Some(self.read_header(header)?);
            src.advance(FRAME_HEADER_LEN);
        }
        let Some(pending) = self.pending.take_if(|pending| pending.len <= src.len()) else {
            let missing = self.pending.as_ref().map_or(0, |p| p.len - src.len());
            src.reserve(missing.min(AHEAD_BYTES));
            return Ok(None);
        };
        let payload = src.split_to(pending.len);
        if checksum(&payload) != pending.checksum {
            return Err(FrameError::Checksum(pending.kind));
        }
        let message = Message::decode(pending.kind, &payload, &self.params)?;
        if src.is_empty() && payload.len() > KEPT_BYTES {
            *src = BytesMut::new();
        }
        Ok(Some((message, FRAME_HEADER_LEN + pending.len)))
    }
}

impl Encoder<&Message> for Frames {
    type Error = FrameError;

    fn encode(&mut self, message: &Message, dst: &mut BytesMut) -> Result<(), FrameError> {
        let mut frame = Vec::with_capacity(message.wire_len());
        self.append(message, &mut frame);
        dst.extend_from_slice(&frame);
        Ok(())
    }
}
