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
//! Who has headers alone is shown single transactions: [`check_proof`].
//!
//! [`RuleError::is_permanent`] tells a block that can never become valid from a delivery that
//! went wrong: only what the header hash commits to may be held against the hash.

mod block;
mod error;
mod proof;
mod tx;

pub use block::{
    check_block, check_block_context, connect_block, disconnect_block, made_coins, max_block_len,
    room_for_txs,
};
pub use error::{ConnectError, ProofError, RuleError, TxError, UndoMismatch};
pub use proof::check_proof;
pub use tx::{check_lock_time, check_signatures, check_spend, check_tx, check_tx_len};
