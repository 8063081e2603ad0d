//! Takes headers and bodies.

use super::outcome::{AcceptError, Activated, BlockAccepted, HeadersAccepted};
use super::state::ChainState;
use crate::chain::block::BlockTime;
use crate::chain::headers::{HeaderId, Origin};
use crate::chain::rules::{self, RuleError};
use crate::chain::{Block, Header};
use crate::node::store::{Batch, Store, StoreFault};
use std::sync::Arc;

impl<S: Store> ChainState<S> {
    /// Takes headers, each building on the one before, as far as they hold.
    ///
    /// # Errors
    /// [`StoreFault`]; what a peer did wrong is in [`HeadersAccepted::refused`].
    pub fn accept_headers(
        &mut self,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Result<HeadersAccepted, StoreFault> {
        self.headers.accept_headers(origin, headers, now)
    }

    /// Takes a block, with its header if that is new, stores it, and moves the tip if the block
    /// completes a branch with more work.
    ///
    /// A block that proves invalid only when connected is reported in [`BlockAccepted::invalid`].
    ///
    /// # Errors
    /// [`AcceptError`].
    pub fn accept_block(
        &mut self,
        origin: Origin,
        block: &Arc<Block>,
        now: BlockTime,
    ) -> Result<BlockAccepted, AcceptError> {
        self.headers.check_running()?;
        let mut batch = Batch::default();
        let header = match self.tree().find(&block.hash()) {
            Some(id) => Ok(id),
            None => self.take_header(&mut batch, origin, block.header(), now),
        };
        let outcome = header.and_then(|id| self.take_body(&mut batch, id, block));
        if !matches!(outcome, Ok(true)) {
            // Whatever was learnt about headers on the way is kept.
            self.headers.commit(batch)?;
            return Ok(outcome.map(|_| BlockAccepted::default())?);
        }
        let Activated { change, invalid } = self.activate(batch)?;
        Ok(BlockAccepted {
            new: true,
            change,
            invalid,
        })
    }

    fn take_header(
        &mut self,
        batch: &mut Batch,
        origin: Origin,
        header: &Header,
        now: BlockTime,
    ) -> Result<HeaderId, RuleError> {
        let run = std::slice::from_ref(header);
        let extended = self.headers.extend(batch, origin, run, now);
        match extended.refused {
            Some((_, error)) => Err(error),
            None => Ok(*extended.added.first().expect("new, and not refused")),
        }
    }

    /// Checks a body for what it shows without coins, and notes it for storing. `false`: it was
    /// here already.
    fn take_body(
        &mut self,
        batch: &mut Batch,
        id: HeaderId,
        block: &Arc<Block>,
    ) -> Result<bool, RuleError> {
        let entry = self.tree().entry(id);
        if entry.failed {
            return Err(RuleError::KnownInvalid);
        }
        if entry.body_len > 0 {
            return Ok(false);
        }
        let height = entry.height;
        let checked = rules::check_block(block, self.params())
            .and_then(|()| rules::check_block_context(block, height));
        if let Err(error) = checked {
            if error.is_permanent() {
                self.headers.mark_failed(batch, id);
            }
            return Err(error);
        }
        let len = u32::try_from(block.encoded_len()).expect("within max_block_bytes");
        if !self.tree().has_room_for_body(id, len) {
            return Err(RuleError::NoRoom);
        }
        self.headers.tree.set_body(id, len);
        self.headers.note_header(batch, id);
        batch.bodies.insert(self.id(id), Some(Arc::clone(block)));
        let removed = self.headers.tree.limit_side_bodies(id);
        self.headers.note_removed(batch, removed);
        Ok(true)
    }
}
