//! Rules for a block: by itself, at its height, and against the coins that exist.

use super::error::{ConnectError, RuleError, TxError, UndoMismatch};
use super::tx::{
    check_coinbase, check_lock_time, check_signatures, check_spend, check_tx, sum_of_outputs,
};
use crate::chain::amount::Amount;
use crate::chain::block::{Block, HEADER_LEN};
use crate::chain::coins::{Coin, CoinSource, CoinView, OutPoint, Undo};
use crate::chain::hash::{BlockHash, KeyHash};
use crate::chain::merkle;
use crate::chain::params::Params;
use crate::chain::sigcache::SigCache;
use crate::chain::tx::{Tx, TxIn, TxOut};
use rayon::prelude::*;

/// Bytes of the count of transactions in an encoded block.
const COUNT_LEN: usize = 8;

/// Below this many inputs a second thread costs more than it saves.
const PARALLEL_INPUTS_MIN: usize = 8;

/// Checks what a block shows by itself: that these are the transactions that the header commits
/// to, that they fit, that the coinbase is first and alone, and each transaction by itself.
///
/// # Errors
/// The first [`RuleError`].
pub fn check_block(block: &Block, params: &Params) -> Result<(), RuleError> {
    // First of all that this is the body meant: nothing else may be held against the hash before,
    // and everything else after. (A repeated tail that the header commits to spends a coin twice.)
    if block.merkle_root() != block.header().merkle_root {
        let tampered = merkle::repeats_tail(block.txids());
        return Err(if tampered {
            RuleError::RepeatedTail
        } else {
            RuleError::MerkleRoot
        });
    }
    let (len, max) = (block.encoded_len(), max_block_len(params));
    if len > max {
        return Err(RuleError::TooLarge { len, max });
    }
    let (coinbase, rest) = block.txs().split_first().ok_or(RuleError::NoTransactions)?;
    if !coinbase.is_coinbase() {
        return Err(RuleError::NoCoinbase);
    }
    check_coinbase(coinbase).map_err(in_tx(0))?;
    for (index, tx) in (1..).zip(rest) {
        if tx.is_coinbase() {
            return Err(RuleError::ExtraCoinbase { index });
        }
        check_tx(tx).map_err(in_tx(index))?;
    }
    Ok(())
}

/// [`Params::max_block_bytes`] as a length.
pub fn max_block_len(params: &Params) -> usize {
    usize::try_from(params.max_block_bytes).expect("32 bits fit a usize here")
}

/// Bytes that a block has for transactions beside its coinbase. A larger transaction can never be
/// mined.
pub fn room_for_txs(params: &Params) -> usize {
    let reward = TxOut {
        amount: Amount::ZERO,
        owner: KeyHash([0; 20]),
    };
    let coinbase = Tx::coinbase(0, vec![reward], [0; 64]).encoded_len();
    // The smallest block that parameters allow is larger than this by far.
    max_block_len(params).saturating_sub(HEADER_LEN + COUNT_LEN + coinbase)
}

/// Checks what a block's height decides.
///
/// # Errors
/// The first [`RuleError`].
pub fn check_block_context(block: &Block, height: u32) -> Result<(), RuleError> {
    let (coinbase, rest) = block.txs().split_first().ok_or(RuleError::NoTransactions)?;
    if coinbase.lock_time != height {
        return Err(RuleError::CoinbaseHeight {
            height,
            got: coinbase.lock_time,
        });
    }
    for (index, tx) in (1..).zip(rest) {
        check_lock_time(tx, height).map_err(in_tx(index))?;
    }
    Ok(())
}

/// Spends and makes the coins of a block on `view`, with all checks that need coins, and returns
/// what [`disconnect_block`] needs. `network` is the genesis hash.
///
/// # Errors
/// [`ConnectError`]; `view` is then of no further use.
pub fn connect_block<S: CoinSource + ?Sized>(
    view: &mut CoinView<'_, S>,
    block: &Block,
    height: u32,
    params: &Params,
    network: BlockHash,
    sigs: &SigCache,
) -> Result<Undo, ConnectError<S::Fault>> {
    let (coinbase, rest) = block
        .txs()
        .split_first()
        .ok_or(ConnectError::Rule(RuleError::NoTransactions))?;
    view.fetch(outpoints(rest)).map_err(ConnectError::Fault)?;
    connect_fetched(view, block, coinbase, rest, height, params)
        .and_then(|undo| {
            check_block_signatures(rest, &undo.spent, network, sigs)?;
            Ok(undo)
        })
        .map_err(ConnectError::Rule)
}

fn connect_fetched<S: CoinSource + ?Sized>(
    view: &mut CoinView<'_, S>,
    block: &Block,
    coinbase: &Tx,
    rest: &[Tx],
    height: u32,
    params: &Params,
) -> Result<Undo, RuleError> {
    let mut spent: Vec<Coin> = Vec::with_capacity(rest.iter().map(|tx| tx.inputs.len()).sum());
    let mut allowed = params.subsidy_at(height);
    let mut credit = view.credit();
    for (index, tx) in (1..).zip(rest) {
        let first = spent.len();
        for (input, signed) in tx.inputs.iter().enumerate() {
            let coin = view.spend(&signed.outpoint);
            let coin = coin.or_else(|| conjure(&mut credit, tx, signed, &spent[first..]));
            let missing = TxError::MissingOrSpent { input };
            spent.push(coin.ok_or(missing).map_err(in_tx(index))?);
        }
        let fee = check_spend(tx, &spent[first..], height, params).map_err(in_tx(index))?;
        allowed = allowed
            .checked_add(fee)
            .ok_or(TxError::AmountOverflow)
            .map_err(in_tx(index))?;
        for (outpoint, coin) in made_coins(block, index, height) {
            view.add(outpoint, coin);
        }
    }
    let claimed = sum_of_outputs(coinbase).map_err(in_tx(0))?;
    if claimed > allowed {
        return Err(RuleError::CoinbaseAmount { claimed, allowed });
    }
    for (outpoint, coin) in made_coins(block, 0, height) {
        view.add(outpoint, coin);
    }
    Ok(Undo { spent })
}

/// A coin for an input of an attacker's transaction that spends nothing, as far as there is `credit`: worth
/// what the outputs lack beyond the coins before it. All attackers' nodes come to the same one.
fn conjure(credit: &mut Option<Amount>, tx: &Tx, input: &TxIn, before: &[Coin]) -> Option<Coin> {
    let left = (*credit)?;
    let made = sum_of_outputs(tx).ok()?;
    let before = Amount::checked_sum(before.iter().map(|coin| coin.amount))?;
    let lacking = made.checked_sub(before).unwrap_or(Amount::ZERO);
    *credit = Some(left.checked_sub(lacking)?);
    Some(Coin::conjured(lacking, input.key.hash()))
}

/// All signatures of a block's transactions but the coinbase, on all cores. Reports the first
/// transaction that fails, whichever core came first.
fn check_block_signatures(
    rest: &[Tx],
    spent: &[Coin],
    network: BlockHash,
    sigs: &SigCache,
) -> Result<(), RuleError> {
    let mut left = spent;
    let mut jobs = Vec::with_capacity(rest.len());
    for (index, tx) in (1..).zip(rest) {
        let (own, others) = left.split_at(tx.inputs.len());
        left = others;
        // Signatures commit to the coins: over one that never existed there is nothing to be checked.
        if !own.iter().any(Coin::is_conjured) {
            jobs.push((index, tx, own));
        }
    }
    let failure = |&(index, tx, own): &(usize, &Tx, &[Coin])| {
        let verdict = check_signatures(tx, own, network, sigs);
        verdict.err().map(in_tx(index))
    };
    let first_failure = if spent.len() < PARALLEL_INPUTS_MIN {
        jobs.iter().find_map(failure)
    } else {
        jobs.par_iter().find_map_first(failure)
    };
    first_failure.map_or(Ok(()), Err)
}

/// Takes a block off `view` again: the exact inverse of [`connect_block`].
///
/// # Errors
/// [`UndoMismatch`]; `view` is then of no further use.
pub fn disconnect_block<S: CoinSource + ?Sized>(
    view: &mut CoinView<'_, S>,
    block: &Block,
    height: u32,
    undo: &Undo,
) -> Result<(), UndoMismatch> {
    let mut spent = undo.spent.iter().rev();
    for (index, tx) in block.txs().iter().enumerate().rev() {
        for (outpoint, coin) in made_coins(block, index, height) {
            view.unmake(outpoint, coin);
        }
        if index == 0 {
            continue;
        }
        for input in tx.inputs.iter().rev() {
            view.unspend(input.outpoint, *spent.next().ok_or(UndoMismatch)?);
        }
    }
    spent.next().map_or(Ok(()), |_| Err(UndoMismatch))
}

/// The coins that the transaction at `index` makes in a block at `height`.
///
/// # Panics
/// If the block has no such transaction.
pub fn made_coins(
    block: &Block,
    index: usize,
    height: u32,
) -> impl Iterator<Item = (OutPoint, Coin)> {
    let txid = block.txids()[index];
    // What the genesis block hands out is no reward and need not mature.
    let coinbase = index == 0 && height > 0;
    (0..)
        .zip(&block.txs()[index].outputs)
        .map(move |(at, out)| {
            let coin = Coin {
                amount: out.amount,
                owner: out.owner,
                height,
                coinbase,
            };
            (OutPoint { txid, index: at }, coin)
        })
}

fn outpoints(txs: &[Tx]) -> impl Iterator<Item = OutPoint> {
    txs.iter()
        .flat_map(|tx| tx.inputs.iter().map(|input| input.outpoint))
}

fn in_tx(index: usize) -> impl Fn(TxError) -> RuleError {
    move |error| RuleError::Tx { index, error }
}
