//! How blocks and transactions get through a lab: through each of its networks by itself, as heights of one
//! say nothing about another.

use super::node::{Node, Nodes};
use crate::chain::{BlockHash, Txid};
use crate::lab::observe::propagation::{Propagation, Spread, Tracker};
use crate::lab::view::NetworkView;
use crate::node::NodeIx;
use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Duration;

/// The name of the network of chainlab's own nodes.
pub(in crate::lab) const OWN_NETWORK: &str = "chainlab";

/// What is on its way through each network, by the networks' names. There are few, and a lab is copied
/// often: a map has room for eleven of them.
#[derive(Clone, Default)]
pub(super) struct Networks(Vec<(Arc<str>, OnTheWay)>);

/// What is on its way through one.
#[derive(Clone, Default)]
pub(super) struct OnTheWay {
    pub(super) blocks: Tracker<BlockHash>,
    pub(super) txs: Tracker<Txid>,
}

impl Networks {
    /// What is on its way through this one.
    pub(super) fn of(&mut self, network: &Arc<str>) -> &mut OnTheWay {
        let at = self.0.iter().position(|(name, _)| name == network);
        let at = at.unwrap_or_else(|| {
            self.0.push((Arc::clone(network), OnTheWay::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// A node does not run any more: nothing waits for it.
    pub(super) fn left(&mut self, node: NodeIx) {
        for (_, on_the_way) in &mut self.0 {
            on_the_way.blocks.left(node);
            on_the_way.txs.left(node);
        }
    }

    /// Nothing holds that was known of a node.
    pub(super) fn forget(&mut self, node: NodeIx) {
        for (_, on_the_way) in &mut self.0 {
            on_the_way.blocks.forget(node);
            on_the_way.txs.left(node);
        }
    }

    pub(super) fn blocks(&self) -> Arc<Vec<Propagation>> {
        self.newest(|on_the_way| on_the_way.blocks.show())
    }

    pub(super) fn txs(&self) -> Arc<Vec<Propagation<Txid>>> {
        self.newest(|on_the_way| on_the_way.txs.show())
    }

    /// Those of all networks, the newest first.
    fn newest<Id: Clone>(
        &self,
        show: impl Fn(&OnTheWay) -> Arc<Vec<Propagation<Id>>>,
    ) -> Arc<Vec<Propagation<Id>>> {
        let mut shown = self.0.iter().map(|(_, on_the_way)| show(on_the_way));
        let Some(first) = shown.next() else {
            return Arc::default();
        };
        let others: Vec<_> = shown.flat_map(Arc::unwrap_or_clone).collect();
        if others.is_empty() {
            return first;
        }
        let mut all: Vec<_> = first.iter().cloned().chain(others).collect();
        all.sort_by_key(|one| Reverse(one.at));
        all.into()
    }

    /// How far the block of this height has come, the first seen of it: of several networks, where it is
    /// least far.
    pub(super) fn spread(&self, height: u32) -> Spread {
        let all = self.0.iter().map(|(_, way)| way.blocks.spread(height));
        all.min().unwrap_or(Spread::None)
    }

    /// How long blocks took from their finders to all nodes, shortest first.
    pub(super) fn times(&self) -> Vec<Duration> {
        let times = self.0.iter().flat_map(|(_, way)| way.blocks.times());
        let mut times: Vec<_> = times.collect();
        times.sort_unstable();
        times
    }

    /// The networks of these nodes, in the order in which they are first met.
    pub(super) fn view(&self, nodes: &Nodes) -> Vec<NetworkView> {
        let mut views: Vec<NetworkView> = Vec::new();
        for (ix, node) in nodes.numbered() {
            let name = node.network();
            match views.iter_mut().find(|view| view.name == *name) {
                Some(view) => view.nodes.push(ix),
                None => views.push(self.one(name, ix)),
            }
        }
        views
    }

    fn one(&self, name: &Arc<str>, first: NodeIx) -> NetworkView {
        let found = self.0.iter().find(|(known, _)| known == name);
        let on_the_way = found.map(|(_, on_the_way)| on_the_way);
        NetworkView {
            name: Arc::clone(name),
            nodes: vec![first],
            block_times: on_the_way.map_or_else(Default::default, |way| way.blocks.percentiles()),
            tx_times: on_the_way.map_or_else(Default::default, |way| way.txs.percentiles()),
        }
    }
}

impl Nodes {
    /// The nodes that run, keep blocks, and are of the same network as this one: to these a block spreads.
    pub(super) fn up_beside(&self, ix: NodeIx) -> Vec<NodeIx> {
        let network = self.get(ix.0).map(Node::network);
        let keeps_blocks = |node: &Node| node.state.is_up() && node.spec.light.is_none();
        let up = self.numbered().filter(|(_, node)| keeps_blocks(node));
        up.filter(|(_, node)| Some(node.network()) == network)
            .map(|(ix, _)| ix)
            .collect()
    }
}
