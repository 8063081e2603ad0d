//! What a lab holds of nodes that run in this process, and of other processes: each with a lane of
//! what is asked there.

use crate::lab::control::Later;
use crate::lab::core::HostId;
use crate::lab::drive::attached::Host;
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
pub(in crate::lab::drive) struct Hands {
    pub(in crate::lab::drive) nodes: BTreeMap<NodeIx, Hand>,
    pub(in crate::lab::drive) hosts: BTreeMap<HostId, Arc<Host>>,
}

/// A node that runs in this process.
#[derive(Clone)]
pub(in crate::lab::drive) struct Hand {
    pub(in crate::lab::drive) handle: Arc<NodeHandle>,
    pub(in crate::lab::drive) lane: Lane,
}

/// What is asked of one node or one process, in its order: each is begun when the one before has its
/// place there. Answers are not waited for. It ends with the last of its clones.
#[derive(Clone)]
pub(in crate::lab::drive) struct Lane(mpsc::Sender<Begin>);

/// Begins something, which has its place then.
pub(in crate::lab::drive) type Begin = Later<'static, Rest>;

/// What is left to do of something that was begun, beside all else.
pub(in crate::lab::drive) struct Rest(Later<'static, ()>);

impl Rest {
    pub(in crate::lab::drive) fn new(rest: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Box::pin(rest))
    }
}

impl Lane {
    pub(in crate::lab::drive) fn new(runtime: &Handle) -> Self {
        let (sender, mut begins) = mpsc::channel::<Begin>(LANE_MAX);
        let spawner = runtime.clone();
        runtime.spawn(async move {
            while let Some(begin) = begins.recv().await {
                let Rest(rest) = begin.await;
                spawner.spawn(rest);
            }
        });
        Self(sender)
    }

    /// Adds something; whether there is room.
    pub(in crate::lab::drive) fn push(&self, begin: Begin) -> bool {
        self.0.try_send(begin).is_ok()
    }
}
