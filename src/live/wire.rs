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
//! The bytes come from strangers. They are judged in this order, each as soon as it can be: magic,
//! command, length, checksum, payload. A length is compared with what its command may have before
//! anything is done about it, and claims no memory: room is made for what has arrived and for
//! [`AHEAD_BYTES`] more. Any error ends the connection; there is no way to find the next frame.

use crate::bitcoin::wire::{CommandName, FrameHeader, HeaderError};
use crate::chain::{BlockHash, Params};
use crate::node::message::{FRAME_HEADER_LEN, Kind, Message, MessageError};
use bytes::{Buf, BytesMut};
use std::io;
use std::sync::Arc;
use thiserror::Error;
use tokio_util::codec::{Decoder, Encoder};

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
    header: FrameHeader,
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
        let command = CommandName::new(message.command());
        header.copy_from_slice(&FrameHeader::bytes_for(self.magic, command, payload));
    }

    /// The header that these bytes begin with, if it is all there.
    fn read_header(&self, bytes: &[u8]) -> Result<Option<Pending>, FrameError> {
        let Some(header) = FrameHeader::read(bytes, self.magic)? else {
            return Ok(None);
        };
        let command = header.command.as_str();
        let kind = Kind::from_name(command);
        let kind = kind.ok_or_else(|| FrameError::Unknown(command.to_owned()))?;
        let (len, max) = (header.len, kind.max_len(&self.params));
        match len <= max {
            true => Ok(Some(Pending { kind, header })),
            false => Err(FrameError::TooLong { kind, len, max }),
        }
    }
}

impl From<HeaderError> for FrameError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Magic { got, expected } => Self::Magic { got, expected },
            HeaderError::Command(bytes) => Self::Command(bytes.escape_ascii().to_string()),
        }
    }
}

/// What every frame of a network begins with.
fn magic(network: BlockHash) -> [u8; 4] {
    let [a, b, c, d, ..] = network.0;
    [a, b, c, d]
}

impl Decoder for Frames {
    /// A message, with the bytes of its frame.
    type Item = (Message, usize);
    type Error = FrameError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, FrameError> {
        if self.pending.is_none() {
            self.pending = self.read_header(src)?;
            if self.pending.is_none() {
                return Ok(None);
            }
            src.advance(FRAME_HEADER_LEN);
        }
        let Some(pending) = self
            .pending
            .take_if(|pending| pending.header.len <= src.len())
        else {
            let missing = self
                .pending
                .as_ref()
                .map_or(0, |p| p.header.len - src.len());
            src.reserve(missing.min(AHEAD_BYTES));
            return Ok(None);
        };
        let payload = src.split_to(pending.header.len);
        if !pending.header.is_of(&payload) {
            return Err(FrameError::Checksum(pending.kind));
        }
        let message = Message::decode(pending.kind, &payload, &self.params)?;
        if src.is_empty() && payload.len() > KEPT_BYTES {
            *src = BytesMut::new();
        }
        Ok(Some((message, FRAME_HEADER_LEN + pending.header.len)))
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
