//! What a lab keeps of how it was changed while it ran, besides its nodes: links, the partition that is
//! in force, and payments that it makes by itself.
//!
//! Nodes are put down by their names, as the next time they may listen elsewhere. What is at the
//! other end of a link and no node of the lab has only its address.

use crate::lab::core::partition_state::Partition;
use crate::lab::core::{Core, LinkEnd};
use crate::lab::layout::roster::Roster;
use crate::lab::layout::{Layout, groups};
use crate::lab::paper::units::check_tx_rate;
use crate::lab::spec::TrafficSpec;
use crate::lab::view::{LinkStatus, TrafficView};
use crate::link::{Conditions, LinkState};
use crate::node::NodeIx;
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

/// A partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedPartition {
    groups: Vec<Vec<String>>,
    /// What it has cut.
    before: Vec<SavedCut>,
}

/// A direction that a partition has cut, and what it was.
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
        let Some(partition) = &self.partition else {
            return Ok(());
        };
        let names: Vec<_> = roster.nodes().collect();
        let groups = groups::groups(&names, &partition.groups);
        groups.map_err(|problem| format!("links.partition.groups: {problem}"))?;
        let before = partition.before.iter().map(|cut| (&cut.from, &cut.to));
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

impl From<TrafficView> for SavedTraffic {
    fn from(view: TrafficView) -> Self {
        Self {
            on: view.is_on,
            rate: view.rate,
        }
    }
}

impl SavedLinks {
    /// Links as they are.
    pub(super) fn of(core: &Core) -> Self {
        let name = |end| match end {
            LinkEnd::Node(ix) => match &core.nodes()[ix.0] {
                far if far.host().is_some() => {
                    far.addr().map_or_else(String::new, |at| at.to_string())
                }
                own => own.name().to_string(),
            },
            LinkEnd::Addr(addr) => addr.to_string(),
        };
        let set = core.ways_set().map(|(from, to, conditions)| LinkStatus {
            from: name(from),
            to: name(to),
            conditions,
        });
        let partition = core.partition().map(|partition| {
            let before = partition.undone().map(|(from, to, was)| SavedCut {
                from: core.name(from).to_owned(),
                to: core.name(to).to_owned(),
                was,
            });
            SavedPartition {
                groups: core.groups_by_name().unwrap_or_default(),
                before: before.collect(),
            }
        });
        Self {
            set: set
                .filter(|link| !link.from.is_empty() && !link.to.is_empty())
                .collect(),
            partition,
        }
    }

    /// Makes links what they were.
    ///
    /// # Errors
    /// In words: it speaks of a node that the lab does not have, or no link can be so.
    pub(super) fn restore(&self, core: &mut Core) -> Result<(), String> {
        let (set, partition) = self.restored(core)?;
        core.restore_links(set, partition);
        Ok(())
    }

    fn restored(&self, core: &Core) -> Result<Restored, String> {
        let mut set = Vec::new();
        for link in &self.set {
            let sound = link.conditions.validate();
            sound.map_err(|error| error.to_string())?;
            let (from, to) = (end(core, &link.from)?, end(core, &link.to)?);
            set.push((from, to, link.conditions));
        }
        let Some(SavedPartition { groups, before }) = &self.partition else {
            return Ok((set, None));
        };
        let names: Vec<_> = core.nodes().iter().map(|node| &**node.name()).collect();
        let mut partition = Partition::new(groups::groups(&names, groups)?);
        for cut in before {
            // Between what is no node of the lab a partition has cut nothing.
            if let (LinkEnd::Node(from), LinkEnd::Node(to)) =
                (end(core, &cut.from)?, end(core, &cut.to)?)
            {
                partition.note(from, to, cut.was);
            }
        }
        Ok((set, Some(partition)))
    }
}

/// Links that were set, and the partition.
type Restored = (
    Vec<(LinkEnd, LinkEnd, Conditions)>,
    Option<Partition<NodeIx>>,
);

/// The node of this name, or this address.
fn end(core: &Core, name: &str) -> Result<LinkEnd, String> {
    if let Some(ix) = core.position(name) {
        return Ok(LinkEnd::Node(ix));
    }
    let addr = name.parse();
    let addr = addr.map(LinkEnd::Addr);
    addr.map_err(|_| format!("links: there is no node {name:?}"))
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
