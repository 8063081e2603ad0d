//! What is shown of a lab: made when something looks, and nothing is another by it.

use super::io::{Moment, Sight};
use super::links_shown::LinksKey;
use super::node::Node;
use super::state::Core;
use super::summary::Summary;
use crate::lab::observe::topology::Member;
use crate::lab::view::{LabStatus, LabView, LinkView, NodeView, TrafficView};
use crate::node::NodeIx;
use crate::node::snapshot::NodeSnapshot;
use std::sync::Arc;
use std::time::Duration;

impl Core {
    /// The lab as it is now, with how its nodes look, by their numbers.
    pub fn view(&self, now: Moment, snapshots: &[Option<Arc<NodeSnapshot>>]) -> LabView {
        let snapshot = |ix: NodeIx| {
            let given = snapshots.get(ix.0).and_then(Option::as_ref);
            given.or(self.nodes[ix.0].shown.as_ref())
        };
        let nodes = || self.nodes.numbered();
        let (time, now) = (self.far_time(now.ran), self.as_there(now));
        let view = |(ix, node): (NodeIx, &Node)| NodeView {
            name: Arc::clone(&node.name),
            network: Arc::clone(node.network()),
            addr: node.addr.filter(|_| node.is_addressed),
            state: node.state.clone(),
            can: node.can.clone(),
            snapshot: snapshot(ix).cloned(),
            log: node.log.lines(),
            tip_changed: node.tip_changed,
            reorganised: self.stats.last(ix),
            sync_rate: node.rate.per_second(),
        };
        let mut headline = self.headline.clone();
        self.look_for(&mut headline, now.at);
        LabView {
            name: self.layout.name.as_str().into(),
            now: now.at,
            since: self.since,
            wall_offset_us: 0,
            virtual_seed: None,
            nodes: nodes().map(view).collect(),
            headline: headline.shown(),
            chips: Arc::clone(&self.chips),
            blocks: self.blocks.clone(),
            block_propagation: self.networks.blocks(),
            tx_propagation: self.networks.txs(),
            networks: self.networks.view(&self.nodes),
            reorganisations: self.stats.newest(),
            links: self.links_shown(snapshot),
            transcript: self.listener.transcript(),
            block_interval: Duration::from_millis(self.layout.chain.params.block_interval_ms),
            fee: self.layout.chain.proposed_fee(),
            is_temporary: true,
            made_by_hand: self.made_by_hand,
            caption: self.caption.clone(),
            script: self.script().cloned(),
            partition: self.groups(),
            traffic: self.traffic(),
            time,
            compared: None,
            in_flight: Arc::default(),
        }
    }

    /// The links between the nodes. Which there are takes a look at all peers of all nodes: as long as
    /// nothing of that has changed they are shown as they were.
    fn links_shown<'a>(
        &'a self,
        snapshot: impl Fn(NodeIx) -> Option<&'a Arc<NodeSnapshot>>,
    ) -> Arc<Vec<LinkView>> {
        let key = (self.sight == Sight::Shown).then(|| self.links_key());
        let last = self.links_shown.last();
        if let Some((shown_for, links)) = &*last
            && key.as_ref() == Some(shown_for)
        {
            return Arc::clone(links);
        }
        drop(last);
        let members = self.nodes.numbered().map(|(ix, node)| Member {
            name: &node.name,
            addr: node.addr,
            process: node.host.map_or(0, |host| host.0 + 1),
            is_up: node.state.is_up(),
            dials: &node.spec.connect,
            snapshot: snapshot(ix).map(|snapshot| &**snapshot),
        });
        let way = |from: NodeIx, to: NodeIx| {
            let is_far = [from, to].map(|ix| self.nodes[ix.0].host.is_some());
            (is_far != [true, true]).then(|| self.link(from, to))
        };
        let links = Arc::new(self.topology.shown(members, way));
        let shown = key.map(|key| (key, Arc::clone(&links)));
        *self.links_shown.last() = shown;
        links
    }

    /// What the links that are shown follow from, where nodes show themselves.
    fn links_key(&self) -> LinksKey {
        let nodes = self.nodes.iter();
        let nodes = nodes.map(|node| (node.state.is_up(), node.addr, node.peers_edition));
        LinksKey {
            set: self.links_edition(),
            told: self.topology.edition(),
            nodes: nodes.collect(),
        }
    }

    /// The groups of the partition that is in force.
    fn groups(&self) -> Option<Arc<Vec<Vec<NodeIx>>>> {
        let partition = self.partition.as_ref();
        partition.map(|partition| Arc::clone(&partition.groups))
    }

    /// The groups of the partition that is in force, by the names of the nodes.
    pub fn groups_by_name(&self) -> Option<Vec<Vec<String>>> {
        let groups = self.groups()?;
        let name = |ix: &NodeIx| self.name(*ix).to_owned();
        let group = |group: &Vec<NodeIx>| group.iter().map(name).collect();
        Some(groups.iter().map(group).collect())
    }

    /// Payments that this lab makes by itself; `None`: they were never wanted.
    pub fn own_traffic(&self) -> Option<TrafficView> {
        self.payments.view()
    }

    /// The caption that is shown.
    pub fn caption(&self) -> Option<&Arc<str>> {
        self.caption.as_ref()
    }

    /// Payments that the lab makes by itself, or the one that is shown; `None`: they were never wanted.
    pub fn traffic(&self) -> Option<TrafficView> {
        self.own_traffic().or(self.hosts.traffic())
    }

    /// The whole, as programs see it.
    pub fn status(&self) -> LabStatus {
        LabStatus {
            caption: self.caption().cloned(),
            script: self.script().cloned(),
            partition: self.groups_by_name(),
            traffic: self.traffic(),
        }
    }

    /// What it comes to so far, by how nodes looked when they were last looked at.
    pub fn summary(&self, elapsed: Duration) -> Summary {
        let traffic: Vec<_> = self.nodes.iter().map(|node| node.traffic.sums()).collect();
        let (name, facts) = (&self.layout.name, self.facts());
        let (stats, times) = (&self.stats, self.networks.times());
        let mut summary = Summary::new(name, elapsed, &facts, stats, &times, &traffic);
        summary.tell_steps(Some(self.steps()));
        summary
    }
}
