//! The chain of a node, newest first, down to its first block.
//!
//! A snapshot has the last blocks only. The others are asked for in pages around the chosen one,
//! and kept. What is kept is believed as long as it links up with what the snapshot has:
//!
//! 1. the snapshot's blocks replace what was kept of their heights;
//! 2. the block below them must be their parent. If it is another one, or if the snapshot shares no
//!    block with what was kept, the chain may be another: everything below is forgotten, and an
//!    answer that is still on its way is not taken;
//! 3. a page that comes must be the parent of what is above it, and what is below it its parents.

use super::list::{Cell, Item, Look, Target, chip, dim, ending, moved, plain, strong};
use super::subject::Subject;
use super::table::{Column, number, words};
use crate::node::Time;
use crate::node::snapshot::{BlockInfo, NodeSnapshot};
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::viewer::Fetch;
use std::collections::BTreeMap;
use std::time::Duration;

/// Blocks above and below the chosen one that are asked for: more than the tallest screen shows.
const AROUND: u32 = 120;

/// Blocks of one question.
const PAGE: u32 = 250;

/// Blocks that a filter is held against, from the newest.
const SEARCHED: u32 = 10_000;

/// Blocks that are kept; of more, those next to the chosen one.
const KEPT: usize = 20_000;

/// After an answer that was no use, the node is left alone for so long.
const PATIENCE: Duration = Duration::from_secs(2);

pub(in crate::ui) const COLUMNS: [Column; 9] = [
    number("height", 0),
    words("block", 0),
    words("hash", 1),
    number("age", 2),
    number("txs", 1),
    words("miner", 3),
    number("interval", 4),
    words("reward to", 6),
    words("mined at", 5),
];

/// The chain, as far as it was looked at.
#[derive(Default)]
pub(in crate::ui) struct Chain {
    known: BTreeMap<u32, BlockInfo>,
    /// The chosen height; nothing: the newest, whichever that is.
    chosen: Option<u32>,
    pub filter: String,
    /// The question that waits for an answer.
    asked: Option<u32>,
    /// The chain became another since then.
    is_answer_stale: bool,
    pub failed: Option<String>,
    /// Nothing is asked before.
    not_before: Option<Time>,
}

/// The heights of a list, the highest first.
pub(in crate::ui) enum Heights {
    /// From this one down to 0.
    All(u32),
    Some(Vec<u32>),
    None,
}

impl Heights {
    pub fn len(&self) -> usize {
        match self {
            Self::All(tip) => usize::try_from(*tip).unwrap_or(usize::MAX - 1) + 1,
            Self::Some(heights) => heights.len(),
            Self::None => 0,
        }
    }

    pub fn nth(&self, at: usize) -> Option<u32> {
        match self {
            Self::All(tip) => tip.checked_sub(u32::try_from(at).ok()?),
            Self::Some(heights) => heights.get(at).copied(),
            Self::None => None,
        }
    }

    /// The place of a height, or of the next one below it.
    fn place(&self, height: u32) -> usize {
        match self {
            Self::All(tip) => usize::try_from(tip.saturating_sub(height)).unwrap_or(0),
            Self::Some(heights) => {
                let below = heights.iter().position(|other| *other <= height);
                below.unwrap_or(heights.len().saturating_sub(1))
            }
            Self::None => 0,
        }
    }
}

impl Chain {
    /// What is shown, and the place of the chosen one in it.
    pub fn heights(&self, subject: Subject<'_>) -> (Heights, usize) {
        let Some((tip, _)) = subject.tip() else {
            return (Heights::None, 0);
        };
        let heights = if self.filter.is_empty() {
            Heights::All(tip)
        } else {
            let low = tip.saturating_sub(SEARCHED);
            let known = self.known.range(low..=tip).rev();
            let found = known.filter(|(_, info)| self.item(subject, info).matches(&self.filter));
            Heights::Some(found.map(|(height, _)| *height).collect())
        };
        let place = self.chosen.map_or(0, |height| heights.place(height));
        (heights, place)
    }

    pub fn set_filter(&mut self, filter: &str) {
        self.filter = filter.to_owned();
        self.chosen = None;
    }

    pub fn step(&mut self, subject: Subject<'_>, action: Action, page: usize) {
        let (heights, place) = self.heights(subject);
        let to = moved(place, heights.len(), action, page);
        self.chosen = heights.nth(to).filter(|_| to > 0);
    }

    /// Chooses a height; nothing: the newest. What is around it is asked for then.
    pub fn look_at(&mut self, height: Option<u32>) {
        self.chosen = height;
    }

    /// The block of a height, if it was seen.
    pub fn block(&self, height: u32) -> Option<&BlockInfo> {
        self.known.get(&height)
    }

    /// All that were seen, highest first.
    pub fn blocks(&self) -> impl Iterator<Item = &BlockInfo> {
        self.known.values().rev()
    }

    /// The line of a height.
    pub fn line(&self, subject: Subject<'_>, height: u32) -> Item {
        match self.known.get(&height) {
            Some(info) => self.item(subject, info),
            None => {
                let why = if subject.is_up() {
                    "on its way"
                } else {
                    "not known while the node is down"
                };
                let nothing = || plain("");
                Item::new(vec![strong(height), nothing(), dim(why)])
            }
        }
    }

    pub fn knows(&self, height: u32) -> bool {
        self.known.contains_key(&height)
    }

    /// The first block of all, if it was seen.
    pub fn genesis(&self) -> Option<&BlockInfo> {
        self.known.get(&0)
    }

    /// How far a filter has looked, in words, if there is more to look at.
    pub fn searched(&self, subject: Subject<'_>) -> Option<String> {
        let (tip, _) = subject.tip()?;
        let low = tip.saturating_sub(SEARCHED);
        let looked = self.known.range(low..=tip).count();
        let all = usize::try_from(tip).ok()? + 1;
        (looked < all).then(|| format!("among {looked} of {all} blocks"))
    }

    fn item(&self, subject: Subject<'_>, info: &BlockInfo) -> Item {
        let at = Time::from_block(info.time);
        let is_genesis = info.id.height == 0;
        let parent = info.id.height.checked_sub(1);
        let parent = parent.and_then(|height| self.known.get(&height));
        // No miner waited for the block after the first one: the lab began in between.
        let parent = parent.filter(|parent| parent.id.height > 0);
        let after = parent.map(|parent| at.since(Time::from_block(parent.time)));
        let miner = info.miner.as_deref();
        let name = miner.map(|miner| subject.owner(miner).unwrap_or_else(|| ending(miner)));
        let hash = info.id.hash.to_string();
        let cells = vec![
            strong(info.id.height),
            chip(subject.lab, info.id),
            Cell::Either {
                short: format!("..{}", info.id.hash.short()),
                long: hash.clone(),
                look: Look::Dim,
            },
            plain(if is_genesis {
                "genesis".to_owned()
            } else {
                subject.age(at)
            }),
            plain(info.txs.map_or_else(String::new, |txs| txs.to_string())),
            plain(name.unwrap_or_default()),
            plain(after.map_or_else(String::new, text::lapse)),
            dim(miner.unwrap_or_default()),
            dim(text::clock(at.since(subject.lab.since))),
        ];
        let mut item = Item::new(cells).opens(Target::Block(info.id.hash)).copies(
            format!(
                "the hash of block #{} {}",
                info.id.height,
                subject.lab.chips.of(info.id)
            ),
            hash,
        );
        item.whole.extend(info.miner.clone());
        item
    }

    /// The lab changed: takes in the snapshot's blocks.
    pub fn observe(&mut self, subject: Subject<'_>) {
        let Some(snapshot) = subject.snapshot else {
            return;
        };
        if let Some(first) = snapshot.recent.first()
            && !self.is_linked(snapshot, first)
        {
            self.known.clear();
            self.is_answer_stale = self.asked.is_some();
        }
        self.known
            .split_off(&(snapshot.tip.height.saturating_add(1)));
        for info in &snapshot.recent {
            self.known.insert(info.id.height, info.clone());
        }
        self.forget_far(snapshot.tip.height);
    }

    /// Whether what is kept belongs to the snapshot's chain. All that was kept since the snapshot
    /// before is one chain, so that one block in common, or one parent, decides.
    fn is_linked(&self, snapshot: &NodeSnapshot, first: &BlockInfo) -> bool {
        if self.known.is_empty() {
            return true;
        }
        let below = first.id.height.checked_sub(1);
        match below.and_then(|below| self.known.get(&below)) {
            Some(parent) => parent.id.hash == first.previous,
            // The snapshot goes down to the first block, or has one that is known.
            None => {
                let mut recent = snapshot.recent.iter();
                first.id.height == 0
                    || recent.any(|info| {
                        let known = self.known.get(&info.id.height);
                        known.is_some_and(|known| known.id == info.id)
                    })
            }
        }
    }

    fn forget_far(&mut self, tip: u32) {
        if self.known.len() <= KEPT {
            return;
        }
        let near = u32::try_from(KEPT / 4).unwrap_or(u32::MAX);
        let chosen = self.chosen.unwrap_or(tip);
        let is_near = |height: u32| height.abs_diff(chosen) <= near || tip - height <= near;
        self.known.retain(|height, _| is_near(*height));
    }

    /// What has to be asked for.
    pub fn wanted(&mut self, subject: Subject<'_>) -> Option<(Fetch, usize)> {
        let (tip, _) = subject.tip()?;
        let is_early = self.not_before.is_some_and(|at| subject.lab.now < at);
        if self.asked.is_some() || is_early {
            return None;
        }
        let (high, low) = if self.filter.is_empty() {
            let at = self.chosen.unwrap_or(tip).min(tip);
            (
                at.saturating_add(AROUND).min(tip),
                at.saturating_sub(AROUND),
            )
        } else {
            (tip, tip.saturating_sub(SEARCHED))
        };
        let from = (low..=high).rev().find(|height| !self.knows(*height))?;
        // Blocks that are known need not be sent again.
        let known = self.known.range(..from).next_back();
        let floor = known.map_or(0, |(height, _)| height + 1).max(low);
        let limit = (from - floor + 1).min(PAGE);
        self.asked = Some(from);
        self.is_answer_stale = false;
        let fetch = Fetch::Chain {
            node: subject.ix,
            from,
        };
        Some((fetch, usize::try_from(limit).unwrap_or(1)))
    }

    /// Takes a page.
    pub fn fetched(
        &mut self,
        subject: Subject<'_>,
        from: u32,
        page: Result<Vec<BlockInfo>, String>,
    ) {
        if self.asked != Some(from) {
            return;
        }
        self.asked = None;
        let wait = |subject: Subject<'_>| Some(subject.lab.now + PATIENCE);
        match page {
            Err(why) => {
                self.failed = Some(why);
                self.not_before = wait(subject);
            }
            Ok(_) if self.is_answer_stale => self.is_answer_stale = false,
            Ok(page) => {
                self.failed = None;
                self.not_before = None;
                self.take(subject, page);
                if !self.knows(from) {
                    self.not_before = wait(subject);
                }
            }
        }
    }

    fn take(&mut self, subject: Subject<'_>, page: Vec<BlockInfo>) {
        let tip = subject.tip().map_or(0, |(tip, _)| tip);
        let recent = subject
            .snapshot
            .map_or(&[][..], |snapshot| &snapshot.recent);
        let lowest = recent.first().map_or(u32::MAX, |info| info.id.height);
        let mut page: Vec<_> = page
            .into_iter()
            .filter(|info| info.id.height <= tip)
            .collect();
        // Of these heights the snapshot knows better.
        page.retain(|info| info.id.height < lowest);
        let (Some(top), Some(bottom)) = (page.first(), page.last()) else {
            return;
        };
        let above = self.known.get(&(top.id.height.saturating_add(1)));
        if above.is_some_and(|above| above.previous != top.id.hash) {
            // One of the two is of another chain than the node has now; the next snapshot tells.
            return;
        }
        let below = bottom.id.height.checked_sub(1);
        let below = below.and_then(|below| self.known.get(&below));
        if below.is_some_and(|below| below.id.hash != bottom.previous) {
            let low = bottom.id.height;
            self.known.retain(|height, _| *height >= low);
        }
        for info in page {
            self.known.insert(info.id.height, info);
        }
    }

    /// Time went back, to when the chain was so high: all of it is asked for anew.
    pub fn went_back(&mut self, tip: u32) {
        *self = Self {
            chosen: self.chosen.filter(|height| *height <= tip),
            filter: std::mem::take(&mut self.filter),
            ..Self::default()
        };
    }

    /// The node runs again: what was asked before is not answered any more.
    pub fn restarted(&mut self) {
        self.asked = None;
        self.not_before = None;
        self.failed = None;
    }
}
