//! How much there may be of everything that others can make grow.

/// Wallets on one node: what they hold is counted for every screen.
pub const WALLETS_MAX: usize = 64;

/// The longest name of a wallet, in characters: one fits a pane.
pub const NAME_LEN_MAX: usize = 32;

/// Blocks that can be taken back. Each takes about 60 bytes without transactions of wallets.
pub const BLOCKS_MAX: usize = 100_000;

/// Inputs and outputs of wallets' transactions that are remembered of all blocks, about 40 MB; of the
/// oldest blocks what is above that is forgotten, and these cannot be taken back.
pub const PARTS_MAX: usize = 400_000;

/// Coins of all wallets, about 30 MB. A miner of one block a second has as many after two days.
pub const COINS_MAX: usize = 200_000;

/// Inputs and outputs of transactions that wait, about 20 MB; the oldest are forgotten above that.
pub const WAITING_PARTS_MAX: usize = 200_000;

/// Entries of a wallet's history, the newest.
pub const HISTORY_MAX: usize = 10_000;

/// Outputs for others that are remembered of a payment: those that a screen shows.
pub const PAYEES_MAX: usize = 20;

/// Transactions that wait and build on each other, the last one included, beyond which nodes take no
/// more (Bitcoin Core, `-limitancestorcount` and `-limitdescendantcount`; bcoin has the same).
pub const PACKAGE_MAX: usize = 25;

/// Confirmations before what a coinbase made can be spent, the block's own not counted: it may be in
/// the block so many heights above (Bitcoin Core, `COINBASE_MATURITY`).
pub const MATURITY: u32 = 100;

/// What an error repeats of a text that was given.
pub(super) fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    text.chars().take(SHOWN).collect()
}
