//! Expressions: what is waited for, or expected, of the nodes of a lab.
//!
//! ```text
//! height >= 3 and tips == 1 and balance("alice")@miner == "9"
//! height == height@central            all heights are the same
//! confirmations("double spend") >= 3 and propagated("#7")
//! balance("alice") + balance("bob") == "10"
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
mod names;
mod parse;
mod show;

pub use self::error::ExprError;
pub use self::facts::{Facts, NodeFacts};
pub use self::judge::Verdict;
pub use self::names::Names;
pub use self::parse::{NESTING_MAX, TEXT_MAX};

use crate::chain::Amount;
use crate::node::message::Kind;
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
    /// That the block of this height has reached every node that is waited for: the first seen of it.
    Propagated(u32),
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
    /// Messages of a kind that all nodes have sent.
    Messages(Kind),
    /// Something of a node; `None`: of every node that runs.
    Of(Quantity, Option<String>),
    /// Two or more of these together, none of them a sum or a hash.
    Sum(Vec<Operand>),
}

/// Something of a node that can be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Blocks of its chain from the one with this payment on; 0 while none has it.
    Confirmations(String),
    /// Messages of a kind that it has sent.
    Messages(Kind),
}

impl Expr {
    /// What of nodes is needed to judge it beside how they look: quantities that are about something, each
    /// with the node that it is read of; `None`: of every node that runs.
    pub fn needs(&self) -> BTreeSet<(&Quantity, Option<&str>)> {
        let mut needs = BTreeSet::new();
        self.visit(&mut |leaf| {
            if let Leaf::Operand(Operand::Of(quantity, node)) = leaf
                && quantity.subject().is_some()
            {
                needs.insert((quantity, node.as_deref()));
            }
        });
        needs
    }

    /// Kinds of messages whose number at all nodes together is needed to judge it.
    pub fn message_kinds(&self) -> BTreeSet<Kind> {
        let mut kinds = BTreeSet::new();
        self.visit(&mut |leaf| {
            if let Leaf::Operand(Operand::Messages(kind)) = leaf {
                kinds.insert(*kind);
            }
        });
        kinds
    }

    /// Heights of blocks of which it is needed how far they have come.
    pub fn blocks(&self) -> BTreeSet<u32> {
        let mut heights = BTreeSet::new();
        self.visit(&mut |leaf| {
            if let Leaf::Block(height) = leaf {
                heights.insert(height);
            }
        });
        heights
    }

    /// All that it is made of, in the order in which it is written.
    fn visit<'a>(&'a self, seen: &mut impl FnMut(Leaf<'a>)) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.visit(seen)),
            Self::Not(part) => part.visit(seen),
            Self::Compare(left, _, right) => {
                let terms = left.terms().iter().chain(right.terms());
                terms.for_each(|term| seen(Leaf::Operand(term)));
            }
            Self::Propagated(height) => seen(Leaf::Block(*height)),
        }
    }
}

/// What an expression is made of.
enum Leaf<'a> {
    Operand(&'a Operand),
    Block(u32),
}

impl Operand {
    /// What is added, or the only one.
    fn terms(&self) -> &[Self] {
        match self {
            Self::Sum(terms) => terms,
            one => std::slice::from_ref(one),
        }
    }

    /// Whether it is read of nodes, and not written in the expression.
    fn is_of_lab(&self) -> bool {
        let is_written =
            |term: &Self| matches!(term, Self::Number(_) | Self::Amount(_) | Self::HashEnd(_));
        !self.terms().iter().all(is_written)
    }
}

impl Quantity {
    /// What it is about, beside the node.
    fn subject(&self) -> Option<&str> {
        match self {
            Self::Balance(name) | Self::Confirmations(name) => Some(name),
            Self::Messages(kind) => Some(kind.name()),
            Self::Height | Self::Tip | Self::Mempool | Self::Peers | Self::ReorgDepth => None,
        }
    }
}
