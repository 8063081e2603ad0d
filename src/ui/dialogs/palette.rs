//! All actions, by name: a few letters of it are enough.

use super::dialog::{Dialog, Verdict};
use super::input::{TextInput, Typed};
use super::list::List;
use super::typed::{COMMANDS, TypedCommand};
use super::window::{self, WindowLine};
use crate::lab::LabView;
use crate::node::NodeIx;
use crate::ui::keymap::{Action, Entry, Group, KeyPress, TABLE, by_action};
use crate::ui::text;
use crate::ui::viewer::{Effect, Viewer};
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

/// What is typed, which of the actions that fit is chosen, and what was wrong with it last.
#[derive(Default)]
pub struct Palette {
    input: TextInput,
    list: List,
    problem: Option<String>,
}

/// A line of the list.
enum Choice {
    /// A command that words follow.
    Typed(&'static TypedCommand),
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

    /// Does what was typed. Of a command that was found by a part of its name the words are still to come.
    fn run(&mut self, command: &'static TypedCommand, focus: NodeIx) -> Verdict {
        let words = TypedCommand::of(self.text());
        let Some((_, words)) = words.filter(|(typed, _)| typed.name == command.name) else {
            self.input = TextInput::holding(format!("{} ", command.name));
            self.list.reset();
            return Verdict::stay();
        };
        match command.ask(words, focus) {
            Ok((request, purpose)) => Verdict::closing(vec![Effect::Ask(request, purpose)]),
            Err(why) => {
                self.problem = Some(why);
                Verdict::stay()
            }
        }
    }

    /// What time stops at by now, where that is about to be changed.
    fn breakpoints(&self, scene: Scene<'_>, room: usize) -> Vec<WindowLine> {
        let typed = TypedCommand::of(self.text());
        let sets = typed.is_some_and(|(command, _)| command.sets_breakpoints());
        let time = scene.lab.time.as_ref().filter(|_| sets);
        let set = time.into_iter().flat_map(|time| time.breakpoints.iter());
        let lines = set.flat_map(|expr| {
            let words = format!("set: {expr}");
            window::paragraph(&words, room, 2, 0, scene.theme.text())
        });
        lines.collect()
    }

    /// What fits, the best first.
    fn found(&self, lab: &LabView, viewer: &Viewer) -> Vec<Choice> {
        if let Some((command, _)) = TypedCommand::of(self.text()) {
            return vec![Choice::Typed(command)];
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
        // In a live lab keys of time are not listed, but what is named in full says what it needs.
        let is_named = |entry: &Entry| entry.group == Group::Time && entry.id == wanted;
        // Digits focus panes, and the palette is open.
        let listed = |entry: &&Entry| {
            let is_there = viewer.stage.offers(lab, entry) || is_named(entry);
            is_there && !matches!(entry.action, Action::Pane(_) | Action::Palette)
        };
        let mut found = Vec::new();
        for entry in TABLE.iter().filter(listed) {
            // One that is called just that comes before those that begin with it.
            let is_whole = u32::from(entry.id == wanted);
            let by_name = score(entry.id).map(|score| score + NAMED + is_whole);
            if let Some(score) = by_name.or_else(|| score(entry.does_in(lab))) {
                found.push((score, Choice::Run(entry)));
            }
        }
        let commands = COMMANDS.iter();
        for command in commands.filter(|command| command.fits(lab, viewer.focus)) {
            if let Some(score) = score(command.name) {
                found.push((score + NAMED, Choice::Typed(command)));
            }
        }
        // Without a text all count the same, and stay in the table's order.
        found.sort_by_key(|(score, _)| Reverse(*score));
        found.into_iter().map(|(_, choice)| choice).collect()
    }
}

impl Dialog for Palette {
    fn key(&mut self, lab: &LabView, viewer: &mut Viewer, key: KeyPress) -> Verdict {
        let found = self.found(lab, viewer);
        match key.code {
            KeyCode::Esc => return Verdict::close(),
            KeyCode::Enter => {
                return match found.get(self.list.chosen(found.len())) {
                    Some(Choice::Run(entry)) => Verdict::Act(entry.action),
                    Some(Choice::Typed(command)) => self.run(command, viewer.focus),
                    Some(Choice::Node(number)) => Verdict::Act(Action::Pane(*number)),
                    None => Verdict::stay(),
                };
            }
            _ => {}
        }
        if !self.list.key(key, found.len()) && self.input.key(key) == Typed::Changed {
            self.list.reset();
            self.problem = None;
        }
        Verdict::stay()
    }

    fn paste(&mut self, text: &str) -> Result<(), String> {
        let pasted = self.input.paste(text);
        self.list.reset();
        self.problem = None;
        pasted
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, scene: Scene<'_>) {
        let theme = scene.theme;
        let room = window::inner_width(area, WIDTH);
        let (shown, cursor) = self.input.view(theme, room.saturating_sub(2));
        let mut line = WindowLine::new(vec![Span::styled(": ", theme.focus()), shown]);
        line.cursor = Some(2 + cursor);
        let mut lines = vec![line];
        let found = self.found(scene.lab, scene.viewer);
        if found.is_empty() {
            let words = format!("nothing is called {:?}", self.text().trim());
            lines.extend(window::paragraph(&words, room, 2, 0, theme.bad()));
        }
        if let Some(why) = &self.problem {
            lines.extend(window::paragraph(why, room, 2, 0, theme.bad()));
        }
        let rows = window::inner_height(area).saturating_sub(1).min(ROWS);
        let chosen = self.list.chosen(found.len());
        for at in self.list.window(found.len(), rows) {
            lines.push(row(&found[at], at == chosen, scene));
        }
        lines.extend(self.breakpoints(scene, room));
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

fn row(choice: &Choice, is_chosen: bool, scene: Scene<'_>) -> WindowLine {
    let (viewer, theme) = (scene.viewer, scene.theme);
    let (name, keys, does) = match choice {
        Choice::Node(number) => (
            format!("node {number}"),
            String::new(),
            by_action(Action::Pane(*number)).does,
        ),
        Choice::Typed(command) => (
            format!("{} {}", command.name, command.wants),
            String::new(),
            command.does,
        ),
        Choice::Run(entry) => (
            entry.id.to_owned(),
            viewer.keymap.keys_of(entry.action).join(" "),
            entry.does_in(scene.lab),
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
