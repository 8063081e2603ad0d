//! What is known of one peer's chain, and what it owes.

use crate::chain::BlockHash;
use crate::chain::headers::{HeaderId, HeaderTree};
use crate::chain::scan::BranchScan;
use crate::node::peers::PONG_MAX;
use crate::node::time::{Time, earlier};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// A peer that does not answer `getheaders` or `getblocks` for so long is passed over.
pub const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A peer that owes blocks for so long, and sends none, is let go.
pub const SILENCE_MAX: Duration = Duration::from_secs(120);

/// A peer that owes headers for so long, and sends neither them nor blocks, is let go. On a slow line
/// the question already waits behind megabytes, as a ping does.
pub const UNANSWERED_MAX: Duration = PONG_MAX;

/// How often a peer is asked again when nothing was heard: in case an announcement got lost.
pub const ASK_AGAIN: Duration = Duration::from_secs(60);

/// Announced hashes without a header, kept of each peer: so that a block that one peer announced
/// and does not send can be asked of another.
const ANNOUNCED_MAX: usize = 64;

/// What is known of one peer's chain, and what it owes us.
#[derive(Clone)]
pub(super) struct PeerSync {
    /// What it claimed in its `version`.
    pub(super) claimed_height: u32,
    pub(super) since: Time,
    /// It was asked at least once what it has.
    pub(super) was_asked: bool,
    /// When it was asked for headers, or an `inv`, that are still to come.
    pub(super) asked: Option<Time>,
    /// Whether `asked` has been so long ago that others are asked in its place.
    pub(super) is_late: bool,
    pub(super) ask_again: Time,
    pub(super) scan: Option<BranchScan>,
    /// The header with most work that it is known to have.
    pub(super) best: Option<BlockHash>,
    pub(super) announced: VecDeque<BlockHash>,
    /// Blocks first: what its `inv` listed and is yet to be asked for.
    pub(super) queue: VecDeque<BlockHash>,
    /// Blocks first: that `inv` was full, so more follow.
    pub(super) has_more: bool,
    pub(super) in_flight: BTreeMap<BlockHash, Time>,
    pub(super) last_delivery: Time,
}

impl PeerSync {
    pub(super) fn note_best(&mut self, tree: &HeaderTree, id: HeaderId) {
        let work = |hash: &BlockHash| tree.find(hash).map(|id| tree.entry(id).work);
        let entry = tree.entry(id);
        if self.best.as_ref().and_then(work) < Some(entry.work) {
            self.best = Some(entry.hash);
        }
    }

    /// It has announced these. Returns those without a header.
    pub(super) fn note_announced(
        &mut self,
        hashes: &[BlockHash],
        tree: &HeaderTree,
    ) -> Vec<BlockHash> {
        let mut unknown = Vec::new();
        for hash in hashes {
            match tree.find(hash) {
                Some(id) => self.note_best(tree, id),
                None => unknown.push(*hash),
            }
        }
        for hash in &unknown {
            if self.announced.len() == ANNOUNCED_MAX {
                self.announced.pop_front();
            }
            self.announced.push_back(*hash);
        }
        unknown
    }

    /// Announced hashes whose headers have come since tell what the peer has.
    pub(super) fn look_up_announced(&mut self, tree: &HeaderTree) {
        let mut announced = std::mem::take(&mut self.announced);
        announced.retain(|hash| match tree.find(hash) {
            Some(id) => {
                self.note_best(tree, id);
                false
            }
            None => true,
        });
        self.announced = announced;
    }

    /// Since when it owes blocks and has sent none.
    pub(super) fn owes_blocks_since(&self) -> Option<Time> {
        let oldest = self.in_flight.values().min()?;
        Some(self.last_delivery.max(*oldest))
    }

    /// Since when it owes an answer and has sent nothing at all. On a slow line the answer waits
    /// behind the blocks that were asked for before.
    pub(super) fn silent_since(&self) -> Option<Time> {
        self.asked.map(|asked| asked.max(self.last_delivery))
    }

    pub(super) fn deadline(&self) -> Time {
        let silence = self.silent_since().map(|since| since + UNANSWERED_MAX);
        let answer = match self.is_late {
            false => self.asked.map(|asked| asked + ANSWER_MAX),
            true => silence,
        };
        let blocks = self.owes_blocks_since().map(|since| since + SILENCE_MAX);
        let fresh = (!self.was_asked).then(|| self.since + ANSWER_MAX);
        let first = earlier(earlier(answer, blocks), fresh);
        first.map_or(self.ask_again, |first| first.min(self.ask_again))
    }

    /// See [`Sync::stood_still`](super::Sync::stood_still).
    pub(super) fn stood_still(&mut self, time: Duration) {
        let asked = self.in_flight.values_mut().chain(&mut self.asked);
        let others = [
            &mut self.since,
            &mut self.ask_again,
            &mut self.last_delivery,
        ];
        for at in asked.chain(others) {
            *at = *at + time;
        }
    }

    pub(super) fn expect_answer(&mut self, now: Time) {
        self.asked = Some(now);
        self.is_late = false;
        self.was_asked = true;
        self.ask_again = now + ASK_AGAIN;
    }
}
