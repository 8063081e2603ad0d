//! What is under way for whom.

use super::answers::Unknown;
use crate::lab::ask::Ticket;
use crate::node::NodeIx;
use crate::node::io::{Command, CommandError, RefusalKind};

/// Why a node that was started elsewhere is not started again here.
pub(super) const NOT_OURS: &str = "start it again where it was started";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// A person or a program: what is made then is missed when it goes.
    Ticket(Ticket),
    /// The layout's script, which makes it again.
    Script,
}

/// What a call is for.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A command that was asked for, the name of a wallet that is kept for it, and what a payment is to be
    /// called.
    Command {
        asker: Asker,
        command: Command,
        claimed: Option<String>,
        label: Option<String>,
    },
    /// A key, for this command.
    Key {
        asker: Asker,
        of: NodeIx,
        command: Command,
    },
    /// A question that was asked.
    Question(Asker),
    /// A payment that the lab makes by itself.
    Payment,
    /// The first block.
    First,
    /// What an expression needs to be judged.
    Fact(Box<Unknown>),
    /// What is summed up for the headline.
    Figures,
}

/// What other processes were told to do, and for whom.
#[derive(Clone)]
pub(super) struct Errand {
    pub(super) asker: Asker,
    pub(super) outcome: Outcome,
}

/// What the asker is told once it is done.
#[derive(Clone)]
pub(super) enum Outcome {
    /// What the last of them said.
    Done,
    /// This.
    Words(String),
    Killed(NodeIx),
    Restarted(NodeIx),
    /// As soon as the node of this name shows.
    Added(String),
}

/// That something which should hold did not.
pub(super) fn fault(words: &str) -> CommandError {
    CommandError::new(RefusalKind::Fault, words)
}
