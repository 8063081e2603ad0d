//! Reading what is in a payload, and writing it: little-endian numbers, counts in Bitcoin's compact
//! form, and runs of bytes. A count claims no memory before what it counts has been read.

use crate::bitcoin::tx::TxError;
use bytes::Bytes;
use thiserror::Error;

/// Why a payload is not what its command says.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// It ends in the middle of something.
    #[error("it ends in the middle of {0}")]
    Short(&'static str),
    /// A count that is not in the shortest form, which Bitcoin Core refuses as well.
    #[error("the number of {0} is not in its shortest form")]
    LongForm(&'static str),
    /// More of something than such a message may have.
    #[error("{got} {what}: at most {max} are allowed")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there were to be.
        got: u64,
        /// How many there may be.
        max: usize,
    },
    /// A transaction that is none.
    #[error("a transaction in it {0}")]
    Transaction(#[source] TxError),
    /// A number that means nothing there.
    #[error("{what} is {got}")]
    Value {
        /// What the number is for.
        what: &'static str,
        /// What it is.
        got: u64,
    },
}

/// A payload that is being read.
#[derive(Clone, Debug)]
pub struct Reader {
    rest: Bytes,
}

impl Reader {
    /// From its first byte.
    pub const fn new(payload: Bytes) -> Self {
        Self { rest: payload }
    }

    /// The next bytes, as many as that.
    ///
    /// # Errors
    /// [`PayloadError::Short`].
    pub fn take(&mut self, len: usize, what: &'static str) -> Result<Bytes, PayloadError> {
        if len > self.rest.len() {
            return Err(PayloadError::Short(what));
        }
        Ok(self.rest.split_to(len))
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`PayloadError::Short`].
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], PayloadError> {
        let bytes = self.rest.first_chunk().copied();
        let bytes = bytes.ok_or(PayloadError::Short(what))?;
        self.take(N, what)?;
        Ok(bytes)
    }

    /// A byte.
    ///
    /// # Errors
    /// [`PayloadError::Short`].
    pub fn u8(&mut self, what: &'static str) -> Result<u8, PayloadError> {
        Ok(u8::from_le_bytes(self.array(what)?))
    }

    /// A number of four bytes.
    ///
    /// # Errors
    /// [`PayloadError::Short`].
    pub fn u32(&mut self, what: &'static str) -> Result<u32, PayloadError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// A number of eight bytes.
    ///
    /// # Errors
    /// [`PayloadError::Short`].
    pub fn u64(&mut self, what: &'static str) -> Result<u64, PayloadError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// A number in compact form: one byte below 253, else a mark and two, four or eight.
    ///
    /// # Errors
    /// [`PayloadError::Short`], or [`PayloadError::LongForm`] if fewer would have done.
    pub fn compact(&mut self, what: &'static str) -> Result<u64, PayloadError> {
        let (number, least) = match self.u8(what)? {
            0xfd => (u16::from_le_bytes(self.array(what)?).into(), 0xfd),
            0xfe => (self.u32(what)?.into(), 0x1_0000),
            0xff => (self.u64(what)?, 0x1_0000_0000),
            small => (u64::from(small), 0),
        };
        (number >= least)
            .then_some(number)
            .ok_or(PayloadError::LongForm(what))
    }

    /// How many of something follow.
    ///
    /// # Errors
    /// As [`Reader::compact`], and [`PayloadError::TooMany`].
    pub fn count(&mut self, what: &'static str, max: usize) -> Result<usize, PayloadError> {
        let got = self.compact(what)?;
        let count = usize::try_from(got).ok().filter(|count| *count <= max);
        count.ok_or(PayloadError::TooMany { what, got, max })
    }

    /// A list.
    ///
    /// # Errors
    /// As [`Reader::count`], and those of its items.
    pub fn list<T>(
        &mut self,
        what: &'static str,
        max: usize,
        item: impl Fn(&mut Self) -> Result<T, PayloadError>,
    ) -> Result<Vec<T>, PayloadError> {
        let count = self.count(what, max)?;
        // An item has at least a byte: no more room is made than there are bytes.
        let mut items = Vec::with_capacity(count.min(self.rest.len()));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// Bytes with their number before them.
    ///
    /// # Errors
    /// As [`Reader::count`].
    pub fn bytes(&mut self, what: &'static str, max: usize) -> Result<Bytes, PayloadError> {
        let len = self.count(what, max)?;
        self.take(len, what)
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// All that is left, which stays.
    pub fn rest(&self) -> &Bytes {
        &self.rest
    }
}

/// Writes a number in compact form.
pub fn put_compact(number: u64, to: &mut Vec<u8>) {
    let bytes = number.to_le_bytes();
    match number {
        0..0xfd => to.push(bytes[0]),
        0xfd..=0xffff => {
            to.push(0xfd);
            to.extend_from_slice(&bytes[..2]);
        }
        0x1_0000..=0xffff_ffff => {
            to.push(0xfe);
            to.extend_from_slice(&bytes[..4]);
        }
        _ => {
            to.push(0xff);
            to.extend_from_slice(&bytes);
        }
    }
}

/// Writes a list with its number before it.
pub fn put_list<T>(items: &[T], to: &mut Vec<u8>, put: impl Fn(&T, &mut Vec<u8>)) {
    put_compact(items.len() as u64, to);
    items.iter().for_each(|item| put(item, to));
}

/// Writes bytes with their number before them.
pub fn put_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    put_compact(bytes.len() as u64, to);
    to.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written_and_only_in_their_shortest_form() {
        for number in [
            0,
            252,
            253,
            0xffff,
            0x1_0000,
            0xffff_ffff,
            1 << 32,
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            put_compact(number, &mut bytes);
            let mut reader = Reader::new(bytes.into());
            assert_eq!(reader.compact("items"), Ok(number));
            assert!(reader.is_empty());
        }
        for long in [&[0xfd, 252, 0][..], &[0xfe, 0xff, 0xff, 0, 0]] {
            let read = Reader::new(Bytes::copy_from_slice(long)).compact("items");
            assert_eq!(read, Err(PayloadError::LongForm("items")));
        }
    }

    #[test]
    fn a_count_claims_no_more_room_than_there_are_bytes() {
        let claims = [0xfe, 0, 0, 0, 1, 7, 7];
        let mut reader = Reader::new(Bytes::copy_from_slice(&claims));
        let items = reader.list("items", usize::MAX, |r| r.u8("an item"));
        assert_eq!(items, Err(PayloadError::Short("an item")));
        let mut reader = Reader::new(Bytes::copy_from_slice(&claims));
        let refused = reader.count("items", 100).unwrap_err().to_string();
        assert_eq!(refused, "16777216 items: at most 100 are allowed");
    }
}
