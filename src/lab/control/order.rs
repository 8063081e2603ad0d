//! What can be asked of a lab by name: the requests of programs, command lines and scripts, before
//! it is known which node is which.

use super::params::{BadParam, bad};
use crate::lab::names::missing;
use crate::lab::request::{Bend, Request, TrafficChange};
use crate::lab::script::ScriptChange;
use crate::lab::spec::NodeSpec;
use crate::node::NodeIx;
use crate::node::io::{Command, Question};

/// Something to be done, with nodes by their names.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// As [`Request::Node`]; `None`: of the one that it can only be.
    Node(Option<String>, Command),
    /// As [`Request::Ask`].
    Ask(Option<String>, Question),
    /// As [`Request::Kill`].
    Kill(Option<String>),
    /// As [`Request::Restart`].
    Restart(Option<String>),
    /// As [`Request::Add`].
    Add(Box<NodeSpec>),
    /// As [`Request::Link`].
    Link(Bend),
    /// As [`Request::HealAll`].
    HealAll,
    /// As [`Request::Partition`].
    Partition(Vec<Vec<String>>),
    /// As [`Request::Unite`].
    Unite,
    /// As [`Request::Traffic`].
    Traffic(TrafficChange),
    /// As [`Request::Note`].
    Note(Option<String>),
    /// As [`Request::Script`].
    Script(ScriptChange),
}

/// Who is there.
pub trait Known {
    /// The nodes, by their [`NodeIx`].
    fn node_names(&self) -> Vec<&str>;
    /// The node with this wallet.
    fn holder(&self, wallet: &str) -> Option<NodeIx>;
}

impl Order {
    /// The request that this is.
    ///
    /// # Errors
    /// [`BadParam`]: there is no such node, or it could be any of several.
    pub fn resolve(self, known: &impl Known) -> Result<Request, BadParam> {
        Ok(match self {
            Self::Node(node, command) => {
                let wallet = wallet_of_command(&command);
                Request::Node(pick_for(node.as_deref(), wallet, known)?, command)
            }
            Self::Ask(node, question) => {
                let wallet = wallet_of_question(&question);
                Request::Ask(pick_for(node.as_deref(), wallet, known)?, question)
            }
            Self::Kill(node) => Request::Kill(pick(node.as_deref(), known)?),
            Self::Restart(node) => Request::Restart(pick(node.as_deref(), known)?),
            Self::Add(spec) => Request::Add(spec),
            Self::Link(bend) => Request::Link(bend),
            Self::HealAll => Request::HealAll,
            Self::Partition(groups) => Request::Partition(groups),
            Self::Unite => Request::Unite,
            Self::Traffic(change) => Request::Traffic(change),
            Self::Note(text) => Request::Note(text),
            Self::Script(change) => Request::Script(change),
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

/// The node of this name; without one, the one with this wallet, or the only one that there is.
fn pick_for(
    name: Option<&str>,
    wallet: Option<&str>,
    known: &impl Known,
) -> Result<NodeIx, BadParam> {
    let holder = match (name, wallet) {
        (None, Some(wallet)) => known.holder(wallet),
        _ => None,
    };
    holder.map_or_else(|| pick(name, known), Ok)
}

/// The wallet that a command is about, by which its node can be found.
fn wallet_of_command(command: &Command) -> Option<&str> {
    match command {
        Command::Send(payment) => Some(&payment.from),
        Command::MineTo { wallet } => Some(wallet),
        _ => None,
    }
}

/// The wallet that a question is about.
fn wallet_of_question(question: &Question) -> Option<&str> {
    match question {
        Question::ExportWallet { name } | Question::History { name, .. } => Some(name),
        Question::PlanSend(payment) => Some(&payment.from),
        Question::Coins { of } => Some(of),
        _ => None,
    }
}
