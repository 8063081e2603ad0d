//! Keys and names.
//!
//! A wallet's key follows from the node's key seed and the wallet's name, so that a layout knows
//! who owns its genesis coins before any node exists, and the same seed gives the same addresses.

use super::error::WalletError;
use super::limits::{NAME_LEN_MAX, shown};
use crate::chain::hash::parse_hex;
use crate::chain::key::SecretKey;
use crate::chain::{Address, address::AddressError};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// Keeps the seed of a wallet's key from being the seed of anything else.
const KEY_DOMAIN: &[u8] = b"chainlab wallet key";

/// The key that the wallet `name` gets on a node with this key seed.
pub fn wallet_key(key_seed: &[u8; 32], name: &str) -> SecretKey {
    let digest = Sha256::new()
        .chain_update(KEY_DOMAIN)
        .chain_update(key_seed)
        .chain_update(name);
    SecretKey::generate(&mut ChaCha20Rng::from_seed(digest.finalize().into()))
}

/// Insists that a wallet can have this name.
///
/// # Errors
/// [`WalletError::Name`], [`WalletError::NameIsAddress`].
pub fn check_name(name: &str) -> Result<(), WalletError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_LEN_MAX || !name.chars().all(fits) {
        return Err(WalletError::Name { name: shown(name) });
    }
    // The version does not matter: an address of another network is no name either.
    match Address::parse(name, 0) {
        Ok(_) | Err(AddressError::Version { .. }) => Err(WalletError::NameIsAddress {
            name: name.to_owned(),
        }),
        Err(_) => Ok(()),
    }
}

/// Reads a key as [`secret_hex`] writes it.
pub(super) fn parse_secret(text: &str) -> Result<SecretKey, WalletError> {
    let refuse = |problem: String| WalletError::Key { problem };
    let digits = text.trim();
    let bytes = parse_hex(digits).map_err(|_| {
        let count = digits.chars().count();
        refuse(format!(
            "it takes 64 hexadecimal digits, not these {count} characters"
        ))
    })?;
    SecretKey::from_bytes(bytes)
        .map_err(|_| refuse("it is zero, or not below the order of the curve".to_owned()))
}

/// A key, 64 hexadecimal digits.
pub fn secret_hex(key: &SecretKey) -> String {
    let digits = key.to_bytes().map(|byte| format!("{byte:02x}"));
    digits.concat()
}
