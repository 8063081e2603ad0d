//! One direction of a connection that is carried.

use super::event::{ProxyEnd, Teller};
use crate::bitcoin::Network;
use crate::bitcoin::passing::{Handshake, PassedMessage, Passing, Piece, PieceKind, Way};
use crate::live::bend::Bend;
use crate::node::Time;
use bytes::{Bytes, BytesMut};
use std::io;
use std::sync::{Mutex, OnceLock, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Bytes of one read.
const READ_BYTES: usize = 64 * 1024;

/// Bytes that are written at one go, if so many have arrived.
const WRITE_BYTES: usize = 64 * 1024;

/// Room in the link for what one read can bring, and for as much as lies before and behind it.
const ROOM: usize = READ_BYTES + WRITE_BYTES + 2 * READ_BYTES;

/// What both directions of a connection have in common.
pub(super) struct Talk<'a> {
    id: u64,
    teller: &'a Teller,
    handshake: Mutex<Handshake>,
    /// What came first of all that ends it.
    end: OnceLock<ProxyEnd>,
}

/// One of them.
pub(super) struct Direction<'a> {
    way: Way,
    source: OwnedReadHalf,
    sink: OwnedWriteHalf,
    passing: Passing,
    bend: Bend<Passes>,
    read: BytesMut,
    /// What has arrived and is next to be written, and which messages end in it.
    arrived: Vec<u8>,
    messages: Vec<Passed>,
    /// The end has come: no more is read.
    is_over: bool,
    /// The end has arrived.
    end: Option<Ending>,
    is_encrypted: bool,
    talk: &'a Talk<'a>,
}

/// What is on its way.
pub(super) enum Passes {
    Bytes(Bytes),
    /// The last bytes of a message.
    Message(Bytes, Passed),
    End(Ending),
}

/// A message, all of it if it passed in one piece, and when it was sent.
pub(super) struct Passed {
    pub(super) message: PassedMessage,
    pub(super) whole: Bytes,
    pub(super) sent: Time,
}

/// How a stream ends; in the error's words, if it broke.
pub(super) type Ending = Option<String>;

impl<'a> Talk<'a> {
    pub(super) fn new(id: u64, teller: &'a Teller) -> Self {
        Self {
            id,
            teller,
            handshake: Mutex::default(),
            end: OnceLock::new(),
        }
    }

    /// Why it is over; `last`: what was seen last.
    pub(super) fn ended_by(self, last: Option<ProxyEnd>) -> ProxyEnd {
        let first = self.end.into_inner().or(last);
        first.unwrap_or(ProxyEnd::Closed(Way::There))
    }

    fn ends_by(&self, end: ProxyEnd) {
        // What follows from it comes later.
        let _ = self.end.set(end);
    }

    fn passed(&self, way: Way, messages: impl Iterator<Item = Passed>) {
        // No panic can leave it half changed.
        let handshake = |message: &PassedMessage| {
            let shared = self.handshake.lock();
            let mut handshake = shared.unwrap_or_else(PoisonError::into_inner);
            handshake.passed(way, message)
        };
        self.teller.passed((self.id, way), messages, handshake);
    }
}

impl<'a> Direction<'a> {
    pub(super) fn new(
        (way, network): (Way, Network),
        (source, sink): (OwnedReadHalf, OwnedWriteHalf),
        bend: Bend<Passes>,
        talk: &'a Talk<'a>,
    ) -> Self {
        Self {
            way,
            source,
            sink,
            passing: Passing::new(network),
            bend,
            read: BytesMut::with_capacity(READ_BYTES),
            arrived: Vec::new(),
            messages: Vec::new(),
            is_over: false,
            end: None,
            is_encrypted: false,
            talk,
        }
    }

    /// Carries all that comes, and its end.
    ///
    /// # Errors
    /// The node from which this comes is gone, or the link was cut: so the connection is over, both ways.
    pub(super) async fn carry_all(&mut self) -> Result<(), ProxyEnd> {
        loop {
            self.bend.catch_up();
            // It may be open again by now; what it held is gone, and so must the connection be.
            if self.bend.is_severed() {
                return Err(ProxyEnd::Cut);
            }
            self.take_arrived();
            if !self.arrived.is_empty() {
                if let Err(error) = self.write_out().await {
                    // What the other node has still said comes the other way, and its end behind it.
                    let gone = ProxyEnd::Broke(self.way.opposite(), error.to_string());
                    self.talk.ends_by(gone);
                    return Ok(());
                }
                continue;
            }
            match self.end.take() {
                None => self.moves().await,
                Some(None) => {
                    // If it is gone, that comes the other way.
                    let _ = self.sink.shutdown().await;
                    return Ok(());
                }
                Some(Some(error)) => return Err(ProxyEnd::Broke(self.way, error)),
            }
        }
    }

    /// Waits for more of the socket, or for the link.
    async fn moves(&mut self) {
        let may_read = !self.is_over && self.bend.has_room_for(ROOM);
        tokio::select! {
            read = self.source.read_buf(&mut self.read), if may_read => self.came(&read),
            () = self.bend.moves() => {}
        }
    }

    fn came(&mut self, read: &io::Result<usize>) {
        let now = self.talk.teller.clock.now();
        if let Ok(1..) = read {
            self.passing.push(&self.read);
            self.read.clear();
            while let Some(piece) = self.passing.next_piece() {
                self.enter(piece, now);
            }
            return self.look_whether_encrypted();
        }
        while let Some(piece) = self.passing.rest() {
            self.enter(piece, now);
        }
        self.is_over = true;
        let broke = read.as_ref().err().map(ToString::to_string);
        self.talk.ends_by(match broke.clone() {
            None => ProxyEnd::Closed(self.way),
            Some(error) => ProxyEnd::Broke(self.way, error),
        });
        match self.bend.is_bent() {
            true => self.bend.push(0, Passes::End(broke)),
            false => self.end = Some(broke),
        }
    }

    /// A piece begins its way.
    fn enter(&mut self, piece: Piece, now: Time) {
        let mut bytes = piece.bytes;
        let whole = bytes.clone();
        let is_bent = self.bend.is_bent();
        // A narrow link takes them smaller.
        while is_bent && bytes.len() > self.bend.piece() {
            let part = bytes.split_to(self.bend.piece());
            self.bend.push(part.len(), Passes::Bytes(part));
        }
        let len = bytes.len();
        let passes = match piece.kind {
            PieceKind::Message(message) => {
                let sent = now;
                Passes::Message(
                    bytes,
                    Passed {
                        message,
                        whole,
                        sent,
                    },
                )
            }
            PieceKind::Part | PieceKind::Encrypted => Passes::Bytes(bytes),
        };
        match is_bent {
            true => self.bend.push(len, passes),
            false => self.arrive(passes),
        }
    }

    fn arrive(&mut self, passes: Passes) {
        match passes {
            Passes::Bytes(bytes) => self.arrived.extend_from_slice(&bytes),
            Passes::Message(bytes, passed) => {
                self.arrived.extend_from_slice(&bytes);
                self.messages.push(passed);
            }
            Passes::End(end) => self.end = Some(end),
        }
    }

    /// What has passed the link is next to be written.
    fn take_arrived(&mut self) {
        while self.arrived.len() < WRITE_BYTES
            && let Some(passes) = self.bend.pop()
        {
            self.arrive(passes);
        }
    }

    async fn write_out(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.arrived).await?;
        self.arrived.clear();
        if !self.messages.is_empty() {
            self.talk.passed(self.way, self.messages.drain(..));
        }
        Ok(())
    }

    fn look_whether_encrypted(&mut self) {
        if let (false, Some(why)) = (self.is_encrypted, self.passing.unreadable()) {
            self.is_encrypted = true;
            let teller = self.talk.teller;
            teller.encrypted(self.talk.id, self.way, why.to_string());
        }
    }
}
