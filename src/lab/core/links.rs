//! The links of a lab, and how they are changed.

use super::io::{HostId, LinkEnd, Output, Sight};
use super::links_state::Way;
use super::partition_state::Partition;
use super::state::Core;
use super::work::{Asker, Outcome};
use crate::lab::ask::{Ability, Bend, Named, Request};
use crate::lab::paper::names::missing;
use crate::link::{Conditions, LinkState};
use crate::node::NodeIx;
use crate::node::io::{CommandError, RefusalKind};
use std::collections::BTreeSet;
use std::net::SocketAddr;

impl Core {
    /// What a link between two nodes is like, one way.
    pub(super) fn link(&self, from: NodeIx, to: NodeIx) -> Conditions {
        self.way((LinkEnd::Node(from), LinkEnd::Node(to)))
    }

    fn way(&self, way: Way) -> Conditions {
        let set = self.links.set.get(&way);
        set.copied().unwrap_or(self.layout.link)
    }

    /// What a link is like, one way.
    pub fn conditions(&self, from: LinkEnd, to: LinkEnd) -> Conditions {
        self.way((from, to))
    }

    /// The ways that were set.
    pub fn ways_set(&self) -> impl Iterator<Item = (LinkEnd, LinkEnd, Conditions)> {
        let set = self.links.set.iter();
        set.map(|((from, to), conditions)| (*from, *to, *conditions))
    }

    /// Those that begin or end at a node.
    pub fn ways_of(&self, ix: NodeIx) -> Vec<(LinkEnd, LinkEnd, Conditions)> {
        let own = LinkEnd::Node(ix);
        let its = self.ways_set();
        its.filter(|(from, to, _)| [*from, *to].contains(&own))
            .collect()
    }

    /// A number that goes up with every change of a link.
    pub fn links_edition(&self) -> u64 {
        self.links.edition
    }

    /// The partition that is in force.
    pub fn partition(&self) -> Option<&Partition<NodeIx>> {
        self.partition.as_ref()
    }

    /// Links and partition are as they were when a lab was left.
    pub fn restore_links(
        &mut self,
        set: impl IntoIterator<Item = (LinkEnd, LinkEnd, Conditions)>,
        partition: Option<Partition<NodeIx>>,
    ) {
        for (from, to, conditions) in set {
            self.put((from, to), conditions);
        }
        self.partition = partition;
    }

    pub(super) fn set_way(&mut self, from: NodeIx, to: NodeIx, conditions: Conditions) {
        self.put((LinkEnd::Node(from), LinkEnd::Node(to)), conditions);
    }

    fn put(&mut self, way: Way, conditions: Conditions) {
        self.links.set.insert(way, conditions);
        self.tell(way, conditions);
    }

    fn tell(&mut self, (from, to): Way, conditions: Conditions) {
        self.links.edition += 1;
        // Peers may be gone by it, at this very moment.
        self.fresh = None;
        let way = (from, to, conditions);
        match self.outputs.back_mut() {
            Some(Output::SetLinks(set)) => set.push(way),
            _ => self.outputs.push_back(Output::SetLinks(vec![way])),
        }
    }

    /// As [`Core::put`], but what is like all others then counts as not set.
    pub(super) fn set_state(&mut self, from: NodeIx, to: NodeIx, state: LinkState) {
        let way = (LinkEnd::Node(from), LinkEnd::Node(to));
        let after = self.way(way).in_state(state);
        match after == self.layout.link {
            true => self.links.set.remove(&way),
            false => self.links.set.insert(way, after),
        };
        self.tell(way, after);
    }

    /// A node listens here from now on: what was set of that place holds for the node, and what was set of
    /// the node for that place.
    pub fn listens(&mut self, ix: NodeIx, addr: SocketAddr) {
        let node = &mut self.nodes[ix.0];
        let before = node.addr.replace(addr);
        if before == Some(addr) {
            return;
        }
        let (own, place) = (LinkEnd::Node(ix), LinkEnd::Addr(addr));
        let meant = self.links.set.keys().copied();
        let meant: Vec<_> = meant
            .filter(|way| way.0 == place || way.1 == place)
            .collect();
        for way in meant {
            if let Some(conditions) = self.links.set.remove(&way) {
                let end = |end| if end == place { own } else { end };
                self.links.set.insert((end(way.0), end(way.1)), conditions);
            }
        }
        if before.is_some() {
            for (from, to, conditions) in self.ways_of(ix) {
                self.tell((from, to), conditions);
            }
        }
    }

    /// Changes one link, one way or both; says what it did. Between two nodes that run elsewhere that is
    /// asked for there.
    ///
    /// # Errors
    /// There is no such node, the link is none of this lab's, or no link can be like that.
    pub(super) fn bend(
        &mut self,
        asker: Asker,
        bend: &Bend,
    ) -> Result<Option<String>, CommandError> {
        let (from, to) = (self.link_end(&bend.from)?, self.link_end(&bend.to)?);
        let ends = [from, to];
        for ix in ends.into_iter().filter_map(node_of) {
            self.check_can(ix, Ability::Bend)?;
            if bend.change.next.is_some() && self.nodes[ix.0].spec.bitcoin.is_some() {
                return Err("messages of programs of others pass as they are".into());
            }
        }
        let hosts = ends.into_iter().filter_map(node_of);
        let hosts: Vec<_> = hosts.map(|ix| self.nodes[ix.0].host).collect();
        if hosts.is_empty() {
            let words = format!(
                "neither {} nor {} is a node of this lab",
                bend.from, bend.to
            );
            return Err(CommandError::new(RefusalKind::Invalid, words));
        }
        if hosts.iter().all(Option::is_some) {
            self.bend_elsewhere(asker, bend, ends, hosts.into_iter().flatten().collect());
            return Ok(None);
        }
        let mut ways = vec![(from, to)];
        if bend.is_both_ways {
            ways.push((to, from));
        }
        if let Some(next) = bend.change.next {
            let meddle = ways.iter().map(|way| Output::Meddle(way.0, way.1, next));
            self.outputs.extend(meddle);
        }
        if !bend.change.has_conditions() {
            return Ok(Some(bend.words()));
        }
        let after = |way| bend.change.apply(self.way(way));
        let changed: Vec<_> = ways.iter().map(|way| (*way, after(*way))).collect();
        for (_, conditions) in &changed {
            let sound = conditions.validate();
            sound.map_err(|error| CommandError::new(RefusalKind::Invalid, error))?;
        }
        for (way, conditions) in changed {
            self.bend_way(way, conditions, bend.change.state.is_some());
        }
        Ok(Some(bend.words()))
    }

    /// Has the processes bend a link between two of their nodes.
    fn bend_elsewhere(
        &mut self,
        asker: Asker,
        bend: &Bend,
        [from, to]: [LinkEnd; 2],
        hosts: BTreeSet<HostId>,
    ) {
        let told = |host| {
            let end = |end, name: &String| self.called_by(host, end).unwrap_or(name.clone());
            let bend = Bend {
                from: end(from, &bend.from),
                to: end(to, &bend.to),
                ..bend.clone()
            };
            (host, Request::Link(bend))
        };
        let tells = hosts.into_iter().map(told).collect();
        self.forward(asker, Outcome::Words(bend.words()), tells);
    }

    /// As it is wanted by a person: a partition leaves it alone from then on.
    fn bend_way(&mut self, way: Way, after: Conditions, has_state: bool) {
        if let (Some(partition), (LinkEnd::Node(from), LinkEnd::Node(to))) =
            (self.partition.as_mut().filter(|_| has_state), way)
        {
            partition.forget(from, to);
        }
        self.put(way, after);
    }

    /// The end of a link that is meant: a node of the lab, or one that a node of the lab is connected
    /// with. One that is neither can be named by its address, as the other end of a link that is cut.
    fn link_end(&self, name: &str) -> Result<LinkEnd, CommandError> {
        if let Some(ix) = self.position(name) {
            return Ok(LinkEnd::Node(ix));
        }
        let shown = self.nodes.iter().filter_map(|node| node.shown.as_ref());
        let mut peers = shown.flat_map(|snapshot| snapshot.ready_peers());
        let found = || peers.find_map(|peer| peer.listen.filter(|_| peer.name == name));
        let addr = name.parse().ok().or_else(found);
        match self.end_at(addr.ok_or_else(|| self.no_node(name))?) {
            // In virtual time there is no other place.
            LinkEnd::Addr(_) if self.sight == Sight::Asked => Err(self.no_node(name)),
            end => Ok(end),
        }
    }

    /// The end of a link that listens there.
    pub fn end_at(&self, addr: SocketAddr) -> LinkEnd {
        // Another process may say of its nodes what it likes: ours come first.
        let there = self.nodes.numbered();
        let there = there.filter(|(_, node)| node.addr == Some(addr));
        let found = there.min_by_key(|(_, node)| node.host.is_some());
        found.map_or(LinkEnd::Addr(addr), |(ix, _)| LinkEnd::Node(ix))
    }

    pub(super) fn no_node(&self, name: &str) -> CommandError {
        let words = missing("node", name, self.nodes.iter().map(|node| &*node.name));
        CommandError::new(RefusalKind::NoSuchNode, words)
    }

    /// Opens every link that is not; says so.
    pub(super) fn heal_all(&mut self, asker: Asker) -> Option<String> {
        let is_any = self.open_all();
        let words = match is_any {
            true => "every link is open",
            false => "every link was open already",
        };
        let tells = |hosts: Vec<_>| {
            let tell = |host| (host, Request::<Named>::HealAll);
            hosts.into_iter().map(tell).collect::<Vec<_>>()
        };
        let (outcome, hosts) = match self.has_own_nodes() {
            true if is_any => (Outcome::Words(words.to_owned()), self.hosts_there()),
            true => (Outcome::Done, self.hosts_there()),
            false => (Outcome::Done, self.hosts_in_order()),
        };
        if hosts.is_empty() {
            return Some(words.to_owned());
        }
        self.forward(asker, outcome, tells(hosts));
        None
    }

    /// Opens every link of this process that is not; whether there is one.
    fn open_all(&mut self) -> bool {
        if self.has_own_nodes() {
            self.partition = None;
        }
        let own = self.own_nodes();
        let own = || own.iter().copied().map(LinkEnd::Node);
        let between = own().flat_map(|from| own().map(move |to| (from, to)));
        let between = between.filter(|(from, to)| from != to);
        let ways: BTreeSet<_> = self.links.set.keys().copied().chain(between).collect();
        let shut = ways.into_iter().map(|way| (way, self.way(way)));
        let shut: Vec<_> = shut
            .filter(|(_, conditions)| conditions.state != LinkState::Open)
            .collect();
        let is_any = !shut.is_empty();
        for (way, conditions) in shut {
            self.put(way, conditions.in_state(LinkState::Open));
        }
        is_any
    }
}

fn node_of(end: LinkEnd) -> Option<NodeIx> {
    match end {
        LinkEnd::Node(ix) => Some(ix),
        LinkEnd::Addr(_) => None,
    }
}
