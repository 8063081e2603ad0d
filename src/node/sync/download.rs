//! Bodies, from many peers at once.
//!
//! Only blocks within a window above what is linked are asked for, so that what arrives out of order
//! stays bounded, and the chain moves by a bounded number of blocks when the gap closes. A peer is
//! asked for at most [`IN_FLIGHT_MAX`] blocks at a time, lowest first, and gets the next when half of
//! them have come. If a peer that owes blocks sends none for [`STALL_AFTER`], others are asked for
//! them too: the first delivers, and the late one is still welcome. The same goes for a block
//! that was asked for [`OWED_MAX`] ago, so that a peer that sends one now and then does not hold up the rest.

use super::context::Context;
use super::mode::Mode;
use super::peer::SILENCE_MAX;
use super::state::{Delivered, Sync};
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::{Block, BlockHash, RuleError};
use crate::node::chainstate::TakesHeaders;
use crate::node::ids::ConnId;
use crate::node::message::{Item, Message};
use crate::node::time::{Time, earlier};
use std::sync::Arc;
use std::time::Duration;

/// Blocks that one peer is asked for at a time: enough to keep a link with half a second of latency
/// busy with small blocks.
pub const IN_FLIGHT_MAX: usize = 128;

/// A peer that owes blocks and sends none for so long does not keep others from being asked.
pub const STALL_AFTER: Duration = Duration::from_secs(5);

/// A block that was asked for so long ago may be asked of others, also if the peer sends blocks. On
/// lines that are all that slow nothing is asked for twice: who owes many is not asked for more.
pub const OWED_MAX: Duration = Duration::from_secs(20);

/// What became of peers that owe blocks.
pub(super) struct Stalls {
    /// Peers to let go.
    pub overdue: Vec<(ConnId, &'static str)>,
    /// Blocks are free to be asked of others.
    pub released: bool,
}

impl Sync {
    /// A body came in. Whether it is wanted: it was asked for.
    pub fn received_block(&mut self, conn: ConnId, hash: &BlockHash, now: Time) -> bool {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return false;
        };
        let was_asked = peer.in_flight.remove(hash).is_some();
        if was_asked {
            peer.last_delivery = now;
        }
        let was_wanted = self.requested.remove(hash).is_some();
        was_asked || was_wanted
    }

    /// A wanted body was handed to the chain.
    pub fn block_delivered<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        block: &Arc<Block>,
        delivered: &Delivered,
        context: &mut Context<'_, C>,
    ) {
        self.window.body_len = (self.window.body_len * 7 + block.encoded_len()) / 8;
        self.look_up_announced(context.chain.tree());
        if let (Delivered::Refused(_), Some(peer)) = (delivered, self.peers.get_mut(&conn)) {
            // Whatever it is, this peer need not be asked for it a second time.
            peer.announced.retain(|hash| *hash != block.hash());
        }
        match delivered {
            Delivered::Taken => {
                let id = context.chain.tree().find(&block.hash());
                if let (Some(id), Some(peer)) = (id, self.peers.get_mut(&conn)) {
                    peer.note_best(context.chain.tree(), id);
                }
            }
            Delivered::Refused(RuleError::NoRoom) => self.window.is_crowded = true,
            // It was asked for without its header, and what is below it is missing here; or its
            // branch is one that only headers can show to be worth having.
            Delivered::Refused(error @ (RuleError::UnknownParent(_) | RuleError::LowWork)) => {
                let awaited = match error {
                    RuleError::UnknownParent(parent) => *parent,
                    _ => block.hash(),
                };
                self.orphans.insert(conn, block, awaited);
                self.ask_by(Mode::HeadersFirst, conn, context);
            }
            Delivered::Refused(_) => {}
        }
        if self.requested.is_empty() {
            self.pump(context);
        } else if !self.window.is_crowded {
            self.fill(conn, context);
        }
    }

    /// A body that was kept until what is below it is here, and who sent it: it is to be handed to the
    /// chain now.
    pub fn next_orphan(&mut self, tree: &HeaderTree) -> Option<(ConnId, Arc<Block>)> {
        self.orphans.take_ready(tree)
    }

    /// Whether a body is on its way, or here and waits.
    fn is_coming(&self, hash: &BlockHash) -> bool {
        self.requested.contains_key(hash) || self.orphans.contains(hash)
    }

    /// The tip moved: there is room again.
    pub fn tip_moved(&mut self) {
        self.window.is_crowded = false;
    }

    /// A peer does not have what it was asked for.
    pub fn received_notfound<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        hashes: &[BlockHash],
        context: &mut Context<'_, C>,
    ) {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        let mut was_asked = false;
        for hash in hashes {
            if peer.in_flight.remove(hash).is_some() {
                was_asked = true;
                self.requested.remove(hash);
                peer.announced.retain(|announced| announced != hash);
            }
        }
        if was_asked {
            // What it has is no longer what it had.
            peer.best = None;
            self.ask_by(Mode::HeadersFirst, conn, context);
            self.pump(context);
        }
    }

    /// Asks one peer for as many blocks as it may be asked for.
    pub(super) fn fill<C: TakesHeaders>(&mut self, conn: ConnId, context: &mut Context<'_, C>) {
        let Some(peer) = self.peers.get(&conn) else {
            return;
        };
        if self.mode == Mode::HeadersAlone {
            return;
        }
        if peer.in_flight.len() > IN_FLIGHT_MAX / 2 {
            return;
        }
        let room = IN_FLIGHT_MAX - peer.in_flight.len();
        let mut wanted = self.wanted_of(conn, context.chain, room);
        if wanted.is_empty() && self.mode == Mode::BlocksFirst {
            wanted = self.queued_of(conn, room, context);
        }
        if wanted.is_empty() {
            wanted = self.announced_of(conn, context.chain, room);
        }
        self.request(conn, wanted, context);
    }

    pub(super) fn request<C>(
        &mut self,
        conn: ConnId,
        mut hashes: Vec<BlockHash>,
        context: &mut Context<'_, C>,
    ) {
        let now = context.now;
        hashes.retain(|hash| !self.is_coming(hash));
        let Some(peer) = self.peers.get_mut(&conn) else {
            return;
        };
        // Who owes blocks and sends none is not asked for more until it sends one.
        if peer
            .owes_blocks_since()
            .is_some_and(|since| now - since >= STALL_AFTER)
        {
            return;
        }
        hashes.retain(|hash| !peer.in_flight.contains_key(hash));
        hashes.truncate(IN_FLIGHT_MAX.saturating_sub(peer.in_flight.len()));
        if hashes.is_empty() {
            return;
        }
        for hash in &hashes {
            peer.in_flight.insert(*hash, now);
            self.requested.insert(*hash, conn);
        }
        let items = hashes.into_iter().map(Item::Block).collect();
        context.out.send(conn, Message::GetData(items));
    }

    /// Blocks within the window that lead to the best header of a peer, lowest first.
    fn wanted_of<C: TakesHeaders>(&self, conn: ConnId, chain: &C, room: usize) -> Vec<BlockHash> {
        let tree = chain.tree();
        let Some(peer) = self.peers.get(&conn) else {
            return Vec::new();
        };
        let Some(best) = peer.best.and_then(|hash| tree.find(&hash)) else {
            return Vec::new();
        };
        let entry = tree.entry(best);
        let is_worth_it = entry.work >= tree.entry(tree.tip()).work && !entry.failed;
        if tree.is_linked(best) || !is_worth_it {
            return Vec::new();
        }
        let base = highest_linked(tree, best);
        let top = tree
            .entry(base)
            .height
            .saturating_add(self.window.heights());
        let top = tree.ancestor(best, top.min(entry.height));
        let missing = |id: &HeaderId| tree.entry(*id).body_len == 0;
        let path = tree.path(base, top).into_iter().filter(missing);
        let hashes = path.map(|id| tree.entry(id).hash);
        let free = |hash: &BlockHash| !self.is_coming(hash) && !peer.in_flight.contains_key(hash);
        hashes.filter(free).take(room).collect()
    }

    /// Blocks first: what comes next in the list of a peer. When all of a full list is here, asks
    /// for the next.
    fn queued_of<C: TakesHeaders>(
        &mut self,
        conn: ConnId,
        room: usize,
        context: &mut Context<'_, C>,
    ) -> Vec<BlockHash> {
        let Some(peer) = self.peers.get_mut(&conn) else {
            return Vec::new();
        };
        let tree = context.chain.tree();
        let free = |hash: &BlockHash| {
            tree.find(hash).is_none()
                && !self.requested.contains_key(hash)
                && !self.orphans.contains(hash)
        };
        let mut wanted = Vec::new();
        while wanted.len() < room
            && let Some(hash) = peer.queue.pop_front()
        {
            if free(&hash) {
                wanted.push(hash);
            }
        }
        let is_done = wanted.is_empty() && peer.in_flight.is_empty();
        if is_done && std::mem::take(&mut peer.has_more) {
            self.ask(conn, context);
        }
        wanted
    }

    /// The last block that a peer has announced and no peer was asked for, when nothing else is
    /// missing: the one that was asked for it does not send it.
    fn announced_of<C: TakesHeaders>(
        &self,
        conn: ConnId,
        chain: &C,
        room: usize,
    ) -> Vec<BlockHash> {
        let tree = chain.tree();
        let Some(peer) = self.peers.get(&conn) else {
            return Vec::new();
        };
        let nothing_missing = tree.best() == tree.tip();
        let newest = peer
            .announced
            .back()
            .filter(|_| nothing_missing && room > 0);
        let free = |hash: &&BlockHash| !self.is_coming(hash);
        newest.filter(free).copied().into_iter().collect()
    }

    /// Peers that owe blocks for too long no longer keep others from being asked.
    pub(super) fn release_stalled(&mut self, now: Time) -> Stalls {
        let mut stalls = Stalls {
            overdue: Vec::new(),
            released: false,
        };
        for (conn, peer) in &self.peers {
            let Some(since) = peer.owes_blocks_since() else {
                continue;
            };
            if now - since >= SILENCE_MAX {
                stalls
                    .overdue
                    .push((*conn, "no block that it was asked for in 120 s"));
            }
            let is_stalled = now - since >= STALL_AFTER;
            let is_late = |hash: &BlockHash| {
                let asked = peer.in_flight.get(hash);
                is_stalled || asked.is_none_or(|asked| now - *asked >= OWED_MAX)
            };
            let before = self.requested.len();
            self.requested
                .retain(|hash, by| by != conn || !is_late(hash));
            stalls.released |= self.requested.len() < before;
        }
        stalls
    }

    /// When the first block that others wait for may be asked of them.
    pub(super) fn stall_deadline(&self) -> Option<Time> {
        let late = self.requested.iter().filter_map(|(hash, conn)| {
            let asked = self.peers.get(conn)?.in_flight.get(hash)?;
            Some(*asked + OWED_MAX)
        });
        let asked: std::collections::BTreeSet<ConnId> = self.requested.values().copied().collect();
        let since = asked
            .iter()
            .filter_map(|conn| self.peers.get(conn)?.owes_blocks_since());
        earlier(since.min().map(|since| since + STALL_AFTER), late.min())
    }
}

/// The highest ancestor whose bodies are all here. Bodies link from below, so halving finds it.
fn highest_linked(tree: &HeaderTree, id: HeaderId) -> HeaderId {
    let (mut linked, mut missing) = (0, tree.entry(id).height);
    while linked + 1 < missing {
        let middle = linked + (missing - linked) / 2;
        if tree.is_linked(tree.ancestor(id, middle)) {
            linked = middle;
        } else {
            missing = middle;
        }
    }
    tree.ancestor(id, linked)
}
