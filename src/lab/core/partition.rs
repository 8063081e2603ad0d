//! How the network is partitioned, and healed.

use super::partition_state::{HEALED, Partition, WHOLE};
use super::state::Core;
use super::work::Asker;
use crate::lab::ask::{Ability, Request};
use crate::lab::layout::groups;
use crate::link::LinkState;
use crate::node::NodeIx;
use crate::node::io::{CommandError, RefusalKind};
use std::collections::BTreeMap;

impl Core {
    /// Partitions the network; says how.
    ///
    /// # Errors
    /// The groups are none, or a node is not of this lab.
    pub(super) fn divide(
        &mut self,
        asker: Asker,
        named: &[Vec<String>],
    ) -> Result<Option<String>, CommandError> {
        if !self.has_own_nodes() {
            return self.forward_to_only_lab(asker, Request::Partition(named.to_vec()));
        }
        if let Some(far) = self.nodes.iter().find(|node| node.host.is_some()) {
            let words = "runs in another process, and a partition cannot hold for it";
            return Err(format!("{} {words}", far.name).into());
        }
        for ix in (0..self.nodes.len()).map(NodeIx) {
            self.check_can(ix, Ability::Bend)?;
        }
        let groups = self.groups_of(named)?;
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
        let names: Vec<_> = self.nodes.iter().map(|node| &*node.name).collect();
        let words = partition.words(&names);
        self.partition = Some(partition);
        Ok(Some(words))
    }

    /// The groups that are meant: those that were named, or two halves.
    ///
    /// # Errors
    /// There is no such node, or the groups are none.
    fn groups_of(&self, named: &[Vec<String>]) -> Result<Vec<Vec<NodeIx>>, CommandError> {
        for name in named.iter().flatten() {
            self.position(name).ok_or_else(|| self.no_node(name))?;
        }
        let names: Vec<_> = self.nodes.iter().map(|node| &*node.name).collect();
        if named.is_empty() {
            let nodes = self.nodes.iter().enumerate();
            let dials =
                nodes.flat_map(|(ix, node)| node.spec.connect.iter().map(move |to| (ix, to)));
            let networks = self.networks.view(&self.nodes);
            let networks: Vec<_> = networks.iter().map(|of| of.nodes.clone()).collect();
            return Ok(groups::halved(&names, dials, &networks)?);
        }
        let groups = groups::groups(&names, named);
        groups.map_err(|error| CommandError::new(RefusalKind::Invalid, error))
    }

    /// Undoes the partition; says what is so then.
    ///
    /// # Errors
    /// The nodes run elsewhere, and not in one lab.
    pub(super) fn heal_partition(&mut self, asker: Asker) -> Result<Option<String>, CommandError> {
        if !self.has_own_nodes() {
            return self.forward_to_only_lab(asker, Request::Unite);
        }
        let Some(partition) = self.partition.take() else {
            return Ok(Some(WHOLE.to_owned()));
        };
        for (from, to, was) in partition.undone() {
            self.set_state(from, to, was);
        }
        Ok(Some(HEALED.to_owned()))
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
