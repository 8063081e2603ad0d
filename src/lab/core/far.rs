//! Nodes that run in other processes, and what is said of them.

use super::hosts::Process;
use super::io::{Far, HostId, LinkEnd, Moment};
use super::node::Node;
use super::partition_state::Partition;
use super::state::Core;
use super::work::NOT_OURS;
use crate::lab::ask::{Ability, Answer, Can};
use crate::lab::layout::NODES_MAX;
use crate::lab::spec::NodeSpec;
use crate::lab::view::{LabStatus, LinkStatus, Mark, NodeState, NodeStatus, TimeView};
use crate::node::NodeIx;
use crate::node::io::words::Tone;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

impl Core {
    /// Another process has something to say.
    pub(super) fn far(&mut self, now: Moment, id: HostId, far: Far) {
        match far {
            Far::Met { is_lab } => {
                self.hosts.all.insert(id, Process::new(is_lab));
            }
            Far::Introduced(status) => self.introduced(now, id, status),
            Far::Old(blocks) => blocks.into_iter().for_each(|block| self.hear(block)),
            Far::Node(status) => self.far_node(now, id, status),
            Far::Links(told) => self.far_links(id, told),
            Far::Lab(status) => self.far_lab(id, status),
            Far::Time(news) => {
                if let Some(host) = self.hosts.all.get_mut(&id) {
                    host.goes(now.ran, *news);
                }
            }
            Far::Marked(time) => {
                if let Some(host) = self.hosts.all.get_mut(&id) {
                    host.went(now.ran, *time);
                }
            }
            Far::Lost => self.lost(now, id),
            Far::NotFound => {
                for ix in self.nodes.of(Some(id)) {
                    self.await_no_more(ix);
                }
            }
            Far::Anew => self.forget(id),
        }
    }

    /// The node that a process calls so, and in which of its lives it is.
    pub fn far_position(&self, host: HostId, name: &str) -> Option<(NodeIx, u64)> {
        let ix = self.nodes.find(Some(host), name)?;
        Some((ix, self.nodes[ix.0].life))
    }

    /// Whether all nodes are of this other process.
    pub fn shows_only(&self, host: HostId) -> bool {
        self.nodes.iter().all(|node| node.host == Some(host))
    }

    pub(in crate::lab) fn has_own_nodes(&self) -> bool {
        self.nodes.iter().any(|node| node.host.is_none())
    }

    /// How time goes in the one lab that all nodes are of, if it does not go by itself.
    pub(super) fn far_time(&self, ran: Duration) -> Option<TimeView> {
        let [lab] = self.hosts_in_order()[..] else {
            return None;
        };
        let lab = self.hosts.all.get(&lab).filter(|host| host.is_lab)?;
        let mut time = lab.time(ran).filter(|_| !self.has_own_nodes())?;
        // Its nodes have the same numbers here, as far as there are such.
        let is_there = |ix: &NodeIx| ix.0 < self.nodes.len();
        if let Some(told) = &mut time.told {
            told.node = told.node.filter(is_there);
            told.other = told.other.filter(is_there);
        }
        let is_stray = |mark: &Mark| mark.node.is_some_and(|ix| !is_there(&ix));
        if time.marks.iter().any(is_stray) {
            Arc::make_mut(&mut time.marks).retain(|mark| !is_stray(mark));
        }
        Some(time)
    }

    /// The moment as the lab has it of which all nodes are.
    pub(super) fn as_there(&self, now: Moment) -> Moment {
        match self.far_time(now.ran) {
            Some(time) => Moment {
                at: self.since + time.at,
                ..now
            },
            None => now,
        }
    }

    fn introduced(&mut self, now: Moment, id: HostId, status: NodeStatus) {
        let (name, shown) = (status.node.clone(), status.snapshot.clone());
        let unseen = NodeStatus {
            snapshot: None,
            ..status
        };
        self.far_node(now, id, unseen);
        if let (Some((ix, _)), Some(shown)) = (self.far_position(id, &name), shown) {
            self.note_wallets(ix, shown.wallets.iter().map(|of| (&of.name, &of.address)));
            self.nodes[ix.0].shows(shown);
        }
    }

    fn far_node(&mut self, now: Moment, id: HostId, status: NodeStatus) {
        let ix = match self.far_position(id, &status.node) {
            Some((ix, _)) => ix,
            None if self.nodes.len() >= NODES_MAX => return,
            None => self.enter_far(id, &status.node),
        };
        self.limit(ix, self.far_can(id, &status.can));
        // Nodes in virtual time know each other by addresses that are nowhere else.
        let within = status.snapshot.as_ref().and_then(|seen| seen.listen);
        if let Some(addr) = status.addr.or(within) {
            self.listens(ix, addr);
        }
        let node = &mut self.nodes[ix.0];
        node.is_addressed = status.addr.is_some();
        let was_up = node.state.is_up();
        node.comes_to(&status.state, now);
        if status.state.is_up() {
            node.state = NodeState::Up;
            let life = node.life;
            if let Some(snapshot) = status.snapshot {
                self.shown(ix, life, snapshot);
            }
            return;
        }
        node.ended(status.state);
        if let Some(snapshot) = status.snapshot {
            // How it looked last.
            self.learn(ix, &snapshot);
            self.nodes[ix.0].shows(snapshot);
        }
        match was_up {
            true => self.left(now, ix),
            false => self.await_no_more(ix),
        }
    }

    /// What a node of another process can do, as that says. Whether links are bent that end in this
    /// process too is for this process to say: of those it asks no other.
    fn far_can(&self, id: HostId, told: &Can) -> Can {
        let has_own = self.has_own_nodes();
        let counts = |(ability, _): &(Ability, &Arc<str>)| *ability != Ability::Bend || !has_own;
        let taken = told.taken().filter(counts);
        let can: Can = taken.map(|(of, why)| (of, Arc::clone(why))).collect();
        let host = self.hosts.all.get(&id);
        match host.is_some_and(|host| !host.is_lab) {
            true => can.without(Ability::Restart, NOT_OURS),
            false => can,
        }
    }

    fn enter_far(&mut self, id: HostId, name: &str) -> NodeIx {
        let mut node = Node::new(NodeSpec::new(name), None);
        node.host = Some(id);
        // Two processes may each have a node of this name.
        let taken = (2..).map(|number| format!("{name}-{number}"));
        let names = std::iter::once(name.to_owned()).chain(taken);
        let mut free = names.filter(|name| self.position(name).is_none());
        node.name = free.next().expect("there is always another number").into();
        let ix = self.nodes.push(node);
        if let Some((asker, _)) = self.hosts.expected.remove(name) {
            self.answer(asker, Ok(Answer::Added(ix)));
        }
        ix
    }

    /// What a process says of its links, in place of what it said before. It is shown and does nothing:
    /// what holds for nodes of this process is in its own table.
    fn far_links(&mut self, id: HostId, told: Vec<LinkStatus>) {
        let far = self.nodes.numbered();
        let far = || {
            far.clone()
                .filter(|(_, node)| node.host.is_some())
                .map(|(ix, node)| (node.spec.name.clone(), (ix, node.host)))
        };
        let its: BTreeMap<_, _> = far().filter(|(_, (_, host))| *host == Some(id)).collect();
        // A node that is alone in its process has its links with those of others.
        let mut all: BTreeMap<_, _> = far().collect();
        all.extend(its.clone());
        let told = told.into_iter().filter_map(|link| {
            let ends = (its.get(&link.from)?.0, all.get(&link.to)?.0);
            Some((ends, link.conditions))
        });
        let told: Vec<_> = told.collect();
        let nodes = &self.nodes;
        self.topology.told(|ix| nodes[ix.0].host == Some(id), told);
    }

    /// Nodes that run alone have no screen, and a lab of this process has its own.
    fn far_lab(&mut self, id: HostId, status: LabStatus) {
        let is_lab = self.hosts.all.get(&id).is_some_and(|host| host.is_lab);
        if !is_lab || self.has_own_nodes() {
            return;
        }
        let group = |group: &Vec<String>| {
            let found = group.iter().filter_map(|name| self.far_position(id, name));
            found.map(|(ix, _)| ix).collect()
        };
        let groups = status.partition.as_ref();
        let groups = groups.map(|groups| groups.iter().map(group).collect());
        self.partition = groups.map(Partition::new);
        self.caption = status.caption;
        (self.hosts.script, self.hosts.traffic) = (status.script, status.traffic);
    }

    fn lost(&mut self, now: Moment, id: HostId) {
        if let Some(host) = self.hosts.all.get_mut(&id) {
            host.is_there = false;
        }
        for ix in self.nodes.of(Some(id)) {
            let node = &mut self.nodes[ix.0];
            if node.state.is_up() {
                node.say(now.at, Tone::Bad, "does not answer any more");
            }
            node.ended(NodeState::Gone);
            self.listener.left(ix, now.at);
        }
    }

    fn forget(&mut self, id: HostId) {
        for ix in self.nodes.of(Some(id)) {
            self.nodes[ix.0].forget();
            self.stats.forget(ix);
            self.networks.forget(ix);
            for wallet in self.wallets_of(ix).map(str::to_owned).collect::<Vec<_>>() {
                self.wallets.remove(&wallet);
                self.addresses.remove(&wallet);
            }
        }
    }

    /// The processes of the nodes, in their order.
    pub(super) fn hosts_in_order(&self) -> Vec<HostId> {
        let mut hosts = Vec::new();
        for host in self.nodes.iter().filter_map(|node| node.host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// Those that answer.
    pub(super) fn hosts_there(&self) -> Vec<HostId> {
        let is_there = |host: &HostId| self.hosts.all.get(host).is_some_and(|host| host.is_there);
        self.hosts_in_order().into_iter().filter(is_there).collect()
    }

    /// Those that have a lab.
    pub(super) fn labs(&self) -> Vec<HostId> {
        let is_lab = |host: &HostId| self.hosts.all.get(host).is_some_and(|host| host.is_lab);
        self.hosts_there().into_iter().filter(is_lab).collect()
    }

    /// The end of a link, as a process calls it: a node of another one it may not know by its name.
    pub(super) fn called_by(&self, host: HostId, end: LinkEnd) -> Option<String> {
        let LinkEnd::Node(ix) = end else {
            return None;
        };
        let node = &self.nodes[ix.0];
        match node.host == Some(host) {
            true => Some(node.spec.name.clone()),
            false => Some(node.addr?.to_string()),
        }
    }
}

impl Node {
    /// Another process says that it is like this: what changes by that is a line of its log.
    fn comes_to(&mut self, state: &NodeState, now: Moment) {
        if state.is_up() && !self.state.is_up() {
            let words = match self.state {
                NodeState::Gone => "answers again",
                _ => "started again",
            };
            if self.life > 0 {
                self.say(now.at, Tone::Good, words);
            }
            self.life += 1;
        }
        match state {
            NodeState::Failed(why) if self.state != *state => self.say(now.at, Tone::Bad, &**why),
            NodeState::Down if self.life > 0 && self.state != NodeState::Down => {
                self.say(now.at, Tone::Bad, "went down");
            }
            _ => {}
        }
    }
}
