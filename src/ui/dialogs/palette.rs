//! All actions, by name: a few letters of it are enough.

use super::dialog::{Dialog, Verdict};
use super::input::{TextInput, Typed};
use super::list::List;
use super::window::{self, WindowLine};
use crate::lab::ask::verbs::NOTE_MAX;
use crate::lab::{LabView, Request};
use crate::node::foreign::is_hidden;
use crate::ui::keymap::{Action, Entry, KeyPress, TABLE, by_action};
use crate::ui::text;
use crate::ui::viewer::{Effect, Purpose, Viewer};
use crate::ui::widgets::scene::Scene;
use crossterm::event::KeyCode;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;
use std::cmp::Reverse;

/// Columns that it likes to have.
const WIDTH: u16 = 76;

/// Actions in sight at once.
const ROWS: usize = 14;

/// Columns of names and of keys.
const NAME: usize = 15;
const KEYS: usize = 10;

/// What is added to the score of a name, so that it counts more than any words about it.
const NAMED: u32 = 10_000;

/// What is typed, and which of the actions that fit is chosen.
#[derive(Default)]
pub struct Palette {
    input: TextInput,
    list: List,
}

/// A line of the list.
enum Choice {
    /// A caption.
    Note,
    /// The node of this number.
    Node(u8),
    /// An action.
    Run(&'static Entry),
}

impl Palette {
    /// What was typed, also with the colon that opened the palette.
    fn text(&self) -> &str {
        self.input.text().trim_start_matches([':', ' '])
    }

    /// The caption that was typed, which may be empty: that takes the old one away.
    fn caption(&self) -> Option<&str> {
        let rest = self.text().strip_prefix("note")?;
        (rest.is_empty() || rest.starts_with(' ')).then_some(rest.trim())
    }

    fn note(&mut self) -> Verdict {
        let Some(caption) = self.caption() else {
            // It was found by a part of its name; its text is still to come.
            self.input = TextInput::holding("note ");
            self.list.reset();
            return Verdict::stay();
        };
        let caption = caption.chars().filter(|c| !is_hidden(*c));
        let caption: String = caption.take(NOTE_MAX).collect();
        let caption = Some(caption).filter(|caption| !caption.is_empty());
        let ask = Effect::Ask(Request::Note(caption), Purpose::Caption);
        Verdict::closing(vec![ask])
    }

    /// What fits, the best first.
    fn found(&self, viewer: &Viewer) -> Vec<Choice> {
        if self.caption().is_some() {
            return vec![Choice::Note];
        }
        let wanted = self.text().trim();
        if let Ok(number) = wanted.parse() {
            return vec![Choice::Node(number)];
        }
        let pattern = Pattern::new(
            wanted,
            CaseMatching::Ignore,
            Normalization::Smart,
            AtomKind::Fuzzy,
        );
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut score = |text: &str| {
            let mut letters = Vec::new();
            pattern.score(Utf32Str::new(text, &mut letters), &mut matcher)
        };
        // Digits focus panes, and the palette is open.
        let listed = |entry: &&Entry| {
            viewer.stage.offers(entry) && !matches!(entry.action, Action::Pane(_) | Action::Palette)
        };
        let mut found = Vec::new();
        for entry in TABLE.iter().filter(listed) {
            // One that is called just that comes before those that begin with it.
            let is_whole = u32::from(entry.id == wanted);
            let by_name = score(entry.id).map(|score| score + NAMED + is_whole);
            if let Some(score) = by_name.or_else(|| score(entry.does)) {
                found.push((score, Choice::Run(entry)));
            }
        }
        if let Some(score) = score("note") {
            found.push((score + NAMED, Choice::Note));
        }
        // Without a text all count the same, and stay in the table's order.
        found.sort_by_key(|(score, _)| Reverse(*score));
        found.into_iter().map(|(_, choice)| choice).collect()
    }
}

impl Dialog for Palette {
    fn key(&mut self, _lab: &LabView, viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let found = self.found(viewer);
        match key.code {
            KeyCode::Esc => return Verdict::close(),
            KeyCode::Enter => {
                return match found.get(self.list.chosen(found.len())) {
                    Some(Choice::Run(entry)) => Verdict::Act(entry.action),
                    Some(Choice::Note) => self.note(),
                    Some(Choice::Node(number)) => Verdict::Act(Action::Pane(*number)),
                    None => Verdict::stay(),
                };
            }
            _ => {}
        }
        if !self.list.key(key, found.len()) && self.input.key(key) == Typed::Changed {
            self.list.reset();
        }
        Verdict::stay()
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        let pasted = self.input.paste(text);
        self.list.reset();
        pasted
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let viewer = scene.viewer;
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let (shown, cursor) = self.input.view(theme, room.saturating_sub(2));
        let mut line = WindowLine::new(vec![Span::styled(": ", theme.focus()), shown]);
        line.cursor = Some(2 + cursor);
        let mut lines = vec![line];
        let found = self.found(viewer);
        if found.is_empty() {
            let words = format!("nothing is called {:?}", self.text().trim());
            lines.extend(window::paragraph(&words, room, 2, 0, theme.bad()));
        }
        let rows = window::inner_height(area).saturating_sub(1).min(ROWS);
        let chosen = self.list.chosen(found.len());
        for at in self.list.window(found.len(), rows) {
            lines.push(row(&found[at], at == chosen, viewer));
        }
        // The box does not change its height while one types.
        lines.resize_with((rows + 1).max(lines.len()), WindowLine::blank);
        let keys = [
            ("Enter", "does it"),
            ("Up Down", "choose"),
            ("Esc", "leaves"),
        ];
        lines.push(window::keys(theme, room, &keys));
        window::render(frame, area, theme, "commands", WIDTH, lines);
    }
}

fn row(choice: &Choice, is_chosen: bool, viewer: &Viewer) -> WindowLine {
    let theme = viewer.theme;
    let (name, keys, does) = match choice {
        Choice::Node(number) => (
            format!("node {number}"),
            String::new(),
            by_action(Action::Pane(*number)).does,
        ),
        Choice::Note => (
            "note TEXT".to_owned(),
            String::new(),
            "shows a caption; without a text takes it away",
        ),
        Choice::Run(entry) => (
            entry.id.to_owned(),
            viewer.keymap.keys_of(entry.action).join(" "),
            entry.does,
        ),
    };
    let (pointer, style) = if is_chosen {
        (theme.pointer(), theme.focus())
    } else {
        (" ", theme.text())
    };
    let keys = text::short_name(&keys, KEYS - 1, theme.cut());
    WindowLine::new(vec![
        Span::styled(format!("{pointer} {name:<NAME$}"), style),
        Span::styled(format!("{keys:<KEYS$}"), theme.key()),
        Span::styled(does, theme.dim()),
    ])
}
