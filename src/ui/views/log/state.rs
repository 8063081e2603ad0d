//! The view as it is looked at: how much is shown, of which nodes, and whether it follows.

use super::layer;
use super::merged::{Scroll, Shown};
use super::program::Program;
use crate::lab::LabView;
use crate::ui::keymap::Action;
use crate::ui::text;
use crate::ui::viewer::{DialogId, Effect, Outcome};
use crate::ui::views::view::View;
use crate::ui::widgets::lines;
use crate::ui::widgets::scene::Scene;
use log::LevelFilter;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Span;
use ratatui::widgets::Block;
use std::fmt::Write as _;
use tui_logger::TuiWidgetEvent;

/// Levels as they follow each other when the key is pressed.
const LEVELS: [LevelFilter; 4] = [
    LevelFilter::Info,
    LevelFilter::Debug,
    LevelFilter::Trace,
    LevelFilter::Warn,
];

/// The least and the most lines of the program's own box; in between it has a fourth.
const PROGRAM: (u16, u16) = (4, 10);

/// The log as it is looked at.
#[derive(Default)]
pub struct LogView {
    /// Which of [`LEVELS`].
    level: usize,
    filter: String,
    scroll: Scroll,
    program: Program,
}

impl View for LogView {
    fn collect(&mut self, scene: Scene<'_>, _area: Option<Rect>) -> Vec<Effect> {
        self.program.collect(scene, self.level(), &self.filter);
        Vec::new()
    }

    fn act(&mut self, scene: Scene<'_>, action: Action, area: Rect) -> Outcome {
        let mut outcome = Outcome::default();
        match action {
            Action::Back => outcome.is_over = !self.back(),
            Action::Level => {
                self.level = (self.level + 1) % LEVELS.len();
                layer::record(self.level());
                self.follow();
            }
            Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First => {
                let [lab, _] = parts(area);
                let height = usize::from(inner(lab).height);
                let shown = self.shown(scene, None);
                self.scroll = shown.step(self.scroll, action, height);
                self.program.scroll(match action {
                    Action::Down | Action::PageDown => TuiWidgetEvent::NextPageKey,
                    _ => TuiWidgetEvent::PrevPageKey,
                });
                if self.scroll.follows() {
                    self.follow();
                }
            }
            Action::Last => self.follow(),
            _ => {}
        }
        outcome
    }

    fn finds(&self) -> Result<DialogId, String> {
        Ok(DialogId::Filter(self.filter.clone()))
    }

    /// Only lines of nodes with this in their names.
    fn set_filter(&mut self, filter: &str) {
        filter.clone_into(&mut self.filter);
        self.follow();
    }

    /// How much is wanted is the person's, and stays.
    fn restart(&mut self) {
        self.follow();
    }

    fn went_back(&mut self, lab: &LabView) {
        if self.scroll.is_after(lab.now) {
            self.follow();
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let [lab, program] = parts(area);
        let focus = scene.focus_title();
        let room = usize::from(lab.width).saturating_sub(focus.width() + 4);
        let block = Block::bordered()
            .border_set(theme.border())
            .border_style(theme.dim())
            .title(text::clip(self.title(scene), room, theme.cut()))
            .title(focus);
        frame.render_widget(block, lab);
        let inside = inner(lab);
        let (room, height) = (usize::from(inside.width), usize::from(inside.height));
        let shown = self.shown(scene, self.scroll.follows().then_some(height));
        let shown = shown.lines(self.scroll, room, height);
        lines::put(frame.buffer_mut(), inside, shown);
        self.program.render(frame, program, scene);
    }
}

impl LogView {
    fn level(&self) -> LevelFilter {
        LEVELS[self.level]
    }

    /// The lines; of each node and of messages only so many of the newest, where those are enough.
    fn shown<'a>(&self, scene: Scene<'a>, most: Option<usize>) -> Shown<'a> {
        let most = most.unwrap_or(usize::MAX);
        Shown::new(scene, self.level(), &self.filter, most)
    }

    /// Goes up one level, if there is one: to the newest lines, then to all of them.
    fn back(&mut self) -> bool {
        if !self.scroll.follows() {
            self.follow();
            return true;
        }
        let had_filter = !self.filter.is_empty();
        if had_filter {
            self.set_filter("");
        }
        had_filter
    }

    fn follow(&mut self) {
        self.scroll = Scroll::default();
        self.program.scroll(TuiWidgetEvent::EscapeKey);
    }

    fn title(&self, scene: Scene<'_>) -> Vec<Span<'static>> {
        let level = self.level().as_str().to_lowercase();
        let mut title = format!(" log, {level} and above");
        if !self.filter.is_empty() {
            let _ = write!(title, ", of nodes with \"{}\"", self.filter);
        }
        if !self.scroll.follows() {
            let key = scene.viewer.keymap.key_of(Action::Last);
            let _ = write!(title, ", scrolled: {key} follows");
        }
        title.push(' ');
        vec![Span::styled(title, scene.theme.strong())]
    }
}

/// What the lab says, and below it the program.
fn parts(area: Rect) -> [Rect; 2] {
    let program = (area.height / 4).clamp(PROGRAM.0, PROGRAM.1);
    Layout::vertical([Constraint::Min(0), Constraint::Length(program)]).areas(area)
}

fn inner(area: Rect) -> Rect {
    Block::bordered().inner(area)
}
