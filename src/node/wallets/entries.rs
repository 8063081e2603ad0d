//! Transactions of wallets that are in blocks. All are rows of the store, and a wallet knows where its
//! own are; in memory are only the last, as a lab that goes on for long makes millions.

use super::super::store::{Store, StoreFault};
use super::rows::{Place, WalletEntry, decoded, entry_row};
use super::state::Wallets;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Wallets {
    /// Keeps so many entries in memory instead of [`RECENT_MAX`](super::RECENT_MAX).
    pub fn keep_recent(&mut self, most: usize) {
        self.recent_max = most;
        self.forget_old();
    }

    /// Keeps an entry, and forgets the oldest if there are too many. Its row is written already, or
    /// is going to be.
    pub(super) fn remember(&mut self, place: Place, entry: WalletEntry) {
        self.recent.insert(place, Arc::new(entry));
        self.forget_old();
    }

    fn forget_old(&mut self) {
        while self.recent.len() > self.recent_max {
            self.recent.pop_first();
        }
    }

    /// Where there are entries above a height, of any wallet; `None`: all.
    pub(super) fn places_above(&self, height: Option<u32>) -> BTreeSet<Place> {
        let first = (height.map_or(0, |height| height + 1), 0);
        let balances = self.balances.values();
        let places = balances.flat_map(|balance| balance.entries.range_from(&first));
        places.map(|(place, ())| *place).collect()
    }

    /// The entry at a place where a wallet has one.
    ///
    /// # Errors
    /// [`StoreFault`], also if its row is not there or makes no sense.
    pub(super) fn at(
        &self,
        place: Place,
        store: &impl Store,
    ) -> Result<Cow<'_, WalletEntry>, StoreFault> {
        if let Some(entry) = self.recent.get(&place) {
            return Ok(Cow::Borrowed(entry));
        }
        let row = entry_row(place);
        let bytes = match self.dirty.get(&row) {
            Some(unwritten) => unwritten.clone(),
            None => store.meta(&row)?,
        };
        let entry = bytes.and_then(|bytes| decoded(&bytes));
        let problem = || format!("the row {row} of a wallet is missing, or makes no sense");
        entry
            .map(Cow::Owned)
            .ok_or_else(|| store.damaged(problem()))
    }

    /// Takes an entry out of memory, to be changed or forgotten.
    pub(super) fn take(
        &mut self,
        place: Place,
        store: &impl Store,
    ) -> Result<WalletEntry, StoreFault> {
        match self.recent.remove(&place) {
            Some(entry) => Ok(Arc::unwrap_or_clone(entry)),
            None => self.at(place, store).map(Cow::into_owned),
        }
    }
}
