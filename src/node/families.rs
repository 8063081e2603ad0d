//! Transactions that no two of spend one coin, with who spends what: a set from which one goes
//! together with all that builds on it.

use crate::chain::{OutPoint, Tx, Txid};
use std::collections::BTreeMap;

/// Such a set, with something to know of each.
#[derive(Clone, Debug)]
pub(super) struct Families<T> {
    members: BTreeMap<Txid, Member<T>>,
    /// Who spends a coin.
    spends: BTreeMap<OutPoint, Txid>,
}

#[derive(Clone, Debug)]
struct Member<T> {
    inputs: Vec<OutPoint>,
    outputs: u32,
    value: T,
}

impl<T> Default for Families<T> {
    fn default() -> Self {
        Self {
            members: BTreeMap::new(),
            spends: BTreeMap::new(),
        }
    }
}

impl<T> Families<T> {
    pub(super) fn get(&self, txid: &Txid) -> Option<&T> {
        self.members.get(txid).map(|member| &member.value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Txid, &T)> {
        let members = self.members.iter();
        members.map(|(txid, member)| (txid, &member.value))
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Coins that all of them spend.
    pub(super) fn coins(&self) -> usize {
        self.spends.len()
    }

    pub(super) fn spender(&self, outpoint: &OutPoint) -> Option<Txid> {
        self.spends.get(outpoint).copied()
    }

    /// Takes one in. `false`: it is here, or another one spends a coin of it.
    pub(super) fn insert(&mut self, txid: Txid, tx: &Tx, value: T) -> bool {
        let inputs: Vec<OutPoint> = tx.inputs.iter().map(|input| input.outpoint).collect();
        let is_claimed = inputs.iter().any(|at| self.spends.contains_key(at));
        if is_claimed || self.members.contains_key(&txid) {
            return false;
        }
        self.spends.extend(inputs.iter().map(|at| (*at, txid)));
        let outputs = u32::try_from(tx.outputs.len()).expect("a transaction is smaller than 4 GB");
        let member = Member {
            inputs,
            outputs,
            value,
        };
        self.members.insert(txid, member);
        true
    }

    /// Lets one go; what builds on it stays.
    pub(super) fn remove(&mut self, txid: &Txid) -> Option<T> {
        let member = self.members.remove(txid)?;
        for outpoint in &member.inputs {
            self.spends.remove(outpoint);
        }
        Some(member.value)
    }

    /// Lets those go that spend one of these coins, with all that builds on them, parents first.
    pub(super) fn remove_spenders(
        &mut self,
        coins: impl IntoIterator<Item = OutPoint>,
    ) -> Vec<(Txid, T)> {
        let mut gone = Vec::new();
        let mut next: Vec<OutPoint> = coins.into_iter().collect();
        // Ends: each step takes one out, or none.
        while let Some(coin) = next.pop() {
            let Some(txid) = self.spender(&coin) else {
                continue;
            };
            let outputs = self.members.get(&txid).map_or(0, |member| member.outputs);
            next.extend((0..outputs).map(|index| OutPoint { txid, index }));
            gone.extend(self.remove(&txid).map(|value| (txid, value)));
        }
        gone
    }
}

/// The outputs of a transaction, as coins that another one may spend.
pub(super) fn outputs(txid: Txid, tx: &Tx) -> impl Iterator<Item = OutPoint> + use<> {
    let outputs = u32::try_from(tx.outputs.len()).expect("a transaction is smaller than 4 GB");
    (0..outputs).map(move |index| OutPoint { txid, index })
}
