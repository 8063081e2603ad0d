//! What happened, as one hash: two runs are the same exactly if their logs are.

use crate::chain::codec;
use crate::node::NodeIx;
use crate::node::io::Event;
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// Events that are kept for a caller that asked for them; then the oldest go. A run of a test that looks
/// now and then stays far below.
const RECORDED_MAX: usize = 1_000_000;

/// All events of all nodes, in order.
#[derive(Clone)]
pub(super) struct Log {
    hasher: Sha256,
    count: u64,
    /// The encoding of one event, kept to be used again.
    bytes: Vec<u8>,
    recorded: Option<VecDeque<(NodeIx, Event)>>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            hasher: Sha256::new(),
            count: 0,
            bytes: Vec::new(),
            recorded: None,
        }
    }

    pub(super) fn add(&mut self, node: NodeIx, event: Event) {
        self.bytes.clear();
        codec::encode_into(&(node, &event), &mut self.bytes);
        self.hasher.update(&self.bytes);
        self.count += 1;
        if let Some(recorded) = &mut self.recorded {
            if recorded.len() == RECORDED_MAX {
                recorded.pop_front();
            }
            recorded.push_back((node, event));
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }

    pub(super) fn record(&mut self) {
        self.recorded.get_or_insert_default();
    }

    pub(super) fn take(&mut self) -> Vec<(NodeIx, Event)> {
        self.recorded.iter_mut().flat_map(std::mem::take).collect()
    }
}
