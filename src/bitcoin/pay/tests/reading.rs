//! Payments read by a parser of others, and whether they are signed.

use super::super::draft::{self, Draft, DraftInput, DraftOutput, SIGHASH_ALL};
use super::units;
use crate::bitcoin::script::PaysTo;
use crate::chain::key::{PublicKey, Signature};
use crate::chain::{OutPoint, Txid};
use bitcoin_slices::{Visit, Visitor, bsl};
use std::ops::ControlFlow;

/// Transactions as a parser of others reads them.
#[derive(Default)]
pub struct Read {
    pub txs: Vec<Draft>,
    inputs: Vec<DraftInput>,
    outputs: Vec<DraftOutput>,
}

impl Read {
    pub fn of(bytes: &[u8]) -> Draft {
        let mut read = Self::default();
        let parsed = bsl::Transaction::visit(bytes, &mut read).expect("a transaction");
        assert_eq!(parsed.remaining(), &[] as &[u8]);
        read.txs.remove(0)
    }
}

impl Visitor for Read {
    fn visit_tx_in(&mut self, _: usize, read: &bsl::TxIn<'_>) -> ControlFlow<()> {
        let txid = Txid(read.prevout().txid().try_into().expect("32 bytes"));
        self.inputs.push(DraftInput {
            outpoint: OutPoint {
                txid,
                index: read.prevout().vout(),
            },
            script: read.script_sig().to_vec(),
            sequence: read.sequence(),
        });
        ControlFlow::Continue(())
    }

    fn visit_tx_out(&mut self, _: usize, read: &bsl::TxOut<'_>) -> ControlFlow<()> {
        self.outputs.push(DraftOutput {
            amount: units(read.value()),
            script: read.script_pubkey().to_vec(),
        });
        ControlFlow::Continue(())
    }

    fn visit_transaction(&mut self, read: &bsl::Transaction<'_>) -> ControlFlow<()> {
        self.txs.push(Draft {
            version: read.version().cast_unsigned(),
            inputs: std::mem::take(&mut self.inputs),
            outputs: std::mem::take(&mut self.outputs),
            lock_time: read.locktime(),
        });
        ControlFlow::Continue(())
    }
}

/// Signature and key of an input that spends a coin of a compressed key's hash, with all inputs and
/// outputs signed.
fn signed(script: &[u8]) -> Option<(&[u8], PublicKey)> {
    let (len, rest) = script.split_first()?;
    let (signature, rest) = rest.split_at_checked(usize::from(*len))?;
    let key = PublicKey(rest.strip_prefix(&[33])?.try_into().ok()?);
    let (kind, der) = signature.split_last()?;
    (*kind == 1 && der.first() == Some(&DER_PAIR)).then_some((der, key))
}

const DER_PAIR: u8 = 0x30;

/// The two numbers of a signature.
fn of_der(der: &[u8]) -> Signature {
    let mut signature = [0; 64];
    let mut rest = &der[2..];
    for half in signature.chunks_mut(32) {
        let (number, behind) = rest[2..].split_at(usize::from(rest[1]));
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let digits = &number[zeros..];
        half[32 - digits.len()..].copy_from_slice(digits);
        rest = behind;
    }
    Signature(signature)
}

/// Whether an input is signed by the key that it shows; `None`: it is of another kind.
pub fn holds(tx: &Draft, at: usize) -> Option<bool> {
    let (der, key) = signed(&tx.inputs[at].script)?;
    let script = PaysTo::KeyHash(key.hash().0).script();
    let hash = tx.sighash(at, &script, SIGHASH_ALL);
    Some(key.verify(&hash, &of_der(der)).is_ok() && draft::der_of(&of_der(der)) == der)
}
