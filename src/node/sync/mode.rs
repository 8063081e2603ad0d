//! What is got of the chain, and in which order.

use crate::node::config::SyncMethod;

/// What is got of the chain, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Headers, then their bodies.
    HeadersFirst,
    /// Bodies, in the order of an `inv`.
    BlocksFirst,
    /// Headers, and no body at all: a light node's.
    HeadersAlone,
}

impl From<SyncMethod> for Mode {
    fn from(method: SyncMethod) -> Self {
        match method {
            SyncMethod::HeadersFirst => Self::HeadersFirst,
            SyncMethod::BlocksFirst => Self::BlocksFirst,
        }
    }
}
