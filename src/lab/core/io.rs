//! What a driver and core say to each other: plain data.

use super::seen::Seen;
use crate::lab::ask::{Answer, Named, Request, Ticket, TimeChange};
use crate::lab::spec::NodeSpec;
use crate::lab::view::{LabStatus, LinkStatus, NodeStatus, TimeNews, TimeView};
use crate::link::{Conditions, NextMessage};
use crate::node::io::{Command, CommandError, Event, Question, Reply};
use crate::node::snapshot::NodeSnapshot;
use crate::node::{BlockId, NodeIx, Time};
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

/// How core sees its nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// It looks at them when it wants to ([`Output::Look`]), and sees them as they are.
    #[default]
    Asked,
    /// They show themselves soon after a change ([`Input::Shown`]); nothing waits for one that does not.
    Shown,
}

/// Another process, with nodes that are shown here, for as long as this lab knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u64);

/// An end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkEnd {
    /// A node of the lab.
    Node(NodeIx),
    /// What listens there, and is none.
    Addr(SocketAddr),
}

/// What another process says, or what there is to say of it. It may be anything: it is shown, and does
/// nothing to nodes of this process.
#[derive(Clone, Debug)]
pub enum Far {
    /// It answers.
    Met {
        /// It has a lab; `false`: one node, which is alone.
        is_lab: bool,
    },
    /// A node of it, of which nothing is known to have happened yet.
    Introduced(NodeStatus),
    /// Blocks that its nodes have, and that are below all that is told of: the lowest first.
    Old(Vec<BlockId>),
    /// A node of it looks like this.
    Node(NodeStatus),
    /// Its links are like this, all of them.
    Links(Vec<LinkStatus>),
    /// What it shows beside its nodes.
    Lab(LabStatus),
    /// Its time goes like this from now on.
    Time(Box<TimeNews>),
    /// How its time was when it was asked, with all of its marks. What it told meanwhile is newer.
    Marked(Box<TimeView>),
    /// It does not answer any more. Its nodes may run: as long as it may be found again, and then tells
    /// what came to them meanwhile, they are waited for.
    Lost,
    /// It was looked for in vain: its nodes do not run any more, as far as can be seen from here.
    NotFound,
    /// Its lab was made anew: nothing that was known of its nodes holds.
    Anew,
}

/// What came of telling other processes something.
#[derive(Clone, Debug)]
pub enum FarReply {
    /// They did it; what the last of them said.
    Done(String),
    /// One refused it, or cannot be reached.
    Refused(CommandError),
    /// One has ended before it could say anything.
    Ended(CommandError),
}

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was stopped, with the lab.
    Stopped,
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
    /// A node shows itself.
    Shown {
        /// Which node.
        node: NodeIx,
        /// In which of its lives.
        life: u64,
        /// How it looks.
        snapshot: Arc<NodeSnapshot>,
    },
    /// Another process has something to say.
    Far(HostId, Far),
    /// The answer to [`Output::Forward`].
    Forwarded(CallId, FarReply),
    /// All nodes are about to stop, and none starts any more, for this reason.
    Closing(Arc<str>),
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
    /// End a node of this process as a crash would: [`Input::Ended`].
    Kill(NodeIx),
    /// From now on links are like this, each from one end to another: all of them at one moment.
    SetLinks(Vec<(LinkEnd, LinkEnd, Conditions)>),
    /// Have something become of the next message of a kind that one end of a link sends the other.
    Meddle(LinkEnd, LinkEnd, NextMessage),
    /// Have other processes do something, each what it is told, in the words that it uses.
    Forward {
        /// By which the answer is known.
        id: CallId,
        /// Which is told what.
        tells: Vec<(HostId, Request<Named>)>,
    },
    /// The script has something to say about time: a live lab does not heed it.
    Time(TimeChange),
    /// What came of a request.
    Answer(Ticket, Result<Answer, CommandError>),
}
