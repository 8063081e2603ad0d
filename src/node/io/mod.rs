//! What goes into a node and what comes out of it, and what it can be asked: plain data, both ways.
//!
//! An [`Input`] is a connection, a message, a [`Command`] or the time; an [`Output`] is something to
//! do, a [`Reply`], or an [`Event`], which says what happened ([in words](words), if wanted). A [`Question`]
//! is answered beside that, and changes nothing.

mod command;
mod event;
mod job;
mod question;
mod strangers;
mod unreached;
pub mod words;

pub use super::ids::{ConnId, Direction, RequestId};
pub use command::{
    Command, CommandError, Payment, RawKind, RefusalKind, Reply, SendPlan, WhichBlock,
};
pub use event::{BlockStage, Event, EventKind, LOST_MAX, PeerLabel};
pub use job::Job;
pub use question::Question;
pub use strangers::StrangerSums;
pub use unreached::Unreached;

use super::config::ADDRESS_MAX;
use super::message::Message;
use super::store::StoreFault;
use crate::chain::Block;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// What happens to a node.
#[derive(Clone, Debug)]
pub enum Input {
    /// A connection stands, with a node at `addr`: the address that was dialled, or the one that an
    /// inbound connection comes from.
    Connected {
        /// Its number.
        conn: ConnId,
        /// Who dialled.
        direction: Direction,
        /// The other end.
        addr: SocketAddr,
    },
    /// A dialled address does not answer.
    DialFailed {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        why: String,
    },
    /// A message came in.
    Received(ConnId, Message),
    /// Bytes of a message came in that is not complete yet: a sign of life.
    Progress(ConnId),
    /// What came in is no message.
    BadFrame(ConnId, String),
    /// So many bytes of frames have left for the network.
    Sent(ConnId, u64),
    /// A connection is gone, for this reason.
    Disconnected(ConnId, String),
    /// The node's deadline has come.
    Tick,
    /// The node was given nothing for so long because its process stood still, and the clock has gone
    /// on by as much at once. No peer is to blame for what did not come in meanwhile.
    StoodStill(Duration),
    /// Something is to be done.
    Command(RequestId, Command),
    /// A miner has solved the [`Job`] that it was given last, or one before.
    Solved(Block),
}

/// What a node wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// Connect to this address.
    Dial(SocketAddr),
    /// Send this message.
    Send(ConnId, Message),
    /// End a connection, after what was sent on it has left, if that takes no longer than a second.
    /// No [`Input::Disconnected`] is expected for it.
    Close(ConnId, CloseReason),
    /// Mine this in place of what was mined before; `None`: stop.
    Mine(Option<Arc<Job>>),
    /// The answer to a command.
    Reply(RequestId, Result<Reply, CommandError>),
    /// Something that people or programs may want to see.
    Event(Event),
}

/// Why a node ends a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum CloseReason {
    /// It does not speak our protocol, or is of another network; says the handshake.
    #[error("handshake refused: {0}")]
    Handshake(String),
    /// It is this node itself.
    #[error("that is this node itself")]
    Itself,
    /// There is a connection with that node already.
    #[error("already connected to that node")]
    Duplicate,
    /// Too many connections.
    #[error("no more inbound connections are taken")]
    Full,
    /// It broke the rules, and enough is enough.
    #[error("misbehaved: {0}")]
    Misbehaved(String),
    /// It is banned.
    #[error("banned")]
    Banned,
    /// It sent something that is no message.
    #[error("bad frame: {0}")]
    BadFrame(String),
    /// Nothing came or went for too long, or an answer did not.
    #[error("timed out: {0}")]
    TimedOut(String),
    /// It was asked for.
    #[error("dropped on request")]
    Asked,
    /// Too many connections from one address.
    #[error("{ADDRESS_MAX} connections from that address are open already")]
    AddressFull,
    /// Another connection needed its seat.
    #[error("made room for another connection")]
    TurnedOut,
}

/// The machine failed the node, which has stopped; what it stored is whole.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the node has stopped: {0}")]
pub struct Halt(#[from] pub StoreFault);
