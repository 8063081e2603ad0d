//! The control endpoints of a lab that are open.

use crate::lab::control::{Controlled, Server};
use crate::lab::drive::registry::Registered;
use crate::node::NodeIx;
use std::sync::Arc;

/// The endpoints, open until this is dropped.
pub(super) struct Endpoints {
    /// What is behind the endpoint of a node.
    pub(super) of_node: Box<dyn Fn(NodeIx) -> Arc<dyn Controlled> + Send>,
    pub(super) whole: Option<Server>,
    pub(super) nodes: Vec<(NodeIx, Server)>,
    /// Dropped last: the sockets are in its directory.
    pub(super) registered: Registered,
}
