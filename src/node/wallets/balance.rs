//! One wallet: its key, and its coins at the tip.

use super::super::snapshot::WalletInfo;
use super::rows::Place;
use crate::chain::key::SecretKey;
use crate::chain::shared::SharedMap;
use crate::chain::{Amount, Coin, KeyHash, OutPoint, Txid};
use std::collections::BTreeSet;
use std::sync::OnceLock;

#[derive(Clone)]
pub(super) struct Balance {
    pub name: String,
    pub key: SecretKey,
    pub owner: KeyHash,
    /// Shown by every screen.
    pub address: String,
    /// Unspent at the tip, mature or not.
    coins: SharedMap<OutPoint, Coin>,
    /// Sum of `coins`, in units. On a chain whose coins were not checked it may be more than can exist.
    total: u128,
    /// Sums of those of `coins` that coinbases made, by height: what may have to mature.
    rewards: SharedMap<u32, Amount>,
    /// Transactions of this wallet in blocks.
    pub entries: SharedMap<Place, ()>,
    /// Transactions of this wallet that wait.
    pub waiting: BTreeSet<Txid>,
    /// What a screen asks for thirty times a second; empty when something has changed.
    pub info: OnceLock<WalletInfo>,
}

impl Balance {
    pub fn new(name: String, key: SecretKey, address: String) -> Self {
        let owner = key.public_key().hash();
        Self {
            name,
            key,
            owner,
            address,
            coins: SharedMap::default(),
            total: 0,
            rewards: SharedMap::default(),
            entries: SharedMap::default(),
            waiting: BTreeSet::new(),
            info: OnceLock::new(),
        }
    }

    pub fn coins(&self) -> &SharedMap<OutPoint, Coin> {
        &self.coins
    }

    /// Takes a coin in. `false`: it is there already.
    pub fn put(&mut self, outpoint: OutPoint, coin: Coin) -> bool {
        if self.coins.insert(outpoint, coin).is_some() {
            return false;
        }
        self.total += u128::from(coin.amount.units());
        if coin.coinbase {
            // One coinbase a block, and none makes more than can exist.
            let sum = plus(self.reward(coin.height), coin.amount);
            self.rewards.insert(coin.height, sum);
        }
        self.changed();
        true
    }

    /// Gives a coin away, if it is there.
    pub fn take(&mut self, outpoint: &OutPoint) -> Option<Coin> {
        let coin = self.coins.remove(outpoint)?;
        self.total -= u128::from(coin.amount.units());
        if coin.coinbase {
            let sum = minus(self.reward(coin.height), coin.amount);
            match sum.is_zero() {
                true => self.rewards.remove(&coin.height),
                false => self.rewards.insert(coin.height, sum),
            };
        }
        self.changed();
        Some(coin)
    }

    fn reward(&self, height: u32) -> Amount {
        self.rewards.get(&height).copied().unwrap_or_default()
    }

    /// Something that [`Balance::info`] tells has changed.
    pub fn changed(&mut self) {
        self.info = OnceLock::new();
    }

    /// Mature coins, and rewards from the height `young` on, which are not.
    pub fn sums(&self, young: u32) -> (Amount, Amount) {
        let immature = self.rewards.range_from(&young);
        let immature = immature.map(|(_, sum)| u128::from(sum.units())).sum();
        (shown(self.total - immature), shown(immature))
    }

    /// The height of the last reward that is not mature, if rewards from `young` on are not.
    pub fn youngest(&self, young: u32) -> Option<u32> {
        self.rewards.range_from(&young).next_back().map(|(h, _)| *h)
    }
}

/// A sum, at most [`Amount::MAX`].
fn shown(units: u128) -> Amount {
    let units = u64::try_from(units).unwrap_or(u64::MAX);
    Amount::from_units(units).unwrap_or(Amount::MAX)
}

/// Coins that exist never add up to more than [`Amount::MAX`]; what waits may, while two
/// transactions that exclude each other both wait.
pub(super) fn plus(a: Amount, b: Amount) -> Amount {
    a.checked_add(b).unwrap_or(Amount::MAX)
}

/// `a` less `b`, and nothing if `b` is more.
pub(super) fn minus(a: Amount, b: Amount) -> Amount {
    a.checked_sub(b).unwrap_or(Amount::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::key::SecretKey;

    /// On a chain whose coins were not checked there may be more than can exist; what is left when they
    /// go must be right again.
    #[test]
    fn coins_that_add_up_to_more_than_can_exist_leave_the_rest_as_it_was() {
        let key = SecretKey::from_bytes([1; 32]).expect("small and not zero");
        let mut balance = Balance::new("alice".to_owned(), key, "address".to_owned());
        let owner = balance.owner;
        let coin = |amount, height, coinbase| Coin {
            amount,
            owner,
            height,
            coinbase,
        };
        let at = |index| OutPoint {
            txid: Txid([3; 32]),
            index,
        };
        let five = Amount::from_coins(5).expect("an amount");
        balance.put(at(0), coin(five, 7, false));
        for index in 1..4 {
            balance.put(at(index), coin(Amount::MAX, 7, false));
            balance.put(at(10 + index), coin(Amount::MAX, 7 + index, true));
        }
        assert_eq!(balance.sums(7), (Amount::MAX, Amount::MAX));
        for index in 1..4 {
            balance.take(&at(index));
            balance.take(&at(10 + index));
        }
        assert_eq!(balance.sums(7), (five, Amount::ZERO));
    }
}
