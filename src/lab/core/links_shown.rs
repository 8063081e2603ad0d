//! The links as they were last shown, and what they followed from.

use crate::lab::view::LinkView;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

/// The links as they were last shown.
#[derive(Clone, Default)]
pub(super) struct LinksShown(pub(super) RefCell<Option<(LinksKey, Arc<Vec<LinkView>>)>>);

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
