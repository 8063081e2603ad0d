//! The timeline of a lab in virtual time: the run so far in a line, with what stands out in it.
//!
//! ```text
//!  +00:00 ├o──o───o─x>──o┬oo───o──▼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤ +00:31   o block  > by hand  R reorg  x cut
//! ```
//!
//! It goes from the beginning to the newest moment; `▼` is now, and what is dotted comes after that. Where
//! several things fall on one column the one is shown that says most. A click goes to what is shown there,
//! or to the moment of the column. Without colours and beyond ASCII the signs are the same, or letters.

use crate::lab::view::{LabView, Mark, MarkKind, TimeView};
use crate::ui::keymap::ViewId;
use crate::ui::text::{self, Row};
use crate::ui::theme::Theme;
use crate::ui::viewer::Viewer;
use crate::ui::views::{network, panes};
use crate::ui::widgets::scene::Scene;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// Screens with fewer lines have none.
const LINES: u16 = 20;

/// The least columns between its ends.
const LEAST: usize = 20;

/// The share of the screen's columns that the legend may take, in fifths; more, if so many are left.
const LEGEND: usize = 2;
const LONG: usize = 80;

/// What the signs mean, those first that are wanted most.
const KINDS: [(MarkKind, &str); 10] = [
    (MarkKind::Block, "block"),
    (MarkKind::Cut, "cut"),
    (MarkKind::Hand, "by hand"),
    (MarkKind::Reorganisation, "reorg"),
    (MarkKind::Heal, "heal"),
    (MarkKind::Fork, "fork"),
    (MarkKind::Kill, "kill"),
    (MarkKind::Joined, "joined"),
    (MarkKind::Restart, "start"),
    (MarkKind::Caption, "caption"),
];

/// Whether there is one above the last two lines of a screen that would leave this to the view in front:
/// none where a figure would have to give way.
pub fn has_room(lab: &LabView, viewer: &Viewer, height: u16, body: Rect) -> bool {
    let has_time = lab.time.is_some() && height >= LINES;
    has_time
        && match viewer.in_front() {
            ViewId::Lab => panes::can_spare_a_line(lab, viewer, body),
            ViewId::Network => network::can_spare_a_line(lab, body),
            // Of their lists one line less is in sight.
            ViewId::Zoom | ViewId::Blocks | ViewId::Messages | ViewId::Log => true,
        }
}

/// Where its parts stand in a line of the screen.
struct Parts {
    /// The columns between its ends.
    track: Rect,
    start: String,
    end: String,
    legend: Vec<Span<'static>>,
}

impl Parts {
    fn new(area: Rect, time: &TimeView, theme: Theme) -> Self {
        let end = text::clock(time.newest);
        // As wide as the other one: the line does not become shorter at its beginning.
        let start = match time.newest.as_secs() / 3_600 {
            0 => text::clock(Duration::ZERO),
            _ => format!("{:<1$}", text::clock(Duration::ZERO), end.len()),
        };
        let width = usize::from(area.width);
        // A space before all, one beside each end, and both ends.
        let fixed = 5 + start.len() + end.len();
        let left = |columns| width.saturating_sub(fixed + columns + 4);
        let room = (width * LEGEND / 5).min(left(LEAST)).max(left(LONG));
        let legend = legend(theme, room);
        let after = match text::width(&legend) {
            0 => 1,
            legend => 3 + legend + 1,
        };
        let left = u16::try_from(start.len() + 3).unwrap_or(u16::MAX);
        let columns = u16::try_from(width.saturating_sub(fixed + after)).unwrap_or(0);
        let track = Rect {
            x: area.x.saturating_add(left),
            width: columns,
            height: area.height.min(1),
            ..area
        };
        Self {
            track: track.intersection(area),
            start,
            end,
            legend,
        }
    }

    /// The column of a moment, from the left end on.
    fn column(&self, time: &TimeView, at: Duration) -> u16 {
        let last = u128::from(self.track.width.saturating_sub(1));
        let whole = time.newest.as_micros().max(1);
        let column = (at.as_micros().min(whole) * last + whole / 2) / whole;
        u16::try_from(column).unwrap_or(u16::MAX)
    }

    /// The mark that each column shows.
    fn marks<'a>(&self, time: &'a TimeView) -> Vec<Option<&'a Mark>> {
        let mut shown: Vec<Option<&Mark>> = vec![None; usize::from(self.track.width)];
        for mark in time.marks.iter() {
            let column = usize::from(self.column(time, mark.at));
            let Some(place) = shown.get_mut(column) else {
                continue;
            };
            if place.is_none_or(|other| other.kind <= mark.kind) {
                *place = Some(mark);
            }
        }
        shown
    }
}

/// The moment that a click in a column of the screen means; `None`: it is beside the line.
pub fn hit(area: Rect, time: &TimeView, theme: Theme, x: u16) -> Option<Duration> {
    let parts = Parts::new(area, time, theme);
    let column = x.checked_sub(parts.track.x)?;
    if column >= parts.track.width {
        return None;
    }
    let shown = parts.marks(time);
    if let Some(mark) = shown.get(usize::from(column)).copied().flatten() {
        return Some(mark.at);
    }
    let last = u128::from(parts.track.width.saturating_sub(1)).max(1);
    let micros = time.newest.as_micros() * u128::from(column) / last;
    Some(Duration::from_micros(
        u64::try_from(micros).unwrap_or(u64::MAX),
    ))
}

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let Some(time) = &scene.lab.time else {
        return;
    };
    let theme = scene.theme;
    let parts = Parts::new(area, time, theme);
    let (left, right) = theme.ends();
    let mut spans = vec![Span::styled(format!(" {} ", parts.start), theme.dim())];
    spans.push(Span::styled(left, theme.dim()));
    let here = usize::from(parts.column(time, time.at));
    for (column, mark) in parts.marks(time).into_iter().enumerate() {
        spans.push(match mark {
            _ if column == here => Span::styled(theme.here(), theme.focus()),
            Some(mark) => Span::styled(theme.mark(mark.kind), style(scene, mark)),
            None if column < here => Span::styled(theme.rule(), theme.dim()),
            None => Span::styled(theme.dotted(), theme.dim()),
        });
    }
    spans.push(Span::styled(right, theme.dim()));
    spans.push(Span::styled(format!(" {}", parts.end), theme.dim()));
    if !parts.legend.is_empty() {
        spans.push(Span::raw("   "));
        spans.extend(parts.legend);
    }
    frame.render_widget(Line::from(spans), area);
}

/// How a mark looks; a block has the colour of its chip.
fn style(scene: Scene<'_>, mark: &Mark) -> Style {
    match (mark.kind, mark.block) {
        (MarkKind::Block, Some(block)) => scene.chip_ink(block),
        (kind, _) => kind_style(scene.theme, kind),
    }
}

fn kind_style(theme: Theme, kind: MarkKind) -> Style {
    match kind {
        MarkKind::Block => theme.strong(),
        MarkKind::Caption => theme.dim(),
        MarkKind::Joined | MarkKind::Heal | MarkKind::Restart => theme.badge(),
        MarkKind::Fork | MarkKind::Reorganisation => theme.warn(),
        MarkKind::Kill | MarkKind::Cut => theme.bad(),
        MarkKind::Hand => theme.focus(),
    }
}

/// What the signs mean, as many as there is room for.
fn legend(theme: Theme, room: usize) -> Vec<Span<'static>> {
    let mut row = Row::new();
    for (rank, (kind, words)) in (0..).zip(KINDS) {
        let sign = Span::styled(theme.mark(kind), kind_style(theme, kind));
        let words = Span::styled(format!(" {words}"), theme.dim());
        row = row.part(rank, if rank == 0 { 0 } else { 2 }, vec![sign, words]);
    }
    row.fit_spans(room)
}
