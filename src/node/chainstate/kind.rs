//! Whose store it is: a full node's or a light one's. Each is marked, and refused by the other kind,
//! which would take it for damaged, or would leave it without blocks.

use super::outcome::OpenError;
use crate::chain::{Params, codec};
use crate::node::store::Store;

/// Where a full node's store keeps the parameters of its network.
pub const PARAMS_KEY: &str = "params";

/// Where a light node's store keeps them: it has headers and no blocks.
pub const LIGHT_PARAMS_KEY: &str = "light_params";

/// What a node keeps of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Headers, blocks and coins.
    Full,
    /// Headers.
    Light,
}

impl Kind {
    /// The row that marks a store of this kind.
    pub(super) fn mark(self, params: &Params) -> (&'static str, Vec<u8>) {
        (self.key(), codec::encode(params))
    }

    fn key(self) -> &'static str {
        match self {
            Self::Full => PARAMS_KEY,
            Self::Light => LIGHT_PARAMS_KEY,
        }
    }

    /// Refuses a store that has a chain of the other kind, or of another network.
    pub(super) fn check<S: Store>(self, store: &S, params: &Params) -> Result<(), OpenError> {
        let (key, expected) = self.mark(params);
        let stored = store.meta(key)?;
        if stored.as_ref() == Some(&expected) {
            return Ok(());
        }
        let place = store.place();
        let has = |kind: Self| store.meta(kind.key()).map(|row| row.is_some());
        Err(match self {
            Self::Full if stored.is_none() && has(Self::Light)? => OpenError::LightNode { place },
            Self::Light if stored.is_none() && has(Self::Full)? => OpenError::FullNode { place },
            Self::Full | Self::Light => OpenError::OtherNetwork { place },
        })
    }
}
