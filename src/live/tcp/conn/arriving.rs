//! The direction that comes in: bytes of the socket, messages for the node.

use super::socket::{self, BUFFER_BYTES, LINGER};
use crate::chain::codec::MAX_LEN;
use crate::link::Fate;
use crate::live::bend::{Bend, Place};
use crate::live::entry::Entry;
use crate::live::inbox::{Ended, Inbox};
use crate::live::wire::{AHEAD_BYTES, Frames};
use crate::node::io::{ConnId, Input};
use crate::node::message::{Message, Version};
use bytes::BytesMut;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::codec::Decoder;

/// The least room for a read: below that there would be many small ones.
const READ_BYTES: usize = 1024;

/// The shortest time between two signs of life of an incomplete message.
pub(in crate::live::tcp) const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// What the nodes say to each other when their link is cut.
const CUT: &str = "the link was cut";

pub(super) struct Arriving<'a> {
    conn: ConnId,
    /// The other end of the socket.
    addr: SocketAddr,
    /// Where the other node listens, as soon as that is known.
    peer: Option<SocketAddr>,
    place: Place,
    /// Whether the table of links may say something new about the pair.
    changes: watch::Receiver<()>,
    is_unsure: bool,
    inbox: &'a Inbox<Entry>,
    frames: Frames,
    buffer: BytesMut,
    bend: Bend<Heard>,
    /// When the node last heard that bytes of an incomplete message come in.
    said: Instant,
    /// Nothing more is read: the last thing heard is on its way to the node.
    is_over: bool,
}

/// What comes in, with the bend before the node.
enum Heard {
    Message(Message),
    /// Bytes of the message that follows.
    Part,
    /// What came is no message.
    Bad(String),
    /// There is no more.
    End(String),
}

impl<'a> Arriving<'a> {
    pub(super) fn new(
        (conn, addr, peer): (ConnId, SocketAddr, Option<SocketAddr>),
        (inbox, frames): (&'a Inbox<Entry>, Frames),
        place: Place,
    ) -> Self {
        let pair = peer.map(|peer| (peer, place.own));
        let seed = place.seed ^ (2 * conn.0 + 1);
        Self {
            conn,
            addr,
            peer,
            bend: Bend::new(pair, place.clone(), seed),
            changes: place.links.changes(),
            is_unsure: true,
            place,
            inbox,
            frames,
            buffer: BytesMut::with_capacity(BUFFER_BYTES),
            said: Instant::now(),
            is_over: false,
        }
    }

    /// Brings messages to the node until the connection is gone, and says why it is.
    pub(super) async fn read_all(&mut self, stream: &TcpStream) -> Result<String, Ended> {
        loop {
            if self.is_cut() {
                return Ok(CUT.to_owned());
            }
            while let Some(heard) = self.bend.pop() {
                if let Some(why) = self.tell(heard, 0).await? {
                    return Ok(why);
                }
            }
            if self.is_over || !self.bend.has_room() {
                self.bend.moves().await;
                continue;
            }
            match self.frames.decode(&mut self.buffer) {
                Ok(Some((message, len))) => {
                    if let Message::Version(version) = &message {
                        self.met(version);
                    }
                    if let Some(why) = self.message(message, len).await? {
                        return Ok(why);
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => {
                    if let Some(why) = self.hear(Heard::Bad(error.to_string()), 0).await? {
                        return Ok(why);
                    }
                    self.is_over = true;
                    continue;
                }
            }
            self.say_progress().await?;
            if let Some(why) = self.read(stream).await? {
                return Ok(why);
            }
        }
    }

    /// Waits for more of the socket, or for the link.
    async fn read(&mut self, stream: &TcpStream) -> Result<Option<String>, Ended> {
        if self.buffer.capacity() - self.buffer.len() < READ_BYTES {
            self.buffer.reserve(BUFFER_BYTES);
        }
        let read = tokio::select! {
            read = socket::read(stream, &mut self.buffer) => read,
            () = self.bend.moves() => return Ok(None),
        };
        debug_assert!(self.buffer.len() <= 2 * (MAX_LEN + AHEAD_BYTES));
        let why = match read {
            Ok(0) => "the other end closed the connection".to_owned(),
            Ok(_) => return Ok(None),
            Err(error) => error.to_string(),
        };
        self.is_over = true;
        self.hear(Heard::End(why), 0).await
    }

    /// A node that dialled says where it listens. If it is cut off from here, it goes no further.
    fn met(&mut self, version: &Version) {
        let listen = version.listen.filter(|listen| listen.port() != 0);
        let listen = listen.map(|listen| SocketAddr::new(self.addr.ip(), listen.port()));
        self.peer = self.peer.or(listen);
        self.is_unsure = true;
    }

    /// Whether the pair is cut, by now. The table is asked only if it may have a new answer.
    fn is_cut(&mut self) -> bool {
        let is_changed = self.changes.has_changed();
        if !self.is_unsure && !is_changed.expect("the place keeps the table") {
            return false;
        }
        self.is_unsure = false;
        self.changes.mark_unchanged();
        self.peer.is_some_and(|peer| self.place.is_cut_from(peer))
    }

    /// A message has come, of which something may become.
    async fn message(&mut self, message: Message, len: usize) -> Result<Option<String>, Ended> {
        match self.bend.fate(message.kind()) {
            None => self.hear(Heard::Message(message), len).await,
            Some(Fate::Drop) => Ok(None),
            Some(Fate::Delay(held)) => {
                self.enter_link(Heard::Message(message), len, held);
                Ok(None)
            }
            Some(Fate::Repeat) => {
                self.enter_link(Heard::Message(message.clone()), len, Duration::ZERO);
                self.enter_link(Heard::Message(message), len, Duration::ZERO);
                Ok(None)
            }
        }
    }

    /// Something has come, and passes the link if there is one. If it was the last: why.
    async fn hear(&mut self, heard: Heard, len: usize) -> Result<Option<String>, Ended> {
        if !self.bend.is_bent() {
            return self.tell(heard, len).await;
        }
        self.enter_link(heard, len, Duration::ZERO);
        Ok(None)
    }

    fn enter_link(&mut self, heard: Heard, len: usize, held: Duration) {
        let (mut rest, piece) = (len, self.bend.piece());
        while rest > piece {
            self.bend.push(piece, Heard::Part);
            rest -= piece;
        }
        self.bend.push_late(rest, heard, held);
    }

    /// Tells the node.
    async fn tell(&mut self, heard: Heard, len: usize) -> Result<Option<String>, Ended> {
        let input = match heard {
            Heard::Message(message) => Input::Received(self.conn, message),
            Heard::Part => Input::Progress(self.conn),
            Heard::Bad(why) => return self.give_up(why).await.map(Some),
            Heard::End(why) => return Ok(Some(why)),
        };
        self.inbox.push(Entry::Input(input), len).await?;
        Ok(None)
    }

    /// An incomplete message is a sign of life, unless it is still on a bent link.
    async fn say_progress(&mut self) -> Result<(), Ended> {
        let is_due = self.frames.is_amid_frame() && self.said.elapsed() >= PROGRESS_INTERVAL;
        if !is_due || self.bend.is_bent() {
            return Ok(());
        }
        self.said = Instant::now();
        let progress = Entry::Input(Input::Progress(self.conn));
        self.inbox.push(progress, 0).await
    }

    /// Tells the node of a bad frame. It answers by ending the connection, and if it does not the
    /// driver does.
    async fn give_up(&mut self, why: String) -> Result<String, Ended> {
        let bad = Entry::Input(Input::BadFrame(self.conn, why.clone()));
        self.inbox.push(bad, 0).await?;
        sleep(LINGER).await;
        Ok(why)
    }
}
