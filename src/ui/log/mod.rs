//! The log of the whole lab: what every node says, in one column, with filters by level and node.
//!
//! tui-logger keeps the lines and draws them. It is one for the process; what is looked at, and
//! how, is kept here. Lines come in through [`layer()`].

mod layer;

pub use layer::{LogTime, NodeNames, Text, layer, node_names, node_of, text_of};

use super::keymap::Action;
use super::state::UiState;
use super::text;
use super::theme::Theme;
use super::view::scene::Scene;
use crate::lab::LabView;
use crate::node::Time;
use log::{Level, LevelFilter};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use std::fmt::Write as _;
use tui_logger::{ExtLogRecord, LogFormatter, TuiLoggerWidget, TuiWidgetEvent, TuiWidgetState};

/// Lines that are kept; older ones are forgotten.
const LINES: usize = 4_000;

/// Lines that may come between two looks.
const LINES_BETWEEN: usize = 2_000;

/// Columns of a node's name.
const NAME: usize = 12;

/// Levels as they follow each other when the key is pressed.
const LEVELS: [LevelFilter; 4] = [
    LevelFilter::Info,
    LevelFilter::Debug,
    LevelFilter::Trace,
    LevelFilter::Warn,
];

/// Gets ready to keep lines. To be called once, before the first one comes.
pub fn prepare() {
    tui_logger::set_default_level(LevelFilter::Trace);
    tui_logger::set_buffer_depth(LINES);
    tui_logger::set_hot_buffer_depth(LINES_BETWEEN);
}

/// The log as it is looked at.
#[derive(Default)]
pub struct LogPane {
    state: TuiWidgetState,
    /// Which of [`LEVELS`].
    level: usize,
    filter: String,
    /// The nodes that the filter was applied to.
    names: Vec<String>,
    is_scrolled: bool,
}

impl LogPane {
    /// Takes in what was logged since the last time.
    pub fn collect(&mut self, lab: &LabView) {
        tui_logger::move_events();
        if self.names.len() != lab.nodes.len() {
            let names = lab.nodes.iter().map(|node| node.name.to_string());
            self.names = names.collect();
            self.apply();
        }
    }

    /// Takes a key.
    pub fn act(&mut self, action: Action) {
        match action {
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
    }

    /// Goes up one level, if there is one: to the newest lines, then to all of them.
    pub fn back(&mut self) -> bool {
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

    /// Whose lines are shown; empty: everybody's.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// Shows only lines of nodes with this in their name.
    pub fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
        self.apply();
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

    /// Draws it.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, lab: &LabView, ui: &UiState) {
        let theme = ui.theme;
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
                ui.keymap.key_of(Action::Last)
            );
        }
        title.push(' ');
        let room = usize::from(area.width).saturating_sub(2);
        let title = text::clip(vec![Span::styled(title, theme.strong())], room, theme.cut());
        let block = Block::bordered()
            .border_set(theme.border())
            .border_style(theme.dim())
            .title(Line::from(title));
        let scene = Scene::new(lab, ui);
        let widget = TuiLoggerWidget::default()
            .block(block)
            .formatter(Box::new(Lines {
                theme,
                since: lab.since,
                wall_offset_us: ui.is_wall_clock.then_some(scene.lab.wall_offset_us),
            }))
            .state(&self.state);
        frame.render_widget(widget, area);
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
