//! What leads to nodes that run in this process and to other processes, each in a lane of its own.

use crate::lab::core::HostId;
use crate::lab::drive::attached::Host;
use crate::lab::drive::lane::Lane;
use crate::live::NodeHandle;
use crate::node::NodeIx;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The lanes of a lab, each with what it leads to.
#[derive(Default)]
pub(in crate::lab::drive) struct Lanes {
    pub(in crate::lab::drive) nodes: BTreeMap<NodeIx, Running>,
    pub(in crate::lab::drive) hosts: BTreeMap<HostId, Arc<Host>>,
}

/// A node that runs in this process.
#[derive(Clone)]
pub(in crate::lab::drive) struct Running {
    pub(in crate::lab::drive) handle: Arc<NodeHandle>,
    pub(in crate::lab::drive) lane: Lane,
}
