//! Addresses: Base58Check(version ‖ RIPEMD160(SHA256(key))), as Bitcoin's pay-to-pubkey-hash.

use super::hash::{KeyHash, sha256d};
use std::fmt;
use thiserror::Error;

/// Bytes behind the Base58 digits: version, key hash, checksum.
const LEN: usize = 1 + 20 + 4;

/// The longest text that is looked at: Base58 decoding is quadratic. The longest address has 35.
const MAX_TEXT_LEN: usize = 64;

/// Who is paid, in the form that people copy and paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Tells the networks apart; [`Params::address_version`](super::Params::address_version).
    pub version: u8,
    /// The owner.
    pub owner: KeyHash,
}

/// Why a text is not an address of this network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// A letter outside Base58 (0, O, I and l among them).
    #[error("an address has only letters and digits, without 0, O, I and l")]
    NotBase58,
    /// Far longer than any address; it was not decoded.
    #[error("an address has at most 35 letters and digits, this text has {0} bytes")]
    TextLength(usize),
    /// Not 25 bytes behind the digits.
    #[error("an address has 25 bytes behind its digits, this text has {0}")]
    Length(usize),
    /// The last four bytes do not match: a typing error.
    #[error("the address has a typing error: its checksum does not match")]
    Checksum,
    /// Valid, but on another network.
    #[error("the address is of another network: its version is {got}, here it is {expected}")]
    Version {
        /// This network's version byte.
        expected: u8,
        /// The address's version byte.
        got: u8,
    },
}

impl Address {
    /// Reads an address and insists that it is of the network with this version byte.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(text: &str, version: u8) -> Result<Self, AddressError> {
        let read = Self::of_any_network(text)?;
        match read.version == version {
            true => Ok(read),
            false => Err(AddressError::Version {
                expected: version,
                got: read.version,
            }),
        }
    }

    /// Reads an address of whatever network.
    ///
    /// # Errors
    /// [`AddressError`], but for the version.
    pub fn of_any_network(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_TEXT_LEN {
            return Err(AddressError::TextLength(text.len()));
        }
        let bytes = bs58::decode(text)
            .into_vec()
            .map_err(|_| AddressError::NotBase58)?;
        let bytes: [u8; LEN] = bytes
            .try_into()
            .map_err(|bytes: Vec<u8>| AddressError::Length(bytes.len()))?;
        let (payload, checksum) = bytes.split_at(LEN - 4);
        if sha256d(payload)[..4] != *checksum {
            return Err(AddressError::Checksum);
        }
        let owner = payload[1..].try_into().expect("25 - 4 - 1 bytes are 20");
        Ok(Self {
            version: payload[0],
            owner: KeyHash(owner),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; LEN];
        bytes[0] = self.version;
        bytes[1..LEN - 4].copy_from_slice(&self.owner.0);
        let checksum = sha256d(&bytes[..LEN - 4]);
        bytes[LEN - 4..].copy_from_slice(&checksum[..4]);
        f.pad(&bs58::encode(bytes).into_string())
    }
}
