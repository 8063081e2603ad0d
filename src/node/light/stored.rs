//! Rows that hold one value.

use crate::chain::codec;
use crate::node::store::{Store, StoreFault};
use serde::de::DeserializeOwned;

/// What the row of this name holds, if it is there.
///
/// # Errors
/// [`StoreFault`], also if it makes no sense.
pub(in crate::node::light) fn stored<T: DeserializeOwned>(
    store: &impl Store,
    row: &str,
) -> Result<Option<T>, StoreFault> {
    let bytes = store.meta(row)?;
    let read = bytes.map(|bytes| codec::decode(&bytes, codec::MAX_LEN));
    read.transpose()
        .map_err(|error| store.damaged(format!("the row {row}: {error}")))
}
