//! The wallets that the lab holds on the chain of one Bitcoin node: named keys, and their coins, followed
//! block by block.
//!
//! A driver gives every block of the node's chain in its order ([`LabWallets::connect`]), takes blocks back
//! when the node has left them ([`LabWallets::disconnect`], after it has found the fork by
//! [`LabWallets::block_at`]), and says what waits in the node's mempool ([`LabWallets::waits`]) and what
//! does not any more ([`LabWallets::gone`]). What is told of blocks depends on the chain alone: after a
//! reorganisation it is as if the other blocks had never been there. What waits is as true as what was
//! said of it, but for this:
//!
//! 1. What a block has waits no longer, nor what spends the same coin as a transaction of the block.
//! 2. Of two that spend one coin the later has replaced the earlier, as a mempool has one of them.
//! 3. What a block had that is taken back waits again, as nodes put it back into their mempools.
//! 4. A payment of a coin that is not there, or not any more, does not count until the coin is there.
//!
//! No block's rules are checked here, but that its body is its header's: the node has judged it, and the
//! node is the lab's own. All that a node can make grow has a bound nevertheless ([`limits`]).

mod error;
mod keys;
mod ledger;
pub mod limits;
mod moves;
mod shown;
mod spend;
mod view;
mod waiting;

pub use error::{ChainError, WalletError};
pub use shown::{Balance, CoinOf, Entry, Planned};

use super::block::Block;
use super::network::{AddressForm, Network};
use super::pay::LabKey;
use super::tx::Transaction;
use crate::chain::{BlockHash, Txid};
use crate::node::store::BlockId;
use crate::node::time::Time;
use keys::Keys;
use ledger::Ledger;
use moves::Moves;
use std::time::Duration;
use waiting::Waiting;

/// Named keys of the lab, with what they hold on the chain of one node.
#[derive(Clone, Debug)]
pub struct LabWallets {
    network: Network,
    keys: Keys,
    ledger: Ledger,
    waiting: Waiting,
}

impl LabWallets {
    /// None so far, on a node of this network that writes addresses in this form.
    pub const fn new(form: AddressForm, network: Network) -> Self {
        Self {
            network,
            keys: Keys::new(form),
            ledger: Ledger::new(),
            waiting: Waiting::new(),
        }
    }

    /// Makes a wallet with this key. Its coins are looked for in what is told from now on: one whose
    /// key may have been paid before goes in first, or [`LabWallets::restart`] follows.
    ///
    /// # Errors
    /// [`WalletError`], why there can be no such wallet.
    pub fn add(&mut self, name: &str, key: LabKey) -> Result<(), WalletError> {
        self.keys.add(name, key)
    }

    /// The names of the wallets, in the order in which they were made.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.all().map(|(_, named)| named.name.as_str())
    }

    /// A wallet's address, in the form of the node.
    pub fn address(&self, name: &str) -> Option<String> {
        let owner = self.keys.owner(name)?;
        Some(self.keys.get(owner).address.clone())
    }

    /// The script that pays to a wallet.
    pub fn script(&self, name: &str) -> Option<Vec<u8>> {
        let owner = self.keys.owner(name)?;
        Some(self.keys.get(owner).script.clone())
    }

    /// A wallet's key.
    pub fn key(&self, name: &str) -> Option<&LabKey> {
        let owner = self.keys.owner(name)?;
        Some(&self.keys.get(owner).key)
    }

    /// The last block that was taken.
    pub const fn tip(&self) -> Option<BlockId> {
        self.ledger.tip()
    }

    /// The block that was taken at a height; `None` as well if it is further back than
    /// [`limits::BLOCKS_MAX`].
    pub fn block_at(&self, height: u32) -> Option<BlockHash> {
        self.ledger.block_at(height)
    }

    /// Takes the next block. The first may be of any height: coins of blocks below it are not known.
    ///
    /// # Errors
    /// [`ChainError`]; nothing has changed then.
    pub fn connect(&mut self, height: u32, block: &Block) -> Result<(), ChainError> {
        self.ledger.connect(height, block, &self.keys)?;
        self.waiting.confirmed(block);
        Ok(())
    }

    /// Takes the last block back, and says which it was; its transactions wait again. Where what is
    /// remembered ends, all that is known of the chain is forgotten, and there is no tip any more.
    pub fn disconnect(&mut self) -> Option<BlockId> {
        let (block, taken) = self.ledger.disconnect()?;
        let at = time_of(taken.time);
        for record in taken.records {
            self.waiting.insert(record.moves, at);
        }
        self.waiting.moved();
        Some(block)
    }

    /// Forgets the chain and what waits, not the keys, so that all blocks are taken again.
    pub fn restart(&mut self) {
        self.ledger = Ledger::new();
        self.waiting = Waiting::new();
    }

    /// A transaction waits in the mempool, and was seen there first at `now`. What has to do with no
    /// wallet, is known already, or pays more than there can be is passed over.
    pub fn waits(&mut self, tx: &Transaction, now: Time) {
        if self.ledger.has(&tx.txid()) {
            return;
        }
        let owner_of = |outpoint: &_| {
            let coin = self.ledger.coin(outpoint).map(|coin| coin.owner);
            coin.or_else(|| Some(self.waiting.output(outpoint)?.0))
        };
        if let Ok(Some(moves)) = Moves::of(tx, &self.keys, owner_of) {
            self.waiting.insert(moves, now);
        }
    }

    /// A transaction does not wait any more: it was dropped, or replaced.
    pub fn gone(&mut self, txid: &Txid) {
        self.waiting.remove(txid);
    }

    /// The transactions that wait and have to do with a wallet, oldest first, so that a driver finds
    /// those that the mempool does not have any more.
    pub fn waiting(&self) -> impl Iterator<Item = Txid> {
        self.waiting.all().map(|(txid, _)| txid)
    }
}

/// A block's time, seconds since 1970, on the lab's clock.
fn time_of(seconds: u32) -> Time {
    Time::default() + Duration::from_secs(u64::from(seconds))
}

#[cfg(test)]
mod tests;
