//! What a watcher tells, as events of a node.

use crate::bitcoin::watcher::{Gone, WatchEvent, WatchEventKind};
use crate::chain::BlockHash;
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

    /// The event that this is, if it is one that people may want to see.
    pub(super) fn event(&mut self, told: &WatchEvent) -> Option<Event> {
        let kind = self.kind(&told.kind)?;
        Some(Event { at: told.at, kind })
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
