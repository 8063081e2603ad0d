//! Everything that can be wrong, by name.

use crate::chain::amount::Amount;
use crate::chain::hash::BlockHash;
use crate::chain::key::SignatureError;
use crate::chain::merkle::PathError;
use crate::chain::pow::CompactTarget;
use thiserror::Error;

/// What is wrong with a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TxError {
    /// A version other than [`TX_VERSION`](crate::chain::tx::TX_VERSION).
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
    /// A version other than [`HEADER_VERSION`](crate::chain::block::HEADER_VERSION).
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
    /// What comes before it must come first: too much is waiting already.
    #[error("there is no room for it until what comes before it is here")]
    NoRoom,
    /// A branch that was asked for a second time was another one; see
    /// [`scan`](crate::chain::scan).
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
        /// [`Params::max_block_bytes`](crate::chain::Params::max_block_bytes).
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
                | Self::NoRoom
                | Self::BranchChanged { .. }
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

/// The undo data is not of this block: the store is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the undo data does not match its block")]
pub struct UndoMismatch;

/// Why a proof does not show that a transaction is in a block.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProofError {
    /// It could be in no block.
    #[error(transparent)]
    Tx(#[from] TxError),
    /// What pays the miner comes first, and nothing else does.
    #[error(
        "the first transaction of a block is its coinbase, and no other: this one is at place {index}"
    )]
    Coinbase {
        /// The place that is claimed.
        index: u32,
    },
    /// The path does not hold.
    #[error(transparent)]
    Path(#[from] PathError),
}
