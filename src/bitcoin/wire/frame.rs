//! Messages as they stand in a stream of bytes.
//!
//! ```text
//! magic     4   which network
//! command  12   ASCII, filled up with zeros
//! length    4   of the payload, little-endian
//! checksum  4   the first bytes of SHA256(SHA256(payload))
//! payload
//! ```
//!
//! The bytes come from anyone, and are judged in this order, each as soon as it can be. A length claims
//! no memory. Any error ends the connection: there is no way to find the next message.

use super::kind::Kind;
use crate::chain::hash::sha256d;
pub use crate::node::message::FRAME_HEADER_LEN;
use bytes::{Buf, Bytes, BytesMut};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use thiserror::Error;

/// Bytes of a command with its filling.
const COMMAND_LEN: usize = 12;

/// What a message's payload may be at most, as in Bitcoin Core (`MAX_PROTOCOL_MESSAGE_LENGTH`).
pub const PAYLOAD_MAX: usize = 4_000_000;

/// Bytes that an empty buffer may keep.
const KEPT_BYTES: usize = 64 * 1024;

/// What a message is called on the wire: letters, at most twelve.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandName([u8; COMMAND_LEN]);

/// A message, not yet looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub command: CommandName,
    /// What it says.
    pub payload: Bytes,
}

/// Why bytes are no header of a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Another network, or no node at all.
    #[error("the first bytes are {got:02x?}, on this network they are {expected:02x?}")]
    Magic {
        /// What came.
        got: [u8; 4],
        /// What each message here begins with.
        expected: [u8; 4],
    },
    /// The command is not visible characters and then zeros.
    #[error("the name of a message is malformed: {0:02x?}")]
    Command([u8; COMMAND_LEN]),
}

/// Why bytes are no messages of this network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// They begin as none does.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Longer than such a message can be.
    #[error("{command} of {len} bytes: at most {max} are allowed")]
    TooLong {
        /// What it was to be.
        command: CommandName,
        /// Bytes of payload that were claimed.
        len: usize,
        /// Bytes that it may have.
        max: usize,
    },
    /// The payload is not what was sent.
    #[error("{0}: the checksum does not match")]
    Checksum(CommandName),
}

/// Reads the messages of one direction of a connection.
#[derive(Clone, Debug)]
pub struct Frames {
    magic: [u8; 4],
    buffer: BytesMut,
    /// A message whose payload is on its way.
    pending: Option<FrameHeader>,
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the message is.
    pub command: CommandName,
    /// Bytes of its payload, as it is claimed: up to 4 GB.
    pub len: usize,
    /// The first bytes of its payload's hash, as it is claimed.
    pub checksum: [u8; 4],
}

impl CommandName {
    /// From a name.
    ///
    /// # Panics
    /// If it has more than twelve bytes.
    pub fn new(name: &str) -> Self {
        let mut bytes = [0; COMMAND_LEN];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Self(bytes)
    }

    /// From what stands in a frame.
    fn from_wire(bytes: [u8; COMMAND_LEN]) -> Result<Self, HeaderError> {
        let len = bytes.iter().position(|b| *b == 0).unwrap_or(COMMAND_LEN);
        let (name, filling) = bytes.split_at(len);
        let is_plain = name.iter().all(u8::is_ascii_graphic) && !name.is_empty();
        match is_plain && filling.iter().all(|b| *b == 0) {
            true => Ok(Self(bytes)),
            false => Err(HeaderError::Command(bytes)),
        }
    }

    /// As people write it.
    pub fn as_str(&self) -> &str {
        let name = self.0.split(|b| *b == 0).next().unwrap_or_default();
        str::from_utf8(name).expect("a name is ASCII")
    }
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl Serialize for CommandName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CommandName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let fits = name.len() <= COMMAND_LEN && name.bytes().all(|b| b.is_ascii_graphic());
        match fits && !name.is_empty() {
            true => Ok(Self::new(&name)),
            false => Err(de::Error::custom(
                "a message has a name of at most 12 letters",
            )),
        }
    }
}

impl Frames {
    /// Of a network whose messages begin with this.
    pub fn new(magic: [u8; 4]) -> Self {
        Self {
            magic,
            buffer: BytesMut::new(),
            pending: None,
        }
    }

    /// Takes bytes that came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message that is complete; `None`: more has to come.
    ///
    /// # Errors
    /// [`FrameError`]; what is left means nothing then.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let Some(pending) = self.pending()? else {
            return Ok(None);
        };
        if self.buffer.len() < pending.len {
            return Ok(None);
        }
        self.pending = None;
        let payload = self.buffer.split_to(pending.len).freeze();
        self.let_go();
        if !pending.is_of(&payload) {
            return Err(FrameError::Checksum(pending.command));
        }
        Ok(Some(Frame {
            command: pending.command,
            payload,
        }))
    }

    /// Bytes that wait for others.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// The header of the message that comes next, once it is there.
    fn pending(&mut self) -> Result<Option<FrameHeader>, FrameError> {
        if self.pending.is_none() {
            let Some(header) = FrameHeader::read(&self.buffer, self.magic)? else {
                return Ok(None);
            };
            let kind = Kind::from_name(header.command.as_str());
            header.is_within(kind.map_or(PAYLOAD_MAX, Kind::max_len))?;
            self.buffer.advance(FRAME_HEADER_LEN);
            self.pending = Some(header);
        }
        Ok(self.pending)
    }

    /// A large message leaves no large buffer behind.
    fn let_go(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BYTES {
            self.buffer = BytesMut::new();
        }
    }
}

impl FrameHeader {
    /// Reads the header that these bytes begin with; `None`: more has to come.
    ///
    /// # Errors
    /// Another magic, or a malformed name. The length is not judged.
    pub fn read(bytes: &[u8], magic: [u8; 4]) -> Result<Option<Self>, HeaderError> {
        if let Some(got) = bytes.first_chunk().copied()
            && got != magic
        {
            let expected = magic;
            return Err(HeaderError::Magic { got, expected });
        }
        let header = bytes.first_chunk::<FRAME_HEADER_LEN>();
        header.map(Self::of).transpose()
    }

    fn of(header: &[u8; FRAME_HEADER_LEN]) -> Result<Self, HeaderError> {
        let (mut command, mut len, mut checksum) = ([0; COMMAND_LEN], [0; 4], [0; 4]);
        command.copy_from_slice(&header[4..16]);
        len.copy_from_slice(&header[16..20]);
        checksum.copy_from_slice(&header[20..]);
        Ok(Self {
            command: CommandName::from_wire(command)?,
            len: usize::try_from(u32::from_le_bytes(len)).unwrap_or(usize::MAX),
            checksum,
        })
    }

    /// Whether a payload is the one that is claimed.
    pub fn is_of(&self, payload: &[u8]) -> bool {
        payload.len() == self.len && sha256d(payload)[..4] == self.checksum
    }

    /// The bytes of the header of a payload.
    pub fn bytes_for(
        magic: [u8; 4],
        command: CommandName,
        payload: &[u8],
    ) -> [u8; FRAME_HEADER_LEN] {
        let mut header = [0; FRAME_HEADER_LEN];
        let len = u32::try_from(payload.len()).expect("no message is that long");
        header[..4].copy_from_slice(&magic);
        header[4..16].copy_from_slice(&command.0);
        header[16..20].copy_from_slice(&len.to_le_bytes());
        header[20..].copy_from_slice(&sha256d(payload)[..4]);
        header
    }

    /// Insists that the payload has at most so many bytes.
    ///
    /// # Errors
    /// It has more.
    pub fn is_within(&self, max: usize) -> Result<(), FrameError> {
        let Self { command, len, .. } = *self;
        match len <= max {
            true => Ok(()),
            false => Err(FrameError::TooLong { command, len, max }),
        }
    }
}

impl Frame {
    /// As it stands in a stream.
    pub fn to_bytes(&self, magic: [u8; 4]) -> Bytes {
        let mut bytes = BytesMut::with_capacity(FRAME_HEADER_LEN + self.payload.len());
        let header = FrameHeader::bytes_for(magic, self.command, &self.payload);
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&self.payload);
        bytes.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::Network;

    const MAGIC: [u8; 4] = Network::Regtest.params().magic;

    fn frame(command: &str, payload: &'static [u8]) -> Frame {
        Frame {
            command: CommandName::new(command),
            payload: Bytes::from_static(payload),
        }
    }

    /// What a stream says that comes in pieces of this length.
    fn read(stream: &[u8], piece: usize) -> Result<Vec<Frame>, FrameError> {
        let (mut frames, mut all) = (Frames::new(MAGIC), Vec::new());
        for piece in stream.chunks(piece) {
            frames.push(piece);
            while let Some(frame) = frames.next_frame()? {
                all.push(frame);
            }
        }
        Ok(all)
    }

    #[test]
    fn messages_are_read_in_whatever_pieces_they_come() {
        let sent = [
            frame("ping", &[1; 8]),
            frame("verack", &[]),
            frame("futuremsg123", b"later"),
        ];
        let stream: Vec<u8> = sent
            .iter()
            .flat_map(|frame| frame.to_bytes(MAGIC))
            .collect();
        for piece in [1, 7, 24, 1_000] {
            assert_eq!(read(&stream, piece).unwrap(), sent);
        }
        // BIP 14's page has this one, of another network.
        assert_eq!(
            sent[1].to_bytes(MAGIC)[16..],
            [0, 0, 0, 0, 0x5d, 0xf6, 0xe0, 0xe2]
        );
    }

    #[test]
    fn what_is_no_message_is_refused_as_soon_as_it_shows() {
        let good = frame("ping", &[1; 8]).to_bytes(MAGIC);
        let bent = |at: usize, to: u8| {
            let mut stream = good.to_vec();
            stream[at] = to;
            read(&stream, 5).unwrap_err().to_string()
        };
        assert!(bent(0, 0x16).starts_with("the first bytes are [16, bf, b5, da]"));
        assert!(bent(4, 0x1b).starts_with("the name of a message is malformed"));
        assert!(bent(14, b'x').starts_with("the name of a message is malformed"));
        assert_eq!(bent(18, 1), "ping of 65544 bytes: at most 8 are allowed");
        assert_eq!(bent(30, 0), "ping: the checksum does not match");
    }
}
