//! The first block of a new chain, where the layout wants it at once: as soon as everybody is
//! connected to whom they should be, so that it is seen to go to everybody.

use super::Shared;
use super::hand::Hand;
use super::model::{Model, Node};
use crate::lab::view::NodeState;
use crate::live::Links;
use crate::node::NodeIx;
use crate::node::io::Command;
use std::sync::Arc;

/// Waits for the moment, and has the block mined; does nothing if there is a chain by then.
pub(super) async fn mine_first(shared: Arc<Shared>) {
    let mut changes = shared.changes.subscribe();
    loop {
        changes.mark_unchanged();
        let step = shared.lock().first_step(&shared.links);
        match step {
            Step::Never => return,
            Step::Wait => {}
            Step::Mine(miners) => {
                for (name, handle) in miners {
                    shared.runtime.spawn(async move {
                        if let Err(error) = handle.command(Command::MineNow).await {
                            tracing::warn!("no first block of {name}: {error}");
                        }
                    });
                }
                return;
            }
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

enum Step {
    Never,
    Wait,
    Mine(Vec<(Arc<str>, Hand)>),
}

impl Model {
    fn first_step(&self, links: &Links) -> Step {
        let snapshots = self.nodes.iter().flat_map(|node| &node.snapshot);
        let has_chain = snapshots.into_iter().any(|seen| seen.tip.height > 0);
        let wants = |node: &&Node| node.spec.mine.first_at_once;
        if self.course.is_over() || has_chain || !self.nodes.iter().any(|node| wants(&node)) {
            return Step::Never;
        }
        let is_settled = |ix| self.is_settled(NodeIx(ix), links);
        if !(0..self.nodes.len()).all(is_settled) {
            return Step::Wait;
        }
        let miners = self.nodes.iter().filter(wants);
        let running =
            miners.filter_map(|node| Some((Arc::clone(&node.name), node.handle.clone()?)));
        Step::Mine(running.collect())
    }

    /// Whether a node is connected to all that it should be. One that does not run is not waited
    /// for, nor a link that is cut.
    fn is_settled(&self, ix: NodeIx, links: &Links) -> bool {
        let node = &self.nodes[ix.0];
        let is_gone = |node: &Node| {
            matches!(
                node.state,
                NodeState::Down | NodeState::Gone | NodeState::Failed(_)
            )
        };
        if is_gone(node) {
            return true;
        }
        let Some(seen) = node.snapshot.as_ref().filter(|_| node.state.is_up()) else {
            return false;
        };
        node.spec.connect.iter().all(|name| {
            self.named(name).is_none_or(|peer| {
                let mut ready = seen.peers.iter().filter(|known| known.ready);
                is_gone(peer)
                    || links.is_cut(node.addr, peer.addr)
                    || ready.any(|known| known.name == *name)
            })
        })
    }
}
