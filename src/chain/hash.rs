//! Hashes, each of its own type, and the two hash functions that the chain is built from.
//!
//! A 32-byte hash is *displayed* byte-reversed, as Bitcoin does: proof of work makes the first
//! digits of a block's hash zeros, so the short form is the *last* eight digits.

use ripemd::Ripemd160;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::{fmt, str::FromStr};
use thiserror::Error;

/// SHA256(SHA256(`bytes`)).
pub fn sha256d(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(Sha256::digest(bytes)).into()
}

/// RIPEMD160(SHA256(`bytes`)), Bitcoin's hash of a public key.
pub fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}

/// Why a text is not a hash or a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("expected {expected} hexadecimal digits, got {got:?}")]
pub struct HexError {
    /// Digits that the type has.
    pub expected: usize,
    /// The text that was given, cut to a length that can be shown.
    pub got: String,
}

/// Writes bytes as lower-case hexadecimal digits, in the order given.
pub(crate) fn write_hex<'a>(
    f: &mut fmt::Formatter<'_>,
    bytes: impl Iterator<Item = &'a u8>,
) -> fmt::Result {
    for byte in bytes {
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

/// Reads exactly `N` bytes from hexadecimal digits.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], HexError> {
    let refused = || HexError {
        expected: N * 2,
        got: text.chars().take(N * 2 + 8).collect(),
    };
    if text.len() != N * 2 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(refused());
    }
    let mut bytes = [0; N];
    for (byte, i) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&text[i..i + 2], 16).map_err(|_| refused())?;
    }
    Ok(bytes)
}

/// Serde for types around `[u8; N]`: hexadecimal text for people, `N` plain bytes on the wire.
///
/// The bytes go eight at a time, as little-endian numbers, which in [`codec`](super::codec) is the
/// same and several times as fast: most of what is hashed and stored consists of such bytes.
pub(crate) fn serialize_bytes<const N: usize, S: Serializer>(
    bytes: &[u8; N],
    shown: &impl fmt::Display,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeTuple;
    if serializer.is_human_readable() {
        return serializer.collect_str(shown);
    }
    let (words, rest) = bytes.as_chunks();
    let mut tuple = serializer.serialize_tuple(words.len() + rest.len())?;
    for word in words {
        tuple.serialize_element(&u64::from_le_bytes(*word))?;
    }
    for byte in rest {
        tuple.serialize_element(byte)?;
    }
    tuple.end()
}

/// The reading half of [`serialize_bytes`].
pub(crate) fn deserialize_bytes<'de, const N: usize, D: Deserializer<'de>>(
    deserializer: D,
    parse: fn(&str) -> Result<[u8; N], HexError>,
) -> Result<[u8; N], D::Error> {
    struct Bytes<const N: usize>;

    impl<'de, const N: usize> de::Visitor<'de> for Bytes<N> {
        type Value = [u8; N];

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{N} bytes")
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<[u8; N], A::Error> {
            let mut bytes = [0; N];
            let short = || de::Error::custom(format_args!("fewer than {N} bytes"));
            let (words, rest) = bytes.as_chunks_mut();
            for word in words {
                *word = u64::to_le_bytes(seq.next_element()?.ok_or_else(short)?);
            }
            for byte in rest {
                *byte = seq.next_element()?.ok_or_else(short)?;
            }
            Ok(bytes)
        }
    }

    if deserializer.is_human_readable() {
        parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    } else {
        deserializer.deserialize_tuple(N / 8 + N % 8, Bytes::<N>)
    }
}

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; 32]);

        impl Ord for $name {
            /// By their bytes. The first eight of two hashes are hardly ever the same, and are compared as
            /// numbers: maps by hashes do little else.
            fn cmp(&self, other: &Self) -> Ordering {
                let start = |of: &Self| of.0.first_chunk().map(|first| u64::from_be_bytes(*first));
                start(self).cmp(&start(other)).then_with(|| self.0.cmp(&other.0))
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl $name {
            /// All zeros: what the genesis block names as its parent, a coinbase as its source, and the first
            /// filter header as the one before it.
            pub const ZERO: Self = Self([0; 32]);

            /// The last eight digits of the displayed hash.
            pub fn short(&self) -> String {
                self.0[..4].iter().rev().map(|b| format!("{b:02x}")).collect()
            }

            fn parse(text: &str) -> Result<[u8; 32], HexError> {
                let mut bytes = parse_hex(text)?;
                bytes.reverse();
                Ok(bytes)
            }
        }

        impl fmt::Display for $name {
            /// Byte-reversed, as Bitcoin displays hashes.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(f, self.0.iter().rev())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = HexError;

            fn from_str(text: &str) -> Result<Self, HexError> {
                Self::parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_bytes(&self.0, self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize_bytes(deserializer, Self::parse).map(Self)
            }
        }
    };
}

hash_type! {
    /// SHA256(SHA256(header)): names a block and is its proof of work.
    BlockHash
}
hash_type! {
    /// SHA256(SHA256(whole encoded transaction)).
    Txid
}
hash_type! {
    /// SHA256(SHA256(transaction with its witnesses)), BIP 141. Only transactions of
    /// [Bitcoin](crate::bitcoin) have witnesses.
    Wtxid
}
hash_type! {
    /// What a header commits to its transactions with; see [`merkle`](super::merkle).
    MerkleRoot
}
hash_type! {
    /// A node of the tree over a block's transactions: SHA256(SHA256(left ‖ right)), or at its foot a
    /// transaction's id.
    MerkleHash
}
hash_type! {
    /// SHA256(SHA256(filter)) of a block's [filter](super::filter), BIP 157.
    FilterHash
}
hash_type! {
    /// Commits to a block's [filter](super::filter) and to those of all blocks before it, BIP 157.
    FilterHeader
}

/// RIPEMD160(SHA256(compressed public key)): who owns a coin. Displayed as an
/// [`Address`](super::Address) to people.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash(pub [u8; 20]);

/// Gives a type around `[u8; N]` its text, hexadecimal in the order of the bytes, and serde.
macro_rules! bytes_type {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::chain::hash::write_hex(f, self.0.iter())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::chain::hash::HexError;

            fn from_str(text: &str) -> Result<Self, $crate::chain::hash::HexError> {
                $crate::chain::hash::parse_hex(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::chain::hash::serialize_bytes(&self.0, self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::chain::hash::deserialize_bytes(deserializer, $crate::chain::hash::parse_hex)
                    .map(Self)
            }
        }
    };
}
pub(crate) use bytes_type;

bytes_type!(KeyHash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_displayed_hash_is_byte_reversed_and_reads_back() {
        let mut bytes = [0; 32];
        bytes[0] = 0xa9;
        bytes[3] = 0x07;
        let hash = BlockHash(bytes);
        assert!(hash.to_string().ends_with("070000a9"));
        assert_eq!(hash.short(), "070000a9");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        let json = serde_json::to_string(&hash).expect("serializes");
        assert_eq!(
            serde_json::from_str::<BlockHash>(&json).expect("reads back"),
            hash
        );
    }

    #[test]
    fn hashes_are_in_the_order_of_their_bytes() {
        let mut all = Vec::new();
        for place in [0, 1, 7, 8, 9, 31] {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bytes = [0x55; 32];
                bytes[place] = byte;
                all.push(bytes);
            }
        }
        for (one, other) in all
            .iter()
            .flat_map(|one| all.iter().map(move |other| (one, other)))
        {
            assert_eq!(Txid(*one).cmp(&Txid(*other)), one.cmp(other));
        }
    }

    #[test]
    fn a_hash_of_the_wrong_length_or_with_other_letters_is_refused() {
        for text in ["", "a9", &"g".repeat(64), &"a".repeat(65), &"é".repeat(32)] {
            assert_eq!(text.parse::<Txid>().expect_err("not a hash").expected, 64);
        }
    }
}
