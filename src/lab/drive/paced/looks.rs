//! Whether nodes look different than when that was last asked.

use super::runner::Runner;
use crate::lab::control::Edition;
use crate::lab::view::{NodeStatus, NodeView};
use crate::node::NodeIx;
use crate::node::snapshot::NodeSnapshot;
use std::sync::Arc;

impl Runner {
    /// The nodes, each with what is different when it looks different.
    pub(super) fn editions(&mut self) -> Vec<(NodeIx, Edition)> {
        for (ix, node) in self.view().nodes.into_iter().enumerate() {
            match self.looks.get_mut(ix) {
                None => self.looks.push((0, node)),
                Some((edition, shown)) if !is_same(shown, &node) => {
                    (*edition, *shown) = (*edition + 1, node);
                }
                Some(_) => {}
            }
        }
        let looks = (0..).map(NodeIx).zip(&self.looks);
        looks.map(|(ix, look)| (ix, self.edition(look))).collect()
    }

    /// As [`Runner::editions`], of one node as it looked then.
    pub(super) fn status_of(&self, ix: NodeIx) -> Option<(Edition, NodeStatus)> {
        let look = self.looks.get(ix.0)?;
        Some((self.edition(look), look.1.status()))
    }

    fn edition(&self, (edition, node): &(u64, NodeView)) -> Edition {
        Edition {
            round: self.options.round,
            life: *edition,
            state: node.state.clone(),
            seen: None,
        }
    }
}

/// Whether a node looks the same but for when it was looked at.
fn is_same(one: &NodeView, other: &NodeView) -> bool {
    let (Some(before), Some(after)) = (&one.snapshot, &other.snapshot) else {
        return (&one.state, &one.snapshot) == (&other.state, &other.snapshot);
    };
    if Arc::ptr_eq(before, after) {
        return one.state == other.state;
    }
    let mut before = NodeSnapshot::clone(before);
    before.at = after.at;
    one.state == other.state && before == **after
}
