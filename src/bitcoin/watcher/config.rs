//! What is watched, and how much of it is kept.

use crate::bitcoin::Network;
use std::net::SocketAddr;
use std::time::Duration;

/// Which node is watched.
#[derive(Clone, Debug)]
pub struct WatchConfig {
    /// Its network.
    pub network: Network,
    /// Where it listens.
    pub addr: SocketAddr,
    /// What it is told that this is, BIP 14.
    pub user_agent: String,
    /// Asks what waits also where the node does not say that it answers that, and hangs up on it
    /// perhaps.
    pub mempool: bool,
    /// Whether it is asked by JSON-RPC as well.
    pub rpc: bool,
    /// Draws the numbers by which connections and pings are told apart.
    pub seed: [u8; 32],
}

/// Limits on what a node can make a watcher do and keep.
pub(super) struct Limits;

impl Limits {
    /// A handshake that takes longer than this has failed.
    pub(super) const HANDSHAKE: Duration = Duration::from_secs(20);
    /// Time between pings: bcoin's. Bitcoin Core takes two minutes.
    pub(super) const PING_EVERY: Duration = Duration::from_secs(30);
    /// A ping that is not answered for so long ends the connection.
    pub(super) const PING_TIMEOUT: Duration = Duration::from_secs(60);
    /// What was asked for and has not come for so long is not waited for any more.
    pub(super) const ASKED: Duration = Duration::from_secs(60);
    /// The first wait before a connection is tried again, which doubles each time.
    pub(super) const BACK_OFF_MIN: Duration = Duration::from_secs(1);
    /// The longest.
    pub(super) const BACK_OFF_MAX: Duration = Duration::from_secs(60);
    /// A connection that stood for so long was a good one: the wait begins anew.
    pub(super) const STOOD: Duration = Duration::from_secs(60);
    /// Bodies that are asked for ahead of the one that is needed next.
    pub(super) const BODIES_AHEAD: usize = 16;
    /// Bodies that are asked for at once.
    pub(super) const BODIES_ASKED: usize = 64;
    /// Bytes of bodies that are kept until they are needed: some of the largest.
    pub(super) const BODY_BYTES: usize = 32_000_000;
    /// Blocks whose stages are kept.
    pub(super) const BLOCKS_SEEN: usize = 4_096;
    /// Transactions that are asked for at once.
    pub(super) const TXS_ASKED: usize = 1_000;
    /// Transactions that wait to be asked for: two answers to `mempool`.
    pub(super) const TXS_QUEUED: usize = 100_000;
    /// Blocks of one `inv` that are asked for: the newest, which are its last.
    pub(super) const INV_BLOCKS: usize = 16;
    /// Addresses of nodes that are remembered.
    pub(super) const ADDRESSES: usize = 10_000;
    /// Characters of a user agent that are shown.
    pub(super) const USER_AGENT: usize = 60;
}
