//! The links of a lab, changed while it runs.

use super::Shared;
use super::ask::{invalid, no_such_node};
use super::forward::distinct;
use super::model::{Model, Node};
use crate::lab::ask::Bend;
use crate::lab::names::missing;
use crate::lab::partition::{self, Partition, UNITED, WHOLE};
use crate::link::{Conditions, LinkState};
use crate::node::NodeIx;
use crate::node::io::CommandError;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

/// What holds as soon as all is open that can be opened here.
const OWN_OPEN: &str = "every link of this lab's own nodes is open";

impl Shared {
    /// Changes one link, one way or both; says what it did.
    ///
    /// # Errors
    /// There is no such node, or the link is none of this lab's.
    pub(super) fn bend(&self, bend: &Bend) -> Result<String, CommandError> {
        let Bend {
            from,
            to,
            is_both_ways,
            change,
        } = bend;
        let (one, other) = self.lock().ends_of(from, to)?;
        let mut ways = vec![(one, other)];
        if *is_both_ways {
            ways.push((other, one));
        }
        let changed = ways.iter().map(|(from, to)| {
            let after = change.apply(self.links.get(*from, *to));
            (*from, *to, after)
        });
        {
            // Under the lock, or a split could come in between.
            let mut model = self.lock();
            let set = self.links.set_all(changed);
            set.map_err(invalid)?;
            if let (Some(partition), Some(_)) = (&mut model.partition, change.state) {
                ways.iter()
                    .for_each(|(from, to)| partition.forget(*from, *to));
            }
        }
        Ok(bend.words())
    }

    /// Opens every link that is not; says what is still shut, between nodes that run elsewhere.
    ///
    /// # Errors
    /// Never, in truth: what was in range stays in range.
    pub(super) fn heal_all(&self) -> Result<String, CommandError> {
        // Under the lock, or a split could come in between: then all would be open, and shown as
        // split.
        self.change(|model| {
            model.partition = None;
            // Those that were set, and those between own nodes, which may all have begun shut.
            let own = model.own_nodes().into_iter();
            let own: Vec<_> = own.map(|ix| model.nodes[ix.0].addr).collect();
            let between = own
                .iter()
                .flat_map(|from| own.iter().map(|to| (*from, *to)));
            let between = between.filter(|(from, to)| from != to);
            let set = self.links.all().into_iter();
            let ways: BTreeSet<_> = set.map(|(from, to, _)| (from, to)).chain(between).collect();
            let all = ways
                .into_iter()
                .map(|(from, to)| (from, to, self.links.get(from, to)));
            let shut = all.filter(|(_, _, conditions)| conditions.state != LinkState::Open);
            let opened: Vec<_> = shut
                .map(|(from, to, conditions)| (from, to, conditions.in_state(LinkState::Open)))
                .collect();
            let count = opened.len();
            let set = self.links.set_all(opened);
            set.map_err(invalid)?;
            let links = model.links(&self.links);
            let shut: Vec<_> = links.iter().filter(|link| !link.is_wholly_open()).collect();
            let ends = shut.iter().flat_map(|link| [link.ends.0, link.ends.1]);
            let at = doors(ends.filter_map(|ix| model.node(ix)));
            Ok(match (shut.len(), count) {
                (0, 0) => "every link was open already".to_owned(),
                (0, _) => "every link is open".to_owned(),
                (1, _) => format!("{OWN_OPEN}; 1 link elsewhere is shut: open it there, at {at}"),
                (far, _) => {
                    format!("{OWN_OPEN}; {far} links elsewhere are shut: open them there, at {at}")
                }
            })
        })
    }
}

/// What is set at one moment, by the direction.
type Set = BTreeMap<(SocketAddr, SocketAddr), Conditions>;

impl Shared {
    /// Splits the network; says how.
    ///
    /// # Errors
    /// The groups are none, or a node is not of this lab.
    pub(super) fn split(&self, named: &[Vec<String>]) -> Result<String, CommandError> {
        self.change(|model| {
            let groups = model.split(named)?;
            let mut set = self.opened(model.partition.as_ref());
            let mut partition = Partition::new(groups);
            for (from, to) in partition.between().collect::<Vec<_>>() {
                self.cut(model, &mut partition, &mut set, from, to);
            }
            self.set(set)?;
            let names: Vec<_> = model.nodes.iter().map(|node| &*node.name).collect();
            let words = partition.words(&names);
            model.partition = Some(partition);
            Ok(words)
        })
    }

    /// Undoes the split; says what is so then.
    ///
    /// # Errors
    /// Never, in truth: what was in range stays in range.
    pub(super) fn unite(&self) -> Result<String, CommandError> {
        self.change(|model| {
            let Some(partition) = model.partition.take() else {
                return Ok(WHOLE.to_owned());
            };
            self.set(self.opened(Some(&partition)))?;
            Ok(UNITED.to_owned())
        })
    }

    /// A node that is new is on one side of a split that is in force.
    pub(super) fn admit(&self, model: &mut Model, new: NodeIx) {
        let Some(mut partition) = model.partition.take() else {
            return;
        };
        let dials = model.nodes[new.0].spec.connect.iter();
        let dials: Vec<_> = dials.filter_map(|name| model.position(name)).collect();
        partition.admit(new, &dials);
        let mut set = Set::new();
        for (from, to) in partition.between().collect::<Vec<_>>() {
            if from == new || to == new {
                self.cut(model, &mut partition, &mut set, from, to);
            }
        }
        self.set(set).expect("what was in range stays in range");
        model.partition = Some(partition);
    }

    /// Cuts a direction, of which the split then knows what it was.
    fn cut(
        &self,
        model: &Model,
        partition: &mut Partition<SocketAddr>,
        set: &mut Set,
        from: NodeIx,
        to: NodeIx,
    ) {
        let ends = (model.nodes[from.0].addr, model.nodes[to.0].addr);
        let now = self.links.get(ends.0, ends.1);
        let before = *set.get(&ends).unwrap_or(&now);
        partition.note(ends.0, ends.1, before.state);
        set.insert(ends, before.in_state(LinkState::Cut));
    }

    /// What a split has cut, as it is without the split.
    fn opened(&self, partition: Option<&Partition<SocketAddr>>) -> Set {
        let undone = partition.into_iter().flat_map(Partition::undone);
        let undone = undone.map(|(from, to, state)| {
            let now = self.links.get(from, to);
            ((from, to), now.in_state(state))
        });
        undone.collect()
    }

    fn set(&self, set: Set) -> Result<(), CommandError> {
        let all = set.into_iter();
        let all = all.map(|((from, to), conditions)| (from, to, conditions));
        let set = self.links.set_back(all);
        set.map_err(invalid)
    }
}

impl Model {
    /// The groups of the split that is in force.
    pub(super) fn groups(&self) -> Option<Arc<Vec<Vec<NodeIx>>>> {
        let partition = self.partition.as_ref();
        partition.map(|partition| Arc::clone(&partition.groups))
    }

    /// As [`Model::groups`], by the names of the nodes.
    pub(super) fn groups_by_name(&self) -> Option<Vec<Vec<String>>> {
        let groups = self.groups()?;
        let name = |ix: &NodeIx| self.node(*ix).map(|node| node.name.to_string());
        let group = |group: &Vec<NodeIx>| group.iter().filter_map(name).collect();
        Some(groups.iter().map(group).collect())
    }

    /// The groups that are meant.
    fn split(&self, named: &[Vec<String>]) -> Result<Vec<Vec<NodeIx>>, CommandError> {
        if let Some(far) = self.nodes.iter().find(|node| node.host.is_some()) {
            let words = "runs in another process, and a partition cannot hold for it";
            return Err(format!("{} {words}", far.name).into());
        }
        let names: Vec<_> = self.nodes.iter().map(|node| &*node.name).collect();
        if let Some(name) = named
            .iter()
            .flatten()
            .find(|name| self.named(name).is_none())
        {
            return Err(no_such_node(missing("node", name, names.iter().copied())));
        }
        if !named.is_empty() {
            return partition::groups(&names, named).map_err(invalid);
        }
        let nodes = self.nodes.iter().enumerate();
        let dials = nodes.flat_map(|(ix, node)| node.spec.connect.iter().map(move |to| (ix, to)));
        Ok(partition::halved(&names, dials)?)
    }

    /// Where the two nodes of a link listen. One of them at least runs in this process: what is
    /// put down here of other links does nothing.
    fn ends_of(&self, from: &str, to: &str) -> Result<(SocketAddr, SocketAddr), CommandError> {
        let (one, other) = (self.end_of(from)?, self.end_of(to)?);
        let nodes = || [one.1, other.1].into_iter().flatten();
        if nodes().any(|node| node.host.is_none()) {
            return Ok((one.0, other.0));
        }
        let name = |node: Option<&Node>, named| node.map_or(named, |node| &*node.name).to_owned();
        let (from, to) = (name(one.1, from), name(other.1, to));
        Err(match &*doors(nodes()) {
            "" => invalid(format!("neither {from} nor {to} is a node of this lab")),
            at => {
                let words = "run elsewhere: change the link between them there, at";
                format!("{from} and {to} {words} {at}").into()
            }
        })
    }

    /// Where a node listens, and what is known of it: one of the lab, or one that a node of the lab
    /// is connected with. One that is neither can be named by its address, as the other end of a
    /// link that is cut.
    fn end_of(&self, name: &str) -> Result<(SocketAddr, Option<&Node>), CommandError> {
        if let Some(node) = self.named(name) {
            return Ok((node.addr, Some(node)));
        }
        let snapshots = self.nodes.iter().flat_map(|node| &node.snapshot);
        let mut peers = snapshots.flat_map(|snapshot| snapshot.ready_peers());
        let found = || peers.find_map(|peer| peer.listen.filter(|_| peer.name == name));
        let names = self.nodes.iter().map(|node| &*node.name);
        let found = name.parse().ok().or_else(found);
        let addr = found.ok_or_else(|| no_such_node(missing("node", name, names)))?;
        // Another process may say of its nodes what it likes: ours come first.
        let there = self.nodes.iter().filter(|node| node.addr == addr);
        Ok((addr, there.min_by_key(|node| node.host.is_some())))
    }
}

/// Where these nodes can be controlled, of those that run in other processes.
fn doors<'a>(nodes: impl Iterator<Item = &'a Node>) -> String {
    let hosts = distinct(nodes);
    let doors: Vec<_> = hosts
        .iter()
        .map(|host| host.door().at.to_string())
        .collect();
    doors.join(" and ")
}
