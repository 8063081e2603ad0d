//! The wallets of a node.

use crate::chain::Amount;
use crate::node::snapshot::WalletInfo;
use crate::ui::widgets::list::{Cell, Item, Look, Target, dim, long, name, plain, strong};
use crate::ui::widgets::subject::Subject;
use crate::ui::widgets::table::{Column, number, words};

pub(super) const COLUMNS: [Column; 8] = [
    words("wallet", 0),
    number("confirmed", 0),
    number("immature", 3),
    number("incoming", 2),
    number("outgoing", 2),
    number("spendable", 1),
    words("address", 1),
    number("waiting", 6),
];

pub(super) fn items(subject: Subject<'_>) -> Vec<Item> {
    let wallets = subject
        .snapshot
        .iter()
        .flat_map(|snapshot| &snapshot.wallets);
    wallets.map(item).collect()
}

fn item(wallet: &WalletInfo) -> Item {
    let waiting = |sign: &str, amount: Amount, look: Look| match amount.is_zero() {
        true => dim("-"),
        false => Cell::Words(format!("{sign}{amount}"), look),
    };
    Item::new(vec![
        name(&wallet.name),
        strong(wallet.confirmed),
        waiting("", wallet.immature, Look::Plain),
        waiting("+", wallet.incoming, Look::Good),
        waiting("-", wallet.outgoing, Look::Warn),
        plain(wallet.spendable),
        long(&wallet.address, Look::Dim),
        dim(wallet.unconfirmed),
    ])
    .opens(Target::History(wallet.name.clone()))
    .copies(format!("{}'s address", wallet.name), &wallet.address)
    .about(&wallet.name)
}
