//! What is asked of a chain when headers are got for it.

use super::outcome::HeadersAccepted;
use crate::chain::block::BlockTime;
use crate::chain::headers::{HeaderTree, Origin};
use crate::chain::{Header, Params};
use crate::node::store::StoreFault;

/// A chain that headers are got for: a full node's, or a light one's.
pub trait TakesHeaders {
    /// All known headers.
    fn tree(&self) -> &HeaderTree;

    /// The network's parameters.
    fn params(&self) -> &Params;

    /// Takes headers, each building on the one before, as far as they hold, and writes them.
    ///
    /// # Errors
    /// [`StoreFault`]; what a peer did wrong is in [`HeadersAccepted::refused`].
    fn accept_headers(
        &mut self,
        origin: Origin,
        headers: &[Header],
        now: BlockTime,
    ) -> Result<HeadersAccepted, StoreFault>;
}
