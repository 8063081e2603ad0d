//! Two timelines beside each other: a line a node, and what differs marked.
//!
//! ```text
//! ╭ compare A with B at +02:10 ─────────────────── # differs   Left Right: whose keys act (B) ╮
//! │ first difference: +01:21.411 at cusco. In A: block #7 [8c] from oslo; in B not by +02:10  │
//! │                                                                                           │
//! │               A  to +03:05                      B  from A at +01:20, to +02:10            │
//! │  1 oslo         14  [a9]    0  oslo 120             14  [a9]    0  oslo 120               │
//! │  4 lima         14  [a9]    0  lima 10      #       12  [0f]    0  lima 60                │
//! │    chains   AGREE #14 [a9]                  #   FORK 2 branches                           │
//! ```
//!
//! Where there is little room only the lines that differ are shown.

use crate::lab::Request;
use crate::lab::ask::TimeChange;
use crate::lab::view::compare::chains_words;
use crate::lab::view::{ComparedNode, Comparison, NodeBrief};
use crate::node::NodeIx;
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::viewer::{Effect, Outcome, Purpose};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::track::Track;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

/// Columns before those of the first timeline, and of the sign between both.
const NAME: usize = 14;
const SIGN: usize = 3;

/// Columns of the height, the tip and what waits.
const HEIGHT: usize = 7;
const TIP: usize = 8;
const MEMPOOL: usize = 5;

/// On narrower screens only what differs is shown.
const WIDE: u16 = 100;

/// Below so many lines there are none of the timelines.
const WITH_TRACKS: u16 = 14;

/// Lines that the first difference may take.
const FIRST: usize = 3;

/// What a key stands for: whose keys act.
pub(super) fn act(compared: &Comparison, action: Action) -> Option<Outcome> {
    let side = match action {
        Action::Left => 0,
        Action::Right => 1,
        Action::Back => return Some(asks(TimeChange::Compare(None))),
        _ => return None,
    };
    let is_there = compared.shown() == side;
    let outcome = (!is_there).then(|| asks(TimeChange::Switch(compared.sides[side].name)));
    Some(outcome.unwrap_or_default())
}

fn asks(change: TimeChange) -> Outcome {
    vec![Effect::Ask(Request::Time(change), Purpose::Time)].into()
}

/// Draws it.
pub(super) fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>, compared: &Comparison) {
    let tracks = if area.height >= WITH_TRACKS { 2 } else { 0 };
    let [area, below] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(tracks)]).areas(area);
    let lines = [0, 1].map(|side| track(scene, compared, side, below.width));
    frame.render_widget(Paragraph::new(lines.to_vec()), below);
    let theme = scene.theme;
    let [one, other] = [0, 1].map(|side: usize| compared.sides[side].name);
    let at = text::clock(compared.at);
    let shown = compared.sides[compared.shown()].name;
    let title = format!(" compare {one} with {other} at {at} ");
    let legend = format!(" # differs  Left Right: whose keys act ({shown}) ");
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(title, theme.strong()));
    let block = match area.width >= WIDE {
        true => block.title(Line::styled(legend, theme.dim()).right_aligned()),
        false => block.title_bottom(Line::styled(legend, theme.dim()).right_aligned()),
    };
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let first = text::wrap(&compared.first.to_string(), usize::from(inner.width));
    let first = first.into_iter().take(FIRST);
    let first: Vec<_> = first.map(|line| Line::styled(line, theme.warn())).collect();
    let high = u16::try_from(first.len()).unwrap_or(0);
    let rows = |y: u16, height: u16| {
        let row = Rect {
            y: inner.y.saturating_add(y),
            height,
            ..inner
        };
        row.intersection(inner)
    };
    frame.render_widget(Paragraph::new(first), rows(0, high));
    let lines = table(scene, compared, usize::from(inner.width));
    let room = rows(high + 1, inner.height.saturating_sub(high + 1));
    frame.render_widget(Paragraph::new(lines), room);
}

/// One of the two as a line, both as long as the one that goes further.
fn track(scene: Scene<'_>, compared: &Comparison, side: usize, width: u16) -> Line<'static> {
    let theme = scene.theme;
    let timeline = &compared.sides[side];
    let name = format!(" {} ", timeline.name);
    let end = format!(" {}", text::clock(timeline.newest));
    // Both ends of the track, and a space behind all.
    let around = u16::try_from(name.len() + end.len() + 3).unwrap_or(u16::MAX);
    let longest = compared.sides.iter().map(|side| side.newest).max();
    let track = Track {
        marks: &compared.marks[side],
        at: compared.at,
        newest: longest.unwrap_or_default(),
        width: width.saturating_sub(around),
    };
    let style = match side == compared.shown() {
        true => theme.focus(),
        false => theme.text(),
    };
    let mut spans = vec![Span::styled(name, style)];
    spans.extend(track.spans(scene));
    spans.push(Span::styled(end, theme.dim()));
    Line::from(spans)
}

fn table(scene: Scene<'_>, compared: &Comparison, width: usize) -> Vec<Line<'static>> {
    let theme = scene.theme;
    let side = width.saturating_sub(NAME + SIGN) / 2;
    let shown = compared.shown();
    let heads = [0, 1].map(|at: usize| {
        let style = if at == shown {
            theme.focus()
        } else {
            theme.text()
        };
        vec![Span::styled(compared.sides[at].to_string(), style)]
    });
    let columns = || {
        let words = format!(
            "{:>HEIGHT$}  {:<TIP$}{:>MEMPOOL$}  wallets",
            "height", "tip", "wait"
        );
        vec![Span::styled(words, theme.dim())]
    };
    let row = |name: Vec<Span<'static>>, sign: bool, [one, other]: [Vec<Span<'static>>; 2]| {
        let sign = if sign { " # " } else { "   " };
        let mut spans = fitted(scene, name, NAME);
        spans.extend(fitted(scene, one, side));
        spans.push(Span::styled(sign, theme.bad()));
        spans.extend(fitted(scene, other, side));
        Line::from(spans)
    };
    let mut lines = vec![
        row(Vec::new(), false, heads),
        row(Vec::new(), false, [columns(), columns()]),
    ];
    let is_narrow = width < usize::from(WIDE);
    for node in &compared.nodes {
        if !is_narrow || node.differs() {
            let sides = [&node.sides[0], &node.sides[1]].map(|side| brief(scene, side.as_ref()));
            lines.push(row(name(scene, node), node.differs(), sides));
        }
    }
    let chains = [0, 1].map(|at: usize| {
        let words = chains_words(&compared.chains[at], &scene.lab.chips);
        vec![Span::styled(words, theme.text())]
    });
    let chained = vec![Span::styled("   chains", theme.text())];
    lines.push(row(
        chained,
        compared.chains[0] != compared.chains[1],
        chains,
    ));
    lines
}

fn name(scene: Scene<'_>, node: &ComparedNode) -> Vec<Span<'static>> {
    let ix = scene.lab.named(&node.name);
    let number = ix.map_or_else(String::new, |NodeIx(ix)| (ix + 1).to_string());
    let style = match ix == Some(scene.viewer.focus) {
        true => scene.theme.focus(),
        false => scene.theme.text(),
    };
    vec![Span::styled(format!("{number:>2} {}", node.name), style)]
}

fn brief(scene: Scene<'_>, node: Option<&NodeBrief>) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let Some(node) = node else {
        return vec![Span::styled(format!("{:>HEIGHT$}", "-"), theme.dim())];
    };
    if !node.is_up {
        return vec![Span::styled(format!("{:>HEIGHT$}", "down"), theme.bad())];
    }
    let chip = scene.chip(node.tip);
    let gap = TIP.saturating_sub(chip.width());
    let wallets: Vec<_> = node
        .wallets
        .iter()
        .map(|(name, amount)| format!("{name} {amount}"))
        .collect();
    let rest = format!(
        "{:gap$}{:>MEMPOOL$}  {}",
        "",
        node.mempool,
        wallets.join("  ")
    );
    vec![
        Span::styled(format!("{:>HEIGHT$}  ", node.tip.height), theme.strong()),
        chip,
        Span::styled(rest, theme.text()),
    ]
}

/// These, cut or filled up to so many columns.
fn fitted(scene: Scene<'_>, spans: Vec<Span<'static>>, room: usize) -> Vec<Span<'static>> {
    let mut spans = text::clip(spans, room, scene.theme.cut());
    let left = room.saturating_sub(text::width(&spans));
    spans.push(Span::raw(" ".repeat(left)));
    spans
}
