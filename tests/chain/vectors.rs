//! The chain's functions against values that nobody here computed; see tests/vectors/README.md.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "vectors are files"
)]

use chainlab::chain::asert::{Schedule, next_target};
use chainlab::chain::key::{PublicKey, SecretKey};
use chainlab::chain::pow::CompactError;
use chainlab::chain::{Address, CompactTarget, KeyHash, Target, Txid, merkle};
use primitive_types::U256;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// One part of known.json.
fn known(part: &str) -> Value {
    let text = fs::read_to_string(vectors().join("known.json")).expect("readable");
    let mut all: Value = serde_json::from_str(&text).expect("JSON");
    all[part].take()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("a text")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn bits(text: &str) -> CompactTarget {
    let digits = text.strip_prefix("0x").expect("hexadecimal");
    CompactTarget(u32::from_str_radix(digits, 16).expect("32 bits"))
}

#[test]
fn the_bare_merkle_tree_is_bitcoins() {
    let case = known("merkle_bitcoin_block_100000");
    let txids: Vec<Txid> = list(&case["txids"])
        .iter()
        .map(|txid| txid.as_str().expect("a text").parse().expect("a txid"))
        .collect();
    assert_eq!(txids.len(), 4);
    let root = merkle::tree_root(&txids);
    assert_eq!(Txid(root).to_string(), text(&case, "root"));
    // What a header here commits to has the count in it, too.
    assert_ne!(merkle::commitment(&txids).0, root);
}

#[test]
fn private_key_1_has_the_address_that_everybody_knows() {
    let case = known("address_of_private_key_1");
    let mut one = [0; 32];
    one[31] = 1;
    let key = SecretKey::from_bytes(one).expect("a key").public_key();
    let public: PublicKey = text(&case, "public_key").parse().expect("a key");
    assert_eq!(key, public);
    let owner: KeyHash = text(&case, "hash160").parse().expect("a hash");
    assert_eq!(key.hash(), owner);
    let version = case["version_byte"].as_u64().expect("a number");
    let version = u8::try_from(version).expect("a byte");
    let address = Address { version, owner };
    assert_eq!(address.to_string(), text(&case, "address"));
    assert_eq!(Address::parse(text(&case, "address"), version), Ok(address));
}

#[test]
fn compact_targets_are_read_and_written_as_bitcoin_core_does() {
    let cases = known("compact_target");
    let (mut read, mut refused) = (0, 0);
    for case in list(&cases) {
        let compact = bits(text(case, "bits"));
        if let Some(why) = case.get("refused") {
            let why = match why.as_str().expect("a text") {
                "negative" => CompactError::Negative,
                "overflow" => CompactError::Overflow,
                other => panic!("unknown reason {other}"),
            };
            assert_eq!(compact.to_target(), Err(why), "{case}");
            refused += 1;
            continue;
        }
        let number = U256::from_str_radix(text(case, "target"), 16).expect("a number");
        let target = Target::from_u256(number);
        assert_eq!(compact.to_target(), Ok(target), "{case}");
        assert_eq!(target.to_compact(), bits(text(case, "back")), "{case}");
        read += 1;
    }
    assert!(read >= 12 && refused >= 2, "{read} read, {refused} refused");
}

/// The value behind `name` in a file's header.
fn named<'a>(file: &'a str, name: &str) -> &'a str {
    let start = format!("##   {name}: ");
    let line = file.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("the header says {name}"))
        .trim()
}

fn integer(text: &str) -> i128 {
    text.parse().expect("an integer")
}

/// Each row names a block by height and time, and gives the bits of the block after it.
#[test]
fn asert_vectors() {
    let (mut files, mut rows) = (0, 0);
    for entry in fs::read_dir(vectors().join("aserti3-2d")).expect("a directory") {
        let path = entry.expect("readable").path();
        let name = path.display();
        let file = fs::read_to_string(&path).expect("readable");
        let anchor_height = integer(named(&file, "anchor height"));
        let parent_time = integer(named(&file, "anchor parent time"));
        let target = |bits: CompactTarget| bits.to_target().expect("a target");
        let schedule = Schedule {
            anchor: target(bits(named(&file, "anchor nBits"))),
            limit: target(CompactTarget(0x1d00_ffff)),
            interval: 600,
            half_life: 172_800,
        };
        let mut in_file = 0;
        for row in file.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = row.split_whitespace().collect();
            let [iteration, height, time, expected] = fields[..] else {
                assert!(fields.is_empty(), "{name}: {row}");
                continue;
            };
            in_file += 1;
            assert_eq!(integer(iteration), in_file, "{name}: {row}");
            let (time, heights) = (integer(time) - parent_time, integer(height) - anchor_height);
            let next = next_target(&schedule, time, heights).to_compact();
            assert_eq!(next, bits(expected), "{name}: {row}");
        }
        assert_eq!(in_file, integer(named(&file, "iterations")), "{name}");
        files += 1;
        rows += in_file;
    }
    assert!(files >= 6 && rows >= 10_480, "{files} files, {rows} rows");
}
