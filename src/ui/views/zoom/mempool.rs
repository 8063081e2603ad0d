//! What waits for a block at a node, the best paying first.
//!
//! A snapshot has the first hundred. If there are more, the node is asked, once a second at most.

use crate::node::Time;
use crate::node::snapshot::{MempoolInfo, MempoolTx};
use crate::ui::viewer::Fetch;
use crate::ui::widgets::list::{Item, Look, Target, dim, ending, long, plain, strong};
use crate::ui::widgets::subject::Subject;
use crate::ui::widgets::table::{Column, number, words};
use std::time::Duration;

/// Time between two questions.
const PACE: Duration = Duration::from_secs(1);

/// Names of payees that are told.
const NAMES_SHOWN: usize = 2;

pub(super) const COLUMNS: [Column; 9] = [
    words("transaction", 0),
    number("amount", 0),
    words("to", 1),
    number("fee", 1),
    number("units/B", 3),
    number("bytes", 2),
    number("waits", 1),
    number("after", 4),
    number("before", 5),
];

/// The mempool, as far as it was asked for.
#[derive(Default)]
pub(super) struct Mempool {
    more: Vec<MempoolTx>,
    /// The node's mempool as it was when it was asked last.
    of: Option<MempoolInfo>,
    asked: Option<Time>,
    pub failed: Option<String>,
}

impl Mempool {
    pub fn items(&self, subject: Subject<'_>) -> Vec<Item> {
        let txs = self.txs(subject).iter();
        txs.map(|tx| item(subject, tx)).collect()
    }

    /// As many as are known, the best paying first.
    pub fn txs<'a>(&'a self, subject: Subject<'a>) -> &'a [MempoolTx] {
        let Some(snapshot) = subject.snapshot else {
            return &[];
        };
        let shown = &snapshot.mempool.shown;
        let is_more = snapshot.mempool.count > shown.len() && self.more.len() > shown.len();
        if is_more { &self.more } else { shown }
    }

    pub fn wanted(&mut self, subject: Subject<'_>) -> Option<Fetch> {
        let mempool = &subject.snapshot?.mempool;
        let now = subject.lab.now;
        let stands_still = subject.lab.time.as_ref().is_some_and(|time| time.is_paused);
        let is_early = self.asked.is_some_and(|at| now.since(at) < PACE) && !stands_still;
        if mempool.count <= mempool.shown.len() || is_early || self.of.as_ref() == Some(mempool) {
            return None;
        }
        self.asked = Some(now);
        self.of = Some(mempool.clone());
        Some(Fetch::Mempool(subject.ix))
    }

    pub fn fetched(&mut self, txs: Result<Vec<MempoolTx>, String>) {
        match txs {
            Ok(txs) => (self.more, self.failed) = (txs, None),
            Err(why) => (self.failed, self.of) = (Some(why), None),
        }
    }
}

fn item(subject: Subject<'_>, tx: &MempoolTx) -> Item {
    let count = |count: usize| match count {
        0 => dim("-"),
        more => plain(more),
    };
    Item::new(vec![
        long(tx.txid, Look::Plain),
        strong(
            tx.amount
                .map_or_else(String::new, |amount| amount.to_string()),
        ),
        plain(payees(subject, tx)),
        tx.fee.map_or_else(|| dim("unknown"), plain),
        dim(tx.fee.map_or_else(String::new, |fee| {
            crate::ui::text::fee_rate(fee.units(), tx.bytes)
        })),
        plain(tx.bytes),
        plain(subject.age(tx.since)),
        count(tx.ancestors),
        count(tx.descendants),
    ])
    .opens(Target::Tx(tx.txid))
    .copies("the transaction's id", tx.txid)
    .about(tx.txid)
}

/// Who is paid, by the names of wallets.
fn payees(subject: Subject<'_>, tx: &MempoolTx) -> String {
    let named = tx.to.iter().take(NAMES_SHOWN);
    let names = named.map(|(address, _)| {
        let name = subject.owner(address);
        name.unwrap_or_else(|| ending(address))
    });
    let names: Vec<_> = names.collect();
    match tx.payees.saturating_sub(names.len()) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
