//! The links as they were last shown, and what they followed from.

use crate::lab::view::LinkView;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The links, and what they followed from.
type Shown = Option<(LinksKey, Arc<Vec<LinkView>>)>;

/// The links as they were last shown. No two threads ever show one lab: the lock is what lets timelines share
/// it.
#[derive(Default)]
pub(super) struct LinksShown(Mutex<Shown>);

impl LinksShown {
    pub(super) fn last(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for LinksShown {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.last().clone()))
    }
}

/// What they followed from.
#[derive(Clone, PartialEq)]
pub(super) struct LinksKey {
    /// How often a link was set.
    pub(super) set: u64,
    /// How often something was told of links, or of nodes that met.
    pub(super) told: u64,
    /// Whether each node runs, where it listens, and how often it had other peers.
    pub(super) nodes: Vec<(bool, Option<SocketAddr>, u64)>,
}
