//! The lines of the program itself: its control endpoints, its disks, its bugs. tui-logger keeps and
//! draws them, in a store that is the whole process's.

use super::layer;
use crate::node::Time;
use crate::ui::text;
use crate::ui::theme::Theme;
use crate::ui::widgets::scene::Scene;
use log::{Level, LevelFilter};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use tui_logger::{ExtLogRecord, LogFormatter, TuiLoggerWidget, TuiWidgetEvent, TuiWidgetState};

/// Columns of what a line is of: a node, or the lab.
const NAME: usize = 12;

/// The lines as they are looked at.
#[derive(Default)]
pub(super) struct Program {
    state: TuiWidgetState,
    /// What the filter was applied to.
    applied: Option<(LevelFilter, String, usize)>,
}

impl Program {
    /// Takes in what was logged since the last time, of this level and above, and of what has the
    /// filter in its name.
    pub fn collect(&mut self, scene: Scene<'_>, level: LevelFilter, filter: &str) {
        tui_logger::move_events();
        let count = scene.lab.nodes.len();
        let is_same = |applied: &(LevelFilter, String, usize)| {
            (applied.0, applied.1.as_str(), applied.2) == (level, filter, count)
        };
        if self.applied.as_ref().is_some_and(is_same) {
            return;
        }
        self.applied = Some((level, filter.to_owned(), count));
        let state = TuiWidgetState::new();
        if filter.is_empty() {
            self.state = state.set_default_display_level(level);
            return;
        }
        let state = state.set_default_display_level(LevelFilter::Off);
        let names = scene.lab.nodes.iter().map(|node| &*node.name);
        let names = names.chain([layer::LAB]);
        let wanted = names.filter(|name| name.contains(filter));
        self.state = wanted.fold(state, |state, name| state.set_level_for_target(name, level));
    }

    /// Goes a page back or on, or to the newest line.
    pub fn scroll(&self, event: TuiWidgetEvent) {
        self.state.transition(event);
    }

    /// Draws them.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let block = Block::bordered()
            .border_set(theme.border())
            .border_style(theme.dim())
            .title(Span::styled(" the program itself ", theme.strong()));
        let wall = scene.viewer.is_wall_clock;
        let widget = TuiLoggerWidget::default()
            .block(block)
            .formatter(Box::new(LineFormat {
                theme,
                since: scene.lab.since,
                wall_offset_us: wall.then_some(scene.lab.wall_offset_us),
            }))
            .state(&self.state);
        frame.render_widget(widget, area);
    }
}

/// Writes a line: `+00:42  miner  mined #12 ..31f07ca9`.
struct LineFormat {
    theme: Theme,
    since: Time,
    /// There if times are those of the day.
    wall_offset_us: Option<i64>,
}

impl LogFormatter for LineFormat {
    fn min_width(&self) -> u16 {
        40
    }

    fn format(&self, width: usize, event: &ExtLogRecord) -> Vec<Line<'_>> {
        let (at, words) = layer::split(event.msg());
        let time = match self.wall_offset_us {
            None => text::clock(at.since(self.since)),
            Some(offset) => text::time_of_day(at.0.saturating_add_signed(-offset) / 1_000_000),
        };
        let (mark, style) = self.level(event.level);
        let name = text::short_name(event.target(), NAME, self.theme.cut());
        let head = vec![
            Span::styled(format!(" {time} "), self.theme.dim()),
            Span::styled(mark, style),
            Span::styled(format!(" {name:<NAME$} "), self.theme.strong()),
        ];
        let room = width.saturating_sub(text::width(&head));
        let indent = text::width(&head);
        let mut lines: Vec<Line<'_>> = Vec::new();
        for piece in text::wrap(words, room) {
            let mut spans = match lines.is_empty() {
                true => head.clone(),
                false => vec![Span::raw(" ".repeat(indent))],
            };
            spans.push(Span::styled(piece, style));
            lines.push(Line::from(spans));
        }
        lines
    }
}

impl LineFormat {
    fn level(&self, level: Level) -> (&'static str, Style) {
        match level {
            Level::Error => ("error", self.theme.bad()),
            Level::Warn => ("warn ", self.theme.warn()),
            Level::Info => ("     ", self.theme.text()),
            Level::Debug => ("debug", self.theme.dim()),
            Level::Trace => ("trace", self.theme.dim()),
        }
    }
}
