//! Transactions as bytes, read in place by [`bitcoin_slices`].
//!
//! A transaction has two ids: the *txid* leaves the witnesses out and names it in blocks and in the
//! inputs that spend it, the *wtxid* is of all its bytes (BIP 141).

use crate::chain::hash::{Txid, Wtxid, sha256d};
use crate::chain::{Amount, OutPoint};
use bitcoin_slices::{Error, Parse, Visit, Visitor, bsl};
use bytes::Bytes;
use std::ops::ControlFlow;
use thiserror::Error;

/// What makes weight of virtual size, BIP 141.
const WEIGHT_OF_VBYTE: u64 = 4;

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    bytes: Bytes,
    txid: Txid,
    weight: u64,
    has_witness: bool,
}

/// What a transaction spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxInput {
    /// The output, or [`OutPoint::NONE`] in a coinbase.
    pub spends: OutPoint,
    /// What shows, before witnesses were, that it may be spent.
    pub script: Bytes,
    /// What makes a lock time or a replacement possible, BIPs 68 and 125.
    pub sequence: u32,
    /// What shows it since.
    pub witness: Vec<Bytes>,
}

/// Whom a transaction pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxOutput {
    /// In hundred-millionths of a coin. Unchecked: a block may say anything.
    pub value: u64,
    /// Who can spend it.
    pub script: Bytes,
}

/// Inputs and outputs of a transaction, opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// What it spends.
    pub inputs: Vec<TxInput>,
    /// Whom it pays.
    pub outputs: Vec<TxOutput>,
}

/// Why bytes are no transaction, or no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TxError {
    /// They end in the middle of it.
    #[error("ends in the middle")]
    Short,
    /// A count that is not in its shortest form.
    #[error("has a number that is not in its shortest form")]
    LongForm,
    /// A mark of witnesses that is none.
    #[error("has a mark of witnesses that means nothing")]
    Mark,
    /// Marked as having witnesses, and has none.
    #[error("has no witness where it says that it has")]
    NoWitness,
    /// There is more behind it.
    #[error("is followed by other bytes")]
    Rest,
}

impl Transaction {
    /// From its bytes, and nothing behind them.
    ///
    /// # Errors
    /// [`TxError`].
    pub fn new(bytes: Bytes) -> Result<Self, TxError> {
        let read = Self::first_of(&bytes)?;
        match read.bytes.len() == bytes.len() {
            true => Ok(read),
            false => Err(TxError::Rest),
        }
    }

    /// The one that these bytes begin with.
    ///
    /// # Errors
    /// [`TxError`].
    pub fn first_of(bytes: &Bytes) -> Result<Self, TxError> {
        let read = bsl::Transaction::parse(bytes)
            .map_err(tx_error)?
            .parsed_owned();
        Ok(Self::of_slice(bytes, &read))
    }

    /// What was found in these bytes, which it goes on sharing.
    fn of_slice(bytes: &Bytes, found: &bsl::Transaction<'_>) -> Self {
        Self {
            bytes: bytes.slice_ref(found.as_ref()),
            txid: Txid(found.txid_sha2().into()),
            weight: found.weight(),
            // Behind the version stands a zero where inputs would be counted.
            has_witness: found.as_ref()[4] == 0,
        }
    }

    /// One of several that were found together.
    pub(super) fn found(bytes: Bytes, found: &FoundTx) -> Self {
        Self {
            has_witness: bytes[4] == 0,
            bytes,
            txid: found.txid,
            weight: found.weight.into(),
        }
    }

    /// As it goes over the wire, with its witnesses.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The id by which it is spent.
    pub const fn txid(&self) -> Txid {
        self.txid
    }

    /// The id of all its bytes. It is computed each time.
    pub fn wtxid(&self) -> Wtxid {
        match self.has_witness {
            true => Wtxid(sha256d(&self.bytes)),
            false => Wtxid(self.txid.0),
        }
    }

    /// Whether it has witnesses.
    pub const fn has_witness(&self) -> bool {
        self.has_witness
    }

    /// Its weight, BIP 141: bytes of witnesses count one, all others four.
    pub const fn weight(&self) -> u64 {
        self.weight
    }

    /// Its virtual size in bytes: a fourth of its weight, rounded up.
    pub const fn vsize(&self) -> u64 {
        self.weight.div_ceil(WEIGHT_OF_VBYTE)
    }

    /// Its inputs and outputs.
    pub fn open(&self) -> Opened {
        let mut opener = Opener {
            bytes: &self.bytes,
            opened: Opened::default(),
            input: 0,
        };
        bsl::Transaction::visit(&self.bytes, &mut opener).expect("it was read when it was made");
        opener.opened
    }
}

impl Opened {
    /// Whether it makes coins, as the first of a block does: nothing is spent.
    pub fn is_coinbase(&self) -> bool {
        matches!(&self.inputs[..], [only] if only.spends == OutPoint::NONE)
    }

    /// What its outputs pay together; `None`: more than there can be.
    pub fn paid(&self) -> Option<Amount> {
        let mut outputs = self.outputs.iter();
        let sum = outputs.try_fold(0_u64, |sum, output| sum.checked_add(output.value))?;
        Amount::from_units(sum).ok()
    }
}

/// Puts down what the parser comes by.
struct Opener<'a> {
    bytes: &'a Bytes,
    opened: Opened,
    /// The input whose witness is read.
    input: usize,
}

impl Visitor for Opener<'_> {
    fn visit_tx_in(&mut self, _: usize, tx_in: &bsl::TxIn<'_>) -> ControlFlow<()> {
        self.opened.inputs.push(TxInput {
            spends: spent_by(tx_in),
            script: self.bytes.slice_ref(tx_in.script_sig()),
            sequence: tx_in.sequence(),
            witness: Vec::new(),
        });
        ControlFlow::Continue(())
    }

    fn visit_tx_out(&mut self, _: usize, tx_out: &bsl::TxOut<'_>) -> ControlFlow<()> {
        self.opened.outputs.push(TxOutput {
            value: tx_out.value(),
            script: self.bytes.slice_ref(tx_out.script_pubkey()),
        });
        ControlFlow::Continue(())
    }

    fn visit_witness(&mut self, input: usize) -> ControlFlow<()> {
        self.input = input;
        ControlFlow::Continue(())
    }

    fn visit_witness_element(&mut self, _: usize, element: &[u8]) {
        let element = self.bytes.slice_ref(element);
        self.opened.inputs[self.input].witness.push(element);
    }
}

fn spent_by(tx_in: &bsl::TxIn<'_>) -> OutPoint {
    let output = tx_in.prevout();
    OutPoint {
        txid: Txid(output.txid().try_into().expect("an id has 32 bytes")),
        index: output.vout(),
    }
}

/// What is wrong, in our words.
pub(super) fn tx_error(error: Error) -> TxError {
    match error {
        Error::NonMinimalVarInt => TxError::LongForm,
        Error::UnknownSegwitFlag(_) => TxError::Mark,
        Error::SegwitFlagWithoutWitnesses => TxError::NoWitness,
        // No visitor here breaks off, and what is too large does not fit a message.
        _ => TxError::Short,
    }
}

/// Several transactions in a row, as many as are read.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Where each ends, from where the first begins, with its id.
    pub(super) txs: Vec<FoundTx>,
}

/// A transaction among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FoundTx {
    pub(super) len: u32,
    pub(super) weight: u32,
    pub(super) txid: Txid,
}

impl Visitor for Found {
    fn visit_transaction(&mut self, tx: &bsl::Transaction<'_>) -> ControlFlow<()> {
        // A message has four million bytes at most, and a byte weighs four.
        let number = |of: u64| u32::try_from(of).unwrap_or(u32::MAX);
        self.txs.push(FoundTx {
            len: number(tx.as_ref().len() as u64),
            weight: number(tx.weight()),
            txid: Txid(tx.txid_sha2().into()),
        });
        ControlFlow::Continue(())
    }
}
