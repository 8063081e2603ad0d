//! Draws the view: the border, the tabs, the news, and the tree or a list with what is chosen.

use super::forest::Place;
use super::{Areas, BlocksPane, Tab, graph, news, spread};
use crate::lab::LabView;
use crate::lab::observe::news::News;
use crate::node::snapshot::BlockInfo;
use crate::node::{BlockId, NodeIx, Time};
use crate::ui::lines;
use crate::ui::text::{Row, short_name};
use crate::ui::view::scene::Scene;
use crate::ui::zoom::list::{Cell, Item, Look, chip, dim, ending, plain, strong, window};
use crate::ui::zoom::table::{self, Column, number, words};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

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
pub(super) const NAMED: usize = 6;

pub(super) fn render(pane: &BlocksPane, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let areas = pane.areas(scene.lab, area);
    let (len, chosen) = pane.len_and_chosen(scene.lab);
    let place = match len {
        0 => String::new(),
        _ => format!("{} of {len}", chosen + 1),
    };
    border(pane, frame, area, scene, &place);
    frame.render_widget(tabs(pane, scene, areas.tabs.width), areas.tabs);
    match pane.tab {
        Tab::Tree => {
            tell_news(pane, frame, areas.news, scene);
            tree(pane, frame, &areas, scene, (len, chosen));
        }
        Tab::Blocks | Tab::Txs => spread::render(pane, frame, &areas, scene, chosen),
    }
}

fn border(pane: &BlocksPane, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, place: &str) {
    let theme = scene.theme;
    let mut block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(" blocks ", theme.strong()))
        .title(scene.focus_title());
    let room = usize::from(area.width).saturating_sub(4);
    let filter = pane.cursor().map_or("", |cursor| &cursor.filter);
    if !filter.is_empty() {
        let filter = short_name(filter, room / 2, theme.cut());
        block = block.title_bottom(Line::styled(format!(" filter: {filter} "), theme.warn()));
    } else if pane.tab == Tab::Tree && pane.forest.tree.has_lost() {
        let sign = graph::mark(theme, true);
        let legend = format!(" {sign} lost: no node has it on its chain ");
        block = block.title_bottom(Line::styled(legend, theme.dim()));
    }
    if !place.is_empty() {
        let place = Line::styled(format!(" {place} "), theme.dim()).right_aligned();
        block = block.title_bottom(place);
    }
    frame.render_widget(block, area);
}

fn tabs(pane: &BlocksPane, scene: Scene<'_>, room: u16) -> Line<'static> {
    let row = Tab::ALL.into_iter().fold(Row::new(), |row, tab| {
        let style = if tab == pane.tab {
            scene.theme.chosen()
        } else {
            scene.theme.text()
        };
        row.text(u8::from(tab != pane.tab), 1, tab.title(), style)
    });
    row.fit(usize::from(room))
}

fn tell_news(pane: &BlocksPane, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let lab = scene.lab;
    let news = News::current(&lab.reorganisations, lab.now);
    let Some(news) = news.filter(|_| !area.is_empty()) else {
        return;
    };
    let winner = pane.forest.tree.block(&news.last.new.hash);
    let miner = winner.and_then(|block| miner(lab, &block.info));
    let moment = scene.moment(news.last.at);
    let parts = news::parts(&news, lab, &moment, miner.as_deref());
    let (room, height) = (usize::from(area.width), usize::from(area.height));
    let lines = news::laid_out(parts, room, height);
    let style = scene.theme.warn();
    let lines = lines
        .into_iter()
        .map(|line| Line::from(scene.pieces(line, style)));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}

/// Who takes a block's reward, by the wallet's name and its node's; or who was seen to mine it.
fn miner(lab: &LabView, info: &BlockInfo) -> Option<String> {
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

fn tree(
    pane: &BlocksPane,
    frame: &mut Frame<'_>,
    areas: &Areas,
    scene: Scene<'_>,
    (len, chosen): (usize, usize),
) {
    let theme = scene.theme;
    if len == 0 {
        let line = Line::styled("no block was seen yet", theme.dim());
        frame.render_widget(line, areas.list);
        return;
    }
    let seen = window(len, chosen, usize::from(areas.list.height));
    let first = seen.start;
    let places: Vec<Place> = seen.filter_map(|at| pane.forest.place(at)).collect();
    let room = usize::from(areas.list.width);
    let at = chosen.checked_sub(first);
    let (head, lines) = tree_lines(pane, scene, &places, Detail::Whole(at), room);
    frame.render_widget(head, areas.head);
    lines::put(frame.buffer_mut(), areas.list, lines);
}

/// How much rows of the tree say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// All, and this row is chosen.
    Whole(Option<usize>),
    /// What matters while something else is looked at: of miners the node, of hashes the chip.
    Brief,
}

/// The head and the lines of these rows.
pub(super) fn tree_lines(
    pane: &BlocksPane,
    scene: Scene<'_>,
    places: &[Place],
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
        .map(|place| item(pane, scene, *place, detail))
        .collect();
    let (mut head, rows) = table::table(scene, columns, &items, chosen, room.saturating_sub(left));
    head.spans.insert(0, Span::raw(" ".repeat(left)));
    let lines = places
        .iter()
        .zip(rows)
        .enumerate()
        .map(|(nth, (place, row))| {
            let (mut spans, is_lost) = lane_spans(pane, scene, *place, lanes);
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
fn lanes(places: &[Place], room: usize) -> usize {
    let widths = places.iter().map(|place| match place {
        Place::Tree(row) => row.width(),
        Place::Chain(_) => 1,
    });
    widths.max().unwrap_or(1).min((room / 8).max(2))
}

fn lane_spans(
    pane: &BlocksPane,
    scene: Scene<'_>,
    place: Place,
    lanes: usize,
) -> (Vec<Span<'static>>, bool) {
    let theme = scene.theme;
    match place {
        Place::Tree(row) => {
            let block = pane.forest.tree.block(&row.id.hash);
            let is_lost = block.is_some_and(|block| block.is_lost);
            let ink = match is_lost {
                true => theme.faint(),
                false => scene.chip_ink(row.id),
            };
            let sign = graph::mark(theme, is_lost);
            (graph::spans(theme, &row, lanes, sign, ink), is_lost)
        }
        Place::Chain(_) => {
            let sign = graph::mark(theme, false);
            let rest = " ".repeat(graph::width(lanes) - 1);
            (
                vec![Span::styled(sign, theme.dim()), Span::raw(rest)],
                false,
            )
        }
    }
}

fn item(pane: &BlocksPane, scene: Scene<'_>, place: Place, detail: Detail) -> Item {
    let height = strong(place.height());
    let Some(info) = pane.forest.info(place) else {
        return Item::new(vec![height, plain(""), dim(pane.forest.missing())]);
    };
    let block = pane.forest.tree.block(&info.id.hash);
    let is_lost = block.is_some_and(|block| block.is_lost);
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
        nodes_here(pane, scene, info.id, is_lost),
        miner.map_or_else(|| plain(""), |miner| crate::ui::zoom::list::name(&miner)),
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
fn nodes_here(pane: &BlocksPane, scene: Scene<'_>, id: BlockId, is_lost: bool) -> Cell {
    let standing = pane.forest.tree.standing(&id.hash);
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
