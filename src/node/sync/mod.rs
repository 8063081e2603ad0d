//! Gets the chain: who has what, headers first, then bodies from many peers at once.
//!
//! - A new peer is asked what follows our best header (`getheaders`). While one peer hands over a
//!   long chain, others that claim one are not asked for the same; they are asked when that peer is
//!   done, or takes too long ([`ANSWER_MAX`]).
//! - Headers are judged by the chain's rules, and only then are bodies asked for, from every peer
//!   whose best header lies on the same branch; see [`download`].
//! - A branch that starts far behind and comes in several messages is followed with a
//!   [`BranchScan`](crate::chain::scan::BranchScan), one at a time for each peer.
//! - A block that is announced when nothing is missing is asked for at once, without its header:
//!   `inv`, `getdata`, `block` is the shortest way through a network. If its parent turns out to be
//!   unknown, the body waits ([`orphans`]) and headers are asked for: the tip is never there before
//!   its ancestors.
//! - [`SyncMethod::BlocksFirst`] is how the tutorials do it: `getblocks`, and the same downloader is
//!   fed by the `inv` that answers.
//!
//! No peer is believed: who never answers, stalls or lies costs a time-out, not the sync.

pub mod download;
mod headers;
pub mod orphans;
mod peer;

use orphans::Orphans;
use peer::PeerSync;

use super::chainstate::ChainState;
use super::config::SyncMethod;
use super::io::ConnId;
use super::message::{GETBLOCKS_MAX, Locator, Message};
use super::outbox::Outbox;
use super::snapshot::SyncInfo;
use super::store::Store;
use super::time::{Time, earlier};
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{BlockHash, RuleError};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A peer that does not answer `getheaders` or `getblocks` for so long is passed over.
pub const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A peer that owes blocks for so long, and sends none, is let go.
pub const SILENCE_MAX: Duration = Duration::from_secs(120);

/// A peer that owes headers for so long, and sends neither them nor blocks, is let go. On a slow line
/// the question already waits behind megabytes, as a ping does.
pub const UNANSWERED_MAX: Duration = super::peers::PONG_MAX;

/// How often a peer is asked again when nothing was heard: in case an announcement got lost.
pub const ASK_AGAIN: Duration = Duration::from_secs(60);

/// The pause after headers for which there was no room, or that came from the future.
const RETRY: Duration = Duration::from_secs(10);

/// Announced hashes without a header, kept of each peer: so that a block that one peer announced
/// and does not send can be asked of another.
const ANNOUNCED_MAX: usize = 64;

/// Behind by more blocks than these, transactions are not asked for: their inputs are not here.
const BEHIND_MAX: u32 = 10;

/// A peer that claims so many more blocks is asked alone: what it has comes in several messages.
const LONG: u32 = 2_000;

/// Who has what, and who was asked for it.
#[derive(Clone)]
pub struct Sync {
    method: SyncMethod,
    peers: BTreeMap<ConnId, PeerSync>,
    /// Blocks that somebody was asked for, and is not late with.
    requested: BTreeMap<BlockHash, ConnId>,
    /// The peer that is handing over a long chain of headers.
    headers_from: Option<ConnId>,
    /// Was level with all peers once. From then on nobody's claims make this node deaf to
    /// transactions.
    was_level: bool,
    /// The headers that peers are asked from, in place of the best.
    public: Option<[BlockHash; 2]>,
    window: download::Window,
    /// Bodies that came before what is below them.
    orphans: Orphans,
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
    /// Knows nobody yet.
    pub fn new(method: SyncMethod) -> Self {
        Self {
            method,
            peers: BTreeMap::new(),
            requested: BTreeMap::new(),
            headers_from: None,
            was_level: false,
            public: None,
            window: download::Window::default(),
            orphans: Orphans::default(),
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
    pub fn disconnected<S: Store>(
        &mut self,
        conn: ConnId,
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) {
        self.peers.remove(&conn);
        self.orphans.disconnected(conn);
        let before = self.requested.len();
        self.requested.retain(|_, by| *by != conn);
        let from = self.headers_from.take_if(|from| *from == conn);
        // Who owed nothing, perhaps not even said who it is, is gone for nothing.
        if from.is_some() || self.requested.len() < before {
            self.pump(chain, now, out);
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
    pub fn of_peer<S: Store>(&self, conn: ConnId, chain: &ChainState<S>) -> (Option<u32>, usize) {
        let Some(peer) = self.peers.get(&conn) else {
            return (None, 0);
        };
        let best = peer.best.and_then(|hash| chain.tree().find(&hash));
        let height = best.map(|id| chain.tree().entry(id).height);
        (height, peer.in_flight.len())
    }

    /// What is missing, if a peer has a branch with more work than ours.
    pub fn progress<S: Store>(&self, chain: &ChainState<S>) -> Option<SyncInfo> {
        let tree = chain.tree();
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

    /// Whether so much is missing that transactions mean nothing yet. What counts is what was
    /// shown, not what somebody claims; and never again once this node was level with its peers.
    pub fn is_behind<S: Store>(&mut self, chain: &ChainState<S>) -> bool {
        if self.was_level {
            return false;
        }
        let height = chain.tip().height;
        let missing = |info: SyncInfo| info.target.saturating_sub(height) > BEHIND_MAX;
        let is_behind = self.progress(chain).is_some_and(missing);
        let is_asking = self.peers.values().all(|peer| peer.asked.is_some());
        self.was_level = !is_behind && !is_asking;
        is_behind
    }

    /// Whether the blocks that come in are old to everybody else: more is on its way than the last
    /// few, and that much was shown to be missing. What is on its way says too little alone: it costs
    /// a peer nothing to announce blocks that do not exist.
    pub fn is_catching_up<S: Store>(&mut self, chain: &ChainState<S>) -> bool {
        let most = usize::try_from(BEHIND_MAX).expect("small");
        self.requested.len() > most && self.is_behind(chain)
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

    /// Peers are asked what follows on the first of these headers that is there, since what is better
    /// is nobody's to hear of; `None`: on the best.
    pub fn ask_from(&mut self, public: Option<[BlockHash; 2]>) {
        self.public = public;
    }

    /// Asks peers for what is to be asked, after anything has changed.
    pub fn pump<S: Store>(&mut self, chain: &ChainState<S>, now: Time, out: &mut Outbox) {
        let height = chain.tree().entry(chain.tree().best()).height;
        let fresh = self.peers.iter().filter(|(_, peer)| !peer.was_asked);
        let fresh: Vec<(ConnId, u32)> = fresh.map(|(conn, p)| (*conn, p.claimed_height)).collect();
        // Once one has let us wait, nobody waits for another.
        let is_patient = !self.peers.values().any(|peer| peer.is_late);
        for (conn, claimed) in fresh {
            let waited = self.peers.get(&conn).map(|peer| now - peer.since);
            let is_patient = is_patient && waited.is_some_and(|waited| waited < ANSWER_MAX);
            let is_long = match self.method {
                SyncMethod::HeadersFirst => claimed > height.saturating_add(LONG),
                SyncMethod::BlocksFirst => claimed > height,
            };
            if is_long && is_patient && self.headers_from.is_some() {
                continue;
            }
            if is_long {
                self.headers_from = Some(conn);
            }
            self.ask(conn, chain, now, out);
        }
        let conns: Vec<ConnId> = self.peers.keys().copied().collect();
        for conn in conns {
            self.fill(conn, chain, now, out);
        }
    }

    /// Asks a peer what it has beyond our chain, unless it owes that answer already.
    pub fn ask<S: Store>(
        &mut self,
        conn: ConnId,
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) {
        self.ask_by(self.method, conn, chain, now, out);
    }

    /// The same by a method that need not be ours: what blocks first cannot follow, headers can.
    fn ask_by<S: Store>(
        &mut self,
        method: SyncMethod,
        conn: ConnId,
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) {
        let tree = chain.tree();
        let headers_first = method == SyncMethod::HeadersFirst;
        let public = self.public.iter().flatten();
        let public = public.filter_map(|hash| tree.find(hash)).next();
        let from = if let Some(public) = public {
            public
        } else if headers_first {
            tree.best()
        } else {
            tree.tip()
        };
        // From the parent on, so that a peer with the same tip says so.
        let from = tree.parent(from).filter(|_| headers_first).unwrap_or(from);
        let have = tree.locator(from);
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        peer.was_asked = true;
        match peer.asked {
            Some(_) if !peer.is_late => return,
            // It has owed the answer since it was asked first.
            Some(_) => peer.ask_again = now + ASK_AGAIN,
            None => peer.expect_answer(now),
        }
        let stop = BlockHash::ZERO;
        let locator = Locator { have, stop };
        out.send(
            conn,
            match headers_first {
                true => Message::GetHeaders(locator),
                false => Message::GetBlocks(locator),
            },
        );
    }

    /// Takes announcements of blocks.
    pub fn received_inv<S: Store>(
        &mut self,
        conn: ConnId,
        hashes: &[BlockHash],
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) {
        let tree = chain.tree();
        let nothing_missing = tree.best() == tree.tip();
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let mut unknown = Vec::new();
        for hash in hashes {
            match tree.find(hash) {
                Some(id) => peer.note_best(tree, id),
                None => unknown.push(*hash),
            }
        }
        for hash in &unknown {
            if peer.announced.len() == ANNOUNCED_MAX {
                peer.announced.pop_front();
            }
            peer.announced.push_back(*hash);
        }
        match (self.method, &unknown[..]) {
            (SyncMethod::BlocksFirst, [_, _, ..]) => {
                peer.has_more = hashes.len() >= GETBLOCKS_MAX;
                unknown.truncate(GETBLOCKS_MAX);
                peer.queue = unknown.into();
            }
            // Its body is here, and waits for what is below it: this peer may have that.
            (_, [hash]) if self.orphans.contains(hash) => {
                self.ask_by(SyncMethod::HeadersFirst, conn, chain, now, out);
            }
            (_, [hash]) if nothing_missing || self.method == SyncMethod::BlocksFirst => {
                let hash = *hash;
                self.request(conn, vec![hash], now, out);
            }
            (_, []) => {}
            (_, [..]) => self.ask(conn, chain, now, out),
        }
        // Whatever it lists, with nothing to add at the least, is an answer to getblocks.
        if self.method == SyncMethod::BlocksFirst && self.answered(conn) {
            self.pump(chain, now, out);
        } else {
            self.fill(conn, chain, now, out);
        }
    }

    /// A peer has answered what it was asked. Whether others waited for that to be asked.
    fn answered(&mut self, conn: ConnId) -> bool {
        if let Some(peer) = self.peers.get_mut(&conn) {
            peer.asked = None;
        }
        let from = &mut self.headers_from;
        from.take_if(|from| *from == conn).is_some()
    }

    /// Time has passed. Returns peers that are to be let go, and why.
    pub fn tick<S: Store>(
        &mut self,
        chain: &ChainState<S>,
        now: Time,
        out: &mut Outbox,
    ) -> Vec<(ConnId, &'static str)> {
        let mut overdue = Vec::new();
        let mut again = Vec::new();
        let mut is_changed = false;
        for (conn, peer) in &mut self.peers {
            let waited = peer.asked.map(|asked| now - asked);
            if peer
                .silent_since()
                .is_some_and(|since| now - since >= UNANSWERED_MAX)
            {
                overdue.push((*conn, "no answer to getheaders for 1 200 s"));
            } else if waited.is_some_and(|waited| waited >= ANSWER_MAX) && !peer.is_late {
                peer.is_late = true;
                is_changed |= self.headers_from.take_if(|from| from == conn).is_some();
            }
            // Nobody waits for others for longer than one may take to answer.
            is_changed |= !peer.was_asked && now - peer.since >= ANSWER_MAX;
            if peer.ask_again <= now {
                peer.ask_again = now + ASK_AGAIN;
                again.push(*conn);
            }
        }
        let stalls = self.release_stalled(now);
        overdue.extend(stalls.overdue);
        for conn in again {
            self.ask(conn, chain, now, out);
        }
        if stalls.released && self.method == SyncMethod::BlocksFirst {
            // Their lists have lost what the stalled peer was to send.
            self.peers
                .values_mut()
                .for_each(|peer| peer.was_asked = false);
        }
        if is_changed || stalls.released {
            self.pump(chain, now, out);
        }
        overdue
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
