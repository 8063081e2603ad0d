//! The links of a lab, changed while it runs.

use super::Shared;
use super::model::Model;
use crate::lab::names::missing;
use crate::lab::request::Bend;
use crate::link::LinkState;
use std::net::SocketAddr;

impl Shared {
    /// Changes one link, one way or both; says what it did.
    ///
    /// # Errors
    /// In words: there is no such node, or no such link.
    pub(super) fn bend(&self, bend: &Bend) -> Result<String, String> {
        let Bend {
            from,
            to,
            is_both_ways,
            change,
        } = bend;
        let (one, other) = {
            let model = self.lock();
            (model.place_of(from)?, model.place_of(to)?)
        };
        let mut ways = vec![(one, other)];
        if *is_both_ways {
            ways.push((other, one));
        }
        let changed = ways.into_iter().map(|(from, to)| {
            let after = change.apply(self.links.get(from, to));
            (from, to, after)
        });
        let set = self.links.set_all(changed);
        set.map_err(|error| error.to_string())?;
        let ends = match is_both_ways {
            true => format!("between {from} and {to}"),
            false => format!("from {from} to {to}"),
        };
        Ok(match change.state {
            Some(LinkState::Cut) => format!("the link {ends} is cut"),
            Some(LinkState::BlackHole) => format!("the link {ends} is a black hole"),
            Some(LinkState::Open) => format!("the link {ends} is open"),
            None => format!("the link {ends} is changed"),
        })
    }

    /// Opens every link that is not; says how many.
    ///
    /// # Errors
    /// Never, in truth: what was in range stays in range.
    pub(super) fn heal_all(&self) -> Result<String, String> {
        let shut = self.links.all().into_iter();
        let shut = shut.filter(|(_, _, conditions)| conditions.state != LinkState::Open);
        let opened: Vec<_> = shut
            .map(|(from, to, conditions)| (from, to, conditions.in_state(LinkState::Open)))
            .collect();
        let count = opened.len();
        let set = self.links.set_all(opened);
        set.map_err(|error| error.to_string())?;
        Ok(match count {
            0 => "every link was open already".to_owned(),
            _ => "every link is open".to_owned(),
        })
    }
}

impl Model {
    /// Where a node listens: one of the lab, or one that a node of the lab is connected with. One
    /// that is neither can be named by its address, as the other end of a link that is cut.
    fn place_of(&self, name: &str) -> Result<SocketAddr, String> {
        if let Ok(addr) = name.parse() {
            return Ok(addr);
        }
        if let Some(node) = self.named(name) {
            return Ok(node.addr);
        }
        let snapshots = self.nodes.iter().flat_map(|node| &node.snapshot);
        let mut peers = snapshots.flat_map(|snapshot| snapshot.ready_peers());
        let found = peers.find_map(|peer| peer.listen.filter(|_| peer.name == name));
        found.ok_or_else(|| missing("node", name, self.nodes.iter().map(|node| &*node.name)))
    }
}
