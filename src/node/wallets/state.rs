//! The wallets themselves: how they are opened and made, and what waits.

use super::balance::Balance;
use super::chain::WalletChain;
use super::error::WalletError;
use super::keys::{check_name, parse_secret, secret_hex, wallet_key};
use super::limits::{RECENT_MAX, WALLETS_MAX, shown};
use super::rows::{Place, Rows, SentRow, Stored, TIP_KEY, WalletEntry, decoded, key_row, made_row};
use super::waiting::{Balances, Standing, Waiter, Waiting};
use crate::chain::key::SecretKey;
use crate::chain::shared::SharedMap;
use crate::chain::tx::TxOut;
use crate::chain::{BlockHash, KeyHash, OutPoint, Params, Tx, Txid, codec};
use crate::node::store::{BlockId, Store, StoreFault};
use crate::node::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names that an error lists.
const NAMES_SHOWN: usize = 10;

/// The wallets of one node.
#[derive(Clone)]
pub struct Wallets {
    pub(super) key_seed: [u8; 32],
    pub(super) params: Arc<Params>,
    pub(super) network: BlockHash,
    /// The block that entries and coins reflect.
    pub(super) tip: BlockId,
    pub(super) names: BTreeMap<String, KeyHash>,
    /// Whose wallets there are, in the order in which they were made.
    pub(super) made: Vec<KeyHash>,
    /// The number of the next one in that order.
    pub(super) next_made: u32,
    pub(super) balances: Balances,
    /// Transactions in blocks that touch any wallet, the last of them.
    pub(super) recent: SharedMap<Place, Arc<WalletEntry>>,
    pub(super) recent_max: usize,
    pub(super) waiting: Waiting,
    /// Rows that have changed since they were last handed out.
    pub(super) dirty: Rows,
    /// The tip in the rows that were handed out last.
    pub(super) flushed_tip: Option<BlockId>,
}

impl Wallets {
    /// Opens the wallets in the chain's store and brings them to its tip. What the mempool holds
    /// is not known yet: whatever it takes is to be told by [`Wallets::tx_added`], the payments in
    /// [`Wallets::unconfirmed`] among it.
    ///
    /// # Errors
    /// [`StoreFault`], also for rows that make no sense.
    pub fn open(chain: &impl WalletChain, key_seed: [u8; 32]) -> Result<Self, StoreFault> {
        let store = chain.store();
        let stored = Stored::load(store)?;
        let mut wallets = Self {
            key_seed,
            params: Arc::clone(chain.params()),
            network: chain.network(),
            tip: chain.end(),
            names: BTreeMap::new(),
            made: Vec::new(),
            next_made: stored
                .made
                .values()
                .max()
                .map_or(0, |last| last.saturating_add(1)),
            balances: BTreeMap::new(),
            recent: SharedMap::default(),
            recent_max: RECENT_MAX,
            waiting: Waiting::default(),
            dirty: Rows::new(),
            flushed_tip: None,
        };
        let moved = wallets.restore(stored, store)?;
        wallets.catch_up(chain)?;
        wallets.waiting.reassess(moved, &mut wallets.balances);
        Ok(wallets)
    }

    /// Takes what was stored. Returns the coins that payments which wait claim.
    fn restore(&mut self, stored: Stored, store: &impl Store) -> Result<Vec<OutPoint>, StoreFault> {
        let mut keys: Vec<_> = stored.keys.into_iter().collect();
        // Without a number first, and those by name.
        keys.sort_by_key(|(name, _)| stored.made.get(name).copied());
        for (name, key) in keys {
            self.insert(name, key);
        }
        if let Some(bytes) = store.meta(TIP_KEY)? {
            let tip = decoded(&bytes);
            let problem = || format!("the row {TIP_KEY} makes no sense");
            self.tip = tip.ok_or_else(|| store.damaged(problem()))?;
            self.flushed_tip = Some(self.tip);
        } else if !self.balances.is_empty() {
            return Err(store.damaged(format!("there are wallets, and no row {TIP_KEY}")));
        }
        if let Some((height, index)) = self.replay(stored.entries) {
            let problem = format!("wallet entry {index} of block {height} contradicts others");
            return Err(store.damaged(problem));
        }
        let mut made = stored.made.keys();
        if let Some(name) = made.find(|name| !self.names.contains_key(*name)) {
            let row = made_row(name);
            return Err(store.damaged(format!("the row {row} is of no wallet")));
        }
        let mut moved = Vec::new();
        for (txid, row) in stored.sent {
            let Some(waiter) = self.restored(row) else {
                return Err(store.damaged(format!("payment {txid} is of no wallet")));
            };
            moved.extend(waiter.spent.iter().map(|(outpoint, _)| *outpoint));
            self.waiting.insert(txid, waiter, &mut self.balances);
        }
        Ok(moved)
    }

    /// Makes a wallet. Its key follows from the node's seed and the name, so it may own coins
    /// already: the chain is looked through. The rows must be safe on disk before the address is
    /// shown. What the mempool holds for the wallet is to be told again by [`Wallets::tx_added`].
    ///
    /// # Errors
    /// [`WalletError`]; then there is no such wallet, unless it is the store that failed.
    pub fn create(&mut self, name: &str, chain: &impl WalletChain) -> Result<Rows, WalletError> {
        self.check_new(name)?;
        self.add_wallet(name, wallet_key(&self.key_seed, name), chain)
    }

    /// Makes a wallet of a key that exists, 64 hexadecimal digits, and looks for its coins and
    /// history. All else as [`Wallets::create`].
    ///
    /// # Errors
    /// [`WalletError`]; then there is no such wallet, unless it is the store that failed.
    pub fn import(
        &mut self,
        name: &str,
        secret: &str,
        chain: &impl WalletChain,
    ) -> Result<Rows, WalletError> {
        self.check_new(name)?;
        self.add_wallet(name, parse_secret(secret)?, chain)
    }

    /// The key of a wallet, 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn export(&self, name: &str) -> Result<String, WalletError> {
        Ok(secret_hex(&self.balance(name)?.key))
    }

    /// The names of all wallets, in the order in which they were made.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let balances = self.made.iter().map(|owner| &self.balances[owner]);
        balances.map(|balance| balance.name.as_str())
    }

    /// The wallet that was made first.
    pub fn first(&self) -> Option<&str> {
        self.names().next()
    }

    /// Who owns the coins of a wallet.
    pub fn owner(&self, name: &str) -> Option<KeyHash> {
        self.names.get(name).copied()
    }

    /// A payment of [`Wallets::sign`] that the mempool has taken: from now on it is kept and
    /// announced until a block has it. The rows must be safe on disk before anybody hears of it.
    ///
    /// # Panics
    /// If it is no payment of a wallet of this node.
    pub fn sent(&mut self, tx: &Arc<Tx>, now: Time) -> Rows {
        let txid = tx.txid();
        let known = self.waiting.remove(&txid, &mut self.balances);
        let at = known.map_or(now, |waiter| waiter.at);
        let mut waiter = Waiter::new(Arc::clone(tx), at, self.spent_by(tx));
        assert_eq!(waiter.spent.len(), tx.inputs.len(), "a payment made here");
        (waiter.sent, waiter.pooled) = (true, true);
        let moved = waiter.touches(txid);
        self.keep_sent(txid, waiter);
        self.waiting.reassess(moved, &mut self.balances);
        self.flush()
    }

    /// The mempool has taken a transaction. One that it took before may be told again. Parents are
    /// told before their children, as the mempool took them.
    pub fn tx_added(&mut self, tx: &Arc<Tx>, txid: Txid, now: Time) {
        self.note(tx, txid, now, |waiter| {
            (waiter.pooled, waiter.why) = (true, None);
        });
    }

    /// The mempool keeps a transaction, but it is no entry: the next block cannot have it. Parents are
    /// told before their children.
    pub fn tx_held(&mut self, tx: &Arc<Tx>, txid: Txid, why: String, now: Time) {
        self.note(tx, txid, now, |waiter| {
            (waiter.pooled, waiter.why) = (false, Some(why));
        });
    }

    /// The mempool has dropped a transaction, other than into a block. A payment made here is kept
    /// all the same.
    pub fn tx_removed(&mut self, txid: &Txid, why: String) {
        let Some(mut waiter) = self.waiting.remove(txid, &mut self.balances) else {
            return;
        };
        let moved = waiter.touches(*txid);
        if waiter.sent {
            (waiter.pooled, waiter.why) = (false, Some(why));
            self.waiting.insert(*txid, waiter, &mut self.balances);
        }
        self.waiting.reassess(moved, &mut self.balances);
    }

    /// The mempool was offered a payment and has not taken it. Whether that is news: the payment is
    /// none that waits here, or was refused for another reason before.
    pub fn tx_refused(&mut self, txid: &Txid, why: &str) -> bool {
        let waiter = self.waiting.get_mut(txid);
        let Some(waiter) = waiter.filter(|waiter| waiter.sent && !waiter.pooled) else {
            return true;
        };
        waiter.why.replace(why.to_owned()).as_deref() != Some(why)
    }

    /// Entries of the mempool came or went, perhaps others' than of these wallets: whether one more
    /// payment can build on what waits may have changed.
    pub fn packages_changed(&mut self) {
        let waits = |balance: &&mut Balance| !balance.waiting.is_empty();
        self.balances
            .values_mut()
            .filter(waits)
            .for_each(Balance::changed);
    }

    /// Payments made here that are in no block and can be in one of this chain, each after those that
    /// it spends from: for the mempool after a start or a reorganisation, and for peers.
    pub fn unconfirmed(&self) -> impl Iterator<Item = (Txid, &Arc<Tx>)> {
        let can_be = |waiter: &Waiter| waiter.standing != Standing::Never;
        let ours = self.waiting.iter().filter(|(_, w)| w.sent && can_be(w));
        let ordered = self.waiting.in_order(ours.map(|(txid, _)| *txid));
        ordered.into_iter().filter_map(|txid| {
            let waiter = self.waiting.get(&txid)?;
            Some((txid, &waiter.tx))
        })
    }

    /// All rows that have changed since rows were last handed out. If they are lost in a crash,
    /// the next start finds the same things out again.
    #[must_use = "what is not committed is forgotten here"]
    pub fn flush(&mut self) -> Rows {
        if !self.balances.is_empty() && self.flushed_tip != Some(self.tip) {
            let bytes = codec::encode(&self.tip);
            self.dirty.insert(TIP_KEY.to_owned(), Some(bytes));
            self.flushed_tip = Some(self.tip);
        }
        std::mem::take(&mut self.dirty)
    }

    pub(super) fn check_new(&self, name: &str) -> Result<(), WalletError> {
        check_name(name)?;
        if self.names.contains_key(name) {
            let name = name.to_owned();
            return Err(WalletError::Exists { name });
        }
        if self.names.len() >= WALLETS_MAX {
            return Err(WalletError::Full);
        }
        Ok(())
    }

    pub(super) fn add_wallet(
        &mut self,
        name: &str,
        key: SecretKey,
        chain: &impl WalletChain,
    ) -> Result<Rows, WalletError> {
        if let Some(taken) = self.balances.get(&key.public_key().hash()) {
            let name = taken.name.clone();
            return Err(WalletError::KeyTaken { name });
        }
        self.catch_up(chain)?;
        let row = key.to_bytes().to_vec();
        let owner = self.insert(name.to_owned(), key);
        self.rescan(owner, chain)?;
        self.dirty.insert(key_row(name), Some(row));
        let number = codec::encode(&self.next_made);
        self.dirty.insert(made_row(name), Some(number));
        self.next_made = self.next_made.saturating_add(1);
        self.claim_waiting();
        Ok(self.flush())
    }

    pub(super) fn insert(&mut self, name: String, key: SecretKey) -> KeyHash {
        let address = self.params.address(key.public_key().hash()).to_string();
        let balance = Balance::new(name.clone(), key, address);
        let owner = balance.owner;
        self.names.insert(name, owner);
        self.made.push(owner);
        self.balances.insert(owner, balance);
        owner
    }

    /// Tells a wallet that is new of what waits already.
    pub(super) fn claim_waiting(&mut self) {
        let known = self.waiting.iter();
        let known: Vec<_> = known
            .map(|(txid, waiter)| (*txid, Arc::clone(&waiter.tx), waiter.at))
            .collect();
        for (txid, tx, at) in known {
            self.note(&tx, txid, at, |_| ());
        }
    }

    /// Puts down a transaction that waits, if it is of any wallet here, with what is to be said of it.
    pub(super) fn note(
        &mut self,
        tx: &Arc<Tx>,
        txid: Txid,
        now: Time,
        say: impl FnOnce(&mut Waiter),
    ) {
        let known = self.waiting.remove(&txid, &mut self.balances);
        let spent = self.spent_by(tx);
        let paid = |out: &TxOut| self.balances.contains_key(&out.owner);
        let mut waiter = match known {
            Some(known) if known.sent => known,
            // A wallet that was made in between may have a part in it.
            Some(known) => Waiter { spent, ..known },
            None if spent.is_empty() && !tx.outputs.iter().any(paid) => return,
            None => Waiter::new(Arc::clone(tx), now, spent),
        };
        say(&mut waiter);
        if waiter.pooled {
            waiter.standing = Standing::Counts;
        }
        let moved = waiter.touches(txid);
        self.waiting.insert(txid, waiter, &mut self.balances);
        self.waiting.reassess(moved, &mut self.balances);
    }

    pub(super) fn restored(&self, row: SentRow) -> Option<Waiter> {
        let outpoints = row.tx.inputs.iter().map(|input| input.outpoint);
        let spent: Vec<(OutPoint, TxOut)> = outpoints.zip(row.spent).collect();
        let own = spent
            .iter()
            .all(|(_, coin)| self.balances.contains_key(&coin.owner));
        let mut waiter = Waiter::new(row.tx, row.at, spent);
        waiter.sent = true;
        own.then_some(waiter)
    }

    /// What a transaction spends of this node's coins.
    pub(super) fn spent_by(&self, tx: &Tx) -> Vec<(OutPoint, TxOut)> {
        let inputs = tx.inputs.iter();
        inputs
            .filter_map(|input| self.waiting.spent_by(input, &self.balances))
            .collect()
    }

    pub(super) fn balance(&self, name: &str) -> Result<&Balance, WalletError> {
        let owner = self.names.get(name).ok_or_else(|| WalletError::Unknown {
            name: shown(name),
            there: self.there(),
        })?;
        Ok(&self.balances[owner])
    }

    /// The wallets that there are, in words.
    pub(super) fn there(&self) -> String {
        let names: Vec<&str> = self.names().take(NAMES_SHOWN).collect();
        let more = self.names.len() - names.len();
        match (names.as_slice(), more) {
            ([], _) => "there are none".to_owned(),
            (names, 0) => format!("there are: {}", names.join(", ")),
            (names, more) => format!("there are: {}, and {more} more", names.join(", ")),
        }
    }
}
