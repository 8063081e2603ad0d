//! A message as both of its ends saw it.

use crate::node::io::{Event, EventKind};
use crate::node::message::{Item, Kind, MessageSummary};
use crate::node::{NodeIx, Time};
use std::sync::Arc;
use std::time::Duration;

/// A message from one node to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// Its place among all that was said, from 0 on.
    pub number: u64,
    /// Who says it.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// When it was handed to the network; `None`: not heard of, or not by a node of the lab.
    pub sent: Option<Time>,
    /// When it came in; `None`: it is on its way, was lost with its connection, or did not go to a
    /// node of the lab.
    pub received: Option<Time>,
    /// Its connection ended before it came in.
    pub is_lost: bool,
    /// It turned out to be the other end of a message that is remembered as well.
    pub(super) is_double: bool,
    /// See [`Spoken::kind`].
    pub(super) kind: Option<Kind>,
    /// What one end told of it.
    pub(super) event: Arc<Event>,
}

/// One end of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// A node of the lab.
    Node(NodeIx),
    /// Another, by the name that the node of the lab has for it.
    Stranger(Arc<str>),
}

impl Spoken {
    /// Its command.
    pub fn command(&self) -> &str {
        parts(self.told()).map_or("", |(command, ..)| command)
    }

    /// What it is; `None`: its command is none of the protocol's.
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Bytes of its frame.
    pub fn bytes(&self) -> usize {
        parts(self.told()).map_or(0, |(_, bytes, ..)| bytes)
    }

    /// What it is about.
    pub fn item(&self) -> Option<Item> {
        parts(self.told()).and_then(|(_, _, item, _)| item)
    }

    /// What one end told of it: [`EventKind::MessageSent`] or [`EventKind::MessageReceived`].
    pub fn told(&self) -> &EventKind {
        &self.event.kind
    }

    /// When it was first heard of.
    pub fn at(&self) -> Time {
        self.sent.or(self.received).unwrap_or(self.event.at)
    }

    /// How long it took; `None`: unknown.
    pub fn took(&self) -> Option<Duration> {
        Some(self.received?.since(self.sent?))
    }
}

impl Party {
    /// The node of the lab that it is.
    pub fn node(&self) -> Option<NodeIx> {
        match self {
            Self::Node(ix) => Some(*ix),
            Self::Stranger(_) => None,
        }
    }
}

/// Command, bytes, item and summary of a message.
pub(super) fn parts(event: &EventKind) -> Option<(&str, usize, Option<Item>, &MessageSummary)> {
    match event {
        EventKind::MessageSent {
            command,
            bytes,
            item,
            summary,
            ..
        }
        | EventKind::MessageReceived {
            command,
            bytes,
            item,
            summary,
            ..
        } => Some((command, *bytes, *item, summary)),
        _ => None,
    }
}
