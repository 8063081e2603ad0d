//! The one encoding of everything that is hashed, stored or sent: fixed-width little-endian
//! integers, sequences behind a `u64` count, nothing optional and nothing self-describing.
//!
//! This file alone names bincode. Types that pass through here have no maps, sets or floats, so
//! each value has exactly one encoding and each accepted byte string decodes to a value that
//! encodes to the same bytes. The length of the input is the rule that bounds a decode and is
//! checked first; it also bounds what a decode can allocate, see [`MAX_GROWTH`].

use serde::{Serialize, de::DeserializeOwned};
use std::io;
use thiserror::Error;

/// The longest input that [`decode`] takes, whatever its caller allows, in bytes.
pub const MAX_LEN: usize = 8 * 1024 * 1024;

/// How many bytes a decode can have allocated for each byte of input, beyond 2 MiB.
///
/// A count that comes from outside is worth 1 MiB of memory in advance, however large, at each of
/// the two levels that nest; beyond that a list grows only as its elements really come. The worst
/// are empty transactions: 24 bytes each, 56 in memory. A list that is full is moved to one twice
/// as long, so three times its length is allocated at that moment: 7 bytes for each that came.
/// (Text would be given all that it claims at once, up to bincode's limit: nothing that comes from
/// outside has any.)
pub const MAX_GROWTH: usize = 7;

/// Why bytes are not the encoding of a value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Longer than the caller allows; nothing was read.
    #[error("{len} bytes are more than the {max} allowed here")]
    TooLong {
        /// Bytes given.
        len: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Ends early, or holds a value out of its range.
    #[error("malformed: {0}")]
    Malformed(String),
    /// A whole value with more behind it.
    #[error("{0} bytes are left over behind the value")]
    Trailing(usize),
}

/// The encoding of `value`.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes);
    bytes
}

/// Appends the encoding of `value` to `sink`, which must not fail (a vector, a hasher).
pub fn encode_into<T: Serialize>(value: &T, sink: &mut impl io::Write) {
    bincode::serde::encode_into_std_write(value, sink, config())
        .expect("plain data encodes, and the sink takes every byte");
}

/// How many bytes `value` encodes to.
pub fn encoded_len<T: Serialize>(value: &T) -> usize {
    struct Counter(usize);

    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    encode_into(value, &mut counter);
    counter.0
}

/// The value that `bytes` encode, all of them, if they are no more than `max`.
///
/// # Errors
/// [`DecodeError`]; the bytes came from outside, so every kind can happen.
pub fn decode<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, DecodeError> {
    let (value, read) = decode_first(bytes, max)?;
    match bytes.len() - read {
        0 => Ok(value),
        left => Err(DecodeError::Trailing(left)),
    }
}

/// The value that `bytes` begin with, if they are no more than `max`, and how many of them it takes.
///
/// # Errors
/// [`DecodeError`], but not [`DecodeError::Trailing`].
pub fn decode_first<T: DeserializeOwned>(
    bytes: &[u8],
    max: usize,
) -> Result<(T, usize), DecodeError> {
    let max = max.min(MAX_LEN);
    if bytes.len() > max {
        return Err(DecodeError::TooLong {
            len: bytes.len(),
            max,
        });
    }
    bincode::serde::decode_from_slice(bytes, config())
        .map_err(|e| DecodeError::Malformed(e.to_string()))
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard()
        .with_little_endian()
        .with_fixed_int_encoding()
        .with_limit::<MAX_LEN>()
}
