//! What a light node has, and whom it has asked for it.

use super::parts::{NONE, label, none, running};
use crate::lab::view::{LabView, NodeView};
use crate::node::LightWay;
use crate::node::snapshot::{LightInfo, LightPayment, NodeSnapshot};
use crate::ui::text::{self, Row};
use crate::ui::widgets::scene::Scene;
use ratatui::text::Line;

/// What it has cost to learn what concerns its wallets, and how it learns that.
pub(super) fn light(
    scene: Scene<'_>,
    node: &NodeView,
    seen: &LightInfo,
    room: usize,
) -> Line<'static> {
    let theme = scene.theme;
    if running(node).is_none() {
        return none(scene, "light");
    }
    let row = Row::new().part(0, 0, vec![label(scene, "light")]);
    if let Some(block) = seen.unserved {
        let words = format!("no peer sends #{}", block.height);
        return row.text(1, 0, words, theme.bad()).fit(room);
    }
    let mut row = row.text(1, 0, downloaded(scene.lab, node, seen), theme.strong());
    if seen.is_one_word {
        row = row.text(2, 2, "one peer's word", theme.warn());
    }
    row.text(3, 2, way(seen.way), theme.dim()).fit(room)
}

/// Its own payments that are in no block, and which peer can tell most about its wallets. Payments of others
/// it does not see before they are in a block.
pub(super) fn payments(
    scene: Scene<'_>,
    node: &NodeView,
    seen: &LightInfo,
    room: usize,
) -> Line<'static> {
    const NAME: &str = "payments";
    let theme = scene.theme;
    if running(node).is_none() {
        return none(scene, NAME);
    }
    let row = Row::new().part(0, 0, vec![label(scene, NAME)]);
    let row = match seen.payments.last() {
        None => row.text(1, 0, NONE, theme.dim()),
        Some(last) => {
            let count = format!("{} waiting", seen.payments.len());
            let row = row.text(1, 0, count, theme.strong());
            row.text(2, 2, heard(last), theme.text())
        }
    };
    match most_fetched(seen) {
        Some(words) => row.text(3, 3, words, theme.warn()).fit(room),
        None => row.fit(room),
    }
}

/// Who knows of a payment, and who was the first.
fn heard(payment: &LightPayment) -> String {
    match (payment.heard.first(), payment.is_sent) {
        (None, _) => "heard by none".to_owned(),
        (Some(first), true) => format!("sent, {first} heard it first"),
        (Some(first), false) => format!("heard by {first} alone"),
    }
}

const fn way(way: LightWay) -> &'static str {
    match way {
        LightWay::Filter => "by filter",
        LightWay::Address => "by address",
    }
}

/// What came in, beside the most that came in at a full node of the lab since its connections began.
fn downloaded(lab: &LabView, node: &NodeView, seen: &LightInfo) -> String {
    let own = text::size(seen.received_bytes);
    let full = lab
        .nodes
        .iter()
        .filter(|other| other.network == node.network)
        .filter_map(received_in_full)
        .max();
    match full {
        Some(bytes) => format!("downloaded {own}, a full node {}", text::size(bytes)),
        None => format!("downloaded {own}"),
    }
}

fn received_in_full(node: &NodeView) -> Option<u64> {
    let is_full = |seen: &&NodeSnapshot| seen.light.is_none() && seen.program.is_none();
    let seen = running(node).filter(is_full)?;
    Some(seen.peers.iter().map(|peer| peer.received_bytes).sum())
}

/// Who has sent most of the blocks that were fetched, and knows by that which may concern its wallets.
fn most_fetched(seen: &LightInfo) -> Option<String> {
    let most = seen.fetched.iter().max_by_key(|(_, blocks)| *blocks);
    let (peer, blocks) = most.filter(|(_, blocks)| *blocks > 0)?;
    let blocks = usize::try_from(*blocks).unwrap_or(usize::MAX);
    Some(format!(
        "{peer} saw {} fetched",
        text::counted(blocks, "block")
    ))
}
