//! What can be wrong with what wallets are asked for.

use super::super::io::{CommandError, RefusalKind};
use super::super::store::StoreFault;
use super::limits::{NAME_LEN_MAX, WALLETS_MAX};
use crate::chain::Amount;
use crate::chain::address::AddressError;
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
    /// A text that is no private key.
    #[error("not a private key: {problem}")]
    Key {
        /// What is wrong with it. The text itself is not repeated: it may be nearly a key.
        problem: String,
    },
    /// Two wallets with one key would both count its coins.
    #[error("the wallet {name:?} has this key already")]
    KeyTaken {
        /// Who has it.
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
    #[error("a payment of 0 pays nobody")]
    Nothing,
    /// Who is to take it on wants more than this node pays by itself.
    #[error(
        "peers take it from a fee of {least} on, and this node pays {most} at most: give the fee"
    )]
    FeeAboveMax {
        /// What they take it for.
        least: Amount,
        /// What the configuration allows.
        most: Amount,
    },
    /// Amount and fee together are more than can exist.
    #[error(
        "amount and fee together are more than {} coins, which is all that can exist",
        Amount::MAX
    )]
    TooMuch,
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
    /// The store failed: the node halts.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl From<WalletError> for CommandError {
    fn from(error: WalletError) -> Self {
        let kind = match &error {
            WalletError::Name { .. }
            | WalletError::NameIsAddress { .. }
            | WalletError::Key { .. }
            | WalletError::Nothing
            | WalletError::TooMuch
            | WalletError::FeeAboveMax { .. } => RefusalKind::Invalid,
            WalletError::Exists { .. } | WalletError::KeyTaken { .. } => RefusalKind::Taken,
            WalletError::Unknown { .. } | WalletError::Payee { .. } => RefusalKind::NoSuchWallet,
            WalletError::Full => RefusalKind::Busy,
            WalletError::Empty { .. }
            | WalletError::Short { .. }
            | WalletError::NotYet { .. }
            | WalletError::SmallCoins { .. } => RefusalKind::NotEnough,
            WalletError::Store(_) => RefusalKind::Fault,
        };
        Self::new(kind, error)
    }
}
