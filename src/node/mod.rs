//! One node, without IO. So far: the chain that it keeps, and the store that it keeps it in.

pub mod addrbook;
pub mod chainstate;
pub mod check;
pub mod config;
pub mod handshake;
pub mod io;
pub mod mempool;
pub mod message;
pub mod mining;
pub mod outbox;
pub mod peers;
pub mod random;
pub mod relay;
pub mod snapshot;
pub mod store;
pub mod sync;
pub mod template;
pub mod time;

pub use chainstate::{ChainChange, ChainState};
pub use config::{Config, Seeds, SyncMethod};
pub use store::{Batch, BlockId, HeaderRecord, MemStore, Store, StoreFault};
pub use time::Time;

/// SKELETON: the real one comes from another branch; only signatures count.
pub struct Node<S> {
    chain: ChainState<S>,
}

impl<S: Store> Node<S> {
    /// Opens a node over its store; it wants to dial, announce and so on from the first `Tick` on.
    ///
    /// # Errors
    /// [`chainstate::OpenError`].
    pub fn open(config: Config, store: S, now: Time) -> Result<Self, chainstate::OpenError> {
        let _ = (config, store, now);
        unimplemented!()
    }

    /// Takes one input.
    ///
    /// # Errors
    /// [`io::Halt`].
    pub fn handle(&mut self, now: Time, input: io::Input) -> Result<(), io::Halt> {
        let _ = (now, input);
        unimplemented!()
    }

    /// The next thing that the node wants done.
    pub fn poll_output(&mut self) -> Option<io::Output> {
        unimplemented!()
    }

    /// When it next wants [`io::Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        unimplemented!()
    }

    /// What a screen can show.
    pub fn snapshot(&self, now: Time) -> snapshot::NodeSnapshot {
        let _ = now;
        unimplemented!()
    }

    /// The chain, for reading.
    pub fn chain(&self) -> &ChainState<S> {
        &self.chain
    }

    /// Writes what is not yet written (mempool, addresses), makes all of it survive a power loss.
    ///
    /// # Errors
    /// [`io::Halt`].
    pub fn close(&mut self, now: Time) -> Result<(), io::Halt> {
        let _ = now;
        unimplemented!()
    }

    /// Gives the store back: what a crash leaves.
    pub fn into_store(self) -> S {
        self.chain.into_store()
    }
}
