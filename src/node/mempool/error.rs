//! Why a transaction was not taken, and why one left.

use crate::chain::rules::TxError;
use crate::chain::{Amount, OutPoint, Tx, Txid};
use crate::node::io::{CommandError, RefusalKind};
use crate::node::store::{BlockId, StoreFault};
use std::fmt;
use std::sync::Arc;
use thiserror::Error;

/// Why a transaction does not get into the mempool.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdmitError {
    /// It is in already.
    #[error("is in the mempool already")]
    Known,
    /// The chain has it already.
    #[error("is in a block already")]
    Confirmed,
    /// It is a coinbase, which only a block can bring.
    #[error("is a coinbase, which stands in a block or nowhere")]
    Coinbase,
    /// It breaks a rule, or may not stand in the next block.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// It fits into no block.
    #[error("{bytes} bytes fit into no block: there is room for {max}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// Bytes that a block has for it.
        max: usize,
    },
    /// It spends coins that neither the chain nor the mempool has: spent, or not heard of yet.
    #[error("{}", missing(.0))]
    MissingInputs(Vec<OutPoint>),
    /// It pays less than the mempool asks for.
    #[error("pays {fee}, {needed} is the least for its size")]
    FeeTooLow {
        /// What it pays.
        fee: Amount,
        /// What is asked for.
        needed: Amount,
    },
    /// It spends what another one spends that waits, and does not pay enough to replace it.
    #[error("spends a coin of {} that waits already, {}", .with.short(), too_little(*.fee, *.needed))]
    Conflict {
        /// The one that waits, or one of them.
        with: Txid,
        /// What it pays.
        fee: Amount,
        /// What replaces all that would have to go; `None`: no amount does.
        needed: Option<Amount>,
    },
    /// It would replace what it spends from.
    #[error("spends an output of {}, which it would replace", .0.short())]
    SpendsReplaced(Txid),
    /// It would replace too much at once.
    #[error("would replace more than {max} transactions")]
    TooManyReplaced {
        /// As many are allowed.
        max: usize,
    },
    /// Too much must come before it.
    #[error("builds on more than {} transactions that wait", .max - 1)]
    TooManyAncestors {
        /// As many are allowed, itself among them.
        max: usize,
    },
    /// Too much builds on something that it builds on.
    #[error("{} has {max} transactions that wait on it, itself included: no more are taken", .of.short())]
    TooManyDescendants {
        /// The one that has no more room.
        of: Txid,
        /// As many are allowed, itself among them.
        max: usize,
    },
    /// The mempool is full of better paying ones.
    #[error("the mempool is full{}", needs(*.needed))]
    Full {
        /// The least fee at its size that would be more than the worst of them pays; `None`: no
        /// fee would do.
        needed: Option<Amount>,
    },
    /// The store failed: the node halts.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl AdmitError {
    /// Whether no honest node can have taken it, whatever it knows of the chain: then it is held
    /// against its sender.
    ///
    /// A coin's amount and owner follow from its name, so what is wrong with them is wrong
    /// everywhere. What depends on the tip, on limits or on what else waits is no fault.
    pub fn is_fault_of_sender(&self) -> bool {
        match self {
            Self::Coinbase | Self::TooLarge { .. } => true,
            Self::Tx(error) => !matches!(error, TxError::Locked { .. } | TxError::Immature { .. }),
            Self::Known
            | Self::Confirmed
            | Self::MissingInputs(_)
            | Self::FeeTooLow { .. }
            | Self::Conflict { .. }
            | Self::SpendsReplaced(_)
            | Self::TooManyReplaced { .. }
            | Self::TooManyAncestors { .. }
            | Self::TooManyDescendants { .. }
            | Self::Full { .. }
            | Self::Store(_) => false,
        }
    }

    /// The transactions whose outputs are missing, each once: who has them, has what lets this
    /// one in.
    pub fn missing_parents(&self) -> Vec<Txid> {
        let Self::MissingInputs(missing) = self else {
            return Vec::new();
        };
        let mut txids: Vec<Txid> = missing.iter().map(|outpoint| outpoint.txid).collect();
        txids.sort_unstable();
        txids.dedup();
        txids
    }
}

impl From<AdmitError> for CommandError {
    fn from(error: AdmitError) -> Self {
        let kind = match &error {
            AdmitError::FeeTooLow { .. } => RefusalKind::Invalid,
            AdmitError::TooManyReplaced { .. }
            | AdmitError::TooManyAncestors { .. }
            | AdmitError::TooManyDescendants { .. }
            | AdmitError::Full { .. } => RefusalKind::Busy,
            AdmitError::Store(_) => RefusalKind::Fault,
            AdmitError::Known
            | AdmitError::Confirmed
            | AdmitError::Coinbase
            | AdmitError::Tx(_)
            | AdmitError::TooLarge { .. }
            | AdmitError::MissingInputs(_)
            | AdmitError::Conflict { .. }
            | AdmitError::SpendsReplaced(_) => RefusalKind::Refused,
        };
        Self::new(kind, error)
    }
}

fn missing(outpoints: &[OutPoint]) -> String {
    match outpoints {
        [] => "spends nothing".to_owned(),
        [one] => format!(
            "spends output {} of {}, which is spent or not known",
            one.index,
            one.txid.short()
        ),
        [first, others @ ..] => format!(
            "spends output {} of {} and {} more, which are spent or not known",
            first.index,
            first.txid.short(),
            others.len()
        ),
    }
}

fn too_little(fee: Amount, needed: Option<Amount>) -> String {
    match needed {
        Some(needed) => format!("and pays {fee}: {needed} would replace it"),
        None => "and no fee is enough to replace it".to_owned(),
    }
}

fn needs(needed: Option<Amount>) -> String {
    match needed {
        Some(needed) => format!(": at this size a fee of {needed} is needed"),
        None => String::new(),
    }
}

/// What happened to the mempool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// What came in, parents first.
    pub added: Vec<(Txid, Arc<Tx>)>,
    /// What left.
    pub removed: Vec<Removed>,
    /// What a reorganisation took from blocks or from the mempool, and is kept to be tried again: the
    /// next block cannot have it, a later one can. Parents first.
    pub held: Vec<Removed>,
}

impl Change {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.held.is_empty()
    }
}

/// A transaction that waits no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Which.
    pub txid: Txid,
    /// All of it: a wallet may want to send it again.
    pub tx: Arc<Tx>,
    /// Why.
    pub why: RemovedWhy,
}

/// Why a transaction left the mempool: for what happened to itself, or to one that it builds on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemovedWhy {
    /// Another one spends its coins and pays more.
    Replaced(Txid),
    /// Others pay better, and there is no room for all.
    Evicted,
    /// It waited for too long.
    Expired,
    /// It is in this block.
    InBlock(BlockId),
    /// This block spends its coins in another way.
    Conflict(BlockId),
    /// After a reorganisation it may not stand in the next block: it is locked, or spends a reward
    /// that is too young again.
    TooEarly(TxError),
    /// After a reorganisation its coins do not exist any more.
    InputsGone,
    /// After a reorganisation too many that wait build on each other.
    PackageTooLarge,
    /// After a reorganisation it builds on one that cannot be in the next block.
    ParentHeld(Txid),
}

impl RemovedWhy {
    /// Whether a later block can have it all the same, so that it is worth keeping.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::TooEarly(_) | Self::PackageTooLarge | Self::ParentHeld(_) | Self::Evicted => true,
            Self::Replaced(_)
            | Self::Expired
            | Self::InBlock(_)
            | Self::Conflict(_)
            | Self::InputsGone => false,
        }
    }
}

impl fmt::Display for RemovedWhy {
    /// In words that follow the name of the transaction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced(by) => write!(f, "replaced by {}", by.short()),
            Self::Evicted => write!(f, "made room for better paying ones"),
            Self::Expired => write!(f, "waited for too long"),
            Self::InBlock(block) => write!(f, "is in block {block}"),
            Self::Conflict(block) => write!(f, "block {block} spends its coins otherwise"),
            Self::TooEarly(why) => write!(f, "too early after the reorganisation: {why}"),
            Self::InputsGone => write!(f, "its coins do not exist any more"),
            Self::PackageTooLarge => write!(f, "builds on too many that wait"),
            Self::ParentHeld(parent) => write!(f, "builds on {}, which waits", parent.short()),
        }
    }
}
