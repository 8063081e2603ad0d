//! Chips: how a block is shown wherever it appears, two digits of its hash on a colour.
//!
//! Both follow from the hash, so a block looks the same in every pane and every run. Blocks at one
//! height are rivals, and must never look alike: of those that would share a colour, the one that
//! was seen later takes the next free one. Neither do a block and its parent.

use crate::chain::BlockHash;
use crate::lab::view::Piece;
use crate::lab::{LabView, NodeView};
use crate::node::{BlockId, Time};
use std::collections::BTreeMap;

/// Colours that chips have.
pub const COLOURS: usize = 12;

/// Heights that are remembered, from the highest: more than any screen shows of the living.
const HEIGHTS: usize = 4_096;

/// Which block has which colour.
#[derive(Clone, Debug, Default)]
pub struct Chips {
    /// Blocks of a height that have been seen, the first first.
    seen: BTreeMap<u32, Vec<BlockHash>>,
    /// The heights of all these.
    heights: BTreeMap<BlockHash, u32>,
    /// How each node looked when it was looked at last: its tip, and the end of its log.
    looked_at: Vec<Look>,
}

/// What of a node tells whether it shows blocks that it did not show before.
type Look = (Option<BlockId>, Option<(Time, usize)>);

impl Chips {
    /// Takes note of every block that a lab shows.
    pub fn observe(&mut self, lab: &LabView) {
        self.looked_at.resize(lab.nodes.len(), (None, None));
        for (at, node) in lab.nodes.iter().enumerate() {
            // Between two frames most nodes stay as they are.
            let (tip, log) = (node.snapshot.as_ref().map(|seen| seen.tip), last_line(node));
            let before = std::mem::replace(&mut self.looked_at[at], (tip, log));
            if before.0 != tip {
                for info in node.snapshot.iter().flat_map(|snapshot| &snapshot.recent) {
                    self.see(info.id);
                }
            }
            if before.1 == log {
                continue;
            }
            let pieces = node.log.iter().flat_map(|line| &line.pieces);
            for piece in pieces {
                if let Piece::Block(id) = piece {
                    self.see(*id);
                }
            }
        }
        for journey in lab.journeys.iter().rev() {
            self.see(journey.id);
        }
        while self.seen.len() > HEIGHTS {
            let (_, gone) = self.seen.pop_first().expect("there are too many");
            for hash in gone {
                self.heights.remove(&hash);
            }
        }
    }

    /// Takes note of a block.
    pub fn see(&mut self, id: BlockId) {
        let rivals = self.seen.entry(id.height).or_default();
        if !rivals.contains(&id.hash) {
            rivals.push(id.hash);
            self.heights.insert(id.hash, id.height);
        }
    }

    /// A block by its hash, if it has been seen.
    pub fn find(&self, hash: &BlockHash) -> Option<BlockId> {
        let height = *self.heights.get(hash)?;
        let hash = *hash;
        Some(BlockId { height, hash })
    }

    /// The colour of a block, below [`COLOURS`].
    pub fn colour(&self, id: BlockId) -> usize {
        let mut taken = [false; COLOURS];
        let rivals = self.seen.get(&id.height).map_or(&[][..], Vec::as_slice);
        for rival in rivals {
            let colour = first_free(rival, id.height, &taken);
            if *rival == id.hash {
                return colour;
            }
            taken[colour] = true;
        }
        first_free(&id.hash, id.height, &taken)
    }
}

/// When the last line of a node's log was written, and how many there are.
fn last_line(node: &NodeView) -> Option<(Time, usize)> {
    let last = node.log.last()?;
    let same = node.log.iter().rev().take_while(|line| line.at == last.at);
    Some((last.at, same.count()))
}

/// The colour that a hash asks for, or the next one that is free. Half of the colours are for even
/// heights and half for odd ones, so that a block never looks like its parent; the other half is for
/// the rare case of more rivals than that.
fn first_free(hash: &BlockHash, height: u32, taken: &[bool; COLOURS]) -> usize {
    const HALF: usize = COLOURS / 2;
    let wanted = usize::from(hash.0[1] ^ hash.0[2]) % HALF;
    let odd = usize::from(height % 2 == 1);
    let half = |odd: usize| (0..HALF).map(move |step| (wanted + step) % HALF * 2 + odd);
    let free = half(odd)
        .chain(half(1 - odd))
        .find(|colour| !taken[*colour]);
    // More rivals at one height than colours: two have to share.
    free.unwrap_or(wanted * 2 + odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rivals_at_one_height_never_share_a_colour() {
        let mut chips = Chips::default();
        let block = |nth: u8| BlockId {
            height: 7,
            hash: BlockHash([nth; 32]),
        };
        // All want the same colour.
        let rivals: Vec<_> = (0..12).map(block).collect();
        rivals.iter().for_each(|id| chips.see(*id));
        let mut colours: Vec<_> = rivals.iter().map(|id| chips.colour(*id)).collect();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), COLOURS);
    }

    #[test]
    fn a_block_never_looks_like_its_parent() {
        let chips = Chips::default();
        let colour = |height, nth: u8| {
            let hash = BlockHash([nth; 32]);
            chips.colour(BlockId { height, hash })
        };
        for (parent, child) in (0..=255).zip((0..=255).rev()) {
            assert_ne!(colour(7, parent), colour(8, child));
        }
    }
}
