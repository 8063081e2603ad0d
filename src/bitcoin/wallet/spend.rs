//! Payments: planned, and made and signed.

use super::LabWallets;
use super::error::WalletError;
use super::keys::{Named, Owner};
use super::limits::shown;
use super::moves::{plus, sum};
use super::shown::{CoinOf, Planned};
use super::view::largest_first;
use crate::bitcoin::address;
use crate::bitcoin::pay::{self, Chosen, Fee, FeeRate, INPUTS_MAX, Order, PayError};
use crate::chain::amount::COIN;
use crate::chain::{Amount, Txid};
use crate::node::io::Payment;
use std::collections::BTreeSet;

/// What a wallet can spend now.
pub(super) struct Usable {
    /// In blocks, and mature.
    confirmed: Vec<CoinOf>,
    /// Own change that waits.
    change: Vec<CoinOf>,
}

/// Who pays what to whom.
struct Draft<'a> {
    owner: Owner,
    payer: &'a Named,
    /// The script that is paid.
    to: Vec<u8>,
    amount: Amount,
    fee: Fee,
}

impl LabWallets {
    /// What a payment would be. It spends coins in blocks if these suffice, and own change that waits if
    /// not, the largest first.
    ///
    /// # Errors
    /// [`WalletError`], what is wrong or missing.
    pub fn plan(&self, payment: &Payment) -> Result<Planned, WalletError> {
        let draft = self.draft(payment)?;
        Ok(self.choose(payment, &draft)?.0)
    }

    /// Makes and signs a payment. It counts once the mempool has it, and that is said by
    /// [`LabWallets::waits`].
    ///
    /// # Errors
    /// As [`LabWallets::plan`].
    pub fn pay(&self, payment: &Payment) -> Result<(Planned, pay::Payment), WalletError> {
        let draft = self.draft(payment)?;
        let (planned, chosen) = self.choose(payment, &draft)?;
        // The same are chosen of these.
        let payment = draft.payer.key.pay(&chosen.spent, &draft.order())?;
        Ok((planned, payment))
    }

    fn draft(&self, payment: &Payment) -> Result<Draft<'_>, WalletError> {
        let owner = self.keys.find(&payment.from)?;
        let to = self.payee(&payment.to)?;
        if payment.amount.is_zero() {
            return Err(WalletError::Nothing);
        }
        Ok(Draft {
            owner,
            payer: self.keys.get(owner),
            to,
            amount: payment.amount,
            fee: payment.fee.map_or(Fee::Rate(FeeRate::USUAL), Fee::Exact),
        })
    }

    fn choose(
        &self,
        payment: &Payment,
        draft: &Draft<'_>,
    ) -> Result<(Planned, Chosen), WalletError> {
        let usable = self.usable(draft.owner);
        let all = usable.all();
        let order = draft.order();
        let chosen = match order.choose(&as_coins(&usable.confirmed)) {
            Err(PayError::Insufficient { .. } | PayError::TooManyCoins) => {
                order.choose(&as_coins(&all))
            }
            chosen => chosen,
        };
        let chosen = chosen.map_err(|wrong| self.refused(draft, &all, wrong))?;
        let spent: BTreeSet<_> = chosen.spent.iter().map(|coin| coin.outpoint).collect();
        let is_spent = |coin: &CoinOf| spent.contains(&coin.outpoint);
        let planned = Planned {
            payment: payment.clone(),
            address: self.keys.words_for(&draft.to),
            inputs: all.into_iter().filter(is_spent).collect(),
            change: chosen.change.unwrap_or_default(),
            fee: chosen.fee,
            bytes: chosen.bytes,
        };
        Ok((planned, chosen))
    }

    fn payee(&self, to: &str) -> Result<Vec<u8>, WalletError> {
        if let Some(script) = self.script(to) {
            return Ok(script);
        }
        address::to_script(to, self.network).map_err(|address| WalletError::Payee {
            to: shown(to),
            there: self.keys.there(),
            address,
        })
    }

    pub(super) fn usable(&self, owner: Owner) -> Usable {
        let coins = self.unspent_in_blocks(owner);
        let is_mature = |coin: &CoinOf| {
            let held = self.ledger.coin(&coin.outpoint);
            held.is_some_and(|held| self.is_mature(held))
        };
        Usable {
            confirmed: coins.filter(is_mature).collect(),
            change: self.usable_change(owner),
        }
    }

    /// Own change that waits, the largest first, as far as nodes let one more payment spend all of it at
    /// once.
    fn usable_change(&self, owner: Owner) -> Vec<CoinOf> {
        let own = self.unspent_waiting(owner).filter(|(own, _)| *own);
        let mut change: Vec<CoinOf> = own.map(|(_, coin)| coin).collect();
        largest_first(&mut change);
        let mut parents: Vec<Txid> = Vec::new();
        change.retain(|coin| {
            let parent = coin.outpoint.txid;
            if parents.contains(&parent) {
                return true;
            }
            parents.push(parent);
            let fits = self.waiting.has_room_above(&parents);
            if !fits {
                parents.pop();
            }
            fits
        });
        change
    }

    /// Why coins do not do, in words of the wallet.
    fn refused(&self, draft: &Draft<'_>, now: &[CoinOf], wrong: PayError) -> WalletError {
        let name = draft.payer.name.clone();
        match wrong {
            PayError::Insufficient { amount, fee, .. } => {
                self.shortage(draft, plus(amount, fee), now)
            }
            PayError::TooManyCoins => WalletError::SmallCoins {
                name,
                spendable: sum_of(now),
                inputs: INPUTS_MAX,
                possible: sum_of(&now[..now.len().min(INPUTS_MAX)]),
            },
            wrong => wrong.into(),
        }
    }

    fn shortage(&self, draft: &Draft<'_>, needs: Amount, now: &[CoinOf]) -> WalletError {
        let name = draft.payer.name.clone();
        let spendable = sum_of(now);
        let (immature, waiting) = self.later(draft.owner, now);
        let has = plus(plus(spendable, sum_of(&immature)), waiting);
        if has.is_zero() {
            return WalletError::Empty { name };
        }
        if has < needs {
            return WalletError::Short { name, has, needs };
        }
        WalletError::NotYet {
            name,
            has,
            spendable,
            later: self.later_words(&immature, waiting),
        }
    }

    /// What a wallet has beside what it can spend now: rewards that are too young, and what waits.
    fn later(&self, owner: Owner, now: &[CoinOf]) -> (Vec<CoinOf>, Amount) {
        let usable: BTreeSet<_> = now.iter().map(|coin| coin.outpoint).collect();
        let is_left = |coin: &CoinOf| !usable.contains(&coin.outpoint);
        let immature = self.unspent_in_blocks(owner).filter(is_left).collect();
        let waiting = self.unspent_waiting(owner).map(|(_, coin)| coin);
        let waiting = waiting.filter(is_left).map(|coin| coin.amount);
        (immature, sum(waiting))
    }

    fn later_words(&self, immature: &[CoinOf], waiting: Amount) -> String {
        let mut words = Vec::new();
        if !waiting.is_zero() {
            words.push(format!("{} for a block", in_words(waiting, "wait")));
        }
        if let Some(youngest) = immature.iter().filter_map(|coin| coin.height).max() {
            let amount = in_words(sum_of(immature), "mature");
            words.push(format!("{amount} at height {}", self.matures_at(youngest)));
        }
        words.join(", ")
    }
}

impl Usable {
    /// The largest first.
    pub(super) fn all(&self) -> Vec<CoinOf> {
        let mut all = [&self.confirmed[..], &self.change].concat();
        largest_first(&mut all);
        all
    }
}

impl Draft<'_> {
    fn order(&self) -> Order<'_> {
        Order {
            to: &self.to,
            amount: self.amount,
            fee: self.fee,
            change: &self.payer.script,
        }
    }
}

fn as_coins(coins: &[CoinOf]) -> Vec<pay::Coin> {
    let as_coin = |coin: &CoinOf| pay::Coin {
        outpoint: coin.outpoint,
        amount: coin.amount,
    };
    coins.iter().map(as_coin).collect()
}

fn sum_of(coins: &[CoinOf]) -> Amount {
    sum(coins.iter().map(|coin| coin.amount))
}

/// "1 waits", "2 wait".
fn in_words(amount: Amount, verb: &str) -> String {
    let ending = if amount.units() == COIN { "s" } else { "" };
    format!("{amount} {verb}{ending}")
}
