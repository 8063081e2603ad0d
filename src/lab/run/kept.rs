//! What a lab keeps of how it was changed while it ran, besides its nodes: links, the split that is
//! in force, and payments that it makes by itself.
//!
//! Nodes are put down by their names, as the next time they may listen elsewhere. What is at the
//! other end of a link and no node of the lab has only its address.

use super::Shared;
use super::model::{Model, Node};
use super::saved::FILE;
use crate::lab::LabError;
use crate::lab::control::LinkStatus;
use crate::lab::layout::Layout;
use crate::lab::layout::roster::Roster;
use crate::lab::partition::{self, Partition};
use crate::lab::spec::{NodeSpec, TrafficSpec};
use crate::lab::traffic::check_tx_rate;
use crate::link::LinkState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::SocketAddr;

/// Links as they were left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedLinks {
    /// Those that were set, each way.
    set: Vec<LinkStatus>,
    partition: Option<SavedPartition>,
}

/// A split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedPartition {
    groups: Vec<Vec<String>>,
    /// What it has cut.
    before: Vec<SavedCut>,
}

/// A direction that a split has cut, and what it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedCut {
    from: String,
    to: String,
    was: LinkState,
}

/// Payments that the lab makes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedTraffic {
    on: bool,
    rate: f64,
}

impl SavedLinks {
    /// Makes sure that all of it is about these nodes.
    ///
    /// # Errors
    /// In words, with the field.
    pub(super) fn check(&self, roster: &Roster) -> Result<(), String> {
        let set = self.set.iter().map(|link| (&link.from, &link.to));
        check_ways("links.set", set, roster)?;
        let Some(split) = &self.partition else {
            return Ok(());
        };
        let names: Vec<_> = roster.nodes().collect();
        let groups = partition::groups(&names, &split.groups);
        groups.map_err(|problem| format!("links.partition.groups: {problem}"))?;
        let before = split.before.iter().map(|cut| (&cut.from, &cut.to));
        check_ways("links.partition.before", before, roster)
    }
}

fn check_ways<'a>(
    field: &str,
    ways: impl Iterator<Item = (&'a String, &'a String)>,
    roster: &Roster,
) -> Result<(), String> {
    let mut described = BTreeSet::new();
    for (at, (from, to)) in ways.enumerate() {
        for (end, name) in [("from", from), ("to", to)] {
            // What is no node of the lab has only its address.
            if name.parse::<SocketAddr>().is_err() {
                let found = roster.find(name);
                found.map_err(|problem| format!("{field}[{at}].{end}: {problem}"))?;
            }
        }
        if from == to {
            return Err(format!("{field}[{at}].to: {to} has no link to itself"));
        }
        if !described.insert((from, to)) {
            let problem = format!("the way from {from} to {to} is described twice");
            return Err(format!("{field}[{at}]: {problem}"));
        }
    }
    Ok(())
}

/// What is written down before its turn if it changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Edition {
    links: u64,
    traffic: Option<SavedTraffic>,
}

impl Shared {
    /// Which edition of links and traffic there is.
    pub(super) fn kept_edition(&self) -> Edition {
        Edition {
            links: self.links.edition(),
            traffic: self.lock().traffic_to_keep(&self.layout),
        }
    }

    /// Links as they are.
    pub(super) fn links_to_keep(&self, model: &Model) -> SavedLinks {
        let set = self.links.all().into_iter();
        let set = set.map(|(from, to, conditions)| LinkStatus {
            from: model.name_at(from),
            to: model.name_at(to),
            conditions,
        });
        let partition = model.partition.as_ref().map(|partition| {
            let before = partition.undone().map(|(from, to, was)| SavedCut {
                from: model.name_at(from),
                to: model.name_at(to),
                was,
            });
            SavedPartition {
                groups: model.groups_by_name().unwrap_or_default(),
                before: before.collect(),
            }
        });
        SavedLinks {
            set: set.collect(),
            partition,
        }
    }

    /// Makes links what they were.
    ///
    /// # Errors
    /// [`LabError::Damaged`]: it speaks of a node that the lab does not have.
    pub(super) fn restore_links(&self, saved: &SavedLinks) -> Result<(), LabError> {
        let mut model = self.lock();
        let restored = self.restored(&model, saved);
        model.partition = restored.map_err(|problem| LabError::Damaged {
            path: self.dir.join(FILE),
            problem,
        })?;
        Ok(())
    }

    fn restored(
        &self,
        model: &Model,
        saved: &SavedLinks,
    ) -> Result<Option<Partition<SocketAddr>>, String> {
        let mut set = Vec::new();
        for link in &saved.set {
            set.push((
                model.addr_of(&link.from)?,
                model.addr_of(&link.to)?,
                link.conditions,
            ));
        }
        let default = self.links.set_default(self.layout.link);
        let all = default.and_then(|()| self.links.set_all(set));
        all.map_err(|error| error.to_string())?;
        let Some(SavedPartition { groups, before }) = &saved.partition else {
            return Ok(None);
        };
        let names: Vec<_> = model.nodes.iter().map(|node| &*node.name).collect();
        let mut partition = Partition::new(partition::groups(&names, groups)?);
        for cut in before {
            partition.note(model.addr_of(&cut.from)?, model.addr_of(&cut.to)?, cut.was);
        }
        Ok(Some(partition))
    }
}

impl Model {
    /// What the node of this process that listens there is called, or the address.
    fn name_at(&self, addr: SocketAddr) -> String {
        let mut own = self.nodes.iter().filter(|node| node.host.is_none());
        let found = own.find(|node| node.addr == addr);
        found.map_or_else(|| addr.to_string(), |node| node.name.to_string())
    }

    /// Where a node listens, or this address.
    fn addr_of(&self, name: &str) -> Result<SocketAddr, String> {
        if let Some(node) = self.named(name) {
            return Ok(node.addr);
        }
        let addr = name.parse();
        addr.map_err(|_| format!("links: there is no node {name:?}"))
    }

    /// A node as the lab can start it by itself: of other processes' nodes, which are not kept, it
    /// dials none.
    pub(super) fn spec_to_keep(&self, node: &Node) -> NodeSpec {
        let mut spec = node.spec.clone();
        let is_own = |name: &String| self.named(name).is_some_and(|node| node.host.is_none());
        spec.connect.retain(is_own);
        spec
    }

    /// Payments as they are; before any can be made, as the layout wants them.
    pub(super) fn traffic_to_keep(&self, layout: &Layout) -> Option<SavedTraffic> {
        let own = self.payments.as_ref().map(|payments| payments.view());
        let own = own.map(|view| SavedTraffic {
            on: view.is_on,
            rate: view.rate,
        });
        own.or(layout.traffic.as_ref().map(|spec| SavedTraffic {
            on: spec.is_on,
            rate: spec.rate,
        }))
    }
}

/// A layout of which the payments are as they were when the lab was left.
///
/// # Errors
/// In words, with the field: there cannot be so many.
pub(super) fn with_traffic(
    layout: Layout,
    traffic: Option<SavedTraffic>,
) -> Result<Layout, String> {
    let Some(SavedTraffic { on, rate }) = traffic else {
        return Ok(layout);
    };
    let rate = check_tx_rate(rate).map_err(|why| format!("traffic.rate: {why}"))?;
    let usual = TrafficSpec::usual(layout.chain.proposed_fee());
    let spec = layout.traffic.unwrap_or(usual);
    let traffic = Some(TrafficSpec {
        is_on: on,
        rate,
        ..spec
    });
    Ok(Layout { traffic, ..layout })
}
