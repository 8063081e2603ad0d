//! What a driver and core say to each other: plain data.

use super::Seen;
use crate::lab::ask::{Answer, Request, Ticket};
use crate::lab::spec::NodeSpec;
use crate::link::Conditions;
use crate::node::io::{Command, CommandError, Event, Question, Reply};
use crate::node::{NodeIx, Time};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A moment of a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What the lab clock shows. It can be set: time that passes is never read off it.
    pub at: Time,
    /// How long it has gone on.
    pub ran: Duration,
}

/// What is known of a call by its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u64);

/// What is observed; no decision rests on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// What a summary needs.
    #[default]
    Stats,
    /// All that a screen shows.
    All,
}

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was killed.
    Killed,
    /// It ended by itself, for this reason.
    Failed(Arc<str>),
}

/// What a driver tells.
#[derive(Clone, Debug)]
pub enum Input {
    /// Something is asked, by a person or a program. It is answered once, with the ticket.
    Request(Ticket, Request),
    /// A node runs, in this life, and listens there.
    Started {
        /// Which node.
        node: NodeIx,
        /// As in [`Output::Start`].
        life: u64,
        /// Where it listens.
        addr: Option<SocketAddr>,
    },
    /// A node does not start.
    Failed {
        /// Which node.
        node: NodeIx,
        /// As in [`Output::Start`].
        life: u64,
        /// Why.
        why: Arc<str>,
    },
    /// Something happened to a node. What is of another life than the present one does not count.
    Event {
        /// Which node.
        node: NodeIx,
        /// In which of its lives.
        life: u64,
        /// What.
        event: Arc<Event>,
    },
    /// So many events of a node came too fast to be told.
    Missed {
        /// Which node.
        node: NodeIx,
        /// How many.
        events: u64,
    },
    /// What was looked for.
    Facts(NodeIx, Seen),
    /// The answer to a call or a question.
    Reply(CallId, Result<Reply, CommandError>),
    /// A node does not run any more.
    Ended {
        /// Which node.
        node: NodeIx,
        /// Which of its lives is over.
        life: u64,
        /// How.
        end: End,
    },
    /// It is so late.
    Tick,
}

/// What a driver is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Have a node do something; [`Input::Reply`] has what came of it. What is called for at one node is
    /// done in this order. A node that ends answers nothing more.
    Call {
        /// Which node.
        node: NodeIx,
        /// By which the answer is known.
        id: CallId,
        /// What.
        command: Command,
    },
    /// Ask a node something.
    Ask {
        /// Which node.
        node: NodeIx,
        /// By which the answer is known.
        id: CallId,
        /// What.
        question: Question,
    },
    /// Look at a node: [`Input::Facts`].
    Look(NodeIx),
    /// Start a node: [`Input::Started`] or [`Input::Failed`].
    Start {
        /// Which node: the next number, if it is new.
        node: NodeIx,
        /// Which life of it begins.
        life: u64,
        /// What it is to be.
        spec: Arc<NodeSpec>,
    },
    /// End a node as a crash would: [`Input::Ended`].
    Kill(NodeIx),
    /// From now on a link is like this, one way.
    SetLink {
        /// From here.
        from: NodeIx,
        /// To there.
        to: NodeIx,
        /// So.
        conditions: Conditions,
    },
    /// What came of a request.
    Answer(Ticket, Result<Answer, CommandError>),
}
