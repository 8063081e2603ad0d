//! Fields below each other, one of them active.
//!
//! Tab takes the completion of what was typed, if there is one, and moves on; Down and Up put one
//! suggestion after the other into the field. What is wrong stands below the field it belongs to.

use super::input::{TextInput, Typed};
use super::window::{self, WindowLine};
use crate::ui::keymap::KeyPress;
use crate::ui::text;
use crate::ui::theme::Theme;
use crossterm::event::KeyCode;
use ratatui::text::Span;

/// Columns of the pointer before a label.
const POINTER: usize = 2;

/// Columns between suggestions.
const GAP: usize = 2;

/// A line to fill in.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it is called.
    pub label: &'static str,
    input: TextInput,
    /// What was typed by hand: suggestions begin with it.
    typed: String,
    /// What is wrong with it.
    error: Option<String>,
}

impl Field {
    /// With a text that the first letter replaces.
    pub fn new(label: &'static str, proposal: impl Into<String>) -> Self {
        Self {
            label,
            input: TextInput::proposing(proposal),
            typed: String::new(),
            error: None,
        }
    }

    /// What is in it, without space around it.
    pub fn text(&self) -> &str {
        self.input.text().trim()
    }

    fn propose(&mut self, text: &str) {
        self.input.propose(text);
        self.error = None;
    }

    fn edited(&mut self) {
        self.typed = self.input.text().to_owned();
        self.error = None;
    }

    /// Those of all suggestions that go on with what was typed.
    fn matching<'a>(&self, all: &'a [String]) -> Vec<&'a String> {
        let typed = self.typed.to_lowercase();
        let goes_on = |name: &&String| name.to_lowercase().starts_with(&typed);
        all.iter().filter(goes_on).collect()
    }
}

/// What a key did to a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// A field holds another text.
    Edited,
    /// Something else, of which nothing follows.
    Nothing,
    /// It is done.
    Submit,
    /// It is not wanted.
    Leave,
}

/// Fields below each other.
#[derive(Clone, Debug)]
pub struct Fields {
    /// From the top.
    pub fields: Vec<Field>,
    /// The active one.
    at: usize,
}

/// What stands in a form besides what was typed.
pub struct Beside<'a> {
    /// How everything looks.
    pub theme: Theme,
    /// Columns.
    pub room: usize,
    /// Suggestions for the active field.
    pub offers: &'a [String],
    /// A few words at the end of a field.
    pub notes: &'a [(usize, String)],
}

impl Fields {
    /// Of these fields, with this one active.
    pub fn new(fields: Vec<Field>, at: usize) -> Self {
        Self { fields, at }
    }

    /// The active field.
    pub fn at(&self) -> usize {
        self.at
    }

    /// What a field holds.
    pub fn text(&self, at: usize) -> &str {
        self.fields[at].text()
    }

    /// What was typed by hand in the active field.
    pub fn typed(&self) -> &str {
        &self.fields[self.at].typed
    }

    /// Takes a key; `offers` are all suggestions for the active field.
    pub fn key(&mut self, key: KeyPress, offers: &[String]) -> Pressed {
        match key.code {
            KeyCode::Esc => return Pressed::Leave,
            KeyCode::Enter => return Pressed::Submit,
            KeyCode::Tab => {
                let completed = self.complete(offers);
                self.step(1);
                return completed;
            }
            KeyCode::BackTab => self.step(self.fields.len() - 1),
            KeyCode::Down => return self.choose(offers, 1),
            KeyCode::Up => return self.choose(offers, -1),
            _ => {
                let field = &mut self.fields[self.at];
                if field.input.key(key) == Typed::Changed {
                    field.edited();
                    return Pressed::Edited;
                }
            }
        }
        Pressed::Nothing
    }

    /// Takes pasted text; what is wrong with it stands below the field.
    pub fn paste(&mut self, text: &str) {
        let field = &mut self.fields[self.at];
        let before = field.text().to_owned();
        let error = field.input.paste(text).err();
        if field.text() != before {
            field.edited();
        }
        field.error = error.or(field.error.take());
    }

    /// Puts a text into a field, as a proposal.
    pub fn propose(&mut self, at: usize, text: &str) {
        self.fields[at].propose(text);
    }

    /// Says what is wrong with a field.
    pub fn blame(&mut self, at: usize, error: impl Into<String>) {
        self.fields[at].error = Some(error.into());
    }

    /// Goes to the first field with something wrong, if there is one.
    pub fn go_to_error(&mut self) -> bool {
        let bad = self.fields.iter().position(|field| field.error.is_some());
        self.at = bad.unwrap_or(self.at);
        bad.is_some()
    }

    /// Forgets what was wrong.
    pub fn forgive(&mut self) {
        self.fields.iter_mut().for_each(|field| field.error = None);
    }

    fn step(&mut self, by: usize) {
        self.at = (self.at + by) % self.fields.len();
    }

    /// Goes on with what was typed, unless it stands for something by itself.
    fn complete(&mut self, offers: &[String]) -> Pressed {
        let field = &mut self.fields[self.at];
        let text = field.text();
        if text.is_empty() || text != field.typed.trim() || offers.iter().any(|name| name == text) {
            return Pressed::Nothing;
        }
        let Some(first) = field.matching(offers).first().map(ToString::to_string) else {
            return Pressed::Nothing;
        };
        field.propose(&first);
        Pressed::Edited
    }

    /// Puts the next suggestion into the field; without any, moves among fields.
    fn choose(&mut self, offers: &[String], by: isize) -> Pressed {
        let field = &mut self.fields[self.at];
        let matching = field.matching(offers);
        let Some(last) = matching.len().checked_sub(1) else {
            let count = self.fields.len();
            self.step(if by > 0 { 1 } else { count - 1 });
            return Pressed::Nothing;
        };
        let now = matching.iter().position(|name| *name == field.text());
        let next = match now {
            Some(now) => now.checked_add_signed(by).unwrap_or(last),
            None if by > 0 => 0,
            None => last,
        };
        let next = matching[next % (last + 1)].clone();
        field.propose(&next);
        Pressed::Edited
    }

    /// The fields as lines, with suggestions and what is wrong.
    pub fn lines(&self, beside: &Beside<'_>) -> Vec<WindowLine> {
        let labels = self.fields.iter().map(|field| field.label.len());
        let indent = POINTER + labels.max().unwrap_or_default() + 2;
        let mut lines = Vec::new();
        for (at, field) in self.fields.iter().enumerate() {
            let is_active = at == self.at;
            lines.push(self.field_line(at, field, indent, beside));
            if let Some(error) = &field.error {
                let rank = if is_active { 1 } else { 5 };
                let style = beside.theme.bad();
                lines.extend(window::paragraph(error, beside.room, indent, rank, style));
            } else if is_active {
                lines.extend(suggestions(field, indent, beside));
            }
        }
        lines
    }

    fn field_line(
        &self,
        at: usize,
        field: &Field,
        indent: usize,
        beside: &Beside<'_>,
    ) -> WindowLine {
        let theme = beside.theme;
        let is_active = at == self.at;
        let (pointer, label_style) = if is_active {
            (theme.pointer(), theme.focus())
        } else {
            (" ", theme.dim())
        };
        let label = format!("{pointer} {:<1$}", field.label, indent - POINTER);
        let note = beside.notes.iter().find(|(of, _)| *of == at);
        let note = note.map(|(_, words)| words.as_str()).unwrap_or_default();
        let note = vec![Span::styled(note.to_owned(), theme.dim())];
        let note_room = match text::width(&note) {
            0 => 0,
            width => width + GAP,
        };
        let room = beside.room.saturating_sub(indent + note_room);
        let (mut shown, cursor) = field.input.view(theme, room);
        if !is_active {
            shown.style = theme.text();
        }
        let left = vec![Span::styled(label, label_style), shown];
        let mut line = WindowLine::new(text::ends(left, note, beside.room).spans);
        line.cursor = is_active.then_some(indent + cursor);
        line
    }
}

/// A line of what could stand in the active field, from the chosen one on if not all fit.
fn suggestions(field: &Field, indent: usize, beside: &Beside<'_>) -> Option<WindowLine> {
    let theme = beside.theme;
    let matching = field.matching(beside.offers);
    let text = field.text();
    if matching.iter().all(|name| **name == text) {
        return None;
    }
    let room = beside.room.saturating_sub(indent);
    let widths = matching.iter().map(|name| name.chars().count() + GAP);
    let all: usize = widths.sum();
    let chosen = matching.iter().position(|name| **name == text);
    let from = if all <= room + GAP { None } else { chosen };
    let mut spans = vec![Span::raw(" ".repeat(indent))];
    for (at, name) in matching.iter().enumerate().skip(from.unwrap_or_default()) {
        let style = if chosen == Some(at) {
            theme.focus()
        } else {
            theme.dim()
        };
        if spans.len() > 1 {
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        spans.push(Span::styled((*name).clone(), style));
    }
    Some(WindowLine::ranked(6, spans))
}
