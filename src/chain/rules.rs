//! What makes a transaction and a block valid. Each refusal has its own [`TxError`] or
//! [`RuleError`], and the first thing that is wrong is the one that is named.
//!
//! A block is judged in three steps, each of which relies on those before:
//!
//! 1. [`check_block`]: by itself. The transactions are the ones that the header commits to, and
//!    each is well-formed.
//! 2. [`check_block_context`]: at its height.
//! 3. [`connect_block`]: against the coins that exist.
//!
//! [`RuleError::is_permanent`] tells a block that can never become valid from a delivery that
//! went wrong: only what the header hash commits to may be held against the hash.

use super::amount::Amount;
use super::block::Block;
use super::coins::{Coin, CoinSource, CoinView, OutPoint, Undo};
use super::hash::BlockHash;
use super::key::{PublicKey, SignatureError};
use super::merkle;
use super::params::Params;
use super::pow::CompactTarget;
use super::sigcache::SigCache;
use super::tx::{TX_VERSION, Tx};
use rayon::prelude::*;
use thiserror::Error;

/// Below this many inputs a second thread costs more than it saves.
const PARALLEL_INPUTS_MIN: usize = 8;

/// An encoded inner node of a merkle tree has this many bytes; a transaction must not.
const MERKLE_NODE_LEN: usize = 64;

/// What is wrong with a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TxError {
    /// A version other than [`TX_VERSION`].
    #[error("unknown transaction version {0}")]
    Version(u32),
    /// Spends nothing.
    #[error("the transaction has no inputs")]
    NoInputs,
    /// Makes nothing.
    #[error("the transaction has no outputs")]
    NoOutputs,
    /// An output of nothing.
    #[error("output {output} has an amount of zero")]
    ZeroOutput {
        /// Its place, from 0.
        output: usize,
    },
    /// The outputs, or the inputs, add up to more than can exist.
    #[error("the amounts add up to more than can exist")]
    AmountOverflow,
    /// Encodes like an inner node of a merkle tree.
    #[error("a transaction must not encode in exactly 64 bytes")]
    SixtyFourBytes,
    /// One coin named by two inputs.
    #[error("input {input} spends the same coin as an earlier input")]
    DuplicateInput {
        /// The later of the two, from 0.
        input: usize,
    },
    /// An input that spends nothing, in a transaction that is not a coinbase.
    #[error("input {input} names no coin")]
    NullOutPoint {
        /// Its place, from 0.
        input: usize,
    },
    /// A coinbase whose input is not exactly one, with an empty key.
    #[error("a coinbase has one input, without a key")]
    CoinbaseInput,
    /// Not yet.
    #[error("locked until height {lock_time}, this is height {height}")]
    Locked {
        /// The transaction's lock time.
        lock_time: u32,
        /// Height of the block that holds it.
        height: u32,
    },
    /// No such coin, or it was spent before.
    #[error("input {input}: the coin does not exist or is spent")]
    MissingOrSpent {
        /// Its place, from 0.
        input: usize,
    },
    /// A coinbase's coin, too young.
    #[error("input {input}: the reward can be spent from height {matures} on")]
    Immature {
        /// Its place, from 0.
        input: usize,
        /// The first height at which it may be spent.
        matures: u32,
    },
    /// Makes more than it spends.
    #[error("the outputs are larger than the inputs")]
    OutputsExceedInputs,
    /// The key does not hash to the coin's owner.
    #[error("input {input}: the key is not the owner's")]
    WrongOwner {
        /// Its place, from 0.
        input: usize,
    },
    /// The signature does not hold.
    #[error("input {input}: {why}")]
    Signature {
        /// Its place, from 0.
        input: usize,
        /// What about it.
        why: SignatureError,
    },
}

/// What is wrong with a block or a header.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// A version other than [`HEADER_VERSION`](super::block::HEADER_VERSION).
    #[error("unknown block version {0}")]
    Version(u32),
    /// A target other than the rule's.
    #[error("bits are {got:#010x}, the rule asks for {expected:#010x}", got = .got.0, expected = .expected.0)]
    Bits {
        /// What the rule asks for.
        expected: CompactTarget,
        /// What the header says.
        got: CompactTarget,
    },
    /// The hash is above the target.
    #[error("no proof of work: the hash is above the target")]
    ProofOfWork,
    /// Not later than the median of its ancestors.
    #[error("the time is not after the median of the 11 blocks before")]
    TimeTooOld,
    /// Later than the judging clock by more than the allowed drift.
    #[error("the time is {ahead_ms} ms ahead, more than the drift allowed")]
    TimeTooNew {
        /// Ahead of the clock, in ms.
        ahead_ms: u64,
    },
    /// The header's parent is not known.
    #[error("unknown parent {0}")]
    UnknownParent(BlockHash),
    /// Builds on a block that was found invalid.
    #[error("builds on the invalid block {0}")]
    InvalidAncestor(BlockHash),
    /// This very block was found invalid before.
    #[error("was found invalid before")]
    KnownInvalid,
    /// A height that does not fit.
    #[error("the chain cannot grow any higher")]
    HeightLimit,
    /// The branch has too little work to be kept among the side branches.
    #[error("the branch has too little work to be kept")]
    LowWork,
    /// A branch that was asked for a second time was another one; see
    /// [`scan`](super::scan).
    #[error("at height {height} the branch is no longer the one that was measured")]
    BranchChanged {
        /// Where it was noticed.
        height: u32,
    },
    /// No transactions at all.
    #[error("the block has no transactions")]
    NoTransactions,
    /// The transactions repeat their tail, which leaves the bare merkle tree unchanged
    /// (CVE-2012-2459).
    #[error("the transactions repeat their tail")]
    RepeatedTail,
    /// The header does not commit to these transactions.
    #[error("the header does not commit to these transactions")]
    MerkleRoot,
    /// Larger than the network allows.
    #[error("the block has {len} bytes, {max} are allowed")]
    TooLarge {
        /// Its bytes.
        len: usize,
        /// [`Params::max_block_bytes`].
        max: usize,
    },
    /// The first transaction is not a coinbase.
    #[error("the first transaction is not a coinbase")]
    NoCoinbase,
    /// A coinbase that is not the first transaction.
    #[error("transaction {index} is a second coinbase")]
    ExtraCoinbase {
        /// Its place, from 0.
        index: usize,
    },
    /// The coinbase names another height.
    #[error("the coinbase is for height {got}, this is height {height}")]
    CoinbaseHeight {
        /// Height of the block.
        height: u32,
        /// What the coinbase says.
        got: u32,
    },
    /// The coinbase takes more than its due.
    #[error("the coinbase takes {claimed}, subsidy and fees are {allowed}")]
    CoinbaseAmount {
        /// Sum of its outputs.
        claimed: Amount,
        /// Subsidy and fees.
        allowed: Amount,
    },
    /// A transaction is wrong.
    #[error("transaction {index}: {error}")]
    Tx {
        /// Its place in the block, from 0.
        index: usize,
        /// What about it.
        error: TxError,
    },
}

impl RuleError {
    /// Whether the header hash commits to what is wrong, so that no other delivery and no later
    /// time can mend it. Only then may the hash be remembered as invalid.
    pub fn is_permanent(&self) -> bool {
        !matches!(
            self,
            Self::TimeTooNew { .. }
                | Self::UnknownParent(_)
                | Self::LowWork
                | Self::BranchChanged { .. }
                | Self::NoTransactions
                | Self::RepeatedTail
                | Self::MerkleRoot
        )
    }
}

/// Connecting failed: the block's fault, or the source's of the coins.
#[derive(Debug, PartialEq, Eq)]
pub enum ConnectError<F> {
    /// The block breaks a rule.
    Rule(RuleError),
    /// Nothing is known about the block.
    Fault(F),
}

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

/// Checks what a block shows by itself: that these are the transactions that the header commits
/// to, that they fit, that the coinbase is first and alone, and each transaction by itself.
///
/// # Errors
/// The first [`RuleError`].
pub fn check_block(block: &Block, params: &Params) -> Result<(), RuleError> {
    if block.txs().is_empty() {
        return Err(RuleError::NoTransactions);
    }
    // First of all that this is the body meant: nothing else may be held against the hash before.
    match merkle::commitment_unless_repeated(block.txids()) {
        None => return Err(RuleError::RepeatedTail),
        Some(root) if root != block.header().merkle_root => return Err(RuleError::MerkleRoot),
        Some(_) => {}
    }
    let (len, max) = (block.encoded_len(), max_block_len(params));
    if len > max {
        return Err(RuleError::TooLarge { len, max });
    }
    let (coinbase, rest) = block.txs().split_first().expect("not empty");
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
    for (index, tx) in (1..).zip(rest) {
        let first = spent.len();
        for (input, signed) in tx.inputs.iter().enumerate() {
            let coin = view.spend(&signed.outpoint);
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
        jobs.push((index, tx, own));
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

/// The undo data is not of this block: the store is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the undo data does not match its block")]
pub struct UndoMismatch;

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
            view.add(input.outpoint, *spent.next().ok_or(UndoMismatch)?);
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
    // What the genesis block hands out is nobody's reward and need not mature.
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

fn check_coinbase(tx: &Tx) -> Result<(), TxError> {
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

fn sum_of_outputs(tx: &Tx) -> Result<Amount, TxError> {
    let amounts = tx.outputs.iter().map(|out| out.amount);
    Amount::checked_sum(amounts).ok_or(TxError::AmountOverflow)
}

fn outpoints(txs: &[Tx]) -> impl Iterator<Item = OutPoint> {
    txs.iter()
        .flat_map(|tx| tx.inputs.iter().map(|input| input.outpoint))
}

fn position(tx: &Tx, wanted: impl Fn(&OutPoint) -> bool) -> Option<usize> {
    tx.inputs.iter().position(|input| wanted(&input.outpoint))
}

fn in_tx(index: usize) -> impl Fn(TxError) -> RuleError {
    move |error| RuleError::Tx { index, error }
}
