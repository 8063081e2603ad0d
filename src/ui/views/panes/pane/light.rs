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
    if let Some(words) = served(seen, room) {
        // It must be seen: where there is too little room the label gives way.
        let row = match row.width() + words.len() > room {
            true => Row::new(),
            false => row,
        };
        return row.text(0, 0, words, theme.bad()).fit(room);
    }
    let left = room.saturating_sub(row.width());
    let words = downloaded(scene.lab, node, seen, left);
    let mut row = row.text(1, 0, words, theme.strong());
    if let Some(words) = one_word(seen) {
        row = row.text(2, 2, words, theme.warn());
    }
    row.text(3, 2, way(seen.way), theme.dim()).fit(room)
}

/// Its own payments that are in no block, and which peer can tell most about its wallets. By filter, payments of
/// others are not seen before they are in a block.
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
        None if seen.incoming > 0 => {
            let words = format!("{} to it waiting", seen.incoming);
            row.text(1, 0, words, theme.text())
        }
        None if seen.way == LightWay::Filter => {
            let words = "others' show once they are in a block";
            row.text(1, 0, NONE, theme.dim())
                .text(5, 2, words, theme.dim())
        }
        None => row.text(1, 0, NONE, theme.dim()),
        Some(last) => {
            let count = format!("{} waiting", seen.payments.len());
            let row = row.text(1, 0, count, theme.strong());
            row.text(2, 2, heard(last), theme.text())
        }
    };
    let row = match newest(seen) {
        Some(words) => row.text(4, 2, words, theme.dim()),
        None => row,
    };
    match who_knows(node, seen) {
        Some(words) => row.text(3, 3, words, theme.warn()).fit(room),
        None => row.fit(room),
    }
}

/// Which full nodes have the end of its chain, if any has said that it does not.
fn served(seen: &LightInfo, room: usize) -> Option<String> {
    match seen.serve_tip {
        (_, 0) => None,
        (0, _) if room < 28 => Some("no node serves this tip".to_owned()),
        (0, _) => Some("no full node serves this tip".to_owned()),
        (some, none) => Some(format!(
            "{some} of {} serve this tip",
            text::counted(some + none, "full node")
        )),
    }
}

/// It has to believe one peer alone.
fn one_word(seen: &LightInfo) -> Option<&'static str> {
    match seen.way {
        LightWay::Filter => seen.is_one_word.then_some("one peer's word"),
        LightWay::Address => (seen.searching == 1).then_some("one peer searches"),
    }
}

/// How deep the newest of its payments in blocks is, while it does not count as confirmed.
fn newest(seen: &LightInfo) -> Option<String> {
    let newest = seen.proven.first()?;
    let (has, needs) = (newest.confirmations, seen.confirmed_after);
    (has < needs).then(|| format!("newest {has} of {needs} confirmations"))
}

/// Which peers can tell something about its wallets.
fn who_knows(node: &NodeView, seen: &LightInfo) -> Option<String> {
    match seen.way {
        LightWay::Filter => most_fetched(seen),
        LightWay::Address => {
            let wallets = &running(node)?.wallets[..];
            let whose = match wallets {
                [one] => format!("{}'s address", one.name),
                _ => "its addresses".to_owned(),
            };
            match &seen.told[..] {
                [] => None,
                [one] => Some(format!("{one} knows {whose}")),
                [one, other] => Some(format!("{one}, {other} know {whose}")),
                [one, other, more @ ..] => {
                    Some(format!("{one}, {other}, {} more know {whose}", more.len()))
                }
            }
        }
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
fn downloaded(lab: &LabView, node: &NodeView, seen: &LightInfo, room: usize) -> String {
    let own = text::size(seen.received_bytes);
    let full = lab
        .nodes
        .iter()
        .filter(|other| other.network == node.network)
        .filter_map(received_in_full)
        .max();
    match full {
        Some(bytes) => {
            let full = text::size(bytes);
            let short = format!("{own}, full {full}");
            let all = [
                format!("downloaded {own}, a full node {full}"),
                format!("{own}, a full node {full}"),
            ];
            let mut fitting = all.into_iter().filter(|words| words.len() <= room);
            fitting.next().unwrap_or(short)
        }
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
