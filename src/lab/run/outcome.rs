//! What a run of a lab adds up to.

use super::Shared;
use crate::lab::summary::Summary;

impl Shared {
    pub(super) fn summary(&self) -> Summary {
        let model = self.lock();
        let facts = model.facts();
        let traffic = model.nodes.iter().map(|node| node.traffic.sums());
        let traffic: Vec<_> = traffic.collect();
        let elapsed = self.elapsed();
        let name = &self.layout.name;
        let (stats, blocks) = (&model.stats, &model.propagation);
        let mut summary = Summary::new(name, elapsed, &facts, stats, blocks, &traffic);
        summary.tell_steps(model.script.as_deref());
        summary
    }
}
