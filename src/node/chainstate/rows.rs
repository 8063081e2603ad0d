//! Names of rows beside the chain.

use crate::chain::BlockHash;

/// The row of a block's filter.
pub(super) fn filter_row(hash: &BlockHash) -> String {
    format!("filter/{hash}")
}
