//! The network's parameters, once the lab's seed is known.

use crate::chain::params::Allocation;
use crate::chain::{BlockTime, Params};
use crate::lab::spec::ChainSpec;
use crate::node::wallets::wallet_key;
use sha2::{Digest, Sha256};

/// What the keys of a lab with `--seed` follow from.
const KEY_DOMAIN: &[u8] = b"chainlab lab keys";

/// The parameters of a chain that begins at `start`, unless the layout said when.
pub(super) fn resolve(chain: &ChainSpec, key_seed: &[u8; 32], start: BlockTime) -> Params {
    let mut params = chain.params.clone();
    params.genesis_time = chain.genesis_time.unwrap_or(start);
    let allocation = |(wallet, amount): &(String, _)| Allocation {
        owner: wallet_key(key_seed, wallet).public_key().hash(),
        amount: *amount,
    };
    params.genesis = chain.genesis.iter().map(allocation).collect();
    params
}

/// What all wallets' keys of a lab with this seed follow from.
pub(in crate::lab) fn key_seed(seed: u64) -> [u8; 32] {
    let digest = Sha256::new()
        .chain_update(KEY_DOMAIN)
        .chain_update(seed.to_le_bytes());
    digest.finalize().into()
}
