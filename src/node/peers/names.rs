//! What peers are called here.
//!
//! A peer says its name itself, and may say any. It is called by that name if it is one
//! ([`peer_name`](crate::node::foreign::peer_name)), and if no other is called so: this node, another peer that is here, or a node
//! that shares the driver with this one. Otherwise its name gets a number. The driver knows the keys of
//! the nodes that it runs, and the handshake proves them: those keep their names, also if another
//! came first.

use crate::chain::key::PublicKey;
use crate::node::message::Text;
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

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn is(&self, name: &str, key: &PublicKey) -> bool {
        self.0.get(name).is_some_and(|keys| keys.contains(key))
    }
}

/// TakenNames that a peer does not get by saying them.
#[derive(Clone, Default)]
pub(super) struct TakenNames {
    /// This node's.
    pub(super) own: String,
    pub(super) neighbours: Arc<Neighbours>,
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
