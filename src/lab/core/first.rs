//! The first block of a new chain, where the layout wants it at once: as soon as all nodes are
//! connected to those that they should be connected to, so that it is seen to go to all of them.

use super::node::Node;
use super::state::Core;
use super::work::Work;
use crate::lab::ask::Ability;
use crate::lab::view::NodeState;
use crate::link::LinkState;
use crate::node::NodeIx;
use crate::node::io::Command;

impl Core {
    /// Has it mined if it is time.
    pub(super) fn mine_first(&mut self) {
        if !self.wants_first {
            return;
        }
        // Programs of others have their own beginning.
        let nodes = || {
            self.nodes
                .numbered()
                .filter(|(_, node)| node.spec.bitcoin.is_none())
        };
        let wanted = nodes().filter(|(_, node)| node.spec.mine.first_at_once);
        let miners: Vec<_> = wanted.map(|(ix, _)| ix).collect();
        let height = |node: &Node| node.seen.as_ref().map_or(0, |seen| seen.tip.height);
        let has_chain = nodes().any(|(_, node)| height(node) > 0);
        if has_chain || miners.is_empty() {
            self.wants_first = false;
            return;
        }
        if nodes().all(|(ix, node)| self.is_settled(ix, node)) {
            self.wants_first = false;
            let mines = |miner: &NodeIx| {
                let node = &self.nodes[miner.0];
                node.state.is_up() && node.lacks(Ability::Mine).is_none()
            };
            let miners: Vec<_> = miners.into_iter().filter(mines).collect();
            for miner in miners {
                self.call(miner, Command::MineNow, Work::First);
            }
        }
    }

    /// Whether a node is connected to all that it should be. One that does not run is not waited for,
    /// nor a link that is cut.
    fn is_settled(&self, ix: NodeIx, node: &Node) -> bool {
        let is_gone = |node: &Node| {
            matches!(
                node.state,
                NodeState::Down | NodeState::Gone | NodeState::Failed(_)
            )
        };
        if is_gone(node) {
            return true;
        }
        let Some(seen) = node.seen.as_ref().filter(|_| node.state.is_up()) else {
            return false;
        };
        node.spec.connect.iter().all(|name| {
            let Some(other) = self.position(name) else {
                return true;
            };
            is_gone(&self.nodes[other.0])
                || self.is_cut(ix, other)
                || seen.peers.iter().any(|peer| **peer == **name)
        })
    }

    /// Whether nothing passes between two nodes, one way at least.
    fn is_cut(&self, one: NodeIx, other: NodeIx) -> bool {
        let ways = [(one, other), (other, one)];
        let states = ways.map(|(from, to)| self.link(from, to).state);
        states.contains(&LinkState::Cut)
    }
}
