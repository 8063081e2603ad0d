//! What waits for a block anywhere in the lab: what it pays, to whom, and what the miner gets.
//!
//! ```text
//! ╭ mempool ───────────────────────────────── 2 waiting ╮
//! │ tx    pays  to     fee      age  at                 │
//! │ 93ab     1  dave   0.0001   2 s  3 of 3             │
//! ```

use crate::chain::{Amount, Txid};
use crate::node::snapshot::MempoolTx;
use crate::ui::text;
use crate::ui::widgets::boxed::boxed;
use crate::ui::widgets::list::{Item, dim, ending, name, plain, strong};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table::{self, Column, number, words};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;
use std::cmp::Reverse;
use std::collections::BTreeMap;

const COLUMNS: [Column; 6] = [
    words("tx", 0),
    number("pays", 0),
    words("to", 1),
    number("fee", 2),
    number("age", 3),
    number("nodes", 4),
];

/// A transaction, and how many nodes have it.
type Waiting<'a> = (&'a MempoolTx, usize);

/// Draws the box.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let waiting = waiting(scene);
    let count = (!waiting.is_empty()).then(|| format!(" {} waiting ", waiting.len()));
    let count = count.map(|words| Line::styled(words, theme.text()));
    let inner = boxed(frame, area, theme, " mempool ", count);
    if waiting.is_empty() {
        let line = Line::styled("no transaction waits for a block", theme.dim());
        frame.render_widget(Paragraph::new(line), inner);
        return;
    }
    let rows = usize::from(inner.height).saturating_sub(1);
    let shown = waiting.iter().take(rows);
    let items: Vec<Item> = shown.map(|waiting| item(scene, *waiting)).collect();
    let (head, lines) = table::table(scene, &COLUMNS, &items, None, usize::from(inner.width));
    let lines: Vec<_> = std::iter::once(head).chain(lines).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// What waits at nodes that run, the newest first.
fn waiting(scene: Scene<'_>) -> Vec<Waiting<'_>> {
    let running = scene.lab.running().map(|(_, snapshot)| snapshot);
    let mut found: BTreeMap<Txid, Waiting<'_>> = BTreeMap::new();
    for tx in running.flat_map(|snapshot| &snapshot.mempool.shown) {
        let (first, nodes) = found.entry(tx.txid).or_insert((tx, 0));
        *nodes += 1;
        if tx.since < first.since {
            *first = tx;
        }
    }
    let mut waiting: Vec<_> = found.into_values().collect();
    waiting.sort_by_key(|(tx, _)| (Reverse(tx.since), tx.txid));
    waiting
}

fn item(scene: Scene<'_>, (tx, nodes): Waiting<'_>) -> Item {
    let id = tx.txid.short();
    let to = tx.to.first().map(|(address, _)| address.as_str());
    let to = to.map_or_else(String::new, |address| match scene.lab.wallet_of(address) {
        Some((_, wallet)) => wallet.to_owned(),
        None => ending(address),
    });
    let to = match tx.payees {
        0 | 1 => to,
        more => format!("{to} +{}", more - 1),
    };
    let fee = match tx.fee {
        None => dim("unknown"),
        Some(Amount::ZERO) => dim("0"),
        Some(fee) => plain(text::coins(fee)),
    };
    let running = scene.lab.running().count();
    Item::new(vec![
        plain(&id[id.len() - 4..]),
        strong(tx.amount.map_or_else(String::new, text::coins)),
        name(&to),
        fee,
        dim(scene.age(tx.since)),
        plain(format!("{nodes} of {running}")),
    ])
}
