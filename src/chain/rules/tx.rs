//! Rules for one transaction: by itself, and with the coins that it spends.

use super::error::TxError;
use crate::chain::amount::Amount;
use crate::chain::coins::{Coin, OutPoint};
use crate::chain::hash::BlockHash;
use crate::chain::key::PublicKey;
use crate::chain::params::Params;
use crate::chain::sigcache::SigCache;
use crate::chain::tx::{TX_VERSION, Tx};

/// An encoded inner node of a merkle tree has this many bytes; a transaction must not.
const MERKLE_NODE_LEN: usize = 64;

/// Checks what a transaction that is not a coinbase shows by itself.
///
/// # Errors
/// The first [`TxError`].
pub fn check_tx(tx: &Tx) -> Result<(), TxError> {
    if tx.version != TX_VERSION {
        return Err(TxError::Version(tx.version));
    }
    check_tx_len(tx.encoded_len())?;
    if tx.inputs.is_empty() {
        return Err(TxError::NoInputs);
    }
    if tx.outputs.is_empty() {
        return Err(TxError::NoOutputs);
    }
    check_outputs(tx)?;
    if let Some(input) = position(tx, |outpoint| *outpoint == OutPoint::NONE) {
        return Err(TxError::NullOutPoint { input });
    }
    check_distinct(tx)
}

/// Refuses the length that an inner node of a merkle tree has, in bytes. With today's encoding no
/// transaction has it; should the encoding ever change, proofs stay sound.
///
/// # Errors
/// [`TxError::SixtyFourBytes`].
pub fn check_tx_len(len: usize) -> Result<(), TxError> {
    if len == MERKLE_NODE_LEN {
        return Err(TxError::SixtyFourBytes);
    }
    Ok(())
}

/// Checks that a transaction may stand in a block at `height`.
///
/// # Errors
/// [`TxError::Locked`].
pub fn check_lock_time(tx: &Tx, height: u32) -> Result<(), TxError> {
    if tx.lock_time > height {
        return Err(TxError::Locked {
            lock_time: tx.lock_time,
            height,
        });
    }
    Ok(())
}

/// Checks what a transaction does with the coins it spends, given in the order of its inputs, in
/// a block at `height`. Returns the fee.
///
/// # Errors
/// The first [`TxError`].
///
/// # Panics
/// If there are not as many coins as inputs.
pub fn check_spend(
    tx: &Tx,
    spent: &[Coin],
    height: u32,
    params: &Params,
) -> Result<Amount, TxError> {
    assert_eq!(spent.len(), tx.inputs.len(), "one coin for each input");
    for (input, coin) in spent.iter().enumerate() {
        let matures = coin.height.saturating_add(params.maturity);
        if coin.coinbase && height < matures {
            return Err(TxError::Immature { input, matures });
        }
    }
    let spent = spent.iter().map(|coin| coin.amount);
    let spent = Amount::checked_sum(spent).ok_or(TxError::AmountOverflow)?;
    let made = sum_of_outputs(tx)?;
    spent.checked_sub(made).ok_or(TxError::OutputsExceedInputs)
}

/// Checks that each input is signed by the owner of its coin. Signatures in `sigs` are not
/// computed again; those that hold are put there.
///
/// # Errors
/// The first [`TxError`].
///
/// # Panics
/// If there are not as many coins as inputs.
pub fn check_signatures(
    tx: &Tx,
    spent: &[Coin],
    network: BlockHash,
    sigs: &SigCache,
) -> Result<(), TxError> {
    let sighash = tx.sighash(network, spent);
    for (input, (signed, coin)) in tx.inputs.iter().zip(spent).enumerate() {
        if signed.key.hash() != coin.owner {
            return Err(TxError::WrongOwner { input });
        }
        if sigs.contains(&sighash, &signed.key, &signed.signature) {
            continue;
        }
        signed
            .key
            .verify(&sighash.0, &signed.signature)
            .map_err(|why| TxError::Signature { input, why })?;
        sigs.insert(&sighash, &signed.key, &signed.signature);
    }
    Ok(())
}

pub(super) fn check_coinbase(tx: &Tx) -> Result<(), TxError> {
    if tx.version != TX_VERSION {
        return Err(TxError::Version(tx.version));
    }
    let [input] = tx.inputs.as_slice() else {
        return Err(TxError::CoinbaseInput);
    };
    if input.key != PublicKey::NONE {
        return Err(TxError::CoinbaseInput);
    }
    // After the last halving a block without fees has nothing to hand out: no outputs are fine.
    check_outputs(tx)
}

fn check_outputs(tx: &Tx) -> Result<(), TxError> {
    if let Some(output) = tx.outputs.iter().position(|out| out.amount.is_zero()) {
        return Err(TxError::ZeroOutput { output });
    }
    sum_of_outputs(tx).map(|_| ())
}

fn check_distinct(tx: &Tx) -> Result<(), TxError> {
    if tx.inputs.len() == 1 {
        return Ok(());
    }
    let mut order: Vec<(OutPoint, usize)> = (0..)
        .zip(&tx.inputs)
        .map(|(at, input)| (input.outpoint, at))
        .collect();
    order.sort_unstable();
    let repeated = order.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    match repeated.map(|pair| pair[1].1).min() {
        Some(input) => Err(TxError::DuplicateInput { input }),
        None => Ok(()),
    }
}

pub(super) fn sum_of_outputs(tx: &Tx) -> Result<Amount, TxError> {
    let amounts = tx.outputs.iter().map(|out| out.amount);
    Amount::checked_sum(amounts).ok_or(TxError::AmountOverflow)
}

fn position(tx: &Tx, wanted: impl Fn(&OutPoint) -> bool) -> Option<usize> {
    tx.inputs.iter().position(|input| wanted(&input.outpoint))
}
