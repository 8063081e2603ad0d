//! The links of a lab, and its partition.

use super::{Core, Output};
use crate::lab::ask::{Bend, LinkChange};
use crate::lab::names::missing;
use crate::lab::partition::{self, Partition, UNITED, WHOLE};
use crate::link::{Conditions, LinkState};
use crate::node::NodeIx;
use crate::node::io::{CommandError, RefusalKind};
use std::collections::BTreeMap;

impl Core {
    /// What a link is like, one way.
    pub(super) fn link(&self, from: NodeIx, to: NodeIx) -> Conditions {
        let set = self.links.get(&(from, to));
        set.copied().unwrap_or(self.layout.link)
    }

    pub(super) fn set_link(&mut self, from: NodeIx, to: NodeIx, conditions: Conditions) {
        self.links.insert((from, to), conditions);
        // Peers may be gone by it, at this very moment.
        self.fresh = None;
        let set = Output::SetLink {
            from,
            to,
            conditions,
        };
        self.outputs.push_back(set);
    }

    fn set_state(&mut self, from: NodeIx, to: NodeIx, state: LinkState) {
        let after = self.link(from, to).in_state(state);
        self.set_link(from, to, after);
    }

    /// Changes one link, one way or both; says what it did.
    ///
    /// # Errors
    /// There is no such node, or no link can be like that.
    pub(super) fn bend(&mut self, bend: &Bend) -> Result<String, CommandError> {
        let (from, to) = (self.end(&bend.from)?, self.end(&bend.to)?);
        let mut ways = vec![(from, to)];
        if bend.is_both_ways {
            ways.push((to, from));
        }
        let after = |(from, to)| bend.change.apply(self.link(from, to));
        let changed: Vec<_> = ways.iter().map(|way| (*way, after(*way))).collect();
        for (_, conditions) in &changed {
            let sound = conditions.validate();
            sound.map_err(|error| CommandError::new(RefusalKind::Invalid, error))?;
        }
        for ((from, to), conditions) in changed {
            self.bend_way(from, to, conditions, bend.change.state.is_some());
        }
        Ok(bend.words())
    }

    /// As it is wanted by a person: a partition leaves it alone from then on.
    fn bend_way(&mut self, from: NodeIx, to: NodeIx, after: Conditions, has_state: bool) {
        if let Some(partition) = self.partition.as_mut().filter(|_| has_state) {
            partition.forget(from, to);
        }
        self.set_link(from, to, after);
    }

    fn end(&self, name: &str) -> Result<NodeIx, CommandError> {
        self.position(name).ok_or_else(|| {
            let words = missing("node", name, self.nodes.iter().map(|node| &*node.name));
            CommandError::new(RefusalKind::NoSuchNode, words)
        })
    }

    /// Opens every link that is not; says so.
    pub(super) fn heal_all(&mut self) -> String {
        self.partition = None;
        let all = || (0..self.nodes.len()).map(NodeIx);
        let ways = all().flat_map(|from| all().map(move |to| (from, to)));
        let ways = ways.filter(|(from, to)| from != to);
        let shut = ways.filter(|(from, to)| self.link(*from, *to).state != LinkState::Open);
        let shut: Vec<_> = shut.collect();
        let is_any = !shut.is_empty();
        for (from, to) in shut {
            let after = LinkChange::to_state(LinkState::Open).apply(self.link(from, to));
            self.set_link(from, to, after);
        }
        match is_any {
            true => "every link is open".to_owned(),
            false => "every link was open already".to_owned(),
        }
    }

    /// Partitions the network; says how.
    ///
    /// # Errors
    /// The groups are none, or a node is not of this lab.
    pub(super) fn split(&mut self, named: &[Vec<String>]) -> Result<String, CommandError> {
        for name in named.iter().flatten() {
            self.end(name)?;
        }
        let names: Vec<_> = self.nodes.iter().map(|node| node.name.clone()).collect();
        let names: Vec<_> = names.iter().map(|name| &**name).collect();
        let groups = match named.is_empty() {
            true => {
                let nodes = self.nodes.iter().enumerate();
                let dials =
                    nodes.flat_map(|(ix, node)| node.spec.connect.iter().map(move |to| (ix, to)));
                partition::halved(&names, dials)?
            }
            false => {
                let groups = partition::groups(&names, named);
                groups.map_err(|error| CommandError::new(RefusalKind::Invalid, error))?
            }
        };
        // It is the network as it is without the partition before that is partitioned.
        let before = self.partition.take();
        let undone = before.iter().flat_map(Partition::undone);
        let mut states: BTreeMap<_, _> = undone.map(|(from, to, was)| ((from, to), was)).collect();
        let mut partition = Partition::new(groups);
        for way in partition.between().collect::<Vec<_>>() {
            let was = states.remove(&way);
            self.cut(&mut partition, way, was);
        }
        for ((from, to), was) in states {
            self.set_state(from, to, was);
        }
        let words = partition.words(&names);
        self.partition = Some(partition);
        Ok(words)
    }

    /// Undoes the partition; says what is so then.
    pub(super) fn unite(&mut self) -> String {
        let Some(partition) = self.partition.take() else {
            return WHOLE.to_owned();
        };
        for (from, to, was) in partition.undone() {
            self.set_state(from, to, was);
        }
        UNITED.to_owned()
    }

    /// A node that is new is on one side of a partition that is in force.
    pub(super) fn admit(&mut self, new: NodeIx) {
        let Some(mut partition) = self.partition.take() else {
            return;
        };
        let dials = self.nodes[new.0].spec.connect.iter();
        let dials: Vec<_> = dials.filter_map(|name| self.position(name)).collect();
        partition.admit(new, &dials);
        for way in partition.between().collect::<Vec<_>>() {
            if way.0 == new || way.1 == new {
                self.cut(&mut partition, way, None);
            }
        }
        self.partition = Some(partition);
    }

    /// Cuts a direction, of which the partition then knows what it was: this, or what it is.
    fn cut(
        &mut self,
        partition: &mut Partition<NodeIx>,
        (from, to): (NodeIx, NodeIx),
        was: Option<LinkState>,
    ) {
        let was = was.unwrap_or(self.link(from, to).state);
        partition.note(from, to, was);
        self.set_state(from, to, LinkState::Cut);
    }
}
