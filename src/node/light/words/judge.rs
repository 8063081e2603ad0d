//! Which of two is right, by the block itself.

use super::kinds::Dispute;
use super::state::Words;
use crate::chain::filter::BlockFilter;
use crate::chain::{Block, BlockHash, FilterHeader};
use crate::node::chainstate::HeaderChain;
use crate::node::ids::ConnId;
use crate::node::light::ask::Tools;
use crate::node::outbox::MALICE;
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use crate::node::wallets::Rows;
use std::time::Duration;

/// After a block that no peer sent, so long nothing is asked: the peers that know of it may change.
const REST: Duration = Duration::from_secs(30);

impl Words {
    /// A peer's filter of a block is not what was said before that it hashes to. Whether the block is to be
    /// fetched for that.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn contradicted<S: Store>(
        &mut self,
        conn: ConnId,
        (id, theirs): (BlockId, FilterHeader),
        chain: &HeaderChain<S>,
    ) -> Result<bool, StoreFault> {
        if self.dispute.is_some() || id.height == 0 {
            return Ok(false);
        }
        self.dispute = Some(Dispute {
            block: id,
            other: Some(conn),
            theirs,
            ours: self.header(id, chain)?,
            before: self.place(id.height - 1, chain)?,
        });
        Ok(true)
    }

    /// The block is here of which two say different things: who lied is let go. Returns the rows to write,
    /// and the place up to which all holds if what was taken did not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn resolve<S: Store>(
        &mut self,
        block: &Block,
        chain: &HeaderChain<S>,
        tools: &mut Tools<'_>,
    ) -> Result<(Rows, Option<BlockId>), StoreFault> {
        let is_it = |dispute: &mut Dispute| dispute.block.hash == block.hash();
        let Some(dispute) = self.dispute.take_if(is_it) else {
            return Ok((Rows::new(), None));
        };
        let truth = BlockFilter::of(block).header(dispute.before.header);
        let words = format!("it lied about the filter of block {}", dispute.block);
        if let Some(other) = dispute.other.filter(|_| dispute.theirs != truth) {
            tools.out.blame(other, MALICE, words.clone());
        }
        if dispute.ours == truth {
            return Ok((Rows::new(), None));
        }
        if let Some(source) = self.source {
            tools.out.blame(source, MALICE, words);
        }
        let rows = self.roll_back(dispute.before, chain)?;
        Ok((rows, Some(dispute.before.id)))
    }

    /// No peer sends the block of which two say different things: neither is believed.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn unresolved<S: Store>(
        &mut self,
        hash: &BlockHash,
        chain: &HeaderChain<S>,
        now: Time,
    ) -> Result<Option<(Rows, BlockId)>, StoreFault> {
        let Some(dispute) = self.dispute.take_if(|dispute| dispute.block.hash == *hash) else {
            return Ok(None);
        };
        let rows = self.roll_back(dispute.before, chain)?;
        self.rest_until = Some(now + REST);
        Ok(Some((rows, dispute.before.id)))
    }

    /// The block that is fetched because two say different things of it.
    pub fn disputed(&self) -> Option<BlockId> {
        self.dispute.as_ref().map(|dispute| dispute.block)
    }
}
