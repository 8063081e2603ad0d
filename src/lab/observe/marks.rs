//! What stands out in a run: the marks of its timeline.

use crate::chain::shared::SharedList;
use crate::node::time::duration_text;
use crate::node::{BlockId, NodeIx};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Marks that are kept: what a timeline can show. When there are more, those that are close together
/// become one.
pub const MARKS_MAX: usize = 4_096;

/// Nodes that make the same reorganisation within this time make it together.
const TOGETHER: Duration = Duration::from_secs(1);

/// What stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// A block was found.
    Block,
    /// A caption was shown.
    Caption,
    /// A fork ended: all nodes are on one branch again.
    Joined,
    /// A fork began.
    Fork,
    /// Links were opened, or a partition was healed.
    Heal,
    /// A node started again.
    Restart,
    /// A node was killed.
    Kill,
    /// A link was cut, or the network was partitioned.
    Cut,
    /// Nodes left blocks behind.
    Reorganisation,
    /// A command was given by hand.
    Hand,
}

/// Something that stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// When, since the beginning.
    #[serde(with = "duration_text")]
    pub at: Duration,
    /// What.
    pub kind: MarkKind,
    /// The block that it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockId>,
    /// The node, if it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeIx>,
}

/// All that stood out so far, in its order. Clones share it.
#[derive(Clone, Default)]
pub struct Marks {
    all: SharedList<Mark>,
    added: u64,
}

impl Marks {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Mark> {
        self.all.iter()
    }

    /// Something stands out now.
    pub fn add(&mut self, mark: Mark) {
        if mark.kind == MarkKind::Reorganisation && self.is_known(&mark) {
            return;
        }
        if self.len() == MARKS_MAX {
            self.merge();
        }
        self.all.push_back(mark);
        self.added += 1;
    }

    /// How many were added so far.
    pub fn added(&self) -> u64 {
        self.added
    }

    /// Whether another node has made the same reorganisation just now.
    fn is_known(&self, mark: &Mark) -> bool {
        let just_now = self.iter().rev();
        let mut just_now = just_now.take_while(|other| mark.at.saturating_sub(other.at) < TOGETHER);
        just_now.any(|other| other.kind == mark.kind)
    }

    /// Leaves out what no timeline tells apart: of two that are close together the one stays that says
    /// more.
    fn merge(&mut self) {
        let all: Vec<Mark> = self.iter().copied().collect();
        let span = all.last().map_or(Duration::ZERO, |mark| mark.at);
        // So wide that at least a half goes, as there is one for each at most.
        let close = span / u32::try_from(MARKS_MAX / 2).expect("few");
        let mut kept: Vec<Mark> = Vec::with_capacity(MARKS_MAX / 2);
        for mark in all {
            let last = kept.last_mut();
            match last.filter(|last| mark.at.saturating_sub(last.at) <= close) {
                // The order of kinds is by how much they say.
                Some(last) if last.kind >= mark.kind => {}
                Some(last) => {
                    *last = Mark {
                        at: last.at,
                        ..mark
                    }
                }
                None => kept.push(mark),
            }
        }
        self.all.clear();
        for mark in kept {
            self.all.push_back(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(kind: MarkKind, ms: u64) -> Mark {
        Mark {
            at: Duration::from_millis(ms),
            kind,
            block: None,
            node: None,
        }
    }

    #[test]
    fn of_too_many_those_that_are_close_become_one_and_what_says_most_stays() {
        let mut marks = Marks::default();
        for nth in 0..20_000 {
            marks.add(mark(MarkKind::Block, nth * 100));
            if nth % 1_000 == 0 {
                marks.add(mark(MarkKind::Hand, nth * 100 + 1));
            }
            assert!(marks.len() <= MARKS_MAX);
        }
        assert_eq!(marks.added(), 20_020);
        let times: Vec<_> = marks.iter().map(|mark| mark.at).collect();
        assert!(times.is_sorted(), "in order");
        assert!(marks.len() > MARKS_MAX / 4, "{}", marks.len());
        let by_hand = marks.iter().filter(|mark| mark.kind == MarkKind::Hand);
        assert_eq!(by_hand.count(), 20);
    }

    #[test]
    fn nodes_that_reorganise_within_a_second_do_it_together() {
        let mut marks = Marks::default();
        for ms in [0, 400, 999, 1_000, 5_000] {
            marks.add(mark(MarkKind::Reorganisation, ms));
        }
        let times: Vec<_> = marks.iter().map(|mark| mark.at.as_millis()).collect();
        assert_eq!(times, [0, 1_000, 5_000]);
    }
}
