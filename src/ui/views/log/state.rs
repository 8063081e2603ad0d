//! The view as it is looked at: how much is shown, of which nodes, and whether it follows.

use super::layer;
use crate::node::Time;
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::theme::Theme;
use crate::ui::viewer::{DialogId, Effect, Outcome};
use crate::ui::views::view::View;
use crate::ui::widgets::scene::Scene;
use log::{Level, LevelFilter};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use std::fmt::Write as _;
use tui_logger::{ExtLogRecord, LogFormatter, TuiLoggerWidget, TuiWidgetEvent, TuiWidgetState};

/// Columns of a node's name.
const NAME: usize = 12;

/// Levels as they follow each other when the key is pressed.
const LEVELS: [LevelFilter; 4] = [
    LevelFilter::Info,
    LevelFilter::Debug,
    LevelFilter::Trace,
    LevelFilter::Warn,
];

/// The log as it is looked at.
#[derive(Default)]
pub struct LogView {
    state: TuiWidgetState,
    /// Which of [`LEVELS`].
    level: usize,
    filter: String,
    /// The nodes that the filter was applied to.
    names: Vec<String>,
    is_scrolled: bool,
}

impl View for LogView {
    fn collect(&mut self, scene: Scene<'_>, _area: Option<Rect>) -> Vec<Effect> {
        tui_logger::move_events();
        if self.names.len() != scene.lab.nodes.len() {
            let names = scene.lab.nodes.iter().map(|node| node.name.to_string());
            self.names = names.collect();
            self.apply();
        }
        Vec::new()
    }

    fn act(&mut self, _scene: Scene<'_>, action: Action, _area: Rect) -> Outcome {
        let mut outcome = Outcome::default();
        match action {
            Action::Back => outcome.is_over = !self.back(),
            Action::Up | Action::PageUp => self.scroll(TuiWidgetEvent::PrevPageKey),
            Action::Down | Action::PageDown => self.scroll(TuiWidgetEvent::NextPageKey),
            Action::Last => self.follow(),
            Action::Level => {
                self.level = (self.level + 1) % LEVELS.len();
                layer::record(LEVELS[self.level]);
                self.apply();
            }
            _ => {}
        }
        outcome
    }

    fn finds(&self) -> Result<DialogId, String> {
        Ok(DialogId::Filter(self.filter.clone()))
    }

    /// Only lines of nodes with this in their name.
    fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
        self.apply();
    }

    /// What was said is the process's, and stays.
    fn restart(&mut self) {}

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let mut title = format!(
            " log, {} and above",
            LEVELS[self.level].as_str().to_lowercase()
        );
        if !self.filter.is_empty() {
            let _ = write!(title, ", of nodes with \"{}\"", self.filter);
        }
        if self.is_scrolled {
            let _ = write!(
                title,
                ", scrolled: {} follows",
                scene.viewer.keymap.key_of(Action::Last)
            );
        }
        title.push(' ');
        let room = usize::from(area.width).saturating_sub(2);
        let title = text::clip(vec![Span::styled(title, theme.strong())], room, theme.cut());
        let block = Block::bordered()
            .border_set(theme.border())
            .border_style(theme.dim())
            .title(Line::from(title));
        let widget = TuiLoggerWidget::default()
            .block(block)
            .formatter(Box::new(Lines {
                theme,
                since: scene.lab.since,
                wall_offset_us: scene
                    .viewer
                    .is_wall_clock
                    .then_some(scene.lab.wall_offset_us),
            }))
            .state(&self.state);
        frame.render_widget(widget, area);
    }
}

impl LogView {
    /// Goes up one level, if there is one: to the newest lines, then to all of them.
    fn back(&mut self) -> bool {
        if self.is_scrolled {
            self.follow();
            return true;
        }
        let had_filter = !self.filter.is_empty();
        if had_filter {
            self.set_filter("");
        }
        had_filter
    }

    fn scroll(&mut self, event: TuiWidgetEvent) {
        self.state.transition(event);
        self.is_scrolled = true;
    }

    fn follow(&mut self) {
        self.state.transition(TuiWidgetEvent::EscapeKey);
        self.is_scrolled = false;
    }

    /// Tells tui-logger what is to be shown.
    fn apply(&mut self) {
        let level = LEVELS[self.level];
        let state = TuiWidgetState::new();
        self.is_scrolled = false;
        if self.filter.is_empty() {
            self.state = state.set_default_display_level(level);
            return;
        }
        let state = state.set_default_display_level(LevelFilter::Off);
        let wanted = self.names.iter().filter(|name| name.contains(&self.filter));
        self.state = wanted.fold(state, |state, name| state.set_level_for_target(name, level));
    }
}

/// Writes a line: `+00:42  miner  mined #12 ..31f07ca9`.
struct Lines {
    theme: Theme,
    since: Time,
    /// There if times are those of the day.
    wall_offset_us: Option<i64>,
}

impl LogFormatter for Lines {
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

impl Lines {
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
