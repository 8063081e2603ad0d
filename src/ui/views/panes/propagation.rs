//! Block propagation: when each node got each of the last blocks.
//!
//! ```text
//! ╭ block propagation ───────────────────────────────────────────────────────────╮
//! │           found by  at       oslo       paris      lima           everywhere │
//! │ #12 [a9]  oslo      +00:29   found it   ▇▇ 121 ms  cut off        2 of 3     │
//! ```
//!
//! Where a node does not have a column each, a line tells of those that have the block, in order, and
//! counts or names the others: `#12 [a9]  oslo   paris ▇▇ 121     not at 3`.

use crate::lab::view::{Arrival, Propagation};
use crate::node::NodeIx;
use crate::ui::keymap::Action;
use crate::ui::text::{self, short_name};
use crate::ui::widgets::boxed::boxed;
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use std::time::Duration;

/// The least columns of a node: a bar and `121 ms`.
const NODE: usize = 11;

/// The most columns of a node.
const NODE_MAX: usize = 18;

/// The longest bar.
const BAR: usize = 8;

/// More nodes than this never have a column each.
const NODES_MAX: usize = 14;

/// The least columns of a block, of who found it, and of the time.
const BLOCK: usize = 10;
const FOUND_BY: usize = 10;
const AT: usize = 9;

/// Columns of `everywhere`.
const EVERYWHERE: usize = 10;

/// The border, and a column of air on each side.
const AROUND: usize = 4;

/// What is read best in a line without columns.
const LINE: usize = 76;

/// The columns that the box needs, for a lab of so many nodes.
pub fn wanted(nodes: usize) -> u16 {
    let columns = match nodes {
        0..=NODES_MAX => BLOCK + FOUND_BY + AT + EVERYWHERE + NODE * nodes,
        _ => LINE,
    };
    u16::try_from(columns + AROUND).unwrap_or(u16::MAX)
}

/// Draws the box.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let inner = boxed(frame, area, theme, " block propagation ", None);
    let (room, rows) = (usize::from(inner.width), usize::from(inner.height));
    let has_columns = rows > 2
        && scene.lab.nodes.len() <= NODES_MAX
        && area.width >= wanted(scene.lab.nodes.len());
    let shown = scene.lab.block_propagation.iter();
    let shown: Vec<_> = shown
        .take(rows - usize::from(has_columns).min(rows))
        .collect();
    let lines = if shown.is_empty() {
        let words = match scene.viewer.keymap.key_of(Action::MineNow) {
            key if key.is_empty() => "none yet".to_owned(),
            key => format!("none yet: {key} mines one"),
        };
        vec![Line::styled(words, theme.dim())]
    } else if has_columns {
        in_columns(scene, &shown, room)
    } else {
        let lead = lead(scene, &shown);
        let slowest = slowest(&shown);
        let line = |propagation: &&Propagation| line(scene, propagation, lead, slowest, room);
        shown.iter().map(line).collect()
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Columns of the widest block, and two of air.
fn lead(scene: Scene<'_>, shown: &[&Propagation]) -> usize {
    let blocks = shown.iter().map(|propagation| scene.block(propagation.id));
    let widest = blocks.map(|block| text::width(&block)).max();
    (widest.unwrap_or_default() + 2).max(BLOCK)
}

/// The longest time in the box: the longest bar.
fn slowest(shown: &[&Propagation]) -> Duration {
    let times = shown.iter().flat_map(|propagation| &propagation.arrivals);
    times.map(|arrival| arrival.after).max().unwrap_or_default()
}

fn padded(mut spans: Vec<Span<'static>>, width: usize) -> Vec<Span<'static>> {
    let rest = width.saturating_sub(text::width(&spans));
    spans.push(Span::raw(" ".repeat(rest)));
    spans
}

fn in_columns(scene: Scene<'_>, shown: &[&Propagation], room: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let nodes = scene.lab.nodes.len().max(1);
    let lead = lead(scene, shown);
    let rest = room.saturating_sub(lead + FOUND_BY + AT + EVERYWHERE);
    let each = (rest / nodes).clamp(1, NODE_MAX);
    let head = |words: &str, width: usize| {
        let words = short_name(words, width.saturating_sub(1), theme.cut());
        Span::styled(format!("{words:<width$}"), theme.dim())
    };
    let mut first = vec![head("", lead), head("found by", FOUND_BY), head("at", AT)];
    let names = scene.lab.nodes.iter().map(|node| head(&node.name, each));
    first.extend(names);
    first.push(Span::styled("everywhere", theme.dim()));
    let slowest = slowest(shown);
    let line = |propagation: &&Propagation| {
        let mut spans = padded(scene.block(propagation.id), lead);
        let finder = match propagation.is_own {
            true => scene.name(propagation.origin),
            false => "-",
        };
        let finder = short_name(finder, FOUND_BY - 1, theme.cut());
        spans.push(Span::styled(format!("{finder:<FOUND_BY$}"), theme.strong()));
        let at = scene.moment(propagation.at);
        spans.push(Span::styled(format!("{at:<AT$}"), theme.text()));
        for ix in (0..scene.lab.nodes.len()).map(NodeIx) {
            spans.extend(padded(cell(scene, propagation, ix, slowest, each), each));
        }
        spans.push(Span::styled(reached(scene, propagation), theme.strong()));
        Line::from(spans)
    };
    let lines = shown.iter().map(line);
    std::iter::once(Line::from(first)).chain(lines).collect()
}

/// What there is to say of a block at a node.
fn cell(
    scene: Scene<'_>,
    propagation: &Propagation,
    ix: NodeIx,
    slowest: Duration,
    width: usize,
) -> Vec<Span<'static>> {
    /// A time, the space before it, and two after.
    const TIME: usize = 9;
    let theme = scene.theme;
    let there = propagation
        .arrivals
        .iter()
        .find(|arrival| arrival.node == ix);
    let words = |words: &'static str| vec![Span::styled(words, theme.dim())];
    match there {
        Some(_) if ix == propagation.origin && propagation.is_own => words("found it"),
        Some(_) if ix == propagation.origin => words("first"),
        Some(there) => {
            let bar = bar(there.after, slowest, width.saturating_sub(TIME).min(BAR));
            arrived(scene, propagation, bar, text::lapse(there.after))
        }
        None if is_cut_off(scene, propagation, ix) => words("cut off"),
        None if scene.lab.node(ix).is_none_or(|node| !node.state.is_up()) => words("down"),
        // It did not run then: it has its blocks from its peers' chains.
        None if !propagation.expected.contains(&ix) => words(""),
        None => words("-"),
    }
}

fn arrived(
    scene: Scene<'_>,
    propagation: &Propagation,
    bar: usize,
    time: String,
) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let ink = scene.chip_ink(propagation.id);
    vec![
        Span::styled(theme.bar().repeat(bar) + " ", ink),
        Span::styled(time, theme.text()),
    ]
}

fn bar(after: Duration, slowest: Duration, most: usize) -> usize {
    let whole = slowest.as_micros().max(1);
    let most = u128::try_from(most).unwrap_or_default();
    let part = (after.as_micros() * most + whole / 2) / whole;
    usize::try_from(part).unwrap_or_default().max(1)
}

/// Whether a partition keeps a block from a node of its network.
fn is_cut_off(scene: Scene<'_>, propagation: &Propagation, ix: NodeIx) -> bool {
    let Some(groups) = &scene.lab.partition else {
        return false;
    };
    let group = |ix: NodeIx| groups.iter().position(|group| group.contains(&ix));
    let network = |ix: NodeIx| scene.lab.node(ix).map(|node| &node.network);
    network(ix) == network(propagation.origin) && group(ix) != group(propagation.origin)
}

/// When all had it, or how many do.
fn reached(scene: Scene<'_>, propagation: &Propagation) -> String {
    match propagation.all() {
        Some(time) if scene.lab.nodes.len() > 1 => text::lapse(time),
        _ => format!(
            "{} of {}",
            propagation.arrivals.len(),
            propagation.expected.len()
        ),
    }
}

/// A block in a line: who found it, who has it in the order of arrival, and who has not.
fn line(
    scene: Scene<'_>,
    propagation: &Propagation,
    lead: usize,
    slowest: Duration,
    room: usize,
) -> Line<'static> {
    /// Columns of the longest bar here.
    const BAR: usize = 3;
    let theme = scene.theme;
    let end = missing(scene, propagation, room / 3);
    let room_left = room.saturating_sub(text::width(&end) + 2);
    let mut left = padded(scene.block(propagation.id), lead);
    let name = |ix: NodeIx| short_name(scene.name(ix), 10, theme.cut());
    let finder = match propagation.is_own {
        true => name(propagation.origin),
        false => format!("first at {}", name(propagation.origin)),
    };
    left.push(Span::styled(finder, theme.strong()));
    let others: Vec<&Arrival> = propagation.arrivals.iter().skip(1).collect();
    for (at, there) in others.iter().enumerate() {
        let mut spans = vec![Span::styled(
            format!("   {} ", name(there.node)),
            theme.text(),
        )];
        let bar = bar(there.after, slowest, BAR);
        spans.extend(arrived(scene, propagation, bar, brief(there.after)));
        let hidden = others.len() - at;
        let more = format!("   +{hidden} more");
        let reserve = if hidden > 1 { more.len() } else { 0 };
        if text::width(&left) + text::width(&spans) + reserve > room_left {
            left.push(Span::styled(more, theme.dim()));
            break;
        }
        left.extend(spans);
    }
    text::ends(left, end, room)
}

/// A time as a bar has it beside it: ms without the unit.
fn brief(after: Duration) -> String {
    match after.as_millis() {
        ms @ 0..1_000 => ms.to_string(),
        _ => text::lapse(after),
    }
}

/// The nodes that do not have it, by their numbers if there is room; else how many.
fn missing(scene: Scene<'_>, propagation: &Propagation, room: usize) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let has = |ix: &NodeIx| {
        propagation
            .arrivals
            .iter()
            .any(|arrival| arrival.node == *ix)
    };
    let missing: Vec<_> = propagation.expected.iter().filter(|ix| !has(ix)).collect();
    if missing.is_empty() {
        let words = format!("everywhere {}", reached(scene, propagation));
        return vec![Span::styled(words, theme.dim())];
    }
    let numbers = missing.iter().map(|ix| format!(" {}", ix.0 + 1));
    let words = format!("not at{}", numbers.collect::<String>());
    let words = match words.chars().count() <= room {
        true => words,
        false => format!("at {}", reached(scene, propagation)),
    };
    vec![Span::styled(words, theme.warn())]
}
