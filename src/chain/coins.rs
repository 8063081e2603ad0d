//! Coins (unspent outputs), and the scratch view on which blocks are connected and disconnected
//! before anything is written.
//!
//! A [`CoinView`] sits on a [`CoinSource`] that it never changes. What it has learnt or changed
//! it holds itself; [`CoinView::into_changes`] names only the coins that end up different from
//! the source, so a coin that was made and spent on the view costs the store nothing, and a
//! block costs what the block holds.

use super::amount::Amount;
use super::hash::{KeyHash, Txid};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names one output of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OutPoint {
    /// The transaction that made the coin.
    pub txid: Txid,
    /// The output's place in it, from 0.
    pub index: u32,
}

impl OutPoint {
    /// Names no coin: what a coinbase spends.
    pub const NONE: Self = Self {
        txid: Txid::ZERO,
        index: u32::MAX,
    };
}

/// An unspent output, with what is needed to judge whether it may be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coin {
    /// How much.
    pub amount: Amount,
    /// Whose key spends it.
    pub owner: KeyHash,
    /// Height of the block that made it.
    pub height: u32,
    /// Made by a coinbase, so that it must mature first. Genesis allocations count as mature.
    pub coinbase: bool,
}

impl Coin {
    /// A coin that no block has made: what an attacker's node puts down where an input spends nothing.
    /// See [`CoinView::conjuring`].
    pub const fn conjured(amount: Amount, owner: KeyHash) -> Self {
        Self {
            amount,
            owner,
            // No chain is so long.
            height: u32::MAX,
            coinbase: false,
        }
    }

    /// Whether no block has made it.
    pub const fn is_conjured(&self) -> bool {
        self.height == u32::MAX
    }
}

/// What a block destroyed, which is what it takes to undo it: the coins that its transactions
/// spent, in the order of the inputs, coinbase excepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// In the order in which they were spent.
    pub spent: Vec<Coin>,
}

/// Where coins are looked up: a store, or another view.
pub trait CoinSource {
    /// Why a lookup can fail for reasons that are not the chain's.
    type Fault;

    /// The coins at `outpoints`, in their order; `None` where there is none.
    ///
    /// # Errors
    /// The source's fault; nothing is known then.
    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, Self::Fault>;
}

/// A scratch set of coins over a source.
pub struct CoinView<'a, S: ?Sized> {
    source: &'a S,
    known: BTreeMap<OutPoint, Known>,
    /// Whether a coin that does not exist may be spent all the same: only an attacker's node says so.
    conjures: bool,
}

#[derive(Clone, Copy)]
struct Known {
    in_source: Option<Coin>,
    now: Option<Coin>,
}

/// Coins that differ from the source: the new coin, or `None` for one that is gone.
pub type CoinChanges = Vec<(OutPoint, Option<Coin>)>;

impl<'a, S: CoinSource + ?Sized> CoinView<'a, S> {
    /// A view that equals `source` so far.
    pub fn new(source: &'a S) -> Self {
        Self {
            source,
            known: BTreeMap::new(),
            conjures: false,
        }
    }

    /// The same for an attacker's node, to which coins that do not exist, or are spent, are no error: a
    /// block that spends them connects, as if there had been such coins, worth [`Amount::CONJURED_MAX`] at most.
    /// They are never part of the view, not even when the block is taken off again.
    pub fn conjuring(source: &'a S) -> Self {
        Self {
            conjures: true,
            ..Self::new(source)
        }
    }

    /// What the coins of a block may be worth that are spent and do not exist; `None`: there may be none.
    pub(super) fn credit(&self) -> Option<Amount> {
        self.conjures.then_some(Amount::CONJURED_MAX)
    }

    /// Looks up, in one go, what of `outpoints` is not known yet.
    ///
    /// # Errors
    /// The source's fault.
    pub fn fetch(&mut self, outpoints: impl Iterator<Item = OutPoint>) -> Result<(), S::Fault> {
        let unknown: Vec<OutPoint> = outpoints
            .filter(|outpoint| !self.known.contains_key(outpoint))
            .collect();
        for (outpoint, coin) in unknown.iter().zip(self.source.coins(&unknown)?) {
            let known = Known {
                in_source: coin,
                now: coin,
            };
            self.known.insert(*outpoint, known);
        }
        Ok(())
    }

    /// The coin at `outpoint`, if it is unspent here.
    ///
    /// # Panics
    /// If it was neither fetched nor made here: a caller that forgot to fetch must not pass for
    /// a coin that does not exist.
    pub fn get(&self, outpoint: &OutPoint) -> Option<Coin> {
        let known = self.known.get(outpoint);
        known.expect("fetched before it is asked for").now
    }

    /// Takes the coin at `outpoint` away and returns it, if it is unspent here.
    ///
    /// # Panics
    /// As [`CoinView::get`].
    pub fn spend(&mut self, outpoint: &OutPoint) -> Option<Coin> {
        let known = self.known.get_mut(outpoint);
        known.expect("fetched before it is spent").now.take()
    }

    /// Puts a coin that the source does not have: a new output, or one that an undone block had
    /// spent.
    pub fn add(&mut self, outpoint: OutPoint, coin: Coin) {
        let known = self.known.entry(outpoint).or_insert(Known {
            in_source: None,
            now: None,
        });
        known.now = Some(coin);
    }

    /// Puts back a coin that an undone block had spent. One that was conjured goes back to nowhere.
    pub(super) fn unspend(&mut self, outpoint: OutPoint, coin: Coin) {
        if !coin.is_conjured() {
            self.add(outpoint, coin);
        }
    }

    /// Takes away a coin that an undone block had made. The caller knows the coin from the block,
    /// so the source need not be asked.
    pub fn unmake(&mut self, outpoint: OutPoint, coin: Coin) {
        let known = self.known.entry(outpoint).or_insert(Known {
            in_source: Some(coin),
            now: None,
        });
        known.now = None;
    }

    /// What differs from the source, in order of outpoints.
    pub fn into_changes(self) -> CoinChanges {
        self.known
            .into_iter()
            .filter(|(_, known)| known.in_source != known.now)
            .map(|(outpoint, known)| (outpoint, known.now))
            .collect()
    }
}
