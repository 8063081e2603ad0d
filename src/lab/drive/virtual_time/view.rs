//! What is to be seen of a lab in virtual time.

use super::VirtualLab;
use crate::lab::core::Level;
use crate::lab::view::{InFlight, LabView};
use crate::node::NodeIx;
use std::sync::Arc;

impl VirtualLab {
    /// The lab as it is now. Nothing is another by it.
    pub fn view(&self) -> LabView {
        let nodes = (0..).map(NodeIx).zip(&self.nodes);
        let snapshots = nodes.map(|(ix, life)| {
            let running = self
                .hosts
                .sim
                .machine(ix)
                .map(|node| node.snapshot(self.now()));
            running.map(Arc::new).or_else(|| life.last.clone())
        });
        let mut view = self
            .core
            .view(self.moment(), &snapshots.collect::<Vec<_>>());
        view.in_flight = Arc::new(self.in_flight());
        if self.core.level() == Level::All {
            see_blocks(&mut view);
        }
        // They listen at no port of this machine.
        for node in &mut view.nodes {
            node.addr = None;
        }
        view
    }

    fn in_flight(&self) -> Vec<InFlight> {
        let all = self.hosts.sim.in_flight();
        all.map(|flight| InFlight {
            from: flight.from,
            to: flight.to,
            kind: flight.message.kind(),
            item: flight.message.item(),
            way: flight.way,
        })
        .collect()
    }
}

/// Core takes note of blocks at its turns: who looks between two sees those that came since.
fn see_blocks(view: &mut LabView) {
    for (ix, node) in (0..).map(NodeIx).zip(&view.nodes) {
        if let (true, Some(snapshot)) = (node.state.is_up(), &node.snapshot) {
            view.blocks.take(ix, snapshot.recent.iter().rev());
            view.blocks.stand(ix, &snapshot.tip.hash);
        }
    }
}
