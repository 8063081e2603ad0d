//! Rows of the tree as lines: lanes, then figures.

use super::graph;
use super::{BlockRow, Forest};
use crate::lab::LabView;
use crate::node::snapshot::BlockInfo;
use crate::node::{BlockId, NodeIx, Time};
use crate::ui::text::short_name;
use crate::ui::widgets::list::{self, Cell, Item, Look, chip, dim, ending, plain, strong};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::table::{self, Column, number, words};
use ratatui::text::{Line, Span};

const TREE: [Column; 7] = [
    number("height", 0),
    words("block", 0),
    words("nodes at this tip", 1),
    words("mined by", 2),
    number("txs", 4),
    number("age", 3),
    words("hash", 5),
];

/// Columns of a node's name where nodes stand.
const NAME: usize = 16;

/// Nodes that are named in one place.
const NAMED: usize = 6;

/// Who takes a block's reward, by the wallet's name and its node's; or who was seen to mine it.
pub(in crate::ui) fn miner(lab: &LabView, info: &BlockInfo) -> Option<String> {
    let name = |ix: NodeIx| lab.node(ix).map_or("", |node| &*node.name);
    let Some(address) = &info.miner else {
        return miner_node(lab, info);
    };
    Some(match lab.wallet_of(address) {
        Some((ix, wallet)) if wallet == name(ix) => wallet.to_owned(),
        Some((ix, wallet)) => format!("{wallet}@{}", name(ix)),
        None => ending(address),
    })
}

/// The node whose wallet takes a block's reward, or that was seen to mine it.
fn miner_node(lab: &LabView, info: &BlockInfo) -> Option<String> {
    let owner = info.miner.as_ref().map(|address| lab.wallet_of(address));
    let node = match owner {
        Some(owner) => owner.map(|(ix, _)| ix),
        None => {
            let mut journeys = lab.block_propagation.iter();
            let found = journeys.find(|journey| journey.id == info.id && journey.is_own);
            found.map(|journey| journey.origin)
        }
    };
    Some(lab.node(node?)?.name.to_string())
}

/// How much rows of the tree say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Detail {
    /// All, and this row is chosen.
    Whole(Option<usize>),
    /// What matters while something else is looked at: of miners the node, of hashes the chip.
    Brief,
}

/// The head and the lines of these rows.
pub(in crate::ui) fn tree_lines(
    forest: &Forest,
    scene: Scene<'_>,
    places: &[BlockRow],
    detail: Detail,
    room: usize,
) -> (Line<'static>, Vec<Line<'static>>) {
    let theme = scene.theme;
    let (columns, chosen) = match detail {
        Detail::Whole(chosen) => (&TREE[..], chosen),
        Detail::Brief => (&TREE[..TREE.len() - 1], None),
    };
    let lanes = lanes(places, room);
    let left = graph::width(lanes) + 2;
    let items: Vec<Item> = places
        .iter()
        .map(|place| item(forest, scene, *place, detail))
        .collect();
    let (mut head, rows) = table::table(scene, columns, &items, chosen, room.saturating_sub(left));
    head.spans.insert(0, Span::raw(" ".repeat(left)));
    let lines = places
        .iter()
        .zip(rows)
        .enumerate()
        .map(|(nth, (place, row))| {
            let (mut spans, is_lost) = lane_spans(forest, scene, *place, lanes);
            spans.push(Span::raw(if Some(nth) == chosen {
                theme.pointer()
            } else {
                " "
            }));
            spans.push(Span::raw(" "));
            let is_faint = is_lost && Some(nth) != chosen;
            let faint = |span: Span<'static>| match is_faint && span.style.bg.is_none() {
                true => Span::styled(span.content, theme.faint()),
                false => span,
            };
            spans.extend(row.spans.into_iter().map(faint));
            Line::from(spans)
        });
    (head, lines.collect())
}

/// Lanes that are drawn: as many as there are in sight, and not so many that no room is left.
fn lanes(places: &[BlockRow], room: usize) -> usize {
    let widths = places.iter().map(|place| match place {
        BlockRow::Tree(row) => row.width(),
        BlockRow::Chain(_) => 1,
    });
    widths.max().unwrap_or(1).min((room / 8).max(2))
}

fn lane_spans(
    forest: &Forest,
    scene: Scene<'_>,
    place: BlockRow,
    lanes: usize,
) -> (Vec<Span<'static>>, bool) {
    let theme = scene.theme;
    match place {
        BlockRow::Tree(row) => {
            let is_lost = forest.tree.is_lost(&row.id.hash);
            let ink = match is_lost {
                true => theme.faint(),
                false => scene.chip_ink(row.id),
            };
            let sign = graph::mark(theme, is_lost);
            (graph::spans(theme, &row, lanes, sign, ink), is_lost)
        }
        BlockRow::Chain(_) => {
            let sign = graph::mark(theme, false);
            let rest = " ".repeat(graph::width(lanes) - 1);
            (
                vec![Span::styled(sign, theme.dim()), Span::raw(rest)],
                false,
            )
        }
    }
}

fn item(forest: &Forest, scene: Scene<'_>, place: BlockRow, detail: Detail) -> Item {
    let height = strong(place.height());
    let Some(info) = forest.info(place) else {
        return Item::new(vec![height, plain(""), dim(forest.missing())]);
    };
    let is_lost = forest.tree.is_lost(&info.id.hash);
    let age = match info.id.height {
        0 => "genesis".to_owned(),
        _ => scene.age(Time::from_block(info.time)),
    };
    let miner = match detail {
        Detail::Whole(_) => miner(scene.lab, info),
        Detail::Brief => miner_node(scene.lab, info),
    };
    Item::new(vec![
        height,
        chip(scene.lab, info.id),
        nodes_here(forest, scene, info.id, is_lost),
        miner.map_or_else(|| plain(""), |miner| list::name(&miner)),
        plain(info.txs.map_or_else(String::new, |txs| txs.to_string())),
        plain(age),
        Cell::Either {
            short: format!("..{}", info.id.hash.short()),
            long: info.id.hash.to_string(),
            look: Look::Dim,
        },
    ])
}

/// The nodes whose chain ends here.
fn nodes_here(forest: &Forest, scene: Scene<'_>, id: BlockId, is_lost: bool) -> Cell {
    let standing = forest.tree.standing(&id.hash);
    if standing.is_empty() {
        return dim(if is_lost { "lost" } else { "" });
    }
    let is_up = |ix: &NodeIx| {
        let node = scene.lab.node(*ix);
        node.is_some_and(|node| node.state.is_up())
    };
    let name = |ix: &NodeIx| {
        let name = short_name(scene.name(*ix), NAME, scene.theme.cut());
        match is_up(ix) {
            true => name,
            false => name + " (down)",
        }
    };
    let some = |shown: usize| {
        let names: Vec<String> = standing.iter().take(shown).map(name).collect();
        let names = names.join(" ");
        match standing.len().saturating_sub(shown) {
            0 => names,
            more => format!("{names} +{more}"),
        }
    };
    let count = standing.len();
    if count > 2 && count == scene.lab.nodes.len() && standing.iter().all(is_up) {
        return strong(format!("all {count} nodes"));
    }
    Cell::Either {
        short: some(1),
        long: some(NAMED),
        look: Look::Strong,
    }
}
