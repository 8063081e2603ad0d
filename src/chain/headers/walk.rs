//! Ways through the tree: ancestors, forks, locators.

use super::{HeaderId, HeaderTree, skip_height};
use crate::chain::cursor::Cursor;
use crate::chain::hash::BlockHash;

/// Entries of a locator that step by one, before the steps double.
const LOCATOR_DENSE: usize = 10;

impl HeaderTree {
    /// The ancestor at `height`, or the entry itself at its own height.
    ///
    /// # Panics
    /// If `height` is above the entry's.
    pub fn ancestor(&self, id: HeaderId, height: u32) -> HeaderId {
        let mut at = id;
        loop {
            let entry = self.entry(at);
            assert!(height <= entry.height, "an ancestor is not above");
            if let Some(active) = self.active_at(height)
                && self.is_active(at)
            {
                return active;
            }
            if entry.height == height {
                return at;
            }
            let skip = self.skip(at);
            let jump = self.entry(skip).height;
            // The parent's own jump may land closer; Bitcoin Core's rule of thumb.
            let below = skip_height(entry.height - 1);
            let jump_is_best =
                jump == height || (jump > height && (below + 2 >= jump || below < height));
            at = if jump_is_best { skip } else { self.up(at) };
        }
    }

    /// An ancestor much further down.
    fn skip(&self, id: HeaderId) -> HeaderId {
        let entry = self.entry(id);
        let in_trunk = self.trunk.at(skip_height(entry.height));
        in_trunk.unwrap_or(entry.skip)
    }

    /// The last common ancestor.
    pub fn fork_point(&self, a: HeaderId, b: HeaderId) -> HeaderId {
        let height = self.entry(a).height.min(self.entry(b).height);
        let (mut a, mut b) = (self.ancestor(a, height), self.ancestor(b, height));
        while a != b {
            let skips = (self.skip(a), self.skip(b));
            (a, b) = match skips {
                (x, y) if x == y => (self.up(a), self.up(b)),
                skips => skips,
            };
        }
        a
    }

    /// Entries above `below`, an ancestor, up to and with `id`; lowest first.
    pub fn path(&self, below: HeaderId, id: HeaderId) -> Vec<HeaderId> {
        let mut path = Vec::new();
        let mut at = id;
        while at != below {
            path.push(at);
            at = self.parent(at).expect("`below` is an ancestor");
        }
        path.reverse();
        path
    }

    /// Hashes by which another node finds where its chain leaves this one: dense at the end, then
    /// ever sparser, always with the genesis block.
    pub fn locator(&self, from: HeaderId) -> Vec<BlockHash> {
        let mut hashes = Vec::new();
        let (mut at, mut step) = (from, 1_u32);
        loop {
            let entry = self.entry(at);
            hashes.push(entry.hash);
            if entry.height == 0 {
                return hashes;
            }
            if hashes.len() > LOCATOR_DENSE {
                step = step.saturating_mul(2);
            }
            at = self.ancestor(at, entry.height.saturating_sub(step));
        }
    }

    /// The first block of a locator that is on the chain; the genesis block if none is.
    pub fn find_fork(&self, locator: &[BlockHash]) -> HeaderId {
        locator
            .iter()
            .filter_map(|hash| self.find(hash))
            .find(|id| self.is_active(*id))
            .unwrap_or_else(|| self.genesis())
    }

    /// The end of a chain at an entry.
    pub fn cursor(&self, id: HeaderId) -> Cursor {
        let entry = self.entry(id);
        let times = std::iter::successors(Some(id), |at| self.parent(*at))
            .map(|at| self.entry(at).header.time);
        Cursor::at(entry.hash, (entry.height, entry.work, entry.clock), times)
    }
}
