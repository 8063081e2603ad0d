//! What is known of all peers' chains.

use super::context::Context;
use super::mode::Mode;
use super::orphans::OrphanBlocks;
use super::peer::{ASK_AGAIN, PeerSync};
use super::window::Window;
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{BlockHash, RuleError};
use crate::node::chainstate::TakesHeaders;
use crate::node::config::SyncMethod;
use crate::node::ids::ConnId;
use crate::node::snapshot::SyncInfo;
use crate::node::time::{Time, earlier};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// Behind by more blocks than these, transactions are not asked for: their inputs are not here.
const BEHIND_MAX: u32 = 10;

/// Who has what, and who was asked for it.
#[derive(Clone)]
pub struct Sync {
    pub(super) mode: Mode,
    pub(super) peers: BTreeMap<ConnId, PeerSync>,
    /// Blocks that a peer was asked for, and is not late with.
    pub(super) requested: BTreeMap<BlockHash, ConnId>,
    /// The peer that is handing over a long chain of headers.
    pub(super) headers_from: Option<ConnId>,
    /// Was level with all peers once. From then on no peer's claims make this node deaf to
    /// transactions.
    pub(super) was_level: bool,
    /// The headers that peers are asked from, in place of the best.
    pub(super) public: Option<[BlockHash; 2]>,
    pub(super) window: Window,
    /// Bodies that came before what is below them.
    pub(super) orphans: OrphanBlocks,
}

/// What became of a body that was handed to the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It was taken, or was here.
    Taken,
    /// It was refused.
    Refused(RuleError),
}

impl Sync {
    /// Knows no peer yet.
    pub fn new(method: SyncMethod) -> Self {
        Self::of(method.into())
    }

    /// Of a light node: headers are asked for, and no block ever is. Knows no peer yet.
    pub fn headers_alone() -> Self {
        Self::of(Mode::HeadersAlone)
    }

    fn of(mode: Mode) -> Self {
        Self {
            mode,
            peers: BTreeMap::new(),
            requested: BTreeMap::new(),
            headers_from: None,
            was_level: false,
            public: None,
            window: Window::default(),
            orphans: OrphanBlocks::default(),
        }
    }

    /// A peer whose handshake is complete.
    pub fn peer_ready(&mut self, conn: ConnId, claimed_height: u32, now: Time) {
        let peer = PeerSync {
            claimed_height,
            since: now,
            was_asked: false,
            asked: None,
            is_late: false,
            ask_again: now + ASK_AGAIN,
            scan: None,
            best: None,
            announced: VecDeque::new(),
            queue: VecDeque::new(),
            has_more: false,
            in_flight: BTreeMap::new(),
            last_delivery: now,
        };
        self.peers.insert(conn, peer);
    }

    /// A peer was sent this block.
    pub fn peer_has(&mut self, conn: ConnId, hash: &BlockHash, tree: &HeaderTree) {
        if let (Some(peer), Some(id)) = (self.peers.get_mut(&conn), tree.find(hash)) {
            peer.note_best(tree, id);
        }
    }

    /// A connection is gone; what it owed is asked of others.
    pub fn disconnected<C: TakesHeaders>(&mut self, conn: ConnId, context: &mut Context<'_, C>) {
        self.peers.remove(&conn);
        self.orphans.disconnected(conn);
        let before = self.requested.len();
        self.requested.retain(|_, by| *by != conn);
        let from = self.headers_from.take_if(|from| *from == conn);
        // Who owed nothing, perhaps not even said who it is, is gone for nothing.
        if from.is_some() || self.requested.len() < before {
            self.pump(context);
        }
    }

    /// Blocks that peers have announced may have got their headers.
    pub(super) fn look_up_announced(&mut self, tree: &HeaderTree) {
        for peer in self.peers.values_mut() {
            peer.look_up_announced(tree);
        }
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        !self.peers.contains_key(&conn)
            && self.headers_from != Some(conn)
            && self.requested.values().all(|by| *by != conn)
            && self.orphans.knows_nothing_of(conn)
    }

    /// Height of the best header that a peer is known to have, and the blocks that it owes.
    pub fn of_peer(&self, conn: ConnId, tree: &HeaderTree) -> (Option<u32>, usize) {
        let Some(peer) = self.peers.get(&conn) else {
            return (None, 0);
        };
        let best = peer.best.and_then(|hash| tree.find(&hash));
        let height = best.map(|id| tree.entry(id).height);
        (height, peer.in_flight.len())
    }

    /// Whether a peer has announced a branch with this block in it.
    pub fn has(&self, conn: ConnId, id: HeaderId, tree: &HeaderTree) -> bool {
        let best = self.peers.get(&conn).and_then(|peer| peer.best);
        let best = best.and_then(|hash| tree.find(&hash));
        let height = tree.entry(id).height;
        let is_above = |best: &HeaderId| tree.entry(*best).height >= height;
        best.filter(is_above)
            .is_some_and(|best| tree.ancestor(best, height) == id)
    }

    /// What is missing, if a peer has a branch with more work than ours.
    pub fn progress(&self, tree: &HeaderTree) -> Option<SyncInfo> {
        let tip = tree.entry(tree.tip()).work;
        let known = self
            .peers
            .values()
            .filter_map(|peer| tree.find(&peer.best?));
        let ahead = known
            .map(|id| tree.entry(id))
            .filter(|entry| entry.work > tip && !entry.failed);
        let target = ahead.max_by_key(|entry| entry.work)?.height;
        let in_flight = self.requested.len();
        Some(SyncInfo { target, in_flight })
    }

    /// How many blocks that is; of a light node, headers.
    pub fn blocks_left(&self, tree: &HeaderTree) -> u32 {
        let height = tree.entry(tree.tip()).height;
        let missing = self.progress(tree);
        missing.map_or(0, |info| info.target.saturating_sub(height))
    }

    /// Whether so much is missing that transactions mean nothing yet. What counts is what was
    /// shown, not what a peer claims; and never again once this node was level with its peers.
    pub fn is_behind(&mut self, tree: &HeaderTree) -> bool {
        if self.was_level {
            return false;
        }
        let is_behind = self.blocks_left(tree) > BEHIND_MAX;
        let is_asking = self.peers.values().all(|peer| peer.asked.is_some());
        self.was_level = !is_behind && !is_asking;
        is_behind
    }

    /// Whether the blocks that come in are old to everybody else: more is on its way than the last
    /// few, and that much was shown to be missing. What is on its way says too little alone: it costs
    /// a peer nothing to announce blocks that do not exist.
    pub fn is_catching_up(&mut self, tree: &HeaderTree) -> bool {
        let most = usize::try_from(BEHIND_MAX).expect("small");
        self.requested.len() > most && self.is_behind(tree)
    }

    /// Whether a peer is known to have a chain with as much work as the one that ends here.
    pub fn is_level(&self, conn: ConnId, tree: &HeaderTree, end: HeaderId) -> bool {
        let best = self
            .peers
            .get(&conn)
            .and_then(|peer| tree.find(&peer.best?));
        best.is_some_and(|id| tree.entry(id).work >= tree.entry(end).work)
    }

    /// The best headers that peers are known to have.
    pub fn best_of_peers(&self) -> impl Iterator<Item = BlockHash> + '_ {
        self.peers.values().filter_map(|peer| peer.best)
    }

    /// Nothing could come in for so long: no peer is late because of it.
    pub fn stood_still(&mut self, time: Duration) {
        self.peers
            .values_mut()
            .for_each(|peer| peer.stood_still(time));
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        let peers = self.peers.values().map(PeerSync::deadline).min();
        earlier(peers, self.stall_deadline())
    }
}
