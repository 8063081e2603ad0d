//! The filters of the blocks that were ever on the chain, kept by their hashes beside it: see
//! [`filter`](crate::chain::filter).
//!
//! A block's row is written in the commit that connects it, so whatever tip a crash leaves, its filter is
//! there. A block that is left behind keeps its own, until its header gives way. Stores of versions that had no
//! filters get them once, when they are opened.

use super::rows::filter_row;
use super::state::ChainState;
use crate::chain::headers::HeaderId;
use crate::chain::{Block, BlockFilter, BlockHash, FilterHeader};
use crate::node::store::{Batch, BlockId, Store, StoreFault};

/// Filters that are made for an old store in one commit: 0.2 MB where blocks are small.
const MADE_AT_ONCE: usize = 1_000;

/// A block's filter, and what commits to it and to all before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFilter {
    /// The filter header of the block.
    pub header: FilterHeader,
    /// The filter.
    pub filter: BlockFilter,
}

impl<S: Store> ChainState<S> {
    /// The filter of a block that is on the chain, or was.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn filter(&self, hash: &BlockHash) -> Result<Option<KeptFilter>, StoreFault> {
        let Some(bytes) = self.store().meta(&filter_row(hash))? else {
            return Ok(None);
        };
        let damaged = |what: String| {
            let short = hash.short();
            self.store()
                .damaged(format!("the filter of block ..{short}: {what}"))
        };
        let Some((header, filter)) = bytes.split_first_chunk() else {
            return Err(damaged("it ends early".to_owned()));
        };
        let filter = BlockFilter::from_bytes(filter).map_err(|error| damaged(error.to_string()))?;
        Ok(Some(KeptFilter {
            header: FilterHeader(*header),
            filter,
        }))
    }

    /// Its filter header; zeros before the genesis block.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn filter_header(&self, hash: &BlockHash) -> Result<Option<FilterHeader>, StoreFault> {
        if *hash == BlockHash::ZERO {
            return Ok(Some(FilterHeader::ZERO));
        }
        Ok(self.filter(hash)?.map(|kept| kept.header))
    }

    /// Notes the filters of blocks that are connected, the lowest first.
    pub(super) fn note_filters<'a>(
        &self,
        batch: &mut Batch,
        connected: impl Iterator<Item = &'a Block>,
    ) -> Result<(), StoreFault> {
        let mut last: Option<(BlockHash, FilterHeader)> = None;
        for block in connected {
            let parent = block.header().previous;
            let previous = match last {
                Some((hash, header)) if hash == parent => header,
                _ => self.needed_header(&parent)?,
            };
            let filter = BlockFilter::of(block);
            let header = filter.header(previous);
            let mut bytes = header.0.to_vec();
            bytes.extend_from_slice(filter.bytes());
            batch.meta.insert(filter_row(&block.hash()), Some(bytes));
            last = Some((block.hash(), header));
        }
        Ok(())
    }

    fn needed_header(&self, hash: &BlockHash) -> Result<FilterHeader, StoreFault> {
        let found = self.filter_header(hash)?;
        found.ok_or_else(|| {
            let short = hash.short();
            self.store()
                .damaged(format!("the filter of block ..{short} is missing"))
        })
    }

    /// Makes the filters that a store of an earlier version lacks: from below, so that a crash in between
    /// leaves all up to some block.
    pub(super) fn make_missing_filters(&mut self) -> Result<(), StoreFault> {
        let missing = self.first_without_filter()?;
        let end = self.tip().height;
        let heights: Vec<u32> = (missing..=end).collect();
        for heights in heights.chunks(MADE_AT_ONCE) {
            let at = |height: &u32| self.tree().active_at(*height).map(|id| self.id(id));
            let ids: Vec<BlockId> = heights.iter().filter_map(at).collect();
            let blocks = ids.iter().map(|id| self.stored_body(id));
            let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
            let mut batch = Batch::default();
            self.note_filters(&mut batch, blocks.iter().map(AsRef::as_ref))?;
            self.headers.commit(batch)?;
        }
        Ok(())
    }

    /// The height from which on the chain has none: they were made from below.
    fn first_without_filter(&self) -> Result<u32, StoreFault> {
        let has = |height: u32| -> Result<bool, StoreFault> {
            let id = self.tree().active_at(height).expect("not above the tip");
            Ok(self
                .store()
                .meta(&filter_row(&self.tree().entry(id).hash))?
                .is_some())
        };
        let end = self.tip().height;
        if has(end)? {
            return Ok(end + 1);
        }
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            match has(middle)? {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// The filters of the blocks from a height on up to one, and the filter header before them; `None`: not all
    /// of them are kept.
    ///
    /// # Errors
    /// [`StoreFault`].
    ///
    /// # Panics
    /// If that height is above the block's.
    pub fn filters_up_to(
        &self,
        start: u32,
        stop: HeaderId,
    ) -> Result<Option<(FilterHeader, Vec<KeptFilter>)>, StoreFault> {
        let tree = self.tree();
        let first = tree.entry(tree.ancestor(stop, start));
        let Some(previous) = self.filter_header(&first.header.previous)? else {
            return Ok(None);
        };
        let mut kept = Vec::new();
        for height in start..=tree.entry(stop).height {
            let hash = tree.entry(tree.ancestor(stop, height)).hash;
            match self.filter(&hash)? {
                Some(filter) => kept.push(filter),
                None => return Ok(None),
            }
        }
        Ok(Some((previous, kept)))
    }
}
