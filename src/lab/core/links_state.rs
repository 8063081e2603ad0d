//! What links are like.

use super::io::LinkEnd;
use crate::link::Conditions;
use std::collections::BTreeMap;

/// One way between two ends.
pub(super) type Way = (LinkEnd, LinkEnd);

/// What links are like. It holds for those with a node of this process at one end at least.
#[derive(Clone, Default)]
pub(super) struct Links {
    /// Those that were set.
    pub(super) set: BTreeMap<Way, Conditions>,
    /// How often it was changed.
    pub(super) edition: u64,
}
