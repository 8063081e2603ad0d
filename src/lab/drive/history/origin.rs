//! Where timelines begin.

use crate::lab::ask::TimelineId;
use crate::node::Time;

/// Where a timeline began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// In which one.
    pub of: TimelineId,
    /// When.
    pub at: Time,
    /// So many of the commands of that one are given in this one as well, before that.
    pub commands: usize,
}
