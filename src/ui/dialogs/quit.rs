//! Whether to quit a lab whose data goes away with it, or whose story is under way.

use super::dialog::{Dialog, Verdict};
use super::window::{self, WindowLine};
use crate::lab::{LabView, MadeByHand, Request};
use crate::ui::keymap::KeyPress;
use crate::ui::text;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Columns that its words like to have.
const WIDTH: u16 = 60;

/// The question.
pub struct Quit {
    /// What starting the lab again would not make.
    made: MadeByHand,
    /// The data goes away with the lab.
    is_temporary: bool,
    /// It is in virtual time, with this seed: nothing of it can be kept.
    virtual_seed: Option<u64>,
    /// The step that the story is at, from 1 on, and how many there are.
    story: Option<(usize, usize)>,
    stage: Progress,
}

enum Progress {
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
            made: lab.made_by_hand,
            is_temporary: lab.is_temporary,
            virtual_seed: lab.virtual_seed,
            story,
            stage: Progress::Asking,
        }
    }
}

impl Dialog for Quit {
    fn key(&mut self, _lab: &LabView, _viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let letter = match (key.code, key.ctrl || key.alt) {
            (KeyCode::Esc, _) => return Verdict::close(),
            (KeyCode::Char(letter), false) => letter,
            _ => return Verdict::stay(),
        };
        let effects = match (letter, &self.stage) {
            // Leaving while the data moves would leave it in two places.
            (_, Progress::Keeping) => Vec::new(),
            ('y', _) => return Verdict::closing(vec![Effect::Leave]),
            ('k', _) if self.is_temporary && self.virtual_seed.is_none() => {
                self.stage = Progress::Keeping;
                vec![Effect::Ask(Request::Keep, Purpose::Keep)]
            }
            _ => Vec::new(),
        };
        Verdict::Stay(effects)
    }

    fn awaits(&self, purpose: &Purpose) -> bool {
        matches!(self.stage, Progress::Keeping) && *purpose == Purpose::Keep
    }

    fn refused(&mut self, why: &str) {
        self.stage = Progress::Failed(why.to_owned());
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
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
        let lost = lost(self.made);
        if let Some(seed) = self.virtual_seed {
            let question = format!("lab in virtual time{lost}: y quit, Esc stay");
            lines.extend(window::paragraph(&question, room, 0, 0, theme.strong()));
            let again = format!("it is not on disk; seed {seed} and the same keys make it again");
            lines.extend(window::paragraph(&again, room, 0, 2, theme.dim()));
            return window::render(frame, area, theme, "quit", WIDTH, lines);
        }
        let question = format!("temporary lab{lost}: y quit, k keep it, Esc stay");
        lines.extend(window::paragraph(&question, room, 0, 0, theme.strong()));
        let deleted = "quitting deletes all its data";
        lines.extend(window::paragraph(deleted, room, 0, 2, theme.dim()));
        match &self.stage {
            Progress::Asking => {}
            Progress::Keeping => lines.push(WindowLine::new(vec![Span::styled(
                format!("keeping{}", window::dots(theme)),
                theme.warn(),
            )])),
            Progress::Failed(why) => {
                let words = format!("not kept: {why}");
                lines.extend(window::paragraph(&words, room, 0, 0, theme.bad()));
            }
        }
        window::render(frame, area, theme, "quit", WIDTH, lines);
    }
}

/// `, 2 wallets, 3 payments made by hand`; nothing, if nothing was.
fn lost(made: MadeByHand) -> String {
    let counts = [(made.wallets, "wallet"), (made.payments, "payment")];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<_> = counts
        .map(|(count, what)| text::counted(count, what))
        .collect();
    match counts.as_slice() {
        [] => String::new(),
        counts => format!(", {} made by hand", counts.join(", ")),
    }
}
