//! Reads filters, from the first block on that a wallet has not seen, and says which blocks concern a wallet.
//!
//! A wallet that is new may have to look at blocks that the others have seen: it is *behind*, and those
//! blocks come first, so that each wallet sees the blocks in their order. What is read ahead of the wallets is a
//! plan: up to which height, and the blocks to be fetched. Whatever changes below, the plan is
//! dropped and made anew.

use super::ask::{ANSWER_MAX, Asked, Peers, Tools, late_at};
use super::stored::stored;
use crate::chain::headers::HeaderTree;
use crate::chain::{BlockFilter, BlockHash, FilterHeader, KeyHash, codec};
use crate::node::ids::ConnId;
use crate::node::message::{FILTERS_MAX, FilterRange, Filters, Message};
use crate::node::outbox::MALICE;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::{Time, earlier};
use crate::node::wallets::Rows;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// The row of how far the wallets are that are behind.
const BEHIND: &str = "light/behind";

/// Blocks that are fetched at a time, and may be in memory: 64 MB where blocks are as large as they can be,
/// and far less else.
const HITS_MAX: usize = 16;

/// What was read ahead of the wallets.
#[derive(Clone, Debug, Default)]
struct Plan {
    /// The height of the first filter that was not read.
    next: u32,
    /// Blocks that concern wallets, in order.
    hits: VecDeque<BlockId>,
}

/// What wallets are to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing below this height concerns any.
    SkipTo(u32),
    /// This block does.
    Look(BlockId),
}

/// What came of filters.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// They were not asked for.
    NotAsked,
    /// They were read, as far as they were of use.
    Done,
    /// One is not what was said before that it hashes to: the block tells who is wrong.
    Contradicts {
        id: BlockId,
        /// What its filter header would be.
        theirs: FilterHeader,
    },
}

/// All of it.
#[derive(Clone, Default)]
pub(super) struct Scan {
    pub peers: Peers,
    /// Of wallets that have not seen all that the others have: the first height that they have not seen.
    behind: BTreeMap<KeyHash, u32>,
    plan: Option<Plan>,
    asked: Option<Asked>,
    is_dirty: bool,
}

/// How far the wallets are, and whose coins are looked for.
pub(super) struct Aim<'a> {
    /// The height of the last block that all but those behind have seen.
    pub tip: u32,
    pub owners: &'a [KeyHash],
    /// Up to where filter headers can be relied on.
    pub usable: u32,
}

impl Scan {
    /// As an earlier run has left it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn open(store: &impl Store) -> Result<Self, StoreFault> {
        Ok(Self {
            behind: stored(store, BEHIND)?.unwrap_or_default(),
            ..Self::default()
        })
    }

    /// A wallet is to be looked for from this height on, on its own as far as the others are further.
    pub fn look_from(&mut self, owner: KeyHash, height: u32, tip: u32) {
        if height <= tip {
            self.behind.insert(owner, height);
            self.is_dirty = true;
        }
        self.drop_plan();
    }

    /// The wallets are at this height now, and have not seen what is above.
    pub fn rolled_back(&mut self, tip: u32) {
        self.is_dirty |= !self.behind.is_empty();
        self.behind.retain(|_, height| *height <= tip);
        self.drop_plan();
    }

    fn drop_plan(&mut self) {
        self.plan = None;
        if let Some(asked) = self.asked.take() {
            self.peers.is_stale(asked.conn);
        }
    }

    /// The height of the first block that a wallet has not seen.
    pub fn position(&self, tip: u32) -> u32 {
        let behind = self.behind.values().min().copied();
        behind.unwrap_or(tip.saturating_add(1))
    }

    /// The wallets that have yet to see a block of this height, though others have; none: all have.
    pub fn late_at(&self, height: u32) -> Vec<KeyHash> {
        let behind = self.behind.iter().filter(|(_, at)| **at <= height);
        behind.map(|(owner, _)| *owner).collect()
    }

    /// Those that are behind have seen all below this height.
    pub fn seen_below(&mut self, height: u32, tip: u32) {
        for at in self.behind.values_mut() {
            *at = height.max(*at);
        }
        self.behind.retain(|_, at| *at <= tip);
        self.is_dirty = true;
    }

    /// Asks for filters, if more are wanted.
    pub fn pump(&mut self, tree: &HeaderTree, aim: &Aim<'_>, tools: &mut Tools<'_>) {
        let position = self.position(aim.tip);
        let plan = self.plan.get_or_insert_with(|| Plan {
            next: position,
            hits: VecDeque::new(),
        });
        // The genesis block is known to all.
        let start = plan.next.max(1);
        let end = match position <= aim.tip {
            true => aim.usable.min(aim.tip),
            false => aim.usable,
        };
        let is_wanted = plan.hits.len() < HITS_MAX && !aim.owners.is_empty();
        if self.asked.is_some() || start > end || !is_wanted {
            return;
        }
        let most = u32::try_from(FILTERS_MAX).unwrap_or(u32::MAX);
        let stop = end.min(start.saturating_add(most - 1));
        let Some(stop) = tree.active_at(stop).map(|id| tree.entry(id).hash) else {
            return;
        };
        if let Some(conn) = self.peers.draw(&[], tools.random) {
            let range = FilterRange { start, stop };
            tools.out.send(conn, Message::GetCFilters(range));
            let at = tools.now;
            self.asked = Some(Asked { conn, range, at });
        }
    }

    /// Takes an answer. `header` gives the filter header that a block is to have.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn received(
        &mut self,
        (conn, said): (ConnId, &Filters),
        tree: &HeaderTree,
        aim: &Aim<'_>,
        tools: &mut Tools<'_>,
        header: impl Fn(BlockId) -> Result<FilterHeader, StoreFault>,
    ) -> Result<Read, StoreFault> {
        let is_it = |asked: &mut Asked| asked.conn == conn && asked.range == said.range;
        if self.asked.take_if(is_it).is_none() {
            return Ok(match self.peers.was_owed(conn) {
                true => Read::Done,
                false => Read::NotAsked,
            });
        }
        self.peers.answered(conn);
        let stop = tree.find(&said.range.stop).filter(|id| tree.is_active(*id));
        let (Some(stop), Some(plan)) = (stop, self.plan.take()) else {
            return Ok(Read::Done);
        };
        let most = tree.entry(stop).height.saturating_sub(said.range.start) as usize + 1;
        if said.filters.is_empty() || said.filters.len() > most {
            let why = "another number of filters than it was asked for";
            tools.out.blame(conn, MALICE, why);
        }
        let at = |height| {
            let entry = tree.entry(tree.ancestor(stop, height));
            let (height, hash) = (entry.height, entry.hash);
            BlockId { height, hash }
        };
        let plan = self.plan.insert(plan);
        let mut last = header(at(said.range.start.saturating_sub(1)))?;
        for (height, filter) in (said.range.start..).zip(said.read().take(most)) {
            let id = at(height);
            let wanted = header(id)?;
            let filter = match filter {
                Ok(filter) => filter,
                Err(error) => {
                    let why = format!("the filter of block {id}: {error}");
                    tools.out.blame(conn, MALICE, why);
                    break;
                }
            };
            let theirs = filter.header(last);
            if theirs != wanted {
                self.peers.has_not(conn, tools.now);
                return Ok(Read::Contradicts { id, theirs });
            }
            if concerns(&self.behind, aim, id, &filter) {
                plan.hits.push_back(id);
            }
            (last, plan.next) = (wanted, height + 1);
        }
        Ok(Read::Done)
    }

    /// What wallets are to do next, as far as that is known.
    pub fn step(&mut self, tree: &HeaderTree, tip: u32) -> Option<Step> {
        let position = self.position(tip);
        let genesis = tree.genesis();
        let plan = self.plan.as_mut()?;
        if position == 0 {
            plan.next = plan.next.max(1);
            let hash = tree.entry(genesis).hash;
            return Some(Step::Look(BlockId { height: 0, hash }));
        }
        while plan.hits.front().is_some_and(|id| id.height < position) {
            plan.hits.pop_front();
        }
        match plan.hits.front() {
            Some(id) if id.height == position => Some(Step::Look(*id)),
            Some(id) => Some(Step::SkipTo(id.height)),
            None if plan.next > position => Some(Step::SkipTo(plan.next)),
            None => None,
        }
    }

    /// The blocks that are to be fetched first.
    pub fn hits(&self) -> impl Iterator<Item = BlockId> + '_ {
        let plan = self.plan.iter();
        plan.flat_map(|plan| plan.hits.iter().copied().take(HITS_MAX))
    }

    /// A peer does not have what it was asked for. Whether that was about filters.
    pub fn received_notfound(&mut self, conn: ConnId, hash: &BlockHash, now: Time) -> bool {
        let is_it = |asked: &mut Asked| asked.conn == conn && asked.range.stop == *hash;
        let is_ours = self.asked.take_if(is_it).is_some();
        if is_ours {
            self.peers.has_not(conn, now);
        }
        is_ours
    }

    /// A connection is gone.
    pub fn disconnected(&mut self, conn: ConnId) {
        self.peers.remove(conn);
        self.asked.take_if(|asked| asked.conn == conn);
    }

    /// Nothing is left of a connection.
    pub fn knows_nothing_of(&self, conn: ConnId) -> bool {
        let is_asked = self.asked.as_ref().is_some_and(|asked| asked.conn == conn);
        self.peers.knows_nothing_of(conn) && !is_asked
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time) {
        let is_late = |asked: &mut Asked| now - asked.at >= ANSWER_MAX;
        if let Some(asked) = self.asked.take_if(is_late) {
            self.peers.is_silent(asked.conn, now);
        }
        self.peers.tick(now);
    }

    /// Nothing could come in for so long.
    pub fn stood_still(&mut self, time: Duration) {
        if let Some(asked) = &mut self.asked {
            asked.at = asked.at + time;
        }
    }

    /// When something is due.
    pub fn deadline(&self) -> Option<Time> {
        earlier(late_at(self.asked.iter()), self.peers.deadline())
    }

    /// What is unwritten: it goes with the wallets' rows.
    pub fn flush(&mut self, rows: &mut Rows) {
        if std::mem::take(&mut self.is_dirty) {
            let bytes = codec::encode(&self.behind);
            rows.insert(BEHIND.to_owned(), Some(bytes));
        }
    }
}

/// Whether a block concerns a wallet that has not seen it.
fn concerns(
    behind: &BTreeMap<KeyHash, u32>,
    aim: &Aim<'_>,
    id: BlockId,
    filter: &BlockFilter,
) -> bool {
    if id.height > aim.tip {
        return filter.matches_any(&id.hash, aim.owners);
    }
    let late = behind.iter().filter(|(_, at)| **at <= id.height);
    let late: Vec<KeyHash> = late.map(|(owner, _)| *owner).collect();
    filter.matches_any(&id.hash, &late)
}
