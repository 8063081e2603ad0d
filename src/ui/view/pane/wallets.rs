//! What a node's wallets hold.

use super::{LABEL, label};
use crate::chain::Amount;
use crate::node::snapshot::{NodeSnapshot, WalletInfo};
use crate::ui::text::{self, short_name};
use crate::ui::view::scene::Scene;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// All wallets with what they hold, in the order in which they were made, on at most so many lines;
/// of those that find no room, how many there are.
pub(super) fn wallets(
    scene: Scene<'_>,
    snapshot: &NodeSnapshot,
    room: usize,
    lines: usize,
) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let mut rows: Vec<Vec<Span<'static>>> = vec![vec![label(scene, "wallets")]];
    let mut left = snapshot.wallets.len();
    if left == 0 {
        rows[0].push(Span::styled("none", theme.dim()));
    }
    for wallet in &snapshot.wallets {
        let spans = wallet_spans(scene, wallet);
        // Room for the number of those that are left, unless this is the last.
        let reserve = if left > 1 && rows.len() == lines {
            9
        } else {
            0
        };
        let row = rows.last_mut().expect("one from the start");
        let gap = if text::width(row) > LABEL { 2 } else { 0 };
        if text::width(row) + gap + text::width(&spans) + reserve <= room {
            row.push(Span::raw(" ".repeat(gap)));
            row.extend(spans);
        } else if rows.len() < lines && LABEL + text::width(&spans) <= room {
            let mut row = vec![label(scene, "")];
            row.extend(spans);
            rows.push(row);
        } else {
            break;
        }
        left -= 1;
    }
    if left > 0 {
        let words = vec![Span::styled(format!("  +{left} more"), theme.dim())];
        let row = rows.last_mut().expect("one from the start");
        if text::width(row) + text::width(&words) <= room {
            row.extend(words);
        }
    }
    rows.into_iter().map(Line::from).collect()
}

/// All that is the wallet's in blocks, young rewards included.
pub fn total(wallet: &WalletInfo) -> Amount {
    let total = wallet.confirmed.checked_add(wallet.immature);
    total.unwrap_or(wallet.confirmed)
}

/// A name and its balance; what waits, after a sign.
fn wallet_spans(scene: Scene<'_>, wallet: &WalletInfo) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let name = short_name(&wallet.name, 12, theme.cut());
    let mut spans = vec![
        Span::styled(format!("{name} "), theme.text()),
        Span::styled(total(wallet).to_string(), theme.strong()),
    ];
    let mut waiting = |sign: &str, amount: Amount, style: Style| {
        if !amount.is_zero() {
            spans.push(Span::styled(format!(" {sign}{amount}"), style));
        }
    };
    waiting("+", wallet.incoming, theme.good());
    waiting("-", wallet.outgoing, theme.warn());
    spans
}
