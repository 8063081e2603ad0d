//! Transactions of ours without witnesses: their bytes, and what their signatures are made over.

use crate::chain::hash::sha256d;
use crate::chain::key::{PublicKey, Signature};
use crate::chain::{Amount, OutPoint};

/// The type of a signature over all inputs and all outputs.
pub const SIGHASH_ALL: u32 = 1;

/// DER's marks of a pair and of a number.
const DER_SEQUENCE: u8 = 0x30;
const DER_INTEGER: u8 = 0x02;

/// A transaction.
pub struct Draft {
    pub version: u32,
    pub inputs: Vec<DraftInput>,
    pub outputs: Vec<DraftOutput>,
    pub lock_time: u32,
}

/// Spends a coin.
pub struct DraftInput {
    pub outpoint: OutPoint,
    /// Empty until it is signed.
    pub script: Vec<u8>,
    pub sequence: u32,
}

/// Makes one.
pub struct DraftOutput {
    pub amount: Amount,
    pub script: Vec<u8>,
}

impl Draft {
    /// As it is sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.with_scripts(|at| &self.inputs[at].script)
    }

    /// What the signature of an input is made over, if its coin has this script: the transaction without
    /// scripts in its inputs, but for that of the coin in the input that is signed, and the type.
    ///
    /// Right for types that mean all inputs and outputs, and for scripts without `OP_CODESEPARATOR`.
    pub fn sighash(&self, input: usize, script: &[u8], kind: u32) -> [u8; 32] {
        let mut bytes = self.with_scripts(|at| if at == input { script } else { &[] });
        bytes.extend(kind.to_le_bytes());
        sha256d(&bytes)
    }

    fn with_scripts<'a>(&'a self, script_of: impl Fn(usize) -> &'a [u8]) -> Vec<u8> {
        let mut bytes = self.version.to_le_bytes().to_vec();
        put_count(&mut bytes, self.inputs.len());
        for (at, input) in self.inputs.iter().enumerate() {
            bytes.extend(input.outpoint.txid.0);
            bytes.extend(input.outpoint.index.to_le_bytes());
            put(&mut bytes, script_of(at));
            bytes.extend(input.sequence.to_le_bytes());
        }
        put_count(&mut bytes, self.outputs.len());
        for output in &self.outputs {
            bytes.extend(output.amount.units().to_le_bytes());
            put(&mut bytes, &output.script);
        }
        bytes.extend(self.lock_time.to_le_bytes());
        bytes
    }
}

/// What shows that a coin of a key's hash may be spent: the signature with its type, and the key.
pub fn input_script(signature: &[u8], key: &PublicKey) -> Vec<u8> {
    let all = u8::try_from(SIGHASH_ALL).expect("one byte");
    let signature = [signature, &[all]].concat();
    // Both are shorter than the 76 bytes from which on a push is written otherwise.
    [
        &[len_byte(&signature)],
        &signature[..],
        &[len_byte(&key.0)],
        &key.0,
    ]
    .concat()
}

/// A signature as Bitcoin has it, strict DER (BIP 66): a pair of numbers, each as short as it can be.
pub fn der_of(signature: &Signature) -> Vec<u8> {
    let (r, s) = signature.0.split_at(32);
    let pair = [der_number(r), der_number(s)].concat();
    [&[DER_SEQUENCE, len_byte(&pair)], &pair[..]].concat()
}

/// A number that is not negative, of big-endian bytes: without zeros before it, but for one where the
/// first bit would be taken for a sign.
fn der_number(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = &bytes[zeros..];
    let sign: &[u8] = match digits.first() {
        Some(0..0x80) => &[],
        _ => &[0],
    };
    let number = [sign, digits].concat();
    [&[DER_INTEGER, len_byte(&number)], &number[..]].concat()
}

fn len_byte(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).expect("signatures and keys are short")
}

fn put(bytes: &mut Vec<u8>, script: &[u8]) {
    put_count(bytes, script.len());
    bytes.extend(script);
}

/// A count in its shortest form.
fn put_count(bytes: &mut Vec<u8>, count: usize) {
    let count = u64::try_from(count).expect("what is in memory is counted in 64 bits");
    match count {
        0..=0xfc => bytes.push(count.to_le_bytes()[0]),
        0xfd..=0xffff => {
            bytes.push(0xfd);
            bytes.extend(&count.to_le_bytes()[..2]);
        }
        0x1_0000..=0xffff_ffff => {
            bytes.push(0xfe);
            bytes.extend(&count.to_le_bytes()[..4]);
        }
        _ => {
            bytes.push(0xff);
            bytes.extend(count.to_le_bytes());
        }
    }
}

/// Bytes of a count.
pub const fn count_len(count: usize) -> u64 {
    match count {
        0..=0xfc => 1,
        0xfd..=0xffff => 3,
        _ => 5,
    }
}
