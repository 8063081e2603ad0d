//! The coder of filters against the blocks that BIP 158 publishes with theirs; see
//! tests/vectors/bip158/README.md. In Bitcoin a filter has the scripts of outputs, made and spent.

use bytes::Bytes;
use chainlab::bitcoin::Block;
use chainlab::chain::filter::{CodedSet, CodedSetError, FILTER_BYTES_MAX, key_of};
use chainlab::chain::hash::sha256d;
use chainlab::chain::{BlockHash, FilterHash, FilterHeader};
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = include_str!("../vectors/bip158/testnet-19.json");

/// What a script begins with by which nothing can ever be spent.
const OP_RETURN: u8 = 0x6a;

/// More than any of these blocks has.
const MOST: u32 = 1_000;

/// One row: a block with its filter.
struct Published {
    height: u64,
    hash: BlockHash,
    block: Block,
    spent: Vec<Bytes>,
    previous: FilterHeader,
    filter: Vec<u8>,
    header: FilterHeader,
    notes: String,
}

fn published() -> Vec<Published> {
    let rows: Vec<Value> = serde_json::from_str(VECTORS).expect("JSON");
    // The first names the columns.
    rows[1..].iter().map(row).collect()
}

fn row(row: &Value) -> Published {
    let text = |at: usize| row[at].as_str().expect("a text");
    let spent = row[3].as_array().expect("a list").iter();
    let spent = spent.map(|script| bytes(script.as_str().expect("a text")));
    Published {
        height: row[0].as_u64().expect("a number"),
        hash: text(1).parse().expect("a hash"),
        block: Block::new(bytes(text(2))).expect("a block"),
        spent: spent.collect(),
        previous: text(4).parse().expect("a hash"),
        filter: bytes(text(5)).to_vec(),
        header: text(6).parse().expect("a hash"),
        notes: text(7).to_owned(),
    }
}

fn bytes(digits: &str) -> Bytes {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
    (0..digits.len()).step_by(2).map(byte).collect()
}

impl Published {
    /// The scripts that a basic filter has: BIP 158, "Contents".
    fn elements(&self) -> BTreeSet<Bytes> {
        let made = self.block.txs().flat_map(|tx| tx.open().outputs);
        let made = made.map(|output| output.script);
        let made = made.filter(|script| script.first() != Some(&OP_RETURN));
        let all = made.chain(self.spent.iter().cloned());
        all.filter(|script| !script.is_empty()).collect()
    }

    /// Scripts of which none is in the filter, as they are left out.
    fn left_out(&self) -> Vec<Bytes> {
        let made = self.block.txs().flat_map(|tx| tx.open().outputs);
        let made = made.map(|output| output.script);
        made.filter(|script| script.first() == Some(&OP_RETURN) || script.is_empty())
            .collect()
    }

    fn set(&self) -> CodedSet {
        CodedSet::new(&self.hash, self.elements())
    }

    fn noted(notes: &str) -> Self {
        let found = published().into_iter().find(|row| row.notes == notes);
        found.unwrap_or_else(|| panic!("a block noted {notes:?}"))
    }
}

#[test]
fn every_published_block_is_whole_and_is_keyed_by_the_first_half_of_its_hash() {
    let all = published();
    assert_eq!(all.len(), 10);
    for row in &all {
        assert_eq!(row.block.hash(), row.hash, "block {}", row.height);
        assert_eq!(row.block.check(), Ok(()), "block {}", row.height);
        // The hash's own bytes; its digits are shown from the last byte on.
        let key: String = key_of(&row.hash)
            .iter()
            .rev()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(key, row.hash.to_string()[32..], "block {}", row.height);
    }
}

#[test]
fn every_published_filter_is_what_is_coded_and_read_here() {
    for row in published() {
        let (set, elements) = (row.set(), row.elements());
        assert_eq!(set.bytes(), row.filter, "block {}", row.height);
        assert_eq!(set.len() as usize, elements.len(), "block {}", row.height);
        assert_eq!(
            row.filter[0] as usize,
            elements.len(),
            "block {}",
            row.height
        );
        assert_eq!(CodedSet::from_bytes(&row.filter, MOST), Ok(set));
    }
}

#[test]
fn every_published_filter_header_is_what_is_computed_here() {
    for row in published() {
        let filter = FilterHash(sha256d(&row.filter));
        assert_eq!(
            row.previous.then(filter),
            row.header,
            "block {}",
            row.height
        );
    }
}

#[test]
fn headers_of_blocks_that_follow_each_other_are_a_chain_that_begins_with_zeros() {
    let all = published();
    assert_eq!((all[0].height, all[0].previous), (0, FilterHeader::ZERO));
    assert_eq!((all[1].height, all[2].height), (2, 3));
    assert_eq!(all[1].header, all[2].previous);
}

#[test]
fn every_script_is_found_in_its_blocks_filter_and_in_no_other() {
    let all = published();
    for row in &all {
        let filter = CodedSet::from_bytes(&row.filter, MOST).expect("a filter");
        let own = row.elements();
        for script in &own {
            assert!(filter.matches_any(&row.hash, [script]), "{script:?}");
        }
        let others = all.iter().filter(|other| other.height != row.height);
        let foreign: BTreeSet<Bytes> = others.flat_map(Published::elements).collect();
        let foreign: Vec<&Bytes> = foreign.difference(&own).collect();
        assert!(
            !filter.matches_any(&row.hash, foreign),
            "block {}",
            row.height
        );
        assert!(
            !filter.matches_any(&row.hash, row.left_out()),
            "block {}",
            row.height
        );
    }
}

#[test]
fn a_filter_with_any_bit_bent_or_a_byte_more_or_less_is_refused_or_is_another() {
    for row in published() {
        for bit in 0..row.filter.len() * 8 {
            let mut bent = row.filter.clone();
            bent[bit / 8] ^= 0x80 >> (bit % 8);
            if let Ok(read) = CodedSet::from_bytes(&bent, MOST) {
                assert_eq!(read.bytes(), bent, "block {}", row.height);
                let filter = FilterHash(sha256d(&bent));
                assert_ne!(row.previous.then(filter), row.header);
            }
        }
        let long = [&row.filter[..], &[0]].concat();
        assert!(CodedSet::from_bytes(&long, MOST).is_err());
        let short = &row.filter[..row.filter.len() - 1];
        assert!(CodedSet::from_bytes(short, MOST).is_err());
    }
}

#[test]
fn the_blocks_with_notes_have_what_their_notes_say() {
    let followed = Published::noted("Tx has non-standard OP_RETURN output followed by opcodes");
    assert_eq!(followed.set().len(), 1);
    let to_empty = Published::noted("Tx pays to empty output script");
    assert!(to_empty.left_out().iter().any(Bytes::is_empty));
    let from_empty = Published::noted("Tx spends from empty output script");
    assert!(from_empty.spent.iter().any(Bytes::is_empty));
    let pushed = "Duplicate pushdata 913bcc2be49cb534c20474c4dee1e9c4c317e7eb";
    let twice = Published::noted(pushed);
    assert!(twice.spent.len() > twice.spent.iter().collect::<BTreeSet<_>>().len());
    let unparsable = Published::noted("Coinbase tx has unparsable output script");
    assert_eq!((unparsable.block.len(), unparsable.set().len()), (1, 1));
    let with_witness = Published::noted("Includes witness data");
    assert!(with_witness.block.txs().all(|tx| tx.has_witness()));
    let empty = Published::noted("Empty data");
    assert!(empty.set().is_empty());
    assert_eq!(empty.filter, [0]);
}

#[test]
fn more_elements_than_are_possible_are_refused() {
    let many = Published::noted("Tx pays to empty output script");
    let refused = CodedSet::from_bytes(&many.filter, 9);
    let (said, most) = (10, 9);
    assert_eq!(refused, Err(CodedSetError::TooMany { said, most }));
    assert!((many.filter.len() as u64) < FILTER_BYTES_MAX);
}
