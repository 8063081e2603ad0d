//! How wallets follow the chain: block by block upwards, and downwards from the entries alone.

use super::super::chainstate::ChainChange;
use super::super::store::{BlockId, Store, StoreFault};
use super::super::time::Time;
use super::chain::WalletChain;
use super::part::{Part, PartTx};
use super::rows::{EntryKind, Place, SentRow, WalletEntry, entry_row, sent_row};
use super::state::Wallets;
use super::waiting::{Balances, Waiter};
use crate::chain::tx::TxOut;
use crate::chain::{Coin, KeyHash, OutPoint, Tx, Txid, codec};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Wallets {
    /// The chain has moved, and this is where it is now. To be told before the mempool gives back
    /// what the disconnected blocks held ([`Wallets::tx_added`]).
    ///
    /// # Errors
    /// [`StoreFault`]; the wallets are then of no further use.
    pub fn chain_changed(
        &mut self,
        change: &ChainChange,
        store: &impl Store,
    ) -> Result<(), StoreFault> {
        let mut moved = self.disconnect_above(Some(change.fork.height), store)?;
        self.tip = change.fork;
        for block in &change.connected {
            let id = BlockId {
                height: self.tip.height + 1,
                hash: block.hash(),
            };
            self.connect(&Part::of(id, block), (None, store), &mut moved)?;
            self.tip = id;
        }
        self.follow(moved);
        Ok(())
    }

    /// Rolls to the chain's tip from wherever the rows ended.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub(super) fn catch_up(&mut self, chain: &impl WalletChain) -> Result<(), StoreFault> {
        let end = chain.end();
        if self.tip == end {
            return Ok(());
        }
        let tree = chain.tree();
        let fork = tree.find(&self.tip.hash);
        let fork = fork.map(|reflected| tree.fork_point(reflected, tree.tip()));
        let height = fork.map(|fork| tree.entry(fork).height);
        let store = chain.store();
        if !chain.has_blocks() {
            // A fork that is not known any more is as good as one at the beginning.
            return self.roll_back(active(chain, height.unwrap_or(0)), store);
        }
        let mut moved = self.disconnect_above(height, store)?;
        for height in from(height)..=end.height {
            let id = active(chain, height);
            let block = chain.block(id)?;
            self.connect(&Part::of(id, &block), (None, store), &mut moved)?;
        }
        self.tip = end;
        self.follow(moved);
        Ok(())
    }

    /// Looks through the whole chain for what belongs to a new wallet, if its blocks are here.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub(super) fn rescan(
        &mut self,
        owner: KeyHash,
        chain: &impl WalletChain,
    ) -> Result<(), StoreFault> {
        if !chain.has_blocks() {
            return Ok(());
        }
        let (mut moved, store) = (Vec::new(), chain.store());
        for height in 0..=self.tip.height {
            let id = active(chain, height);
            let block = chain.block(id)?;
            self.connect(&Part::of(id, &block), (Some(owner), store), &mut moved)?;
        }
        self.follow(moved);
        Ok(())
    }

    /// Applies the entries of a store to wallets without coins. `Some`: the first that contradicts
    /// those before it.
    pub(super) fn replay(&mut self, entries: BTreeMap<Place, WalletEntry>) -> Option<Place> {
        for (place, entry) in entries {
            if !replay_one(&mut self.balances, place, &entry) {
                return Some(place);
            }
            self.remember(place, entry);
        }
        None
    }

    /// Takes a block on, for all wallets or for one that was not there before. The coins that came
    /// or went go to `moved`.
    pub(super) fn connect(
        &mut self,
        part: &Part<'_>,
        (only, store): (Option<KeyHash>, &impl Store),
        moved: &mut Vec<OutPoint>,
    ) -> Result<(), StoreFault> {
        if self.balances.is_empty() {
            return Ok(());
        }
        for tx in &part.txs {
            let spent = self.spend(tx.tx, only);
            let made = self.made_by(tx, only);
            if spent.is_empty() && made.is_empty() {
                continue;
            }
            let place = (part.id.height, tx.index);
            let is_listed = only.is_some() && self.is_listed(place);
            let known = is_listed.then(|| self.take(place, store)).transpose()?;
            self.record(part, tx, known, Found { spent, made }, moved);
        }
        Ok(())
    }

    /// The outputs that are coins of wallets here. In a block whose coins were checked all are new. Where they were
    /// not, a transaction may stand in the chain twice: it makes its coins once.
    fn made_by(&self, tx: &PartTx<'_>, only: Option<KeyHash>) -> Vec<(u32, TxOut)> {
        let is_new = |index: u32, out: &TxOut| {
            let balance = self.balances.get(&out.owner);
            let txid = tx.txid;
            let outpoint = OutPoint { txid, index };
            balance.is_some_and(|balance| balance.coins().get(&outpoint).is_none())
        };
        let wanted = |owner| only.is_none_or(|only| only == owner);
        let outputs = (0..).zip(&tx.tx.outputs);
        let made = outputs.filter(|(at, out)| wanted(out.owner) && is_new(*at, out));
        made.map(|(at, out)| (at, *out)).collect()
    }

    /// Whether any wallet has an entry there.
    fn is_listed(&self, place: Place) -> bool {
        let mut balances = self.balances.values();
        balances.any(|balance| balance.entries.contains_key(&place))
    }

    /// Notes what was found in an entry, which may be there for other wallets already.
    fn record(
        &mut self,
        &Part { id, time, .. }: &Part<'_>,
        &PartTx { index, tx, txid }: &PartTx<'_>,
        known: Option<WalletEntry>,
        found: Found,
        moved: &mut Vec<OutPoint>,
    ) {
        let place = (id.height, index);
        let since = self.settled(&txid);
        // The genesis block's allocations are no rewards.
        let reward = index == 0 && id.height > 0;
        let mut entry = known.unwrap_or_else(|| WalletEntry {
            txid,
            block: id.hash,
            time,
            since: since.unwrap_or(Time::from_block(time)),
            kind: if reward {
                EntryKind::Reward
            } else {
                EntryKind::Received
            },
            spent: Vec::new(),
            made: Vec::new(),
        });
        if !found.spent.is_empty() {
            entry.kind = EntryKind::Paid(Arc::new(tx.clone()));
        }
        moved.extend(found.spent.iter().map(|(outpoint, _)| *outpoint));
        entry.spent.extend(found.spent);
        let known = entry.made.len();
        entry.made.extend(found.made);
        for (outpoint, coin) in made(place, &entry).skip(known) {
            let balance = self.balances.get_mut(&coin.owner);
            let new = balance.expect("a wallet of this node").put(outpoint, coin);
            assert!(new, "no coin is made twice, and none looked for twice");
            moved.push(outpoint);
        }
        list(&mut self.balances, place, &entry);
        let bytes = codec::encode(&entry);
        self.dirty.insert(entry_row(place), Some(bytes));
        self.remember(place, entry);
    }

    /// A transaction that may have waited is in a block. Returns since when it waited.
    fn settled(&mut self, txid: &Txid) -> Option<Time> {
        let waiter = self.waiting.remove(txid, &mut self.balances)?;
        if waiter.sent {
            self.dirty.insert(sent_row(txid), None);
        }
        Some(waiter.at)
    }

    /// Takes the coins out that a transaction of a block spends.
    fn spend(&mut self, tx: &Tx, only: Option<KeyHash>) -> Vec<(OutPoint, Coin)> {
        if tx.is_coinbase() {
            return Vec::new();
        }
        let spent = tx.inputs.iter().filter_map(|input| {
            // The rules have checked that the key is the owner's.
            let owner = input.key.hash();
            if only.is_some_and(|only| only != owner) {
                return None;
            }
            let coin = self.balances.get_mut(&owner)?.take(&input.outpoint)?;
            Some((input.outpoint, coin))
        });
        spent.collect()
    }

    /// Takes off all blocks above `height`; `None`: all there are. Returns the coins that came or
    /// went.
    pub(super) fn disconnect_above(
        &mut self,
        height: Option<u32>,
        store: &impl Store,
    ) -> Result<Vec<OutPoint>, StoreFault> {
        let mut moved = Vec::new();
        for place in self.places_above(height).into_iter().rev() {
            let entry = self.take(place, store)?;
            self.dirty.insert(entry_row(place), None);
            for (outpoint, coin) in made(place, &entry) {
                let balance = self.balances.get_mut(&coin.owner);
                let taken = balance.and_then(|balance| balance.take(&outpoint));
                taken.expect("whatever spent it was taken off before");
                moved.push(outpoint);
            }
            for (outpoint, coin) in &entry.spent {
                let balance = self.balances.get_mut(&coin.owner);
                let new = balance.is_some_and(|balance| balance.put(*outpoint, *coin));
                assert!(new, "a coin that was spent was not there");
                moved.push(*outpoint);
            }
            unlist(&mut self.balances, place, &entry);
            self.wait_again(entry);
        }
        Ok(moved)
    }

    /// A payment whose block has left the chain is again one that was sent, also if it was made elsewhere: all
    /// that it spends is this node's.
    fn wait_again(&mut self, entry: WalletEntry) {
        let EntryKind::Paid(tx) = entry.kind else {
            return;
        };
        if entry.spent.len() < tx.inputs.len() {
            return;
        }
        let spent = tx.inputs.iter().map(|input| {
            let mut own = entry.spent.iter();
            let (outpoint, coin) = own
                .find(|(outpoint, _)| *outpoint == input.outpoint)
                .expect("as many as inputs, all different");
            let (amount, owner) = (coin.amount, coin.owner);
            (*outpoint, TxOut { amount, owner })
        });
        let spent = spent.collect();
        let mut waiter = Waiter::new(tx, entry.since, spent);
        waiter.sent = true;
        self.keep_sent(entry.txid, waiter);
    }

    /// Puts a sent transaction among those that wait, and into the rows.
    pub(super) fn keep_sent(&mut self, txid: Txid, waiter: Waiter) {
        let row = SentRow {
            at: waiter.at,
            spent: waiter.spent.iter().map(|(_, coin)| *coin).collect(),
            tx: Arc::clone(&waiter.tx),
        };
        let bytes = codec::encode(&row);
        self.dirty.insert(sent_row(&txid), Some(bytes));
        self.waiting.insert(txid, waiter, &mut self.balances);
    }

    /// After a move of the tip: payments that can or cannot be in a block any more, and balances
    /// that mature.
    pub(super) fn follow(&mut self, moved: Vec<OutPoint>) {
        self.waiting.reassess(moved, &mut self.balances);
        for balance in self.balances.values_mut() {
            balance.changed();
        }
    }
}

/// What a transaction of a block has to do with wallets of this node.
struct Found {
    /// Coins that it spent.
    spent: Vec<(OutPoint, Coin)>,
    /// Outputs that it made, by index.
    made: Vec<(u32, TxOut)>,
}

/// Takes and puts what a stored entry says; whether the coins are as it says.
fn replay_one(balances: &mut Balances, place: Place, entry: &WalletEntry) -> bool {
    let spent = entry.spent.iter().all(|(outpoint, coin)| {
        let balance = balances.get_mut(&coin.owner);
        balance.and_then(|balance| balance.take(outpoint)) == Some(*coin)
    });
    let fits = spent
        && made(place, entry).all(|(outpoint, coin)| {
            let balance = balances.get_mut(&coin.owner);
            balance.is_some_and(|balance| balance.put(outpoint, coin))
        });
    list(balances, place, entry);
    fits
}

/// The first height above one that may not be there.
fn from(below: Option<u32>) -> u32 {
    below.map_or(0, |height| height + 1)
}

/// The coins that an entry made.
fn made((height, _): Place, entry: &WalletEntry) -> impl Iterator<Item = (OutPoint, Coin)> {
    let coinbase = entry.kind == EntryKind::Reward;
    let txid = entry.txid;
    entry.made.iter().map(move |(index, out)| {
        let coin = Coin {
            amount: out.amount,
            owner: out.owner,
            height,
            coinbase,
        };
        (
            OutPoint {
                txid,
                index: *index,
            },
            coin,
        )
    })
}

fn owners(entry: &WalletEntry) -> impl Iterator<Item = KeyHash> {
    let spent = entry.spent.iter().map(|(_, coin)| coin.owner);
    spent.chain(entry.made.iter().map(|(_, out)| out.owner))
}

fn list(balances: &mut Balances, place: Place, entry: &WalletEntry) {
    for owner in owners(entry) {
        if let Some(balance) = balances.get_mut(&owner) {
            balance.entries.insert(place, ());
        }
    }
}

fn unlist(balances: &mut Balances, place: Place, entry: &WalletEntry) {
    for owner in owners(entry) {
        if let Some(balance) = balances.get_mut(&owner) {
            balance.entries.remove(&place);
        }
    }
}

/// The block at a height of the chain, not above its end.
fn active(chain: &impl WalletChain, height: u32) -> BlockId {
    let tree = chain.tree();
    let id = tree.active_at(height).expect("not above the tip");
    let hash = tree.entry(id).hash;
    BlockId { height, hash }
}
