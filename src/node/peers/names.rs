//! What peers are called here.
//!
//! A peer says its name itself, and may say any. It is called by that name if it is one
//! ([`peer_name`]), and if nobody else is called so: this node, another peer that is here, or a node
//! that shares the driver with this one. Otherwise its name gets a number. The driver knows the keys of
//! the nodes that it runs, and the handshake proves them: those keep their names, whoever came
//! first.

use super::Peers;
use crate::chain::key::PublicKey;
use crate::node::foreign::{numbered, peer_name};
use crate::node::message::{Text, Version};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Keys of a node that are remembered: it has another one each time it starts, and a peer may learn
/// late that an earlier one is gone.
const KEYS_MAX: usize = 8;

/// The nodes that a driver runs, or ran: their names are theirs also while they are down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours(BTreeMap<Arc<str>, VecDeque<PublicKey>>);

impl Neighbours {
    /// A node of this name is going to start.
    pub fn reserve(&mut self, name: &str) {
        self.keys_of(name);
    }

    /// A node of this name has started with this key.
    pub fn add(&mut self, name: &str, key: PublicKey) {
        let keys = self.keys_of(name);
        keys.truncate(KEYS_MAX - 1);
        keys.push_front(key);
    }

    fn keys_of(&mut self, name: &str) -> &mut VecDeque<PublicKey> {
        self.0.entry(name.into()).or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn is(&self, name: &str, key: &PublicKey) -> bool {
        self.0.get(name).is_some_and(|keys| keys.contains(key))
    }
}

/// Names that a peer does not get by saying them.
#[derive(Clone, Default)]
pub(super) struct Names {
    /// This node's.
    own: String,
    neighbours: Arc<Neighbours>,
}

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

/// The user agent of a node of this name (BIP 14).
pub fn user_agent(name: &str) -> Text {
    Text::new(&format!("/chainlab:{}({name})/", env!("CARGO_PKG_VERSION")))
}

/// The name in a user agent: what stands in brackets, or all of it.
pub(super) fn name_in(agent: &Text) -> &str {
    let agent = agent.as_str();
    let bracketed = agent
        .split_once('(')
        .and_then(|(_, rest)| rest.rsplit_once(')'));
    bracketed.map_or(agent, |(name, _)| name)
}
