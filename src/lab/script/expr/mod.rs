//! Expressions: what is waited for, or expected, of the nodes of a lab.
//!
//! ```text
//! height >= 3 and tips == 1 and balance("alice")@miner == "9"
//! height == height@central            all heights are the same
//! not tip@miner == "00a1" or (peers@miner > 1 and mempool@miner == 0)
//! ```
//!
//! A quantity of one node is read there: `height@miner`. Without a node the comparison has to hold
//! on every node that runs. The hard case is what cannot be known, because a node is down or no
//! node runs at all: such a comparison is neither true nor false, and what rests on it does not
//! hold, not even with `not` before it.

mod error;
mod facts;
mod judge;
mod parse;
mod show;

pub use self::error::ExprError;
pub use self::facts::{Facts, NodeFacts};
pub use self::judge::Verdict;
pub use self::parse::{NESTING_MAX, TEXT_MAX};

use crate::chain::Amount;
use crate::lab::paper::names::missing;
use std::collections::BTreeSet;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// At least one of these, two or more.
    Any(Vec<Expr>),
    /// All of these, two or more.
    All(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// Two sides, of which one at least is a quantity of the lab.
    Compare(Operand, Relation, Operand),
}

/// How two sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `==`
    Same,
    /// `!=`
    Different,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A whole number; beside a balance, whole coins.
    Number(u64),
    /// An amount, in quotes.
    Amount(Amount),
    /// Either end of a block's hash, in quotes: hexadecimal digits in lower case.
    HashEnd(String),
    /// Tips of all nodes that run.
    Tips,
    /// Of those the ones of which none is an ancestor of another.
    Branches,
    /// Something of a node; `None`: of every node that runs.
    Of(Quantity, Option<String>),
}

/// Something of a node that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The height of its chain.
    Height,
    /// The hash of its tip.
    Tip,
    /// Transactions that wait.
    Mempool,
    /// Peers with whom the handshake is complete.
    Peers,
    /// Blocks that its deepest reorganisation left behind, so far; 0 if there was none.
    ReorgDepth,
    /// All coins of a wallet that its chain has, also rewards that are too young to be spent.
    Balance(String),
}

impl Expr {
    /// Makes sure that all nodes and wallets that are named are there.
    ///
    /// # Errors
    /// In words, the first that is not.
    pub fn check<'a>(
        &self,
        nodes: impl Iterator<Item = &'a str> + Clone,
        wallets: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), String> {
        for operand in self.operands() {
            let Operand::Of(quantity, node) = operand else {
                continue;
            };
            if let Some(node) = node
                && !nodes.clone().any(|known| known == node)
            {
                return Err(missing("node", node, nodes));
            }
            if let Quantity::Balance(wallet) = quantity
                && !wallets.clone().any(|known| known == wallet)
            {
                return Err(missing("wallet", wallet, wallets));
            }
        }
        Ok(())
    }

    /// Wallets whose balance is needed to judge it, each with the node whose chain it is asked of;
    /// `None`: of every node that runs.
    pub fn wallets(&self) -> BTreeSet<(&str, Option<&str>)> {
        let needed = self.operands().into_iter().filter_map(|operand| {
            let Operand::Of(Quantity::Balance(wallet), node) = operand else {
                return None;
            };
            Some((wallet.as_str(), node.as_deref()))
        });
        needed.collect()
    }

    fn operands(&self) -> Vec<&Operand> {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().flat_map(Self::operands).collect(),
            Self::Not(part) => part.operands(),
            Self::Compare(left, _, right) => vec![left, right],
        }
    }
}
