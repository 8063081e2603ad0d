//! Somebody in front of a screen: keys go in, effects and a picture come out.

use super::lab_view::{heard, lab, node};
use chainlab::lab::{Answer, LabView, Request};
use chainlab::node::NodeIx;
use chainlab::ui::app::frame::draw as draw_screen;
use chainlab::ui::app::{UiEvent, UiState};
use chainlab::ui::keymap::{KeyPress, Keymap};
use chainlab::ui::theme::{Depth, Ground, Theme};
use chainlab::ui::viewer::{Effect, Purpose};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Position;

/// Somebody in front of a screen.
pub struct Desk {
    pub lab: LabView,
    pub ui: UiState,
    /// What was to be done, in order.
    pub effects: Vec<Effect>,
}

/// Three nodes; alice and bob at the focused one can pay, dave and eve have nothing.
pub fn three_nodes() -> LabView {
    lab(vec![
        node("central", &[("founder", "3.5")]),
        node("wallet", &[("alice", "9"), ("bob", "10"), ("dave", "0")]),
        node("miner", &[("eve", "0")]),
    ])
}

impl Desk {
    pub fn at(lab: LabView, size: (u16, u16)) -> Self {
        let theme = Theme {
            depth: Depth::None,
            ground: Ground::Dark,
            ascii: true,
        };
        let mut ui = UiState::new(theme, Keymap::default(), Default::default(), size);
        ui.viewer.focus = NodeIx(1);
        Self {
            lab,
            ui,
            effects: Vec::new(),
        }
    }

    pub fn new() -> Self {
        Self::at(three_nodes(), (80, 24))
    }

    fn take(&mut self, event: UiEvent) {
        let effects = self.ui.update(&self.lab, event);
        self.effects.extend(effects);
    }

    /// Keys by their names, with space between.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            let key = KeyPress::parse(key).expect("a key");
            self.take(UiEvent::Key(key));
        }
        self
    }

    /// Letters, as they are.
    pub fn type_(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let key = KeyPress::plain(crossterm::event::KeyCode::Char(letter));
            self.take(UiEvent::Key(key));
        }
        self
    }

    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.take(UiEvent::Paste(text.to_owned()));
        self
    }

    /// The window has another size from now on.
    pub fn resize(&mut self, (columns, lines): (u16, u16)) -> &mut Self {
        self.take(UiEvent::Resized(columns, lines));
        self
    }

    pub fn answer(&mut self, purpose: &Purpose, answer: Result<Answer, &str>) {
        let answer = answer.map_err(ToOwned::to_owned);
        self.take(UiEvent::Answered(purpose.clone(), answer));
    }

    /// What was asked since the last time, and why.
    pub fn asked(&mut self) -> (Request, Purpose) {
        let effects = std::mem::take(&mut self.effects);
        match effects.as_slice() {
            [Effect::Ask(request, purpose)] => (request.clone(), purpose.clone()),
            other => panic!("not one question: {other:?}"),
        }
    }

    pub fn lines(&self) -> (Vec<String>, Position) {
        let (width, height) = self.ui.viewer.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("in memory");
        let lab = heard(&self.lab);
        let drawn = terminal.draw(|frame| draw_screen(frame, &lab, &self.ui));
        drawn.expect("in memory");
        let buffer = terminal.backend().buffer();
        let row = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect();
        let rows = (0..height).map(row).collect();
        let cursor = terminal.get_cursor_position().expect("in memory");
        (rows, cursor)
    }

    /// The dialog's lines, without its border, which is whole.
    pub fn dialog(&self) -> Vec<String> {
        let title = self.title();
        let (rows, _) = self.lines();
        let is_top = |row: &&String| row.contains(&format!("+ {title} -"));
        let top = rows.iter().position(|row| is_top(&row)).expect("a dialog");
        let left = rows[top].find(&format!("+ {title}")).expect("found above");
        let width = rows[top][left + 1..].find('+').expect("a corner") + 2;
        let part = |row: &String| row[left..left + width].to_owned();
        let is_end = |row: &String| part(row) == format!("+{}+", "-".repeat(width - 2));
        let bottom = rows[top + 1..].iter().position(is_end);
        let bottom = top + 1 + bottom.expect("a closed border");
        assert!(bottom < rows.len() - 2, "the last lines stay in sight");
        let inside = rows[top + 1..bottom].iter().map(part);
        let inside = inside.inspect(|row| {
            assert!(row.starts_with("| ") && row.ends_with(" |"), "{row:?}");
        });
        inside
            .map(|row| row[2..row.len() - 2].trim_end().to_owned())
            .collect()
    }

    pub fn title(&self) -> &'static str {
        let (rows, _) = self.lines();
        let titles = [
            "send coins",
            "new wallet on wallet",
            "add a node",
            "quit",
            "commands",
            "keys",
            "go to a node",
            "filter",
            "timelines",
        ];
        let shown = |title: &&&str| rows.iter().any(|row| row.contains(&format!("+ {title} -")));
        titles.iter().find(shown).expect("a dialog is open")
    }

    /// The dialog as one text, lines that were broken joined.
    pub fn words(&self) -> String {
        let lines = self.dialog();
        let words = lines.iter().flat_map(|line| line.split_whitespace());
        words.collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(self.words().contains(words), "{:#?}", self.dialog());
    }

    pub fn message(&self) -> String {
        let (rows, _) = self.lines();
        rows[rows.len() - 2].trim().to_owned()
    }
}
