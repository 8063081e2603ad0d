//! Chips: how a block is shown wherever it appears, a few digits of its hash on a colour.
//!
//! A chip is chosen once, when the lab first hears of the block, from the block's height and hash
//! and the chips that were given before, and never changes after that: what is drawn, and by which
//! screen, does not enter into it.
//!
//! 1. The digits are the last two of the hash as people read it. A block at the same height is a
//!    rival, and one at most `ROW` heights below or above stands in a row with it: if one of those
//!    has these digits, it takes three, then four.
//! 2. Colours are numbered round a circle, so that numbers far apart are colours far apart. Blocks
//!    at even heights ask for one on one side of it and those at odd heights for one on the other.
//!    So a block is far from its parent without knowing its chip, and on a chain without rivals
//!    its colour follows from its height and hash alone. A rival goes as far away as there are
//!    colours (`WISHES`), and where a chain has branches, a block has another colour than their tips
//!    have, however far below or above they are: the two sides of a partition are told apart.
//!
//! A block that the lab never heard of, such as an old one on a page of a node's chain, has the
//! chip that its height and hash ask for, and that is not remembered.

use crate::chain::BlockHash;
use crate::node::BlockId;
use std::collections::BTreeMap;
use std::fmt;

/// Colours that chips have, numbered round a circle.
pub const COLOURS: usize = 12;

/// Digits of a chip, at least and at most.
const DIGITS: (usize, usize) = (2, 4);

/// Heights to either side at which no block has the same digits: as many as rows show at 120 columns.
const ROW: u32 = 8;

/// Colours on each side of the circle that blocks ask for by themselves.
const SIDE: usize = 4;

/// How far a colour should be from those of rivals, and from those a height below and above: the
/// first that can be had.
const WISHES: [(usize, usize); 7] = [(4, 3), (3, 3), (3, 2), (2, 2), (2, 1), (1, 1), (1, 0)];

/// Branches whose tips have other colours than a new block, and how far below the highest block one is
/// looked for.
const BRANCHES: usize = 3;
const BRANCH_HEIGHTS: u32 = 256;

/// Blocks that are remembered; of more the lowest go.
const BLOCKS_MAX: usize = 4_096;

/// How one block is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Hexadecimal; only the first few are used.
    digits: [u8; DIGITS.1],
    len: usize,
    colour: usize,
}

impl Chip {
    /// Digits of a hash, so many places from its end.
    fn cut(hash: &BlockHash, from_end: usize, len: usize, colour: usize) -> Self {
        let mut digits = [0; DIGITS.1];
        for (at, digit) in digits[..len].iter_mut().enumerate() {
            *digit = digit_of(hash, from_end + len - 1 - at);
        }
        Self {
            digits,
            len,
            colour,
        }
    }

    /// What is written on it: 2 to 4 hexadecimal digits.
    pub fn digits(&self) -> &str {
        std::str::from_utf8(&self.digits[..self.len]).expect("hexadecimal digits")
    }

    /// Its colour, below [`COLOURS`].
    pub fn colour(&self) -> usize {
        self.colour
    }
}

/// As it is drawn, without its colour: `[a9]`.
impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.digits())
    }
}

/// The chips of all blocks that a lab has heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chips {
    chips: BTreeMap<(u32, BlockHash), Chip>,
    heights: BTreeMap<BlockHash, u32>,
}

impl Chips {
    /// The chip of a block.
    pub fn of(&self, id: BlockId) -> Chip {
        let known = self.chips.get(&(id.height, id.hash)).copied();
        known.unwrap_or_else(|| {
            let colour = wished(id, 0);
            Chip::cut(&id.hash, 0, DIGITS.0, colour)
        })
    }

    /// The colour of a block's chip, below [`COLOURS`].
    pub fn colour(&self, id: BlockId) -> usize {
        self.of(id).colour
    }

    /// A block by its hash, if the lab has heard of it.
    pub fn find(&self, hash: &BlockHash) -> Option<BlockId> {
        let height = *self.heights.get(hash)?;
        let hash = *hash;
        Some(BlockId { height, hash })
    }

    /// These, and of the blocks that only others have theirs: each has one chip.
    pub fn joined(&self, others: &Self) -> Self {
        let mut both = self.clone();
        for (height, hash) in others.chips.keys() {
            both.hear(BlockId {
                height: *height,
                hash: *hash,
            });
        }
        both
    }

    /// Whether hearing of a block would change anything: it is new, and not lower than all of too
    /// many.
    pub fn is_news(&self, id: BlockId) -> bool {
        let lowest = self.chips.keys().next();
        let is_low = lowest.is_some_and(|(lowest, _)| id.height < *lowest);
        let is_left_out = is_low && self.chips.len() >= BLOCKS_MAX;
        !is_left_out && !self.heights.contains_key(&id.hash)
    }

    /// Gives a block its chip, unless it has one.
    pub fn hear(&mut self, id: BlockId) {
        if !self.is_news(id) {
            return;
        }
        let chip = self.choose(id);
        self.chips.insert((id.height, id.hash), chip);
        self.heights.insert(id.hash, id.height);
        while self.chips.len() > BLOCKS_MAX {
            let ((_, gone), _) = self.chips.pop_first().expect("there are too many");
            self.heights.remove(&gone);
        }
    }

    fn choose(&self, id: BlockId) -> Chip {
        let near: Vec<_> = self.around(id, 1).collect();
        let fits = |candidate, (from_rivals, from_others)| {
            near.iter().all(|((height, _), chip)| {
                let wanted = match *height == id.height {
                    true => from_rivals,
                    false => from_others,
                };
                apart(candidate, chip.colour) >= wanted
            })
        };
        let tips = self.tips(id);
        let is_free = |candidate, wish| !tips.contains(&candidate) && fits(candidate, wish);
        let found = colour(id, is_free).or_else(|| colour(id, fits));
        // More rivals at one height than colours: some have to share.
        let colour = found.unwrap_or_else(|| wished(id, 0));
        let is_taken = |chip: &Chip| {
            let mut row = self.around(id, ROW);
            row.any(|(_, other)| other.digits() == chip.digits())
        };
        let cut = |(from_end, len)| Chip::cut(&id.hash, from_end, len, colour);
        let mut chips = places().map(cut);
        let free = chips.find(|chip| !is_taken(chip));
        // Hashes that are alike in half of their digits are not to be had by chance.
        free.unwrap_or_else(|| cut((0, DIGITS.1)))
    }

    /// The colours of tips that a new block can be seen beside: of branches that ended where there are
    /// fewer blocks a height above, and of the highest block, if this one is no child of it. Which
    /// block is the tip is not known by heights: all at such a height are taken for one.
    fn tips(&self, id: BlockId) -> Vec<usize> {
        let highest = self.chips.keys().next_back();
        let highest = highest.map_or(0, |(height, _)| *height);
        let lowest = (highest.saturating_sub(BRANCH_HEIGHTS), BlockHash([0; 32]));
        let blocks = self.chips.range(lowest..).rev();
        let blocks = blocks.map(|((height, _), chip)| (*height, chip.colour));
        let blocks: Vec<_> = blocks.collect();
        let is_rival = blocks.iter().any(|(height, _)| *height == id.height);
        let mut above = 0;
        let heights = blocks.chunk_by(|(one, _), (other, _)| one == other);
        let ends = heights.filter(|blocks| {
            let is_end = blocks.len() > above;
            let is_alone = blocks.len() == 1 && !is_rival;
            above = blocks.len();
            is_end && !is_alone
        });
        let colours = ends.take(BRANCHES).flatten();
        colours.map(|(_, colour)| *colour).collect()
    }

    /// Chips of blocks at most so many heights below or above.
    fn around(
        &self,
        id: BlockId,
        heights: u32,
    ) -> impl Iterator<Item = (&(u32, BlockHash), &Chip)> {
        let least = (id.height.saturating_sub(heights), BlockHash([0; 32]));
        let most = (id.height.saturating_add(heights), BlockHash([0xff; 32]));
        self.chips.range(least..=most)
    }
}

/// Where digits are taken from: how far from the end, and how many. After the last four come others
/// further in, as many.
fn places() -> impl Iterator<Item = (usize, usize)> {
    let ends = (DIGITS.0..=DIGITS.1).map(|len| (0, len));
    ends.chain((1..=28).map(|from_end| (from_end, DIGITS.1)))
}

/// A digit of a hash as people read it, counted from its end.
fn digit_of(hash: &BlockHash, from_end: usize) -> u8 {
    // Hashes are shown with the first byte last.
    let byte = hash.0[from_end / 2];
    let nibble = match from_end.is_multiple_of(2) {
        true => byte & 15,
        false => byte >> 4,
    };
    b"0123456789abcdef"[usize::from(nibble)]
}

/// How far apart two colours are on the circle.
fn apart(one: usize, other: usize) -> usize {
    let way = one.abs_diff(other);
    way.min(COLOURS - way)
}

/// The colour that a block asks for, or the one that it asks for after so many others: first those
/// of its side, then all.
fn wished(id: BlockId, nth: usize) -> usize {
    let from = usize::from(id.hash.0[2] ^ id.hash.0[3]);
    let side = match id.height.is_multiple_of(2) {
        true => 0,
        false => COLOURS / 2,
    };
    match nth < SIDE {
        true => side + (from % SIDE + nth) % SIDE,
        false => (side + SIDE + from % (COLOURS - SIDE) + nth) % COLOURS,
    }
}

/// The first colour that is asked for and fits the best of [`WISHES`].
fn colour(id: BlockId, fits: impl Fn(usize, (usize, usize)) -> bool) -> Option<usize> {
    let all = || (0..SIDE + COLOURS).map(|nth| wished(id, nth));
    WISHES
        .into_iter()
        .find_map(|wish| all().find(|candidate| fits(*candidate, wish)))
}

#[cfg(test)]
mod tests;
