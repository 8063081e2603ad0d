//! Golomb-Rice coded sets, BIP 158: a set of byte strings in about 21 bits an element, which is never wrong
//! about what is in it, and wrong about what is not once in [`M`] times.
//!
//! Each element is hashed, keyed by the block, to a number below elements × [`M`]. The numbers are sorted, and
//! of each its distance from the one before is written: the quotient by 2^[`P`] as so many ones and a zero, the
//! remainder as [`P`] bits. In front stands how many there are, as Bitcoin writes counts (CompactSize).
//!
//! A set that comes from outside is read once when it comes, and taken only if it is just what is written for
//! some set of numbers. Nothing is allocated for its elements, neither then nor when it is asked.

use super::bits::{BitReader, BitWriter};
use crate::chain::hash::BlockHash;
use siphasher::sip::SipHasher24;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use thiserror::Error;

/// Bits of a remainder, BIP 158.
pub const P: u32 = 19;

/// One in so many strings that are not in a set is taken to be, BIP 158: with [`P`] what makes filters and
/// the blocks that are fetched in vain the fewest bytes.
pub const M: u64 = 784_931;

/// A set of byte strings, coded.
#[derive(Clone, PartialEq, Eq)]
pub struct CodedSet {
    /// Clones of a node share them.
    bytes: Arc<[u8]>,
    len: u32,
}

/// Why bytes are not a coded set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CodedSetError {
    /// They end before the count does.
    #[error("it ends before it has said how many elements it has")]
    NoCount,
    /// The count has a shorter form.
    #[error("it says how many elements it has in a form that is not the shortest")]
    LongForm,
    /// More elements than there can be.
    #[error("it says that it has {said} elements, and {most} are possible")]
    TooMany {
        /// What it says.
        said: u64,
        /// What is possible.
        most: u32,
    },
    /// No set of so many elements has so many bytes; they were not read.
    #[error("{said} elements never take {bytes} bytes")]
    Length {
        /// Elements that it says it has.
        said: u32,
        /// Bytes that they take.
        bytes: usize,
    },
    /// They end in the middle of an element.
    #[error("it ends in the middle of an element")]
    Short,
    /// A number that no element of such a set is hashed to.
    #[error("an element is beyond the range of the set")]
    OutOfRange,
    /// Ones behind the last element, in its byte.
    #[error("the bits behind the last element are not zeros")]
    Padding,
    /// Bytes behind the last element.
    #[error("{0} bytes are left over behind the last element")]
    Rest(usize),
}

impl CodedSet {
    /// The set of these elements, as often as each comes, for this block. Empty ones are left out.
    ///
    /// # Panics
    /// With 2^32 elements or more, which no block has.
    pub fn new<E>(block: &BlockHash, elements: impl IntoIterator<Item = E>) -> Self
    where
        E: AsRef<[u8]> + Ord,
    {
        let elements = elements.into_iter();
        let distinct: BTreeSet<E> = elements.filter(is_some_string).collect();
        let len = u32::try_from(distinct.len()).expect("what a block has is fewer than 2^32");
        let mut writer = BitWriter::behind(count_bytes(len));
        let mut last = 0;
        for number in Numbering::new(block, len).sorted(distinct) {
            write_distance(&mut writer, number - last);
            last = number;
        }
        let bytes = writer.finish().into();
        Self { bytes, len }
    }

    /// Takes bytes from outside, if they are what is written for some set of `most` elements or fewer. Whether
    /// it is the right set they do not tell.
    ///
    /// # Errors
    /// [`CodedSetError`].
    pub fn from_bytes(bytes: &[u8], most: u32) -> Result<Self, CodedSetError> {
        let (said, coded) = read_count(bytes)?;
        let few = u32::try_from(said).ok().filter(|len| *len <= most);
        let len = few.ok_or(CodedSetError::TooMany { said, most })?;
        if !coded_len(len).contains(&(coded.len() as u64)) {
            let bytes = coded.len();
            return Err(CodedSetError::Length { said: len, bytes });
        }
        let mut numbers = Numbers::new(coded, len);
        numbers.by_ref().try_for_each(|number| number.map(|_| ()))?;
        match numbers.bits.rest() {
            (0, 0) => {}
            (0, left) => return Err(CodedSetError::Rest(left)),
            _ => return Err(CodedSetError::Padding),
        }
        let bytes = bytes.into();
        Ok(Self { bytes, len })
    }

    /// The count and the elements, as they are sent and hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many elements it has.
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether one of the wanted elements at least is in the set, which was made for this block: never `false` if
    /// one is, and `true` for one in [`M`] that is not. An empty element is in no set.
    ///
    /// The set is gone through once, beside the wanted elements in their order.
    pub fn matches_any<E>(&self, block: &BlockHash, wanted: impl IntoIterator<Item = E>) -> bool
    where
        E: AsRef<[u8]>,
    {
        let wanted = wanted.into_iter().filter(is_some_string);
        let wanted = Numbering::new(block, self.len).sorted(wanted);
        let mut wanted = wanted.into_iter().peekable();
        // All were read when the set was taken.
        for number in self.numbers().map_while(Result::ok) {
            while wanted.next_if(|next| *next < number).is_some() {}
            match wanted.peek() {
                None => return false,
                Some(next) if *next == number => return true,
                Some(_) => {}
            }
        }
        false
    }

    fn numbers(&self) -> Numbers<'_> {
        let count = count_bytes(self.len).len();
        Numbers::new(&self.bytes[count..], self.len)
    }
}

impl fmt::Debug for CodedSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.len();
        write!(f, "CodedSet({} elements in {bytes} bytes)", self.len)
    }
}

/// What the elements of a block's sets are hashed with: the first half of its hash, as its bytes are.
pub fn key_of(block: &BlockHash) -> [u8; 16] {
    *block.0.first_chunk().expect("16 of 32 bytes")
}

/// The most bytes that a set of so many elements takes.
pub const fn longest(len: u32) -> u64 {
    let count = match len {
        0..0xfd => 1,
        0xfd..0x1_0000 => 3,
        _ => 5,
    };
    count + *coded_len(len).end()
}

/// How many bytes so many elements take, at least and at most, without their count.
///
/// Each takes its remainder and one zero. All ones together are as many as the greatest number has quotients.
const fn coded_len(len: u32) -> RangeInclusive<u64> {
    let fewest = len as u64 * (P as u64 + 1);
    let ones = range_of(len).saturating_sub(1) >> P;
    fewest.div_ceil(8)..=(fewest + ones).div_ceil(8)
}

/// The numbers to which so many elements are hashed are below this: below 2^52.
const fn range_of(len: u32) -> u64 {
    len as u64 * M
}

fn is_some_string<E: AsRef<[u8]>>(element: &E) -> bool {
    !element.as_ref().is_empty()
}

/// How the elements of one set become numbers.
struct Numbering {
    hasher: SipHasher24,
    range: u64,
}

impl Numbering {
    fn new(block: &BlockHash, len: u32) -> Self {
        Self {
            hasher: SipHasher24::new_with_key(&key_of(block)),
            range: range_of(len),
        }
    }

    /// The number of an element: its hash, scaled from 64 bits to the range.
    fn number(&self, element: &[u8]) -> u64 {
        let scaled = u128::from(self.hasher.hash(element)) * u128::from(self.range);
        u64::try_from(scaled >> u64::BITS).expect("below the range")
    }

    fn sorted<E: AsRef<[u8]>>(&self, elements: impl IntoIterator<Item = E>) -> Vec<u64> {
        let elements = elements.into_iter();
        let mut numbers: Vec<u64> = elements
            .map(|element| self.number(element.as_ref()))
            .collect();
        numbers.sort_unstable();
        numbers
    }
}

/// The numbers of a coded set, in their order, until one is wrong.
struct Numbers<'a> {
    bits: BitReader<'a>,
    left: u32,
    last: u64,
    range: u64,
}

impl<'a> Numbers<'a> {
    fn new(coded: &'a [u8], len: u32) -> Self {
        Self {
            bits: BitReader::new(coded),
            left: len,
            last: 0,
            range: range_of(len),
        }
    }

    fn read(&mut self) -> Result<u64, CodedSetError> {
        let quotient = self.bits.read_ones();
        let remainder = self.bits.read(P);
        if self.bits.is_over() {
            return Err(CodedSetError::Short);
        }
        // A set of 2^32 elements has fewer than 2^37 bits, so this fits.
        self.last += quotient << P | remainder;
        match self.last < self.range {
            true => Ok(self.last),
            false => Err(CodedSetError::OutOfRange),
        }
    }
}

impl Iterator for Numbers<'_> {
    type Item = Result<u64, CodedSetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(self.read())
    }
}

fn write_distance(writer: &mut BitWriter, distance: u64) {
    writer.write_ones(distance >> P);
    writer.write(distance & ((1 << P) - 1), P);
}

/// A count, as Bitcoin writes it.
fn count_bytes(count: u32) -> Vec<u8> {
    let bytes = count.to_le_bytes();
    match count {
        0..0xfd => bytes[..1].to_vec(),
        0xfd..0x1_0000 => [&[0xfd], &bytes[..2]].concat(),
        _ => [&[0xfe], &bytes[..]].concat(),
    }
}

/// A count in its shortest form, and what is behind it.
fn read_count(bytes: &[u8]) -> Result<(u64, &[u8]), CodedSetError> {
    let (first, rest) = bytes.split_first().ok_or(CodedSetError::NoCount)?;
    let (len, least) = match first {
        0xfd => (2, 0xfd),
        0xfe => (4, 0x1_0000),
        0xff => (8, 0x1_0000_0000),
        _ => return Ok((u64::from(*first), rest)),
    };
    let (said, rest) = rest.split_at_checked(len).ok_or(CodedSetError::NoCount)?;
    let said = said.iter().rev();
    let count = said.fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    match count < least {
        true => Err(CodedSetError::LongForm),
        false => Ok((count, rest)),
    }
}
