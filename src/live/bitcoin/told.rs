//! What a watcher tells, as events of a node.

use crate::bitcoin::watcher::{Gone, WatchEvent, WatchEventKind};
use crate::chain::BlockHash;
use crate::node::Time;
use crate::node::io::{BlockStage, Event, EventKind};
use crate::node::store::BlockId;
use std::collections::BTreeMap;

/// Blocks whose heights are remembered: reorganisations name them by hash.
const HEIGHTS: usize = 4_096;

/// Blocks that are not connected yet and whose transactions are counted.
const COUNTED: usize = 64;

/// Puts what a watcher tells into events.
#[derive(Default)]
pub(super) struct Teller {
    heights: BTreeMap<BlockHash, u32>,
    txs: BTreeMap<BlockHash, usize>,
    /// Blocks that were announced by their hash alone: told once their height is known.
    announced: BTreeMap<BlockHash, (Time, String)>,
}

impl Teller {
    /// A block is at this height.
    pub(super) fn learn(&mut self, block: BlockHash, height: Option<u32>) {
        let Some(height) = height else {
            return;
        };
        self.heights.insert(block, height);
        if self.heights.len() > HEIGHTS {
            let lowest = self.heights.iter().min_by_key(|(_, height)| **height);
            let lowest = lowest.map(|(hash, _)| *hash);
            lowest.map(|hash| self.heights.remove(&hash));
        }
    }

    /// The events that this makes, of those that people may want to see.
    pub(super) fn events(&mut self, told: &WatchEvent) -> impl Iterator<Item = Event> + use<> {
        let kind = match &told.kind {
            WatchEventKind::Announced {
                block,
                height: None,
                by,
            } if !self.heights.contains_key(block) => {
                self.wait_for_height(*block, told.at, by.to_string());
                None
            }
            kind => self.kind(kind),
        };
        let waited = kind.as_ref().and_then(|kind| self.waited(kind));
        let event = kind.map(|kind| Event { at: told.at, kind });
        waited.into_iter().chain(event)
    }

    /// Of too many the lowest hash goes.
    fn wait_for_height(&mut self, block: BlockHash, at: Time, by: String) {
        if self.announced.len() >= COUNTED {
            self.announced.pop_first();
        }
        self.announced.entry(block).or_insert((at, by));
    }

    /// The announcement of this block, which waited for its height.
    fn waited(&mut self, kind: &EventKind) -> Option<Event> {
        let EventKind::BlockSeen { block, .. } = kind else {
            return None;
        };
        let (at, by) = self.announced.remove(&block.hash)?;
        let kind = EventKind::BlockSeen {
            block: *block,
            stage: BlockStage::Announced,
            by,
            txs: None,
        };
        Some(Event { at, kind })
    }

    fn kind(&mut self, told: &WatchEventKind) -> Option<EventKind> {
        match told {
            WatchEventKind::Announced { block, height, by } => {
                self.learn(*block, *height);
                let by = by.to_string();
                Some(self.block(*block, BlockStage::Announced, by, None, told))
            }
            WatchEventKind::Complete {
                block, height, txs, ..
            } => {
                self.learn(*block, *height);
                let txs = txs.saturating_sub(1);
                if self.txs.len() >= COUNTED {
                    self.txs.pop_first();
                }
                self.txs.insert(*block, txs);
                let by = "its body".to_owned();
                Some(self.block(*block, BlockStage::Complete, by, Some(txs), told))
            }
            WatchEventKind::Connected { block, height, by } => {
                self.learn(*block, *height);
                let txs = self.txs.remove(block);
                Some(self.block(*block, BlockStage::Connected, by.to_string(), txs, told))
            }
            WatchEventKind::Reorganised { .. } => Some(reorganised(told)),
            WatchEventKind::Tx {
                txid, vsize, fee, ..
            } => Some(EventKind::TxSeen {
                txid: *txid,
                vsize: *vsize,
                fee: *fee,
            }),
            WatchEventKind::TxGone {
                why: Gone::Mined(_),
                ..
            } => None,
            WatchEventKind::TxGone { txid, why } => Some(EventKind::TxDropped {
                txid: *txid,
                why: why.to_string(),
            }),
            WatchEventKind::TxBack { txid } => {
                let words = format!("payment ..{} waits again", txid.short());
                Some(EventKind::Seen(words))
            }
            WatchEventKind::Ping { .. }
            | WatchEventKind::Inv { .. }
            | WatchEventKind::Message { .. } => None,
            WatchEventKind::Up { .. }
            | WatchEventKind::Down { .. }
            | WatchEventKind::Addresses { .. }
            | WatchEventKind::MempoolNotAsked
            | WatchEventKind::NotAnswered { .. } => Some(EventKind::Seen(told.words())),
        }
    }

    /// Of a block whose height is not known there are words only.
    fn block(
        &self,
        block: BlockHash,
        stage: BlockStage,
        by: String,
        txs: Option<usize>,
        told: &WatchEventKind,
    ) -> EventKind {
        match self.id(&block) {
            Some(block) => EventKind::BlockSeen {
                block,
                stage,
                by,
                txs,
            },
            None => EventKind::Seen(told.words()),
        }
    }

    fn id(&self, hash: &BlockHash) -> Option<BlockId> {
        let height = *self.heights.get(hash)?;
        Some(BlockId {
            height,
            hash: *hash,
        })
    }
}

/// What became of the transactions of the blocks that were left behind is told one by one.
fn reorganised(told: &WatchEventKind) -> EventKind {
    let WatchEventKind::Reorganised {
        fork,
        old,
        new,
        depth,
        fork_height: Some(fork_height),
        new_height: Some(new_height),
    } = *told
    else {
        return EventKind::Seen(told.words());
    };
    let id = |height, hash| BlockId { height, hash };
    EventKind::Reorganised {
        fork: id(fork_height, fork),
        old: id(fork_height.saturating_add(depth), old),
        new: id(new_height, new),
        depth: depth as usize,
        returned: 0,
        confirmed: 0,
        held: 0,
        held_why: None,
        lost: Vec::new(),
        lost_count: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bitcoin::watcher::AnnouncedBy;

    fn heard(teller: &mut Teller, at: u64, kind: WatchEventKind) -> Vec<(u64, BlockStage, u32)> {
        let events = teller.events(&WatchEvent { at: Time(at), kind });
        let stage = |event: Event| match event.kind {
            EventKind::BlockSeen { block, stage, .. } => (event.at.0, stage, block.height),
            other => panic!("{other:?}"),
        };
        events.map(stage).collect()
    }

    #[test]
    fn a_block_that_is_announced_by_its_hash_is_told_with_that_time_once_its_height_is_known() {
        let block = BlockHash([7; 32]);
        let announced = |height| WatchEventKind::Announced {
            block,
            height,
            by: AnnouncedBy::Inv,
        };
        let complete = WatchEventKind::Complete {
            block,
            height: Some(3),
            txs: 1,
            bytes: 200,
        };
        let mut teller = Teller::default();
        assert_eq!(heard(&mut teller, 10, announced(None)), []);
        assert_eq!(
            heard(&mut teller, 25, complete.clone()),
            [
                (10, BlockStage::Announced, 3),
                (25, BlockStage::Complete, 3)
            ]
        );
        assert_eq!(
            heard(&mut teller, 30, complete),
            [(30, BlockStage::Complete, 3)],
            "once"
        );
    }

    #[test]
    fn announcements_of_blocks_that_never_come_are_bounded() {
        let mut teller = Teller::default();
        for n in 0..200 {
            let kind = WatchEventKind::Announced {
                block: BlockHash([n; 32]),
                height: None,
                by: AnnouncedBy::Inv,
            };
            assert_eq!(heard(&mut teller, 1, kind), []);
        }
        assert_eq!(teller.announced.len(), COUNTED);
    }
}
