//! Payments: which coins they spend, and what is missing when they cannot be made.
//!
//! A coin that any transaction known here spends is out of the question, so that two payments in a
//! row never pick the same one. Of the others mature coins in blocks come first, then the change of
//! this wallet's own payments, if the mempool has these; never what somebody else has not yet
//! got into a block. Among these: a coin of exactly the sum; or the smallest that suffices; or the
//! largest, one after the other, until it is enough.

use super::super::io::{Payment, SendPlan};
use super::super::snapshot::CoinInfo;
use super::keys::shown;
use super::purse::{Purse, plus};
use super::{WalletError, Wallets};
use crate::chain::amount::COIN;
use crate::chain::key::{PublicKey, Signature};
use crate::chain::tx::{TX_VERSION, TxIn, TxOut};
use crate::chain::{Address, Amount, Coin, KeyHash, OutPoint, Params, Tx};
use std::cmp::Reverse;
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

/// A payment that can be made.
struct Draft {
    inputs: Vec<Spendable>,
    outputs: Vec<TxOut>,
    change: Amount,
    payee: KeyHash,
}

impl Wallets {
    /// What a payment would do, without making it.
    ///
    /// # Errors
    /// [`WalletError`], what is wrong or missing.
    pub fn plan(&self, payment: &Payment) -> Result<SendPlan, WalletError> {
        let draft = self.draft(payment)?;
        Ok(self.describe(payment, &draft))
    }

    /// Makes a payment: signed, but not noted anywhere. Once the mempool has taken it, it goes to
    /// [`Wallets::sent`].
    ///
    /// # Errors
    /// [`WalletError`], what is wrong or missing.
    pub fn pay(&self, payment: &Payment) -> Result<(Arc<Tx>, SendPlan), WalletError> {
        let draft = self.draft(payment)?;
        let purse = self.purse(&payment.from)?;
        let mut tx = draft.unsigned();
        let coins: Vec<Coin> = draft.inputs.iter().map(|input| input.coin).collect();
        tx.sign(self.network, &coins, &vec![&purse.key; coins.len()]);
        Ok((Arc::new(tx), self.describe(payment, &draft)))
    }

    fn draft(&self, payment: &Payment) -> Result<Draft, WalletError> {
        let purse = self.purse(&payment.from)?;
        let payee = self.payee(&payment.to)?;
        if payment.amount.is_zero() {
            return Err(WalletError::Nothing);
        }
        let fee = payment.fee.unwrap_or_default();
        let needs = payment.amount.checked_add(fee);
        let needs = needs.ok_or(WalletError::TooMuch)?;
        let confirmed = self.mature(purse);
        let change = self.own_change(purse);
        let most = inputs_max(&self.params);
        let Some(inputs) = select(&confirmed, &change, needs, most) else {
            return Err(self.shortage(purse, needs, &[confirmed, change].concat()));
        };
        let spent = inputs.iter().map(|input| input.coin.amount);
        let spent = spent.fold(Amount::ZERO, plus);
        let change = spent.checked_sub(needs).expect("enough was selected");
        let mut outputs = vec![TxOut {
            amount: payment.amount,
            owner: payee,
        }];
        if !change.is_zero() {
            outputs.push(TxOut {
                amount: change,
                owner: purse.owner,
            });
        }
        Ok(Draft {
            inputs,
            outputs,
            change,
            payee,
        })
    }

    fn payee(&self, to: &str) -> Result<KeyHash, WalletError> {
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
    pub(super) fn mature(&self, purse: &Purse) -> Vec<Spendable> {
        let young = self.young();
        let coins = purse.coins().iter();
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

    /// What comes back from payments of this wallet that the mempool has.
    pub(super) fn own_change(&self, purse: &Purse) -> Vec<Spendable> {
        self.unspent_waiting(purse)
            .filter(|(own, _)| *own)
            .map(|(_, coin)| coin)
            .collect()
    }

    /// Outputs for this wallet that wait and that nothing spends, and whether the wallet may spend
    /// them: they are of its own payment, and the mempool has that.
    pub(super) fn unspent_waiting(&self, purse: &Purse) -> impl Iterator<Item = (bool, Spendable)> {
        let waiters = purse.waiting.iter().filter_map(|txid| {
            let waiter = self.waiting.get(txid)?;
            waiter.live.then_some((*txid, waiter))
        });
        waiters.flat_map(|(txid, waiter)| {
            let payer = waiter.spent.first().map(|(_, coin)| coin.owner);
            let own = waiter.sent && waiter.pooled && payer == Some(purse.owner);
            waiter
                .made(txid, purse.owner)
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

    fn shortage(&self, purse: &Purse, needs: Amount, now: &[Spendable]) -> WalletError {
        let name = purse.name.clone();
        let spendable = sum(now);
        if spendable >= needs {
            let inputs = inputs_max(&self.params);
            let mut largest = now.to_vec();
            largest.sort_by_key(|coin| Reverse(coin.coin.amount));
            largest.truncate(inputs);
            return WalletError::SmallCoins {
                name,
                spendable,
                inputs,
                possible: sum(&largest),
            };
        }
        let (_, immature) = purse.balance(self.young());
        let others = self.unspent_waiting(purse).filter(|(own, _)| !own);
        let waiting = others.fold(Amount::ZERO, |sum, (_, coin)| plus(sum, coin.coin.amount));
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
        if let Some(height) = purse.youngest(self.young()) {
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

    fn describe(&self, payment: &Payment, draft: &Draft) -> SendPlan {
        SendPlan {
            payment: payment.clone(),
            address: self.params.address(draft.payee).to_string(),
            inputs: draft
                .inputs
                .iter()
                .map(|coin| self.coin_info(coin))
                .collect(),
            change: draft.change,
            fee: payment.fee.unwrap_or_default(),
            bytes: draft.unsigned().encoded_len(),
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

impl Draft {
    fn unsigned(&self) -> Tx {
        let inputs = self.inputs.iter().map(|input| TxIn {
            outpoint: input.outpoint,
            key: PublicKey::NONE,
            signature: Signature::NONE,
        });
        Tx {
            version: TX_VERSION,
            inputs: inputs.collect(),
            outputs: self.outputs.clone(),
            lock_time: 0,
        }
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

fn sum(coins: &[Spendable]) -> Amount {
    let amounts = coins.iter().map(|coin| coin.coin.amount);
    amounts.fold(Amount::ZERO, plus)
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
