//! Whose store it is: a full node's, a light one's, or an attacker's. Each is marked, and refused by the other
//! kinds, which would take it for damaged, would leave it without blocks, or would take a chain for valid that
//! is not.

use super::outcome::OpenError;
use crate::chain::{Params, codec};
use crate::node::store::Store;

/// Where a full node's store keeps the parameters of its network.
pub const PARAMS_KEY: &str = "params";

/// Where a light node's store keeps them: it has headers and no blocks.
pub const LIGHT_PARAMS_KEY: &str = "light_params";

/// Where an attacker's store keeps them: its blocks may spend coins that never existed.
pub const ATTACKER_PARAMS_KEY: &str = "attacker_params";

/// What a node keeps of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Headers, blocks and coins.
    Full,
    /// Headers.
    Light,
    /// As a full node, but coins that do not exist may be spent.
    Attacker,
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
            Self::Attacker => ATTACKER_PARAMS_KEY,
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
        let mut owner = None;
        for kind in [Self::Full, Self::Light, Self::Attacker] {
            if kind != self && stored.is_none() && store.meta(kind.key())?.is_some() {
                owner = Some(kind);
            }
        }
        Err(match owner {
            Some(Self::Light) => OpenError::LightNode { place },
            Some(Self::Full) if self == Self::Attacker => OpenError::Honest { place },
            Some(Self::Full) => OpenError::FullNode { place },
            Some(Self::Attacker) => OpenError::Attacker { place },
            None => OpenError::OtherNetwork { place },
        })
    }
}
