//! Live nodes to measure: real sockets on loopback, real databases in a temporary directory.

use chainlab::chain::{Params, SigCache};
use chainlab::live::{LabClock, NodeHandle, seeds, spawn};
use chainlab::node::{Config, Event, EventKind, NodeSnapshot, Time};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

pub struct Scene {
    pub runtime: Runtime,
    pub clock: LabClock,
    pub params: Arc<Params>,
    pub dir: TempDir,
}

impl Scene {
    pub fn new(params: &Params) -> Self {
        chainlab::live::raise_open_files().expect("the system lets us");
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        Self {
            runtime: runtime.expect("a runtime"),
            clock: LabClock::from_wall(),
            params: Arc::new(params.clone()),
            dir: TempDir::new().expect("a directory"),
        }
    }

    /// A node that knows nobody, with a cache of signatures of its own.
    pub fn config(&self, name: &str) -> Config {
        let seeds = seeds().expect("the system has randomness");
        let mut config = Config::new(name, Arc::clone(&self.params), seeds);
        config.sigs = Arc::new(SigCache::default());
        config.outbound = 0;
        config
    }

    pub fn spawn(&self, config: Config) -> NodeHandle {
        let dir = self.dir.path().join(&config.name);
        self.spawn_at(config, &dir)
    }

    pub fn spawn_at(&self, config: Config, dir: &Path) -> NodeHandle {
        self.runtime.block_on(async {
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            let listener = TcpListener::bind(any).await.expect("a port");
            let spawned = spawn(config, dir, Some(listener), self.clock.clone());
            spawned.await.expect("it starts")
        })
    }

    /// Waits until the chain of a node has this height, and says when that was on the lab clock.
    /// `events` are the node's, from before it could get there.
    pub fn reaches(&self, mut events: Receiver<Event>, height: u32) -> Time {
        self.runtime.block_on(async {
            loop {
                match events.recv().await {
                    Ok(event) => {
                        if let EventKind::TipChanged { tip, .. } = event.kind
                            && tip.height >= height
                        {
                            return event.at;
                        }
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("a node has ended"),
                }
            }
        })
    }

    /// Waits until a node is as wanted.
    pub fn wait_until(&self, node: &NodeHandle, holds: impl Fn(&NodeSnapshot) -> bool) {
        let mut snapshots = node.snapshots();
        self.runtime.block_on(async {
            let seen = snapshots.wait_for(|snapshot| holds(snapshot)).await;
            seen.expect("the node runs");
        });
    }
}
