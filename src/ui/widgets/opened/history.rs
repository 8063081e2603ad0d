//! What a wallet did, as lines.

use crate::chain::Amount;
use crate::node::snapshot::HistoryEntry;
use crate::ui::widgets::list::{Cell, Item, Look, Target, chip, dim, ending, long, plain};
use crate::ui::widgets::subject::Subject;
use crate::ui::widgets::table::{Column, number, words};

pub(super) const HISTORY: [Column; 8] = [
    words("transaction", 1),
    words("block", 3),
    number("confirmed", 1),
    number("received", 0),
    number("spent", 0),
    words("with", 2),
    number("fee", 4),
    number("age", 2),
];

/// A line of a wallet's history.
pub(super) fn history_item(subject: Subject<'_>, entry: &HistoryEntry) -> Item {
    let signed = |sign: &str, amount: Amount, look: Look| match amount.is_zero() {
        true => plain(""),
        false => Cell::Words(format!("{sign}{amount}"), look),
    };
    let confirmed = match entry.block {
        _ if entry.conflicted => Cell::Words("never".to_owned(), Look::Bad),
        _ if entry.conflicts_with.is_some() => Cell::Words("loses".to_owned(), Look::Bad),
        None => Cell::Words("waits".to_owned(), Look::Warn),
        Some(block) => plain(subject.confirmations(block.height)),
    };
    let with = if entry.reward {
        "block reward".to_owned()
    } else if entry.is_to_itself() {
        // What went out is only the fee.
        let paid = entry.to.iter().map(|(_, amount)| amount.to_string());
        format!("{} to itself", paid.collect::<Vec<_>>().join(", "))
    } else {
        let names = entry.to.iter().map(|(address, _)| {
            let name = subject.owner(address);
            name.unwrap_or_else(|| ending(address))
        });
        // Also why it is not on its way into a block.
        let why = entry.why.clone();
        names.chain(why).collect::<Vec<_>>().join(", ")
    };
    let mut item = Item::new(vec![
        long(entry.txid, Look::Dim),
        entry.block.map_or(plain(""), |id| chip(subject.lab, id)),
        confirmed,
        signed("+", entry.received, Look::Good),
        signed("-", entry.spent, Look::Warn),
        plain(with),
        dim(entry.fee.map_or_else(String::new, |fee| fee.to_string())),
        plain(subject.age(entry.at)),
    ])
    .opens(Target::Tx(entry.txid))
    .copies("the transaction's id", entry.txid)
    .about(entry.txid);
    item.whole
        .extend(entry.to.iter().map(|(address, _)| address.clone()));
    item
}
