//! The timeline of a lab in virtual time: the run so far in a line, with what stands out in it.
//!
//! ```text
//!  +00:00 ├o──o───o─x>──o┬oo───o──▼┄┄┄┄┄┄┄┄┄┄┄┄┄┄┤ +00:31   o block  > by hand  R reorg  x cut
//! ```
//!
//! It goes from the beginning to the newest moment; `▼` is now, and what is dotted comes after that. Where
//! several things fall on one column the one is shown that says most. A click goes to what is shown there,
//! or to the moment of the column. Without colours and beyond ASCII the signs are the same, or letters.

use crate::lab::view::{LabView, MarkKind, TimeView};
use crate::ui::keymap::ViewId;
use crate::ui::text::{self, Row};
use crate::ui::theme::Theme;
use crate::ui::viewer::Viewer;
use crate::ui::views::{network, panes};
use crate::ui::widgets::scene::Scene;
use crate::ui::widgets::track::{Track, kind_style};
use ratatui::Frame;
use ratatui::layout::Rect;
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
    // Two that are compared have a line each.
    let has_time = lab.time.is_some() && lab.compared.is_none() && height >= LINES;
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

    fn run<'a>(&self, time: &'a TimeView) -> Track<'a> {
        Track {
            marks: &time.marks,
            at: time.at,
            newest: time.newest,
            width: self.track.width,
        }
    }
}

/// The moment that a click in a column of the screen means; `None`: it is beside the line.
pub fn hit(area: Rect, time: &TimeView, theme: Theme, x: u16) -> Option<Duration> {
    let parts = Parts::new(area, time, theme);
    let column = x.checked_sub(parts.track.x)?;
    if column >= parts.track.width {
        return None;
    }
    Some(parts.run(time).moment(column))
}

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
    let Some(time) = &scene.lab.time else {
        return;
    };
    let theme = scene.theme;
    let parts = Parts::new(area, time, theme);
    let mut spans = vec![Span::styled(format!(" {} ", parts.start), theme.dim())];
    spans.extend(parts.run(time).spans(scene));
    spans.push(Span::styled(format!(" {}", parts.end), theme.dim()));
    if !parts.legend.is_empty() {
        spans.push(Span::raw("   "));
        spans.extend(parts.legend);
    }
    frame.render_widget(Line::from(spans), area);
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
