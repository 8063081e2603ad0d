//! What is asked, and what comes of it.

use super::change::{Bend, ScriptChange, TrafficChange};
use super::params::{BadParam, bad};
use super::time::TimeChange;
use crate::lab::paper::names::missing;
use crate::lab::spec::NodeSpec;
use crate::node::NodeIx;
use crate::node::io::{Command, Payment, Question, Reply};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The number of a request, by which its caller knows the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ticket(pub u64);

/// What is asked, of a node by its place in the lab, or by its [name](Named) as long as it is not
/// known which one that is.
///
/// Ends of links stay names: one may be a peer that is no node of the lab. So do the groups of a
/// partition, which are judged as a whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Request<Who = NodeIx> {
    /// Have a node do something. Wallets' names are unique in a lab, and a payment may go to any of
    /// them: the lab sees to both.
    Node(Who, Command),
    /// Pay, as [`Command::Send`] does, and call the payment by this label from then on.
    Labelled(Who, Payment, String),
    /// Ask a node something; wallets of other nodes can be named as in a command.
    Ask(Who, Question),
    /// End a node as a crash would.
    Kill(Who),
    /// Start a node that is down, on the data that it has.
    Restart(Who),
    /// Add a node, and start it.
    Add(Box<NodeSpec>),
    /// Change what a link is like, at once, also for connections that stand.
    Link(Bend),
    /// Open every link that is cut or a black hole, whatever cut it; a partition is over then.
    HealAll,
    /// Partition the network into these groups of nodes, by their names; those that are in none
    /// make up one more. No group at all: into two halves. A partition that is in force is undone
    /// first.
    Partition(Vec<Vec<String>>),
    /// Undo the partition: just what it has cut is open again.
    Unite,
    /// Change the payments that the lab makes by itself; without any change, tell how they are.
    Traffic(TrafficChange),
    /// Show a caption on the screen; `None`: none any more.
    Note(Option<String>),
    /// Lead the script that is being played.
    Script(ScriptChange),
    /// Have time stand still, go on, or go elsewhere.
    Time(TimeChange),
    /// Keep a temporary lab: stop every node and move its data to a place where it stays. Answered
    /// with [`Answer::Kept`]; the lab is over then.
    Keep,
    /// Write the run into a file, now and as it goes on.
    Save(Save),
    /// Tell the layout with what was done by hand as steps: [`Answer::Text`].
    Export,
    /// Tell the run so far, as it would be written: [`Answer::Text`].
    Run {
        /// Keys that were imported are in it.
        with_secrets: bool,
    },
}

/// Where a run is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Save {
    /// The file.
    pub path: PathBuf,
    /// A file that is there goes.
    pub replaces: bool,
    /// What is written.
    pub what: Saved,
}

/// What is written into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// The run, now and as it goes on.
    Run {
        /// Keys that were imported are in it.
        with_secrets: bool,
    },
    /// The layout, with what was done by hand as steps.
    Layout,
}

/// A node by its name; `None`: the one that it can only be.
pub type Named = Option<String>;

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One node.
    Node,
    /// One link.
    Link,
    /// The lab as a whole.
    Lab,
    /// When things come: the course of the script, and time. Few steps are about that: see
    /// [`Request::is_step`].
    Time,
}

/// What a request may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It only asks: all is as it was.
    Read,
    /// Something may be another by it.
    Write,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A node's own answer.
    Node(NodeIx, Reply),
    /// The node is down.
    Killed(NodeIx),
    /// The node runs again.
    Restarted(NodeIx),
    /// There is a new node.
    Added(NodeIx),
    /// Done; what there is to say about it.
    Done(String),
    /// The lab's data is here now, and `chainlab run --data-dir` opens it again.
    Kept(PathBuf),
    /// The text of a file.
    Text(String),
}

impl Answer {
    /// As programs see it, with names of nodes.
    pub(in crate::lab) fn shown<'a>(self, name: impl Fn(NodeIx) -> &'a str) -> Value {
        match self {
            Self::Node(_, reply) => json!(reply),
            Self::Killed(ix) => json!({ "killed": name(ix) }),
            Self::Restarted(ix) => json!({ "restarted": name(ix) }),
            Self::Added(ix) => json!({ "added": name(ix) }),
            Self::Done(words) => json!({ "done": words }),
            Self::Kept(path) => json!({ "kept": path }),
            Self::Text(text) => json!({ "file_text": text }),
        }
    }
}

/// Who is there.
pub trait Known {
    /// The nodes, by their [`NodeIx`].
    fn node_names(&self) -> Vec<&str>;
    /// The node with this wallet.
    fn holder(&self, wallet: &str) -> Option<NodeIx>;
}

impl<Who> Request<Who> {
    /// What it is about.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Node(..)
            | Self::Labelled(..)
            | Self::Ask(..)
            | Self::Kill(_)
            | Self::Restart(_) => Scope::Node,
            Self::Link(_) => Scope::Link,
            Self::Add(_)
            | Self::HealAll
            | Self::Partition(_)
            | Self::Unite
            | Self::Traffic(_)
            | Self::Note(_)
            | Self::Keep => Scope::Lab,
            Self::Script(_) | Self::Time(_) | Self::Save(_) | Self::Export | Self::Run { .. } => {
                Scope::Time
            }
        }
    }

    /// What it may do.
    pub fn access(&self) -> Access {
        match self {
            Self::Ask(..) | Self::Save(_) | Self::Export | Self::Run { .. } => Access::Read,
            _ => Access::Write,
        }
    }

    /// Whether it changes something in a lab: what only asks does not, nor what leads time, nor what puts another
    /// lab in the place of this one.
    pub fn is_command(&self) -> bool {
        match self {
            Self::Ask(..) | Self::Time(_) | Self::Keep | Self::Script(ScriptChange::Restart) => {
                false
            }
            Self::Traffic(change) => *change != TrafficChange::default(),
            _ => self.access() == Access::Write,
        }
    }

    /// Whether a script can do it: it is led from outside, and cannot go back in itself.
    pub fn is_step(&self) -> bool {
        match self {
            Self::Time(change) => matches!(change, TimeChange::Pause | TimeChange::Speed(_)),
            Self::Script(_) | Self::Save(_) | Self::Export | Self::Run { .. } => false,
            _ => true,
        }
    }

    /// The same, of the node that this makes of the one that it is about.
    ///
    /// # Errors
    /// There is no such node.
    pub fn of<Other, E>(
        self,
        node: impl FnOnce(Who) -> Result<Other, E>,
    ) -> Result<Request<Other>, E> {
        Ok(match self {
            Self::Node(who, command) => Request::Node(node(who)?, command),
            Self::Labelled(who, payment, label) => Request::Labelled(node(who)?, payment, label),
            Self::Ask(who, question) => Request::Ask(node(who)?, question),
            Self::Kill(who) => Request::Kill(node(who)?),
            Self::Restart(who) => Request::Restart(node(who)?),
            Self::Add(spec) => Request::Add(spec),
            Self::Link(bend) => Request::Link(bend),
            Self::HealAll => Request::HealAll,
            Self::Partition(groups) => Request::Partition(groups),
            Self::Unite => Request::Unite,
            Self::Traffic(change) => Request::Traffic(change),
            Self::Note(text) => Request::Note(text),
            Self::Script(change) => Request::Script(change),
            Self::Time(change) => Request::Time(change),
            Self::Keep => Request::Keep,
            Self::Save(save) => Request::Save(save),
            Self::Export => Request::Export,
            Self::Run { with_secrets } => Request::Run { with_secrets },
        })
    }

    /// The wallet that it is about, by which its node can be found.
    fn wallet(&self) -> Option<&str> {
        match self {
            Self::Node(_, Command::MineTo { wallet: name })
            | Self::Ask(
                _,
                Question::ExportWallet { name }
                | Question::History { name, .. }
                | Question::Coins { of: name },
            ) => Some(name),
            Self::Node(_, Command::Send(payment))
            | Self::Labelled(_, payment, _)
            | Self::Ask(_, Question::PlanSend(payment)) => Some(&payment.from),
            _ => None,
        }
    }
}

impl Request<Named> {
    /// The same, now that it is known who is there.
    ///
    /// # Errors
    /// [`BadParam`]: there is no such node, or it could be any of several.
    pub fn resolve(self, known: &impl Known) -> Result<Request, BadParam> {
        let holder = self.wallet().and_then(|wallet| known.holder(wallet));
        self.of(|name| match (name, holder) {
            (None, Some(holder)) => Ok(holder),
            (name, _) => pick(name.as_deref(), known),
        })
    }
}

/// The node of this name; without one, the only one that there is.
///
/// # Errors
/// [`BadParam`].
pub fn pick(name: Option<&str>, known: &impl Known) -> Result<NodeIx, BadParam> {
    let names = known.node_names();
    match name {
        Some(name) => {
            let found = names.iter().position(|node| *node == name).map(NodeIx);
            found.ok_or_else(|| bad("node", missing("node", name, names.iter().copied())))
        }
        None if names.len() == 1 => Ok(NodeIx(0)),
        None => {
            let names = names.join(", ");
            Err(bad("node", format!("is missing: say which of {names}")))
        }
    }
}
