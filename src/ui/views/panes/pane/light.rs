//! What a light node has, and whom it has asked for it.

use super::parts::{label, none, running};
use crate::lab::view::{LabView, NodeView};
use crate::node::LightWay;
use crate::node::snapshot::{LightInfo, NodeSnapshot};
use crate::ui::text::{self, Row};
use crate::ui::widgets::scene::Scene;
use ratatui::text::Line;

/// How it learns what concerns its wallets, what that has cost, and who knows of it.
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
    let mut row =
        Row::new()
            .part(0, 0, vec![label(scene, "light")])
            .text(3, 0, way(seen.way), theme.text());
    if let Some(block) = seen.unserved {
        let words = format!("no peer sends #{}", block.height);
        return row.text(1, 2, words, theme.bad()).fit(room);
    }
    row = row.text(1, 2, downloaded(scene.lab, node, seen), theme.strong());
    if let Some(words) = most_fetched(seen) {
        row = row.text(2, 2, words, theme.warn());
    }
    if seen.is_one_word {
        row = row.text(4, 2, "one peer's word", theme.warn());
    }
    row.fit(room)
}

/// Its own payments that are in no block; those of others it does not see before they are in one.
pub(super) fn payments(
    scene: Scene<'_>,
    node: &NodeView,
    seen: &LightInfo,
    room: usize,
) -> Line<'static> {
    const NAME: &str = "payments";
    let theme = scene.theme;
    let Some(last) = seen.payments.last().filter(|_| running(node).is_some()) else {
        return none(scene, NAME);
    };
    let count = seen.payments.len();
    let row = Row::new().part(0, 0, vec![label(scene, NAME)]).text(
        1,
        0,
        format!("{count} not in a block"),
        theme.strong(),
    );
    let heard = match (last.heard.first(), last.is_sent) {
        (None, _) => "heard by none".to_owned(),
        (Some(first), true) => format!("sent, {first} heard it first"),
        (Some(first), false) => format!("heard by {first} alone"),
    };
    row.text(2, 2, heard, theme.text()).fit(room)
}

const fn way(way: LightWay) -> &'static str {
    match way {
        LightWay::Filter => "by filter",
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
