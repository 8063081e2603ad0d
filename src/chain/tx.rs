//! Transactions, and what their signatures commit to.
//!
//! All inputs of a transaction sign one hash, the [`SigHash`]. It commits to the network, the
//! version, the lock time, every outpoint, every output, and to the amount and owner of every
//! coin that is spent, so that a signer who was lied to about a coin makes a signature that does
//! not hold (the idea of BIP 143 and BIP 341). The txid covers the whole encoding, keys and
//! signatures too; as a key has one encoding and a signature one form, nobody but a signer can
//! change it.

use super::amount::Amount;
use super::codec;
use super::coins::{Coin, OutPoint};
use super::hash::{BlockHash, KeyHash, Txid, sha256d};
use super::key::{PublicKey, SecretKey, Signature};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The only version of transactions so far.
pub const TX_VERSION: u32 = 1;

/// A transaction: destroys coins and makes others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tx {
    /// [`TX_VERSION`].
    pub version: u32,
    /// The coins to spend. A coinbase has one input, which spends nothing.
    pub inputs: Vec<TxIn>,
    /// The coins to make.
    pub outputs: Vec<TxOut>,
    /// The lowest height of a block that may contain this; 0: any. In a coinbase, exactly the
    /// height of its block, so that no two coinbases are alike (the purpose of BIP 34).
    pub lock_time: u32,
}

/// Spends one coin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxIn {
    /// Which coin.
    pub outpoint: OutPoint,
    /// The key whose hash owns the coin.
    pub key: PublicKey,
    /// Made with that key over the transaction's [`SigHash`].
    pub signature: Signature,
}

/// Makes one coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxOut {
    /// How much; never nothing.
    pub amount: Amount,
    /// For whom.
    pub owner: KeyHash,
}

/// The 32 bytes that every input of a transaction signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigHash(pub [u8; 32]);

/// The layout that is hashed into a [`SigHash`]; its encoding is the specification.
#[derive(Serialize)]
struct SigMessage<'a> {
    /// Keeps a signature from meaning anything outside this use of the key.
    domain: [u8; 16],
    network: BlockHash,
    version: u32,
    lock_time: u32,
    inputs: Vec<SpentCoin>,
    outputs: &'a [TxOut],
}

#[derive(Serialize)]
struct SpentCoin {
    outpoint: OutPoint,
    amount: Amount,
    owner: KeyHash,
}

impl Tx {
    /// A transaction that spends nothing: a block's first, which pays the miner.
    ///
    /// `tag` is free for the miner's use: an extra nonce, a name.
    pub fn coinbase(height: u32, outputs: Vec<TxOut>, tag: [u8; 64]) -> Self {
        Self {
            version: TX_VERSION,
            inputs: vec![TxIn {
                outpoint: OutPoint::NONE,
                key: PublicKey::NONE,
                signature: Signature(tag),
            }],
            outputs,
            lock_time: height,
        }
    }

    /// Whether the first input spends nothing, which only a coinbase may do.
    pub fn is_coinbase(&self) -> bool {
        self.inputs
            .first()
            .is_some_and(|input| input.outpoint == OutPoint::NONE)
    }

    /// Whom it pays, and whose coins it spends. An owner may come more than once.
    pub fn parties(&self) -> impl Iterator<Item = KeyHash> + '_ {
        let spending: &[TxIn] = match self.is_coinbase() {
            true => &[],
            false => &self.inputs,
        };
        let paid = self.outputs.iter().map(|output| output.owner);
        paid.chain(spending.iter().map(|input| input.key.hash()))
    }

    /// What it pays, and to whom: its outputs without the change, which goes back to an owner of a
    /// coin that it spends. If all of them do, the payer pays itself, and it is the first that is
    /// paid: change comes after it.
    pub fn payments(&self) -> Vec<TxOut> {
        let inputs = self.inputs.iter().filter(|_| !self.is_coinbase());
        let payers: BTreeSet<KeyHash> = inputs.map(|input| input.key.hash()).collect();
        let to_others = self
            .outputs
            .iter()
            .filter(|out| !payers.contains(&out.owner));
        let paid: Vec<TxOut> = to_others.copied().collect();
        match paid.is_empty() {
            true => self.outputs.first().copied().into_iter().collect(),
            false => paid,
        }
    }

    /// Bytes of the encoding.
    pub fn encoded_len(&self) -> usize {
        // Version, two counts, lock time; then fixed sizes. A test holds this against the codec.
        const FRAME: usize = 4 + 8 + 8 + 4;
        const INPUT: usize = 32 + 4 + 33 + 64;
        const OUTPUT: usize = 8 + 20;
        FRAME + INPUT * self.inputs.len() + OUTPUT * self.outputs.len()
    }

    /// SHA256(SHA256(encoding)).
    pub fn txid(&self) -> Txid {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        codec::encode_into(self, &mut bytes);
        Txid(sha256d(&bytes))
    }

    /// What the inputs sign, given the coins that they spend, in the order of the inputs.
    ///
    /// `network` is the genesis hash.
    ///
    /// # Panics
    /// If there are not as many coins as inputs.
    pub fn sighash(&self, network: BlockHash, spent: &[Coin]) -> SigHash {
        assert_eq!(spent.len(), self.inputs.len(), "one coin for each input");
        let message = SigMessage {
            domain: *b"chainlab sighash",
            network,
            version: self.version,
            lock_time: self.lock_time,
            inputs: self
                .inputs
                .iter()
                .zip(spent)
                .map(|(input, coin)| SpentCoin {
                    outpoint: input.outpoint,
                    amount: coin.amount,
                    owner: coin.owner,
                })
                .collect(),
            outputs: &self.outputs,
        };
        // The message leaves out keys and signatures: what it has beyond them is less.
        let mut bytes = Vec::with_capacity(self.encoded_len());
        codec::encode_into(&message, &mut bytes);
        SigHash(sha256d(&bytes))
    }

    /// Signs every input, each with the key at its index.
    ///
    /// # Panics
    /// If there are not as many coins and keys as inputs.
    pub fn sign(&mut self, network: BlockHash, spent: &[Coin], keys: &[&SecretKey]) {
        assert_eq!(keys.len(), self.inputs.len(), "one key for each input");
        let sighash = self.sighash(network, spent);
        for (input, key) in self.inputs.iter_mut().zip(keys) {
            input.key = key.public_key();
            input.signature = key.sign(&sighash.0);
        }
    }
}
