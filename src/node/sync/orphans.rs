//! Blocks that came before what is below them: asked for as soon as they were announced, they are kept
//! until the headers below them are here, and not asked for a second time.
//!
//! Any peer can make any number of them for nothing, so they are few, and one peer cannot take the
//! room of all.

use crate::chain::headers::HeaderTree;
use crate::chain::{Block, BlockHash};
use crate::node::ids::ConnId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Blocks kept in all.
pub const ORPHANS_MAX: usize = 32;

/// Blocks kept of one peer: what is found while the headers below the first are on their way.
pub const ORPHANS_PER_PEER_MAX: usize = 8;

/// Bytes of all that are kept. A larger one is not kept at all.
pub const ORPHAN_BYTES_MAX: usize = 16_000_000;

#[derive(Clone)]
struct OrphanBlock {
    block: Arc<Block>,
    from: ConnId,
    /// The header without which it means nothing: its parent's, mostly.
    awaited: BlockHash,
    /// Counts what came, so that the oldest can go.
    number: u64,
}

/// Blocks that wait for headers.
#[derive(Clone, Default)]
pub(super) struct OrphanBlocks {
    blocks: BTreeMap<BlockHash, OrphanBlock>,
    bytes: usize,
    last: u64,
}

impl OrphanBlocks {
    /// Keeps a block until the header `awaited` is here; older ones may have to go.
    pub(super) fn insert(&mut self, from: ConnId, block: &Arc<Block>, awaited: BlockHash) {
        let bytes = block.encoded_len();
        if bytes > ORPHAN_BYTES_MAX || self.contains(&block.hash()) {
            return;
        }
        if self.count_of(from) >= ORPHANS_PER_PEER_MAX {
            self.drop_oldest_of(from);
        }
        while self.blocks.len() >= ORPHANS_MAX || self.bytes + bytes > ORPHAN_BYTES_MAX {
            // A few peers cannot drive out the rest.
            let senders = self.blocks.values().map(|orphan| orphan.from);
            let most = senders.max_by_key(|from| self.count_of(*from));
            self.drop_oldest_of(most.expect("there are some, or there is room"));
        }
        self.last += 1;
        self.bytes += bytes;
        let orphan = OrphanBlock {
            block: Arc::clone(block),
            from,
            awaited,
            number: self.last,
        };
        self.blocks.insert(block.hash(), orphan);
    }

    /// Whether a block waits here.
    pub(super) fn contains(&self, hash: &BlockHash) -> bool {
        self.blocks.contains_key(hash)
    }

    /// Takes out one that need not wait any more, with who sent it.
    pub(super) fn take_ready(&mut self, tree: &HeaderTree) -> Option<(ConnId, Arc<Block>)> {
        let is_here = |hash: &BlockHash| tree.find(hash).is_some();
        let mut blocks = self.blocks.iter();
        let ready = blocks.find(|(hash, orphan)| is_here(&orphan.awaited) || is_here(hash));
        let hash = *ready?.0;
        self.remove(&hash)
    }

    /// Forgets those of a connection that is gone.
    pub(super) fn disconnected(&mut self, conn: ConnId) {
        while self.count_of(conn) > 0 {
            self.drop_oldest_of(conn);
        }
    }

    /// Nothing is left of a connection.
    pub(super) fn knows_nothing_of(&self, conn: ConnId) -> bool {
        self.count_of(conn) == 0
    }

    fn count_of(&self, conn: ConnId) -> usize {
        let mine = |orphan: &&OrphanBlock| orphan.from == conn;
        self.blocks.values().filter(mine).count()
    }

    fn drop_oldest_of(&mut self, conn: ConnId) {
        let mine = self.blocks.iter().filter(|(_, orphan)| orphan.from == conn);
        let oldest = mine.min_by_key(|(_, orphan)| orphan.number);
        if let Some(hash) = oldest.map(|(hash, _)| *hash) {
            self.remove(&hash);
        }
    }

    fn remove(&mut self, hash: &BlockHash) -> Option<(ConnId, Arc<Block>)> {
        let orphan = self.blocks.remove(hash)?;
        self.bytes -= orphan.block.encoded_len();
        Some((orphan.from, orphan.block))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::block::BlockTime;
    use crate::chain::{Params, Tx};

    fn block(number: u32, data: usize) -> Arc<Block> {
        let genesis = Params::default().genesis_block();
        let header = crate::chain::Header {
            time: BlockTime(u64::from(number)),
            ..*genesis.header()
        };
        let tag = Tx::coinbase(number, Vec::new(), [0; 64]);
        Arc::new(Block::new(header, vec![tag; 1 + data]))
    }

    fn awaited(number: u8) -> BlockHash {
        BlockHash([number; 32])
    }

    #[test]
    fn the_oldest_of_whom_most_is_kept_make_room() {
        let mut orphans = OrphanBlocks::default();
        let honest = block(0, 0);
        orphans.insert(ConnId(1), &honest, awaited(1));
        for number in 1..200 {
            let from = ConnId(2 + u64::from(number % 5));
            orphans.insert(from, &block(number, 0), awaited(1));
            assert!(orphans.count_of(from) <= ORPHANS_PER_PEER_MAX);
            assert!(orphans.blocks.len() <= ORPHANS_MAX);
        }
        assert_eq!(orphans.blocks.len(), ORPHANS_MAX);
        assert!(orphans.contains(&honest.hash()), "though it is the oldest");
        assert!(orphans.contains(&block(199, 0).hash()), "the newest");
        for conn in 1..7 {
            orphans.disconnected(ConnId(conn));
            assert!(orphans.knows_nothing_of(ConnId(conn)));
        }
        assert_eq!((orphans.blocks.len(), orphans.bytes), (0, 0));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let mut orphans = OrphanBlocks::default();
        let large = ORPHAN_BYTES_MAX / block(0, 0).encoded_len() / 2;
        for number in 0..5 {
            orphans.insert(ConnId(number.into()), &block(number, large), awaited(1));
            assert!(orphans.bytes <= ORPHAN_BYTES_MAX);
        }
        assert!(orphans.contains(&block(4, large).hash()));
        assert!(!orphans.contains(&block(0, large).hash()));
        orphans.insert(ConnId(9), &block(9, 10 * large), awaited(1));
        assert!(!orphans.contains(&block(9, 10 * large).hash()));
    }
}
