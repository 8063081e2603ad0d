//! What a proxy tells.

use super::said::said;
use super::way::Passed;
use crate::bitcoin::passing::{PassedMessage, Way};
use crate::bitcoin::wire::CommandName;
use crate::live::clock::LabClock;
use crate::live::news::NewsSender;
use crate::node::Time;
use crate::node::message::{Item, MessageSummary};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use thiserror::Error;
use tokio::sync::{mpsc, watch};

/// Connections that are carried at once: a node that is in a black hole dials again now and then, and
/// what it has left stays in there. More are closed as they come.
pub const CONNS_MAX: usize = 16;

/// Events that may wait for their reader.
const EVENTS: usize = 4_096;

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub enum ProxyNews {
    /// Something happened.
    Event(ProxyEvent),
    /// So many events were not taken in time.
    Missed(u64),
}

/// Something that happened, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyEvent {
    /// On the lab clock.
    pub at: Time,
    /// To which connection: they are counted as they come.
    pub conn: u64,
    /// What.
    pub kind: ProxyEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyEventKind {
    /// A node has dialled.
    Came {
        /// Its end of the connection.
        from: SocketAddr,
    },
    /// It is connected with the other one.
    Reached {
        /// As which the other one sees it.
        local: SocketAddr,
    },
    /// A message has passed, with its last byte.
    Message {
        /// From whom.
        way: Way,
        /// What it is.
        command: CommandName,
        /// Its length with the header.
        bytes: usize,
        /// When it was sent, with its last byte.
        sent: Time,
        /// What it is about.
        #[serde(skip)]
        item: Option<Item>,
        /// What it says.
        #[serde(skip)]
        summary: MessageSummary,
    },
    /// From here on a direction cannot be read. It passes all the same.
    Encrypted {
        /// Which.
        way: Way,
        /// Why it is thought so.
        why: String,
    },
    /// Both nodes have heard the other's `verack`: they are connected.
    Handshake,
    /// It is over, or never came about.
    Ended {
        /// Why.
        why: ProxyEnd,
    },
}

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProxyEnd {
    /// The node from which this way leads has closed it.
    #[error("{who} closed the connection", who = end(*.0))]
    Closed(Way),
    /// It is gone.
    #[error("the connection of {who} broke: {1}", who = end(*.0))]
    Broke(Way, String),
    /// The link is cut.
    #[error("the link is cut")]
    Cut,
    /// The other node could not be reached.
    #[error("the node that is dialled does not answer: {0}")]
    NoAnswer(String),
    /// So many are carried already.
    #[error("there are {CONNS_MAX} connections already")]
    TooMany,
}

fn end(way: Way) -> &'static str {
    match way {
        Way::There => "the node that dialled",
        Way::Back => "the node that was dialled",
    }
}

impl Serialize for ProxyEnd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl ProxyEventKind {
    /// In a sentence without its end.
    pub fn words(&self) -> String {
        match self {
            Self::Came { from } => format!("{from} has dialled"),
            Self::Reached { local } => format!("the other node sees it as {local}"),
            Self::Message {
                way,
                command,
                bytes,
                ..
            } => format!("{} {command}, {bytes} bytes", arrow(*way)),
            Self::Encrypted { way, why } => format!("{} encrypted: {why}", arrow(*way)),
            Self::Handshake => "both nodes know each other".to_owned(),
            Self::Ended { why } => format!("over: {why}"),
        }
    }
}

fn arrow(way: Way) -> &'static str {
    match way {
        Way::There => "->",
        Way::Back => "<-",
    }
}

/// A connection that is carried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyConn {
    /// The end of the node that dialled.
    pub from: SocketAddr,
    /// As which the other node sees it; `None`: that is being dialled.
    pub local: Option<SocketAddr>,
    /// When it came.
    pub since: Time,
    /// Whether both nodes have heard the other's `verack`.
    pub has_shaken_hands: bool,
    /// Whether a direction cannot be read. Then `has_shaken_hands` says nothing.
    pub is_encrypted: bool,
}

impl ProxyConn {
    /// Whether both nodes know each other, as far as can be seen.
    pub const fn is_up(&self) -> bool {
        self.has_shaken_hands || self.is_encrypted
    }
}

/// Tells it, and waits for no reader.
pub(super) struct Teller {
    pub(super) clock: LabClock,
    events: NewsSender<ProxyNews>,
    conns: watch::Sender<BTreeMap<u64, ProxyConn>>,
}

type Told = (
    Teller,
    mpsc::Receiver<ProxyNews>,
    watch::Receiver<BTreeMap<u64, ProxyConn>>,
);

impl Teller {
    pub(super) fn new(clock: LabClock) -> Told {
        let (sender, events) = NewsSender::new(EVENTS, ProxyNews::Missed);
        let (conns, seen) = watch::channel(BTreeMap::new());
        let teller = Self {
            clock,
            events: sender,
            conns,
        };
        (teller, events, seen)
    }

    /// How many connections there are.
    pub(super) fn open(&self) -> usize {
        self.conns.borrow().len()
    }

    pub(super) fn came(&self, conn: u64, from: SocketAddr) {
        let since = self.clock.now();
        let one = ProxyConn {
            from,
            local: None,
            since,
            has_shaken_hands: false,
            is_encrypted: false,
        };
        self.conns.send_modify(|all| {
            all.insert(conn, one);
        });
        self.tell(since, conn, ProxyEventKind::Came { from });
    }

    pub(super) fn reached(&self, conn: u64, local: SocketAddr) {
        self.change(conn, |one| one.local = Some(local));
        self.tell(self.clock.now(), conn, ProxyEventKind::Reached { local });
    }

    pub(super) fn encrypted(&self, conn: u64, way: Way, why: String) {
        self.change(conn, |one| one.is_encrypted = true);
        let kind = ProxyEventKind::Encrypted { way, why };
        self.tell(self.clock.now(), conn, kind);
    }

    /// Messages have passed, each with when it was sent.
    pub(super) fn passed(
        &self,
        (conn, way): (u64, Way),
        messages: impl Iterator<Item = Passed>,
        mut handshake: impl FnMut(&PassedMessage) -> bool,
    ) {
        let now = self.clock.now();
        for Passed {
            message,
            whole,
            sent,
        } in messages
        {
            self.tell_with(now, conn, || {
                let (item, summary) = said(&message, &whole);
                ProxyEventKind::Message {
                    way,
                    command: message.command,
                    bytes: message.bytes,
                    sent,
                    item,
                    summary,
                }
            });
            if handshake(&message) {
                self.change(conn, |one| one.has_shaken_hands = true);
                self.tell(now, conn, ProxyEventKind::Handshake);
            }
        }
    }

    pub(super) fn ended(&self, conn: u64, why: ProxyEnd) {
        self.conns.send_modify(|all| {
            all.remove(&conn);
        });
        self.tell(self.clock.now(), conn, ProxyEventKind::Ended { why });
    }

    fn change(&self, conn: u64, change: impl FnOnce(&mut ProxyConn)) {
        self.conns.send_modify(|all| {
            if let Some(one) = all.get_mut(&conn) {
                change(one);
            }
        });
    }

    fn tell(&self, at: Time, conn: u64, kind: ProxyEventKind) {
        self.tell_with(at, conn, || kind);
    }

    /// What there is no room to tell is not looked into.
    fn tell_with(&self, at: Time, conn: u64, kind: impl FnOnce() -> ProxyEventKind) {
        let event = || {
            let kind = kind();
            ProxyNews::Event(ProxyEvent { at, conn, kind })
        };
        self.events.tell_with(event);
    }
}
