//! What is asked and heard of filter headers.

use crate::chain::FilterHeader;
use crate::node::ids::ConnId;
use crate::node::light::ask::Asked;
use crate::node::store::BlockId;
use crate::node::wallets::Rows;

/// A filter header and its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::node::light) struct Place {
    pub id: BlockId,
    pub header: FilterHeader,
}

/// A second peer is asked whether it has heard the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Compare {
    pub asked: Asked,
    /// The height that was asked for first.
    pub top: u32,
    /// The highest at which both are known to say the same, and the lowest at which they do not.
    pub low: u32,
    pub high: u32,
}

/// Two say different things of one block; it is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dispute {
    pub block: BlockId,
    /// Who says this, against what was taken; `None`: it is gone.
    pub other: Option<ConnId>,
    pub theirs: FilterHeader,
    pub ours: FilterHeader,
    pub before: Place,
}

/// What came of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::node::light) enum Heard {
    /// Nothing to do.
    Nothing,
    /// These are to be written.
    Rows(Rows),
    /// The block is to be fetched.
    Disputed(BlockId),
}
