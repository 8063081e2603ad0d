//! What goes wrong with a question and its answer.

use crate::bitcoin::program::Program;
use crate::node::foreign::{QUOTED_MAX, quoted};
use thiserror::Error;

/// Why a question was not answered. What the node said is in quotes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RpcError {
    /// HTTP status 401.
    #[error("it refuses the name and password that it was given")]
    Refused,
    /// HTTP status 403, as where `rpcallowip` or `rpcwhitelist` of Bitcoin Core say so.
    #[error("it does not allow this to be asked by this user or from this address")]
    Forbidden,
    /// It speaks TLS. btcd does unless it is told otherwise.
    #[error("it wants TLS, which is not spoken here: start btcd with --notls")]
    WantsTls,
    /// Code -28: it starts, and will answer later. Core says so for up to minutes.
    #[error("it is starting: {0}")]
    WarmUp(String),
    /// It has no such method, or has it in name only.
    #[error("it has no method {method}")]
    NoMethod {
        /// What was asked.
        method: &'static str,
    },
    /// It says no.
    #[error("it says {words} ({code})")]
    Node {
        /// Its number for the reason, as in Bitcoin Core's `src/rpc/protocol.h`.
        code: i64,
        /// Its words, in quotes.
        words: String,
    },
    /// An HTTP status that is no answer to a question.
    #[error("it answers with HTTP status {status}: {words}")]
    Status {
        /// The status.
        status: u16,
        /// How the body begins, in quotes.
        words: String,
    },
    /// More than is read.
    #[error("its answer to {method} has more than {} MB", super::ANSWER_MAX / 1_000_000)]
    TooLong {
        /// What was asked.
        method: &'static str,
    },
    /// No answer of the kind that was asked for.
    #[error("its answer to {method} is none: {why}")]
    Unreadable {
        /// What was asked.
        method: &'static str,
        /// What is wrong with it, in quotes, as it may have words of the answer.
        why: String,
    },
    /// None of the programs that are known.
    #[error(
        "it calls itself {0}, which is no program that is known here: \
         Bitcoin Core, btcd and bcoin are"
    )]
    Stranger(String),
    /// It answers, but as none of the programs' nodes does.
    #[error(
        "it answers as no node of Bitcoin Core, btcd or bcoin does (bcoin's wallet has a port \
         of its own, two above that of its node)"
    )]
    NoNode,
}

impl RpcError {
    pub(super) fn unreadable(method: &'static str, why: &dyn ToString) -> Self {
        let why = quoted(&why.to_string(), QUOTED_MAX);
        Self::Unreadable { method, why }
    }

    /// Whether the same question may be answered in a moment.
    pub const fn is_of_the_moment(&self) -> bool {
        // 503: Bitcoin Core's queue of questions is full.
        matches!(self, Self::WarmUp(_) | Self::Status { status: 503, .. })
    }
}

/// What a program does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{program} {cannot}")]
pub struct Lacks {
    /// Which.
    pub program: Program,
    /// The rest of the sentence, as in `has no wallet`.
    pub cannot: &'static str,
}
