//! What is said of filters, as in BIP 157, but that many go in one message.

use crate::chain::codec::{self, DecodeError};
use crate::chain::filter::CodedSetError;
use crate::chain::{BlockFilter, BlockHash, FilterHash, FilterHeader};
use serde::{Deserialize, Serialize};

/// Filter headers of one request.
pub const FILTER_HEADERS_MAX: usize = 2_000;

/// Filters of one request.
pub const FILTERS_MAX: usize = 1_000;

/// Bytes of filters in one message, unless the first alone takes more: the rest is asked for again.
pub const FILTERS_BYTES: usize = 1_000_000;

/// Asks for what belongs to the blocks of a branch from a height on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterRange {
    /// The first height.
    pub start: u32,
    /// The last block, which says which branch it is.
    pub stop: BlockHash,
}

/// Filter headers: what they follow from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterHeaders {
    /// What was asked for.
    pub range: FilterRange,
    /// The filter header before the first: zeros before the genesis block.
    pub previous: FilterHeader,
    /// The hashes of the filters, in the order of their blocks.
    pub hashes: Vec<FilterHash>,
}

/// Filters, in the order of their blocks: as many as there was room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    /// What was asked for.
    pub range: FilterRange,
    /// Each as it is hashed.
    pub filters: Vec<Box<[u8]>>,
}

/// The same on the wire: each filter behind its length, a byte where that is below 253, else three or
/// five, and all of them in one string. A count of eight bytes for each would be twice what a filter of an
/// empty block is.
#[derive(Serialize, Deserialize)]
struct Packed {
    range: FilterRange,
    filters: Vec<u8>,
}

/// Marks of lengths that take more than a byte.
const TWO: u8 = 253;
const FOUR: u8 = 254;

impl FilterHeaders {
    /// The filter headers themselves.
    pub fn headers(&self) -> impl Iterator<Item = FilterHeader> + '_ {
        let hashes = self.hashes.iter();
        hashes.scan(self.previous, |last, hash| {
            *last = last.then(*hash);
            Some(*last)
        })
    }
}

impl Filters {
    /// The first of them that are well-formed, and why the next is not.
    ///
    /// # Errors
    /// [`CodedSetError`].
    pub fn read(&self) -> impl Iterator<Item = Result<BlockFilter, CodedSetError>> + '_ {
        let filters = self.filters.iter();
        filters.map(|filter| BlockFilter::from_bytes(filter))
    }

    /// Bytes of its encoding.
    pub(super) fn len(&self) -> usize {
        let filters = self.filters.iter();
        let each = filters.map(|filter| prefix(filter.len()).len() + filter.len());
        4 + 32 + 8 + each.sum::<usize>()
    }

    pub(super) fn encode_into(&self, sink: &mut Vec<u8>) {
        let mut filters = Vec::new();
        for filter in &self.filters {
            filters.extend_from_slice(&prefix(filter.len()));
            filters.extend_from_slice(filter);
        }
        let range = self.range;
        codec::encode_into(&Packed { range, filters }, sink);
    }

    /// # Errors
    /// [`DecodeError`].
    pub(super) fn decode(payload: &[u8], max: usize) -> Result<Self, DecodeError> {
        let Packed { range, filters } = codec::decode(payload, max)?;
        let (mut rest, mut read) = (&filters[..], Vec::new());
        while !rest.is_empty() {
            // More of them are refused when they are counted.
            if read.len() > FILTERS_MAX {
                break;
            }
            let (filter, after) = split_first(rest).ok_or_else(|| {
                let at = read.len();
                DecodeError::Malformed(format!("the length of filter {at} is none"))
            })?;
            read.push(filter.into());
            rest = after;
        }
        Ok(Self {
            range,
            filters: read,
        })
    }
}

/// A length as it stands before a filter, in its shortest form.
fn prefix(len: usize) -> Vec<u8> {
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(byte), _) if byte < TWO => vec![byte],
        (_, Ok(two)) => [&[TWO], &two.to_le_bytes()[..]].concat(),
        _ => {
            let four = u32::try_from(len).expect("filters are short");
            [&[FOUR], &four.to_le_bytes()[..]].concat()
        }
    }
}

/// The first filter, and what is behind it; `None`: its length is not in its shortest form, or too much.
fn split_first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mark, rest) = bytes.split_first()?;
    let (len, rest) = match *mark {
        TWO => {
            let (len, rest) = rest.split_first_chunk()?;
            let len = u16::from_le_bytes(*len);
            (usize::from(len), rest)
        }
        FOUR => {
            let (len, rest) = rest.split_first_chunk()?;
            (usize::try_from(u32::from_le_bytes(*len)).ok()?, rest)
        }
        byte if byte < TWO => (usize::from(byte), rest),
        _ => return None,
    };
    let is_shortest = prefix(len).len() == bytes.len() - rest.len();
    rest.split_at_checked(len).filter(|_| is_shortest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: FilterRange = FilterRange {
        start: 7,
        stop: BlockHash([3; 32]),
    };

    fn of_lengths(lengths: &[usize]) -> Filters {
        let filters = lengths.iter().map(|len| vec![9; *len].into());
        Filters {
            range: RANGE,
            filters: filters.collect(),
        }
    }

    #[test]
    fn filters_of_all_lengths_are_read_as_they_are_written_and_a_small_one_costs_a_byte() {
        let filters = of_lengths(&[0, 1, 4, 252, 253, 254, 65_535, 65_536, 90_000]);
        let mut bytes = Vec::new();
        filters.encode_into(&mut bytes);
        assert_eq!(bytes.len(), filters.len());
        assert_eq!(Filters::decode(&bytes, 300_000), Ok(filters));
        assert_eq!(of_lengths(&[4; 1_000]).len(), 4 + 32 + 8 + 5_000);
    }

    #[test]
    fn lengths_that_are_none_are_refused() {
        for wrong in [
            &[4, 1, 2, 3][..],
            &[TWO, 4, 0, 1, 2, 3, 4],
            &[TWO, 4],
            &[FOUR, 4, 0, 0, 0, 1, 2, 3, 4],
            &[FOUR, 255, 255, 255, 255],
            &[255, 1],
        ] {
            let packed = Packed {
                range: RANGE,
                filters: wrong.to_vec(),
            };
            let read = Filters::decode(&codec::encode(&packed), 1_000);
            let error = read.expect_err("a wrong length").to_string();
            assert_eq!(error, "malformed: the length of filter 0 is none");
        }
    }

    #[test]
    fn of_too_many_no_more_are_read_than_it_takes_to_see_it() {
        let mut bytes = Vec::new();
        of_lengths(&[0; 5_000]).encode_into(&mut bytes);
        let read = Filters::decode(&bytes, 10_000).expect("they are well-formed");
        assert_eq!(read.filters.len(), FILTERS_MAX + 1);
    }

    #[test]
    fn filter_headers_follow_from_the_hashes() {
        let said = FilterHeaders {
            range: RANGE,
            previous: FilterHeader::ZERO,
            hashes: vec![FilterHash([1; 32]), FilterHash([2; 32])],
        };
        let first = FilterHeader::ZERO.then(FilterHash([1; 32]));
        let second = first.then(FilterHash([2; 32]));
        assert_eq!(said.headers().collect::<Vec<_>>(), [first, second]);
    }
}
