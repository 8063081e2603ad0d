//! What wallets show: balances, history, coins.

use super::super::io::{CommandError, RefusalKind};
use super::super::snapshot::{COINS_MAX, CoinInfo, HistoryEntry, PAGE_MAX, WalletInfo};
use super::super::store::{BlockId, Store, StoreFault};
use super::super::time::Time;
use super::balance::{Balance, minus, plus};
use super::error::WalletError;
use super::rows::{EntryKind, Place, WalletEntry};
use super::spend::{Packages, Spendable};
use super::state::Wallets;
use super::waiting::{Standing, Waiter, net};
use crate::chain::tx::TxOut;
use crate::chain::{Address, Amount, KeyHash, OutPoint, Tx, Txid};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of wallets that are looked through for what spent a coin: some are read from disk, and the
/// node waits for it.
const LOOKED_THROUGH_MAX: usize = 20 * PAGE_MAX;

impl Wallets {
    /// All wallets, in the order in which they were made. Cheap: each is computed again only when
    /// something has changed.
    pub fn info(&self, packages: &impl Packages) -> Vec<WalletInfo> {
        let balances = self.made.iter().map(|owner| &self.balances[owner]);
        balances
            .map(|balance| self.info_of(balance, packages))
            .collect()
    }

    /// One wallet.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn wallet(&self, name: &str, packages: &impl Packages) -> Result<WalletInfo, WalletError> {
        Ok(self.info_of(self.balance(name)?, packages))
    }

    /// What a wallet did, newest first, `skip` entries left out, [`PAGE_MAX`] at most.
    ///
    /// # Errors
    /// [`WalletError::Unknown`]; that what is not in memory cannot be read.
    pub fn history(
        &self,
        name: &str,
        (skip, limit): (usize, usize),
        store: &impl Store,
    ) -> Result<Vec<HistoryEntry>, WalletError> {
        let balance = self.balance(name)?;
        let limit = limit.min(PAGE_MAX);
        let mut waiting = self.waiting.in_order(balance.waiting.iter().copied());
        waiting.reverse();
        let count = waiting.len();
        let spent = self.spent_in_blocks(&waiting, store)?;
        let waiting = waiting.into_iter().filter_map(|txid| {
            let waiter = self.waiting.get(&txid)?;
            Some(self.waiting_entry(balance, txid, waiter, &spent))
        });
        let mut shown: Vec<_> = waiting.skip(skip).take(limit).collect();
        let confirmed = balance.entries.keys().rev();
        let confirmed = confirmed.skip(skip.saturating_sub(count));
        for place in confirmed.take(limit - shown.len()) {
            let entry = self.at(*place, store)?;
            shown.push(self.entry(balance, *place, &entry));
        }
        Ok(shown)
    }

    /// Coins of a wallet that nothing known spends, the largest first, [`PAGE_MAX`] at most: in
    /// blocks, mature or not, and outputs that wait.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn coins(&self, name: &str) -> Result<Vec<CoinInfo>, WalletError> {
        let balance = self.balance(name)?;
        let confirmed = balance.coins().iter().map(|(outpoint, coin)| Spendable {
            outpoint: *outpoint,
            coin: *coin,
            waits: false,
        });
        let waiting = self.unspent_waiting(balance).map(|(_, coin)| coin);
        let mut coins: Vec<Spendable> = confirmed
            .filter(|coin| !self.waiting.claims(&coin.outpoint))
            .chain(waiting)
            .collect();
        coins.sort_by_key(|coin| (Reverse(coin.coin.amount), coin.outpoint));
        coins.truncate(PAGE_MAX);
        Ok(coins.iter().map(|coin| self.coin_info(coin)).collect())
    }

    /// Who is meant by a wallet's name or an address.
    ///
    /// # Errors
    /// In words: it is neither.
    pub fn whose(&self, of: &str) -> Result<KeyHash, CommandError> {
        if let Some(owner) = self.owner(of) {
            return Ok(owner);
        }
        let address = Address::parse(of, self.params.address_version);
        address.map(|address| address.owner).map_err(|error| {
            let words = format!("{of:?} is neither a wallet of this node nor an address: {error}");
            CommandError::new(RefusalKind::NoSuchWallet, words)
        })
    }

    /// Coins of one of these wallets' owners in blocks, [`COINS_MAX`] at most; `None`: it is none of them.
    pub fn coins_in_blocks(&self, owner: &KeyHash) -> Option<Vec<CoinInfo>> {
        let coins = self.balances.get(owner)?.coins().iter();
        let coins = coins.take(COINS_MAX).map(|(outpoint, coin)| {
            let (outpoint, coin, waits) = (*outpoint, *coin, false);
            self.coin_info(&Spendable {
                outpoint,
                coin,
                waits,
            })
        });
        Some(coins.collect())
    }

    /// The lowest height whose reward cannot be in the next block.
    pub(super) fn young(&self) -> u32 {
        let next = self.tip.height.saturating_add(1);
        next.saturating_add(1).saturating_sub(self.params.maturity)
    }

    fn info_of(&self, balance: &Balance, packages: &impl Packages) -> WalletInfo {
        let count = || self.count(balance, packages);
        balance.info.get_or_init(count).clone()
    }

    fn count(&self, balance: &Balance, packages: &impl Packages) -> WalletInfo {
        let (confirmed, immature) = balance.sums(self.young());
        let mut info = WalletInfo {
            name: balance.name.clone(),
            address: balance.address.clone(),
            confirmed,
            immature,
            incoming: Amount::ZERO,
            outgoing: Amount::ZERO,
            spendable: confirmed,
            unconfirmed: 0,
        };
        let mut claimed: BTreeSet<OutPoint> = BTreeSet::new();
        for txid in &balance.waiting {
            let Some(waiter) = self.waiting.get(txid).filter(|waiter| waiter.counts()) else {
                continue;
            };
            let (received, spent) = waiter.net(balance.owner);
            info.incoming = plus(info.incoming, received);
            info.outgoing = plus(info.outgoing, spent);
            info.unconfirmed += 1;
            claimed.extend(waiter.spent.iter().map(|(outpoint, _)| *outpoint));
        }
        info.spendable = self.spendable(balance, confirmed, &claimed, packages);
        info
    }

    fn waiting_entry(
        &self,
        balance: &Balance,
        txid: Txid,
        waiter: &Waiter,
        spent_in_blocks: &BTreeMap<OutPoint, Txid>,
    ) -> HistoryEntry {
        let spent: Vec<TxOut> = waiter.spent.iter().map(|(_, coin)| *coin).collect();
        let flow = Flow {
            spent: &spent,
            made: &waiter.tx.outputs,
            tx: Some(waiter.tx.as_ref()),
        };
        let conflicts_with = match waiter.standing {
            Standing::Counts => None,
            Standing::LosesTo(rival) => Some(rival),
            Standing::Never => self.rival_in_block(waiter, spent_in_blocks),
        };
        let why = match (conflicts_with, waiter.standing) {
            (Some(rival), _) => Some(format!("conflicts with {}", rival.short())),
            (None, Standing::Never) => Some("a coin of it does not exist any more".to_owned()),
            (None, _) => waiter.why.clone(),
        };
        HistoryEntry {
            at: waiter.at,
            conflicted: waiter.standing == Standing::Never,
            conflicts_with,
            why,
            ..self.shown(balance.owner, txid, &flow)
        }
    }

    /// What those of these payments that can never be in a block would spend, and blocks have spent
    /// otherwise, with the transaction that did. Looks through what their wallets have in blocks, the
    /// last first, but only if there are such payments, until all are found, and no further back than
    /// [`LOOKED_THROUGH_MAX`]: a coin may be gone without any block that spends it.
    fn spent_in_blocks(
        &self,
        waiting: &[Txid],
        store: &impl Store,
    ) -> Result<BTreeMap<OutPoint, Txid>, StoreFault> {
        let waiters = waiting.iter().filter_map(|txid| self.waiting.get(txid));
        let never = waiters.filter(|waiter| waiter.standing == Standing::Never);
        let mut wanted: BTreeMap<KeyHash, BTreeSet<OutPoint>> = BTreeMap::new();
        for (outpoint, coin) in never.flat_map(|waiter| &waiter.spent) {
            wanted.entry(coin.owner).or_default().insert(*outpoint);
        }
        let mut found = BTreeMap::new();
        let most = LOOKED_THROUGH_MAX / wanted.len().max(1);
        for (owner, mut wanted) in wanted {
            let balance = self.balances.get(&owner).into_iter();
            let places = balance.flat_map(|balance| balance.entries.keys().rev());
            for place in places.take(most) {
                if wanted.is_empty() {
                    break;
                }
                let entry = self.at(*place, store)?;
                let spent = entry.spent.iter().map(|(outpoint, _)| *outpoint);
                let spent = spent.filter(|outpoint| wanted.remove(outpoint));
                found.extend(spent.map(|outpoint| (outpoint, entry.txid)));
            }
        }
        Ok(found)
    }

    /// What spent a coin of it, or of what it builds on, in a block.
    fn rival_in_block(
        &self,
        waiter: &Waiter,
        spent_in_blocks: &BTreeMap<OutPoint, Txid>,
    ) -> Option<Txid> {
        let mut coins = waiter.spent.iter().map(|(outpoint, _)| outpoint);
        // Ends: nothing builds on itself.
        coins.find_map(|outpoint| match spent_in_blocks.get(outpoint) {
            Some(rival) => Some(*rival),
            None => self.rival_in_block(self.waiting.get(&outpoint.txid)?, spent_in_blocks),
        })
    }

    fn entry(&self, balance: &Balance, (height, _): Place, entry: &WalletEntry) -> HistoryEntry {
        let hash = entry.block;
        let spent = entry.spent.iter().map(|(_, coin)| TxOut {
            amount: coin.amount,
            owner: coin.owner,
        });
        let (spent, received): (Vec<TxOut>, Vec<TxOut>) = (
            spent.collect(),
            entry.made.iter().map(|(_, out)| *out).collect(),
        );
        let flow = match &entry.kind {
            EntryKind::Paid(tx) => Flow {
                spent: &spent,
                made: &tx.outputs,
                tx: Some(tx.as_ref()),
            },
            EntryKind::Reward | EntryKind::Received => Flow {
                spent: &[],
                made: &received,
                tx: None,
            },
        };
        HistoryEntry {
            block: Some(BlockId { height, hash }),
            confirmations: self.tip.height.saturating_sub(height).saturating_add(1),
            at: Time::from_block(entry.time),
            reward: entry.kind == EntryKind::Reward,
            ..self.shown(balance.owner, entry.txid, &flow)
        }
    }

    fn shown(&self, owner: KeyHash, txid: Txid, flow: &Flow<'_>) -> HistoryEntry {
        let (received, spent) = net(owner, flow.spent, flow.made);
        let own = flow.spent.iter().filter(|coin| coin.owner == owner).count();
        let tx = flow.tx.filter(|_| own > 0);
        let paid = tx.map_or_else(Vec::new, Tx::payments).into_iter();
        HistoryEntry {
            txid,
            block: None,
            confirmations: 0,
            at: Time::default(),
            reward: false,
            received,
            spent,
            fee: tx.filter(|tx| own == tx.inputs.len()).map(|_| flow.fee()),
            to: paid
                .map(|out| (self.params.address(out.owner).to_string(), out.amount))
                .collect(),
            conflicted: false,
            conflicts_with: None,
            why: None,
        }
    }
}

/// What a transaction moves: own coins that it spends, what it makes, and all of it, if it is known
/// and pays.
struct Flow<'a> {
    spent: &'a [TxOut],
    made: &'a [TxOut],
    tx: Option<&'a Tx>,
}

impl Flow<'_> {
    /// What the miner gets, if all inputs are known.
    fn fee(&self) -> Amount {
        let sum = |outs: &[TxOut]| outs.iter().map(|out| out.amount).fold(Amount::ZERO, plus);
        minus(sum(self.spent), sum(self.made))
    }
}
