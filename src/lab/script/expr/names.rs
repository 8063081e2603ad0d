//! What an expression may name.

use super::{Expr, Leaf, Operand, Quantity};
use crate::lab::paper::names::missing;

/// What is there to be named, in the order in which an error lists it.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// The nodes.
    pub nodes: Vec<&'a str>,
    /// The wallets of all nodes.
    pub wallets: Vec<&'a str>,
    /// The labels of payments.
    pub labels: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// These, and those that are there as well.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        add(&mut self.nodes, others.nodes);
        add(&mut self.wallets, others.wallets);
        add(&mut self.labels, others.labels);
        self
    }
}

fn add<'a>(known: &mut Vec<&'a str>, others: Vec<&'a str>) {
    for other in others {
        if !known.contains(&other) {
            known.push(other);
        }
    }
}

impl Expr {
    /// Makes sure that all nodes, wallets and labels that are named are there.
    ///
    /// # Errors
    /// In words, the first that is not.
    pub fn check(&self, names: &Names<'_>) -> Result<(), String> {
        let mut outcome = Ok(());
        self.visit(&mut |leaf| {
            if let (Ok(()), Leaf::Operand(operand)) = (&outcome, leaf) {
                outcome = check(operand, names);
            }
        });
        outcome
    }
}

fn check(operand: &Operand, names: &Names<'_>) -> Result<(), String> {
    let Operand::Of(quantity, node) = operand else {
        return Ok(());
    };
    if let Some(node) = node {
        find("node", node, &names.nodes)?;
    }
    match quantity {
        Quantity::Balance(wallet) => find("wallet", wallet, &names.wallets),
        Quantity::Confirmations(label) => find("payment labelled", label, &names.labels),
        _ => Ok(()),
    }
}

fn find(what: &str, name: &str, there: &[&str]) -> Result<(), String> {
    match there.contains(&name) {
        true => Ok(()),
        false => Err(missing(what, name, there.iter().copied())),
    }
}
