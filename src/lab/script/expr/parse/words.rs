//! The words of expressions.

use super::token::Token;
use crate::lab::paper::document::nearest;
use crate::lab::script::expr::{Operand, Quantity};

pub(super) const BALANCE: &str = "balance";
pub(super) const CONFIRMATIONS: &str = "confirmations";
pub(super) const MESSAGES: &str = "messages";
pub(super) const PROPAGATED: &str = "propagated";

/// What can be read of a node, by its name.
pub(super) const QUANTITIES: [(&str, Quantity); 5] = [
    ("height", Quantity::Height),
    ("tip", Quantity::Tip),
    ("mempool", Quantity::Mempool),
    ("peers", Quantity::Peers),
    ("reorg_depth", Quantity::ReorgDepth),
];

/// What can be read of all nodes together.
pub(super) const WHOLE: [(&str, Operand); 2] =
    [("tips", Operand::Tips), ("branches", Operand::Branches)];

/// What is about something: what that is, as an example, and what it is called.
const ABOUT: [(&str, &str, &str); 4] = [
    (BALANCE, "alice", "a balance is"),
    (CONFIRMATIONS, "double spend", "confirmations are"),
    (MESSAGES, "inv", "the number of messages is"),
    (PROPAGATED, "#7", "the spread of a block is"),
];

/// That something is not written like that.
pub(super) fn not_so(word: &str, found: &Token) -> String {
    let row = ABOUT.iter().find(|(name, ..)| *name == word);
    let (_, example, it_is) = row.unwrap_or(&ABOUT[0]);
    format!("{word}(\"{example}\") is how {it_is} written, not with {found}")
}

pub(super) fn unknown(word: &str) -> String {
    let shown: String = word.chars().take(40).collect();
    let known = QUANTITIES.iter().map(|(name, _)| *name);
    let whole = WHOLE.iter().map(|(name, _)| *name);
    let known = known.chain(whole).chain(ABOUT.map(|(name, ..)| name));
    match nearest(&shown, known.clone()) {
        Some(near) => format!("there is no {shown:?}; did you mean {near:?}?"),
        None => {
            let known: Vec<_> = known.collect();
            format!("there is no {shown:?}; there are: {}", known.join(", "))
        }
    }
}
