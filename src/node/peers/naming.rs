//! Gives peers their names: see [`Neighbours`].

use super::names::{Neighbours, name_in};
use super::table::Peers;
use crate::node::foreign::{numbered, peer_name};
use crate::node::message::Version;
use std::sync::Arc;

impl Peers {
    /// The same, of a node of this name.
    #[must_use]
    pub fn of(mut self, own: &str) -> Self {
        own.clone_into(&mut self.names.own);
        self
    }

    /// These are the nodes that the driver runs. A stranger that has one of their names gets a number.
    pub fn meet(&mut self, neighbours: &Arc<Neighbours>) {
        if Arc::ptr_eq(&self.names.neighbours, neighbours) {
            return;
        }
        self.names.neighbours = Arc::clone(neighbours);
        let strangers: Vec<_> = self
            .ready()
            .filter(|(_, peer)| neighbours.has(&peer.label.name))
            .map(|(conn, _)| conn)
            .collect();
        for conn in strangers {
            let version = self.get_mut(conn).and_then(|peer| peer.version.take());
            if let Some(version) = version {
                let name = self.name_for(&version);
                if let Some(peer) = self.get_mut(conn) {
                    peer.label.name = name;
                    peer.version = Some(version);
                }
            }
        }
    }

    /// What the node that sent this, and has proven its key, is called from now on.
    pub(super) fn name_for(&self, version: &Version) -> Arc<str> {
        let said = peer_name(name_in(&version.user_agent));
        let neighbours = &self.names.neighbours;
        if neighbours.is(&said, &version.id) {
            return said.into();
        }
        let is_others = |name: &str| {
            let has_it = |other: &Version| other.id != version.id;
            let mut ready = self.ready().filter(|(_, peer)| *peer.label.name == *name);
            name == self.names.own
                || neighbours.has(name)
                || ready.any(|(_, peer)| peer.version.as_deref().is_some_and(has_it))
        };
        let others = (2..).map(|number| numbered(&said, number));
        let mut names = std::iter::once(said.clone()).chain(others);
        let free = names.find(|name| !is_others(name));
        free.expect("there is always another number").into()
    }
}
