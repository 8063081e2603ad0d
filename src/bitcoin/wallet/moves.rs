//! What one transaction moves, as far as it concerns wallets.

use super::keys::{Keys, Owner};
use super::limits::PAYEES_MAX;
use crate::bitcoin::pay::COINS_MAX as MONEY_MAX;
use crate::bitcoin::tx::{Opened, Transaction, TxOutput};
use crate::chain::amount::COIN;
use crate::chain::{Amount, OutPoint, Txid};

/// A transaction of a wallet.
#[derive(Clone, Debug)]
pub struct Moves {
    pub txid: Txid,
    pub coinbase: bool,
    pub inputs: Vec<Input>,
    /// Those that pay to wallets, and, if a wallet pays, the first of the others.
    pub outputs: Vec<Output>,
    /// What all outputs pay together.
    paid: Amount,
}

/// What it spends.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    pub spends: OutPoint,
    /// The wallet whose coin that is, or whose key stands there: the coin may come to be known later.
    pub owner: Option<Owner>,
}

/// Whom it pays.
#[derive(Clone, Debug)]
pub struct Output {
    pub index: u32,
    pub amount: Amount,
    pub owner: Option<Owner>,
    /// The address, or the script in words. Not bytes of the block, which would keep all of it.
    pub to: String,
}

/// More than there can be.
#[derive(Clone, Copy, Debug)]
pub struct TooMuch;

impl Moves {
    /// What a transaction moves; `None` if it concerns none of these keys. `owner_of` knows whose coins
    /// are.
    pub fn of(
        tx: &Transaction,
        keys: &Keys,
        owner_of: impl Fn(&OutPoint) -> Option<Owner>,
    ) -> Result<Option<Self>, TooMuch> {
        let opened = tx.open();
        let inputs: Vec<Input> = opened
            .inputs
            .iter()
            .map(|input| Input {
                spends: input.spends,
                owner: owner_of(&input.spends).or_else(|| keys.shown_by(&input.script)),
            })
            .collect();
        let pays = inputs.iter().any(|input| input.owner.is_some());
        let paid = opened.paid().ok_or(TooMuch)?;
        if paid.units() > MONEY_MAX * COIN {
            return Err(TooMuch);
        }
        let outputs = outputs_of(&opened, keys, pays);
        let concerns = pays || !outputs.is_empty();
        Ok(concerns.then(|| Self {
            txid: tx.txid(),
            coinbase: opened.is_coinbase(),
            inputs,
            outputs,
            paid,
        }))
    }

    /// How much it takes to remember it.
    pub const fn parts(&self) -> usize {
        self.inputs.len() + self.outputs.len()
    }

    /// The outputs that pay to wallets.
    pub fn made(&self) -> impl Iterator<Item = (OutPoint, Owner, Amount)> {
        let txid = self.txid;
        self.outputs.iter().filter_map(move |output| {
            let index = output.index;
            Some((OutPoint { txid, index }, output.owner?, output.amount))
        })
    }
}

fn outputs_of(opened: &Opened, keys: &Keys, pays: bool) -> Vec<Output> {
    let mut others = 0;
    let mut kept = Vec::new();
    for (index, output) in (0..).zip(&opened.outputs) {
        let owner = keys.paid_by(&output.script);
        if owner.is_none() {
            if !pays || others == PAYEES_MAX {
                continue;
            }
            others += 1;
        }
        kept.push(kept_output(index, output, owner, keys));
    }
    kept
}

fn kept_output(index: u32, output: &TxOutput, owner: Option<Owner>, keys: &Keys) -> Output {
    Output {
        index,
        amount: Amount::from_units(output.value).expect("no more than all outputs"),
        owner,
        to: match owner {
            Some(owner) => keys.get(owner).address.clone(),
            None => keys.words_for(&output.script),
        },
    }
}

/// A transaction with the coins of wallets that it spends, from the point of view of each.
pub struct Flow<'a> {
    pub moves: &'a Moves,
    pub spent: Vec<(Owner, Amount)>,
}

impl Flow<'_> {
    pub fn concerns(&self, owner: Owner) -> bool {
        let pays = self.spent.iter().any(|(of, _)| *of == owner);
        pays || self.moves.made().any(|(_, to, _)| to == owner)
    }

    /// What a wallet gets and gives, change not counted: one of the two is nothing.
    pub fn net(&self, owner: Owner) -> (Amount, Amount) {
        let made = self.moves.made().filter(|(_, to, _)| *to == owner);
        let made = sum(made.map(|(_, _, amount)| amount));
        let spent = self.spent.iter().filter(|(of, _)| *of == owner);
        let spent = sum(spent.map(|(_, amount)| *amount));
        (minus(made, spent), minus(spent, made))
    }

    /// Whether all that it spends is the wallet's.
    pub fn is_paid_by(&self, owner: Owner) -> bool {
        let all = self.spent.len() == self.moves.inputs.len();
        all && self.spent.iter().all(|(of, _)| *of == owner)
    }

    /// What the miner gets, if the wallet pays it.
    pub fn fee(&self, owner: Owner) -> Option<Amount> {
        let spent = sum(self.spent.iter().map(|(_, amount)| *amount));
        self.is_paid_by(owner)
            .then(|| minus(spent, self.moves.paid))
    }

    /// Whom the wallet pays: itself only if no other.
    pub fn to(&self, owner: Owner) -> Vec<(String, Amount)> {
        if !self.spent.iter().any(|(of, _)| *of == owner) {
            return Vec::new();
        }
        let outputs = || self.moves.outputs.iter();
        let to_others = outputs().any(|output| output.owner != Some(owner));
        let paid = outputs().filter(|output| !to_others || output.owner != Some(owner));
        paid.map(|output| (output.to.clone(), output.amount))
            .collect()
    }
}

/// What waits can add up to more than there is, if a node says so: then it is the most that an amount
/// can be.
pub fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::ZERO, plus)
}

pub fn plus(a: Amount, b: Amount) -> Amount {
    a.checked_add(b).unwrap_or(Amount::MAX)
}

/// `a` less `b`, and nothing if `b` is more.
pub fn minus(a: Amount, b: Amount) -> Amount {
    a.checked_sub(b).unwrap_or(Amount::ZERO)
}
