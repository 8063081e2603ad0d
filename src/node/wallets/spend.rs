//! Payments: which coins they spend, and what is missing when they cannot be made.
//!
//! A coin that any transaction known here spends is out of the question, so that two payments in a
//! row never pick the same one. Of the others mature coins in blocks come first, then the change of
//! this wallet's own payments, if the mempool has these and lets one more payment build on them;
//! never what another wallet pays and no block has yet. Among these: a coin of exactly the sum; or
//! the smallest that suffices; or the largest, one after the other, until it is enough.

use super::super::io::{Payment, SendPlan};
use super::super::mempool::Mempool;
use super::super::snapshot::CoinInfo;
use super::balance::{Balance, minus, plus};
use super::error::WalletError;
use super::limits::shown;
use super::state::Wallets;
use crate::chain::amount::COIN;
use crate::chain::key::{PublicKey, Signature};
use crate::chain::tx::{TX_VERSION, TxIn, TxOut};
use crate::chain::{Address, Amount, Coin, KeyHash, OutPoint, Params, Tx, Txid};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Coins that one payment spends at most: with 133 bytes each it stays below 70 kB, and below 50 ms
/// to sign.
pub const INPUTS_MAX: usize = 500;

/// Bytes of one input.
const INPUT_BYTES: usize = 32 + 4 + 33 + 64;

/// Bytes of a block that are not for the inputs of a payment: header and counts (96), coinbase
/// (185), and the rest of the payment with two outputs (80).
const BLOCK_ROOM: usize = 96 + 185 + 80;

/// A coin that a wallet can spend.
#[derive(Clone, Copy)]
pub(super) struct Spendable {
    pub outpoint: OutPoint,
    /// Of change that waits, the height says nothing.
    pub coin: Coin,
    pub waits: bool,
}

/// Where payments may build on what waits: the mempool.
pub trait Packages {
    /// Whether one more transaction may spend outputs of all of these, which wait.
    fn has_room_above(&self, parents: &[Txid]) -> bool;
}

impl Packages for Mempool {
    fn has_room_above(&self, parents: &[Txid]) -> bool {
        Self::has_room_above(self, parents)
    }
}

/// A payment that can be made, as far as its wallet is concerned. It lacks nothing but signatures.
pub struct Draft {
    /// The transaction, without signatures.
    pub tx: Tx,
    /// What it does.
    pub plan: SendPlan,
    /// Whose it is.
    owner: KeyHash,
    /// What it spends, in the order of its inputs.
    spent: Vec<Coin>,
}

impl Wallets {
    /// What a payment would be. Nothing is noted anywhere.
    ///
    /// # Errors
    /// [`WalletError`], what is wrong or missing.
    pub fn draft(&self, payment: &Payment, packages: &impl Packages) -> Result<Draft, WalletError> {
        let balance = self.balance(&payment.from)?;
        let payee = self.payee(&payment.to)?;
        if payment.amount.is_zero() {
            return Err(WalletError::Nothing);
        }
        let fee = payment.fee.unwrap_or_default();
        let needs = payment.amount.checked_add(fee);
        let needs = needs.ok_or(WalletError::TooMuch)?;
        let confirmed = self.mature(balance);
        let change = self.usable_change(balance, packages);
        let most = inputs_max(&self.params);
        let Some(inputs) = select(&confirmed, &change, needs, most) else {
            return Err(self.shortage(balance, needs, &[confirmed, change].concat()));
        };
        let change = minus(sum_of(&inputs), needs);
        let mut outputs = vec![TxOut {
            amount: payment.amount,
            owner: payee,
        }];
        if !change.is_zero() {
            outputs.push(TxOut {
                amount: change,
                owner: balance.owner,
            });
        }
        let tx = unsigned(&inputs, outputs, balance.key.public_key());
        let plan = SendPlan {
            chosen_by_node: false,
            payment: payment.clone(),
            address: self.params.address(payee).to_string(),
            inputs: inputs.iter().map(|coin| self.coin_info(coin)).collect(),
            change,
            fee,
            bytes: tx.encoded_len(),
        };
        Ok(Draft {
            tx,
            plan,
            owner: balance.owner,
            spent: inputs.iter().map(|input| input.coin).collect(),
        })
    }

    /// Signs a payment. Once the mempool has taken it, it goes to [`Wallets::sent`].
    ///
    /// # Panics
    /// If it is of no wallet here.
    pub fn sign(&self, draft: Draft) -> Arc<Tx> {
        let Draft {
            mut tx,
            owner,
            spent,
            ..
        } = draft;
        let key = &self.balances[&owner].key;
        tx.sign(self.network, &spent, &vec![key; spent.len()]);
        Arc::new(tx)
    }

    /// What the next payment can spend. `confirmed` are mature coins, `claimed` coins that are out of
    /// the question.
    pub(super) fn spendable(
        &self,
        balance: &Balance,
        confirmed: Amount,
        claimed: &BTreeSet<OutPoint>,
        packages: &impl Packages,
    ) -> Amount {
        let most = inputs_max(&self.params);
        let change = self.usable_change(balance, packages);
        if balance.coins().len() + change.len() > most {
            return sum_of_largest([self.mature(balance), change].concat(), most);
        }
        // All that there are: no need to look at each.
        let young = self.young();
        let spent = claimed.iter().filter_map(|at| balance.coins().get(at));
        let spent = spent.filter(|coin| !coin.coinbase || coin.height < young);
        let spent = spent.map(|coin| coin.amount).fold(Amount::ZERO, plus);
        plus(minus(confirmed, spent), sum_of(&change))
    }

    /// Whom a wallet's name or an address means.
    ///
    /// # Errors
    /// [`WalletError::Payee`].
    pub fn payee(&self, to: &str) -> Result<KeyHash, WalletError> {
        if let Some(owner) = self.owner(to) {
            return Ok(owner);
        }
        let address = Address::parse(to, self.params.address_version);
        let refused = |address| WalletError::Payee {
            to: shown(to),
            there: self.there(),
            address,
        };
        address.map(|address| address.owner).map_err(refused)
    }

    /// Coins in blocks that can be spent now.
    pub(super) fn mature(&self, balance: &Balance) -> Vec<Spendable> {
        let young = self.young();
        let coins = balance.coins().iter();
        coins
            .filter(|(_, coin)| !coin.coinbase || coin.height < young)
            .filter(|(outpoint, _)| !self.waiting.claims(outpoint))
            .map(|(outpoint, coin)| Spendable {
                outpoint: *outpoint,
                coin: *coin,
                waits: false,
            })
            .collect()
    }

    /// What comes back from payments of this wallet that the mempool has, the largest first, as far as
    /// one more payment may spend all of it at once.
    fn usable_change(&self, balance: &Balance, packages: &impl Packages) -> Vec<Spendable> {
        let own = self.unspent_waiting(balance).filter(|(own, _)| *own);
        let mut change: Vec<Spendable> = own.map(|(_, coin)| coin).collect();
        change.sort_by_key(|coin| (Reverse(coin.coin.amount), coin.outpoint));
        let mut parents: Vec<Txid> = Vec::new();
        change.retain(|coin| {
            let parent = coin.outpoint.txid;
            if parents.contains(&parent) {
                return true;
            }
            parents.push(parent);
            let fits = packages.has_room_above(&parents);
            if !fits {
                parents.pop();
            }
            fits
        });
        change
    }

    /// Outputs for this wallet that wait and that nothing spends, and whether the wallet may spend
    /// them: they are of its own payment, and the mempool has that.
    pub(super) fn unspent_waiting(
        &self,
        balance: &Balance,
    ) -> impl Iterator<Item = (bool, Spendable)> {
        let waiters = balance.waiting.iter().filter_map(|txid| {
            let waiter = self.waiting.get(txid)?;
            waiter.counts().then_some((*txid, waiter))
        });
        waiters.flat_map(|(txid, waiter)| {
            let payer = waiter.spent.first().map(|(_, coin)| coin.owner);
            let own = waiter.sent && waiter.pooled && payer == Some(balance.owner);
            waiter
                .made(txid, balance.owner)
                .filter(|(outpoint, _)| !self.waiting.claims(outpoint))
                .map(move |(outpoint, out)| {
                    let coin = Coin {
                        amount: out.amount,
                        owner: out.owner,
                        height: 0,
                        coinbase: false,
                    };
                    let waits = true;
                    (
                        own,
                        Spendable {
                            outpoint,
                            coin,
                            waits,
                        },
                    )
                })
        })
    }

    fn shortage(&self, balance: &Balance, needs: Amount, now: &[Spendable]) -> WalletError {
        let name = balance.name.clone();
        let spendable = sum_of(now);
        if spendable >= needs {
            let inputs = inputs_max(&self.params);
            let possible = sum_of_largest(now.to_vec(), inputs);
            return WalletError::SmallCoins {
                name,
                spendable,
                inputs,
                possible,
            };
        }
        let (_, immature) = balance.sums(self.young());
        // Others' payments, and own change that the mempool lets nothing more build on.
        let usable: BTreeSet<OutPoint> = now.iter().map(|coin| coin.outpoint).collect();
        let waiting = self.unspent_waiting(balance).map(|(_, coin)| coin);
        let waiting = waiting.filter(|coin| !usable.contains(&coin.outpoint));
        let waiting = waiting.fold(Amount::ZERO, |sum, coin| plus(sum, coin.coin.amount));
        let has = plus(plus(spendable, immature), waiting);
        if has.is_zero() {
            return WalletError::Empty { name };
        }
        if has < needs {
            return WalletError::Short { name, has, needs };
        }
        let mut later = Vec::new();
        if !waiting.is_zero() {
            later.push(format!("{} for a block", in_words(waiting, "wait")));
        }
        if let Some(height) = balance.youngest(self.young()) {
            // A coin of height h may be in the block at h + maturity: on a tip one below that.
            let matures = height.saturating_add(self.params.maturity) - 1;
            later.push(format!(
                "{} at height {matures}",
                in_words(immature, "mature")
            ));
        }
        WalletError::NotYet {
            name,
            has,
            spendable,
            later: later.join(", "),
        }
    }

    /// A coin as it is shown.
    pub(super) fn coin_info(&self, coin: &Spendable) -> CoinInfo {
        CoinInfo {
            outpoint: coin.outpoint,
            amount: coin.coin.amount,
            owner: self.params.address(coin.coin.owner).to_string(),
            height: (!coin.waits).then_some(coin.coin.height),
            coinbase: coin.coin.coinbase,
        }
    }
}

fn unsigned(inputs: &[Spendable], outputs: Vec<TxOut>, key: PublicKey) -> Tx {
    let inputs = inputs.iter().map(|input| TxIn {
        outpoint: input.outpoint,
        key,
        signature: Signature::NONE,
    });
    Tx {
        version: TX_VERSION,
        inputs: inputs.collect(),
        outputs,
        lock_time: 0,
    }
}

/// Coins that one payment can spend on a network: a block must have room for it.
fn inputs_max(params: &Params) -> usize {
    let block = usize::try_from(params.max_block_bytes).unwrap_or(usize::MAX);
    INPUTS_MAX.min(block.saturating_sub(BLOCK_ROOM) / INPUT_BYTES)
}

/// "1 waits", "2 wait".
fn in_words(amount: Amount, verb: &str) -> String {
    let ending = if amount.units() == COIN { "s" } else { "" };
    format!("{amount} {verb}{ending}")
}

fn sum_of(coins: &[Spendable]) -> Amount {
    let amounts = coins.iter().map(|coin| coin.coin.amount);
    amounts.fold(Amount::ZERO, plus)
}

fn sum_of_largest(mut coins: Vec<Spendable>, most: usize) -> Amount {
    coins.sort_by_key(|coin| Reverse(coin.coin.amount));
    coins.truncate(most);
    sum_of(&coins)
}

/// Coins that add up to `needs`, `most` of them at the most: from blocks if these suffice.
fn select(
    confirmed: &[Spendable],
    change: &[Spendable],
    needs: Amount,
    most: usize,
) -> Option<Vec<Spendable>> {
    let amount = |coin: &Spendable| coin.coin.amount;
    let largest_first = |coins: &[Spendable]| {
        let mut coins = coins.to_vec();
        coins.sort_by_key(|coin| (Reverse(amount(coin)), coin.outpoint));
        coins
    };
    // The smallest that suffices is the exact one, if there is one.
    let one = |coins: &[Spendable]| {
        let suffices = coins.iter().filter(|coin| amount(coin) >= needs);
        let best = suffices.min_by_key(|coin| (amount(coin), coin.outpoint));
        best.map(|coin| vec![*coin])
    };
    let fill = |coins: &[Spendable]| {
        let mut chosen = Vec::new();
        let mut sum = Amount::ZERO;
        for coin in coins.iter().take(most) {
            chosen.push(*coin);
            sum = plus(sum, amount(coin));
            if sum >= needs {
                return Some(chosen);
            }
        }
        None
    };
    let (confirmed, change) = (largest_first(confirmed), largest_first(change));
    let all = [confirmed.as_slice(), &change].concat();
    one(&confirmed)
        .or_else(|| fill(&confirmed))
        .or_else(|| one(&change))
        .or_else(|| fill(&all))
        .or_else(|| fill(&largest_first(&all)))
}
