//! What kinds of nodes there are, as far as links between them go.

use crate::bitcoin::start::Choice;
use crate::bitcoin::{Network, Program};
use crate::lab::spec::{NodeSpec, Source};

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// One of chainlab's own.
    Own,
    /// A program of others that runs already.
    Running(Network),
    /// One that the lab starts.
    Started(Network, Choice),
}

impl Kind {
    pub(super) fn of(spec: &NodeSpec) -> Self {
        match &spec.bitcoin {
            None => Self::Own,
            Some(bitcoin) => match &bitcoin.source {
                Source::At { .. } => Self::Running(bitcoin.network),
                Source::Program(choice) => Self::Started(bitcoin.network, choice.clone()),
            },
        }
    }

    /// Its Bitcoin network, if it has one.
    pub(super) fn network(&self) -> Option<Network> {
        match self {
            Self::Own => None,
            Self::Running(network) | Self::Started(network, _) => Some(*network),
        }
    }
}

/// That there can be a link between two nodes, each with its name.
///
/// # Errors
/// In words, why not.
pub(super) fn check_link(one: (&str, &Kind), other: (&str, &Kind)) -> Result<(), String> {
    match (one.1, other.1) {
        (Kind::Own, Kind::Own) => Ok(()),
        (Kind::Own, _) => Err(strangers(other.0, one.0)),
        (_, Kind::Own) => Err(strangers(one.0, other.0)),
        (Kind::Running(_), _) => Err(runs(one.0)),
        (_, Kind::Running(_)) => Err(runs(other.0)),
        (Kind::Started(_, a), Kind::Started(_, b)) => check_programs(known(a), known(b)),
    }
}

/// That two programs make one regtest.
///
/// # Errors
/// In words, why not.
pub fn check_programs(one: Option<Program>, other: Option<Program>) -> Result<(), String> {
    let with = match (one, other) {
        (Some(one), Some(other)) if one == other => return Ok(()),
        (Some(Program::Bcoin), Some(with)) | (Some(with), Some(Program::Bcoin)) => with,
        _ => return Ok(()),
    };
    Err(format!(
        "bcoin and {with} do not make one network: bcoin does without witnesses for its first 432 blocks, and \
         bans who sends it one before"
    ))
}

const fn known(choice: &Choice) -> Option<Program> {
    match choice {
        Choice::Known(program) => Some(*program),
        Choice::Auto | Choice::Command(_) => None,
    }
}

fn strangers(bitcoin: &str, own: &str) -> String {
    format!(
        "{bitcoin} is a Bitcoin node and {own} is one of chainlab's own: neither understands the other"
    )
}

fn runs(name: &str) -> String {
    format!(
        "{name} runs already, so its links are its own: those that the lab makes are between nodes with program; \
         chainlab proxy bends others"
    )
}
