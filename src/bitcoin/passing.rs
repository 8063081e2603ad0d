//! What two nodes say to each other, seen by what stands between them: it passes each direction on in
//! pieces, and tells which messages these are as long as they can be read.
//!
//! The pieces put together are the bytes that came: none is dropped, changed or put elsewhere, whatever
//! they are. A piece has at most [`PIECE_MAX`] bytes. A message that fits is one piece, so a link loses
//! or delays it as a whole. A longer one, up to a block of 4 MB, passes in several, each as soon as it
//! has come, for two reasons:
//!
//! - a link hands a piece over when its last byte has arrived. In one piece a block would come all at
//!   once after all its time on a narrow link, and its receiver, who takes bytes for a sign of life,
//!   would see none until then. The last byte arrives at the same time either way;
//! - what is claimed to come costs no memory: less than a piece of either direction waits for its rest.
//!
//! From the first bytes on that are no message of the network, a direction is *encrypted*: so begins
//! version 2 of the transport (BIP 324), which looks like chance. There is no way to find a message
//! behind that, so it stays so. Nothing is held back then.

use super::network::Network;
use super::wire::{
    CommandName, FRAME_HEADER_LEN, FrameError, FrameHeader, HeaderError, Kind, PAYLOAD_MAX,
};
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The most bytes of a piece: an `inv` of 450 entries, or a twentieth of a second at 3 Mbit/s.
pub const PIECE_MAX: usize = 16 * 1024;

/// A direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From the node that dialled.
    There,
    /// To it.
    Back,
}

impl Way {
    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::There => Self::Back,
            Self::Back => Self::There,
        }
    }
}

/// Bytes that pass as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// As they came; at least one.
    pub bytes: Bytes,
    /// What they are.
    pub kind: PieceKind,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceKind {
    /// A message, or the end of one that came in pieces.
    Message(PassedMessage),
    /// Of a message whose end is still to come, or never came.
    Part,
    /// It could not be read.
    Encrypted,
}

/// A message, of which all has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedMessage {
    /// What it is.
    pub command: CommandName,
    /// Its bytes with those before the payload.
    pub bytes: usize,
}

/// Why a direction cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// It has never been.
    #[error("it is encrypted, or not Bitcoin's protocol")]
    Unknown,
    /// These are messages, but none of this network.
    #[error("these are messages of {0}, and this is {1}")]
    OtherNetwork(Network, Network),
    /// After messages came something else.
    #[error("what follows the messages so far is none: {0}")]
    NoMore(FrameError),
}

/// One direction.
#[derive(Clone, Debug)]
pub struct Passing {
    network: Network,
    /// What came and has not passed: less than a piece once all pieces were taken.
    buffer: BytesMut,
    state: State,
    has_read: bool,
}

#[derive(Clone, Debug)]
enum State {
    /// A header comes next.
    Between,
    /// So many bytes of a message have not passed.
    Within {
        message: PassedMessage,
        left: usize,
    },
    Encrypted(Unreadable),
}

impl Passing {
    /// The beginning of a direction on this network.
    pub fn new(network: Network) -> Self {
        Self {
            network,
            buffer: BytesMut::new(),
            state: State::Between,
            has_read: false,
        }
    }

    /// Takes bytes that came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// What passes next; `None`: more has to come.
    pub fn next_piece(&mut self) -> Option<Piece> {
        if let State::Between = self.state {
            self.begin()?;
        }
        match self.state {
            State::Between => None,
            State::Within { message, left } => self.go_on(message, left),
            State::Encrypted(_) => {
                self.take(self.buffer.len().min(PIECE_MAX), PieceKind::Encrypted)
            }
        }
    }

    /// What is left once no more will come: the beginning of a message, if anything.
    pub fn rest(&mut self) -> Option<Piece> {
        self.next_piece()
            .or_else(|| self.take(self.buffer.len(), PieceKind::Part))
    }

    /// Why it cannot be read, if so.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        match &self.state {
            State::Encrypted(why) => Some(why),
            State::Between | State::Within { .. } => None,
        }
    }

    /// Bytes that wait for others.
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// Reads a header; `None`: it is not all there.
    fn begin(&mut self) -> Option<()> {
        self.state = match self.header() {
            Ok(header) => {
                let bytes = FRAME_HEADER_LEN + header?.len;
                let command = header?.command;
                self.has_read = true;
                State::Within {
                    message: PassedMessage { command, bytes },
                    left: bytes,
                }
            }
            Err(why) => State::Encrypted(why),
        };
        Some(())
    }

    fn header(&self) -> Result<Option<FrameHeader>, Unreadable> {
        let magic = self.network.params().magic;
        // One byte is enough to see that it is none, and must not wait for others then.
        let begun = self.buffer.len().min(magic.len());
        if begun < magic.len() && self.buffer[..begun] != magic[..begun] {
            return Err(Unreadable::Unknown);
        }
        let header = FrameHeader::read(&self.buffer, magic);
        let judged = header.map_err(FrameError::from).and_then(|header| {
            header.map_or(Ok(()), |header| header.is_within(PAYLOAD_MAX))?;
            Ok(header)
        });
        judged.map_err(|error| self.why(error))
    }

    fn why(&self, error: FrameError) -> Unreadable {
        match error {
            error if self.has_read => Unreadable::NoMore(error),
            FrameError::Header(HeaderError::Magic { got, .. }) => {
                let is_its = |network: &Network| network.params().magic == got;
                let other = Network::ALL.into_iter().find(is_its);
                other.map_or(Unreadable::Unknown, |other| {
                    Unreadable::OtherNetwork(other, self.network)
                })
            }
            _ => Unreadable::Unknown,
        }
    }

    fn go_on(&mut self, message: PassedMessage, left: usize) -> Option<Piece> {
        let len = left.min(PIECE_MAX);
        if self.buffer.len() < len {
            return None;
        }
        if len == left {
            self.state = State::Between;
            return self.take(len, PieceKind::Message(message));
        }
        let left = left - len;
        self.state = State::Within { message, left };
        self.take(len, PieceKind::Part)
    }

    fn take(&mut self, len: usize, kind: PieceKind) -> Option<Piece> {
        let bytes = self.buffer.split_to(len).freeze();
        (!bytes.is_empty()).then_some(Piece { bytes, kind })
    }
}

/// How far two nodes are with getting to know each other: each says `verack` once it has heard who the
/// other is, and each has to hear it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    there: bool,
    back: bool,
}

impl Handshake {
    /// A message has passed. Whether the handshake is complete with it.
    pub fn passed(&mut self, way: Way, message: &PassedMessage) -> bool {
        if self.is_complete() || message.command != CommandName::new(Kind::Verack.name()) {
            return false;
        }
        match way {
            Way::There => self.there = true,
            Way::Back => self.back = true,
        }
        self.is_complete()
    }

    /// Whether both have.
    pub fn is_complete(&self) -> bool {
        self.there && self.back
    }
}

#[cfg(test)]
mod tests;
