//! Scripts: what the script of an output pays to, and any script in words.
//!
//! An output can be spent by what makes its script true. Most scripts are of a few kinds, told apart by
//! their bytes alone, and only some of these have an [address](super::address).

mod opcode;
mod words;

pub use words::{WORDS_MAX, coinbase_words, item_words, script_words, witness_words};

use opcode::{CHECKSIG, DUP, EQUAL, EQUALVERIFY, HASH160, RETURN};
use std::fmt;
use std::ops::RangeInclusive;

/// Bytes of the hash of a key, and of a script that BIP 16 pays to.
const HASH_LEN: u8 = 20;

/// Bytes that a witness program can have, BIP 141.
const PROGRAM_LEN: RangeInclusive<usize> = 2..=40;

/// Bytes of the longest script that can be true. One that is longer is never spent.
pub const SCRIPT_LEN_MAX: usize = 10_000;

/// What the script of an output pays to. None of these bytes is checked: a key need not be a point of
/// the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaysTo<'a> {
    /// A key, which stands there itself: 33 bytes, or 65 that are not compressed.
    Key(&'a [u8]),
    /// The key with this hash.
    KeyHash([u8; 20]),
    /// What makes the script with this hash true, BIP 16.
    ScriptHash([u8; 20]),
    /// The key with this hash, whose signature is in the witness, BIP 141.
    WitnessKeyHash([u8; 20]),
    /// What makes the script with this hash true, both in the witness, BIP 141.
    WitnessScriptHash([u8; 32]),
    /// This key, or a leaf of the tree of scripts that it commits to, BIP 341.
    Taproot([u8; 32]),
    /// A witness program that has no rules so far, or, of version 0, none that it can keep.
    Witness {
        /// From 0 to 16.
        version: u8,
        /// From 2 to 40 bytes.
        program: &'a [u8],
    },
    /// Nothing: what stands behind `OP_RETURN` is there to be read, and never spent.
    Data(&'a [u8]),
    /// Something else; this is the whole script.
    Other(&'a [u8]),
}

impl<'a> PaysTo<'a> {
    /// What this script pays to.
    pub fn of(script: &'a [u8]) -> Self {
        of_key(script)
            .or_else(|| of_hash(script))
            .or_else(|| of_program(script))
            .or_else(|| script.strip_prefix(&[RETURN]).map(Self::Data))
            .unwrap_or(Self::Other(script))
    }

    /// The script that pays to it.
    pub fn script(&self) -> Vec<u8> {
        match self {
            Self::Key(key) => [&pushed(key)[..], &[CHECKSIG]].concat(),
            Self::KeyHash(hash) => [
                &[DUP, HASH160, HASH_LEN],
                &hash[..],
                &[EQUALVERIFY, CHECKSIG],
            ]
            .concat(),
            Self::ScriptHash(hash) => [&[HASH160, HASH_LEN], &hash[..], &[EQUAL]].concat(),
            Self::WitnessKeyHash(hash) => program_script(0, hash),
            Self::WitnessScriptHash(hash) => program_script(0, hash),
            Self::Taproot(key) => program_script(1, key),
            Self::Witness { version, program } => program_script(*version, program),
            Self::Data(data) => [&[RETURN], *data].concat(),
            Self::Other(script) => script.to_vec(),
        }
    }

    /// The version and the program that a witness has to suit, if one has to; BIP 141.
    pub fn witness_program(&self) -> Option<(u8, &[u8])> {
        match self {
            Self::WitnessKeyHash(hash) => Some((0, hash)),
            Self::WitnessScriptHash(hash) => Some((0, hash)),
            Self::Taproot(key) => Some((1, key)),
            Self::Witness { version, program } => Some((*version, program)),
            _ => None,
        }
    }

    /// Whether its bytes alone say that it will never be spent, so that nodes keep no coin of it.
    pub fn is_unspendable(&self) -> bool {
        match self {
            Self::Data(_) => true,
            Self::Other(script) => script.len() > SCRIPT_LEN_MAX,
            _ => false,
        }
    }
}

impl fmt::Display for PaysTo<'_> {
    /// The kind, by the name that is common for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Key(_) => "P2PK",
            Self::KeyHash(_) => "P2PKH",
            Self::ScriptHash(_) => "P2SH",
            Self::WitnessKeyHash(_) => "P2WPKH",
            Self::WitnessScriptHash(_) => "P2WSH",
            Self::Taproot(_) => "P2TR",
            Self::Witness { version, .. } => return f.pad(&format!("witness v{version}")),
            Self::Data(_) => "data",
            Self::Other(_) => "other",
        })
    }
}

/// `<key> OP_CHECKSIG`. The first byte says how long a key is (SEC 1, 2.3.3); 6 and 7 are a form that
/// early programs wrote.
fn of_key(script: &[u8]) -> Option<PaysTo<'_>> {
    let [len, key @ .., CHECKSIG] = script else {
        return None;
    };
    let is_key = matches!(
        (key.len(), key.first()),
        (33, Some(2 | 3)) | (65, Some(4 | 6 | 7))
    );
    (is_key && usize::from(*len) == key.len()).then_some(PaysTo::Key(key))
}

/// The two old kinds that have an address.
fn of_hash(script: &[u8]) -> Option<PaysTo<'_>> {
    match script {
        [DUP, HASH160, HASH_LEN, hash @ .., EQUALVERIFY, CHECKSIG] => {
            hash.try_into().ok().map(PaysTo::KeyHash)
        }
        [HASH160, HASH_LEN, hash @ .., EQUAL] => hash.try_into().ok().map(PaysTo::ScriptHash),
        _ => None,
    }
}

/// A number from 0 to 16, and one push, BIP 141.
fn of_program(script: &[u8]) -> Option<PaysTo<'_>> {
    let [version, len, program @ ..] = script else {
        return None;
    };
    let version = opcode::number(*version)?;
    if usize::from(*len) != program.len() || !PROGRAM_LEN.contains(&program.len()) {
        return None;
    }
    let of_len = match (version, program.len()) {
        (0, 20) => program.try_into().ok().map(PaysTo::WitnessKeyHash),
        (0, 32) => program.try_into().ok().map(PaysTo::WitnessScriptHash),
        (1, 32) => program.try_into().ok().map(PaysTo::Taproot),
        _ => None,
    };
    Some(of_len.unwrap_or(PaysTo::Witness { version, program }))
}

fn program_script(version: u8, program: &[u8]) -> Vec<u8> {
    [&[opcode::of_number(version)], &pushed(program)[..]].concat()
}

/// A push of a key or a program: no more than 75 bytes, so that the length alone stands before them.
fn pushed(bytes: &[u8]) -> Vec<u8> {
    let len = u8::try_from(bytes.len()).expect("a key or a program is short");
    [&[len], bytes].concat()
}

#[cfg(test)]
mod tests;
