//! What can be wrong with what wallets are asked for, and with the blocks that they are given.

use super::limits::{COINS_MAX, NAME_LEN_MAX, WALLETS_MAX};
use crate::bitcoin::address::AddressError;
use crate::bitcoin::block::BlockFault;
use crate::bitcoin::pay::{COINS_MAX as MONEY_MAX, PayError};
use crate::chain::{Amount, BlockHash, Txid};
use crate::node::store::BlockId;
use thiserror::Error;

/// Why a wallet does not do what it is asked for, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WalletError {
    /// A name that no wallet can have.
    #[error(
        "{name:?} is no name for a wallet: write 1 to {NAME_LEN_MAX} letters, digits, - _ or ."
    )]
    Name {
        /// What was asked for, cut short if it is long.
        name: String,
    },
    /// A name that is an address would make it unclear who is paid.
    #[error("{name} is an address: a wallet needs another name")]
    NameIsAddress {
        /// What was asked for.
        name: String,
    },
    /// The name is taken.
    #[error("there is a wallet {name:?} on this node already")]
    Exists {
        /// The name.
        name: String,
    },
    /// [`WALLETS_MAX`] are there.
    #[error("this node has {WALLETS_MAX} wallets, and no room for more")]
    Full,
    /// Two wallets with one key would both count its coins.
    #[error("the wallet {name:?} has this key already")]
    KeyTaken {
        /// Whose it is.
        name: String,
    },
    /// No wallet of this name.
    #[error("no wallet {name:?} on this node ({there})")]
    Unknown {
        /// What was asked for, cut short if it is long.
        name: String,
        /// Those that there are.
        there: String,
    },
    /// Neither a wallet of this node nor an address of this network.
    #[error("cannot pay {to:?}: no wallet of that name on this node ({there}), and {address}")]
    Payee {
        /// What was asked for, cut short if it is long.
        to: String,
        /// The wallets that there are.
        there: String,
        /// Why it is not an address.
        address: AddressError,
    },
    /// A payment of nothing.
    #[error("a payment of 0 pays no one")]
    Nothing,
    /// There is nothing at all.
    #[error("wallet {name} is empty")]
    Empty {
        /// Whose.
        name: String,
    },
    /// Not enough, also if all that waits were there.
    #[error("{name} has {has}, needs {needs}")]
    Short {
        /// Whose.
        name: String,
        /// Spendable, immature and waiting.
        has: Amount,
        /// The amount and the fee.
        needs: Amount,
    },
    /// Enough, but not yet.
    #[error("{name} has {has}, of which {spendable} can be spent now: {later}")]
    NotYet {
        /// Whose.
        name: String,
        /// Spendable, immature and waiting.
        has: Amount,
        /// What the next payment can spend.
        spendable: Amount,
        /// What the rest waits for.
        later: String,
    },
    /// Enough, but in too many small coins.
    #[error(
        "{name} has {spendable} in small coins: {inputs} of them fit one transaction, {possible} at \
         most with the fee; pay in parts"
    )]
    SmallCoins {
        /// Whose.
        name: String,
        /// What it could spend in several transactions.
        spendable: Amount,
        /// Coins that one transaction can spend.
        inputs: usize,
        /// The sum of the largest of them.
        possible: Amount,
    },
    /// Nodes would not take the payment.
    #[error(transparent)]
    Pay(#[from] PayError),
}

/// Why a block is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainError {
    /// Its height is not the next.
    #[error("a block of height {height} does not follow one of height {}", tip.height)]
    Height {
        /// As it was given.
        height: u32,
        /// The last block that was taken.
        tip: BlockId,
    },
    /// It stands on another block.
    #[error("a block on {previous} does not follow {}: blocks have to be taken back first", tip.hash)]
    Parent {
        /// The block that it stands on.
        previous: BlockHash,
        /// The last block that was taken.
        tip: BlockId,
    },
    /// Its body is not its header's.
    #[error(transparent)]
    Fault(#[from] BlockFault),
    /// It makes, or the wallets would hold, more than there can be.
    #[error("with transaction {0} there would be more than {MONEY_MAX} coins")]
    TooMuch(Txid),
    /// The wallets would hold more coins than there is room for.
    #[error("the wallets of this node hold {COINS_MAX} coins, and there is no room for more")]
    TooManyCoins,
    /// The same transaction is in the chain already, and not spent, which BIP 30 rules out.
    #[error("transaction {0} is in the chain already")]
    Again(Txid),
}
