//! Blocks on their way: when each node got each of the last blocks.
//!
//! ```text
//! ╭ blocks on their way ─────────────────────────────────────────────────────────────────────────╮
//! │ #12 [a9]  mined by miner   central ▇▇▇ 241 ms   wallet ▇▇▇▇▇▇ 483 ms    half 241 ms   all 483 ms    │
//! ```

use super::scene::Scene;
use crate::lab::view::{Arrival, Journey};
use crate::ui::text::{self, short_name};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use std::time::Duration;

/// The longest bar, in columns.
const BAR: u32 = 8;

/// Columns of the times at the end of a line: `half 241 ms   all 483 ms`.
const TOTALS: usize = 27;

/// Draws the box.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let theme = scene.theme;
    let block = Block::bordered()
        .border_set(theme.border())
        .border_style(theme.dim())
        .title(Span::styled(" blocks on their way ", theme.strong()));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let inner = Rect {
        x: inner.x + 1,
        width: inner.width.saturating_sub(2),
        ..inner
    };
    let shown = scene.lab.journeys.iter().take(usize::from(inner.height));
    let shown: Vec<_> = shown.collect();
    let lines: Vec<_> = if shown.is_empty() {
        vec![Line::styled("none yet: b mines one", theme.dim())]
    } else {
        let slowest = slowest(&shown);
        let line = |journey: &&Journey| line(scene, journey, slowest, usize::from(inner.width));
        shown.iter().map(line).collect()
    };
    frame.render_widget(Paragraph::new(lines), inner);
}

/// The longest time in the box: the longest bar.
fn slowest(shown: &[&Journey]) -> Duration {
    let times = shown.iter().flat_map(|journey| &journey.arrivals);
    times.map(|arrival| arrival.after).max().unwrap_or_default()
}

fn line(scene: Scene<'_>, journey: &Journey, slowest: Duration, room: usize) -> Line<'static> {
    let theme = scene.theme;
    let mut left = scene.block(journey.id);
    let digits = journey.id.height.to_string().len();
    left.push(Span::raw(" ".repeat(5_usize.saturating_sub(digits))));
    let totals = totals(scene, journey, room >= 90);
    let room_left = room.saturating_sub(text::width(&totals) + 2);
    let mut hidden = journey.arrivals.len();
    for (at, there) in journey.arrivals.iter().enumerate() {
        let spans = arrival(scene, journey, at, there, slowest);
        let gap = usize::from(at > 0) * 2;
        let reserve = if hidden > 1 { 10 } else { 0 };
        if text::width(&left) + gap + text::width(&spans) + reserve > room_left {
            break;
        }
        left.push(Span::raw(" ".repeat(gap)));
        left.extend(spans);
        hidden -= 1;
    }
    if hidden > 0 {
        left.push(Span::styled(format!("  +{hidden} more"), theme.dim()));
    }
    text::ends(left, totals, room)
}

/// Who had it when. Of the first one only how it came by the block: all times count from there.
fn arrival(
    scene: Scene<'_>,
    journey: &Journey,
    at: usize,
    there: &Arrival,
    slowest: Duration,
) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let name = short_name(scene.name(there.node), 12, theme.cut());
    if at == 0 {
        let how = match journey.is_own {
            true => "mined by ",
            false => "first at ",
        };
        return vec![
            Span::styled(how, theme.dim()),
            Span::styled(name, theme.strong()),
        ];
    }
    let bar = theme.bar().repeat(bar(there.after, slowest)) + " ";
    vec![
        Span::styled(format!("{name} "), theme.text()),
        Span::styled(bar, scene.chip_ink(journey.id)),
        Span::styled(text::lapse(there.after), theme.strong()),
    ]
}

fn bar(after: Duration, slowest: Duration) -> usize {
    let whole = slowest.as_micros().max(1);
    let part = (after.as_micros() * u128::from(BAR) + whole / 2) / whole;
    usize::try_from(part).unwrap_or_default().max(1)
}

/// When all had it, or how far it is. One that was overtaken goes no further: nobody passes on what
/// is not on the best chain.
fn whole_way(scene: Scene<'_>, journey: &Journey) -> (&'static str, String) {
    let mut tips = scene.lab.running().map(|(_, node)| node.tip.height);
    match journey.all() {
        Some(time) => ("all", text::lapse(time)),
        None if tips.any(|height| height > journey.id.height) => {
            let (here, expected) = (journey.arrivals.len(), journey.expected.len());
            ("only", format!("{here} of {expected}"))
        }
        None => ("all", "on its way".to_owned()),
    }
}

/// When half of the nodes had it, and when all; what is not reached yet says so.
fn totals(scene: Scene<'_>, journey: &Journey, with_half: bool) -> Vec<Span<'static>> {
    let theme = scene.theme;
    let figure = |label: &str, words: String| {
        [
            Span::styled(format!("{label} "), theme.dim()),
            Span::styled(words, theme.strong()),
        ]
    };
    // Of two nodes the first one is half, which says nothing.
    let half = journey.half().filter(|half| with_half && !half.is_zero());
    let half = half.map(|half| figure("half", text::lapse(half)));
    let mut spans = half.map_or_else(Vec::new, Vec::from);
    let (label, words) = whole_way(scene, journey);
    let all = figure(label, words);
    let width = text::width(&spans) + text::width(&all);
    if !spans.is_empty() {
        let gap = TOTALS.saturating_sub(width).clamp(3, 6);
        spans.push(Span::raw(" ".repeat(gap)));
    }
    spans.extend(all);
    spans
}
