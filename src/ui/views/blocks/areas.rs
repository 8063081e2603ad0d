//! Where everything goes in the view. Drawing, page keys and clicks all ask here.
//!
//! ```text
//! ╭ blocks ──────────────────────╮   ╭ blocks ─────────────────────────────────────╮
//! │  Tree   On their way         │   │  Tree   On their way                        │
//! │ news, if there is any        │   │ list, with a head      │ the chosen one     │
//! │ list, with a head            │   │                        │ times              │
//! ╰──────────────────────────────╯   ╰─────────────────────────────────────────────╯
//! ```
//!
//! Where there is no room beside the list, what is chosen stands below it.

use crate::ui::views::blocks::tab::Tab;
use ratatui::layout::Rect;

/// From this many columns on the chosen one stands beside the list.
const WIDE: u16 = 96;

/// Columns of the list beside it.
const LIST: usize = 46;

/// Lines of the news.
const NEWS: u16 = 2;

/// With fewer lines there is no room for them.
const NEWS_FROM: u16 = 12;

/// Areas within the border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Areas {
    pub tabs: Rect,
    pub news: Rect,
    /// A line above the list.
    pub head: Rect,
    pub list: Rect,
    /// What is chosen, on a tab that shows it.
    pub detail: Option<Rect>,
    /// Between both.
    pub rule: Option<Rect>,
}

impl Areas {
    /// For a list of so many lines.
    pub fn new(area: Rect, tab: Tab, has_news: bool, len: usize) -> Self {
        // A column of air on each side.
        let inner = Rect {
            x: area.x + 2.min(area.width),
            y: area.y + 1.min(area.height),
            width: area.width.saturating_sub(4),
            height: area.height.saturating_sub(2),
        };
        let (tabs, mut rest) = cut(inner, 1);
        let mut areas = Self {
            tabs,
            ..Self::default()
        };
        if tab == Tab::Tree {
            if has_news && inner.height >= NEWS_FROM {
                (areas.news, rest) = cut(rest, NEWS);
            }
        } else if inner.width >= WIDE {
            let rule = beside(rest, LIST + 1);
            areas.rule = Some(Rect { width: 1, ..rule });
            areas.detail = Some(beside(rest, LIST + 3));
            rest.width -= areas.detail.map_or(0, |detail| detail.width) + 3;
        } else {
            let wanted = u16::try_from(len).unwrap_or(u16::MAX).saturating_add(1);
            let lines = wanted.clamp(2, (rest.height / 3).max(3));
            let (list, below) = cut(rest, lines);
            let (rule, detail) = cut(below, 1);
            (areas.rule, areas.detail) = (Some(rule), Some(detail));
            rest = list;
        }
        (areas.head, areas.list) = cut(rest, 1);
        areas
    }

    /// Lines that a page key goes over.
    pub fn page(&self) -> usize {
        usize::from(self.list.height).saturating_sub(1).max(1)
    }
}

/// The first lines, and the others.
fn cut(area: Rect, lines: u16) -> (Rect, Rect) {
    let lines = lines.min(area.height);
    let first = Rect {
        height: lines,
        ..area
    };
    let rest = Rect {
        y: area.y + lines,
        height: area.height - lines,
        ..area
    };
    (first, rest)
}

/// What is right of so many columns.
pub(super) fn beside(area: Rect, columns: usize) -> Rect {
    let columns = u16::try_from(columns).unwrap_or(u16::MAX).min(area.width);
    Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..area
    }
}
