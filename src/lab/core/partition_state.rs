//! A partition that is in force: the groups between which nothing passes, and what it has cut.
//!
//! What was cut or a black hole before is remembered as it was. When the partition is healed, just
//! what it has cut is as before; what was changed by hand in the meantime stays.

use crate::lab::layout::groups::shown;
use crate::link::LinkState;
use crate::node::NodeIx;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The answer to a partition that is none, or is healed already.
pub const WHOLE: &str = "the network is whole already";

/// The answer when a partition is healed.
pub const HEALED: &str = "the network is whole again";

/// A partition that is in force. A link's end is whatever its driver knows nodes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Partition<End: Ord> {
    /// Who is with whom.
    pub groups: Arc<Vec<Vec<NodeIx>>>,
    /// The directions that it has cut, with what they were.
    before: BTreeMap<(End, End), LinkState>,
}

impl<End: Ord + Copy> Partition<End> {
    /// One that has cut nothing yet.
    pub fn new(groups: Vec<Vec<NodeIx>>) -> Self {
        Self {
            groups: Arc::new(groups),
            before: BTreeMap::new(),
        }
    }

    /// All directions that lead from one group into another.
    pub fn between(&self) -> impl Iterator<Item = (NodeIx, NodeIx)> {
        let groups = self.groups.iter().enumerate();
        groups.flat_map(|(at, group)| {
            let others = self.groups.iter().enumerate();
            let others = others.filter(move |(other, _)| *other != at);
            let others = others.flat_map(|(_, group)| group);
            others.flat_map(|to| group.iter().map(|from| (*from, *to)))
        })
    }

    /// Notes that a direction is cut now, and what it was; one that was cut anyway is not noted.
    pub fn note(&mut self, from: End, to: End, was: LinkState) {
        if was != LinkState::Cut {
            self.before.entry((from, to)).or_insert(was);
        }
    }

    /// This direction was changed by hand: it stays as it is then.
    pub fn forget(&mut self, from: End, to: End) {
        self.before.remove(&(from, to));
    }

    /// What is as it was before when it is healed.
    pub fn undone(&self) -> impl Iterator<Item = (End, End, LinkState)> {
        let before = self.before.iter();
        before.map(|((from, to), was)| (*from, *to, *was))
    }

    /// A node is new: it is with the first that it dials, or with the last group.
    pub fn admit(&mut self, new: NodeIx, dials: &[NodeIx]) {
        let groups = Arc::make_mut(&mut self.groups);
        let with = |peer: &NodeIx| groups.iter().position(|group| group.contains(peer));
        let at = dials.iter().find_map(with);
        let at = at.unwrap_or(groups.len() - 1);
        groups[at].push(new);
    }

    /// What is said of it.
    pub fn words(&self, names: &[&str]) -> String {
        format!("the network is partitioned: {}", shown(&self.groups, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_partition_has_cut_is_undone_and_nothing_else() {
        let mut partition = Partition::new(vec![vec![NodeIx(0)], vec![NodeIx(1)]]);
        let ways: Vec<_> = partition.between().collect();
        assert_eq!(ways, [(NodeIx(0), NodeIx(1)), (NodeIx(1), NodeIx(0))]);
        partition.note(0, 1, LinkState::BlackHole);
        partition.note(1, 0, LinkState::Cut);
        let undone: Vec<_> = partition.undone().collect();
        assert_eq!(undone, [(0, 1, LinkState::BlackHole)]);
        partition.admit(NodeIx(2), &[NodeIx(0)]);
        partition.admit(NodeIx(3), &[]);
        assert_eq!(
            partition.words(&["a", "b", "c", "d"]),
            "the network is partitioned: a, c | b, d"
        );
        partition.forget(0, 1);
        assert_eq!(partition.undone().count(), 0);
    }
}
