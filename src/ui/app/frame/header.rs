//! The first line: which lab, which view, how time goes, what the chains say and the network.
//!
//! ```text
//!  scenario    Lab Network Blocks Messages Log  LIVE   +00:42   AGREE #12 [a9]              DOWN 1           mempool    1
//!  partition Lab Net Blk Msg Log HELD   +01:20   FORK 2 branches     PARTITION 3|3
//! ```
//!
//! People point at it, so nothing in it moves: each part has its columns, which follow from the
//! width of the screen alone (`Columns`), and on wide ones from whether time is virtual, which has more to
//! say. What does not fit there is said shorter.

use super::clock::{clock, mode};
use crate::lab::paper::units::show_tx_rate;
use crate::lab::view::headline::{Chains, Mining, Network};
use crate::node::BlockId;
use crate::ui::keymap::ViewId;
use crate::ui::text;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// From this width on tabs have their whole names.
const LONG_TABS: u16 = 100;

/// From these widths on sums stand behind the rest.
const WITH_MEMPOOL: u16 = 120;
const WITH_HASHRATE: u16 = 140;
const WITH_TRAFFIC: u16 = 160;

/// Columns of what the chains say, as `FORK 2 branches` and `ON ITS WAY #1234 [f3] 17/24` need them.
const CHAINS: (u16, u16) = (19, 27);

/// Columns of what the network says: `PARTITION 3|3` and `PARTITION 16|16`.
const NETWORK: (u16, u16) = (13, 16);

/// Columns of the lab's name.
const NAME: (u16, u16) = (6, 12);

/// Columns between two parts.
const GAP: u16 = 1;

/// Columns of how time goes, and of what time it is.
pub(super) const MODE: u16 = 6;
const CLOCK: u16 = 8;

/// The same in virtual time, from [`WITH_TRAFFIC`] on: `x100 (31)` and `+1:00:51.411`.
const VIRTUAL: (u16, u16) = (10, 12);

const MEMPOOL: u16 = 12;
const HASHRATE: u16 = 10;
const TRAFFIC: u16 = 10;

/// Where a part stands, from the left edge; nothing where it has no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    x: u16,
    width: u16,
}

/// Where everything stands on a screen of some width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Columns {
    name: Slot,
    tabs: Slot,
    mode: Slot,
    clock: Slot,
    chains: Slot,
    network: Slot,
    mempool: Slot,
    hashrate: Slot,
    traffic: Slot,
}

/// Draws the header.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let columns = Columns::new(area.width, scene.lab.time.is_some());
    let theme = scene.theme;
    let plain = |words: String| vec![Span::styled(words, theme.text())];
    let name = text::short_name(
        &scene.lab.name,
        usize::from(columns.name.width),
        theme.cut(),
    );
    let figures = scene.lab.headline.figures;
    let is_long = area.width >= LONG_TABS;
    let fields = [
        (columns.name, vec![vec![Span::styled(name, theme.strong())]]),
        (columns.tabs, vec![tabs(scene, is_long)]),
        (columns.mode, mode(scene, columns.mode.width)),
        (columns.clock, clock(scene).into_iter().map(plain).collect()),
        (columns.chains, chains(scene)),
        (columns.network, network(scene)),
        (
            columns.mempool,
            mempool(figures.mempool).map(plain).to_vec(),
        ),
        (columns.hashrate, vec![plain(hashrate(scene))]),
        (columns.traffic, vec![plain(traffic(scene))]),
    ];
    for (field, ways) in fields {
        let room = usize::from(field.width);
        let fitting = ways.into_iter().find(|spans| text::width(spans) <= room);
        let line = Line::from(fitting.unwrap_or_default());
        let x = area.x + field.x;
        frame.buffer_mut().set_line(x, area.y, &line, field.width);
    }
}

impl Columns {
    fn new(width: u16, is_virtual: bool) -> Self {
        let (mut columns, left) = Self::widths(width, is_virtual);
        // What is left keeps the tabs apart from what they do not name.
        let air = left.min(1);
        let mut x = 1;
        let mut place = |slot: &mut Slot, after: u16| {
            slot.x = x;
            if slot.width > 0 {
                x += slot.width + after;
            }
        };
        place(&mut columns.name, GAP);
        place(&mut columns.tabs, GAP + air);
        place(&mut columns.mode, GAP);
        place(&mut columns.clock, GAP);
        place(&mut columns.chains, GAP);
        place(&mut columns.network, GAP);
        place(&mut columns.mempool, GAP);
        place(&mut columns.hashrate, GAP);
        place(&mut columns.traffic, GAP);
        columns
    }

    /// How wide everything is, and how many columns are left.
    fn widths(width: u16, is_virtual: bool) -> (Self, u16) {
        let tabs = tabs_width(width >= LONG_TABS);
        // All tabs and what is said of the lab are always there: narrower screens show no lab.
        let (mut chains, mut network) = (CHAINS.0, NETWORK.0);
        let mut left = width.saturating_sub(1 + tabs + GAP + chains + GAP + network);
        let mut take = |wanted: u16| match left >= wanted + GAP {
            true => {
                left -= wanted + GAP;
                wanted
            }
            false => 0,
        };
        let mode = take(MODE);
        let clock = if mode > 0 { take(CLOCK) } else { 0 };
        let mut name = if clock > 0 { take(NAME.0) } else { 0 };
        let mut sum = |from: u16, wanted: u16| if width >= from { take(wanted) } else { 0 };
        let mempool = sum(WITH_MEMPOOL, MEMPOOL);
        let hashrate = sum(WITH_HASHRATE, HASHRATE);
        let traffic = sum(WITH_TRAFFIC, TRAFFIC);
        let mut grow = |field: &mut u16, to: u16| {
            let more = to.saturating_sub(*field).min(left);
            *field += more;
            left -= more;
        };
        if name > 0 {
            // Nine columns, as long as names of labs mostly are, before the rest grows.
            grow(&mut name, NAME.1 - 3);
        }
        grow(&mut chains, CHAINS.1);
        grow(&mut network, NETWORK.1);
        if name > 0 {
            grow(&mut name, NAME.1);
        }
        let (mut mode, mut clock) = (mode, clock);
        if is_virtual && width >= WITH_TRAFFIC {
            grow(&mut mode, VIRTUAL.0);
            grow(&mut clock, VIRTUAL.1);
        }
        let of = |width| Slot { x: 0, width };
        let columns = Self {
            name: of(name),
            tabs: of(tabs),
            mode: of(mode),
            clock: of(clock),
            chains: of(chains),
            network: of(network),
            mempool: of(mempool),
            hashrate: of(hashrate),
            traffic: of(traffic),
        };
        (columns, left)
    }
}

/// What the header calls a view.
fn tab(view: ViewId, is_long: bool) -> &'static str {
    if is_long { view.name() } else { view.short() }
}

fn tabs_width(is_long: bool) -> u16 {
    let names = ViewId::TABS.map(|view| tab(view, is_long));
    u16::try_from(names.join(" ").len()).expect("a few short names")
}

/// All tabs. Zoom has none: the one of the view beneath it stays marked.
fn tabs(scene: Scene<'_>, is_long: bool) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    for view in ViewId::TABS {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        let style = match scene.viewer.view == view {
            true => scene.theme.chosen(),
            false => scene.theme.dim(),
        };
        spans.push(Span::styled(tab(view, is_long), style));
    }
    spans
}

/// What the chains say, the longest way first.
fn chains(scene: Scene<'_>) -> Vec<Vec<Span<'static>>> {
    let theme = scene.theme;
    let plain = |words: String, style: Style| vec![vec![Span::styled(words, style)]];
    let of_block = |words: &str, id: BlockId, rest: String, style: Style| {
        let start = Span::styled(format!("{words} "), style);
        let rest = Span::styled(rest, style);
        let height = Span::styled(format!("#{} ", id.height), theme.strong());
        let chip = scene.chip(id);
        vec![
            vec![start.clone(), height, chip.clone(), rest.clone()],
            vec![start.clone(), chip, rest.clone()],
            vec![Span::styled(words.to_owned(), style), rest],
        ]
    };
    match &scene.lab.headline.chains {
        Chains::Starting => plain("STARTING".to_owned(), theme.warn()),
        Chains::NoneRuns => plain("NO NODE RUNS".to_owned(), theme.bad()),
        Chains::Agree { tip, nodes } => {
            let words = match nodes {
                1 => "ONE NODE",
                _ => "AGREE",
            };
            of_block(words, *tip, String::new(), theme.good())
        }
        Chains::OnItsWay { block, at, of } => {
            of_block("ON ITS WAY", *block, format!(" {at}/{of}"), theme.warn())
        }
        Chains::Fork { branches } => plain(format!("FORK {branches} branches"), theme.bad()),
    }
}

/// What the network says, the longest way first.
fn network(scene: Scene<'_>) -> Vec<Vec<Span<'static>>> {
    let theme = scene.theme;
    let (words, short, style) = match &scene.lab.headline.network {
        Network::Whole => return Vec::new(),
        Network::CatchingUp(nodes) => (format!("CATCHING UP {nodes}"), "CATCHING UP", theme.warn()),
        Network::Down(nodes) => (format!("DOWN {nodes}"), "DOWN", theme.bad()),
        Network::Partition(groups) => {
            let sizes: Vec<_> = groups.iter().map(usize::to_string).collect();
            (
                format!("PARTITION {}", sizes.join("|")),
                "PARTITION",
                theme.bad(),
            )
        }
    };
    [words, short.to_owned()]
        .map(|words| vec![Span::styled(words, style)])
        .to_vec()
}

/// How many transactions wait.
fn mempool(count: usize) -> [String; 2] {
    [format!("mempool {count:>4}"), format!("mem {count}")]
}

/// What all miners together try.
fn hashrate(scene: Scene<'_>) -> String {
    let mut nodes = scene.lab.nodes.iter().flat_map(|node| &node.snapshot);
    match scene.lab.headline.figures.mining {
        // Programs of others mine block by block, when they are told to.
        Mining::Off if nodes.any(|seen| seen.program.is_some()) => String::new(),
        Mining::Off => "no miner".to_owned(),
        Mining::Asleep => "asleep".to_owned(),
        Mining::At(rate) => text::rate(rate),
    }
}

/// What the lab pays by itself.
fn traffic(scene: Scene<'_>) -> String {
    let on = scene.lab.traffic.as_ref().filter(|traffic| traffic.is_on);
    on.map_or_else(String::new, |traffic| show_tx_rate(traffic.rate))
}

/// A line that says that the screen is too small.
pub fn too_small(size: (u16, u16)) -> Line<'static> {
    let (width, height) = super::SMALLEST;
    let long = format!(
        "chainlab needs {width}x{height}, this is {}x{}",
        size.0, size.1
    );
    let short = format!("{width}x{height}");
    let fits = |words: &String| words.chars().count() <= usize::from(size.0);
    let words = [long, format!("needs {short}"), short];
    Line::raw(words.into_iter().find(fits).unwrap_or_default())
}
