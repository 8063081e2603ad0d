//! Payments by the lab's own key: so that mining and paying need no node's wallet.
//!
//! The key is paid by its hash (P2PKH), which every node takes from the first block of its regtest on;
//! witnesses some take only hundreds of blocks later. A payment chooses coins, makes a transaction, signs
//! every input over all inputs and outputs, and gives the bytes that a node is sent.

mod draft;
mod error;

pub use error::PayError;

use super::address;
use super::network::AddressForm;
use super::script::{PaysTo, SCRIPT_LEN_MAX};
use crate::chain::amount::COIN;
use crate::chain::hash::sha256d;
use crate::chain::key::SecretKey;
use crate::chain::{Amount, OutPoint, Txid};
use draft::{Draft, DraftInput, DraftOutput, SIGHASH_ALL};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// More coins than there ever are. [`Amount`] is wider, as chainlab's own chains can have more.
pub const COINS_MAX: u64 = 21_000_000;

/// The most coins that a payment spends: nodes pass on no transaction of more than 100 000 bytes, and
/// these are 89 000.
pub const INPUTS_MAX: usize = 600;

/// Bytes of an input that spends a coin of ours: outpoint, count, signature of at most 72 bytes with its
/// type, key, each behind its length, sequence.
const INPUT_LEN: u64 = 32 + 4 + 1 + (1 + 72) + (1 + 33) + 4;

/// The fee rate by which nodes tell what is dust: an output worth less than it costs to make it and to
/// spend it (Bitcoin Core, `-dustrelayfee`).
const DUST_RATE: FeeRate = FeeRate(3_000);

/// Bytes of an input that spends an output by a witness, as Bitcoin Core counts them for dust.
const WITNESS_INPUT_LEN: u64 = 32 + 4 + 1 + 107 / 4 + 4;

/// Version 2 is what nodes make; it differs in sequence numbers alone, BIP 68.
const TX_VERSION: u32 = 2;

/// Says that another transaction may replace this one, BIP 125, and asks for no lock.
const SEQUENCE: u32 = u32::MAX - 2;

/// A key of the lab, with all that it takes to be paid and to pay.
#[derive(Clone, Debug)]
pub struct LabKey(SecretKey);

/// An output that pays to the key of the lab. That it is there, unspent, and, if a block made it, old
/// enough (100 blocks more), is for those to know who give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Which it is.
    pub outpoint: OutPoint,
    /// How much it holds.
    pub amount: Amount,
}

/// A fee for size, in hundred-millionths of a coin for 1000 virtual bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeeRate(u64);

/// What the miner gets, and also change that would be dust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fee {
    /// At least this, for the size of the transaction.
    Rate(FeeRate),
    /// This, whatever its size is.
    Exact(Amount),
}

/// What is to be paid, and where the rest goes.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The script that is paid.
    pub to: &'a [u8],
    /// How much it gets.
    pub amount: Amount,
    /// What the miner gets.
    pub fee: Fee,
    /// The script that gets what is left, as a rule the key's own.
    pub change: &'a [u8],
}

/// With what an order is paid, before anything is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The coins that are spent, the largest first.
    pub spent: Vec<Coin>,
    /// What is left of them, if it is more than dust.
    pub change: Option<Amount>,
    /// What the miner gets, with change that would be dust.
    pub fee: Amount,
    /// Bytes of the transaction at most: signatures may be a little shorter.
    pub bytes: u64,
}

/// A transaction that is made and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// As it is sent.
    pub bytes: Vec<u8>,
    /// Its id.
    pub txid: Txid,
    /// What it pays to the miner.
    pub fee: Amount,
    /// The coins that it spends.
    pub spent: Vec<OutPoint>,
    /// What is left of them, if it is more than dust: another coin, once a block has it, or before.
    pub change: Option<Coin>,
}

impl LabKey {
    /// With this private key.
    pub const fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// The private half, to be kept.
    pub const fn secret(&self) -> &SecretKey {
        &self.0
    }

    /// The script that pays to it.
    pub fn script(&self) -> Vec<u8> {
        PaysTo::KeyHash(self.0.public_key().hash().0).script()
    }

    /// Its address in this form.
    pub fn address(&self, form: &AddressForm) -> String {
        address::of_script(&self.script(), form).expect("the hash of a key has one")
    }

    /// Pays with some of these coins, the largest first: as few as it takes. A coin that is there twice
    /// counts once. Change that would be dust goes to the miner.
    ///
    /// # Errors
    /// [`PayError`].
    pub fn pay(&self, coins: &[Coin], order: &Order<'_>) -> Result<Payment, PayError> {
        let Chosen {
            spent, change, fee, ..
        } = order.choose(coins)?;
        let mut draft = draft_of(&spent, order, change);
        self.sign(&mut draft);
        let bytes = draft.to_bytes();
        let txid = Txid(sha256d(&bytes));
        Ok(Payment {
            bytes,
            txid,
            fee,
            spent: spent.iter().map(|coin| coin.outpoint).collect(),
            change: change.map(|amount| Coin {
                outpoint: OutPoint { txid, index: 1 },
                amount,
            }),
        })
    }

    /// Signs every input, as the script of each coin is this key's.
    fn sign(&self, draft: &mut Draft) {
        let script = self.script();
        let inputs = 0..draft.inputs.len();
        let hashes: Vec<_> = inputs
            .map(|at| draft.sighash(at, &script, SIGHASH_ALL))
            .collect();
        for (input, hash) in draft.inputs.iter_mut().zip(hashes) {
            let signature = draft::der_of(&self.0.sign(&hash));
            input.script = draft::input_script(&signature, &self.0.public_key());
        }
    }
}

impl FeeRate {
    /// What nodes pass on as a rule; newer ones of Bitcoin Core take a tenth of it.
    pub const USUAL_MIN: Self = Self(1_000);
    /// What a payment has for which no fee is named: twice that, so that it does not hang on a rounding.
    pub const USUAL: Self = Self(2_000);
    /// Above this Bitcoin Core's `sendrawtransaction` refuses a transaction as a mistake.
    pub const MAX: Self = Self(10_000_000);

    /// So much for 1000 virtual bytes.
    ///
    /// # Errors
    /// [`PayError::FeeRate`] above [`FeeRate::MAX`].
    pub const fn of(per_kvbyte: Amount) -> Result<Self, PayError> {
        match per_kvbyte.units() <= Self::MAX.0 {
            true => Ok(Self(per_kvbyte.units())),
            false => Err(PayError::FeeRate),
        }
    }

    /// For 1000 virtual bytes.
    pub fn per_kvbyte(self) -> Amount {
        Amount::from_units(self.0).expect("within its bound")
    }

    /// For so many virtual bytes, rounded up. They are those of scripts that were given, so that the fee
    /// is an amount.
    fn fee(self, vbytes: u64) -> Amount {
        let units = self.0.saturating_mul(vbytes).div_ceil(1_000);
        Amount::from_units(units).unwrap_or(Amount::MAX)
    }
}

impl Order<'_> {
    /// With which of these coins it is paid, the largest first: as few as it takes. A coin that is there
    /// twice counts once.
    ///
    /// # Errors
    /// [`PayError`].
    pub fn choose(&self, coins: &[Coin]) -> Result<Chosen, PayError> {
        self.check()?;
        let spent = choose(coins, self)?;
        let total = total(&spent)?;
        let change = self.change_of(total, spent.len());
        let paid = self.amount.checked_add(change.unwrap_or_default());
        let fee = paid.and_then(|paid| total.checked_sub(paid));
        let bytes = match change {
            Some(_) => len_of(spent.len(), &[self.to, self.change]),
            None => len_of(spent.len(), &[self.to]),
        };
        self.check_fee(bytes)?;
        Ok(Chosen {
            spent,
            change,
            fee: fee.expect("the coins were chosen to hold more"),
            bytes,
        })
    }

    /// What can be said of it without the coins.
    fn check(&self) -> Result<(), PayError> {
        let scripts = [self.to.len(), self.change.len()];
        if let Some(len) = scripts.into_iter().find(|len| *len > SCRIPT_LEN_MAX) {
            return Err(PayError::ScriptLength(len));
        }
        if is_too_much(self.amount) {
            return Err(PayError::TooMuch);
        }
        let (amount, least) = (self.amount, dust_limit(self.to));
        match amount < least {
            true => Err(PayError::Dust { amount, least }),
            false => Ok(()),
        }
    }

    /// That nodes would not take the fee that was asked for as a mistake.
    fn check_fee(&self, bytes: u64) -> Result<(), PayError> {
        let most = FeeRate::MAX.fee(bytes);
        match self.fee {
            Fee::Exact(fee) if fee > most => Err(PayError::Fee { fee, bytes, most }),
            _ => Ok(()),
        }
    }

    /// The fee for a transaction of so many inputs, with these outputs.
    fn fee_for(&self, inputs: usize, outputs: &[&[u8]]) -> Amount {
        match self.fee {
            Fee::Rate(rate) => rate.fee(len_of(inputs, outputs)),
            Fee::Exact(fee) => fee,
        }
    }

    /// What it takes of coins, so many of them, without change.
    fn takes(&self, inputs: usize) -> Amount {
        let fee = self.fee_for(inputs, &[self.to]);
        self.amount.checked_add(fee).unwrap_or(Amount::MAX)
    }

    /// What is left of so much, if it is worth an output.
    fn change_of(&self, total: Amount, inputs: usize) -> Option<Amount> {
        let fee = self.fee_for(inputs, &[self.to, self.change]);
        let left = total.checked_sub(self.amount)?.checked_sub(fee)?;
        (!left.is_zero() && left >= dust_limit(self.change)).then_some(left)
    }
}

/// The least that an output of this script holds so that nodes pass it on.
pub fn dust_limit(script: &[u8]) -> Amount {
    let pays_to = PaysTo::of(script);
    let spending = match pays_to.witness_program() {
        _ if pays_to.is_unspendable() => return Amount::ZERO,
        Some(_) => WITNESS_INPUT_LEN,
        None => INPUT_LEN,
    };
    DUST_RATE.fee(output_len(script) + spending)
}

/// The fewest coins that hold enough.
fn choose(coins: &[Coin], order: &Order<'_>) -> Result<Vec<Coin>, PayError> {
    let coins: BTreeMap<OutPoint, Amount> = coins
        .iter()
        .map(|coin| (coin.outpoint, coin.amount))
        .collect();
    let coins = coins
        .into_iter()
        .map(|(outpoint, amount)| Coin { outpoint, amount });
    let mut coins: Vec<Coin> = coins.collect();
    // Stable: of coins that hold the same it is the first by its name.
    coins.sort_by_key(|coin| Reverse(coin.amount));
    let have = total(&coins)?;
    let mut held = Amount::ZERO;
    for (count, coin) in (1..).zip(&coins) {
        held = held
            .checked_add(coin.amount)
            .expect("no more than all of them");
        match held >= order.takes(count) {
            true if count > INPUTS_MAX => return Err(PayError::TooManyCoins),
            true => return Ok(coins[..count].to_vec()),
            false => {}
        }
    }
    Err(PayError::Insufficient {
        have,
        amount: order.amount,
        fee: order.fee_for(coins.len(), &[order.to]),
    })
}

/// What they hold together; their amounts are what a node said.
fn total(coins: &[Coin]) -> Result<Amount, PayError> {
    let total = Amount::checked_sum(coins.iter().map(|coin| coin.amount));
    let total = total.filter(|total| !is_too_much(*total));
    total.ok_or(PayError::TooMuch)
}

/// The transaction without its signatures. The payment comes first.
fn draft_of(spent: &[Coin], order: &Order<'_>, change: Option<Amount>) -> Draft {
    let output = |amount, script: &[u8]| DraftOutput {
        amount,
        script: script.to_vec(),
    };
    let change = change.map(|amount| output(amount, order.change));
    Draft {
        version: TX_VERSION,
        inputs: spent
            .iter()
            .map(|coin| DraftInput {
                outpoint: coin.outpoint,
                script: Vec::new(),
                sequence: SEQUENCE,
            })
            .collect(),
        outputs: std::iter::once(output(order.amount, order.to))
            .chain(change)
            .collect(),
        lock_time: 0,
    }
}

/// Bytes at most of a transaction of so many inputs, with outputs of these scripts.
fn len_of(inputs: usize, outputs: &[&[u8]]) -> u64 {
    let counts = draft::count_len(inputs) + draft::count_len(outputs.len());
    let outputs = outputs.iter().map(|script| output_len(script)).sum::<u64>();
    let inputs = u64::try_from(inputs).unwrap_or(u64::MAX);
    let rest = 4 + 4 + counts + outputs;
    INPUT_LEN.saturating_mul(inputs).saturating_add(rest)
}

/// Bytes of an output: amount, and the script behind its length.
fn output_len(script: &[u8]) -> u64 {
    let len = u64::try_from(script.len()).unwrap_or(u64::MAX);
    len.saturating_add(8 + draft::count_len(script.len()))
}

fn is_too_much(amount: Amount) -> bool {
    amount.units() > COINS_MAX * COIN
}

#[cfg(test)]
mod tests;
