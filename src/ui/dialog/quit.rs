//! Whether to quit a lab whose data goes away with it, or whose story is under way.

use super::Verdict;
use super::window::{self, WindowLine};
use crate::lab::{LabView, Request};
use crate::ui::keymap::KeyPress;
use crate::ui::state::{Effect, Purpose, UiState};
use crate::ui::text;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that its words like to have.
const WIDTH: u16 = 60;

/// The question.
pub struct Quit {
    /// All wallets go away, whoever made them.
    wallets: usize,
    /// Wallets and payments that nobody can make again by starting the lab again.
    made_by_hand: usize,
    /// The data goes away with the lab.
    is_temporary: bool,
    /// The step that the story is at, from 1 on, and how many there are.
    story: Option<(usize, usize)>,
    stage: Stage,
}

enum Stage {
    Asking,
    Keeping,
    /// Keeping failed, for this reason.
    Failed(String),
}

impl Quit {
    pub fn new(lab: &LabView) -> Self {
        let script = lab.script.as_ref().filter(|script| !script.is_over());
        let story = script.and_then(|script| Some((script.current()? + 1, script.steps.len())));
        Self {
            is_temporary: lab.is_temporary,
            story,
            wallets: lab.wallets().count(),
            made_by_hand: lab.made_by_hand,
            stage: Stage::Asking,
        }
    }

    pub fn key(&mut self, key: KeyPress) -> Verdict {
        let letter = match (key.code, key.ctrl || key.alt) {
            (KeyCode::Esc, _) => return Verdict::Close(Vec::new()),
            (KeyCode::Char(letter), false) => letter,
            _ => return Verdict::Stay(Vec::new()),
        };
        let effects = match (letter, &self.stage) {
            // Leaving while the data moves would leave it in two places.
            (_, Stage::Keeping) => Vec::new(),
            ('y', _) => return Verdict::Close(vec![Effect::Leave]),
            ('k', _) if self.is_temporary => {
                self.stage = Stage::Keeping;
                vec![Effect::Ask(Request::Keep, Purpose::Keep)]
            }
            _ => Vec::new(),
        };
        Verdict::Stay(effects)
    }

    pub fn awaits(&self) -> bool {
        matches!(self.stage, Stage::Keeping)
    }

    pub fn failed(&mut self, why: &str) {
        self.stage = Stage::Failed(why.to_owned());
    }

    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, ui: &UiState) {
        let theme = ui.theme;
        let room = window::inner_width(area, WIDTH);
        let mut lines = Vec::new();
        if let Some((at, count)) = self.story {
            let words = format!("the story is under way, at step {at} of {count}");
            lines.extend(window::paragraph(&words, room, 0, 0, theme.warn()));
        }
        if !self.is_temporary {
            lines.push(window::keys(theme, room, &[("y", "quit"), ("Esc", "stay")]));
            return window::render(frame, area, theme, "quit", WIDTH, lines);
        }
        let wallets = text::counted(self.wallets, "wallet");
        let question = format!("temporary lab, {wallets}: y quit, k keep it, Esc stay");
        lines.extend(window::paragraph(&question, room, 0, 0, theme.strong()));
        let made = match self.made_by_hand {
            0 => String::new(),
            1 => ", and what you made: a wallet or a payment".to_owned(),
            count => format!(", and what you made: {count} wallets or payments"),
        };
        let lost = format!("quitting deletes its data{made}");
        lines.extend(window::paragraph(&lost, room, 0, 2, theme.dim()));
        match &self.stage {
            Stage::Asking => {}
            Stage::Keeping => lines.push(WindowLine::new(vec![Span::styled(
                format!("keeping{}", window::dots(theme)),
                theme.warn(),
            )])),
            Stage::Failed(why) => {
                let words = format!("not kept: {why}");
                lines.extend(window::paragraph(&words, room, 0, 0, theme.bad()));
            }
        }
        window::render(frame, area, theme, "quit", WIDTH, lines);
    }
}
