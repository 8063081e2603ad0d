//! The wallets of a node: keys, what they own, and the payments that they make.
//!
//! The hard case is a wallet and a chain that do not stop at the same moment. Chain and wallet rows
//! are in one store, but a block's coins are committed before the wallets hear of the block, and
//! they write what they learnt about once a second. So the rows say which tip they reflect, and
//! opening rolls from there to the chain's tip:
//!
//! 1. What the wallets hold in a block is an *entry*: the coins of theirs that a transaction spent,
//!    with all that was known of them, and those that it made. An entry can be undone by itself,
//!    whether or not anybody still has the block.
//! 2. Down to where the recorded tip leaves the chain, entries are taken off, the last first. Then
//!    the blocks above are looked through. If the recorded tip is not even known any more, that is
//!    all of them.
//! 3. A payment is one row until a block has it, and then part of an entry. The one goes and the
//!    other comes in the same write. If the entry goes, the row comes back. So a payment that was
//!    sent is at every moment either in the chain or announced again, however deep a reorganisation.
//!
//! The blocks of a light node are not here: it opens its wallets at the fork, and hands over the blocks that
//! concern them later, as it gets them: see [`Wallets::next_block`].
//!
//! Nothing here writes. Rows are handed out ([`Rows`]), and each time all that have changed, so that
//! what is stored always reflects one moment. A new key must be safe on disk before its address
//! is shown, and a payment before it is reported: these rows are committed durably.

mod balance;
mod chain;
mod entries;
mod error;
mod fee;
mod keys;
mod later;
mod ledger;
mod limits;
mod part;
mod rows;
mod spend;
mod state;
mod view;
mod waiting;

pub use self::chain::WalletChain;
pub use self::error::WalletError;
pub use self::keys::{check_name, secret_hex, wallet_key};
pub use self::limits::{NAME_LEN_MAX, RECENT_MAX, WALLETS_MAX};
pub use self::part::{Part, PartTx};
pub use self::rows::{Place, Rows, place_of, place_row, read as read_rows};
pub use self::spend::{Draft, INPUTS_MAX, Packages};
pub use self::state::Wallets;
