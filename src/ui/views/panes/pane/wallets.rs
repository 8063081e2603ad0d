//! What a node's wallets hold.

use super::parts::{LABEL, label, none};
use crate::chain::Amount;
use crate::lab::view::NodeView;
use crate::node::snapshot::WalletInfo;
use crate::ui::text::{self, short_name};
use crate::ui::widgets::scene::Scene;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The wallets on so many lines, no more and no fewer: what comes later moves nothing. Also of a node
/// that does not run: its coins are where they were.
pub(super) fn wallets(
    scene: Scene<'_>,
    node: &NodeView,
    room: usize,
    lines: usize,
) -> Vec<Line<'static>> {
    let wallets = node.snapshot.as_ref().map(|snapshot| &snapshot.wallets);
    let wallets = wallets.map_or(&[][..], Vec::as_slice);
    let mut shown = match wallets.is_empty() {
        true => vec![none(scene, "wallets")],
        false => {
            let rows = first_wallets(scene, wallets, room.saturating_sub(LABEL), lines);
            let rows = rows.into_iter().enumerate().map(|(nth, row)| {
                let mut line = vec![label(scene, if nth == 0 { "wallets" } else { "" })];
                line.extend(row);
                Line::from(line)
            });
            rows.collect()
        }
    };
    shown.resize(lines, Line::default());
    shown
}

/// Wallets with what they hold, in the order in which they were made, on at most so many lines; of
/// those that find no room, how many there are. The first is always there: its name is cut if need be.
pub fn first_wallets(
    scene: Scene<'_>,
    wallets: &[WalletInfo],
    room: usize,
    lines: usize,
) -> Vec<Vec<Span<'static>>> {
    let mut rows: Vec<Vec<Span<'static>>> = vec![Vec::new()];
    let mut left = wallets.len();
    for wallet in wallets {
        let is_last = rows.len() >= lines;
        let row = rows.last_mut().expect("one from the start");
        // Room for the number of those that are left.
        let reserve = if is_last { more(left - 1).len() } else { 0 };
        let gap = if row.is_empty() { 0 } else { 2 };
        let avail = room.saturating_sub(text::width(row) + gap);
        if let Some(spans) = whole(scene, wallet, avail.saturating_sub(reserve)) {
            row.push(Span::raw(" ".repeat(gap)));
            row.extend(spans);
        } else if row.is_empty() {
            let spans = whole(scene, wallet, avail);
            row.extend(spans.unwrap_or_else(|| cut(scene, wallet, avail)));
        } else if !is_last {
            let spans = whole(scene, wallet, room);
            rows.push(spans.unwrap_or_else(|| cut(scene, wallet, room)));
        } else {
            break;
        }
        left -= 1;
    }
    let row = rows.last_mut().expect("one from the start");
    let words = more(left);
    if text::width(row) + words.len() <= room {
        row.push(Span::styled(words, scene.theme.dim()));
    }
    rows
}

/// That there are so many more; of none nothing.
fn more(count: usize) -> String {
    match count {
        0 => String::new(),
        _ => format!("  +{count} more"),
    }
}

/// All that is the wallet's in blocks, young rewards included.
pub fn total(wallet: &WalletInfo) -> Amount {
    let total = wallet.confirmed.checked_add(wallet.immature);
    total.unwrap_or(wallet.confirmed)
}

/// A whole name and its balance; what waits, after a sign, if there is room for that, too.
fn whole(scene: Scene<'_>, wallet: &WalletInfo, room: usize) -> Option<Vec<Span<'static>>> {
    let theme = scene.theme;
    let mut spans = vec![
        Span::styled(format!("{} ", wallet.name), theme.text()),
        Span::styled(text::coins(total(wallet)), theme.strong()),
    ];
    if text::width(&spans) > room {
        return None;
    }
    let mut waiting = |sign: &str, amount: Amount, style: Style| {
        let words = format!(" {sign}{}", text::coins(amount));
        if !amount.is_zero() && text::width(&spans) + words.len() <= room {
            spans.push(Span::styled(words, style));
        }
    };
    waiting("+", wallet.incoming, theme.good());
    waiting("-", wallet.outgoing, theme.warn());
    Some(spans)
}

/// As much of the name as fits beside the balance.
fn cut(scene: Scene<'_>, wallet: &WalletInfo, room: usize) -> Vec<Span<'static>> {
    /// Letters by which a wallet is still known.
    const NAME: usize = 4;
    let theme = scene.theme;
    let holds = text::coins_within(total(wallet), room.saturating_sub(NAME + 1));
    let left = room.saturating_sub(holds.len() + 1);
    let name = short_name(&wallet.name, left, theme.cut());
    let mut spans = Vec::new();
    if !name.is_empty() {
        spans.push(Span::styled(name + " ", theme.text()));
    }
    if holds.len() <= room {
        spans.push(Span::styled(holds, theme.strong()));
    }
    spans
}
