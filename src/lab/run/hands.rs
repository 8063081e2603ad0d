//! What a lab holds of nodes that run in this process, and of other processes: each with a lane of
//! what is asked there.

use super::hosts::Host;
use crate::lab::control::Later;
use crate::lab::core::HostId;
use crate::live::NodeHandle;
use crate::node::NodeIx;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// What may wait in a lane. A node takes thousands before anything waits here.
const LANE_MAX: usize = 1_024;

/// What is held.
#[derive(Default)]
pub(super) struct Hands {
    pub(super) nodes: BTreeMap<NodeIx, Hand>,
    pub(super) hosts: BTreeMap<HostId, Arc<Host>>,
}

/// A node that runs in this process.
#[derive(Clone)]
pub(super) struct Hand {
    pub(super) handle: Arc<NodeHandle>,
    pub(super) lane: Lane,
}

/// What is asked of one node or one process, in its order: each is begun when the one before has its
/// place there. Answers are not waited for. It ends with the last of its clones.
#[derive(Clone)]
pub(super) struct Lane(mpsc::Sender<Begin>);

/// Begins something, which has its place then; what comes of it comes later.
pub(super) type Begin = Later<'static, Later<'static, ()>>;

impl Lane {
    pub(super) fn new(runtime: &Handle) -> Self {
        let (sender, mut begins) = mpsc::channel::<Begin>(LANE_MAX);
        let spawner = runtime.clone();
        runtime.spawn(async move {
            while let Some(begin) = begins.recv().await {
                let rest = begin.await;
                spawner.spawn(rest);
            }
        });
        Self(sender)
    }

    /// Adds something; whether there is room.
    pub(super) fn push(&self, begin: Begin) -> bool {
        self.0.try_send(begin).is_ok()
    }
}
