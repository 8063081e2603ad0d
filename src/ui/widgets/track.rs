//! A run in a line: what stands out in it, and where it is now.

use super::scene::Scene;
use crate::lab::view::{Mark, MarkKind};
use crate::ui::theme::Theme;
use ratatui::style::Style;
use ratatui::text::Span;
use std::time::Duration;

/// A run that is drawn in so many columns.
#[derive(Clone, Copy)]
pub(in crate::ui) struct Track<'a> {
    /// What stands out.
    pub marks: &'a [Mark],
    /// Where it is now.
    pub at: Duration,
    /// How far it goes: the last column.
    pub newest: Duration,
    /// Columns.
    pub width: u16,
}

impl<'a> Track<'a> {
    /// The column of a moment, from the left end on.
    fn column(&self, at: Duration) -> u16 {
        let last = u128::from(self.width.saturating_sub(1));
        let whole = self.newest.as_micros().max(1);
        let column = (at.as_micros().min(whole) * last + whole / 2) / whole;
        u16::try_from(column).unwrap_or(u16::MAX)
    }

    /// The mark that each column shows: of several the one that says most.
    fn shown(&self) -> Vec<Option<&'a Mark>> {
        let mut shown: Vec<Option<&Mark>> = vec![None; usize::from(self.width)];
        for mark in self.marks {
            let column = usize::from(self.column(mark.at));
            let Some(place) = shown.get_mut(column) else {
                continue;
            };
            if place.is_none_or(|other| other.kind <= mark.kind) {
                *place = Some(mark);
            }
        }
        shown
    }

    /// The moment that a column means: that of what it shows, if it shows something.
    pub fn moment(&self, column: u16) -> Duration {
        if let Some(mark) = self.shown().get(usize::from(column)).copied().flatten() {
            return mark.at;
        }
        let last = u128::from(self.width.saturating_sub(1)).max(1);
        let micros = self.newest.as_micros() * u128::from(column) / last;
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// It, between its ends.
    pub fn spans(&self, scene: Scene<'_>) -> Vec<Span<'static>> {
        let theme = scene.theme;
        let (left, right) = theme.ends();
        let mut spans = vec![Span::styled(left, theme.dim())];
        let here = usize::from(self.column(self.at));
        for (column, mark) in self.shown().into_iter().enumerate() {
            spans.push(match mark {
                _ if column == here => Span::styled(theme.here(), theme.focus()),
                Some(mark) => Span::styled(theme.mark(mark.kind), style(scene, mark)),
                None if column < here => Span::styled(theme.rule(), theme.dim()),
                None => Span::styled(theme.dotted(), theme.dim()),
            });
        }
        spans.push(Span::styled(right, theme.dim()));
        spans
    }
}

/// How a mark looks; a block has the colour of its chip.
fn style(scene: Scene<'_>, mark: &Mark) -> Style {
    match (mark.kind, mark.block) {
        (MarkKind::Block, Some(block)) => scene.chip_ink(block),
        (kind, _) => kind_style(scene.theme, kind),
    }
}

/// How marks of a kind look.
pub(in crate::ui) fn kind_style(theme: Theme, kind: MarkKind) -> Style {
    match kind {
        MarkKind::Block => theme.strong(),
        MarkKind::Caption => theme.dim(),
        MarkKind::Joined | MarkKind::Heal | MarkKind::Restart => theme.badge(),
        MarkKind::Fork | MarkKind::Reorganisation => theme.warn(),
        MarkKind::Kill | MarkKind::Cut => theme.bad(),
        MarkKind::Hand => theme.focus(),
    }
}
